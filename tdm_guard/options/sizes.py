"""Sizes as options give them."""

from __future__ import annotations

import re
from typing import Any

from tdm_guard.errors import ConfigurationError

_BYTES = {"kib": 2**10, "mib": 2**20, "gib": 2**30, "": 1}


def read_size(option: str, value: Any) -> int:
    """A number of bytes: an integer, or text with a unit (`32MiB`). Raises `ConfigurationError`."""
    found = re.fullmatch(r"(\d{1,15})\s*([A-Za-z]*)", str(value).strip())
    unit = _BYTES.get(found.group(2).lower()) if found else None
    size = int(found.group(1)) * unit if found and unit else 0
    if isinstance(value, (bool, float)) or size <= 0:
        raise ConfigurationError(f"{option}: {value!r} is no number of bytes; for example 33554432 or 32MiB")
    return size
