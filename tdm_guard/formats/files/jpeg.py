"""
JPEG (ITU-T T.81, Annex B): the application segments before the picture data.

    APP1   "http://ns.adobe.com/xap/1.0/" NUL packet                                    XMP Part 3, 1.1.3
    APP1   "http://ns.adobe.com/xmp/extension/" NUL guid length offset part              XMP Part 3, 1.1.3.1
    APP11  "JP" instance sequence box-length box-type ...                                ISO 19566-5, Annex D

The walk ends at the picture data, which holds no metadata, so that a prefix of some kilobytes is usually enough.
"""

from __future__ import annotations

import re
from struct import Struct
from typing import NamedTuple

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.salvage import Unreads, damaged

MAX_SEGMENTS = 4_000  # extended XMP of 8 MiB takes 130, a colour profile at most 255
MAX_EXTENDED = 8 * 2**20  # bytes of one joined extended packet
MAX_STORE = 16 * 2**20  # bytes of one joined manifest store; thumbnails in it take some hundred kilobytes
MAX_PACKETS = 100  # of one file; it should have one
MAX_ODD = 8  # segments without the name of XMP that are searched for it; each is read byte by byte
MAX_NOISE = 2**16  # bytes that are skipped in search of the next segment

XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENSION_HEAD = Struct(">32sII")
_EXIF = b"Exif\0"
_ODD_XMP = re.compile(rb"<(?:\?xpacket|(?:[A-Za-z_][\w.-]{0,15}:)?(?:xmpmeta|xapmeta|RDF)[\s>])")
_ODD_WORDS = (b"<?xpacket", b"xmpmeta", b"xapmeta", b"RDF")  # without which the expression finds nothing
_EXTENDED = re.compile(rb"""HasExtendedXMP\s{0,64}(?:=\s{0,64}["']|>)\s{0,64}([0-9A-Fa-f]{32})""")
_STORE_HEAD = Struct(">2sHI")  # "JP", box instance, packet sequence; then the box's own length and type again
_STORE_BOX = b"jumb"

_SOI, _EOI, _SOS, _APP1, _APP11 = 0xD8, 0xD9, 0xDA, 0xE1, 0xEB
_ALONE = frozenset({0x01, *range(0xD0, 0xD8), _SOI})  # markers without a length
_ENDS = (_SOS, _EOI)
_TAKEN = (_APP1, _APP11)
_LOST = "the segments do not follow each other"
_CUT_SHORT = "it ends before its picture data"
_TOO_MANY = f"more than {MAX_SEGMENTS} segments"


class _Part(NamedTuple):
    """A part of a packet that goes over several segments: its order, and where its bytes lie in the file."""

    order: int
    start: int
    end: int


class _Segments:
    """What was found on the walk."""

    __slots__ = ("cut", "extended", "lost", "odd", "packets", "stores", "unread")

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.extended: dict[bytes, tuple[int, list[_Part]]] = {}
        self.stores: dict[int, list[_Part]] = {}
        self.unread = Unreads()
        self.odd = 0
        self.cut: tuple[int, int] | None = None  # marker and start of a segment that the file does not end
        self.lost: int | None = None  # the first place where something else than a segment stood

    def astray(self, place: int) -> None:
        """Notes that no segment begins at this place."""
        self.lost = place if self.lost is None else self.lost

    def take(self, data: bytes, marker: int, start: int, end: int) -> None:
        """One segment without marker and length, `data[start:end]`."""
        if marker == _APP1:
            self._app1(data, start, end)
        elif data.startswith(b"JP", start) and data[start + 12 : start + 16] == _STORE_BOX and end - start > 16:
            _, instance, sequence = _STORE_HEAD.unpack_from(data, start)
            # every segment repeats the head of the box; only the first one's belongs to the store
            part = _Part(sequence, start + 8 if sequence <= 1 else start + 16, end)
            self.stores.setdefault(instance, []).append(part)

    def _app1(self, data: bytes, start: int, end: int) -> None:
        if len(self.packets) >= MAX_PACKETS:
            self.unread.append(Unread(Place.XMP, "JPEG/APP1", f"more than {MAX_PACKETS} packets"))
        elif data.startswith(XMP, start):
            self.packets.append(Packet(Place.XMP, "JPEG/APP1", data[start + len(XMP) : end]))
        elif data.startswith(EXTENSION, start):
            head = start + len(EXTENSION)
            if head + _EXTENSION_HEAD.size > end:
                self.unread.append(Unread(Place.XMP, "JPEG/APP1", "an extended XMP segment without its head"))
                return
            guid, length, offset = _EXTENSION_HEAD.unpack_from(data, head)
            part = _Part(offset, head + _EXTENSION_HEAD.size, end)
            self.extended.setdefault(guid.upper(), (length, []))[1].append(part)
        elif not data.startswith(_EXIF, start):
            self._odd_app1(data[start:end])

    def _odd_app1(self, segment: bytes) -> None:
        """Programs exist that leave out or misspell the name."""
        if not any(word in segment for word in _ODD_WORDS):
            return
        self.odd += 1
        if self.odd > MAX_ODD:
            self.unread.append(Unread(Place.XMP, "JPEG/APP1", f"more than {MAX_ODD} segments of XMP without its name"))
        elif odd := _ODD_XMP.search(segment):
            self.packets.append(Packet(Place.XMP, "JPEG/APP1", segment[odd.start() :]))


