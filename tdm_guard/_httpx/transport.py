"""The guarded transports: what a client sends goes through the exchange, and from there through the inner transport."""

from __future__ import annotations

import contextlib
import logging
import math
import weakref
from types import TracebackType
from typing import Any, ClassVar, Self, Unpack

from tdm_guard._httpx.body import Tally
from tdm_guard._httpx.exchange import exchange
from tdm_guard._httpx.family import Family
from tdm_guard._httpx.fetch import AsyncFetcher
from tdm_guard._httpx.offloop import off_loop
from tdm_guard._httpx.opening import open_guard
from tdm_guard._httpx.session import Session
from tdm_guard._httpx.threads import ThreadFetcher
from tdm_guard._httpx.wire import Load, LoadDeclared, Wire, drive, drive_async
from tdm_guard.errors import ConfigurationError, LogError
from tdm_guard.guard import Guard, run, run_async
from tdm_guard.options.keywords import GuardOptions

HELD_SECONDS = 1.0  # for a second connection while a response keeps its own
_logger = logging.getLogger("tdm_guard")


class Transport:
    """
    What both kinds share. `inner` is the transport that reaches the network.

    The one that `ends` the run writes the end record when it is closed, or forgotten.
    """

    family: ClassVar[Family]
    default: ClassVar[str]
    inner: Any
    session: Session

    def __init__(self, transport: Any = None, **options: Unpack[GuardOptions]) -> None:
        guard, agent_given = open_guard(options, user_agent=self.family.user_agent)
        inner = getattr(self.family.module, self.default)() if transport is None else transport
        if isinstance(inner, Transport):
            raise ConfigurationError("transport: it is guarded already; give the transport behind it")
        session = Session(guard, self.family, route=lambda _: inner, agent_given=agent_given)
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
        self._open = True
        session.transports += 1
        if ends:
            weakref.finalize(self, _forgotten, session.guard, session.tallies)

    def _end(self) -> None:
        """Ends the run with the last transport: if the log fails then, nothing is left open."""
        if self._open:
            self._open = False
            self.session.transports -= 1
            if self.session.transports == 0:
                guard = self.session.guard
                told = [guard.totals[name] for name in ("admitted", "withheld", "failed")]
                _logger.info("%d admitted, %d withheld, %d failed; log: %s", *told, guard.log.path)
                _end_run(guard, self.session.tallies)

    def _pool_limit(self, request: Any, step: Load | LoadDeclared) -> float | None:
        """
        Seconds to wait for a connection: the client's own limit, before the page is asked for.

        What a response declares does not wait for longer than a document may take, and only a short time while the
        response keeps its connection, lest all wait for each other.
        """
        patience = self.session.guard.options.policy_timeout
        limits = request.extensions.get("timeout", {})
        limit: float | None = limits.get("pool", patience)
        if isinstance(step, Load):
            return limit
        return min(patience if limit is None else limit, patience, HELD_SECONDS if step.held else math.inf)


def _end_run(guard: Guard, tallies: set[Tally]) -> None:
    """Records what came of the bodies that are still being handed on, then ends the run."""
    try:
        while tallies:
            for tally in list(tallies):
                tally.end(complete=False)
    finally:
        guard.end()


def _forgotten(guard: Guard, tallies: set[Tally]) -> None:
    with contextlib.suppress(LogError):  # nobody is left to tell; a log without its end record says it itself
        _end_run(guard, tallies)


class SyncTransport(Transport):
    """For synchronous clients; safe for threads where the inner transport is."""

    default = "HTTPTransport"

    def handle_request(self, request: Any) -> Any:
        """Sends a request under guard. Raises `Withheld`, `LogError`, and what the inner transport raises."""
        session = self.session
        wire = Wire(self.inner, request)

        def ask(step: Load | LoadDeclared) -> Any:
            guard, fetcher = session.guard, ThreadFetcher(session, step.user_agent, self._pool_limit(request, step))
            if isinstance(step, Load):
                origin = step.origin
                return session.policy(origin, lambda: run(guard.load(origin), fetcher.perform))
            case = step.case
            return session.alone(
                case.policy.origin, lambda: run(guard.read_declared(case), fetcher.perform), held=step.held
            )

        return drive(exchange(session, wire, self.family.sync_body), wire, ask)

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
            self._end()

    def close(self) -> None:
        """Closes the inner transport and ends the run."""
        try:
            self.inner.close()
        finally:
            self._end()


class AsyncTransport(Transport):
    """For asynchronous clients, on asyncio and trio."""

    default = "AsyncHTTPTransport"

    async def handle_async_request(self, request: Any) -> Any:
        """Sends a request under guard. Raises `Withheld`, `LogError`, and what the inner transport raises."""
        session = self.session
        wire = Wire(self.inner, request)

        async def ask(step: Load | LoadDeclared) -> Any:
            guard, fetcher = session.guard, AsyncFetcher(session, step.user_agent, self._pool_limit(request, step))
            if isinstance(step, Load):
                origin = step.origin
                return await session.policy_async(
                    origin, lambda: run_async(guard.load(origin), fetcher.perform, off_loop)
                )
            case = step.case
            return await session.alone_async(
                case.policy.origin,
                lambda: run_async(guard.read_declared(case), fetcher.perform, off_loop),
                held=step.held,
            )

        return await drive_async(exchange(session, wire, self.family.async_body), wire, ask)

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
            self._end()

    async def aclose(self) -> None:
        """Closes the inner transport and ends the run."""
        try:
            await self.inner.aclose()
        finally:
            self._end()
