"""What the caller knows of the work that a request asks for, said around the request: aiohttp has no place for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_KNOWN: ContextVar[object] = ContextVar("tdm_guard_item", default=None)


@contextmanager
def about(item: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """
    Requests that are awaited within the block, in this task, are about this work: an item, or a list of such.

    It goes on to their redirects, and to tasks that are begun within the block.
    """
    before = _KNOWN.set(item)
    try:
        yield
    finally:
        _KNOWN.reset(before)


def known() -> object:
    """The item of the block that this is in; None outside."""
    return _KNOWN.get()
