"""
A template that was filled in as far as logs can: its parts by their numbers, and every blank by its name.

strategy: a template makes a `Form`; `form_page` writes it as JSON, markdown or a page. Values are JSON's own types,
tables whose rows are read when they are written, and blanks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


class Blank(str):
    """What only the operator can say; `operator: …` names it, so that an empty field is not read as a no."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """A table: `rows` gives them anew each time, in JSON's own types."""

    columns: tuple[str, ...]
    rows: Callable[[], Iterable[tuple[Any, ...]]]


Value: TypeAlias = "str | int | bool | list[str] | Mapping[str, Any] | Rows | None"


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a template by its own number, with its fields by their names, and notes on how they were made."""

    number: str
    title: str
    fields: Mapping[str, Value]
    notes: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """Number and title; what has no number is named by its title."""
        return self.title if self.number.isalpha() else f"{self.number} {self.title}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """
    A template with what logs can say: its `key` on the command line, its title, number and date.

    `remarks` are what must be known of the logs; they come first.
    """

    key: str
    title: str
    number: str
    date: str
    made_at: str
    parts: tuple[Part, ...]
    remarks: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def blanks(self) -> list[str]:
        """All that is left to the operator, by section and name."""
        return [
            f"{part.number} {name}" for part in self.parts for name, value in part.fields.items() if _has_blank(value)
        ]


def operator(what: str) -> Blank:
    """A blank: what the operator must say."""
    return Blank(f"operator: {what}")


def _has_blank(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_blank, value.values()))
    return isinstance(value, Blank)
