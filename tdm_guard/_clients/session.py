"""Session: what all that a client sends through shares: the guard, the way to each URL, the origins being read now."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from tdm_guard._clients.asked import Asked
from tdm_guard._clients.fields import Picker
from tdm_guard._clients.framework import Framework
from tdm_guard._clients.tally import Tally
from tdm_guard._clients.wire import Wire
from tdm_guard.errors import ConfigurationError
from tdm_guard.guard import Guard
from tdm_guard.options import NOBODY, agent_of
from tdm_guard.options.naming import Names
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy


class Flight:
    """An origin that is being read, with those who wait for it. It exists while anybody does."""

    __slots__ = ("lock", "policy", "riders")

    def __init__(self, lock: Any) -> None:
        self.lock = lock
        self.policy: OriginPolicy | None = None
        self.riders = 0


class Session:
    """
    `route` gives what a document at a URL goes through, so that policies travel the way their pages do. `open`
    counts what has to be closed; the run ends with the last.

    `agent_given`: the caller named the agent; otherwise it is the client's own, and requests that call themselves
    something else are refused, since the rules for that name were not read.
    """

    def __init__(self, guard: Guard, framework: Framework, *, route: Callable[[str], Any], agent_given: bool) -> None:
        self.guard = guard
        self.framework = framework
        self.route = route
        self.picker = Picker(guard.bench.heard)  # of the header fields that are heard
        self.open = 0
        self.tallies: set[Tally] = set()  # of the bodies that are being handed on
        self._agent_given = agent_given
        self.agreed: str | None = None
        self._names = Names(guard.options.agent)
        self._flights: dict[Hashable, Flight] = {}
        self._table = threading.Lock()

    def agree(self, wire: Wire, asked: Asked) -> Asked:
        """
        Sees to it that the site sees the name that the record has; `agreed` is the User-Agent that was found good last.

        A request with no name of the caller's own goes out under the agent's. Raises `ConfigurationError` for one under
        a name that the guard does not listen for; where the agent was given apart, each such name is warned of.
        """
        options = self.guard.options
        if asked.user_agent in ("", self.framework.user_agent):
            if options.user_agent is None:
                raise ConfigurationError(
                    f"agent: this request goes out as {asked.user_agent or 'nobody'}, a name that is not yours and "
                    'that no site can speak to you by; give the guard agent="ExampleBot"'
                )
            wire.fields["User-Agent"] = options.user_agent
            return asked._replace(user_agent=options.user_agent)
        if not self._agent_given:
            named = agent_of(asked.user_agent)
            if named.lower() != options.agent.lower():
                heard = "what is said to everybody" if options.agent == NOBODY else f"what sites say to {options.agent}"
                raise ConfigurationError(
                    f"agent: this request's User-Agent {asked.user_agent[:120]!r} names {named}, but {heard} is "
                    f'listened to; give the guard agent="{named}"'
                )
        else:
            self._names.heed(asked.user_agent)
        self.agreed = asked.user_agent
        return asked

    def policy(self, origin: Origin, load: Callable[[], OriginPolicy]) -> OriginPolicy:
        """Reads an origin once, however many threads ask at the same time."""
        with self.boarded(origin, threading.Lock) as flight, flight.lock:
            flight.policy = self.guard.known(origin) or flight.policy or load()
            return flight.policy

    def alone(self, origin: Origin, work: Callable[[], None], *, held: bool = False) -> None:
        """
        Does `work` for an origin while nobody else does: what one reads is kept, the next finds it.

        Who is `held` up by it keeps a connection, for which others may wait: their turn comes in time, or what the
        framework calls `crowded` is raised.
        """
        with self.boarded(origin, threading.Lock) as flight:
            if not flight.lock.acquire(timeout=self.guard.options.policy_timeout if held else -1):
                raise self.crowded()
            try:
                work()
            finally:
                flight.lock.release()

    def crowded(self) -> Exception:
        """What is raised when it was not this one's turn in time."""
        return self.framework.crowded("others are reading what this origin declares")

    @contextmanager
    def boarded(self, origin: Hashable, new_lock: Callable[[], Any]) -> Iterator[Flight]:
        """The flight of an origin: the one that is under way, or a new one with a lock of its own."""
        with self._table:
            flight = self._flights.get(origin)
            if flight is None:
                flight = self._flights[origin] = Flight(new_lock())
            flight.riders += 1
        try:
            yield flight
        finally:
            with self._table:
                flight.riders -= 1
                if not flight.riders:
                    del self._flights[origin]
