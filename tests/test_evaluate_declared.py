"""Documents that responses and robots.txt declare, refusals that demand a licence, and feeds: without a network."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tdm_guard import Decision, Fetched, Judge, Verdict, evaluate
from tdm_guard.decision import Stage
from tdm_guard.model import Result, Stance
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
URL = "https://site.example/page"
LICENCE = "https://site.example/license.xml"
ABSENT = {f"https://site.example{path}": answer for path, answer in SILENT.items()}
HTML = [("content-type", "text/html")]
ARCHIVE = [("content-type", "application/x-tar")]
TYPE = "application/rsl+xml"
LINK = ("link", f'<{LICENCE}>; rel="license"; type="{TYPE}"')
PLAIN = b"<!doctype html><title>t</title><p>words"
FREE = '<license><permits type="usage">all</permits><payment type="free"/></license>'
NO_TRAINING = '<license><prohibits type="usage">ai-train</prohibits></license>'


def rsl(licences: str, url: str = "/", attributes: str = "") -> bytes:
    return (
        f'<rsl xmlns="https://rslstandard.org/rsl"{attributes}><content url="{url}">{licences}</content></rsl>'.encode()
    )


def feed(licences: str, *paths: str) -> bytes:
    items = "".join(f'<item><r:content url="{path}">{licences}</r:content></item>' for path in paths)
    items = items.replace("<license", "<r:license").replace("</license", "</r:license")
    for name in ("permits", "prohibits", "payment"):
        items = items.replace(f"<{name}", f"<r:{name}").replace(f"</{name}", f"</r:{name}")
    return f'<rss version="2.0" xmlns:r="https://rslstandard.org/rsl"><channel>{items}</channel></rss>'.encode()


def judged(**members: Any) -> Decision:
    known: dict[str, Any] = {"status": 200, "headers": HTML, "body": PLAIN, "now": NOW, "agent": "ExampleBot"}
    policies = ABSENT | members.pop("policies", {})
    return evaluate(members.pop("url", URL), **{**known, **members}, policies=policies)


def result(decision: Decision, document: str) -> Result | None:
    return next((item.result for item in decision.checked if item.document == document), None)


# ---- licence documents ----------------------------------------------------------------------------------------------

HEAD_LINK = f'<!doctype html><head><link rel="license" type="{TYPE}" href="/license.xml"></head><p>words'.encode()
BODY_LINK = f'<!doctype html><title>t</title><p>words<link rel="license" type="{TYPE}" href="/license.xml">'.encode()
ROBOTS = {"https://site.example/robots.txt": Fetched(status=200, body=f"User-agent: *\nLicense: {LICENCE}\n".encode())}
CHANNELS: dict[str, dict[str, Any]] = {
    "robots.txt": {"policies": ROBOTS},
    "header": {"headers": [*ARCHIVE, LINK], "body": None},
    "html": {"body": HEAD_LINK},
}
ANSWERS = [
    (Fetched(status=200, body=rsl(FREE)), "permitted", Result.READ),
    (Fetched(status=200, body=rsl(NO_TRAINING)), "reserved", Result.READ),
    (Fetched(status=200, body=rsl(FREE, "/elsewhere/")), "unreserved", Result.READ),
    (Fetched(status=404), "reserved", Result.ABSENT),
    (Fetched(status=503), "reserved", Result.UNREACHABLE),
    (Fetched.unreachable("timeout"), "reserved", Result.UNREACHABLE),
    (Fetched(status=200, body=b"<html>our licence"), "reserved", Result.UNREADABLE),
    (Fetched(status=200, body=rsl(FREE)[:-9]), "reserved", Result.UNREADABLE),
    (Fetched(status=200, body=rsl(FREE), complete=False), "reserved", Result.UNREADABLE),
    (Fetched(status=200, body=b'<!DOCTYPE r [<!ENTITY a "a">]>' + rsl(FREE)), "reserved", Result.UNREADABLE),
]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(("answer", "verdict", "became"), ANSWERS)
def test_a_declared_licence_is_read_whatever_declares_it(
    channel: str, answer: Fetched, verdict: str, became: Result
) -> None:
    members = dict(CHANNELS[channel])
    decision = judged(**members | {"policies": members.get("policies", {}) | {LICENCE: answer}})
    assert decision.verdict == verdict
    assert result(decision, LICENCE) is became
    if verdict == "reserved" and became is not Result.READ:
        (words,) = decision.because
        assert (words.signal, words.carrier, words.policy_url) == ("rsl", channel, LICENCE)
        assert any("could not be had" in fault.message for fault in decision.faults)


@pytest.mark.parametrize("channel", ["header", "html"])
def test_a_declared_licence_that_nobody_asked_for_leaves_it_open(channel: str) -> None:
    decision = judged(**CHANNELS[channel])
    assert decision.verdict is Verdict.UNDETERMINED
    assert result(decision, LICENCE) is Result.NOT_ATTEMPTED
    assert judged(**CHANNELS[channel], unread="ignore").verdict is Verdict.UNRESERVED


def test_grants_that_come_unsecured_do_not_count() -> None:
    link = ("link", LINK[1].replace("https:", "http:"))
    unsecured = LICENCE.replace("https:", "http:")
    for licences, verdict in ((FREE, "unreserved"), (NO_TRAINING, "reserved")):
        known = {unsecured: Fetched(status=200, body=rsl(licences))}
        assert judged(headers=[*ARCHIVE, link], body=None, policies=known).verdict == verdict


def test_a_policy_read_before_serves_each_response_by_its_own_declaration() -> None:
    """A link in the body was heard for its refusals alone, whoever else declared the same document."""
    judge = Judge(agent="ExampleBot")
    policy = judge.read_policies(
        "https://site.example", ABSENT | {LICENCE: Fetched(status=200, body=rsl(FREE))}, now=NOW
    )
    verdicts = [
        judge.evaluate(URL, status=200, headers=HTML, body=body, policies=policy, now=NOW).verdict
        for body in (PLAIN, HEAD_LINK, BODY_LINK)
    ]
    assert verdicts == ["unreserved", "permitted", "unreserved"]


def test_a_missing_licence_is_held_against_the_words_of_this_response() -> None:
    judge = Judge(agent="ExampleBot")
    policy = judge.read_policies("https://site.example", ABSENT | {LICENCE: Fetched(status=404)}, now=NOW)
    decision = judge.evaluate(URL, status=200, headers=[*ARCHIVE, LINK], policies=policy, now=NOW)
    (words,) = decision.because
    assert (words.source, words.carrier, words.locator) == (URL, "header", "#link")
    assert LICENCE in (words.excerpt or "")


def test_what_is_reserved_anyway_asks_for_no_licence() -> None:
    decision = judged(headers=[*ARCHIVE, LINK, ("tdm-reservation", "1")], body=None)
    assert decision.verdict is Verdict.RESERVED
    assert result(decision, LICENCE) is Result.NOT_ATTEMPTED
    assert decision.because[0].signal == "tdmrep"


# ---- refusals that demand a licence (401, 402) ----------------------------------------------------------------------

DEMAND = ("WWW-Authenticate", 'License realm="articles"')


@pytest.mark.parametrize("status", [401, 402])
@pytest.mark.parametrize(
    ("headers", "body", "carrier"),
    [
        ([DEMAND], b"", "header"),
        ([DEMAND], None, "header"),
        ([("www-authenticate", 'Basic realm="License", License')], b"no", "header"),
        ([("content-type", TYPE)], rsl(FREE, ""), "challenge"),
        ([("content-type", "text/plain")], rsl(NO_TRAINING), "challenge"),
        ([("content-type", TYPE)], rsl(FREE)[:-9], "challenge"),
    ],
)
def test_who_demands_a_licence_reserves(status: int, headers: Any, body: bytes | None, carrier: str) -> None:
    decision = judged(status=status, headers=headers, body=body)
    assert (decision.verdict, decision.content, decision.stage) == (Verdict.RESERVED, False, Stage.HEADERS)
    sold = {("payment", "header")} if status == 402 else set()
    assert {(words.signal, words.carrier) for words in decision.because} == {("rsl", carrier)} | sold


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (401, [("www-authenticate", 'Basic realm="License"')], b"Password, please"),
        (403, [("content-type", TYPE)], rsl(NO_TRAINING)),
        (404, [("content-type", TYPE)], rsl(NO_TRAINING)),
    ],
)
def test_other_refusals_say_nothing_of_mining(status: int, headers: Any, body: bytes) -> None:
    decision = judged(status=status, headers=headers, body=body)
    assert (decision.verdict, decision.content, decision.because) == (Verdict.UNRESERVED, False, ())


def test_the_licence_that_a_refusal_names_is_its_policy() -> None:
    decision = judged(status=402, headers=[DEMAND, LINK], body=b"")
    assert {words.policy_url for words in decision.because if words.signal == "rsl"} == {LICENCE}


def test_who_does_not_listen_to_licences_hears_no_demand() -> None:
    decision = judged(status=402, headers=[("content-type", TYPE)], body=rsl(NO_TRAINING), signals=["robots", "tdmrep"])
    assert decision.verdict is Verdict.UNRESERVED


# ---- feeds ----------------------------------------------------------------------------------------------------------

RSS = [("content-type", "application/rss+xml")]


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (feed(NO_TRAINING, "/items/1"), Verdict.RESERVED),
        (feed(NO_TRAINING, "https://site.example/items/1"), Verdict.RESERVED),
        (feed(NO_TRAINING, "https://other.example/items/1"), Verdict.UNRESERVED),
        (feed(FREE, "/items/1"), Verdict.UNRESERVED),
        (feed(FREE, "/items/1")[:-30], Verdict.RESERVED),
        (b"<rss version='2.0'><channel><item><title>News</title></item></channel></rss>", Verdict.UNRESERVED),
        (b"<rss", Verdict.UNRESERVED),
    ],
)
def test_a_feed_holds_the_strictest_word_on_its_items(body: bytes, verdict: Verdict) -> None:
    decision = judged(url="https://site.example/feed.xml", headers=RSS, body=body)
    assert decision.verdict is verdict
    assert {words.carrier for words in decision.because} == ({"feed"} if verdict is Verdict.RESERVED else set())


def test_a_feed_that_was_not_read_whole_is_no_yes() -> None:
    body = feed(FREE, "/items/1")
    whole = judged(url="https://site.example/feed.xml", headers=RSS, body=body.replace(b"rslstandard", b"elsewhere"))
    assert whole.verdict is Verdict.UNRESERVED
    for part in ({"body": None}, {"body": body[:20], "body_complete": False}):
        decision = judged(url="https://site.example/feed.xml", headers=RSS, **part)
        assert decision.verdict is Verdict.UNDETERMINED
        assert {words.stance for words in decision.because} == {Stance.UNDETERMINED}
