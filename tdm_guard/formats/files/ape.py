"""
APEv2 tags (Hydrogenaudio, "APEv2 specification"), at the end of MP3, Monkey's Audio, WavPack and Musepack files.

    tag  = [header (32)] *item footer (32)
    item = size (4) flags (4) key NUL value               several values are divided by NUL

There is no place for a reservation in them: they are read for the works that they name.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_ITEMS = 512  # of one tag; it has a dozen
MAX_TEXT = 1_024  # bytes of one value
MAX_VALUES = 16  # of one item
FOOTER = 32
_MARK = b"APETAGEX"
_ID3V1 = 128
_BINARY = 0x6  # flags of an item whose value is no text

_KEYS = {
    b"ISRC": "isrc", b"ISWC": "iswc", b"TITLE": "title", b"ARTIST": "creator_name", b"COMPOSER": "creator_name",
    b"LYRICIST": "creator_name", b"PUBLISHER": "publisher", b"LABEL": "label", b"EAN/UPC": "gtin", b"BARCODE": "gtin",
    b"UPC": "gtin", b"ISBN": "isbn",
}  # fmt: skip


def tag_end(data: bytes) -> int:
    """Where an APE tag ends if there is one at the end: before an ID3v1 tag."""
    end = len(data)
    return end - _ID3V1 if data[max(0, end - _ID3V1) :].startswith(b"TAG") else end


class Items(NamedTuple):
    """Identifiers by the keys of an item; whether there are more than are read."""

    tags: tuple[tuple[str, str], ...] = ()
    more: bool = False


def tag_items(data: bytes, end: int) -> Items:
    """The identifiers in the tag whose footer ends at `end`."""
    foot = data[max(0, end - FOOTER) : end]
    if not foot.startswith(_MARK):
        return Items()
    position = max(0, end - int.from_bytes(foot[12:16], "little"))
    stop = end - FOOTER
    found: list[tuple[str, str]] = []
    more = False
    for _ in range(MAX_ITEMS):
        if position + 9 > stop:
            break
        size, flags = (int.from_bytes(data[position + at : position + at + 4], "little") for at in (0, 4))
        nul = data.find(b"\0", position + 8, min(stop, position + 8 + 256))
        if nul < 0:
            break
        key = _KEYS.get(data[position + 8 : nul].upper())
        if key is not None and not flags & _BINARY:
            raw = data[nul + 1 : min(nul + 1 + min(size, MAX_TEXT), stop)]
            values = [value.decode("utf-8", "replace").strip() for value in raw.split(b"\0", MAX_VALUES)]
            found += [(key, value) for value in values[:MAX_VALUES] if value]
            more = more or len(values) > MAX_VALUES
        position = nul + 1 + size
    else:
        more = more or position + 9 <= stop
    return Items(tuple(found), more)
