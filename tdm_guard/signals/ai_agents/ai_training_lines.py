"""
DisallowAITraining and AllowAITraining lines of robots.txt (draft-canel-robots-ai-control-00, 2024-10, expired).

strategy: path rules of the group that speaks to our agent. The longest path decides, on equal length the refusal; it
reserves both trainings. The Allow form grants nothing, it only marks where a shorter refusal ends. They are addressed
to AI agents as such, so they are heard under that signal; unlike words addressed to others they are for us, which
their rank says. A refusal before any group counts in the cautious posture; to the letter it is a doubt, beside which
nothing is permitted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.site.path_pattern import TooMuchWork
from tdm_guard.formats.site.path_records import PathTable
from tdm_guard.model import NOTHING, Fault, Reading, Source, Stance, Statement
from tdm_guard.plain import bounded
from tdm_guard.signals.shape import Listener, Site
from tdm_guard.signals.shared.refusing_words import DOUBT
from tdm_guard.signals.shared.too_much import too_much
from tdm_guard.usage import TRAINING

if TYPE_CHECKING:
    from tdm_guard.formats.site.robots_txt import RobotsTxt

REFUSES = "disallowaitraining"
ENDS = "allowaitraining"
REPAIR = "ai-agents"
FOR_US = 8  # the rank of these statements
_IN_BOTH = "aitraining"


class _Rule(NamedTuple):
    line: int
    words: str
    refuses: bool
    outside: bool


class _TrainingLines:
    """The rules by path."""

    __slots__ = ("_cautious", "_rules", "_signal", "_source")

    def __init__(self, rules: PathTable[_Rule], source: Source, signal: str, *, cautious: bool) -> None:
        self._rules = rules
        self._source = source
        self._signal = signal
        self._cautious = cautious

    def says(self, target: str) -> Reading:
        try:
            matching = self._rules.matching(target)
        except TooMuchWork as bound:
            return too_much(self._source, self._signal, TRAINING, bound, rank=FOR_US)
        if not matching:
            return NOTHING
        if not self._cautious:
            ours = tuple(item for item in matching if not item[1].outside)
            reading = self._reading(ours) if ours else NOTHING
            if reading is not NOTHING or len(ours) == len(matching):
                return reading
        return self._reading(matching)

    def _reading(self, matching: tuple[tuple[int, _Rule], ...]) -> Reading:
        _, rule = max(matching, key=lambda item: (item[0], item[1].refuses, not item[1].outside))
        if not rule.refuses:
            return NOTHING
        locator = f"line {rule.line}"
        if rule.outside and not self._cautious:
            message = "a refusal of AI training that stands before any group"
            fault = Fault.at(self._source, message, signal=self._signal, locator=locator, excerpt=rule.words)
            return Reading((self._statement(rule, Stance.UNSTATED, doubt=DOUBT),), (fault,))
        return Reading((self._statement(rule, Stance.RESERVED, repair=REPAIR if rule.outside else None),))

    def _statement(
        self, rule: _Rule, stance: Stance, *, repair: str | None = None, doubt: str | None = None
    ) -> Statement:
        return Statement.at(
            self._source,
            signal=self._signal,
            usages=TRAINING,
            stance=stance,
            locator=f"line {rule.line}",
            excerpt=rule.words,
            repair=repair,
            doubt=doubt,
            rank=FOR_US,
        )


def read_lines(robots: RobotsTxt, source: Source, listener: Listener, *, signal: str) -> Site | None:
    """The lines that speak to our agent, as statements of `signal`; None if there are none."""
    if not robots.mentions(_IN_BOTH):
        return None
    group = robots.group_for(listener.agent)
    rules = [
        (record.value, _Rule(record.line, bounded(record.words) or "", record.name == REFUSES, outside))
        for records, outside in ((group.others if group else (), False), (robots.outside, True))
        for record in records
        if record.value and (record.name == REFUSES or (record.name == ENDS and not outside))
    ]
    if not any(rule.refuses for _, rule in rules):
        return None
    return _TrainingLines(PathTable(rules, utf8=robots.utf8), source, signal, cautious=listener.cautious)
