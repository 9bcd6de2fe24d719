"""
Values of parameters that no log needs: those of secrets, and of what its operator names.

strategy: what is before a value (a delimiter, a name, an equals sign) is looked for at each depth of percent-encoding,
the outermost first, since addresses travel in the parameters of others. Nothing but the value is touched. The steps
are part of the format of proofs (`docs/privacy.md`): an address that is asked for is redacted in the same way.
"""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REDACTED = "REDACTED"
# Names of parameters that grant access, alone or with others: tokens, signed addresses, sessions, single sign-on.
SECRETS = (
    "access_key",
    "access_token",
    "api-key",
    "api_key",
    "apikey",
    "assertion",
    "auth",
    "authorization",
    "awsaccesskeyid",
    "cftoken",
    "client_secret",
    "credential",
    "credentials",
    "googleaccessid",
    "hdnea",
    "hdnts",
    "jsessionid",
    "jwt",
    "key",
    "key-pair-id",
    "macaroon",
    "nonce",
    "oauth_*",
    "otp",
    "passphrase",
    "passwd",
    "password",
    "phpsessid",
    "private_key",
    "pwd",
    "samlrequest",
    "samlresponse",
    "secret",
    "secret_key",
    "session",
    "session_id",
    "sessionid",
    "sid",
    "sig",
    "signature",
    "subscription-key",
    "ticket",
    "token",
    "*[-_]token",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
    "x-goog-credential",
    "x-goog-signature",
)
MAX_KEPT = 64  # lists of patterns kept ready: a process has a run's, and what a log's runs had
MAX_NAMES = 512  # names of parameters kept with each, and whether they fit: sites have few, most the same
MAX_NAME = 64  # characters of these; longer ones are looked at anew


class _Depth(NamedTuple):
    """How what is before a value is spelt at a depth of percent-encoding, and what ends the value there."""

    before: re.Pattern[str]
    behind: re.Pattern[str]


def _depth(escape: str) -> _Depth:
    name = r"((?:[^?&;#=%]|%(?!(?:25)*(?:3F|26|3B|23|3D)))*)"
    escaped = rf"{escape}(?:3F|26|3B|23){name}(?:=|{escape}3D)|[?&;#]{name}{escape}3D"
    return _Depth(re.compile(f"(?i)(?:{escaped})"), re.compile(rf"(?i)[&#]|{escape}(?:26|23)"))


_QUERY = _Depth(re.compile(r"[?&;#]([^?&;#=]*)="), re.compile(r"[&#]"))
_PATH = _Depth(re.compile(r";([^;/?#=]*)="), re.compile(r"[;/?#]"))
_BEHIND_PATH = re.compile("[?#]")
_NESTED = (_depth("%"), _depth("%25"))
# In a text also parameters of header fields, which may be quoted: `token="a b"`.
_NAMED = r"(?:^|[?&;#,\s({\"']|\\u0026)([^?&;#,\s=\"'<>(){}]*)="
_WORDS = (
    ("=", _Depth(re.compile(_NAMED + r"(?![\"'])"), re.compile(r"[&#\s\"'<>]|\\u0026"))),
    ('="', _Depth(re.compile(_NAMED + r"\""), re.compile(r"\""))),
    ("='", _Depth(re.compile(_NAMED + "'"), re.compile("'"))),
)  # each with what it is not found without
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s\"'<>]+")
_WORD_ENDS = re.compile(r"(?i)[&#\s\"'<>]|%(?:25)?(?:26|23)")
_NESTED_WORDS = tuple(_Depth(depth.before, _WORD_ENDS) for depth in _NESTED)


def _as_told(_size: int) -> str:
    return REDACTED


def may_have_values(text: str) -> bool:
    """False of a text without values of parameters: before each is an equals sign, or its escape at some depth."""
    return "=" in text or ("%" in text and ("3D" in text or "3d" in text))


def redacted(url: str, patterns: Sequence[str], spell: Callable[[int], str] = _as_told) -> str:
    """
    `url` with the values of the parameters whose names fit a pattern (as of `fnmatch`, case aside) replaced.

    Those of its query, of its fragment, of its path (`;jsessionid=…`), and of addresses in their values. `spell` says
    what stands for a value of so many characters.
    """
    if not may_have_values(url):
        return url
    fits = _fitting(tuple(patterns))
    if "=" in url:
        found = _BEHIND_PATH.search(url)
        path = url[: found.start()] if found else url
        query = url[len(path) :]
        if ";" in path:
            path = _replaced(path, _PATH, fits, 1, spell)
        url = path + _replaced(query, _QUERY, fits, 1, spell)
    return _nested(url, _NESTED, fits, spell)


def without_secret_values(text: str) -> str:
    """A message without the values of secret parameters of the addresses in it."""
    if "://" not in text or not may_have_values(text):
        return text
    return _ADDRESS.sub(lambda found: redacted(found[0], SECRETS), text)


def redacted_words(text: str, patterns: Sequence[str]) -> str:
    """A text in which addresses, or header fields, may stand, with the values of such parameters replaced."""
    if not may_have_values(text):
        return text
    fits = _fitting(tuple(patterns))
    for mark, depth in _WORDS:
        if mark in text:
            text = _replaced(text, depth, fits, 1)
    return _nested(text, _NESTED_WORDS, fits)


def _nested(
    text: str, depths: Sequence[_Depth], fits: Callable[[str, int], bool], spell: Callable[[int], str] = _as_told
) -> str:
    """`text` with the values in the parameters of addresses in other parameters replaced."""
    for number, (mark, depth) in enumerate(zip(("%", "%25"), depths, strict=True), 2):
        if mark in text:
            text = _replaced(text, depth, fits, number, spell)
    return text


def _replaced(
    text: str, depth: _Depth, fits: Callable[[str, int], bool], unquoted: int, spell: Callable[[int], str] = _as_told
) -> str:
    """`text` with the values behind fitting names replaced; names are compared decoded, so many times."""
    parts: list[str] = []
    done = 0
    for found in depth.before.finditer(text):
        if found.start() < done or not fits(found[found.lastindex or 0], unquoted):
            continue
        end = depth.behind.search(text, found.end())
        stop = end.start() if end else len(text)
        parts += text[done : found.end()], spell(stop - found.end())
        done = stop
    return "".join((*parts, text[done:])) if parts else text


@lru_cache(maxsize=MAX_KEPT)
def _fitting(patterns: tuple[str, ...]) -> Callable[[str, int], bool]:
    lowered = [pattern.lower() for pattern in patterns]
    exact = frozenset(pattern for pattern in lowered if not set("*?[") & set(pattern))
    shapes = re.compile("|".join(map(translate, set(lowered) - exact)) or r"(?!)").match

    def looked(name: str, unquoted: int) -> bool:
        for _ in range(unquoted):
            name = unquote_plus(name)
        name = name.strip().lower()
        names = [name, *name.replace("]", "").split("[")] if "[" in name else [name]  # user[password]
        return any(each in exact or shapes(each) is not None for each in names if each)

    known = lru_cache(maxsize=MAX_NAMES)(looked)

    def fits(name: str, unquoted: int) -> bool:
        return known(name, unquoted) if len(name) <= MAX_NAME else looked(name, unquoted)

    return fits
