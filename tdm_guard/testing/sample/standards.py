"""Preferences in robots.txt, in files beside it, in fields and in pages: sites for each standard but RSL and TDMRep."""

from __future__ import annotations

from tdm_guard.testing.sample._build import RESERVED, UNDETERMINED, UNRESERVED, Leaf, robots, site

_MANAGED = (
    "# Content signals, managed for this site by its host. A restriction is an",
    "# express reservation of rights under Article 4 of Directive (EU) 2019/790.",
    "User-agent: *",
    "Content-Signal: search=yes,ai-train=no,use=reference",
    "Allow: /",
    "# End of the managed part",
    "",
    "User-agent: *",
    "Disallow: /desk/",
)

_AIPREF = (
    site(
        "almanac.example",
        "A yearbook publisher: one Content-Usage line in robots.txt, for the whole site.",
        Leaf(path="/", title="The Mariner's Yearbook", text="Tables for the year, bound in oilcloth."),
        Leaf(path="/moon.html", title="The moon in March", text="Full on the third, and very close."),
        expected=RESERVED,
        documents={"/robots.txt": robots("User-agent: *", "Content-Usage: train-ai=n, search=y", "Allow: /")},
    ),
    site(
        "aquarium.example",
        "An aquarium: a Content-Usage line with a path reserves its children's stories, nothing else.",
        Leaf(path="/", title="Sea Aquarium", text="Feeding at three. Please do not tap the glass."),
        Leaf(
            path="/stories/octopus.html",
            title="The octopus who could count",
            text="She got as far as eight and saw no reason to go on.",
            expected=RESERVED,
        ),
        expected=UNRESERVED,
        documents={"/robots.txt": robots("User-agent: *", "Allow: /", "Content-Usage: /stories/ train-ai=n")},
    ),
    site(
        "chronicle.example",
        "A local chronicle: the Content-Usage field, on its pages and pictures alike.",
        Leaf(path="/", title="Chronicle of the Bay", text="What happened, and when.", media=("/1931.png",)),
        Leaf(path="/1931.html", title="1931", text="The long frost. Skating as far as the outer mole."),
        Leaf(path="/1931.png"),
        expected=RESERVED,
        headers=(("content-usage", "train-ai=n, ai-use=n"),),
    ),
    site(
        "orchard.example",
        "An orchard whose robots.txt has a label of an older draft: read under the cautious posture alone.",
        Leaf(path="/", title="Windfall Orchard", text="Apples that nobody else grows any more."),
        Leaf(path="/varieties.html", title="Varieties", text="Leathercoat, Catshead, and one without a name."),
        expected=RESERVED,
        documents={"/robots.txt": robots("User-agent: *", "Content-Usage: bots=n", "Allow: /")},
    ),
)

_CONTENT_SIGNALS = (
    site(
        "harbournews.example",
        "A news site whose host put content signals in front of its own robots.txt.",
        Leaf(path="/", title="Harbour News", text="Crane repaired. Crane broken. Crane repaired."),
        Leaf(path="/crane.html", title="The crane, a history", text="Built to lift four tons, it once lifted six."),
        expected=RESERVED,
        documents={"/robots.txt": robots(*_MANAGED)},
    ),
    site(
        "allotment.example",
        "A garden society: a content signal with a path, for its members' diaries.",
        Leaf(path="/", title="Allotment Society", text="Forty plots and one wheelbarrow."),
        Leaf(
            path="/diaries/7.html",
            title="Plot 7, a diary",
            text="Slugs. Rain. Slugs. A lettuce. Slugs.",
            expected=RESERVED,
        ),
        expected=UNRESERVED,
        documents={"/robots.txt": robots("User-agent: *", "Content-Signal: /diaries/ ai-train=no", "Allow: /")},
    ),
    site(
        "lectures.example",
        "A lecture archive: the Content-Signal field lets pages be found and answered from, not trained on.",
        Leaf(path="/", title="Evening Lectures", text="Wednesdays at eight, with slides.", media=("/knots.wav",)),
        Leaf(path="/knots.html", title="A theory of knots", text="Why your headphones do that, with a proof."),
        Leaf(path="/knots.wav"),
        expected=RESERVED,
        headers=(("content-signal", "search=yes, ai-input=yes, ai-train=no"),),
    ),
    site(
        "maproom.example",
        "A map collection: the signals of its robots.txt end in a ceiling, `use=reference`.",
        Leaf(path="/", title="The Map Room", text="Charts, soundings, and a globe with a dent."),
        Leaf(path="/soundings.html", title="Soundings of 1874", text="Taken by lead line, from a rowing boat."),
        expected=RESERVED,
        documents={"/robots.txt": robots("User-agent: *", "Content-Signal: search=yes, use=reference")},
    ),
    site(
        "handbook.example",
        "An open handbook: its signals say yes to all three uses, which permits less than the whole of mining.",
        Leaf(path="/", title="Handbook of Small Repairs", text="Take it, learn from it, mend something."),
        Leaf(path="/zips.html", title="Zips", text="Candle wax first, pliers second, patience third."),
        expected=UNRESERVED,
        documents={"/robots.txt": robots("User-agent: *", "Content-Signal: search=yes, ai-input=yes, ai-train=yes")},
    ),
)

