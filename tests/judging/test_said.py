"""What is heard and settles nothing is in the record: of usages that nobody asked for, too; silence adds nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Decision, Fetched, evaluate
from tdm_guard.judging.decide import MAX_SAID, Terms, decide
from tdm_guard.log.reader import read_log
from tdm_guard.log.recorded import read_decision
from tdm_guard.model import Stance, Statement
from tdm_guard.usage import Usage
from tests.support.logs import log_of
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, tzinfo=UTC)
URL = "https://site.example/a"
SIGNALS_LINE = b"User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /\n"


def judged(robots: bytes = SIGNALS_LINE, **given: Any) -> Decision:
    policies = {**SILENT, "/robots.txt": Fetched(status=200, body=robots)}
    usual: dict[str, Any] = {"status": 200, "headers": [("content-type", "text/html")], "body": b"<p>Text", "now": NOW}
    return evaluate(URL, **{**usual, "policies": policies, "agent": "ExampleBot", **given})


def words(statements: tuple[Statement, ...]) -> list[tuple[str, tuple[Usage, ...], Stance]]:
    return [(item.signal, item.usages, item.stance) for item in statements]


def test_what_is_said_of_usages_not_asked_is_in_the_record() -> None:
    decision = judged(usages={"search"})
    assert words(decision.because) == [("content-signals", (Usage.SEARCH,), Stance.PERMITTED)]
    [refused] = decision.said
    assert (refused.stance, refused.usages) == (Stance.RESERVED, (Usage.NONGENAI_TRAINING, Usage.GENAI_TRAINING))
    assert "ai-train=no" in str(refused.excerpt)
    [entry] = decision.to_dict()["said"]
    assert (entry["source"], entry["stance"]) == ("https://site.example/robots.txt", "reserved")


@pytest.mark.parametrize("usages", [{"tdm"}, {"search"}, {"archive"}, {"search", "genai-training"}])
@pytest.mark.parametrize("mode", ["enforce", "observe"])
@pytest.mark.parametrize("posture", ["cautious", "literal"])
def test_whatever_is_asked_the_same_is_heard(usages: set[str], mode: str, posture: str) -> None:
    decision = judged(usages=usages, mode=mode, posture=posture, signals=["robots", "content-signals"])
    everything = judged(usages=set(Usage), mode=mode, posture=posture, signals=["robots", "content-signals"])
    assert {*decision.because, *decision.said} == {*everything.because, *everything.said}
    assert not {*decision.because} & {*decision.said}


def test_a_silent_page_has_no_such_member() -> None:
    decision = judged(b"User-agent: *\nAllow: /\n")
    assert decision.said == ()
    assert "said" not in decision.to_dict()


def test_what_settles_everything_is_not_told_twice() -> None:
    assert "said" not in judged(b"User-agent: *\nContent-Signal: ai-train=no\n").to_dict()


def test_it_is_written_and_read_back(tmp_path: Path) -> None:
    decisions = [judged(b"", usages={"search"}), judged(usages={"archive"}), judged(usages={"search"})]
    logged = log_of(tmp_path / "log.jsonl", decisions)
    records = [line.record for line in read_log([tmp_path / "log.jsonl"]) if line.type == "decision"]
    assert records == [item.to_dict() for item in logged]
    assert [len(record.get("said", ())) for record in records if record] == [0, 2, 1]
    read = [read_decision(record) for record in records if record]
    assert [item and (item.decision, item.left_out) for item in read] == [(item, ()) for item in logged]


def test_a_flood_is_bounded_what_reserves_comes_first_and_the_rest_is_counted() -> None:
    def one(number: int, stance: Stance) -> Statement:
        source = f"https://site.example/{number}"
        return Statement(source=source, carrier="file", signal="x", usages=(Usage.SEARCH,), stance=stance)

    said = [one(n, Stance.PERMITTED) for n in range(MAX_SAID)] + [one(n, Stance.RESERVED) for n in range(3)]
    outcome = decide(tuple(said), Terms(usages=(Usage.GENAI_TRAINING,)))
    assert [item.stance for item in outcome.said[:4]] == [*[Stance.RESERVED] * 3, Stance.PERMITTED]
    assert (len(outcome.said), outcome.said_more) == (MAX_SAID, 3)
    assert json.loads(json.dumps(outcome.besides()))["said_more"] == 3
