"""
AIFF and AIFF-C (Apple, 1989 and 1991), whose chunks follow each other as in EA IFF 85.

    "ID3 "           an ID3v2 tag, in which XMP and the ISRC lie
    "APPL" "XMP "    a packet                                 XMP Part 3, 1.2.2
    "NAME", "AUTH"   title and author
"""

from __future__ import annotations

from struct import Struct

from tdm_guard.formats.asset import Asset, Format, Packet, Place, Unread
from tdm_guard.formats.id3 import read_tag
from tdm_guard.formats.salvage import MAX_PACKET, Unreads, damaged, hides

MAX_CHUNKS = 20_000  # a recording has a dozen; one with many comments some hundred
MAX_TAGS = 4  # ID3 tags of one file; it has one
MAX_FOUND = 8  # packets of one file; it should have one
MAX_TEXT = 512  # bytes of a name
_HEAD = Struct(">4sI")
_NAMES = {b"NAME": "title", b"AUTH": "creator_name"}
_ID3 = (b"ID3 ", b"id3 ")
_XMP = b"XMP "


def read(data: bytes, *, complete: bool) -> Asset:
    """The XMP packets and names in an AIFF file."""
    packets: list[Packet] = []
    unread = Unreads()
    tags: list[tuple[str, str]] = []
    counted = dict.fromkeys(("tags", "packets"), 0)
    place, size = 12, len(data)
    problem: str | None = None if data.startswith(b"FORM") else "it does not begin as an AIFF file"
    for _ in range(MAX_CHUNKS):
        if problem or place + 8 > size:
            break
        name, length = _HEAD.unpack_from(data, place)
        start, end = place + 8, place + 8 + length
        if end > size:
            problem = "it ends within a chunk"
        if name in _ID3 and (end <= size or complete):
            counted["tags"] += 1
            if counted["tags"] > MAX_TAGS:
                problem = f"more than {MAX_TAGS} ID3 tags"
                break
            tag = read_tag(data, start, min(end, size), "AIFF/ID3", complete=complete)
            packets += tag.packets
            unread += tag.unread
            tags += tag.tags
        elif name == b"APPL" and data.startswith(_XMP, start) and (end <= size or complete):
            counted["packets"] += 1
            if counted["packets"] > MAX_FOUND or length > MAX_PACKET:
                unread.append(Unread(Place.XMP, "AIFF/APPL", "too many packets, or one too long"))
            else:
                packets.append(Packet(Place.XMP, "AIFF/APPL", data[start + 4 : end]))
        elif (key := _NAMES.get(name)) and len(tags) < MAX_CHUNKS:
            if text := data[start : min(end, start + MAX_TEXT)].decode("utf-8", "replace").strip("\0 \t\r\n"):
                tags.append((key, text))
        place = end + length % 2
    else:
        problem = f"more than {MAX_CHUNKS} chunks"
    if problem is not None and complete:
        hurt = damaged(data, min(place, size), size, "AIFF", problem, cut=problem.startswith("it ends"))
        packets += hurt.packets
        unread += hurt.unread
        if problem.startswith("more"):
            unread += [Unread(kind, "AIFF", problem) for kind in (Place.XMP, Place.C2PA, Place.RSL)]
    return Asset(
        format=Format.AIFF,
        packets=tuple(packets),
        unread=tuple(unread) if complete else (),
        tags=tuple(dict.fromkeys(tags))[:64],
        complete=complete and not hides(unread),
    )
