"""Disallow lines for training agents whose value is no path: what they mean, and what they do not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import Decision, Fetched, Judge, Verdict
from tdm_guard.signals.ai_agents.agent_slips import MAX_SLIPS, PATH

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
JUDGES = {
    posture: Judge(agent="ExampleBot", usages={"ai-training"}, posture=posture) for posture in ("cautious", "literal")
}
PLACES = ("/.well-known/tdmrep.json", "/ai.txt", "/.well-known/ai.txt", "/trust.txt", "/.well-known/trust.txt")
YES = "\nUser-agent: *\nContent-Signal: ai-train=yes\nAllow: /\n"


def judged(robots: str, path: str = "/a", posture: str = "cautious") -> Decision:
    policies = dict.fromkeys(PLACES, Fetched(status=404)) | {"/robots.txt": Fetched(status=200, body=robots.encode())}
    return JUDGES[posture].evaluate(f"https://site.example{path}", policies=policies, now=NOW)


@pytest.mark.parametrize(
    "value",
    ['"/"', "'/'", "“/”", "https://site.example/", "//site.example/", "all", "Everything", "\\", "all of it"],
)
@pytest.mark.parametrize("more", ["", YES])
def test_what_means_every_path_refuses_training(value: str, more: str) -> None:
    decision = judged(f"User-agent: GPTBot\nDisallow: {value}\n{more}")
    assert decision.verdict is Verdict.RESERVED
    words = next(each for each in decision.because if each.repair == PATH)
    assert (words.locator, words.excerpt) == ("line 2", f"User-agent: GPTBot … Disallow: {value}")
    assert judged(f"User-agent: GPTBot\nDisallow: {value}\n", posture="literal").verdict is Verdict.UNRESERVED


@pytest.mark.parametrize(
    "value", ["images/", "./images/", '"/images/"', "https://site.example/images/", "images", "./images"]
)
def test_what_means_one_path_refuses_that_one(value: str) -> None:
    robots = f"User-agent: CCBot\nDisallow: {value}\n"
    assert judged(robots, "/images/a.png").verdict is Verdict.RESERVED
    assert judged(robots, "/texts/a").verdict is Verdict.UNRESERVED


@pytest.mark.parametrize(
    "value", ["", '""', "none", "None", "no", "false", "-", "n/a", "# nothing", "https://other.example/", "//other/"]
)
def test_what_refuses_nothing_here_is_no_refusal(value: str) -> None:
    assert judged(f"User-agent: GPTBot\nDisallow: {value}\n{YES}").verdict is Verdict.PERMITTED


@pytest.mark.parametrize("agent", ["*", "Googlebot", "ShopBot"])
def test_what_is_said_to_others_is_no_word_on_training(agent: str) -> None:
    assert judged(f'User-agent: {agent}\nDisallow: "/"\n').verdict is Verdict.UNRESERVED


def test_a_group_of_our_own_is_the_last_word() -> None:
    robots = 'User-agent: GPTBot\nDisallow: "/"\n\nUser-agent: ExampleBot\nAllow: /\n'
    assert judged(robots).verdict is Verdict.UNRESERVED


@pytest.mark.parametrize("value", ["all/", "site.html", "y/", "on-line/"])
def test_a_name_that_begins_like_everything_is_a_name(value: str) -> None:
    robots = f"User-agent: CCBot\nDisallow: {value}\n"
    assert judged(robots, f"/{value}").verdict is Verdict.RESERVED
    assert judged(robots, "/other").verdict is Verdict.UNRESERVED


def test_paths_beside_slips_stand() -> None:
    robots = "User-agent: GPTBot\nDisallow: /x\nDisallow: y/\nAllow: /\n"
    assert [judged(robots, path).verdict for path in ("/x", "/y/z", "/z")] == ["reserved", "reserved", "unreserved"]


def test_quoted_names_are_names() -> None:
    assert judged('User-agent: "GPTBot"\nDisallow: /\n').verdict is Verdict.RESERVED


def test_of_more_than_are_kept_the_last_counts_everywhere() -> None:
    lines = "".join(f"Disallow: p{number}/\n" for number in range(MAX_SLIPS + 1))
    assert judged(f"User-agent: GPTBot\n{lines}", "/q").verdict is Verdict.RESERVED


@given(st.text(max_size=40))
def test_no_value_raises_and_none_is_a_yes(value: str) -> None:
    robots = f"User-agent: GPTBot\nDisallow: {value}\n"
    assert judged(robots).verdict is not Verdict.PERMITTED
