"""
The policies of origins, from wherever an engine's operator has them, each read once in a process.

strategy: a source gives what documents answered. What it does not know is "never asked for", and what it cannot say, or
says in no form that can be read, is "unreachable": either way what waits on it is undetermined, never free.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from cachetools import LRUCache

from tdm_guard.archives.sources import MappingPolicies, PolicySource
from tdm_guard.cache.memory import MemoryCache
from tdm_guard.cache.reading import open_source
from tdm_guard.errors import ConfigurationError, TdmGuardError
from tdm_guard.judge import Judge
from tdm_guard.model import Fetched
from tdm_guard.options.caching import parse_cache
from tdm_guard.origin import Origin
from tdm_guard.plain import told
from tdm_guard.policies.policy import OriginPolicy

MAX_VERSIONS = 4096  # policies of origins at certain times; an archive's records of one site lie close together
_logger = logging.getLogger("tdm_guard")


Named = PolicySource | Callable[[], PolicySource] | str
Given = Mapping[str, Fetched] | Named | None


def named(given: Given) -> Named:
    """What a worker is told of policies, checked. Raises `ConfigurationError`."""
    if given is None or isinstance(given, Mapping):
        return MappingPolicies(given or {})
    if isinstance(given, str):
        parse_cache(given)
        return given
    if callable(given) or callable(getattr(given, "documents", None)):
        return given
    raise ConfigurationError(
        f"policies: {given!r:.80} is no mapping of absolute addresses to Fetched, nor a source or a store of such"
    )


class Origins:
    """The policies that a source has, as a judge reads them. Not thread-safe: each worker has its own."""

    def __init__(self, source: Named) -> None:
        self._source = _opened(source)
        self._timeless = getattr(self._source, "timeless", False) is True
        self._cache = MemoryCache()
        self._versions: LRUCache[object, OriginPolicy] = LRUCache(MAX_VERSIONS)
        self._warned = False

    def policy(self, judge: Judge, url: str, at: datetime | None, now: datetime) -> OriginPolicy:
        """The policy of a URL's origin as of `at`. Raises `UnsupportedURL` for the URL, nothing for its policy."""
        origin = Origin.parse(url)
        if self._timeless:
            kept = self._cache.get(origin, judge.bench.listener)
            if kept is None:
                kept = self._read(judge, origin, self._asked(judge, origin, at), now)
                self._cache.put(kept)
            return kept
        answers = self._asked(judge, origin, at)
        key = (origin, tuple([(url, answer.at) for url, answer in answers.items()]))
        known = self._versions.get(key)
        if known is None:
            known = self._read(judge, origin, answers, now)
            if all(answer.at is not None for answer in answers.values()):
                self._versions[key] = known
        return known

    def close(self) -> None:
        """Closes the source."""
        self._source.close()

    def _asked(self, judge: Judge, origin: Origin, at: datetime | None) -> Mapping[str, Fetched]:
        try:
            return self._known(judge, origin, at)
        except Exception as error:  # noqa: BLE001 - whatever a source raises, the origin's policy is not known
            return self._unreachable(judge, origin, error)

    def _known(self, judge: Judge, origin: Origin, at: datetime | None) -> Mapping[str, Fetched]:
        """What the source has: what it lists, and what these documents declare, which it may find without."""
        known = self._source.documents(str(origin), at)
        answers = dict(known)
        if not isinstance(known, dict):

            def look(url: str) -> Fetched | None:
                found = known.get(url)
                if found is not None:
                    answers[url] = found
                return found

            judge.policies_from(origin, look, now=at or datetime.now(UTC))
        return answers

    def _read(self, judge: Judge, origin: Origin, answers: Mapping[str, Fetched], now: datetime) -> OriginPolicy:
        try:
            return judge.read_policies(origin, answers, now=now)
        except (TdmGuardError, ValueError, TypeError, AttributeError) as error:  # no answers
            return judge.read_policies(origin, self._unreachable(judge, origin, error), now=now)

    def _unreachable(self, judge: Judge, origin: Origin, error: Exception) -> Mapping[str, Fetched]:
        if not self._warned:
            self._warned = True
            said = f"The policies of {origin} cannot be had from {self._source!r:.80}: {error!r:.200}"
            _logger.warning("%s", told(f"{said}; what waits on such is undetermined"))
        reason = f"the source of policies failed: {type(error).__name__}"
        return {url: Fetched.unreachable(reason) for url in judge.needed_documents(origin)}


def _opened(source: Named) -> PolicySource:
    if isinstance(source, str):
        return open_source(source)
    makes = isinstance(source, type) or not hasattr(source, "documents")
    return source() if makes else source  # type: ignore[operator, return-value]
