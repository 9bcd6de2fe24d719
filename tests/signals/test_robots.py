"""Access by robots.txt: the vectors of RFC 9309, the answers, and what a refusal says."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tdm_guard import evaluate
from tdm_guard.formats.site.path_pattern import target
from tdm_guard.formats.site.robots_txt import MAX_BYTES, parse
from tdm_guard.model import Fetched, Kind, Posture, Reading, Result, Source, Stance
from tdm_guard.signals import robots
from tdm_guard.signals.ai_agents import ai_agents_signal as ai_agents
from tdm_guard.signals.shape import Listener
from tdm_guard.usage import EVERY

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "robots_rfc9309.json").read_text("utf-8")
)
POLICY_VECTORS = {
    "rob-114-cache-25h",
    "rob-115-cache-23h",
    "rob-116-cache-unreachable",
    "rob-117-unreachable-31d",
    "rob-121-per-origin",
}
"""Freshness and origins: tests/policies/test_policy.py and tests/test_origin.py hold these."""
TEXTS = [vector for vector in VECTORS if "robots_txt" in vector["input"]]
SIZES = [vector for vector in VECTORS if "body_bytes" in vector["input"].get("fetch", ())]
FETCHES = [
    vector
    for vector in VECTORS
    if "fetch" in vector["input"] and vector["id"] not in POLICY_VECTORS and vector not in SIZES
]
STATES = {Result.READ: "ok", Result.ABSENT: "unavailable", Result.UNREACHABLE: "unreachable"}
SOURCE = Source(url="https://site.example/robots.txt", carrier="robots.txt", sha256="00")
CAUTIOUS = Listener(agent="ExampleMiner")
LITERAL = Listener(agent="ExampleMiner", posture=Posture.LITERAL)
LINES = st.sampled_from(
    [
        "Allow: /a",
        "Disallow: /a/b",
        "Disallow: /*.pdf$",
        "Allow: /a/b/c",
        "Disallow: /",
        "Disallow:",
        "Allow: /*b",
        "License: x",
    ]
)


def name(vector: dict[str, Any]) -> str:
    return f"robots_rfc9309.json: {vector['id']}"


def access(body: str | bytes, url: str, listener: Listener = CAUTIOUS) -> Reading:
    site = robots.read_robots(parse(body.encode() if isinstance(body, str) else body), SOURCE, listener)
    return site.says(target(url if "://" in url else "https://site.example" + url)) if site else Reading()


def test_every_vector_is_run_somewhere() -> None:
    assert {vector["id"] for vector in (*TEXTS, *SIZES, *FETCHES)} | POLICY_VECTORS == {v["id"] for v in VECTORS}
    assert len(VECTORS) == 68


@pytest.mark.parametrize("posture", Posture)
@pytest.mark.parametrize("vector", TEXTS, ids=name)
def test_text_vectors(vector: dict[str, Any], posture: Posture) -> None:
    given_, expect = vector["input"], vector["expect"]
    listener = Listener(agent=given_["product_token"], posture=posture)
    reading = access(given_["robots_txt"], given_["url"], listener)
    assert not reading.faults
    if expect["allowed"]:
        assert reading.statements == ()
    else:
        (statement,) = reading.statements
        assert (statement.kind, statement.stance, statement.usages) == (Kind.ACCESS, Stance.RESERVED, EVERY)
    if "ai_tokens_blocked" in expect:
        site = ai_agents.read_robots(parse(given_["robots_txt"].encode()), SOURCE, listener)
        assert site is not None
        (wish,) = site.says(target(given_["url"])).statements
        named = (wish.excerpt or "").partition(" … ")[0].removeprefix("User-agent: ").lower().split(", ")
        assert sorted(named) == expect["ai_tokens_blocked"]


@pytest.mark.parametrize("posture", Posture)
@pytest.mark.parametrize("vector", FETCHES, ids=name)
def test_fetch_vectors(vector: dict[str, Any], posture: Posture) -> None:
    fetch, expect = vector["input"]["fetch"], vector["expect"]
    listener = Listener(agent="ExampleMiner", posture=posture)
    if posture is Posture.CAUTIOUS:
        expect = {**expect, **vector.get("cautious", {})}
        if fetch.get("redirects", 0) > 5:  # the note: a MAY, and our strict option treats it as unreachable
            expect = {"state": "unreachable", "allowed": False}
    if fetch.get("redirects", 0) > 5:
        fetched = Fetched.unreachable("too many redirects")
    else:
        fetched = Fetched(
            status=fetch.get("status", fetch.get("final_status")),
            error=fetch.get("error"),
            body=fetch.get("body", "").encode(),
            redirects=("https://other.example/",) * fetch.get("redirects", 0),
        )
    answer = robots.read_answer(fetched, SOURCE, listener)
    assert STATES[answer.result] == expect["state"]
    refused = bool(answer.hold) or bool(
        answer.result is Result.READ and access(fetched.body, "/a", listener).statements
    )
    assert refused is not expect.get("allowed", True)
    if "groups" in expect:
        assert len(parse(fetched.body).groups) == expect["groups"]
        assert "soft 404" in answer.faults[0].message


@pytest.mark.parametrize("vector", SIZES, ids=name)
def test_size_vectors(vector: dict[str, Any]) -> None:
    fetch, expect = vector["input"]["fetch"], vector["expect"]
    head = b"User-agent: *\n"
    body = (head + b"#" * (fetch["rule_at_byte"] - len(head) - 1) + b"\nDisallow: /x\n").ljust(
        fetch["body_bytes"], b"#"
    )
    seen = bool(access(body, "/x").statements)
    if "min_limit_bytes" in expect:
        assert seen is expect["rule_seen"]
        assert expect["min_limit_bytes"] <= MAX_BYTES
    else:
        assert parse(body).text == head.decode().rstrip()  # cut at a line boundary, the comment being the broken line
    answer = robots.read_answer(Fetched(status=200, body=body), SOURCE, CAUTIOUS)
    assert answer.result is Result.READ
    assert "longer than was read" in answer.faults[0].message


@pytest.mark.parametrize(
    ("status", "posture", "result"),
    [
        (204, Posture.CAUTIOUS, Result.READ),
        (408, Posture.CAUTIOUS, Result.ABSENT),
        (425, Posture.CAUTIOUS, Result.ABSENT),
        (429, Posture.CAUTIOUS, Result.UNREACHABLE),
        (429, Posture.LITERAL, Result.ABSENT),
        (304, Posture.CAUTIOUS, Result.UNREACHABLE),
        (100, Posture.LITERAL, Result.UNREACHABLE),
        (600, Posture.LITERAL, Result.UNREACHABLE),
        (0, Posture.LITERAL, Result.UNREACHABLE),
        (None, Posture.LITERAL, Result.UNREACHABLE),
    ],
)
def test_answers(status: int | None, posture: Posture, result: Result) -> None:
    answer = robots.read_answer(Fetched(status=status), SOURCE, Listener(agent="A", posture=posture))
    assert answer.result is result
    assert bool(answer.hold) is (result is Result.UNREACHABLE)
    for statement in answer.hold:
        assert (statement.kind, statement.stance) == (Kind.ACCESS, Stance.UNDETERMINED)
        assert statement.usages == EVERY
        assert statement.excerpt == ("no answer" if status is None else str(status))


def test_a_document_that_is_not_utf_8_has_a_fault() -> None:
    body = b"User-agent: *\nDisallow: /caf\xe9\n"
    (fault,) = robots.read_answer(Fetched(status=200, body=body), SOURCE, CAUTIOUS).faults
    assert "UTF-8" in fault.message
    assert robots.read_answer(Fetched(status=200, body="# é".encode()), SOURCE, CAUTIOUS).faults == ()


@pytest.mark.parametrize("path", ["/café", "/caf%C3%A9", "/caf%E9", "/caf%e9?x"])
def test_latin_1_refuses_under_both_spellings(path: str) -> None:
    assert access(b"User-agent: *\nDisallow: /caf\xe9\n", path).statements
    assert not access(b"User-agent: *\nDisallow: /caf\xe9\n", "/cafe").statements


def test_a_refusal_shows_its_line() -> None:
    (statement,) = access("User-agent: *\n\nDisallow: /\nDissallow /a # no\nAllow: /b", "/a/1").statements
    assert (statement.locator, statement.excerpt) == ("line 4", "Dissallow /a # no")
    assert (statement.source, statement.carrier, statement.signal) == (SOURCE.url, "robots.txt", "robots")
    assert (statement.sha256, statement.repair) == ("00", None)


@pytest.mark.parametrize(
    "line",
    [
        "Sitemap: https://site.example/s.xml",
        "Host: site.example",
        "Content-Signal: search=yes",
        "Content-Usage: search=y",
        "License: https://site.example/l.xml",
        "Crawl-delay: 1",
        "nonsense",
    ],
)
@pytest.mark.parametrize("agent", ["ExampleMiner", "*"])
def test_no_line_that_is_no_rule_cuts_a_group(line: str, agent: str) -> None:
    """RFC 9309 2.2.1: a group ends where an agent follows a rule; Protego lets some of these lines end it, too."""
    body = f"User-agent: {agent}\n{line}\nUser-agent: Other\nDisallow: /a\n"
    assert access(body, "/a").statements
    assert not access(body, "/b").statements


def test_what_another_parser_reads_otherwise() -> None:
    """All in which Google's was seen to differ: hexadecimal case, and a no-break space behind the star."""
    for value, path in (("/%c3%a4", "/%C3%A4"), ("/%C3%A4", "/%c3%a4"), ("/\u00e4", "/%c3%A4")):
        assert access(f"User-agent: *\nDisallow: {value}\n", path).statements
    assert access("User-agent: *\u00a0\nDisallow: /\n", "/a").statements


