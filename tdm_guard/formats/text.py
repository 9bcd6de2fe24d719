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

from tdm_guard.formats.asset import Asset, Format, Packet, Place, Unread

MAX_STORES = 8  # of one text; there should be one
MAX_STORE = 8 * 2**20  # bytes of one manifest store; those with thumbnails have some hundred thousand
_MAGIC = b"C2PATXT\0"
_HEAD = 13  # magic, version, four bytes of length


def _selector(byte: int) -> bytes:
    """The variation selector that stands for a byte: VS1 to VS16, then VS17 to VS256."""
    return chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16).encode()


_BYTES = {_selector(byte): bytes([byte]) for byte in range(256)}
_UNSEEN = b"\xef\xbb\xbf" + b"".join(_selector(byte) for byte in _MAGIC)
_selectors = re.compile(rb"\xef\xb8[\x80-\x8f]|\xf3\xa0[\x84-\x86][\x80-\xbf]|\xf3\xa0\x87[\x80-\xaf]").match
_BEGIN, _END = b"-----BEGIN C2PA MANIFEST-----", b"-----END C2PA MANIFEST-----"
_DATA = b"data:application/c2pa;base64,"
_comments = re.compile(rb"(?m)^[ \t]*(?:#|//|[*;%'\"]|--)+[ \t]*")  # in which the armour of source text stands
_BLANKS = b" \t\r\n\f"


def read(data: bytes, *, complete: bool) -> Asset:
    """The manifest stores in a text; a prefix holds back what stands in the rest."""
    packets: list[Packet] = []
    unread: list[Unread] = []
    for locator, store in [*_unseen(data), *_armoured(data)]:
        if isinstance(store, bytes):
            packets.append(Packet(Place.C2PA, locator, store))
        else:
            unread.append(Unread(Place.C2PA, locator, store))
    return Asset(format=Format.TEXT, packets=tuple(packets), unread=tuple(unread), complete=complete)


def _unseen(data: bytes) -> list[tuple[str, bytes | str]]:
    """Each store in variation selectors, or why it could not be read."""
    found: list[tuple[str, bytes | str]] = []
    at = data.find(_UNSEEN)
    while at >= 0 and len(found) < MAX_STORES:
        said, at = _undone(data, at + 3)
        length = int.from_bytes(said[_HEAD - 4 : _HEAD], "big")
        whole = len(said) >= _HEAD + length and 0 < length <= MAX_STORE
        store = said[_HEAD : _HEAD + length] if whole else "a manifest in variation selectors that is cut off"
        found.append(("text/U+FEFF", store))
        at = data.find(_UNSEEN, at)
    return found


def _undone(data: bytes, at: int) -> tuple[bytes, int]:
    """The bytes that the selectors from `at` on stand for, and where they end."""
    out = bytearray()
    while len(out) < _HEAD + MAX_STORE and (selector := _selectors(data, at)):
        out += _BYTES[selector[0]]
        at = selector.end()
    return bytes(out), at


def _armoured(data: bytes) -> list[tuple[str, bytes | str]]:
    """Each store in armour, or why it could not be read."""
    found: list[tuple[str, bytes | str]] = []
    at = data.find(_BEGIN)
    while at >= 0 and len(found) < MAX_STORES:
        begin = at + len(_BEGIN)
        end = data.find(_END, begin)
        inner = data[begin : end if end >= 0 else begin + 4 * MAX_STORE // 3]
        found.append(
            ("text/armour", _unarmoured(inner.strip()) if end >= 0 else "a manifest in armour that is cut off")
        )
        at = data.find(_BEGIN, begin)
    return found


def _unarmoured(inner: bytes) -> bytes | str:
    if inner.startswith(_DATA):
        inner = inner[len(_DATA) :]
    elif re.match(rb"[A-Za-z][A-Za-z0-9+.-]{1,20}:", inner):
        return f"remote_manifest: {inner[:200].decode('latin-1')}"
    for text in (inner, _comments.sub(b"", inner)):
        with suppress(binascii.Error):
            return base64.b64decode(text.translate(None, _BLANKS), validate=True)
    return "a manifest in armour that is no base64"
