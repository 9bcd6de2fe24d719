"""What a crawl of the soak is told, and what it tells: one line for each page that reached it, and what it holds."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from tests.soak import web
from tests.support.memory import descriptors, resident

HANDED, HOLDS, ENDED = "handed ", "holds ", "ended "  # how a line begins
BLOCK = 50  # origins that are worked on side by side, each asked for its pages in turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    `pages` of each of `origins`, whose numbers begin at `first`, by one client through `proxy`.

    Every `other`-th address is one that leads on or breaks off; `silent` ones, which keep
    the crawl from ending by itself, are asked for last. Every `cancel`-th
    request is cancelled on its way. What the crawl holds is told every `look` pages. None begins after `until` (clock
    of the machine, seconds).
    """

    edge: str
    proxy: str
    log: str
    origins: int
    pages: int
    first: int = 0
    other: int = 0
    silent: int = 0
    cancel: int = 0
    look: int = 0
    until: float = 0.0
    wide: int = 8
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def given(cls) -> Self:
        """The task on the command line."""
        return cls(**json.loads(sys.argv[1]))

    def words(self) -> str:
        return json.dumps(asdict(self))

    def addresses(self) -> Iterator[str]:
        asked = 0
        for start in range(self.first, self.first + self.origins, BLOCK):
            for page in range(self.pages):
                for number in range(start, min(start + BLOCK, self.first + self.origins)):
                    if self.until and time.time() > self.until:
                        return
                    asked += 1
                    odd = self.other and asked % self.other == 0
                    yield web.url(number, page, ("moved", "broken")[asked // self.other % 2] if odd else "page")
        for number in range(self.silent):
            yield web.url(self.first + number * web.KINDS, 0, "silent")


class Teller:
    """Tells on standard output, a line by one write each, so that no line is torn by a kill."""

    def __init__(self, task: Task, **held: Any) -> None:
        self.pages = 0
        self.cache_peak = 0
        self._task = task
        self._held = held  # by name: a function that counts it

    def handed(self, url: str) -> None:
        """A page reached the caller."""
        self.pages += 1
        if not self._task.look:
            self._tell(f"{HANDED}{url}")
            return
        assert web.admitted(url), url
        if self.pages % self._task.look == 0:
            self.holds(HOLDS)

    def holds(self, word: str) -> None:
        figures = {"pages": self.pages}
        if self._task.look:  # else nobody asks, and not every system can tell
            held = {name: count() for name, count in self._held.items()}
            figures |= {"rss": resident(), "descriptors": descriptors(), **held}
        self._tell(word + json.dumps(figures))

    def _tell(self, line: str) -> None:
        os.write(1, f"{line}\n".encode())
