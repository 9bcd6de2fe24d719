"""
Files made to cost: of every format some that are full of one small thing, nested, or packed so that they swell.

Each maker gets a size in bytes and gives a file of about that size; those of `BOMBS` give a small file that wants to
become `size` bytes when it is unpacked.
"""

from __future__ import annotations

import gzip as gzip_module
import io
import struct
import zipfile
import zlib
from base64 import a85encode
from collections.abc import Callable

import brotli

from tdm_guard.formats.files.container import Format
from tests.support.documents import C2PA_UUID, XMP_UUID, box, frame, full_box, heif, id3, seven_bits, xmp
from tests.support.pictures import (
    XMP_KEYWORD,
    app1,
    chunk,
    gif,
    itxt,
    manifest,
    png,
    riff,
    riff_chunk,
    segment,
    svg,
    wav,
    webp,
)

Maker = Callable[[int], bytes]

_JUMB = b"\0\0\0\x40jumb\0\0\0\x20jumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa\0"


def _filled(head: bytes, unit: bytes, size: int, tail: bytes = b"") -> bytes:
    return head + unit * max(1, (size - len(head) - len(tail)) // len(unit)) + tail


def _of(unit: bytes, size: int) -> bytes:
    return unit * max(1, size // len(unit))


def _big(body: bytes) -> bytes:
    return struct.pack(">I", len(body))


def _pdf(objects: bytes, *, root: bytes = b"<</Type/Catalog/Pages 2 0 R/Metadata 9 0 R>>", tail: bytes = b"") -> bytes:
    head = b"%PDF-1.7\n1 0 obj" + root + b"endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    return head + objects + tail + b"trailer<</Root 1 0 R/Size 10>>\nstartxref\n0\n%%EOF\n"


def pdf_metadata(filters: bytes, body: bytes, more: bytes = b"") -> bytes:
    """A PDF whose metadata stream has these filters."""
    head = b"%PDF-1.7\n"
    parts = [
        b"1 0 obj<</Type/Catalog/Pages 2 0 R/Metadata 3 0 R>>endobj\n",
        b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n",
        b"3 0 obj<</Type/Metadata/Subtype/XML/Filter%b%b/Length %d>>stream\n" % (filters, more, len(body))
        + body
        + b"\nendstream endobj\n",
    ]
    out, places = head, []
    for part in parts:
        places.append(len(out))
        out += part
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + table + b"trailer<</Root 1 0 R/Size 4>>\nstartxref\n%d\n%%%%EOF\n" % len(out)


def _pdf_chain(size: int) -> bytes:
    """A chain of cross-reference sections, as many as there is room for."""
    out = bytearray(b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n")
    last = 0
    while len(out) < size:
        place = len(out)
        out += b"xref\n0 0\ntrailer<</Root 1 0 R/Size 4/Prev %d>>\n" % last
        last = place
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % last)


def _pdf_subsections(size: int) -> bytes:
    head = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/Metadata 7 0 R>>endobj\n"
    return _filled(head + b"xref\n", b"9 0\n", size, b"trailer<</Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(head))


def _pdf_object_streams(size: int) -> bytes:
    packed = zlib.compress(b"5 0 " + b"0 " * 2_000_000, 9)
    one = b"%d 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % (8, len(packed))
    unit = one + packed + b"endstream endobj\n"
    return _pdf(_of(unit, size))


def _pdf_empty_streams(size: int) -> bytes:
    return _pdf(_of(b"8 0 obj<</Type/ObjStm>>stream\nendstream endobj\n", size))


def _id3_tags(size: int) -> bytes:
    tag = id3(*[frame(b"TXXX", b"\0a\0b")] * 200, padding=0)
    return _of(tag, size) + b"\xff\xfb\x90\x64" + bytes(413)


def _id3_frames(size: int, name: bytes = b"PRIV", content: bytes = b"XMP\0" + b"<x/>") -> bytes:
    one = frame(name, content)
    return id3(one * (size // len(one)), padding=0)


def _compressed_frames(size: int) -> bytes:
    body = zlib.compress(b"XMP\0" + bytes(size), 9)
    one = b"PRIV" + seven_bits(len(body) + 4) + b"\0\x09" + struct.pack(">I", size)[:4] + body
    return id3(one * 3, padding=0)


def _tiff_ifds(size: int) -> bytes:
    """Directories of one XMP each that all have the same packet."""
    count = size // 18
    out = bytearray(b"II*\0\x08\0\0\0")
    for number in range(count):
        place = 8 + 18 * number
        out += struct.pack("<HHHIII", 1, 700, 1, 4096, 8, place + 18 if number + 1 < count else 0)
    return bytes(out)


def _tiff_entries(size: int) -> bytes:
    count = min(65_535, size // 12)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", count) + struct.pack("<HHII", 700, 1, size, 8) * count + bytes(size)


def _big_tiff(size: int) -> bytes:
    count = size // 20
    return b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, count) + struct.pack("<HHQQ", 700, 1, 9, 8) * count + bytes(8)


def _heif(size: int) -> bytes:
    entry = full_box(b"infe", struct.pack(">HH4s", 1, 0, b"mime"), b"\0application/rdf+xml\0\0", version=2)
    count = size // len(entry)
    iinf = full_box(b"iinf", struct.pack(">I", count), entry * count, version=1)
    return box(b"ftyp", b"heic", bytes(8)) + full_box(
        b"meta", full_box(b"hdlr", bytes(25)), iinf, full_box(b"iloc", bytes(6))
    )


def _metas(size: int) -> bytes:
    child = full_box(b"meta", full_box(b"hdlr", bytes(8)), full_box(b"iinf", b"\0\0application/rdf+xml"))
    return box(b"ftyp", b"isom", bytes(8)) + box(b"moov", _of(child, size))


def _ilsts(size: int) -> bytes:
    atom = box(b"----", box(b"name", bytes(4), b"ISRC"), box(b"data", bytes(8)) * 400)
    lists = box(b"ilst", atom * 500)
    return box(b"ftyp", b"isom", bytes(8)) + box(
        b"moov", full_box(b"meta", full_box(b"hdlr", bytes(8)), _of(lists, size))
    )


def _compressed_movies(size: int) -> bytes:
    packed = zlib.compress(_of(box(b"moov", box(b"udta", box(b"XMP_", b"<x/>"))), 8 * 2**20), 9)
    movie = box(b"cmov", box(b"cmvd", bytes(4), packed))
    return box(b"ftyp", b"qt  ", bytes(8)) + box(b"moov", _of(movie, size))


def _zip_entries(size: int) -> bytes:
    """A directory of as many entries as there is room for, each wanted."""
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 5, 0) + b"a.opf"
    central = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"a.opf"
    count = size // len(central)
    body = local + central * count
    end = struct.pack(
        "<4sHHHHIIH", b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, len(central) * count, len(local), 0
    )
    return _EPUB_START + body + end


_EPUB_START = (
    struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 0, 0, 0, 0, 20, 20, 8, 0) + b"mimetype" + b"application/epub+zip"
)


def _zip_locals(size: int) -> bytes:
    one = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 5, 0) + b"a.opf"
    return _filled(_EPUB_START, one, size)


def _book(package: bytes, count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(zipfile.ZipInfo("mimetype"), "application/epub+zip")
        roots = "".join(f'<rootfile full-path="{n}.opf"/>' for n in range(count))
        book.writestr(
            "META-INF/container.xml",
            f'<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            f"{roots}</rootfiles></container>",
        )
        for number in range(count):
            book.writestr(f"{number}.opf", package)
    return out.getvalue()


def _ogg(size: int) -> bytes:
    page = b"OggS\0\2" + bytes(20) + b"\xff" + b"\1" * 255 + b"\3" * 255
    return _of(page, size)


def _ogg_comments(size: int) -> bytes:
    body = b"OpusTags" + bytes(4) + struct.pack("<I", size) + _of(b"\7\0\0\0ISRC=ab", size)
    pages = b"OggS\0\2" + bytes(20) + b"\1\x13OpusHead" + bytes(11)
    for at in range(0, len(body), 255 * 255):
        piece = body[at : at + 255 * 255]
        sizes = b"\xff" * (len(piece) // 255) + (bytes([len(piece) % 255]) if len(piece) % 255 else b"")
        pages += b"OggS\0\0" + bytes(20) + bytes([len(sizes)]) + sizes + piece
        if len(pages) > size:
            break
    return pages


def _flac(size: int) -> bytes:
    return _filled(b"fLaC", b"\2\0\0\4test", size)


def _flac_pmx(size: int) -> bytes:
    return _filled(b"fLaC", b"\2\0\0\x10riff_PMX\4\0\0\0<x/>", size)


def _flac_comments(size: int) -> bytes:
    body = bytes(4) + struct.pack("<I", 0xFFFFFFFF) + _of(b"\7\0\0\0ISRC=ab", min(size, 2**24 - 64))
    return b"fLaC" + b"\x84" + struct.pack(">I", len(body))[1:] + body


def _svg_elements(size: int) -> bytes:
    return svg(xmp(), before=_of(b"<g/>", size))


def _deep(size: int) -> bytes:
    return b"<svg xmlns='http://www.w3.org/2000/svg'><metadata>RDF" + _of(b"<rdf:RDF>", size)


def _rdf_in_svg(size: int) -> bytes:
    rdf = (
        b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description><a>1</a></r:Description></r:RDF>'
    )
    return svg(_of(rdf, size))


def _xmp_of(unit: bytes, size: int) -> bytes:
    return xmp("DMI-ALLOWED").replace(
        b"</rdf:RDF>", b"<rdf:Description>" + _of(unit, size) + b"</rdf:Description></rdf:RDF>"
    )


def _store_of(size: int) -> bytes:
    """A manifest store full of boxes."""
    head = b"\0\0\0\x1ejumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa\0"
    head = struct.pack(">I", len(head)) + head[4:]
    inner = _of(box(b"jumb", head), size)
    return box(b"jumb", head, inner)


_ID3 = id3(frame(b"TXXX", b"\0a\0b") * 300, padding=0)
_EBML = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01" + b"\xff" * 7

LARGE: dict[str, tuple[Format, Maker]] = {
    "jpeg segments": (Format.JPEG, lambda n: _filled(b"\xff\xd8", b"\xff\xe2\0\2", n)),
    "jpeg fill": (Format.JPEG, lambda n: _filled(b"\xff\xd8", b"\xff", n)),
    "jpeg xmp": (Format.JPEG, lambda n: _filled(b"\xff\xd8", app1(b"<x/>"), n, b"\xff\xda\0\2")),
    "jpeg extended heads": (
        Format.JPEG,
        lambda n: _filled(b"\xff\xd8", segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0"), n),
    ),
    "jpeg odd xmp": (Format.JPEG, lambda n: _filled(b"\xff\xd8", segment(0xE1, b"<" * 65_000), n, b"\xff\xda\0\2")),
    "jpeg odd xmp names": (
        Format.JPEG,
        lambda n: _filled(b"\xff\xd8", segment(0xE1, b"<aaaaaaaaaaaaaaa" * 4_000), n, b"\xff\xda\0\2"),
    ),
    "jpeg whole xmp": (Format.JPEG, lambda n: _filled(b"\xff\xd8", app1(_xmp_of(b"<a/>", 60_000)), n, b"\xff\xda\0\2")),
    "jpeg noise": (Format.JPEG, lambda n: _filled(b"\xff\xd8", b"<", n)),
    "jpeg noise of names": (Format.JPEG, lambda n: _filled(b"\xff\xd8\0", b"<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", n)),
    "jpeg noise of roots": (Format.JPEG, lambda n: _filled(b"\xff\xd8\0", b"<rdf:RDF>", n)),
    "jpeg noise of almost marks": (Format.JPEG, lambda n: _filled(b"\xff\xd8\0", b"adobe:ns:met", n)),
    "jpeg stores": (Format.JPEG, lambda n: _filled(b"\xff\xd8", manifest()[0], n, b"\xff\xda\0\2")),
    "jpeg store of boxes": (
        Format.JPEG,
        lambda n: b"\xff\xd8" + b"".join(manifest(_store_of(min(n, 15 * 2**20)), 60_000)) + b"\xff\xda\0\2",
    ),
    "png chunks": (Format.PNG, lambda n: _filled(b"\x89PNG\r\n\x1a\n", chunk(b"tEXt", b""), n)),
    "png unknown chunks": (Format.PNG, lambda n: _filled(b"\x89PNG\r\n\x1a\n", chunk(b"abCd", b""), n)),
    "png stores": (Format.PNG, lambda n: _filled(b"\x89PNG\r\n\x1a\n", chunk(b"caBX", _JUMB), n)),
    "png text": (Format.PNG, lambda n: png(itxt(_xmp_of(b"<a/>", n)))),
    "png texts": (Format.PNG, lambda n: _filled(b"\x89PNG\r\n\x1a\n", itxt(b"<x/>"), n)),
    "gif blocks": (Format.GIF, lambda n: _filled(gif(end=b""), b"\x21\xfe\1a\0", n, b";")),
    "gif pictures": (Format.GIF, lambda n: _filled(gif(end=b""), b"\x2c" + bytes(9) + b"\2\0", n, b";")),
    "gif small blocks": (Format.GIF, lambda n: gif(b"\x21\xfe" + _of(b"\1a", n) + b"\0")),
    "gif stores": (Format.GIF, lambda n: _filled(gif(end=b""), b"\x21\xff\x0bC2PA_GIF\1\0\0\1a\0", n, b";")),
    "gif packets": (Format.GIF, lambda n: _filled(gif(end=b""), b"\x21\xff\x0bXMP DataXMP\1a\0", n, b";")),
    "tiff directories": (Format.TIFF, _tiff_ifds),
    "tiff entries": (Format.TIFF, _tiff_entries),
    "bigtiff entries": (Format.TIFF, _big_tiff),
    "webp chunks": (Format.WEBP, lambda n: webp(_of(riff_chunk(b"abcd", b""), n))),
    "webp packets": (Format.WEBP, lambda n: webp(_of(riff_chunk(b"XMP ", b"<x/>"), n))),
    "wav id3": (
        Format.WAV,
        lambda n: wav(_of(riff_chunk(b"id3 ", id3(frame(b"TXXX", b"\0a\0b") * 300, padding=0)), n)),
    ),
    "wav bombs": (Format.WAV, lambda n: wav(_of(riff_chunk(b"id3 ", _compressed_frames(8 * 2**20)), n))),
    "wav info": (Format.WAV, lambda n: wav(_of(riff_chunk(b"LIST", b"INFO" + riff_chunk(b"IART", b"ab") * 60), n))),
    "wav axml": (Format.WAV, lambda n: wav(_of(riff_chunk(b"axml", b"ISRC:AABBB0012345" * 3_000), n))),
    "avi riffs": (Format.AVI, lambda n: riff(b"AVI ", _of(b"RIFF\4\0\0\0AVIX", n))),
    "bmff boxes": (Format.BMFF, lambda n: box(b"ftyp", b"isom") + _of(box(b"free"), n)),
    "bmff uuids": (Format.BMFF, lambda n: box(b"ftyp", b"isom") + _of(box(b"uuid", C2PA_UUID, b"abcd"), n)),
    "bmff packets": (Format.BMFF, lambda n: box(b"ftyp", b"isom") + _of(box(b"uuid", XMP_UUID, b"<x/>"), n)),
    "bmff traks": (
        Format.BMFF,
        lambda n: box(b"ftyp", b"isom") + box(b"moov", _of(box(b"trak", box(b"udta", b"\0\0\0\1abcd")), n)),
    ),
    "bmff id32": (
        Format.BMFF,
        lambda n: (
            box(b"ftyp", b"isom")
            + box(
                b"moov", box(b"udta", _of(box(b"ID32", bytes(6), id3(frame(b"TXXX", b"\0a\0b") * 300, padding=0)), n))
            )
        ),
    ),
    "bmff ilst": (Format.BMFF, _ilsts),
    "bmff metas": (Format.BMFF, _metas),
    "bmff items": (Format.BMFF, _heif),
    "bmff movies": (Format.BMFF, _compressed_movies),
    "jxl brob": (Format.BMFF, lambda n: box(b"JXL ", b"\r\n\x87\n") + _of(box(b"brob", b"xml ", b"a"), n)),
    "mp3 tags": (Format.MP3, _id3_tags),
    "mp3 frames": (Format.MP3, _id3_frames),
    "mp3 documents": (Format.MP3, lambda n: _id3_frames(n, b"TXXX", b"\0a\0rslstandard.org/rsl")),
    "mp3 encrypted": (Format.MP3, lambda n: id3((b"PRIV\0\0\0\4\0\4abcd") * (n // 14), padding=0)),
    "mp3 unsynchronised": (
        Format.MP3,
        lambda n: id3(frame(b"TXXX", _of(b"\xff\0", min(n, 2**28 - 64)), flags=2), padding=0),
    ),
    "mp3 tag unsynchronised": (Format.MP3, lambda n: b"ID3\3\0\x80" + seven_bits(n) + _of(b"\xff\0", n)),
    "mp3 junk": (Format.MP3, lambda n: b"ID3\3\0\0" + seven_bits(n) + _of(b"<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", n)),
    "flac blocks": (Format.FLAC, _flac),
    "flac packets": (Format.FLAC, _flac_pmx),
    "flac comments": (Format.FLAC, _flac_comments),
    "ogg pages": (Format.OGG, _ogg),
    "ogg comments": (Format.OGG, _ogg_comments),
    "svg elements": (Format.SVG, _svg_elements),
    "svg roots": (Format.SVG, _deep),
    "svg packets": (Format.SVG, _rdf_in_svg),
    "svg comments": (Format.SVG, lambda n: svg(xmp(), before=_of(b"<!---->", n))),
    "svg attributes": (
        Format.SVG,
        lambda n: svg(xmp(), before=b"<g " + b" ".join(b"a%d='1'" % k for k in range(n // 12)) + b"/>"),
    ),
    "svg attributes kept": (
        Format.SVG,
        lambda n: svg(
            b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            + _of(b"<a b='' c='' d='' e=''/>", min(n, 190_000 * 24))
            + b"</r:RDF>"
        ),
    ),
    "svg attribute": (Format.SVG, lambda n: svg(xmp(), before=b"<g a='" + b">" * n + b"'/>")),
    "svg pieces of text": (
        Format.SVG,
        lambda n: svg(
            b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            + _of(b"a" * 150 + b"<a/>", min(n, 190_000 * 154))
            + b"</r:RDF>"
        ),
    ),
    "svg blanks": (Format.SVG, lambda n: b"<svg>RDF c2pa:manifest" + _of(b"<c2pa:manifest ", n)),
    "svg text": (
        Format.SVG,
        lambda n: svg(b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' + _of(b"a\n", n) + b"</r:RDF>"),
    ),
    "svg wide": (
        Format.SVG,
        lambda n: b"\xff\xfe" + svg(xmp(), before=_of(b"<g/>", n // 2)).decode("latin-1").encode("utf-16-le"),
    ),
    "pdf objects": (Format.PDF, lambda n: _pdf(_of(b"9 0 obj\n", n))),
    "pdf object streams": (Format.PDF, _pdf_object_streams),
    "pdf empty object streams": (Format.PDF, _pdf_empty_streams),
    "pdf roots": (Format.PDF, lambda n: _pdf(b"", tail=_of(b"/Root 1 0 R", n))),
    "pdf sections": (Format.PDF, _pdf_chain),
    "pdf subsections": (Format.PDF, _pdf_subsections),
    "pdf nothing": (
        Format.PDF,
        lambda n: _pdf(
            _of(b"0 obj ", n),
            root=b"<</Type/Catalog/Metadata 77 0 R/AF[" + b" ".join(b"%d 0 R" % k for k in range(20, 60)) + b"]>>",
        ),
    ),
    "pdf escapes": (Format.PDF, lambda n: b"%PDF-1.7\n" + _of(b"/aaaaaaa", n)),
    "pdf blanks": (Format.PDF, lambda n: b"%PDF-1.7\n1 0 obj<</Type/Catalog/Metadata 9 0 R" + b" " * n),
    "pdf hex": (Format.PDF, lambda n: _pdf(b"9 0 obj<" + b"a" * n + b">endobj")),
    "pdf almost endstream": (Format.PDF, lambda n: _pdf(b"9 0 obj<</Length 1>>stream\n" + _of(b"endstrea", n))),
    "pdf ascii85": (Format.PDF, lambda n: pdf_metadata(b"/ASCII85Decode", b"z" * n)),
    "pdf ascii85 digits": (Format.PDF, lambda n: pdf_metadata(b"/ASCII85Decode", b"!!!!!" * (n // 5))),
    "pdf asciihex": (Format.PDF, lambda n: pdf_metadata(b"/ASCIIHexDecode", b"a " * (n // 2))),
    "pdf chain": (Format.PDF, lambda n: pdf_metadata(b"[/AHx/A85/AHx]", b"7a" * (n // 2))),
    "pdf encrypted": (
        Format.PDF,
        lambda n: _pdf(_of(b"8 0 obj<</A 1>>endobj\n", n)).replace(b"/Size 10", b"/Size 10/Encrypt 5 0 R"),
    ),
    "epub entries": (Format.EPUB, _zip_entries),
    "epub headers": (Format.EPUB, _zip_locals),
    "office entries": (
        Format.OFFICE,
        lambda n: _zip_entries(n).replace(b"a.opf", b"a.xmp").replace(b"epub+zip", b"octet-st"),
    ),
    "office headers": (
        Format.OFFICE,
        lambda n: _zip_locals(n).replace(b"a.opf", b"a.xmp").replace(b"epub+zip", b"octet-st"),
    ),
    "aiff chunks": (Format.AIFF, lambda n: b"FORM\0\0\0\0AIFF" + _of(b"abcd\0\0\0\0", n)),
    "aiff names": (Format.AIFF, lambda n: b"FORM\0\0\0\0AIFF" + _of(b"NAME\0\0\0\2ab", n)),
    "aiff packets": (Format.AIFF, lambda n: b"FORM\0\0\0\0AIFF" + _of(b"APPL\0\0\0\x08XMP <x/>", n)),
    "aiff tags": (Format.AIFF, lambda n: b"FORM\0\0\0\0AIFF" + _of(b"ID3 " + _big(_ID3) + _ID3, n)),
    "ape items": (
        Format.APE,
        lambda n: (
            b"MAC " + _of(b"\2\0\0\0\0\0\0\0ISRC\0ab", n) + b"APETAGEX" + struct.pack("<IIII", 2000, n, n, 0) + bytes(8)
        ),
    ),
    "matroska elements": (Format.MATROSKA, lambda n: _EBML + _of(b"\xec\x80", n)),
    "matroska tags": (
        Format.MATROSKA,
        lambda n: (
            _EBML
            + b"\x12\x54\xc3\x67\x01"
            + struct.pack(">Q", n // 14 * 14)[1:]
            + _of(b"\x73\x73\x8b\x67\xc8\x88\x45\xa3\x81a\x44\x87\x81b", n)
        ),
    ),
    "c2pa boxes": (Format.C2PA, _store_of),
}


BOMBS: dict[str, tuple[Format, Maker]] = {
    "png zTXt": (
        Format.PNG,
        lambda n: png(*[chunk(b"zTXt", XMP_KEYWORD + b"\0\0" + zlib.compress(b"<" + bytes(n), 9))] * 20),
    ),
    "png iTXt": (Format.PNG, lambda n: png(*[itxt(b"<x>" + b" " * n, compressed=True)] * 20)),
    "png profile": (
        Format.PNG,
        lambda n: png(
            *[chunk(b"zTXt", b"Raw profile type xmp\0\0" + zlib.compress(b"\nxmp\n 9\n" + b"a " * (n // 2), 9))] * 20
        ),
    ),
    "png packet of elements": (Format.PNG, lambda n: png(*[itxt(_xmp_of(b"<a/>", n), compressed=True)] * 20)),
    "svgz": (Format.SVG, lambda n: _gzip(svg(xmp(), before=b" " * n))),
    "svgz elements": (Format.SVG, lambda n: _gzip(svg(_xmp_of(b"<a/>", n)))),
    "svg store": (Format.SVG, lambda n: _gzip(svg(b"<c2pa:manifest>" + b"A" * n + b"</c2pa:manifest>"))),
    "heif deflate": (Format.BMFF, lambda n: _heif_of(zlib.compress(bytes(n), 9))),
    "movie": (Format.BMFF, lambda n: _compressed_movies(n // 200)),
    "id3 frames": (Format.MP3, _compressed_frames),
    "wav id3": (Format.WAV, lambda n: wav(riff_chunk(b"id3 ", _compressed_frames(n)) * 20)),
    "pdf flate": (Format.PDF, lambda n: pdf_metadata(b"/FlateDecode", zlib.compress(bytes(n), 9))),
    "pdf flate twice": (Format.PDF, lambda n: pdf_metadata(b"[/Fl/Fl]", zlib.compress(zlib.compress(bytes(n), 9), 9))),
    "pdf flate thrice": (Format.PDF, lambda n: pdf_metadata(b"[/Fl/A85/Fl]", zlib.compress(b"z" * n, 9))),
    "pdf flate ascii85": (Format.PDF, lambda n: pdf_metadata(b"[/Fl/A85]", zlib.compress(b"z" * n, 9))),
    "pdf flate hex": (Format.PDF, lambda n: pdf_metadata(b"[/Fl/AHx]", zlib.compress(b"00" * n, 9))),
    "pdf ascii85 flate": (Format.PDF, lambda n: pdf_metadata(b"[/A85/Fl]", _a85(zlib.compress(bytes(n), 9)))),
    "pdf ascii85": (Format.PDF, lambda n: pdf_metadata(b"/A85", b"z" * (n // 100))),
    "pdf run length": (Format.PDF, lambda n: pdf_metadata(b"/RunLengthDecode", b"\x81\0" * (n // 128))),
    "pdf lzw": (Format.PDF, lambda n: pdf_metadata(b"/LZWDecode", bytes(n // 1000))),
    "pdf predictor": (
        Format.PDF,
        lambda n: pdf_metadata(
            b"/FlateDecode", zlib.compress(bytes(n), 9), b"/DecodeParms<</Predictor 15/Columns 60000>>"
        ),
    ),
    "pdf predictor of ones": (
        Format.PDF,
        lambda n: pdf_metadata(
            b"/FlateDecode", zlib.compress(b"\4\1" * (2**19 - 1), 9), b"/DecodeParms<</Predictor 15/Columns 1>>"
        ),
    ),
    "pdf object stream": (Format.PDF, lambda n: _pdf_object_streams(n // 100)),
    "jxl brob": (
        Format.BMFF,
        lambda n: (
            box(b"JXL ", b"\r\n\x87\n")
            + box(b"brob", b"xml ", brotli.compress(b"adobe:ns:meta" + bytes(n), quality=1)) * 4
        ),
    ),
    "office": (
        Format.OFFICE,
        lambda n: _book(b"<a/>" * (n // 4), 8).replace(b".opf", b".xmp").replace(b"epub+zip", b"octet-st"),
    ),
    "epub packages": (Format.EPUB, lambda n: _book(b"<package>" + b" " * n, 8)),
    "epub elements": (
        Format.EPUB,
        lambda n: _book(b"<package><metadata>" + _of(b"<a/>", n) + b"</metadata></package>", 8),
    ),
}


def _gzip(body: bytes) -> bytes:
    return gzip_module.compress(body)


def _a85(body: bytes) -> bytes:
    return a85encode(body) + b"~>"


def _heif_of(body: bytes) -> bytes:
    return heif(body, encoding=b"deflate")
