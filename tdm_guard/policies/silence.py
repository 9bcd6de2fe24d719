"""
Silence: which origins gave no answer when a document was asked for that a response declares.

Each page may declare another document. Where nobody answers, each of them would be waited for as long as a document may
take, and the pages one after another. So an origin that was silent is not asked again for a while, as for policies;
nor is anything that a site declares whose documents were silent several times, wherever they lie.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from typing import NamedTuple

from tdm_guard.errors import UnsupportedURL
from tdm_guard.fetch import PRIVATE
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin
from tdm_guard.policies.answers import UNREACHABLE_FOR

MAX_SILENT = 1024  # origins of which it is remembered; the oldest go first
MAX_HOSTS = 4  # silent documents that one site may declare at different origins


class _Silent(NamedTuple):
    why: str
    since: datetime
    times: int


class Silence:
    """
    What is remembered of one run; shared by threads.

    A `way` is how a request travels: what is silent through one proxy may answer through another.
    """

    def __init__(self) -> None:
        self._origins: dict[tuple[Origin, Hashable], _Silent] = {}
        self._sites: dict[tuple[Origin, Hashable], _Silent] = {}

    def of(self, url: str, site: Origin, way: Hashable, now: datetime) -> str | None:
        """Why `url`, which `site` declares, need not be asked for; None if it is to be."""
        origin = _origin(url)
        if origin is None:
            return None
        found = self._origins.get((origin, way))
        if found is None or abs(now - found.since) >= UNREACHABLE_FOR:
            found = self._sites.get((site, way))
            if found is None or found.times < MAX_HOSTS or abs(now - found.since) >= UNREACHABLE_FOR:
                return None
        return found.why

    def note(self, url: str, site: Origin, way: Hashable, fetched: Fetched, now: datetime) -> None:
        """What came of asking for `url`."""
        origin = _origin(url)
        if origin is None or (fetched.error or "").endswith(PRIVATE):
            return
        if fetched.error is None or fetched.status is not None:
            self._origins.pop((origin, way), None)
            self._sites.pop((site, way), None)
            return
        _remember(self._origins, (origin, way), fetched.error, now)
        _remember(self._sites, (site, way), fetched.error, now)


def _remember(
    known: dict[tuple[Origin, Hashable], _Silent], key: tuple[Origin, Hashable], why: str, now: datetime
) -> None:
    before = known.pop(key, None)
    again = before is not None and abs(now - before.since) < UNREACHABLE_FOR
    known[key] = _Silent(why, now, before.times + 1 if before is not None and again else 1)
    while len(known) > MAX_SILENT:
        known.pop(next(iter(tuple(known))), None)  # threads may add to it meanwhile


def _origin(url: str) -> Origin | None:
    try:
        return Origin.parse(url)
    except UnsupportedURL:
        return None
