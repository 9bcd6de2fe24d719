"""The members of an object in JSON as they stand, where a standard counts all of them."""

from __future__ import annotations

from typing import Any


class Members(tuple[tuple[str, Any], ...]):
    """An object's members in order, duplicates kept: many parsers keep the last one only."""

    __slots__ = ()
