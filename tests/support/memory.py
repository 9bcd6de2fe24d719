"""What a call takes of memory, and what a process holds."""

from __future__ import annotations

import os
import resource
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")


def peak(call: Callable[[], Result]) -> tuple[Result, int]:
    """What `call` gives, and the most bytes that were held for it at one time."""
    tracemalloc.start()
    try:
        result = call()
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def resident() -> int:
    """Bytes of this process in memory; where the system does not tell, at its peak."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def descriptors() -> int:
    """Open files of this process, the folder that is read for it apart."""
    return len(os.listdir("/proc/self/fd")) - 1  # noqa: PTH208 -- names are enough
