"""
Interleaved timing: A and B take turns, so that a noisy machine is noisy for both; medians and the ratio of pairs.

In a hurry a comparison makes as many rounds as fit into some seconds, so that each row has a short version of itself.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOST = 1.5  # times what a row is held to: more than that is no noise of a machine
FEWEST = 3  # rounds of a comparison, in whatever hurry

_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One line of the table: ours against a peer, and the most that the budget lets the ratio be.

    `held` is what the ratio last came to where that is over the budget: the row may not get worse than that either.
    `spread`: the ratios that a quarter of the pairs stay under, and three quarters.
    `steady`: false for a time that is measured beside no peer, and another on another machine.
    """

    what: str
    ours: float
    peer: float
    unit: str
    peer_name: str
    ratio: float
    budget: float | None
    note: str = ""
    held: float | None = None
    steady: bool = True
    spread: tuple[float, float] | None = None

    @property
    def is_lost(self) -> bool:
        """Whether speed or space was lost since the row was last kept, by more than a machine's noise."""
        if self.budget is None or not self.steady:
            return False
        return self.ratio > LOST * max(self.budget, self.held or 0)

    def cells(self) -> tuple[str, ...]:
        budget = "–" if self.budget is None else f"≤ {self.budget:g}"
        if self.held is not None:
            budget += f", held to {self.held:g}"
        kept = "" if self.budget is None else ("yes" if self.ratio <= self.budget else "NO")
        return (
            self.what,
            f"{_three(self.ours)} {self.unit}",
            f"{self.peer_name} {_three(self.peer)} {self.unit}",
            f"{self.ratio:.2f}" + (f" ({self.spread[0]:.2f}–{self.spread[1]:.2f})" if self.spread else ""),
            budget,
            kept,
            self.note,
        )


HEAD = ("what", "tdm_guard", "peer", "ratio", "budget", "kept", "note")


@contextmanager
def hurried(seconds: float) -> Iterator[None]:
    """Comparisons made in here take about so many seconds each, or `FEWEST` rounds."""
    global _seconds  # noqa: PLW0603 - how all rows of a run are measured
    before, _seconds = _seconds, seconds
    try:
        yield
    finally:
        _seconds = before


def better(rows: list[Row], again: list[Row]) -> list[Row]:
    """The rows, each as it came out better: a machine that was busy the first time lost nothing."""
    others = {row.what + row.peer_name: row for row in again}
    return [min(row, others.get(row.what + row.peer_name, row), key=lambda each: each.ratio) for row in rows]


def spread(pairs: Iterable[tuple[float, float]]) -> tuple[float, float] | None:
    """The first and the third quartile of the ratios; None of fewer than three pairs."""
    ratios = [a / b for a, b in pairs]
    if len(ratios) < FEWEST:
        return None
    first, _, third = statistics.quantiles(ratios, n=4, method="inclusive")
    return first, third


def per_call(function: Callable[[], object], number: int, clock: Callable[[], float] = time.process_time) -> float:
    """CPU seconds of one call, over `number` of them."""
    start = clock()
    for _ in range(number):
        function()
    return (clock() - start) / number


def compare(
    what: str,
    ours: Callable[[], object],
    peer: Callable[[], object],
    *,
    peer_name: str,
    number: int,
    calls: int = 1,
    rounds: int = 15,
    budget: float | None = None,
    note: str = "",
    held: float | None = None,
) -> Row:
    """
    Both in turn, `rounds` times `number` calls each; microseconds of CPU, medians, median of the ratios by pair and
    their spread.

    `calls`: how many of what the row counts one call of a function makes. For `held` see `Row`.
    """
    ours(), peer()
    gc.collect()
    gc.disable()
    try:
        pairs, until = [], math.inf if _seconds is None else time.monotonic() + _seconds
        while len(pairs) < rounds and (len(pairs) < FEWEST or time.monotonic() < until):
            pairs.append((per_call(ours, number), per_call(peer, number)))
    finally:
        gc.enable()
    return Row(
        what=what,
        ours=statistics.median(a for a, _ in pairs) / calls * 1e6,
        peer=statistics.median(b for _, b in pairs) / calls * 1e6,
        unit="µs",
        peer_name=peer_name,
        ratio=statistics.median(a / b for a, b in pairs),
        budget=budget,
        note=note,
        held=held,
        spread=spread(pairs),
    )


def _three(number: float) -> str:
    """Three digits, or all of a larger number."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    spelled = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    spelled.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(spelled)
