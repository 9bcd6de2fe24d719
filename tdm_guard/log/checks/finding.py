"""What a verification comes upon, with its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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
