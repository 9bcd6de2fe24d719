"""
Licence documents (RSL) by every channel that declares or holds one, and policies behind TDMRep reservations.

What an RSL document permits counts over HTTPS alone. This web is http: here licences only ever reserve.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tdm_guard.testing.content import marker, page
from tdm_guard.testing.sample._build import RESERVED, RESERVING, UNRESERVED, Leaf, robots, site
from tdm_guard.testing.site import Answer, Page, Received

if TYPE_CHECKING:
    from collections.abc import Callable

TYPE = "application/rsl+xml"
_NAMESPACE = "https://rslstandard.org/rsl"
_NO_TRAINING = '<license><prohibits type="usage">ai-train</prohibits></license>'
_SEARCH_ONLY = '<license><permits type="usage">search</permits></license>'
FREE = '<license><permits type="usage">all</permits><payment type="free"/></license>'
_PAID = (
    '<license><permits type="usage">ai-all</permits><payment type="subscription">'
    "<custom>http://licences.example/tariff.html</custom></payment></license>"
)


def rsl(*contents: tuple[str, str], note: str = "RSL 1.0") -> Answer:
    """A licence document of pairs of url and licences, with a comment."""
    return Answer(headers=(("content-type", TYPE),), body=f"{_document(*contents)}<!-- {note} -->".encode())


def declares(host: str, path: str, *lines: str) -> Callable[[Received], Answer]:
    """A robots.txt of these lines that declares the licence document at `path` on `host`."""
    return lambda request: robots(*lines, f"License: {request.base(host)}{path}")


def _document(*contents: tuple[str, str]) -> str:
    inner = "".join(f'<content url="{url}">{licences}</content>' for url, licences in contents)
    return f'<rsl xmlns="{_NAMESPACE}">{inner}</rsl>'


def _linked(host: str, path: str) -> Callable[[Page], Page]:
    """The page with a Link field that declares the licence document at `path` on `host`."""

    def wrap(made: Page) -> Page:
        def answer(request: Received) -> Answer:
            plain = made(request) if callable(made) else made
            link = f'<{request.base(host)}{path}>; rel="license"; type="{TYPE}"'
            return replace(plain, headers=(*plain.headers, ("link", link)))

        return answer

    return wrap


def _feed(request: Received) -> Answer:
    base = request.base("bulletin.example")
    items = "".join(
        f"<item><title>{title}</title><link>{base}{path}</link>"
        f'<rsl:content url="{base}{path}"><rsl:license><rsl:prohibits type="usage">ai-train ai-input</rsl:prohibits>'
        "</rsl:license></rsl:content></item>"
        for path, title in _ITEMS.items()
    )
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:rsl="{_NAMESPACE}"><channel>'
        f"<title>Lock-keepers' Bulletin</title><link>{base}/</link>"
        f"<description>{marker('bulletin.example', '/feed.xml').decode()}</description>{items}</channel></rss>"
    )
    return Answer(headers=(("content-type", "application/rss+xml"),), body=text.encode())


def _challenge(path: str) -> Answer:
    return replace(rsl(("", _PAID), note=marker("briefing.example", path).decode()), status=402)


def _priced(path: str) -> Answer:
    offer = {"scheme": "exact", "network": "example", "maxAmountRequired": "2000", "asset": "credits"}
    asked = {"x402Version": 1, "error": marker("briefing.example", path).decode(), "accepts": [offer]}
    return replace(Answer.json(asked), status=402)


_ITEMS = {"/items/sluice.html": "The sluice that sings", "/items/eels.html": "Eels at the weir"}


def _item(path: str) -> Answer:
    text = "Written on the back of a tide table, by lamplight."
    return Answer.html(page(mark=marker("bulletin.example", path), title=_ITEMS[path], text=text))


def policy(host: str, name: str) -> Answer:
    """An offer under the TDMRep profile of ODRL: mining with the consent of `name`, who can be asked."""
    return Answer.json(
        {
            "@context": ["http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld"],
            "@type": "Offer",
            "profile": "http://www.w3.org/ns/tdmrep",
            "uid": f"http://{host}/policies/1",
            "assigner": {
                "uid": f"http://{host}/",
                "vcard:fn": name,
                "vcard:hasEmail": f"mailto:rights@{host}",
            },
            "permission": [{"action": "tdm:mine", "duty": [{"action": "obtainConsent"}]}],
        }
    )


_RSL = (
    site(
        "quarterly.example",
        "A review: robots.txt declares a licence that prohibits AI training of its essays.",
        Leaf(path="/", title="The Tidal Quarterly", text="Four issues, no advertisements.", expected=UNRESERVED),
        Leaf(path="/essays/mud.html", title="In praise of mud", text="It keeps what stone forgets."),
        expected=RESERVED,
        documents={
            "/robots.txt": declares("quarterly.example", "/license.xml", "User-agent: *", "Allow: /"),
            "/license.xml": rsl(("/essays/", _NO_TRAINING)),
        },
    ),
    site(
        "commons.example",
        "Free pictures: the licence permits all for nothing, but came over http, so that nothing is granted.",
        Leaf(path="/", title="Shore Commons", text="Help yourself; a name under the picture is nice."),
        Leaf(path="/pebbles.html", title="Pebbles", text="Sorted by colour, by a child of six."),
        expected=UNRESERVED,
        documents={
            "/robots.txt": declares("commons.example", "/license.xml", "User-agent: *", "Allow: /"),
            "/license.xml": rsl(("/", FREE)),
        },
    ),
    site(
        "engravings.example",
        "A print seller: a Link field on pages and pictures declares a licence for search alone.",
        Leaf(
            path="/",
            title="Engravings & Etchings",
            text="Ships that sank, mostly.",
            media=("/brig.png",),
            wrap=_linked("engravings.example", "/rights/search.xml"),
        ),
        Leaf(path="/brig.png", wrap=_linked("engravings.example", "/rights/search.xml")),
        Leaf(path="/framing.html", title="Framing", text="Oak, ash, driftwood.", expected=UNRESERVED),
        expected=RESERVED,
        documents={"/rights/search.xml": rsl(("/", _SEARCH_ONLY))},
    ),
    site(
        "essays.example",
        "An essayist: a link element in each essay's head declares the licence.",
        Leaf(path="/", title="Slow Mail", text="One letter a month.", expected=UNRESERVED),
        Leaf(
            path="/on-waiting.html",
            title="On waiting",
            text="The ferry is late, and for once nobody minds.",
            head=f'    <link rel="license" type="{TYPE}" href="/licence.xml">',
        ),
        expected=RESERVED,
        documents={"/licence.xml": rsl(("/", _NO_TRAINING))},
    ),
    site(
        "dispatch.example",
        "A newsletter with its licence in the page itself, in a script element.",
        Leaf(path="/", title="Island Dispatch", text="By the boat of the seventh.", expected=UNRESERVED),
        Leaf(
            path="/7.html",
            title="Number 7",
            text="The post office has a new door. It opens the other way.",
            head=f'    <script type="{TYPE}">{_document(("", _NO_TRAINING))}</script>',
        ),
        expected=RESERVED,
    ),
    site(
        "bulletin.example",
        "A bulletin with a feed that holds a licence for each item: who has read it knows of the items' pages too.",
        Leaf(path="/", title="Lock-keepers' Bulletin", text="Levels, openings, obituaries."),
        Leaf(path="/feed.xml", wrap=lambda _: _feed, expected=RESERVED),
        expected=UNRESERVED,
        documents={path: _item(path) for path in _ITEMS},
    ),
    site(
        "briefing.example",
        "A trade briefing: without a licence token its pages answer 402, in three spellings.",
        Leaf(path="/", title="Freight Briefing", text="Rates at six in the morning.", expected=UNRESERVED),
        Leaf(
            path="/today.html",
            title="Today",
            headers=(("www-authenticate", "License"),),
            how={"status": 402, "body": b"A licence is needed.\n" + marker("briefing.example", "/today.html")},
            wrap=_linked("briefing.example", "/license.xml"),
        ),
        Leaf(path="/archive.html", title="Archive", wrap=lambda _: _challenge("/archive.html")),
        Leaf(path="/rates.json", title="Rates", wrap=lambda _: _priced("/rates.json")),
        expected=RESERVED,
        documents={"/license.xml": rsl(("/", _PAID))},
    ),
    site(
        "cartoons.example",
        "A cartoonist whose robots.txt declares a licence that is not there: unlicensed, so reserved.",
        Leaf(path="/", title="Ink & Gulls", text="A drawing a day, a gull a drawing."),
        Leaf(path="/monday.html", title="Monday", text="The gull has read the news. The gull is going back to bed."),
        expected=RESERVED,
        documents={"/robots.txt": declares("cartoons.example", "/rsl.xml", "User-agent: *", "Allow: /")},
    ),
    site(
        "licences.example",
        "A collecting society: it keeps the licences of others, and reserves nothing itself.",
        Leaf(path="/", title="Coastal Authors' Society", text="Licences, tariffs, biscuits."),
        Leaf(path="/tariff.html", title="Tariff", text="By the thousand pages, by the year, or by letter."),
        expected=UNRESERVED,
        documents={"/novels.xml": rsl(("/", _PAID))},
    ),
    site(
        "novels.example",
        "A novelist: her robots.txt declares a licence that lies with her collecting society, for a subscription.",
        Leaf(path="/", title="Ines Marlowe, novels", text="Six books and a seventh that will not end."),
        Leaf(path="/the-groyne.html", title="The Groyne, chapter one", text="It began, as floods do, politely."),
        expected=RESERVED,
        documents={"/robots.txt": declares("licences.example", "/novels.xml", "User-agent: *", "Allow: /")},
    ),
)

_POLICIES = (
    site(
        "observatory.example",
        "An observatory: tdm-reservation and tdm-policy fields; the policy is readable and names whom to ask.",
        Leaf(path="/", title="Harbour Observatory", text="Open on clear nights; so, rarely.", media=("/comet.png",)),
        Leaf(path="/comet.html", title="A comet, briefly", text="Seen for nine minutes, from the coal shed roof."),
        Leaf(path="/comet.png"),
        expected=RESERVED,
        headers=(*RESERVING, ("tdm-policy", "/policies/1.json")),
        documents={"/policies/1.json": policy("observatory.example", "Harbour Observatory")},
    ),
    site(
        "relay.example",
        "An old address whose redirect carries the reservation: the page it leads to has none of its own.",
        Leaf(path="/", wrap=lambda _: Answer.redirect("http://licences.example/tariff.html", *RESERVING)),
        expected=RESERVED,
    ),
)

SITES = (*_RSL, *_POLICIES)
