"""
ISO base media files (ISO/IEC 14496-12): MP4, MOV, M4A, HEIF, AVIF; and the boxes of JPEG 2000 and JPEG XL.

XMP: `uuid` box (XMP Part 3, 1.2.6), `XMP_` in a user data box (QuickTime), an item of type `mime` (HEIF, 23008-12).
C2PA: `uuid` box (C2PA 2.1, A.5). Identifiers: the items of `ilst`, and an ID3 tag in `ID32`.

strategy: boxes are walked by their lengths; only those that can hold one of these are entered.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from tdm_guard.formats.files import bmff_items, brob, id3
from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread, more_names
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.ilst import ilst_tags
from tdm_guard.formats.salvage import MAX_PACKET, MAX_STORE, Unreads, damaged, hides, is_c2pa, is_xmp

MAX_BOXES = 50_000  # boxes looked at; hours of video in fragments have some ten thousand
MAX_FOUND = 50  # packets of one file; it should have one
MOVIE_COST = 10_000  # boxes that one compressed movie header counts for; a file has one
MAX_BROBS = 2  # compressed boxes of one picture; it has one for its XMP
MAX_TAGS = 4  # ID3 tags of one file, and lists of names; it has one
MAX_MOVIE = 4 * 2**20  # bytes of a compressed movie header when decompressed
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_ENTERED = {  # boxes that are entered, by the box they are in; "" is the file
    "": frozenset({b"moov", b"meta", b"udta"}),
    "moov": frozenset({b"udta", b"meta", b"trak", b"cmov"}),
    "trak": frozenset({b"udta", b"meta"}),
    "udta": frozenset({b"meta"}),
    "cmov": frozenset(),
    "meta": frozenset(),
}
# boxes in which a packet is looked at or cannot be; then others. Any other word with such a length is likely to be junk
_UNDERSTOOD = frozenset({b"mdat", b"uuid", b"XMP_"}).union(*_ENTERED.values())
_COMMON = _UNDERSTOOD.union(
    b"ftyp styp free skip wide moof mfra sidx ssix emsg pdin prft idat ilst keys hdlr iinf iloc iprp iref mvhd".split(),
    b"mvex mdia tkhd edts cmvd jumb brob jp2c jxlc jxlp".split(),
)
# words of what holds a packet in which no mark of it can be seen: it is compressed, or lies elsewhere
_UNSEEN = (bmff_items.RDF, b"brobxml ", b"brobjumb")


class Box(NamedTuple):
    """A box: its type, where its content starts and ends, whether the content was cut by the end of the file."""

    type: bytes
    start: int
    end: int
    cut: bool


def read(data: bytes, *, complete: bool) -> Asset:
    """What lies in an ISO base media file."""
    if data.startswith(b"\xff\x0a"):  # JPEG XL without boxes around it: a picture and nothing else
        return Asset(format=Format.BMFF)
    walk = _Walk(data, complete=complete)
    walk.enter("", 0, len(data), "BMFF")
    return Asset(
        format=Format.BMFF,
        packets=tuple(walk.packets),
        unread=tuple(walk.unread),
        tags=tuple(walk.tags),
        complete=complete and not hides(walk.unread),
        parts=MAX_BOXES - walk.boxes_left,
    )


class _Walk:
    """The state of one walk over `data`."""

    def __init__(self, data: bytes, *, complete: bool, boxes: int = MAX_BOXES) -> None:
        self._data = data
        self._complete = complete
        self.boxes_left = boxes
        self.packets: list[Packet] = []
        self.unread = Unreads()
        self.tags: list[tuple[str, str]] = []
        self._too_many = False
        self._brobs_left = MAX_BROBS
        self._id3_left = self._lists_left = MAX_TAGS
        self._hurt_at_end = False  # said once, not of each box around the damage

    def enter(self, name: str, start: int, end: int, path: str) -> bmff_items.Tables:
        """Looks at the boxes between `start` and `end`, the content of the box `name`; returns its tables of items."""
        tables: bmff_items.Tables = {}
        for box in self._boxes(start, end, path):
            if box.type in bmff_items.TABLES:
                tables.setdefault(box.type, []).append((box.start, box.end))
            elif box.type in _ENTERED[name]:
                self._enter_child(box, path)
            elif box.type == b"uuid":
                self._uuid(box, path)
            elif box.type in (b"XMP_", b"xml "):
                if box.type == b"XMP_" or is_xmp(self._data, box.start, box.end):
                    self._xmp(box.start, box.end, f"{path}/{box.type.decode().strip()}", cut=box.cut)
            elif box.type == b"ID32":
                self._id3(box, path)
            elif box.type == b"ilst":
                self._names(box, path)
            elif box.type in (b"jumb", b"brob") and name == "":
                self._jpeg_xl(box, path)
        return tables

    def _enter_child(self, box: Box, path: str) -> None:
        name = box.type.decode()
        path = f"{path}/{name}"
        if name == "cmov":
            self._compressed_movie(box, path)
        elif name == "meta":
            # a full box has a version and flags; QuickTime's has none, its first child is the handler
            start = box.start if self._data[box.start + 4 : box.start + 8] == b"hdlr" else box.start + 4
            tables = self.enter(name, start, box.end, path)
            found = bmff_items.xmp_items(self._data, tables, path, complete=self._complete)
            self._add(found.packets, found.unread)
        else:
            self.enter(name, box.start, box.end, path)

    def _boxes(self, start: int, end: int, path: str) -> Iterator[Box]:
        data, position = self._data, start
        while end - position >= 8:
            if self.boxes_left <= 0:
                compressed = data.find(b"cmvd", position, end) >= 0
                self._hurt(position, end, path, f"more than {MAX_BOXES} boxes", cut=compressed)
                return
            self.boxes_left -= 1
            size = int.from_bytes(data[position : position + 4], "big")
            kind = data[position + 4 : position + 8]
            content = position + 8
            if size == 1:
                size = int.from_bytes(data[position + 8 : position + 16], "big")
                content = position + 16
            elif size == 0:
                if kind == b"\0\0\0\0":  # the end of QuickTime's user data, or padding
                    break
                size = end - position
            after = position + size
            if after < content or content > end:
                self._hurt(position, end, path, f"box {_name(kind)} with a length of {size}")
                return
            cut = after > end
            if cut:
                # where the box around it ends before the file does, no byte is missing
                first = end if kind in _UNDERSTOOD else position
                message = f"box {_name(kind)} ends {after - end} bytes too late"
                self._hurt(first, end, path, message, cut=end == len(data) and kind in _COMMON)
            yield Box(kind, content, min(after, end), cut)
            position = after

    def _id3(self, box: Box, path: str) -> None:
        self._id3_left -= 1
        if self._id3_left < 0:
            places = (Place.XMP, Place.C2PA, Place.RSL)
            self.unread += [Unread(place, f"{path}/ID32", f"more than {MAX_TAGS} tags") for place in places]
            return
        tag = id3.read_tag(self._data, box.start + 6, box.end, f"{path}/ID32")  # version, flags, language
        self._add(tag.packets, tag.unread, tag.tags)

    def _names(self, box: Box, path: str) -> None:
        self._lists_left -= 1
        more = self._lists_left < 0
        if not more:
            found, more = ilst_tags(self._data, box.start, box.end)
            self.tags += found
        if more:
            self.unread.append(more_names(f"{path}/ilst"))

    def _uuid(self, box: Box, path: str) -> None:
        identifier = self._data[box.start : box.start + 16]
        if identifier == XMP_UUID:
            self._xmp(box.start + 16, box.end, f"{path}/uuid", cut=box.cut)
        elif identifier == C2PA_UUID:
            # a full box, then the purpose, ended by a zero byte; a manifest has an offset of 8 bytes before it
            purpose = box.start + 20
            stop = self._data.find(b"\0", purpose, min(box.end, purpose + 64))
            if stop >= 0 and self._data[purpose:stop] != b"merkle":
                store = self._data[stop + 9 : min(box.end, stop + 9 + MAX_STORE)]
                self._found(Packet(Place.C2PA, f"{path}/uuid", store))
            elif stop < 0 and not box.cut:
                self.unread.append(Unread(Place.C2PA, f"{path}/uuid", "a C2PA box without a purpose"))

    def _xmp(self, start: int, end: int, locator: str, *, cut: bool = False) -> None:
        if cut and not self._complete:
            return  # the rest of it is still to come
        if end - start > MAX_PACKET:
            self.unread.append(Unread(Place.XMP, locator, f"XMP of more than {MAX_PACKET} bytes"))
        self._found(Packet(Place.XMP, locator, self._data[start : min(end, start + MAX_PACKET)]))

    def _found(self, packet: Packet) -> None:
        if len(self.packets) < MAX_FOUND:
            self.packets.append(packet)
        elif not self._too_many:
            self._too_many = True
            self.unread.append(Unread(packet.place, packet.locator, f"more than {MAX_FOUND} packets"))

    def _compressed_movie(self, box: Box, path: str) -> None:
        """A movie header deflated as a whole (QuickTime, `cmov`)."""
        if box.cut and not self._complete:
            return
        for child in self._boxes(box.start, box.end, path):
            if child.type != b"cmvd":
                continue
            self.boxes_left -= MOVIE_COST
            inflater = zlib.decompressobj()
            try:
                movie = inflater.decompress(memoryview(self._data)[child.start + 4 : child.end], MAX_MOVIE)
            except zlib.error as error:
                movie = b""
                self.unread.append(Unread(Place.XMP, path, f"a compressed movie header that is damaged: {error}"))
            if movie and not inflater.eof:
                ends = f"a movie header that ends early, or of more than {MAX_MOVIE} bytes"
                self.unread.append(Unread(Place.XMP, path, ends))
            inner = _Walk(movie, complete=True, boxes=self.boxes_left)
            inner.enter("moov", 8, len(movie), path)  # it is one box `moov`, in which no other is compressed
            self.boxes_left = inner.boxes_left
            self._add(tuple(inner.packets), tuple(inner.unread), tuple(inner.tags))

    def _jpeg_xl(self, box: Box, path: str) -> None:
        """Boxes of JPEG XL (18181-2): a manifest store, or another box compressed with Brotli."""
        if box.type == b"jumb":
            store = self._data[box.start - 8 : min(box.end, box.start + MAX_STORE)]
            if b"c2pa" in store[:64]:
                self._found(Packet(Place.C2PA, f"{path}/jumb", store))
        elif self._data[box.start : box.start + 4] in (b"xml ", b"jumb") and not (box.cut and not self._complete):
            self._brob(box, f"{path}/brob")

    def _brob(self, box: Box, locator: str) -> None:
        kind = self._data[box.start : box.start + 4]
        place = Place.XMP if kind == b"xml " else Place.C2PA
        self._brobs_left -= 1
        if self._brobs_left < 0:
            self.unread.append(Unread(place, locator, f"more than {MAX_BROBS} compressed boxes"))
            return
        body, problem = brob.unpacked(self._data[box.start + 4 : min(box.end, box.start + 5 + brob.MAX_INPUT)])
        if place is Place.C2PA:
            body = (len(body) + 8).to_bytes(4, "big") + b"jumb" + body if body else b""
        if body and (is_c2pa(body) if place is Place.C2PA else is_xmp(body)):
            self._found(Packet(place, locator, body))
        if problem is not None:
            self.unread.append(Unread(place, locator, problem))

    def _hurt(self, start: int, end: int, path: str, message: str, *, cut: bool = False) -> None:
        if self._complete and not self._hurt_at_end:
            cut = cut or any(self._data.find(word, start, end) >= 0 for word in _UNSEEN)
            self._hurt_at_end = cut
            found = damaged(self._data, start, end, path, message, cut=cut)
            self._add(found.packets, found.unread)

    def _add(
        self,
        packets: tuple[Packet, ...],
        unread: tuple[Unread, ...],
        tags: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.packets += packets
        self.unread += unread
        self.tags += tags


def _name(kind: bytes) -> str:
    return repr(kind.decode("latin-1"))
