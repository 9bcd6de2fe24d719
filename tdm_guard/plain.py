"""
Values as they are told: in records in JSON's own types, in messages with nothing that a terminal acts on, and without
user and password of an address.

Records keep what strangers wrote, as JSON escapes it; errors, warnings, summaries and answers show it through these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from tdm_guard.secrecy.parameters import SECRETS, redacted, without_secret_values

MAX_EXCERPT = 240  # characters of a stranger's words that are kept
MAX_MESSAGE = 4_096  # characters of an address that are looked at for one
MAX_ADDRESS = 200  # characters of an address in a message
MAX_NAME = 80  # characters of a name that a known one is looked for: no name of ours is half as long
NEAR = 0.7  # of 1: `usage` finds `usages`, `colour` finds nothing

_SCHEME = r"(?:[A-Za-z][A-Za-z0-9+.-]{0,30}:)?//"
# RFC 3986 3.2.1; and a password with a slash, a question mark or a hash in it, which no parser takes for one
USERINFO = re.compile(
    rf"({_SCHEME})(?:[^\s/?#\"<>]{{0,1000}}@|[^\s/?#@:\[\]\"<>]{{0,200}}:(?![0-9]{{1,5}}(?:[^0-9A-Za-z]|$))[^\s\"<>]{{0,1000}}@)"
)


_AUTHORITY = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@")
# an address that cannot be read may have anything in it, blanks too
_ANYTHING = re.compile(
    rf"\s*({_SCHEME})(?:[^/?#]{{0,4096}}@|[^/?#@:\[\]]{{0,200}}:(?![0-9]{{1,5}}(?:[^0-9A-Za-z]|$)).{{0,4096}}@)",
    re.DOTALL,
)


LIMIT = "a limit of ours"
_JSON = frozenset({str, bool, int, float})


def our_limit(option: str) -> str:
    """What a message says of a bound that an option sets: it is no fault of the site."""
    return f"{LIMIT}: the option {option}"


def printable(text: str) -> str:
    """`text` on one line, with characters that a terminal would act on shown as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def without_secrets(text: str) -> str:
    """`text` without user, password and secret values of the addresses in it."""
    return without_secret_values(USERINFO.sub(r"\1", text) if "@" in text else text)


def without_userinfo(url: str) -> str:
    """`url` without user and password (RFC 3986 3.2.1)."""
    found = _AUTHORITY.match(url) if "@" in url else None
    return found[1] + url[found.end() :] if found else url


def told(text: str) -> str:
    """`text` as a message tells it: on one line, no escapes, no secrets."""
    return printable(without_secrets(text))


def address(url: str) -> str:
    """An address, perhaps none that can be read, as a message quotes it: bounded, without what may be a secret."""
    shown = url[:MAX_MESSAGE]
    if found := _ANYTHING.match(shown):
        shown = found[1] + shown[found.end() :]
    if "://" not in shown and "@" in shown:  # "user:password@host" without a scheme
        shown = shown[shown.rindex("@") + 1 :]
    shown = redacted(shown, SECRETS)
    return repr(shown[:MAX_ADDRESS]) + ("…" if len(shown) > MAX_ADDRESS else "")


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def in_json(value: Any) -> Any:
    """`value` in JSON's own types."""
    if value is None or value.__class__ in _JSON:
        return value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, tuple):
        return [in_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): in_json(item) for key, item in value.items()}
    return value


def bounded(text: str | None, limit: int = MAX_EXCERPT) -> str | None:
    """`text` cut to `limit` characters, the cut shown by an ellipsis; lone surrogates made printable."""
    if text is None:
        return None
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def nearest(name: str, known: Iterable[str], *, cutoff: float = NEAR) -> str | None:
    """The known name that a misspelt one most likely means, or None; case, hyphens and underscores count as alike."""
    # difflib costs an import that only a mistake needs
    from difflib import get_close_matches  # noqa: PLC0415

    plain = {_plainly(one): one for one in known}
    found = get_close_matches(_plainly(name[:MAX_NAME]), plain, n=1, cutoff=cutoff)
    return plain[found[0]] if found else None


def suggested(name: str, known: Iterable[str], *, lead: str = "known are") -> str:
    """The end of a sentence that begins with an unknown `name`: what it most likely means, and all that is known."""
    names = tuple(known)
    meant = nearest(name, names)
    told_all = f"{lead} {', '.join(names)}"
    return f"; did you mean {meant}? ({told_all})" if meant else f"; {told_all}"


def _plainly(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")
