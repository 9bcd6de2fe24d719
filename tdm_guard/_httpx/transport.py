"""The guarded transports: what a client sends goes through the exchange, and from there through the inner transport."""

from __future__ import annotations

from types import TracebackType
from typing import Any, ClassVar, Self, Unpack

from tdm_guard._clients.ending import Ending
from tdm_guard._clients.event_loop import LoopSession
from tdm_guard._clients.opening import open_guard
from tdm_guard._clients.sending import send
from tdm_guard._clients.sending_async import send_async
from tdm_guard._clients.session import Session
from tdm_guard._httpx.caching import past_caches
from tdm_guard._httpx.family import Family
from tdm_guard._httpx.wire import HttpxWire
from tdm_guard.errors import ConfigurationError
from tdm_guard.options.keywords import GuardOptions


class Transport:
    """
    What both kinds share. `inner` is the transport that reaches the network.

    The one that `ends` the run writes the end record when it is closed, or forgotten.
    """

    family: ClassVar[Family]
    default: ClassVar[str]
    inner: Any
    session: Session
    sessions: ClassVar[type[Session]]

    def __init__(self, transport: Any = None, **options: Unpack[GuardOptions]) -> None:
        guard, agent_given = open_guard(options, user_agent=None)
        inner = getattr(self.family.module, self.default)() if transport is None else transport
        if isinstance(inner, Transport):
            raise ConfigurationError("transport: it is guarded already; give the transport behind it")
        session = self.sessions(guard, self.family, route=lambda _: past_caches(inner), agent_given=agent_given)
        self._prepare(inner, session, ends=True)

    @classmethod
    def within(cls, session: Session, inner: Any, *, ends: bool) -> Self:
        """One of several transports of a session."""
        transport = cls.__new__(cls)
        transport._prepare(inner, session, ends=ends)
        return transport

    def _prepare(self, inner: Any, session: Session, *, ends: bool) -> None:
        self.inner = inner
        self.session = session
        self._ending = Ending(session, self if ends else None)


class SyncTransport(Transport):
    """For synchronous clients; safe for threads where the inner transport is."""

    default = "HTTPTransport"
    sessions = Session

    def handle_request(self, request: Any) -> Any:
        """Sends a request under guard. Raises `Withheld`, `LogError`, and what the inner transport raises."""
        wire = HttpxWire(self.inner, request, self.family.sync_body)
        return send(self.session, wire, lambda patience: _pool_limit(request, patience))

    def __enter__(self) -> Self:
        self.inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        try:
            self.inner.__exit__(kind, error, traceback)
        finally:
            self._ending.end()

    def close(self) -> None:
        """Closes the inner transport and ends the run."""
        try:
            self.inner.close()
        finally:
            self._ending.end()


class AsyncTransport(Transport):
    """For asynchronous clients, on asyncio and trio."""

    default = "AsyncHTTPTransport"
    sessions = LoopSession
    session: LoopSession

    async def handle_async_request(self, request: Any) -> Any:
        """Sends a request under guard. Raises `Withheld`, `LogError`, and what the inner transport raises."""
        wire = HttpxWire(self.inner, request, self.family.async_body)
        return await send_async(self.session, wire, lambda patience: _pool_limit(request, patience))

    async def __aenter__(self) -> Self:
        await self.inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        try:
            await self.inner.__aexit__(kind, error, traceback)
        finally:
            self._ending.end()

    async def aclose(self) -> None:
        """Closes the inner transport and ends the run."""
        try:
            await self.inner.aclose()
        finally:
            self._ending.end()


def _pool_limit(request: Any, patience: float) -> float | None:
    limit: float | None = request.extensions.get("timeout", {}).get("pool", patience)
    return limit
