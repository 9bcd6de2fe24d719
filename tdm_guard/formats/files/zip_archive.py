"""
A few entries of a ZIP archive (PKWARE APPNOTE 6.3), by name, within bounds.

strategy: the central directory is walked once for the entries asked for; where it is missing, as in a prefix, the
local headers are. The standard library's zipfile builds an object per entry (3.5 µs, and a book has hundreds), takes
the last of two entries of one name in silence, and cannot read a prefix.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

MAX_ENTRIES = 65_536  # entries looked at, the most that an archive without ZIP64 has
_END = struct.Struct("<4sHHHHIIH")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_LENGTHS = struct.Struct("<4s24xHHH")  # of a central record: its word, the sizes of what varies
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_MAX_COMMENT = 65_535
_STORED, _DEFLATED = 0, 8
_WIDE = 0xFFFFFFFF
_NO_WRAPPER = -15


class ZipEntry(NamedTuple):
    """An entry: its name, the place of its local header, and what the directory says of its data."""

    name: str
    offset: int
    flags: int
    method: int
    crc: int
    compressed: int | None  # None: the local header leaves it to a record after the data


class Listing(NamedTuple):
    """The entries that were asked for, and why the list may lack some."""

    entries: tuple[ZipEntry, ...]
    problem: str | None = None


class Extract(NamedTuple):
    """The bytes of an entry, and why they may not be all or not the right ones."""

    body: bytes
    problem: str | None = None


def entries(data: bytes, wanted: Callable[[bytes], bool]) -> Listing:
    """The entries whose raw name is `wanted`, duplicates among them, by the central directory or else one by one."""
    place = _directory(data)
    if place is None:
        return Listing(tuple(_local(data, wanted)), "the archive has no directory: it is cut short or damaged")
    found: list[ZipEntry] = []
    position, end, shift, declared = place
    count = 0
    problem: str | None = None
    while problem is None and end - position >= _CENTRAL.size:
        word, size, more, remarks = _LENGTHS.unpack_from(data, position)
        if word != b"PK\x01\x02":
            problem = "the archive's directory is damaged"
        elif count >= MAX_ENTRIES:
            problem = f"more than {MAX_ENTRIES} entries"
        else:
            count += 1
            first = position + _CENTRAL.size
            name = data[first : first + size]
            if wanted(name):
                extra = data[first + size : first + size + more]
                found.append(_central_entry(name, _CENTRAL.unpack_from(data, position), extra, shift))
            position = first + size + more + remarks
    if problem is None and (count < declared or (not count and b"PK\x03\x04" in data)):
        problem = f"the archive's directory has {count} entries of {declared}"
    return Listing(tuple(found)) if problem is None else Listing((*found, *_local(data, wanted)), problem)


def extract(data: bytes, entry: ZipEntry, limit: int) -> Extract:
    """The data of `entry`, at most `limit` bytes of it."""
    if len(data) - entry.offset < _LOCAL.size:
        return Extract(b"", "an entry beyond the end of the archive")
    local = _LOCAL.unpack_from(data, entry.offset)
    if local[0] != b"PK\x03\x04":
        return Extract(b"", "no entry where the directory says that one is")
    if (entry.flags | local[2]) & 1:
        return Extract(b"", "an entry that is encrypted")
    start = entry.offset + _LOCAL.size + local[9] + local[10]
    end = len(data) if entry.compressed is None else start + entry.compressed
    body, problem = _unpacked(data, entry.method, start, end, limit)
    if len(body) > limit:
        return Extract(body[:limit], f"an entry of more than {limit} bytes")
    if problem is None and entry.crc and zlib.crc32(body) != entry.crc:
        problem = "an entry with a wrong checksum"
    return Extract(body, problem)


def _unpacked(data: bytes, method: int, start: int, end: int, limit: int) -> Extract:
    """The bytes of an entry, one more than `limit` at most."""
    early = "an entry that ends early" if end > len(data) else None
    if method == _STORED:
        return Extract(data[start : min(end, start + limit + 1)], early)
    if method != _DEFLATED:
        return Extract(b"", f"an entry compressed with method {method}, which is not read")
    inflater = zlib.decompressobj(_NO_WRAPPER)
    try:
        body = inflater.decompress(memoryview(data)[start:end], limit + 1)
    except zlib.error as error:
        return Extract(_until_damage(data, start, end, limit), f"an entry that is damaged: {error}")
    return Extract(body, early if inflater.eof or len(body) > limit else "an entry that ends early")


def _until_damage(data: bytes, start: int, end: int, limit: int) -> bytes:
    """What a damaged entry gives before the damage: the decompressor is fed in small pieces."""
    inflater = zlib.decompressobj(_NO_WRAPPER)
    body = bytearray()
    for position in range(start, min(end, start + limit), 512):
        try:
            body += inflater.decompress(data[position : min(position + 512, end)], limit - len(body) or 1)
        except zlib.error:
            break
        if inflater.eof or len(body) >= limit:
            break
    return bytes(body[:limit])


def _directory(data: bytes) -> tuple[int, int, int, int] | None:
    """
    Start and end of the central directory, how far the archive is shifted by bytes before it, and its entries.

    Programs that know no ZIP64 write the count of entries without what exceeds 16 bits.
    """
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - _END.size - _MAX_COMMENT))
    if at < 0 or len(data) - at < _END.size:
        return None
    record = _END.unpack_from(data, at)
    count, size, offset, end = record[4], record[5], record[6], at
    if _WIDE in (size, offset) or record[4] == 0xFFFF:  # ZIP64: a locator before it, which points to a longer record
        locator = at - 20
        if locator >= 0 and data[locator : locator + 4] == b"PK\x06\x07":
            end = data.rfind(b"PK\x06\x06", 0, locator)
            if end < 0 or len(data) - end < _END64.size:
                return None
            count, size, offset = _END64.unpack_from(data, end)[7:10]
    start = end - size
    if start < 0 or offset > start:
        return None
    return start, end, start - offset, count


def _central_entry(name: bytes, record: tuple[int, ...], extra: bytes, shift: int) -> ZipEntry:
    flags, method, crc, compressed, size, offset = record[3], record[4], record[7], record[8], record[9], record[16]
    if _WIDE in (compressed, size, offset):
        wide = _zip64(extra)
        if size == _WIDE:
            next(wide, None)
        if compressed == _WIDE:
            compressed = next(wide, compressed)
        if offset == _WIDE:
            offset = next(wide, offset)
    return ZipEntry(_text(name, flags), offset + shift, flags, method, crc, compressed)


def _zip64(extra: bytes) -> Iterator[int]:
    """The eight-byte numbers of the ZIP64 field, in its fixed order."""
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        if kind == 1:
            stop = min(position + 4 + size, len(extra) - 7)
            for at in range(position + 4, stop, 8):
                yield int.from_bytes(extra[at : at + 8], "little")
            return
        position += 4 + size


def _local(data: bytes, wanted: Callable[[bytes], bool]) -> Iterator[ZipEntry]:
    """The wanted entries by their local headers, in the order of the file."""
    position = data.find(b"PK\x03\x04")
    for _ in range(MAX_ENTRIES):
        if position < 0 or len(data) - position < _LOCAL.size:
            return
        record = _LOCAL.unpack_from(data, position)
        start = position + _LOCAL.size
        name = data[start : start + record[9]]
        later = bool(record[2] & 8)  # sizes and checksum follow the data
        if wanted(name):
            size = None if later and not record[7] else record[7]
            yield ZipEntry(_text(name, record[2]), position, record[2], record[3], record[6], size)
        after = start + record[9] + record[10] + (0 if later else record[7])
        position = data.find(b"PK\x03\x04", max(after, position + 4))


def _text(name: bytes, flags: int) -> str:
    return name.decode("utf-8" if flags & 0x800 else "cp437", "replace")
