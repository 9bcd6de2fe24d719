"""
Content Signals: the Content-Signal lines of robots.txt, and the response field of that name.

    value = pair *( "," pair )          pair = key "=" word, blanks anywhere, letters in any case
    search / ai-input / ai-train = yes / no          use = immediate / reference / full

strategy: no structured field, so pairs are read one by one and a bad one is dropped alone. A `no` beats a `yes` and
the lower ceiling the higher, whatever their order or path. By the policy's words every restriction is an express
reservation under Directive (EU) 2019/790 Art. 4. Lines belong to the group they stand in, by RFC 9309 alone (2.2.4);
of lines before any group only restrictions count. The cautious posture adds refusals that are botched, that have the
keys of another standard or of nobody, or that stand in a meta tag; to the letter nothing is permitted beside those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.site.path_pattern import TooMuchWork
from tdm_guard.formats.site.path_records import PathTable, split_path
from tdm_guard.model import NOTHING, Fault, Headers, Kind, Reading, Source, Stance, Statement
from tdm_guard.plain import bounded
from tdm_guard.signals.shape import Listener, Signal, Site
from tdm_guard.signals.shared import refusing_words as unknown
from tdm_guard.signals.shared.meta_names import named_so, with_those_left_out
from tdm_guard.signals.shared.refusing_vocabulary import CEILINGS, LABELS, says_no
from tdm_guard.signals.shared.refusing_words import refused_preference
from tdm_guard.signals.shared.repairs import join
from tdm_guard.signals.shared.too_much import too_much
from tdm_guard.usage import EVERY, TRAINING, Usage

if TYPE_CHECKING:
    from tdm_guard.formats.page.html import Page
    from tdm_guard.formats.site.robots_txt import RobotsTxt

NAME = "content-signals"
FIELD = "content-signal"
MISSPELT = "content-signals"
VALUE = "content-signal-value"
SEPARATOR = "content-signal-separator"
MISNAMED = "content-signal-name"
META = "content-signal-meta"
NEIGHBOUR = "content-signal-neighbour"
UNKNOWN = "content-signal-unknown-refusal"
MAX_PAIRS = 256  # of one line; four keys are defined
MAX_FAULTS = 8  # for one path or response; more prove nothing more

_YES, _NO = 0, 1
_BEYOND = "..."  # in place of a key: what stands behind `MAX_PAIRS`
_KEYS: Mapping[str, tuple[Usage, ...]] = {
    "search": (Usage.SEARCH,),
    "ai-input": (Usage.AI_INPUT,),
    "ai-train": TRAINING,
}
_USE = "use"
_ALL = (Usage.SEARCH, Usage.AI_INPUT, *TRAINING)
_WORDS: Mapping[tuple[str, str], tuple[int, tuple[Usage, ...]]] = {
    **{(key, "yes"): (_YES, usages) for key, usages in _KEYS.items()},
    **{(key, "no"): (_NO, usages) for key, usages in _KEYS.items()},
    **{(_USE, word): (level, usages) for level, (word, usages) in enumerate(CEILINGS.items(), _NO)},
}
_NO_RESTRICTION = (_USE, "full")
_NONE_AT_ALL = _NO + len(CEILINGS)
_NAMES = frozenset({FIELD, MISSPELT})
_find_pairs = re.compile(  # whatever separates the pairs
    r"(?a)(?<![\w.-])([A-Za-z][\w.-]{0,63})(?:[\"']?\s*[=:]\s*([\"']?)(\?0|[A-Za-z0-9][\w-]{0,31})(?![\w-]))?"
).finditer
_is_clear = re.compile(r"y|yes|true|1|on|allow(?:ed)?|permit(?:ted)?|full").fullmatch


class _Pair(NamedTuple):
    """A pair with a meaning: how strict it is (a `yes` is 0), the usages, where it stands. `heard`: no mere doubt."""

    key: str
    level: int
    usages: tuple[Usage, ...]
    repair: str | None
    locator: str
    words: str
    heard: bool = True


class _Line(NamedTuple):
    """A line: its value without name and path. `misnamed` is the repair for one that is not as the policy has it."""

    value: str
    locator: str
    words: str
    misnamed: str | None = None


class _Said(NamedTuple):
    """What is said under one path: the strictest pair for each key, and faults."""

    pairs: tuple[_Pair, ...]
    faults: tuple[tuple[str, str, str], ...]


class _Signals:
    """The Content-Signal lines that speak to our agent, by path."""

    __slots__ = ("_constant", "_said", "_source")

    def __init__(self, said: PathTable[_Said], source: Source) -> None:
        self._said = None if said.everywhere_only else said
        self._source = source
        self._constant = NOTHING if self._said else _reading([one for _, one in said.matching("/")], source)

    def says(self, target: str) -> Reading:
        if self._said is None:
            return self._constant
        try:
            matching = self._said.matching(target)
        except TooMuchWork as bound:
            return too_much(self._source, NAME, EVERY, bound)
        return _reading([said for _, said in matching], self._source) if matching else NOTHING


def read_robots(robots: RobotsTxt, source: Source, listener: Listener) -> Site | None:
    """The Content-Signal lines of the group that speaks to our agent, and restrictions that stand before any group."""
    if not robots.mentions(FIELD):
        return None
    by_path: dict[str | None, tuple[list[_Line], list[_Line]]] = {}
    group = robots.group_for(listener.agent)
    for place, records in enumerate((group.others if group else (), robots.outside)):
        for record in records:
            if record.name in (FIELD, MISSPELT):
                path, value = split_path(record.value)
                misnamed = MISNAMED if record.name == MISSPELT or not record.colon else None
                line = _Line(value, f"line {record.line}", bounded(record.words) or "", misnamed)
                by_path.setdefault(path, ([], []))[place].append(line)
    said = []
    for path, (ours, outside) in by_path.items():
        faults: list[tuple[str, str, str]] = []
        pairs = [*_pairs(ours, listener, faults), *(p for p in _pairs(outside, listener, faults) if p.level > _YES)]
        if pairs or faults:
            said.append((path, _Said(tuple(_strictest(pairs)), tuple(faults[:MAX_FAULTS]))))
    return _Signals(PathTable(said, utf8=robots.utf8), source) if said else None


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """The Content-Signal lines of a response; what stricter robots.txt says stands beside them."""
    lines = []
    for name, value in headers:
        lower = name.lower()
        if lower in (FIELD, MISSPELT):
            lines.append(_Line(value, f"#{lower}", value, MISNAMED if lower == MISSPELT else None))
    return _of_response(lines, source, listener)


def read_html(page: Page, source: Source, listener: Listener) -> Reading:
    """Meta tags named as the field is: the policy does not know them, so that only what they refuse is heard."""
    metas, left = named_so(page, _NAMES)
    lines = [_Line(each.content, each.locator, each.words, join(META, each.repair)) for each in metas]
    if not lines:
        return NOTHING
    return with_those_left_out(_of_response(lines, source, listener), left, source, NAME, SIGNAL.usages)


def _of_response(lines: list[_Line], source: Source, listener: Listener) -> Reading:
    faults: list[tuple[str, str, str]] = []
    pairs = tuple(_strictest(_pairs(lines, listener, faults)))
    return _reading([_Said(pairs, tuple(faults[:MAX_FAULTS]))], source) if pairs or faults else NOTHING


def _pairs(lines: Iterable[_Line], listener: Listener, faults: list[tuple[str, str, str]]) -> Iterator[_Pair]:
    for line in lines:
        misnamed = line.misnamed
        if misnamed:
            faults.append((f"not as the policy has it ({FIELD}:)", line.locator, line.words))
        heard = set()
        for key, level, usages in _written(line, faults):
            if not misnamed or level > _YES:
                heard.add((key, level))
                yield _pair(line, key, level, usages, None, listener)
        for key, level, usages, repair in _botched(line.value):
            if (key, level) not in heard:
                heard.add((key, level))
                if key not in _KEYS and key != _USE:
                    faults.append((f"{key} is no key of the policy", line.locator, line.words))
                elif not listener.cautious:  # nothing else tells why nothing is permitted
                    faults.append((f"{key} is not written as the policy has it", line.locator, line.words))
                yield _pair(line, key, level, usages, repair, listener)
        for key, usages in _unclear(line.value):
            fault = (f"{key} has no word of its own", line.locator, line.words)
            if fault not in faults:
                faults.append(fault)
            yield _Pair(f"{key}??", _NO, usages, UNKNOWN, line.locator, line.words, heard=False)
        if (refuses := _behind(line.value)) is not None:
            heard_so = refuses and listener.cautious
            yield _Pair(_BEYOND, _NO, _ALL, UNKNOWN, line.locator, line.words, heard=heard_so)


def _pair(
    line: _Line, key: str, level: int, usages: tuple[Usage, ...], repair: str | None, listener: Listener
) -> _Pair:
    """
    A pair of `line`; one that takes a repair is to the letter a doubt, kept apart from what is heard.

    Keys that the policy lacks are one where they are about the same.
    """
    if key not in _KEYS and key != _USE:
        key = " ".join(usages)
    repairs = join(line.misnamed, repair)
    heard = listener.cautious or repairs is None
    return _Pair(key if heard else f"{key}?", level, usages, repairs, line.locator, line.words, heard)


def _written(line: _Line, faults: list[tuple[str, str, str]]) -> Iterator[tuple[str, int, tuple[Usage, ...]]]:
    """The pairs as the policy writes them; of a known key without a word of its own, a fault."""
    parts = line.value.split(",", MAX_PAIRS)
    cut = len(parts) > MAX_PAIRS
    if cut:
        faults.append((f"more than {MAX_PAIRS} pairs", line.locator, line.words))
    for part in parts[:MAX_PAIRS]:
        key, _, word = part.partition("=")
        key, word = key.strip().lower(), word.strip().lower()
        if (key, word) in _WORDS:
            if not cut or _WORDS[key, word][0] > _YES:  # a no may stand where nobody looked
                yield key, *_WORDS[key, word]
        elif (key in _KEYS or key == _USE) and (key, word) != _NO_RESTRICTION:
            faults.append((f"{key} has no word of its own", line.locator, line.words))


def _botched(value: str) -> Iterator[tuple[str, int, tuple[Usage, ...], str]]:
    """Refusals that a reader sees in a line, however its pairs are separated and its refusals spelt."""
    for found in islice(_find_pairs(value), MAX_PAIRS):
        key, quote, word = found[1].lower(), found[2], (found[3] or "").lower()
        if key in _KEYS or key == _USE:
            botched = bool(word) and word != "no" and says_no(word)
            meaning = _WORDS.get((key, "no" if botched else word))
            if key == _USE and says_no(word):
                meaning, botched = (_NONE_AT_ALL, EVERY), True
            if meaning and meaning[0] > _YES:
                yield key, *meaning, VALUE if botched or quote else SEPARATOR
        elif usages := refused_preference(key, word):
            yield key, _NO, usages, NEIGHBOUR if key in LABELS else UNKNOWN


def _unclear(value: str) -> Iterator[tuple[str, tuple[Usage, ...]]]:
    """Keys with a word that is neither a yes nor a no, or with none: nobody can tell, so that it is no yes."""
    for found in islice(_find_pairs(value), MAX_PAIRS):
        key, word = found[1].lower(), (found[3] or "").lower()
        usages = _KEYS.get(key) or LABELS.get(key)
        if usages and not (_is_clear(word) or says_no(word)):
            yield key, usages


def _behind(value: str) -> bool | None:
    """Whether a pair behind those that are looked at says no, however they are separated; None if there are no more."""
    if len(value) <= 2 * MAX_PAIRS:
        return None
    words = [(found[3] or "").lower() for found in islice(_find_pairs(value), MAX_PAIRS, None)]
    return any(word and says_no(word) for word in words) if words else None


def _strictest(pairs: Iterable[_Pair]) -> Iterable[_Pair]:
    """For each key the strictest pair, of equal ones the first that needs no repair."""
    kept: dict[str, _Pair] = {}
    for pair in pairs:
        known = kept.get(pair.key)
        if known is None or (pair.level, pair.repair is None) > (known.level, known.repair is None):
            kept[pair.key] = pair
    return kept.values()


def _reading(said: list[_Said], source: Source) -> Reading:
    statements = []
    for pair in _strictest(pair for one in said for pair in one.pairs):
        if not pair.heard:
            statements.append(
                unknown.statement(
                    source,
                    pair.usages,
                    signal=NAME,
                    cautious=False,
                    locator=pair.locator,
                    excerpt=pair.words,
                    repair=pair.repair or UNKNOWN,
                )
            )
            continue
        permits = pair.level == _YES
        statements.append(
            Statement.at(
                source,
                kind=Kind.PERMISSION if permits else Kind.RESERVATION,
                signal=NAME,
                usages=pair.usages,
                stance=Stance.PERMITTED if permits else Stance.RESERVED,
                locator=pair.locator,
                excerpt=pair.words,
                repair=pair.repair,
            )
        )
    faults = [
        Fault.at(source, message, signal=NAME, locator=locator, excerpt=words)
        for one in said
        for message, locator, words in one.faults
    ]
    return Reading(tuple(statements), tuple(faults[:MAX_FAULTS]))


SIGNAL = Signal(
    name=NAME,
    title="Content Signals: Content-Signal",
    spec="Content Signals Policy, text of 2025-09-24 (CC0); the key `use` as of 2026-08-31",
    usages=EVERY,
    read_robots=read_robots,
    headers=_NAMES,
    html_words=(FIELD, "content_signal"),
    read_headers=read_headers,
    read_html=read_html,
)
