"""Records cut out of archives as they are stored, byte for byte, each as a member of its own."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from tdm_guard.archives import framing, inflating
from tdm_guard.archives.octets import Octets
from tdm_guard.archives.opening import opened
from tdm_guard.archives.warc import tape_of

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_STEP = 2**20  # bytes copied at once
_OPEN = 8  # files at once: an index, or a collection, leads to many
Raw = tuple[int, int]  # offset and length of a record as stored


class Cutter:
    """
    Copies records of one archive to a file: gzip members as they are, where that is compressed too.

    The `warcinfo` record that speaks for a record goes before it, once for all that follow.
    """

    def __init__(self, path: str, to: IO[bytes], *, packed: bool) -> None:
        self._path = path
        self._to = to
        self._packed = packed
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self._info: tuple[str, Raw] | None = None  # the one that was written last

    def copy(self, raw: Raw, within: str | None = None, infos: Mapping[str, Sequence[Raw]] | None = None) -> None:
        """
        Copies the record at an offset, of a length as stored.

        `within` is the file that it lies in, if the archive is none of records itself, `infos` the `warcinfo` records
        that were met in each.
        """
        path = self._path if within is None else within
        source = self._source(path)
        info = source.info(raw, () if infos is None else infos.get(path, ()))
        if info is not None and self._info != (path, info):
            self._info = path, info
            self._copy(source, info)
        self._copy(source, raw)

    def _source(self, path: str) -> _Source:
        if path in self._sources:
            self._sources.move_to_end(path)
            return self._sources[path]
        if len(self._sources) >= _OPEN:
            self._sources.popitem(last=False)[1].octets.close()
        self._sources[path] = _Source(opened(path))
        return self._sources[path]

    def _copy(self, source: _Source, raw: Raw) -> None:
        place, size = raw
        coded = source.octets.take(place, 4)
        if self._packed and coded.startswith(_GZIP):
            for piece in _stored(source.octets, place, size):
                self._to.write(piece)
            return
        if coded.startswith(_GZIP):
            pieces = _member(inflating.gzip_members(source.octets, place))
        elif source.zstd and coded == _ZSTD:
            pieces = _member(inflating.zstd_frames(source.octets, place))
        else:
            pieces = _stored(source.octets, place, size)
        if not self._packed:
            for piece in pieces:
                self._to.write(piece)
            return
        packer = zlib.compressobj(6, wbits=31)
        for piece in pieces:
            self._to.write(packer.compress(piece))
        self._to.write(packer.flush())

    def close(self) -> None:
        """Closes the archives."""
        for source in self._sources.values():
            source.octets.close()


class _Source:
    """A file of records."""

    def __init__(self, octets: Octets) -> None:
        self.octets = octets
        self.zstd = octets.take(0, 4)[1:] in (_ZSTD[1:], b"\x2a\x4d\x18")
        first = next(framing.records(tape_of(octets)), None)
        is_info = isinstance(first, framing.Record) and first.fields.get("warc-type", "").lower() == "warcinfo"
        self._first = first.raw if isinstance(first, framing.Record) and is_info else None

    def info(self, raw: Raw, met: Sequence[Raw]) -> Raw | None:
        """The `warcinfo` record that speaks for another: the last one before it."""
        return max((each for each in (*met, self._first) if each is not None and each < raw), default=None)


def _stored(octets: Octets, place: int, size: int) -> Iterator[bytes]:
    while size > 0 and (piece := octets.take(place, min(size, _STEP))):
        yield piece
        place, size = place + len(piece), size - len(piece)


def _member(pieces: Iterator[inflating.Piece]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece.data
        if piece.end is not None or piece.problem is not None:
            return
