"""
Is a log whole? Per run: every sequence number once and in order, the hash chain, a beginning and an end, its trees.

What a crash leaves behind (a torn line, no end record) is a remark; what a crash cannot explain is an error. Whoever
can rewrite the whole file can rewrite its chain, and whoever can cut it can leave no trace: keep the last hash of each
run, its head, elsewhere if that matters, and hand it in.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from tdm_guard.log.bodies import shown
from tdm_guard.log.checks.finding import Finding, Findings, LogSeverity
from tdm_guard.log.checks.heads import Heads
from tdm_guard.log.checks.lines import BROKEN_HERE, record_in, unpassed
from tdm_guard.log.checks.records import Records
from tdm_guard.log.checks.run import VerifiedRun, members_of
from tdm_guard.log.checks.swift import Swift, chained, is_simple, run_of
from tdm_guard.log.personal_checks import PersonalChecks
from tdm_guard.log.reader import LogLine, in_order, record_of
from tdm_guard.log.record import CHAIN, VERSION, digest_of, unseal

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tdm_guard.log.checks.roots import Roots
    from tdm_guard.log.stretch import Stretch

MAX_RUNS = 100_000  # runs kept in mind at a time, about 2 KB each
_TYPES = ("run", "part", "decision", "common", "body", "end", "deletion", "forgotten")


class Verification:
    """
    Goes through lines, in the order of the files given, and counts what it saw.

    A run may go on in the next file. `count.errors` decides, under a strict view `count.doubts` too. `refused` is a run
    that a later version wrote, about which nothing can be said. `heads` are hashes that records must have; `trees`
    makes the trees of a run, by its run record, to recompute the roots that it states. `sealed` are hashes that seals
    state, of which `heads` knows in the end.
    """

    def __init__(
        self, *, heads: Iterable[str] = (), trees: Callable[[Mapping[str, Any]], Roots] | None = None,
        sealed: Iterable[str] = (),
    ) -> None:  # fmt: skip
        self.count = Findings()
        self.refused: Finding | None = None
        self.heads = Heads(heads, sealed)
        self._trees = trees
        self._runs: dict[str, VerifiedRun] = {}
        self._going: dict[bytes, VerifiedRun] = {}  # runs that have not ended, by names that are spelt as they are
        self._records = Records(self.count, self.heads)
        self._personal = PersonalChecks()
        self._swift = Swift(self.heads)
        self._unread: LogLine | None = None  # a line that is no record: torn, if nothing but a new run comes after it
        self._last = LogLine("", 0, b"")

    @property
    def errors(self) -> int:
        """Errors found."""
        return self.count.errors

    @property
    def decisions(self) -> int:
        """Decisions seen."""
        return self._records.decisions

    @property
    def runs(self) -> int:
        """Runs seen."""
        return len(self._runs)

    @property
    def forgotten_copies(self) -> frozenset[str]:
        """Digests of copies of evidence that deletion records list."""
        return frozenset().union(*(run.forgotten.digests for run in self._runs.values()))

    def each_run(self) -> Iterator[VerifiedRun]:
        """The runs, in the order of the files."""
        yield from self._runs.values()

    def files(
        self, paths: Iterable[str | os.PathLike[str]], tick: Callable[[], None] = lambda: None
    ) -> Iterator[Finding]:
        """What is wrong or worth knowing with whole files: the swift way. Raises as `unpassed` does."""
        for line in unpassed(in_order([os.fspath(path) for path in paths]), self._passes, tick, broken=True):
            yield from self.look(record_in(line))
        yield from self.close()

    def findings(self, lines: Iterable[LogLine]) -> Iterator[Finding]:
        """What is wrong or worth knowing, as it is met. Streams: memory grows with runs, by bits with decisions."""
        for line in lines:
            yield from self.look(line)
        yield from self.close()

    def look(self, line: LogLine) -> list[Finding]:
        """What is found at the next line."""
        self._settle_unread(line)
        self._last = line
        if line.whole and self._passes((line.raw,), line.path, line.number):
            return []
        record = line.record
        if record is None and line.whole and unseal(line.raw) is not None:  # whole, but for what it refers to
            record, _ = record_of(line.raw)
        if record is None:
            self._unread = line
        else:
            if not line.whole:
                self.count.remark(line, "the last line has no newline; its record is complete")
            self._record(line, record)
        return self.count.taken()

    def passes(self, stretch: Stretch, path: str) -> int:
        """How many of these decisions follow their run's last one, as they should be."""
        run = self._runs.get(stretch.run)
        if (
            run is None
            or run.ended
            or run.refused
            or run.roots is not None
            or self._unread is not None
            or stretch.first != run.seq + 1
            or self.heads
        ):
            return 0
        count, run.head = chained(stretch.lines, run.head)
        kinds, totals = stretch.kinds[:count], run.totals
        closed = False
        for kind, times in Counter(kinds).items():
            totals[kind.facts.verdict] = totals.get(kind.facts.verdict, 0) + times
            closed = closed or not (kind.facts.admitted and kind.streamed)
        for seq, kind in enumerate(kinds if closed else (), stretch.first):
            if not (kind.facts.admitted and kind.streamed):
                run.bodies.decided(seq, admitted=kind.facts.admitted, streamed=kind.streamed)
        if count:
            run.path, run.line = path, stretch.number + count - 1
        run.seq += count
        run.records += count
        run.decisions += count
        self._records.decisions += count
        return count

    def _passes(self, lines: Sequence[bytes], path: str, number: int) -> int:
        """How many of these lines are records as they should be, and were counted; of the next `look` has to say."""
        at = 0
        while at < len(lines) and self._unread is None:
            name = run_of(lines[at])
            run = self._going.get(name)
            if run is None:
                break
            before = run.decisions
            count = self._swift.follow(lines, at, run, name)
            if not count:
                break
            at += count
            run.path, run.line = path, number + at - 1
            self._records.decisions += run.decisions - before
            if self.heads:
                self.heads.look(run.head, run)
        return at

    def close(self) -> list[Finding]:
        """What is found when there are no more lines."""
        self._settle_unread(None)
        if not self._runs and not self.errors:
            self._add(self._last.path, "holds no run: is this a compliance log?")
        for run in self._runs.values():
            for path, line in run.forgotten.unlisted():
                self._add(path, "a forgotten record that no deletion record of its run lists", line=line)
            if run.forgotten.count:
                words = f"run {shown(run.name)}: {run.forgotten.count} forgotten, content not checkable"
                self._add(run.path, words, LogSeverity.REMARK, explained=True)
            if run.forgotten.copies:
                words = f"run {shown(run.name)}: {run.forgotten.copies} copies of evidence forgotten"
                self._add(run.path, words, LogSeverity.REMARK, explained=True)
            if not run.ended and not run.refused:
                run.recompute()
                words = f"run {shown(run.name)} has no end record: it was cut short, or goes on"
                self._add(run.path, words, LogSeverity.REMARK)
        for found in self._personal.close():
            severity = LogSeverity.ERROR if found.is_error else LogSeverity.REMARK
            self._add(found.path, found.message, severity, explained=found.explained)
        self._settle_heads()
        return self.count.taken()

    def _add(
        self, path: str, message: str, severity: LogSeverity = LogSeverity.ERROR, *, line: int = 0,
        explained: bool = False,
    ) -> None:  # fmt: skip
        self.count.add(path, line, severity, message, explained=explained)

    def _settle_heads(self) -> None:
        for head, met in self.heads.answers():
            if met is None:
                self._add(self._last.path, f"no record has the hash {head}: the log was cut before it, or altered")
            elif not met.intact:
                self._add(met.path, f"has the hash {head}, but the log is altered before", line=met.line)
            elif more := met.run.records - met.records:
                words = f"has the hash {head}; of its run {more} more {'record' if more == 1 else 'records'} follow"
                deleted = more == met.run.deletions - met.deletions
                self._add(met.path, words, LogSeverity.REMARK, line=met.line, explained=deleted)

    def _settle_unread(self, following: LogLine | None) -> None:
        line, self._unread = self._unread, None
        if line is None:
            return
        last = following is None or following.path != line.path
        begun = b'{"type":"'.startswith(line.raw[:9]) and line.raw[-75:-66] != b',"hash":"'  # as a crash leaves it
        if begun and ((last and not line.whole) or (not last and following is not None and following.type == "run")):
            self.count.remark(line, f"torn by a crash ({line.problem})")
        elif line.problem == BROKEN_HERE:
            self.count.error(line, BROKEN_HERE)
        elif b'}{"type":"' in line.raw:
            self.count.error(line, f"two records in one line: the newline between them is gone ({line.problem})")
        else:
            self.count.error(line, f"no record: {line.problem}")

    def _record(self, line: LogLine, record: Mapping[str, Any]) -> None:
        name, kind, version = record.get("run"), record.get("type"), record.get("v")
        run = self._runs.get(name) if isinstance(name, str) else None
        if run is not None and run.refused:
            return
        if kind not in _TYPES:
            self.count.remark(line, f"type {shown(kind)} is unknown here; nothing of it was verified")
            if run is not None and run.chained:
                self._records.chain(line, record, run)
        elif kind in {"run", "part"} and isinstance(version, int) and version > VERSION:
            self._refuse(line, name, record, f"version {version} of {_a(kind)} record")
        elif version != VERSION:
            self.count.error(line, f"version {shown(version)} of {_a(kind)} record cannot be verified, only {VERSION}")
        elif not isinstance(name, str) or not name:
            self.count.error(line, f"{_a(kind)} record without the name of its run")
        elif kind == "run":
            self._begin(line, name, record, head=digest_of(line.raw))
        elif kind == "part":
            self._part(line, name, record, run)
        elif run is None:
            self.count.error(line, f"{_a(kind)} record of run {shown(name)}, which has no run record before it")
        elif run.ended and kind != "deletion":
            self.count.error(line, f"{_a(kind)} record of run {shown(name)} after its end record", run)
        else:
            self._records.look(line, kind, self._joined(line, kind, record, run), run)
            if run.ended:
                self._going.pop(name.encode("utf-8", "replace"), None)

    def _joined(self, line: LogLine, kind: str, record: Mapping[str, Any], run: VerifiedRun) -> Mapping[str, Any]:
        """The record with what stands beside the log, if that fits."""
        if kind == "deletion":
            self._personal.deleted(record)
        elif kind == "decision" and "personal" in record:
            record, problem = self._personal.whole(line, record)
            if problem is not None:
                self.count.error(line, problem, run)
        return record

    # ---- beginnings ---------------------------------------------------------------------------------------------

    def _begin(self, line: LogLine, name: str, told: Mapping[str, Any], *, head: str) -> VerifiedRun | None:
        word = told.get("chain")
        if name in self._runs:
            self.count.error(line, f"run {shown(name)} begins a second time", self._runs[name])
        elif len(self._runs) >= MAX_RUNS:
            self.count.error(line, f"more than {MAX_RUNS} runs; verify fewer files at a time")
        elif word is not None and word != CHAIN:
            self._refuse(line, name, told, f"a chain over {shown(word)}")
        else:
            run = self._runs[name] = VerifiedRun(name, told, head=head)
            if is_simple(name):
                self._going[name.encode()] = run
            run.path, run.line = line.path, line.number
            if line.type == "run":
                run.records = 1
                run.roots = self._trees(told) if self._trees is not None else None
                self.heads.look(head, run)
            return run
        return None

    def _refuse(self, line: LogLine, name: object, told: Mapping[str, Any], what: str) -> None:
        message = f"{what}: written by a later tdm_guard, and only such a one can verify it"
        found = self.count.add(line.path, line.number, LogSeverity.ERROR, message)
        self.refused = self.refused or found
        if isinstance(name, str) and name and name not in self._runs and len(self._runs) < MAX_RUNS:
            run = self._runs[name] = VerifiedRun(name, told, head="")
            run.refused, run.path = True, line.path

    def _part(self, line: LogLine, name: str, record: Mapping[str, Any], run: VerifiedRun | None) -> None:
        number, told = record.get("part"), record.get("of")
        if not isinstance(number, int) or isinstance(number, bool) or number <= 1 or not isinstance(told, dict):
            self.count.error(line, f"part {shown(number)} of run {shown(name)} does not say what it is a part of", run)
            return
        in_order = True
        if run is None:
            run = self._begin(line, name, told, head=str(record.get("prev")))
            if run is None:
                return
            run.partial = True
            self.count.remark(line, f"run {shown(name)} begins with its part {number}: what stood before was not given")
        elif run.ended:
            self.count.error(line, f"part {number} of run {shown(name)} after its end record", run)
        elif number != run.part + 1:
            in_order = False
            self.count.error(line, f"part {number} of run {shown(name)} comes after part {run.part}", run)
        elif members_of(told) != run.told:
            self.count.error(line, f"part {number} says otherwise of run {shown(name)} than its run record", run)
        self._records.chain(line, record, run, in_order=in_order)
        run.part = number


def _a(kind: str | None) -> str:
    return f"an {kind}" if kind == "end" else f"a {kind}"
