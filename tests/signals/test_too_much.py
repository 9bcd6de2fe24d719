"""Rules and addresses that would take too long to compare: nobody knows, and the record says which bound it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from string import ascii_letters
from typing import Any
from unittest.mock import patch

import pytest

from tdm_guard import Fetched, Judge
from tdm_guard.decision import Decision
from tdm_guard.formats.site import access_rules, path_pattern
from tdm_guard.formats.site.path_pattern import MAX_WORK, PathPattern
from tdm_guard.formats.site.pattern_index import PatternIndex
from tdm_guard.model import Verdict
from tests.support.silence import SILENT

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SITE = "https://site.example"
SHORT = f"{SITE}/a"
LONG = f"{SITE}/" + "a" * 60_000 + "b"
RULES = 1_500
PAIRS = [x + y for x in ascii_letters for y in ascii_letters]  # too short for an index of threes: each has to be tried
Lines = Callable[[int], str]


def robots(line: str, agent: str = "*") -> Lines:
    return lambda n: f"User-agent: {agent}\n" + "".join(line.format(i=pair) + "\n" for pair in PAIRS[:n])


def tdmrep(n: int) -> str:
    rules = ",".join(f'{{"location": "/*zz*{i}", "tdm-reservation": 1}}' for i in PAIRS[:n])
    return f"[{rules}]"


def rsl(n: int) -> str:
    inner = "".join(
        f'<content url="/*zz*{i}"><license><permits type="usage">all</permits></license></content>' for i in PAIRS[:n]
    )
    return f'<rsl xmlns="https://rslstandard.org/rsl">{inner}</rsl>'


CARRIERS: dict[str, tuple[str, str, Lines]] = {
    "robots": ("robots", "/robots.txt", robots("Disallow: /*zz*{i}")),
    "ai-agents": ("ai-agents", "/robots.txt", robots("Disallow: /*zz*{i}", "GPTBot")),
    "policy token": ("ai-agents", "/robots.txt", robots("Disallow: /*zz*{i}", "no-ai-training")),
    "training lines": ("ai-agents", "/robots.txt", robots("DisallowAITraining: /*zz*{i}")),
    "unknown lines": ("ai-agents", "/robots.txt", robots("AI-Training: /*zz*{i} disallowed")),
    "aipref": ("aipref", "/robots.txt", robots("Content-Usage: /*zz*{i} train-ai=n")),
    "content-signals": ("content-signals", "/robots.txt", robots("Content-Signal: /*zz*{i} ai-train=no")),
    "ai-txt": ("ai-txt", "/ai.txt", robots("Disallow: /*zz*{i}")),
    "tdmrep": ("tdmrep", "/.well-known/tdmrep.json", tdmrep),
    "rsl": ("rsl", "/l.xml", rsl),
}


def judged(signal: str, path: str, text: str, url: str, **options: Any) -> Decision:
    judge = Judge(usages={"ai-training"}, agent="ExampleBot", signals=[signal], **options)
    documents = dict(SILENT)
    if signal == "rsl":
        documents["/robots.txt"] = Fetched(status=200, body=f"License: {SITE}{path}\n".encode())
        documents[f"{SITE}{path}"] = Fetched(status=200, body=text.encode())
    else:
        documents[path] = Fetched(status=200, body=text.encode())
    return judge.evaluate(url, policies=judge.read_policies(SITE, documents, now=NOW), now=NOW)


@pytest.mark.parametrize("posture", ["cautious", "literal"])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_too_many_rules_for_a_long_address_leave_it_undetermined(carrier: str, posture: str) -> None:
    signal, path, lines = CARRIERS[carrier]
    if carrier == "policy token" and posture == "literal":
        pytest.skip("to the letter nobody speaks through such a group")
    decision = judged(signal, path, lines(RULES), LONG, posture=posture)
    assert decision.verdict is Verdict.UNDETERMINED
    assert any("60002 characters" in fault.message and str(MAX_WORK) in fault.message for fault in decision.faults)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_other_addresses_of_the_same_site_are_not_concerned(carrier: str) -> None:
    signal, path, lines = CARRIERS[carrier]
    decision = judged(signal, path, lines(RULES), SHORT)
    assert decision.verdict in (Verdict.UNRESERVED, Verdict.PERMITTED)
    assert not any("characters" in fault.message for fault in decision.faults)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_few_rules_are_compared_with_the_longest_address(carrier: str) -> None:
    signal, path, lines = CARRIERS[carrier]
    assert judged(signal, path, lines(10), LONG).verdict in (Verdict.UNRESERVED, Verdict.PERMITTED)


@pytest.mark.parametrize("agent", ["*", "GPTBot"])
def test_equal_rules_count_once(agent: str) -> None:
    text = f"User-agent: {agent}\n" + "Disallow: /*aaab*c\n" * 10_000
    signal = "robots" if agent == "*" else "ai-agents"
    assert judged(signal, "/robots.txt", text, LONG).verdict is Verdict.UNRESERVED
    counted = 0
    real = access_rules._may_match

    def counting(value: str, target: str) -> bool:
        nonlocal counted
        counted += 1
        return real(value, target)

    with patch.object(access_rules, "_may_match", counting):
        assert judged(signal, "/robots.txt", text, LONG + "c").verdict is Verdict.RESERVED
    assert counted <= 2


@pytest.mark.parametrize(("rules", "verdict"), [(300, Verdict.RESERVED), (5_000, Verdict.UNDETERMINED)])
def test_rules_that_all_match_are_tried_within_bounds(rules: int, verdict: Verdict) -> None:
    text = "User-agent: *\n" + "".join(f"Disallow: /%C3%A9{i}\n" for i in range(rules)) + "Disallow: /page\n"
    tried = 0
    real = path_pattern.normalise_pattern

    def counting(value: str) -> str:
        nonlocal tried
        tried += 1
        return real(value)

    judge = Judge(usages={"ai-training"}, agent="ExampleBot", signals=["robots"])
    policies = judge.read_policies(SITE, {"/robots.txt": Fetched(status=200, body=text.encode())}, now=NOW)
    with patch.object(access_rules, "normalise_pattern", counting):
        decision = judge.evaluate(f"{SITE}/page", policies=policies, now=NOW)
    assert decision.verdict is verdict
    assert tried <= access_rules.MAX_TRIED
    assert judge.evaluate(f"{SITE}/other", policies=policies, now=NOW).verdict is Verdict.UNRESERVED


def test_the_parts_of_a_path_are_cut_out_once_where_many_are_looked_for() -> None:
    index = PatternIndex([PathPattern.parse(f"/*{i:05}x") for i in range(10_000, 12_000)])

    class Path(str):
        sought = 0

        def __contains__(self, part: object) -> bool:
            Path.sought += 1
            return super().__contains__(part)  # type: ignore[operator]

    assert index.matching(Path("/" + "a" * 60_000 + "11000x")) == (1_000,)
    assert Path.sought == 0


check = partial(path_pattern.check_work, 100)


def test_the_bound_is_on_rules_times_characters() -> None:
    check("a" * (MAX_WORK // 100))
    with pytest.raises(path_pattern.TooMuchWork):
        check("a" * (MAX_WORK // 100 + 1))
