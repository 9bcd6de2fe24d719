"""What one run writes down of its cases: evidence first, then the record, then whoever else is told; and its totals."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from tdm_guard.decision import Decision
from tdm_guard.judging.case import Case
from tdm_guard.log.evidence import EvidenceStore, pieces_of
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.outlet import Outlet
from tdm_guard.log.record import RunInfo
from tdm_guard.log.run_info import run_info
from tdm_guard.log.sink import Body, End
from tdm_guard.model import Kind, Stance, Verdict
from tdm_guard.options import Options
from tdm_guard.options.cautions import cautions
from tdm_guard.options.keeping import keeping_of
from tdm_guard.options.tokens import Tokens
from tdm_guard.plain import told

logger = logging.getLogger("tdm_guard")
_COUNTED = {verdict: f"verdict/{verdict}" for verdict in Verdict}


class Book:
    """
    The compliance log of one run, with its evidence folder, its sinks and its `totals`.

    Raises `LogError` when the log or the evidence folder cannot be written. What lets reserved content through is
    warned of when it begins; `named` spells the options in these words. `info` is what the run was told, where that is
    more than its options; `totals` are counted on.
    """

    def __init__(
        self,
        options: Options,
        tokens: Tokens,
        *,
        now: datetime,
        named: Callable[[str], str] = str,
        info: RunInfo | None = None,
        totals: Counter[str] | None = None,
    ) -> None:
        self.totals = Counter() if totals is None else totals
        self._cautious = options.listener.cautious
        self.ended = False
        for caution in cautions(options, named):
            logger.warning("%s", caution)
        self.evidence: EvidenceStore | None = None
        if options.evidence is not None:
            self.evidence = EvidenceStore(options.evidence, synced=options.durability == "fsync")
        self._sinks = Outlet(options.sinks, self.totals) if options.sinks else None
        keeping = keeping_of(options, tokens)
        self._redaction = keeping.redaction
        self.log = JsonlLog(options.log, run=info or run_info(options), now=now, keeping=keeping)
        if self.evidence is not None:
            self.evidence.used_by(self.log.run_id, self.log.path)

    def write(self, case: Case | None, decided: Decision) -> Decision:
        """
        Writes the record of what a case came to; whoever calls it hands on or withholds only afterwards.

        `case` is None for what plainly says nothing, of which there is no evidence.

        Raises `LogError` if the record, or what it rests on, cannot be written.
        """
        if self.evidence is not None and case is not None:
            self.evidence.keep(pieces_of(case, decided))
        decision = self._redaction.untold(self.log.decision(decided))
        self._count(decision)
        if case is not None and case.unusable:
            self._tell_unusable(case)
        if self._sinks is not None:
            self._sinks.decision(self._redaction.decided(decision))
        return decision

    def _count(self, decision: Decision) -> None:
        outcome, totals = decision.outcome, self.totals
        totals["admitted" if outcome.admits else "withheld"] += 1
        totals[_COUNTED[outcome.verdict]] += 1
        if decision.exchange.repertoire is not None:
            totals[f"repertoire/{decision.exchange.repertoire}"] += 1
        if outcome.because:
            excluded = [statement for statement in outcome.because if statement.kind is Kind.EXCLUSION]
            if excluded:
                totals["excluded"] += 1
            for signal in {statement.signal for statement in outcome.because if statement not in excluded}:
                totals[f"signal/{signal}"] += 1
            if any(s.kind is Kind.ACCESS and s.stance is Stance.UNSTATED for s in outcome.because):
                totals["edge_refused"] += 1  # by the site's edge; robots.txt allows it

    def body(self, decision: Decision, *, now: datetime, size: int, content_sha256: str | None, complete: bool) -> None:
        """Writes what became of a body that was streamed on. Raises `LogError` if that fails."""
        self.log.body(decision, now=now, size=size, content_sha256=content_sha256, complete=complete)
        if self._sinks is not None:
            self._sinks.body(Body.of(decision, now, size=size, content_sha256=content_sha256, complete=complete))

    def failed(self) -> None:
        """Counts a download that failed, of which there is no record."""
        self.totals["failed"] += 1
        if self._sinks is not None:
            self._sinks.failed(self.log.run_id)

    def _tell_unusable(self, case: Case) -> None:
        """Counts what the caller handed in and nothing can be matched by; of each key the first is told."""
        self.totals["item/unusable"] += 1
        for key, fault in {doubt.key: doubt.fault for doubt in reversed(case.unusable)}.items():
            self.totals[f"item/unusable/{key}"] += 1
            if self.totals[f"item/unusable/{key}"] == 1:
                value = f" ({fault.excerpt})" if fault.excerpt else ""
                then = "such items wait for a person" if self._cautious else "it matches nothing"
                logger.warning("%s", told(f"The item given for {case.url}: {fault.message}{value}; {then}"))

    def end(self, now: datetime) -> None:
        """Writes the end record and closes all; a second call does nothing."""
        if not self.ended:
            self.ended = True
            try:
                self.log.end(now, failed=self.totals["failed"])
            finally:
                self._close(now)

    def cut(self, now: datetime) -> None:
        """Closes all without an end record: the log reads as that of a run that was cut short."""
        if not self.ended:
            self.ended = True
            self._close(now)

    def _close(self, now: datetime) -> None:
        self.log.close()
        if self._sinks is not None:
            self._sinks.end(End(self.log.run_id, now, self.totals))
