"""
The training lines of another file that is called ai.txt (draft-car-ai-txt-wellknown-00, 2026-06-12; specification 1.0
of 2026-02-21).

    line  = [1*WSP] name ":" value ["#" comment]
    block = "Agent:" name, then its lines, each of them indented

`Training` is `allow`, `deny` or `conditional`; `Training-Deny` and `Training-Allow` hold path patterns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from tdm_guard.formats.site.robots_txt import names

_VALUES = frozenset({"allow", "deny", "conditional"})
_match_line = re.compile(r"(?i)([ \t]*)(agent|training|training-allow|training-deny)[ \t]*:([^#]*)").match


class TrainingLine(NamedTuple):
    """One training line: its number, its name in lower case, its value and the whole line as written."""

    line: int
    name: str
    value: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AiDeclaration:
    """The training lines that hold for one agent: `own` of blocks that name it, `shared` of everybody."""

    own: tuple[TrainingLine, ...] = ()
    shared: tuple[TrainingLine, ...] = ()

    @property
    def lines(self) -> tuple[TrainingLine, ...]:
        """Those that count: what is said to the agent by name stands in the place of what is said to everybody."""
        return self.own or self.shared


def parse(text: str, agent: str) -> AiDeclaration:
    """The training lines of `text`, whose lines end in LF, for the agent token `agent`. Nothing in it raises."""
    own: list[TrainingLine] = []
    shared: list[TrainingLine] = []
    block: list[TrainingLine] | None = shared  # None: the lines of a block for somebody else
    for number, words in enumerate(text.split("\n"), 1):
        found = _match_line(words)
        if not found:
            continue
        indent, name, value = found[1], found[2].lower(), found[3].strip()
        if name == "agent":
            block = own if names(value, agent) else shared if value == "*" else None
            continue
        place = block if indent else shared
        if name == "training" and value.lower() not in _VALUES:
            continue
        if place is not None:
            place.append(TrainingLine(number, name, value, words.strip()))
    return AiDeclaration(own=tuple(own), shared=tuple(shared))
