"""
Lines of robots.txt that refuse AI in words that no standard has: `AI-Training: disallowed`, `Prohibits: train-ai`.

strategy: one compiled pass finds the lines that are no record anybody knows; of those the vocabulary tells which
refuse. No standard gives such a line a group, so that it counts for everyone, wherever it stands; only where a group
names our own agent do the groups of others not speak to us. The cautious posture hears it (code
`robots-unknown-refusal`); to the letter it is a doubt, beside which nothing is permitted. So is, in both, a refusal
that does not say of what (`Opt-Out: true`). CrawlerToll writes Prohibits and Compensation lines so, beside
`Standard: RSL/1.0`; a price that stands outside of the groups of others says that use is sold, not free.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tdm_guard.formats.site.path_pattern import TooMuchWork
from tdm_guard.formats.site.path_records import PathTable, split_paths
from tdm_guard.model import NOTHING, Fault, Reading, Source, Statement
from tdm_guard.plain import bounded
from tdm_guard.signals.ai_agents.ai_training_lines import ENDS, FOR_US, REFUSES
from tdm_guard.signals.shape import Listener, Site
from tdm_guard.signals.shared.refusing_vocabulary import AI, may_refuse, named_among_rights, plain, spelled
from tdm_guard.signals.shared.refusing_words import DOUBT, refused, statement, weighed
from tdm_guard.signals.shared.too_much import too_much
from tdm_guard.usage import EVERY, TDM, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tdm_guard.formats.site.robots_txt import RobotsTxt

REPAIR = "robots-unknown-refusal"
MAX_LINES = 4000  # refusals kept of one file; the last counts for every path
MAX_FAULTS = 8

_KNOWN = (
    r"user[- \t]?agent|(?:dis)?all?ow|di(?:ss|sa|as)\w{0,8}|sitemap|crawl-?delay|host"
    r"|license(?=[ \t]*:?[ \t]*(?:https?:|/))"
    r"|content-(?:usage|signals?)|clean-param|request-rate|visit-time|cache-delay|noindex|comment"
)
# A first look, in lower case: the lines but the commonest records. It leaps from line feed to line feed. A record
# begins with a letter, but for bullets; where a line is not all ASCII, with what is spelled so.
_find_unusual = re.compile(
    r"\n(?!disallow[:\t ]|allow[:\t ]|user-agent[:\t ]|sitemap:|crawl-delay:|[#\n])"
    r"(?=[ \t*•–>-]*+[a-z]|[\x00-\x09\x0b-\x7f]*+[^\n])([^\n]+)"
).finditer
# A record that nobody knows: a name is a few words, a value ends at a "#". A line without a colon has no name.
_match_unknown = re.compile(
    rf"(?ai)[ \t*•–>-]*+(?!(?:{_KNOWN})(?=[ \t:]))"
    r"(?:([A-Za-z][\w. \t/'-]{0,63}?)[ \t]*[:=](?!//)[ \t]*([^\n#]{0,512})|([A-Za-z][^\n#:=<>{}\"]{1,160})(?=#|\Z))"
).match
_MAY_REFUSE = (
    "ai", "ａ", r"k(?<=\bk)i\b", r"i(?<=\bi)a\b", "train", "trein", "addestr", "tdm", "mining", "miner[ií]a", "fouille",
    "estrazione", "extrac", r"ml\b", "llm", "gpt", "scrap", "learn", "lern", "genera", "prohibit", "compensation",
    "entren", "apprent", "aprendi", "fine.?tun", r"a\Wi\b", "data.?(?:mine|set)", "chat", r"rag\b", "ground", "infer",
    "retriev", "dataset", "embedding", "artifi", "k[uü]nstlich", "sprachmodell", "model", "44b", r"bot\b",
    "opt.?(?:ed)?.?out", "reserv", "prohib", "den[iy]", "dis.?allow", "reject", "refus", "forb", "permi", "licen",
    "polic", "usage", "rights", "except", "block", "ban", "do[^a-z]?no?t", "interdi", "verb", "vieta", "riserv",
    "vorbehalt",
)  # fmt: skip


def _by_first(words: Iterable[str]) -> str:
    """A pattern for any of these patterns, by the letter that each begins with: most places are passed over at once."""
    rests: dict[str, list[str]] = {}
    for word in words:
        rests.setdefault(word[0], []).append(word[1:])
    return "|".join(f"{first}(?:{'|'.join(each)})" for first, each in rests.items())


_may_refuse = re.compile(_by_first(_MAY_REFUSE)).search
_is_simple = re.compile(r"[\w '-]+").fullmatch  # without clauses and addresses
MAX_SENTENCE = 8  # words of a line without a name; a longer one is prose
_PRICE = "compensation"
_FREE = re.compile(r"(?i)\s*(?:free|none|no|0|\Z)").match
_IS_ADDRESS = re.compile(r"(?i)\s*https?://").match


class _Line(NamedTuple):
    """`doubtful`: nobody can tell what it refuses, so that it reserves nothing."""

    line: int
    words: str
    usages: tuple[Usage, ...]
    doubtful: bool = False


_Weighed: TypeAlias = tuple[tuple[str, ...], tuple[Usage, ...], bool]


class _UnknownLines:
    """The refusals by path."""

    __slots__ = ("_cautious", "_lines", "_signal", "_source")

    def __init__(self, lines: PathTable[_Line], source: Source, signal: str, *, cautious: bool) -> None:
        self._lines = lines
        self._source = source
        self._signal = signal
        self._cautious = cautious

    def says(self, target: str) -> Reading:
        said: dict[bool, set[Usage]] = {False: set(), True: set()}
        statements: list[Statement] = []
        faults: list[Fault] = []
        try:
            matching = self._lines.matching(target)
        except TooMuchWork as bound:
            return too_much(self._source, self._signal, EVERY, bound, rank=FOR_US)
        for _, line in matching:
            locator = f"line {line.line}"
            if len(faults) < MAX_FAULTS:
                faults.append(Fault.at(self._source, DOUBT, signal=self._signal, locator=locator, excerpt=line.words))
            known = said[line.doubtful]
            new = tuple(usage for usage in line.usages if usage not in known)
            if new:
                known.update(new)
                statements.append(
                    statement(
                        self._source,
                        new,
                        signal=self._signal,
                        cautious=self._cautious and not line.doubtful,
                        locator=locator,
                        excerpt=line.words,
                        repair=REPAIR,
                        rank=FOR_US,
                    )
                )
        return Reading(tuple(statements), tuple(faults)) if statements else NOTHING


def read_unknown(robots: RobotsTxt, source: Source, listener: Listener, *, signal: str) -> Site | None:
    """The refusals in unknown words that speak to our agent, as statements of `signal`; None if there are none."""
    lower = "\n" + robots.lower
    unusual: list[re.Match[str]] = []
    looked: dict[str, bool] = {}  # pages say the same in many lines
    for found in _find_unusual(lower):
        words = found[1]
        speaks = looked.get(words)
        if speaks is None:
            speaks = looked[words] = _may_be_record(words) and _may_refuse(words) is not None
        if speaks:
            unusual.append(found)
    if not unusual:
        return None
    written = ["", *robots.text.split("\n")]
    group = robots.group_for(listener.agent)
    ours = frozenset(part.line for part in group.parts) if group else frozenset[int]()
    begins = sorted(part.line for each in robots.groups for part in each.parts)
    named = robots.named(listener.agent)
    entries: list[tuple[str | None, _Line]] = []
    known: set[tuple[str | None, tuple[Usage, ...], bool]] = set()
    line = counted = 0
    for each in unusual:
        if len(entries) == MAX_LINES:
            break
        line += lower.count("\n", counted, each.start(1))
        counted = each.start(1)
        record = _match_unknown(spelled(written[line]))
        place = bisect_right(begins, line)
        own = not place or begins[place - 1] in ours
        if record is None or (named and not own):
            continue
        paths, usages, doubtful = _named(record[1].strip(), record[2], own) if record[1] else _sentence(record[3])
        for path in (paths or (None,)) if usages else ():
            if (path, usages, doubtful) not in known and len(entries) < MAX_LINES:
                known.add((path, usages, doubtful))
                last = len(entries) == MAX_LINES - 1
                said = _Line(line, bounded(written[line].strip()) or "", usages, doubtful)
                entries.append((None if last else path, said))
    if not entries:
        return None
    return _UnknownLines(PathTable(entries, utf8=robots.utf8), source, signal, cautious=listener.cautious)


def _may_be_record(line: str) -> bool:
    """
    False for a line, in lower case, that is nothing of the kind: a tag, say, where a site answers with a page.

    Of ASCII alone, which is as it is spelled.
    """
    return not line.isascii() or _match_unknown(line) is not None


@lru_cache(maxsize=512)  # a file may have one line thousands of times
def _named(name: str, value: str, own: bool) -> _Weighed:
    """
    The paths that a line is about, if it has any, and the usages that it refuses there.

    Of a line that refuses and names nothing it is in doubt whether mining is meant, for all that anybody can tell.
    """
    lower, value = name.lower(), value.strip()
    paths, rest = split_paths(value)
    of_draft = lower in (REFUSES, ENDS)
    if lower == _PRICE:
        return (), AI if own and not _FREE(value) else (), False
    if (of_draft and (paths or not value)) or _IS_ADDRESS(value):
        return (), (), False
    usages, unnamed = weighed(name, rest or ("yes" if paths else value))
    if usages or of_draft:
        return paths, usages, False
    if rest and rest != value:
        return paths, refused(name, "yes" if paths else value, of=TDM), True
    return paths, TDM if unnamed else (), True


@lru_cache(maxsize=512)
def _sentence(words: str) -> _Weighed:
    """What a line without a name refuses: `No AI training`, or `AI-Training no`, which lacks its colon."""
    if _is_simple(words) and not may_refuse(plain(words)):
        return (), (), False
    if found := named_among_rights(words):
        return (), found, False
    if plain(words).count("-") >= MAX_SENTENCE:
        return (), (), False
    name, _, value = words.strip().partition(" ")
    return (), refused("", words) or (refused(name, value) if value.strip().count(" ") == 0 else ()), False