@pytest.mark.parametrize("path", ["/robots.txt", "/robots.txt?x=1"])
def test_robots_txt_itself_is_never_refused(path: str) -> None:
    assert access("User-agent: *\nDisallow: /", path) == Reading()
    assert access("User-agent: *\nDisallow: /", path.replace("txt", "txt2")).statements


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Disallow: /",
        "User-agent: *\nAllow: /",
        "User-agent: *\nDisallow:\nDisallow: #x",
        "User-agent: B\nDisallow: /",
    ],
)
def test_nothing_is_kept_where_nothing_is_refused(body: str) -> None:
    assert robots.read_robots(parse(body.encode()), SOURCE, CAUTIOUS) is None


def test_sites_are_picklable() -> None:
    site = robots.read_robots(parse(b"User-agent: *\nDisallow: /a\nDisallow: /*b$\nAllow: /a/x"), SOURCE, CAUTIOUS)
    assert site is not None
    again = pickle.loads(pickle.dumps(site))
    for path in ("/a", "/a/x", "/zb", "/zbc"):
        assert again.says(path) == site.says(path)


@pytest.mark.parametrize("path", ["/dir5/5/some/path/x", "/dir5/5/sam", "/zzz", "/"])
def test_many_rules_answer_as_each_alone(path: str) -> None:
    lines = [f"Disallow: /dir{i}/{j}/some/path" for i in range(30) for j in range(30)]
    together = bool(access("\n".join(["User-agent: *", *lines]), path).statements)
    assert together is any(path.startswith(line.removeprefix("Disallow: ")) for line in lines)


