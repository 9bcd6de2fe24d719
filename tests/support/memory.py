"""What a call takes of memory, and what a process holds."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
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
