"""
Matroska and WebM (RFC 9559, EBML: RFC 8794): the identifiers in their tags.

    Segment = SeekHead Info Tracks *Cluster [Cues] [Attachments] [Chapters] [Tags]
    Tags    = *( Tag = Targets *SimpleTag )        SimpleTag = TagName TagString *SimpleTag

There is no place for a reservation in them: they are read for the works that they name. Attached files are not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from tdm_guard.formats.files.asset import Asset, more_names
from tdm_guard.formats.files.container import Format

MAX_ELEMENTS = 100_000  # elements looked at; a film of three hours has some thousand clusters
MAX_TAGS = 512  # identifiers of one file
MAX_TEXT = 1_024  # bytes of one value
MAX_DEPTH = 8  # of tags in each other
MAX_AWAITED = 2**20  # bytes of a prefix after which no tags are awaited unless the file says that there are some
MAX_ANNOUNCED = 16 * 2**20  # bytes after which those are not awaited either; no reservation depends on them

_SEGMENT, _CLUSTER, _TAGS, _TAG, _SIMPLE = 0x18538067, 0x1F43B675, 0x1254C367, 0x7373, 0x67C8
_NAME, _STRING = 0x45A3, 0x4487
_UNKNOWN = -1
_ENTERED = frozenset({_SEGMENT})
_ANNOUNCED = b"\x53\xab\x84\x12\x54\xc3\x67"  # SeekID: the tags
_KEYS = {
    b"ISRC": "isrc", b"ISWC": "iswc", b"ISBN": "isbn", b"TITLE": "title", b"ARTIST": "creator_name",
    b"COMPOSER": "creator_name", b"LYRICIST": "creator_name", b"WRITTEN_BY": "creator_name",
    b"DIRECTOR": "creator_name", b"PUBLISHER": "publisher", b"LABEL": "label", b"BARCODE": "gtin", b"UPC": "gtin",
    b"EAN": "gtin", b"EIDR": "eidr", b"ISAN": "isan",
}  # fmt: skip


def read(data: bytes, *, complete: bool) -> Asset:
    """The identifiers of a Matroska or WebM file."""
    walk = _Walk(data)
    walk.top()
    size = len(data)
    awaited = MAX_ANNOUNCED if _ANNOUNCED in data[:4_096] and not walk.done else MAX_AWAITED
    return Asset(
        format=Format.MATROSKA,
        unread=(more_names("MATROSKA"),) if walk.more else (),
        tags=tuple(dict.fromkeys(walk.tags)),
        complete=complete or walk.done or size >= awaited,
    )


class _Walk:
    """The state of one walk."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_ELEMENTS
        self.tags: list[tuple[str, str]] = []
        self.done = False
        self.more = False  # names than are read, or there may be

    def top(self) -> None:
        """Goes through the file; clusters of unknown size, as live recordings have them, are gone through too."""
        position, end = 0, len(self._data)
        while (element := self._element(position, end)) is not None:
            identifier, start, stop = element
            if identifier == _TAGS and stop != _UNKNOWN and stop <= end:
                for kind, first, last in self._children(start, stop):
                    if kind == _TAG:
                        self._tag(first, last, 0)
                self.done = True
            position = start if identifier in _ENTERED or stop == _UNKNOWN else stop

    def _tag(self, start: int, end: int, depth: int) -> None:
        name = value = b""
        for kind, first, last in self._children(start, end):
            if kind == _NAME:
                name = self._data[first : min(last, first + 64)].rstrip(b"\0").upper()
            elif kind == _STRING:
                value = self._data[first : min(last, first + MAX_TEXT)].rstrip(b"\0")
            elif kind == _SIMPLE and depth < MAX_DEPTH:
                self._tag(first, last, depth + 1)
            elif kind == _SIMPLE:
                self.more = True
        key = _KEYS.get(name)
        if key is None or not value.strip():
            return
        if len(self.tags) < MAX_TAGS:
            self.tags.append((key, value.decode("utf-8", "replace").strip()))
        else:
            self.more = True

    def _children(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        while (element := self._element(start, end)) is not None:
            identifier, first, stop = element
            if stop == _UNKNOWN or stop > end:
                return
            yield identifier, first, stop
            start = stop

    def _element(self, position: int, end: int) -> tuple[int, int, int] | None:
        """Identifier, start and end of the element at `position`."""
        self._left -= 1
        if position >= end or self._left < 0:
            self.more = self.more or position < end
            return None
        data = self._data
        width = 9 - data[position].bit_length()
        if width > 4 or position + width >= end:
            return None
        identifier = int.from_bytes(data[position : position + width], "big")
        position += width
        width = 9 - data[position].bit_length()
        if width > 8 or position + width > end:
            return None
        size = int.from_bytes(data[position : position + width], "big") - (1 << 7 * width)
        start = position + width
        return identifier, start, _UNKNOWN if size == (1 << 7 * width) - 1 else start + size
