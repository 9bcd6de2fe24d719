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

from tdm_guard.formats.content_coding import decode
from tdm_guard.guard import OFF_LOOP_BYTES
from tdm_guard.model import Headers

THREADS = 8  # of one event loop; reading is bound by the processor, so that more would not read faster
CODED_BYTES = 8 * 1024  # a coded body of more is usually one of `OFF_LOOP_BYTES` and more
CODED = "content-encoding"
_limiter: RunVar[CapacityLimiter] = RunVar("tdm_guard_off_loop")


async def off_loop(call: Callable[[], Any]) -> Any:
    """Calls something in a thread. Who is cancelled meanwhile may go, but must leave alone what `call` works on."""
    limiter = _limiter.get(None)
    if limiter is None:
        limiter = CapacityLimiter(THREADS)
        _limiter.set(limiter)
    return await run_sync(call, limiter=limiter)


def is_small(size: int, media_type: str | None, headers: Headers) -> bool:
    """True if a body of `size` bytes as received is read in no time: it is not coded, nor a container of more."""
    if size > OFF_LOOP_BYTES:
        return False
    for name, _ in headers:
        if name == CODED:
            return False
    return media_type is None or not media_type.startswith("application/") or "xml" in media_type


def takes_long(size: int, pieces: list[bytes], headers: Headers) -> bool:
    """
    True if a body that is not small is better read off an event loop.

    A few coded bytes may become many: they are decoded as far as needed to know.
    """
    codings = ",".join([value for name, value in headers if name == CODED])
    if not codings or size > CODED_BYTES:
        return True
    return not decode(b"".join(pieces), codings, OFF_LOOP_BYTES).complete
