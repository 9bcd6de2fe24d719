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
from hashlib import blake2b, sha256
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
        with closing(_Written({run for run, _ in self._parts})) as written:
            while heap:
                coming = heapq.heappop(heap)
                time, place, entry, rest = coming
                is_new = entry.run not in self._shared or written.takes(entry)
                if is_new is None:
                    self._waiting[entry.run].append(coming)
                    continue
                if is_new:
                    yield entry.line.raw
                else:
                    self.repeated += 1
                self._left[place, entry.run] -= 1
                for held in self._waiting.pop(entry.run, ()):
                    self._push(heap, held._replace(time=max(held.time, time)))
                self._advance(heap, time, place, rest)
        if waiting := [held.entry for each in self._waiting.values() for held in each]:
            raise _contradiction(waiting[0])

    def _advance(self, heap: list[_Next], time: str, place: int, rest: Iterator[Entry]) -> None:
        entry = next(rest, None)
        if entry is not None:
            self._push(heap, _Next(max(time, entry.time), place, entry, rest))

    def _push(self, heap: list[_Next], coming: _Next) -> None:
        """A part of a run waits while files that have the part before it have more of the run."""
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
    """What was written of runs of which something may stand twice; of those `begun` the beginning stands somewhere."""

    def __init__(self, begun: set[str]) -> None:
        self._seen = scratch("CREATE TABLE seen (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
        self._begun = begun
        self._heads: dict[str, bytes] = {}
        self._seqs: dict[str, int] = {}

    def takes(self, entry: Entry) -> bool | None:
        """
        True for a record that continues what was written, False for one that was written before, None for a later one.

        Raises `ConfigurationError` for one that stands for the same as another, with other bytes.
        """
        raw = entry.line.raw
        name = raw[-66:-2] if entry.sealed else f"{entry.kind} {_about(entry)}".encode()
        key = blake2b(entry.run.encode("utf-8", "surrogatepass") + b"\n" + name, digest_size=16).digest()
        digest = blake2b(raw, digest_size=16).digest()
        known = self._seen.execute("SELECT value FROM seen WHERE key = ?", (key,)).fetchone()
        if known is not None:
            if known[0] != digest:
                raise _contradiction(entry)
            return False
        if not self._continues(entry):
            return None
        self._seen.execute("INSERT INTO seen VALUES (?, ?)", (key, digest))
        if entry.kind == "run":
            self._heads[entry.run] = sha256(raw).hexdigest().encode()
        elif entry.sealed:
            self._heads[entry.run] = raw[-66:-2]
        if entry.kind == "decision":
            self._seqs[entry.run] = self._seqs.get(entry.run, 0) + 1
        return True

    def _continues(self, entry: Entry) -> bool:
        head = self._heads.get(entry.run)
        if head is None:
            return entry.part is not None or entry.run not in self._begun
        if entry.sealed:
            return entry.line.raw[-148:-75] == b'"prev":"%b"' % head
        decisions = _about(entry).rpartition("-")[2]
        return not decisions.isdecimal() or int(decisions) <= self._seqs.get(entry.run, 0)

    def close(self) -> None:
        """Gives the space back."""
        self._seen.close()


def _about(entry: Entry) -> str:
    """What a record of an older log, without a hash, is about: a body of one decision."""
    found = entry.line.raw.partition(b'"decision":"')[2].partition(b'"')[0] if entry.kind == "body" else b""
    return found.decode("utf-8", "replace")


def _contradiction(entry: Entry) -> ConfigurationError:
    line = entry.line
    return ConfigurationError(
        f"{line.path}:{line.number}: run {shown(entry.run)} goes on otherwise in another file; tdm-guard verify says "
        "which of them is whole"
    )
