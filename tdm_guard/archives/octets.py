"""The bytes of a file by their places, in windows: what is read stays small, however large the file is."""

from __future__ import annotations

from typing import IO

WINDOW = 2**20  # bytes read at once: few calls, and little to hold for each file


class Octets:
    """
    A file that can be read anywhere, or the part of one that begins at `start`; the last window is kept.

    An error of the file system is as the end of the file; `error` says so.
    """

    def __init__(self, file: IO[bytes], *, start: int = 0, size: int | None = None) -> None:
        self._file = file
        self._origin = start
        self._window = b""
        self._start = 0
        self._view = memoryview(b"")
        self.size = max(0, file.seek(0, 2) - start) if size is None else size
        self.error: str | None = None

    def at(self, place: int, most: int = WINDOW) -> memoryview:
        """At most `most` bytes from `place` on, as many as the window has; none at the end of the file."""
        inside = place - self._start
        if not 0 <= inside < len(self._window):
            self._load(place)
            inside = 0
        return self._view[inside : inside + most]

    def take(self, place: int, count: int) -> bytes:
        """`count` bytes from `place` on, fewer at the end of the file."""
        pieces: list[memoryview] = []
        while count > 0 and (piece := self.at(place, count)):
            pieces.append(piece)
            place, count = place + len(piece), count - len(piece)
        return b"".join(pieces)

    def find(self, word: bytes, place: int) -> int:
        """Where `word` stands first from `place` on; -1 if nowhere."""
        while self.at(place, 1):
            found = self._window.find(word, place - self._start)
            if found >= 0:
                return self._start + found
            end = self._start + len(self._window)
            place = max(place + 1, end - len(word) + 1)
            if place < end:
                self._load(place)
                if len(self._window) < len(word):
                    return -1
        return -1

    def up_to(self, word: bytes, place: int) -> memoryview | None:
        """What stands from `place` to the next `word` or the end of the file; None if the window has neither."""
        here = self.at(place)
        begin = place - self._start
        end = self._window.find(word, begin + 1)
        if end >= 0:
            return here[: end - begin]
        return here if place + len(here) == self.size else None

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _load(self, place: int) -> None:
        try:
            self._file.seek(self._origin + place)
            self._window = self._file.read(max(0, min(WINDOW, self.size - place)))
        except Exception as error:  # noqa: BLE001 - a member of a damaged ZIP file has errors of several libraries
            self._window, self.error = b"", str(error)[:200]
        self._start = place
        self._view = memoryview(self._window)
