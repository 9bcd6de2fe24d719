"""
How the shared procedures reach a transport: they are generators that yield steps, performed here.

strategy: `exchange` and `fetch` are written once; a `Wire` performs their steps with one request and one inner
transport, `drive` and `drive_async` run them. Whatever happens to a step is thrown into the generator, so that its
`except` clauses decide, in one place, what is closed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import anyio

from tdm_guard._httpx.http2 import abandon
from tdm_guard._httpx.offloop import off_loop
from tdm_guard.guard import LongWork
from tdm_guard.judging.case import Case
from tdm_guard.origin import Origin

CLOSE_SECONDS = 2.0  # a cancelled task gives its connection back within this


class Step(Enum):
    """What a procedure asks of its wire."""

    SEND = "send"  # the request; brings the response
    FILL = "fill"  # the body as received, up to the wire's goal; True at its end: the connection was given back
    READ = "read"  # the next piece of the body as received; None at its end
    CLOSE = "close"  # the response is not wanted


SEND, FILL, READ, CLOSE = Step  # by these names: on Python 3.11 looking a member up on its class is slow


@dataclass(frozen=True, slots=True)
class Load:
    """Asks for the policy of an origin, fetched under a User-Agent."""

    origin: Origin
    user_agent: str


@dataclass(frozen=True, slots=True)
class LoadDeclared:
    """
    Asks for the documents that the response of a case declared, under a User-Agent.

    `held`: the response keeps its connection meanwhile, so that others may be waiting for it.
    """

    case: Case
    user_agent: str
    held: bool


class Hear(NamedTuple):
    """Reading of a body that `may_last`: then it is called off the event loop, if there is one."""

    call: Callable[[], Any]
    may_last: Callable[[], bool]


Asking = Step | Load | LoadDeclared | LongWork | Hear
Steps = Generator[Asking, Any, Any]


class Wire:
    """
    One request, the transport it goes through, its response and the body as it comes.

    `heard` are the pieces that `FILL` received, `size` bytes together; it stops when they are `goal` or more.
    """

    __slots__ = ("goal", "heard", "inner", "pieces", "request", "response", "size", "source")

    def __init__(self, inner: Any, request: Any) -> None:
        self.inner = inner
        self.request = request
        self.response: Any = None
        self.source: Any = None
        self.pieces: Any = None
        self.heard: list[bytes] = []
        self.size = 0
        self.goal = 0

    def perform(self, step: Asking) -> Any:
        """Performs a step in the calling thread."""
        if step is SEND:
            self.response = self.inner.handle_request(self.request)
            self.source = self.response.stream
            return self.response
        if step is CLOSE:
            for end in (self._abandon, self.response.close):
                with contextlib.suppress(Exception):  # what led here is the news, not how the connection took it
                    end()
            return None
        if self.pieces is None:
            self.pieces = iter(self.source)
        if step is READ:
            return next(self.pieces, None)
        while (chunk := next(self.pieces, None)) is not None:
            if self._full(chunk):
                return False
        self.source.close()
        return True

    async def perform_async(self, step: Asking) -> Any:
        """Performs a step in an event loop; closing goes on when the task is cancelled."""
        if step is SEND:
            self.response = await self.inner.handle_async_request(self.request)
            self.source = self.response.stream
            return self.response
        if step is CLOSE:
            with anyio.move_on_after(CLOSE_SECONDS, shield=True):
                with contextlib.suppress(Exception):
                    if abandoned := abandon(self.source):
                        await abandoned.tell()
                with contextlib.suppress(Exception):
                    if hasattr(self.pieces, "aclose"):
                        await self.pieces.aclose()
                    await self.response.aclose()
            return None
        if self.pieces is None:
            self.pieces = self.source.__aiter__()
        if step is READ:
            return await anext(self.pieces, None)
        try:
            while True:
                if self._full(await self.pieces.__anext__()):
                    return False
        except StopAsyncIteration:
            await self.source.aclose()
            return True

    def _abandon(self) -> None:
        if abandoned := abandon(self.source):
            abandoned.tell()

    def _full(self, chunk: bytes) -> bool:
        self.heard.append(chunk)
        self.size += len(chunk)
        return self.size >= self.goal


def drive(steps: Steps, wire: Wire, ask: Callable[[Load | LoadDeclared], Any] | None = None) -> Any:
    """Runs a procedure in the calling thread; `ask` answers what is not the wire's to answer."""
    try:
        step = next(steps)
        while True:
            try:
                if isinstance(step, Step) or ask is None:
                    result = wire.perform(step)
                else:
                    result = step.call() if isinstance(step, (LongWork, Hear)) else ask(step)
            except BaseException as error:  # noqa: BLE001 - the procedure closes what it opened, then raises it again
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as finished:
        return finished.value


async def drive_async(
    steps: Steps, wire: Wire, ask: Callable[[Load | LoadDeclared], Awaitable[Any]] | None = None
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
