"""Family: the classes of httpx, or of httpx2. The two packages share names and shapes, but no class."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from tdm_guard._clients.documents import fields_of
from tdm_guard._clients.framework import Framework
from tdm_guard._httpx.wire import HttpxWire
from tdm_guard.fetch import Get

_POOLS = frozenset({"ConnectionPool", "AsyncConnectionPool"})  # the proxies' pools have other names


class Family(Framework):
    """What the shared implementation uses of one package, and the classes that it makes for it."""

    def __init__(
        self,
        module: ModuleType,
        *,
        sync_body: type[Any],
        async_body: type[Any],
        sync_transport: type[Any],
        async_transport: type[Any],
    ) -> None:
        self.module = module
        self.sync_body = sync_body
        self.async_body = async_body
        self.sync_transport = sync_transport
        self.async_transport = async_transport
        self.crowded = module.PoolTimeout
        self.user_agent = f"python-{module.__name__}/{module.__version__}"
        self._wired: tuple[type[Any], ...] = (module.HTTPTransport, module.AsyncHTTPTransport)
        self.reasons = (
            ((module.TimeoutException, TimeoutError), "timeout"),
            ((module.ProxyError,), "proxy"),
            ((module.ProtocolError,), "protocol error"),
        )
        self.losses = (module.ReadError, module.WriteError, module.CloseError, module.RemoteProtocolError)

    def document(
        self, inner: Any, get: Get, user_agent: str, pool: float | None, trace: Callable[..., Any], *, again: bool
    ) -> HttpxWire:
        """The wire of a request for one document."""
        limits = {"connect": get.timeout, "read": get.timeout, "write": get.timeout, "pool": pool}
        request = self.module.Request(
            "GET",
            get.url,
            headers=fields_of(get, user_agent, again=again),
            extensions={"timeout": limits, "trace": trace},
        )
        return HttpxWire(inner, request)

    def traced(self, inner: Any) -> bool:
        """True for the package's own network transports, which report when a request got its connection."""
        return isinstance(inner, self._wired)

    def direct(self, inner: Any) -> bool:
        """
        True if `inner` connects to the hosts themselves: then their addresses can be known here.

        With a proxy, a Unix socket or somebody else's transport they can not.
        """
        pool = getattr(inner, "_pool", None)
        return type(inner) in self._wired and type(pool).__name__ in _POOLS and getattr(pool, "_uds", None) is None

    def multiplexes(self, inner: Any) -> bool:
        """True if several requests may share one of the connections of `inner` at the same time (HTTP/2)."""
        return self.traced(inner) and bool(getattr(getattr(inner, "_pool", None), "_http2", False))
