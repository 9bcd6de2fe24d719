"""Records cut out of an archive as they are stored, byte for byte, each as a member of its own."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import IO

from tdm_guard.archives import framing, inflating
from tdm_guard.archives.octets import Octets
from tdm_guard.archives.opening import opened
from tdm_guard.archives.warc import tape_of

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_STEP = 2**20  # bytes copied at once


class Cutter:
    """
    Copies records of one file to another: gzip members as they are, where the other is compressed too.

    The `warcinfo` record that the file begins with goes before the first of them.
    """

    def __init__(self, path: str, to: IO[bytes], *, packed: bool) -> None:
        self._octets = opened(path)
        self._to = to
        self._packed = packed
        self._zstd = self._octets.take(0, 4)[1:] in (_ZSTD[1:], b"\x2a\x4d\x18")
        self._begun = False

    def copy(self, raw: tuple[int, int]) -> None:
        """Copies the record at an offset, of a length as stored."""
        if not self._begun:
            self._begun = True
            first = next(framing.records(tape_of(self._octets)), None)
            if isinstance(first, framing.Record) and first.raw is not None and _is_info(first):
                self._copy(first.raw)
        self._copy(raw)

    def _copy(self, raw: tuple[int, int]) -> None:
        place, size = raw
        coded = self._octets.take(place, 4)
        if self._packed and coded.startswith(_GZIP):
            for piece in _stored(self._octets, place, size):
                self._to.write(piece)
            return
        if coded.startswith(_GZIP):
            pieces = _member(inflating.gzip_members(self._octets, place))
        elif self._zstd and coded == _ZSTD:
            pieces = _member(inflating.zstd_frames(self._octets, place))
        else:
            pieces = _stored(self._octets, place, size)
        if not self._packed:
            for piece in pieces:
                self._to.write(piece)
            return
        packer = zlib.compressobj(6, wbits=31)
        for piece in pieces:
            self._to.write(packer.compress(piece))
        self._to.write(packer.flush())

    def close(self) -> None:
        """Closes the archive."""
        self._octets.close()


def _is_info(record: framing.Record) -> bool:
    return record.fields.get("warc-type", "").lower() == "warcinfo"


def _stored(octets: Octets, place: int, size: int) -> Iterator[bytes]:
    while size > 0 and (piece := octets.take(place, min(size, _STEP))):
        yield piece
        place, size = place + len(piece), size - len(piece)


def _member(pieces: Iterator[inflating.Piece]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece.data
        if piece.end is not None or piece.problem is not None:
            return
