"""
Is a log whole? Per run: every sequence number once and in order, the hash chain, a beginning and an end.

What a crash leaves behind (a torn line, no end record) is a remark; what a crash cannot explain is an error. Whoever
can rewrite the whole file can rewrite its chain: keep the last hash elsewhere if that matters.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Any

from tdm_guard.log.bodies import Bodies, shown
from tdm_guard.log.reader import LogLine
from tdm_guard.log.record import VERSION, decision_id, digest_of, unseal
from tdm_guard.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tdm_guard.log.spelt import Forms, Spelt

MAX_OUTCOMES = 512  # kept in mind, as many as there are middles of lines
MAX_RUNS = 100_000  # runs kept in mind at a time, about 2 KB each
_TYPES = ("run", "decision", "body", "end")
_WITHHOLDING = {verdict.value for verdict in Verdict if verdict.withholds}
_VERDICTS = {verdict.value for verdict in Verdict}


class LogSeverity(StrEnum):
    """An error makes the log invalid; a remark does not."""

    ERROR = "error"
    REMARK = "remark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a verification came upon, with its place; `line` 0 is the file as a whole."""

    path: str
    line: int
    severity: LogSeverity
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.severity}: {self.message}"


@dataclass(slots=True)
class _Run:
    path: str
    prev: str
    seq: int = 0
    ended: bool = False
    totals: Counter[str] = field(default_factory=Counter)
    bodies: Bodies = field(default_factory=Bodies)


