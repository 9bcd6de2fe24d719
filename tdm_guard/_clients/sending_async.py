"""The same in an event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tdm_guard._clients.event_loop import LoopSession, drive_async
from tdm_guard._clients.exchange import exchange
from tdm_guard._clients.offloop import off_loop
from tdm_guard._clients.sending import Pool, limit
from tdm_guard._clients.tasks import AsyncFetcher
from tdm_guard._clients.wire import Load, LoadDeclared, Wire
from tdm_guard.drive import run_async


async def send_async(session: LoopSession, wire: Wire, pool: Pool, route: Callable[[str], Any] | None = None) -> Any:
    """Sends the request of `wire`, as `sending.send` does."""

    async def ask(step: Load | LoadDeclared) -> Any:
        guard, fetcher = session.guard, AsyncFetcher(session, step.user_agent, limit(session, step, pool), route)
        if isinstance(step, Load):
            origin = step.origin
            return await session.policy_async(origin, lambda: run_async(guard.load(origin), fetcher.perform, off_loop))
        case = step.case
        return await session.alone_async(
            case.policy.origin,
            lambda: run_async(guard.read_declared(case), fetcher.perform, off_loop),
            held=step.held,
        )

    return await drive_async(exchange(session, wire), wire, ask)
