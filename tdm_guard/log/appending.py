"""
A file that whole lines are appended to, each in one write, and that is looked for after each.

strategy: a descriptor in append mode, so that a crash tears at most the last line, and runs that share a local file do
not mix their lines. How far a line must have come before the write counts is the file's durability.
"""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import Literal, TypeAlias

from tdm_guard.errors import LogError

Durability: TypeAlias = float | Literal["flush", "fsync"]

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FILE_MODE = 0o640  # URLs and names in it may be personal data
_FOLDER_MODE = 0o750


class LogFile:
    """
    An open log file, made with its folders if it is not there; `size` in bytes, as last seen.

    `durability`: `flush` hands each line to the operating system; `fsync` waits until the disk has it; a number has the
    disk take what was written at most so many seconds ago. Raises `LogError` when it can't be opened, when a write
    fails, is not taken whole or can't be synced, and when the file does not lie at its path any more.
    """

    def __init__(self, path: Path, *, durability: Durability = "flush") -> None:
        self.path = path
        self._descriptor = _open(path)
        self._place, self._identity, self.size = _whereabouts(path, self._descriptor)
        self._known = self.size  # up to where it ends with whole lines, as far as we have seen
        self._syncs = durability == "fsync"
        self._later: _Later | None = None
        if durability != "flush" and self._place is not None:
            try:
                sync_folder(path.parent)
            except OSError as error:
                os.close(self._descriptor)
                raise LogError(f"the folder of the log, {str(path.parent)!r}, cannot be synced: {error}") from error
            if not isinstance(durability, str):
                self._later = _Later(self._descriptor, durability)

    @property
    def is_regular(self) -> bool:
        """False for a pipe or a device."""
        return self._place is not None

    def append(self, lines: bytes) -> None:
        """Writes whole lines at the end."""
        try:
            written = os.write(self._descriptor, lines)
            if written == len(lines) and self._syncs and self._place is not None:
                os.fsync(self._descriptor)
        except OSError as error:
            raise self._failed(error) from error
        if written != len(lines):
            raise self._failed(f"only {written} of {len(lines)} bytes of a line were taken; the disk may be full")
        if self._later is not None and (failed := self._later.wrote()) is not None:
            raise self._failed(f"what was written before did not reach the disk: {failed}")
        if self._place is not None:
            if self._look(written) == self._known + written:
                self._known += written
                return  # nobody else wrote: ours begins where the line before it ended
            begun = os.lseek(self._descriptor, 0, os.SEEK_CUR) - written
            if begun > self._known and not self._ends_a_line(begun):
                raise self._failed("another run that writes to it left a line without an end, and ours is glued to it")
            self._known = begun + written

    def mend(self, line: bytes) -> bytes:
        """The line as it must be written after a run that left its last line without an end."""
        end = os.lseek(self._descriptor, 0, os.SEEK_END) if self._place is not None else 0
        return line if self._ends_a_line(end) else b"\n" + line

    def _ends_a_line(self, end: int) -> bool:
        """True if what stands before this place is the end of a line, or nothing."""
        if not end:
            return True
        os.lseek(self._descriptor, end - 1, os.SEEK_SET)  # what is written next goes to the end all the same
        return os.read(self._descriptor, 1) == b"\n"

    def settle(self) -> None:
        """Waits until the disk has all of it, if the durability promises as much at any time."""
        if self._later is not None and (failed := self._later.finish()) is not None:
            raise self._failed(f"what was written did not reach the disk: {failed}")

    def close(self) -> None:
        """Gives the descriptor back; what may not have reached the disk is synced first, as well as it can be."""
        if self._later is not None:
            self._later.finish()
        os.close(self._descriptor)

    def _look(self, written: int) -> int:
        """Looks whether what was written lies at the path of the log, and how large it is; about a microsecond."""
        try:
            found = os.stat(self._place)  # type: ignore[arg-type] # noqa: PTH116 - a `Path` would double the cost
        except OSError as error:
            raise self._failed(f"it is no longer at its path: {error.strerror or error}") from error
        if found.st_ino != self._identity:
            raise self._failed("another file is at its path: it was moved or replaced under the run")
        size = self.size + written  # others may append too, so that there may be more
        if found.st_size < size:
            raise self._failed(f"it was cut short under the run: {found.st_size} bytes where there were {size}")
        self.size = found.st_size
        return self.size

    def _failed(self, reason: object) -> LogError:
        return LogError(f"the log {self.path} cannot be written: {reason}")


class _Later:
    """A thread that syncs a file at most some seconds after something was written."""

    def __init__(self, descriptor: int, seconds: float) -> None:
        self._descriptor, self._seconds = descriptor, seconds
        self._error: OSError | None = None
        self._dirty, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="tdm_guard log", daemon=True)
        self._thread.start()

    def wrote(self) -> OSError | None:
        """Tells it that something was written; what went wrong before, if anything did."""
        self._dirty.set()
        return self._error

    def finish(self) -> OSError | None:
        """Syncs now and ends the thread; what went wrong, if anything did."""
        if not self._done.is_set():
            self._done.set()
            self._dirty.set()
            self._thread.join()
            self._sync()
        return self._error

    def _run(self) -> None:
        while self._dirty.wait() and not self._done.wait(self._seconds) and self._error is None:
            self._dirty.clear()
            self._sync()

    def _sync(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            self._error = self._error or error


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        return os.open(path, _FLAGS, _FILE_MODE)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise LogError(f"the log {str(path)!r} cannot be opened: {error}") from error


def _whereabouts(path: Path, descriptor: int) -> tuple[str | None, int, int]:
    """
    Where the log lies whatever becomes of the working directory, which file it is, and its size.

    No place for what is no ordinary file (a pipe, a device), of which none of this can be told.
    """
    if not stat.S_ISREG((found := os.fstat(descriptor)).st_mode):
        return None, 0, 0
    return os.path.abspath(path), found.st_ino, found.st_size  # noqa: PTH100 - links stay: a moved one is noticed


def sync_folder(folder: Path) -> None:
    """
    What was just made or renamed there has its name after a crash, where a folder can be opened (not on Windows).

    Raises `OSError`.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
