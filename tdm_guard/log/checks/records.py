"""The records of a run, each by its type: does it continue the chain, and does it fit what stood before?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tdm_guard.log.bodies import Bodies, shown
from tdm_guard.log.checks.outcome import addresses_of, facts_of, outcome_problem
from tdm_guard.log.checks.roots import root_problems, shape_problems
from tdm_guard.log.checks.run import reference
from tdm_guard.log.record import decision_id, unseal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tdm_guard.log.checks.finding import Findings
    from tdm_guard.log.checks.heads import Heads
    from tdm_guard.log.checks.outcome import Facts
    from tdm_guard.log.checks.run import VerifiedRun
    from tdm_guard.log.reader import LogLine

_TOMBSTONE = frozenset({"type", "v", "run", "seq", "id", "ts", "prev", "hash"})  # nothing else is left of a decision
_ALWAYS_CHAINED = frozenset({"common", "deletion"})  # in older runs too


class Records:
    """Looks at one record after another of runs that have begun."""

    def __init__(self, findings: Findings, heads: Heads) -> None:
        self.decisions = 0
        self._findings = findings
        self._heads = heads

    def look(self, line: LogLine, kind: str, record: Mapping[str, Any], run: VerifiedRun) -> None:
        """A record of any type but those that begin a run or a part of one."""
        if kind == "decision":
            self._decision(line, record, run)
        elif kind == "forgotten":
            self._tombstone(line, record, run)
        else:
            if run.chained or kind in _ALWAYS_CHAINED:
                self.chain(line, record, run)
            else:
                run.path = line.path
            {"body": self._body, "common": self._common, "end": self._end, "deletion": self._deletion}[kind](
                line, record, run
            )

    def chain(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun, *, in_order: bool = True) -> None:
        """`in_order`: the record stands where its number says, so that the one before must be the one it names."""
        sealed = unseal(line.raw)
        before = f"line {run.line}" if run.path == line.path else f"{run.path}:{run.line}"
        if sealed is None:
            self._findings.error(line, "does not end with its hash", run)
            _stands_at(line, run)
            return
        stated, actual = sealed
        if stated != actual:
            self._findings.error(
                line, f"changed after it was written: hash {stated[:12]}…, its bytes have {actual[:12]}…", run
            )
        elif in_order and stated == run.head:
            self._findings.error(line, f"repeated: the same record stands at {before}", run)
            return
        elif in_order and record.get("prev") != run.head:
            self._findings.error(
                line,
                f"the record before it was changed or exchanged, or one was taken out: prev is not its hash ({before})",
                run,
            )
        run.head = stated
        _stands_at(line, run)
        self._heads.look(actual, run)

    def _number(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> tuple[bool, bool]:
        """Looks at `seq` and `id`: is the record the next of its run, and is it a later one?"""
        self.decisions += 1
        run.decisions += 1
        seq = record.get("seq")
        in_order = later = False
        if not isinstance(seq, int) or isinstance(seq, bool) or not 0 < seq < 2**63:
            self._findings.error(line, f"seq {shown(seq)} is no number", run)
        elif seq <= run.seq:
            self._findings.error(line, f"seq {seq} comes after {run.seq}: repeated or out of order", run)
        else:
            later = True
            in_order = seq == run.seq + 1 or (run.partial and run.seq == 0)
            if not in_order:
                self._findings.error(line, f"gap in run {shown(run.name)}: seq {run.seq + 1} to {seq - 1} missing", run)
            run.seq = seq
        ident = record.get("id")
        if ident != decision_id(run.name, seq) and not (ident is None and "common" in record):  # type: ignore[arg-type]
            self._findings.error(
                line, f"id {shown(ident)} does not belong to seq {shown(seq)} of run {shown(run.name)}", run
            )
        return in_order, later

    def _decision(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> None:
        in_order, later = self._number(line, record, run)
        head = run.head
        self.chain(line, record, run, in_order=in_order)
        facts = self._facts(line, record, run)
        if later:
            run.bodies.decided(run.seq, admitted=facts.admitted, streamed=record.get("content_sha256") is None)
        elif not in_order:
            run.head = head  # of the record that stands out of its place nothing follows
        verdict = facts.verdict
        run.totals[verdict] = run.totals.get(verdict, 0) + 1
        if run.roots is not None:
            run.roots.decided(run.head, addresses_of(record) if facts.admitted and facts.content else ())

    def _facts(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> Facts:
        if not isinstance(record.get("url"), str):
            if isinstance(record.get("personal"), str):  # a digest of what stands beside the log, until it is forgotten
                run.apart += 1
            else:
                self._findings.error(line, "a decision without a URL", run)
        if "common" in record:  # the compact form, as it stands in the line
            known = run.commons.get(reference(str(record["common"])))
            if known is None:
                self._findings.error(
                    line, "what it has in common with other decisions stands in no record before it", run
                )
            return known or facts_of(record)
        if problem := outcome_problem(record):
            self._findings.error(line, problem, run)
        return facts_of(record)

    def _common(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> None:
        members = record.get("members")
        if not isinstance(members, dict):
            self._findings.error(line, "a common record without members", run)
            return
        if problem := outcome_problem(members):
            self._findings.error(line, problem, run)
        run.has_common(str(record.get("hash")), facts_of(members))

    def _tombstone(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> None:
        in_order, _ = self._number(line, record, run)
        digest = record.get("hash")
        if not isinstance(digest, str) or unseal(line.raw) is None:
            self._findings.error(line, "does not end with its hash", run)
            return
        if record.keys() != _TOMBSTONE:
            words = ", ".join(sorted(map(shown, record.keys() ^ _TOMBSTONE)))
            self._findings.error(line, f"a forgotten record with other members than a tombstone has: {words}", run)
        if in_order and record.get("prev") != run.head:
            self._findings.error(
                line, f"the record before it was changed or exchanged: prev is not its hash (line {run.line})", run
            )
        run.head = digest
        _stands_at(line, run)
        run.forgotten.tombstone(digest, (line.path, line.number))
        run.totals["forgotten"] = run.totals.get("forgotten", 0) + 1
        if run.roots is not None:
            run.roots.decided(digest, ())
        self._heads.look(digest, run)

    def _body(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> None:
        decision = record.get("decision")
        number = decision.rpartition("-")[2] if isinstance(decision, str) else ""
        seq = int(number) if number.isascii() and number.isdigit() and len(number) < 20 else 0
        if not 0 < seq <= run.seq or decision != decision_id(run.name, seq):
            if run.partial and decision == decision_id(run.name, seq):
                return  # of a decision in a part that was not given
            words = f"a body of decision {shown(decision)}, which is not in run {shown(run.name)} before it"
            self._findings.error(line, words, run)
            return
        for problem in run.bodies.problems(seq, record):
            self._findings.error(line, f"{problem} ({shown(decision)})", run)

    def _end(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> None:
        run.ended = True
        run.stated = record.get("trees")
        totals = record.get("totals")
        if not run.partial and not _fits(totals, run.totals):
            self._findings.error(
                line,
                f"run {shown(run.name)} ended with totals {shown(totals)}, but its records come to {run.totals}",
                run,
            )
        run.recompute()
        run.bodies, run.commons = Bodies(), {}  # nothing asks for them any more
        if "trees" in record:
            self._trees(line, record["trees"], run)

    def _trees(self, line: LogLine, stated: Any, run: VerifiedRun) -> None:
        """Trees of another shape are an error too where their roots cannot be, or are not to be, recomputed."""
        problems = list(shape_problems(stated))
        for problem in problems:
            self._findings.error(line, problem, run)
        if problems or run.recomputed is None:
            return
        forgotten = run.forgotten.count + run.apart > 0
        for words, wrong, explained in root_problems(stated, run.recomputed, forgotten=forgotten):
            if wrong:
                self._findings.error(line, words, run)
            else:
                self._findings.remark(line, words, explained=explained)

    def _deletion(self, line: LogLine, record: Mapping[str, Any], run: VerifiedRun) -> None:
        run.deletions += 1
        for problem in run.forgotten.deleted(record):
            self._findings.error(line, problem, run)


def _stands_at(line: LogLine, run: VerifiedRun) -> None:
    run.path, run.line = line.path, line.number
    run.records += 1


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
