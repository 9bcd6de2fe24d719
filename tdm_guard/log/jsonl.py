"""
The compliance log as a file of JSON lines.

Each line is one write on a descriptor in append mode: a crash tears at most the last line, and runs that share a local
file do not mix their lines. Network file systems promise less; give each process its own file there (`{pid}`).
"""

from __future__ import annotations

import os
import re
import stat
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tdm_guard.decision import Decision
from tdm_guard.errors import ConfigurationError, LogError
from tdm_guard.log.record import RunInfo, Speller, body_line, digest_of, end_line, new_run_id, run_line

if TYPE_CHECKING:
    from datetime import datetime

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FILE_MODE = 0o640  # URLs and names in it may be personal data
_FOLDER_MODE = 0o750


class JsonlLog:
    """
    One run in a log file. It writes the run record when it is made, and lines for decisions as they come.

    `{run}` and `{pid}` in `path` are filled in; missing folders are made. Safe for threads. A process forked from this
    one cannot write here, since both would count on in the same chain: it opens its own log.

    Raises `LogError` when a line cannot be written whole, or when it does not lie at `path` then, because the file was
    deleted, moved, replaced or cut short under the run (by log rotation, say); from then on every write raises, because
    a log with a hole proves nothing. Raises `ConfigurationError` for another placeholder in `path`.
    """

    def __init__(self, path: str | os.PathLike[str], *, run: RunInfo, now: datetime, run_id: str | None = None) -> None:
        self.run_id = run_id or new_run_id(now)
        self.path = fill(path, run_id=self.run_id)
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._speller = Speller(self.run_id)
        self._totals: Counter[str] = Counter()
        self._seq = 0
        self._state: str | None = None  # why nothing more can be written
        line = run_line(run, run=self.run_id, now=now)
        self._prev = digest_of(line)
        self._descriptor = _open(self.path)
        self._place, self._identity, self._size = _whereabouts(self.path, self._descriptor)
        try:
            self._write(b"\n" + line if _ends_torn(self._descriptor) else line)
        except (OSError, LogError) as error:
            self.close()
            raise error if isinstance(error, LogError) else self._dead(error) from error

    def decision(self, decision: Decision) -> Decision:
        """Write the record of a decision; returns it with its `run`, `seq`, `id`, `prev` and `hash`."""
        self._refuse_fork()
        with self._lock:
            line, entry = self._speller.decision(decision, seq=self._seq + 1, prev=self._prev)
            try:
                self._write(line)
                self._seq, self._prev = entry.seq, entry.hash
            except BaseException as error:  # an interrupt in between would leave two records with one number
                self._state = self._state or f"a write was interrupted ({error!r})"
                raise
            self._totals[decision.outcome.verdict] += 1
        return decision.logged(entry)

    def body(
        self, decision: Decision | str, *, now: datetime, size: int, content_sha256: str | None, complete: bool
    ) -> None:
        """Write what became of a body that was streamed on after `decision` (or its id): bytes as received, digest."""
        name = decision if isinstance(decision, str) else decision.id
        line = body_line(
            run=self.run_id, decision=name, now=now, size=size, content_sha256=content_sha256, complete=complete
        )
        self._refuse_fork()
        with self._lock:
            self._write(line)

    def end(self, now: datetime) -> None:
        """Write the end record with the totals per verdict; nothing can be written after it. Again: no effect."""
        self._refuse_fork()
        with self._lock:
            if self._state == _ENDED:
                return
            self._write(end_line(run=self.run_id, now=now, totals=self._totals))
            self._state = _ENDED

    def close(self) -> None:
        """Give the file back. Without `end` before, the log reads as that of a run that was cut short."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, None
            self._state = self._state or "it is closed"
        if descriptor is not None:
            os.close(descriptor)

    def _write(self, line: bytes) -> None:
        if self._state is not None or self._descriptor is None:
            raise LogError(f"nothing can be written to the log {self.path}: {self._state}")
        try:
            written = os.write(self._descriptor, line)
        except OSError as error:
            raise self._dead(error) from error
        if written != len(line):
            raise self._dead(f"only {written} of {len(line)} bytes of a line were taken; the disk may be full")
        if self._place is not None:
            self._look(written)

    def _look(self, written: int) -> None:
        """Looks whether what was written lies at the path of the log; one call of the system, about a microsecond."""
        try:
            found = os.stat(self._place)  # type: ignore[arg-type] # noqa: PTH116 - a `Path` would double the cost
        except OSError as error:
            raise self._dead(f"it is no longer at its path: {error.strerror or error}") from error
        if found.st_ino != self._identity:
            raise self._dead("another file is at its path: it was moved or replaced under the run")
        size = self._size + written  # others may append too, so that there may be more
        if found.st_size < size:
            raise self._dead(f"it was cut short under the run: {found.st_size} bytes where there were {size}")
        self._size = found.st_size

    def _dead(self, reason: object) -> LogError:
        self._state = f"an earlier line could not be written ({reason})"
        return LogError(f"the log {self.path} cannot be written: {reason}")

    def _refuse_fork(self) -> None:
        # Before the lock is taken: another thread may have held it at the moment of the fork.
        if os.getpid() != self._pid:
            raise LogError(f"the log {self.path} belongs to another process: open one here, with {{pid}} in its path")


_ENDED = "its run has ended"


def fill(path: str | os.PathLike[str], *, run_id: str) -> Path:
    """`path` with `{run}` and `{pid}` filled in. Raises `ConfigurationError` for another placeholder."""
    given = os.fspath(path)
    values = {"run": run_id, "pid": str(os.getpid())}
    for name in _PLACEHOLDER.findall(given):
        if name not in values:
            raise ConfigurationError(f"log: {{{name}}} in {given!r} is not known; for example logs/{{run}}.jsonl")
    return Path(_PLACEHOLDER.sub(lambda found: values[found[1]], given))


def _open(path: Path) -> int | None:
    try:
        path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        return os.open(path, _FLAGS, _FILE_MODE)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise LogError(f"the log {str(path)!r} cannot be opened: {error}") from error


def _whereabouts(path: Path, descriptor: int | None) -> tuple[str | None, int, int]:
    """
    Where the log lies whatever becomes of the working directory, which file it is, and its size.

    No place for what is no ordinary file (a pipe, a device), of which none of this can be told.
    """
    if descriptor is None or not stat.S_ISREG((found := os.fstat(descriptor)).st_mode):
        return None, 0, 0
    return os.path.abspath(path), found.st_ino, found.st_size  # noqa: PTH100 - links stay: a moved one is noticed


def _ends_torn(descriptor: int | None) -> bool:
    """True if a run before us left its last line without an end; ours must not be glued to it."""
    if descriptor is None or not stat.S_ISREG(os.fstat(descriptor).st_mode) or not os.lseek(descriptor, 0, os.SEEK_END):
        return False
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1) != b"\n"
