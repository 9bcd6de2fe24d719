"""
Is a log whole? Per run: every sequence number once and in order, the hash chain, a beginning and an end, its trees.

What a crash leaves behind (a torn line, no end record) is a remark; what a crash cannot explain is an error. Whoever
can rewrite the whole file can rewrite its chain, and whoever can cut it can leave no trace: keep the last hash of each
run, its head, elsewhere if that matters, and hand it in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tdm_guard.log.bodies import shown
from tdm_guard.log.checks.finding import Finding, LogSeverity
from tdm_guard.log.checks.heads import Heads
from tdm_guard.log.checks.outcome import addresses_of, outcome_problem, verdict_of
from tdm_guard.log.checks.roots import root_problems
from tdm_guard.log.checks.run import CHAINED, VerifiedRun
from tdm_guard.log.checks.swift import Middles, run_of
from tdm_guard.log.reader import LogLine
from tdm_guard.log.record import VERSION, decision_id, digest_of, unseal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tdm_guard.log.checks.roots import Roots

MAX_RUNS = 100_000  # runs kept in mind at a time, about 2 KB each
_TYPES = ("run", "part", "decision", "common", "body", "end", "deletion", "forgotten")
_ALWAYS_CHAINED = frozenset({"part", "decision", "common", "deletion", "forgotten"})  # in older runs too


class Verification:
    """
    Goes through lines, in the order of the files given, and counts what it saw.

    A run may go on in the next file. `errors` decides, under a strict view `doubts` (remarks without a good reason)
    too. `refused` is a run that a later version wrote, about which nothing can be said. `heads` are hashes that
    records must have; `trees` makes the trees of a run, by its run record, to recompute the roots that it states.
    """

    def __init__(
        self, *, heads: Iterable[str] = (), trees: Callable[[Mapping[str, Any]], Roots] | None = None
    ) -> None:
        self.errors = 0
        self.remarks = 0
        self.doubts = 0
        self.decisions = 0
        self.refused: Finding | None = None
        self.heads = Heads(heads)
        self._trees = trees
        self._runs: dict[str, VerifiedRun] = {}
        self._going: dict[bytes, VerifiedRun] = {}  # runs that have not ended, by the spelling of their names
        self._middles = Middles()
        self._unread: LogLine | None = None  # a line that is no record: torn, if nothing but a new run comes after it
        self._last = LogLine(path="", number=0, raw=b"")
        self._found: list[Finding] = []

    @property
    def runs(self) -> int:
        """Runs seen."""
        return len(self._runs)

    def each_run(self) -> Iterator[VerifiedRun]:
        """The runs, in the order of the files."""
        yield from self._runs.values()

    def findings(self, lines: Iterable[LogLine]) -> Iterator[Finding]:
        """What is wrong or worth knowing, as it is met. Streams: memory grows with runs, by bits with decisions."""
        for line in lines:
            yield from self.look(line)
        yield from self.close()

    def look(self, line: LogLine) -> list[Finding]:
        """What is found at the next line."""
        self._settle_unread(line)
        self._last = line
        if line.record is None:
            self._unread = line
        else:
            if not line.whole:
                self._remark(line, "the last line has no newline; its record is complete")
            self._record(line, line.record)
        return self._handed_on()

    def passes(self, raw: bytes, path: str, number: int) -> bool:
        """True if a line is a decision as it should be, which was looked at with that; else `look` has to say more."""
        name = run_of(raw)
        run = self._going.get(name) if name is not None else None
        if run is None or self._unread is not None:
            return False
        found = self._middles.read(raw, run)
        if found is None or found.seq != run.seq + 1:
            return False
        verdict, admitted, content = found.facts
        run.seq = found.seq
        run.head = found.digest
        run.path, run.line = path, number
        run.records += 1
        run.decisions += 1
        self.decisions += 1
        run.totals[verdict] = run.totals.get(verdict, 0) + 1
        if not admitted or not found.streamed:
            run.bodies.decided(found.seq, admitted=admitted, streamed=found.streamed)
        if run.roots is not None:
            run.roots.decided(found.digest, found.addresses if admitted and content else ())
        if self.heads:
            self.heads.look(found.digest, run)
        return True

    def close(self) -> list[Finding]:
        """What is found when there are no more lines."""
        self._settle_unread(None)
        if not self._runs and not self.errors:
            self._add(self._last.path, 0, LogSeverity.ERROR, "holds no run: is this a compliance log?")
        for run in self._runs.values():
            for path, line in run.forgotten.unlisted():
                self._add(path, line, LogSeverity.ERROR, "a forgotten record that no deletion record of its run lists")
            if run.forgotten.count:
                words = f"run {shown(run.name)}: {run.forgotten.count} forgotten, content not checkable"
                self._add(run.path, 0, LogSeverity.REMARK, words, explained=True)
            if not run.ended and not run.refused:
                self._add(
                    run.path, 0, LogSeverity.REMARK,
                    f"run {shown(run.name)} has no end record: it was cut short, or goes on",
                )  # fmt: skip
                self._recompute(run)
        self._settle_heads()
        return self._handed_on()

    def _settle_heads(self) -> None:
        for head, met in self.heads.answers():
            if met is None:
                self._add(
                    self._last.path, 0, LogSeverity.ERROR,
                    f"no record has the hash {head}: the log was cut before it, or altered",
                )  # fmt: skip
            elif not met.intact:
                self._add(met.path, met.line, LogSeverity.ERROR, f"has the hash {head}, but the log is altered before")
            elif more := met.run.records - met.records:
                forgotten = more == met.run.deletions - met.deletions
                words = f"has the hash {head[:12]}…; {more} more {'record' if more == 1 else 'records'} of its run follow"
                self._add(met.path, met.line, LogSeverity.REMARK, words, explained=forgotten)

    def _settle_unread(self, following: LogLine | None) -> None:
        line, self._unread = self._unread, None
        if line is None:
            return
        last = following is None or following.path != line.path
        if (last and not line.whole) or (not last and following is not None and following.type == "run"):
            self._remark(line, f"torn by a crash ({line.problem})")
        elif b'}{"type":"' in line.raw:
            self._error(line, f"two records in one line: the newline between them is gone ({line.problem})")
        else:
            self._error(line, f"no record: {line.problem}")

    def _record(self, line: LogLine, record: Mapping[str, Any]) -> None:
        name, kind, version = record.get("run"), line.type, record.get("v")
        run = self._runs.get(name) if isinstance(name, str) else None
        if run is not None and run.refused:
            return
        if kind not in _TYPES:
            self._remark(line, f"type {shown(kind)} is unknown here; nothing of it was verified")
            if run is not None and run.chained:
                self._chain(line, record, run)
        elif kind in {"run", "part"} and isinstance(version, int) and version > VERSION:
            self._refuse(line, name, record, f"version {version} of {_a(kind)} record")
        elif version != VERSION:
            self._error(line, f"version {shown(version)} of {_a(kind)} record cannot be verified, only {VERSION}")
        elif not isinstance(name, str) or not name:
            self._error(line, f"{_a(kind)} record without the name of its run")
        elif kind == "run":
            self._begin(line, name, record, record, digest_of(line.raw))
        elif kind == "part":
            self._part(line, name, record, run)
        elif run is None:
            self._error(line, f"{_a(kind)} record of run {shown(name)}, which has no run record before it")
        elif run.ended and kind != "deletion":
            self._error(line, f"{_a(kind)} record of run {shown(name)} after its end record", run)
        else:
            self._of_run(line, str(kind), record, run)

    def _of_run(self, line: LogLine, kind: str, record: Mapping[str, Any], run: VerifiedRun) -> None:
        if kind == "decision":
            self._decision(line, record, run)
            return
        if kind == "forgotten":
            self._tombstone(line, record, run)
            return
        if run.chained or kind in _ALWAYS_CHAINED:
            self._chain(line, record, run)
        else:
            self._at(line, run)
        if kind == "body":
            self._body(line, record, run)
        elif kind == "end":
            self._end(line, record, run)
        elif kind == "deletion":
            run.deletions += 1
            for problem in run.forgotten.deleted(record):
                self._error(line, problem, run)

    # ---- beginnings ---------------------------------------------------------------------------------------------

    def _begin(
        self, line: LogLine, name: str, record: Mapping[str, Any], told: Mapping[str, Any], head: str
    ) -> VerifiedRun | None:
        word = told.get("chain")
        if name in self._runs:
            self._error(line, f"run {shown(name)} begins a second time", self._runs[name])
        elif len(self._runs) >= MAX_RUNS:
            self._error(line, f"more than {MAX_RUNS} runs; verify fewer files at a time")
        elif word is not None and word != CHAINED:
            self._refuse(line, name, record, f"a chain over {shown(word)}")
        else:
            run = self._runs[name] = VerifiedRun(name, told, head=head)
            run.records = 1
            run.path, run.line = line.path, line.number
            if self._trees is not None and record is told:
                run.roots = self._trees(told)
            self._going[name.encode("utf-8", "surrogatepass")] = run
            self.heads.look(head, run)
            return run
        return None

    def _refuse(self, line: LogLine, name: object, record: Mapping[str, Any], what: str) -> None:
        self._error(line, f"{what}: written by a later tdm_guard, and only such a one can verify it")
        self.refused = self.refused or self._found[-1]
        if isinstance(name, str) and name and name not in self._runs and len(self._runs) < MAX_RUNS:
            run = self._runs[name] = VerifiedRun(name, record, head="")
            run.refused = True
            run.path = line.path

    def _part(self, line: LogLine, name: str, record: Mapping[str, Any], run: VerifiedRun | None) -> None:
        number, told = record.get("part"), record.get("of")
        if not isinstance(number, int) or isinstance(number, bool) or number <= 1 or not isinstance(told, dict):
            self._error(line, f"part {shown(number)} of run {shown(name)} does not say which part of what it is", run)
            return
        if run is None:
            run = self._begin(line, name, record, told, str(record.get("prev")))
            if run is None:
                return
            run.partial = True
            words = f"run {shown(name)} begins with its part {number}: what stood before was not given"
            self._remark(line, words)
            run.records = 0
            self._chain(line, record, run)
        else:
            in_order = number == run.part + 1
            if run.ended:
                self._error(line, f"part {number} of run {shown(name)} after its end record", run)
            elif not in_order:
                self._error(line, f"part {number} of run {shown(name)} comes after part {run.part}", run)
            elif VerifiedRun(name, told, head="").told != run.told:
                self._error(line, f"part {number} says otherwise of run {shown(name)} than its run record", run)
            self._chain(line, record, run, in_order=in_order)
        run.part = number

    # ---- the chain ----------------------------------------------------------------------------------------------

    def _at(self, line: LogLine, run: VerifiedRun) -> None:
        run.path, run.line = line.path, line.number
        run.records += 1

    def _chain(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun, *, in_order: bool = True) -> None:
        """`in_order`: the record stands where its number says, so that the one before must be the one it names."""
        sealed = unseal(line.raw)
        before = f"line {run.line}" if run.path == line.path else f"{run.path}:{run.line}"
        if sealed is None:
            self._error(line, "does not end with its hash", run)
            self._at(line, run)
            return
        stated, actual = sealed
        if stated != actual:
            self._error(line, f"changed after it was written: hash {stated[:12]}…, its bytes have {actual[:12]}…", run)
        elif in_order and stated == run.head:
            self._error(line, f"repeated: the same record stands at {before}", run)
            return
        elif in_order and record.get("prev") != run.head:
            self._error(
                line,
                "the record before it was changed or exchanged, or one was taken out: prev is not its hash "
                f"({before})",
                run,
            )
        run.head = stated
        self._at(line, run)
        self.heads.look(actual, run)

    # ---- records ------------------------------------------------------------------------------------------------

    def _number(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> tuple[bool, bool]:
        """Looks at `seq` and `id`: is the record the next of its run, and is it a later one?"""
        self.decisions += 1
        run.decisions += 1
        seq = record.get("seq")
        in_order = later = False
        if not isinstance(seq, int) or isinstance(seq, bool) or not 0 < seq < 2**63:
            self._error(line, f"seq {shown(seq)} is no number", run)
        elif seq <= run.seq:
            self._error(line, f"seq {seq} comes after {run.seq}: repeated or out of order", run)
        else:
            later = True
            in_order = seq == run.seq + 1 or (run.partial and run.seq == 0)
            if not in_order:
                self._error(line, f"gap in run {shown(run.name)}: seq {run.seq + 1} to {seq - 1} missing", run)
            run.seq = seq
        if record.get("id") != decision_id(run.name, seq):  # type: ignore[arg-type]
            self._error(
                line, f"id {shown(record.get('id'))} does not belong to seq {shown(seq)} of run {shown(run.name)}", run
            )
        return in_order, later

    def _decision(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> None:
        in_order, later = self._number(line, record, run)
        head = run.head
        self._chain(line, record, run, in_order=in_order)
        if later:
            run.bodies.decided(
                run.seq, admitted=record.get("admitted") is True, streamed=record.get("content_sha256") is None
            )
        elif not in_order:
            run.head = head  # of the record that stands out of its place nothing follows
        if problem := outcome_problem(record):
            self._error(line, problem, run)
        if not isinstance(record.get("url"), str):
            self._error(line, "a decision without a URL", run)
        verdict = verdict_of(record)
        run.totals[verdict] = run.totals.get(verdict, 0) + 1
        if run.roots is not None:
            run.roots.decided(run.head, addresses_of(record))

    def _tombstone(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> None:
        in_order, _ = self._number(line, record, run)
        digest = record.get("hash")
        if not isinstance(digest, str) or unseal(line.raw) is None:
            self._error(line, "does not end with its hash", run)
            return
        if in_order and record.get("prev") != run.head:
            self._error(line, f"the record before it was changed or exchanged: prev is not its hash (line {run.line})", run)
        run.head = digest
        self._at(line, run)
        run.forgotten.tombstone(digest, (line.path, line.number))
        run.totals["forgotten"] = run.totals.get("forgotten", 0) + 1
        if run.roots is not None:
            run.roots.decided(digest, ())
        self.heads.look(digest, run)

    def _body(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> None:
        decision = record.get("decision")
        number = decision.rpartition("-")[2] if isinstance(decision, str) else ""
        seq = int(number) if number.isascii() and number.isdigit() and len(number) < 20 else 0
        if not 0 < seq <= run.seq or decision != decision_id(run.name, seq):
            if run.partial and decision == decision_id(run.name, seq):
                return  # of a decision in a part that was not given
            words = f"a body of decision {shown(decision)}, which is not in run {shown(run.name)} before it"
            self._error(line, words, run)
            return
        for problem in run.bodies.problems(seq, record):
            self._error(line, f"{problem} ({shown(decision)})", run)

    def _end(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> None:
        run.ended = True
        run.stated = record.get("trees")
        self._going.pop(run.name.encode("utf-8", "surrogatepass"), None)
        totals = record.get("totals")
        if not run.partial and not _fits(totals, run.totals):
            self._error(
                line,
                f"run {shown(run.name)} ended with totals {shown(totals)}, but its records come to {run.totals}",
                run,
            )
        self._recompute(run)
        if run.recomputed is not None and run.stated is not None:
            forgotten = run.forgotten.count > 0
            for problem, explained in root_problems(run.stated, run.recomputed, forgotten=forgotten):
                if explained:
                    self._add(line.path, line.number, LogSeverity.REMARK, problem, explained=True)
                else:
                    self._error(line, problem, run)

    def _recompute(self, run: VerifiedRun) -> None:
        roots, run.roots = run.roots, None
        if roots is not None:
            run.recomputed = roots.stated()
            roots.close()

    # ---- findings -----------------------------------------------------------------------------------------------

    def _error(self, line: LogLine, message: str, run: VerifiedRun | None = None) -> None:
        if run is not None:
            run.intact = False
        self._add(line.path, line.number, LogSeverity.ERROR, message)

    def _remark(self, line: LogLine, message: str) -> None:
        self._add(line.path, line.number, LogSeverity.REMARK, message)

    def _add(self, path: str, line: int, severity: LogSeverity, message: str, *, explained: bool = False) -> None:
        self.errors += severity is LogSeverity.ERROR
        self.remarks += severity is LogSeverity.REMARK
        self.doubts += severity is LogSeverity.REMARK and not explained
        found = Finding(path=path, line=line, severity=severity, message=message, explained=explained)
        self._found.append(found)

    def _handed_on(self) -> list[Finding]:
        if not self._found:
            return _NOTHING
        found, self._found = self._found, []
        return found


_NOTHING: list[Finding] = []


def _fits(stated: object, found: Mapping[str, int]) -> bool:
    """Totals by verdict; of what was forgotten the verdict is not known."""
    forgotten = found.get("forgotten", 0)
    if not forgotten:
        return stated == found
    if not isinstance(stated, dict) or not all(isinstance(count, int) for count in stated.values()):
        return False
    known = {verdict: count for verdict, count in found.items() if verdict != "forgotten"}
    return sum(stated.values()) == sum(found.values()) and all(
        stated.get(verdict, 0) >= count for verdict, count in known.items()
    )


def _a(kind: str | None) -> str:
    return f"an {kind}" if kind == "end" else f"a {kind}"
