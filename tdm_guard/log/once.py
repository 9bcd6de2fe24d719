"""
Lines of logs that may be given twice: each record once, and whether `verify` would refuse what was read.

strategy: the decisions of a run come in order, so that one is known if its number is not above the last. What it said
is kept as the end of its hash, in a private file; whatever comes out of order goes into a private database
(`log.scratch`). So memory does not grow with the log.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.checks.finding import Finding, LogSeverity
from tdm_guard.log.members import is_size
from tdm_guard.log.record import unseal
from tdm_guard.log.scratch import scratch
from tdm_guard.log.verify import Verification

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, BinaryIO

    from tdm_guard.log.reader import LogLine
    from tdm_guard.log.stretch import Stretch

MAX_RUNS = 1_000  # whose decisions are kept in order, 8 KB of each in memory; those of more go to the database
MAX_STRETCHES = 10_000  # of one run: pieces that were written to the file among those of others, gaps in its numbers
MAX_BEGUN = 100_000  # runs kept by name, 100 bytes each; of those met later a part does not begin one
MAX_TOLD = 20  # findings that are told; all are counted
_HELD = 8 * 1024  # bytes of a run's marks in memory
_MARK = 16


class Once:
    """
    Hands lines on, but each decision once, by its run and number.

    `repeated` counts those left out that are the same byte for byte, `contradicting` those that say otherwise than the
    one before under their number. `errors` are what `verify` finds wrong with the logs, `first` is the first of these;
    `found` counts all it finds by file and severity, `told` has the first of them. A part of a run that was not met is
    handed on as the record of the run, which it repeats; `begun` has these runs, each with the number of the part.
    """

    def __init__(self) -> None:
        self.repeated = 0
        self.contradicting = 0
        self.first: Finding | None = None
        self.found: dict[LogSeverity, Counter[str]] = {severity: Counter() for severity in LogSeverity}
        self.told: list[Finding] = []
        self._verification = Verification()
        self.begun: dict[str, int] = {}
        self._named: set[str] = set()
        self._runs: dict[str, _InOrder] = {}
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._seen = scratch("CREATE TABLE seen (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")

    @property
    def errors(self) -> int:
        """What `verify` would find wrong."""
        return self._verification.errors

    def lines(self, lines: Iterable[LogLine]) -> Iterator[LogLine]:
        """The lines, once each. Raises `ConfigurationError` at their end if none is a record of ours."""
        records = 0
        verification = self._verification
        for line in lines:
            record = line.record
            kind = record.get("type") if record is not None else None
            if kind == "decision":
                records += 1
                if self._known(line):
                    continue
            elif kind is not None:
                records += kind == "run"
                if self._met(line):
                    continue
                if kind in {"run", "part"} and record is not None:
                    told = self._begins(record)
                    if told is None:
                        continue
                    line = line if told is record else line._replace(record=told)  # noqa: PLW2901 - the same line
            else:
                self._note(verification.look(line))
            yield line
        self._note(verification.close())
        if not records:
            raise ConfigurationError("no line is a record of a compliance log; for example tdm-guard.jsonl")

    def _begins(self, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The record of a run, of a part that begins one what it repeats of it; None of one that was told of."""
        run, of, part = record.get("run"), record.get("of"), record.get("part")
        if not isinstance(run, str):
            return record
        if record.get("type") == "run" and run in self.begun:
            del self.begun[run]  # what came before its part now comes behind it
            return None
        known, full = run in self._named, len(self._named) >= MAX_BEGUN
        if not known and not full:
            self._named.add(run)
        if record.get("type") == "run" or known or full or not isinstance(of, dict) or not is_size(part):
            return record
        self.begun[run] = part
        return {**of, "type": "run", "v": record.get("v"), "run": run}

    def passes(self, stretch: Stretch, path: str) -> int:
        """How many of these decisions are new and as they should be: they are kept in mind with that."""
        kept = self._runs.get(stretch.run)
        if kept is None or not kept.follows(stretch.first):
            return 0
        count = self._verification.passes(stretch, path)
        if count:
            marks = b"".join([raw[-_MARK - 2 : -2] for raw in stretch.lines[:count]])
            kept.add(stretch.first, marks)
        return count

    def _known(self, line: LogLine) -> bool:
        """True of a decision that was met before; else it is looked at, and kept in mind."""
        record = line.record or {}
        run, seq = record.get("run"), record.get("seq")
        if not isinstance(run, str) or not run or not isinstance(seq, int):
            self._note(self._verification.look(line))
            return False
        kept = self._runs.get(run)
        if kept is None and len(self._runs) < MAX_RUNS:
            kept = self._runs[run] = _InOrder(self._file)
        if kept is not None and kept.follows(seq):
            kept.add(seq, self._looked(line))
            return False
        mark = kept.mark(seq) if kept is not None else None
        if mark is None:
            key = blake2b(f"{run[:240]}\n{seq}".encode("utf-8", "backslashreplace"), digest_size=16).digest()
            mark = self._kept(key)
            if mark is None:
                self._keep(key, self._looked(line))
                return False
        if mark == _sealed(line) or mark == _digest(line):
            self.repeated += 1
        else:
            self._note(self._verification.look(line))
            self.contradicting += 1
        return True

    def _looked(self, line: LogLine) -> bytes:
        """A mark of the line: the end of its hash if nothing is wrong with it, else of its bytes."""
        before = self._verification.errors
        self._note(self._verification.look(line))
        if self._verification.errors != before:
            return _digest(line)
        return line.raw[-_MARK - 2 : -2]  # it ends with its hash, `"` and `}`, or there was an error

    def _met(self, line: LogLine) -> bool:
        """True of another record that was met before, byte for byte."""
        if not self._keep(_digest(line), b""):
            return True
        self._note(self._verification.look(line))
        return False

    def _kept(self, key: bytes) -> bytes | None:
        found = self._seen.execute("SELECT value FROM seen WHERE key = ?", (key,)).fetchone()
        return None if found is None else found[0]

    def _keep(self, key: bytes, mark: bytes) -> bool:
        """True of what is new."""
        return self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, mark)).rowcount == 1

    def _note(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.found[finding.severity][finding.path] += 1
            if len(self.told) < MAX_TOLD:
                self.told.append(finding)
            if finding.severity is LogSeverity.ERROR and self.first is None:
                self.first = finding

    def close(self) -> None:
        """Gives the space back."""
        self._seen.close()
        self._file.close()


class _InOrder:
    """The marks of a run's decisions, by their numbers, as long as these only go up."""

    __slots__ = ("_file", "_first", "_held", "_next", "_stretches")

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._stretches: list[tuple[int, int, int]] = []  # first number, how many, place in the file
        self._held = bytearray()
        self._first = self._next = 1

    def follows(self, seq: int) -> bool:
        """True of a number above the last, while there is room."""
        return seq >= self._next and len(self._stretches) < MAX_STRETCHES

    def add(self, seq: int, marks: bytes) -> None:
        """Keeps the marks of a number that follows, and of those behind it."""
        if seq != self._next or len(self._held) >= _HELD:
            self._put()
            self._first = seq
        self._held += marks
        self._next = seq + len(marks) // _MARK

    def mark(self, seq: int) -> bytes | None:
        """The mark of a number; None if it was not met in order."""
        if self._first <= seq < self._next:
            place = _MARK * (seq - self._first)
            return bytes(self._held[place : place + _MARK])
        for first, count, place in self._stretches:
            if first <= seq < first + count:
                self._file.seek(place + _MARK * (seq - first))
                return self._file.read(_MARK)
        return None

    def _put(self) -> None:
        if not self._held:
            return
        place, count = self._file.seek(0, os.SEEK_END), len(self._held) // _MARK
        self._file.write(self._held)
        self._held.clear()
        if self._stretches:
            first, before, start = self._stretches[-1]
            if first + before == self._first and start + _MARK * before == place:
                self._stretches[-1] = (first, before + count, start)
                return
        self._stretches.append((self._first, count, place))


def _digest(line: LogLine) -> bytes:
    return blake2b(line.raw, digest_size=_MARK).digest()


def _sealed(line: LogLine) -> bytes | None:
    """The end of the hash that the line states and has; None if it has another or none."""
    sealed = unseal(line.raw)
    return sealed[0][-_MARK:].encode() if sealed is not None and sealed[0] == sealed[1] else None
