"""Where origin policies are kept between requests."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from tdm_guard.cache.memory import DEFAULT_MAX_BYTES, MemoryCache
from tdm_guard.errors import ConfigurationError
from tdm_guard.options import read_size
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy
from tdm_guard.signals.shape import Listener

__all__ = ["MemoryCache", "PolicyCache", "Shared", "open_cache"]


class PolicyCache(Protocol):
    """
    Keeps policies by origin and listener, expired ones too: what they reserve stays in force while the origin fails.

    It is asked in the event loop, for each request: what has to wait for anything is a `PolicyStore` behind it.
    """

    def get(self, origin: Origin, listener: Listener | None = None) -> OriginPolicy | None:
        """The policy kept for `origin` and `listener`, fresh or not; without a listener the one put last."""

    def put(self, policy: OriginPolicy) -> None:
        """Keeps `policy`, possibly at the cost of others."""

    def close(self) -> None:
        """The run is over."""


class Shared:
    """One listener's policies in a cache that others use too, and close."""

    def __init__(self, cache: PolicyCache, listener: Listener) -> None:
        self._cache = cache
        self._listener = listener

    def get(self, origin: Origin, listener: Listener | None = None) -> OriginPolicy | None:
        """The policy kept for `origin` and this listener."""
        return self._cache.get(origin, listener or self._listener)

    def put(self, policy: OriginPolicy) -> None:
        """Keeps `policy`."""
        self._cache.put(policy)

    def close(self) -> None:
        """Leaves the cache to the others."""


def open_cache(address: str) -> PolicyCache:
    """
    The cache that the option `cache` names: `memory:` or `memory:?max_bytes=64MiB`.

    Raises `ConfigurationError` for anything else.
    """
    parts = urlsplit(address)
    query = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme != "memory" or parts.netloc or parts.path or set(query) - {"max_bytes"}:
        raise ConfigurationError(f'cache: {address!r} is no cache; for example "memory:?max_bytes=64MiB"')
    size = query.get("max_bytes")
    return MemoryCache(max_bytes=read_size("cache", size[-1]) if size else DEFAULT_MAX_BYTES)
