"""
TDMRep's site-wide file, /.well-known/tdmrep.json (sec-tdm-file): rules over the paths of its origin.

The report calls the most specific rule the first in sequence, while the robots.txt rules it borrows from take the
longest. Literal: the first that matches. Cautious: both are looked up, and the one with 1 wins (C1).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from tdm_guard.formats.site.path_pattern import TooMuchWork, check_work
from tdm_guard.formats.site.tdmrep_json import (
    MAX_BYTES,
    MAX_RULES,
    RulesFile,
    is_page,
    mentions_reservation,
    parse,
    parse_broken,
)
from tdm_guard.model import NOTHING, Fault, Fetched, Kind, Posture, Reading, Result, Source, Stance, Statement
from tdm_guard.plain import bounded
from tdm_guard.signals.shape import GONE, Document, DocumentReading, Listener, Site, WideSite
from tdm_guard.signals.shared.refusing_words import DOUBT
from tdm_guard.signals.shared.site_file import NOT_GIVEN
from tdm_guard.signals.shared.too_much import too_much
from tdm_guard.signals.tdmrep.tdmrep_rules import NAME, Compiler, TdmRule, join
from tdm_guard.usage import TDM, Usage

RANK = 1  # sec-processing-priority: the file is read first, so that every later carrier supersedes it
EXTRA_RULES = MAX_RULES  # that repairs may add to what is written (C5)


@dataclass(frozen=True, slots=True)
class RulesSite(WideSite):
    """
    The rules of one file in force for one listener.

    `repaired`, to the letter, is the same file as caution hears it, if a repair adds a 1: nobody permits that. Which of
    two rules counts (C1) is the business of the letter.
    """

    source: Source
    rules: tuple[TdmRule, ...]
    cautious: bool
    refusals: tuple[TdmRule, ...] = ()
    unheard: frozenset[Usage] = frozenset()
    wildcards: int = 0  # rules that are looked for anywhere in a path
    repaired: Site | None = None
    doubts: tuple[Statement, ...] = ()  # what the file may refuse for any path

    @property
    def everywhere(self) -> tuple[Usage, ...]:
        """If the first rule reserves `/`, nothing of the file or of later carriers releases a path (C1, C10)."""
        first = self.rules[0] if self.rules else None
        return TDM if self.cautious and first and first.reserved and first.pattern in ("", "/") else ()

    def says(self, target: str) -> Reading:
        """What the rules say of a path with its query, in the spelling of `formats.site.path_pattern.target`."""
        if self.wildcards:
            try:
                check_work(self.wildcards, target)
            except TooMuchWork as bound:
                return too_much(self.source, NAME, TDM, bound, rank=RANK)
        first = longest = None
        for rule in self.rules:
            if not rule.matches(target):
                continue
            if first is None or longest is None:
                first = longest = rule
                if not self.cautious:
                    break
            elif _weight(rule) > _weight(longest):
                longest = rule
        unheard = self.unheard
        doubts = self.doubts
        if self.repaired and not (first and first.reserved):
            against = [each for each in self.repaired.says(target).statements if each.stance is not Stance.PERMITTED]
            unheard = unheard.union(*(each.usages for each in against))
            doubts += tuple(
                replace(each, stance=Stance.UNSTATED, repair=None, doubt=DOUBT)
                for each in against
                if each.doubt or (each.repair and each.repair != "C1")
            )
        said = NOTHING if first is None or longest is None else _say(self.source, first, longest, unheard)
        if doubts:
            return Reading((*said.statements, *doubts), said.faults)
        if self.refusals and (refusal := self._refused(target, first if first is longest else None)):
            return Reading((*said.statements, *refusal), said.faults)
        return said

    def _refused(self, target: str, settled: TdmRule | None) -> tuple[Statement, ...]:
        """
        What rules refuse in words of no standard, the first of each set of usages.

        A rule that is `settled` by every reading ends those that are shorter and stand behind it.
        """
        found = {
            (rule.usages, rule.doubtful): rule
            for rule in reversed(self.refusals)
            if rule.matches(target) and not (settled and settled.octets > rule.octets and settled.number < rule.number)
        }
        return tuple(_statement(self.source, rule, rule.usages, rule.repair) for rule in found.values())


def _weight(rule: TdmRule) -> tuple[int, bool]:
    return rule.octets, rule.reserved  # of equally long ones the one with 1


def _say(source: Source, first: TdmRule, longest: TdmRule, unheard: frozenset[Usage]) -> Reading:
    decisive, repair = first, first.repair
    if longest.reserved and not first.reserved:
        decisive, repair = longest, join("C1", longest.repair)
    faults: tuple[Fault, ...] = ()
    if longest is not first and (longest.reserved, longest.policy) != (first.reserved, first.policy):
        message = f"rule {first.number} comes first and rule {longest.number} is longer, and they do not agree"
        other = longest if decisive is first else first
        faults = (Fault.at(source, message, signal=NAME, locator=f"rule {other.number}", excerpt=other.excerpt),)
    refused = {*first.refuses, *longest.refuses, *unheard} if not decisive.reserved else ()
    left = tuple(usage for usage in TDM if usage not in refused) if refused else TDM
    statements = (_statement(source, decisive, left, repair),) if left else ()
    return Reading(statements, faults) if statements or faults else NOTHING


def _statement(source: Source, rule: TdmRule, usages: tuple[Usage, ...], repair: str | None) -> Statement:
    stance = Stance.RESERVED if rule.reserved else Stance.PERMITTED
    return Statement.at(
        source,
        kind=Kind.RESERVATION if rule.reserved else Kind.PERMISSION,
        signal=NAME,
        usages=usages,
        stance=Stance.UNSTATED if rule.doubtful else stance,
        doubt=DOUBT if rule.doubtful else None,
        locator=f"rule {rule.number}",
        excerpt=rule.excerpt,
        policy_url=rule.policy,
        repair=None if rule.doubtful else repair,
        rank=RANK,
    )


def read_document(fetched: Fetched, source: Source, listener: Listener) -> DocumentReading:
    """What became of the file and what it says; `source.url` is the address that was asked."""
    status = fetched.status
    if fetched.error or status is None or not 200 <= status < 500 or 300 <= status < 400 or status in NOT_GIVEN:
        return _unavailable(source, listener, fetched.error or f"status {status}")
    if status >= 400 or not fetched.body.strip():
        return DocumentReading(result=Result.ABSENT)
    if not fetched.complete and not is_page(fetched.body):
        return _unavailable(source, listener, f"longer than {MAX_BYTES} bytes")
    return _read_body(fetched, source, listener)


def _unavailable(source: Source, listener: Listener, reason: str) -> DocumentReading:
    """Nothing usable came. Literal: the same as no file. Cautious: nothing is stored until it can be read (C8)."""
    fault = Fault.at(source, f"the file could not be had: {reason}", signal=NAME)
    hold = (_unread(source, reason, "C8"),) if listener.cautious else ()
    return DocumentReading(result=Result.UNREACHABLE, faults=(fault,), hold=hold)


def _unread(source: Source, reason: str | None, repair: str | None) -> Statement:
    return Statement.at(
        source,
        signal=NAME,
        usages=TDM,
        stance=Stance.UNDETERMINED,
        excerpt=reason,
        repair=repair,
        rank=RANK,
    )


def _read_body(fetched: Fetched, source: Source, listener: Listener) -> DocumentReading:
    file = parse(fetched.body)
    if file.overflow:
        return DocumentReading(
            result=Result.UNREADABLE,
            faults=_problem(source, file),
            hold=(_unread(source, file.problem, None),),
        )
    if file.is_json:
        compiler = Compiler(source, fetched.url or source.url, cautious=listener.cautious)
        rules = compiler.compile(file.entries)
        refusals = tuple(compiler.refusals) if listener.cautious else ()
        if len(rules) + len(refusals) > MAX_RULES + EXTRA_RULES:
            return DocumentReading(
                result=Result.UNREADABLE,
                faults=compiler.faults,
                hold=(_unread(source, f"lists of more than {MAX_RULES} locations", None),),
            )
        # What would be heard of broken JSON is heard of valid JSON too, at whatever depth and under whatever name.
        hidden = None if compiler.reserves else mentions_reservation(fetched.body)
        if hidden and not listener.cautious:
            compiler.repairable = True
        elif hidden:
            refusals += (
                TdmRule("/", "/", reserved=True, number=1, repair="C4", words=bounded(hidden.group().strip())),
            )
        result = Result.UNREADABLE if file.problem and not rules and not refusals else Result.READ
        site = _site(source, rules, listener, refusals, compiler.unheard)
        if compiler.repairable:
            repaired = _read_body(fetched, source, replace(listener, posture=Posture.CAUTIOUS)).site
            doubts = (_doubt(source, tuple(compiler.vague), compiler.faults[0].excerpt),) if compiler.vague else ()
            if site or repaired or doubts:
                site = replace(site or RulesSite(source, (), listener.cautious), repaired=repaired, doubts=doubts)
        return DocumentReading(
            result=result,
            site=site,
            faults=_problem(source, file) + compiler.faults,
            hold=tuple(_unread(source, words, "C11") for words in compiler.doubts[:1]),
        )
    if found := mentions_reservation(fetched.body):
        return _mentioned(bounded(found.group().strip()), source, listener, _problem(source, file))
    if is_page(fetched.body):
        return DocumentReading(result=Result.ABSENT)
    return _broken(fetched, source, listener, _problem(source, file))


def _broken(fetched: Fetched, source: Source, listener: Listener, faults: tuple[Fault, ...]) -> DocumentReading:
    """What reserves in JSON with slips (C4); nothing in it permits."""
    unheard = DocumentReading(result=Result.UNREADABLE, faults=faults)
    file = parse_broken(fetched.body)
    if not file.is_json or file.overflow:
        return unheard
    compiler = Compiler(source, fetched.url or source.url, cautious=True)
    rules = (*(rule for rule in compiler.compile(file.entries) if rule.reserved), *compiler.refusals)
    if not (rules or compiler.doubts) or len(rules) > MAX_RULES + EXTRA_RULES:
        return unheard
    faults += compiler.faults
    if compiler.doubts and listener.cautious:
        return DocumentReading(
            result=Result.UNREADABLE, faults=faults, hold=(_unread(source, compiler.doubts[0], "C4,C11"),)
        )
    if listener.cautious:
        rules = tuple(rule._replace(repair=join("C4", rule.repair), words=rule.excerpt) for rule in rules)
        return DocumentReading(result=Result.READ, site=_site(source, (), listener, rules), faults=faults)
    refused = {usage for rule in rules for usage in rule.usages} or {*TDM}
    words = rules[0].excerpt if rules else compiler.doubts[0]
    doubts = (_doubt(source, tuple(usage for usage in TDM if usage in refused), words),)
    site = RulesSite(source, (), cautious=False, doubts=doubts)
    return DocumentReading(result=Result.UNREADABLE, site=site, faults=faults)


def _mentioned(words: str | None, source: Source, listener: Listener, faults: tuple[Fault, ...]) -> DocumentReading:
    """A reservation in a file that is no JSON (C4)."""
    if listener.cautious:
        rule = TdmRule("/", "/", reserved=True, number=1, repair="C4", words=words)
        return DocumentReading(result=Result.READ, site=_site(source, (rule,), listener), faults=faults)
    site = RulesSite(source, (), cautious=False, doubts=(_doubt(source, TDM, words),))
    return DocumentReading(result=Result.UNREADABLE, site=site, faults=faults)


def _doubt(source: Source, usages: tuple[Usage, ...], words: str | None) -> Statement:
    """What nobody permits, to the letter, since the file may refuse it."""
    return Statement.at(
        source, signal=NAME, usages=usages, stance=Stance.UNSTATED, excerpt=words, doubt=DOUBT, rank=RANK
    )


def _problem(source: Source, file: RulesFile) -> tuple[Fault, ...]:
    return (Fault.at(source, file.problem, signal=NAME, locator=file.place),) if file.problem else ()


def _site(
    source: Source,
    rules: tuple[TdmRule, ...],
    listener: Listener,
    refusals: tuple[TdmRule, ...] = (),
    unheard: Collection[Usage] = (),
) -> RulesSite | None:
    if not rules and not refusals:
        return None
    patterns = [rule.pattern for rule in (*rules, *refusals)]
    wildcards = sum(1 for pattern in patterns if not isinstance(pattern, str) and len(pattern.parts) > 1)
    return RulesSite(source, rules, listener.cautious, refusals, frozenset(unheard), wildcards)


DOCUMENT = Document(
    path="/.well-known/tdmrep.json",
    max_bytes=MAX_BYTES,
    read=read_document,
    signal=NAME,
    usages=TDM,
    own_hold=True,  # to the letter nothing stands for it (C8)
    gone=GONE,
)
