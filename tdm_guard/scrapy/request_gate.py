"""RequestGate: the outer gate (110). Nothing is requested, and no response leaves, that was not judged and recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy.exceptions import IgnoreRequest

from tdm_guard.scrapy.crawl import KEY, Crawl
from tdm_guard.scrapy.visit import EARLIER

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
        _disinherit(request)
        crawl = self._crawl
        if crawl.judges(request):
            await crawl.enter(request)
        elif self._robots.owns(request):
            self._robots.prepare(request)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Records a response that leaves; judges it if the inner gate did not see it. Raises `Withheld`."""
        crawl = self._crawl
        visit = crawl.visits.get(request)
        if visit is None and not crawl.judges(request):
            if self._robots.owns(request):
                self._robots.harvest(request, response)
            return response
        if visit is None or not visit.covers(response, crawl.fields):
            stored = visit.stored if visit is not None and "cached" in response.flags else None
            visit = await crawl.hear(visit, request, response, None if stored is None else stored.body)
        crawl.visits.pop(request, None)
        decision = crawl.settle(visit.case, request)
        mark = {"verdict": decision.verdict.value, "decision": decision.id}
        request.meta[KEY] = mark
        if response.request is not None and response.request is not request:
            response.request.meta[KEY] = mark
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Records what RobotsTxtMiddleware refused, counts downloads that failed."""
        _disinherit(request)  # RobotsTxtMiddleware may have refused it before it entered
        crawl = self._crawl
        if not crawl.judges(request):
            if self._robots.owns(request):
                self._robots.harvest_failure(request, exception)
            return
        if not isinstance(exception, IgnoreRequest):
            crawl.guard.totals["failed"] += 1
        elif self._robots.refused(request, exception):
            await self._robots.record(request)
        crawl.visits.pop(request, None)


def _disinherit(request: Request) -> None:
    """No redirect, retry or copied meta inherits a verdict, nor the redirects that led to what had it."""
    if request.meta.pop(KEY, None) is not None:
        request.meta[EARLIER] = len(request.meta.get("redirect_urls", ()))
