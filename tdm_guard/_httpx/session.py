"""Session: what all transports of one client share: the guard, the way to each URL, the origins being read now."""

from __future__ import annotations

import math
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio

from tdm_guard._httpx.body import Tally
from tdm_guard._httpx.family import Family, Picker
from tdm_guard.errors import ConfigurationError
from tdm_guard.guard import Guard
from tdm_guard.options import agent_of
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy

MAX_CACHES = 4  # one within another


class _Flight:
    """An origin that is being read, with those who wait for it. It exists while anybody does."""

    __slots__ = ("lock", "policy", "riders")

    def __init__(self, lock: Any) -> None:
        self.lock = lock
        self.policy: OriginPolicy | None = None
        self.riders = 0


class Session:
    """
    `route` gives the inner transport for a URL, so that policies travel the way their pages do. `fields` picks the
    header fields that are heard.

    `agent_given`: the caller named the agent; otherwise it is the client's own, and requests that call themselves
    something else are refused, since the rules for that name were not read.
    """

    def __init__(self, guard: Guard, family: Family, *, route: Callable[[str], Any], agent_given: bool) -> None:
        self.guard = guard
        self.family = family
        self.transports = 0  # open ones; the run ends with the last
        self.tallies: set[Tally] = set()  # of the bodies that are being handed on
        self._route = route
        self.fields = Picker(guard.bench.heard)
        self._agent_given = agent_given
        self._agreed: str | None = None
        self._flights: dict[Origin, _Flight] = {}
        self._table = threading.Lock()

    def route(self, url: str) -> Any:
        """The transport through which a policy at `url` is fetched: that of a page there, without its cache."""
        transport = self._route(url)
        for _ in range(MAX_CACHES):
            if not any(base.__module__.partition(".")[0] == "hishel" for base in type(transport).__mro__):
                break
            # A policy has a freshness of its own. What hishel 2 stores it serves for ever by default.
            transport = getattr(transport, "next_transport", None) or getattr(transport, "_transport", transport)
        return transport

    def check_agent(self, user_agent: str | None) -> None:
        """Raises `ConfigurationError` if a request goes out under a name that the guard does not listen for."""
        if self._agent_given or user_agent is None or user_agent == self._agreed:
            return
        named, agent = agent_of(user_agent), self.guard.options.agent
        if named.lower() != agent.lower():
            raise ConfigurationError(
                f"agent: this request's User-Agent {user_agent[:120]!r} names {named}, but what sites say to {agent} "
                f'is listened to; give the guard agent="{named}"'
            )
        self._agreed = user_agent

    def policy(self, origin: Origin, load: Callable[[], OriginPolicy]) -> OriginPolicy:
        """Reads an origin once, however many threads ask at the same time."""
        with self._boarded(origin, threading.Lock) as flight, flight.lock:
            flight.policy = self.guard.known(origin) or flight.policy or load()
            return flight.policy

    async def policy_async(self, origin: Origin, load: Callable[[], Awaitable[OriginPolicy]]) -> OriginPolicy:
        """Reads an origin once, however many tasks ask; if the one that does is cancelled, the next one takes over."""
        with self._boarded(origin, anyio.Lock) as flight:
            async with flight.lock:
                flight.policy = self.guard.known(origin) or flight.policy or await load()
                return flight.policy

    def alone(self, origin: Origin, work: Callable[[], None], *, held: bool = False) -> None:
        """
        Does `work` for an origin while nobody else does: what one reads is kept, the next finds it.

        Who is `held` up by it keeps a connection, for which others may wait: their turn comes in time, or the client's
        `PoolTimeout` is raised.
        """
        with self._boarded(origin, threading.Lock) as flight:
            if not flight.lock.acquire(timeout=self.guard.options.policy_timeout if held else -1):
                raise self._crowded()
            try:
                work()
            finally:
                flight.lock.release()

    async def alone_async(self, origin: Origin, work: Callable[[], Awaitable[None]], *, held: bool = False) -> None:
        """The same for tasks."""
        with self._boarded(origin, anyio.Lock) as flight:
            with anyio.move_on_after(self.guard.options.policy_timeout if held else math.inf) as waiting:
                await flight.lock.acquire()
            if waiting.cancelled_caught:
                raise self._crowded()
            try:
                await work()
            finally:
                flight.lock.release()

    def _crowded(self) -> Exception:
        error: Exception = self.family.module.PoolTimeout("others are reading what this origin declares")
        return error

    @contextmanager
    def _boarded(self, origin: Origin, new_lock: Callable[[], Any]) -> Iterator[_Flight]:
        with self._table:
            flight = self._flights.get(origin)
            if flight is None:
                flight = self._flights[origin] = _Flight(new_lock())
            flight.riders += 1
        try:
            yield flight
        finally:
            with self._table:
                flight.riders -= 1
                if not flight.riders:
                    del self._flights[origin]
