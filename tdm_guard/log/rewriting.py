"""A file exchanged for a rewritten one: beside it, in one step, and only if nobody else writes to it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.appending import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import BinaryIO

SUFFIX = ".forgetting"  # of what is written beside


def rewritten(path: str, lines: Callable[[BinaryIO], Iterable[bytes]]) -> bool:
    """
    Puts `lines` of the file in its place; where none are left the file goes. False if nothing changed.

    The new file has mode and owner of the old one, as far as the system lets it. Raises `ConfigurationError` if another
    process wrote to the file meanwhile or put another in its place.
    """
    beside = path + SUFFIX
    with Path(path).open("rb") as old:
        before = os.fstat(old.fileno())
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with os.fdopen(descriptor, "wb") as new:
                size = 0
                for line in lines(old):
                    new.write(line)
                    size += len(line)
                new.flush()
                with suppress(OSError, AttributeError):
                    os.fchown(new.fileno(), before.st_uid, before.st_gid)
                os.chmod(beside, before.st_mode & 0o777)  # noqa: PTH101
                os.fsync(new.fileno())
            unmoved(path, before)
            if size and size == before.st_size:
                Path(beside).unlink()
                return False
            if size:
                Path(beside).replace(path)
            else:
                Path(path).unlink()
        finally:
            Path(beside).unlink(missing_ok=True)
    with suppress(OSError):
        sync_folder(Path(path).parent)
    return True


def unmoved(path: str, before: os.stat_result) -> None:
    """Raises `ConfigurationError` unless the file is the one it was, and as long."""
    now = Path(path).stat()
    if (now.st_dev, now.st_ino, now.st_size) != (before.st_dev, before.st_ino, before.st_size):
        raise ConfigurationError(f"{path!r} changed meanwhile: another process writes to it; forget when it has ended")
