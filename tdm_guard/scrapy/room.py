"""
Room: how many requests are under way in a crawl, with those that only wait for a policy counted apart.

What waits for a policy or fetches one would take places from the pages of other origins: some origins that accept and
never answer would hold up all of them. So it counts beside CONCURRENT_REQUESTS; and when a policy arrives, the pages
that waited for it go on as places become free, not all at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from scrapy import signals

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

LOOK_EVERY = 0.02  # seconds; each time as many requests may go on as there are places
MAX_BESIDE = 1024  # requests that may wait for policies, or fetch them, beside CONCURRENT_REQUESTS


class Room:
    """The places of one crawler."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._besides = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._usher: asyncio.Task[None] | None = None
        self.waiting = 0

    @contextmanager
    def beside(self, requests: int) -> Iterator[None]:
        """While it lasts, `requests` more may be under way in the crawl."""
        engine: Any = self._crawler.engine
        limited = getattr(engine.downloader, "total_concurrency", 0) > 0  # with 0 there is no limit to widen
        more = min(requests, MAX_BESIDE - self._besides) if limited else 0
        self._besides += more
        if more:
            engine.downloader.total_concurrency += more
        slot = getattr(engine, "_slot", None)  # there is no public way to say that there is room again
        if more and slot is not None:
            slot.nextcall.schedule()
        try:
            yield
        finally:
            self._besides -= more
            if more:
                engine.downloader.total_concurrency -= more

    @contextmanager
    def wait(self) -> Iterator[None]:
        """While it lasts, one request waits and takes no place of its own."""
        self.waiting += 1
        try:
            with self.beside(1):
                yield
        finally:
            self.waiting -= 1

    async def place(self) -> None:
        """Returns when there is a place for a request that waited; in the order in which they came."""
        if not self._queue and self._free() > 0:
            return
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        if self._usher is None or self._usher.done():
            self._usher = asyncio.ensure_future(self._let_in())
        with self.wait():
            await turn

    def _free(self) -> int:
        """Places that nobody has; the widened limit and what is under way both count those that wait."""
        downloader: Any = self._crawler.engine.downloader
        limit = getattr(downloader, "total_concurrency", 0)
        return limit - len(downloader.active) + 1 if limit > 0 else len(self._queue) + 1

    async def _let_in(self) -> None:
        """One goes on for each that leaves the downloader, before the engine gives its place to a new one."""
        connect = self._crawler.signals
        connect.connect(self._left, signals.request_left_downloader)
        try:
            while self._queue:
                for _ in range(max(0, self._free() - 1)):
                    self._next()
                await asyncio.sleep(LOOK_EVERY)  # what never reaches the downloader gives no sign when it ends
        finally:
            connect.disconnect(self._left, signals.request_left_downloader)

    def _left(self) -> None:
        """Signal handler: a download is over."""
        self._next()

    def _next(self) -> None:
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def clear(self) -> None:
        """Everybody goes on: the crawl ends, and each of them is told so."""
        while self._queue:
            self._next()

    def close(self) -> None:
        """Ends what looks for places."""
        self.clear()
        if self._usher is not None:
            self._usher.cancel()
