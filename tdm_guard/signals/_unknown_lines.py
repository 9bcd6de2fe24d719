"""
Lines of robots.txt that refuse AI in words that no standard has: `AI-Training: disallowed`, `Prohibits: train-ai`.

strategy: one compiled pass finds the lines that are no record anybody knows; of those the vocabulary tells which
refuse. No standard gives such a line a group, so that it counts for everyone, wherever it stands; only where a group
names our own agent do the groups of others not speak to us. The cautious posture hears it (code
`robots-unknown-refusal`); to the letter it is a doubt, beside which nothing is permitted. CrawlerToll writes Prohibits
and Compensation lines so, beside `Standard: RSL/1.0`; a price that stands outside of the groups of others says that use
is sold, not free.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.path_records import PathTable, split_path
from tdm_guard.model import NOTHING, Fault, Reading, Source, Statement, bounded
from tdm_guard.signals._ai_training_lines import ENDS, FOR_US, REFUSES
from tdm_guard.signals._refusing_words import AI, refused, statement
from tdm_guard.signals._signal import Listener, Site

if TYPE_CHECKING:
    from tdm_guard.formats.robots_txt import RobotsTxt
    from tdm_guard.usage import Usage

REPAIR = "robots-unknown-refusal"
MAX_LINES = 64  # refusals kept of one file; more prove nothing more
MAX_FAULTS = 8

_KNOWN = (
    r"user[- \t]?agent|(?:dis)?all?ow|di(?:ss|sa|as)\w{0,8}|sitemap|crawl-?delay|host|license"
    r"|content-(?:usage|signals?)|clean-param|request-rate|visit-time|cache-delay|noindex|comment"
)
# A first look, in lower case: the lines but the commonest records. It leaps from line feed to line feed.
_find_unusual = re.compile(
    r"\n(?!disallow[:\t ]|allow[:\t ]|user-agent[:\t ]|sitemap:|crawl-delay:|[#\n])([^\n]+)"
).finditer
# A record that nobody knows: a name is a few words, a value ends at a "#".
_match_unknown = re.compile(
    rf"(?ai)[ \t]*+(?!(?:{_KNOWN})(?=[ \t:]))"
    r"([A-Za-z][\w. \t/-]{0,63}?)[ \t]*(?:[:=][ \t]*|[ \t]+)([^\n#]{0,512})"
).match
_may_refuse = re.compile(
    r"(?a)ai|train|tdm|mining|ml\b|llm|gpt|scrap|learn|generative|prohibit|compensation|chat|rag\b|ground|infer"
).search
_PRICE = "compensation"
_FREE = re.compile(r"(?i)\s*(?:free|none|no|0|\Z)").match
_IS_ADDRESS = re.compile(r"(?i)\s*https?://").match


class _Line(NamedTuple):
    line: int
    words: str
    usages: tuple[Usage, ...]


class _UnknownLines:
    """The refusals by path."""

    __slots__ = ("_cautious", "_lines", "_signal", "_source")

    def __init__(self, lines: PathTable[_Line], source: Source, signal: str, *, cautious: bool) -> None:
        self._lines = lines
        self._source = source
        self._signal = signal
        self._cautious = cautious

    def hear(self, target: str) -> Reading:
        said: set[Usage] = set()
        statements: list[Statement] = []
        faults: list[Fault] = []
        for _, line in self._lines.matching(target):
            locator = f"line {line.line}"
            if len(faults) < MAX_FAULTS:
                message = "a refusal in words that no standard has"
                faults.append(Fault.at(self._source, message, signal=self._signal, locator=locator, excerpt=line.words))
            new = tuple(usage for usage in line.usages if usage not in said)
            if new:
                said.update(new)
                statements.append(
                    statement(
                        self._source,
                        new,
                        signal=self._signal,
                        cautious=self._cautious,
                        locator=locator,
                        excerpt=line.words,
                        repair=REPAIR,
                        rank=FOR_US,
                    )
                )
        return Reading(tuple(statements), tuple(faults)) if statements else NOTHING


def read_unknown(robots: RobotsTxt, source: Source, listener: Listener, *, signal: str) -> Site | None:
    """The refusals in unknown words that speak to our agent, as statements of `signal`; None if there are none."""
    text = "\n" + robots.text
    lower = text.lower()
    unusual = [found for found in _find_unusual(lower) if _may_refuse(found[1])]
    if not unusual:
        return None
    written = text.split("\n")
    group = robots.group_for(listener.agent)
    ours = frozenset(part.line for part in group.parts) if group else frozenset[int]()
    begins = sorted(part.line for each in robots.groups for part in each.parts)
    named = robots.named(listener.agent)
    entries: list[tuple[str | None, _Line]] = []
    line = counted = 0
    for each in unusual:  # in their order, so that no line is counted twice
        line += lower.count("\n", counted, each.start(1))
        counted = each.start(1)
        found = _match_unknown(written[line])
        place = bisect_right(begins, line)
        own = not place or begins[place - 1] in ours
        if found is None or (named and not own):
            continue
        path, usages = _read(found[1].strip(), found[2], own=own)
        if usages and len(entries) < MAX_LINES:
            entries.append((path, _Line(line, bounded(written[line].strip()) or "", usages)))
    if not entries:
        return None
    return _UnknownLines(PathTable(entries, utf8=robots.utf8), source, signal, cautious=listener.cautious)


def _read(name: str, value: str, *, own: bool) -> tuple[str | None, tuple[Usage, ...]]:
    """The path that a line is about, if it has one, and the usages that it refuses there."""
    lower = name.lower()
    path, rest = split_path(value.strip())
    if lower in (REFUSES, ENDS) and (path is not None or not value.strip()):
        return None, ()  # as its draft has it
    if lower == _PRICE:
        return None, AI if own and not _FREE(value) else ()
    if _IS_ADDRESS(value):
        return None, ()
    return path, refused(name, rest or ("yes" if path else value))
