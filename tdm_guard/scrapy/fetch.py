"""
Policy documents through the crawler's own downloader: the same proxies, TLS settings and name look-ups as its pages.

strategy: a policy request carries a mark of which the gates know the open `Download`. The innermost gate takes
credentials off it and keeps the answer as received, before any other middleware decodes, follows or repeats it.
"""

from __future__ import annotations

import asyncio
import secrets
import urllib.request
from time import monotonic
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.exceptions import StopDownload
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from tdm_guard.fetch import Answer, Effect, Effects, Get
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from scrapy.crawler import Crawler
    from scrapy.http import Headers

MARK = "tdm_guard_policy"
PRIORITY = 1000  # what RobotsTxtMiddleware gives its own
CUT = frozenset({"download_stopped", "dataloss"})  # flags of a body that is not whole; "partial" is close-delimited
_PATIENT = ("timeout", "dns", "connection refused", "tls")  # failures that another attempt at once would not mend
_NAMES = {
    "DownloadTimeoutError": "timeout",
    "TimeoutError": "timeout",
    "TCPTimedOutError": "timeout",
    "CannotResolveHostError": "dns",
    "DNSLookupError": "dns",
    "DownloadConnectionRefusedError": "connection refused",
    "ConnectionRefusedError": "connection refused",
}
_MAX_CAUSES = 10  # errors that lie behind an error; chains of more are loops


class Download:
    """One policy request under way: how much of its body counts, and the response as received."""

    __slots__ = ("began", "ended", "limit", "received", "response")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.begin()

    def begin(self) -> None:
        """An attempt is sent on its way; nothing of an earlier one counts."""
        self.received = 0
        self.began: float | None = None
        self.ended: float | None = None
        self.response: Response | None = None

    def end(self, response: Response) -> Response:
        """Keeps what was received; what it returns in its place has nothing that a middleware would act on."""
        self.ended = monotonic()
        self.response = response
        return Response(response.url, status=response.status)


class Downloads:
    """The policy requests under way in one crawl. Only while there are any it listens to what arrives."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._open: dict[str, Download] = {}

    def of(self, request: Request) -> Download | None:
        """The download that `request` belongs to, if it is a policy request."""
        if not self._open:
            return None
        mark = request.meta.get(MARK)
        return self._open.get(mark) if isinstance(mark, str) else None

    def begin(self, request: Request) -> None:
        """The request is on its way to the downloader: without the credentials that the crawl's pages get."""
        download = self.of(request)
        if download is not None:
            download.begin()
            request.headers.pop(b"Authorization", None)
            request.headers.pop(b"Cookie", None)

    def open(self, limit: int) -> tuple[str, Download]:
        """A new download of at most `limit` bytes and its mark, which nobody else can know."""
        if not self._open:
            self._crawler.signals.connect(self.headers_received, signals.headers_received)
            self._crawler.signals.connect(self.bytes_received, signals.bytes_received)
        mark = secrets.token_hex(8)
        download = self._open[mark] = Download(limit)
        return mark, download

    def close(self, mark: str) -> None:
        """The download is over."""
        self._open.pop(mark, None)
        if not self._open:
            self._crawler.signals.disconnect(self.headers_received, signals.headers_received)
            self._crawler.signals.disconnect(self.bytes_received, signals.bytes_received)

    def headers_received(self, request: Request) -> None:
        """Signal handler: notes when the answer began."""
        download = self.of(request)
        if download is not None:
            download.began = monotonic()

    def bytes_received(self, data: bytes, request: Request) -> None:
        """Signal handler: ends a download that has all that counts, keeping what came."""
        download = self.of(request)
        if download is not None:
            download.received += len(data)
            if download.received > download.limit:
                raise StopDownload(fail=False)


