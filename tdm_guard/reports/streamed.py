"""Decisions whose bodies are streamed on: their sizes come later, each with a record of its own."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence


MAX_STREAMED = 50_000  # bodies streamed at one time
MAX_DIGITS = 18  # of a number of a decision
T = TypeVar("T")


class Streamed(Generic[T]):
    """Keeps what each of them is like. Where there are too many, the oldest are given up, some at a time."""

    __slots__ = ("_count", "_named", "_of", "_rows")

    def __init__(self) -> None:
        self._count = 0
        self._named: OrderedDict[str, T] = OrderedDict()  # decision id
        self._rows: OrderedDict[tuple[str, int], _Row[T]] = OrderedDict()
        self._of: dict[str, list[_Row[T]]] = {}  # of each run, in order

    def add(self, ident: str, alike: T) -> None:
        """A decision, by its id."""
        self._named[ident] = alike
        while len(self._named) > MAX_STREAMED:
            self._named.popitem(last=False)

    def extend(self, run: str, first: int, alikes: Sequence[T | None]) -> None:
        """Decisions of a run that has none with these numbers or higher ones; None of one that has no such body."""
        row = _Row(first, list(alikes))
        if not row.left:
            return
        self._rows[run, first] = row
        self._of.setdefault(run, []).append(row)
        self._count += row.left
        while self._count - next(iter(self._rows.values())).left >= MAX_STREAMED:
            (name, start), _ = self._rows.popitem(last=False)
            self._drop(name, start)

    def pop(self, ident: str) -> T | None:
        """What the decision with this id is like; from now on it is not known."""
        found = self._named.pop(ident, None)
        run, _, digits = ident.rpartition("-")
        rows = self._of.get(run)
        if found is not None or rows is None or not digits.isdecimal() or len(digits) > MAX_DIGITS:
            return found
        seq = int(digits)
        place = bisect_right(rows, seq, key=_first) - 1
        row = rows[place]
        if place < 0 or seq >= row.first + len(row.alikes) or digits != str(seq):
            return None
        found, row.alikes[seq - row.first] = row.alikes[seq - row.first], None
        if found is not None:
            row.left -= 1
            self._count -= 1
            if not row.left:
                del self._rows[run, row.first]
                self._drop(run, row.first)
        return found

    def _drop(self, run: str, first: int) -> None:
        rows = self._of[run]
        self._count -= rows.pop(bisect_right(rows, first, key=_first) - 1).left
        if not rows:
            del self._of[run]


class _Row(Generic[T]):
    """Decisions from `first` on, one behind the other; `left` of them wait."""

    __slots__ = ("alikes", "first", "left")

    def __init__(self, first: int, alikes: list[T | None]) -> None:
        self.first = first
        self.alikes = alikes
        self.left = len(alikes) - alikes.count(None)


def _first(row: _Row[T]) -> int:
    return row.first
