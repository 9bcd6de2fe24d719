"""The memory cache: least recently used origins go first, bounded by bytes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import Any

from cachetools import LRUCache

from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy
from tdm_guard.signals.shape import Listener

DEFAULT_MAX_BYTES = 64 * 2**20  # some 20,000 to 60,000 usual origins
_PER_ENTRY = 300  # the cache's own keys, links and size table
_SHARED = (Enum, Listener, type, bool, type(None), datetime)  # one object serves many policies, or nearly nothing


class MemoryCache:
    """Policies by origin within `max_bytes` (bytes), entries weighed by what they really hold. Thread-safe."""

    def __init__(self, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._entries: LRUCache[Origin, OriginPolicy] = LRUCache(maxsize=max_bytes, getsizeof=weigh)
        self._lock = threading.Lock()

    def get(self, origin: Origin) -> OriginPolicy | None:
        """The policy kept for `origin`, fresh or not."""
        try:
            with self._lock:
                return self._entries[origin]
        except KeyError:
            return None

    def put(self, policy: OriginPolicy) -> None:
        """Keeps `policy`; one that alone is larger than the cache is not kept."""
        with self._lock:
            self._entries.pop(policy.origin, None)
            if weigh(policy) <= self.max_bytes:
                self._entries[policy.origin] = policy

    @property
    def size(self) -> int:
        """Bytes held now."""
        return int(self._entries.currsize)


def weigh(policy: OriginPolicy) -> int:
    """Bytes that `policy` holds for itself: every object reached once, shared constants left out."""
    seen: set[int] = set()
    total = _PER_ENTRY
    pending: list[Any] = [policy]
    while pending:
        item = pending.pop()
        if id(item) in seen or isinstance(item, _SHARED):
            continue
        seen.add(id(item))
        total += sys.getsizeof(item)
        pending.extend(_parts(item))
    return total


def _parts(item: Any) -> Iterator[Any]:
    if isinstance(item, (str, bytes, int, float)):
        return
    if isinstance(item, dict):
        yield from item.keys()
        yield from item.values()
    elif isinstance(item, (tuple, list, set, frozenset)):
        yield from item
    else:
        for base in type(item).__mro__:
            slots = base.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if hasattr(item, name):
                    yield getattr(item, name)
        yield from vars(item).values() if hasattr(item, "__dict__") else ()
