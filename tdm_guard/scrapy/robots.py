"""
What concerns Scrapy's RobotsTxtMiddleware, which asks for robots.txt itself and refuses on its own account.

strategy: what it asks for is answered with what the guard reads. So its request is never sent, no request has to be
exempt from judgement, and what a robots.txt redirects to is nobody's content. Its refusals are recorded.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import TextResponse
from scrapy.utils.httpobj import urlparse_cached

from tdm_guard.errors import UnsupportedURL
from tdm_guard.origin import Origin
from tdm_guard.scrapy.outcome import Unjudged
from tdm_guard.scrapy.policies import robots_of
from tdm_guard.scrapy.visit import has_credentials
from tdm_guard.scrapy.way import Way
from tdm_guard.scrapy.works import item_of
from tdm_guard.signals.robots import DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from weakref import WeakKeyDictionary

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from tdm_guard.guard import Guard
    from tdm_guard.judging.case import Case
    from tdm_guard.scrapy.hops import Hops
    from tdm_guard.scrapy.policies import Policies
    from tdm_guard.scrapy.room import Room
    from tdm_guard.scrapy.visit import Visit

FORBIDDEN = "Forbidden by robots.txt"  # the message of the IgnoreRequest that RobotsTxtMiddleware raises
WORDS = "refused by Scrapy's RobotsTxtMiddleware"
_page: ContextVar[Request | None] = ContextVar("page", default=None)  # for which the middleware asks


class _With:
    """Another object, with some of its attributes replaced."""

    def __init__(self, wrapped: Any, **replaced: Any) -> None:
        self.__dict__.update(replaced)
        self._wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)


class Robots:
    """
    RobotsTxtMiddleware's requests and refusals in one crawl; nothing where ROBOTSTXT_OBEY is off.

    `record` writes what became of a request that so never entered a gate.
    """

    def __init__(
        self,
        crawler: Crawler,
        guard: Guard,
        policies: Policies,
        room: Room,
        hops: Hops,
        visits: WeakKeyDictionary[Request, Visit],
        record: Callable[[Case, Request], object],
    ) -> None:
        self._crawler = crawler
        self._guard = guard
        self._policies = policies
        self._room = room
        self._hops = hops
        self._visits = visits
        self._record = record
        self._obeyed = crawler.settings.getbool("ROBOTSTXT_OBEY")
        self._ask: Callable[[Request], Awaitable[Any]]
        self._known: set[str] = set()  # as long as the middleware knows them: for ever
        if self._obeyed:
            crawler.signals.connect(self._opened, signals.spider_opened)

    def _opened(self) -> None:
        """Signal handler: the middlewares are there. One of another kind asks by itself, and is judged."""
        crawler = self._crawler
        middleware: Any = crawler.get_downloader_middleware(RobotsTxtMiddleware)
        if middleware is not None:
            self._ask = middleware.robot_parser
            middleware.robot_parser = self._parser
            middleware.crawler = _With(crawler, engine=_With(crawler.engine, download_async=self._download))

    async def _parser(self, request: Request) -> Any:
        """
        The middleware's parser for the site of `request`, which takes no place while it waits for that.

        It asks nobody on account of a request that will not be sent. Raises `ConfigurationError`.
        """
        item_of(request, self._guard)
        site: str = urlparse_cached(request).netloc
        if site in self._known:
            return await self._ask(request)
        token = _page.set(request)
        try:
            with self._room.wait():
                parser = await self._ask(request)
        finally:
            _page.reset(token)
        self._known.add(site)
        return parser

    async def _download(self, request: Request) -> Response:
        """Answers the middleware. It takes a failure as leave to go on; our own gate does not."""
        if not _asks_for_robots(request):
            response: Response = await self._crawler.engine.download_async(request)
            return response
        try:
            origin = Origin.parse(request.url)
        except UnsupportedURL as error:  # the page is refused on its own account
            raise Unjudged(*error.problems) from None
        if self._guard.bench.bars(origin):
            raise IgnoreRequest(f"{robots_of(origin)} lies at an excluded site")
        fetched = await self._policies.robots(origin, Way.of(_page.get() or request))
        if fetched.error:
            raise IgnoreRequest(f"{robots_of(origin)} could not be had: {fetched.error}")
        return TextResponse(fetched.url or request.url, status=fetched.status or 0, body=fetched.body, request=request)

    def refused(self, request: Request, error: Exception) -> bool:
        """True if `error` is the middleware's refusal of a request that so never entered our gates."""
        return self._obeyed and str(error) == FORBIDDEN and request not in self._visits

    async def record(self, request: Request) -> None:
        """Writes the record of its refusal, on what is known or being read of the origin; nothing is fetched for it."""
        guard = self._guard
        try:
            origin = Origin.parse(request.url)
        except UnsupportedURL:
            return
        policy = guard.known(origin) or guard.judge.read_policies(origin, {}, now=guard.clock())
        hops = tuple(hop for hop, _ in self._hops.before(request))
        case = guard.open(request.url, policy, hops=hops, authenticated=has_credentials(request))
        case.hear_refusal(robots_of(origin), WORDS)
        self._record(case, request)


def _asks_for_robots(request: Request) -> bool:
    try:
        parts = urlsplit(request.url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and (parts.path, parts.query) == (DOCUMENT.path, "")
