"""
AIFF and AIFF-C (Apple, 1989 and 1991), whose chunks follow each other as in EA IFF 85.

    "ID3 "           an ID3v2 tag, in which XMP and the ISRC lie
    "APPL" "XMP "    a packet                                 XMP Part 3, 1.2.2
    "NAME", "AUTH"   title and author
"""

from __future__ import annotations

from struct import Struct

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread, more_names
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.id3 import read_tag
from tdm_guard.formats.salvage import MAX_PACKET, Unreads, damaged, hides

MAX_CHUNKS = 20_000  # a recording has a dozen; one with many comments some hundred
MAX_TAGS = 4  # ID3 tags of one file; it has one
MAX_FOUND = 8  # packets of one file; it should have one
MAX_NAMES = 64  # names in one file
MAX_TEXT = 512  # bytes of a name
_HEAD = Struct(">4sI")
_NAMES = {b"NAME": "title", b"AUTH": "creator_name"}
_ID3 = b"ID3 "
_XMP = b"XMP "
_CUT_SHORT = "it ends within a chunk"


class _Chunks:
    """What was found on the walk."""

    __slots__ = ("complete", "counts", "data", "packets", "tags", "unread")

    def __init__(self, data: bytes, *, complete: bool) -> None:
        self.data = data
        self.complete = complete
        self.counts = {_ID3: 0, _XMP: 0}
        self.packets: list[Packet] = []
        self.unread = Unreads()
        self.tags: list[tuple[str, str]] = []

    def take(self, name: bytes, start: int, end: int) -> str | None:
        """One chunk, `data[start:end]`; returns a bound that was reached."""
        if name.upper() == _ID3:
            self.counts[_ID3] += 1
            if self.counts[_ID3] > MAX_TAGS:
                return f"more than {MAX_TAGS} ID3 tags"
            tag = read_tag(self.data, start, end, "AIFF/ID3", complete=self.complete)
            self.packets += tag.packets
            self.unread += tag.unread
            self.tags += tag.tags
        elif name == b"APPL" and self.data.startswith(_XMP, start):
            self.counts[_XMP] += 1
            if self.counts[_XMP] > MAX_FOUND or end - start > MAX_PACKET:
                self.unread.append(Unread(Place.XMP, "AIFF/APPL", "too many packets, or one too long"))
            else:
                self.packets.append(Packet(Place.XMP, "AIFF/APPL", self.data[start + 4 : end]))
        elif key := _NAMES.get(name):
            raw = self.data[start : min(end, start + MAX_TEXT)]
            if (text := raw.decode("utf-8", "replace").strip("\0 \t\r\n")) and len(self.tags) < MAX_NAMES:
                self.tags.append((key, text))
            elif text:
                self.unread.append(more_names("AIFF"))
        return None


def read(data: bytes, *, complete: bool) -> Asset:
    """The XMP packets and names in an AIFF file."""
    found = _Chunks(data, complete=complete)
    place, problem = _walk(data, found)
    if problem is not None and complete:
        hurt = damaged(data, min(place, len(data)), len(data), "AIFF", problem, cut=problem == _CUT_SHORT)
        found.packets += hurt.packets
        found.unread += hurt.unread
        if problem.startswith("more"):
            found.unread += [Unread(kind, "AIFF", problem) for kind in (Place.XMP, Place.C2PA, Place.RSL)]
    return Asset(
        format=Format.AIFF,
        packets=tuple(found.packets),
        unread=tuple(found.unread) if complete else (),
        tags=tuple(dict.fromkeys(found.tags)),
        complete=complete and not hides(found.unread),
    )


def _walk(data: bytes, found: _Chunks) -> tuple[int, str | None]:
    """Takes the chunks; returns where it lost its way, and why."""
    size = len(data)
    if not data.startswith(b"FORM"):
        return 0, "it does not begin as an AIFF file"
    place = 12
    for _ in range(MAX_CHUNKS):
        if place + 8 > size:
            return place, _CUT_SHORT if place < 8 + int.from_bytes(data[4:8], "big") else None
        name, length = _HEAD.unpack_from(data, place)
        start, end = place + 8, place + 8 + length
        if end <= size or found.complete:
            problem = found.take(name, start, min(end, size))
            if problem is not None:
                return place, problem
        if end > size:
            return place, _CUT_SHORT
        place = end + length % 2
    return place, f"more than {MAX_CHUNKS} chunks"
