"""
TIFF 6.0, BigTIFF, and what is built on them: DNG and the camera files NEF, ARW, CR2.

    header = byte-order 42 offset           BigTIFF: byte-order 43 8 0 offset
    IFD    = count *( tag type count value-or-offset ) next-IFD

Tag 700 holds an XMP packet (XMP Part 3, 1.1.8), tag 52545 a manifest store (C2PA 2.2, A.3.5). The packet of a reduced
picture is not the file's, unless that stands first: DNG and NEF begin with a preview, and have the file's packet there.
Tag 330 leads to IFDs below one (SubIFDs, TIFF Technical Note 1), where the pictures of camera files stand.
"""

from __future__ import annotations

from struct import Struct
from typing import Literal, NamedTuple

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.salvage import MAX_STORE, Unreads, damaged

MAX_IFDS = 1_000  # a scanned book has one for each page
MAX_ENTRIES = 50_000  # of all of them together; an IFD has some dozens
MAX_PACKET = 8 * 2**20  # bytes of an XMP packet
MAX_PACKETS = 100  # of one file, one for each page

MAX_BELOW = 2_000  # directories below those of the chain

_XMP, _STORE, _SUBFILE, _BELOW = 700, 52545, 254, 330
_REDUCED = 1  # NewSubfileType: a reduced-resolution version of another picture
_WANTED = frozenset({_XMP, _STORE, _SUBFILE, _BELOW})
_OFFSETS = {4: 4, 13: 4, 16: 8, 18: 8}  # bytes of the types that lead to a directory
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 13: 4, 16: 8, 18: 8}  # bytes of the types that the wanted tags may have
_LOST = "an offset leads out of the file"
_CUT_SHORT = "it ends before one of its parts"


class _Layout(NamedTuple):
    """How numbers are written: a byte order, and the sizes of plain TIFF or BigTIFF."""

    order: Literal["little", "big"]
    counter: Struct
    entry: Struct
    offset: Struct


def _layout(order: Literal["little", "big"], big: bool = False) -> _Layout:
    mark = "<" if order == "little" else ">"
    if big:
        return _Layout(order, Struct(f"{mark}Q"), Struct(f"{mark}HHQ8s"), Struct(f"{mark}Q"))
    return _Layout(order, Struct(f"{mark}H"), Struct(f"{mark}HHI4s"), Struct(f"{mark}I"))


_HEADERS = {
    b"II*\0": (_layout("little"), 4),
    b"II+\0": (_layout("little", big=True), 8),
    b"MM\0*": (_layout("big"), 4),
    b"MM\0+": (_layout("big", big=True), 8),
}


