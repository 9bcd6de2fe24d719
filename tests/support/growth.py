"""How the time of something grows with its input."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMES = 16  # what takes quadratic time takes 256 times as long for it
SLACK = 4  # of a busy machine, and of caches that a short input fits into
LEAST = 0.002  # seconds; less is not measured
TRIES = 3  # others make the clock of a processor run unevenly


def grows_linearly(work: Callable[[int], object], length: int) -> bool:
    """True if the processor time of `work(length)` is in keeping with that of a sixteenth of the length."""
    return any(_spent(work, length) < SLACK * TIMES * max(_spent(work, length // TIMES), LEAST) for _ in range(TRIES))


def _spent(work: Callable[[int], object], length: int) -> float:
    start = time.process_time()
    work(length)
    return time.process_time() - start
