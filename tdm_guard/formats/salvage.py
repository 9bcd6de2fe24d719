"""
What may still lie in the damaged part of a file: the marks of a packet, and packets that can be cut out by their ends.

A last resort, since a packet found so may be that of an embedded picture: whoever uses it adds an `Unread`, so that
only its reservations count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, Self

from tdm_guard.formats.files.asset import Packet, Place, Unread

MAX_PACKET = 2**20  # an XMP packet has some kilobytes; JPEG allows 64 KiB in one piece
MAX_STORE = 8 * 2**20  # a manifest store may hold thumbnails
MAX_SALVAGED = 8  # packets cut out of one damaged file
MAX_UNCLOSED = 2  # of them without an end, which go as far as a packet may: they lie in each other
MAX_ROOTS = 4_096  # places of a damaged part that are looked at for the beginning of a packet
MAX_UNREAD = 16  # places of one kind that are kept of one file: the first makes the kind undetermined, the rest inform

# XMP's root, RDF's and PLUS' namespaces; each in UTF-8 or in UTF-16 of either order (XMP Part 1, 7.1)
_XMP_WORDS = (b"adobe:ns:meta", b"22-rdf-syntax-ns", b"useplus.org/ldf")
_XMP_MARKS = _XMP_WORDS + tuple(word.decode().encode("utf-16-le") for word in _XMP_WORDS)
_C2PA_MARKS = (b"jumdc2pa", b"c2pa\0\x11\0\x10")  # description box of a manifest store; the UUID of its label
_ROOTS = (b"xmpmeta", b"rdf:RDF")
_OPENING = re.compile(rb"<((?:[A-Za-z_][\w.-]{0,31}:)?)\Z")
_ENDS = (b">", b" ", b"\t", b"\r", b"\n", b"\v", b"\f")  # of a tag's name
_MAX_PREFIX = 34  # bytes of `<`, a prefix and its colon


class Unreads(list[Unread]):
    """What could not be read of one file, bounded as it is noted: a file may have a million such places."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[Place | None, int] = {}

    def append(self, unread: Unread) -> None:
        """Keeps it, unless there are enough of its kind."""
        count = self._counts.get(unread.place, 0)
        if count < MAX_UNREAD:
            self._counts[unread.place] = count + 1
            super().append(unread)

    def __iadd__(self, more: Iterable[Unread]) -> Self:  # type: ignore[override,misc]
        for unread in more:
            self.append(unread)
        return self


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
    packets, problem = _cut_out(data, start, end, locator)
    unread = [Unread(Place.XMP, locator, message)] if cut or packets or problem or is_xmp(data, start, end) else []
    if cut or is_c2pa(data, start, end):
        unread.append(Unread(Place.C2PA, locator, message))
    return Hurt(packets, tuple(unread) or (Unread(None, locator, message),))


def _cut_out(data: bytes, start: int, end: int, locator: str) -> tuple[tuple[Packet, ...], bool]:
    """The packets, and whether there may be more than were looked for."""
    packets: list[Packet] = []
    position, unclosed = start, 0
    following = {
        word: data.find(word, start, end) for word in _ROOTS
    }  # a search by `find` costs a tenth of one by `re`
    for _ in range(MAX_ROOTS):
        for word, at in following.items():
            if 0 <= at < position:
                following[word] = data.find(word, position, end)
        at, word = min(((at, word) for word, at in following.items() if at >= 0), default=(-1, b""))
        if at < 0:
            return tuple(packets), False
        position = at + len(word)
        opening = _OPENING.search(data[max(start, at - _MAX_PREFIX) : at])
        if opening is None or data[position : position + 1] not in _ENDS or (opening[1] and word == b"rdf:RDF"):
            continue
        first = at - len(opening[0])
        closing = b"</" + opening[1] + word + b">"
        stop = data.find(closing, position, min(end, first + MAX_PACKET))
        unclosed += stop < 0
        if unclosed > MAX_UNCLOSED:
            break
        limit = min(end, first + MAX_PACKET) if stop < 0 else stop + len(closing)
        position = position if stop < 0 else limit
        packets.append(Packet(Place.XMP, f"{locator}/byte {first}", data[first:limit]))
        if len(packets) == MAX_SALVAGED:
            break
    return tuple(packets), True
