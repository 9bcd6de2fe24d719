"""
Whom to ask, of decisions that are counted by the thousand: those alike are told apart by what they want, not one by
one. The same groups as `reports.worklist` makes of items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.model import Verdict
from tdm_guard.reports.exemption import is_exempt
from tdm_guard.reports.worklist import Ask, Wanting, Worklist, is_wanting, wanting

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

MAX_WANTS = 100_000  # told apart, about 1 KB each; those met later are counted with what cannot be explained


class _Wanted(NamedTuple):
    """What some items want, whom they have to ask, and whether a person must decide, or it was stored all the same."""

    wants: Wanting
    asks: tuple[Ask, ...]
    review: bool
    stored: bool


class Asking:
    """Numbers what items want; told how many items there are of each number, it gives the list of whom to ask."""

    def __init__(self) -> None:
        self._list = Worklist()
        self._numbers: dict[tuple[object, ...], int] = {}
        self._wanted: list[_Wanted] = []

    def number(self, record: Mapping[str, Any]) -> int:
        """From 1; 0 for what wants nothing."""
        if not is_wanting(record) and not is_exempt(record):
            return 0
        wants = wanting(record)
        review, stored = record.get("verdict") == Verdict.REVIEW, record.get("admitted") is True
        key: tuple[object, ...] = (tuple(wants.needed), wants.refused, wants.lacking, review, stored)
        number = self._numbers.get(key)
        if number is None and len(self._numbers) >= MAX_WANTS:
            wants, key = Wanting({}, refused=False, lacking="unexplained"), ()
            number = self._numbers.get(key)
        asks = []
        for ask, said in self._list.asked(wants.needed):
            ask.note(record, said)
            asks.append(ask)
        if wants.refused:
            self._list.refuses(record)
        if number is None:
            number = self._numbers[key] = len(self._numbers) + 1
            kept = Wanting({key: [] for key in wants.needed}, wants.refused, wants.lacking)  # without the words
            self._wanted.append(_Wanted(kept, tuple(asks), review, stored))
        return number

    def worklist(self, items: Counter[int]) -> Worklist:
        """The list, of so many items by number. Those of whom nothing is wanted any more are not on it."""
        found = self._list
        for number, count in items.items():
            wanted = self._wanted[number - 1]
            found.count(wanted.wants, count)
            for ask in wanted.asks:
                ask.items += count
                ask.review += count if wanted.review else 0
                ask.shared += count if len(wanted.wants.needed) > 1 else 0
                ask.stored += count if wanted.stored else 0
        found.asks = {key: ask for key, ask in found.asks.items() if ask.items}
        found.settle()
        return found
