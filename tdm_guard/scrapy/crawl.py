"""
Crawl: what the two gates of one crawler share: the guard, the requests on their way, the origins being read.

strategy: a request gets a `Visit` when it enters; the response is judged as near to the downloader as can be, and the
record is written when the response leaves for the spider. Whatever fails in between fails the request.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

from cachetools import LRUCache
from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import is_asyncio_available

from tdm_guard.errors import ConfigurationError, LogError, UnsupportedURL
from tdm_guard.guard import Guard, Reading, run_async
from tdm_guard.origin import Origin
from tdm_guard.scrapy import outcome
from tdm_guard.scrapy.fetch import CUT, Downloads, Fetcher
from tdm_guard.scrapy.outcome import Unjudged, Withheld
from tdm_guard.scrapy.prefix import Prefixes
from tdm_guard.scrapy.robots import Robots
from tdm_guard.scrapy.room import Room
from tdm_guard.scrapy.settings import PREFIX, check_gates, named, read_options, switched_off
from tdm_guard.scrapy.visit import Fields, Visit, has_credentials
from tdm_guard.tokens import FIELD

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response

    from tdm_guard.case import Case
    from tdm_guard.decision import Decision
    from tdm_guard.policy import OriginPolicy

KEY = "tdm_guard"
ITEM = "tdm_guard_item"  # in a request's meta: what the caller knows of the work
CLOSE_REASON = "tdm_guard_log"  # why a spider is closed whose log cannot be written
MAX_HOPS_KEPT = 1000  # redirects with words of ours in their fields, between hop and target; the oldest go first
DOCUMENTS = 2  # that are asked for side by side at first, of an origin
WATCH_EVERY = 0.02  # seconds; each time as many requests more may come as CONCURRENT_REQUESTS says
SMALL = 64 * 1024  # bytes of a body that are received even if a header reserves
_OWN = "_tdm_guard"
T = TypeVar("T")
logger = logging.getLogger("tdm_guard.scrapy")


class Crawl:
    """The guard of one crawler. `Crawl.of(crawler)` makes it, or finds the one that the other gate made."""

    @classmethod
    def of(cls, crawler: Crawler) -> Crawl:
        """
        Raises `ConfigurationError` (a `ValueError`) for settings that cannot be used, `LogError` without a log.

        `NotConfigured` is raised for nothing but `TDM_GUARD_ENABLED = False`: Scrapy takes it as leave to go on alone.
        """
        found: Crawl | None = vars(crawler).get(_OWN)
        if found is None:
            if switched_off(crawler.settings):
                raise NotConfigured(f"{PREFIX}ENABLED is False: no reservation is read, nothing is recorded")
            found = cls(crawler)
            setattr(crawler, _OWN, found)
        return found

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        options = read_options(settings, user_agent=getattr(crawler.spider, "user_agent", None))
        if not is_asyncio_available():
            raise ConfigurationError(
                f"TWISTED_REACTOR: {settings['TWISTED_REACTOR']!r} has no asyncio event loop, which the guard needs; "
                "use 'twisted.internet.asyncioreactor.AsyncioSelectorReactor'"
            )
        check_gates(settings)
        self.crawler = crawler
        self.options = options
        self.downloads = Downloads(crawler)
        self.visits: WeakKeyDictionary[Request, Visit] = WeakKeyDictionary()
        self.dead: str | None = None
        self._closing: asyncio.Task[None] | None = None
        self._flights: dict[Origin, asyncio.Task[OriginPolicy]] = {}
        self._locks: WeakValueDictionary[Origin, asyncio.Lock] = WeakValueDictionary()
        self._spoken: LRUCache[str, list[tuple[str, str]]] = LRUCache(maxsize=MAX_HOPS_KEPT)
        self._width = _width(crawler)
        self.room = Room(crawler)
        self._watch: asyncio.Task[None] | None = None
        self._increase = crawler.stats.inc_value  # looked up once: Scrapy's stats resolve each access anew
        try:
            self.guard = Guard(options, count=self._count)
        except ConfigurationError as error:
            raise named(error) from None
        self.fields = Fields(self.guard.judge.fields)
        self.robots = Robots(self)
        self.prefixes = Prefixes(crawler, self.settles, self.bound)
        for problem in options.holdings.warnings:
            logger.warning("%s", problem)
        if options.mode == "observe":
            logger.warning("%sMODE is observe: what is reserved will be stored, and recorded as such", PREFIX)
        crawler.signals.connect(self._closed, signals.spider_closed)

    # ---- policies -----------------------------------------------------------------------------------------------

    async def policy(self, origin: Origin) -> OriginPolicy:
        """The policy of `origin`, kept or read."""
        return self.guard.known(origin) or await self._read(origin)

    async def _read(self, origin: Origin) -> OriginPolicy:
        """Reads the documents of `origin` once however many ask; a waiter that is cancelled takes nobody with it."""
        flight = self.begin(origin)
        self.robots.needed(origin)
        with self.room.wait():
            return await asyncio.shield(flight)

    def begin(self, origin: Origin) -> asyncio.Task[OriginPolicy]:
        """Begins to read the documents of `origin`, unless they are being read."""
        flight = self._flights.get(origin)
        if flight is None:
            flight = asyncio.ensure_future(self._perform(origin, self.guard.load(origin)))
            self._flights[origin] = flight
            flight.add_done_callback(partial(self._landed, origin))
        return flight

    def reads(self, origin: Origin) -> bool:
        """True while the documents of `origin` are being read."""
        return origin in self._flights

    async def _perform(self, origin: Origin, reading: Reading[T]) -> T:
        fetcher = Fetcher(self.crawler, self.downloads, origin, self.guard.clock, self._width, self.robots.awaited)
        with self.room.beside(min(self._width, DOCUMENTS)):
            return await run_async(reading, fetcher.perform, asyncio.to_thread)

    def watch(self) -> None:
        """Makes room also for the requests that RobotsTxtMiddleware holds, as long as it holds any."""
        if self._watch is None or self._watch.done():
            self._watch = asyncio.ensure_future(self._make_room())

    async def _make_room(self) -> None:
        downloader: Any = self.crawler.engine.downloader
        while self.robots.awaited:
            # It holds them before they reach our gate: of what is under way they are what is in no slot yet.
            sent = sum(len(slot.active) for slot in downloader.slots.values())
            with self.room.beside(max(0, len(downloader.active) - sent - self.room.waiting)):
                await asyncio.sleep(WATCH_EVERY)

    def _landed(self, origin: Origin, flight: asyncio.Task[OriginPolicy]) -> None:
        self._flights.pop(origin, None)
        if not flight.cancelled():
            flight.exception()  # it is raised where the flight is awaited; nobody may be left to do so

    async def _hear_declared(self, case: Case) -> None:
        """Reads what was declared; of one origin in turn, so that pages that declare the same share it."""
        lock = self._locks.setdefault(case.policy.origin, asyncio.Lock())
        async with lock:
            await self._perform(case.policy.origin, self.guard.read_declared(case))

    # ---- one request --------------------------------------------------------------------------------------------

    def judges(self, request: Request) -> bool:
        """False for what nobody reserves or reads for itself: policy requests, and the schemes without an origin."""
        if request.url.startswith(("data:", "file:")) or self.downloads.of(request) is not None:
            return False
        return not self.robots.owns(request)

    async def enter(self, request: Request) -> Visit:
        """Opens the visit of a request. Raises `Withheld` if it need not be sent."""
        visit = Visit(await self._open(request.url, request, sent=False))
        self.visits[request] = visit
        return visit

    async def _open(self, url: str, request: Request, *hops: str, sent: bool = True) -> Case:
        """A case for `url`; one that waited for its policy and is to be sent waits for its place too."""
        if self.dead:
            raise LogError(self.dead)
        try:
            origin = Origin.parse(url)
        except UnsupportedURL as error:
            self.guard.count("unsupported")
            logger.warning("Not requested, since it cannot be judged: %s", error)
            raise Unjudged(*error.problems) from None
        known = self.guard.known(origin)
        policy = known or await self._read(origin)
        case = self.guard.open(url, policy, authenticated=has_credentials(request), item=request.meta.get(ITEM))
        for hop in (*request.meta.get("redirect_urls", ()), *hops):
            case.hear_hop(hop, self._spoken.get(hop, ()))
        if case.refused:
            await self.refuse(case, request)
        if known is None and not sent:
            await self.room.place()
            if self.dead:
                raise LogError(self.dead)
        return case

    def authorise(self, request: Request) -> None:
        """Adds the licence token of the request's origin; a redirect to another one does not keep it."""
        fields = {name: value.decode("latin-1") for name in (FIELD,) if (value := request.headers.get(name))}
        self.guard.tokens.apply(fields, Origin.parse(request.url))
        request.headers.pop(FIELD, None)
        request.headers.update(fields)

    def take_back(self, request: Request) -> None:
        """Takes the token off what was sent: Scrapy's HTTP cache and job folder keep the fields of requests."""
        value = request.headers.get(FIELD) if self.guard.tokens else None
        if value is not None and self.guard.tokens.holds(value.decode("latin-1")):
            del request.headers[FIELD]

    async def hear(self, request: Request, response: Response, received: bytes | None = None) -> Visit:
        """
        Lets a case hear `response`; raises `Withheld` if it may not be handed on.

        `received` is the body before its content coding was taken off, where `response` no longer has it.
        """
        if self.dead:
            raise LogError(self.dead)
        visit = self.visits.get(request) or await self.enter(request)
        if not _same_address(response.url, request.url):  # a browser followed redirects by itself
            case = await self._open(response.url, request, request.url)
        else:
            case = visit.case if visit.fresh else await self._open(request.url, request)
        visit.fresh = False
        words = self._hear_head(case, request, response)
        raw = response.body if received is None else received
        if raw:
            case.hear_transfer(len(raw), hashlib.sha256(raw).hexdigest())
        reads = not case.refused and case.wants_body()
        if reads:
            limit = self.options.max_asset_bytes
            whole = len(response.body) <= limit and CUT.isdisjoint(response.flags)
            case.hear_body(response.body[:limit], complete=whole)
        if case.declared:
            await self._hear_declared(case)
        if case.refused:
            self.settle(case, request)
        if 300 <= response.status < 400 and self.fields.speak(response.headers):
            self._spoken[response.url] = self.fields.pairs(response.headers, words)
        visit.judged(case, response, words, reads=reads)
        return visit

    def _hear_head(self, case: Case, request: Request, response: Response) -> Any:
        words = self.fields.words(response.headers)
        flags = response.flags
        case.authenticated = has_credentials(request)
        case.hear_headers(
            response.status,
            self.fields.pairs(response.headers, words, decoded="decoded" in flags),
            bodiless=request.method == "HEAD",
            cached="cached" in flags,
        )
        return words

    def stops(self, request: Request, headers: Headers) -> bool:
        """True if the fields alone refuse, on what is known already: the body need not be received."""
        visit = self.visits.get(request)
        if visit is None:
            return False
        if self.fields.speak(headers) and not _is_small(headers):
            visit.stopped = self._provisional(visit, request, headers).refused
        if self.guard.judge.asset_signals and not visit.stopped:
            self.prefixes.watch(request, headers)
        return visit.stopped

    def settles(self, request: Request, headers: Headers, prefix: bytes) -> bool:
        """True if the beginning of a file reserves: the rest need not be received."""
        visit = self.visits.get(request)
        if visit is None:
            return False
        visit.stopped = self._provisional(visit, request, headers).settled_by(prefix)
        return visit.stopped

    def bound(self, request: Request, headers: Headers, prefix: bytes) -> int | None:
        """How many bytes are received of a file that, as far as its beginning tells, must be read whole."""
        visit = self.visits.get(request)
        if visit is None:
            return None
        case = self._provisional(visit, request, headers)
        case.hear_body(prefix, complete=False)
        visit.stopped = case.refused  # where it ends, if it has not come to its own end by then
        return self.options.max_asset_bytes if visit.stopped else None

    def _provisional(self, visit: Visit, request: Request, headers: Headers) -> Case:
        """A case for what is known before the response is there."""
        case = self.guard.open(request.url, visit.case.policy, item=request.meta.get(ITEM))
        # The status is not known here. As content the case keeps more open, so that it never stops too much.
        case.hear_headers(200, self.fields.pairs(headers), bodiless=request.method == "HEAD")
        return case

    async def stopped(self, visit: Visit, request: Request, response: Response) -> None:
        """Records a download that was ended before its end, as it turned out. Raises `Withheld`."""
        case, body = visit.case, response.body
        self._hear_head(case, request, response)
        if not case.refused:
            case.hear_transfer(len(body), None)
            limit = self.options.max_asset_bytes
            if not case.settled_by(body[:limit], ended=True):
                case.hear_body(body[:limit], complete=False)
        if case.refused:
            await self.refuse(case, request)

    # ---- what comes of it ---------------------------------------------------------------------------------------

    async def refuse(self, case: Case, request: Request) -> None:
        """Records a refusal, with what the policy behind it says of whom to ask. Raises `Withheld`."""
        if case.declared:
            await self._hear_declared(case)
        self.settle(case, request)

    def settle(self, case: Case, request: Request) -> Decision:
        """Writes the record; raises `Withheld`, or `LogError` and closes the spider when it cannot be written."""
        decision = self.record(case, request)
        if not decision.admitted:
            raise Withheld(decision, request)
        return decision

    def record(self, case: Case, request: Request) -> Decision:
        """Writes the record, and tells who wants to know of what is withheld."""
        try:
            decision = self.guard.close(case)
        except LogError as error:
            self._die(error)
            raise
        if not decision.admitted:
            logger.debug("Withheld: %s", decision.summary(), extra={"spider": self.crawler.spider})
            self.crawler.signals.send_catch_log(signal=outcome.withheld, request=request, decision=decision)
        return decision

    def _count(self, name: str) -> None:
        self._increase(f"{KEY}/{name}")

    def _die(self, error: LogError) -> None:
        if self.dead is None:
            self.dead = str(error)
            logger.critical("The crawl ends, since nothing may pass unrecorded: %s", error)
            self.room.clear()
            self._closing = asyncio.ensure_future(self._close_spider())

    async def _close_spider(self) -> None:
        try:
            await self.crawler.engine.close_spider_async(reason=CLOSE_REASON)
        except RuntimeError as error:  # it is closed already
            logger.debug("The spider is not closed again: %s", error)

    def _closed(self) -> None:
        """Signal handler: the run is over."""
        for task in (*self._flights.values(), *([self._watch] if self._watch else ())):
            task.cancel()
        self.room.close()
        totals = self.guard.totals
        verdicts = ", ".join(
            f"{count} {name.partition('/')[2]}" for name, count in sorted(totals.items()) if name.startswith("verdict/")
        )
        logger.info(
            "%d admitted, %d withheld (%s); log: %s",
            totals["admitted"],
            totals["withheld"],
            verdicts or "nothing judged",
            self.guard.log.path,
        )
        try:
            self.guard.end()
        except LogError as error:
            logger.error("The log has no end: %s", error)  # noqa: TRY400 -- the reason is in the message


def _is_small(headers: Headers) -> bool:
    """
    True for a body that is received anyway: it is withheld when it is there.

    Ending its download would spare little, and Twisted hands a connection that is closing to the next request.
    """
    length = (headers.get(b"Content-Length") or b"").strip()
    return length.isdigit() and len(length) < 8 and int(length) <= SMALL


def _same_address(one: str, other: str) -> bool:
    """True for the same URL, whatever its fragment."""
    return one == other or one.partition("#")[0] == other.partition("#")[0]


def _width(crawler: Crawler) -> int:
    """How many documents of an origin are asked for side by side, within what the crawl may ask of a site."""
    settings = crawler.settings
    delay = getattr(crawler.spider, "download_delay", None) or settings.getfloat("DOWNLOAD_DELAY")
    if delay or settings.getbool("AUTOTHROTTLE_ENABLED"):
        return 1
    return max(1, settings.getint("CONCURRENT_REQUESTS_PER_IP") or settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"))
