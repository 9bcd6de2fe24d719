"""
Ogg files (RFC 3533) of Vorbis, Opus (RFC 7845) and FLAC: the identifiers in the second packet of a stream.

    page = "OggS" version type granule (8) serial (4) number (4) checksum (4) count (1) sizes (count) data

There is no place for a reservation in them but what ffmpeg carries over from other files (`vorbis_comment`).
"""

from __future__ import annotations

import re

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.vorbis_comment import Comments, read_comments
from tdm_guard.formats.salvage import Unreads, damaged, hides, is_xmp

MAX_PAGES = 8_192  # pages looked at; the comments begin on the second, and a picture in them may take some hundred
MAX_PACKET = 16 * 2**20  # bytes kept of one packet of comments, in which pictures may come first
MAX_CHAINED = 64  # streams that follow each other in one file (RFC 3533 4): recordings of a station have some dozens
_HEAD = 27
_BEGINS = re.compile(rb"OggS\0[\2\6]")  # the first page of a stream
_MARKS = (b"\x03vorbis", b"OpusTags")
_HEADS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC")  # of streams that have comments
_FLAC_COMMENT = 4
_LOST = "the pages do not follow each other"
_EARLY = "it ends before its comments do"
_TOO_MANY = f"more than {MAX_PAGES} pages before the end of the comments"


class _Stream:
    """The packets of one stream so far: how many are whole, and the one being collected."""

    def __init__(self) -> None:
        self.whole = 0
        self.packet = bytearray()
        self.awaited = True  # its comments are still to come
        self.cut = False  # of the packet, more came than is kept

    def take(self, piece: bytes) -> None:
        """Keeps a piece of the packet, unless that is too long."""
        room = MAX_PACKET - len(self.packet)
        self.cut = self.cut or len(piece) > room
        self.packet += piece[: max(room, 0)]

    def end_packet(self) -> bool:
        """Goes on to the next packet; true if the comments are still to come."""
        self.awaited = self.whole == 0 and self.packet.startswith(_HEADS)
        self.whole += 1
        self.packet = bytearray()
        return self.awaited


def read(data: bytes, *, complete: bool) -> Asset:
    """The identifiers of an Ogg file, and packets of XMP among them."""
    walk = _Walk(data)
    problem = walk.run()
    if problem is None and walk.awaited and complete:
        problem = _EARLY
    if problem is not None:
        walk.end(problem)
    return Asset(
        format=Format.OGG,
        packets=tuple(walk.packets),
        unread=tuple(walk.unread),
        tags=tuple(dict.fromkeys(walk.tags)),
        complete=(complete or walk.done) and not hides(walk.unread),
    )


class _Walk:
    """The walk over the pages, until no comments are awaited."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._streams: dict[bytes, _Stream] = {}
        self.awaited: set[bytes] = set()
        self._chained = 0
        self.done = False
        self.tags: list[tuple[str, str]] = []
        self.packets: list[Packet] = []
        self.unread = Unreads()

    def run(self) -> str | None:
        """Reads the pages; why there may be more to read than the file has."""
        data, position = self._data, 0
        for _ in range(MAX_PAGES):
            if len(data) - position < _HEAD:
                return None
            if not data.startswith(b"OggS", position):
                self.done = True
                if is_xmp(data, position):
                    hurt = damaged(data, position, len(data), "OGG", _LOST)
                    self.packets += hurt.packets
                    self.unread += hurt.unread
                return _LOST
            first = data[position + 5] & 2
            self.done = not first and bool(self._streams) and not self.awaited
            if self.done:
                chained = _BEGINS.search(data, position)
                if chained is None:
                    return None
                self._chained += 1
                if self._chained > MAX_CHAINED:
                    self.unread.append(Unread(Place.XMP, "OGG", f"more than {MAX_CHAINED} streams behind each other"))
                    return None
                position = chained.start()
                self._streams.clear()
            position = self._page(position)
        return _TOO_MANY if self.awaited or position < len(data) else None

    def _page(self, position: int) -> int:
        """One page; where the next begins."""
        data = self._data
        sizes = data[position + _HEAD : position + _HEAD + data[position + 26]]
        serial = data[position + 14 : position + 18]
        if serial not in self._streams:
            self._streams[serial] = _Stream()
            self.awaited.add(serial)
        stream = self._streams[serial]
        position += _HEAD + len(sizes)
        after = position + sum(sizes)
        for size in sizes:
            if not stream.awaited:
                break
            stream.take(data[position : position + size])
            position += size
            if size < 255 and position <= len(data):
                self._hear(stream)
                if not stream.end_packet():
                    self.awaited.discard(serial)
        return after

    def _hear(self, stream: _Stream) -> None:
        """Reads the packet of comments, if it is one."""
        if stream.whole == 1:
            found = _comments(bytes(stream.packet))
            self.tags += found.tags
            self.packets += found.packets
            self.unread += found.unread
            if stream.cut:
                self.unread.append(Unread(Place.XMP, "OGG", f"comments of more than {MAX_PACKET} bytes"))

    def end(self, problem: str) -> None:
        """Reads what there is of comments that did not end."""
        begun = False
        for serial in self.awaited:
            stream = self._streams[serial]
            begun = begun or bool(stream.whole and stream.packet)
            self._hear(stream)
        if begun or problem == _TOO_MANY or (self.awaited and problem == _EARLY):
            self.unread.append(Unread(Place.XMP, "OGG", problem))


def _comments(packet: bytes) -> Comments:
    for mark in _MARKS:
        if packet.startswith(mark):
            return read_comments(packet, len(mark), len(packet), "OGG")
    if packet[:1] in (b"\x04", b"\x84") and len(packet) - 4 >= int.from_bytes(packet[1:4], "big") > 0:
        return read_comments(packet, _FLAC_COMMENT, len(packet), "OGG")
    return Comments(())
