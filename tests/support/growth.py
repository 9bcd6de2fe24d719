"""How the time of something grows with its input, and how often it does a thing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType

TIMES = 16  # what takes quadratic time takes 256 times as long for it
SLACK = 4  # of a busy machine, and of caches that a short input fits into
LEAST = 0.002  # seconds; less is not measured
TRIES = 3  # others make the clock of a processor run unevenly


def grows_linearly(work: Callable[[int], object], length: int) -> bool:
    """True if the processor time of `work(length)` is in keeping with that of a sixteenth of the length."""
    short = max(min(_spent(work, length // TIMES) for _ in range(TRIES)), LEAST)
    return any(_spent(work, length) < SLACK * TIMES * short for _ in range(TRIES))


def _spent(work: Callable[[int], object], length: int) -> float:
    start = time.process_time()
    work(length)
    return time.process_time() - start


def calls(name: str, work: Callable[[], object]) -> int:
    """How often `work` calls functions of this name that are written in C, like `decompress`."""
    count = 0

    def look(_frame: FrameType, event: str, called: object) -> None:
        nonlocal count
        count += event == "c_call" and getattr(called, "__name__", "") == name

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
