"""Aside: bodies that take long to judge are judged beside the event loop, which goes on with other downloads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

THREADS = 4  # that judge at one time; more would only share the interpreter's lock, fewer let one bad file hold up all
T = TypeVar("T")


class Aside:
    """
    The threads of one crawler, begun when they are needed.

    Each piece of work has its case to itself until it is done: whoever waits for it does nothing else with that case,
    and whoever is cancelled meanwhile never touches it again.
    """

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None

    async def call(self, work: Callable[[], T]) -> T:
        """The result of `work`."""
        return await asyncio.wrap_future(self.begin(work))

    def begin(self, work: Callable[[], T]) -> Future[T]:
        """Starts `work` without waiting for it."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="tdm-guard")
        return self._threads.submit(work)

    def close(self) -> None:
        """The run is over: what was given up is not begun any more."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
