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

from tdm_guard.formats.robots_txt import names

_VALUES = frozenset({"allow", "deny", "conditional"})
_match_line = re.compile(r"(?i)([ \t]*)(agent|training|training-allow|training-deny)[ \t]*:([^#]*)").match


class Line(NamedTuple):
    """One training line: its number, its name in lower case, its value and the whole line as written."""

    line: int
    name: str
    value: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The training lines that hold for one agent: `own` of blocks that name it, `shared` of everybody."""

    own: tuple[Line, ...] = ()
    shared: tuple[Line, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """Those that count: what is said to the agent by name stands in the place of what is said to everybody."""
        return self.own or self.shared


def parse(text: str, agent: str) -> Declaration:
    """The training lines of `text`, whose lines end in LF, for the agent token `agent`. Nothing in it raises."""
    own: list[Line] = []
    shared: list[Line] = []
    block: list[Line] | None = shared  # None: the lines of a block for somebody else
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
            place.append(Line(number, name, value, words.strip()))
    return Declaration(own=tuple(own), shared=tuple(shared))
