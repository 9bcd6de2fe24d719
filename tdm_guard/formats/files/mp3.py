"""
MP3 files: ID3 tags before the sound and after it; the sound itself has no place for metadata.

After the sound may come, from the end: an ID3v1 tag (128 bytes), an APE tag (with a footer), an ID3v2.4 tag (with a
footer); a SEEK frame of the first tag names the place of the next.
"""

from __future__ import annotations

from tdm_guard.formats.files import ape, flac, id3
from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread, more_names
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.salvage import Unreads, damaged, hides

MAX_TAGS = 8  # tags before the sound, behind it, and of those that name each other; a file has one or two
MAX_JUNK = 4_096  # bytes before the first tag in which it is searched for
_ID3V1 = 128
_APE_FOOTER = 32
_PLACES = (Place.XMP, Place.C2PA, Place.RSL)


def read(data: bytes, *, complete: bool) -> Asset:
    """What lies in an MP3 file, or in another kind of sound behind an ID3 tag."""
    tags = _Tags(data, complete=complete)
    position = tags.leading()
    if data.startswith(b"fLaC", position):
        stream = flac.read_stream(data, position, complete=complete)
        return Asset(
            format=Format.FLAC,
            packets=tuple(tags.packets) + stream.packets,
            unread=tuple(tags.unread) + stream.unread,
            tags=tuple(tags.tags) + stream.tags,
            complete=stream.complete and not hides(tags.unread),
        )
    if complete:
        tags.trailing(position)
    return Asset(
        format=Format.MP3,
        packets=tuple(tags.packets),
        unread=tuple(tags.unread),
        tags=tuple(dict.fromkeys(tags.tags)),
        complete=complete and not hides(tags.unread),
    )


class _Tags:
    """The tags of one file."""

    def __init__(self, data: bytes, *, complete: bool) -> None:
        self._data = data
        self._complete = complete
        self._seen: set[int] = set()
        self._next: int | None = None
        self.packets: list[Packet] = []
        self.unread = Unreads()
        self.tags: list[tuple[str, str]] = []

    def leading(self) -> int:
        """Reads the tags before the sound; returns where it begins."""
        position = 0
        while len(self._seen) < MAX_TAGS and id3.is_tag(self._data, position):
            position = self._read(position)
        if id3.is_tag(self._data, position):
            self._too_many()
        return position

    def trailing(self, start: int) -> None:
        """Reads the tags after the sound, none of which begins before `start`."""
        data = self._data
        end = len(data)
        if data[max(start, end - _ID3V1) :].startswith(b"TAG"):
            end -= _ID3V1
        for _ in range(MAX_TAGS):  # an APE tag may stand before the ID3 tag or after it
            behind = end
            end = self._before_ape(end)
            footed = id3.footed_tag(data, end)
            if footed is not None and footed >= start and footed not in self._seen:
                self._read(footed)
                end = footed
            if end == behind:
                break
        else:
            self._too_many()
        for _ in range(MAX_TAGS):
            if self._next is None or not start <= self._next < len(data) or self._next in self._seen:
                break
            self._read(self._next)
        else:
            self._too_many()
        if not self._seen:
            self._after_junk(start)

    def _after_junk(self, start: int) -> None:
        """A tag behind some bytes of junk is found by players, so that it is read as well."""
        at = self._data.find(b"ID3", start, start + MAX_JUNK)
        while at >= 0 and not self._seen:
            if id3.is_tag(self._data, at):
                self._read(at)
            at = self._data.find(b"ID3", at + 1, start + MAX_JUNK)

    def _too_many(self) -> None:
        self.unread += [Unread(place, "MP3/ID3", f"more than {MAX_TAGS} tags") for place in _PLACES]

    def _before_ape(self, end: int) -> int:
        """Where an APE tag that ends at `end` begins; `end` if there is none."""
        foot = self._data[max(0, end - _APE_FOOTER) : end]
        if not foot.startswith(b"APETAGEX"):
            return end
        size = int.from_bytes(foot[12:16], "little")
        header = _APE_FOOTER if int.from_bytes(foot[20:24], "little") & 0x80000000 else 0
        items = ape.tag_items(self._data, end)
        self.tags += items.tags
        if items.more:
            self.unread.append(more_names("MP3/APE"))
        start = end - size - header
        if start < 0:
            self.unread += damaged(self._data, 0, end, "MP3/APE", "a tag longer than the file").unread
            return end
        return start

    def _read(self, start: int) -> int:
        self._seen.add(start)
        tag = id3.read_tag(self._data, start, len(self._data), "MP3/ID3", complete=self._complete)
        self.packets += tag.packets
        self.unread += tag.unread
        self.tags += tag.tags
        if tag.next is not None:
            self._next = tag.next
        return tag.end
