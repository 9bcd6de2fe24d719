"""
The usual decisions of a log on the short way to a report: checked and counted as their lines spell them, without making
records and lines of them. Whatever is unusual goes the long way, through `log.once`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tdm_guard.log.once import Once
    from tdm_guard.log.stretch import Stretch
    from tdm_guard.reports.alike import Likes
    from tdm_guard.reports.sources import Sources


class Lane:
    """Takes decisions for `read_log`, once it knows who counts them; `tick` is told how many."""

    def __init__(self, once: Once, sources: Sources, tick: Callable[[int], None] = lambda _: None) -> None:
        self.likes: Likes | None = None
        self.taken = 0
        self._once = once
        self._sources = sources
        self._tick = tick

    def takes(self, stretch: Stretch, path: str) -> int:
        """How many of these decisions were taken."""
        count = 0 if self.likes is None else self._once.passes(stretch, path)
        if self.likes is not None and count:
            taken = stretch.upto(count)
            self.taken += count
            self._sources.take(taken, path)
            self.likes.take(taken)
            self._tick(count)
        return count
