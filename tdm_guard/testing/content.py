"""Bytes that look like what the web holds, made here: pages, pictures, sound, documents, each with a marker."""

from __future__ import annotations

import hashlib
import html
import itertools
import math
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def marker(site: str, path: str) -> bytes:
    """
    Bytes that stand in this page of the sample web and nowhere else.

    A test looks for them on the disk to see whether a page was stored. They are in the bytes as sent: in a
    compressed page, in the file name that gzip carries along.
    """
    return b"mark-" + hashlib.sha256(f"{site} {path}".encode()).hexdigest()[:32].encode()


def page(
    *,
    mark: bytes,
    title: str,
    text: str,
    head: str = "",
    body: str = "",
    links: Sequence[tuple[str, str]] = (),
    media: Sequence[str] = (),
) -> str:
    """An HTML page: `head` and `body` are markup of its own, `links` pairs of address and words, `media` addresses."""
    paragraphs = "\n".join(f"      <p>{html.escape(part)}</p>" for part in text.split("\n"))
    items = "\n".join(f'        <li><a href="{html.escape(to)}">{html.escape(words)}</a></li>' for to, words in links)
    shown = "\n".join(_show(address) for address in media)
    return f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>{html.escape(title)}</title>
    <meta name="viewport" content="width=device-width">
{head}
  </head>
  <body>
    <main>
      <h1>{html.escape(title)}</h1>
{paragraphs}
{shown}
{body}
      <p>Reference: {mark.decode()}</p>
    </main>
    <nav>
      <ul>
{items}
      </ul>
    </nav>
  </body>
</html>
"""


def _show(address: str) -> str:
    kept = html.escape(address)
    if address.endswith((".png", ".jpg")):
        return f'      <img src="{kept}" alt="">'
    if address.endswith((".wav", ".mp3", ".flac")):
        return f'      <audio src="{kept}" controls></audio>'
    return f'      <p><a href="{kept}">Download</a></p>'


def png(mark: bytes, packet: bytes | None = None, *, width: int = 96, height: int = 64) -> bytes:
    """A PNG picture, a slanted blend of two colours that the marker chooses; `packet`: its XMP, behind the picture."""
    first, last = mark[5:8], mark[8:11]
    rows = bytearray()
    for y in range(height):
        rows.append(0)  # no filter
        for x in range(width):
            share = (x + y) / (width + height)
            rows.extend(round(a * (1 - share) + b * share) for a, b in zip(first, last, strict=True))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    said = () if packet is None else ((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet),)
    picture = (b"IDAT", zlib.compress(bytes(rows)))
    chunks = ((b"IHDR", header), (b"tEXt", b"Comment\0" + mark), picture, *said, (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def wav(mark: bytes, packet: bytes | None = None, *, seconds: float = 0.5, rate: int = 8000) -> bytes:
    """A WAV file: one soft tone whose pitch the marker chooses, the marker in its INFO list; `packet` is its XMP."""
    pitch = 220 + mark[-1] * 2
    samples = b"".join(
        struct.pack("<h", round(6000 * math.sin(2 * math.pi * pitch * i / rate))) for i in range(int(seconds * rate))
    )
    note = mark + b"\0" * (2 - len(mark) % 2)
    chunks = (
        (b"fmt ", struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)),
        (b"LIST", b"INFOICMT" + struct.pack("<I", len(note)) + note),
        (b"data", samples),
        *(() if packet is None else ((b"_PMX", packet),)),
    )
    data = b"WAVE" + b"".join(
        kind + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2) for kind, part in chunks
    )
    return b"RIFF" + struct.pack("<I", len(data)) + data


def pdf(mark: bytes, title: str, packet: bytes | None = None) -> bytes:
    """A PDF file of one page that shows its title, the marker in the document information; `packet` is its XMP."""
    words = title.encode("latin-1", "replace").translate(None, b"()\\")
    drawing = b"BT /F1 18 Tf 72 720 Td (" + words + b") Tj ET"
    metadata, said = b"", []
    if packet is not None:
        form = b"<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream"
        metadata, said = b" /Metadata 7 0 R", [form % (len(packet), packet)]
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R%s >>" % metadata,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font <</F1 5 0 R>> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Title (%s) /Keywords (%s) >>" % (words, mark),
        *said,
    )
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, data in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, data)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def gzipped(data: bytes, mark: bytes) -> bytes:
    """`data` in gzip format (RFC 1952), the marker as the file name in its header so that it can be found unpacked."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(data) + packer.flush()
    header = b"\x1f\x8b\x08\x08" + b"\0\0\0\0" + b"\x02\xff" + mark + b"\0"
    return header + packed + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def bulk(mark: bytes, size: int) -> Callable[[], Iterable[bytes]]:
    """`size` bytes that start with the marker, made while they are sent; they hold no pattern a link could pack."""
    piece = hashlib.shake_128(mark).digest(65_536)

    def pieces() -> Iterable[bytes]:
        left = size - len(mark)
        yield mark
        for part in itertools.repeat(piece):
            yield part[:left]
            left -= len(part)
            if left <= 0:
                return

    return pieces
