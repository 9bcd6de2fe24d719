"""Hops: the redirects that happened in this crawl. What a request's meta says of them may be another one's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from w3lib.url import safe_url_string

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

MAX_KEPT = 10_000  # addresses that led on, of which the next request may still wait in the scheduler
MAX_TARGETS = 8  # different ones of one address
Spoken = list[tuple[str, str]]
_FOLLOWED = frozenset({301, 302, 303, 307, 308})


class _Led:
    """An address that redirected: how many requests it sent on that did not come to their end, and where to."""

    __slots__ = ("address", "count", "targets")

    def __init__(self, address: str) -> None:
        self.address = address
        self.count = 0
        self.targets: dict[str | None, Spoken] = {}


_PAGE: Final = _Led("")  # stands for any address that answered otherwise, from which its own markup may lead on


class Hops:
    """
    Every address whose answer passed the inner gate and was not handed on: it may be followed.

    A redirect in a request's meta counts if its address is here and led to where the meta says. So the meta of another
    request, copied or made up, names no hops.
    """

    def __init__(self) -> None:
        self._led: dict[str, _Led] = {}

    def passed(self, request: Request, response: Response, address: str, spoken: Spoken) -> None:
        """`response` passed the inner gate; `spoken` are the fields in which a signal speaks, of a redirect."""
        url, led = request.url, self._led
        if response.status not in _FOLLOWED:
            led.setdefault(url, _PAGE)
        else:
            found = led.pop(url, _PAGE)  # it comes last: the newest
            if found is _PAGE:
                found = _Led(address)
            led[url] = found
            found.count += 1
            target = _target(request, response)
            found.targets.pop(target, None)
            found.targets[target] = spoken
            if len(found.targets) > MAX_TARGETS:
                del found.targets[next(iter(found.targets))]
        if len(led) > MAX_KEPT:
            del led[next(iter(led))]

    def before(self, request: Request) -> list[tuple[str, Spoken]]:
        """The hops that led to `request`, in their order, each with what its fields said."""
        urls = request.meta.get("redirect_urls")
        if not urls:
            return []
        found: list[tuple[str, Spoken]] = []
        url = request.url
        for hop in reversed(urls):
            led = self._led.get(hop) if isinstance(hop, str) else None
            if led is None:
                break
            if led is _PAGE:
                found.append((hop, []))
            else:
                spoken = led.targets.get(_plain(url), led.targets.get(None))
                if spoken is None:
                    break
                found.append((led.address, spoken))
            url = hop
        return found[::-1]

    def ended(self, request: Request, response: Response | None = None) -> None:
        """The journey of `request` came to its end: what is sent again from here on did not come this way."""
        hops = request.meta.get("redirect_urls", ())
        passed = len(self.before(request)) if hops else 0
        led = self._led.get(request.url)
        if led is _PAGE or (led is not None and response is not None and response.status in _FOLLOWED):
            self._leave(request.url)
        if passed:
            for hop in hops[-passed:]:
                self._leave(hop)

    def _leave(self, url: str) -> None:
        led = self._led.get(url)
        if led is None:
            return
        if led is not _PAGE:
            led.count -= 1
        if led is _PAGE or led.count <= 0:
            del self._led[url]


def _target(request: Request, response: Response) -> str | None:
    """Where a redirect leads, as RedirectMiddleware reads its Location; None if that cannot be told."""
    location: bytes | None = response.headers.get(b"Location")
    if location is None:
        return None
    try:
        there = safe_url_string(location)
        if location.startswith(b"//"):
            there = f"{urlsplit(request.url).scheme}://{there.lstrip('/')}"
        return _plain(safe_url_string(urljoin(request.url, there)))
    except ValueError:
        return None


def _plain(url: str) -> str:
    return url.partition("#")[0]
