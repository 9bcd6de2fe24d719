"""How long an answer may be used, by its own HTTP fields (RFC 9111 4.2, 5.2, 5.3), within our bounds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tdm_guard.model import Headers

FLOOR = timedelta(minutes=5)  # politeness: no document is asked for more often
CEILING = timedelta(hours=24)  # RFC 9309 2.4: not longer than 24 hours
_MAX_AGE = re.compile(r"""(?i)(?:^|[\s,])max-age\s*=\s*"?(\d{1,12})""")
_NEVER = re.compile(r"(?i)(?:^|[\s,])(?:no-store|no-cache)\b")


def expiry(headers: Headers, now: datetime) -> datetime:
    """The time (UTC) until which an answer received at `now` is fresh: what it says, within 5 minutes and 24 hours."""
    return now + min(max(_lifetime(headers, now), FLOOR), CEILING)


def _lifetime(headers: Headers, now: datetime) -> timedelta:
    control = expires = age = None
    for name, value in headers:
        match name.lower():
            case "cache-control":
                control = value if control is None else f"{control},{value}"
            case "expires":
                expires = value
            case "age":
                age = value
    if control:
        if _NEVER.search(control):
            return FLOOR
        found = _MAX_AGE.search(control)
        if found:
            elapsed = int(age) if age and age.isascii() and age.isdigit() and len(age) < 9 else 0
            return timedelta(seconds=min(int(found.group(1)), 10**8) - elapsed)
    if expires is not None:
        moment = http_date(expires)
        return FLOOR if moment is None else moment - now
    return CEILING


def http_date(text: str) -> datetime | None:
    """An HTTP date in UTC, or None if it is none (RFC 9110 5.6.7)."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
