"""Refusals of AI in words that no standard has: the vocabulary, and the lines of robots.txt that use it."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.site.path_pattern import target
from tdm_guard.formats.site.robots_txt import parse
from tdm_guard.model import Posture, Reading, Source, Stance
from tdm_guard.signals.ai_agents.unknown_lines import read_unknown
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.shared.refusing_vocabulary import AI, about, plain, says_no
from tdm_guard.signals.shared.refusing_words import has_topic, refused, refused_preference
from tdm_guard.usage import EVERY, TDM, TRAINING, Usage
from tests.support.growth import grows_linearly

SOURCE = Source(url="https://site.example/robots.txt", carrier="robots.txt")


@pytest.mark.parametrize(
    ("name", "value", "usages"),
    [
        ("AI-Training", "disallowed", TRAINING),
        ("AI_TRAINING", "prohibited", TRAINING),
        ("AITraining", "0", TRAINING),
        ("ai training", "not allowed", TRAINING),
        ("LLM-Training", "Deny", TRAINING),
        ("Disallow-AI", "yes", AI),
        ("DisallowAI", "true", AI),
        ("NoAI", "1", AI),
        ("noml", "yes", TRAINING),
        ("Allow-AI", "no", AI),
        ("AI-Opt-Out", "yes", AI),
        ("Prohibits", "train-ai, train-genai", TRAINING),
        ("Prohibits", "something-new", AI),
        ("Block", "ai-bots", AI),
        ("Permission", "deny-training", TRAINING),
        ("AI-Policy", "no-training", TRAINING),
        ("AI-Policy", "training=no, search=yes", TRAINING),
        ("Content-Use", "train-ai=n", TRAINING),
        ("TDM-Reservation", "1", TDM),
        ("Robots", "noai", AI),
        ("Note", "Do not train AI on this", TRAINING),
        ("AI-Input", "denied", (Usage.AI_INPUT,)),
        ("", "noaitraining", TRAINING),
        ("", "notrain", TRAINING),
        ("", "no-ai-training", TRAINING),
    ],
)
def test_what_refuses(name: str, value: str, usages: tuple[Usage, ...]) -> None:
    assert refused(name, value) == usages
    assert refused(name.upper(), value) or name in ("AITraining", "DisallowAI", "NoAI")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Noindex", "/x"),
        ("Nofollow", "/x"),
        ("AI-Contact", "no-reply@site.example"),
        ("AI-Policy", "https://site.example/no-ai-training"),
        ("LLMs", "https://site.example/llms.txt"),
        ("Disallow-AI", "no"),
        ("Disallow-AI", ""),
        ("NoAI", "false"),
        ("not-train-ai", "n"),
        ("AI-Training", "allowed"),
        ("AI-Training", "yes"),
        ("AI-Policy", "no restrictions"),
        ("AI-Disclosure", "none"),
        ("Crawl-delay", "0"),
        ("Request-rate", "1/10"),
        ("Train-Timetable", "/x"),
        ("Permits", "ai-training"),
        ("Standard", "RSL/1.0"),
        ("Prohibits", "redistribution-without-attribution"),
        ("", "noindex"),
        ("", "noarchive"),
        ("", "nosnippet"),
        ("", "noimageindex"),
        ("", "notranslate"),
        ("", "nositelinkssearchbox"),
        ("", "none"),
        ("", "noairport"),
        ("", ""),
    ],
)
def test_what_refuses_nothing(name: str, value: str) -> None:
    assert refused(name, value) == ()


def test_labels_of_preferences() -> None:
    assert refused_preference("search", "no") == (Usage.SEARCH,)
    assert refused_preference("search", "yes") == ()
    assert refused_preference("all", "deny") == EVERY
    assert refused("search", "no") == ()


@settings(max_examples=300)
@given(st.text(max_size=200), st.text(max_size=200))
def test_nothing_raises(name: str, value: str) -> None:
    found = refused(name, value)
    assert set(found) <= set(EVERY)
    assert isinstance(says_no(value), bool)
    assert has_topic(name) in (True, False)
    assert set(about(plain(name))) <= set(EVERY)


# Lines of robots.txt


def hear(body: str, *, agent: str = "ExampleMiner", path: str = "/page", cautious: bool = True) -> Reading:
    posture = Posture.CAUTIOUS if cautious else Posture.LITERAL
    site = read_unknown(parse(body.encode()), SOURCE, Listener(agent=agent, posture=posture), signal="ai-agents")
    return pickle.loads(pickle.dumps(site)).says(target(f"https://site.example{path}")) if site else Reading()


def reserved(reading: Reading) -> set[Usage]:
    return {usage for s in reading.statements if s.stance is Stance.RESERVED for usage in s.usages}


def test_evidence_of_a_line() -> None:
    reading = hear("User-agent: *\n\n  AI-Training: disallowed # ours\nAllow: /\n")
    (statement,) = reading.statements
    assert (statement.locator, statement.excerpt) == ("line 3", "AI-Training: disallowed # ours")
    assert (statement.signal, statement.repair, statement.usages) == ("ai-agents", "robots-unknown-refusal", TRAINING)
    assert [fault.locator for fault in reading.faults] == ["line 3"]


def test_to_the_letter_it_is_a_doubt_with_a_fault() -> None:
    reading = hear("User-agent: *\nAI-Training: disallowed\n", cautious=False)
    (statement,) = reading.statements
    assert (statement.stance, statement.repair) == (Stance.UNSTATED, None)
    assert statement.doubt
    assert reading.faults


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        ("AI-Training: no\nUser-agent: *\nAllow: /\n", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: GPTBot\nAI-Training: no\n", True),
        ("User-agent: *\nAI-Training: no\n\nUser-agent: ExampleMiner\nAllow: /\n", True),  # one group: no rule ends it
        ("User-agent: *\nAI-Training: no\nAllow: /\n\nUser-agent: ExampleMiner\nAllow: /\n", False),
        ("User-agent: ExampleMiner\nAllow: /\nAI-Training: no\n", True),
        ("AI-Training: no\nUser-agent: ExampleMiner\nAllow: /\n", True),
    ],
)
def test_whom_a_line_is_for(body: str, heard: bool) -> None:
    assert bool(reserved(hear(body))) is heard


@pytest.mark.parametrize(
    ("line", "path", "heard"),
    [
        ("Disallow-AI: /premium/", "/premium/a", True),
        ("Disallow-AI: /premium/", "/page", False),
        ("AI-Training: /premium/ no", "/premium/a", True),
        ("AI-Training: /premium/ no", "/page", False),
        ("Disallow-AI: *", "/page", True),
    ],
)
def test_paths(line: str, path: str, heard: bool) -> None:
    assert bool(reserved(hear(f"User-agent: *\n{line}\n", path=path))) is heard


@pytest.mark.parametrize(
    "line",
    [
        "# AI-Training: no",
        "Sitemap: https://site.example/no-ai-training.xml",
        "Host: no-ai.example",
        "Disallow: /no-ai-training",
        "Content-Signal: ai-train=no",
        "Content-Usage: train-ai=n",
        "DisallowAITraining: /",
        "AllowAITraining: /x",
        "License: https://site.example/no-ai.xml",
        "Crawl-delay: 0",
        "Compensation: free",
        "Standard: RSL/1.0",
        "Permits: ai-training",
        "Noindex: /ai/",
    ],
)
def test_known_lines_are_left_to_their_readers(line: str) -> None:
    assert hear(f"User-agent: *\n{line}\n") == Reading()


def test_a_price_outside_of_the_groups_of_others() -> None:
    line = "Compensation: per-crawl 5000 micros USD\nStandard: RSL/1.0\n"
    assert reserved(hear(f"User-agent: *\nAllow: /\n{line}")) == set(AI)
    assert not reserved(hear(f"User-agent: GPTBot\nAllow: /\n{line}\nUser-agent: *\nDisallow:\n"))


def test_what_many_lines_say_is_bounded() -> None:
    reading = hear("User-agent: *\n" + "AI-Training: no\n" * 20_000)
    assert len(reading.statements) == 1
    assert len(reading.faults) <= 8


@pytest.mark.parametrize("piece", [b"ai-\n", b"no ai\n", b"ai: x\n", b"ai: no\n"])
def test_a_file_full_of_such_lines_takes_linear_time(piece: bytes) -> None:
    def look(length: int) -> None:
        robots = parse(piece * (length // len(piece)))
        site = read_unknown(robots, SOURCE, Listener(agent="X"), signal="ai-agents")
        assert site is None or site.says("/").statements[0].locator == "line 1"

    assert grows_linearly(look, 100_000)


@settings(max_examples=200)
@given(st.binary(max_size=300) | st.text(alphabet="AI-Training: no\n#=/*", max_size=100).map(str.encode))
def test_no_file_raises(body: bytes) -> None:
    site = read_unknown(parse(body), SOURCE, Listener(agent="X"), signal="ai-agents")
    assert site is None or site.says("/").statements or site.says("/") == Reading()
