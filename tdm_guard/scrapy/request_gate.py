"""RequestGate: the outer gate (110). Nothing is requested, and no response leaves, that was not judged and recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy.exceptions import IgnoreRequest

from tdm_guard.responses import KEY, forget, remember
from tdm_guard.scrapy.crawl import Crawl
from tdm_guard.scrapy.downloads import MARK

if TYPE_CHECKING:
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

    async def process_request(self, request: Request) -> None:
        """Lets a request pass that its origin's policy does not refuse. Raises `Withheld`."""
        meta, crawl = request.meta, self._crawl
        meta.pop(KEY, None)  # no redirect, retry or copied meta inherits a verdict
        forget(request)
        if MARK in meta:
            crawl.downloads.succeed(request)
        if crawl.judges(request):
            await crawl.enter(request)

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
            crawl.guard.totals["failed"] += 1
        elif self._robots.refused(request, exception):
            await self._robots.record(request)
        crawl.visits.pop(request, None)
        crawl.hops.ended(request)
