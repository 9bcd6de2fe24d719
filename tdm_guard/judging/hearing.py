"""
What was heard of one URL so far, and what it comes to.

Statements are only added. Of a body that is still to come, a standard's nearer carrier may supersede: what is firm is
told apart from what is not yet.
"""

from __future__ import annotations

from datetime import datetime

from tdm_guard.decision import Checked, Outcome, Stage
from tdm_guard.judging.bench import Bench
from tdm_guard.judging.decide import decide
from tdm_guard.judging.declared import policy_behind, with_terms
from tdm_guard.judging.lift import Occasion
from tdm_guard.judging.response import Announced
from tdm_guard.model import NOTHING, Declared, Fault, Posture, Reading, Stance, Statement

MAX_FAULTS = 50  # per case; a hostile document could otherwise fill the log
_POLICY = Stage.POLICY  # on Python 3.11 looking a member up on its class is slow


class Hearing:
    """What was heard of `url` at `now`, under the options that `bench` stands for."""

    # What most cases never change stands here once, so that opening one costs little.
    bench: Bench
    url: str
    now: datetime
    stage = _POLICY
    _about: Announced | None = None
    _body_heard = False
    _checked: tuple[Checked, ...] = ()
    _declared: tuple[Declared, ...] = ()
    _faults: tuple[Fault, ...] = ()
    _outcome: Outcome | None = None
    _statements: tuple[Statement, ...] = ()
    _terms: tuple[Statement, ...] = ()

    def _add(self, reading: Reading) -> None:
        if reading is NOTHING:
            return
        self._outcome = None
        self._statements += reading.statements
        self._faults = (self._faults + reading.faults)[:MAX_FAULTS]
        if reading.declared:
            known = {item.url for item in self._declared}
            self._declared += tuple({item.url: item for item in reading.declared if item.url not in known}.values())

    def wants_body(self, prefix: bytes = b"", *, ended: bool = False) -> bool:
        """
        True if the body must be heard whole before it can be decided, as far as `prefix` tells.

        `ended` says that `prefix` is all there is.
        """
        about = self._about
        return about is not None and not self._body_heard and about.wanted(self.bench, prefix, ended=ended)

    @property
    def refused(self) -> bool:
        """
        True if what was heard so far ends the journey: nothing that may still come could admit the content.

        Under the literal posture a standard whose nearer carriers supersede speaks only when the last was read.
        """
        if not self._statements or not self.bench.terms.enforced:
            return False
        firm = self._firm()
        rights = self.bench.terms.rights
        if rights is not None:
            known = {item.document for item in self._checked}
            firm = tuple(
                s
                for s in firm
                if not (rights.awaits_policy(s, self.bench.policy_speakers) and self._is_to_come(s, known))
            )
        return self._decide(firm).verdict.withholds

    def _is_to_come(self, statement: Statement, known: set[str]) -> bool:
        """True if the policy behind a statement will still be read; `known` are the documents that were looked for."""
        policy = policy_behind(statement, self.bench.policy_speakers)
        return policy is not None and policy.url not in known

    def _decide(self, statements: tuple[Statement, ...]) -> Outcome:
        return decide(statements, self.bench.terms, Occasion(self.now, self.url))

    def _firm(self) -> tuple[Statement, ...]:
        statements = self._settled()
        if self.stage is not _POLICY and not self.wants_body():
            return statements
        open_ended = {signal.name for signal in self.bench.settling_signals}
        if self.bench.listener.posture is Posture.LITERAL:
            return tuple(s for s in statements if s.signal not in open_ended)
        asking = {signal.name for signal in self.bench.settling_signals if signal.read_challenge}
        # A field that could not be followed may yet be answered by the body itself (C2PA), and the body of a refusal
        # may say what is asked.
        return tuple(
            s
            for s in statements
            if s.carrier != "header"
            or s.signal not in open_ended
            or (s.stance is not Stance.UNDETERMINED and s.signal not in asking)
        )

    def _settled(self) -> tuple[Statement, ...]:
        """The statements with each standard's own precedence applied."""
        statements = self._statements
        speak = {s.signal for s in statements}
        for signal in self.bench.settling_signals:
            if signal.name in speak and signal.settle is not None:
                own = tuple(s for s in statements if s.signal == signal.name)
                others = tuple(s for s in statements if s.signal != signal.name)
                statements = others + signal.settle(own, self.bench.listener.posture)
        terms = {statement.policy_url: statement for statement in self._terms}
        return tuple(with_terms(s, terms) for s in statements) if terms else statements

    def _decided(self) -> Outcome:
        if self._outcome is None:
            self._outcome = self._decide(self._settled())
        return self._outcome
