"""What a verification comes upon, with its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tdm_guard.log.checks.run import VerifiedRun
    from tdm_guard.log.reader import LogLine


class LogSeverity(StrEnum):
    """An error makes the log invalid; a remark does not, unless the verification is strict."""

    ERROR = "error"
    REMARK = "remark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    Something a verification came upon; `line` 0 is the file as a whole.

    `explained`: a remark whose cause is known and right (forgotten on purpose, say), which no verification refuses.
    """

    path: str
    line: int
    severity: LogSeverity
    message: str
    explained: bool = False

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.severity}: {self.message}"

    def to_dict(self) -> dict[str, Any]:
        """The finding in JSON's own types."""
        return {"path": self.path, "line": self.line, "severity": self.severity.value, "message": self.message}


class Findings:
    """
    What was found and not handed on yet, and how much in all.

    `doubts` are the remarks without a good reason, which a strict verification counts as errors.
    """

    def __init__(self) -> None:
        self.errors = self.remarks = self.doubts = 0
        self._found: list[Finding] = []

    def error(self, line: LogLine, message: str, run: VerifiedRun | None = None) -> None:
        """An error at a line; `run` is the one that is not intact any more."""
        if run is not None:
            run.intact = False
        self.add(line.path, line.number, LogSeverity.ERROR, message)

    def remark(self, line: LogLine, message: str, *, explained: bool = False) -> None:
        """A remark at a line."""
        self.add(line.path, line.number, LogSeverity.REMARK, message, explained=explained)

    def add(self, path: str, line: int, severity: LogSeverity, message: str, *, explained: bool = False) -> Finding:
        """A finding at any place."""
        self.errors += severity is LogSeverity.ERROR
        self.remarks += severity is LogSeverity.REMARK
        self.doubts += severity is LogSeverity.REMARK and not explained
        found = Finding(path=path, line=line, severity=severity, message=message, explained=explained)
        self._found.append(found)
        return found

    def taken(self) -> list[Finding]:
        """What was found since this was asked last."""
        found = self._found
        if found:
            self._found = []
        return found
