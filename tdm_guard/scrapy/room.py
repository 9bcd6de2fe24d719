"""
Room: who of the requests that Scrapy's engine took from its scheduler goes on, and who waits beside them.

What waits for a policy or fetches one would take places from the pages of other origins: some origins that accept and
never answer would hold up all of them. So it counts beside CONCURRENT_REQUESTS, and the pages that waited go on as
places become free, not all at once.

strategy: the engine asks before it takes a request, and again whenever one has left, whether there is room. The answer
is given here, after those who wait were given what is free. A place is had by what passed the outer gate and is still
under way, so that nobody who waits holds one; and only what came from the scheduler needs one.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sized

    from scrapy import Request
    from scrapy.crawler import Crawler

MAX_BESIDE = 1024  # requests that may wait, or fetch policies, beside CONCURRENT_REQUESTS, before no more are taken
MAX_HELD = 64  # requests that had their place, some with a response and its body, that wait beside those which have one


class Room:
    """The places of one crawler. `fetches` are the policy requests under way."""

    def __init__(self, crawler: Crawler, fetches: Sized = ()) -> None:
        self._crawler = crawler
        self._fetches = fetches
        self._taken: WeakSet[Request] = WeakSet()  # by the engine from the scheduler, on their way to the outer gate
        self._going: dict[Request, str] = {}  # who has a place, with its download slot
        self._queues: dict[str, deque[tuple[Request, asyncio.Future[bool]]]] = {}  # by slot, none of them empty
        self._held = 0
        self._asked: Callable[[], bool]
        self._closing = False
        self.waiting = 0

    def open(self) -> None:
        """Signal handler: the engine is there. It is told what is taken, and when the spider begins to close."""
        engine: Any = self._crawler.engine
        scheduler = engine._slot.scheduler  # public since Scrapy 2.19 only
        self._asked, engine.downloader.needs_backout = engine.downloader.needs_backout, self.full
        close, take = engine.close_spider_async, scheduler.next_request

        async def close_spider_async(*, reason: str = "cancelled") -> None:
            self.close()
            await close(reason=reason)

        def next_request() -> Request | None:
            request: Request | None = take()
            if request is not None:
                self._taken.add(request)
            return request

        engine.close_spider_async, scheduler.next_request = close_spider_async, next_request

    def full(self) -> bool:
        """The engine's question whether it has to wait until it takes another request."""
        downloader = self._downloader
        if self._queues:
            self._serve()
        elif len(self._going) > len(downloader.active):
            self._forget()
        limit = self._limit
        if limit > 0:
            downloader.total_concurrency += min(self.waiting + len(self._fetches), MAX_BESIDE)
        try:
            return self._asked()
        finally:
            if limit > 0:
                downloader.total_concurrency = limit

    @contextmanager
    def wait(self) -> Iterator[None]:
        """While it lasts, one request waits, which has no place."""
        self.waiting += 1
        slot = getattr(self._crawler.engine, "_slot", None)  # there is no public way to say that there is room again
        if slot is not None:
            slot.nextcall.schedule()
        try:
            yield
        finally:
            self.waiting -= 1

    @contextmanager
    def hold(self, request: Request) -> Iterator[None]:
        """
        While it lasts, `request` waits, and its place is free.

        It needs none to go on: who has one may wait for it. So not too many leave theirs at one time.
        """
        if self._held >= MAX_HELD:
            yield
            return
        slot = self._going.pop(request, None)
        self._held += 1
        try:
            with self.wait():
                yield
        finally:
            self._held -= 1
            if slot is not None:
                self._going[request] = slot

    def turn(self, request: Request) -> asyncio.Future[bool] | None:
        """
        The turn of a request that passed the outer gate: None if it goes on at once.

        Else it waits, and goes on if it comes to its turn; with False the crawl ends before. What was not taken from
        the scheduler (`engine.download_async`: media, what a middleware asks for) has no turn: in Scrapy alone it
        needs no place, and those who have one may wait for it.
        """
        if request not in self._taken:
            return None
        self._taken.discard(request)
        if self._limit <= 0 and not self._closing:
            return None
        slot: str = self._downloader.get_slot_key(request)
        if not self._closing and not self._queues and self._free():
            self._going[request] = slot
            return None
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self._closing:
            turn.set_result(False)
        else:
            self._queues.setdefault(slot, deque()).append((request, turn))
            self._serve()
        return turn

    def left(self, request: Request) -> None:
        """`request` came to its end at the outer gate; what ends elsewhere is missed when a place is looked for."""
        self._going.pop(request, None)

    def close(self) -> None:
        """The crawl ends: nobody who waits goes on."""
        self._closing = True
        queues, self._queues = self._queues, {}
        for queue in queues.values():
            for _, turn in queue:
                if not turn.done():
                    turn.set_result(False)

    @property
    def _downloader(self) -> Any:
        return self._crawler.engine.downloader

    @property
    def _limit(self) -> int:
        """CONCURRENT_REQUESTS, or what a component made of it since; 0 is none."""
        return getattr(self._downloader, "total_concurrency", 0)

    def _serve(self) -> None:
        """Gives what is free to who waits: as Scrapy's own queue, to the slot with the fewest under way, in turn."""
        going: Counter[str] = Counter()
        while self._queues and self._free():
            going = going or Counter(self._going.values())
            slot = min(self._queues, key=going.__getitem__)
            queue = self._queues.pop(slot)
            request, turn = queue.popleft()
            if queue:
                self._queues[slot] = queue  # behind the others
            if not turn.done():  # it is if the request was cancelled
                self._going[request] = slot
                going[slot] += 1
                turn.set_result(True)

    def _free(self) -> bool:
        """True if there is a place that nobody has."""
        if 0 < self._limit <= len(self._going):
            self._forget()
        return not 0 < self._limit <= len(self._going)

    def _forget(self) -> None:
        """Takes their places from requests that are no longer under way."""
        active = self._downloader.active
        self._going = {request: slot for request, slot in self._going.items() if request in active}
