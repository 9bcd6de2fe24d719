"""
ID3v2 tags (id3.org: 2.2, 2.3, 2.4), at the beginning of MP3 and other files or at their end.

    header     = "ID3" version revision flags size          (size of four bytes with seven bits each)
    frame 2.2  = id (3) size (3)                 frame 2.3, 2.4 = id (4) size (4) flags (2)

XMP is in a `PRIV` frame of the owner `XMP` (XMP Part 3, 2.3.3), a C2PA manifest store in a `GEOB` frame (C2PA 2.1,
A.3.6); an RSL document may stand in any frame with text or data of its own.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from tdm_guard.formats.files.asset import Packet, Place, Unread
from tdm_guard.formats.salvage import MAX_PACKET, MAX_STORE, Unreads, damaged, is_c2pa

MAX_FRAMES = 4_096  # frames of one tag; a book in chapters has some hundred
MAX_UNSYNCHRONISED = 16 * 2**20  # bytes of a tag that is copied to undo its unsynchronisation
MAX_INFLATED = 2**20  # bytes that compressed frames of one tag come to
MAX_DEFLATED = 2**20  # bytes of a compressed frame that are looked at
MAX_FOUND = 50  # packets of one tag; it should have one of a kind
MAX_TEXT = 4_096  # bytes of a text, of which several codes may be joined
HEADER = 10

_TEXT_KEYS = {
    b"TSRC": "isrc", b"TPUB": "publisher", b"TCOM": "creator_name", b"TEXT": "creator_name", b"TPE1": "creator_name",
    b"TIT2": "title",
    b"TRC": "isrc", b"TPB": "publisher", b"TCM": "creator_name", b"TXT": "creator_name", b"TP1": "creator_name",
    b"TT2": "title",
}  # fmt: skip
_PLACES = (Place.XMP, Place.C2PA, Place.RSL)
_FREE_TEXT = (b"TXXX", b"TXX")
_FREE_KEYS = {  # descriptions of free text frames, in capitals
    "ISWC": "iswc", "ISRC": "isrc", "TSRC": "isrc", "LABEL": "label", "BARCODE": "gtin", "UPC": "gtin", "EAN": "gtin",
    "PUBLISHER": "publisher", "DOI": "doi", "ISBN": "isbn", "ISSN": "issn", "ISNI": "creator_isni",
    "IPI": "creator_ipi", "ISAN": "isan", "EIDR": "eidr",
}  # fmt: skip
_OBJECTS = (b"GEOB", b"GEO")
_DOCUMENTS = frozenset({b"PRIV", b"GEOB", b"GEO", b"TXXX", b"TXX", b"COMM", b"COM", b"LINK", b"LNK"})
_RSL = b"rslstandard.org/rsl"
_FRAME_ID = re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9 \0]")
_FRAME_ID_22 = re.compile(rb"[A-Z][A-Z0-9]{2}")
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")


class Id3Tag(NamedTuple):
    """What lies in a tag; `end` is where the tag ends, `next` where its SEEK frame says that another is."""

    end: int
    packets: tuple[Packet, ...] = ()
    unread: tuple[Unread, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    next: int | None = None


class _Frame(NamedTuple):
    id: bytes
    start: int
    end: int
    flags: int


def is_tag(data: bytes, start: int) -> bool:
    """True if a tag begins here: its word, a version, and a size that can be one."""
    head = data[start : start + HEADER]
    return len(head) == HEADER and head[:3] == b"ID3" and head[3] < 0xFF and head[4] < 0xFF and max(head[6:]) < 0x80


def footed_tag(data: bytes, end: int) -> int | None:
    """Where the tag begins whose footer (2.4, 3.4) ends at `end`, if there is one."""
    foot = data[max(0, end - HEADER) : end]
    if len(foot) < HEADER or foot[:3] != b"3DI":
        return None
    start = end - 2 * HEADER - _seven_bits(foot[6:])
    return start if start >= 0 and is_tag(data, start) else None


def read_tag(data: bytes, start: int, end: int, path: str, *, complete: bool = True) -> Id3Tag:
    """
    The tag that begins at `start`, of which nothing lies beyond `end`.

    `complete=False`: what lies beyond `end` is still to come.
    """
    if not is_tag(data, start):
        message = "not an ID3 tag where there should be one"
        return Id3Tag(end=end, unread=damaged(data, start, end, path, message).unread if complete else ())
    version, flags = data[start + 3], data[start + 5]
    stop = start + HEADER + _seven_bits(data[start + 6 : start + HEADER])
    after = stop + HEADER if version == 4 and flags & 0x10 else stop
    reader = _Reader(path, version, complete=complete or stop <= end)
    if stop > end:
        reader.hurt(data, start, end, f"the tag ends {stop - end} bytes too late", cut=True)
    reader.read(data, start + HEADER, min(stop, end), flags)
    following = None if reader.seek is None else after + reader.seek
    return Id3Tag(min(after, end), tuple(reader.packets), tuple(reader.unread), tuple(reader.tags), following)


class _Reader:
    """The state of reading one tag."""

    def __init__(self, path: str, version: int, *, complete: bool) -> None:
        self._path = path
        self._version = version
        self._complete = complete
        self._all_unsynchronised = False
        self._left = MAX_INFLATED
        self._cut = False  # of the frame being read, a part was not unpacked
        self.packets: list[Packet] = []
        self.unread = Unreads()
        self.tags: list[tuple[str, str]] = []
        self.seek: int | None = None

    def hurt(self, data: bytes, start: int, end: int, message: str, *, cut: bool = False) -> None:
        """Notes damage, and what may hide behind it."""
        if self._complete:
            # a frame may be compressed, so that no mark can be seen in it
            cut = cut or any(data.find(word, start, end) >= 0 for word in (b"PRIV", *_OBJECTS))
            found = damaged(data, start, end, self._path, message, cut=cut)
            self.packets += found.packets
            self.unread += found.unread

    def read(self, data: bytes, start: int, end: int, flags: int) -> None:
        """Reads the frames between `start` and `end` under the flags of the tag's header."""
        if not 2 <= self._version <= 4:
            self.hurt(data, start, end, f"ID3 of version 2.{self._version}, which is not read", cut=True)
            return
        if self._version == 2 and flags & 0x40:
            self.hurt(data, start, end, "a compressed tag, for which ID3 2.2 has no scheme", cut=True)
            return
        if flags & 0x80 and self._version < 4:
            if end - start > MAX_UNSYNCHRONISED:
                self.hurt(data, start, end, f"an unsynchronised tag of more than {MAX_UNSYNCHRONISED} bytes", cut=True)
                return
            data = data[start:end].replace(b"\xff\0", b"\xff")
            start, end = 0, len(data)
        self._all_unsynchronised = self._version == 4 and bool(flags & 0x80)
        if flags & 0x40:
            first, start = start, self._after_extended_header(data, start, end)
            if start > end:
                self.hurt(data, first, end, f"an extended header that ends {start - end} bytes too late", cut=True)
                return
        for frame in self._frames(data, start, end):
            self._frame(data, frame)

    def _after_extended_header(self, data: bytes, start: int, end: int) -> int:
        """
        Where the frames begin behind an extended header.

        Its size counts itself in 2.4 and does not in 2.3; some writers mix them up, or have no such header: what leads
        to a frame is taken.
        """
        size = data[start : start + 4]
        seven, plain = start + max(_seven_bits(size), 6), start + 4 + int.from_bytes(size, "big")
        places = (seven, plain) if self._version == 4 else (plain, plain - 4)
        for place in (*places, start):
            if _FRAME_ID.match(data, place, end):
                if place != places[0]:
                    self.unread.append(Unread(None, self._path, "an extended header with a wrong size, or none"))
                return place
        return places[0]

    def _frames(self, data: bytes, start: int, end: int) -> Iterator[_Frame]:
        short = self._version == 2
        head = 6 if short else 10
        pattern = _FRAME_ID_22 if short else _FRAME_ID
        for _ in range(MAX_FRAMES):
            if end - start < head or data[start] == 0:  # padding
                return
            if not pattern.match(data, start, end):
                self.hurt(data, start, end, "bytes that are neither a frame nor padding")
                return
            if short:
                size, flags = int.from_bytes(data[start + 3 : start + 6], "big"), 0
            else:
                size = self._size(data, start, end)
                flags = int.from_bytes(data[start + 8 : start + 10], "big")
            stop = start + head + size
            if stop > end:
                self.hurt(data, start, end, f"frame {_name(data[start : start + 4])} ends {stop - end} bytes too late")
                return
            yield _Frame(data[start : start + head - (3 if short else 6)], start + head, stop, flags)
            start = stop
        self.hurt(data, start, end, f"more than {MAX_FRAMES} frames")

    def _size(self, data: bytes, start: int, end: int) -> int:
        """
        The size of a frame: seven bits a byte in 2.4, eight in 2.3.

        Some writers of 2.4 (iTunes) use eight, some of 2.3 seven: what leads to another frame, to padding or to the end
        is taken where the two differ.
        """
        raw = data[start + 4 : start + 8]
        plain = int.from_bytes(raw, "big")
        if plain < 0x80 or max(raw) >= 0x80:
            return plain
        seven = _seven_bits(raw)
        first, second = (seven, plain) if self._version == 4 else (plain, seven)
        return (
            second
            if not _leads_on(data, start + 10 + first, end) and _leads_on(data, start + 10 + second, end)
            else first
        )

    def _frame(self, data: bytes, frame: _Frame) -> None:
        key = _TEXT_KEYS.get(frame.id)
        if key is not None or frame.id in _FREE_TEXT:
            content = self._content(data, frame, MAX_TEXT)
            if content:
                self._text(key, content)
        if frame.id in _DOCUMENTS:
            content = self._content(data, frame, MAX_STORE)
            if content is not None:
                self._document(frame.id, content)
            if content is None or self._cut or frame.end - frame.start > MAX_STORE:
                place = Place.XMP if frame.id == b"PRIV" else Place.C2PA if frame.id in _OBJECTS else Place.RSL
                message = "a frame that is encrypted, damaged or too long, or one compressed too many"
                self.unread.append(Unread(place, f"{self._path}/{_plain(frame.id)}", message))
        elif frame.id == b"SEEK" and frame.end - frame.start == 4:
            self.seek = int.from_bytes(data[frame.start : frame.end], "big")

    def _content(self, data: bytes, frame: _Frame, limit: int) -> bytes | None:
        """A frame's content, at most `limit` bytes of it, with what its flags say undone; None if that cannot be."""
        start, flags = frame.start, frame.flags
        self._cut = False
        if self._version == 4:
            grouped, deflated, encrypted = flags & 0x40, flags & 0x08, flags & 0x04
            sized, unsynchronised = flags & 0x01, flags & 0x02 or self._all_unsynchronised
            start += (1 if grouped else 0) + (4 if sized else 0)
        else:
            deflated, encrypted, grouped, unsynchronised = flags & 0x80, flags & 0x40, flags & 0x20, 0
            start += (4 if deflated else 0) + (1 if grouped else 0)
        if encrypted:
            return None
        if deflated:
            content = data[start : min(frame.end, start + MAX_DEFLATED)]
            return self._inflated(content.replace(b"\xff\0", b"\xff") if unsynchronised else content, limit)
        content = data[start : min(frame.end, start + (2 * limit if unsynchronised else limit))]
        return content.replace(b"\xff\0", b"\xff")[:limit] if unsynchronised else content

    def _inflated(self, content: bytes, limit: int) -> bytes | None:
        if self._left <= 0:
            return None
        try:
            stream = zlib.decompressobj()
            content = stream.decompress(content, min(limit, self._left))
        except zlib.error:
            return None
        self._left -= len(content)
        self._cut = not stream.eof
        return content

    def _text(self, key: str | None, content: bytes) -> None:
        values = _strings(content[0], content[1:])
        if key is None:
            key = _FREE_KEYS.get(values[0].upper()) if values else None
            values = values[1:]
        if key is not None:
            self.tags += [(key, value) for value in values if value]

    def _document(self, identifier: bytes, content: bytes) -> None:
        locator = f"{self._path}/{_plain(identifier)}"
        if len(self.packets) >= MAX_FOUND:
            self.unread += [Unread(place, locator, f"more than {MAX_FOUND} packets") for place in _PLACES]
            return
        owner, _, rest = content[:MAX_PACKET].partition(b"\0")
        if identifier == b"PRIV" and owner == b"XMP":
            if len(content) > MAX_PACKET:
                self.unread.append(Unread(Place.XMP, locator, f"XMP of more than {MAX_PACKET} bytes"))
            self.packets.append(Packet(Place.XMP, locator, rest))
        elif identifier in _OBJECTS and (b"c2pa" in content[:512] or is_c2pa(content)):
            at = content.find(b"jumb")
            self.packets.append(Packet(Place.C2PA, locator, content[at - 4 :] if at >= 4 else content))
        elif _RSL in content or _RSL.decode().encode("utf-16-le") in content:
            if len(content) > MAX_PACKET:
                self.unread.append(Unread(Place.RSL, locator, f"RSL of more than {MAX_PACKET} bytes"))
            self.packets.append(Packet(Place.RSL, locator, _markup(content[:MAX_PACKET])))


