"""One normal form of a path, for rules and addresses, in every signal (RFC 3986 6.2.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Decision, Fetched, Judge, Withheld
from tdm_guard.formats.site.path_pattern import as_browsers_read, normal_url, normalise_pattern, target
from tdm_guard.httpx import guard_client
from tdm_guard.judging.pictures import Shown
from tdm_guard.log.latest import Latest
from tdm_guard.log.reader import LogLine
from tdm_guard.repertoire.places import Place, url_prefix

NOW = datetime(2026, 11, 28, tzinfo=UTC)
SITE = "https://site.example"
SILENT = {
    path: Fetched(status=404) for path in ("/ai.txt", "/trust.txt", "/.well-known/ai.txt", "/.well-known/trust.txt")
}
LICENCE = f"{SITE}/license.xml"
FREE = "User-agent: *\nAllow: /\n"
RSL = (
    '<rsl xmlns="https://rslstandard.org/rsl"><content url="{}"><license>'
    '<prohibits type="usage">ai-all</prohibits></license></content></rsl>'
)
SIGNALS = (
    "robots", "ai-agents", "training-lines", "unknown-lines", "policy-tokens", "aipref", "content-signals", "ai-txt",
    "rsl", "tdmrep",
)  # fmt: skip
REPAIRED = {"ai-agents", "unknown-lines", "policy-tokens"}  # what only the cautious posture hears


def documents(signal: str, rule: str) -> dict[str, str]:
    """What `signal` says of `rule` alone."""
    robots = {
        "robots": f"User-agent: *\nDisallow: {rule}\n",
        "ai-agents": f"User-agent: GPTBot\nDisallow: {rule}\n",
        "training-lines": f"User-agent: *\nAllow: /\nDisallowAITraining: {rule}\n",
        "unknown-lines": f"User-agent: *\nAllow: /\nDisallow-AI: {rule}\n",
        "policy-tokens": f"User-agent: AI-Training\nDisallow: {rule}\n",
        "aipref": f"User-agent: *\nContent-Usage: {rule} train-ai=n\n",
        "content-signals": f"User-agent: *\nContent-Signal: {rule} ai-train=no\n",
        "rsl": f"License: {LICENCE}\n{FREE}",
    }
    said = {"/robots.txt": robots.get(signal, FREE)}
    if signal == "ai-txt":
        said["/ai.txt"] = f"User-Agent: *\nDisallow: {rule}\n"
    if signal == "rsl":
        said[LICENCE] = RSL.format(rule)
    said["/.well-known/tdmrep.json"] = json.dumps(
        [{"location": rule, "tdm-reservation": 1}] if signal == "tdmrep" else []
    )
    return said


@cache
def judge(posture: str = "cautious") -> Judge:
    return Judge(usages={"ai-training"}, agent="ExampleBot", posture=posture)


def decide(signal: str, rule: str, url: str, posture: str = "cautious") -> Decision:
    policies = {path: Fetched(status=200, body=text.encode()) for path, text in documents(signal, rule).items()}
    return judge(posture).evaluate(url, policies=SILENT | policies, now=NOW)


def reserved(signal: str, rule: str, path: str, posture: str = "cautious") -> bool:
    return decide(signal, rule, SITE + path, posture).verdict == "reserved"


EQUAL = [
    "/premium/a",
    "/./premium/a",
    "/premium/./a",
    "/x/../premium/a",
    "/x/%2e%2e/premium/a",
    "/x/%2E./premium/a",
    "/x/.%2e/premium/a",
    "/%2e/premium/a",
    "/../premium/a",
    "/../../x/./y/../../premium/a",
    "/%70remium/a",
    "/premium/x/../a",
    "/premium/x/..",
    "/premium/.",
    "/premium/%2E",
]
OTHER = ["/x/premium/a", "/premium", "/premium%2Fa", "//premium/a", "/x?/../premium/a", "/.../premium/a", "/premium/.."]


@pytest.mark.parametrize("posture", ["cautious", "literal"])
@pytest.mark.parametrize("signal", SIGNALS)
def test_addresses_that_are_equal_get_one_decision(signal: str, posture: str) -> None:
    if signal in REPAIRED and posture == "literal":  # words to others, or in no standard's form
        assert [path for path in EQUAL + OTHER if reserved(signal, "/premium/", path, posture)] == []
        return
    assert [path for path in EQUAL if not reserved(signal, "/premium/", path, posture)] == []
    assert [path for path in OTHER if reserved(signal, "/premium/", path, posture)] == []


@pytest.mark.parametrize("signal", SIGNALS)
def test_rules_that_are_equal_say_the_same(signal: str) -> None:
    for rule in (
        "/./premium/",
        "/x/../premium/",
        "/%2e/premium/",
        "/x/%2E%2e/premium/",
        "/../premium/",
        "/premium/x/../",
    ):
        assert reserved(signal, rule, "/premium/a"), rule
        assert not reserved(signal, rule, "/x/a"), rule
    assert reserved(signal, "/x/../premium/*.pdf", "/premium/a.pdf")
    assert reserved(signal, "/./premium/a$", "/premium/a")
    assert not reserved(signal, "/./premium/a$", "/premium/ab")


@pytest.mark.parametrize("signal", SIGNALS)
def test_names_that_begin_with_a_dot_are_names(signal: str) -> None:
    assert reserved(signal, "/.", "/.git/config")
    assert not reserved(signal, "/.", "/a")
    assert not reserved(signal, "/*/.", "/x/a")
    assert reserved(signal, "/.well-known/", "/.well-known/x")


SEGMENT = st.sampled_from(["a", "b", "premium", "...", ".x", "%2F", "", "ü", "~"])
PATHS = st.lists(SEGMENT, min_size=1, max_size=4).map(lambda segments: "/" + "/".join(segments))


@st.composite
def equivalents(draw: st.DrawFn, path: str) -> str:
    """`path` in another spelling that RFC 3986 calls equivalent."""
    segments = path.split("/")[1:]
    spelled = draw(st.sampled_from(["", "", "/..", "/../."]))
    for segment in segments:
        spelled += draw(st.sampled_from(["", "", "/.", "/%2e", "/z/..", "/z/%2E.", "/y/z/../.%2e"]))
        spelled += "/" + "".join(_spell(draw, character) for character in segment)
    return spelled


def _spell(draw: st.DrawFn, character: str) -> str:
    if character.isascii() and (character.isalnum() or character in ".~-_") and draw(st.integers(0, 3)) == 0:
        return f"%{ord(character):02{draw(st.sampled_from('xX'))}}"
    return character


@given(
    st.data(),
    st.sampled_from(SIGNALS),
    st.sampled_from(["/premium/", "/", "/a", "/*/b", "/b$", "/.x", "/a//b"]),
    st.sampled_from(["cautious", "literal"]),
)
@settings(max_examples=120)
def test_equivalent_addresses_get_one_decision(data: st.DataObject, signal: str, rule: str, posture: str) -> None:
    path = data.draw(PATHS).replace("%2F", "")  # escapes of the address itself are spelled by `_spell`
    other = data.draw(equivalents(path))
    query = data.draw(st.sampled_from(["", "?", "?a=/../b"]))
    origin = data.draw(st.sampled_from([SITE, "HTTPS://Site.Example", SITE + ":443", "https://site%2Eexample"]))
    one, two = (decide(signal, rule, url, posture) for url in (SITE + path + query, origin + other + query))
    assert (one.verdict, [s.excerpt for s in one.because]) == (two.verdict, [s.excerpt for s in two.because])
    # a slash behind it would make another path of each of its spellings; as a url of RSL two slashes begin a host
    if path.endswith("/") or (signal == "rsl" and path.startswith("//")):
        return
    spelled = data.draw(equivalents(path)) + "/"
    one, two = (decide(signal, each, SITE + path + "/a", posture) for each in (spelled, path + "/"))
    assert one.verdict == two.verdict


@given(st.data())
@settings(max_examples=60)
def test_whatever_is_remembered_is_found_under_each_spelling(data: st.DataObject) -> None:
    path = data.draw(PATHS).replace("%2F", "")
    other = data.draw(equivalents(path))
    origin = data.draw(st.sampled_from([SITE, "HTTPS://Site.Example", SITE + ":443"]))
    said = decide("tdmrep", "/", SITE + "/").because
    shown = Shown()
    shown.remember([SITE + path], said, NOW)
    assert shown.says(origin + other, NOW).statements == said  # what a page said of a picture
    records = [
        {"type": "decision", "url": url, "final_url": url, "verdict": verdict, "usages": {}}
        for url, verdict in ((SITE + path, "unreserved"), (origin + other, "reserved"))
    ]
    lines = [
        LogLine(path="log", number=number, raw=json.dumps(record).encode(), record=record, whole=True)
        for number, record in enumerate(records, 1)
    ]
    with closing(Latest.of(lines, lambda record: True)) as latest:  # what a later record of a log replaces
        assert [record["verdict"] for record in latest] == ["reserved"]
    place = Place.of(origin + other)
    assert place is not None
    assert url_prefix(SITE + path) in place.prefixes()  # what a declaration over a repertoire names


@given(st.data())
@settings(max_examples=60)
def test_a_licence_is_one_document_under_each_spelling_of_its_address(data: st.DataObject) -> None:
    path = data.draw(PATHS).replace("%2F", "") + ".xml"
    declared, given_at = data.draw(equivalents(path)), data.draw(equivalents(path))
    policies = SILENT | {
        data.draw(equivalents("/robots.txt")): Fetched(status=200, body=f"License: {SITE}{declared}\n{FREE}".encode()),
        "/.well-known/tdmrep.json": Fetched(status=404),
        SITE + given_at: Fetched(status=200, body=RSL.format("/").encode()),
    }
    for posture in ("cautious", "literal"):
        (statement,) = judge(posture).evaluate(f"{SITE}/a", policies=policies, now=NOW).because
        assert (statement.signal, statement.policy_url) == ("rsl", normal_url(SITE + path))


@given(st.text("/.%2eE*$?a\\\t", max_size=14).map("/".__add__))
def test_the_normal_form_is_stable(text: str) -> None:
    assert normalise_pattern(normalise_pattern(text)) == normalise_pattern(text)
    once = target(SITE + text)
    assert target(SITE + once) == once
    assert normal_url(normal_url(SITE + text)) == normal_url(SITE + text)
    assert target(normal_url(SITE + text)) == once


@pytest.mark.parametrize(
    ("pattern", "spelled"),
    [
        ("/a/./b", "/a/b"), ("/a/../b*", "/b*"), ("/a/..$", "/$"), ("/a/.?x", "/a/?x"), ("/a?x=/../b", "/a?x=/../b"),
        ("/.", "/."), ("/a/..", "/a/.."), ("/*/../b", "/b"), ("/*/../", "/*/../"), ("/*/./b", "/*/b"),
        ("/a//../b", "/a/b"), ("/a%2F../b", "/a%2F../b"), ("*/../b", "*/b"), ("/.*/b", "/.*/b"), ("/..*", "/..*"),
    ],
)  # fmt: skip
def test_patterns(pattern: str, spelled: str) -> None:
    assert normalise_pattern(pattern) == spelled


@pytest.mark.parametrize("signal", SIGNALS)
def test_backslashes_tabs_and_line_ends_are_read_as_browsers_do_too(signal: str) -> None:
    for path in (
        "/premium\\a",
        "/x\\..\\premium\\a",
        "/x/..%5cpremium/a",
        "/pre\tmium/a",
        "/premium\n/a",
        "/premium/\\a",
    ):
        decision = decide(signal, "/premium/", SITE + path)
        assert decision.verdict == "reserved", path
    (statement,) = decide(signal, "/premium/", SITE + "/premium\\a").because
    assert "path-backslash" in (statement.repair or "")
    assert not reserved(signal, "/premium/", "/x?\\premium\\a")
    assert reserved(signal, "/premium%5Ca", "/premium\\a")
    if signal not in REPAIRED:
        assert not reserved(signal, "/premium/", "/premium\\a", "literal")


def test_what_browsers_read_otherwise() -> None:
    assert as_browsers_read("/a/b") is as_browsers_read("/a%20b") is None
    assert as_browsers_read("/a%5C..%5Cb?%5C") == "/b?%5C"


def test_policy_documents_under_another_spelling_are_those_documents() -> None:
    robots = Fetched(status=200, body=f"License: {SITE}/x/%2e%2e/l.xml\n{FREE}".encode())
    policies = {
        "/x/../robots.txt": robots,
        "/%2ewell-known/tdmrep.json": Fetched(status=404),
        "HTTPS://site.example:443/./l.xml": Fetched(status=200, body=RSL.format("/").encode()),
    }
    decision = judge().evaluate(f"{SITE}/a", policies=SILENT | policies, now=NOW)
    assert (decision.verdict, decision.because[0].signal) == ("reserved", "rsl")
    read = judge().read_policies(SITE, SILENT | policies, now=NOW)
    assert judge().evaluate(f"{SITE}/a", policies=read, now=NOW).verdict == "reserved"


@pytest.mark.parametrize("path", ["/x/%2e%2e/private/1", "/%2e/private/1", "/%70rivate/1"])
def test_the_guard_sends_no_second_spelling(path: str, tmp_path: Path) -> None:
    seen: list[str] = []

    def web(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        rules = "User-agent: *\nDisallow: /private/\n"
        return httpx.Response(200, text=rules) if request.url.path == "/robots.txt" else httpx.Response(404)

    client = httpx.Client(transport=httpx.MockTransport(web))
    with guard_client(client, agent="ExampleBot", log=str(tmp_path / "log.jsonl")) as guarded, pytest.raises(Withheld):
        guarded.get(f"http://site.example{path}")
    assert not [path for path in seen if "private" in path]


def test_a_record_takes_the_place_of_one_under_another_spelling() -> None:
    def line(number: int, url: str, verdict: str) -> LogLine:
        record: Mapping[str, Any] = {"type": "decision", "url": url, "final_url": url, "verdict": verdict, "usages": {}}
        return LogLine(path="log", number=number, raw=json.dumps(record).encode(), record=record, whole=True)

    lines = [line(1, f"{SITE}/x/../a", "unreserved"), line(2, f"{SITE}/%61", "reserved")]
    with closing(Latest.of(lines, lambda record: True)) as latest:
        assert [record["verdict"] for record in latest] == ["reserved"]