class _Walk:
    """Goes from IFD to IFD."""

    __slots__ = ("below", "complete", "data", "entries", "layout", "left", "packets", "problem", "unread")

    def __init__(self, data: bytes, layout: _Layout, complete: bool) -> None:
        self.data = data
        self.layout = layout
        self.complete = complete
        self.entries = 0
        self.below: list[int] = []
        self.left = len(data)  # packets do not overlap
        self.packets: list[Packet] = []
        self.unread = Unreads()
        self.problem: str | None = None

    def run(self, place: int) -> None:
        """Takes the IFDs of the chain that begins here."""
        seen: set[int] = set()
        while place:
            if place in seen:
                return
            if len(seen) == MAX_IFDS:
                self.problem = f"more than {MAX_IFDS} directories"
                return
            seen.add(place)
            following = self._directory(place, f"IFD{len(seen) - 1}", first=len(seen) == 1)
            if following is None:
                return
            place = following
        if self.below:
            self._run_below(seen)

    def _run_below(self, seen: set[int]) -> None:
        """Takes the IFDs below the others; of one that cannot be read, the file is none the worse."""
        self.entries = 0
        for number, place in enumerate(self.below):  # it grows by those below them
            if number == MAX_BELOW:
                self.unread.append(Unread(Place.XMP, "TIFF/SubIFD", f"more than {MAX_BELOW} directories"))
                return
            if place not in seen:
                seen.add(place)
                locator = f"SubIFD{number}"
                self._directory(place, locator, first=False)
                if self.problem is not None and self.complete:
                    self.unread.append(Unread(None, f"TIFF/{locator}", self.problem))
                    self.problem = None

    def _directory(self, place: int, name: str, *, first: bool) -> int | None:
        """One IFD; returns the place of the next, None if it cannot be read."""
        data, layout = self.data, self.layout
        start = place + layout.counter.size
        if start > len(data):
            self.problem = _LOST
            return None
        (count,) = layout.counter.unpack_from(data, place)
        end = start + count * layout.entry.size
        self.entries += count
        if self.entries > MAX_ENTRIES:
            self.problem = f"more than {MAX_ENTRIES} entries"
            return None
        if end + layout.offset.size > len(data):
            self.problem = _LOST
            end = start + (len(data) - start) // layout.entry.size * layout.entry.size
        found: dict[int, tuple[int, int, bytes]] = {}
        for tag, kind, length, value in layout.entry.iter_unpack(data[start:end]):
            if tag in _WANTED:
                found[tag] = (kind, length, value)
        self._take(found, name, first=first)
        if _BELOW in found and len(self.below) <= MAX_BELOW:
            self.below += self._offsets(*found[_BELOW])
        if self.problem is not None:
            return None
        (following,) = layout.offset.unpack_from(data, end)
        return int(following)

    def _offsets(self, kind: int, count: int, value: bytes) -> list[int]:
        """The places of the directories below one."""
        width = _OFFSETS.get(kind, 0)
        size = width * min(count, MAX_BELOW + 1)
        start = 0 if width * count <= len(value) else int(self.layout.offset.unpack(value)[0])
        listed = (value if width * count <= len(value) else self.data)[start : start + size]
        step = width or 1
        return [int.from_bytes(listed[at : at + step], self.layout.order) for at in range(0, len(listed), step)]

    def _take(self, found: dict[int, tuple[int, int, bytes]], name: str, *, first: bool) -> None:
        reduced = not first and _SUBFILE in found and self._number(*found[_SUBFILE]) & _REDUCED
        for tag, place, limit in ((_XMP, Place.XMP, MAX_PACKET), (_STORE, Place.C2PA, MAX_STORE)):
            if tag not in found or (reduced and tag == _XMP):
                continue
            locator = f"TIFF/{name}/{tag}"
            kind, count, value = found[tag]
            size = count * _SIZES.get(kind, 1)
            start = 0 if size <= len(value) else int(self.layout.offset.unpack(value)[0])
            source = value if size <= len(value) else self.data
            if size > limit:
                self.unread.append(Unread(place, locator, f"longer than {limit} bytes"))
            elif len(self.packets) >= MAX_PACKETS:
                self.unread.append(Unread(place, locator, f"more than {MAX_PACKETS} packets"))
            elif size > self.left:
                self.unread.append(Unread(place, locator, "packets that are together longer than the file"))
            elif start + size <= len(source):
                self.left -= size
                self.packets.append(Packet(place, locator, source[start : start + size]))
            elif not self.complete:
                self.problem = self.problem or _CUT_SHORT
            else:
                if start < len(source):
                    self.packets.append(Packet(place, locator, source[start:]))
                self.unread.append(Unread(place, locator, _LOST))

    def _number(self, kind: int, count: int, value: bytes) -> int:
        """A single short or long number that stands in its entry."""
        return int.from_bytes(value[: _SIZES.get(kind, 4)], self.layout.order) if count == 1 else 0


def read(data: bytes, *, complete: bool = True) -> Asset:
    """The XMP packets and manifest stores of a TIFF."""
    header = _HEADERS.get(data[:4])
    problem: str | None = _CUT_SHORT if header else "it does not begin as a TIFF"
    packets: list[Packet] = []
    unread = Unreads()
    if header is not None and len(data) >= 16:
        layout, at = header
        walk = _Walk(data, layout, complete)
        walk.run(int(layout.offset.unpack_from(data, at)[0]))
        packets, unread, problem = walk.packets, walk.unread, walk.problem
    if problem is not None and complete:
        hurt = damaged(data, 0, len(data), "TIFF", problem, cut=header is not None)
        packets += hurt.packets
        unread += hurt.unread
    hidden = any(each.place for each in unread)
    return Asset(
        format=Format.TIFF,
        packets=tuple(packets),
        unread=tuple(unread),
        complete=(complete or problem is None) and not hidden,
    )
