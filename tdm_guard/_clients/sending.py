"""Sending a request under guard: the exchange, and the answers to what it asks of the session."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tdm_guard._clients.exchange import exchange
from tdm_guard._clients.session import Session
from tdm_guard._clients.threads import ThreadFetcher
from tdm_guard._clients.wire import Load, LoadDeclared, Wire, drive
from tdm_guard.drive import run

HELD_SECONDS = 1.0  # for a second connection while a response keeps its own
Pool = Callable[[float], float | None]  # seconds to wait for a connection; the argument is for clients without a limit


def limit(session: Session, step: Load | LoadDeclared, pool: Pool) -> float | None:
    """
    Seconds to wait for a connection: the client's own limit, before the page is asked for.

    What a response declares does not wait for longer than a document may take, and only a short time while the
    response keeps its connection, lest all wait for each other.
    """
    patience = session.guard.options.policy_timeout
    own = pool(patience)
    if isinstance(step, Load):
        return own
    return min(patience if own is None else own, patience, HELD_SECONDS if step.held else math.inf)


def send(session: Session, wire: Wire, pool: Pool, route: Callable[[str], Any] | None = None) -> Any:
    """
    Sends the request of `wire` in the calling thread; returns its response.

    `pool` gives the client's own limit for waiting for a connection. `route` is the session's where none is given.
    Raises `Withheld`, `LogError`, and what the client raises.
    """

    def ask(step: Load | LoadDeclared) -> Any:
        guard, fetcher = session.guard, ThreadFetcher(session, step.user_agent, limit(session, step, pool), route)
        if isinstance(step, Load):
            origin = step.origin
            return session.policy(origin, lambda: run(guard.load(origin), fetcher.perform))
        case = step.case
        return session.alone(
            case.policy.origin, lambda: run(guard.read_declared(case), fetcher.perform), held=step.held
        )

    return drive(exchange(session, wire), wire, ask)
