"""Family: the classes of httpx, or of httpx2. The two packages share names and shapes, but no class."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Set
from types import ModuleType
from typing import Any

from tdm_guard._httpx.caching import StaleCopyError

MAX_CAUSES = 10  # exceptions behind an exception that are looked at
MAX_SPELLINGS = 1000  # header names that are remembered; servers know some hundreds
MAX_SPELLING = 100  # bytes of one of them, so that they take at most 200 kB
_POOLS = frozenset({"ConnectionPool", "AsyncConnectionPool"})  # the proxies' pools have other names


class Family:
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
        self.user_agent = f"python-{module.__name__}/{module.__version__}"
        self._wired: tuple[type[Any], ...] = (module.HTTPTransport, module.AsyncHTTPTransport)
        self._reasons: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
            ((module.TimeoutException, TimeoutError), "timeout"),
            ((module.ProxyError,), "proxy"),
            ((module.ProtocolError,), "protocol error"),
        )
        self._losses = (module.ReadError, module.WriteError, module.CloseError, module.RemoteProtocolError)

    def traced(self, transport: Any) -> bool:
        """True for the package's own network transports, which report when a request got its connection."""
        return isinstance(transport, self._wired)

    def direct(self, transport: Any) -> bool:
        """
        True if `transport` connects to the hosts themselves: then their addresses can be known here.

        With a proxy, a Unix socket or somebody else's transport they can not.
        """
        pool = getattr(transport, "_pool", None)
        return type(transport) in self._wired and type(pool).__name__ in _POOLS and getattr(pool, "_uds", None) is None

    def multiplexes(self, transport: Any) -> bool:
        """True if several requests may share one of the connections of `transport` at the same time (HTTP/2)."""
        return self.traced(transport) and bool(getattr(getattr(transport, "_pool", None), "_http2", False))

    def worth_another(self, error: Exception, transport: Any) -> bool:
        """
        True if the same request may succeed when it is sent again: a cache answered, or a connection was lost.

        Servers close what is kept open (RFC 9112 9.3.1), and a pool that is full closes what a thread was just given.
        """
        if isinstance(error, StaleCopyError):
            return True
        return self.traced(transport) and isinstance(error, self._losses) and self.reason(error) != "tls"

    def reason(self, error: Exception) -> str:
        """Why a document could not be had, in the words of the record."""
        for cause in _causes(error):
            if isinstance(cause, socket.gaierror):
                return "dns"
            if isinstance(cause, ssl.SSLError):
                return "tls"
            if isinstance(cause, ConnectionRefusedError):
                return "connection refused"
        for kinds, words in self._reasons:
            if isinstance(error, kinds):
                return words
        return str(error) if isinstance(error, StaleCopyError) else type(error).__name__


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    pending: list[BaseException] = [error]
    while pending and len(found) < MAX_CAUSES:
        cause = pending.pop(0)
        found.append(cause)
        behind = cause.__cause__ or cause.__context__
        if behind is not None:
            pending.append(behind)
        if isinstance(cause, BaseExceptionGroup):
            pending.extend(cause.exceptions)
    return found


def pairs(headers: Any) -> tuple[tuple[str, str], ...]:
    """All header lines as text, repeated ones kept apart."""
    try:
        return tuple([(name.decode("ascii"), value.decode("ascii")) for name, value in headers.raw])
    except UnicodeDecodeError:
        return tuple(headers.multi_items())


class Picker:
    """
    Picks the header lines with certain `names` (lower case).

    Servers send the same few names over and over: whether one as it is spelt is ours is looked up, not worked out.
    """

    __slots__ = ("_known", "_names")

    def __init__(self, names: Set[str]) -> None:
        self._names = names
        self._known: dict[bytes, str | None] = {}

    def pairs(self, headers: Any) -> tuple[tuple[str, str], ...]:
        """The lines as text, names in lower case, repeated ones kept apart."""
        known = self._known
        found: list[tuple[str, str]] = []
        try:
            for raw, value in headers.raw:
                name = known[raw] if raw in known else self._learn(raw)
                if name is not None:
                    found.append((name, value.decode("ascii")))
        except UnicodeDecodeError:
            return tuple((name, value) for name, value in pairs(headers) if name.lower() in self._names)
        return tuple(found)

    def _learn(self, raw: bytes) -> str | None:
        name = raw.decode("ascii").lower()
        own = name if name in self._names else None
        if len(self._known) < MAX_SPELLINGS and len(raw) <= MAX_SPELLING:
            self._known[raw] = own
        return own