@given(st.lists(LINES, max_size=6), st.sampled_from(["/a", "/a/b", "/a/b/c", "/x.pdf", "/b"]), st.integers(0, 6))
@settings(max_examples=200)
def test_another_disallow_never_lifts_a_refusal(lines: list[str], path: str, at: int) -> None:
    before = access("\n".join(["User-agent: *", *lines]), path)
    after = access("\n".join(["User-agent: *", *lines[:at], "Disallow: /a/b", *lines[at:]]), path)
    assert len(after.statements) >= len(before.statements)


GROUPS = st.sampled_from(["User-agent: *", "User-agent: GPTBot", "User-agent: CCBot", "User-agent: ClaudeBot"])
PATHS = st.sampled_from(["/a", "/a/b", "/a/b/c", "/x.pdf", "/b", "/"])


@given(st.lists(LINES | GROUPS, max_size=10), st.lists(PATHS, max_size=8))
@example(["Disallow: /a/b", "Disallow: /*.pdf$"], ["/a/b", "/x.pdf", "/a/b/c"])
@settings(max_examples=200)
def test_what_was_said_of_other_pages_changes_nothing(lines: list[str], paths: list[str]) -> None:
    text = "\n".join(["User-agent: *", "User-agent: GPTBot", *lines]).encode()
    for read in (robots.read_robots, ai_agents.read_robots):
        asked = read(parse(text), SOURCE, CAUTIOUS)
        for path in paths:
            new = read(parse(text), SOURCE, CAUTIOUS)
            assert asked is None or new is None or asked.says(path) == new.says(path)


@given(st.binary(max_size=300), st.text(max_size=30))
@settings(max_examples=200)
def test_no_bytes_raise(body: bytes, path: str) -> None:
    for listener in (CAUTIOUS, LITERAL):
        access(b"User-agent: *\n" + body, "https://site.example/" + path, listener)
        robots.read_answer(Fetched(status=200, body=body), SOURCE, listener)


def test_an_empty_disallow_beside_others_refuses_nothing() -> None:
    body = b"User-agent: *\nDisallow:\nDisallow: /private\nDisallow: /**a\n"
    policies = {"/robots.txt": Fetched(status=200, body=body), "/.well-known/tdmrep.json": Fetched(status=404)}
    now = datetime(2026, 11, 21, tzinfo=UTC)
    said = {
        path: evaluate(f"https://site.example{path}", policies=policies, now=now).verdict
        for path in ("/", "/private/x")
    }
    assert said == {"/": "unreserved", "/private/x": "reserved"}
