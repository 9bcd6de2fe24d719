"""
Where long work goes: to a worker thread in an event loop, nowhere else in a thread.

The threads are limited apart from anyio's own: an application may have all of those wait for a response of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

THREADS = 8  # of one event loop; reading is bound by the processor, so that more would not read faster
CODED = "content-encoding"
_limiter: RunVar[CapacityLimiter] = RunVar("tdm_guard_off_loop")


async def off_loop(call: Callable[[], Any]) -> Any:
    """Calls something in a thread. Who is cancelled meanwhile may go, but must leave alone what `call` works on."""
    limiter = _limiter.get(None)
    if limiter is None:
        limiter = CapacityLimiter(THREADS)
        _limiter.set(limiter)
    return await run_sync(call, limiter=limiter)
