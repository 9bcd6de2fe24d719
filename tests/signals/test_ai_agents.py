"""Refusals addressed to AI agents by name in robots.txt."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.site.path_pattern import target
from tdm_guard.formats.site.robots_txt import parse
from tdm_guard.model import Kind, Posture, Reading, Source, Stance
from tdm_guard.signals.ai_agents.ai_agents_signal import SIGNAL, read_robots, settle
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.shared.agents import agent_list, training_tokens
from tdm_guard.usage import TDM, TRAINING

SOURCE = Source(url="https://site.example/robots.txt", carrier="robots.txt")


def wishes(body: str, path: str = "/a", agent: str = "ExampleMiner", posture: Posture = Posture.CAUTIOUS) -> Reading:
    site = read_robots(parse(body.encode()), SOURCE, Listener(agent=agent, posture=posture))
    return site.says(target("https://site.example" + path)) if site else Reading()


def test_the_list_is_dated_and_in_lower_case() -> None:
    assert agent_list().version
    assert agent_list().source_date
    assert {"gptbot", "ccbot", "google-extended", "ai2bot"} <= training_tokens()
    assert agent_list().policy_only == {"google-extended", "applebot-extended", "webzio-extended"}
    assert not {"googlebot", "*", "chatgpt-user", "perplexitybot"} & training_tokens()


def test_cautious_reserves_both_trainings_and_shows_where() -> None:
    (statement,) = wishes("User-agent: Googlebot\nAllow: /\n\nUser-agent: GPTBot # ai\nDisallow: /\n").statements
    assert (statement.stance, statement.kind, statement.usages) == (Stance.RESERVED, Kind.RESERVATION, TRAINING)
    assert (statement.locator, statement.repair, statement.signal) == ("line 5", "ai-agents", "ai-agents")
    assert statement.excerpt == "User-agent: GPTBot … Disallow: /"


def test_literal_only_reports() -> None:
    (statement,) = wishes("User-agent: GPTBot\nDisallow: /\n", posture=Posture.LITERAL).statements
    assert (statement.stance, statement.repair, statement.locator) == (Stance.UNSTATED, None, "line 2")


@pytest.mark.parametrize("posture", Posture)
@pytest.mark.parametrize("own", ["ExampleMiner", "exampleminer/2.0", "ExampleMiner (we like it)"])
def test_a_group_that_names_us_silences_the_rest(own: str, posture: Posture) -> None:
    reading = wishes(f"User-agent: GPTBot\nDisallow: /\nUser-agent: {own}\nDisallow: /x\n", posture=posture)
    assert {statement.stance for statement in reading.statements} <= {Stance.UNSTATED}
    assert settle(reading.statements, posture) == ()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "User-agent: *\nDisallow: /a",
        "User-agent: GPTBot\nDisallow:",
        "User-agent: GPTBot\nAllow: /",
        "User-agent: GPTBot\nDisallow: /b",
        "User-agent: GPTBot\nDisallow: /\nAllow: /a",
        "User-agent: ChatGPT-User\nDisallow: /",
        "User-agent: Googlebot\nDisallow: /",
        "User-agent: NotGPTBot\nDisallow: /",
        "User-agent: GPTBot-like\nDisallow: /",
        "# User-agent: GPTBot\n# Disallow: /",
        "Disallow: /\nUser-agent: GPTBot",
    ],
)
def test_no_wish_is_heard(body: str) -> None:
    assert wishes(body) == Reading()


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("gptbot", "gptbot"),
        ("GPTBot/1.1", "GPTBot"),
        ("GPTBot*", "GPTBot"),
        ("Googlebot, CCBot", "CCBot"),
        ("AI2Bot", "AI2Bot"),
        ("Kangaroo Bot", "Kangaroo Bot"),
        ("GPTBot, CCBot, Other", "GPTBot, CCBot"),
        ("GPTBot, ExampleMiner", "GPTBot, ExampleMiner"),
        ("Other, ExampleMiner", "ExampleMiner"),
    ],
)
def test_values_that_name_a_training_agent(value: str, named: str) -> None:
    (statement,) = wishes(f"User-agent: {value}\nDisallow: /\n").statements
    assert statement.excerpt == f"User-agent: {named} … Disallow: /"


def test_tokens_with_the_same_rules_share_one_statement_policy_tokens_first() -> None:
    body = "".join(f"User-agent: {token}\nDisallow: /\n\n" for token in ("GPTBot", "CCBot", "Google-Extended"))
    (statement,) = wishes(body).statements
    assert statement.excerpt == "User-agent: Google-Extended, GPTBot, CCBot … Disallow: /"


def test_any_token_with_a_disallow_of_the_path_will_do() -> None:
    body = "User-agent: GPTBot\nAllow: /\nDisallow: /x\n\nUser-agent: CCBot\nDisallow: /a"
    (statement,) = wishes(body).statements
    assert statement.excerpt == "User-agent: CCBot … Disallow: /a"
    assert wishes(body, "/x").statements[0].locator == "line 3"
    assert wishes(body, "/y") == Reading()


def test_groups_of_one_token_are_merged() -> None:
    body = "User-agent: GPTBot\nDisallow: /\nUser-agent: X\nAllow: /\nUser-agent: gptbot\nAllow: /a"
    assert wishes(body, "/a") == Reading()
    assert wishes(body, "/b").statements


def test_robots_txt_itself_says_nothing() -> None:
    assert wishes("User-agent: GPTBot\nDisallow: /", "/robots.txt") == Reading()


def test_a_listener_for_nobody_hears_the_wishes_too() -> None:
    assert wishes("User-agent: GPTBot\nDisallow: /", agent="*").statements


def test_sites_are_picklable() -> None:
    site = read_robots(parse(b"User-agent: GPTBot\nDisallow: /a"), SOURCE, Listener(agent="X"))
    assert site is not None
    assert pickle.loads(pickle.dumps(site)).says("/a") == site.says("/a")


def test_the_signal_may_speak_of_all_mining() -> None:
    assert SIGNAL.name == "ai-agents"
    assert SIGNAL.usages == TDM  # what refuses AI in unknown words can be about more than training


@given(
    st.lists(
        st.sampled_from(
            ["User-agent: GPTBot", "User-agent: CCBot, X", "User-agent: Y", "Disallow: /a", "Allow: /", "Allow: /a", ""]
        )
    )
)
@settings(max_examples=200)
def test_a_group_for_a_further_agent_never_lifts_a_wish(lines: list[str]) -> None:
    body = "\n".join(lines)
    before = wishes(body)
    after = wishes(body + "\nDisallow: /nowhere\nUser-agent: Bytespider\nDisallow: /a\n")
    assert after.statements
    assert len(after.statements) >= len(before.statements)
