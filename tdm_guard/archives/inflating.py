"""
What a file holds, piece by piece, each with its place in the file: as it stands, or out of gzip members or Zstandard
frames.

strategy: a generator a coding. A member that is damaged gives what stands before the damage, then a piece that names
it; reading goes on at the next member that begins as an archive does. Nothing is skipped without a word.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple, Self

from tdm_guard.archives.octets import Octets
from tdm_guard.formats.http.content_coding import optional

MIN_IN, IN = 2**14, 2**20  # coded bytes fed at once: twice what the member before had, for decoders copy the rest
OUT = 2**20  # bytes that a piece has at most, however much a bomb would give
_HEAD = 4096  # coded bytes that show how a member begins
_GZIP = b"\x1f\x8b\x08"
_ZSTD_FRAME = b"\x28\xb5\x2f\xfd"
_SKIPPED = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")  # RFC 8878 3.1.2
_DICTIONARY = b"\x5d\x2a\x4d\x18"  # of skippable frames: the one that holds a dictionary (iipc, WARC Zstandard 1.0)
MAX_DICTIONARY = 2**24  # bytes; those that are used have some hundred thousand
_KEPT = b"kept"  # stands for what a decoder did not read and keeps
_BEGINS = re.compile(rb"\s{0,64}(?:WARC/\d|filedesc:)")

_new = tuple.__new__  # half the time of a NamedTuple's own, for every member


class Piece(NamedTuple):
    """
    Decoded bytes. `start`: the place where their member begins, if they are its first; `end`: where it ends, if they
    are its last. `problem`: what is wrong behind them, in the coded bytes from `start` to `end`.
    """

    data: bytes
    start: int | None = None
    end: int | None = None
    problem: str | None = None

    @classmethod
    def member(cls, data: bytes, start: int, end: int) -> Self:
        """All of a member."""
        return _new(cls, (data, start, end, None))


def plain(octets: Octets, place: int) -> Iterator[Piece]:
    """A file that is not coded."""
    while data := octets.at(place):
        yield Piece(bytes(data))
        place += len(data)


def gzip_members(octets: Octets, place: int) -> Iterator[Piece]:
    """A file of gzip members (RFC 1952); one that is gzip as a whole is one member."""
    isal = optional("isal.isal_zlib")  # it takes half the time of zlib
    if isal is not None:
        coding = _Coding(_GZIP, lambda: isal.decompressobj(31), _inflater)
    else:
        fastwarc = optional("fastwarc.stream_io")  # it knows no ends of members, so that they are guessed and tried
        coding = _Coding(_GZIP, _inflater, _inflater, fastwarc and fastwarc.GzipReader)
    yield from _members(octets, place, coding)


def zstd_frames(octets: Octets, place: int) -> Iterator[Piece]:
    """A file of Zstandard frames (RFC 8878), with a dictionary in its first one, or without."""
    module: Any = optional("compression.zstd", "backports.zstd")
    try:
        dictionary = _dictionary(octets, module)
    except Exception as error:  # noqa: BLE001 - as below
        yield Piece(b"", 0, 0, f"its dictionary cannot be read: {str(error)[:80]}")
        dictionary = None

    def new() -> _Frame:
        return _Frame(module.ZstdDecompressor(zstd_dict=dictionary))

    yield from _members(octets, place, _Coding(_ZSTD_FRAME, new, new))


class _Coding(NamedTuple):
    """
    How members begin, what makes a decoder of one, and one of which all that is whole can be had. `reader`: of a whole
    member, which is faster.
    """

    magic: bytes
    new: Callable[[], Any]
    thorough: Callable[[], Any]
    reader: Callable[[Any], Any] | None = None


def _inflater() -> Any:
    return zlib.decompressobj(31)


class _Frame:
    """A Zstandard decoder that is asked as zlib's is; what it did not read it keeps."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def decompress(self, data: Any, most: int) -> bytes:
        out: bytes = self._decoder.decompress(b"" if data is _KEPT else data, most)
        return out

    @property
    def unconsumed_tail(self) -> bytes:
        return b"" if self.eof or self._decoder.needs_input else _KEPT

    @property
    def eof(self) -> bool:
        return bool(self._decoder.eof)

    @property
    def unused_data(self) -> bytes:
        found: bytes = self._decoder.unused_data
        return found


