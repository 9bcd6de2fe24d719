"""
Codes of works and of their makers as metadata writes them: which item key they belong to, and the bare code.

    "urn:isbn:978-…", "https://doi.org/10.…", "ISRC QM-…", {"propertyID": "iswc", "value": "T-…"}

strategy: an address, a prefix or the name beside it says what a code is; of bare codes only those are recognised whose
form leaves no doubt. Check digits are verified where items are read, so that a wrong one is noted there; so it is
with what a code says in another scheme (an EIDR is a DOI, the GTIN of a book an ISBN).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import unquote

from tdm_guard.formats.several import MAX_JOINED, MAX_PARTS, pieces

Codes: TypeAlias = tuple[tuple[str, str], ...]

MAX_CODE = 500  # characters; the longest of all, DOIs, have at most some dozens in practice

SCHEMES = {
    "isbn": "isbn", "isbn10": "isbn", "isbn13": "isbn",
    "issn": "issn", "issnl": "issn", "eissn": "issn", "pissn": "issn",
    "doi": "doi",
    "isrc": "isrc", "isrccode": "isrc",
    "iswc": "iswc", "iswccode": "iswc",
    "isan": "isan", "visan": "isan",
    "eidr": "eidr", "titleeidr": "eidr", "editeidr": "eidr",
    "gtin": "gtin", "gtin8": "gtin", "gtin12": "gtin", "gtin13": "gtin", "gtin14": "gtin",
    "ean": "gtin", "ean8": "gtin", "ean13": "gtin", "upc": "gtin", "upca": "gtin",
    "isrd": "isrd", "registryid": "registry_id", "iscc": "iscc", "iscccode": "iscc",
    "isni": "creator_isni",
    "ipi": "creator_ipi", "ipicode": "creator_ipi", "ipinumber": "creator_ipi", "ipinamenumber": "creator_ipi",
    "ipibasenumber": "creator_ipi", "caeipi": "creator_ipi", "caeipinumber": "creator_ipi", "cae": "creator_ipi",
    # Wikidata's properties, which are in use as propertyID.
    "p212": "isbn", "p957": "isbn", "p236": "issn", "p7363": "issn", "p356": "doi", "p1243": "isrc", "p1827": "iswc",
    "p3212": "isan", "p2704": "eidr", "p3962": "gtin", "p213": "creator_isni", "p1828": "creator_ipi",
}  # fmt: skip
_PREFIXED = re.compile(
    r"(?i)(?:urn:|info:)?((?:[ep]-?)?issn(?:-l)?|isbn(?:-?1[03])?|doi|isrc|iswc|(?:v-?)?isan|eidr|gtin(?:-?\d\d?)?"
    r"|ean(?:-?\d\d?)?|upc|isni|ipi|cae/ipi)(?:\s*[:/=]\s*|\s+|(?<=is[bs]n)(?=\d))(\S.*)"
)
_ADDRESSES = tuple(
    (re.compile(rf"(?i)https?://{pattern}"), key)
    for pattern, key in (
        (r"(?:dx\.|www\.)?doi\.org/(10\.[^?#]+)", "doi"),
        (r"(?:www\.)?isni\.org/(?:isni/|page/)?(\d[\dX %-]{14,30})", "creator_isni"),
        (r"(?:portal\.|www\.|urn\.)?issn\.org/(?:resource/|urn:)issn[/:](\d{4}-?\d{3}[\dX])", "issn"),
        (r"(?:ui\.)?eidr\.org/(?:view/content\?id=)?(10\.5240/[\dA-F-]+)", "eidr"),
    )
)
_is_registry = re.compile(r"(?i)https?://(?:[a-z]{2,6}\.)?(?:doi|isni|issn|eidr)\.org/").match  # of one of these
_BARE = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"10\.\d{4,9}(?:\.\d{1,9})*/\S+", "doi"),
        (r"[Tt]-?\d{3}\.?\d{3}\.?\d{3}[-.]?\d", "iswc"),
        (r"97[89](?:[- ]?\d){10}", "isbn"),
        (r"(?i)(?:urn:)?iscc:[a-z2-7-]+", "iscc"),
        (r"(?i)(?:urn:)?isrd:\S+", "isrd"),
        (r"0000[ -]?\d{4}[ -]?\d{4}[ -]?\d{3}[\dXx]", "creator_isni"),
    )
)
_JOINED = re.compile(r"[\s,;|&\0/\u3001\uff0c\uff1b]")  # nothing is joined without one
_SELDOM = re.compile(r"[\\+_<]")  # these join codes, and stand in one
_USUAL = 64  # characters of a name that is remembered
_WHOLE = frozenset({"isrd", "registry_id"})  # compared as written: no sign in them joins several
# One address, if no other begins in it: nothing stands there that parts two
_is_address = re.compile(r"https?://[A-Za-z0-9.~:/?=#@!$()*'-]*").fullmatch
_DIGITS = re.compile(r"\d{4}")
any_digit = re.compile(r"\d").search  # a text without one is nobody's code: "Doi Takeo" is a name
_SEGMENTS = re.compile("[/#:]")
_NOISE = re.compile("[^a-z0-9]")


def key_of(name: str) -> str | None:
    """The item key that the name of a scheme stands for: `ISBN-13`, `https://…/isni`, `ipi-name-number`."""
    return _usual_key(name) if len(name) <= _USUAL else _key_of(name)


def _key_of(name: str) -> str | None:
    if name.isalnum():
        return SCHEMES.get(name.lower())
    name = name[-MAX_CODE:].strip().lower()
    if name.endswith("cae/ipi"):
        return "creator_ipi"
    return SCHEMES.get(_NOISE.sub("", _SEGMENTS.split(name.rstrip("/"))[-1]))


_usual_key = lru_cache(maxsize=1024)(_key_of)  # properties of schema.org come again on every page


def recognise(text: str) -> Codes:
    """The codes that `text` says by itself; usually one, none if it is something else."""
    text = text.strip()
    if len(text) <= MAX_CODE and _is_address(text) and text.find("://", 8) < 0 and not _is_registry(text):
        return ()
    if len(text) <= MAX_CODE and _JOINED.search(text) is None:
        return _one(text) if _SELDOM.search(text) is None else _each(text) or _one(text)
    parts = pieces(text[:MAX_JOINED])[:MAX_PARTS]
    if len(parts) < 2:
        return _one(parts[0]) or _side_by_side(parts[0]) if parts else ()
    found: list[tuple[str, str]] = []
    labelled = _PREFIXED.match(text) is not None  # "ISBN 978…, 978…"
    for part in parts:
        codes = _one(part)
        if not codes and found and labelled and len(part) <= MAX_CODE and _DIGITS.search(part):
            codes = ((found[-1][0], part),)
        found += codes
    return tuple(found)


def _side_by_side(text: str) -> Codes:
    """Codes that blanks alone keep apart, if there is nothing else: in a sentence a code may be of another work."""
    found = [_one(word) for word in text.split()]
    return tuple(code for codes in found for code in codes) if all(found) else ()


def _each(text: str) -> Codes:
    """The codes in `text` if it is nothing but codes."""
    found = [_one(part) for part in pieces(text)[:MAX_PARTS]]
    return tuple(code for codes in found for code in codes) if all(found) else ()


def recognise_as(key: str, text: str) -> Codes:
    """The codes of `text`, which stands where a code of `key` is to be; it may still have a prefix or be an address."""
    text = text.strip()
    if key in _WHOLE:
        return ((key, text),) if text else ()
    parts = pieces(text[:MAX_JOINED])[:MAX_PARTS] if len(text) > MAX_CODE or _JOINED.search(text) else [text]
    found: list[tuple[str, str]] = []
    for each in parts:
        part = each[:MAX_CODE].strip()
        own = _named(part)  # a bare code is one of `key`, whatever its form
        if own and own[0][0] == key:
            found += own
        elif part:
            found.append((key, part))
    return tuple(found)


def _one(text: str) -> Codes:
    """The code that `text` says by itself, if it is one."""
    if not 4 <= len(text) <= MAX_CODE:
        return ()
    return _named(text) or next((((key, text),) for pattern, key in _BARE if pattern.fullmatch(text)), ())


def _named(text: str) -> Codes:
    """The same of one that says what it is a code of: of an address, or of one with a prefix."""
    if not 4 <= len(text) <= MAX_CODE:
        return ()
    if text[:4].lower() == "http":
        for pattern, key in _ADDRESSES if _is_registry(text) else ():
            if found := pattern.match(text):
                return ((key, unquote(found[1], errors="replace")),)
        return ()
    if (found := _PREFIXED.fullmatch(text)) and (named := key_of(found[1])):
        inner = _one(found[2].strip())
        return inner if inner and inner[0][0] == named else ((named, found[2].strip()),)
    return ()
