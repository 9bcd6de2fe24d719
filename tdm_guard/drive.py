"""
Driving what reads documents: whoever performs effects, in the calling thread or in an event loop of whichever kind.

strategy: `Guard.load` and its like are generators of batches of effects; what may take long comes as `LongWork`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, NamedTuple, TypeVar

from tdm_guard.fetch import Effects
from tdm_guard.formats.http.message_body import may_be_longer
from tdm_guard.policies.task import Answers, Wanted

T = TypeVar("T")
POLICY_BYTES = 8 * 1024  # documents of more are read off the event loop: each line may be weighed word by word


class LongWork(NamedTuple):
    """Reading that may take long: to be called off the event loop, if there is one."""

    call: Callable[[], Any]


Loading = Generator[Effects | LongWork, Any, T]


def may_last(answers: Answers) -> bool:
    """True if documents may take longer to read than an event loop can wait."""
    found = [answer for answer in answers.values() if answer is not None and answer.body]
    size = sum([len(answer.body) for answer in found])
    return size > POLICY_BYTES or any(may_be_longer(answer, POLICY_BYTES) for answer in found)


def advance(
    reading: Generator[tuple[Wanted, ...], Answers, T], answers: Answers | None
) -> tuple[tuple[Wanted, ...], Any]:
    """The documents wanted next, or none and the result."""
    try:
        return (next(reading) if answers is None else reading.send(answers)), None
    except StopIteration as finished:
        return (), finished.value


def run(reading: Loading[T], perform: Callable[[Effects], Sequence[Any]]) -> T:
    """Drives `Guard.load` or `Guard.read_declared` where effects are performed in the calling thread."""
    try:
        step = next(reading)
        while True:
            step = reading.send(step.call() if isinstance(step, LongWork) else perform(step))
    except StopIteration as finished:
        result: T = finished.value
        return result


async def run_async(
    reading: Loading[T],
    perform: Callable[[Effects], Awaitable[Sequence[Any]]],
    off_loop: Callable[[Callable[[], Any]], Awaitable[Any]],
) -> T:
    """Drives them in an event loop, whichever it is; `off_loop` calls something in a thread of that loop's."""
    try:
        step = next(reading)
        while True:
            step = reading.send(await (off_loop(step.call) if isinstance(step, LongWork) else perform(step)))
    except StopIteration as finished:
        result: T = finished.value
        return result
