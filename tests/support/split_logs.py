"""Runs whose personal members stand aside, and decisions of many kinds for them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tdm_guard.decision import Checked, Decision, Exchange, Match, Outcome, Stage
from tdm_guard.log.jsonl import JsonlLog, Keeping
from tdm_guard.log.reader import read_log
from tdm_guard.log.record import RunInfo
from tdm_guard.model import Fault, Posture, Result, Stance, Statement, Stored, Verdict
from tdm_guard.operator import Research
from tdm_guard.usage import TDM

NOW = datetime(2026, 11, 28, 9, 0, 0, 123456, tzinfo=UTC)
RUN = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce", signals=("robots", "tdmrep"))
UNTIL = "2027-01-01"
CLAIM = Research(eligible=True, lawful_access=True, attested_by="M. Exemple", at="2026-01-01", reference="x")
CHECKED = (Checked("https://a.example/robots.txt", Result.READ, 200, NOW, "a" * 64),)


def statement(**members: Any) -> Statement:
    values: dict[str, Any] = {
        "source": "https://a.example/.well-known/tdmrep.json", "carrier": "file", "excerpt": '"tdm-reservation": 1',
        "signal": "tdmrep", "usages": TDM, "stance": Stance.RESERVED,
    }  # fmt: skip
    return Statement(**{**values, **members})


def decision(
    url: str = "https://a.example/marie-exemple", verdict: Verdict = Verdict.UNRESERVED, *, hops: tuple[str, ...] = (),
    because: tuple[Statement, ...] = (), faults: tuple[Fault, ...] = (), final_url: str | None = None,
    repertoire: Match | None = None, checked: tuple[Checked, ...] = CHECKED,
    stored: Stored | None = None,
) -> Decision:  # fmt: skip
    exempt = verdict is Verdict.EXEMPT
    outcome = Outcome(
        verdict=verdict, usages=dict.fromkeys(TDM, Stance.UNSTATED), because=because,
        exemption=CLAIM if exempt else None, without_exemption=Verdict.RESERVED if exempt else None,
    )  # fmt: skip
    exchange = Exchange(
        final_url or url, "https://a.example", 200, not verdict.withholds, media_type="text/html", bytes=10,
        hops=hops, repertoire=repertoire,
    )  # fmt: skip
    return Decision(
        url=url, ts=NOW, stage=Stage.BODY, outcome=outcome, exchange=exchange, checked=checked, faults=faults,
        stored=stored,
    )  # fmt: skip


_URLS = st.builds("https://a.example/{}".format, st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
_STATEMENTS = st.builds(
    statement, excerpt=st.one_of(st.none(), st.text(max_size=20)), rightsholder=st.sampled_from([None, "Marie Exemple"])
)
_FAULTS = st.builds(Fault, source=_URLS, carrier=st.just("file"), message=st.text(max_size=10))
DECISIONS = st.lists(
    st.builds(
        decision, _URLS, st.sampled_from(list(Verdict)), hops=st.lists(_URLS, max_size=2).map(tuple),
        because=st.lists(_STATEMENTS, max_size=2).map(tuple), faults=st.lists(_FAULTS, max_size=1).map(tuple),
        final_url=st.one_of(st.none(), _URLS), repertoire=st.sampled_from([None, *Match]),
        stored=st.one_of(st.none(), st.builds(Stored, st.text(min_size=1, max_size=5), st.integers(0, 9))),
    ),
    max_size=6,
)  # fmt: skip


def written(
    path: Path, decisions: Iterable[Decision], *, until: str | None = UNTIL, run_id: str = "r1", ends: bool = True,
    run: RunInfo = RUN, **keeping: Any,
) -> list[Decision]:  # fmt: skip
    """A run in a log, with the days of its decisions as they are."""
    run = replace(run, retain_until=until)
    with closing(JsonlLog(path, run=run, now=NOW, run_id=run_id, keeping=Keeping(**keeping))) as log:
        logged = [log.decision(each) for each in decisions]
        if ends:
            log.end(NOW)
    return logged


def records(*paths: Path) -> list[dict[str, Any]]:
    """The decisions as they are read back, without their chain."""
    found = [dict(line.record) for line in read_log(paths) if line.record and line.type == "decision"]
    return [{name: value for name, value in each.items() if name not in ("prev", "hash")} for each in found]