def _members(octets: Octets, place: int, coding: _Coding) -> Iterator[Piece]:
    zstd = coding.magic == _ZSTD_FRAME
    most = 4 * MIN_IN
    while fed := octets.at(place, most):
        head = bytes(fed[:4])
        if len(head) < 4:
            head = octets.take(place, 4)
        if head.startswith(coding.magic):
            whole = _at_once(octets, place, coding.reader) if coding.reader else None
            if whole is not None:
                yield whole
                place = whole.end or place
                continue
            decoder = coding.new()
            try:
                data = decoder.decompress(fed, OUT)
            except Exception:  # noqa: BLE001 - as in `_member`, which meets it again
                decoder, data = coding.new(), None
            if data is not None and decoder.eof:  # as most members
                end = place + len(fed) - len(decoder.unused_data)
                yield Piece.member(data, place, end)
            else:
                end = yield from _member(octets, place, coding, most, (decoder, fed, data))
            place, most = end, min(max(MIN_IN, 2 * (end - place)), IN)
        elif zstd and _SKIPPED.match(head) and len(size := octets.take(place + 4, 4)) == 4:
            place += 8 + int.from_bytes(size, "little")
        else:
            following = _next_member(octets, place, coding)
            yield Piece(b"", place, following, f"{following - place} bytes that are no compressed data")
            place = following


def _at_once(octets: Octets, start: int, reader: Callable[[Any], Any]) -> Piece | None:
    """A gzip member that ends where the next one seems to begin, if it does, and is not large."""
    data = octets.up_to(_GZIP, start)
    if data is None or len(data) < 18:
        return None
    try:
        out: bytes = reader(io.BytesIO(data)).read(OUT)
    except OSError:
        return None
    if len(out) == OUT or len(out) != int.from_bytes(data[-4:], "little"):  # RFC 1952 2.3.1: ISIZE
        return None
    return Piece(out, start, start + len(data))


def _member(
    octets: Octets, start: int, coding: _Coding, most: int, begun: tuple[Any, Any, bytes | None]
) -> Generator[Piece, None, int]:
    """One member from `start` on, of which the first bytes were fed, if nothing was wrong; where to go on behind it."""
    decoder, fed, data = begun
    chunk, at = start, start + len(fed)
    given = 0
    first: int | None = start
    if data is not None:
        if data:
            yield Piece(data, first)
            given, first = len(data), None
        fed = decoder.unconsumed_tail
    while True:
        if not fed:
            fed = octets.at(at, most)
            if not fed:
                following = _next_member(octets, start + 1, coding)  # a damaged head may have hidden others
                yield Piece(b"", start, following, "compressed data that ends early")
                return following
            chunk, at = at, at + len(fed)
        try:
            data = decoder.decompress(fed, OUT)
        except Exception as error:  # noqa: BLE001 - each codec has an error type of its own; all mean damaged data
            for data in _salvaged(octets, (start, chunk), coding.thorough(), given):
                yield Piece(data, first)
                first = None
            following = _next_member(octets, start + 1, coding)
            yield Piece(b"", start, following, f"damaged compressed data ({str(error)[:80]})")
            return following
        if decoder.eof:
            end = at - len(decoder.unused_data)
            yield Piece(data, first, end)
            return end
        if data:
            yield Piece(data, first)
            given, first = given + len(data), None
        fed = decoder.unconsumed_tail


def _salvaged(octets: Octets, places: tuple[int, int], decoder: Any, given: int) -> Iterator[bytes]:
    """What is whole of a member behind the first `given` bytes; the damage shows in the piece at the second place."""
    at, failing = places
    try:
        while fed := octets.at(at, min(IN, failing - at) if at < failing else 1):
            at += len(fed)
            left: Any = fed
            while left:
                data = decoder.decompress(left, OUT)
                left = decoder.unconsumed_tail
                if len(data) > given:
                    yield data[given:]
                given -= min(given, len(data))
            if decoder.eof:
                return
    except Exception:  # noqa: BLE001 - the damage, which was met before
        return


def _next_member(octets: Octets, place: int, coding: _Coding) -> int:
    """Where a member begins that holds what an archive does; the end of the file if none is left."""
    while (place := octets.find(coding.magic, place)) >= 0:
        try:
            begin = coding.thorough().decompress(octets.take(place, _HEAD), _HEAD)
        except Exception:  # noqa: BLE001 - no member
            begin = b""
        if _BEGINS.match(begin):
            return place
        place += 1
    return octets.size


def _dictionary(octets: Octets, module: Any) -> Any:
    """The dictionary that the file begins with, or None; it may be a Zstandard frame itself."""
    head = octets.take(0, 8)
    size = int.from_bytes(head[4:], "little")
    if len(head) < 8 or head[:4] != _DICTIONARY or size > MAX_DICTIONARY:
        return None
    data = octets.take(8, size)
    if data.startswith(_ZSTD_FRAME):
        data = module.ZstdDecompressor().decompress(data, MAX_DICTIONARY)
    return module.ZstdDict(data)
