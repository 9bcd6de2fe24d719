"""Which files a report was made from: name, size and digest, the runs in each, and the last hash of each run."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from tdm_guard.log.compressed import open_log
from tdm_guard.log.members import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tdm_guard.log.reader import LogLine
    from tdm_guard.log.stretch import Stretch

MAX_RUNS = 1_000  # of a file, told one by one


@dataclass(slots=True)
class Source:
    """
    A file that was read. `size` and `sha256` are of the file as it lies there, None of a pipe.

    `heads` has the last hash of each run as far as this file goes, None of a run without a chained record (`more_runs`:
    it has more than are told). `goes_on`: those of them that go on in a later file, where their head is. `errors` and
    `remarks` are what `verify` finds in it. `grown`: it changed while it was read.
    """

    name: str
    size: int | None = None
    sha256: str | None = None
    grown: bool = False
    lines: int = 0
    heads: dict[str, str | None] = field(default_factory=dict)
    goes_on: list[str] = field(default_factory=list)
    errors: int = 0
    remarks: int = 0
    more_runs: bool = False


class Sources:
    """Notes what goes by of the lines of logs."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._before = {path: _size(path) for path in paths}
        self._found: dict[str, Source] = {path: Source(path) for path in paths}
        self._read: dict[str, tuple[int, str]] = {}  # size and digest of files that were read to their end
        self._last: dict[str, Source] = {}  # where each run was met last
        self._ended: set[tuple[str, str]] = set()  # by path and run

    @contextmanager
    def opens(self, path: str) -> Iterator[BinaryIO]:
        """A log, as `open_log` opens it: its digest is made of what is read."""
        digest, size = hashlib.sha256(), 0

        def tell(octets: memoryview) -> None:
            nonlocal size
            digest.update(octets)
            size += len(octets)

        with open_log(path, tell if self._before.get(path) is not None else None) as file:
            yield file
        self._read[path] = size, digest.hexdigest()

    def lines(self, lines: Iterable[LogLine]) -> Iterator[LogLine]:
        """The lines, as they come."""
        for line in lines:
            source = self._of(line.path)
            source.lines += 1
            if line.record is not None and (run := text_of(line.record, "run", 240)):
                self._head(source, run, text_of(line.record, "hash", 64))
                if line.type == "end" and run in source.heads:
                    self._ended.add((line.path, run))
            yield line

    def take(self, stretch: Stretch, path: str) -> None:
        """Notes decisions that were taken before they became lines."""
        source = self._of(path)
        source.lines += len(stretch.lines)
        self._head(source, stretch.run, stretch.lines[-1][-66:-2].decode())

    def _of(self, path: str) -> Source:
        found = self._found.get(path)
        return self._found.setdefault(path, Source(path)) if found is None else found

    def _head(self, source: Source, run: str, head: str | None) -> None:
        heads = source.heads
        if run in heads:
            heads[run] = head or heads[run]
            self._last[run] = source
        elif len(heads) < MAX_RUNS:
            heads[run] = head
            self._last[run] = source
        else:
            source.more_runs = True

    def all(self, errors: Counter[str], remarks: Counter[str]) -> tuple[Source, ...]:
        """The files, when all lines were read; with what was found in each."""
        for path, source in self._found.items():
            source.errors, source.remarks = errors[path], remarks[path]
            before = self._before.get(path)
            if before is not None and path in self._read:
                source.size, source.sha256 = self._read[path]
            elif before is not None:
                with suppress(OSError), Path(path).open("rb") as file:
                    source.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                    source.size = file.tell()
            source.grown = source.size != before or (before is not None and _size(path) != before)
            source.goes_on = [
                run for run in source.heads if self._last[run] is not source and (path, run) not in self._ended
            ]
        return tuple(self._found.values())


def _size(path: str) -> int | None:
    """The size of a file; None of a pipe or a device, which can be read once only."""
    with suppress(OSError):
        if Path(path).is_file():
            return os.stat(path).st_size  # noqa: PTH116 - a file's size
    return None