class Verification:
    """
    Goes through lines, in the order of the files given, and counts what it saw.

    A run may go on in the next file. `errors` decides; `decisions` and `runs` say how much was looked at.
    """

    def __init__(self) -> None:
        self.errors = 0
        self.decisions = 0
        self._runs: dict[str, _Run] = {}
        self._outcomes: dict[int, tuple[Forms, str, bool]] = {}
        self._unread: LogLine | None = None  # a line that is no record: torn, if nothing but a new run comes after it
        self._last = LogLine(path="", number=0, raw=b"")

    @property
    def runs(self) -> int:
        """Runs seen."""
        return len(self._runs)

    def findings(self, lines: Iterable[LogLine]) -> Iterator[Finding]:
        """What is wrong or worth knowing, as it is met. Streams: memory grows with runs, by bits with decisions."""
        for line in lines:
            yield from self.look(line)
        yield from self.close()

    def look(self, line: LogLine) -> Iterator[Finding]:
        """What is found at the next line."""
        return self._counted(self._line(line))

    def passes(self, spelt: Spelt, raw: bytes, path: str) -> bool:
        """True of a decision that follows its run's last one, as it should be; else `look` has to say more of it."""
        forms, name, number, *_, prev, digest = spelt
        run, seq = self._runs.get(name), int(number)
        outcome = self._outcomes.get(id(forms))
        if outcome is None or outcome[0] is not forms:
            outcome = self._outcome_of(forms)
        _, verdict, admitted = outcome
        if (
            run is None
            or run.ended
            or self._unread is not None
            or seq != run.seq + 1
            or prev != run.prev
            or not verdict
            or sha256(raw[:-75] + b"}").hexdigest() != digest
        ):
            return False
        run.path, run.seq, run.prev = path, seq, digest
        run.totals[verdict] += 1
        if not admitted or spelt.content_sha256 is not None:
            run.bodies.decided(seq, {"admitted": admitted, "content_sha256": spelt.content_sha256})
        self.decisions += 1
        return True

    def _outcome_of(self, forms: Forms) -> tuple[Forms, str, bool]:
        """Verdict and whether it admits, of decisions in these forms; no verdict if the two do not agree."""
        verdict, admitted = forms[0].get("verdict"), forms[0].get("admitted")
        good = isinstance(verdict, str) and verdict in _VERDICTS
        if not good or admitted is not (forms[0].get("enforced") is False or verdict not in _WITHHOLDING):
            verdict = ""
        if len(self._outcomes) >= MAX_OUTCOMES:
            self._outcomes.clear()
        found = self._outcomes[id(forms)] = (forms, str(verdict), admitted is True)
        return found

    def close(self) -> Iterator[Finding]:
        """What is found when there are no more lines."""
        return self._counted(chain(self._settle_unread(None), self._settle_runs()))

    def _counted(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        for finding in findings:
            self.errors += finding.severity is LogSeverity.ERROR
            yield finding

    def _line(self, line: LogLine) -> Iterator[Finding]:
        yield from self._settle_unread(line)
        self._last = line
        if line.record is None:
            self._unread = line
            return
        if not line.whole:
            yield _remark(line, "the last line has no newline; its record is complete")
        yield from self._record(line)

    def _settle_unread(self, following: LogLine | None) -> Iterator[Finding]:
        line, self._unread = self._unread, None
        if line is None:
            return
        last = following is None or following.path != line.path
        if (last and not line.whole) or (not last and following is not None and following.type == "run"):
            yield _remark(line, f"torn by a crash ({line.problem})")
        else:
            yield _error(line, f"no record: {line.problem}")

    def _settle_runs(self) -> Iterator[Finding]:
        if not self._runs and not self.errors:
            path = self._last.path
            yield Finding(
                path=path, line=0, severity=LogSeverity.ERROR, message="holds no run: is this a compliance log?"
            )
        for name, run in self._runs.items():
            if not run.ended:
                message = f"run {shown(name)} has no end record: it was cut short, or goes on"
                yield Finding(path=run.path, line=0, severity=LogSeverity.REMARK, message=message)

    def _record(self, line: LogLine) -> Iterator[Finding]:
        record = line.record or {}
        name, kind = record.get("run"), line.type
        if kind not in _TYPES:
            yield _remark(line, f"type {shown(kind)} is unknown here; nothing of it was verified")
        elif record.get("v") != VERSION:
            yield _error(
                line, f"version {shown(record.get('v'))} of {_a(kind)} record cannot be verified, only {VERSION}"
            )
        elif not isinstance(name, str) or not name:
            yield _error(line, f"{_a(kind)} record without the name of its run")
        elif kind == "run":
            yield from self._begin(line, name)
        elif (run := self._runs.get(name)) is None:
            yield _error(line, f"{_a(kind)} record of run {shown(name)}, which has no run record before it")
        elif run.ended:
            yield _error(line, f"{_a(kind)} record of run {shown(name)} after its end record")
        else:
            run.path = line.path
            yield from {"decision": self._decision, "body": self._body, "end": self._end}[kind](line, name, run)

    def _begin(self, line: LogLine, name: str) -> Iterator[Finding]:
        if name in self._runs:
            yield _error(line, f"run {shown(name)} begins a second time")
        elif len(self._runs) >= MAX_RUNS:
            yield _error(line, f"more than {MAX_RUNS} runs; verify fewer files at a time")
        else:
            self._runs[name] = _Run(path=line.path, prev=digest_of(line.raw))

    def _decision(self, line: LogLine, name: str, run: _Run) -> Iterator[Finding]:
        record: Any = line.record
        self.decisions += 1
        seq = record.get("seq")
        in_order = False
        if not isinstance(seq, int) or isinstance(seq, bool) or not 0 < seq < 2**63:
            yield _error(line, f"seq {shown(seq)} is no number")
        elif seq <= run.seq:
            yield _error(line, f"seq {seq} comes after {run.seq}: repeated or out of order")
        else:
            in_order = seq == run.seq + 1
            if not in_order:
                yield _error(line, f"gap in run {shown(name)}: seq {run.seq + 1} to {seq - 1} missing")
            run.seq = seq
            run.bodies.decided(seq, record)
        if record.get("id") != decision_id(name, seq):
            yield _error(line, f"id {shown(record.get('id'))} does not belong to seq {shown(seq)} of run {shown(name)}")
        yield from self._chain(line, run, in_order=in_order)
        yield from _outcome(line)
        verdict = record.get("verdict")
        run.totals[verdict if isinstance(verdict, str) and verdict in _VERDICTS else "unknown"] += 1

    def _chain(self, line: LogLine, run: _Run, *, in_order: bool) -> Iterator[Finding]:
        record: Any = line.record
        sealed = unseal(line.raw)
        if sealed is None:
            yield _error(line, "does not end with its hash")
            return
        stated, actual = sealed
        if stated != actual:
            yield _error(line, f"changed after it was written: hash {stated[:12]}…, its bytes have {actual[:12]}…")
        if in_order and record.get("prev") != run.prev:
            yield _error(line, "the record before it was changed or exchanged: prev is not its hash")
        run.prev = stated

    def _body(self, line: LogLine, name: str, run: _Run) -> Iterator[Finding]:
        record: Any = line.record
        decision = record.get("decision")
        number = decision.rpartition("-")[2] if isinstance(decision, str) else ""
        seq = int(number) if number.isascii() and number.isdigit() and len(number) < 20 else 0
        if not 0 < seq <= run.seq or decision != decision_id(name, seq):
            yield _error(line, f"a body of decision {shown(decision)}, which is not in run {shown(name)} before it")
            return
        for problem in run.bodies.problems(seq, record):
            yield _error(line, f"{problem} ({shown(decision)})")

    def _end(self, line: LogLine, name: str, run: _Run) -> Iterator[Finding]:
        run.ended = True
        totals = (line.record or {}).get("totals")
        if totals != dict(run.totals):
            yield _error(
                line,
                f"run {shown(name)} ended with totals {shown(totals)}, but its records come to {dict(run.totals)}",
            )


def _outcome(line: LogLine) -> Iterator[Finding]:
    record: Any = line.record
    verdict, admitted, enforced = record.get("verdict"), record.get("admitted"), record.get("enforced")
    if not isinstance(verdict, str) or verdict not in _VERDICTS:
        yield _error(line, f"verdict {shown(verdict)} is unknown")
    elif admitted is not (enforced is False or verdict not in _WITHHOLDING):
        yield _error(line, f"admitted is {shown(admitted)} under verdict {verdict} and enforced {shown(enforced)}")
    if not isinstance(record.get("url"), str):
        yield _error(line, "a decision without a URL")


def _error(line: LogLine, message: str) -> Finding:
    return Finding(path=line.path, line=line.number, severity=LogSeverity.ERROR, message=message)


def _remark(line: LogLine, message: str) -> Finding:
    return Finding(path=line.path, line=line.number, severity=LogSeverity.REMARK, message=message)


def _a(kind: str | None) -> str:
    return f"an {kind}" if kind == "end" else f"a {kind}"
