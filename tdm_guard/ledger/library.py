"""
The policies of what is judged without a network: from the sources that were given, read once for each origin and time.

strategy: what a source says holds from one capture to the next, so that an origin is read anew only where something new
was captured. What several sources know of a document, the first one says.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

from tdm_guard.archives.captures import WarcPolicies
from tdm_guard.archives.sources import PolicySource
from tdm_guard.judge import Judge
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy

MAX_BYTES = 2**26  # of policies in memory; some kilobytes each, so that an archive of ten thousand sites fits
_EACH = 2**12  # bytes that a policy has beside what its documents said
_GROWTH = 4  # bytes of a policy for a byte of its documents, about

_Key = tuple[str, tuple[datetime | None, ...]]


class Library:
    """The policies that `sources` give for a judge."""

    def __init__(self, judge: Judge, sources: Sequence[PolicySource], *, max_bytes: int = MAX_BYTES) -> None:
        self._judge = judge
        self._sources = tuple(sources)
        self._timed = tuple(source for source in self._sources if isinstance(source, WarcPolicies))
        self._held: OrderedDict[_Key, tuple[OriginPolicy, int]] = OrderedDict()
        self._room = max_bytes

    def policy(self, url: str, at: datetime) -> OriginPolicy:
        """The policy of the origin of `url` as of a time. Raises `UnsupportedURL`."""
        end = url.find("/", 8)
        root = url[:end] if end > 0 else url
        if self._timed:
            origin = str(Origin.parse(url))
            epochs = tuple([source.epoch(origin, at) for source in self._timed])
            key: _Key = origin, epochs
            at = max((epoch for epoch in epochs if epoch is not None), default=at)
        else:
            key = root, ()
        known = self._held.get(key)
        if known is None:
            known = self._held[key] = self._read(Origin.parse(url), at)
            self._room -= known[1]
            while self._room < 0 and len(self._held) > 1:
                _, (_, size) = self._held.popitem(last=False)
                self._room += size
        elif len(self._held) > 1:
            self._held.move_to_end(key)
        return known[0]

    def document(self, url: str, at: datetime) -> Fetched | None:
        """A document that something declares."""
        return self._look(url, str(Origin.parse(url)), at)

    def _read(self, origin: Origin, at: datetime) -> tuple[OriginPolicy, int]:
        """The policy of an origin, with all that its documents declare in their turn, and about its size."""
        name, size = str(origin), _EACH

        def look(url: str) -> Fetched | None:
            nonlocal size
            found = self._look(url, name, at)
            size += _GROWTH * len(found.body) if found is not None else 0
            return found

        return self._judge.policies_from(origin, look, now=at), size

    def _look(self, url: str, origin: str, at: datetime) -> Fetched | None:
        if not url.startswith(origin):
            origin = str(Origin.parse(url))
        for source in self._sources:
            found = source.documents(origin, at).get(url)
            if found is not None:
                return found
        return None
