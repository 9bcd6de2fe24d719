"""
The two values of the TDM Reservation Protocol as strangers write them: reservation and policy URL.

    tdm-reservation = "0" / "1"          JSON: the number, or a string of it
    tdm-policy      = URI-reference      http or https

Anything else counts as unset (sec-tdm-reservation). `REPAIRED` and its like name what else plainly means 1, alone, in a
list or with parameters behind it, the same in every carrier; whether such a repair (C2) is wanted is the caller's
choice. None of them ever means 0.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin

from tdm_guard.errors import UnsupportedURL
from tdm_guard.origin import Origin

BLANKS = " \t\n\f\r"  # ASCII whitespace
MAX_VALUE = 64  # characters; the longest word read is far shorter, and normalising costs time
MAX_POLICY_URL = 4096  # characters; longer ones are no addresses but payloads

REPAIRED = frozenset(
    {"1", "?1", "1/", "2", "true", "yes", "y", "on", "reserved", "prohibited", "forbidden", "disallowed"}
)  # "1/": `content=1/>`; "2": reserved with a policy, before October 2021
_QUOTES = "\"'“”„‟«»″′‘’‚‛`´\\"
_KEEP = ":/?#[]@!$&'()*+,;=%~"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_WEB = re.compile(r"(?i)https?://[^/?#]")


class Value(NamedTuple):
    """A reservation that was read: 1 or 0, and whether it took a repair to read it."""

    reserved: bool
    repaired: bool = False


LITERAL = {"1": Value(True), "0": Value(False)}
_REPAIRED = Value(True, repaired=True)
_NUMBERS: dict[float, Value] = {0: LITERAL["0"], 1: LITERAL["1"], 2: _REPAIRED}


def read_text(text: str) -> Value | None:
    """The value of a text carrier; None if it is unset."""
    word = text.strip(BLANKS)
    if word in LITERAL:
        return LITERAL[word]
    if len(word) > MAX_VALUE:
        return None
    plain = unicodedata.normalize("NFKC", word).strip(_QUOTES + BLANKS).lower()
    if plain in REPAIRED or any(_token(part) in REPAIRED for part in plain.split(",")):
        return _REPAIRED
    return None


def _token(part: str) -> str:
    """One of several values, without parameters, as a field may have them."""
    return part.partition(";")[0].strip(_QUOTES + BLANKS)


def read_json(value: Any) -> Value | None:
    """The value of a JSON member; None if it is unset. A boolean is no value, though Python has `True == 1`."""
    if isinstance(value, str):
        return read_text(value)
    if isinstance(value, bool):
        return _REPAIRED if value else None
    if isinstance(value, int | float):
        return _NUMBERS.get(value)
    return None


def plain_name(name: str) -> str:
    """A member, field or metadata name in one spelling: lower case, hyphens."""
    return name.strip(BLANKS).lower().replace("_", "-").replace(":", "-")


def read_policy(raw: Any, base: str) -> str | None:
    """The policy URL in `raw`, resolved against `base`, its fragment kept; None if it is no http(s) URL."""
    if not isinstance(raw, str) or len(raw) > MAX_POLICY_URL:
        return None
    text = raw.strip(BLANKS)
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].strip(BLANKS)
    if not text or (_SCHEME.match(text) and not _WEB.match(text)):
        return None
    try:
        url = urljoin(base, text)
        Origin.parse(url)
    except (UnsupportedURL, ValueError):
        return None
    return quote(url, safe=_KEEP, errors="backslashreplace")
