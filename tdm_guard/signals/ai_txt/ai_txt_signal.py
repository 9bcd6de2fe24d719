"""
ai.txt (Spawning, 2023): whether hosted text and media may train AI models, by path and by file type.

strategy: the group that speaks to our agent counts, read as in robots.txt. The file name is shared by prose, by site
guides and by another proposal: to the letter only robots-shaped rules speak. Cautious: refusals before any group count
for everyone (code `ai-txt-no-group`), and so do those of the other proposal (code `ai-txt-training-deny`); what that
one permits narrows its own refusals and grants nothing. A line of no standard that begins like a refusal reserves (code
`ai-txt-unknown-refusal`); to the letter it is a fault and a doubt, beside which nothing is permitted.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from tdm_guard.formats.site import robots_txt
from tdm_guard.formats.site.path_pattern import TooMuchWork
from tdm_guard.formats.site.robots_txt import Record, RobotsTxt
from tdm_guard.model import NOTHING, Fault, Fetched, Kind, Reading, Result, Source, Stance, Statement
from tdm_guard.signals.ai_txt import ai_declaration
from tdm_guard.signals.ai_txt.ai_txt_file import MAX_BYTES, AiTxtRule, RuleTable, is_rule_value
from tdm_guard.signals.shape import GONE, Document, DocumentReading, Listener, Signal, WideSite
from tdm_guard.signals.shared.refusing_lines import MESSAGE, refusing_lines
from tdm_guard.signals.shared.refusing_vocabulary import says_no
from tdm_guard.signals.shared.refusing_words import statement
from tdm_guard.signals.shared.site_file import without_file
from tdm_guard.signals.shared.too_much import too_much
from tdm_guard.signals.shared.value_meant import AROUND, meant
from tdm_guard.usage import TRAINING, Usage

NAME = "ai-txt"
TRAINING_DENY = "ai-txt-training-deny"
NO_GROUP = "ai-txt-no-group"
UNKNOWN = "ai-txt-unknown-refusal"
MAX_FAULTS = 8

_KNOWN = frozenset({"allow", "disallow", "training-deny", "training-allow", "sitemap", "host", "crawl-delay"})
_of_other_proposal = re.compile(r"(?i)training[ \t]*:[ \t]*(?:deny|conditional)[ \t]*(?:#|$)").match
_is_plain_allow = re.compile(r"(?i)allow[ \t]*:").match


class _Heard(NamedTuple):
    """Rules by their values, refusals that take a repair, and whether a Disallow is about nothing that is known."""

    rules: list[tuple[str, AiTxtRule]]
    repaired: list[tuple[str, AiTxtRule]]
    doubtful: bool


class Rules(WideSite):
    """
    What one ai.txt says of each path: its rules, and refusals that take a repair to hear.

    To the letter such a refusal reserves nothing, but where it stands nothing is permitted, by whomever; nor is it in
    this file beside a refusal of what nobody can tell (`doubtful`).
    """

    __slots__ = ("_cautious", "_doubtful", "_repaired", "_rules", "_source")

    def __init__(
        self, source: Source, rules: RuleTable, repaired: RuleTable, *, cautious: bool, doubtful: bool
    ) -> None:
        self._doubtful = doubtful
        self._source = source
        self._rules = rules
        self._repaired = repaired
        self._cautious = cautious

    @property
    def everywhere(self) -> tuple[Usage, ...]:
        """The usages reserved for every path of the origin."""
        return TRAINING if self._rules.everything or (self._cautious and self._repaired.everything) else ()

    def says(self, target: str) -> Reading:
        """What is said of a path with its query, in the spelling of `formats.site.path_pattern.target`."""
        try:
            rule = self._rules.strongest(target)
            repaired = (rule is None or not rule.reserved) and bool(self._repaired)
            other = self._repaired.strongest(target) if repaired else None
        except TooMuchWork as bound:
            return too_much(self._source, NAME, TRAINING, bound)
        if other is not None and other.reserved:
            return _say(self._source, other) if self._cautious else _doubt(self._source, other)
        if rule is None or (self._doubtful and not rule.reserved):
            return NOTHING
        return _say(self._source, rule)


@lru_cache(maxsize=256)  # one line mostly speaks of many pages
def _say(source: Source, rule: AiTxtRule) -> Reading:
    statement = Statement.at(
        source,
        kind=Kind.RESERVATION if rule.reserved else Kind.PERMISSION,
        signal=NAME,
        usages=TRAINING,
        stance=Stance.RESERVED if rule.reserved else Stance.PERMITTED,
        locator=f"line {rule.line}",
        excerpt=rule.words,
        repair=rule.repair,
    )
    return Reading((statement,))


@lru_cache(maxsize=256)
def _doubt(source: Source, rule: AiTxtRule) -> Reading:
    """What takes a repair to hear, to the letter."""
    doubt = statement(
        source,
        TRAINING,
        signal=NAME,
        cautious=False,
        locator=f"line {rule.line}",
        excerpt=rule.words,
        repair=rule.repair or UNKNOWN,
    )
    return Reading((doubt,))


def read_document(fetched: Fetched, source: Source, listener: Listener) -> DocumentReading:
    """What became of the file and what it says; of one that was cut, only what it reserves."""
    settled = without_file(fetched, source, NAME)
    if settled is not None:
        return settled
    body = fetched.body[:MAX_BYTES]
    complete = fetched.complete and len(body) == len(fetched.body)
    text = robots_txt.parse(body, complete=complete)
    faults = [] if complete else [_fault(source, f"longer than was read ({len(body)} bytes)")]
    unknown = _unknown(text, source, listener, faults)
    rules, slips, doubtful = _rules(text, source, listener, faults, permits=complete)
    repaired = _outside(text, source, faults) + _other_proposal(text, source, listener, faults) + unknown + slips
    site = None
    if rules or repaired:
        tables = RuleTable(rules, utf8=text.utf8), RuleTable(repaired, utf8=text.utf8)
        site = Rules(source, *tables, cautious=listener.cautious, doubtful=doubtful)
    result = Result.READ
    if not (rules or (repaired and listener.cautious)) and not any(group.rules for group in text.groups):
        result = Result.UNREADABLE
        if not faults:
            words = next((line for line in text.text.split("\n") if line.strip()), "")
            faults.append(_fault(source, "no rules as Spawning's ai.txt has them", words))
    return DocumentReading(result=result, site=site, faults=tuple(faults[:MAX_FAULTS]))


def _rules(text: RobotsTxt, source: Source, listener: Listener, faults: list[Fault], *, permits: bool) -> _Heard:
    """The rules of the group that speaks to us."""
    group = text.group_for(listener.agent)
    kept: list[tuple[str, AiTxtRule]] = []
    repaired: list[tuple[str, AiTxtRule]] = []
    doubtful = False
    for record in group.rules if group is not None else ():
        if not record.value:
            continue
        reserved = record.name == "disallow"
        if not is_rule_value(record.value):
            faults.append(_fault(source, "neither a path nor a file type", record.words, record.line))
            doubtful = doubtful or reserved
            if (path := _meant(record.name, record.value, source)) is not None:
                repaired.append((path, AiTxtRule(record.line, record.words, True, repair=UNKNOWN)))
        elif reserved or (permits and _is_plain_allow(record.words)):
            kept.append((record.value, AiTxtRule(record.line, record.words, reserved)))
    return _Heard(kept, repaired, doubtful)


def _meant(name: str, value: str, source: Source) -> str | None:
    """The path that a value means which is none: all, in a word for it, one in quotation marks, an address, a name."""
    text = value.strip(AROUND)
    if name == "allow":
        return "/" if says_no(text) else None
    return text if is_rule_value(text) else meant(text, source.url)


def _outside(text: RobotsTxt, source: Source, faults: list[Fault]) -> list[tuple[str, AiTxtRule]]:
    """Refusals before any group, which RFC 9309 2.2.2 gives to nobody."""
    found = [
        (value, AiTxtRule(record.line, record.words, True, repair=NO_GROUP))
        for record in text.outside
        if record.name == "disallow" and record.value and (value := _path(record, source)) is not None
    ]
    if found:
        _, rule = found[0]
        faults.append(_fault(source, "a rule before any user-agent line", rule.words, rule.line))
    return found


def _path(record: Record, source: Source) -> str | None:
    return record.value if is_rule_value(record.value) else _meant(record.name, record.value, source)


def _other_proposal(
    text: RobotsTxt, source: Source, listener: Listener, faults: list[Fault]
) -> list[tuple[str, AiTxtRule]]:
    """What the lines of the other proposal say; a `Training: deny` leaves no room for more."""
    if not text.mentions("training"):
        return []
    lines = ai_declaration.parse(text.text, listener.agent).lines
    if not lines:
        return []
    message = "a line of another proposal of that name, not of Spawning's"
    faults.append(_fault(source, message, lines[0].words, lines[0].line))
    for line in lines:
        if line.name == "training" and line.value.lower() == "deny":
            return [("/", AiTxtRule(line.line, line.words, True, repair=TRAINING_DENY))]
    return [
        (line.value, AiTxtRule(line.line, line.words, line.name == "training-deny", repair=TRAINING_DENY))
        for line in lines
        if line.name != "training" and is_rule_value(line.value)
    ]


def _unknown(text: RobotsTxt, source: Source, listener: Listener, faults: list[Fault]) -> list[tuple[str, AiTxtRule]]:
    """What lines refuse that neither of the proposals knows."""
    lines = refusing_lines(text.text, listener.agent, _KNOWN)
    found = [line for line in lines if not _of_other_proposal(line.words)]
    if found:
        faults.append(_fault(source, MESSAGE, found[0].words, found[0].line))
    return [(line.path, AiTxtRule(line.line, line.words, True, repair=UNKNOWN)) for line in found]


def _fault(source: Source, message: str, words: str | None = None, line: int | None = None) -> Fault:
    return Fault.at(source, message, signal=NAME, locator=f"line {line}" if line else None, excerpt=words)


DOCUMENT = Document(
    path="/ai.txt",
    fallback="/.well-known/ai.txt",
    max_bytes=MAX_BYTES,
    read=read_document,
    signal=NAME,
    usages=TRAINING,
    required=False,
    gone=GONE,
)

SIGNAL = Signal(
    name=NAME,
    title="ai.txt",
    spec="Spawning's generator, 2023, as mirrored in public repositories (its own pages are gone)",
    usages=TRAINING,
    document=DOCUMENT,
)