def _markup(content: bytes) -> bytes:
    """The XML in a frame, without the frame's own fields before it, as UTF-8."""
    if _RSL not in content:
        at = content.find("<".encode("utf-16-le"))
        content = content[max(at, 0) :].decode("utf-16-le", "replace").encode("utf-8", "replace")
    at = content.find(b"<")
    end = content.rfind(b">")
    return content[max(at, 0) : end + 1 if end >= 0 else None]


def _strings(encoding: int, raw: bytes) -> list[str]:
    """The strings of a text frame, divided by zero characters."""
    codec = _ENCODINGS[encoding] if encoding < len(_ENCODINGS) else "latin-1"
    text = raw.decode(codec, "replace")
    return [part.strip(" \t\r\n\ufeff") for part in text.split("\0")]


def _leads_on(data: bytes, position: int, end: int) -> bool:
    if position >= end - 10:
        return position <= end
    return data[position] == 0 or _FRAME_ID.match(data, position, end) is not None


def _seven_bits(raw: bytes) -> int:
    value = 0
    for byte in raw:
        value = value << 7 | byte & 0x7F
    return value


def _plain(identifier: bytes) -> str:
    return identifier.decode("latin-1").strip("\0 ")


def _name(identifier: bytes) -> str:
    return repr(_plain(identifier))
