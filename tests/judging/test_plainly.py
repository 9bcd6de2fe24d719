"""What plainly nothing speaks to is decided without a case, as a case would decide it."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Fetched, Judge
from tdm_guard.decision import Decision
from tdm_guard.judging.plainly import plainly_silent
from tdm_guard.model import NOTHING
from tdm_guard.policies.policy import OriginPolicy
from tdm_guard.signals.shape import QuietSite
from tests.benchmarks.inputs import HEADERS

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SITE = "https://site.example"
URL = SITE + "/stories/1.bin"
ABSENT = Fetched(status=404)
JUDGES = {
    "cautious": Judge(agent="ExampleBot"),
    "literal": Judge(agent="ExampleBot", posture="literal"),
    "nobody": Judge(usages={"search"}),
    "repertoire": Judge(agent="ExampleBot", repertoire="bundled:sacem-2023"),
}
ROBOTS = {
    "absent": ABSENT,
    "unreachable": Fetched.unreachable("timeout"),
    "empty": Fetched(status=200),
    "page": Fetched(status=200, body=b"<!doctype html><title>Not found</title>"),
    "private": Fetched(status=200, body=b"User-agent: *\nDisallow: /private/\nDisallow: /*.pdf$\nDisallow: /\xc3\xa9"),
    "agents": Fetched(status=200, body=b"User-agent: GPTBot\nDisallow: /stories/\n\nUser-agent: *\nDisallow:"),
    "signal": Fetched(status=200, body=b"User-agent: *\nContent-Signal: /a/ ai-train=no\nDisallow: /b%2Fc"),
}
TYPES = ("image/jpeg", "text/html", "application/json", "text/css; charset=utf-8", "video/mp4", "x", "", "text/plain")
NAMES = (
    "content-type", "Content-Type", "content-encoding", "content-range", "Server", "link", "TDM-Reservation",
    "x-robots-tag", "content-usage", "Content-Signal", "date", "x-no-ai", "retry-after", "ROBOTS",
)  # fmt: skip
VALUES = (*TYPES, "noai", "1", "train-ai=n", "ai-train=no", "gzip", "bytes 0-9/10", "a\nb", "text/css\ntext/html")
ENDS = ("", "/", "/stories/1", "/private/x", "/a/b", "/x.pdf", "/b%2Fc", "/é", "/%C3%A9", "/a/../private/", "/*", "/$",
        "/./b", "/x?q=/private/", "/p\\q", "/#f", "//private/")  # fmt: skip


def _policy(judge: Judge, robots: Fetched, **more: Fetched) -> OriginPolicy:
    answers = {"/robots.txt": robots, "/.well-known/tdmrep.json": ABSENT, "/ai.txt": ABSENT, "/trust.txt": ABSENT}
    return judge.read_policies(SITE, {**answers, **more}, now=NOW)


POLICIES = {(name, robots): _policy(JUDGES[name], ROBOTS[robots]) for name in JUDGES for robots in ROBOTS}


def _by_a_case(judge: Judge, url: str, policy: OriginPolicy, **given: Any) -> Decision:
    usual: dict[str, Any] = {
        "status": None, "headers": (), "body": None, "body_complete": True, "hops": (), "item": None,
        "unread": "undetermined",
    }  # fmt: skip
    return judge.hear(url, policies=policy, now=NOW, **{**usual, **given}).decision()


@settings(max_examples=100)
@given(
    st.sampled_from(sorted(POLICIES)),
    st.sampled_from((SITE, "http://site.example", "https://me:pw@site.example", "HTTPS://SITE.EXAMPLE", " " + SITE)),
    st.sampled_from(ENDS) | st.text(max_size=8).map(lambda text: "/" + text),
    st.sampled_from((None, 200, 200, 204, 205, 206, 301, 304, 401, 402, 403, 404, 451, 500, 999)),
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=4),
    st.sampled_from(("undetermined", "ignore")),
)
def test_both_ways_come_to_the_same(
    which: tuple[str, str], site: str, end: str, status: int | None, headers: list[tuple[str, str]], unread: str
) -> None:
    judge, policy, url = JUDGES[which[0]], POLICIES[which], site + end
    if site.startswith("http:"):
        policy = judge.read_policies(site, {}, now=NOW)
    short = judge.evaluate(url, status=status, headers=headers, policies=policy, unread=unread, now=NOW)
    long = _by_a_case(judge, url, policy, status=status, headers=headers, unread=unread)
    assert short == long
    assert short.to_dict() == long.to_dict()


LINES = (
    "User-agent: *", "User-agent: GPTBot", "User-agent: CCBot", "User-agent: ExampleBot", "Disallow: /", "Disallow:",
    "Disallow: /a", "Disallow: /*.pdf$", "Disallow: *x", "Allow: /a/b", "Disallow: /b%2Fc", "Disallow: /é", "", "noai",
    "Disallow: images/", "Content-Signal: /a ai-train=no", "Content-Usage: /a train-ai=n", "DisallowAITraining: /a",
)  # fmt: skip


@settings(max_examples=100)
@given(st.lists(st.sampled_from(LINES), max_size=12), st.lists(st.sampled_from(ENDS), min_size=1, max_size=6))
def test_who_says_to_be_silent_says_nothing(lines: list[str], ends: list[str]) -> None:
    policy = _policy(JUDGES["cautious"], Fetched(status=200, body="\n".join(lines).encode()))
    for site in policy.sites:
        for target in map(policy.target, (SITE + end for end in ends)):
            if isinstance(site, QuietSite) and site.is_silent(target):
                assert site.says(target) is NOTHING


@settings(max_examples=60)
@given(st.lists(st.sampled_from(LINES), max_size=12), st.sampled_from(ENDS), st.sampled_from((None, 200, 404)))
def test_both_ways_come_to_the_same_under_any_rules(lines: list[str], end: str, status: int | None) -> None:
    judge, headers = JUDGES["cautious"], HEADERS if status else []
    policy = _policy(judge, Fetched(status=200, body="\n".join(lines).encode()))
    short = judge.evaluate(SITE + end, status=status, headers=headers, policies=policy, now=NOW)
    assert short == _by_a_case(judge, SITE + end, policy, status=status, headers=headers)


@pytest.mark.parametrize("robots", ["absent", "empty", "private", "agents"])
def test_what_most_sites_send_needs_no_case(robots: str) -> None:
    judge, policy = JUDGES["cautious"], POLICIES["cautious", robots]
    url = SITE + "/news/2026/1.json?page=2"
    decision = plainly_silent(judge.bench, policy, url, NOW, 200, HEADERS)
    assert decision == _by_a_case(judge, url, policy, status=200, headers=HEADERS)
    assert decision is not None
    assert decision.verdict == "unreserved"
    assert plainly_silent(judge.bench, policy, url, NOW, None, ()) is not None
    assert plainly_silent(judge.bench, policy, url, NOW, 404, [("content-type", "text/html")]) is not None


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, []),  # nobody says what it is
        (200, [("content-type", "text/html")]),
        (200, [("content-type", "image/jpeg")]),
        (200, [("content-type", "text/css"), ("Content-Type", "text/html")]),
        (200, [("content-type", "text/css"), ("X-Robots-Tag", "all")]),
        (206, [("content-type", "text/css")]),
        (206, [("content-type", "text/css"), ("content-range", "bytes 5-9/10")]),
        (402, []),
        (True, [("content-type", "text/css")]),
        (HTTPStatus.OK, [("content-type", "text/css")]),
    ],
)
def test_what_may_speak_is_a_case(status: int, headers: list[tuple[str, str]]) -> None:
    judge, policy = JUDGES["cautious"], POLICIES["cautious", "absent"]
    assert plainly_silent(judge.bench, policy, URL, NOW, status, headers) is None


@pytest.mark.parametrize("which", [name for name in POLICIES if name[0] == "repertoire" or name[1] == "unreachable"])
def test_where_something_counts_of_every_address_it_is_a_case(which: tuple[str, str]) -> None:
    judge = JUDGES[which[0]]
    assert plainly_silent(judge.bench, POLICIES[which], URL, NOW, 404, ()) is None


def test_a_document_that_nobody_asked_for_is_a_case() -> None:
    judge = JUDGES["cautious"]
    policy = judge.read_policies(SITE, {}, now=NOW)
    assert plainly_silent(judge.bench, policy, URL, NOW, 404, ()) is None
    assert judge.evaluate(URL, status=404, policies=policy, now=NOW).verdict == "undetermined"
    assert judge.evaluate(URL, status=404, policies=policy, unread="ignore", now=NOW).verdict == "unreserved"
