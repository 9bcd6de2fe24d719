"""Picture files (and RIFF sound and film) made in code: small writers that can be told to do wrong."""

from __future__ import annotations

import gzip
import struct
import zlib
from base64 import b64encode

from tests.support.documents import STORE, xmp

XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION_HEADER = b"http://ns.adobe.com/xmp/extension/\0"
GUID = "0123456789ABCDEF0123456789ABCDEF"
XMP_KEYWORD = b"XML:com.adobe.xmp"
TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\0"

# JPEG


def segment(marker: int, body: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2 if length is None else length) + body


def app1(packet: bytes) -> bytes:
    return segment(0xE1, XMP_HEADER + packet)


def exif(thumbnail: bytes = b"") -> bytes:
    """An APP1 segment of Exif, with a picture in it."""
    return segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + thumbnail)


def extended(packet: bytes, guid: str = GUID, part: int = 1000, length: int | None = None) -> list[bytes]:
    """The segments of an extended packet."""
    whole = len(packet) if length is None else length
    return [
        segment(0xE1, EXTENSION_HEADER + struct.pack(">32sII", guid.encode(), whole, at) + packet[at : at + part])
        for at in range(0, len(packet), part)
    ]


def naming(guid: str = GUID) -> bytes:
    """A main packet that names an extended one."""
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="'
        + guid.encode()
        + b'"/></rdf:RDF></x:xmpmeta>'
    )


def manifest(store: bytes = STORE, part: int = 40) -> list[bytes]:
    """The APP11 segments of a manifest store; each repeats the head of its box."""
    pieces = [store[:part], *(store[at : at + part] for at in range(part, len(store), part))]
    return [
        segment(0xEB, struct.pack(">2sHI", b"JP", 1, number) + (piece if number == 1 else store[:8] + piece))
        for number, piece in enumerate(pieces, 1)
    ]


def jpeg(*segments: bytes, picture: bytes = b"\x12\x34\xff\x00" * 32, end: bytes = b"\xff\xd9") -> bytes:
    tables = segment(0xDB, bytes(65)) + segment(0xC0, b"\x08\0\x01\0\x01\x01\x01\x11\0")
    scan = segment(0xDA, b"\x01\x01\0\0\x3f\0")
    start = b"\xff\xd8" + segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    return start + b"".join(segments) + tables + scan + picture + end


# PNG


def chunk(name: bytes, body: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return struct.pack(">I", size) + name + body + struct.pack(">I", zlib.crc32(name + body))


def itxt(packet: bytes, *, compressed: bool = False, keyword: bytes = XMP_KEYWORD) -> bytes:
    body = zlib.compress(packet) if compressed else packet
    return chunk(b"iTXt", keyword + b"\0" + bytes([compressed, 0]) + b"\0\0" + body)


def png(*before: bytes, after: tuple[bytes, ...] = (), end: bytes | None = None) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    picture = chunk(b"IDAT", zlib.compress(b"\0\0"))
    last = chunk(b"IEND", b"") if end is None else end
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before) + picture + b"".join(after) + last


# RIFF


def riff_chunk(name: bytes, body: bytes, length: int | None = None) -> bytes:
    return name + struct.pack("<I", len(body) if length is None else length) + body + b"\0" * (len(body) % 2)


def riff(kind: bytes, *chunks: bytes, word: bytes = b"RIFF") -> bytes:
    body = kind + b"".join(chunks)
    return word + struct.pack("<I", len(body)) + body


def webp(*chunks: bytes) -> bytes:
    return riff(b"WEBP", riff_chunk(b"VP8X", b"\x04" + bytes(9)), riff_chunk(b"VP8 ", bytes(31)), *chunks)


def wav(*chunks: bytes) -> bytes:
    return riff(b"WAVE", riff_chunk(b"fmt ", bytes(16)), riff_chunk(b"data", bytes(101)), *chunks)


def avi(*chunks: bytes) -> bytes:
    frames = riff_chunk(b"LIST", b"movi" + riff_chunk(b"00dc", bytes(20)))
    return riff(b"AVI ", riff_chunk(b"LIST", b"hdrl" + bytes(12)), frames, *chunks)


