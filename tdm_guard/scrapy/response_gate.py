"""ResponseGate: the inner gate (950). What is reserved is not received where that can be, and never stored."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import StopDownload
from scrapy.http import Response

from tdm_guard.judging.response import NOT_MODIFIED
from tdm_guard.plain import told
from tdm_guard.scrapy.crawl import Crawl

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers

logger = logging.getLogger("tdm_guard.scrapy")


class ResponseGate:
    """Downloader middleware for order 950: judges headers before the body comes, bodies before they are stored."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Raises `ConfigurationError` (a `ValueError`) for settings that cannot be used."""
        gate = cls(Crawl.of(crawler))
        crawler.signals.connect(gate.headers_received, signals.headers_received)
        return gate

    def __init__(self, crawl: Crawl) -> None:
        self._crawl = crawl

    async def process_request(self, request: Request) -> None:
        """Takes credentials off policy requests; judges anew what another middleware led to another address."""
        crawl = self._crawl
        visit = crawl.visits.get(request)
        if visit is None:
            download = crawl.downloads.of(request)
            if download is not None:
                download.begin(request)
            if not crawl.judges(request):
                return
        if name := request.headers.get("User-Agent"):
            crawl.names.heed(name.decode("latin-1"))
        if visit is None or visit.url != crawl.told(request):
            await crawl.enter(request)
        if crawl.guard.tokens:
            crawl.authorise(request)

    def headers_received(self, headers: Headers, request: Request) -> None:
        """Signal handler: ends the download of what the headers reserve. Knows only what was read before."""
        crawl = self._crawl
        try:
            stop = not crawl.downloads.began(request) and crawl.early.stops(request, headers)
        except Exception as error:
            # Scrapy would log it and go on with the download.
            logger.exception("The headers of %s could not be judged", told(request.url))
            visit = crawl.visits.get(request)
            if visit is not None:
                visit.stopped, visit.error = True, error
            stop = True
        if stop:
            raise StopDownload(fail=True)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Judges a response before anything stores it. Raises `Withheld`."""
        crawl = self._crawl
        visit = crawl.visits.get(request)
        if visit is None:
            download = crawl.downloads.of(request)
            if download is not None:
                return download.end(response)
            if not crawl.judges(request):
                return response
        crawl.early.forget(request)
        if response.status == NOT_MODIFIED and response.body:  # HTTP/2 may bring one
            response = response.replace(body=b"")
        try:
            visit = await crawl.hear(visit, request, response, inner=True)
        finally:
            crawl.take_back(request)
        stored = request.meta.get("cached_response")
        visit.stored = stored if isinstance(stored, Response) else None
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """
        Judges what came of a download that a signal handler ended, ours or the project's. Raises `Withheld`.

        An errback would find it in the exception.
        """
        crawl = self._crawl
        visit = crawl.visits.get(request)
        crawl.early.forget(request)
        try:
            if isinstance(exception, StopDownload):
                if visit is not None and visit.stopped and visit.error is not None:
                    raise visit.error
                response = getattr(exception, "response", None)  # it has none before the downloader gives it one
                if response is not None and crawl.judges(request):
                    await crawl.stopped(visit or await crawl.enter(request), request, response)
        finally:
            crawl.take_back(request)
