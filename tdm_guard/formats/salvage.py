"""
What may still lie in the damaged part of a file: the marks of a packet, and packets that can be cut out by their ends.

A last resort, since a packet found so may be that of an embedded picture: whoever uses it adds an `Unread`, so that
only its reservations count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from tdm_guard.formats.asset import Packet, Place, Unread

MAX_PACKET = 2**20  # an XMP packet has some kilobytes; JPEG allows 64 KiB in one piece
MAX_STORE = 8 * 2**20  # a manifest store may hold thumbnails
MAX_SALVAGED = 8  # packets cut out of one damaged file

# XMP's root, RDF's and PLUS' namespaces; each in UTF-8 or in UTF-16 of either order (XMP Part 1, 7.1)
_XMP_WORDS = (b"adobe:ns:meta", b"22-rdf-syntax-ns", b"useplus.org/ldf")
_XMP_MARKS = _XMP_WORDS + tuple(word.decode().encode("utf-16-le") for word in _XMP_WORDS)
_C2PA_MARKS = (b"jumdc2pa", b"c2pa\0\x11\0\x10")  # description box of a manifest store; the UUID of its label
_PACKETS = re.compile(rb"<(?P<root>(?:[A-Za-z_][\w.-]{0,31}:)?xmpmeta|rdf:RDF)[\s>]")


class Hurt(NamedTuple):
    """What a damaged part yields: packets that were cut out of it, and what could not be read."""

    packets: tuple[Packet, ...]
    unread: tuple[Unread, ...]


def hides(unread: Iterable[Unread]) -> bool:
    """True if something that could not be read is a packet, or may be one."""
    return any(each.place is not None for each in unread)


def is_xmp(data: bytes, start: int = 0, end: int | None = None) -> bool:
    """True if there are words in these bytes without which there is no XMP packet."""
    stop = len(data) if end is None else end
    return any(data.find(mark, start, stop) >= 0 for mark in _XMP_MARKS)


def is_c2pa(data: bytes, start: int = 0, end: int | None = None) -> bool:
    """True if these bytes hold the beginning of a C2PA manifest store."""
    stop = len(data) if end is None else end
    return any(data.find(mark, start, stop) >= 0 for mark in _C2PA_MARKS)


def damaged(data: bytes, start: int, end: int, locator: str, message: str, *, cut: bool = False) -> Hurt:
    """
    What can be told of the bytes from `start` to `end`, in which a container's walk failed.

    Without a mark in them, nothing is hidden there, and the damage is a fault. `cut`: the file ends before its own
    lengths say so, and what is missing may have held a packet.
    """
    packets = _cut_out(data, start, end, locator)
    unread = [Unread(Place.XMP, locator, message)] if cut or packets or is_xmp(data, start, end) else []
    if cut or is_c2pa(data, start, end):
        unread.append(Unread(Place.C2PA, locator, message))
    return Hurt(packets, tuple(unread) or (Unread(None, locator, message),))


def _cut_out(data: bytes, start: int, end: int, locator: str) -> tuple[Packet, ...]:
    packets: list[Packet] = []
    position = start
    while len(packets) < MAX_SALVAGED and (found := _PACKETS.search(data, position, end)):
        closing = b"</" + found["root"] + b">"
        stop = data.find(closing, found.end(), min(end, found.start() + MAX_PACKET))
        position = found.end() if stop < 0 else stop + len(closing)
        limit = min(end, found.start() + MAX_PACKET) if stop < 0 else position
        packets.append(Packet(Place.XMP, f"{locator}/byte {found.start()}", data[found.start() : limit]))
    return tuple(packets)
