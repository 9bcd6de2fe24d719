"""
What lies in a file that may carry a reservation: the packets of metadata, and what could not be read.

strategy: one module per container walks the bytes it is given and returns an `Asset`: the packets as they stand in the
file, undecided and unparsed, and what could not be read. What a packet says is for the signals. Containers are imported
when the first such file comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import NamedTuple, Protocol, cast

from tdm_guard.formats.files.container import Format


class Place(StrEnum):
    """What kind of packet: an XMP packet, an EPUB package document, a C2PA manifest store, an RSL document."""

    XMP = "xmp"
    OPF = "opf"
    C2PA = "c2pa"
    RSL = "rsl"  # where it stands by itself, outside XMP and OPF: PNG text, an ID3 frame


class Packet(NamedTuple):
    """One packet and where in the file it lies: `JPEG/APP1`, `PDF/Catalog/Metadata`, `EPUB/OEBPS/p.opf`."""

    place: Place
    locator: str
    data: bytes


class Unread(NamedTuple):
    """
    What could not be read, and why.

    With a `place`, a packet of that kind is there, or may be: what it says is undetermined. Without, it is a fault of
    the file that hides no packet.
    """

    place: Place | None
    locator: str
    message: str


def more_names(locator: str) -> Unread:
    """Where a file has more identifiers than are kept of it: no reservation, but declarations may be about them."""
    return Unread(None, locator, "more names than are read: the others are not matched")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """
    What lies in a file.

    `tags` are identifiers that the file itself has, by the keys of an item (`isrc`, `creator_name`, …), as written.
    `data` is the file itself (no copy), only where a C2PA marker was found: its seal covers every byte.
    `parts` is how many pieces it has, where that is what another reader would need its time for.
    `complete` is True if every place that the format has for a packet was looked at. Of a prefix that is so only where
    the rest of the file has no such place (a JPEG's picture data); it is False where damage or a bound ended the walk.
    """

    format: Format
    packets: tuple[Packet, ...] = ()
    unread: tuple[Unread, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    complete: bool = True
    parts: int = 0
    data: bytes = field(default=b"", repr=False)


class Reader(Protocol):
    """The `read` of a container: never raises; of a prefix (`complete=False`) it returns what lies in it."""

    def __call__(self, data: bytes, *, complete: bool) -> Asset: ...


MAX_PACKETS_BYTES = 9 * 2**20  # of the packets of one file that are parsed; extended XMP of a JPEG may have 8 MiB
MAX_PACKETS_TAGS = 250_000  # elements and their ends in those packets together; an XMP packet may have 100,000
MAX_UNWALKED = 2**18  # bytes of a file that has few parts although the walk through it was given up


@cache
def _reader(module: str) -> Reader:
    return cast("Reader", import_module(f"tdm_guard.formats.files.{module}").read)


def read_asset(data: bytes, format: Format, *, complete: bool = True) -> Asset:  # noqa: A002 - the word for it
    """What lies in a file of this format. `complete=False`: `data` is only its beginning. Never raises."""
    asset = _reader(format.row.module)(data, complete=complete)
    if len(asset.packets) > 1:
        asset = _bounded(asset)
    sealed = any(p.place is Place.C2PA for p in asset.packets) or any(u.place is Place.C2PA for u in asset.unread)
    if not sealed:
        return asset
    lost = len(data) > MAX_UNWALKED and any(u.place is Place.C2PA for u in asset.unread)
    return replace(asset, data=data, parts=len(data) if lost else asset.parts)


def _bounded(asset: Asset) -> Asset:
    """A file whose packets are together no more than their readers should have to parse."""
    left, tags = MAX_PACKETS_BYTES, MAX_PACKETS_TAGS
    kept: list[Packet] = []
    left_out: dict[Place, Unread] = {}
    for packet in asset.packets:
        if packet.place is not Place.C2PA:
            left -= len(packet.data)
            tags -= packet.data.count(b"<")
            if kept and (left < 0 or tags < 0):
                left_out[packet.place] = Unread(packet.place, packet.locator, "more packets than are read of one file")
                continue
        kept.append(packet)
    if not left_out:
        return asset
    unread = (*asset.unread, *left_out.values())
    return replace(asset, packets=tuple(kept), unread=unread, complete=False)
