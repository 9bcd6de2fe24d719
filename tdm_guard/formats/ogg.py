"""
Ogg files (RFC 3533) of Vorbis, Opus (RFC 7845) and FLAC: the identifiers in the second packet of a stream.

    page = "OggS" version type granule (8) serial (4) number (4) checksum (4) count (1) sizes (count) data

There is no place for a reservation in them but what ffmpeg carries over from other files (`vorbis_comment`).
"""

from __future__ import annotations

from tdm_guard.formats.asset import Asset, Format, Packet, Unread
from tdm_guard.formats.salvage import damaged, is_xmp
from tdm_guard.formats.vorbis_comment import Comments, read_comments

MAX_PAGES = 512  # pages looked at; the comments begin on the second
MAX_PACKET = 16 * 2**20  # bytes kept of one packet of comments, in which pictures may come first
_HEAD = 27
_MARKS = (b"\x03vorbis", b"OpusTags")
_HEADS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC")  # of streams that have comments
_FLAC_COMMENT = 4
_LOST = "the pages do not follow each other"


class _Stream:
    """The packets of one stream so far: how many are whole, and the one being collected."""

    def __init__(self) -> None:
        self.whole = 0
        self.packet = bytearray()
        self.awaited = True  # its comments are still to come

    def end_packet(self) -> None:
        self.awaited = self.whole == 0 and self.packet.startswith(_HEADS)
        self.whole += 1
        self.packet = bytearray()


def read(data: bytes, *, complete: bool) -> Asset:
    """The identifiers of an Ogg file, and packets of XMP among them."""
    streams: dict[bytes, _Stream] = {}
    tags: list[tuple[str, str]] = []
    packets: list[Packet] = []
    unread: list[Unread] = []
    position = 0
    done = False
    for _ in range(MAX_PAGES):
        if len(data) - position < _HEAD:
            break
        if not data.startswith(b"OggS", position):
            done = True
            if is_xmp(data, position):
                hurt = damaged(data, position, len(data), "OGG", _LOST)
                packets += hurt.packets
                unread += hurt.unread
            break
        first = data[position + 5] & 2
        sizes = data[position + _HEAD : position + _HEAD + data[position + 26]]
        done = not first and bool(streams) and not any(stream.awaited for stream in streams.values())
        if done:
            break
        stream = streams.setdefault(data[position + 14 : position + 18], _Stream())
        position += _HEAD + len(sizes)
        for size in sizes:
            if stream.awaited and len(stream.packet) < MAX_PACKET:
                stream.packet += data[position : position + size]
            position += size
            if size < 255 and position <= len(data):
                if stream.whole == 1:
                    found = _comments(bytes(stream.packet))
                    tags += found.tags
                    packets += found.packets
                stream.end_packet()
    return Asset(
        format=Format.OGG,
        packets=tuple(packets),
        unread=tuple(unread),
        tags=tuple(dict.fromkeys(tags)),
        complete=complete or done,
    )


def _comments(packet: bytes) -> Comments:
    for mark in _MARKS:
        if packet.startswith(mark):
            return read_comments(packet, len(mark), len(packet), "OGG")
    if packet[:1] in (b"\x04", b"\x84") and len(packet) - 4 >= int.from_bytes(packet[1:4], "big") > 0:
        return read_comments(packet, _FLAC_COMMENT, len(packet), "OGG")
    return Comments(())
