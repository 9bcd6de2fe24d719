"""
FLAC files (RFC 9639): metadata blocks before the frames of sound, and an ID3 tag that may stand before them.

    stream = [ID3 tag] "fLaC" 1*block frames          block = last-and-type (1) length (3) data

FLAC has no block for XMP of its own: it is read in an `APPLICATION` block that keeps a RIFF chunk (`riff` + `_PMX`),
in the ID3 tag, where C2PA has its manifest store too, and among the comments, where ffmpeg puts it.
"""

from __future__ import annotations

from tdm_guard.formats.files import id3
from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.vorbis_comment import Comments, read_comments
from tdm_guard.formats.salvage import MAX_PACKET, Unreads, damaged, hides

MAX_BLOCKS = 512  # metadata blocks of one file; it has a handful
MAX_COMMENTS = 4  # blocks of comments; it has one
MAX_FOUND = 8  # packets of one file; it should have one
_APPLICATION = 2
_COMMENT = 4
_RIFF_HEAD = 12  # bytes of an application block before the content of the chunk in it


def read(data: bytes, *, complete: bool) -> Asset:
    """What lies in a FLAC file."""
    start = 0
    packets: list[Packet] = []
    unread: list[Unread] = []
    tags: list[tuple[str, str]] = []
    if id3.is_tag(data, 0):
        tag = id3.read_tag(data, 0, len(data), "FLAC/ID3", complete=complete)
        start = tag.end
        packets += tag.packets
        unread += tag.unread
        tags += tag.tags
    stream = read_stream(data, start, complete=complete)
    return Asset(
        format=Format.FLAC,
        packets=(*packets, *stream.packets),
        unread=(*unread, *stream.unread),
        tags=(*tags, *stream.tags),
        complete=stream.complete and not hides(unread),
    )


def read_stream(data: bytes, start: int, *, complete: bool) -> Asset:
    """What lies in the stream that begins at `start`; what comes after its blocks is sound alone."""
    packets: list[Packet] = []
    tags: list[tuple[str, str]] = []
    unread = Unreads()
    whole = False
    comments = 0
    position = start + 4
    if not data.startswith(b"fLaC", start):
        if complete:
            unread += damaged(data, start, len(data), "FLAC", "no FLAC stream where there should be one").unread
        return Asset(format=Format.FLAC, unread=tuple(unread), complete=complete and not hides(unread))
    for _ in range(MAX_BLOCKS):
        first, stop = position + 4, position + 4 + int.from_bytes(data[position + 1 : position + 4], "big")
        if stop > len(data) or first > len(data):
            message = "a metadata block ends behind the end of the file"
            if complete:
                found = damaged(data, position, len(data), "FLAC", message, cut=True)
                packets += found.packets
                unread += found.unread
            break
        kind = data[position] & 0x7F
        if kind == _COMMENT:
            comments += 1
            said = _comments(data, first, stop, comments)
            tags += said.tags
            packets += said.packets
            unread += said.unread
        elif kind == _APPLICATION:
            said = _application(data, first, stop, len(packets))
            packets += said.packets
            unread += said.unread
        whole = data[position] >= 0x80
        position = stop
        if whole:
            break
    else:
        found = damaged(data, position, len(data), "FLAC", f"more than {MAX_BLOCKS} metadata blocks")
        packets += found.packets
        unread += found.unread
        whole = complete and not hides(unread)
    return Asset(
        format=Format.FLAC,
        packets=tuple(packets),
        unread=tuple(unread),
        tags=tuple(tags),
        complete=whole and not hides(unread),
    )


def _comments(data: bytes, start: int, end: int, number: int) -> Comments:
    if number > MAX_COMMENTS:
        message = f"more than {MAX_COMMENTS} blocks of comments"
        return Comments((), unread=(Unread(Place.XMP, "FLAC/VORBIS_COMMENT", message),))
    return read_comments(data, start, end, "FLAC/VORBIS_COMMENT")


def _application(data: bytes, start: int, end: int, before: int) -> Comments:
    """The packet in a chunk of RIFF that a block keeps; `before` it so many others were found."""
    if data[start : start + 4] != b"riff" or data[start + 4 : start + 8] != b"_PMX":
        return Comments(())
    locator, first = "FLAC/APPLICATION/_PMX", start + _RIFF_HEAD
    if before >= MAX_FOUND:
        return Comments((), unread=(Unread(Place.XMP, locator, f"more than {MAX_FOUND} packets"),))
    long = end - first > MAX_PACKET
    unread = (Unread(Place.XMP, locator, f"longer than {MAX_PACKET} bytes"),) if long else ()
    return Comments((), (Packet(Place.XMP, locator, data[first : min(end, first + MAX_PACKET)]),), unread)
