"""What is wrong in a file that people write: where, what, and a good value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from reprlib import Repr


class Severity(StrEnum):
    """Whether a problem stops the run."""

    MISTAKE = "mistake"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """
    Something wrong in a file: where (`<file>: <path in it>`), what, and a good value.

    `unreadable`: it is the file itself that could not be read.
    """

    path: str
    message: str
    good: str | None = None
    severity: Severity = Severity.MISTAKE
    unreadable: bool = False

    def __str__(self) -> str:
        example = "" if self.good is None else f"; for example {self.good}"
        return f"{self.path}: {self.message}{example}"


class _Shown(Repr):
    """Bounded `repr`, which also stands integers too long to be written in decimal digits."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 2, 80, 80
        self.maxlist = self.maxtuple = self.maxdict = 4

    def repr_int(self, x: int, level: int) -> str:
        return super().repr_int(x, level) if x.bit_length() < 256 else "a huge integer"


_repr = _Shown()


def shown(value: object) -> str:
    """`value` as a message shows it: bounded."""
    return _repr.repr(value)
