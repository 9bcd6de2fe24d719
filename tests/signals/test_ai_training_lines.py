"""DisallowAITraining and AllowAITraining lines, heard under the signal for AI agents."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.site.path_pattern import target
from tdm_guard.formats.site.robots_txt import parse
from tdm_guard.model import Kind, Posture, Reading, Source, Stance
from tdm_guard.signals.ai_agents.ai_agents_signal import read_robots, settle
from tdm_guard.signals.shape import Listener
from tdm_guard.usage import TRAINING

SOURCE = Source(url="https://site.example/robots.txt", carrier="robots.txt")


def hear(
    body: str | bytes, path: str = "/page", *, agent: str = "ExampleMiner", posture: Posture = Posture.CAUTIOUS
) -> Reading:
    text = parse(body if isinstance(body, bytes) else body.encode())
    site = read_robots(text, SOURCE, Listener(agent=agent, posture=posture))
    return site.says(target("https://site.example" + path)) if site else Reading()


def reserves(reading: Reading, posture: Posture = Posture.CAUTIOUS) -> bool:
    return any(statement.stance is Stance.RESERVED for statement in settle(reading.statements, posture))


@pytest.mark.parametrize("posture", Posture)
def test_a_refusal_of_our_group_reserves_both_trainings(posture: Posture) -> None:
    (statement,) = hear("User-agent: *\nDisallowAITraining: /p # ours\nAllow: /\n", posture=posture).statements
    assert (statement.stance, statement.usages, statement.kind) == (Stance.RESERVED, TRAINING, Kind.RESERVATION)
    assert (statement.signal, statement.locator, statement.repair) == ("ai-agents", "line 2", None)
    assert statement.excerpt == "DisallowAITraining: /p # ours"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("DisallowAITraining: /", True),
        ("disallowaitraining : /", True),
        ("DisallowAITraining /", True),
        ("DisallowAITraining: *age", True),
        ("DisallowAITraining: /*ge$", True),
        ("DisallowAITraining: /\nAllowAITraining: /page", False),
        ("AllowAITraining: /page\nDisallowAITraining: /", False),
        ("DisallowAITraining: /page\nAllowAITraining: /", True),
        ("DisallowAITraining: /page\nAllowAITraining: /page", True),
        ("DisallowAITraining:", False),
        ("DisallowAITraining: /other", False),
        ("AllowAITraining: /", False),
        ("# DisallowAITraining: /", False),
    ],
)
def test_the_longest_path_decides(content: str, expected: bool) -> None:
    for posture in Posture:
        assert reserves(hear(f"User-agent: *\n{content}\n", posture=posture), posture) is expected


@pytest.mark.parametrize("line", ["DisallowAITraining: page", "DisallowAITraining: yes", "DisallowAITrainings: /"])
def test_what_is_not_as_the_draft_has_it_refuses_in_unknown_words(line: str) -> None:
    body = f"User-agent: *\n{line}\n"
    (statement,) = hear(body).statements
    assert (statement.stance, statement.repair) == (Stance.RESERVED, "robots-unknown-refusal")
    assert not reserves(hear(body, posture=Posture.LITERAL), Posture.LITERAL)


def test_the_allow_form_permits_nothing() -> None:
    assert hear("User-agent: *\nAllowAITraining: /\nDisallowAITraining: /x\n") == Reading()


def test_lines_belong_to_their_group() -> None:
    body = "User-agent: Other\nDisallowAITraining: /\nAllow: /\n\nUser-agent: *\nAllow: /\n"
    assert not reserves(hear(body))
    assert reserves(hear(body, agent="Other"))


def test_a_line_of_the_group_that_names_us_is_for_us() -> None:
    body = "User-agent: GPTBot\nDisallow: /\n\nUser-agent: ExampleMiner\nDisallowAITraining: /page\nAllow: /\n"
    for posture in Posture:
        assert reserves(hear(body, posture=posture), posture)
        assert not reserves(hear(body, "/other", posture=posture), posture)


def test_beside_refusals_to_agents_by_name() -> None:
    body = "User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallowAITraining: /page\n"
    first, second = hear(body).statements
    assert (first.repair, second.repair) == ("ai-agents", None)
    assert len(hear(body, "/other").statements) == 1


def test_before_any_group_a_refusal_counts_in_the_cautious_posture() -> None:
    body = "DisallowAITraining: /\nAllowAITraining: /page\nUser-agent: *\nAllow: /\n"
    (statement,) = hear(body).statements
    assert (statement.stance, statement.repair, statement.locator) == (Stance.RESERVED, "ai-agents", "line 1")
    literal = hear(body, posture=Posture.LITERAL)
    assert [(each.stance, bool(each.doubt)) for each in literal.statements] == [(Stance.UNSTATED, True)]
    assert literal.faults[0].locator == "line 1"


def test_a_line_before_any_group_hides_none_of_ours() -> None:
    body = "DisallowAITraining: /page\nUser-agent: *\nDisallowAITraining: /\n"
    for posture in Posture:
        assert reserves(hear(body, posture=posture), posture)


def test_sites_are_picklable() -> None:
    body = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallowAITraining: /page\n"
    site = read_robots(parse(body), SOURCE, Listener(agent="ExampleMiner"))
    assert site is not None
    assert pickle.loads(pickle.dumps(site)).says("/page") == site.says("/page")


LINES = st.sampled_from(
    [
        "DisallowAITraining: /",
        "DisallowAITraining: /a",
        "AllowAITraining: /a",
        "AllowAITraining: /",
        "User-agent: *",
        "Allow: /",
    ]
)
FILES = st.lists(LINES, max_size=8).map("\n".join)


@settings(max_examples=100)
@given(FILES)
def test_the_cautious_posture_only_adds(body: str) -> None:
    literal = reserves(hear(body, "/a", posture=Posture.LITERAL), Posture.LITERAL)
    assert literal <= reserves(hear(body, "/a"))


@settings(max_examples=100)
@given(st.binary(max_size=100) | st.binary(max_size=40).map(b"User-agent: *\nDisallowAITraining: ".__add__))
def test_no_bytes_raise(body: bytes) -> None:
    for posture in Posture:
        hear(body, posture=posture)
