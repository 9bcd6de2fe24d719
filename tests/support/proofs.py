"""Logs that proofs are made from."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from tdm_guard.decision import Decision, Exchange, Outcome, Stage
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.record import RunInfo
from tdm_guard.model import Posture, Verdict
from tdm_guard.usage import TDM
from tests.support.logs import NOW

INFO = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce")


def admitting(url: str, *, final_url: str | None = None, hops: tuple[str, ...] = ()) -> Decision:
    """A decision that admits the content of an address."""
    return _decision(url, Verdict.UNRESERVED, final_url=final_url, hops=hops, content=True)


def withholding(url: str) -> Decision:
    """A decision that refuses an address."""
    return _decision(url, Verdict.RESERVED, content=True)


def without_content(url: str) -> Decision:
    """A decision that admits an answer without content, such as a 404."""
    return _decision(url, Verdict.UNRESERVED, content=False)


def _decision(
    url: str, verdict: Verdict, *, final_url: str | None = None, hops: tuple[str, ...] = (), content: bool
) -> Decision:
    return Decision(
        url=url,
        ts=NOW,
        stage=Stage.BODY,
        outcome=Outcome(verdict=verdict, usages={}),
        exchange=Exchange(final_url or url, "https://a.example", content=content, hops=hops),
    )


def run_of(path: Path, decisions: Iterable[Decision], *, run_id: str, ends: bool = True) -> None:
    """A run of these decisions at the end of the log at `path`."""
    with closing(JsonlLog(path, run=INFO, now=NOW, run_id=run_id)) as log:
        for decision in decisions:
            log.decision(decision)
        if ends:
            log.end(NOW)
