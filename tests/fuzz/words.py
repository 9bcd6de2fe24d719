"""Words of the vocabularies, and pieces of documents, that the fuzzer of the readers puts into its inputs."""

from __future__ import annotations

AI = (
    "ai-train", "train-ai", "ai-training", "AI-Training", "noai", "noimageai", "noml", "tdm", "search", "ai-input",
    "ai-all", "GPTBot", "ExampleBot", "*", "deny", "disallow", "prohibited", "forbidden", "not allowed", "no", "n",
    "y", "yes", "allowed", "0", "1", "true", "all", "none", "/", "/a/*.jpg$", "/page", "https://site.example/a",
    "//x.example", "reserved",
)  # fmt: skip
ROBOTS = (
    *AI, "User-agent: *\n", "User-agent: GPTBot\n", "Disallow: /\n", "Allow: /\n", "Content-Usage: train-ai=n\n",
    "Content-Signal: ai-train=no, search=yes\n", "License: https://site.example/l.xml\n", "AI-Training: no\n",
    "Prohibits: ai\n", "DisallowAITraining: /\n", "X-Robots-Tag: noai\n", "TDM-Reservation: 1\n", "Sitemap: /s.xml\n",
    "Content-Usage: /a ",
)  # fmt: skip
FILES = (
    *AI, "User-Agent: *\n", "Disallow: *.jpg\n", "Allow: /\n", "Training: deny\n", "Training-Deny: /\n",
    "Training-Allow: /\n", "datatrainingallowed=no\n", "datatrainingallowed=yes\n", "member=https://a.example/\n",
    "aitraining=no\n", "Agent: *\n",
)  # fmt: skip
TDMREP = (
    *AI, '"location"', '"tdm-reservation"', '"tdm-policy"', "location", "tdm-reservation", "tdm-policy", "path",
    "rules", "tdm_reservation", "TDM-Reservation", ": 1", ": 0", '"/"', "paths", "prohibit",
    '"ai-training": "prohibited"',
)  # fmt: skip
RSL = (
    *AI, '<prohibits type="usage">ai-all</prohibits>', '<permits type="usage">all</permits>', "<license>",
    "</license>", '<content url="/">', "</content>", '<payment type="free"/>', "<x:forbids>ai</x:forbids>",
    'type="geo"', 'type="user"', 'xmlns="https://rslstandard.org/rsl"', 'xmlns:r="https://rslstandard.org/rsl"',
    'xmlns=""', "<media:right>", "<r:license>", "<schema>", "<item>", "</item>", "<rsl>", "</rsl>", 'server=""',
    "<legal type='warranty'/>", "encoding='utf-16'",
)  # fmt: skip
HTML = (
    *AI, '<meta name="robots" content="noai">', "<meta name=“robots” content=“noai”>",
    '<meta name="tdm-reservation" content="1">', '<meta http-equiv="content-usage" content="train-ai=n">',
    '<meta name="content-signal" content="ai-train=no">', "<template>", "</template>", "<svg>", "</svg>", "<math>",
    "<script>", "</script>", "<!--", "-->", "<title>", "<textarea>", "<plaintext>",
    '<link rel="license" type="application/rsl+xml" href="/l.xml">', '<base href="//x">', "<noscript>", "<select>",
    "<style>", '<script type="application/rsl+xml">', '<script type="application/c2pa">',
    '<script type="application/ld+json">', "<body>", '<link rel="c2pa-manifest" href="a">', "<h:meta ",
    'xmlns:h="http://www.w3.org/1999/xhtml"', '<!ENTITY r "1">', "&r;", "<img src=a>",
)  # fmt: skip
XMP = (
    *AI, 'plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"', "DMI-PROHIBITED", "DMI-ALLOWED",
    "Iptc4xmpExt:DataMining", "<tdm:reservation>1</tdm:reservation>", "<rdf:Seq>", "<rdf:Bag>", "<rdf:Alt>",
    "<rdf:li>", "</rdf:li>", 'rdf:parseType="Resource"', "dcterms:provenance", "https://x.example/m.c2pa",
    "<rdf:Description", 'rdf:about="x"', "xmp:", "plus:OtherConstraints", "rdf:resource=",
    "<rsl xmlns='https://rslstandard.org/rsl'><license><prohibits type='usage'>ai-all</prohibits></license></rsl>",
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'>", "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>",
    "DMI-PROHIBITED-GENAIMLTRAINING",
)  # fmt: skip
C2PA = (
    *AI, "cawg.training-mining", "c2pa.training-mining", "cawg.ai_training", "cawg.ai_generative_training",
    "c2pa.ai_inference", "use", "notAllowed", "constrained", "constraint_info", "entries", "assertions",
    "ingredients", "active_manifest", "parentOf", "componentOf", "manifests", "label", "data", "validation_state",
    "validation_status", "code", "Valid", "Trusted", "Invalid", "m", "p", "relationship", "org.cawg.training-mining",
    "cawg.ai_training_and_data_mining", "training", "error", "Remote", "url", "cawg.data_mining",
)  # fmt: skip
JSON_LD = (
    '"@type"', '"@graph"', '"@context"', '"@id"', "@type", "@graph", "@context", "@id", "@list", "@set", "@value",
    "@reverse", "@vocab", "MusicRecording", "MusicComposition", "Book", "Photograph", "isrcCode", "iswcCode", "isbn",
    "issn", "doi", "gtin13", "identifier", "propertyID", "name", "author", "creator", "copyrightHolder", "hasPart",
    "isPartOf", "track", "itemListElement", "recordingOf", "#a", "QMXX12300001", "T-000.000.001-0", "9780000000019",
    "0000-0019", "10.1000/1", "https://schema.org", "sameAs", "Person", "lyrics", "//", "/*", "*/", "<!--", "-->",
    ",}", ",]", "\\'", "//<![CDATA[", "//]]>", "</script>", "'", "\n", "undefined", "+", ";",
)  # fmt: skip
