"""
What a file says: an image, a book, a sound file, with the reservation it carries inside.

In a prefix, or in a file that was damaged, only reservations count: what is not found there may stand in the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.files.asset import Place, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.xmp_identifiers import identifiers
from tdm_guard.model import NOTHING, Fault, Reading, Source
from tdm_guard.repertoire.item import Item, read_item

if TYPE_CHECKING:
    from tdm_guard.judging.bench import Bench
    from tdm_guard.judging.response import Announced

# of a container of sound, pictures and films: what the media type tells
_WORKS_BY_TYPE = {"audio": "sound_recording", "image": "image", "video": "audiovisual"}


class HeardAsset(NamedTuple):
    """
    What a file says, the works it says it holds, and whether every place for a reservation was looked at.

    Of a prefix that is so where the rest has no such place: behind the header of a JPEG file come pixels only.
    """

    reading: Reading
    items: tuple[Item, ...] = ()
    complete: bool = True


def hear_asset(bench: Bench, about: Announced, data: bytes, kind: Format, *, complete: bool) -> HeardAsset:
    """Reads a file of this format, content-decoded; `complete=False`: `data` is only its beginning."""
    found = asset = read_asset(data, kind, complete=complete)
    if bench.repertoire is None and not asset.packets and not asset.unread:  # as most files
        return HeardAsset(NOTHING, (), asset.complete)
    if not complete and asset.complete:  # a permission, or a seal, needs every byte of the file
        asset = replace(asset, complete=False)
    source = Source(url=about.url, carrier=kind.value, retrieved_at=about.now)
    places: set[Place | None] = {packet.place for packet in asset.packets}
    places.update(unread.place for unread in asset.unread)
    readings = []
    for signal in bench.asset_signals:
        if signal.read_asset is not None and not places.isdisjoint(signal.asset_places):
            reading = signal.read_asset(asset, source, bench.listener)
            if about.pieces is not None:
                reading = about.pieces.of_packets(reading, asset.packets, signal.asset_places)
            readings.append(reading)
    faults = tuple(Fault.at(source, unread.message, locator=unread.locator) for unread in asset.unread)
    reading = Reading.joined([Reading(faults=faults), *readings])
    items: tuple[Item, ...] = ()
    named, left = identifiers(asset) if bench.repertoire is not None else ((), None)
    tags = asset.tags + named if bench.repertoire is not None else ()
    if tags:
        items, problems = read_item(_item(tags, _type(kind, about.media_type or "")), source)
        if left is not None:
            problems += (Fault.at(source, left.message, locator=left.locator),)
        reading = Reading(reading.statements, reading.faults + problems, reading.declared)
    return HeardAsset(reading, items, found.complete)


def _item(tags: tuple[tuple[str, str], ...], kind: str | None) -> dict[str, object]:
    """The tags as one item: a value for each key, or a list of several."""
    item: dict[str, object] = {} if kind is None else {"type": kind}
    values: dict[str, list[str]] = {}
    for key, value in tags:
        values.setdefault(key, []).append(value)
    return item | values


def _type(kind: Format, media_type: str) -> str | None:
    """The type of work that an item from a file of this format is taken for."""
    work = kind.row.work
    return _WORKS_BY_TYPE.get(media_type.partition("/")[0]) if work == "by-type" else work
