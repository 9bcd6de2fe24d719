"""Every conformance vector of RSL 1.0, in both postures."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, Posture, Stance, Usage, Verdict
from tdm_guard.formats.page.html import read_page
from tdm_guard.formats.rsl.rsl_licences import read_document
from tdm_guard.formats.site import robots_txt
from tdm_guard.formats.site.path_pattern import target
from tdm_guard.judging.decide import Terms, decide
from tdm_guard.model import Declared, Reading, Result, Source
from tdm_guard.operator import Operator, read_operator
from tdm_guard.origin import Origin
from tdm_guard.signals import robots
from tdm_guard.signals.rsl import rsl_signal as rsl
from tdm_guard.signals.rsl.rsl_answer import RslAnswer
from tdm_guard.signals.rsl.rsl_document import faults
from tdm_guard.signals.rsl.rsl_site import Manner, build
from tdm_guard.signals.shape import DocumentReading, Listener
from tdm_guard.usage import EVERY, TRAINING, expand

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "rsl.json").read_text(encoding="utf-8"))
SITE = "https://site.example"
LICENCE = f"{SITE}/license.xml"
PAGE = f"{SITE}/a"
TOKENS = {"all": EVERY, "ai-train": TRAINING}


def kind(vector: dict[str, Any]) -> str:
    """Which runner a vector belongs to: the first of these members that its input or expectation has."""
    given, want = vector["input"], vector["expect"]
    if "xml" in given:
        return "usages" if "usages" in want else "terms"
    found = [
        name
        for name in ("robots_txt", "link_lines", "html", "rss", "declared", "response", "statements")
        if name in given
    ]
    return found[0] if found else next(iter(given))


def of(name: str) -> pytest.MarkDecorator:
    chosen = [vector for vector in VECTORS if kind(vector) == name]
    assert chosen
    return pytest.mark.parametrize("vector", chosen, ids=lambda vector: f"rsl: {vector['id']}")


postures = pytest.mark.parametrize("posture", list(Posture))


def test_every_vector_has_a_runner() -> None:
    assert len(VECTORS) == 99
    counts = {name: sum(kind(vector) == name for vector in VECTORS) for name in {kind(vector) for vector in VECTORS}}
    assert counts == {
        "terms": 58,
        "usages": 10,
        "robots_txt": 10,
        "link_lines": 5,
        "html": 4,
        "rss": 2,
        "declared": 5,
        "response": 2,
        "statements": 1,
        "authorization_for": 1,
        "max_age_days": 1,
    }


def expected(vector: dict[str, Any], posture: Posture) -> dict[str, Any]:
    return vector.get("cautious", vector["expect"]) if posture is Posture.CAUTIOUS else vector["expect"]


def listener(posture: Posture, operator: Operator | None = None, agent: str = "ExampleMiner") -> Listener:
    return Listener(agent, posture, frozenset({"rsl"}), EVERY, operator)


def declaration(url: str = LICENCE, carrier: str = "robots.txt") -> Declared:
    source = f"{SITE}/robots.txt" if carrier == "robots.txt" else PAGE
    return Declared(source=source, carrier=carrier, locator="line 1", excerpt=url, url=url, signal="rsl")


def read(
    fetched: Fetched, posture: Posture, *, operator: Operator | None = None, declared: Declared | None = None
) -> DocumentReading:
    declared = declared or declaration()
    return rsl.read_declared(declared, fetched, Source(url=declared.url, carrier="rsl"), listener(posture, operator))


def answer_for(body: str, *, url: str = LICENCE, **headers: str) -> Fetched:
    return Fetched(status=200, headers=[*headers.items()], body=body.encode(), url=url)


def stances(reading: DocumentReading, url: str) -> dict[str, str]:
    statements = reading.hold + (reading.site.says(target(url)).statements if reading.site else ())
    found = dict.fromkeys(EVERY, Stance.UNSTATED)
    for statement in statements:
        for usage in statement.usages:
            assert found[usage] is Stance.UNSTATED
            found[usage] = statement.stance
    return {usage.value: stance.value for usage, stance in found.items()}


# ---- what a document says -------------------------------------------------------------------------------------------


@postures
@of("usages")
def test_mapping(vector: dict[str, Any], posture: Posture) -> None:
    given = vector["input"]
    reading = read(answer_for(given["xml"]), posture, operator=read_operator(given["operator"]))
    assert stances(reading, given["url"]) == expected(vector, posture)["usages"]


def operator_of(given: dict[str, Any]) -> Operator:
    """Vectors that name no class or country mean an operator whom no list leaves out."""
    user, geo = given.get("user", "commercial"), given.get("geo", "FR")
    undertakings = ("attribution", "reporting")
    return Operator(name="acme-ai", classes=(user,) if user else (), country=geo, undertakings=undertakings)


def assess(given: dict[str, Any], posture: Posture) -> tuple[dict[Usage, RslAnswer], list[str]] | None:
    """The answers and the codes of the flaws; None if the document cannot be read."""
    document = read_document(given["xml"].encode())
    if document.problem:
        return None
    who = listener(posture, operator_of(given))
    page = given.get("association") is not None
    source = Source(url=LICENCE, carrier="rsl")
    site, flaws = build(document, source, Origin.parse(SITE), who, Manner(), page=page)
    assert faults(document.flaws + flaws, source) or not document.flaws
    return site.assess(target(given.get("url", PAGE))) if site else {}, [f.code for f in document.flaws + flaws]


@postures
@of("terms")
def test_terms(vector: dict[str, Any], posture: Posture) -> None:
    given, want = vector["input"], expected(vector, posture)
    assessed = assess(given, posture)
    reading = read(answer_for(given["xml"]), posture, operator=operator_of(given))
    if assessed is None:
        assert want["outcome"] == "unlicensed"
        assert reading.result is Result.UNREADABLE
        assert set(stances(reading, PAGE).values()) == {"reserved"}
        return
    answers, codes = assessed
    asked = TOKENS.get(given["usage"]) or expand([given["usage"]])
    outcomes = {answers[usage].outcome for usage in asked if usage in answers}
    outcome = "out-of-scope" if not answers else next(iter(outcomes - {"licensed"}), "licensed")
    assert outcome == want["outcome"]
    for member, value in (("payment", "payments"), ("token_required", "token"), ("reporting", "reporting")):
        if member in want:
            found = {getattr(answers[usage], value) for usage in asked}
            assert found == {tuple(want[member]) if member == "payment" else want[member]}
    if "document" in want:
        assert (want["document"] == "ok") == (not codes)
    assert set(want.get("issues", ())) <= set(codes)
    if "cautious" in vector:
        repairs = {answers[usage].repair for usage in asked}
        assert repairs == {vector["repair"] if posture is Posture.CAUTIOUS else None}
    else:
        assert all(answer.repair is None for answer in answers.values())


# ---- where documents are found --------------------------------------------------------------------------------------


@postures
@of("robots_txt")
def test_robots(vector: dict[str, Any], posture: Posture) -> None:
    given, want = vector["input"], expected(vector, posture)
    text = robots_txt.parse(given["robots_txt"].encode())
    source = Source(url=f"{SITE}/robots.txt", carrier="robots.txt")
    who = listener(posture, agent=given["product_token"])
    declared = rsl.SIGNAL.declared_in_robots
    assert declared is not None
    found = declared(text, source, who)
    if want.get("valid", True):
        assert [item.url for item in found] == want["license_lines"]
        assert rsl.read_robots(text, source, who) is None or vector.get("repair") == "rsl-relative"
    else:
        assert found == ()
        notes = rsl.read_robots(text, source, who)
        assert notes is not None
        (fault,) = notes.says("/").faults
        assert want["license_lines"][0] in str(fault.excerpt)
    for item in found:
        assert item.locator == f"line {given['robots_txt'].splitlines().index(str(item.excerpt)) + 1}"
        assert item.repair == (vector.get("repair") if posture is Posture.CAUTIOUS else None)
        assert item.refusals_only == (item.repair is not None)
    if "crawl_allowed" in want:
        site = robots.read_robots(text, source, who)
        refused = site is not None and bool(site.says(target(given["url"])).statements)
        assert refused is not want["crawl_allowed"]


@postures
@of("link_lines")
def test_link(vector: dict[str, Any], posture: Posture) -> None:
    given, want = vector["input"], expected(vector, posture)
    source = Source(url=given.get("base", PAGE), carrier="header")
    pairs = tuple(("Link", line) for line in given["link_lines"])
    reading = rsl.read_headers(pairs, source, listener(posture))
    assert [item.url for item in reading.declared] == want["licenses"]
    assert reading.statements == ()
    for item in reading.declared:
        assert (item.source, item.carrier, item.locator) == (source.url, "header", "#link")
        assert item.repair == (vector.get("repair") if posture is Posture.CAUTIOUS else None)


@postures
@of("html")
def test_html(vector: dict[str, Any], posture: Posture) -> None:
    given, want = vector["input"], expected(vector, posture)
    page = read_page(given["html"].encode(), url=PAGE)
    reading = rsl.read_html(page, Source(url=PAGE, carrier="html"), listener(posture))
    assert [item.url for item in reading.declared] == want.get("licenses", [])
    reserved = {
        usage for statement in reading.statements for usage in statement.usages if statement.stance == "reserved"
    }
    inline = {Usage.NONGENAI_TRAINING, Usage.GENAI_TRAINING, Usage.AI_INPUT, Usage.AI_INDEX}
    assert reserved == (inline if "inline" in want else set())
    assert all(statement.locator and statement.locator.startswith("line 1") for statement in reading.statements)
    granted = {
        usage for statement in reading.statements for usage in statement.usages if statement.stance == "permitted"
    }
    whole_page = want.get("scope") == "document" and "inline" in want
    assert granted == ({Usage.SEARCH} if whole_page else set())


@postures
@of("rss")
def test_feed(vector: dict[str, Any], posture: Posture) -> None:
    given, want = vector["input"], expected(vector, posture)
    source = Source(url=f"{given['feed_origin']}/feed.xml", carrier="rsl")
    reading = rsl.read_feed(given["rss"].encode(), source, listener(posture))
    for url in (f"{given['feed_origin']}/a", source.url):  # the feed holds its items, so it shares their lot
        items = reading.site.says(target(url)).statements if reading.site else ()
        assert [statement.usages for statement in items] == [TRAINING for _ in want["items"]]
    if not want["items"]:
        assert [fault.locator for fault in reading.faults] == ["content[1]"]


# ---- what asking for a document brings ------------------------------------------------------------------------------


@postures
@of("declared")
def test_declared(vector: dict[str, Any], posture: Posture) -> None:
    given, want = vector["input"], expected(vector, posture)
    fetch = given.get("fetch", {"status": 200, "body": VECTORS[0]["input"]["xml"]})
    declared = declaration(given["declared"])
    if "error" in fetch:
        fetched = Fetched.unreachable(fetch["error"])
    else:
        types = [("Content-Type", fetch["content_type"])] if "content_type" in fetch else []
        fetched = Fetched(
            status=fetch["status"], headers=types, body=fetch.get("body", "").encode(), url=given["declared"]
        )
    reading = read(fetched, posture, declared=declared)
    if want.get("outcome") == "unlicensed":
        assert set(stances(reading, PAGE).values()) == {"reserved"}
        (held,) = reading.hold
        assert (held.source, held.locator, held.policy_url) == (declared.source, "line 1", declared.url)
        assert (reading.result is Result.UNREACHABLE) is want.get("retry", False)
    elif want.get("outcome") == "usable":
        assert set(stances(reading, PAGE).values()) == {"permitted"}
    else:
        assert f"({want['warn']})" in reading.faults[0].message
        assert set(stances(reading, PAGE).values()) == {"unstated"}


@postures
@of("response")
def test_challenge(vector: dict[str, Any], posture: Posture) -> None:
    answered, want = vector["input"]["response"], expected(vector, posture)
    source = Source(url=PAGE, carrier="header")
    reading = rsl.read_headers(tuple(answered["headers"].items()), source, listener(posture))
    if want.get("inline"):
        assert reading == Reading()
        reading = rsl.read_challenge(answered["body"].encode(), Source(url=PAGE, carrier="rsl"), listener(posture))
    assert want["outcome"] == "license-required"
    assert reading.statements[0].usages == EVERY
    assert {statement.stance for statement in reading.statements} == {Stance.RESERVED}
    assert [item.url for item in reading.declared] == want.get("licenses", [])


@postures
@of("statements")
def test_channels_conflict(vector: dict[str, Any], posture: Posture) -> None:
    elements = {"licensed-free": "permits", "prohibited": "prohibits"}
    carriers = {"robots": "robots.txt", "link-header": "header"}
    statements = []
    for said in vector["input"]["statements"]:
        name = elements[said["ai-train"]]
        body = (
            f'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><{name} type="usage">ai-train</{name}>'
            "</license></content></rsl>"
        )
        reading = read(answer_for(body), posture, declared=declaration(carrier=carriers[said["via"]]))
        assert reading.site is not None
        statements += reading.site.says("/a").statements
    assert vector["expect"] == {"ai-train": "prohibited"}
    assert decide(tuple(statements), Terms(usages=TRAINING)).verdict is Verdict.RESERVED


@of("authorization_for")
def test_token(vector: dict[str, Any]) -> None:
    name, value = rsl.authorization(vector["input"]["authorization_for"]["token"])
    assert f"{name}: {value}" == vector["expect"]["header"]


@postures
@of("max_age_days")
def test_lifetime(vector: dict[str, Any], posture: Posture) -> None:
    assert vector["input"]["max_age_days"] is None
    reading = read(answer_for(VECTORS[0]["input"]["xml"]), posture)
    assert reading.max_age is not None
    assert reading.max_age < timedelta(days=vector["input"]["age_days"])
    aged = next(item for item in VECTORS if item["id"] == "rsl-046-max-age")["input"]["xml"]
    assert read(answer_for(aged), posture).max_age == timedelta(days=7)
