"""The options that say what of a log is left out, kept apart and hashed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.pseudonyms import read_key
from tdm_guard.operator import names_in

MAX_PATTERNS = 100  # of names of parameters, beside the secrets: each is tried on each name
MAX_PATTERN = 100  # characters
_PATTERN = re.compile(r"[^\s&=#]+")


def patterns_of(value: Any) -> tuple[str, ...]:
    """Names of query parameters, perhaps with `*`, `?` and `[…]`."""
    good = 'for example ["email", "utm_*"]'
    found = tuple(names_in("redact", value, '["email", "utm_*"]'))
    if len(found) > MAX_PATTERNS:
        raise ConfigurationError(f"redact: {len(found)} names, and at most {MAX_PATTERNS} are tried; {good}")
    wrong = [name for name in found if len(name) > MAX_PATTERN or not _PATTERN.fullmatch(name)]
    if wrong:
        raise ConfigurationError(f"redact: {wrong[0]!r:.120} is no name of a query parameter; {good}")
    return found


def day_of(value: Any) -> str:
    """A day that is not past, as ISO 8601 writes it."""
    try:
        day = value if type(value) is date else date.fromisoformat(str(value))
    except ValueError:
        raise ConfigurationError(f'retain_until: {value!r:.80} is no date; for example "2031-12-31"') from None
    if day < datetime.now(UTC).date():
        raise ConfigurationError(f"retain_until: {day} is past: what is written could be forgotten at once")
    return day.isoformat()


def key_file(value: Any) -> str:
    """A file with a key."""
    if not isinstance(value, (str, Path)) or not str(value).strip():
        raise ConfigurationError(f'name_key: {value!r:.80} is no file; for example "names.key"')
    read_key(str(value))
    return str(value)
