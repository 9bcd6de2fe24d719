"""
What concerns Scrapy's RobotsTxtMiddleware, which asks for robots.txt itself and refuses on its own account.

Its request passes the gates whatever the site says, its answer is used rather than fetched again, its refusals are
recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.http.request import NO_CALLBACK

from tdm_guard.errors import UnsupportedURL
from tdm_guard.fetch import MAX_REDIRECTS
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin, is_private_address
from tdm_guard.scrapy.fetch import CUT, describe, pairs
from tdm_guard.scrapy.policies import robots_of
from tdm_guard.scrapy.visit import EARLIER, has_credentials
from tdm_guard.signals.robots import DOCUMENT

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from tdm_guard.scrapy.crawl import Crawl

FORBIDDEN = "Forbidden by robots.txt"  # the message of the IgnoreRequest that RobotsTxtMiddleware raises
_UNDONE = ("content-length", "transfer-encoding")  # of the body before Scrapy undid its codings
WORDS = "refused by Scrapy's RobotsTxtMiddleware"


class Robots:
    """RobotsTxtMiddleware's requests, answers and refusals in one crawl; nothing where ROBOTSTXT_OBEY is off."""

    def __init__(self, crawl: Crawl) -> None:
        self._crawl = crawl
        self._guard = crawl.guard
        self._obeyed = crawl.crawler.settings.getbool("ROBOTSTXT_OBEY")

    def owns(self, request: Request) -> bool:
        """True for the middleware's own request, on later redirect hops too."""
        return (
            request.callback is NO_CALLBACK
            and self._obeyed
            and bool(request.meta.get("dont_obey_robotstxt"))
            and _asks_for_robots(request)
        )

    def prepare(self, request: Request) -> None:
        """Its request reads the policy for us too: it takes no longer, and what fails is tried again by us."""
        request.meta.setdefault("download_timeout", self._guard.options.policy_timeout)
        request.meta.setdefault("dont_retry", True)
        self._crawl.policies.borrow(Origin.parse(_asked(request)))

    def harvest(self, request: Request, response: Response) -> None:
        """Hands the answer to the guard, unless it is not what our own request would have been answered."""
        fetched = None
        if (
            "cached" not in response.flags
            and not 300 <= response.status < 400
            and not has_credentials(request)
            and "Content-Encoding" not in response.headers
            and self._well_led(request, response)
        ):
            fetched = Fetched(
                status=response.status,
                headers=[pair for pair in pairs(response.headers) if pair[0].lower() not in _UNDONE],
                body=response.body[: DOCUMENT.max_bytes],
                url=response.url,
                at=self._guard.clock(),
                redirects=tuple(request.meta.get("redirect_urls", ())),
                complete=len(response.body) <= DOCUMENT.max_bytes and CUT.isdisjoint(response.flags),
            )
        self._hand(request, fetched)

    def _well_led(self, request: Request, response: Response) -> bool:
        """False for too many redirects, those of an HTML page, and those from a public address to a private one."""
        hops = request.meta.get("redirect_urls", ())
        if not hops:
            return True
        reasons = request.meta.get("redirect_reasons", ())
        here = Origin.parse(response.url)
        inside = here.private or response.ip_address is None or is_private_address(str(response.ip_address))
        return (
            len(hops) <= MAX_REDIRECTS
            and all(isinstance(reason, int) for reason in reasons)
            and (not inside or Origin.parse(hops[0]).private)
        )

    def harvest_failure(self, request: Request, error: Exception) -> None:
        """A silent origin is silent for us too; of other failures our own request makes sure."""
        why = describe(error)
        self._hand(request, Fetched.unreachable(why, at=self._guard.clock()) if why == "timeout" else None)

    def _hand(self, request: Request, fetched: Fetched | None) -> None:
        origin = Origin.parse(_asked(request))
        waited = self._crawl.policies.answer(origin, fetched)
        if not waited and fetched is not None and self._guard.cache.get(origin) is None:
            self._guard.hand(robots_of(origin), fetched)

    def refused(self, request: Request, error: Exception) -> bool:
        """True if `error` is the middleware's refusal of a request that so never entered our gates."""
        return self._obeyed and str(error) == FORBIDDEN and request not in self._crawl.visits

    async def record(self, request: Request) -> None:
        """Writes the record of its refusal, on what is known or being read of the origin; nothing is fetched for it."""
        guard = self._guard
        try:
            origin = Origin.parse(request.url)
        except UnsupportedURL:
            return
        place = robots_of(origin)
        policies = self._crawl.policies
        policy = guard.known(origin) or (await policies.read(origin) if policies.reads(origin) else None)
        if policy is None:
            handed = guard.handed(place)
            policy = guard.judge.read_policies(origin, {place: handed} if handed else {}, now=guard.clock())
        hops = tuple(request.meta.get("redirect_urls", ())[request.meta.get(EARLIER, 0) :])
        case = guard.open(request.url, policy, hops=hops, authenticated=has_credentials(request))
        case.hear_refusal(place, WORDS)
        self._crawl.record(case, request)


def _asked(request: Request) -> str:
    hops = request.meta.get("redirect_urls") or (request.url,)
    return str(hops[0])


def _asks_for_robots(request: Request) -> bool:
    """True for the document itself; what only ends like its address is judged."""
    try:
        parts = urlsplit(_asked(request))
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and (parts.path, parts.query) == (DOCUMENT.path, "")
