"""Identifiers in XMP packets (Dublin Core, PRISM, XMP Rights, dynamic media), by the keys of an item."""

from __future__ import annotations

import re

from tdm_guard.formats.files.asset import Asset, Place, Unread, more_names
from tdm_guard.formats.files.xmp import Property, read
from tdm_guard.formats.page.work_codes import recognise

MAX_VALUES = 64  # taken of one file
MAX_VALUE = 1_024  # characters of one; longer ones are no names

_DC = "http://purl.org/dc/elements/1.1/"
_PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
_DYNAMIC_MEDIA = "http://ns.adobe.com/xmp/1.0/DynamicMedia/"
_PRISM = re.compile(r"http://prismstandard\.org/namespaces/(?:basic|prism-basic)?/?\d\.\d/(?:basic/)?")
_KEYS = {
    (_DC, "creator"): "creator_name",
    (_DC, "publisher"): "publisher",
    (_DC, "title"): "title",
    (_DYNAMIC_MEDIA, "artist"): "creator_name",
    (_DYNAMIC_MEDIA, "composer"): "creator_name",
}
_PRISM_KEYS = {"isbn": "isbn", "issn": "issn", "eissn": "issn", "eIssn": "issn", "doi": "doi", "url": "url"}
_STRUCTURES = {(_PLUS, "ImageCreator"): ("ImageCreatorName", "creator_name")}
_NAMES = frozenset(
    {"creator", "publisher", "title", "artist", "composer", "identifier", "imagecreator"}
    | {name.lower() for name in _PRISM_KEYS}
)


def identifiers(asset: Asset) -> tuple[tuple[tuple[str, str], ...], Unread | None]:
    """
    What the XMP packets of a file say of the work: tags as `Asset.tags` has them; where more are named than are taken.

    Read only where a repertoire is asked, since every packet of a picture has names.
    """
    found: dict[tuple[str, str], None] = {}
    for packet in asset.packets:
        if packet.place is Place.XMP:
            for each in read(packet.data, _NAMES).properties:
                if not each.nested:
                    found.update((tag, None) for tag in _tags(each) if 0 < len(tag[1]) <= MAX_VALUE)
    return tuple(found)[:MAX_VALUES], more_names("XMP") if len(found) > MAX_VALUES else None


def _tags(each: Property) -> list[tuple[str, str]]:
    """The tags that one property comes to."""
    value = " ".join(each.value.split())
    if (each.namespace, each.name) == (_DC, "identifier"):
        return list(recognise(value))
    if structure := _STRUCTURES.get((each.namespace, each.name)):
        field, key = structure
        return [(key, text) for name, text in each.fields if name == field]
    key = _key(each.namespace, each.name)
    return [(key, value)] if key else []


def _key(namespace: str, name: str) -> str:
    if name in _PRISM_KEYS and _PRISM.fullmatch(namespace):
        return _PRISM_KEYS[name]
    return _KEYS.get((namespace, name), "")