class Fetcher:
    """
    Performs what reading one origin asks for: at most `width` requests side by side.

    A document of the origin that gets no answer ends the asking: what was not sent yet is not sent. `awaited` knows
    the documents that somebody else is fetching already; None from there means that they are ours to fetch after all.
    """

    def __init__(
        self,
        crawler: Crawler,
        downloads: Downloads,
        origin: Origin,
        clock: Callable[[], datetime],
        width: int,
        awaited: Mapping[str, Awaitable[Fetched | None]],
    ) -> None:
        self._crawler = crawler
        self._downloads = downloads
        self._origin = origin
        self._clock = clock
        self._room = asyncio.Semaphore(width)
        self._awaited = awaited
        self._silent: str | None = None
        self._proxied = _has_proxy(origin)

    async def perform(self, effects: Effects) -> list[Any]:
        """The answers to `effects`, in their order."""
        return list(await asyncio.gather(*(self._perform(effect) for effect in effects)))

    async def _perform(self, effect: Effect) -> Any:
        if not isinstance(effect, Get):
            return await self._resolve(effect.host)
        async with self._room:
            if self._silent:
                return self._failed(f"not asked: {self._silent} before")
            answer = await self._borrowed(effect) or await self._get(effect)
            if answer.fetched.error and answer.fetched.error not in _PATIENT:
                answer = await self._get(effect)
            if answer.fetched.error and Origin.parse(effect.url) == self._origin:
                self._silent = answer.fetched.error
            return answer

    async def _borrowed(self, get: Get) -> Answer | None:
        waiting = self._awaited.get(get.url)
        fetched = None if waiting is None else await waiting
        return None if fetched is None else Answer(fetched=fetched)

    async def _get(self, get: Get) -> Answer:
        mark, download = self._downloads.open(get.max_bytes)
        try:
            request = self._request(get, mark)
            response = await self._crawler.engine.download_async(request)
            return self._answer(get, request, download, download.response or response)
        except Exception as error:  # noqa: BLE001 -- whatever keeps a document from us is an answer: unreachable
            return self._failed(describe(error))
        finally:
            self._downloads.close(mark)

    def _request(self, get: Get, mark: str) -> Request:
        return Request(
            get.url,
            headers=dict(get.headers),
            callback=NO_CALLBACK,
            priority=PRIORITY,
            dont_filter=True,
            meta={
                MARK: mark,
                "dont_obey_robotstxt": True,  # RobotsTxtMiddleware would hold it for the robots.txt it waits for
                "allow_offsite": True,  # the hosts of media and of redirects are seldom in allowed_domains
                "handle_httpstatus_all": True,
                "dont_redirect": True,  # hops are judged and followed by the engine
                "dont_retry": True,  # a status is an answer, and of failures the second attempt is ours
                "dont_cache": True,  # the usual HTTP cache policy keeps a document for ever
                "dont_merge_cookies": True,
                "download_timeout": get.timeout,
                "download_maxsize": 0,  # it would end a large document as an error; `bytes_received` cuts it instead
                "download_warnsize": 0,
                "download_slot": f"{MARK} {get.origin}",  # the pages' slot stays free
                "autothrottle_dont_adjust_delay": True,
            },
        )

    def _answer(self, get: Get, request: Request, download: Download, response: Response) -> Answer:
        self._proxied = bool(request.meta.get("proxy"))
        elapsed = float(request.meta.get("download_latency") or 0.0)
        if download.began is not None and download.ended is not None:
            elapsed += download.ended - download.began
        body = response.body
        fetched = Fetched(
            status=response.status,
            headers=pairs(response.headers),
            body=body[: get.max_bytes],
            url=get.url,
            at=self._clock(),
            complete=len(body) <= get.max_bytes and CUT.isdisjoint(response.flags),
        )
        known = response.ip_address is not None and not self._proxied
        return Answer(fetched=fetched, elapsed=elapsed, peer=str(response.ip_address) if known else None)

    def _failed(self, why: str) -> Answer:
        return Answer(fetched=Fetched.unreachable(why, at=self._clock()))

    async def _resolve(self, host: str) -> tuple[str, ...]:
        """The addresses of a host; none if a proxy looks them up, or if it takes longer than a document may."""
        if self._proxied:
            return ()
        timeout = float(self._crawler.settings.getfloat("DNS_TIMEOUT") or 60)
        try:
            async with asyncio.timeout(min(timeout, 5.0)):
                found = await asyncio.get_running_loop().getaddrinfo(host, None)
        except (OSError, UnicodeError):  # TimeoutError is an OSError
            return ()
        return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    """Scrapy's header fields as pairs of text, each line apart, byte for byte."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name in headers.keys()  # noqa: SIM118 -- iterating and .items() are redefined by Scrapy's class
        for value in headers.getlist(name)
    )


def describe(error: BaseException) -> str:
    """Why a download failed, in the words of the records: timeout, dns, connection refused, tls, or the error's."""
    kinds = [base for cause in _causes(error) for base in type(cause).__mro__]
    if any(kind.__module__.startswith(("OpenSSL", "ssl")) for kind in kinds):
        return "tls"
    known = next((_NAMES[kind.__name__] for kind in kinds if kind.__name__ in _NAMES), None)
    if known:
        return known
    return f"{type(error).__name__}: {error}"[:200]


def _causes(error: BaseException) -> list[BaseException]:
    """An error and what lies behind it: Python's causes, Twisted's lists of reasons."""
    found: list[BaseException] = []
    pending: list[Any] = [error]
    while pending and len(found) < _MAX_CAUSES:
        item = pending.pop(0)
        item = getattr(item, "value", item)  # a Twisted failure
        if not isinstance(item, BaseException) or item in found:
            continue
        found.append(item)
        pending += [item.__cause__, item.__context__]
        reasons = getattr(item, "reasons", None) or (item.args[0] if item.args else ())
        pending += reasons if isinstance(reasons, (list, tuple)) else []
    return found


def _has_proxy(origin: Origin) -> bool:
    """True if the environment names a proxy for `origin`, as HttpProxyMiddleware reads it."""
    return origin.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(origin.host)
