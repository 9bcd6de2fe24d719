"""
International Standard Content Codes (ISO 24138): their one spelling, and the units that they are made of.

    ISCC-CODE = header body      ; base32 (RFC 4648) without padding, "ISCC:" in front
    header    = main-type sub-type version length      ; half a byte each, as long as each is below 8

A code is computed from a file. Its Instance and Data units are of the bytes, those of content, meaning and metadata are
alike for what is alike. Codes longer than needed (units of 128 or 256 bits) are compared by their first 64 bits, which
is what a composite code has of them.
"""

from __future__ import annotations

import re
from base64 import b32decode, b32encode
from collections.abc import Iterator
from typing import NamedTuple

MAX_CODE = 400  # characters: five units of 256 bits are 280

_PREFIX = re.compile(r"(?i)(?:urn:)?iscc:")
_CODE = re.compile(r"[A-Z2-7]+(?:-[A-Z2-7]+)*")
_META, _SEMANTIC, _CONTENT, _DATA, _INSTANCE, _COMPOSITE, _ID, _FLAKE = range(8)
_EXACT = (_DATA, _INSTANCE)
_SIMILAR = (_META, _SEMANTIC, _CONTENT)
_WIDE = 7  # sub-type of a composite whose two units have 128 bits each
_BYTES = 8  # of a unit as a composite has it


class Units(NamedTuple):
    """What a code is compared by: units of the bytes themselves, units that are alike for what is alike."""

    exact: tuple[str, ...]
    similar: tuple[str, ...]


def iscc(raw: str) -> str | None:
    """A code in its one spelling, capital letters without its label and hyphens; None if it is none."""
    text = _PREFIX.sub("", raw.strip(), count=1).upper()
    if len(text) > MAX_CODE or not _CODE.fullmatch(text):
        return None
    code = text.replace("-", "")
    return code if _split(code) else None


def units(code: str) -> Units:
    """
    What a code in its one spelling is compared by.

    The whole code is among the exact units, but for one that is made of similar ones only.
    """
    found = list(_split(code))
    similar = [_spell(kind, sub, body) for kind, sub, body in found if kind in _SIMILAR and len(body) >= _BYTES]
    exact = [_spell(kind, 0, body) for kind, _, body in found if kind in _EXACT and len(body) >= _BYTES]
    if not all(kind in _SIMILAR for kind, _, _ in found):
        exact.insert(0, code)
    return Units(tuple(dict.fromkeys(exact)), tuple(dict.fromkeys(similar)))


def _spell(kind: int, sub: int, body: bytes) -> str:
    return b32encode(bytes((kind << 4 | sub, _BYTES // 4 - 1)) + body[:_BYTES]).decode().rstrip("=")


def _split(code: str) -> list[tuple[int, int, bytes]]:
    """Main type, sub-type and body of each unit; nothing if the code is not made of whole ones."""
    data = _decoded(code)
    found: list[tuple[int, int, bytes]] = []
    while data:
        # a half byte of 8 and more goes on in the next one; there is no version but 0
        if len(data) < 2 + 4 or data[0] & 0x88 or data[1] & 0xF8:
            return []
        kind, sub, length = data[0] >> 4, data[0] & 7, data[1] & 7
        body = data[2:]
        if kind == _COMPOSITE:
            inner = list(_composite(sub, length, body))
            return found + inner if inner else []
        size = _BYTES + length if kind == _ID else 4 * (length + 1)
        if len(body) < size:
            return []
        found.append((kind, sub, body[:size]))
        data = body[size:]
    return found


def _decoded(code: str) -> bytes:
    """The bytes that base32 stands for, none for what is no base32."""
    try:
        data = b32decode(code + "=" * (-len(code) % 8))
    except ValueError:
        return b""
    return data if b32encode(data).decode().rstrip("=") == code else b""


def _composite(sub: int, length: int, body: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The units of a composite code: those that its length names, then Data and Instance."""
    size = 2 * _BYTES if sub == _WIDE else _BYTES
    kinds = [kind for bit, kind in ((4, _META), (2, _SEMANTIC), (1, _CONTENT)) if length & bit and sub != _WIDE]
    if len(body) != size * (len(kinds) + 2):
        return
    for at, kind in enumerate((*kinds, *_EXACT)):
        own = sub if kind in (_SEMANTIC, _CONTENT) else 0
        yield kind, own, body[at * size : (at + 1) * size]
