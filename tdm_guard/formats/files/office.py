"""
Documents of Office Open XML (ECMA-376) and OpenDocument (1.3): a manifest store, and what their properties say.

    META-INF/content_credential.c2pa                   C2PA 2.1, A.7
    docProps/*.xml, meta.xml, META-INF/*.xml, *.xmp    properties; neither format has a place for XMP of its own

The pictures inside a document speak of themselves alone and are not read.
"""

from __future__ import annotations

import re

from tdm_guard.formats.files import zip_archive
from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.salvage import MAX_STORE, Unreads, hides, is_xmp
from tdm_guard.formats.xml import Limits, parse

MAX_PROPERTIES = 16  # entries of properties that are read; a document has three or four
MAX_PROPERTY = 2**20  # bytes of one
MAX_INFLATED = 2 * 2**20  # bytes of all of them
_LIMITS = Limits(bytes=MAX_PROPERTY, elements=5_000, depth=32)
_STORE = "META-INF/content_credential.c2pa"
_PROPERTY = re.compile(
    rb"(?i)(?:docProps/[^/]{1,64}|meta|META-INF/[^/]{1,64})\.xml|(?:[^/]{1,64}/){0,3}[^/]{1,64}\.xmp"
)
_RSL = b"rslstandard.org/rsl"
_DC = "{http://purl.org/dc/elements/1.1/}"
_KEYS = {f"{_DC}creator": "creator_name", f"{_DC}title": "title", f"{_DC}publisher": "publisher"}
_MAX_VALUE = 1_024


def read(data: bytes, *, complete: bool) -> Asset:
    """What lies in a document."""
    listing = zip_archive.entries(data, _is_wanted)
    packets: list[Packet] = []
    unread = Unreads()
    tags: list[tuple[str, str]] = []
    left = MAX_INFLATED
    properties = 0
    for entry in listing.entries:
        locator = f"OFFICE/{entry.name[:200]}"
        store = entry.name == _STORE
        if not store:
            properties += 1
        if properties > MAX_PROPERTIES or left <= 0 or len(packets) >= MAX_PROPERTIES:
            unread += [Unread(place, locator, "more properties than are read") for place in _PLACES]
            break
        found = zip_archive.extract(data, entry, min(MAX_STORE, len(data)) if store else min(MAX_PROPERTY, left))
        left -= 0 if store else len(found.body)
        if store:
            if found.body:
                packets.append(Packet(Place.C2PA, locator, found.body))
            if found.problem:
                unread.append(Unread(Place.C2PA, locator, found.problem))
            continue
        if is_xmp(found.body):
            packets.append(Packet(Place.XMP, locator, found.body))
        elif _RSL in found.body:
            packets.append(Packet(Place.RSL, locator, found.body))
        elif found.problem:
            unread.append(Unread(Place.XMP if entry.name.lower().endswith(".xmp") else None, locator, found.problem))
        names, problem = _names(found.body)
        tags += names
        if problem is not None:
            unread.append(Unread(None, locator, problem))
    if listing.problem:
        unread += [Unread(place, "OFFICE", listing.problem) for place in _PLACES]
    return Asset(
        format=Format.OFFICE,
        packets=tuple(packets),
        unread=tuple(unread) if complete else (),
        tags=tuple(dict.fromkeys(tags)),
        complete=complete and not hides(unread),
        parts=data.count(b"PK\3\4") if packets else 0,
    )


_PLACES = (Place.C2PA, Place.XMP, Place.RSL)


def _is_wanted(name: bytes) -> bool:
    return name == _STORE.encode() or _PROPERTY.fullmatch(name) is not None


def _names(body: bytes) -> tuple[list[tuple[str, str]], str | None]:
    """Creator, title and publisher, as Dublin Core has them in the properties of both formats; why some may lack."""
    if b"purl.org/dc/elements" not in body:
        return [], None
    document = parse(body, limits=_LIMITS, keep=tuple(_KEYS))
    found: list[tuple[str, str]] = []
    for tag, key in _KEYS.items():
        for element in document.kept:
            if element.tag == tag and (text := " ".join(element.text.split())[:_MAX_VALUE]):
                found.append((key, text))
    return found, document.problem