_PLAIN = Asset(format=Format.JPEG)
_CUT = Asset(format=Format.JPEG, complete=False)


def read(data: bytes, *, complete: bool = True) -> Asset:
    """The XMP packets and manifest stores of a JPEG."""
    found = _Segments()
    problem = _walk(data, found)
    if problem is None and not (found.packets or found.extended or found.stores or found.unread):
        return _PLAIN
    more = problem == _CUT_SHORT and not complete
    if more and not (found.packets or found.unread):
        return _CUT
    if not more:  # of a prefix, parts are not all there
        _join_extended(data, found)
        _join_stores(data, found)
        if problem is not None:
            _lost(data, problem, found)
    hidden = any(unread.place for unread in found.unread)
    return Asset(
        format=Format.JPEG,
        packets=tuple(found.packets),
        unread=tuple(found.unread),
        complete=(complete or problem is None) and not hidden,
    )


def _walk(data: bytes, found: _Segments) -> str | None:
    """Takes the segments up to the picture data; returns why there may be more of them."""
    size = len(data)
    place = 2 if data.startswith(b"\xff\xd8") else data.find(b"\xff\xd8\xff", 0, MAX_NOISE) + 2
    if place < 2:
        found.lost = 0
        return _LOST
    problem: str | None = None
    for _ in range(MAX_SEGMENTS):
        if place + 4 > size:
            problem = None if data.startswith(b"\xff\xd9", place) else _end(data, found)
            break
        if data[place] != 0xFF:
            found.astray(place)  # what is skipped may have been a segment
            place = data.find(b"\xff", place, place + MAX_NOISE)
            if place < 0:
                break
            continue
        marker = data[place + 1]
        if marker in _ENDS:
            break
        if marker == 0xFF or marker in _ALONE:
            place += 1 if marker == 0xFF else 2
            continue
        end = place + 2 + (data[place + 2] << 8 | data[place + 3])
        if end < place + 4:
            found.astray(place)
            break
        if end > size:
            found.cut = (marker, place + 4)
            problem = _end(data, found)
            break
        if marker in _TAKEN:
            found.take(data, marker, place + 4, end)
        place = end
    else:
        return _TOO_MANY
    return problem if problem is not None or found.lost is None else _LOST


def _end(data: bytes, found: _Segments) -> str:
    """What the end of the data means: behind damage the walk may also have gone astray in a file that has its end."""
    return _CUT_SHORT if found.lost is None or not data[-64:].rstrip(b"\0\r\n").endswith(b"\xff\xd9") else _LOST


def _lost(data: bytes, problem: str, found: _Segments) -> None:
    """What the walk did not reach may hold packets; they are not compressed here, so that they can be seen."""
    if problem == _CUT_SHORT and found.cut is not None and found.cut[0] in _TAKEN:
        found.take(data, found.cut[0], found.cut[1], len(data))
    if found.lost is not None:
        hurt = damaged(data, found.lost, len(data), "JPEG", _LOST)
        found.packets += hurt.packets
        found.unread += hurt.unread
    if problem != _LOST:
        found.unread += [Unread(kind, "JPEG", problem) for kind in (Place.XMP, Place.C2PA)]


def _join_extended(data: bytes, found: _Segments) -> None:
    """Joins the extended packet that a main packet names; others are left over from an earlier edition."""
    if not found.extended:
        return
    main = [packet.data.replace(b"\0", b"") for packet in found.packets]  # in UTF-16 too
    named = {match.group(1).upper() for packet in main for match in _EXTENDED.finditer(packet)}
    place = None if main else Place.XMP  # without a main packet, one was lost
    for guid, (length, parts) in found.extended.items():
        if guid not in named:
            found.unread.append(Unread(place, "JPEG/APP1", "extended XMP that no packet of the file names"))
            continue
        joined, whole = _joined(data, parts)
        found.packets.append(Packet(Place.XMP, "JPEG/APP1/extended", joined))
        if not whole or len(joined) != length:
            found.unread.append(Unread(Place.XMP, "JPEG/APP1/extended", "parts are missing, or too long together"))


def _joined(data: bytes, parts: list[_Part]) -> tuple[bytes, bool]:
    """The parts by their offsets, and whether they lie end to end within `MAX_EXTENDED` bytes."""
    joined = bytearray()
    for part in sorted(parts):
        if part.order != len(joined) or len(joined) + part.end - part.start > MAX_EXTENDED:
            return bytes(joined), False
        joined += memoryview(data)[part.start : part.end]
    return bytes(joined), True


def _join_stores(data: bytes, found: _Segments) -> None:
    for parts in found.stores.values():
        if sum(part.end - part.start for part in parts) > MAX_STORE:
            found.unread.append(Unread(Place.C2PA, "JPEG/APP11", f"a manifest store of more than {MAX_STORE} bytes"))
        else:
            view = memoryview(data)
            store = b"".join(view[part.start : part.end] for part in sorted(parts))
            found.packets.append(Packet(Place.C2PA, "JPEG/APP11", store))
