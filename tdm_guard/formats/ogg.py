"""
Ogg files (RFC 3533) of Vorbis, Opus (RFC 7845) and FLAC: the identifiers in the second packet of a stream.

    page = "OggS" version type granule (8) serial (4) number (4) checksum (4) count (1) sizes (count) data

There is no place for a reservation in them: they are read for the works that they name.
"""

from __future__ import annotations

from tdm_guard.formats.asset import Asset, Format
from tdm_guard.formats.vorbis_comment import comment_tags

MAX_PAGES = 256  # pages looked at; the comments begin on the second
MAX_PACKET = 2**20  # bytes kept of one packet of comments; more is a picture
MAX_AWAITED = 2**20  # bytes of a prefix after which no comments are awaited; nothing depends on them
_HEAD = 27
_MARKS = (b"\x03vorbis", b"OpusTags")
_FLAC_COMMENT = 4


class _Stream:
    """The packets of one stream so far: how many are whole, and the one being collected."""

    def __init__(self) -> None:
        self.whole = 0
        self.packet = bytearray()


def read(data: bytes, *, complete: bool) -> Asset:
    """The identifiers of an Ogg file."""
    streams: dict[bytes, _Stream] = {}
    tags: list[tuple[str, str]] = []
    position = 0
    done = False
    for _ in range(MAX_PAGES):
        if not data.startswith(b"OggS", position) or len(data) - position < _HEAD:
            break
        first = data[position + 5] & 2
        sizes = data[position + _HEAD : position + _HEAD + data[position + 26]]
        done = not first and bool(streams) and all(stream.whole >= 2 for stream in streams.values())
        if done:
            break
        stream = streams.setdefault(data[position + 14 : position + 18], _Stream())
        position += _HEAD + len(sizes)
        for size in sizes:
            if stream.whole < 2 and len(stream.packet) < MAX_PACKET:
                stream.packet += data[position : position + size]
            position += size
            if size < 255:
                if stream.whole == 1:
                    tags += _comments(bytes(stream.packet))
                stream.whole += 1
                stream.packet = bytearray()
    return Asset(
        format=Format.OGG, tags=tuple(dict.fromkeys(tags)), complete=complete or done or len(data) >= MAX_AWAITED
    )


def _comments(packet: bytes) -> list[tuple[str, str]]:
    for mark in _MARKS:
        if packet.startswith(mark):
            return comment_tags(packet, len(mark), len(packet))
    if packet[:1] in (b"\x04", b"\x84") and len(packet) - 4 >= int.from_bytes(packet[1:4], "big") > 0:
        return comment_tags(packet, _FLAC_COMMENT, len(packet))
    return []
