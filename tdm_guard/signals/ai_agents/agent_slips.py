"""
Disallow lines for training agents whose value is no path, and means one: `"/"`, `images/`, `all`, an own address.

RFC 9309 2.2.2 lets a path begin with a slash, so that parsers drop such a line or match nothing with it. Whoever wrote
it refused. The cautious posture hears it (code `ai-agents-path`); to the letter refusals by name are evidence only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.site.path_pattern import TooMuchWork
from tdm_guard.formats.site.path_records import PathTable, path_meant
from tdm_guard.model import NOTHING, Reading, Source, Stance, Statement
from tdm_guard.plain import bounded
from tdm_guard.signals.shared.too_much import too_much
from tdm_guard.signals.shared.value_meant import AROUND, meant
from tdm_guard.usage import TRAINING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tdm_guard.formats.site.robots_txt import Group
    from tdm_guard.signals.shape import Site

PATH = "ai-agents-path"
MAX_SLIPS = 1_000  # lines kept of one file; the last counts for every path

_may_slip = re.compile(r"(?i)\n[ \t]*disallow[ \t]*:[ \t]*(?:[^\s/*#]|//)").search
_means_nothing = re.compile(r"(?i)(?:none|nothing|no|false|0|null|nil|empty|n/?a|-+)").fullmatch


class _Slip(NamedTuple):
    line: int
    excerpt: str


class _Slips:
    """What they refuse, by path."""

    __slots__ = ("_lines", "_source")

    def __init__(self, lines: PathTable[_Slip], source: Source) -> None:
        self._lines = lines
        self._source = source

    def says(self, target: str) -> Reading:
        try:
            found = self._lines.matching(target)
        except TooMuchWork as bound:
            return too_much(self._source, "ai-agents", TRAINING, bound)
        if not found:
            return NOTHING
        _, slip = max(found, key=lambda one: one[0])
        statement = Statement.at(
            self._source,
            signal="ai-agents",
            usages=TRAINING,
            stance=Stance.RESERVED,
            locator=f"line {slip.line}",
            excerpt=slip.excerpt,
            repair=PATH,
        )
        return Reading((statement,))


def read_slips(heard: Iterable[tuple[str, list[Group]]], source: Source, *, utf8: bool) -> Site | None:
    """Such lines in the groups of each of these agents, as written, first to last; None if there are none."""
    entries: list[tuple[str | None, _Slip]] = []
    known: set[int] = set()
    for agent, groups in heard:
        for group in groups:
            if _may_slip(group.text) is None:
                continue
            for rule in group.rules:
                path = _meant(rule.value, source.url) if rule.name == "disallow" and rule.line not in known else None
                if path is None or len(entries) >= MAX_SLIPS:
                    continue
                known.add(rule.line)
                last = len(entries) == MAX_SLIPS - 1
                slip = _Slip(rule.line, f"User-agent: {agent} … {bounded(rule.words)}")
                entries.append((None if last or path == "/" else path, slip))
    return _Slips(PathTable(entries, utf8=utf8), source) if entries else None


def _meant(value: str, asked: str) -> str | None:
    """The path that a value means which is none; None if it is one, or says that nothing is refused."""
    if value.startswith("//"):
        return path_meant(value, asked)  # of the site itself; to others it is a path
    if not value or value[0] in "/*":
        return None
    words = value.strip(AROUND)
    if _means_nothing(words) or not (words or "\\" in value):
        return None
    return "/" if " " in words else meant(words, asked)  # prose is about everything
