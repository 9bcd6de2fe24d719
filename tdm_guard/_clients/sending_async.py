"""The same in an event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import anyio

from tdm_guard._clients.event_loop import LoopSession, drive_async
from tdm_guard._clients.exchange import exchange
from tdm_guard._clients.offloop import off_loop
from tdm_guard._clients.sending import Pool, limit
from tdm_guard._clients.tasks import AsyncFetcher
from tdm_guard._clients.wire import Load, LoadDeclared, Wire
from tdm_guard.drive import Loading, run_async

T = TypeVar("T")


async def drive(reading: Loading[T], fetcher: AsyncFetcher) -> T:
    """Drives what reads documents, in whichever event loop this is."""
    return await run_async(reading, fetcher.perform, off_loop, sleep=anyio.sleep)


async def send_async(session: LoopSession, wire: Wire, pool: Pool, route: Callable[[str], Any] | None = None) -> Any:
    """Sends the request of `wire`, as `sending.send` does."""

    async def ask(step: Load | LoadDeclared) -> Any:
        guard, fetcher = session.guard, AsyncFetcher(session, step.user_agent, limit(session, step, pool), route)
        if isinstance(step, Load):
            origin = step.origin
            return await session.policy_async(origin, lambda: drive(guard.load(origin), fetcher))
        case = step.case
        return await session.alone_async(
            case.policy.origin,
            lambda: drive(guard.read_declared(case), fetcher),
            held=step.held,
        )

    return await drive_async(exchange(session, wire), wire, ask)
