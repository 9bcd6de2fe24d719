"""
RIFF: WebP, WAV (RF64 and BW64 too) and AVI, whose chunks follow each other in one list.

    "XMP "  WebP's packet       "_PMX"  the packet of WAV and AVI        XMP Part 3, 1.1.4, 1.2.1, 1.2.4
    "C2PA"  a manifest store                                             C2PA 2.2, A.3.6
    "id3 "  an ID3v2 tag, in which a packet may lie
    "LIST" of INFO, "axml"      names of a recording, and its ISRC       EBU Tech 3352

WebP has its packet last. No chunk here is compressed.
"""

from __future__ import annotations

import re
from struct import Struct
from typing import NamedTuple

from tdm_guard.formats import identifiers, several
from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread, more_names
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.id3 import read_tag
from tdm_guard.formats.salvage import MAX_STORE, Unreads, damaged

MAX_CHUNKS = 100_000  # an AVI of many parts has some hundreds besides its lists of frames
MAX_PACKET = 8 * 2**20  # bytes of an XMP packet
MAX_FOUND = 50  # packets of one file; it should have one
MAX_TAGS = 4  # ID3 tags and `axml` of one file; it has one
MAX_INFO = 1_024  # entries of all lists of names
MAX_TEXT = 2**16  # bytes of `axml` that are searched
MAX_VALUE = 4_096  # bytes of a name
MAX_NAMES = 64  # names in one file

_HEAD = Struct("<4sI")
_FORMATS = {form: kind for kind in Format for form in kind.row.riff}
_STARTS = (b"RIFF", b"RF64", b"BW64")
_UNKNOWN_SIZE = 0xFFFFFFFF  # RF64: the real size is in `ds64`; a recording that was not closed: nowhere
_XMP = frozenset({b"XMP ", b"_PMX"})
_STORE = b"C2PA"
_ID3 = frozenset({b"id3 ", b"ID3 "})
_INFO = {b"IART": "creator_name", b"IMUS": "creator_name", b"IWRI": "creator_name", b"INAM": "title"}
_INFO_ISRC = b"ISRC"  # by the RIFF specification who supplied the original; ffmpeg and others write the code there
_ISRC = re.compile(rb"ISRC:\s?([A-Za-z]{2}-?[A-Za-z0-9]{3}-?\d{2}-?\d{5})")
_NAME = re.compile(rb"[A-Za-z0-9_][\x20-\x7e]{2}[\0\x20-\x7e]")  # ImageMagick 6 pads by NUL: `XMP\0`
_LOST = "the chunks do not follow each other"
_CUT_SHORT = "it ends within a chunk"
_TOO_MANY = f"more than {MAX_CHUNKS} chunks"


class _Chunks:
    """What was found on the walk."""

    __slots__ = ("count", "data", "format", "info", "more", "packets", "tags", "texts", "unread")

    def __init__(self, data: bytes, kind: Format) -> None:
        self.data = data
        self.format = kind
        self.packets: list[Packet] = []
        self.unread = Unreads()
        self.tags: list[tuple[str, str]] = []
        self.count = self.info = self.texts = 0
        self.more = False  # names than are read

    def take(self, name: bytes, start: int, end: int) -> None:
        """One chunk, `data[start:end]`."""
        if name in _XMP:
            self._packet(Place.XMP, name, start, end, MAX_PACKET)
        elif name == _STORE:
            self._packet(Place.C2PA, name, start, end, MAX_STORE)
        elif name in _ID3 or name == b"axml":
            self._tag(name, start, end)
        elif name == b"LIST" and self.data.startswith(b"INFO", start):
            self._info(start + 4, end)

    def _tag(self, name: bytes, start: int, end: int) -> None:
        self.texts += 1
        if self.texts > MAX_TAGS:
            for place in (Place.XMP, Place.C2PA, Place.RSL) if name in _ID3 else ():
                self.unread.append(Unread(place, f"{self._path}/id3", f"more than {MAX_TAGS} tags"))
            self.more = True
        elif name in _ID3:
            tag = read_tag(self.data, start, end, f"{self._path}/id3")
            self.packets += tag.packets
            self.unread += tag.unread
            self.tags += tag.tags
        else:
            self.tags += [
                ("isrc", found.decode()) for found in _ISRC.findall(self.data[start : min(end, start + MAX_TEXT)])
            ]
            self.more = self.more or end - start > MAX_TEXT

    @property
    def _path(self) -> str:
        return self.format.name

    def _packet(self, place: Place, name: bytes, start: int, end: int, limit: int) -> None:
        locator = f"{self._path}/{name.decode().strip()}"
        if end - start > limit:
            self.unread.append(Unread(place, locator, f"longer than {limit} bytes"))
        elif len(self.packets) >= MAX_FOUND:
            self.unread.append(Unread(place, locator, f"more than {MAX_FOUND} packets"))
        else:
            self.packets.append(Packet(place, locator, self.data[start:end]))

    def _info(self, start: int, end: int) -> None:
        while start + 8 <= end:
            if self.info >= MAX_INFO:
                self.more = True
                return
            self.info += 1
            name, size = _HEAD.unpack_from(self.data, start)
            if (key := _INFO.get(name)) or name == _INFO_ISRC:
                raw = self.data[start + 8 : min(start + 8 + size, start + 8 + MAX_VALUE, end)]
                text = raw.partition(b"\0")[0].decode("utf-8", "replace").strip()
                if key and text:
                    self.tags.append((key, text))
                elif text:
                    self.tags += [("isrc", code) for code in several.codes("isrc", text, identifiers.isrc).codes]
            start += 8 + size + size % 2


