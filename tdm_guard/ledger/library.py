"""
The policies of what is judged without a network: from the sources that were given, read once for each origin and time.

strategy: what a source says holds from one capture to the next, so that an origin is read anew only where something new
was captured of what was looked at: its documents, those that they declare, and where they were redirected to. What
several sources know of a document, the first one says.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from tdm_guard.archives.captures import WarcPolicies
from tdm_guard.archives.sources import PolicySource
from tdm_guard.judge import Judge
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy

MAX_BYTES = 2**26  # of policies in memory; some kilobytes each, so that an archive of ten thousand sites fits
_EACH = 2**12  # bytes that a policy has beside what its documents said
_GROWTH = 4  # bytes of a policy for a byte of its documents, about

MAX_VERSIONS = 64  # of one origin; records of one time lie close together


class _Version(NamedTuple):
    """A policy, the bytes that it takes, and from when until before when it holds."""

    policy: OriginPolicy
    size: int
    since: float
    until: float


class Library:
    """The policies that `sources` give for a judge."""

    def __init__(self, judge: Judge, sources: Sequence[PolicySource], *, max_bytes: int = MAX_BYTES) -> None:
        self._judge = judge
        self._sources = tuple(sources)
        self._timed = tuple(source for source in self._sources if isinstance(source, WarcPolicies))
        self._held: OrderedDict[str, list[_Version]] = OrderedDict()
        self._room = max_bytes

    def policy(self, url: str, at: datetime) -> OriginPolicy:
        """The policy of the origin of `url` as of a time. Raises `UnsupportedURL`."""
        end = url.find("/", 8)
        root = url[:end] if end > 0 else url
        versions, seconds = self._held.get(root), at.timestamp() if self._timed else 0.0
        for version in versions or ():
            if version.since <= seconds < version.until:
                if len(self._held) > 1:
                    self._held.move_to_end(root)
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
        return version.policy

    def document(self, url: str, at: datetime) -> Fetched | None:
        """A document that something declares."""
        return self._look(url, str(Origin.parse(url)), at)

    def _read(self, origin: Origin, at: datetime) -> _Version:
        """The policy of an origin, with all that its documents declare in their turn."""
        name, size = str(origin), _EACH
        for source in self._timed:
            source.span()  # what was asked before

        def look(url: str) -> Fetched | None:
            nonlocal size
            found = self._look(url, name, at)
            size += _GROWTH * len(found.body) if found is not None else 0
            return found

        policy = self._judge.policies_from(origin, look, now=at)
        spans = [source.span() for source in self._timed]
        since = max((since for since, _ in spans), default=-math.inf)
        until = min((until for _, until in spans), default=math.inf)
        return _Version(policy=policy, size=size, since=since, until=until)

    def _look(self, url: str, origin: str, at: datetime) -> Fetched | None:
        if not url.startswith(origin):
            origin = str(Origin.parse(url))
        for source in self._sources:
            found = source.documents(origin, at).get(url)
            if found is not None:
                return found
        return None
