"""
Plain text that carries a C2PA manifest store (C2PA 2.4 A.7 and its annex on text): unseen, or in armour.

    unseen = U+FEFF 1*( variation selector )      ; each stands for a byte: "C2PATXT" NUL version length store
    armour = "-----BEGIN C2PA MANIFEST-----" ( base64 / "data:application/c2pa;base64," base64 / URI ) "-----END …-----"

strategy: both are looked for by their bytes in UTF-8, wherever in the text they stand. What is only referenced, and
what cannot be undone, is unread.
"""

from __future__ import annotations

import base64
import binascii
import re
from contextlib import suppress

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Format

MAX_STORES = 4  # of one text; there should be one
MAX_STORE = 2**20  # bytes of one manifest store; those of texts have no thumbnails, and some ten thousand
MAX_ARMOUR = 2 * MAX_STORE  # characters of one in armour, signs of comments included
MAX_LINES = 32_768  # of armour, that are freed of signs of comments
ENOUGH = (
    2**20
)  # bytes of a text that was cut off, behind which nothing is waited for: large ones are data, not articles
_MAGIC = b"C2PATXT\0"
_HEAD = 13  # magic, version, four bytes of length


def _selector(byte: int) -> bytes:
    """The variation selector that stands for a byte: VS1 to VS16, then VS17 to VS256."""
    return chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16).encode()


_BYTES = {ord(_selector(byte).decode()): byte for byte in range(256)}
_UNSEEN = b"\xef\xbb\xbf" + b"".join(_selector(byte) for byte in _MAGIC)
_selectors = re.compile(rb"(?:\xef\xb8[\x80-\x8f]|\xf3\xa0[\x84-\x86][\x80-\xbf]|\xf3\xa0\x87[\x80-\xaf])*+").match
_BEGIN, _END = b"-----BEGIN C2PA MANIFEST-----", b"-----END C2PA MANIFEST-----"
_DATA = b"data:application/c2pa;base64,"
_comments = re.compile(rb"(?m)^[ \t]*+(?:#|//|[*;%'\"]|--)++[ \t]*+")  # in which the armour of source text stands
_BLANKS = b" \t\r\n\f"
_TOO_MANY = f"more than {MAX_STORES} manifests"


def read(data: bytes, *, complete: bool) -> Asset:
    """The manifest stores in a text; what is cut off may hold one, unless a great deal of it came."""
    packets: list[Packet] = []
    unread: list[Unread] = []
    for locator, store in [*_unseen(data), *_armoured(data)]:
        if isinstance(store, bytes):
            packets.append(Packet(Place.C2PA, locator, store))
        else:
            unread.append(Unread(Place.C2PA, locator, store))
    return Asset(
        format=Format.TEXT, packets=tuple(packets), unread=tuple(unread), complete=complete or len(data) >= ENOUGH
    )


def _unseen(data: bytes) -> list[tuple[str, bytes | str]]:
    """Each store in variation selectors, or why it could not be read."""
    found: list[tuple[str, bytes | str]] = []
    at = data.find(_UNSEEN) if _UNSEEN[:1] in data else -1  # a byte is found ten times as fast, and most have none
    while at >= 0 and len(found) < MAX_STORES:
        said, at = _undone(data, at + 3)
        length = int.from_bytes(said[_HEAD - 4 : _HEAD], "big")
        whole = len(said) >= _HEAD + length and 0 < length <= MAX_STORE
        store = said[_HEAD : _HEAD + length] if whole else "a manifest in variation selectors that is cut off"
        found.append(("text/U+FEFF", store))
        at = data.find(_UNSEEN, at)
    return found if at < 0 else [*found, ("text/U+FEFF", _TOO_MANY)]


def _undone(data: bytes, at: int) -> tuple[bytes, int]:
    """The bytes that the selectors from `at` on stand for, and where they end."""
    found = _selectors(data, at, at + 4 * (_HEAD + MAX_STORE))
    return (found[0].decode().translate(_BYTES).encode("latin-1"), found.end()) if found else (b"", at)


def _armoured(data: bytes) -> list[tuple[str, bytes | str]]:
    """Each store in armour, or why it could not be read."""
    found: list[tuple[str, bytes | str]] = []
    at = data.find(_BEGIN)
    while at >= 0 and len(found) < MAX_STORES:
        begin = at + len(_BEGIN)
        end = data.find(_END, begin, begin + MAX_ARMOUR)
        cut = "a manifest in armour that is cut off, or of more than is read"
        found.append(("text/armour", _unarmoured(data[begin:end].strip()) if end >= 0 else cut))
        at = data.find(_BEGIN, max(begin, end))
    return found if at < 0 else [*found, ("text/armour", _TOO_MANY)]


def _unarmoured(inner: bytes) -> bytes | str:
    if inner.startswith(_DATA):
        inner = inner[len(_DATA) :]
    elif re.match(rb"[A-Za-z][A-Za-z0-9+.-]{1,20}:", inner):
        return f"remote_manifest: {inner[:200].decode('latin-1')}"
    found: bytes | str = "a manifest in armour that is no base64"
    for text in (inner, _comments.sub(b"", inner, MAX_LINES)):  # a sign of comments may be a letter, too
        with suppress(binascii.Error):
            store = base64.b64decode(text.translate(None, _BLANKS), validate=True)
            if store[4:8] == b"jumb":
                return store
            found = store
    return found
