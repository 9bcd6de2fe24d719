"""Where origin policies are kept between requests, and what they are read from beyond this process."""

from __future__ import annotations

from typing import Protocol

from tdm_guard.cache.memory import MemoryCache
from tdm_guard.cache.store import Backing, PolicyStore
from tdm_guard.errors import ConfigurationError
from tdm_guard.options.caching import parse_cache
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy
from tdm_guard.signals.shape import Listener

__all__ = ["MemoryCache", "PolicyCache", "Shared", "open_cache", "open_store"]


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
    The memory that the option `cache` asks for, before whatever store it names.

    Raises `ConfigurationError` for what is no such address.
    """
    return MemoryCache(max_bytes=parse_cache(address).max_bytes)


def open_store(address: str, patience: float) -> Backing | None:
    """
    The store that the option `cache` names, none with `memory:`; `patience` (seconds) bounds each call of it.

    Nothing is opened before it is used. Raises `ConfigurationError` where its extra is not installed.
    """
    named = parse_cache(address)
    store: PolicyStore
    if named.kind == "sqlite":
        from tdm_guard.cache.sqlite_store import SqliteStore  # noqa: PLC0415 - who has no store loads none

        store = SqliteStore(named.place, patience=patience)
    elif named.kind == "redis":
        try:
            from tdm_guard.cache.redis_store import RedisStore  # noqa: PLC0415 - an extra
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing != "redis":
                raise
            raise ConfigurationError(f'cache: {named.name} needs redis: pip install "tdm-guard[redis]"') from None
        store = RedisStore(named.place, patience=patience)
    else:
        return None
    return Backing(store, named.name, patience=patience)
