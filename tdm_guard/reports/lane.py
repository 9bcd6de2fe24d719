"""
The usual decisions of a log on the short way to a report: checked and counted as their lines spell them, without making
records and lines of them. Whatever is unusual goes the long way, through `log.once`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tdm_guard.log.once import Once
    from tdm_guard.log.spelt import Spelt
    from tdm_guard.reports.alike import Likes
    from tdm_guard.reports.sources import Sources


class Lane:
    """Takes decisions for `read_log`, once it knows who counts them; `tick` is called for each."""

    def __init__(self, once: Once, sources: Sources, tick: Callable[[], None] = lambda: None) -> None:
        self.likes: Likes | None = None
        self.taken = 0
        self._once = once
        self._sources = sources
        self._tick = tick

    def takes(self, spelt: Spelt, raw: bytes, path: str) -> bool:
        """True of a decision that was taken."""
        if self.likes is None or not self._once.passes(spelt, raw, path):
            return False
        self.taken += 1
        self._sources.take(spelt, path)
        self.likes.take(spelt)
        self._tick()
        return True
