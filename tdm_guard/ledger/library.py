"""
The policies of what is judged without a network: from the sources that were given, read once for each origin and time.

strategy: a source that keeps captures says from when until when its answers hold, a `timeless` one has one answer of
each document, and any other is asked again for each item whether it says the same. What several know of a document, the
first one says. What none knows is "never asked for", and what one cannot say, or says in no form that can be read, is
"unreachable": either way what waits on it is undetermined, never free.
"""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import NamedTuple

from tdm_guard.archives.captures import WarcPolicies
from tdm_guard.archives.sources import PolicySource
from tdm_guard.errors import UnsupportedURL
from tdm_guard.judge import Judge
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin, trimmed
from tdm_guard.plain import told
from tdm_guard.policies.policy import OriginPolicy

MAX_BYTES = 2**26  # of policies in memory; some kilobytes each, so that an archive of ten thousand sites fits
_EACH = 2**12  # bytes that a policy has beside what its documents said
_GROWTH = 4  # bytes of a policy for a byte of its documents, about

MAX_VERSIONS = 64  # of one origin; records of one time lie close together
AWAY = 30.0  # seconds for which an origin counts as unknown: a store may be away, or be filled, while a worker runs
_logger = logging.getLogger("tdm_guard")
_Asked = dict[str, Fetched | None]


class _Version(NamedTuple):
    """
    A policy, the bytes that it takes, and from when until before when it holds.

    `due`: when it is read again though nothing new was captured. `asked`: the answers that it rests on, where a source
    may say something else each time.
    """

    policy: OriginPolicy
    size: int
    since: float
    until: float
    due: float | None
    asked: _Asked | None


class Library:
    """The policies that `sources` give for a judge. Not thread-safe: each worker has its own."""

    def __init__(self, judge: Judge, sources: Sequence[PolicySource], *, max_bytes: int = MAX_BYTES) -> None:
        self._judge = judge
        self._sources = tuple(sources)
        self._timed = tuple(source for source in self._sources if isinstance(source, WarcPolicies))
        self._moods = any(
            source not in self._timed and getattr(source, "timeless", False) is not True for source in self._sources
        )
        self._held: OrderedDict[str, list[_Version]] = OrderedDict()
        self._room = max_bytes
        self._judged = ""  # the origin whose policy was asked for last: what is declared meanwhile, it declares
        self._warned = False

    def policy(self, url: str, at: datetime) -> OriginPolicy:
        """The policy of the origin of `url` as of a time. Raises `UnsupportedURL`."""
        if url < "!":
            url = trimmed(url)
        end = url.find("/", 8)
        root = url[:end] if end > 0 else url
        versions, seconds = self._held.get(root), at.timestamp() if self._timed else 0.0
        for version in versions or ():
            if version.since <= seconds < version.until and self._holds(version, at):
                if len(self._held) > 1:
                    self._held.move_to_end(root)
                self._judged = version.policy.name
                return version.policy
        version = self._read(Origin.parse(url), at)
        if versions is None:
            versions = self._held[root] = []
        versions.insert(0, version)
        self._room -= version.size
        if len(versions) > MAX_VERSIONS:
            self._room += versions.pop().size
        self._held.move_to_end(root)
        while self._room < 0 and len(self._held) > 1:
            _, old = self._held.popitem(last=False)
            self._room += sum([each.size for each in old])
        self._judged = version.policy.name
        return version.policy

    def document(self, url: str, at: datetime) -> Fetched | None:
        """A document that an answer declares, of the origin whose policy was asked for last."""
        return self._look(url, self._judged, at)

    def close(self) -> None:
        """Closes the sources."""
        for source in self._sources:
            source.close()

    def _holds(self, version: _Version, at: datetime) -> bool:
        if version.due is not None and monotonic() >= version.due:
            return False
        name = version.policy.name
        return version.asked is None or all(self._look(url, name, at) == was for url, was in version.asked.items())

    def _read(self, origin: Origin, at: datetime) -> _Version:
        """The policy of an origin, with all that its documents declare in their turn."""
        name, size = str(origin), _EACH
        asked: _Asked = {}
        for source in self._timed:
            source.span()  # what was asked before

        def look(url: str) -> Fetched | None:
            nonlocal size
            found = asked[url] = self._look(url, name, at)
            size += _GROWTH * len(found.body) if found is not None else 0
            return found

        policy = self._judge.policies_from(origin, look, now=at)
        spans = [source.span() for source in self._timed]
        since = max((since for since, _ in spans), default=-math.inf)
        until = min((until for _, until in spans), default=math.inf)
        known = any(found is not None and not found.error for found in asked.values())
        due = None if known or not asked else monotonic() + AWAY
        return _Version(policy, size, since, until, due, asked if self._moods else None)

    def _look(self, url: str, origin: str, at: datetime) -> Fetched | None:
        try:
            own = str(Origin.parse(url))
        except UnsupportedURL:
            return None
        for source in self._sources:
            for name in dict.fromkeys((own, origin or own)):  # a store has what an origin declares beside its own
                found = self._asked(source, name, url, at)
                if found is not None:
                    return found
        return None

    def _asked(self, source: PolicySource, origin: str, url: str, at: datetime) -> Fetched | None:
        try:
            known: Mapping[str, Fetched] = source.documents(origin, at)
            found = known.get(url)
            if found is None and url.startswith(f"{origin}/"):
                found = known.get(url[len(origin) :])  # by its path, as elsewhere
            if not isinstance(found, Fetched | None):
                raise TypeError(f"{found!r:.80} is no Fetched")
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a source raises, the document is not known
            if not self._warned:
                self._warned = True
                said = f"The policies of {origin} cannot be had from {source!r:.80}: {error!r:.200}"
                _logger.warning("%s", told(f"{said}; what waits on such is undetermined"))
            return Fetched.unreachable(f"the source of policies failed: {type(error).__name__}")
        return found
