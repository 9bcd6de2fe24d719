"""
GIF (GIF89a): the application extension that holds an XMP packet.

    0x21 0xFF 11 "XMP DataXMP" packet trailer 0          XMP Part 3, 1.1.2

The packet is not cut into blocks as GIF has it: a trailer of descending bytes brings readers that take its characters
for lengths to its end. Programs exist that cut it into blocks all the same.
"""

from __future__ import annotations

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.salvage import MAX_STORE, Unreads, damaged

MAX_BLOCKS = 500_000  # of pictures and extensions; 32 MiB of full blocks are 131 thousand
MAX_PACKET = 8 * 2**20  # bytes of a packet
MAX_PACKETS = 20  # of one file; it should have one

_XMP = b"XMP DataXMP"
_STORE = b"C2PA_GIF\x01\x00\x00"  # C2PA 2.2, A.3.4
_TRAILER = b"\x01\xff\xfe\xfd\xfc\xfb"
_EXTENSION, _PICTURE, _END = 0x21, 0x2C, 0x3B
_APPLICATION = 0xFF
_LOST = "the blocks do not follow each other"
_CUT_SHORT = "it ends before its last block"


class _LostError(Exception):
    """The walk cannot go on."""


class _Walk:
    """Goes through the blocks of one file."""

    __slots__ = ("blocks", "data", "packets", "place", "unread")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 13
        self.blocks = 0
        self.packets: list[Packet] = []
        self.unread = Unreads()

    def run(self) -> None:
        """Takes the blocks up to the last. Raises `_LostError`, and `IndexError` at the end of the data."""
        data = self.data
        if not data.startswith((b"GIF87a", b"GIF89a")):
            self.place = 0
            raise _LostError(_LOST)
        self.place += _table(data[10])
        while True:
            kind = data[self.place]
            if kind == _END:
                return
            if kind == _PICTURE:
                self.place += 11 + _table(data[self.place + 9])
                self._skip()
            elif kind == _EXTENSION:
                self._extension()
            else:
                raise _LostError(_LOST)

    def _extension(self) -> None:
        data, start = self.data, self.place
        application = data[start + 1] == _APPLICATION and data[start + 2] == len(_XMP)
        self.place = start + 2
        if application and data.startswith(_XMP, start + 3):
            self.place = start + 14
            self._packet()
        elif application and data.startswith(_STORE[:8], start + 3):
            self.place = start + 14
            first = self.place
            self._skip()
            if len(self.packets) >= MAX_PACKETS or self.place - first > MAX_STORE:
                self.unread.append(Unread(Place.C2PA, "GIF/C2PA_GIF", "too many manifest stores, or one too long"))
            else:
                self.packets.append(Packet(Place.C2PA, "GIF/C2PA_GIF", _unblocked(data, first, self.place)))
        else:
            self._skip()

    def _packet(self) -> None:
        """The packet at this place, as one piece or in blocks; goes to its end."""
        start = self.place
        self._skip()  # through the trailer, or from block to block
        raw = self.data[start : min(self.place, start + MAX_PACKET)]
        if len(self.packets) >= MAX_PACKETS:
            self.unread.append(Unread(Place.XMP, "GIF/XMP", f"more than {MAX_PACKETS} packets"))
            return
        trailer = raw.rfind(_TRAILER)
        if self.place - start > MAX_PACKET:
            self.unread.append(Unread(Place.XMP, "GIF/XMP", f"longer than {MAX_PACKET} bytes"))
        packet = raw[:trailer] if trailer >= 0 else _unblocked(self.data, start, start + len(raw))
        self.packets.append(Packet(Place.XMP, "GIF/XMP", packet))

    def _skip(self) -> None:
        """Over blocks to the empty one that ends them."""
        data, place = self.data, self.place
        for _ in range(self.blocks, MAX_BLOCKS):
            length = data[place]
            place += length + 1
            self.blocks += 1
            if not length:
                self.place = place
                return
        self.place = place
        raise _LostError(f"more than {MAX_BLOCKS} blocks")


def read(data: bytes, *, complete: bool = True) -> Asset:
    """The XMP packets and manifest stores of a GIF."""
    walk = _Walk(data)
    problem: str | None = None
    try:
        walk.run()
    except _LostError as error:
        problem = str(error)
    except IndexError:
        # without the last byte, but with all blocks whole, nothing is missing
        problem = None if complete and walk.place == len(data) else _CUT_SHORT
    if problem is not None and (complete or problem != _CUT_SHORT):
        hurt = damaged(data, min(walk.place, len(data)), len(data), "GIF", problem, cut=problem != _LOST)
        walk.packets += hurt.packets
        walk.unread += hurt.unread
    hidden = any(unread.place for unread in walk.unread)
    return Asset(
        format=Format.GIF,
        packets=tuple(walk.packets),
        unread=tuple(walk.unread),
        complete=(complete or problem is None) and not hidden,
        parts=walk.blocks,
    )


def _table(flags: int) -> int:
    """The bytes of the colour table that these flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _unblocked(data: bytes, start: int, end: int) -> bytes:
    """The content of the blocks in `data[start:end]`."""
    content = bytearray()
    while start < end and data[start]:
        content += data[start + 1 : min(start + 1 + data[start], end)]
        start += data[start] + 1
    return bytes(content)
