"""The middleware: what a session sends goes through the exchange, and from there through aiohttp's own sending."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Hashable
from types import TracebackType
from typing import Any, Self, Unpack

from aiohttp import ClientRequest, ClientResponse

from tdm_guard._aiohttp.calls import Calls
from tdm_guard._aiohttp.requested import ExchangeWire
from tdm_guard._aiohttp.sender import sender_of
from tdm_guard._aiohttp.watch import watch
from tdm_guard._aiohttp.ways import Aiohttp, Ways
from tdm_guard._clients.ending import Ending
from tdm_guard._clients.event_loop import LoopSession
from tdm_guard._clients.journey import CURRENT
from tdm_guard._clients.opening import open_guard
from tdm_guard._clients.sending_async import send_async
from tdm_guard.errors import ConfigurationError
from tdm_guard.options import Options
from tdm_guard.options.config import with_config
from tdm_guard.options.keywords import GuardOptions


class _Session(LoopSession):
    """A session of the guard that may serve several event loops: who waits for an origin waits in one of them."""

    def boarded(self, origin: Hashable, new_lock: Callable[[], Any]) -> Any:
        """One for each loop."""
        return super().boarded((asyncio.get_running_loop(), origin), new_lock)


class Middleware:
    """
    A client middleware that hands on nothing that is reserved. It stands last in `middlewares`, and serves any number
    of sessions and loops; `close`, or leaving its `with` block, ends the run.

    Raises `ConfigurationError`, `LogError`.
    """

    def __init__(self, **options: Unpack[GuardOptions]) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._session: _Session | None = None
        self._ending: Ending | None = None
        self._closed = False
        named = with_config(options, environ=os.environ)
        if named.get("agent") is not None:
            self._begin(None)
        else:
            Options.read(named)  # mistakes are told at once; whose name the log bears, the first request says

    async def __call__(self, request: ClientRequest, handler: Any) -> ClientResponse:
        """Sends a request under guard. Raises `Withheld`, `LogError`, and what aiohttp raises."""
        sender = sender_of(handler)
        watch(request.session, Middleware)
        session = self._session_for(request)
        call = self._calls.of(request)
        wire = ExchangeWire(request, sender, call)
        outer = CURRENT.set(call.journey)
        try:
            await send_async(session, wire, lambda _: sender.limits.connect, Ways(request).to)
        finally:
            CURRENT.reset(outer)
        return wire.finish()

    def _session_for(self, request: ClientRequest) -> _Session:
        """The session of the guard; if the options name no agent, the first request does."""
        if self._closed:
            raise ConfigurationError("guard: it was closed, and its log has ended; make a new one")
        given = request.headers.get("User-Agent", "")
        return self._session or self._begin(None if given in ("", Aiohttp.user_agent) else given)

    def _begin(self, user_agent: str | None) -> _Session:
        with self._lock:
            if self._session is not None:
                return self._session
            if user_agent is None and with_config(self._options, environ=os.environ).get("agent") is None:
                raise ConfigurationError(
                    "agent: neither the guard nor the session says who asks; "
                    'give the guard agent="ExampleBot", or the session headers={"User-Agent": "ExampleBot/1.0"}'
                )
            guard, agent_given = open_guard(self._options, user_agent=user_agent)
            self._calls = Calls(guard)
            session = _Session(guard, Aiohttp(), route=_nowhere, agent_given=agent_given)
            self._ending = Ending(session, self)
            self._session = session
            return session

    def close(self) -> None:
        """Ends the run: bodies that are still being handed on are recorded as they are. Raises `LogError`."""
        self._closed = True
        if self._ending is not None:
            self._ending.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _nowhere(url: str) -> Any:
    raise RuntimeError(f"no request opens a way to {url}")
