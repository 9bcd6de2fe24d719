"""
Policy documents through the crawler's own downloader: the same proxies, TLS settings and name look-ups as its pages.

strategy: the gates know each policy request as the object that it is. The innermost gate takes off what the project
adds to its requests and keeps the answer as received, before any other middleware decodes, follows or repeats it.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
import urllib.request
from time import monotonic
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware
from scrapy.exceptions import IgnoreRequest, StopDownload
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from tdm_guard.fetch import Answer, Effect, Effects, Get, Resolve
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin
from tdm_guard.scrapy.way import PROXY, Way

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from scrapy.crawler import Crawler
    from scrapy.http import Headers

MARK = "tdm_guard_policy"  # in a request's meta: tells a copy of a policy request from other requests; exempts nothing
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
_SENT = frozenset({b"user-agent", b"accept", b"accept-encoding", b"if-none-match", b"if-modified-since"})
_FOR_PROXY = b"proxy-authorization"
_LOGIN = re.compile(r"[^\s'\"/@]*@")
_RUN, _NUMBERS = secrets.token_hex(8), itertools.count(1)  # marks of this process, which nobody guesses
_MAX_CAUSES = 10  # errors that lie behind an error; chains of more are loops


class Download:
    """One policy request under way: how much of its body counts, and the response as received."""

    __slots__ = ("_blank", "began", "ended", "limit", "mark", "received", "response", "url")

    def __init__(self, url: str, limit: int) -> None:
        self.url = url
        self.limit = limit
        self.mark = f"{_RUN}-{next(_NUMBERS)}"
        self._reset()

    def _reset(self) -> None:
        self.received = 0
        self.began: float | None = None
        self.ended: float | None = None
        self.response: Response | None = None
        self._blank: Response | None = None

    def begin(self, request: Request) -> None:
        """An attempt is sent on its way, with the fields that it needs; nothing of an earlier one counts."""
        self._reset()
        strip(request)

    def end(self, response: Response) -> Response:
        """Keeps what was received; what it returns in its place has nothing that a middleware would act on."""
        if self.response is None:
            self.ended = monotonic()
            self.response = response
        if response is not self._blank:
            self._blank = Response(response.url, status=response.status)
        return self._blank


def strip(request: Request) -> None:
    """Takes off a policy request what the project adds to its own: keys and cookies are nothing for strangers."""
    sent = _SENT | {_FOR_PROXY} if request.meta.get(PROXY) else _SENT
    for name in [name for name in dict.keys(request.headers) if name.lower() not in sent]:
        dict.pop(request.headers, name)


class Downloads:
    """
    The policy requests under way in one crawl. Only while there are any it listens to what becomes of them.

    A policy request is known as the object that was made here. A copy that a middleware put in its place is found by
    its mark: its answer is the document, or nobody's, so that no mark lets content pass.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._open: dict[str, Download] = {}
        self._requests: dict[Request, Download] = {}

    def __len__(self) -> int:
        return len(self._open)

    def of(self, request: Request) -> Download | None:
        """The download that `request` belongs to, if it is a policy request."""
        return self._requests.get(request) if self._requests else None

    def open(self, request: Request, limit: int) -> Download:
        """A new download of at most `limit` bytes."""
        if not self._open:
            for signal, handler in self._handlers():
                self._crawler.signals.connect(handler, signal)
        download = Download(request.url, limit)
        request.meta[MARK] = download.mark
        self._open[download.mark] = self._requests[request] = download
        return download

    def succeed(self, request: Request) -> None:
        """
        Takes a request with a mark for a copy of the policy request under way, or the mark off it.

        Raises `IgnoreRequest` for one that comes too late, or for another address: it must not wait for the policy that
        may wait for it.
        """
        if request in self._requests:
            return
        mark = request.meta[MARK]
        download = self._open.get(mark) if isinstance(mark, str) else None
        if download is None:
            del request.meta[MARK]
        elif request.url == download.url and download.response is None:
            self._requests[request] = download
        else:
            raise IgnoreRequest("not sent: it is a copy of a policy request")

    def close(self, download: Download) -> None:
        """The download is over."""
        del self._open[download.mark]
        self._requests = {request: other for request, other in self._requests.items() if other is not download}
        if not self._open:
            for signal, handler in self._handlers():
                self._crawler.signals.disconnect(handler, signal)

    def _handlers(self) -> tuple[tuple[Any, Callable[..., None]], ...]:
        return (
            (signals.request_reached_downloader, self.sent),
            (signals.bytes_received, self.bytes_received),
        )

    def sent(self, request: Request) -> None:
        """Signal handler: no middleware can add to it any more."""
        if request in self._requests:
            strip(request)

    def began(self, request: Request) -> bool:
        """Notes when the answer to a policy request began; False for any other."""
        download = self.of(request)
        if download is not None:
            download.began = monotonic()
        return download is not None

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

    A document of the origin that gets no answer ends the asking: what was not sent yet is not sent. `way` is that of
    the request that the policy is for.
    """

    def __init__(
        self,
        crawler: Crawler,
        downloads: Downloads,
        origin: Origin,
        clock: Callable[[], datetime],
        width: int,
        way: Way,
    ) -> None:
        self._crawler = crawler
        self._downloads = downloads
        self._origin = origin
        self._clock = clock
        self._room = asyncio.Semaphore(width)
        self._way = way
        self._silent: str | None = None

    async def perform(self, effects: Effects) -> list[Any]:
        """The answers to `effects`, in their order."""
        if len(effects) == 1:
            return [await self._perform(effects[0])]
        return list(await asyncio.gather(*(self._perform(effect) for effect in effects)))

    async def _perform(self, effect: Effect) -> Any:
        if not isinstance(effect, Get):
            return await self._resolve(effect)
        async with self._room:
            if self._silent:
                return self._failed(f"not asked: {self._silent} before")
            answer = await self._get(effect)
            if answer.fetched.error and answer.fetched.error not in _PATIENT:
                answer = await self._get(effect)
            if answer.fetched.error and Origin.parse(effect.url) == self._origin:
                self._silent = answer.fetched.error
            return answer

    async def _get(self, get: Get) -> Answer:
        request = self._request(get)
        download = self._downloads.open(request, get.max_bytes)
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 -- whatever keeps a document from us is an answer: unreachable
            if download.response is None:
                return self._failed(describe(error))
            response = download.response  # a middleware made an error of the answer that it was shown
        finally:
            self._downloads.close(download)
        return self._answer(get, request, download, download.response or response)

    def _request(self, get: Get) -> Request:
        request = Request(
            get.url,
            headers=dict(get.headers),
            callback=NO_CALLBACK,
            priority=PRIORITY,
            dont_filter=True,
            meta={
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
                "download_slot": f"{MARK} {get.origin}{self._way.label}",  # the pages' slot stays free
                "autothrottle_dont_adjust_delay": True,
            },
        )
        return self._way.lead(request)

    def _answer(self, get: Get, request: Request, download: Download, response: Response) -> Answer:
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
        known = response.ip_address is not None and not request.meta.get(PROXY)
        return Answer(fetched=fetched, elapsed=elapsed, peer=str(response.ip_address) if known else None)

    def _failed(self, why: str) -> Answer:
        return Answer(fetched=Fetched.unreachable(why, at=self._clock()))

    async def _resolve(self, effect: Resolve) -> tuple[str, ...]:
        """
        The addresses of a host; none if a proxy looks them up, or if it takes longer than a document may.

        A middleware of the project's may send the request to a proxy for all that is known here: it is looked up.
        """
        if _has_proxy(effect.url, self._crawler) if self._way.proxied is None else self._way.proxied:
            return ()
        timeout = float(self._crawler.settings.getfloat("DNS_TIMEOUT") or 60)
        try:
            async with asyncio.timeout(min(timeout, 5.0)):
                found = await asyncio.get_running_loop().getaddrinfo(effect.host, None)
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
    return _LOGIN.sub("", f"{type(error).__name__}: {error}")[:200]  # that of a proxy, say


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


def _has_proxy(url: str, crawler: Crawler) -> bool:
    """True if HttpProxyMiddleware, where it is at work, sends a request for `url` to a proxy of the environment."""
    origin = Origin.parse(url)
    if urllib.request.proxy_bypass(origin.host):
        return False
    working = getattr(getattr(crawler.engine, "downloader", None), "middleware", None)
    return any(
        isinstance(middleware, HttpProxyMiddleware) and origin.scheme in middleware.proxies
        for middleware in getattr(working, "middlewares", ())
    )
