"""RequestGate: the outer gate (110). Nothing is requested, and no response leaves, that was not judged and recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy.exceptions import IgnoreRequest

from tdm_guard.errors import LogError
from tdm_guard.responses import KEY, forget, remember
from tdm_guard.scrapy.crawl import Crawl
from tdm_guard.scrapy.downloads import MARK

if TYPE_CHECKING:
    import asyncio

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class RequestGate:
    """Downloader middleware for order 110: judges requests, records responses. Needs `ResponseGate` beside it."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Raises `ConfigurationError` (a `ValueError`) for settings that cannot be used."""
        return cls(Crawl.of(crawler))

    def __init__(self, crawl: Crawl) -> None:
        self._crawl = crawl
        self._robots = crawl.robots

    async def process_request(self, request: Request) -> Request | None:
        """Lets a request pass that its origin's policy does not refuse, when it is its turn. Raises `Withheld`."""
        meta, crawl = request.meta, self._crawl
        meta.pop(KEY, None)  # no redirect, retry or copied meta inherits a verdict
        forget(request)
        if MARK in meta:
            crawl.downloads.succeed(request)
        if not crawl.judges(request):
            return None
        await crawl.enter(request, placed=False)
        turn = crawl.room.turn(request)
        return None if turn is None else await self._wait(request, turn)

    async def _wait(self, request: Request, turn: asyncio.Future[bool]) -> Request | None:
        """A request that waits when the crawl ends goes back to the scheduler, from which nothing is taken any more."""
        crawl = self._crawl
        with crawl.room.wait():
            goes_on = await turn
        if crawl.dead:
            raise LogError(crawl.dead)
        visit = crawl.visits.get(request)
        if not goes_on:
            crawl.visits.pop(request, None)
            return request.replace(dont_filter=True)
        if visit is None or not visit.case.policy.is_fresh(crawl.guard.clock()):  # its turn may come after long
            await crawl.enter(request)
        return None

    async def process_response(self, request: Request, response: Response) -> Response:
        """Records a response that leaves; judges it if the inner gate did not see it. Raises `Withheld`."""
        crawl = self._crawl
        visit = crawl.visits.get(request)
        if visit is None:
            download = crawl.downloads.of(request)
            if download is not None:
                return download.end(response)
            if not crawl.judges(request):
                return response
        if visit is None or not visit.covers(response, crawl.fields):
            received = None if visit is None else visit.received(response)
            visit = await crawl.hear(visit, request, response, received, inner=False)
        crawl.visits.pop(request, None)
        crawl.room.left(request)
        decision = crawl.settle(visit.case, request)
        crawl.hops.ended(request, response)
        mark = {"verdict": decision.verdict.value, "decision": decision.id}
        request.meta[KEY] = mark
        remember(request, decision)
        if response.request is not None and response.request is not request:
            response.request.meta[KEY] = mark
            remember(response.request, decision)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Records what RobotsTxtMiddleware refused, counts downloads that failed."""
        request.meta.pop(KEY, None)  # RobotsTxtMiddleware may have refused it before it entered
        forget(request)
        crawl = self._crawl
        if not crawl.judges(request):
            return
        if not isinstance(exception, IgnoreRequest):
            crawl.guard.failed()
        elif self._robots.refused(request, exception):
            await self._robots.record(request)
        crawl.visits.pop(request, None)
        crawl.room.left(request)
        crawl.hops.ended(request)
