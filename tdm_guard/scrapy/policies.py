"""
The policies of one crawl: read once per origin however many requests ask, on the way of the first of them.

What waits here, and what is fetched, takes no place from the pages of other origins (`room`).
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from weakref import WeakValueDictionary

from scrapy import signals
from scrapy.signalmanager import SignalManager

from tdm_guard.decision import Checked
from tdm_guard.drive import Loading, run_async
from tdm_guard.fetch import decoded, follow, together
from tdm_guard.guard import Guard
from tdm_guard.model import Fetched, Result
from tdm_guard.policies.policy import OriginPolicy
from tdm_guard.policies.task import Wanted
from tdm_guard.scrapy.downloads import Downloads, Fetcher
from tdm_guard.scrapy.way import Way
from tdm_guard.signals.robots import DOCUMENT

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from tdm_guard.judging.case import Case
    from tdm_guard.origin import Origin

MAX_WAYS = 4  # on which an origin that gives no answer is tried before its silence is believed
MAX_SILENT = 1024  # origins of which it is remembered which ways were tried
T = TypeVar("T")


class Load(NamedTuple):
    """What came of reading an origin: its policy, and the documents that were fetched for it, by their URLs."""

    policy: OriginPolicy
    documents: dict[str, Fetched | None]


class _Pages(SignalManager):
    """An engine's signals, but for answers to policy requests: who counts pages, to end a crawl, say, counts none."""

    def __init__(self, crawler: Crawler, downloads: Downloads) -> None:
        super().__init__(crawler)
        self._downloads = downloads

    def send_catch_log(self, signal: Any, **named: Any) -> Any:
        if signal is signals.response_received and self._downloads.of(named["request"]) is not None:
            return []
        return super().send_catch_log(signal, **named)


class Policies:
    """The origins that are being read."""

    def __init__(self, crawler: Crawler, guard: Guard, downloads: Downloads) -> None:
        self._crawler = crawler
        self._guard = guard
        self._downloads = downloads
        self._width = _width(crawler)
        self._flights: dict[Origin, asyncio.Task[Load]] = {}
        self._locks: WeakValueDictionary[Origin, asyncio.Lock] = WeakValueDictionary()
        self._silent: dict[Origin, set[Way]] = {}

    def open(self) -> None:
        """Signal handler: the engine is there. What it tells of pages it does not tell of policies."""
        engine: Any = self._crawler.engine
        engine.signals = _Pages(self._crawler, self._downloads)

    async def read(self, origin: Origin, way: Way) -> OriginPolicy:
        """Reads the documents of `origin` once however many ask; a waiter that is cancelled takes nobody with it."""
        while True:
            policy = (await asyncio.shield(self._begin(origin, way))).policy
            if not policy.hold or not self.goes_another_way(policy, way):
                return policy

    async def robots(self, origin: Origin, way: Way) -> Fetched:
        """The robots.txt of `origin`: the one that its policy is read from, if it has to be read, else a new copy."""
        url, policy, fetched = robots_of(origin), self._guard.cache.get(origin), None
        if policy is None or not policy.is_fresh(self._guard.clock()):
            fetched = (await asyncio.shield(self._begin(origin, way))).documents.get(url)
        if fetched is None or fetched.status == 304:
            self._guard.totals["policy/fetched"] += 1
            guard = self._guard
            wanted, timeout = Wanted(url, DOCUMENT.max_bytes), guard.options.policy_timeout
            one = follow(wanted, origin, timeout, bars=guard.bench.bars)
            (fetched,) = await self._perform(origin, together([one]), way)
        return await asyncio.to_thread(decoded, fetched, DOCUMENT.max_bytes)

    def goes_another_way(self, policy: OriginPolicy, way: Way) -> bool:
        """
        True if the origin gave no answer on other ways than `way`, on which it is to be read again.

        The silence may be that of a proxy.
        """
        tried = self._silent.get(policy.origin)
        if tried is None or way in tried or len(tried) >= MAX_WAYS:
            return False
        now = self._guard.clock()
        kept = tuple(item._replace(expires_at=now) if _silent(item.checked) else item for item in policy.kept)
        self._guard.keep(OriginPolicy.of(policy.origin, policy.listener, kept, policy.lent, policy.learned))
        return True

    async def hear_declared(self, case: Case, way: Way) -> None:
        """Reads what was declared; of one origin in turn, so that pages that declare the same share it."""
        origin = case.policy.origin
        lock = self._locks.setdefault(origin, asyncio.Lock())
        async with lock:
            await self._perform(origin, self._guard.read_declared(case, way), way)

    def close(self) -> None:
        """Ends what is under way: the run is over."""
        for task in self._flights.values():
            task.cancel()

    def _begin(self, origin: Origin, way: Way) -> asyncio.Task[Load]:
        flight = self._flights.get(origin)
        if flight is None:
            flight = asyncio.ensure_future(self._load(origin, way))
            self._flights[origin] = flight
            flight.add_done_callback(partial(self._landed, origin))
        return flight

    async def _load(self, origin: Origin, way: Way) -> Load:
        documents: dict[str, Fetched | None] = {}
        policy = await self._perform(origin, self._guard.load(origin, documents), way)
        if any(_silent(checked) for checked in policy.checked):
            self._silent.setdefault(origin, set()).add(way)
            while len(self._silent) > MAX_SILENT:
                del self._silent[next(iter(self._silent))]
        else:
            self._silent.pop(origin, None)
        return Load(policy, documents)

    def _landed(self, origin: Origin, flight: asyncio.Task[Load]) -> None:
        self._flights.pop(origin, None)
        if not flight.cancelled():
            flight.exception()  # it is raised where the flight is awaited; nobody may be left to do so

    async def _perform(self, origin: Origin, reading: Loading[T], way: Way) -> T:
        fetcher = Fetcher(self._crawler, self._downloads, origin, self._guard.clock, self._width, way)
        return await run_async(reading, fetcher.perform, asyncio.to_thread, sleep=asyncio.sleep)


def _silent(checked: Checked) -> bool:
    return checked.result is Result.UNREACHABLE and checked.status is None


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
