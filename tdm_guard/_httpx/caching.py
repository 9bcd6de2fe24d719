"""What a caching transport says of an answer in its extensions: hishel does in one of three ways, by its version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_CACHES = 4  # one within another


def is_from_cache(marks: Any) -> bool:
    """True for an answer that a cache kept, whether or not the server was asked if it still holds."""
    return _says(marks, "from_cache")


def is_stale_copy(marks: Any) -> bool:
    """True for an answer that a cache kept and did not ask the server about."""
    return is_from_cache(marks) and not _says(marks, "revalidated")


def _says(marks: Any, what: str) -> bool:
    caching = marks.get("caching")
    if caching is not None and isinstance(caching, Mapping) and caching.get(what):
        return True
    return bool(marks.get(f"hishel_{what}") or marks.get(what))


def past_caches(transport: Any) -> Any:
    """What is behind a cache of hishel's, which serves for ever what it stored: a policy is fresh for its own time."""
    for _ in range(MAX_CACHES):
        if not any(base.__module__.partition(".")[0] == "hishel" for base in type(transport).__mro__):
            break
        transport = getattr(transport, "next_transport", None) or getattr(transport, "_transport", transport)
    return transport
