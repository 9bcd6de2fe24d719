"""The memory cache: least recently used origins go first, bounded by bytes. Each listener has its own policy of one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from cachetools import LRUCache

from tdm_guard.options.caching import DEFAULT_MAX_BYTES
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy
from tdm_guard.signals.shape import Listener

MAX_LISTENERS = 64  # of which the policies of one origin are kept: a cache serves a handful of runs, and is searched
_PER_ENTRY = 300  # the cache's own keys, links and size table
_SHARED = (Enum, Listener, type, bool, type(None), datetime)  # one object serves many policies, or nearly nothing


class _Entry(NamedTuple):
    """What is kept of one origin, weighed once."""

    policies: tuple[OriginPolicy, ...]
    weight: int


class MemoryCache:
    """
    Policies by origin and listener within `max_bytes` (bytes), entries weighed by what they really hold. Thread-safe.

    Those of one origin are kept and go together.
    """

    def __init__(self, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._entries: LRUCache[Origin, _Entry] = LRUCache(maxsize=max_bytes, getsizeof=lambda entry: entry.weight)
        self._lock = threading.Lock()

    def get(self, origin: Origin, listener: Listener | None = None) -> OriginPolicy | None:
        """The policy kept for `origin` and `listener`, fresh or not; without a listener the one put last."""
        try:
            with self._lock:
                kept = self._entries[origin].policies
        except KeyError:
            return None
        if listener is None:
            return kept[0]
        for policy in kept:
            if policy.listener is listener or policy.listener == listener:
                return policy
        return None

    def put(self, policy: OriginPolicy) -> None:
        """Keeps `policy`, if need be at the cost of the origin's oldest; one larger than the cache is not kept."""
        with self._lock:
            before = self._entries.pop(policy.origin, None)
            others = [kept for kept in before.policies if kept.listener != policy.listener] if before else []
            kept = (policy, *others[: MAX_LISTENERS - 1])
            while kept and (weight := weigh(kept)) > self.max_bytes:
                kept = kept[:-1]
            if kept:
                self._entries[policy.origin] = _Entry(kept, weight)

    def close(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._entries.clear()

    @property
    def size(self) -> int:
        """Bytes held now."""
        return int(self._entries.currsize)


def weigh(policy: OriginPolicy | tuple[OriginPolicy, ...]) -> int:
    """Bytes that policies hold for themselves: every object reached once, shared constants left out."""
    seen: set[int] = set()
    total = _PER_ENTRY
    pending: list[Any] = [policy]
    while pending:
        item = pending.pop()
        if id(item) in seen:
            continue
        parts = _parts_of(item.__class__)
        if parts is None:
            continue
        seen.add(id(item))
        total += sys.getsizeof(item)
        pending.extend(parts(item))
    return total


@cache
def _parts_of(kind: type) -> Callable[[Any], Iterable[Any]] | None:
    """What objects of a class are made of, worked out once for each class; None for what is shared."""
    if issubclass(kind, _SHARED):
        return None
    if issubclass(kind, (str, bytes, int, float)):
        return lambda item: ()
    if issubclass(kind, dict):
        return lambda item: [*item.keys(), *item.values()]
    if issubclass(kind, (tuple, list, set, frozenset)):
        return iter
    slots = [base.__dict__.get("__slots__", ()) for base in kind.__mro__]
    names = [name for each in slots for name in ((each,) if isinstance(each, str) else each)]

    def held(item: Any) -> list[Any]:
        found = [getattr(item, name) for name in names if hasattr(item, name)]
        return [*found, *vars(item).values()] if hasattr(item, "__dict__") else found

    return held
