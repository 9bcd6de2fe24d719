"""
What concerns Scrapy's RobotsTxtMiddleware, which asks for robots.txt itself and refuses on its own account.

Its request passes the gates whatever the site says, its answer is used rather than fetched again, its refusals are
recorded.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy.http.request import NO_CALLBACK

from tdm_guard.errors import UnsupportedURL
from tdm_guard.fetch import MAX_REDIRECTS
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin, is_private_address
from tdm_guard.scrapy.fetch import CUT, describe, pairs
from tdm_guard.scrapy.visit import has_credentials
from tdm_guard.signals.robots import DOCUMENT

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from tdm_guard.scrapy.crawl import Crawl

FORBIDDEN = "Forbidden by robots.txt"  # the message of the IgnoreRequest that RobotsTxtMiddleware raises
WORDS = "refused by Scrapy's RobotsTxtMiddleware"


class Robots:
    """RobotsTxtMiddleware's requests, answers and refusals in one crawl; nothing where ROBOTSTXT_OBEY is off."""

    def __init__(self, crawl: Crawl) -> None:
        self._crawl = crawl
        self._guard = crawl.guard
        self._obeyed = crawl.crawler.settings.getbool("ROBOTSTXT_OBEY")
        self.awaited: dict[str, asyncio.Future[Fetched | None]] = {}

    def owns(self, request: Request) -> bool:
        """True for the middleware's own request, on later redirect hops too."""
        return (
            request.callback is NO_CALLBACK
            and self._obeyed
            and bool(request.meta.get("dont_obey_robotstxt"))
            and _asked(request).startswith("http")
            and _asked(request).endswith(DOCUMENT.path)
        )

    def prepare(self, request: Request) -> None:
        """
        Its request reads the policy for us too: it takes no longer, and what fails is tried again by us.

        The other documents of the origin are asked for beside it, so that the page waits once and not twice.
        """
        request.meta.setdefault("download_timeout", self._guard.options.policy_timeout)
        request.meta.setdefault("dont_retry", True)
        origin = Origin.parse(_asked(request))
        if not self._crawl.reads(origin) and self._guard.cache.get(origin) is None:
            self.awaited[_place(origin)] = asyncio.get_running_loop().create_future()
            self._crawl.begin(origin)
            self._crawl.watch()

    def needed(self, origin: Origin) -> None:
        """A page of `origin` is here, so the middleware waits for nothing any more: nor do we."""
        self._answered(_place(origin), None)

    def _answered(self, place: str, fetched: Fetched | None) -> bool:
        """True if somebody waited for the answer."""
        future = self.awaited.pop(place, None)
        if future is None or future.done():
            return False
        future.set_result(fetched)
        return True

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
                headers=pairs(response.headers),
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
        place = _place(origin)
        if not self._answered(place, fetched) and fetched is not None and self._guard.cache.get(origin) is None:
            self._guard.hand(place, fetched)

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
        place = _place(origin)
        policy = await self._crawl.policy(origin) if self._crawl.reads(origin) else guard.known(origin)
        if policy is None:
            handed = guard.handed(place)
            policy = guard.judge.read_policies(origin, {place: handed} if handed else {}, now=guard.clock())
        hops = tuple(request.meta.get("redirect_urls", ()))
        case = guard.open(request.url, policy, hops=hops, authenticated=has_credentials(request))
        case.hear_refusal(place, WORDS)
        self._crawl.record(case, request)


def _asked(request: Request) -> str:
    hops = request.meta.get("redirect_urls") or (request.url,)
    return str(hops[0])


def _place(origin: Origin) -> str:
    return f"{origin}{DOCUMENT.path}"
