"""Policy tokens: groups of robots.txt keyed by a purpose, for everybody; those that only say so by their words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import ConfigurationError, Decision, Fetched, Judge, Options, Usage, evaluate
from tdm_guard.model import Kind
from tdm_guard.signals.ai_agents.policy_tokens import bundled, says_training
from tdm_guard.usage import TRAINING

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
TOKENS = {"Purpose-Training": ["ai-training"], "Purpose-Search": "search"}
OURS = "\nUser-agent: ExampleBot\nAllow: /\n"


def judged(robots: str, path: str = "/a", **how: Any) -> Decision:
    policies = {
        "/robots.txt": Fetched(status=200, body=robots.encode()),
        "/.well-known/tdmrep.json": Fetched(status=404),
    }
    how = {"usages": {"ai-training"}, "policy_tokens": TOKENS, "agent": "ExampleBot"} | how
    return evaluate(f"https://site.example{path}", policies=policies, now=NOW, **how)


@pytest.mark.parametrize("posture", ["cautious", "literal"])
@pytest.mark.parametrize("more", ["", OURS, "\nUser-agent: *\nAllow: /\n"])
def test_a_disallow_reserves_for_everybody_in_both_postures(posture: str, more: str) -> None:
    decision = judged("User-agent: purpose-training\nDisallow: /\n" + more, posture=posture)
    [words] = decision.because
    assert (decision.verdict, words.signal, words.kind, words.repair) == (
        "reserved", "ai-agents", Kind.RESERVATION, None,
    )  # fmt: skip
    assert (words.locator, words.excerpt) == ("line 2", "User-agent: purpose-training … Disallow: /")
    assert words.usages == TRAINING


@pytest.mark.parametrize("posture", ["cautious", "literal"])
def test_a_well_formed_allow_permits(posture: str) -> None:
    decision = judged("User-agent: Purpose-Training\nAllow: /\n", posture=posture)
    assert (decision.verdict, decision.because[0].excerpt) == ("permitted", "User-agent: Purpose-Training … Allow: /")


@pytest.mark.parametrize(
    "group",
    ["Allow /", "Allow: *", "Allow:", "Disallow:", "Allow: /b", "Allow: /\nTraining: deny", "Allow: /\nNo-AI: yes"],
)
def test_what_is_not_written_as_the_rfc_has_it_permits_nothing(group: str) -> None:
    for posture in ("cautious", "literal"):
        assert judged(f"User-agent: Purpose-Training\n{group}\n", posture=posture).verdict != "permitted"


@pytest.mark.parametrize(
    ("rules", "path", "verdict"),
    [
        ("Disallow: /\nAllow: /free/", "/free/a", "permitted"),
        ("Disallow: /\nAllow: /free/", "/a", "reserved"),
        ("Allow: /\nDisallow: /*.pdf$", "/b.pdf", "reserved"),
        ("Allow: /x\nDisallow: /x", "/x", "permitted"),  # RFC 9309 2.2.2
        ("Disallow: /x", "/a", "unreserved"),
    ],
)
def test_paths_match_as_for_any_group(rules: str, path: str, verdict: str) -> None:
    assert judged(f"User-agent: Purpose-Training\n{rules}\n", path).verdict == verdict


def test_a_token_falls_on_its_own_usages_only() -> None:
    robots = "User-agent: Purpose-Search\nDisallow: /\n"
    assert judged(robots).verdict == "unreserved"
    assert judged(robots, usages={"search"}).verdict == "reserved"
    assert judged(robots, usages={"search"}, policy_tokens={}).verdict == "unreserved"


def test_several_groups_of_a_token_are_one() -> None:
    both = "User-agent: GPTBot\nUser-agent: purpose-training\nDisallow: /b\n"
    robots = f"User-agent: Purpose-Training\nDisallow: /a\n\n{both}"
    assert [judged(robots, path).verdict for path in ("/a", "/b", "/c")] == ["reserved", "reserved", "unreserved"]


NAMED = ["AI-Training", "AI-Training-Crawler", "Training-Data", "AITraining", "ai-train", "train-ai", "GenAI_Training"]
NAMED += ["AI Training", "Foundation-Model-Training", "GenAI", "Generative-AI", "LLM", "LLM-Bots", "Machine-Learning"]
UNNAMED = [
    "Google-Extended",
    "ModelTrainShop",
    "rail-training",
    "Training",
    "data",
    "AI-Search",
    "Generator",
    "Foundation",
    "E-Learning",
    "AmtrakTrain",
    "x" * 200,
]


@pytest.mark.parametrize("token", NAMED)
@pytest.mark.parametrize("more", ["", OURS])
def test_a_token_that_says_ai_training_is_heard_as_a_repair(token: str, more: str) -> None:
    robots = f"User-agent: {token}\nDisallow: /\n{more}"
    decision = judged(robots)
    assert (decision.verdict, decision.because[0].repair) == ("reserved", "policy-token")
    assert judged(robots, posture="literal").verdict == "unreserved"
    assert judged(f"User-agent: {token}\nAllow: /\n{more}").verdict == "unreserved"


@pytest.mark.parametrize("token", NAMED)
def test_to_the_letter_nothing_is_permitted_beside_a_refusal_to_such_a_token(token: str) -> None:
    robots = f"User-agent: *\nContent-Signal: ai-train=yes\nAllow: /\n\nUser-agent: {token}\nDisallow: /b\n"
    assert judged(robots, posture="literal").verdict == "permitted"
    decision = judged(robots, "/b", posture="literal")
    assert (decision.verdict, [fault.locator for fault in decision.faults]) == ("unreserved", ["line 6"])


@pytest.mark.parametrize("token", UNNAMED)
def test_other_names_are_nobodys(token: str) -> None:
    assert not says_training(token)


def test_our_own_agent_may_bear_such_a_name() -> None:
    assert judged("User-agent: AI-Training-Crawler\nAllow: /\n", agent="AI-Training-Crawler").verdict == "unreserved"


@given(st.text(max_size=200))
def test_no_token_raises(token: str) -> None:
    says_training(token)


@given(
    st.sampled_from(NAMED),
    st.sampled_from(["", OURS, "\nUser-agent: *\nContent-Signal: ai-train=yes\n"]),
    st.booleans(),
)
def test_adding_a_group_that_refuses_makes_nothing_laxer(token: str, others: str, first: bool) -> None:
    refusal = f"User-agent: {token}\nDisallow: /\n"
    robots = refusal + others if first else f"{others}\n{refusal}"
    assert judged(robots).verdict == "reserved"


def test_the_option_is_a_table_and_says_what_is_wrong() -> None:
    assert Options.read({}).policy_tokens == bundled()
    assert Options.read({"policy_tokens": "bundled"}).policy_tokens == bundled()
    found = Options.read({"policy_tokens": TOKENS})
    assert found.policy_tokens == (("Purpose-Training", TRAINING), ("Purpose-Search", (Usage.SEARCH,)))
    assert found.describe()["policy_tokens"]["Purpose-Search"] == ["search"]
    for bad in (["x"], {"a b": "tdm"}, {"*": "tdm"}, {"X": "training"}, {"X": []}, {"X": 3}, 7):
        with pytest.raises(ConfigurationError, match=r"^policy_tokens: "):
            Options.read({"policy_tokens": bad})


def test_a_policy_read_for_other_tokens_is_refused() -> None:
    judge, other = Judge(agent="ExampleBot", policy_tokens=TOKENS), Judge(agent="ExampleBot")
    policy = judge.read_policies("https://site.example", {}, now=NOW)
    with pytest.raises(ValueError, match="read it again"):
        other.evaluate("https://site.example/a", policies=policy, now=NOW)


@pytest.mark.parametrize("value", ["GPTBot ClaudeBot", "x; GPTBot", "x|GPTBot", "GPTBot/1.1 (+https://a.example/)"])
def test_agents_on_one_line_are_parted(value: str) -> None:
    decision = judged(f"User-agent: {value}\nDisallow: /\n")
    assert (decision.verdict, decision.because[0].repair) == ("reserved", "ai-agents")
    assert judged(f"User-agent: {value}\nDisallow: /\n\nUser-agent: ExampleBot\nAllow: /\n").verdict == "unreserved"
