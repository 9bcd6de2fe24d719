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

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.inflate import GZIP, pieces
from tdm_guard.formats.xml import Limits, parse, without_doctype, written

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = Limits(bytes=32 * 2**20, elements=200_000, depth=256)  # maps have a path for each road
MAX_INFLATED = 3 * 2**20  # bytes of a compressed drawing (SVGZ), and as many more as it has when compressed, twice
MAX_THROUGH = 64 * 2**20  # bytes of such a drawing that are looked through
MAX_STARTS = 4_096  # tags that are looked at in search of a packet or of the root
MAX_PACKETS = 20  # of one file; it should have one
MAX_PACKET = 6 * 2**20  # bytes of a packet, of which its reading takes a dozen times as many
MAX_STORE = 16 * 2**20  # characters of a manifest store

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
_WORD = b"RDF"
_LOCATOR = "SVG/metadata"
_START_WORDS = (b"xmpmeta", b"xapmeta", b"RDF")
_START = re.compile(rb"<((?:[A-Za-z_][\w.-]{0,63}:)?(?:xmpmeta|xapmeta|RDF))(?=[\s>])")
_MAX_START = 66  # bytes of a tag's name before its last word
_STORE = b"c2pa:manifest"
_MANIFEST = re.compile(rb"<c2pa:manifest(?:\s[^<>]*)?>([A-Za-z0-9+/=\s]*)</c2pa:manifest\s*>")
_TOO_MANY = (Unread(Place.XMP, _LOCATOR, f"more than {MAX_PACKETS} packets"),)
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,63}:)?svg(?=[\s/>])")
_END = re.compile(rb"</(?:[A-Za-z_][\w.-]{0,63}:)?svg\s{0,64}>")
_ROOT_END = re.compile(rb"(?:</(?:[A-Za-z_][\w.-]{0,63}:)?svg\s{0,64}>|/>)(?:\s{0,64}<!--[^<>]{0,256}-->)?\Z")
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
    if data.startswith(_GZIP) and complete and _is_silent(data):
        return _PLAIN
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
    if not _has_root(body):
        return True
    last = body.rfind(b"</")
    return _END.match(body, max(last, 0)) is not None or (last < 0 and body.rstrip(b"\0 \t\r\n").endswith(b"/>"))


def _is_silent(data: bytes) -> bool:
    """True if the words of packets and manifests stand nowhere in a compressed drawing, which is not held for it."""
    window = b""
    try:
        for piece in pieces(data, GZIP, MAX_THROUGH):
            window = window[-256:] + piece
            if _WORD in window or _STORE in window or b"\0" in window:
                return False
    except (zlib.error, EOFError):
        return False
    return _ROOT_END.search(window[-512:].rstrip(b" \t\r\n")) is not None


def _has_root(body: bytes) -> bool:
    at = -1
    for _ in range(MAX_STARTS):
        at = body.find(b"svg", at + 1)
        if at < 0:
            return False
        if _ROOT.search(body, max(0, at - _MAX_START), at + 4):
            return True
    return True


def _plain(data: bytes) -> tuple[bytes, str | None, str | None]:
    """The drawing without compression, in an encoding that shares its letters with ASCII; its name; what went wrong."""
    problem: str | None = None
    if data.startswith(_GZIP):
        try:
            stream = zlib.decompressobj(wbits=31)
            data = stream.decompress(data, MAX_INFLATED + 2 * len(data))
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
        return b64decode(found.group(1).translate(None, b" \t\r\n\v\f"), validate=True)
    except ValueError:
        return None


def _cut_out(body: bytes, complete: bool) -> Iterator[tuple[int, int]]:
    """Where packets begin and end, by their tags; one without an end goes on to the end of the file."""
    place = found = 0
    following = {word: body.find(word) for word in _START_WORDS}  # by `find`, which costs a tenth of a search by `re`
    for tried in range(MAX_STARTS + 1):
        for word, at in following.items():
            if 0 <= at < place:
                following[word] = body.find(word, place)
        at = min((at for at in following.values() if at >= 0), default=-1)
        if at < 0 or found > MAX_PACKETS:
            return
        start = _START.search(body, max(0, at - _MAX_START, place - 1), at + 8)
        if start is None and tried < MAX_STARTS:
            place = at + 1
            continue
        first, name_end = (at, at) if start is None else start.span()
        closing = b"</" if start is None else b"</" + start.group(1)
        last = body.find(closing, name_end, first + MAX_PACKET) if start is not None else -1
        place = body.find(b">", last) + 1 if last >= 0 else 0
        if not place:
            if complete:
                yield first, min(len(body), first + MAX_PACKET)
            return
        found += 1
        yield first, place
