"""Vorbis comments (xiph.org, "Ogg Vorbis I format specification: comment field"): identifiers of FLAC and Ogg files."""

from __future__ import annotations

from collections.abc import Iterator

MAX_COMMENTS = 4_096  # fields of one block
MAX_TEXT = 1_024  # bytes of one value

_KEYS = {
    b"ISRC": "isrc", b"ISWC": "iswc", b"COMPOSER": "creator_name", b"ARTIST": "creator_name",
    b"LYRICIST": "creator_name", b"AUTHOR": "creator_name", b"TITLE": "title", b"LABEL": "label",
    b"ORGANIZATION": "label", b"PUBLISHER": "publisher", b"BARCODE": "gtin", b"UPC": "gtin", b"EAN/UPN": "gtin",
}  # fmt: skip


def comment_tags(data: bytes, start: int, end: int) -> list[tuple[str, str]]:
    """The identifiers in a comment block between `start` and `end`, by the keys of an item."""
    return [
        (key, value.decode("utf-8", "replace").strip())
        for name, value in _fields(data, start, end)
        if (key := _KEYS.get(name.upper())) is not None and value.strip()
    ]


def _fields(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    position = start + 4 + _number(data, start)  # the vendor's own words
    count = _number(data, position)
    position += 4
    for _ in range(min(count, MAX_COMMENTS)):
        size = _number(data, position)
        position += 4
        if position + size > end:
            return
        name, found, value = data[position : position + min(size, MAX_TEXT)].partition(b"=")
        if found:
            yield name, value
        position += size


def _number(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "little")
