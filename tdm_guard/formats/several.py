"""
Several codes, or several names, in one value: the one place where such values are taken apart.

    "USRC17607839, FRZ039800212"    "Jean Autre/Marie Exemple" (ID3 2.3, 4.2.1)    "9780000000019 (print); 978…"

strategy: of codes, a value that is one code as a whole stays whole. Else it is parted at what joins codes in practice,
and at blanks, where the longest run of words that is a code is one: so "978 0 00 000001 9" is. A DOI may hold every
joiner but a blank (ISO 26324): in one, and in an address, a joiner counts before the next beginning only. Names are
joined by what may stand in a name, so that the parts are given beside the whole, never in its stead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from tdm_guard.formats.identifiers import ipi_fits

MAX_PARTS = 100  # of one value; track lists stand in lists
MAX_JOINED = 8_192  # characters of a value that is taken apart: a hundred codes with their labels
MAX_RUN = 10  # words of one code: a label and the groups of an ISAN are nine

_DOI = r"10\.[0-9]{4,9}(?:\.[0-9]{1,9}){0,4}/"
_AND = r"\s(?:and|et|und|y|e)\s"
# An address or a DOI, up to the next blank; or what joins codes: of slashes, plus signs and underscores only those that
# follow a digit or a blank.
_SCAN = re.compile(
    rf"(?i)(?P<atom>(?:https?://|{_DOI})[^\s\0]+)"
    rf"|[,;|\0\r\n\t\v\f\u2028\u2029\u3001\uff0c\uff1b\uff5c\u2022]|&(?:amp;)?|{_AND}|(?<=[0-9xX\s])[/+_]+|\s\u00b7\s"
    r"|\\+(?-i:r\\+n|[nrt](?=[A-Z0-9]))?"
)
_BREAK = re.compile(r"(?i)(?:<|&lt;)\s?(?:br\b[^<>&]{0,80}|/?(?:p|li|td|div|span)\s?)/?(?:>|&gt;)")  # of HTML
_NEXT = rf"(?:https?://|(?:urn|info|doi|isbn|issn|isni|eidr|isan|isrc|iswc)[:/]|{_DOI})"
# Each looks at a row of joiners from its beginning, once: there may be thousands.
_IN_ADDRESS = re.compile(
    rf"(?i)(?<![,;|&+\\_])(?<!%0A)(?:[,;|&+\\_]|%0A)++(?={_NEXT})|(?<![,;|])[,;|]++$|(?<!/)/++(?=https?://[^/]+\.)"
)
_IN_DOI = re.compile(rf"(?i)(?<![,;|&/+\\_])[,;|&/+\\_]++(?={_NEXT})|(?<![,;|&])[,;|&]++$")
_QUALIFIER = re.compile(r"(?<!\S)\([^()0-9]{0,80}\)")  # "(print)", "(pbk.)"
_WRAPPING = str.maketrans(dict.fromkeys("[]{}\"'\u2018\u2019\u201c\u201d\u00ab\u00bb`", " "))  # a list in a cell
_WORD = re.compile(r"\w")
_LABELS = frozenset(
    {
        "and", "et", "und", "y", "e", "print", "online", "isrc", "iswc", "isbn", "isbn10", "isbn13", "issn", "eissn",
        "pissn", "issnl", "doi", "gtin", "ean", "upc", "isni", "ipi", "cae", "isan", "eidr",
    }
)  # fmt: skip
_ONE_OF_THESE = frozenset({"doi", "isbn", "creator_ipi"})  # keys whose form fits some values that are several

_STRONG = re.compile(r"[;|\\\0\r\n\t\u2022\u2028\u2029\u3001\uff1b\uff5c]|\s[/\u00b7]\s")
_WORDS = r"[\s(\[](?:and|et|und|y|e|och|og|with|feat\.?|ft\.?|featuring|vs\.?)\s"
_WEAK = re.compile(rf"(?i)[/&\uff0f\uff06]|\s[+\u00d7]\s|{_WORDS}")
_WEAKER = re.compile(rf"(?i)[/&+\uff0f\uff06]|\s[\u00d7\u2013\u2014-]\s|{_WORDS}")  # not in lists: "Trio X - Wien"
_ONE_NAME = re.compile(rf"(?i)(?:(?!{_WORDS})[\w'. -])+|[\w'.-]+, [\w'.-]+")
_COMMA = re.compile(r"[,\uff0c]")


class Parts(NamedTuple):
    """The codes in a value, each in its one spelling and once, and the words in it that are none."""

    codes: tuple[str, ...]
    bad: tuple[str, ...] = ()


def pieces(text: str) -> list[str]:
    """`text` parted at what joins codes, blanks apart; the one piece that it is if nothing does."""
    if "<" in text or "&lt;" in text:
        text = _BREAK.sub("\n", text)
    found: list[str] = []
    start = 0
    for scan in _SCAN.finditer(text):
        if scan["atom"] is None:
            cuts = [scan.span()]
        else:
            inner = _IN_ADDRESS if scan["atom"][0] in "hH" else _IN_DOI
            cuts = [cut.span() for cut in inner.finditer(text, *scan.span())]
        for first, last in cuts:
            found.append(text[start:first])
            start = last
    found.append(text[start:])
    return [piece for each in found if (piece := each.strip())]


def codes(key: str, raw: str, read: Callable[[str], str | None]) -> Parts:
    """
    The codes of `key` in `raw`, each as `read` spells it; `bad` is what `read` cannot use, in the words of `raw`.

    A DOI that can be one as a whole and holds the beginning of another counts as a whole and in parts.
    """
    whole = read(raw)
    if whole is not None and (key not in _ONE_OF_THESE or not _doubtful(key, raw, whole)):
        return Parts((whole,))
    if len(raw) > MAX_JOINED:
        return Parts((), (raw,))
    good: dict[str, None] = {}
    bad: list[str] = []
    if key == "doi" and whole is not None:
        good[whole] = None
    for piece in pieces(raw if key == "doi" else raw.translate(_WRAPPING)):
        if len(good) + len(bad) >= MAX_PARTS:
            bad.append(f"more than {MAX_PARTS} parts")
            break
        value = read(piece)
        if value is not None and (key != "creator_ipi" or ipi_fits(value)):
            good[value] = None
        else:
            _take_run(key, piece, read, good, bad)
    if key == "creator_ipi" and whole is not None and bad:
        return Parts((whole,))
    return Parts(tuple(good), tuple(bad) if good else (raw,))


def _doubtful(key: str, raw: str, whole: str) -> bool:
    """True if `raw`, which reads as one code, may be several all the same."""
    if key == "creator_ipi":
        return not ipi_fits(whole)
    return len(pieces(raw)) > 1 or raw.rstrip()[-1] in ",;|&"


def _take_run(key: str, piece: str, read: Callable[[str], str | None], good: dict[str, None], bad: list[str]) -> None:
    """Adds the codes among the words of a piece, the longest first, and the words between them that are none."""
    words = _QUALIFIER.sub(" ", piece).split()[: MAX_PARTS * MAX_RUN]
    at = 0
    left: list[str] = []
    while at < len(words):
        for end in range(min(len(words), at + MAX_RUN), at, -1):
            value = read(" ".join(words[at:end]))
            if value is not None and (key != "creator_ipi" or end == at + 1 or ipi_fits(value)):
                good[value] = None
                at = end
                break
        else:
            word = words[at].strip("()<>:.,#-\u2013\u2014")
            inner = read(word) if word != words[at] else None
            if inner is not None:
                good[inner] = None
            elif _WORD.search(word) and word.lower().replace("-", "") not in _LABELS:
                left.append(words[at])
            at += 1
    if left:
        bad.append(" ".join(left))


def is_one_name(raw: str) -> bool:
    """True if `raw` is of words with nothing that joins names but " - ", which joins none in a row of a list."""
    return _ONE_NAME.fullmatch(raw) is not None


def names(raw: str, *, listed: bool = False) -> tuple[str, ...]:
    """
    The names that `raw` may be joined of, the whole not among them; none if nothing in it joins names.

    "Exemple, Marie" is one name, as catalogues write it: between commas at least two words are a name, or one of three.
    `listed`: a row of a list, in which one name stands; only what joins without doubt parts it into single words.
    """
    if len(raw) > MAX_JOINED or (" - " not in raw and is_one_name(raw)):
        return ()
    found: dict[str, None] = {}
    joins = _WEAK if listed else _WEAKER
    for strong in _STRONG.split(_BREAK.sub("\n", raw) if "<" in raw or "&lt;" in raw else raw):
        for part in joins.split(strong):
            weak = part != strong
            given = [each.strip() for each in _COMMA.split(part)]
            if len(given) > 1:
                many = len(given) > 2 and not any(each.isdigit() for word in given for each in word)
                for each in given:
                    if " " in each or (many and not listed):
                        found[each] = None
            if not listed or not weak or " " in part.strip():
                found[part.strip()] = None
        found[strong.strip()] = None
    whole = raw.strip()
    return tuple(each for each in list(found)[:MAX_PARTS] if each and each != whole and _WORD.search(each))
