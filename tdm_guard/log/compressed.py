"""Log files as they are stored: plain, or compressed with gzip (RFC 1952) or Zstandard (RFC 8878)."""

from __future__ import annotations

import gzip
import io
import re
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["BROKEN", "DAMAGED", "open_log", "zstd"]
# What reading a log raises where the file can't be read, or is damaged (OSError, EOFError, …: as the libraries do).
DAMAGED = (OSError, ValueError, EOFError, zlib.error, zstd.ZstdError)
BROKEN = (EOFError, zlib.error, zstd.ZstdError, gzip.BadGzipFile)  # those of them that say: damaged, or cut
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"  # behind 0x50 to 0x5f: a frame that Zstandard passes over (RFC 8878, 3.1.2)
_BUFFER = 256 * 1024  # bytes decompressed at a time
_HEAD = 64  # bytes that the first member of a record is within
_BEGINS = re.compile(rb'\s*\{\s*"(?:type"\s*:\s*"(?:run|part|decision|end|review)"|run"\s*:)')


def is_compressed(begin: bytes) -> bool:
    """True of the first four bytes of a compressed file."""
    return begin.startswith(_GZIP) or _is_zstd(begin)


def _is_zstd(begin: bytes) -> bool:
    return begin == _ZSTD or (begin[1:] == _SKIPPABLE and begin[0] >> 4 == 5)


class Told(io.FileIO):
    """A file whose bytes are told, as they lie there, while it is read from its beginning to its end."""

    def __init__(self, path: str, tell: Callable[[memoryview], object]) -> None:
        super().__init__(path)
        self._tell = tell

    def seekable(self) -> bool:
        """Never: it would not be told then in order."""
        return False

    def readinto(self, buffer: Any) -> int | None:  # what `io.BufferedReader` calls
        """As of any file."""
        count = super().readinto(buffer)
        self._tell(memoryview(buffer)[: count or 0])
        return count


@contextmanager
def open_log(path: str, tell: Callable[[memoryview], object] | None = None) -> Iterator[io.BufferedReader]:
    """
    The bytes of a log, decompressed if its first bytes say so. It, and reading from it, raises one of `DAMAGED`.

    `tell` is given the bytes of the file as it lies there, all of them where nothing was raised.
    """
    raw = io.FileIO(path) if tell is None else Told(path, tell)
    with cast("io.BufferedReader", io.BufferedReader(raw)) as file:
        begin = file.peek(4)[:4]
        if begin.startswith(_GZIP):
            with gzip.GzipFile(fileobj=file) as unzipped:
                yield io.BufferedReader(cast("io.RawIOBase", unzipped), _BUFFER)
        elif _is_zstd(begin):
            with zstd.ZstdFile(file) as unpacked:
                yield io.BufferedReader(cast("io.RawIOBase", unpacked), _BUFFER)
        else:
            yield file
        while tell is not None and file.read(_BUFFER):
            pass


def is_log(path: Path) -> bool:
    """True of a file that begins as a log, a part of one or what it keeps of persons; of one too damaged to tell."""
    if not path.is_file():
        return False
    try:
        with open_log(str(path)) as file:
            return _BEGINS.match(file.read(_HEAD)) is not None
    except PermissionError:  # to write there fails too, and is told
        return False
    except DAMAGED:
        return True
