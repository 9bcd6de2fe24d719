"""Files that carry a reservation, and their twins that do not: one table for both edges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from tests.support import documents, pictures

SECRET = b"SECRET-WORDS-OF-A-FILE"  # in every file that reserves, outside of what is compressed
OPEN = b"OPEN-WORDS-OF-A-FILE"


class File(NamedTuple):
    """A kind of file: its media type, one that reserves, one that does not, and the carrier in records."""

    media_type: str
    reserving: bytes
    silent: bytes
    carrier: str
    signal: str = "xmp"


def _comment(words: bytes) -> bytes:
    return pictures.segment(0xFE, words)


def _pdf(packet: bytes | None, words: bytes) -> bytes:
    return documents.pdf(packet, info=f"/Keywords ({words.decode()})")


def _epub(metadata: str, words: bytes) -> bytes:
    return documents.epub({"OEBPS/p.opf": documents.opf(metadata)}, extra=[(f"{words.decode()}.txt", b"text")])


_PACKET = documents.xmp()
FILES: dict[str, File] = {
    "jpeg": File(
        "image/jpeg",
        pictures.jpeg(pictures.app1(_PACKET), _comment(SECRET)),
        pictures.jpeg(_comment(OPEN)),
        "jpeg",
    ),
    "png, behind the picture": File(
        "image/png",
        pictures.png(pictures.chunk(b"tEXt", b"Comment\0" + SECRET), after=(pictures.itxt(_PACKET, compressed=True),)),
        pictures.png(pictures.chunk(b"tEXt", b"Comment\0" + OPEN)),
        "png",
    ),
    "webp": File(
        "image/webp",
        pictures.webp(pictures.riff_chunk(b"NOTE", SECRET), pictures.riff_chunk(b"XMP ", _PACKET)),
        pictures.webp(pictures.riff_chunk(b"NOTE", OPEN)),
        "webp",
    ),
    "svg": File(
        "image/svg+xml",
        pictures.svg(pictures.without_wrapper(_PACKET), attributes=b' id="' + SECRET + b'"'),
        pictures.svg(attributes=b' id="' + OPEN + b'"'),
        "svg",
    ),
    "pdf": File("application/pdf", _pdf(documents.tdm_xmp(), SECRET), _pdf(None, OPEN), "pdf", "tdmrep"),
    "epub": File("application/epub+zip", _epub(documents.RESERVED, SECRET), _epub("", OPEN), "epub", "tdmrep"),
    "mp3": File(
        "audio/mpeg",
        documents.mp3(documents.id3(documents.private_frame(_PACKET)), tail=SECRET),
        documents.mp3(documents.id3(documents.text_frame(b"TSRC", "FRX761234567")), tail=OPEN),
        "mp3",
    ),
    "mp4": File(
        "video/mp4",
        documents.mp4(tail=documents.xmp_box(_PACKET) + documents.box(b"free", SECRET)),
        documents.mp4(tail=documents.box(b"free", OPEN)),
        "bmff",
    ),
}
# What servers say of files that they do not know
WRONG_TYPES = ("text/plain", "application/octet-stream", "text/html", "image/x-unknown", None)

MEGABYTE = 2**20
BULK = 20 * MEGABYTE


def bulk(beginning: bytes, size: int = BULK) -> Callable[[], Iterable[bytes]]:
    """A body of `size` bytes that begins so, made while it is sent."""

    def pieces() -> Iterator[bytes]:
        yield beginning
        left = size - len(beginning)
        while left > 0:
            yield bytes(min(left, 65_536))
            left -= 65_536

    return pieces


def large_jpeg(packet: bytes | None = _PACKET) -> bytes:
    """The beginning of a JPEG file whose picture data goes on."""
    return pictures.jpeg(*(() if packet is None else (pictures.app1(packet),)), picture=b"", end=b"")


def large_mp4(packet: bytes = _PACKET, *, size: int = BULK) -> bytes:
    """The beginning of an MP4 file, with its metadata before the film."""
    film = documents.mp4(media=0)[:-8]
    head = film + documents.xmp_box(packet)
    return head + (size - len(head)).to_bytes(4, "big") + b"mdat"
