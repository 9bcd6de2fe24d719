"""The same for event loops, whichever anyio knows: steps are awaited, what takes long goes to a thread."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from tdm_guard._clients.offloop import off_loop
from tdm_guard._clients.session import Session
from tdm_guard._clients.wire import Hear, Load, LoadDeclared, Step, Steps
from tdm_guard.drive import LongWork
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy


class LoopSession(Session):
    """The session of an asynchronous client: whoever waits for an origin that another task reads gives way."""

    async def policy_async(self, origin: Origin, load: Callable[[], Awaitable[OriginPolicy]]) -> OriginPolicy:
        """Reads an origin once, however many tasks ask; if the one that does is cancelled, the next one takes over."""
        with self.boarded(origin, anyio.Lock) as flight:
            async with flight.lock:
                flight.policy = self.guard.known(origin) or flight.policy or await load()
                return flight.policy

    async def alone_async(self, origin: Origin, work: Callable[[], Awaitable[None]], *, held: bool = False) -> None:
        """The same for tasks."""
        with self.boarded(origin, anyio.Lock) as flight:
            with anyio.move_on_after(self.guard.options.policy_timeout if held else math.inf) as waiting:
                await flight.lock.acquire()
            if waiting.cancelled_caught:
                raise self.crowded()
            try:
                await work()
            finally:
                flight.lock.release()


async def drive_async(
    steps: Steps, wire: Any, ask: Callable[[Load | LoadDeclared], Awaitable[Any]] | None = None
) -> Any:
    """Runs a procedure in an event loop, whichever it is; what takes long, in a thread."""
    try:
        step = next(steps)
        while True:
            try:
                if isinstance(step, Step) or ask is None:
                    result = await wire.perform_async(step)
                elif isinstance(step, (LongWork, Hear)):
                    lasts = isinstance(step, LongWork) or step.may_last()
                    result = await off_loop(step.call) if lasts else step.call()
                else:
                    result = await ask(step)
            except BaseException as error:  # noqa: BLE001 - as above; a cancellation too
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as finished:
        return finished.value
