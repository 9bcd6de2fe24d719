"""Music, pictures, museums, libraries, and those who write for pleasure."""

from __future__ import annotations

from tdm_guard.testing.behaviour import digest_protected
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

_NOAI = '    <meta name="robots" content="noai, noimageai">'

SITES = (
    site(
        "tidesrecords.example",
        "A music label: robots.txt turns away AI crawlers by name, and nobody else.",
        Leaf(path="/", title="Tides Records", text="New this month: the Skerry Sisters.", media=("/audio/skerry.wav",)),
        Leaf(
            path="/artists/skerry-sisters.html",
            title="The Skerry Sisters",
            text="Two fiddles and a harmonium, recorded in a boathouse with the doors open.",
            media=("/audio/skerry.wav",),
        ),
        Leaf(path="/tour.html", title="On tour", text="Nine islands in nine days, tide permitting."),
        Leaf(path="/audio/skerry.wav"),
        expected=RESERVED,
        documents={
            "/robots.txt": robots(
                "User-agent: GPTBot",
                "User-agent: ClaudeBot",
                "User-agent: CCBot",
                "User-agent: Google-Extended",
                "Disallow: /",
                "",
                "User-agent: *",
                "Allow: /",
            )
        },
    ),
    site(
        "lenswork.example",
        "A photographer: noai and noimageai in the pages, X-Robots-Tag on the pictures, more of them on a CDN.",
        Leaf(path="/", title="Ada Lund, photographs", text="Boats, weather, hands.", head=_NOAI, media=("/p/net.png",)),
        Leaf(
            path="/series/boats.html",
            title="Boats, 2019 to 2024",
            text="All taken between five and six in the morning, on film.",
            head=_NOAI,
            media=("/p/net.png", "http://images.cdn.example/lenswork/boats-1.png"),
        ),
        Leaf(
            path="/contact.html",
            title="Contact",
            text="Prints and licences: studio@lenswork.example.",
            media=("http://images.cdn.example/lenswork/boats-1.png",),
            expected=UNRESERVED,
        ),
        Leaf(path="/p/net.png", headers=(("x-robots-tag", "noai, noimageai"),)),
        expected=RESERVED,
    ),
    site(
        "images.cdn.example",
        "A CDN host: it answers for itself, with the customers' headers on their pictures.",
        Leaf(path="/", title="Pictures, close to you", text="This host serves pictures for others."),
        Leaf(path="/lenswork/boats-1.png", headers=RESERVING, expected=RESERVED),
        Leaf(path="/openpedia/lighthouse.png"),
        expected=UNRESERVED,
    ),
    site(
        "openpedia.example",
        "A permissive encyclopedia: robots.txt lets everyone in, tdmrep.json permits mining.",
        Leaf(path="/", title="Openpedia", text="The encyclopedia that one may take home."),
        Leaf(
            path="/wiki/Lighthouse",
            title="Lighthouse",
            text="A lighthouse is a tower with a lamp that warns ships of the coast and tells them where they are. The "
            "pattern of its flashes, its character, is its name at night.",
            media=("/media/fresnel.png", "http://images.cdn.example/openpedia/lighthouse.png"),
        ),
        Leaf(
            path="/wiki/Tide",
            title="Tide",
            text="Tides are the rise and fall of the sea under the pull of the moon and the sun. On most coasts there "
            "are two high waters a day, about twelve hours and twenty-five minutes apart.",
        ),
        Leaf(path="/wiki/Fog", title="Fog", text="Fog is a cloud that touches the ground."),
        Leaf(path="/media/fresnel.png"),
        expected=PERMITTED,
        documents={"/robots.txt": robots("User-agent: *", "Allow: /"), TDMREP: tdmrep(("/", 0))},
    ),
    site(
        "museum.example",
        "A museum whose tdmrep.json permits all, then reserves its collection: first and longest match disagree.",
        Leaf(path="/", title="Museum of the Inner Harbour", text="Open from ten to five.", expected=PERMITTED),
        Leaf(path="/visit.html", title="Your visit", text="Dogs are welcome below deck.", expected=PERMITTED),
        Leaf(
            path="/collection/sextant.html",
            title="Sextant, brass, about 1780",
            text="Found in a drawer of the customs house, with a laundry list.",
            media=("/collection/sextant.png",),
        ),
        Leaf(path="/collection/sextant.png"),
        expected=RESERVED,
        documents={TDMREP: tdmrep(("/", 0), ("/collection/", 1))},
    ),
    site(
        "library.example",
        "A town library without any signal; its members' pages ask for a password (digest authentication).",
        Leaf(path="/", title="Town Library", text="Forty thousand volumes and a cat.", media=("/guide.pdf",)),
        Leaf(path="/opening.html", title="Opening hours", text="Monday to Saturday, and in storms."),
        Leaf(path="/guide.pdf", headers=(("last-modified", "Mon, 02 Mar 2026 08:00:00 GMT"),)),
        expected=UNRESERVED,
        documents={
            "/robots.txt": robots("# The cat is not to be crawled.", "User-agent: *", "Disallow: /cat/"),
            "/members/": digest_protected("reader", "open sesame", Answer.html("<title>Members</title><p>Your loans")),
        },
    ),
    site(
        "theatre.example",
        "A theatre: robots.txt has a group for our own agent and keeps it out of the press room.",
        Leaf(path="/", title="Theatre on the Quay", text="Tonight: the second half."),
        Leaf(path="/season.html", title="The season", text="Six plays, one of them finished."),
        Leaf(path="/press/photos.html", title="Press photographs", text="For reviewers.", expected=RESERVED),
        expected=UNRESERVED,
        documents={
            "/robots.txt": robots("User-agent: ExampleBot", "Disallow: /press/", "", "User-agent: *", "Allow: /")
        },
    ),
    site(
        "podcast.example",
        "A podcast: X-Robots-Tag speaks to our agent on one page, to another agent on the next.",
        Leaf(path="/", title="Low Water", text="Conversations on a sandbank.", media=("/episodes/1.wav",)),
        Leaf(
            path="/episodes/1.html",
            title="Episode 1: mud",
            text="With a geologist, a cockle picker and a borrowed tent.",
            headers=(("x-robots-tag", "ExampleBot: noai"),),
            expected=RESERVED,
        ),
        Leaf(
            path="/about.html",
            title="About us",
            text="Two friends and a recorder.",
            headers=(("x-robots-tag", "otherbot: noindex, noai"),),
        ),
        Leaf(path="/episodes/1.wav", headers=(("x-robots-tag", "ExampleBot: noai"),), expected=RESERVED),
        expected=UNRESERVED,
    ),
    site(
        "blog.example",
        "A personal blog that says nothing about mining, in any way.",
        Leaf(path="/", title="Notes from the pier", text="I fix boats and write it down.", media=("/media/plank.png",)),
        Leaf(path="/2026/caulking.html", title="Caulking, again", text="Oakum, pitch, patience. Mostly patience."),
        Leaf(
            path="/2026/engine.html",
            title="The engine that would not",
            text="It was the filter. It is always the filter.",
            media=("/media/plank.png",),
        ),
        Leaf(path="/media/plank.png"),
        expected=UNRESERVED,
    ),
    site(
        "forum.example",
        "A forum: one member's post carries a reservation in the body; visitors are given a cookie.",
        Leaf(path="/", title="Knots and Splices", text="Be kind, quote sparingly."),
        Leaf(path="/t/1.html", title="Which rope for a swing?", text="Three-strand, and check the branch."),
        Leaf(
            path="/t/2.html",
            title="My splice, step by step",
            text="Unlay, tuck, roll under foot.",
            body='      <div class="post"><meta name="tdm-reservation" content="1">All my own work.</div>',
            expected=RESERVED,
        ),
        Leaf(
            path="/welcome.html",
            title="Welcome",
            text="Read first, then tie.",
            headers=(("set-cookie", "visited=yes; Path=/"),),
        ),
        expected=UNRESERVED,
    ),
)
