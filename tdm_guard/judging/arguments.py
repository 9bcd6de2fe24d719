"""
What callers hand over to be judged, checked: a field or a body that is not heard might reserve.

What strangers sent never raises; what is no response at all is the caller's mistake, and is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tdm_guard.errors import ConfigurationError, UnsupportedURL
from tdm_guard.formats.site.path_pattern import normal_path, normal_url
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin
from tdm_guard.plain import address
from tdm_guard.signals import SIGNALS, robots

_DOCUMENTS = (robots.DOCUMENT, *(signal.document for signal in SIGNALS if signal.document))
# in their normal form
_USUAL = frozenset(path for document in _DOCUMENTS for path in (document.path, document.fallback) if path)
UNREAD = ("undetermined", "ignore-beside-robots", "ignore")  # what documents count as that nobody ever asked for


def number(status: object) -> int:
    """A status as it was given. Raises `ConfigurationError` for what is no number."""
    if not isinstance(status, int):
        raise ConfigurationError(f"status: {status!r:.80} is no number; for example 200")
    return status


def content(body: object) -> bytes:
    """A body as it was given. Raises `ConfigurationError` for what is no bytes."""
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise ConfigurationError(f"body: {body!r:.80} is no bytes; give it as it was received")
    return bytes(body)


def pairs(headers: Iterable[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """
    Header fields as they were given. Raises `ConfigurationError` for what is no pairs of text.

    Of many the first is looked at: a library gives all of them alike.
    """
    given = headers if headers.__class__ is list else tuple(headers)
    if given:
        first = given[0]
        if first.__class__ is not tuple or len(first) != 2 or not first[0].__class__ is str is first[1].__class__:
            _check(first, headers)
    return given


def _check(field: object, headers: object) -> None:
    if not isinstance(field, (list, tuple)) or len(field) != 2 or not all(isinstance(word, str) for word in field):
        shown = headers if isinstance(headers, Mapping) else field
        good = '[("content-type", "text/html")]'
        raise ConfigurationError(f"headers: {shown!r:.80} is no pair of text; for example {good}")


def places(name: str, documents: Mapping[str, Fetched | None]) -> dict[str, Fetched | None]:
    """
    Documents by their URLs, of paths on the origin called `name` or of absolute URLs.

    Raises `ConfigurationError` for a key that is neither, which would leave its document unread.
    """
    beginning = len(name)
    return {
        key if key[beginning:] in _USUAL and key.startswith(name) else _place(name, key): value
        for key, value in documents.items()
    }


def _place(name: str, key: str) -> str:
    if key in _USUAL:
        return name + key
    return name + normal_path(key) if key[:1] == "/" and "#" not in key else normal_url(_placed(name, key))


def _placed(name: str, key: str) -> str:
    if key[:1] == "/":
        return name + key
    try:
        origin = Origin.parse(key)
    except UnsupportedURL:
        raise ConfigurationError(
            f'policies: {address(key[:80])} is neither a path nor an http(s) URL; for example "/robots.txt"'
        ) from None
    return f"{origin}/{''.join(key.split('/', 3)[3:])}"
