"""
SVG: the RDF in its metadata, an XMP packet or what RDF a drawing program has written by itself.

strategy: a drawing without the letters RDF is done with at once. In a well-formed one the rdf:RDF elements are taken
as the parser has them, so that a prefix may be declared anywhere. Otherwise each packet is cut out by its tags: what
stands around it, entities of a document type for one, need not be read if the packet is whole by itself.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from typing import TYPE_CHECKING

from tdm_guard.formats.asset import Asset, Format, Packet, Place, Unread
from tdm_guard.formats.xml import Limits, parse, without_doctype, written

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = Limits(bytes=32 * 2**20, elements=200_000, depth=256)  # maps have a path for each road
MAX_INFLATED = 32 * 2**20  # bytes of a compressed drawing (SVGZ)
MAX_PACKETS = 20  # of one file; it should have one
MAX_PACKET = 8 * 2**20  # bytes of a packet
MAX_STORE = 16 * 2**20  # characters of a manifest store

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
_WORD = b"RDF"
_LOCATOR = "SVG/metadata"
_START = re.compile(rb"<((?:[A-Za-z_][\w.-]{0,63}:)?(?:xmpmeta|xapmeta|RDF))(?=[\s>])")
_STORE = b"c2pa:manifest"
_MANIFEST = re.compile(rb"<c2pa:manifest(?:\s[^<>]*)?>([A-Za-z0-9+/=\s]*)</c2pa:manifest\s*>")
_TOO_MANY = (Unread(Place.XMP, _LOCATOR, f"more than {MAX_PACKETS} packets"),)
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,63}:)?svg(?=[\s/>])")
_END = re.compile(rb"</(?:[A-Za-z_][\w.-]{0,63}:)?svg\s{0,64}>")
_GZIP = b"\x1f\x8b"


_PLAIN = Asset(format=Format.SVG)
_MORE = Asset(format=Format.SVG, complete=False)
_CUT = Asset(
    format=Format.SVG,
    unread=tuple(Unread(place, "SVG", "it ends before its root element") for place in (Place.XMP, Place.C2PA)),
    complete=False,
)


def read(data: bytes, *, complete: bool = True) -> Asset:
    """The packets and the manifest store of an SVG drawing, compressed or not."""
    body, encoding, problem = _plain(data)
    if problem is not None and complete:
        unread = tuple(Unread(place, "SVG", problem) for place in (Place.XMP, Place.C2PA))
        return Asset(format=Format.SVG, unread=unread, complete=False)
    if _WORD not in body and _STORE not in body:
        return _MORE if not complete else _PLAIN if _is_whole(body) else _CUT
    packets = list(_packets(body, encoding, complete)) if _WORD in body else []
    unread = _TOO_MANY if len(packets) > MAX_PACKETS else ()
    store = _store(body) if _STORE in body else None
    found = [Packet(Place.XMP, _LOCATOR, packet) for packet in packets[:MAX_PACKETS]]
    if store is not None:
        found.append(Packet(Place.C2PA, _LOCATOR, store))
    elif complete and _STORE in body:
        unread += (Unread(Place.C2PA, _LOCATOR, "a manifest store that is no base64, or too long"),)
    return Asset(format=Format.SVG, packets=tuple(found), unread=unread, complete=complete and not unread)


def _is_whole(body: bytes) -> bool:
    """False for a drawing that ends before its root element does; what is no drawing misses nothing."""
    if _ROOT.search(body) is None:
        return True
    last = body.rfind(b"</")
    return _END.match(body, max(last, 0)) is not None or (last < 0 and body.rstrip(b"\0 \t\r\n").endswith(b"/>"))


def _plain(data: bytes) -> tuple[bytes, str | None, str | None]:
    """The drawing without compression, in an encoding that shares its letters with ASCII; its name; what went wrong."""
    problem: str | None = None
    if data.startswith(_GZIP):
        try:
            stream = zlib.decompressobj(wbits=31)
            data = stream.decompress(data, MAX_INFLATED)
        except zlib.error as error:
            return b"", None, f"compressed data that cannot be read: {error}"
        problem = None if stream.eof else "compressed data without an end, or too much of it"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace").removeprefix("\ufeff")
        return text.encode("utf-8", "replace"), "utf-8", problem
    return data, None, problem


def _packets(body: bytes, encoding: str | None, complete: bool) -> Iterator[bytes]:
    if complete:
        xml = parse(without_doctype(body), limits=LIMITS, keep=_RDF, encoding=encoding)
        if xml.problem is None:
            yield from (written(element).encode() for element in xml.kept[: MAX_PACKETS + 1])
            return
    for start, end in _cut_out(body, complete):
        yield body[start:end]


def _store(body: bytes) -> bytes | None:
    """The manifest store, which is written in base64 (C2PA 2.2, A.3.8)."""
    found = _MANIFEST.search(body)
    if found is None or len(found.group(1)) > MAX_STORE:
        return None
    try:
        return b64decode(b"".join(found.group(1).split()), validate=True)
    except ValueError:
        return None


def _cut_out(body: bytes, complete: bool) -> Iterator[tuple[int, int]]:
    """Where packets begin and end, by their tags; one without an end goes on to the end of the file."""
    place = 0
    for _ in range(MAX_PACKETS + 1):
        start = _START.search(body, place)
        if start is None:
            return
        closing = b"</" + start.group(1)
        last = body.find(closing, start.end(), start.start() + MAX_PACKET)
        place = body.find(b">", last) + 1 if last >= 0 else 0
        if not place:
            if complete:
                yield start.start(), min(len(body), start.start() + MAX_PACKET)
            return
        yield start.start(), place