_FILES = (
    site(
        "sketches.example",
        "An illustrator: /ai.txt reserves her pictures by file type, and the drawing course by path.",
        Leaf(path="/", title="Mira Okafor, illustration", text="Birds, mostly from behind.", media=("/heron.png",)),
        Leaf(
            path="/course/feathers.html",
            title="Drawing feathers",
            text="Start with the shadow. Stop earlier than you think.",
            expected=RESERVED,
        ),
        Leaf(path="/heron.png", expected=RESERVED),
        expected=UNRESERVED,
        documents={
            "/ai.txt": robots("User-Agent: *", "Disallow: *.png", "Disallow: *.jpg", "Disallow: /course/", "Allow: /")
        },
    ),
    site(
        "murals.example",
        "A painters' collective: its ai.txt lies at the second place, and is about everything.",
        Leaf(path="/", title="Wall & Weather", text="Gable ends painted, pigeons tolerated."),
        Leaf(path="/lock-house.html", title="The lock house", text="Nine days, two ladders, one wasp."),
        expected=RESERVED,
        documents={"/.well-known/ai.txt": robots("User-Agent: *", "Disallow: /", "Disallow: *")},
    ),
    site(
        "observer.example",
        "A newsroom that is a member of a trust.txt association: no training, says /trust.txt.",
        Leaf(path="/", title="The Coast Observer", text="Independent, damp, punctual."),
        Leaf(path="/lido.html", title="Lido reopens", text="Sixteen degrees, and a queue."),
        expected=RESERVED,
        documents={
            "/trust.txt": robots(
                "# The Coast Observer",
                "member=http://presscouncil.example/",
                "contact=http://observer.example/contact",
                "datatrainingallowed=no",
            )
        },
    ),
    site(
        "lagoon.example",
        "A community radio's news pages: trust.txt at the second place.",
        Leaf(path="/", title="Lagoon Community News", text="Read on air at noon, written at eleven."),
        Leaf(path="/heronry.html", title="Heronry counted", text="Thirty-one nests, one of them in a pylon."),
        expected=RESERVED,
        documents={"/.well-known/trust.txt": robots("datatrainingallowed=no")},
    ),
    site(
        "tavern.example",
        "A tavern: a DisallowAITraining line in robots.txt keeps its menus.",
        Leaf(path="/", title="The Mended Net", text="Kitchen open until the pots are clean."),
        Leaf(
            path="/menus/friday.html",
            title="Friday",
            text="Skate, brown butter, and what the garden gave.",
            expected=RESERVED,
        ),
        expected=UNRESERVED,
        documents={"/robots.txt": robots("User-agent: *", "DisallowAITraining: /menus/", "Disallow: /bookings")},
    ),
    site(
        "shanties.example",
        "A song archive: `noml`, in the X-Robots-Tag of recordings and in the meta element of texts.",
        Leaf(path="/", title="Shanty Archive", text="Sung by those who hauled.", expected=UNRESERVED),
        Leaf(
            path="/texts/capstan.html",
            title="Capstan song",
            text="Heave, and the cook is asleep, heave, and so are the peas.",
            head='    <meta name="robots" content="noml">',
        ),
        Leaf(path="/takes/capstan.wav", headers=(("x-robots-tag", "noml"),)),
        expected=RESERVED,
    ),
    site(
        "stitches.example",
        "A knitting magazine: `noai` addressed to GPTBot by name, in fields and in pages: evidence of a wish.",
        Leaf(
            path="/",
            title="Stitches",
            text="Patterns for long watches.",
            head='    <meta name="GPTBot" content="noai">',
        ),
        Leaf(
            path="/gansey.html",
            title="A gansey for the new deckhand",
            text="Cast on 288 stitches and do not lose count.",
            headers=(("x-robots-tag", "GPTBot: noai"),),
        ),
        expected=RESERVED,
    ),
    site(
        "signalbox.example",
        "A railway museum: preferences in meta elements, where no standard has them, and a page that names a manifest.",
        Leaf(path="/", title="The Signal Box", text="Open when the line is clear.", expected=UNRESERVED),
        Leaf(
            path="/levers.html",
            title="Forty levers",
            text="Red for the home signals, and one that nobody pulls.",
            head='    <meta name="content-usage" content="train-ai=n">',
        ),
        Leaf(
            path="/bells.html",
            title="Bell codes",
            text="Three, pause, one: the milk is early.",
            head='    <meta name="content-signal" content="ai-train=no">',
        ),
        Leaf(
            path="/plan.html",
            title="The track plan",
            text="Drawn by hand, and signed by the draughtsman's heirs.",
            head='    <link rel="c2pa-manifest" href="/plan.c2pa">',
            expected=UNDETERMINED,
        ),
        expected=RESERVED,
    ),
)

SITES = (*_AIPREF, *_CONTENT_SIGNALS, *_FILES)
