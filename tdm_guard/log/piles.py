"""
Rows of one size by key, of logs of any size: sorted out into piles by the first byte of the key, so that each pile can
be looked at by itself. A pile that grew large is sorted out again.

strategy: what is in memory goes to a private file, piece by piece, when it is too much; a pile is read back whole. Both
ways are sequential, and memory does not grow with the log but for one pile at a time.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PILES = 256  # one for each first byte
MAX_PILE = 4 * 2**20  # bytes looked at together; of more, those with one second byte are
MAX_HELD = 8 * 2**20  # bytes in memory; more goes to the disk


class Piles:
    """Rows whose first bytes are spread evenly, as those of a digest are."""

    __slots__ = ("_file", "_held", "_most", "_pieces", "_piles", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._most = MAX_HELD // size
        self._piles = [bytearray() for _ in range(PILES)]
        self._pieces: list[list[tuple[int, int]]] = [[] for _ in range(PILES)]  # place and size in the file
        self._held = 0
        self._file: BinaryIO | None = None

    def add(self, row: bytes) -> None:
        """Lays a row on its pile."""
        self._piles[row[0]] += row
        self._held += 1
        if self._held > self._most:
            self._spill()

    def extend(self, rows: Sequence[bytes]) -> None:
        """Lays rows on their piles."""
        piles = self._piles
        for row in rows:
            piles[row[0]] += row
        self._held += len(rows)
        if self._held > self._most:
            self._spill()

    def __iter__(self) -> Iterator[bytes]:
        """Each pile, its rows in the order in which they came."""
        for pile, pieces in zip(self._piles, self._pieces, strict=True):
            whole = bytearray()
            for place, size in pieces:
                if self._file is not None:
                    self._file.seek(place)
                    whole += self._file.read(size)
            whole += pile
            if len(whole) <= MAX_PILE:
                yield bytes(whole)
            else:
                yield from self._sorted_out(whole)

    def _sorted_out(self, pile: bytearray) -> Iterator[bytes]:
        size, parts = self._size, [bytearray() for _ in range(256)]
        for at in range(0, len(pile), size):
            parts[pile[at + 1]] += pile[at : at + size]
        yield from map(bytes, parts)

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        for pile, pieces in zip(self._piles, self._pieces, strict=True):
            if pile:
                pieces.append((self._file.tell(), len(pile)))
                self._file.write(pile)
                pile.clear()
        self._held = 0

    def close(self) -> None:
        """Gives the space back."""
        if self._file is not None:
            self._file.close()
