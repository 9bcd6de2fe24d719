"""Interleaved timing: A and B take turns, so that a noisy machine is noisy for both; medians and the ratio of pairs."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: ours against a peer, and the most that the budget lets the ratio be."""

    what: str
    ours: float
    peer: float
    unit: str
    peer_name: str
    ratio: float
    budget: float | None
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        budget = "–" if self.budget is None else f"≤ {self.budget:g}"
        kept = "" if self.budget is None else ("yes" if self.ratio <= self.budget else "NO")
        return (
            self.what,
            f"{self.ours:.3g} {self.unit}",
            f"{self.peer_name} {self.peer:.3g} {self.unit}",
            f"{self.ratio:.2f}",
            budget,
            kept,
            self.note,
        )


HEAD = ("what", "tdm_guard", "peer", "ratio", "budget", "kept", "note")


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
) -> Row:
    """
    Both in turn, `rounds` times `number` calls each; microseconds of CPU, medians, median of the ratios by pair.

    `calls`: how many of what the row counts one call of a function makes.
    """
    ours(), peer()
    gc.collect()
    gc.disable()
    try:
        pairs = [(per_call(ours, number), per_call(peer, number)) for _ in range(rounds)]
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
    )


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    spelled = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    spelled.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(spelled)
