"""Words that archives use for addresses and times, and their JSON, read leniently; one place for all formats."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from tdm_guard.errors import UnsupportedURL
from tdm_guard.origin import Origin

MIN_YEAR = 1970  # before there was a web to capture
MAX_YEAR = 9000  # times are reckoned on from, and end with the year 9999
_DATE = re.compile(r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ]?(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?)?)?)?)?Z?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}:")


def moment(text: str) -> datetime | None:
    """
    The time that `text` names: W3C's form of ISO 8601, a year alone too, or digits as CDX has them. None for none.

    Without a zone it is UTC. Of a part that is not there the first one counts.
    """
    if len(text) >= 20:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            return in_utc(found)
    parts = _DATE.fullmatch(text.strip())
    if parts is None:
        return None
    numbers = [int(part) if part else None for part in parts.groups()]
    year, month, day, hour, minute, second = numbers
    try:
        found = datetime(year or 1, month or 1, day or 1, hour or 0, minute or 0, min(second or 0, 59), tzinfo=UTC)
    except ValueError:
        return None
    return in_utc(found)


def in_utc(found: datetime) -> datetime | None:
    """A time of capture in UTC, which is its zone if it has none; None for one at which nothing was captured."""
    if not MIN_YEAR <= found.year <= MAX_YEAR:
        return None
    if found.tzinfo is UTC:
        return found
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def cleaned(address: str) -> str:
    """An address without the brackets and blanks that some tools put around it."""
    address = address.strip()
    return address[1:-1].strip() if address[:1] == "<" and address[-1:] == ">" else address


def scheme_of(address: str) -> str:
    """The scheme of an address with its colon, in lower case; empty if it has none."""
    found = _SCHEME.match(address)
    return found[0].lower() if found else ""


def is_judged(address: str) -> bool:
    """True for what is of the web: only that has a site that speaks for it."""
    return address.startswith(("http://", "https://")) or scheme_of(address) in ("http:", "https:")


def unjudgeable(address: str) -> str | None:
    """Why a web address cannot be judged; None if it can."""
    try:
        Origin.parse(address)
    except UnsupportedURL as error:
        return str(error)[:200]
    return None


def mapping(given: Any) -> dict[str, Any]:
    """A JSON object; an empty one for what is none."""
    return given if isinstance(given, dict) else {}
