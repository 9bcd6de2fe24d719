"""Members of records that were read back: each is what it should be, or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeGuard

from tdm_guard.plain import bounded

if TYPE_CHECKING:
    from collections.abc import Mapping


def text_of(record: Mapping[str, Any], name: str, limit: int = 4096) -> str | None:
    """A member that should be text, bounded; None if it is something else."""
    value = record.get(name)
    return bounded(value, limit) if isinstance(value, str) else None


def entries(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A member that should be a list of tables; what is not one is left out."""
    value = record.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def is_size(value: object) -> TypeGuard[int]:
    """True of a number of bytes that can be one."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def is_digest(value: object) -> TypeGuard[str]:
    """True of a SHA-256 as we spell it."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


_DIGEST = re.compile("[0-9a-f]{64}")
