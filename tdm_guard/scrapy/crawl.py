"""
Crawl: what the two gates of one crawler share: the guard, the requests on their way, the origins being read.

strategy: a request gets a `Visit` when it enters; the response is judged as near to the downloader as can be, and the
record is written when the response leaves for the spider. Whatever fails in between fails the request.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import is_asyncio_available

from tdm_guard.errors import ConfigurationError, LogError, UnsupportedURL
from tdm_guard.guard import Guard
from tdm_guard.judging.fields import may_last
from tdm_guard.judging.response import OFF_LOOP_BYTES
from tdm_guard.options.misspelt import PREFIX
from tdm_guard.options.naming import Names, nameless
from tdm_guard.options.tokens import FIELD
from tdm_guard.origin import Origin
from tdm_guard.responses import KEY
from tdm_guard.scrapy import outcome
from tdm_guard.scrapy.aside import Aside
from tdm_guard.scrapy.downloads import CUT, Downloads
from tdm_guard.scrapy.early import Early
from tdm_guard.scrapy.hops import Hops
from tdm_guard.scrapy.outcome import Unjudged, Withheld
from tdm_guard.scrapy.policies import Policies
from tdm_guard.scrapy.robots import Robots
from tdm_guard.scrapy.room import Room
from tdm_guard.scrapy.settings import check_gates, is_nameless, named, read_options, setting_of, switched_off
from tdm_guard.scrapy.told import told
from tdm_guard.scrapy.visit import Fields, Visit, has_credentials
from tdm_guard.scrapy.way import Way
from tdm_guard.scrapy.works import item_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from tdm_guard.decision import Decision
    from tdm_guard.judging.case import Case

CLOSE_REASON = "tdm_guard_log"  # why a spider is closed whose log cannot be written
STATS_EVERY = timedelta(seconds=1)
_OWN = "_tdm_guard"
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
        user_agent = getattr(crawler.spider, "user_agent", None)
        options = read_options(settings, user_agent=user_agent)
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
        self.hops = Hops()
        self.room = Room(crawler, self.downloads)
        self.aside = Aside()
        self._published = datetime.min.replace(tzinfo=UTC)
        try:
            self.guard = Guard(options, named=setting_of)
        except ConfigurationError as error:
            raise named(error) from None
        self.fields = Fields(self.guard.bench.fields)
        self.policies = Policies(crawler, self.guard, self.downloads)
        self.robots = Robots(crawler, self.guard, self.policies, self.room, self.hops, self.visits, self.record)
        self.early = Early(crawler, self.guard, self.fields, self.visits, self.aside)
        self.names = Names(options.agent)
        self.names.heed(str(user_agent or settings.get("USER_AGENT") or ""))
        if is_nameless(settings, user_agent):
            logger.warning("%s", nameless(settings["USER_AGENT"]))
        crawler.signals.connect(self.policies.open, signals.spider_opened)
        crawler.signals.connect(self.room.open, signals.spider_opened)
        crawler.signals.connect(self._publish, signals.spider_idle)
        crawler.signals.connect(self._closed, signals.spider_closed)

    # ---- one request --------------------------------------------------------------------------------------------

    def judges(self, request: Request) -> bool:
        """False for what nobody reserves or reads for itself: policy requests, and the schemes without an origin."""
        return not request.url.startswith(("data:", "file:")) and self.downloads.of(request) is None

    async def enter(self, request: Request, *, placed: bool = True) -> Visit:
        """Opens the visit of a request, `placed` if it passed the outer gate. Raises `Withheld` if it is not sent."""
        url = self.told(request)
        visit = Visit(await self._open(url, request, placed=placed), url)
        self.visits[request] = visit
        return visit

    def told(self, request: Request) -> str:
        """The address that the request asks for. Raises `Unjudged` if that is in doubt."""
        try:
            return told(request)
        except UnsupportedURL as error:
            raise self._unjudged(error) from None

    def _unjudged(self, error: UnsupportedURL) -> Unjudged:
        self.guard.totals["unsupported"] += 1
        logger.warning("Not requested, since it cannot be judged: %s", error)
        return Unjudged(*error.problems)

    async def _open(self, url: str, request: Request, *hops: str, placed: bool = True) -> Case:
        """A case for `url`, when the policy of its origin is there."""
        if self.dead:
            raise LogError(self.dead)
        try:
            origin = Origin.parse(url)
        except UnsupportedURL as error:
            raise self._unjudged(error) from None
        item = item_of(request, self.guard)
        known = self.guard.known(origin)
        if known is not None and known.hold and self.policies.goes_another_way(known, Way.of(request)):
            known = None
        if known is None:
            with self.room.hold(request) if placed else self.room.wait():
                known = await self.policies.read(origin, Way.of(request))
        case = self.guard.open(url, known, authenticated=has_credentials(request), item=item)
        for hop, spoken in self.hops.before(request):
            if may_last(spoken):
                await self.aside.call(partial(case.hear_hop, hop, spoken))
            else:
                case.hear_hop(hop, spoken)
        for hop in hops:
            case.hear_hop(hop, ())
        if url != request.url:  # where it goes, whatever its Host field says
            case.hear_exclusion(request.url)
        if case.refused:
            await self.refuse(case, request)
        return case

    def authorise(self, request: Request) -> None:
        """Adds the licence token of the request's origin; neither a redirect nor a Host field takes it elsewhere."""
        origin = Origin.parse(request.url)
        if Origin.parse(told(request)) != origin:
            return
        fields = {name: value.decode("latin-1") for name in (FIELD,) if (value := request.headers.get(name))}
        self.guard.tokens.apply(fields, origin)
        request.headers.pop(FIELD, None)
        request.headers.update(fields)

    def take_back(self, request: Request) -> None:
        """Takes the token off what was sent: Scrapy's HTTP cache and job folder keep the fields of requests."""
        value = request.headers.get(FIELD) if self.guard.tokens else None
        if value is not None and self.guard.tokens.holds(value.decode("latin-1")):
            del request.headers[FIELD]

    async def hear(
        self, visit: Visit | None, request: Request, response: Response, received: bytes | None = None, *, inner: bool
    ) -> Visit:
        """
        Lets the case of `visit` hear `response`; raises `Withheld` if it may not be handed on.

        Without a visit the request enters now. `received` is the body before its content coding was taken off, where
        `response` no longer has it; `inner` says that this is the gate at which it has it still.
        """
        if self.dead:
            raise LogError(self.dead)
        visit = visit or await self.enter(request)
        url = self.told(request)
        if not _same_address(response.url, request.url):  # a browser followed redirects by itself
            case = await self._open(response.url, request, url)
        else:
            case = (visit.take() if visit.url == url else None) or await self._open(url, request)
        visit.fresh = False
        words = await self._hear_head(case, request, response, received=inner)
        raw = response.body if received is None else received
        long = len(raw) > OFF_LOOP_BYTES or case.may_last(response.body)  # the digest is of what was received
        if long:
            reads = await self.aside.call(partial(self._hear_body, case, response, raw))
        else:
            reads = self._hear_body(case, response, raw)
        if case.declared:
            await self._hear_declared(case, request)
        if case.refused:
            self.settle(case, request)
        if inner:
            speaks = 300 <= response.status < 400 and self.fields.speak(response.headers)
            self.hops.passed(request, response, url, self.fields.pairs(response.headers, words) if speaks else [])
        visit.judged(case, response, words, reads=reads)
        return visit

    async def _hear_head(self, case: Case, request: Request, response: Response, *, received: bool) -> Any:
        words = self.fields.words(response.headers)
        case.authenticated = has_credentials(request)
        pairs = self.fields.pairs(response.headers, words, received=received)
        bodiless, cached = is_bodiless(request, response), "cached" in response.flags
        if may_last(pairs):
            hear = partial(case.hear_headers, response.status, pairs, bodiless=bodiless, cached=cached)
            await self.aside.call(hear)
        else:
            case.hear_headers(response.status, pairs, bodiless=bodiless, cached=cached)
        return words

    def _hear_body(self, case: Case, response: Response, raw: bytes) -> bool:
        """True if the body bears on the decision. May be called in a thread."""
        if raw:
            case.hear_transfer(len(raw), hashlib.sha256(raw).hexdigest())
        if case.refused or not case.wants_body():
            return False
        limit = self.options.max_asset_bytes
        whole = len(response.body) <= limit and CUT.isdisjoint(response.flags)
        case.hear_body(response.body[:limit], complete=whole)
        return True

    async def stopped(self, visit: Visit, request: Request, response: Response) -> None:
        """Records a download that was ended before its end, as it turned out. Raises `Withheld`."""
        if self.dead:
            raise LogError(self.dead)
        case = visit.take() or await self._open(visit.url, request)
        await self._hear_head(case, request, response, received=False)
        if not case.refused:
            hear = partial(self._hear_beginning, case, response.body)
            if response.body:
                await self.aside.call(hear)
            else:
                hear()
        await self.refuse(case, request)

    def _hear_beginning(self, case: Case, body: bytes) -> None:
        case.hear_transfer(len(body), None)
        prefix = body[: self.options.max_asset_bytes]
        if not case.hear_beginning(prefix, ended=True):
            case.hear_body(prefix, complete=False)

    async def _hear_declared(self, case: Case, request: Request) -> None:
        with self.room.hold(request):
            await self.policies.hear_declared(case, Way.of(request))

    # ---- what comes of it ---------------------------------------------------------------------------------------

    async def refuse(self, case: Case, request: Request) -> None:
        """Records how it turned out, with what the policy behind a refusal says of whom to ask. Raises `Withheld`."""
        if case.declared:
            await self._hear_declared(case, request)
        self.settle(case, request)

    def settle(self, case: Case, request: Request) -> Decision:
        """Writes the record; raises `Withheld`, or `LogError` and closes the spider when it cannot be written."""
        decision = self.record(case, request)
        if not decision.outcome.admits:
            raise Withheld(decision, request)
        return decision

    def record(self, case: Case, request: Request) -> Decision:
        """Writes the record, and tells who wants to know of what is withheld."""
        try:
            decision = self.guard.close(case)
        except LogError as error:
            self._die(error)
            raise
        withheld = not decision.outcome.admits
        if withheld or decision.ts - self._published >= STATS_EVERY:
            self._published = decision.ts
            self._publish()
        if withheld:
            logger.debug("Withheld: %s", decision.summary(), extra={"spider": self.crawler.spider})
            self.crawler.signals.send_catch_log(signal=outcome.withheld, request=request, decision=decision)
        return decision

    def _publish(self) -> None:
        """Brings Scrapy's stats up to date; to do so for each page would cost it as much as judging it."""
        for name, total in self.guard.totals.items():
            self.crawler.stats.set_value(f"{KEY}/{name}", total)

    def _die(self, error: LogError) -> None:
        if self.dead is None:
            self.dead = str(error)
            logger.critical("The crawl ends, since nothing may pass unrecorded: %s", error)
            self._closing = asyncio.ensure_future(self._close_spider())

    async def _close_spider(self) -> None:
        try:
            await self.crawler.engine.close_spider_async(reason=CLOSE_REASON)
        except RuntimeError as error:  # it is closed already
            logger.debug("The spider is not closed again: %s", error)

    def _closed(self) -> None:
        """Signal handler: the run is over."""
        self.policies.close()
        self.room.close()
        self.aside.close()
        self._publish()
        totals = self.guard.totals
        verdicts = ", ".join(
            f"{count} {name.partition('/')[2]}" for name, count in sorted(totals.items()) if name.startswith("verdict/")
        )
        logger.info(
            "%d admitted, %d withheld (%s); log: %s",
            totals["admitted"],
            totals["withheld"],
            verdicts or "nothing judged",
            self.guard.log.told,
        )
        try:
            self.guard.end()
        except LogError as error:
            logger.error("The log has no end: %s", error)  # noqa: TRY400 -- the reason is in the message


def _same_address(one: str, other: str) -> bool:
    """True for the same URL, whatever its fragment."""
    return one == other or one.partition("#")[0] == other.partition("#")[0]


def is_bodiless(request: Request, response: Response) -> bool:
    """True where no content is to be expected and none came; bytes that came are content, whatever was asked."""
    return not response.body and (request.method == "HEAD" or response.status in (204, 205))
