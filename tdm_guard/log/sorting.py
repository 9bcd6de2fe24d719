"""
Digests in order and once each, however many: a buffer in memory, sorted pieces of it in a temporary file.

strategy: digests are spread evenly, so that all pieces are read side by side in ranges of their first bytes, each of
which fits in memory; sorting a range of sorted pieces is merging them.
"""

from __future__ import annotations

import tempfile
from bisect import bisect_left
from itertools import chain
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEY = 32  # bytes of a digest
MAX_BUFFER = 4 * 2**20  # bytes before they go to the disk; sorting them takes three times as much for a moment
MAX_RANGE = 100_000  # entries sorted at a time when the pieces are read, 8 MB


class Sorted:
    """
    Entries of `width` bytes that begin with a digest; iterating gives them in order, of each digest the least.

    Raises `OSError` where the temporary file cannot be written. Not safe for threads.
    """

    __slots__ = ("_buffer", "_file", "_pieces", "width")

    def __init__(self, width: int = KEY) -> None:
        self.width = width
        self._buffer = bytearray()
        self._file: IO[bytes] | None = None
        self._pieces: list[tuple[int, int]] = []  # where each begins in the file, and its entries

    def add(self, entry: bytes) -> None:
        """One more, in any order, however often."""
        self._buffer += entry
        if len(self._buffer) >= MAX_BUFFER:
            self._put_away()

    def extend(self, entries: Iterable[bytes]) -> None:
        """More of them, likewise."""
        self._buffer += b"".join(entries)
        if len(self._buffer) >= MAX_BUFFER:
            self._put_away()

    def __iter__(self) -> Iterator[bytes]:
        return chain.from_iterable(self.batches())

    def batches(self) -> Iterator[list[bytes]]:
        """The same, many at a time."""
        if not self._pieces:
            yield self._once(_split(bytes(self._buffer), self.width))
            return
        if self._buffer:
            self._put_away()
        ranges = sum(count for _, count in self._pieces) // MAX_RANGE + 1
        done = [0] * len(self._pieces)
        for number in range(1, ranges + 1):
            below = None if number == ranges else (number * 2**32 // ranges).to_bytes(4, "big")
            entries: list[bytes] = []
            for place, (start, count) in enumerate(self._pieces):
                end = count if below is None else self._before(below, start, done[place], count)
                entries += _split(self._read(start + done[place] * self.width, end - done[place]), self.width)
                done[place] = end
            yield self._once(entries)

    def close(self) -> None:
        """Gives the space back."""
        self._buffer.clear()
        self._pieces.clear()
        if self._file is not None:
            self._file.close()

    def _put_away(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="tdm-guard-")  # noqa: SIM115 - it lives as long as this
        piece = b"".join(self._once(_split(bytes(self._buffer), self.width)))
        start = self._file.seek(0, 2)
        self._file.write(piece)
        self._file.flush()
        self._pieces.append((start, len(piece) // self.width))
        self._buffer.clear()

    def _once(self, entries: list[bytes]) -> list[bytes]:
        """Them in order, of each digest the least."""
        entries.sort()
        if self.width == KEY:
            return [entry for entry, last in zip(entries, [b"", *entries], strict=False) if entry != last]
        keys = [entry[:KEY] for entry in entries]
        return [entry for entry, key, last in zip(entries, keys, [b"", *keys], strict=False) if key != last]

    def _before(self, prefix: bytes, start: int, first: int, count: int) -> int:
        """How many entries of a piece come before `prefix`, at least `first`."""

        def entry(at: int) -> bytes:
            return self._read(start + at * self.width, 1)

        return bisect_left(range(count), prefix, lo=first, key=entry)

    def _read(self, place: int, count: int) -> bytes:
        if self._file is None:
            raise ValueError("it is closed")
        self._file.seek(place)
        found = self._file.read(count * self.width)
        if len(found) != count * self.width:
            raise OSError("a temporary file of digests is shorter than it was written")
        return found


def _split(data: bytes, width: int) -> list[bytes]:
    return [data[at : at + width] for at in range(0, len(data), width)]
