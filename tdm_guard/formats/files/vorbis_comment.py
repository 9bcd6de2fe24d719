"""
Vorbis comments (xiph.org, "Ogg Vorbis I format specification: comment field") of FLAC and Ogg files: what names a work.

There is no field for a reservation; but ffmpeg writes the frames of an MP3 under their own names: `TSRC`, and a packet
of XMP as `id3v2_priv.XMP`, in which bytes that are not printable ASCII stand as `\\x0a`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tdm_guard.formats.files.asset import Packet, Place, Unread
from tdm_guard.formats.salvage import MAX_PACKET, Unreads, damaged

MAX_COMMENTS = 4_096  # fields of one block
MAX_TEXT = 4_096  # bytes of one value, several codes joined included
MAX_PACKETS = 8  # packets of one block; it should have one
MAX_NAME = 64  # bytes of a field's name; ours have fourteen
_ESCAPED = 4  # bytes that ffmpeg writes for one, at most

_KEYS = {
    b"ISRC": "isrc", b"TSRC": "isrc", b"ISWC": "iswc", b"COMPOSER": "creator_name", b"ARTIST": "creator_name",
    b"LYRICIST": "creator_name", b"AUTHOR": "creator_name", b"TITLE": "title", b"LABEL": "label",
    b"ORGANIZATION": "label", b"PUBLISHER": "publisher", b"BARCODE": "gtin", b"UPC": "gtin", b"EAN/UPN": "gtin",
    b"TCOM": "creator_name", b"TEXT": "creator_name", b"TPE1": "creator_name", b"TPUB": "publisher", b"DOI": "doi",
    b"ISBN": "isbn", b"ISSN": "issn", b"ISNI": "creator_isni", b"IPI": "creator_ipi",
}  # fmt: skip
_PACKETS = frozenset({b"ID3V2_PRIV.XMP", b"XMP"})
_ESCAPES = re.compile(rb"\\x([0-9A-Fa-f]{2})")


class Comments(NamedTuple):
    """Identifiers by the keys of an item, packets of XMP, and what could not be read."""

    tags: tuple[tuple[str, str], ...]
    packets: tuple[Packet, ...] = ()
    unread: tuple[Unread, ...] = ()


class _LostError(Exception):
    """The fields end before their block does; its message says why."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def read_comments(data: bytes, start: int, end: int, path: str) -> Comments:
    """What is in a comment block between `start` and `end` of the file part called `path`."""
    tags: list[tuple[str, str]] = []
    packets: list[Packet] = []
    unread = Unreads()
    try:
        for name, value in _fields(data, start, end):
            upper = name.upper()
            if key := _KEYS.get(upper):
                if text := value[:MAX_TEXT].decode("utf-8", "replace").strip():
                    tags.append((key, text))
            elif upper in _PACKETS:
                locator = f"{path}/{name.decode('latin-1')}"
                packet = unescaped(value) if len(packets) < MAX_PACKETS else b""
                if len(packets) >= MAX_PACKETS:
                    unread.append(Unread(Place.XMP, locator, f"more than {MAX_PACKETS} packets"))
                elif len(packet) > MAX_PACKET:
                    unread.append(Unread(Place.XMP, locator, f"longer than {MAX_PACKET} bytes"))
                if packet:
                    packets.append(Packet(Place.XMP, locator, packet[:MAX_PACKET]))
    except _LostError as lost:
        hurt = damaged(data, lost.at, end, path, str(lost))
        packets += hurt.packets
        unread += hurt.unread
    return Comments(tuple(tags), tuple(packets), tuple(unread))


def unescaped(value: bytes) -> bytes:
    """A packet as it was before ffmpeg spelt its bytes; as it stands if nothing in it is spelt so."""
    if b"\\x" not in value:
        return value
    return _ESCAPES.sub(lambda found: bytes((int(found[1], 16),)), value)


def _fields(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    position = start + 4 + _number(data, start)  # the vendor's own words
    if position + 4 > end:
        raise _LostError("comments that end early", start)
    count = _number(data, position)
    position += 4
    for _ in range(min(count, MAX_COMMENTS)):
        size = _number(data, position)
        position += 4
        if position + size > end:
            raise _LostError("a comment ends behind its block", min(position, end))
        found = data.find(b"=", position, position + min(size, MAX_NAME + 1))
        if found >= 0:
            yield data[position:found], data[found + 1 : position + min(size, MAX_NAME + _ESCAPED * (MAX_PACKET + 1))]
        position += size
    if count > MAX_COMMENTS:
        raise _LostError(f"more than {MAX_COMMENTS} comments", position)


def _number(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "little")
