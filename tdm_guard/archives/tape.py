"""
What a file holds as one stream, with the place of each byte that begins a member; and where it is broken.

Framing reads records from it, whether each is a member of its own, or all are one, or there are none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tdm_guard.archives.inflating import Piece
from tdm_guard.archives.octets import Octets

MARK = b"WARC/"  # how a record begins


class Break(NamedTuple):
    """Damage in the coded bytes from `start` to `end`; the stream goes on behind it."""

    what: str
    start: int
    end: int


class Tape:
    """A window of the stream: `data`, read up to `at`. It is never longer than its reader asks for, and a piece."""

    def __init__(self, pieces: Iterator[Piece], *, plain: Octets | None = None, origin: int = 0) -> None:
        self._pieces = pieces
        self._plain = plain  # a file that is not coded
        self._origin = origin  # the place in it of the first byte of the stream
        self._base = 0  # the place of `data` in the stream
        self._starts: deque[tuple[int, int]] = deque()
        self._ends: deque[tuple[int, int]] = deque()
        self._member = (0, 0)  # where the member that is read begins: in the stream, and in the file
        self.data = b""
        self.at = 0
        self.fresh = False  # the piece that was read last begins a member with a record
        self._over = False  # there is no more, or not before a break is mended
        self.lies = 0  # lengths in it that were wrong
        self.broken: Break | None = None

    def more(self) -> bool:
        """Reads a piece on; False at the end, and at a break."""
        piece = None if self.broken is not None else next(self._pieces, None)
        if piece is None:
            self.fresh, self._over = False, True
            return False
        data, start, end, problem = piece
        if problem is not None:
            self.broken, self.fresh, self._over = Break(problem, start or 0, end or 0), False, True
            return False
        if self.at:
            self._base += self.at
            self.data, self.at = self.data[self.at :], 0
        self.fresh = start is not None and data.startswith(MARK)
        if start is not None:
            self._starts.append((self._base + len(self.data), start))
        self.data = self.data + data if self.data else data
        if end is not None:
            self._ends.append((self._base + len(self.data), end))
        return True

    def fill(self, count: int, *, across: bool = True) -> bool:
        """
        Reads on until `count` bytes are there that were not read; False if there are fewer.

        Not `across`: nor any behind the beginning of a member that begins with a record.
        """
        have = len(self.data) - self.at
        if have >= count:
            return True
        if self._over:
            return False
        pieces = [self.data[self.at :]]
        base, self.data, self.at = self._base + self.at, b"", 0
        while have < count:
            self._base = base + have
            if not self.more():
                break
            pieces.append(self.data)
            have += len(self.data)
            self.data = b""
            if self.fresh and not across:
                break
        self.data, self._base = b"".join(pieces), base
        return have >= count

    def skip(self, count: int, until: Callable[[bytes, int, int], int] | None) -> int:
        """
        Goes `count` bytes on without keeping them; how many there were.

        Fewer where a member begins that begins with a record, or where `until` finds something in the window.
        """
        gone = 0
        while gone < count:
            if self.at == len(self.data) and (not self.more() or (self.fresh and gone)):
                break
            here = min(count - gone, len(self.data) - self.at)
            found = until(self.data, self.at, self.at + here) if until else -1
            if found >= 0:
                here = found - self.at
            self.at += here
            gone += here
            if found >= 0:
                break
        return gone

    def mend(self) -> None:
        """Goes on behind a break; what was not read before it is given up."""
        self._base += len(self.data)
        self.data, self.at, self.broken, self._over = b"", 0, None, False
        self._starts.clear()
        self._ends.clear()

    @property
    def coded(self) -> bool:
        """True for what was decompressed."""
        return self._plain is None

    def position(self) -> int:
        """Where the next byte stands in the stream."""
        return self._base + self.at

    def place(self) -> tuple[int, int]:
        """Where the next byte lies: the place of its member in the file, and its own in what that member holds."""
        position = self._base + self.at
        if self._plain is not None:
            return self._origin + position, 0
        while self._starts and self._starts[0][0] <= position:
            self._member = self._starts.popleft()
        return self._member[1], position - self._member[0]

    def cut(self) -> int | None:
        """Where in the window, behind the next byte, the first member begins that begins with a record."""
        for position, _ in self._starts:
            at = position - self._base
            if at > self.at and self.data.startswith(MARK, at):
                return at
        return None

    def ahead(self, count: int, most: int) -> bytes | None:
        """At most `most` bytes that stand `count` bytes on; None if the file has not as many, or is coded."""
        place = self._origin + self.position() + count
        return None if self._plain is None or place > self._plain.size else self._plain.take(place, most)

    def ended(self) -> int | None:
        """The place in the file where the member ended whose last byte was read; None if there is more of it."""
        position = self._base + self.at
        if self._plain is not None:
            return self._origin + position
        if self.at == len(self.data) and not (self._ends and self._ends[-1][0] >= position):
            self.more()  # nothing but a check sum may be left
        while self._ends and self._ends[0][0] < position:
            self._ends.popleft()
        return self._ends[0][1] if self._ends and self._ends[0][0] == position else None
