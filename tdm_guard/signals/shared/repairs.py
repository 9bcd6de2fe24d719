"""Codes of repairs, of which a statement may need several: they stand in one word, parted by commas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def join(*repairs: str | None, key: Callable[[str], Any] | None = None) -> str | None:
    """Codes, or several in one word, as one word, each once: in their order, or in that of `key`."""
    codes = dict.fromkeys(code for repair in repairs if repair for code in repair.split(","))
    return ",".join(sorted(codes, key=key) if key else codes) or None
