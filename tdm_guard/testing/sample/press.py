"""Newspapers, magazines, publishers: those who live by their words."""

from __future__ import annotations

from tdm_guard.testing.sample._build import (
    PERMITTED,
    RESERVED,
    RESERVING,
    TDMREP,
    UNRESERVED,
    Leaf,
    robots,
    site,
    tdmrep,
)
from tdm_guard.testing.site import Answer

_POLICY = {
    "@context": ["http://www.w3.org/ns/odrl.jsonld", {"tdm": "http://www.w3.org/ns/tdmrep#"}],
    "@type": "Offer",
    "profile": "http://www.w3.org/ns/tdmrep",
    "uid": "http://gazette.example/policies/tdm",
    "assigner": {
        "uid": "http://gazette.example/",
        "vcard:fn": "The Harbour Gazette",
        "vcard:hasEmail": "mailto:rights@gazette.example",
    },
    "permission": [{"action": "tdm:mine", "duty": [{"action": "obtainConsent"}]}],
}

SITES = (
    site(
        "gazette.example",
        "A daily newspaper: tdmrep.json reserves everything and names a policy.",
        Leaf(
            path="/",
            title="The Harbour Gazette",
            text="Harbour board votes on the new quay tonight.\nWeather: fog until noon, then a light westerly.",
            media=("/media/ferry.png",),
        ),
        Leaf(
            path="/news/ferry.html",
            title="Night ferry returns after eleven years",
            text="The last night boat left in 2015. On Friday the first of three weekly crossings sails again, with "
            "room for forty lorries and, the company says, proper coffee.\nFishermen at the north quay fear for their "
            "berths; the harbour master promises to count the days.",
            media=("/media/ferry.png",),
        ),
        Leaf(
            path="/news/school.html",
            title="School roof repaired before the rain",
            text="Six roofers, two weeks, four thousand slates: the primary school on Mill Lane opens on Monday.",
        ),
        Leaf(
            path="/opinion/quay.html",
            title="A quay is not a car park",
            text="Our columnist has walked the quay at seven in the morning and met nobody but gulls. She likes it so.",
        ),
        Leaf(path="/media/ferry.png"),
        expected=RESERVED,
        documents={
            "/robots.txt": robots("User-agent: *", "Disallow: /search", "Sitemap: http://gazette.example/sitemap.xml"),
            TDMREP: tdmrep(("/", 1), policy="http://gazette.example/policies/tdm.json"),
            "/policies/tdm.json": Answer.json(_POLICY),
        },
    ),
    site(
        "sports.example",
        "A sports daily of the same house: its tdmrep.json is a redirect to the newspaper's.",
        Leaf(path="/", title="Touchline", text="Results, tables and the quarrels after them."),
        Leaf(
            path="/rowing.html",
            title="Eight by a canvas",
            text="Nobody on the bank saw who won. The photograph says it was the boat in green, by a hand.",
        ),
        Leaf(path="/cycling.html", title="Three in the ditch", text="Rain, cobbles and a dog decided the stage."),
        expected=RESERVED,
        documents={TDMREP: Answer.redirect("http://gazette.example/.well-known/tdmrep.json", status=301)},
    ),
    site(
        "moved.example",
        "An old address of the newspaper: its pages redirect to the reserving host.",
        Leaf(path="/", wrap=lambda _: Answer.redirect("http://gazette.example/", status=301)),
        Leaf(path="/ferry", wrap=lambda _: Answer.redirect("http://gazette.example/news/ferry.html")),
        expected=RESERVED,
    ),
    site(
        "journals.example",
        "A scientific publisher: the tdm-reservation header with a policy, on articles and their PDF files alike.",
        Leaf(
            path="/", title="Annals of Tidal Research", text="Open issue: volume 41, number 3.", media=("/a/412.pdf",)
        ),
        Leaf(
            path="/a/412.html",
            title="Sediment transport in a dammed estuary",
            text="Abstract. We followed tagged grains over four spring tides. Two thirds never left the basin; the "
            "rest passed the sluice within a single ebb.",
            media=("/a/412.pdf", "/a/412-figure-1.png"),
        ),
        Leaf(
            path="/a/413.html",
            title="Counting eelgrass from the air",
            text="Abstract. A kite and a camera do nearly as well as a diver, at a tenth of the cost.",
        ),
        Leaf(path="/a/412.pdf"),
        Leaf(path="/a/412-figure-1.png"),
        expected=RESERVED,
        headers=(*RESERVING, ("tdm-policy", "/rights/mining.html")),
        documents={
            "/robots.txt": robots("User-agent: *", "Disallow: /submit/", "Crawl-delay: 1"),
            "/rights/mining.html": Answer.html("<!doctype html><title>Mining</title><p>Write to tdm@journals.example"),
        },
    ),
    site(
        "weekly.example",
        "A weekly: tdmrep.json reserves, its header says 0; under the cautious posture the first word stands.",
        Leaf(path="/", title="The Weekly Pilot", text="Every Thursday since 1931, apart from one flood."),
        Leaf(path="/letters.html", title="Letters", text="Sir, the clock on the customs house is still wrong."),
        Leaf(path="/bridge.html", title="The bridge question", text="Tolls would pay for it in sixty years, or never."),
        expected=RESERVED,
        headers=(("tdm-reservation", "0"),),
        documents={TDMREP: tdmrep(("/", 1))},
    ),
    site(
        "agency.example",
        "A news agency that contradicts itself: the file says 0, most pages' header says 1.",
        Leaf(path="/", title="Coast Press Agency", text="Short news for newsrooms.", headers=RESERVING),
        Leaf(
            path="/wire/1.html", title="Pilot strike ends", text="Agreement at dawn, boats by noon.", headers=RESERVING
        ),
        Leaf(
            path="/handout/tide-tables.html",
            title="Tide tables, free to use",
            text="High water 04:12 and 16:37. Print them, read them out, pin them to the shed.",
            expected=PERMITTED,
        ),
        expected=RESERVED,
        documents={TDMREP: tdmrep(("/", 0))},
    ),
    site(
        "magazine.example",
        "A magazine that sends its pages gzip-compressed, the reservation in their meta elements.",
        Leaf(
            path="/",
            title="Salt & Slate",
            text="A magazine of coasts, four times a year.",
            head='    <meta name="tdm-reservation" content="1">',
            zipped=True,
        ),
        Leaf(
            path="/lighthouse.html",
            title="The keeper's daughter",
            text="She learnt to read from the log: wind, visibility, passing ships, oil used.",
            head='    <meta name="tdm-reservation" content="1">\n'
            '    <meta name="tdm-policy" content="http://magazine.example/rights.html">',
            zipped=True,
        ),
        Leaf(
            path="/subscribe.html",
            title="Subscribe",
            text="Four issues, one price, no reminders.",
            zipped=True,
            expected=UNRESERVED,
        ),
        expected=RESERVED,
    ),
    site(
        "poetry.example",
        "A small press: meta robots noml on its poems; on one page the element stands in a comment and says nothing.",
        Leaf(path="/", title="Tern Press", text="Chapbooks, hand-sewn.", expected=UNRESERVED),
        Leaf(
            path="/poems/ebb.html",
            title="Ebb",
            text="The sea has gone to look for itself.\nIt left its boots at the door.",
            head='    <meta name="robots" content="noml">',
        ),
        Leaf(
            path="/orders.html",
            title="Orders",
            text="By post or at the door, Tuesdays.",
            head='    <!-- <meta name="robots" content="noml"> -->',
            expected=UNRESERVED,
        ),
        expected=RESERVED,
    ),
    site(
        "translations.example",
        "A translators' bureau that writes its reservation as a word: read under the cautious posture alone.",
        Leaf(path="/", title="Two Shores Translations", text="Eleven languages, one kettle."),
        Leaf(path="/samples.html", title="Samples", text="A page from a novel, in three versions and a quarrel."),
        Leaf(path="/rates.html", title="Rates", text="By the line, by the hour, or for a crate of apples."),
        expected=RESERVED,
        headers=(("tdm-reservation", "yes"),),
    ),
)
