"""Sites that say two things at once: any reservation wins, unless the site has spoken to our own agent."""

from __future__ import annotations

from tdm_guard.testing.sample._build import PERMITTED, RESERVED, TDMREP, UNRESERVED, Leaf, robots, site, tdmrep
from tdm_guard.testing.sample.licences import FREE, declares, rsl

SITES = (
    site(
        "ferryman.example",
        "Two standards in one robots.txt: Content-Signal says yes to training, Content-Usage no.",
        Leaf(path="/", title="The Ferryman", text="Crossings on demand; bring a bell."),
        Leaf(path="/fares.html", title="Fares", text="Two coins, or one story."),
        expected=RESERVED,
        documents={"/robots.txt": robots("User-agent: *", "Content-Signal: ai-train=yes", "Content-Usage: train-ai=n")},
    ),
    site(
        "regatta.example",
        "A regatta whose robots.txt names our agent, and whose pages say noai to GPTBot: what others hear is theirs.",
        Leaf(path="/", title="Regatta Week", text="Eleven classes and a raft race."),
        Leaf(path="/results.html", title="Results", text="The raft won, on appeal."),
        expected=UNRESERVED,
        headers=(("x-robots-tag", "GPTBot: noai"),),
        documents={
            "/robots.txt": robots("User-agent: ExampleBot", "Disallow: /entries/", "", "User-agent: *", "Allow: /")
        },
    ),
    site(
        "boatyard.example",
        "A boatyard: its RSL licence grants everything, its tdmrep.json reserves it.",
        Leaf(path="/", title="Slip & Sons Boatyard", text="Wooden boats, honest estimates."),
        Leaf(path="/lines.html", title="Lines of a pilot cutter", text="Offsets in feet, inches and eighths."),
        expected=RESERVED,
        documents={
            "/robots.txt": declares("boatyard.example", "/license.xml", "User-agent: *", "Allow: /"),
            "/license.xml": rsl(("/", FREE)),
            TDMREP: tdmrep(("/", 1)),
        },
    ),
    site(
        "pilots.example",
        "A pilots' association: trust.txt allows training, ai.txt refuses it.",
        Leaf(path="/", title="Pilots' Association", text="Forty members, one bar."),
        Leaf(path="/shoals.html", title="The shoals, by heart", text="Keep the chapel clear of the mill."),
        expected=RESERVED,
        documents={
            "/trust.txt": robots("datatrainingallowed=yes"),
            "/ai.txt": robots("User-Agent: *", "Disallow: /"),
        },
    ),
    site(
        "converter.example",
        "Behind a converter that stamps its own yes on answers: robots.txt says no to training.",
        Leaf(path="/", title="Notes in Plain Text", text="No pictures, no fonts, no hurry."),
        Leaf(path="/ropewalk.html", title="The ropewalk", text="A quarter of a mile under one roof."),
        expected=RESERVED,
        headers=(("content-signal", "ai-train=yes, search=yes, ai-input=yes"),),
        documents={"/robots.txt": robots("User-agent: *", "Content-Signal: ai-train=no", "Allow: /")},
    ),
    site(
        "buoys.example",
        "An engineer whose tdmrep.json says 0, while a plug-in put noai on the pages: one of them escaped it.",
        Leaf(path="/", title="Buoys & Moorings", text="Chain and arithmetic.", headers=(("x-robots-tag", "noai"),)),
        Leaf(path="/catenary.html", title="The catenary", text="Why a slack chain holds.", expected=PERMITTED),
        expected=RESERVED,
        documents={TDMREP: tdmrep(("/", 0))},
    ),
)
