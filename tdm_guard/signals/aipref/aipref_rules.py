"""
Which of several Content-Usage rules speak for a path, and what they come to (attach-05, 3.1).

strategy: the rules under the longest matching path supply the statement, combined most restrictively (vocab-08, 5.1).
What they pass over is collected with the repair under which the cautious posture hears it, and is only refusals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from tdm_guard.model import NOTHING, Fault, Kind, Reading, Source, Stance, Statement
from tdm_guard.signals.aipref.aipref_words import NUMBER, UNPARSED, Preferences, left_by
from tdm_guard.signals.shared import refusing_words as unknown
from tdm_guard.signals.shared.repairs import join
from tdm_guard.usage import Usage

NAME = "aipref"
EMPTY = "aipref-empty"
NO_GROUP = "aipref-no-group"
GROUPING = "aipref-grouping"
SHORTER = "shorter-path-refusal"
MAX_FAULTS = 8  # for one path; more prove nothing more

_PASSED_OVER = {
    EMPTY: "a refusal is passed over: a longer path stands there without a statement",
    NO_GROUP: "a refusal is passed over: it stands before any group",
    GROUPING: "a refusal is passed over: a Content-Usage line ended its group",
    SHORTER: "a refusal is passed over: a longer path supplies the statement",
}


class UsageRule(NamedTuple):
    """One line; `beyond` is the repair under which one is heard that is not a rule of our agent's group."""

    locator: str
    words: str
    said: Preferences
    beyond: str | None = None


class Word(NamedTuple):
    """What one rule says of some usages."""

    rule: UsageRule
    stance: Stance
    usages: tuple[Usage, ...]
    repair: str | None = None


Matching = tuple[tuple[int, UsageRule], ...]  # rules with the length of their path


def weigh(matching: Matching, source: Source, *, cautious: bool) -> Reading:
    """What the rules whose paths match come to; their faults besides, and to the letter what was passed over."""
    own = tuple([item for item in matching if item[1].beyond is None])
    longest = max([length for length, _ in own], default=0)
    speaking = _longest(own)
    first = [rule for length, rule in own if length == speaking and not rule.said.empty]
    yes = frozenset([label for rule in first for label in rule.said.yes])
    heard: list[Word] = []
    passed: list[Word] = []
    if speaking < longest:  # the letter hears the empty statement
        passed += _refused(first, EMPTY)
    else:
        heard += _refused(first)
        heard += [Word(rule, Stance.PERMITTED, rule.said.permits) for rule in first if rule.said.yes]
    if len(own) > len(first):
        passed += _shorter(own, speaking, yes, SHORTER)
    if len(matching) > len(own):
        for code in (GROUPING, NO_GROUP, UNPARSED):
            passed += _beyond(tuple([item for item in matching if item[1].beyond == code]), code, speaking, yes)
    said = [*heard, *passed] if cautious else heard
    kept: list[Word] = []
    doubted: list[Word] = []
    for word in said:
        (doubted if word.repair and (not cautious or NUMBER in word.repair) else kept).append(word)
    if not cautious:
        doubted += [word for word in passed if word.repair and word.repair not in _PASSED_OVER]
    statements = (*_statements(kept, source), *_doubts(doubted, source))
    faults = tuple(islice(_faults(matching, () if cautious else passed, source), MAX_FAULTS))
    return Reading(statements, faults) if statements or faults else NOTHING


def _doubts(doubted: Iterable[Word], source: Source) -> Iterator[Statement]:
    """Refusals in words that this standard lacks, where they are not heard as such: no permission outweighs them."""
    known: set[tuple[Usage, ...]] = set()
    for rule, _, usages, repair in doubted:
        if usages in known:
            continue
        known.add(usages)
        yield unknown.statement(
            source,
            usages,
            signal=NAME,
            cautious=False,
            locator=rule.locator,
            excerpt=rule.words,
            repair=repair or UNPARSED,
        )


def _longest(rules: Matching) -> int:
    """The length of the longest path with a statement."""
    return max([length for length, rule in rules if not rule.said.empty], default=0)


def _refused(rules: Iterable[UsageRule], code: str | None = None) -> Iterator[Word]:
    for rule in rules:
        for refusal in rule.said.refusals:
            yield Word(rule, Stance.RESERVED, refusal.usages, join(code, refusal.repair))


def _shorter(rules: Matching, speaking: int, yes: frozenset[str], code: str) -> Iterator[Word]:
    """Refusals under shorter paths: they stand unless the longest rule itself says `y` for the label."""
    for length, rule in rules:
        if length < speaking:
            for refusal in rule.said.refusals:
                usages = left_by(refusal, yes)
                if usages:
                    yield Word(rule, Stance.RESERVED, usages, join(code, refusal.repair))


def _beyond(rules: Matching, code: str, speaking: int, yes: frozenset[str]) -> Iterator[Word]:
    """Refusals of rules that are not our group's: the longest of them, and over shorter paths than ours our `y`."""
    top = _longest(rules)
    yes_of_theirs = frozenset(label for length, rule in rules if length == top for label in rule.said.yes)
    for length, rule in rules:
        for refusal in rule.said.refusals:
            usages = left_by(refusal, yes_of_theirs) if length < top else refusal.usages
            if length < speaking:
                usages = left_by(refusal._replace(usages=usages), yes)
            if usages:
                yield Word(rule, Stance.RESERVED, usages, join(code, refusal.repair))


def _statements(words: list[Word], source: Source) -> tuple[Statement, ...]:
    """One statement for each rule, stance and repair; of what is said twice the word that needs no repair."""
    said: set[Usage] = set()
    grouped: dict[tuple[str, Stance, str | None], tuple[UsageRule, list[Usage]]] = {}
    for rule, stance, usages, repair in sorted(words, key=_strength):
        new = [usage for usage in usages if usage not in said]
        if new:
            said.update(new)
            grouped.setdefault((rule.locator, stance, repair), (rule, []))[1].extend(new)
    return tuple(
        Statement.at(
            source,
            kind=Kind.PERMISSION if stance is Stance.PERMITTED else Kind.RESERVATION,
            signal=NAME,
            usages=tuple(usages),
            stance=stance,
            locator=rule.locator,
            excerpt=rule.words,
            repair=repair,
        )
        for (_, stance, repair), (rule, usages) in grouped.items()
    )


def _strength(word: Word) -> tuple[bool, int]:
    return word.stance is Stance.PERMITTED, len(word.repair.split(",")) if word.repair else 0


def _faults(matching: Matching, passed: Iterable[Word], source: Source) -> Iterator[Fault]:
    for word in passed:
        code, _, _ = (word.repair or "").partition(",")
        if code in _PASSED_OVER:
            yield _fault(source, word.rule, _PASSED_OVER[code])
    for _, rule in matching:
        for problem in rule.said.problems:
            yield _fault(source, rule, problem)


def _fault(source: Source, rule: UsageRule, message: str) -> Fault:
    return Fault.at(source, message, signal=NAME, locator=rule.locator, excerpt=rule.words)
