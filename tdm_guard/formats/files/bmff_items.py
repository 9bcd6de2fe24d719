"""
Items of a `meta` box (ISO/IEC 14496-12, 8.11): where HEIF and AVIF keep XMP, as an item of type `mime`.

    iinf: which items there are, with type and media type      iloc: where each lies      idat: items kept in the box
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from tdm_guard.formats.files.asset import Packet, Place, Unread
from tdm_guard.formats.salvage import MAX_PACKET

MAX_ITEMS = 65_536  # items of one file; a picture in tiles has some thousand
MAX_EXTENTS = 1_024  # pieces of one item
MAX_XMP = 16  # XMP items read of one file
MAX_INFLATED = 2 * 2**20  # bytes that compressed items of one file come to
RDF = b"application/rdf+xml"
TABLES = frozenset({b"iinf", b"iloc", b"idat"})
Tables: TypeAlias = dict[bytes, list[tuple[int, int]]]  # where the content of each lies; there should be one of a kind
_ENCODINGS = {b"deflate": 15, b"gzip": 31}


class Found(NamedTuple):
    """The XMP of the items, and what of it could not be read."""

    packets: tuple[Packet, ...] = ()
    unread: tuple[Unread, ...] = ()


class _DamageError(Exception):
    """A table that cannot be read; its message says why."""


class _Cursor:
    """Reads numbers and words from `data` up to `end`."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data = data
        self._end = end
        self.position = start

    def number(self, size: int) -> int:
        after = self.position + size
        if after > self._end:
            raise _DamageError("a table of items ends early")
        value = int.from_bytes(self._data[self.position : after], "big")
        self.position = after
        return value

    def word(self) -> bytes:
        stop = self._data.find(b"\0", self.position, self._end)
        stop = self._end if stop < 0 else stop
        word = self._data[self.position : stop]
        self.position = stop + 1
        return word


def xmp_items(data: bytes, tables: Tables, path: str, *, complete: bool) -> Found:
    """The XMP items of a `meta` box with these tables."""
    listed = [table for table in tables.get(b"iinf", []) if data.find(RDF, *table) >= 0]
    if not listed:
        return Found()
    packets: list[Packet] = []
    unread: list[Unread] = []
    wanted: dict[int, bytes] = {}
    places: dict[int, _Location] = {}
    try:
        for table in listed:
            for identifier, encoding in _xmp_identifiers(_Cursor(data, *table), data):
                wanted[identifier] = encoding
        for table in tables.get(b"iloc", []) if wanted else []:
            places |= _places(_Cursor(data, *table), frozenset(wanted))
    except _DamageError as error:
        if complete:
            unread.append(Unread(Place.XMP, f"{path}/iinf", str(error)))
    left = MAX_INFLATED
    for identifier, encoding in list(wanted.items())[:MAX_XMP]:
        locator = f"{path}/item {identifier}"
        try:
            body = _gather(data, places.get(identifier), tables.get(b"idat"))
            plain = _decoded(body, encoding, left)
            left -= len(plain) if encoding else 0
            packets.append(Packet(Place.XMP, locator, plain))
        except _DamageError as error:
            if complete:
                unread.append(Unread(Place.XMP, locator, str(error)))
    if len(wanted) > MAX_XMP:
        unread.append(Unread(Place.XMP, path, f"more than {MAX_XMP} XMP items"))
    return Found(tuple(packets), tuple(unread))


def _xmp_identifiers(table: _Cursor, data: bytes) -> Iterator[tuple[int, bytes]]:
    """Identifier and content encoding of each item that is XMP."""
    version = table.number(1)
    table.number(3)
    count = table.number(2 if version == 0 else 4)
    for _ in range(min(count, MAX_ITEMS)):
        entry = table.position
        size = table.number(4)
        kind = table.number(4).to_bytes(4, "big")
        if size < 12:
            raise _DamageError("an item entry with a length that cannot be")
        table.position = entry + size
        if kind == b"infe" and data.find(RDF, entry, entry + size) >= 0:
            yield from _xmp_entry(_Cursor(data, entry + 8, entry + size))
    if count > MAX_ITEMS:
        raise _DamageError(f"more than {MAX_ITEMS} items")


def _xmp_entry(entry: _Cursor) -> Iterator[tuple[int, bytes]]:
    version = entry.number(1)
    entry.number(3)
    identifier = entry.number(4 if version >= 3 else 2)
    entry.number(2)  # protection
    if version >= 2 and entry.number(4) != int.from_bytes(b"mime", "big"):
        return
    entry.word()  # the item's name
    if entry.word().lower().startswith(RDF):
        yield identifier, entry.word().lower()


class _Location(NamedTuple):
    """Where an item lies: in the file (0), in `idat` (1) or in another item (2); offset and length of its pieces."""

    method: int
    extents: tuple[tuple[int, int], ...]


def _places(table: _Cursor, wanted: frozenset[int]) -> dict[int, _Location]:
    version = table.number(1)
    table.number(3)
    sizes = table.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version in (1, 2) else 0
    wide = 4 if version >= 2 else 2
    places: dict[int, _Location] = {}
    for _ in range(min(table.number(wide), MAX_ITEMS)):
        identifier = table.number(wide)
        method = table.number(2) & 15 if version in (1, 2) else 0
        foreign = table.number(2)
        base = table.number(base_size)
        count = table.number(2)
        if identifier not in wanted:
            table.position += count * (index_size + offset_size + length_size)
            continue
        if count > MAX_EXTENTS:
            raise _DamageError(f"an item in more than {MAX_EXTENTS} pieces")
        extents = []
        for _ in range(count):
            table.number(index_size)
            extents.append((base + table.number(offset_size), table.number(length_size)))
        places[identifier] = _Location(2 if foreign else method, tuple(extents))
    return places


def _gather(data: bytes, place: _Location | None, idat: list[tuple[int, int]] | None) -> bytes:
    if place is None or not place.extents:
        raise _DamageError("an XMP item without a place")
    if place.method == 1:
        if idat is None:
            raise _DamageError("an XMP item in a box that is not there")
        first, end = idat[-1]
    elif place.method == 0:
        first, end = 0, len(data)
    else:
        raise _DamageError("an XMP item in another file or item, which is not read")
    pieces = []
    size = 0
    for offset, length in place.extents:
        start = first + offset
        stop = start + length if length else end  # no length: all there is
        if stop > end or start >= end:
            raise _DamageError("an XMP item beyond the end of the file")
        size += stop - start
        if size > MAX_PACKET:
            raise _DamageError(f"XMP of more than {MAX_PACKET} bytes")
        pieces.append(data[start:stop])
    return b"".join(pieces)


def _decoded(body: bytes, encoding: bytes, left: int) -> bytes:
    if not encoding:
        return body
    bits = _ENCODINGS.get(encoding)
    if bits is None:
        raise _DamageError(f"XMP in the encoding {encoding[:20].decode('latin-1')!r}, which is not read")
    inflater = zlib.decompressobj(bits)
    try:
        plain = inflater.decompress(body, min(MAX_PACKET, max(left, 1)))
    except zlib.error as error:
        raise _DamageError(f"compressed XMP that is damaged: {error}") from None
    if not inflater.eof:
        raise _DamageError("compressed XMP that ends early, or of more bytes than are read")
    return plain
