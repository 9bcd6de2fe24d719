"""Files that take the place of others in one step: written beside them, whole, and settled on the disk."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.appending import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO, BinaryIO

SUFFIX = ".forgetting"  # of what is written beside
_MODE = 0o640  # as that of a log: it may hold personal data


@contextmanager
def replacing(path: Path, *, named: str = "", if_any: bool = False) -> Iterator[IO[bytes]]:
    """
    A file that takes the place of `path` when it is whole, and leaves nothing behind if it does not get so far.

    `if_any`: not if it is empty. Raises `ConfigurationError`, with the name of the file behind `named`, if it cannot be
    written.
    """
    try:
        with _replacing(path, if_any=if_any) as file:
            yield file
    except OSError as error:
        raise ConfigurationError(f"{named}{str(path)!r} cannot be written: {error.strerror or error}") from error


@contextmanager
def _replacing(path: Path, *, if_any: bool) -> Iterator[IO[bytes]]:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield file
            settle(file)
            size = file.tell()
            file.close()
            if size or not if_any:
                Path(file.name).chmod(_MODE)
                Path(file.name).replace(path)
            else:
                Path(file.name).unlink()
        except BaseException:
            with suppress(OSError):  # what could not be written cannot be on closing either
                file.close()
            with suppress(OSError):
                Path(file.name).unlink()
            raise


def settle(file: IO[bytes]) -> None:
    """Nothing of the file is left to be written: what does not fit on the disk is known now."""
    file.flush()
    os.fsync(file.fileno())


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
