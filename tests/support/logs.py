"""What `verify` says of a log; logs of decisions that were made without a network."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from tdm_guard.decision import Decision
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.reader import read_log
from tdm_guard.log.record import RunInfo
from tdm_guard.log.verify import LogSeverity, Verification
from tdm_guard.model import Posture
from tdm_guard.usage import TDM

NOW = datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC)


def flaws(*paths: Path, remarks: bool = True) -> list[str]:
    """What is wrong with the log in these files, remarks too."""
    findings = Verification().findings(read_log(paths))
    return [str(found) for found in findings if remarks or found.severity is LogSeverity.ERROR]


def log_of(path: Path, decisions: Iterable[Decision], *, run_id: str | None = None) -> list[Decision]:
    """A whole log at `path` with a run of these decisions, which come back as they were logged."""
    run = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce")
    with closing(JsonlLog(path, run=run, now=NOW, run_id=run_id)) as log:
        logged = [log.decision(decision) for decision in decisions]
        log.end(NOW)
    return logged
