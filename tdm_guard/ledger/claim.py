"""
One worker at a time for a task: whoever comes second waits until the first one is done or dead.

strategy: a lock of the system on a file that is named by log and task, in the folder for temporary files. It goes with
its process, however that ends. So it holds for the workers of one machine; and for one process not at all, which would
wait for itself.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from hashlib import blake2b
from pathlib import Path
from typing import Self

from tdm_guard.plain import told

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None  # type: ignore[assignment]

_TRIES = 1_000  # files that were taken away while they were waited for, by workers that came to their end
_held: set[str] = set()  # the files that this process holds
_logger = logging.getLogger("tdm_guard")


class Claim:
    """The right to do a task, as long as it is held."""

    def __init__(self, path: str, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._process = os.getpid()

    @classmethod
    def of(cls, log: str, task: str) -> tuple[Self | None, bool]:
        """A claim, if there can be one, and whether it had to be waited for."""
        path = _path(log, task)
        if fcntl is None or path in _held:
            return None, False
        waited = False
        for _ in range(_TRIES):
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            except OSError:  # no folder for temporary files: then as without
                return None, waited
            try:
                waited = _lock(descriptor, waited, log, task)
                if _is_there(path, descriptor):
                    _held.add(path)
                    return cls(path, descriptor), waited
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
        return None, waited

    def give_up(self) -> None:
        """Lets the next one in."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        if self._process == os.getpid():  # else it is the parent's
            _held.discard(self._path)
            with contextlib.suppress(OSError):
                os.unlink(self._path)  # noqa: PTH108
        with contextlib.suppress(OSError):
            os.close(descriptor)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # at the end of the interpreter there is nothing left
            self.give_up()


def _path(log: str, task: str) -> str:
    words = f"{os.path.realpath(log)}\0{task}".encode("utf-8", "surrogatepass")
    owner = os.getuid() if hasattr(os, "getuid") else 0
    name = f"tdm-guard-{owner}-{blake2b(words, digest_size=16).hexdigest()}.lock"
    return str(Path(tempfile.gettempdir()) / name)


def _lock(descriptor: int, waited: bool, log: str, task: str) -> bool:
    """Waits for the lock; true if that had to be waited for, now or before."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if not waited:
            words = f"The task {task[:200]} of the log {log} is being done by another process: waiting for it"
            _logger.warning("%s", told(words))
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return True
    except OSError:  # a file system without locks
        return waited
    return waited


def _is_there(path: str, descriptor: int) -> bool:
    """True if the file is still the one of that name: who gives a claim up takes it away."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))  # noqa: PTH116
    except OSError:
        return False
