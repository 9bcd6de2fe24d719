"""
PNG and APNG (ISO 15948): the chunks of text, and of manifests, before and behind the picture.

    iTXt  "XML:com.adobe.xmp" NUL flag method language NUL keyword NUL packet           XMP Part 3, 1.1.5
    caBX  a manifest store                                                              C2PA 2.2, A.3.3

The packet may be compressed, its keyword never. Programs exist that write it as `tEXt` or `zTXt`, as an iTXt without
the fields between keyword and packet, or in hexadecimal digits.
"""

from __future__ import annotations

import re
import zlib
from struct import Struct

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.salvage import Unreads, damaged

MAX_CHUNKS = 100_000  # picture data comes in chunks of 8 KiB and more; 32 MiB of these are 4096
MAX_TEXT = 4 * 2**20  # bytes of one packet
MAX_INFLATED = 3 * 2**18  # bytes of one packet, decompressed; it has some kilobytes
MAX_INFLATED_ALL = 3 * 2**19  # bytes of all of them in one file
MAX_STORE = 16 * 2**20  # bytes of a manifest store
MAX_PACKETS = 20  # of one file; it should have one

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"XML:com.adobe.xmp"
_PROFILES = (b"Raw profile type xmp", b"Raw profile type APP1")  # ImageMagick's, in hexadecimal digits
_RSL = b"rslstandard.org/rsl"
_HEAD = Struct(">I4s")
_TEXTS = frozenset({b"iTXt", b"tEXt", b"zTXt"})
_STORE = b"caBX"
_MAX_KEYWORD = 80  # bytes with the NUL (PNG 11.3.4.2)
_ROOT = re.compile(rb"<(?:\?xpacket|\?xml|(?:[A-Za-z_][\w.-]{0,15}:)?(?:xmpmeta|xapmeta|RDF)[\s>])")
_APP1 = b"http://ns.adobe.com/xap/1.0/\0"
_EXIF = b"Exif\0"
_HEXADECIMAL = re.compile(rb"\s{0,8}\w{1,16}\s{1,8}(\d{1,10})\s([0-9A-Fa-f\s]*+)")
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_LOST = "the chunks do not follow each other"
_CUT_SHORT = "it ends before its last chunk"


class _Chunks:
    """What was found on the walk."""

    __slots__ = ("count", "left", "packets", "unread")

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.unread = Unreads()

        self.left = MAX_INFLATED_ALL
        self.count = 0

    def take(self, name: bytes, data: bytes, start: int, end: int) -> str | None:
        """One chunk of text or a manifest, `data[start:end]`; returns a bound that was reached."""
        if name == _STORE:
            if len(self.packets) + len(self.unread) >= MAX_PACKETS:
                return f"more than {MAX_PACKETS} packets"
            if end - start > MAX_STORE:
                self.unread.append(Unread(Place.C2PA, "PNG/caBX", f"longer than {MAX_STORE} bytes"))
            else:
                self.packets.append(Packet(Place.C2PA, "PNG/caBX", data[start:end]))
            return None
        nul = data.find(b"\0", start, min(end, start + _MAX_KEYWORD))
        keyword = data[start:nul] if nul > 0 else b""
        known = keyword == KEYWORD or keyword in _PROFILES
        if known or data.find(_RSL, start, end) >= 0 or b"rsl" in keyword.lower():
            if len(self.packets) + len(self.unread) >= MAX_PACKETS:
                return f"more than {MAX_PACKETS} packets"
            begin = start if nul < 0 else nul + 1
            self._text(name.decode(), keyword, data[begin : min(end, begin + MAX_TEXT)], whole=end - begin <= MAX_TEXT)
        return None

    def _plain(self, name: str, body: bytes) -> tuple[bytes, str | None]:
        """The text of a chunk behind its keyword, and what was wrong with it."""
        if name == "tEXt":
            return body, None
        if name == "zTXt":
            return self._inflated(body[1:])
        language = body.find(b"\0", 2)
        keyword = body.find(b"\0", language + 1) if language >= 0 else -1
        if keyword < 0 or body[0] > 1:
            return b"", "no packet stands behind the keyword"
        text = body[keyword + 1 :]
        return self._inflated(text) if body[0] else (text, None)

    def _inflated(self, body: bytes) -> tuple[bytes, str | None]:
        limit = min(MAX_INFLATED, self.left)
        if limit <= 0:
            return b"", f"more than {MAX_INFLATED_ALL} bytes of compressed text"
        stream = zlib.decompressobj()
        try:
            text = stream.decompress(body, limit)
        except zlib.error as error:
            return b"", f"compressed data that cannot be read: {error}"
        self.left -= len(text)
        if stream.unconsumed_tail:
            return text, f"longer than {limit} bytes when decompressed"
        return text, None if stream.eof else "compressed data without an end"

    def _text(self, name: str, keyword: bytes, body: bytes, *, whole: bool) -> None:
        locator = f"PNG/{name}"
        text, problem = self._plain(name, body)
        if not whole:
            problem = problem or f"longer than {MAX_TEXT} bytes"
        if keyword in _PROFILES:
            packet, fault = _from_digits(text, is_named=keyword == _PROFILES[0])
            self._add(Place.XMP, locator, packet, problem or fault)
            return
        if not text.lstrip().startswith((b"<", b"\xef\xbb\xbf", *_WIDE)):
            root = _ROOT.search(body)
            if root is not None:
                text, problem = body[root.start() :], None if whole else problem
            elif text.strip(b"\0 \t\r\n"):
                problem = problem or "no packet stands behind the keyword"
        self._add(Place.XMP if keyword == KEYWORD else Place.RSL, locator, text, problem)

    def _add(self, place: Place, locator: str, text: bytes, problem: str | None) -> None:
        if text.strip(b"\0 \t\r\n"):
            self.packets.append(Packet(place, locator, text))
        if problem is not None:
            self.unread.append(Unread(place, locator, problem))


