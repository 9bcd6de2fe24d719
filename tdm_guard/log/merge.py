"""
Logs put together: the records of all files by time, each run in its own order and byte for byte, so that it verifies.

strategy: one file after another is surveyed first; then all are read side by side, the earliest record next. A part of
a run waits until what stands before it has been written. Of a run that stands in more than one file each record is
written once, if all have the same bytes: their digests go to a private database, and memory does not grow.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from contextlib import closing
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.bodies import shown
from tdm_guard.log.scratch import scratch
from tdm_guard.log.survey import entries_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tdm_guard.log.checks.lines import RawLine
    from tdm_guard.log.survey import Entry, Stands


class _Next(NamedTuple):
    time: str
    place: int  # of the file: of records of the same time those of the first file come first
    entry: Entry
    rest: Iterator[Entry]


class Merging:
    """The records of files that were surveyed. `repeated` counts the lines that were left out as written before."""

    def __init__(self, files: Sequence[Stands], torn: Callable[[RawLine, str], None]) -> None:
        self.repeated = 0
        self._files = files
        self._torn = torn
        self._left = {(place, run): number for place, file in enumerate(files) for run, number in file.records.items()}
        self._parts: dict[tuple[str, int], list[int]] = defaultdict(list)
        for place, file in enumerate(files):
            for section in file.begins:
                self._parts[section].append(place)
        self._shared = _shared(files, self._parts)
        self._waiting: dict[str, list[_Next]] = defaultdict(list)

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return len({run for _, run in self._left})

    def lines(self) -> Iterator[bytes]:
        """
        The lines in their new order, without their ends.

        Raises `ConfigurationError` where the same run stands in two files with different bytes.
        """
        heap: list[_Next] = []
        for place, file in enumerate(self._files):
            self._advance(heap, "", place, entries_of(file.path, self._torn))
        heapq.heapify(heap)
        with closing(_Written()) as written:
            while heap:
                time, place, entry, rest = heapq.heappop(heap)
                if entry.run not in self._shared or written.is_new(entry):
                    yield entry.line.raw
                else:
                    self.repeated += 1
                self._left[place, entry.run] -= 1
                if not self._left[place, entry.run] and entry.run in self._waiting:
                    for held in self._waiting.pop(entry.run):
                        self._push(heap, held._replace(time=max(held.time, time)))
                self._advance(heap, time, place, rest)
        if waiting := [held.entry.line.path for each in self._waiting.values() for held in each]:
            raise ConfigurationError(
                f"{waiting[0]!r} and {waiting[-1]!r} go on in each other: no order keeps their runs"
            )

    def _advance(self, heap: list[_Next], time: str, place: int, rest: Iterator[Entry]) -> None:
        entry = next(rest, None)
        if entry is not None:
            self._push(heap, _Next(max(time, entry.time), place, entry, rest))

    def _push(self, heap: list[_Next], coming: _Next) -> None:
        """A part of a run waits for the files that have the part before it, until they have no more of the run."""
        entry = coming.entry
        if entry.part is not None and entry.part > 1:
            before = self._parts.get((entry.run, entry.part - 1), ())
            if any(self._left[place, entry.run] for place in before if place != coming.place):
                self._waiting[entry.run].append(coming)
                return
        heapq.heappush(heap, coming)


def distinct(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Each line once, at its first place."""
    with closing(scratch("CREATE TABLE seen (key BLOB PRIMARY KEY) WITHOUT ROWID")) as seen:
        for line in lines:
            key = blake2b(line, digest_size=16).digest()
            if seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (key,)).rowcount:
                yield line


def _shared(files: Sequence[Stands], parts: dict[tuple[str, int], list[int]]) -> set[str]:
    """Runs of which something may stand twice: a part begins twice, or a file has records of it and begins none."""
    found = {run for (run, _), places in parts.items() if len(places) > 1}
    for file in files:
        begun = {run for run, _ in file.begins}
        found |= {run for (run, _), number in file.begins.items() if number > 1}
        found |= {run for run in file.records if run not in begun}
    return found


class _Written:
    """What was written of runs that stand in more than one file."""

    def __init__(self) -> None:
        self._seen = scratch("CREATE TABLE seen (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
        self._heads: dict[str, bytes] = {}

    def is_new(self, entry: Entry) -> bool:
        """False for a record that was written before. Raises `ConfigurationError` for one that contradicts those."""
        raw = entry.line.raw
        name = raw[-66:-2] if entry.sealed else f"{entry.kind} {_about(entry)}".encode()
        key = blake2b(entry.run.encode("utf-8", "surrogatepass") + b"\n" + name, digest_size=16).digest()
        digest = blake2b(raw, digest_size=16).digest()
        known = self._seen.execute("SELECT value FROM seen WHERE key = ?", (key,)).fetchone()
        if known is not None:
            if known[0] != digest:
                raise _contradiction(entry)
            return False
        head = self._heads.get(entry.run)
        if entry.sealed:
            if head is not None and b'"prev":"%b"' % head != raw[-148:-75]:
                raise _contradiction(entry)
            self._heads[entry.run] = raw[-66:-2]
        self._seen.execute("INSERT INTO seen VALUES (?, ?)", (key, digest))
        return True

    def close(self) -> None:
        """Gives the space back."""
        self._seen.close()


def _about(entry: Entry) -> str:
    """What a record without a hash is about: of a run there is one such record, of a body one for each decision."""
    found = entry.line.raw.partition(b'"decision":"')[2].partition(b'"')[0] if entry.kind == "body" else b""
    return found.decode("utf-8", "replace")


def _contradiction(entry: Entry) -> ConfigurationError:
    line = entry.line
    return ConfigurationError(
        f"{line.path}:{line.number}: run {shown(entry.run)} stands in another file, too, with different bytes; "
        "tdm-guard verify says which file is whole"
    )
