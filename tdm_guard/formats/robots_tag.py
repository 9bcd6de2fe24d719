"""
X-Robots-Tag field lines and the content of meta robots: no RFC; Google's and MDN's pages, read the same way.

    line  = item *( "," item )
    item  = [ agent ":" ] rule / agent ":"
    rule  = name / name ":" value

An agent governs the rules behind it on the same line until the next agent; joined lines would leak that scope, so each
line is read alone. An agent's name holds no blank and begins with no digit (else it is part of a date), and is none of
the names that take a value. Dates hold commas, so a part of one may look like a rule; no rule is called so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ITEMS = 1000  # of one line; deployed lines hold fewer than twenty

VALUED = frozenset(
    {
        "unavailable_after",
        "max-snippet",
        "max-image-preview",
        "max-video-preview",
        "tdm-reservation",
        "tdm-policy",
    }
)
_AGENT = re.compile(r"[^\s\d:,][^\s:,]*")
_BLANKS = re.compile(r"\s+")


class Item(NamedTuple):
    """
    One rule, its name in lower case. `agent` is None where everyone is addressed.

    `words` are those of the line from the agent (or the rule itself) to the rule. `loose`: it stands only there if
    blanks separate rules, which the grammar does not say.
    """

    agent: str | None
    rule: str
    value: str | None
    words: str
    loose: bool = False


def items(line: str) -> Iterator[Item]:
    """The rules of one field line or one meta content, at most `MAX_ITEMS`."""
    agent: str | None = None
    scope = 0  # where the words of the present agent begin
    end = -1
    for part in line.split(",", MAX_ITEMS)[:MAX_ITEMS]:
        begin, end = end + 1, end + 1 + len(part)
        named, rule, value = _part(part)
        if named is not None:
            agent, scope = _addressed(named), begin
        words = line[scope if agent else begin : end].strip()
        if rule:
            yield Item(agent, rule.lower(), value, words)
        if _BLANKS.search((value or rule).strip()):
            yield from _loose(part if named is None else f"{value or rule}", agent, words)


def _loose(text: str, agent: str | None, words: str) -> Iterator[Item]:
    """The rules of a part in which blanks do the work of commas."""
    for piece in text.split(None, MAX_ITEMS)[:MAX_ITEMS]:
        named, rule, value = _part(piece)
        if named is not None:
            agent = _addressed(named)
        if rule:
            yield Item(agent, rule.lower(), value, words, loose=True)


def _part(part: str) -> tuple[str | None, str, str | None]:
    """Agent, rule and value of what stands between two commas."""
    before, colon, after = part.partition(":")
    name = before.strip()
    if not colon:
        return None, name, None
    if name.lower() in VALUED:
        return None, name, after.strip()
    if not _AGENT.fullmatch(name):
        return None, part.strip(), None
    rule, colon, value = after.partition(":")
    if colon and rule.strip().lower() in VALUED:
        return name, rule.strip(), value.strip()
    return name, after.strip(), None


def _addressed(agent: str) -> str | None:
    return None if agent == "*" else agent
