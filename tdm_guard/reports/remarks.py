"""What a report says at its head of the logs that it was made from, and of what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tdm_guard.plain import printable
from tdm_guard.reports.spelling import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tdm_guard.log.once import Once
    from tdm_guard.reports.filters import Chosen


GONE = "addresses, signals, works and faults"  # of a decision whose personal members were forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarks:
    """What whoever reads a report must know of the logs: see `log.once.Once` and `Chosen`."""

    repeated: int = 0
    contradicting: int = 0
    errors: int = 0
    first_error: str | None = None
    only: str = ""
    left_out: int = 0
    forgotten: int = 0
    buried: int = 0
    parts: str | None = None

    @classmethod
    def on(cls, once: Once, chosen: Chosen, *, latest: int | None = None) -> Remarks:
        """`latest`: how many decisions were left out because of later ones; None if all count."""
        only = [chosen.filters.told()] if chosen.filters else []
        only += ["the latest on each address"] if latest is not None else []
        return cls(
            repeated=once.repeated,
            contradicting=once.contradicting,
            errors=once.errors,
            first_error=str(once.first) if once.first is not None else None,
            only=", ".join(only),
            left_out=chosen.left_out + (latest or 0),
            forgotten=chosen.forgotten,
            buried=chosen.buried,
            parts=_parts(once.begun),
        )

    @property
    def warning(self) -> str | None:
        """The first line, if there is something wrong with the logs."""
        said: list[str] = []
        if self.errors:
            said.append(f"tdm-guard verify refuses these logs: {number_of(self.errors, 'error')}, {self.first_error}")
        if self.repeated:
            said.append(f"the same log was given twice: {number_of(self.repeated, 'decision')} met again, counted once")
        if self.contradicting:
            said.append(f"{number_of(self.contradicting, 'decision')} under a number that another one has, not counted")
        return printable("; ".join(said)) if said else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What these logs do not have any more, or were given without."""
        found = []
        if self.forgotten:
            words = f"{number_of(self.forgotten, 'decision')} forgotten: of them {GONE} cannot be counted any more"
            lost = f"; of {self.buried:,} of them nothing is left to count" if self.buried else ""
            found.append(f"{words}{lost}.")
        if self.parts:
            found.append(printable(f"{self.parts}."))
        return tuple(found)

    @property
    def unknown(self) -> str:
        """What stands under counts that those forgotten are missing from."""
        return f"Not known of {number_of(self.forgotten, 'decision')} forgotten." if self.forgotten else ""

    @property
    def choice(self) -> str | None:
        """What was left out on request."""
        return printable(f"Only {self.only}; left out: {number_of(self.left_out, 'decision')}.") if self.only else None


def _parts(begun: Mapping[str, int]) -> str | None:
    """Which runs were given from a later part on."""
    if not begun:
        return None
    run, part = next(iter(begun.items()))
    more = f", and {number_of(len(begun) - 1, 'other run')} with a later part, too" if len(begun) > 1 else ""
    return f"run {run[:120]} begins with part {part}: the parts before were not given{more}"
