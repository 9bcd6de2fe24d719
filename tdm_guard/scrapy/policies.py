"""
The policies of one crawl: read once per origin however many requests ask, shared with what Scrapy itself asks for.

What waits here takes no place from the pages of other origins (`room`).
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from tdm_guard.guard import Guard, Reading, run_async
from tdm_guard.scrapy.fetch import Downloads, Fetcher
from tdm_guard.signals.robots import DOCUMENT

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from tdm_guard.case import Case
    from tdm_guard.model import Fetched
    from tdm_guard.origin import Origin
    from tdm_guard.policy import OriginPolicy
    from tdm_guard.scrapy.room import Room

DOCUMENTS = 2  # that are asked for side by side at first, of an origin
WATCH_EVERY = 0.02  # seconds; each time as many requests more may come as CONCURRENT_REQUESTS says
T = TypeVar("T")


class Policies:
    """The origins that are being read, and the robots.txt files that RobotsTxtMiddleware asks for meanwhile."""

    def __init__(self, crawler: Crawler, guard: Guard, downloads: Downloads, room: Room) -> None:
        self._crawler = crawler
        self._guard = guard
        self._downloads = downloads
        self._room = room
        self._width = _width(crawler)
        self._flights: dict[Origin, asyncio.Task[OriginPolicy]] = {}
        self._locks: WeakValueDictionary[Origin, asyncio.Lock] = WeakValueDictionary()
        self._awaited: dict[str, asyncio.Future[Fetched | None]] = {}
        self._watch: asyncio.Task[None] | None = None

    async def read(self, origin: Origin) -> OriginPolicy:
        """Reads the documents of `origin` once however many ask; a waiter that is cancelled takes nobody with it."""
        flight = self._begin(origin)
        self.answer(origin, None)  # a page is here, so the middleware waits for nothing any more: nor do we
        with self._room.wait():
            return await asyncio.shield(flight)

    def reads(self, origin: Origin) -> bool:
        """True while the documents of `origin` are being read."""
        return origin in self._flights

    async def hear_declared(self, case: Case) -> None:
        """Reads what was declared; of one origin in turn, so that pages that declare the same share it."""
        origin = case.policy.origin
        lock = self._locks.setdefault(origin, asyncio.Lock())
        async with lock:
            await self._perform(origin, self._guard.read_declared(case))

    def close(self) -> None:
        """Ends what is under way: the run is over."""
        for task in (*self._flights.values(), *([self._watch] if self._watch else ())):
            task.cancel()

    # ---- with RobotsTxtMiddleware -------------------------------------------------------------------------------

    def borrow(self, origin: Origin) -> None:
        """
        Begins to read an origin whose robots.txt the middleware asks for, unless it is known or being read.

        The other documents are asked for beside it, so that the page waits once and not twice.
        """
        if not self.reads(origin) and self._guard.cache.get(origin) is None:
            self._awaited[robots_of(origin)] = asyncio.get_running_loop().create_future()
            self._begin(origin)
            if self._watch is None or self._watch.done():
                self._watch = asyncio.ensure_future(self._make_room())

    def answer(self, origin: Origin, fetched: Fetched | None) -> bool:
        """What the middleware got; None if its answer is not to be used. True if somebody waited for it."""
        future = self._awaited.pop(robots_of(origin), None)
        if future is None or future.done():
            return False
        future.set_result(fetched)
        return True

    async def _make_room(self) -> None:
        """Makes room also for the requests that the middleware holds, as long as it holds any."""
        downloader: Any = self._crawler.engine.downloader
        while self._awaited:
            # It holds them before they reach our gate: of what is under way they are what is in no slot yet.
            sent = sum(len(slot.active) for slot in downloader.slots.values())
            with self._room.beside(max(0, len(downloader.active) - sent - self._room.waiting)):
                await asyncio.sleep(WATCH_EVERY)

    # ---- reading ------------------------------------------------------------------------------------------------

    def _begin(self, origin: Origin) -> asyncio.Task[OriginPolicy]:
        flight = self._flights.get(origin)
        if flight is None:
            flight = asyncio.ensure_future(self._perform(origin, self._guard.load(origin)))
            self._flights[origin] = flight
            flight.add_done_callback(partial(self._landed, origin))
        return flight

    def _landed(self, origin: Origin, flight: asyncio.Task[OriginPolicy]) -> None:
        self._flights.pop(origin, None)
        if not flight.cancelled():
            flight.exception()  # it is raised where the flight is awaited; nobody may be left to do so

    async def _perform(self, origin: Origin, reading: Reading[T]) -> T:
        fetcher = Fetcher(self._crawler, self._downloads, origin, self._guard.clock, self._width, self._awaited)
        with self._room.beside(min(self._width, DOCUMENTS)):
            return await run_async(reading, fetcher.perform, asyncio.to_thread)


def robots_of(origin: Origin) -> str:
    """The URL of an origin's robots.txt."""
    return f"{origin}{DOCUMENT.path}"


def _width(crawler: Crawler) -> int:
    """How many documents of an origin are asked for side by side, within what the crawl may ask of a site."""
    settings = crawler.settings
    delay = getattr(crawler.spider, "download_delay", None) or settings.getfloat("DOWNLOAD_DELAY")
    if delay or settings.getbool("AUTOTHROTTLE_ENABLED"):
        return 1
    return max(1, settings.getint("CONCURRENT_REQUESTS_PER_IP") or settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"))
