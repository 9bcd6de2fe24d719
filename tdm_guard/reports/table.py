"""A table of figures, for pages that people read: it says what it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

SHOWN = 50  # rows of a table that people read; csv, json and parquet have all that were counted
VERDICTS = ("unreserved", "permitted", "authorised", "exempt", "reserved", "review", "undetermined", "unknown")

Cell: TypeAlias = "str | int"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    A table: `columns` are headings, a leading `"` marks one of somebody's own words. `note` says what is counted.

    `more` rows are left out; `chart` names the column that a chart of it shows; `empty` is said for no rows.
    """

    key: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: int = 0
    chart: str | None = None
    empty: str = "None."


def share(part: int, whole: int) -> str:
    """A part in percent; empty of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else ""


def cut(rows: Iterable[tuple[Cell, ...]], limit: int = SHOWN) -> tuple[tuple[tuple[Cell, ...], ...], int]:
    """The first rows, and how many more there are."""
    found = tuple(rows)
    return found[:limit], max(0, len(found) - limit)


def ordered(verdicts: Iterable[str]) -> list[str]:
    """Verdicts in the order of their strength."""
    met = set(verdicts)
    return [verdict for verdict in VERDICTS if verdict in met]


def by_verdict(counts: Iterable[tuple[str, Counter[str]]], verdicts: list[str]) -> list[tuple[Cell, ...]]:
    """A row for each name: its sum, and each verdict."""
    return [(name, found.total(), *(found[verdict] for verdict in verdicts)) for name, found in counts]
