"""RSL beyond its vectors: evidence, operators, scope, channels, bounds, and what must hold whatever is written."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Fetched, Posture, Stance, Statement
from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.page.html import read_page
from tdm_guard.formats.site import robots_txt
from tdm_guard.formats.site.path_pattern import target
from tdm_guard.model import NOTHING, Declared, Kind, Reading, Result, Source
from tdm_guard.operator import Operator
from tdm_guard.signals.rsl import rsl_signal as rsl
from tdm_guard.signals.rsl.rsl_declared import MAX_DECLARED
from tdm_guard.signals.rsl.rsl_site import MAX_COVERING
from tdm_guard.signals.shape import DocumentReading, Listener
from tdm_guard.usage import EVERY, TRAINING, Usage

NAMESPACE = "https://rslstandard.org/rsl"
SITE = "https://site.example"
LICENCE = f"{SITE}/license.xml"
PAGE = f"{SITE}/a"
DECLARED = Declared(
    source=f"{SITE}/robots.txt", carrier="robots.txt", locator="line 3", excerpt="License: …", url=LICENCE, signal="rsl"
)
FOR_PAGE = Declared(source=PAGE, carrier="header", locator="#link", excerpt="<…>", url=LICENCE, signal="rsl")
SOURCE = Source(url=LICENCE, carrier="rsl", sha256="ab" * 32, retrieved_at=datetime(2026, 3, 1, tzinfo=UTC))
ACME = Operator(name="acme-ai", classes=("commercial",), country="FR")
AI = (*TRAINING, Usage.AI_INPUT, Usage.AI_INDEX)
NAMED = {*AI, Usage.SEARCH}
STRICTNESS = {Stance.PERMITTED: 0, Stance.UNSTATED: 1, Stance.RESERVED: 2}
BOTH = pytest.mark.parametrize("posture", list(Posture))


def listener(posture: Posture = Posture.CAUTIOUS, operator: Operator | None = ACME) -> Listener:
    return Listener("Bot", posture, frozenset({"rsl"}), EVERY, operator)


CAUTIOUS = listener()
LITERAL = listener(Posture.LITERAL)


def document(*contents: str) -> bytes:
    return f'<rsl xmlns="{NAMESPACE}">{"".join(contents)}</rsl>'.encode()


def content(inside: str, url: str = "/", more: str = "") -> str:
    return f'<content url="{url}" {more}>{inside}</content>'


def licence(*elements: str) -> str:
    return f"<license>{''.join(elements)}</license>"


def permits(tokens: str, kind: str = "usage") -> str:
    return f'<permits type="{kind}">{tokens}</permits>'


def prohibits(tokens: str, kind: str = "usage") -> str:
    return f'<prohibits type="{kind}">{tokens}</prohibits>'


def read(body: bytes, to: Listener = CAUTIOUS, declared: Declared = DECLARED, **answer: Any) -> DocumentReading:
    return rsl.read_declared(declared, Fetched(**{"status": 200, "body": body, "url": LICENCE, **answer}), SOURCE, to)


def hear(body: bytes, path: str = "/a", to: Listener = CAUTIOUS, declared: Declared = DECLARED) -> Reading:
    reading = read(body, to, declared)
    if reading.hold:
        return Reading(reading.hold)
    return reading.site.says(target(SITE + path)) if reading.site else NOTHING


def stances(reading: Reading) -> dict[Usage, Stance]:
    found = dict.fromkeys(EVERY, Stance.UNSTATED)
    for statement in reading.statements:
        for usage in statement.usages:
            assert found[usage] is Stance.UNSTATED  # one statement per usage
            found[usage] = statement.stance
    return found


def reserved(reading: Reading) -> set[Usage]:
    return {usage for usage, stance in stances(reading).items() if stance is Stance.RESERVED}


def permitted(reading: Reading) -> set[Usage]:
    return {usage for usage, stance in stances(reading).items() if stance is Stance.PERMITTED}


# ---- evidence -------------------------------------------------------------------------------------------------------


@BOTH
def test_a_prohibition_is_quoted_with_its_place_and_whom_to_ask(posture: Posture) -> None:
    body = document(
        content(licence(permits("search")), "/other/"),
        content(
            licence(permits("search"), prohibits("ai-train"))
            + '<copyright contactUrl="https://press.example/ask">A Press</copyright>',
        ),
    )
    first, *rest = hear(body, to=listener(posture)).statements
    assert first == Statement(
        source=LICENCE,
        carrier="rsl",
        locator="rsl/content[2]/license[1]/permits[1]",
        excerpt='<permits type="usage">search</permits>',
        sha256=SOURCE.sha256,
        retrieved_at=SOURCE.retrieved_at,
        signal="rsl",
        usages=(Usage.ANALYSIS, Usage.AI_INPUT, Usage.AI_INDEX, Usage.ARCHIVE),
        stance=Stance.RESERVED,
        rightsholder="A Press",
        policy_url=LICENCE,
        contact="https://press.example/ask",
    )
    assert [(s.locator, s.usages, s.stance, s.kind) for s in rest] == [
        ("rsl/content[2]/license[1]/prohibits[1]", TRAINING, Stance.RESERVED, Kind.RESERVATION),
        ("rsl/content[2]/license[1]/permits[1]", (Usage.SEARCH,), Stance.PERMITTED, Kind.PERMISSION),
    ]


def test_words_are_those_of_the_content_that_has_them() -> None:
    same = licence(prohibits("ai-train"))
    body = document(
        content(licence(permits("all"))), content(same, "/x/"), content(same, "/x/y/"), content(same, "/z/")
    )
    (statement,) = (s for s in hear(body, "/x/y/1").statements if s.stance is Stance.RESERVED)
    assert statement.locator == "rsl/content[3]/license[1]/prohibits[1]"
    (statement,) = (s for s in hear(body, "/z/").statements if s.stance is Stance.RESERVED)
    assert statement.locator == "rsl/content[4]/license[1]/prohibits[1]"


@pytest.mark.parametrize(
    ("inside", "more", "contact"),
    [
        ("<license><payment type='purchase'><custom>https://a.example/buy</custom></payment></license>", "", "https://a.example/buy"),
        ("<license><payment/><legal type='contact'>mailto:l@a.example</legal></license>", "", "mailto:l@a.example"),
        ("<license><payment/></license><copyright contactEmail='c@a.example'/>", "", "c@a.example"),
        ("<license/>", "server='https://ls.example'", "https://ls.example"),
        ("<license><payment/></license>", "", None),
    ],
)  # fmt: skip
def test_whom_to_ask(inside: str, more: str, contact: str | None) -> None:
    (statement,) = hear(document(content(inside, more=more))).statements
    assert (statement.contact, statement.usages) == (contact, EVERY)


def test_a_licence_that_cannot_be_had_is_quoted_from_its_declaration() -> None:
    (held,) = read(b"", status=404).hold
    assert (held.source, held.carrier, held.locator, held.excerpt, held.policy_url) == (
        DECLARED.source,
        "robots.txt",
        "line 3",
        "License: …",
        LICENCE,
    )
    assert (held.usages, held.stance) == (EVERY, Stance.RESERVED)


def test_faults_are_located_and_bounded() -> None:
    body = document(content(licence(*["<payment type='x'/>"] * 30)))
    faults = read(body).faults
    assert faults[0].locator == "rsl/content[1]/license[1]/payment[1]"
    assert faults[0].excerpt == '<payment type="x"/>'
    assert faults[0].signal == "rsl"
    assert faults[-1].message == "39 more faults"


# ---- who asks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "operator", "free"),
    [
        (permits("all") + permits("education", "user"), Operator(classes=("education", "non-commercial")), True),
        (permits("all") + permits("education", "user"), Operator(classes=("commercial",)), False),
        (permits("all") + permits("education", "user"), None, False),
        (permits("all") + prohibits("commercial", "user"), Operator(classes=("education",)), True),
        (permits("all") + prohibits("commercial", "user"), Operator(classes=("education", "commercial")), False),
        (permits("all") + prohibits("commercial", "user"), None, False),
        (permits("all") + permits("EU", "geo"), Operator(country="DE"), True),
        (permits("all") + permits("EU", "geo"), Operator(country="NO"), False),
        (permits("all") + permits("DE", "geo"), Operator(country="EU"), False),
        (permits("all") + prohibits("DE", "geo"), Operator(country="EU"), False),
        (permits("all") + prohibits("US", "geo"), Operator(country="EU"), True),
        (permits("all") + prohibits("US", "geo"), Operator(), False),
        (permits("all") + "<payment type='attribution'/>", Operator(undertakings=("attribution",)), True),
        (permits("all") + "<payment type='attribution'/>", Operator(undertakings=("reporting",)), False),
        (permits("all") + "<payment type='contribution'/>", Operator(undertakings=("attribution", "reporting")), False),
        (permits("all") + "<reporting type='t'/>", Operator(undertakings=("reporting",)), True),
        (permits("all") + "<reporting type='t'/>", Operator(undertakings=("attribution",)), False),
        (permits("all") + "<payment type='attribution'/><reporting/>", Operator(undertakings=("attribution",)), False),
        (permits("all") + "<payment type='free'/>", None, True),
        (permits("all") + "<payment type='Free'/>", None, False),
        (permits("all") + "<payment/>", None, False),
        (permits("all") + "<payment type='free'/><payment type='crawl'/>", None, False),
        (permits("all") + "<payment type='free'><amount>1</amount></payment>", None, False),
    ],
)  # fmt: skip
@BOTH
def test_operators(inside: str, operator: Operator | None, free: bool, posture: Posture) -> None:
    heard = hear(document(content(licence(inside))), to=listener(posture, operator))
    assert (permitted(heard), reserved(heard)) == ((set(EVERY), set()) if free else (set(), set(EVERY)))


@pytest.mark.parametrize(
    ("element", "repair"),
    [
        (prohibits("Commercial", "user"), "rsl-token-case"),
        (prohibits("fr", "geo"), "rsl-token-case"),
        (prohibits("eu", "geo"), "rsl-token-case"),
        (prohibits("Train-AI"), "rsl-token,rsl-token-case"),
        (prohibits("train-ai"), "rsl-token"),
        (prohibits("AI-ALL"), "rsl-token-case"),
    ],
)
def test_repaired_prohibitions(element: str, repair: str) -> None:
    body = document(content(licence(permits("all"), element)))
    taken_back = set(TRAINING) if "rsl-token" in repair.split(",") else set()  # but for letters, it is unknown
    assert permitted(hear(body, to=LITERAL)) == set(EVERY) - taken_back
    repaired = [s for s in hear(body).statements if s.stance is Stance.RESERVED]
    assert repaired
    assert {s.repair for s in repaired} == {repair}
    assert all(s.repair is None for s in hear(body).statements if s.stance is Stance.PERMITTED)


@pytest.mark.parametrize("element", [prohibits("GB", "geo"), prohibits("education", "user")])
@BOTH
def test_what_prohibits_something_else_prohibits_nothing_here(element: str, posture: Posture) -> None:
    assert permitted(hear(document(content(licence(permits("all"), element))), to=listener(posture))) == set(EVERY)


def test_the_countries_that_write_themselves_otherwise() -> None:
    body = document(content(licence(permits("all"), prohibits("UK", "geo"))))
    british = listener(operator=Operator(country="GB"))
    assert {s.repair for s in hear(body, to=british).statements} == {"rsl-token"}


@pytest.mark.parametrize("token", ["AI-Train", "train-ai", "All"])
def test_no_repair_ever_grants(token: str) -> None:
    assert reserved(hear(document(content(licence(permits(token)))))) == set(EVERY)


# ---- several licences and contents ----------------------------------------------------------------------------------

PAID = "<payment type='subscription'/>"
ANY, SOME = permits("all"), permits("search")
TAUGHT, SOLD = permits("education", "user"), permits("commercial", "user")


@pytest.mark.parametrize(
    ("contents", "path", "free"),
    [
        # alternatives: the best one counts
        ([content(licence(ANY, PAID) + licence(SOME))], "/", {Usage.SEARCH}),
        ([content(licence(SOME)), content(licence(permits("ai-input")))], "/", {Usage.SEARCH, Usage.AI_INPUT}),
        ([content(licence(ANY, TAUGHT) + licence(SOME))], "/", {Usage.SEARCH}),
        # a licence that only prohibits offers nothing beside another one
        ([content(licence(SOME) + licence(prohibits("ai-train")))], "/", {Usage.SEARCH}),
        ([content(licence(PAID) + licence(prohibits("ai-train")))], "/", set()),
        ([content(licence(prohibits("ai-train")) + licence(prohibits("ai-all")))], "/", {Usage.SEARCH}),
        ([content(""), content(licence(prohibits("ai-train")))], "/", set()),
        # the most specific content decides; silence keeps the broader one's list and price
        ([content(licence(ANY, PAID)), content(licence(SOME), "/x/")], "/x/1", {Usage.SEARCH}),
        ([content(licence(ANY, PAID)), content(licence(prohibits("ai-train")), "/x/")], "/x/1", set()),
        ([content(licence(SOME)), content(licence(PAID), "/x/")], "/x/1", set()),
        ([content(licence(ANY)), content("", "/x/")], "/x/1", set()),
        ([content(""), content(licence(ANY), "/x/")], "/x/1", set(EVERY)),
        ([content(licence(ANY, TAUGHT)), content(licence(SOME), "/x/")], "/x/1", set()),
        ([content(licence(ANY, TAUGHT)), content(licence(SOME, SOLD), "/x/")], "/x/1", {Usage.SEARCH}),
        ([content(licence(ANY, TAUGHT) + licence(ANY, SOLD)), content(licence(SOME), "/x/")], "/x/1", {Usage.SEARCH}),
        # different patterns of one length: the strictest counts
        ([content(licence(ANY), "/a*"), content(licence(SOME), "/ab")], "/ab", {Usage.SEARCH}),
        ([content(licence(ANY), "/a*"), content(licence(ANY, PAID), "/ab")], "/ab", set()),
        # nothing but an open licence: what has no token of its own stays unstated
        ([content("<license/>")], "/", NAMED),
        ([content(licence(PAID))], "/", set()),
    ],
)
@BOTH
def test_together(contents: list[str], path: str, free: set[Usage], posture: Posture) -> None:
    for order in (contents, contents[::-1]):
        assert permitted(hear(document(*order), path, listener(posture))) == free


def test_what_has_no_token_is_unstated_until_something_is_asked_for() -> None:
    assert stances(hear(document(content("<license/>"))))[Usage.ANALYSIS] is Stance.UNSTATED
    assert reserved(hear(document(content(licence(PAID))))) == set(EVERY)
    assert reserved(hear(document(content("<license/>", more="server='https://ls.example'")))) == set(EVERY)
    assert reserved(hear(document(content("<license/>", more="encrypted='true'")))) == set(EVERY)


def test_a_fault_drops_grants_and_keeps_what_is_prohibited() -> None:
    body = document("<meta/>", content(licence(permits("all"), prohibits("ai-train")), "/x/"))
    assert hear(body, "/y") is NOTHING
    statements = hear(body, "/x/").statements
    assert [(s.locator, s.usages) for s in statements] == [
        ("rsl/meta[1]", tuple(usage for usage in EVERY if usage not in TRAINING)),
        ("rsl/content[1]/license[1]/prohibits[1]", TRAINING),
    ]


def test_too_many_contents_over_one_address_license_nothing() -> None:
    contents = [content(licence(permits("all")), f"/{'*' * n}") for n in (0, 1)]
    body = document(*contents, *[content(licence(permits("all"))) for _ in range(MAX_COVERING)])
    assert reserved(hear(body)) == set(EVERY)
    assert permitted(hear(document(*[content(licence(permits("all"))) for _ in range(MAX_COVERING)]))) == set(EVERY)


# ---- scope ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "path", "heard"),
    [
        ("/a", "/a/b", True),
        ("/a$", "/a/b", False),
        ("/a?x=*", "/a?x=1", True),
        ("*.pdf", "/x/a.pdf", True),
        ("/%C3%A9", "/é", True),
        ("https://site.example", "/a", True),
        ("https://SITE.example:443/a*#x", "/ab", True),
        ("//site.example/a", "/a", True),
        ("https://site.example?x", "/?x=1", True),
        ("http://site.example/", "/a", False),
        ("https://www.site.example/", "/a", False),
        ("https://[::1/", "/a", False),
        ("https://site.example:99999/", "/a", False),
        ("urn:x:y", "/urn:x:y", False),
        ("  ", "/", False),
    ],
)
@BOTH
def test_scope(url: str, path: str, heard: bool, posture: Posture) -> None:
    body = document(content(licence(prohibits("all")), url))
    assert bool(hear(body, path, listener(posture)).statements) is heard
    as_expected = "*" if url.startswith("*") else "/"
    assert bool(read(body, listener(posture)).faults) is not (url.startswith(as_expected) and not url.startswith("//"))


def test_a_relative_url_is_heard_for_its_refusals() -> None:
    body = document(content(licence(permits("search"), prohibits("ai-train")), "articles/"))
    assert hear(body, "/articles/1", LITERAL) is NOTHING
    heard = hear(body, "/articles/1")
    assert reserved(heard) == set(EVERY) - {Usage.SEARCH}
    assert permitted(heard) == set()
    assert {s.repair for s in heard.statements} == {"rsl-relative"}


def test_an_empty_url_is_what_declares_the_document() -> None:
    body = document(content(licence(prohibits("ai-train")), ""), content(licence(permits("all"))))
    assert permitted(hear(body)) == set(EVERY)
    heard = hear(body, declared=FOR_PAGE)
    assert reserved(heard) == set(TRAINING)
    assert permitted(heard) == set(EVERY) - set(TRAINING)


# ---- declared documents ---------------------------------------------------------------------------------------------

FREE = document(content(licence(permits("all"))))
BANNED = document(content(licence(prohibits("all"))))


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"status": 404}, Result.ABSENT),
        ({"status": 403}, Result.ABSENT),
        ({"status": 304}, Result.ABSENT),
        ({"status": 429}, Result.UNREACHABLE),
        ({"status": 503, "body": FREE}, Result.UNREACHABLE),
        ({"status": None, "error": "timeout"}, Result.UNREACHABLE),
        ({"complete": False, "body": FREE}, Result.UNREADABLE),
        ({"body": b""}, Result.UNREADABLE),
        ({"body": b"<html/>"}, Result.UNREADABLE),
        ({"body": b"<a>" * 40}, Result.UNREADABLE),
        ({"body": b"<a>" + b" " * (10 * 2**20)}, Result.UNREADABLE),
    ],
)
@BOTH
def test_not_to_be_had_is_unlicensed(answer: dict[str, Any], result: Result, posture: Posture) -> None:
    reading = read(**{"body": b"", **answer}, to=listener(posture))
    assert (reading.result, reading.site) == (result, None)
    assert [(held.usages, held.stance) for held in reading.hold] == [(EVERY, Stance.RESERVED)]
    assert reading.faults[0].source == LICENCE


@pytest.mark.parametrize(
    "answer",
    [{"url": "http://site.example/license.xml"}, {"redirects": ("http://site.example/l",)}],
)
@BOTH
def test_what_came_unsecured_grants_nothing(answer: dict[str, Any], posture: Posture) -> None:
    reading = read(FREE, listener(posture), **answer)
    assert reading.site is not None
    assert reading.site.says("/") is NOTHING
    assert "(not-https)" in reading.faults[0].message
    refusing = read(BANNED, listener(posture), **answer).site
    assert refusing is not None
    assert reserved(refusing.says("/")) == set(EVERY)


def repaired(code: str) -> Declared:
    return Declared(
        source=DECLARED.source, carrier="robots.txt", url=LICENCE, signal="rsl", refusals_only=True, repair=code
    )


def test_a_repaired_declaration_is_heard_for_its_refusals() -> None:
    declared = repaired("rsl-other-group")
    assert hear(FREE, declared=declared) is NOTHING
    assert {s.repair for s in hear(BANNED, declared=declared).statements} == {"rsl-other-group"}
    both = hear(document(content(licence(prohibits("train-ai")))), declared=declared)
    assert {s.repair for s in both.statements} == {"rsl-other-group,rsl-token"}
    assert [held.repair for held in read(b"", declared=declared, status=404).hold] == ["rsl-other-group"]


@pytest.mark.parametrize(("answer", "held"), [({"status": 404}, 0), ({"body": b"<html/>"}, 0), ({"status": 500}, 1)])
def test_a_value_that_was_no_address_may_lead_nowhere(answer: dict[str, Any], held: int) -> None:
    assert len(read(**{"body": b"", **answer}, declared=repaired("rsl-relative")).hold) == held


def test_a_site_travels_and_stays_compact() -> None:
    entries = [content(licence(permits("search"), prohibits("ai-train"), PAID), f"/section-{n}/") for n in range(1000)]
    site = read(document(*entries)).site
    assert site is not None
    assert reserved(site.says("/section-7/x")) == set(EVERY)
    copy = pickle.loads(pickle.dumps(site))
    assert copy.says("/section-7/x") == site.says("/section-7/x")
    assert copy.says("/section-7/x") is copy.says("/section-7/y")
    assert copy.says("/x") is NOTHING
    assert len(pickle.dumps(read(BANNED).site)) < 2000


# ---- robots.txt -----------------------------------------------------------------------------------------------------

ROBOTS = Source(url=f"{SITE}/robots.txt", carrier="robots.txt")


def in_robots(text: str, to: Listener = CAUTIOUS) -> tuple[list[tuple[str, str | None]], Reading]:
    parsed = robots_txt.parse(text.encode())
    notes = rsl.read_robots(parsed, ROBOTS, to)
    found = [(item.url, item.repair) for item in rsl.declared_in_robots(parsed, ROBOTS, to)]
    return found, notes.says("/") if notes else NOTHING


@pytest.mark.parametrize(
    ("text", "literal", "cautious"),
    [
        ("LICENSE : HTTPS://a.example/l#x", [("https://a.example/l", None)], [("https://a.example/l", None)]),
        ("License: read https://a.example/l please", [("https://a.example/l", None)], [("https://a.example/l", None)]),
        ("License: read the terms", [], []),
        ("License:", [], []),
        ("License https://a.example/l", [], []),
        ("License: ftp://a.example/l", [], []),
        ("License: https://[::1/l", [], []),
        ("License: //a.example/l", [], [("https://a.example/l", "rsl-relative")]),
        ("User-agent: x\nLicense: https://a.example/l\nDisallow: /\n", [], []),
        ("User-agent: x\nDisallow: /\n\nLicense: https://a.example/l\n\nUser-agent: y\nDisallow: /\n",
         [], [("https://a.example/l", "rsl-other-group")]),
        ("User-agent: x\nDisallow: /\nLicense: https://a.example/x\nUser-agent: y\nDisallow: /\nLicense: https://a.example/y",
         [], [("https://a.example/y", "rsl-other-group")]),
        ("User-agent: x\nDisallow: /\n\nLicense: /l", [], [(f"{SITE}/l", "rsl-other-group,rsl-relative")]),
        ("User-agent: Bot\nAllow: /\nLicense: https://a.example/b\n\nUser-agent: x\nDisallow: /\n\nLicense: https://a.example/x",
         [("https://a.example/b", None)], [("https://a.example/b", None)]),
        ("License: https://a.example/g\nUser-agent: x\nDisallow: /\n\nLicense: https://a.example/x",
         [("https://a.example/g", None)], [("https://a.example/g", None), ("https://a.example/x", "rsl-other-group")]),
        ("License: /l\nLicense: https://site.example/l\n", [(f"{SITE}/l", None)], [(f"{SITE}/l", None)]),
        ("# License: https://a.example/l", [], []),
        ("Licenses: https://a.example/l", [], []),
    ],
)  # fmt: skip
def test_robots(text: str, literal: list[tuple[str, str | None]], cautious: list[tuple[str, str | None]]) -> None:
    assert in_robots(text, LITERAL)[0] == literal
    assert in_robots(text)[0] == cautious


def test_a_line_that_declares_nothing_is_a_fault() -> None:
    found, notes = in_robots("User-agent: *\nLicense: ask us\n")
    assert found == []
    assert notes.statements == ()
    assert [(fault.locator, fault.excerpt) for fault in notes.faults] == [("line 2", "License: ask us")]


@BOTH
def test_more_documents_than_are_read_are_unlicensed(posture: Posture) -> None:
    lines = [f"License: https://a.example/{n}" for n in range(MAX_DECLARED + 1)]
    found, notes = in_robots("\n".join(lines[:-1]), listener(posture))
    assert (len(found), notes) == (MAX_DECLARED, NOTHING)
    found, notes = in_robots("\n".join(lines), listener(posture))
    assert len(found) == MAX_DECLARED
    assert reserved(notes) == set(EVERY)
    assert notes.statements[0].locator == f"line {MAX_DECLARED + 1}"


# ---- response fields ------------------------------------------------------------------------------------------------

HEADER = Source(url=f"{PAGE}?x#y", carrier="header")
LINK = '<https://a.example/l>; rel=license; type="application/rsl+xml"'


def headers(*pairs: tuple[str, str], to: Listener = CAUTIOUS) -> Reading:
    return rsl.read_headers(pairs, HEADER, to)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (LINK, 1),
        (f'{LINK}; anchor="#part"', 1),
        (f'{LINK}; anchor=""', 1),
        (f'{LINK}; anchor="/a?x"', 1),
        (f'{LINK}; anchor="/other"', 0),
        (f"{LINK}; charset=utf-8", 1),
        ('<https://a.example/l>; rel=license; type="application/rsl+xml; charset=utf-8"', 1),
        ('<https://a.example/l>; rel=licenses; type="application/rsl+xml"', 0),
        ('<https://a.example/l>; rel=describedby; type="application/rsl+xml"', 0),
        ('<https://a.example/l>; rel=license; type="application/xml"', 0),
        ('<mailto:a@b.example>; rel=license; type="application/rsl+xml"', 0),
        ("application/rsl+xml", 0),
    ],
)
def test_link(value: str, count: int) -> None:
    assert len(headers(("link", value)).declared) == count


def test_a_licence_for_a_part_grants_nothing_for_the_whole() -> None:
    assert [item.refusals_only for item in headers(("Link", f'{LINK}; anchor="#part", {LINK}')).declared] == [False]
    assert [item.refusals_only for item in headers(("Link", f'{LINK}; anchor="#part"')).declared] == [True]


@pytest.mark.parametrize("marks", ["''", "\u201c\u201d", "\u2018\u2019", "\u00ab\u00bb"])
def test_a_licence_in_a_link_with_other_quotation_marks(marks: str) -> None:
    value = LINK.replace("license", marks[0] + "license" + marks[1]).encode().decode("latin-1")
    reading = headers(("link", value))
    assert [(d.url, d.refusals_only, d.repair) for d in reading.declared] == [
        ("https://a.example/l", True, "link-quotes")
    ]
    assert [fault.locator for fault in reading.faults] == ["#link"]
    literal = headers(("link", value), to=LITERAL)
    assert not literal.declared
    assert literal.faults
    assert [(s.stance, s.doubt is not None, s.usages) for s in literal.statements] == [(Stance.UNSTATED, True, EVERY)]
    assert headers(("link", value.replace("license", "next"))) is NOTHING
    both = headers(("link", f"{LINK}, {value}"))
    assert [(d.url, d.refusals_only) for d in both.declared] == [("https://a.example/l", False)]


def test_links_of_several_lines() -> None:
    reading = headers(("Link", LINK), ("Link", LINK), ("link", f"<x>; rel=next, {LINK.replace('/l', '/m')}"))
    assert [item.url for item in reading.declared] == ["https://a.example/l", "https://a.example/m"]
    crowd = ", ".join(LINK.replace("/l", f"/{n}") for n in range(MAX_DECLARED + 1))
    assert reserved(headers(("Link", crowd))) == set(EVERY)


@pytest.mark.parametrize(
    "value", ["License", 'license error="x"', 'Basic realm="a, b", License error="x"', "Bearer,License"]
)
@BOTH
def test_a_licence_challenge_reserves(value: str, posture: Posture) -> None:
    (statement,) = headers(("WWW-Authenticate", value), to=listener(posture)).statements
    assert (statement.usages, statement.stance, statement.locator) == (EVERY, Stance.RESERVED, "#www-authenticate")
    assert statement.excerpt == f"WWW-Authenticate: {value}"


@pytest.mark.parametrize(
    "value", ['Basic realm="x"', 'Basic realm="x, License y"', "Digest license=1", "Bearer license = x", ""]
)
def test_another_challenge_says_nothing(value: str) -> None:
    assert headers(("WWW-Authenticate", value)) is NOTHING


def test_a_challenge_names_the_licence_beside_it() -> None:
    reading = headers(("WWW-Authenticate", "License"), ("Link", LINK))
    assert [s.policy_url for s in reading.statements] == ["https://a.example/l"]


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "é", "a,b"])
def test_a_token_that_cannot_stand_in_a_field(token: str) -> None:
    with pytest.raises(ConfigurationError, match="token: "):
        rsl.authorization(token)


# ---- pages ----------------------------------------------------------------------------------------------------------


def html(text: str, to: Listener = CAUTIOUS) -> Reading:
    return rsl.read_html(read_page(text.encode(), url=PAGE), Source(url=PAGE, carrier="html"), to)


def script(body: bytes) -> str:
    return f'<script type="application/rsl+xml">{body.decode()}</script>'


def test_links_of_a_page() -> None:
    link = '<link rel="license nofollow" type="Application/RSL+XML; v=1" href=" ../l.xml#x ">'
    reading = html(f'<base href="https://b.example/x/y/">\n{link}<body>{link.replace("l.xml", "m.xml")}')
    assert [(d.url, d.locator, d.refusals_only, d.repair) for d in reading.declared] == [
        ("https://b.example/x/l.xml", "line 2", False, None),
        ("https://b.example/x/m.xml", "line 2", True, None),
    ]
    assert html(link.replace("license nofollow", "alternate")) is NOTHING
    (fault,) = html(link.replace("../l.xml#x", "")).faults
    assert fault.locator == "line 1"


@BOTH
def test_an_inline_document_that_cannot_be_read_is_unlicensed(posture: Posture) -> None:
    for body in (b"", b"<rsl>", b"<!DOCTYPE a><a/>", b"<!-- x -->", b"\xef\xbf\xbd"):
        reading = html("\n" + script(body), listener(posture))
        assert reserved(reading) == set(EVERY)
        assert reading.faults[0].locator == reading.statements[0].locator == "line 2"


def test_an_inline_document_speaks_for_its_page() -> None:
    assert permitted(html(script(FREE))) == set(EVERY)
    assert html(f"<body>{script(FREE)}") == NOTHING
    here = html(script(document(content(licence(prohibits("ai-train")), PAGE))))
    assert reserved(here) == set(TRAINING)
    assert here.faults == ()
    assert here.statements[0].locator == "line 1 rsl/content[1]/license[1]/prohibits[1]"


@pytest.mark.parametrize("url", ["/elsewhere", "https://other.example/a"])
def test_an_address_elsewhere_takes_no_refusal_back(url: str) -> None:
    reading = html(script(document(content(licence(permits("search"), prohibits("ai-train")), url))))
    assert reserved(reading) == set(EVERY) - {Usage.SEARCH}
    assert permitted(reading) == set()
    assert "(other-page)" in reading.faults[-1].message


def test_a_crowd_of_inline_documents_is_unlicensed() -> None:
    *_, last = html(script(FREE) * (rsl.MAX_INLINE + 1)).statements
    assert (last.stance, last.usages, last.locator) == (Stance.RESERVED, EVERY, "line 1")
    assert html(script(FREE) * rsl.MAX_INLINE).faults == ()


# ---- feeds and refusals ---------------------------------------------------------------------------------------------

FEED = Source(url=f"{SITE}/feed", carrier="rsl")


def feed(*items: str) -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:rsl="{NAMESPACE}">{"".join(items)}</feed>'.encode()


def item(element: str, url: str) -> str:
    return f'<entry><content xmlns="{NAMESPACE}" url="{url}">{licence(element)}</content></entry>'


def test_a_feed_shares_the_lot_of_its_items() -> None:
    body = feed(item(prohibits("ai-train"), f"{SITE}/a"), item(prohibits("search"), "/b"), item(permits("all"), "/c"))
    reading = rsl.read_feed(body, FEED, CAUTIOUS)
    assert reading.result is Result.READ
    assert reading.faults == ()
    site = pickle.loads(pickle.dumps(reading.site))
    assert reserved(site.says("/a")) == set(TRAINING)
    assert reserved(site.says("/b")) == {Usage.SEARCH}
    assert site.says("/c") is NOTHING  # what a feed grants does not count
    assert reserved(site.says("/feed")) == {*TRAINING, Usage.SEARCH}
    assert site.says("/d") is NOTHING


@pytest.mark.parametrize(
    "body", [b"", b"<rss><channel/></rss>", b"<rss>", b"not xml at all", document(content("<license/>"))]
)
def test_a_feed_without_licences_says_nothing(body: bytes) -> None:
    reading = rsl.read_feed(body, FEED, CAUTIOUS)
    assert (reading.site, reading.faults) == (None, ())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@BOTH
def test_a_damaged_feed_with_licences_is_unlicensed(encoding: str, posture: Posture) -> None:
    body = feed(item(permits("all"), "/a")).decode()[:-1].encode(encoding)
    reading = rsl.read_feed(body, FEED, listener(posture))
    assert reading.result is Result.UNREADABLE
    assert reading.site is not None
    assert reserved(reading.site.says("/feed")) == set(EVERY)
    assert reading.site.says("/a") is NOTHING
    assert reading.faults[0].locator


def test_the_body_of_a_refusal() -> None:
    where = Source(url=PAGE, carrier="rsl")
    assert reserved(Reading(rsl.read_challenge(FREE, where, CAUTIOUS).statements)) == set(EVERY)
    for other in (
        b"<html><content>Log in</content></html>",
        b"<error><content>Denied</content></error>",
        b'<a:content xmlns:a="http://www.w3.org/2005/Atom" type="html">x</a:content>',
    ):
        assert rsl.read_challenge(other, where, CAUTIOUS) is NOTHING
    terms = b'<content url="/"><license><prohibits type="usage">all</prohibits></license></content>'
    assert reserved(Reading(rsl.read_challenge(terms, where, CAUTIOUS).statements)) == set(EVERY)
    damaged = rsl.read_challenge(FREE[:-1], where, CAUTIOUS)
    assert reserved(damaged) == set(EVERY)
    assert damaged.faults[0].locator == "line 1"
    for body in (b"", b"<html><body>Pay at https://rslstandard.org/rsl</body>", b"{}", b"<rslx/>"):
        assert rsl.read_challenge(body, where, CAUTIOUS) is NOTHING


# ---- whatever is written --------------------------------------------------------------------------------------------

elements = st.one_of(
    st.builds(permits, st.sampled_from(["all", "ai-all", "search", "ai-input ai-index", "", "AI-Train"])),
    st.builds(prohibits, st.sampled_from(["all", "ai-train", "train-ai", "Search", "ai-input,search", "x"])),
    st.builds(permits, st.sampled_from(["commercial", "education"]), st.just("user")),
    st.builds(permits, st.sampled_from(["FR", "EU", "us"]), st.just("geo")),
    st.builds(prohibits, st.sampled_from(["commercial", "Commercial", "education"]), st.just("user")),
    st.builds(prohibits, st.sampled_from(["FR", "eu", "US"]), st.just("geo")),
    st.sampled_from(["<payment type='free'/>", "<payment type='attribution'/>", PAID, "<reporting/>", "<x/>", ""]),
)
licences = st.lists(elements, max_size=3).map(lambda parts: licence(*parts))
contents = st.builds(
    content,
    st.lists(licences, max_size=3).map("".join),
    st.sampled_from(["/", "/a", "/a*", "*", "/a$", "/ab", "a", "", SITE, "https://other.example/"]),
    st.sampled_from(["", "", "", "server='https://ls.example'"]),
)
operators = st.sampled_from([None, ACME, Operator(classes=("education",), country="US", undertakings=("attribution",))])
declarations = st.sampled_from([DECLARED, FOR_PAGE, repaired("rsl-other-group")])


@settings(max_examples=200)
@given(st.lists(contents, min_size=1, max_size=4), operators, declarations)
def test_cautious_is_never_laxer_and_order_is_irrelevant(
    parts: list[str], operator: Operator | None, declared: Declared
) -> None:
    cautious, literal = listener(operator=operator), listener(Posture.LITERAL, operator)
    for path in ("/", "/a", "/ab"):
        strict = stances(hear(document(*parts), path, cautious, declared))
        lax = stances(hear(document(*parts), path, literal, declared))
        for usage in EVERY:
            assert STRICTNESS[strict[usage]] >= STRICTNESS[lax[usage]]
        assert stances(hear(document(*parts[::-1]), path, cautious, declared)) == strict


@settings(max_examples=100)
@given(st.lists(contents, min_size=1, max_size=3), operators, st.sampled_from(list(Posture)))
def test_a_prohibition_more_never_makes_it_laxer(parts: list[str], operator: Operator | None, posture: Posture) -> None:
    more = content(licence(prohibits("ai-input")), "/a")
    for path in ("/a", "/ab"):
        before = stances(hear(document(*parts), path, listener(posture, operator)))
        after = stances(hear(document(*parts, more), path, listener(posture, operator)))
        assert after[Usage.AI_INPUT] is Stance.RESERVED
        for usage in EVERY:
            if before[usage] is Stance.RESERVED:
                assert after[usage] is Stance.RESERVED


@settings(max_examples=100)
@given(st.binary(max_size=120), st.sampled_from(list(Posture)))
def test_no_bytes_make_a_reader_raise(tail: bytes, posture: Posture) -> None:
    to = listener(posture)
    head = f'<rsl xmlns="{NAMESPACE}"><content url="'.encode()
    for body in (tail, head + tail, head + b'/">' + tail):
        assert read(body, to).result in (Result.READ, Result.UNREADABLE)
        assert rsl.read_feed(body, FEED, to).result in (Result.READ, Result.UNREADABLE)
        assert isinstance(rsl.read_challenge(body, HEADER, to), Reading)
        page = read_page(b'<script type="application/rsl+xml">' + body, url=PAGE)
        assert isinstance(rsl.read_html(page, Source(url=PAGE, carrier="html"), to), Reading)
        parsed = robots_txt.parse(b"License: " + body)
        assert isinstance(rsl.declared_in_robots(parsed, ROBOTS, to), tuple)


@settings(max_examples=200)
@given(st.text(alphabet='License<>;,="\\ rel#/:h', max_size=60))
def test_no_field_makes_a_reader_raise(value: str) -> None:
    reading = headers(("link", value + LINK), ("www-authenticate", value))
    assert len(reading.declared) <= MAX_DECLARED


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            [
                "User-agent: *",
                "User-agent: Bot",
                "User-agent: x",
                "",
                "Disallow: /",
                "License: /l",
                "License: https://a.example/l",
                "License: https://a.example/m",
                "Sitemap: x",
            ]
        ),
        max_size=9,
    )
)
def test_cautious_hears_every_document_that_literal_hears(lines: list[str]) -> None:
    strict, lax = in_robots("\n".join(lines)), in_robots("\n".join(lines), LITERAL)
    assert {url for url, _ in lax[0]} <= {url for url, _ in strict[0]}
    assert all(repair is None for _, repair in lax[0])
