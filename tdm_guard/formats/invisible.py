"""
Characters that nobody sees, and blanks and quotation marks that are no ASCII ones, as copying from pages and word
processors leaves them.

No standard of this field strips them, so that `noai` with one behind it is another word. Whoever reads a text again
without them takes from it only what it reserves: within a path or a word of some scripts they have a meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

CODE = "invisible"  # the repair by which such a text is heard

# soft hyphen; joiners, direction marks and isolates; word joiner and invisible operators; byte order mark
_DROPPED = (0xAD, 0x061C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
_BLANK = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
_QUOTES = (0xAB, 0xBB, 0x201C, 0x201D, 0x201E, 0x201F, 0x2033)  # as word processors make them of plain ones
SEEN = "".join(map(chr, (*_DROPPED, *_BLANK)))  # the characters that are not seen, or as blanks
_SEEN = {**dict.fromkeys(map(chr, _DROPPED), ""), **dict.fromkeys(map(chr, _BLANK), " ")}
_PLAIN = {**_SEEN, **dict.fromkeys(map(chr, _QUOTES), '"')}  # HTML has a reading of its own for quotes
_find_unseen = re.compile(f"[{''.join(_SEEN)}]").search
_find_odd = re.compile(f"[{''.join(_PLAIN)}]").search
_OCTETS = (*((chr(code).encode(), b"") for code in _DROPPED), *((chr(code).encode(), b" ") for code in _BLANK))
_ASCII = bytes(range(128))
_LATIN_BLANK = b"\xa0"
_LEADS = tuple(sorted({character.encode()[:2] for character in _PLAIN}))  # a quick look before characters are
_MARK = b"\xef\xbb\xbf"


def seen(text: str) -> str:
    """`text` as it is seen: without what is invisible, other blanks as blanks; nearly always itself."""
    return text if text.isascii() else _without(text, _SEEN, _find_unseen)


def seen_field(value: str) -> str:
    """
    The value of a field, whose octets are UTF-8 although they were read as Latin-1 (RFC 9110 5.5), as it is seen.

    Quotation marks are plain ones.
    """
    if value.isascii():
        return value
    try:
        text = value.encode("latin-1").decode()
    except UnicodeError:
        return _without(value, _PLAIN, _find_odd)
    plain = _without(text, _PLAIN, _find_odd)
    return value if plain == text else plain


def seen_octets(body: bytes) -> bytes | None:
    """The same for a document in UTF-8; None if it is what is seen. A mark at its beginning is no part of it."""
    body = body.removeprefix(_MARK)
    if body.isascii():
        return None
    octets = body.translate(None, _ASCII)  # the few in which such a character can be
    if not any(map(octets.__contains__, _LEADS)):
        return None
    others = octets.decode("utf-8", "surrogateescape")
    found = _find_odd(others)
    if found is None:
        return None
    text = plain = body.decode("utf-8", "surrogateescape")
    while found is not None:
        plain = plain.replace(found[0], _PLAIN[found[0]])
        others = others.replace(found[0], "")
        found = _find_odd(others, found.start())
    return None if plain == text else plain.encode("utf-8", "surrogateescape")


def without_octets(words: bytes) -> bytes:
    """
    `words` without what is invisible in UTF-8, other blanks as blanks, also that of Latin-1.

    For looking after ASCII words: it may tear characters of other alphabets.
    """
    if words.isascii():
        return words
    if any(map(words.__contains__, _LEADS)):
        for octets, plain in _OCTETS:
            if octets in words:
                words = words.replace(octets, plain)
    return words.replace(_LATIN_BLANK, b" ")


def _without(text: str, plain: Mapping[str, str], find: Callable[[str, int], re.Match[str] | None]) -> str:
    """`text` with what stands for each of these characters, many times as fast as `str.translate` where few occur."""
    found = find(text, 0)
    while found is not None:
        text = text.replace(found[0], plain[found[0]])
        found = find(text, found.start())
    return text
