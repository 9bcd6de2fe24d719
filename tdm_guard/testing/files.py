"""
Files that carry a reservation inside, made here: photographs, sound, books, each with a marker.

Nothing is compressed, so that what a file says can be found in its bytes.
"""

from __future__ import annotations

import html
import io
import struct
import zipfile
from collections.abc import Iterable, Mapping

PLUS = "http://ns.useplus.org/ldf/vocab/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "tdm": "http://www.w3.org/ns/tdmrep/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}
_SEGMENT = 60_000  # bytes of a manifest store in one JPEG segment, whose length has 16 bits
_CONTAINER = (
    '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)


def xmp(properties: Mapping[str, str], inside: str = "") -> bytes:
    """An XMP packet of simple properties by prefixed name (`plus:DataMining`); `inside` is markup of its own."""
    names = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    said = "".join(f"<{name}>{html.escape(value)}</{name}>" for name, value in properties.items())
    return (
        f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        f'xmlns:rdf="{_RDF}"><rdf:Description rdf:about=""{names}>{said}{inside}</rdf:Description></rdf:RDF>'
        f'</x:xmpmeta><?xpacket end="w"?>'
    ).encode()


# ---- photographs ----------------------------------------------------------------------------------------------------


def jpeg(mark: bytes, packet: bytes | None = None, store: bytes = b"", *, width: int = 96, height: int = 64) -> bytes:
    """
    A baseline JPEG of one grey that the marker chooses, the marker in a comment.

    `packet` is its XMP, `store` a C2PA manifest store.
    """
    said = [] if packet is None else [_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)]
    for number, start in enumerate(range(0, len(store), _SEGMENT), 1):
        again = store[:8] if number > 1 else b""  # every segment repeats the head of the box
        part = again + store[start : start + _SEGMENT]
        said.append(_segment(0xEB, struct.pack(">2sHI", b"JP", 1, number) + part))
    grey = 1 + mark[-1] % 100  # above the middle, with a quantiser of 8
    size = grey.bit_length()
    blocks = (width // 8) * (height // 8)
    # Codes: DC 00 for no difference, 01 for the first one; AC 0 for "nothing follows".
    bits = "01" + format(grey, "b") + "0" + "000" * (blocks - 1)
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
            *said,
            _segment(0xFE, mark),
            _segment(0xDB, b"\0" + b"\x08" * 64),
            _segment(0xC0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)),
            _segment(0xC4, b"\0" + bytes((0, 2, *[0] * 14)) + bytes((0, size))),
            _segment(0xC4, b"\x10" + bytes((1, *[0] * 15)) + b"\0"),
            _segment(0xDA, b"\x01\x01\0\0\x3f\0"),
            scan,
            b"\xff\xd9",
        )
    )


def _segment(kind: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(data) + 2) + data


# ---- sound ----------------------------------------------------------------------------------------------------------


def mp3(
    mark: bytes, tags: Mapping[str, str], packet: bytes | None = None, store: bytes = b"", *, frames: int = 12
) -> bytes:
    """
    An MP3 file of silence under an ID3v2.4 tag: `tags` by the name of their text frame, the marker in a comment.

    `packet` is its XMP, `store` a C2PA manifest store.
    """
    parts = [_frame(b"COMM", b"\x03eng\0" + mark)]
    parts += [_frame(name.encode(), b"\x03" + text.encode()) for name, text in tags.items()]
    if packet is not None:
        parts.append(_frame(b"PRIV", b"XMP\0" + packet))
    if store:
        parts.append(_frame(b"GEOB", b"\0application/x-c2pa-manifest-store\0c2pa\0manifest\0" + store))
    body = b"".join(parts) + bytes(64)  # readers look whether a frame or padding follows a long one
    silence = b"\xff\xfb\x90\xc4" + bytes(413)  # MPEG 1 layer III, 128 kbit/s, 44.1 kHz, one channel
    return b"ID3\x04\0\0" + _seven_bits(len(body)) + body + silence * frames


def _frame(name: bytes, content: bytes) -> bytes:
    return name + _seven_bits(len(content)) + b"\0\0" + content


def _seven_bits(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def flac(mark: bytes, tags: Iterable[tuple[str, str]]) -> bytes:
    """A FLAC file without a frame of sound: its comments (`ISRC`, …), the marker among them."""
    words = [f"{name}={text}".encode() for name, text in (*tags, ("COMMENT", mark.decode()))]
    comment = struct.pack("<I", 9) + b"tdm_guard" + struct.pack("<I", len(words))
    comment += b"".join(struct.pack("<I", len(word)) + word for word in words)
    # Blocks of 4096 samples, 44.1 kHz, one channel, 16 bits, no sample
    info = struct.pack(">HH", 4096, 4096) + bytes(6) + (44_100 << 44 | 15 << 36).to_bytes(8, "big") + bytes(16)
    return b"fLaC" + struct.pack(">I", len(info)) + info + struct.pack(">I", 0x84 << 24 | len(comment)) + comment


# ---- books ----------------------------------------------------------------------------------------------------------


def epub(mark: bytes, title: str, metadata: str, *, version: str = "3.0") -> bytes:
    """An EPUB of one chapter, the marker in its colophon; `metadata` is markup for its package document."""
    name = html.escape(title)
    prefix = ' prefix="tdm: http://www.w3.org/ns/tdmrep#"' if version.startswith("3") else ""
    package = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<package xmlns="http://www.idpf.org/2007/opf" version="{version}" '
        f'unique-identifier="id"{prefix}>\n<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<dc:identifier id="id">urn:uuid:{mark.decode()}</dc:identifier>\n<dc:title>{name}</dc:title>\n'
        f"<dc:language>en</dc:language>\n{metadata}\n</metadata>\n"
        f'<manifest><item id="one" href="one.xhtml" media-type="application/xhtml+xml"/></manifest>\n'
        f'<spine><itemref idref="one"/></spine>\n</package>\n'
    )
    chapter = (
        f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{name}</title></head><body><h1>{name}</h1>'
        f"<p>Printed as {mark.decode()}.</p></body></html>\n"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as book:
        for path, text in (
            ("mimetype", "application/epub+zip"),
            ("META-INF/container.xml", _CONTAINER),
            ("OEBPS/package.opf", package),
            ("OEBPS/one.xhtml", chapter),
        ):
            book.writestr(zipfile.ZipInfo(path), text)  # of 1980: the same bytes each time
    return out.getvalue()