def read(data: bytes, *, complete: bool = True) -> Asset:
    """The XMP packets, manifest stores and names in a RIFF file."""
    kind = _FORMATS.get(data[8:12])
    if kind is None or not data.startswith(_STARTS):
        hurt = damaged(data, 0, len(data), "RIFF", "it does not begin as a RIFF file")
        whole = complete and not any(unread.place for unread in hurt.unread)
        return Asset(format=Format.WEBP, packets=hurt.packets, unread=hurt.unread, complete=whole)
    found = _Chunks(data, kind)
    place, problem = _walk(data, found, complete)
    if problem is not None and (complete or problem != _CUT_SHORT):
        hurt = damaged(data, place, len(data), kind.name, problem, cut=problem != _LOST)
        found.packets += hurt.packets
        found.unread += hurt.unread
    if found.more or len(found.tags) > MAX_NAMES:
        found.unread.append(more_names(kind.name))
    hidden = any(unread.place for unread in found.unread)
    return Asset(
        format=kind,
        packets=tuple(found.packets),
        unread=tuple(found.unread),
        tags=tuple(found.tags[:MAX_NAMES]),
        complete=complete and not hidden,
        parts=found.count,
    )


class _Chunk(NamedTuple):
    name: bytes
    start: int
    end: int


def _walk(data: bytes, found: _Chunks, complete: bool) -> tuple[int, str | None]:
    """Takes the chunks up to the end of the data, whatever length the file gives itself; returns where it was lost."""
    size = len(data)
    place = 12
    for _ in range(MAX_CHUNKS):
        found.count += 1
        if place + 8 > size:  # a few bytes of padding are no chunk
            return size, _CUT_SHORT if _is_cut(data) or (not complete and place < size) else None
        chunk = _chunk(data, place)
        if complete and place > 12 and (chunk is None or chunk.end > size):
            unpadded = _chunk(data, place - 1)
            chunk = unpadded if unpadded is not None and unpadded.end <= size else chunk
        if chunk is None:
            return place, _LOST if data[place:].strip(b"\0") else None
        if chunk.end <= size or complete:
            found.take(chunk.name, chunk.start, min(chunk.end, size))
        if chunk.end > size:
            return place, _CUT_SHORT
        place = chunk.end + (chunk.end - chunk.start) % 2
    return place, _TOO_MANY


def _chunk(data: bytes, place: int) -> _Chunk | None:
    """The chunk at this place, if one can stand there."""
    name, length = _HEAD.unpack_from(data, place)
    if not _NAME.match(name):
        return None
    start = place + 8
    if name in _STARTS:
        return _Chunk(name, start, start + 4)  # AVI goes on in further lists of the same kind
    if length == _UNKNOWN_SIZE and name == b"data":
        # EBU Tech 3306: the length of RF64 stands in its first chunk
        if data[12:16] != b"ds64" or len(data) < 36:
            return None
        length = int.from_bytes(data[28:36], "little")
    return _Chunk(name.replace(b"\0", b" "), start, start + length)


def _is_cut(data: bytes) -> bool:
    """True if the file says that it is longer than it is; programs that do not know write the greatest number."""
    declared = int.from_bytes(data[4:8], "little")
    return declared != _UNKNOWN_SIZE and declared + 7 > len(data)
