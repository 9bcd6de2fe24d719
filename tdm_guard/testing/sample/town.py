"""Trade, the town, and the troubles of the network."""

from __future__ import annotations

from tdm_guard.testing.content import bulk, marker
from tdm_guard.testing.sample._build import (
    RESERVED,
    RESERVING,
    TDMREP,
    UNDETERMINED,
    UNRESERVED,
    Leaf,
    robots,
    site,
    tdmrep,
)
from tdm_guard.testing.site import Answer

BULK = 26_000_000  # bytes: enough to see whether a download was cut off

_UNAVAILABLE = Answer.text("Too many visitors, please come back later.\n", ("retry-after", "120"), status=503)
_HOME_FOR_ALL = Answer.html("<!doctype html><title>Kiosk</title><p>Welcome to the kiosk. What are you looking for?")

SITES = (
    site(
        "council.example",
        "A local council with a partial reservation: its archive, nothing else.",
        Leaf(
            path="/", title="Harbour Town Council", text="Meetings are public; so is the tea.", media=("/budget.pdf",)
        ),
        Leaf(path="/news/bins.html", title="New bins", text="Green is paper, blue is the rest."),
        Leaf(
            path="/archive/1904.html",
            title="Minutes of 1904",
            text="The motion to move the bandstand was lost by one vote.",
            media=("/archive/1904.png",),
            expected=RESERVED,
        ),
        Leaf(path="/archive/1904.png", expected=RESERVED),
        Leaf(path="/budget.pdf"),
        expected=UNRESERVED,
        documents={TDMREP: tdmrep(("/archive/", 1))},
    ),
    site(
        "chandler.example",
        "A shop: robots.txt keeps everyone out of the basket.",
        Leaf(path="/", title="Ship Chandler", text="Shackles, lamps, twine.", media=("/img/lamp.png",)),
        Leaf(path="/lamps.html", title="Lamps", text="Brass, galvanised, or dented at half price."),
        Leaf(path="/basket", title="Your basket", text="It is empty.", expected=RESERVED),
        Leaf(path="/img/lamp.png"),
        expected=UNRESERVED,
        documents={"/robots.txt": robots("User-agent: *", "Disallow: /basket", "Disallow: /*?sort=", "Allow: /")},
    ),
    site(
        "recipes.example",
        "A recipe collection: it turns away GPTBot, but has a group for our agent and lets it in.",
        Leaf(path="/", title="Galley Recipes", text="For one pan and a moving stove."),
        Leaf(path="/chowder.html", title="Chowder", text="Potatoes first, fish last, no arguments."),
        Leaf(path="/biscuit.html", title="Ship's biscuit", text="Flour, water, and good teeth."),
        expected=UNRESERVED,
        documents={
            "/robots.txt": robots("User-agent: GPTBot", "Disallow: /", "", "User-agent: ExampleBot", "Allow: /"),
        },
    ),
    site(
        "bakery.example",
        "A bakery whose tdmrep.json is an object, not an array: read under the cautious posture alone.",
        Leaf(path="/", title="Quay Bakery", text="Bread at six, gossip at seven."),
        Leaf(path="/bread.html", title="Our bread", text="Rye, wheat, and one that nobody asked for."),
        Leaf(path="/history.html", title="Since 1888", text="The oven is older than the street."),
        expected=RESERVED,
        documents={TDMREP: Answer.json({"location": "/", "tdm-reservation": 1})},
    ),
    site(
        "registry.example",
        "A records office: robots.txt disallows everything.",
        Leaf(path="/", title="Registry of Small Craft", text="By appointment."),
        Leaf(path="/craft/17.html", title="Craft no. 17", text="Clinker, twelve feet, two owners."),
        Leaf(path="/craft/18.html", title="Craft no. 18", text="Sunk twice, raised twice."),
        expected=RESERVED,
        documents={"/robots.txt": robots("User-agent: *", "Disallow: /")},
    ),
    site(
        "kiosk.example",
        "A site that answers any address with its home page: tdmrep.json and robots.txt are pages, so absent.",
        Leaf(path="/", title="Kiosk", text="Papers, stamps, string."),
        Leaf(path="/stamps.html", title="Stamps", text="With gulls, with ships, with the old queen."),
        expected=UNRESERVED,
        fallback=_HOME_FOR_ALL,
    ),
    site(
        "datasets.example",
        "A data house: one file of 26 MB that carries a reserving header.",
        Leaf(path="/", title="Coastal Data", text="Measurements since 1951.", media=("/buoys.bin",)),
        Leaf(path="/about.html", title="About the buoys", text="Eleven float, one sulks."),
        Leaf(
            path="/buoys.bin",
            headers=RESERVING,
            how={"body": bulk(marker("datasets.example", "/buoys.bin"), BULK), "length": BULK},
            expected=RESERVED,
        ),
        expected=UNRESERVED,
    ),
    site(
        "weather.example",
        "A weather service on a slow line, with a robots.txt that is not text.",
        Leaf(path="/", title="Coast Weather", text="Fog, lifting.", how={"delay": 0.5}),
        Leaf(path="/week.html", title="The week", text="Wind from everywhere.", how={"piece": 200, "drip": 0.05}),
        Leaf(path="/radar.png", how={"piece": 512, "drip": 0.05}),
        expected=UNRESERVED,
        documents={"/robots.txt": Answer(headers=(("content-type", "text/plain"),), body=bytes(range(256)) * 8)},
    ),
    site(
        "radio.example",
        "A radio station: robots.txt behind a redirect; the line breaks in the middle of one recording.",
        Leaf(path="/", title="Radio Breakwater", text="On air when the generator is.", media=("/jingle.wav",)),
        Leaf(path="/programme.html", title="Programme", text="Shipping news, dance music, shipping news."),
        Leaf(path="/jingle.wav"),
        expected=UNRESERVED,
        documents={
            "/robots.txt": Answer.redirect("/about/robots.txt"),
            "/about/robots.txt": robots("User-agent: *", "Disallow: /studio/"),
            "/live.wav": Answer(headers=(("content-type", "audio/wav"),), body=bytes(40_000), close_after=10_000),
        },
    ),
    site(
        "portauthority.example",
        "A port authority: its pages answer, its tdmrep.json fails with 503, so nobody can tell.",
        Leaf(path="/", title="Port Authority", text="Channel 12."),
        Leaf(path="/notices/7.html", title="Notice 7", text="The north buoy is a hundred metres south."),
        Leaf(path="/tariff.html", title="Tariff", text="By length, by day, by temper."),
        expected=UNDETERMINED,
        documents={TDMREP: _UNAVAILABLE},
    ),
    site(
        "overloaded.example",
        "A site that answers 503 to everything: robots.txt is unreachable, so nothing is requested.",
        Leaf(path="/", title="Festival Tickets", how={"status": 503, "body": b"Too many visitors.\n"}),
        Leaf(path="/line-up.html", title="Line-up", how={"status": 503, "body": b"Too many visitors.\n"}),
        expected=UNDETERMINED,
        fallback=_UNAVAILABLE,
    ),
    site(
        "tarpit.example",
        "A site that takes every connection and never answers.",
        Leaf(path="/", title="Waiting Room", how={"silent": True, "body": b"-"}),
        Leaf(path="/number.html", title="Your number", how={"silent": True, "body": b"-"}),
        expected=UNDETERMINED,
        fallback=Answer(silent=True),
    ),
)
