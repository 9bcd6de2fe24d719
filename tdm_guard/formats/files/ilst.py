"""Identifiers in the metadata items of MP4 and M4A files (`ilst`), which name a recording but reserve nothing."""

from __future__ import annotations

from collections.abc import Iterator

MAX_ATOMS = 512  # items of one list
MAX_PARTS = 64  # parts of one item
MAX_TEXT = 4_096  # bytes of one value, several codes joined included

_KEYS = {
    b"\xa9ART": "creator_name", b"\xa9wrt": "creator_name", b"\xa9com": "creator_name", b"\xa9aut": "creator_name",
    b"\xa9nam": "title", b"\xa9pub": "publisher", b"\xa9lab": "label",
}  # fmt: skip
_FREE = {  # names of free-form items, in capitals
    b"ISRC": "isrc", b"TSRC": "isrc", b"ISWC": "iswc", b"LABEL": "label", b"PUBLISHER": "publisher", b"BARCODE": "gtin",
    b"UPC": "gtin", b"LYRICIST": "creator_name",
}  # fmt: skip


def ilst_tags(data: bytes, start: int, end: int) -> tuple[list[tuple[str, str]], bool]:
    """
    The identifiers in an `ilst` box whose content lies between `start` and `end`, by the keys of an item; and whether
    there are more than are read.
    """
    found = []
    count = 0
    for kind, first, stop in _atoms(data, start, end, MAX_ATOMS + 1):
        count += 1
        if count > MAX_ATOMS:
            break
        key = _KEYS.get(kind)
        if kind == b"----":
            key = _FREE.get(_free_name(data, first, stop))
        if key is not None:
            found += [(key, value) for value in _values(data, first, stop)]
        elif kind == b"xid ":  # "vendor:isrc:code", written by stores
            words = [value.split(":") for value in _values(data, first, stop)]
            found += [(word[1].lower(), word[2]) for word in words if len(word) == 3 and word[1].lower() == "isrc"]
    return found, count > MAX_ATOMS


def _atoms(data: bytes, start: int, end: int, most: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(most):
        size = int.from_bytes(data[start : start + 4], "big")
        if size < 8 or start + size > end:
            return
        yield data[start + 4 : start + 8], start + 8, start + size
        start += size


def _free_name(data: bytes, start: int, end: int) -> bytes:
    for kind, first, stop in _atoms(data, start, end, MAX_PARTS):
        if kind == b"name":
            return data[first + 4 : min(stop, first + 68)].upper()
    return b""


def _values(data: bytes, start: int, end: int) -> Iterator[str]:
    for kind, first, stop in _atoms(data, start, end, MAX_PARTS):
        if kind == b"data":  # four bytes of type, four of locale, the value
            wide = int.from_bytes(data[first : first + 4], "big") == 2
            raw = data[first + 8 : min(stop, first + 8 + MAX_TEXT)]
            if value := raw.decode("utf-16-be" if wide else "utf-8", "replace").strip("\0 \t\r\n"):
                yield value