def _from_digits(text: bytes, *, is_named: bool) -> tuple[bytes, str | None]:
    """
    An XMP packet that was written in hexadecimal digits, and why it may not be all.

    A profile that is not named XMP may be something else, Exif for the most part, and nothing is missed then.
    """
    if not text.strip(b"\0 \t\r\n"):
        return b"", None
    digits = _HEXADECIMAL.match(text)
    if digits is None:
        return b"", "a profile that is not written in hexadecimal digits"
    plain = digits[2].translate(None, b" \t\r\n\v\f")
    profile = bytes.fromhex(plain[: len(plain) & ~1].decode())
    _, headed, behind = profile.partition(_APP1)
    packet = behind if headed else profile
    if not (is_named or headed) and profile.startswith(_EXIF):
        return b"", None
    root = None if packet.startswith((b"<", *_WIDE)) else _ROOT.search(packet)
    if root is not None:
        packet = packet[root.start() :]
    elif not headed and not packet.startswith((b"<", *_WIDE)):
        return b"", "no packet stands in the profile" if is_named or not profile else None
    early = len(profile) < int(digits[1]) or text[digits.end() :].strip(b"\0")
    return packet, "a profile whose digits end early" if early else None


def read(data: bytes, *, complete: bool = True) -> Asset:
    """The XMP packets, RSL documents and manifest stores of a PNG."""
    found = _Chunks()
    place, problem = _walk(data, found, complete)
    if problem is not None and (complete or problem != _CUT_SHORT):
        _lost(data, place, problem, found)
    hidden = any(unread.place for unread in found.unread)
    return Asset(
        format=Format.PNG,
        packets=tuple(found.packets),
        unread=tuple(found.unread),
        complete=(complete or problem is None) and not hidden,
        parts=found.count,
    )


def _walk(data: bytes, found: _Chunks, complete: bool) -> tuple[int, str | None]:
    """Takes the chunks up to the last; returns where it lost its way, and why."""
    size = len(data)
    if not data.startswith(SIGNATURE[:6]):
        return 0, _LOST
    place = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if place + 8 > size:
            return place, _CUT_SHORT
        found.count += 1
        length, name = _HEAD.unpack_from(data, place)
        end = place + 8 + length
        if name in _TEXTS or name == _STORE:
            if end <= size or complete:
                problem = found.take(name, data, place + 8, min(end, size))
                if problem is not None:
                    return place, problem
        elif name == b"IEND":
            return place, None
        elif not name.isalpha():
            return place, _LOST
        place = end + 4  # the checksum; a wrong one is no reason not to hear
    return place, f"more than {MAX_CHUNKS} chunks"


def _lost(data: bytes, place: int, problem: str, found: _Chunks) -> None:
    """What the walk did not reach may hold packets; the words that they begin with are never compressed."""
    if problem != _LOST:
        places = (Place.XMP, Place.C2PA) if problem == _CUT_SHORT else (Place.XMP, Place.C2PA, Place.RSL)
        found.unread += [Unread(kind, "PNG", problem) for kind in places]
        return
    hurt = damaged(data, place, len(data), "PNG", problem)
    found.packets += hurt.packets
    hidden = any(data.find(word, place) >= 0 for word in (KEYWORD, *_PROFILES))
    found.unread += [Unread(Place.XMP, "PNG", problem)] if hidden else hurt.unread