# GIF


def blocks(content: bytes) -> bytes:
    pieces = [content[at : at + 255] for at in range(0, len(content), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def gif(*extensions: bytes, end: bytes = b"\x3b") -> bytes:
    picture = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02" + blocks(b"\x44\x01")
    return b"GIF89a\x01\0\x01\0\x80\0\0" + bytes(6) + b"".join(extensions) + picture + end


def gif_xmp(packet: bytes, *, in_blocks: bool = False) -> bytes:
    return b"\x21\xff\x0bXMP DataXMP" + (blocks(packet) if in_blocks else packet + TRAILER)


# TIFF


def tiff(*directories: dict[int, bytes | int], order: str = "<", big: bool = False, last: int = 0) -> bytes:
    """Directories of tags; a number becomes a long value, bytes are put behind the directory. `last`: the last link."""
    width, counter = ("Q", "Q") if big else ("I", "H")
    slot = struct.calcsize(order + width)
    start = 16 if big else 8
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    head += struct.pack(order + "HH", 8, 0) if big else b""
    out = bytearray(head + struct.pack(order + width, start))
    for number, tags in enumerate(directories, 1):
        size = struct.calcsize(order + counter) + len(tags) * (4 + 2 * slot) + slot
        at = len(out) + size
        entries, behind = b"", b""
        for tag, value in sorted(tags.items()):
            if isinstance(value, int):
                field, kind, count = struct.pack(order + "I", value).ljust(slot, b"\0"), 4, 1
            elif len(value) <= slot:
                field, kind, count = value.ljust(slot, b"\0"), 1, len(value)
            else:
                field, kind, count = struct.pack(order + width, at + len(behind)), 1, len(value)
                behind += value + b"\0" * (len(value) % 2)
            entries += struct.pack(order + "HH" + width, tag, kind, count) + field
        link = at + len(behind) if number < len(directories) else last
        out += struct.pack(order + counter, len(tags)) + entries + struct.pack(order + width, link) + behind
    return bytes(out)


# SVG


def svg(packet: bytes = b"", *, before: bytes = b"", attributes: bytes = b"") -> bytes:
    root = b'<svg xmlns="http://www.w3.org/2000/svg"' + attributes + b"><metadata>" + packet
    return b'<?xml version="1.0"?>' + before + root + b'</metadata><path d="M0 0h1"/></svg>'


def without_wrapper(packet: bytes) -> bytes:
    """A packet without its processing instructions."""
    return packet[packet.index(b"<x:xmpmeta") : packet.index(b"</x:xmpmeta>") + len(b"</x:xmpmeta>")]


def seeds() -> dict[str, bytes]:
    """One good file of each kind, with a packet and a manifest store where there is a place for it."""
    packet = xmp()
    return {
        "jpeg": jpeg(app1(packet), *manifest()),
        "jpeg-extended": jpeg(app1(naming()), *extended(packet, part=200)),
        "jpeg-exif": jpeg(exif(jpeg(app1(packet)))),
        "png": png(itxt(packet), chunk(b"caBX", STORE)),
        "png-compressed": png(after=(itxt(packet, compressed=True),)),
        "webp": webp(riff_chunk(b"XMP ", packet), riff_chunk(b"C2PA", STORE)),
        "wav": wav(riff_chunk(b"_PMX", packet), riff_chunk(b"LIST", b"INFO" + riff_chunk(b"IART", b"A. Artist\0"))),
        "avi": avi(riff_chunk(b"_PMX", packet)),
        "gif": gif(gif_xmp(packet)),
        "tiff": tiff({700: packet, 52545: STORE}, {254: 1, 700: packet}),
        "tiff-big": tiff({700: packet}, order=">", big=True),
        "svg": svg(without_wrapper(packet)),
        "svgz": gzip.compress(svg(without_wrapper(packet)), mtime=0),
        "svg-manifest": svg(
            b'<c2pa:manifest xmlns:c2pa="http://c2pa.org/manifest">' + b64encode(STORE) + b"</c2pa:manifest>"
        ),
    }
