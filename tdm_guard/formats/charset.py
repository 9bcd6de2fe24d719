"""
Character encodings of pages about which readers disagree: those that a browser does not know, and labels that lie.

strategy: tags are found alike in every encoding that writes ASCII as ASCII. Of another one that some library knows and
the WHATWG Encoding standard does not, of UTF-16 or UTF-32 that nothing announces, and of UTF-16 that is none, the
collector may see other tags than a browser does, and than we do.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import NamedTuple

# What the standard's labels name by other words than Python (Encoding 4.2), or Python would take for another one.
_BROWSERS = re.compile(r"(?i)(?:x-)?(?:utf-?(?:8|16(?:-?[lb]e)?)|user-defined|mac-(?:roman|cyrillic|ukrainian))")
_PROBE = b"<meta name=\"tdm-reservation\" content='1'/><!--&#49;;: -->\t\n +ADw-meta+AD4- \x1b$)C \x0e<\x0f"
_PLAIN = _PROBE.decode("ascii")
_MARKS_32 = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_MARKS_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LABELS_16 = frozenset({"ucs-2", "csunicode", "iso-10646-ucs-2", "unicode", "unicodefeff"})
_XML_16 = (b"<\0?\0", b"\0<\0?")  # the beginning of an XML declaration, which browsers look for
_XML_EBCDIC = b"\x4c\x6f\xa7\x94"
_PRESCAN = 4096  # bytes in which readers look for the name of an encoding; browsers in the first 1024
MAX_NAMED = 16  # different names of encodings; pages have one
_NAMED = re.compile(rb"(?:charset|encoding)\s{0,8}=\s{0,8}[\"']?\s{0,8}([a-z][\w.:-]{1,40})")
_LOOK = 1024  # bytes of a page; in UTF-16 its markup has a NUL in every second one


class Encoding(NamedTuple):
    """The label by which a page is read, and why other readers may see other tags in it (None as nearly always)."""

    label: str | None
    doubt: str | None = None


def encoding_of(label: str | None, body: bytes) -> Encoding:
    """How a page with `label` as the charset of its media type is read."""
    usual = _usual(label)
    if usual is not None and body.find(b"\0", 0, 4) < 0 and not body.startswith(_XML_EBCDIC):
        return Encoding(None, _declared(body)) if label is None else usual
    return _odd(label, body[:4], body)


def is_settled(label: str | None) -> bool:
    """True if every page with this label, unless NULs are in it, is read in the same way, whatever it says itself."""
    return label is not None and _usual(label) is not None


def _odd(label: str | None, head: bytes, body: bytes) -> Encoding:
    if label is not None and body[:2] not in _MARKS_16 and not body.startswith(codecs.BOM_UTF8):
        order = _utf16(label)
        if order is not None:
            return _wide(label, order, body)
        if is_foreign(label):
            return Encoding(label, f"the charset {label[:40]!r} is known to some readers only")
    if b"\0" in head:
        if head in _MARKS_32:
            return Encoding(label, "UTF-32, which is known to some readers only")
        if body[:2] not in _MARKS_16 and head not in _XML_16:
            return Encoding(label, "UTF-16 or UTF-32, which nothing says")
    elif head == _XML_EBCDIC:
        return Encoding(label, "EBCDIC, which is known to some readers only")
    return Encoding(label, _declared(body)) if label is None else Encoding(label)


def _declared(body: bytes) -> str | None:
    """The doubt about a page that itself names an encoding in which some readers would see other tags."""
    beginning = body[:_PRESCAN].lower()
    if b"charset" not in beginning and b"encoding" not in beginning:
        return None
    named = list(dict.fromkeys(found[1].decode("ascii") for found in _NAMED.finditer(beginning)))
    if len(named) > MAX_NAMED:
        return f"the page names more than {MAX_NAMED} encodings"
    for name in named:
        if is_foreign(name) or (_is_wide(name) and b"\0" in beginning):
            return f"the page says that it is in {name[:40]!r}, which is known to some readers only"
    return None


def _is_wide(label: str) -> bool:
    return _utf16(label) is not None or (_codec(label) or "").startswith("utf-32")


@lru_cache(maxsize=256)  # sites send a handful of labels
def _usual(label: str | None) -> Encoding | None:
    """How a page with this label is read whatever is in it, but for NULs in front; None for the few odd ones."""
    return Encoding(label) if label is None or (_utf16(label) is None and not is_foreign(label)) else None


def _wide(label: str, order: str, body: bytes) -> Encoding:
    """UTF-16 without a mark: for browsers it is little-endian, by RFC 2781 (4.3) big-endian, and often none at all."""
    beginning = body[:_LOOK]
    even, odd = beginning[::2].count(0), beginning[1::2].count(0)
    if not even and not odd:
        said = f"the page is not in the charset {label[:40]!r} that it is said to be in"
        return Encoding(None, said if body else None)
    if (even > odd) == (order == "utf-16be"):
        return Encoding(order)
    return Encoding(
        "utf-16be" if even > odd else "utf-16le", "UTF-16 in the other byte order than browsers take it for"
    )


@lru_cache(maxsize=256)  # sites send a handful of labels
def _utf16(label: str) -> str | None:
    """The byte order that a label of UTF-16 has for browsers; None for other encodings (Encoding 4.2)."""
    name = label.strip("\t\n\f\r \"'").lower()
    codec = _codec(name)
    if name == "unicodefffe" or codec == "utf-16-be":
        return "utf-16be"
    return "utf-16le" if name in _LABELS_16 or codec in ("utf-16", "utf-16-le") else None


@lru_cache(maxsize=256)
def is_foreign(label: str) -> bool:
    """True for an encoding of text that Python knows, and that does not write markup as ASCII does."""
    if not label.isascii() or _BROWSERS.fullmatch(label):
        return False
    name = _codec(label.strip("\t\n\f\r \"'"))
    if name is None or name == "iso2022_jp":
        return False
    if name == "hz":
        return True
    try:
        return _PROBE.decode(name) != _PLAIN
    except LookupError:  # a codec that is none of text
        return False
    except ValueError:
        return True


def _codec(label: str) -> str | None:
    try:
        return codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
