"""
Driving what reads documents: whoever performs effects, in the calling thread or in an event loop of whichever kind.

strategy: `Guard.load` and its like are generators of batches of effects; what may take long comes as `LongWork`, what
only time can bring as a `Pause`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from tdm_guard.fetch import Effects
from tdm_guard.formats.http.message_body import may_be_longer
from tdm_guard.model import Fetched
from tdm_guard.policies.task import Answers, Wanted

T = TypeVar("T")
POLICY_BYTES = 8 * 1024  # documents of more are read off the event loop: each line may be weighed word by word


class LongWork(NamedTuple):
    """Reading that may take long: to be called off the event loop, if there is one."""

    call: Callable[[], Any]


class Pause(NamedTuple):
    """A wait for somebody else, which holds no thread where there is an event loop; `call` waits in the calling one."""

    seconds: float
    call: Callable[[], Any]


Loading = Generator[Effects | LongWork | Pause, Any, T]


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


def answered(
    reading: Generator[tuple[Wanted, ...], Answers, T],
    fetch: Callable[[tuple[Wanted, ...]], Loading[Answers]],
    documents: dict[str, Fetched | None] | None = None,
) -> Loading[T]:
    """Fetches what `reading` wants until it is done; what came is put into `documents`, by URL."""
    wanted, result = advance(reading, None)
    while wanted:
        answers = yield from fetch(wanted)
        if documents is not None:
            documents.update(answers)
        if may_last(answers):
            wanted, result = yield LongWork(partial(advance, reading, answers))
        else:
            wanted, result = advance(reading, answers)
    done: T = result
    return done


def run(reading: Loading[T], perform: Callable[[Effects], Sequence[Any]]) -> T:
    """Drives `Guard.load` or `Guard.read_declared` where effects are performed in the calling thread."""
    try:
        step = next(reading)
        while True:
            step = reading.send(step.call() if isinstance(step, (LongWork, Pause)) else perform(step))
    except StopIteration as finished:
        result: T = finished.value
        return result


async def run_async(
    reading: Loading[T],
    perform: Callable[[Effects], Awaitable[Sequence[Any]]],
    off_loop: Callable[[Callable[[], Any]], Awaitable[Any]],
    *,
    sleep: Callable[[float], Awaitable[object]],
) -> T:
    """
    Drives them in an event loop, whichever it is; `off_loop` calls something in a thread of that loop's.

    `sleep` is that loop's own.
    """
    try:
        step = next(reading)
        while True:
            if isinstance(step, Pause):
                step = reading.send(await sleep(step.seconds))
            else:
                step = reading.send(await (off_loop(step.call) if isinstance(step, LongWork) else perform(step)))
    except StopIteration as finished:
        result: T = finished.value
        return result
