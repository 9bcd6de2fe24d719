"""RSL refusals that nobody foresaw: never a grant in any carrier; what forbids nothing stays harmless."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Decision, Fetched, Judge, Verdict
from tdm_guard.formats.rsl.rsl_words import forbids, takes_back
from tests.support import documents, pictures
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, tzinfo=UTC)
NAMESPACE = "https://rslstandard.org/rsl"
SITE = "https://site.example"
PAGE = f"{SITE}/a"
LICENCE = f"{SITE}/l.xml"
ALL = '<permits type="usage">all</permits>'
BOTH = pytest.mark.parametrize("posture", ["cautious", "literal"])
MEDIA = 'xmlns:media="https://rslmedia.org/media"'
RIGHT = (
    '<media:right registry="r.example" registry-id="W-1"><license><prohibits type="usage">ai-all</prohibits></license>'
    "</media:right>"
)


@cache
def judge(posture: str, usage: str) -> Judge:
    return Judge(usages={usage}, agent="ExampleBot", posture=posture)


def decide(posture: str, usage: str, policies: dict[str, Any] | None = None, **answer: Any) -> Decision:
    said = {**SILENT, **(policies or {})}
    return judge(posture, usage).evaluate(answer.pop("url", PAGE), policies=said, now=NOW, **answer)


def document(inside: str, more: str = "", root: str = "") -> str:
    return f'<rsl xmlns="{NAMESPACE}" xmlns:x="urn:x" {root}><content url="/" {more}>{inside}</content></rsl>'


def licensed(inside: str) -> str:
    return document(f"<license>{ALL}{inside}</license>")


def fetched(text: str | bytes, kind: str = "text/plain", status: int = 200) -> dict[str, Any]:
    body = text if isinstance(text, bytes) else text.encode()
    return {"status": status, "headers": [("content-type", kind)], "body": body}


ROBOTS = {"/robots.txt": Fetched(**fetched(f"License: {LICENCE}\nUser-agent: *\nAllow: /\n"))}
EMPTY = {"/robots.txt": Fetched(**fetched("User-agent: *\nAllow: /\n"))}


def in_robots(xml: str) -> dict[str, Any]:
    return {"policies": {**ROBOTS, LICENCE: Fetched(**fetched(xml))}}


def in_link(xml: str) -> dict[str, Any]:
    answer = fetched("<p>x</p>", "text/html")
    answer["headers"].append(("link", f'<{LICENCE}>; rel="license"; type="application/rsl+xml"'))
    return {"policies": {LICENCE: Fetched(**fetched(xml))}, **answer}


def in_html(xml: str) -> dict[str, Any]:
    page = f'<html><head><link rel="license" type="application/rsl+xml" href="{LICENCE}"></head><body>x</body></html>'
    return {"policies": {LICENCE: Fetched(**fetched(xml))}, **fetched(page, "text/html")}


def inline(xml: str) -> dict[str, Any]:
    page = f'<html><head><script type="application/rsl+xml">{xml}</script></head><body>x</body></html>'
    return fetched(page, "text/html")


def in_feed(xml: str) -> dict[str, Any]:
    contents = xml[xml.index(">") + 1 : xml.rindex("</rsl>")]
    item = contents.replace("<content", f'<r:content xmlns:r="{NAMESPACE}" xmlns="{NAMESPACE}"')
    item = item.replace("</content>", "</r:content>")
    return fetched(f'<rss version="2.0" xmlns:x="urn:x"><channel><item>{item}</item></channel></rss>', "text/xml")


def in_atom(xml: str) -> dict[str, Any]:
    feed = in_feed(xml)["body"].decode().replace('<rss version="2.0"', '<feed xmlns="http://www.w3.org/2005/Atom"')
    feed = feed.replace("<channel>", "").replace("</channel></rss>", "</feed>").replace("item>", "entry>")
    return fetched(feed, "application/atom+xml")


def packet(xml: str) -> bytes:
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    return f"<rdf:RDF {rdf}><rdf:Description rdf:about=''>{xml}</rdf:Description></rdf:RDF>".encode()


def in_jpeg(xml: str) -> dict[str, Any]:
    return fetched(pictures.jpeg(pictures.app1(packet(xml))), "image/jpeg")


def in_png(xml: str) -> dict[str, Any]:
    return fetched(pictures.png(pictures.itxt(xml.encode(), keyword=b"RSL")), "image/png")


def in_epub(xml: str) -> dict[str, Any]:
    return fetched(documents.epub({"OEBPS/p.opf": documents.opf(xml)}), "application/epub+zip")


def in_mp3(xml: str) -> dict[str, Any]:
    return fetched(documents.mp3(documents.id3(documents.frame(b"TXXX", b"\x03RSL\0" + xml.encode()))), "audio/mpeg")


def in_challenge(xml: str) -> dict[str, Any]:
    return fetched(xml, "application/rsl+xml", status=401)


CARRIERS: tuple[Callable[[str], dict[str, Any]], ...] = (
    in_robots, in_link, in_html, inline, in_feed, in_atom, in_jpeg, in_png, in_epub, in_mp3, in_challenge
)  # fmt: skip
GRANTING = (in_robots, in_link, in_html, inline, in_jpeg, in_png, in_epub, in_mp3)


@pytest.mark.parametrize("carrier", CARRIERS)
@BOTH
def test_the_carriers_say_what_they_hold(carrier: Callable[[str], dict[str, Any]], posture: str) -> None:
    assert decide(
        posture, "ai-training", **carrier(licensed('<prohibits type="usage">ai-train</prohibits>'))
    ).verdict is (Verdict.RESERVED)
    granted = decide(posture, "ai-training", **carrier(licensed(""))).verdict
    if carrier in GRANTING:
        assert granted is Verdict.PERMITTED
    else:
        assert granted is not Verdict.PERMITTED


# ---- what cautious reserves and literal does not grant --------------------------------------------------------------

REFUSALS = [
    '<prohibits type="usage">train-genai</prohibits>',
    '<prohibits type="usage">ai-training search-engines</prohibits>',
    '<prohibits type="geo">Germany</prohibits>',
    '<prohibits type="user">ai-companies</prohibits>',
    '<prohibits type="usage" usage="ai-train"/>',
    '<prohibits type="usage"><x:token>ai-train</x:token></prohibits>',
    '<x:prohibits type="usage">ai-train</x:prohibits>',
    '<x:prohibits type="geo">FR</x:prohibits>',
    '<prohibits xmlns="" type="usage">ai-train</prohibits>',
    '<prohibits xmlns="http://rslstandard.org/rsl" type="usage">ai-train</prohibits>',
    "<x:forbids/>",
    "<x:denies>training</x:denies>",
    '<x:disallows what="models"/>',
    "<x:noAI/>",
    "<x:ai-training>disallowed</x:ai-training>",
    '<x:aiTraining allowed="false"/>',
    "<x:opt-out>ai-train</x:opt-out>",
    "<x:prohbits>ai-train</x:prohbits>",
    "<x:more><x:prohibits>ai-train</x:prohibits></x:more>",
    "<x:note>Training of AI is not allowed</x:note>",
    '<legal type="prohibition">of AI</legal>',
    '<permits type="usage" allowed="no">search</permits>',
    '<permits type="usage">no-ai</permits>',
    '<permits type="usage">except training</permits>',
    '<permits type="usage">!ai-train</permits>',
    '<permits type="user" x:denied="ai">commercial</permits>',
    "no AI training",
    f'<prohibits type="usage" usage="{"search " * 90}ai-train"/>',  # behind the beginning of a long list
    f'<x:prohibits type="usage">{"search " * 90}ai-train</x:prohibits>',
    f'<x:prohibits type="usage">{"search " * 900}ai-train</x:prohibits>',
    f'<prohibits type="usage" usage="{"search " * 900}ai-train"/>',
]


def test_a_list_of_its_own_that_is_read_to_its_end_is_about_what_it_names() -> None:
    element = f'<prohibits type="usage" usage="{"search " * 90}"/>'
    assert decide("cautious", "ai-training", **in_robots(licensed(element))).verdict is not Verdict.RESERVED
    assert decide("cautious", "search", **in_robots(licensed(element))).verdict is Verdict.RESERVED


@pytest.mark.parametrize("element", REFUSALS)
def test_a_refusal_that_is_not_understood(element: str) -> None:
    cautious = decide("cautious", "ai-training", **in_robots(licensed(element)))
    assert cautious.verdict is Verdict.RESERVED
    repairs = [each.repair for each in cautious.because]
    assert all(repair is None or "rsl-unknown-refusal" in repair for repair in repairs)
    literal = decide("literal", "ai-training", **in_robots(licensed(element)))
    assert literal.verdict in (Verdict.UNRESERVED, Verdict.RESERVED)
    assert [fault for fault in literal.faults if fault.locator and fault.excerpt]
    for carrier in CARRIERS:
        assert decide("cautious", "ai-training", **carrier(licensed(element))).verdict is Verdict.RESERVED, carrier
        assert decide("literal", "ai-training", **carrier(licensed(element))).verdict is not Verdict.PERMITTED, carrier


def test_the_words_are_quoted_where_they_stand() -> None:
    xml = document(f"<license>{ALL}</license><x:more><x:forbids>models</x:forbids></x:more>")
    (statement,) = decide("cautious", "ai-training", **in_robots(xml)).because
    assert (statement.repair, statement.locator) == ("rsl-unknown-refusal", "rsl/content[1]/more[1]/forbids[1]")
    assert statement.excerpt == "<forbids>models</forbids>"
    (fault,) = decide("literal", "ai-training", **in_robots(xml)).faults
    assert (fault.locator, fault.excerpt) == (statement.locator, statement.excerpt)


@pytest.mark.parametrize(
    "xml",
    [
        document(f"<license>{ALL}</license>", 'prohibits="ai-train"'),
        document(f"<license>{ALL}</license>", root='forbids="ai"'),
        document(f'<license disallow="ai">{ALL}</license>'),
        document(f'<license>{ALL}</license><x:prohibits type="usage">ai-train</x:prohibits>'),
        document(f'<x:more><prohibits type="usage">ai-train</prohibits></x:more><license>{ALL}</license>'),
        document(f"<license>{ALL}</license>").replace("</rsl>", "<x:forbids/></rsl>"),
        document(f"<license>{ALL}</license>").replace(
            "</rsl>",
            '<x:content url="/"><x:license><x:prohibits type="usage">all</x:prohibits></x:license></x:content></rsl>',
        ),
        document('<license><x:permits type="usage">search</x:permits></license>'),
        document('<license><permits xmlns="" type="usage">search</permits></license>'),
        document('<license><prohibits type="usage">ai-train</prohibits></license>').replace("url=", "URL="),
        document('<license><prohibits type="usage">ai-train</prohibits></license>').replace(' url="/"', ""),
    ],
)
def test_refusals_anywhere_in_a_document(xml: str) -> None:
    assert decide("cautious", "ai-training", **in_robots(xml)).verdict is Verdict.RESERVED
    assert decide("literal", "ai-training", **in_robots(xml)).verdict is Verdict.UNRESERVED


@pytest.mark.parametrize(
    "xml",
    [
        licensed('<x:payment type="subscription"/>'),
        licensed('<payment xmlns="" type="crawl"/>'),
        licensed("<standard>https://a.example/rates</standard>"),
        licensed("<x:standard>https://a.example/rates</x:standard>"),
        licensed('<x:amount currency="EUR">5</x:amount>'),
        licensed('<payment type="free"><x:amount>5</x:amount></payment>'),
        licensed('<x:reporting type="usage"/>'),
        document(f"<license>{ALL}</license><standard>https://a.example/rates</standard>"),
        document(f'<license>{ALL}</license><x:payment type="unheard-of"/>'),
        document(f"<license>{ALL}</license>").replace("<content", '<x:payment type="use"/><content'),
        document(f"<license>{ALL}</license>").replace("<content", "<custom>https://a.example</custom><content"),
        document(f"<license>{ALL}</license>", 'Server="https://ls.example"'),
        document(f"<license>{ALL}</license>", 'payment="subscription"'),
    ],
)
def test_a_price_at_a_wrong_place_is_not_free(xml: str) -> None:
    cautious = decide("cautious", "search", **in_robots(xml))
    assert cautious.verdict is Verdict.RESERVED
    assert {each.repair for each in cautious.because} == {"rsl-unknown-refusal"}
    assert decide("literal", "search", **in_robots(xml)).verdict is Verdict.UNRESERVED


@pytest.mark.parametrize(
    "xml",
    [
        licensed("<x:legal>only for friends</x:legal>"),
        licensed("<terms>https://a.example/terms</terms>"),
        document(f'<license>{ALL}</license><legal type="disclaimer">x</legal>'),
        document(f"<license>{ALL}</license><x:terms>https://a.example/terms</x:terms>"),
    ],
)
@BOTH
def test_terms_at_a_wrong_place_take_the_grant_back(xml: str, posture: str) -> None:
    assert decide(posture, "ai-training", **in_robots(xml)).verdict is Verdict.UNRESERVED


# ---- what stays as it was -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "xml",
    [
        licensed("<x:note>hello</x:note>"),
        licensed("<x:rights>All rights reserved</x:rights>"),
        licensed('<x:exclusive>yes</x:exclusive><x:preserve xml:space="preserve"/>'),
        licensed("<x:reserved>false</x:reserved>"),
        licensed('<x:payment type="free"/>'),
        licensed("<x:amount>0.00</x:amount>"),
        licensed('<legal type="contact">legal@a.example</legal>'),
        licensed('<x:license x:resource="https://creativecommons.org/licenses/by/4.0/"/>'),
        licensed("<x:training>https://a.example/about-our-courses</x:training>"),
        document(f"<license>{ALL}</license><x:blockchain>0xabc</x:blockchain>", 'lastmod="2026-01-01" x:id="7"'),
        document(f'<license>{ALL}<payment type="free"><standard>https://a.example/by</standard></payment></license>'),
        document(f"<license>{ALL}</license>", f"{MEDIA}")
        .replace("<content", f"{RIGHT}<content")
        .replace("<rsl", f"<rsl {MEDIA}"),
    ],
)
@BOTH
def test_extensions_that_forbid_nothing_are_harmless(xml: str, posture: str) -> None:
    for usage in ("ai-training", "search"):
        assert decide(posture, usage, **in_robots(xml)).verdict is Verdict.PERMITTED


@pytest.mark.parametrize("inner", ["", ",", "\u00a0", "<![CDATA[ ]]>", " \n "])
@pytest.mark.parametrize("kind", ["usage", "user", "geo"])
@BOTH
def test_an_empty_prohibition_reserves_nothing_and_nothing_is_permitted(inner: str, kind: str, posture: str) -> None:
    xml = licensed(f'<prohibits type="{kind}">{inner}</prohibits>')
    for usage in ("ai-training", "search"):
        assert decide(posture, usage, **in_robots(xml)).verdict is Verdict.UNRESERVED


def test_what_is_of_ai_by_its_words_leaves_search_alone() -> None:
    for element in ('<prohibits type="usage">train-genai</prohibits>', "<x:forbids>ai-train</x:forbids>"):
        for posture in ("cautious", "literal"):
            assert decide(posture, "search", **in_robots(licensed(element))).verdict is Verdict.PERMITTED
    for posture in ("cautious", "literal"):
        heard = decide(posture, "search", **in_robots(licensed('<prohibits type="usage">scraping</prohibits>')))
        assert heard.verdict is Verdict.UNRESERVED


def test_a_doubt_in_one_carrier_takes_back_the_grant_of_another() -> None:
    doubtful = inline(licensed('<prohibits type="usage">train-genai</prohibits>'))
    granted = in_robots(licensed(""))
    assert decide("literal", "ai-training", **granted, **fetched("<p>x</p>", "text/html")).verdict is Verdict.PERMITTED
    assert decide("literal", "ai-training", **granted, **doubtful).verdict is Verdict.UNRESERVED
    assert decide("literal", "search", **granted, **doubtful).verdict is Verdict.PERMITTED


def test_licences_outside_any_content() -> None:
    loose = f'<r:license xmlns:r="{NAMESPACE}"><r:prohibits type="usage">ai-train</r:prohibits></r:license>'
    free = f'<r:license xmlns:r="{NAMESPACE}"/>'
    feed = "<rss><channel><item>{}</item></channel></rss>"
    for made in (
        lambda xml: fetched(feed.format(xml), "text/xml"),
        lambda xml: fetched(pictures.jpeg(pictures.app1(packet(xml))), "image/jpeg"),
    ):
        cautious = decide("cautious", "ai-training", EMPTY, **made(loose))
        assert cautious.verdict is Verdict.RESERVED
        assert cautious.because[0].repair == "rsl-unknown-refusal"
        literal = decide("literal", "ai-training", EMPTY, **made(loose))
        assert literal.verdict is Verdict.UNRESERVED
        assert literal.faults
        assert decide("cautious", "ai-training", EMPTY, **made(free)).verdict is Verdict.UNRESERVED
        work = RIGHT.replace("<media:right", f'<media:right {MEDIA} xmlns="{NAMESPACE}"')
        assert decide("cautious", "ai-training", EMPTY, **made(work)).verdict is Verdict.UNRESERVED


@BOTH
def test_a_refusal_as_a_property_of_xmp(posture: str) -> None:
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    for words, refuses in (('r:prohibits="ai-train"', True), ('r:version="1.0"', False), ('r:license=""', False)):
        xmp = f'<rdf:RDF {rdf}><rdf:Description xmlns:r="{NAMESPACE}" rdf:about="" {words}/></rdf:RDF>'.encode()
        heard = decide(posture, "ai-training", EMPTY, **fetched(pictures.jpeg(pictures.app1(xmp)), "image/jpeg"))
        assert heard.verdict is (Verdict.RESERVED if refuses and posture == "cautious" else Verdict.UNRESERVED)
        assert bool(heard.faults) is refuses


@pytest.mark.parametrize("carrier", [each for each in CARRIERS if each not in (in_feed, in_atom)])
@BOTH
def test_rights_in_works_say_nothing_of_who_links_them(carrier: Callable[[str], dict[str, Any]], posture: str) -> None:
    only = f'<rsl xmlns="{NAMESPACE}" {MEDIA}>{RIGHT}</rsl>'
    assert decide(posture, "ai-training", **carrier(only)).verdict is Verdict.UNRESERVED
    alone = RIGHT.replace("<media:right", f'<media:right {MEDIA} xmlns="{NAMESPACE}"')
    if carrier is not in_challenge:
        assert decide(posture, "ai-training", **carrier(alone)).verdict is Verdict.UNRESERVED


@BOTH
def test_rights_in_works_cancel_no_other_licence(posture: str) -> None:
    only = f'<rsl xmlns="{NAMESPACE}" {MEDIA}>{RIGHT}</rsl>'
    granted = in_robots(licensed(""))
    assert decide(posture, "ai-training", **granted, **inline(only)).verdict is Verdict.PERMITTED
    refused = in_robots(licensed('<prohibits type="usage">ai-train</prohibits>'))
    assert decide(posture, "ai-training", **refused, **inline(only)).verdict is Verdict.RESERVED


def test_a_refusal_beside_rights_in_works_is_no_such_right() -> None:
    xml = f'<rsl xmlns="{NAMESPACE}" {MEDIA}>{RIGHT}<prohibits type="usage">all</prohibits></rsl>'
    assert decide("literal", "ai-training", **in_robots(xml)).verdict is Verdict.RESERVED


# ---- whatever begins like a refusal ---------------------------------------------------------------------------------

names = st.sampled_from(
    [
        "prohibits",
        "Prohibits",
        "PROHIBITS",
        "prohibit",
        "prohibts",
        "forbids",
        "forbid",
        "denies",
        "deny",
        "disallows",
        "disallow",
        "noai",
        "opt-out",
        "optOut",
        "excludes",
        "reserved",
        "restricts",
        "refuses",
        "ai-prohibited",
    ]
)
kinds = st.sampled_from(
    ["", 'type="usage"', 'type="geo"', 'type="user"', 'type="purpose"', 'Type="usage"', 'x:type="usage"']
)
tokens = st.sampled_from(
    ["ai-train", "ai-training", "train-genai", "ai-all foo", "all", "Germany", "ai-companies", "TRAIN-AI", "everything"]
)
spaces = st.sampled_from(["", "x:", "y:"])
grounds = st.sampled_from(
    [f"<license>{ALL}@</license>", f"<license>{ALL}</license>@", f"@<license>{ALL}</license>",
     f"<license>{ALL}<legal type='contact'>https://a.example/@</legal></license>",
     "<license><permits type='usage'>all@</permits></license>",
     f"<license>{ALL}<payment type='free'>@</payment></license>",
     f"<license>{ALL}</license><copyright>x@</copyright>", f"<license>{ALL}<x:more>@</x:more></license>"]
)  # fmt: skip


@settings(max_examples=150)
@given(names, kinds, tokens, spaces, grounds, st.sampled_from(CARRIERS))
def test_whatever_begins_like_a_refusal_is_never_a_grant(
    name: str, kind: str, token: str, space: str, ground: str, carrier: Callable[[str], dict[str, Any]]
) -> None:
    written = f"{space}{name}".replace("y:", "")
    none = ' xmlns=""' if space == "y:" else ""
    element = f"<{written}{none} {kind}>{token}</{written}>"
    xml = document(ground.replace("@", element))
    assert decide("cautious", "ai-training", **carrier(xml)).verdict is Verdict.RESERVED
    assert decide("literal", "ai-training", **carrier(xml)).verdict is not Verdict.PERMITTED


def test_names_that_forbid() -> None:
    for name in (
        "prohibits",
        "noAI",
        "no-ai-train",
        "OptOut",
        "denied",
        "disallowAll",
        "not_allowed",
        "tdm-reservation",
    ):
        assert forbids(name), name
    for name in ("permits", "payment", "note", "notice", "preserve", "identity", "blockchain", "annotation", "license"):
        assert not forbids(name), name
    assert takes_back("ai-train=no")
    assert not takes_back("ai-train")


@pytest.mark.parametrize(
    "inside",
    [
        "".join(f"<x:p{n}/>" for n in range(40_000)),
        "<x:a " + " ".join(f'b{n}="1"' for n in range(60_000)) + "/>",
        "<x:w>" * 20 + "word " * 150_000 + "</x:w>" * 20,
    ],
)
def test_a_crowd_of_strange_words_is_bounded(inside: str) -> None:
    xml = licensed(inside)
    crowd = "x:w" not in inside
    assert decide("cautious", "ai-training", **in_robots(xml)).verdict is (
        Verdict.RESERVED if crowd else Verdict.PERMITTED
    )
