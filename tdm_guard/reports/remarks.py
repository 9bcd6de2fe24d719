"""What a report says at its head of the logs that it was made from, and of what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tdm_guard.plain import printable
from tdm_guard.reports.spelling import number_of

if TYPE_CHECKING:
    from tdm_guard.log.once import Once
    from tdm_guard.reports.filters import Chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarks:
    """What whoever reads a report must know of the logs: see `log.once.Once` and `Chosen`."""

    repeated: int = 0
    contradicting: int = 0
    errors: int = 0
    first_error: str | None = None
    only: str = ""
    left_out: int = 0

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
    def choice(self) -> str | None:
        """What was left out on request."""
        return printable(f"Only {self.only}; left out: {number_of(self.left_out, 'decision')}.") if self.only else None
