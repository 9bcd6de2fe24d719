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
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_ITEMS = 1000  # of one line; deployed lines hold fewer than twenty
MAX_SHOWN = 64  # characters of a word that is shown of what was not read
MAX_KEPT = 128  # characters of a line whose rules are kept: sites send the same few everywhere

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
# What search engines document; a name in front of anything else need not be an agent's.
RULES = frozenset(
    {
        "all", "index", "follow", "archive", "snippet", "noindex", "nofollow", "none", "noarchive", "nosnippet",
        "nocache", "noimageindex", "notranslate", "nositelinkssearchbox",
        "nopagereadaloud", "indexifembedded", "noodp", "noydir",
        "noyaca", "nosearch", "notext", "noai", "noimageai", "noml", *VALUED,
    }
)  # fmt: skip
USUAL = tuple(sorted(RULES - VALUED - {"noai", "noimageai", "noml"}))  # those that are complete, and not of AI
PREVIEWS = ("none", "standard", "large")
# A pattern for lines, in lower case, that say nothing but what search engines document, and nothing of AI.
USUAL_RULES = (
    rf"(?:[\s,;]*+(?:{'|'.join(USUAL)}|max-(?:snippet|video-preview)\s*:\s*-?\d+"
    rf"|max-image-preview\s*:\s*(?:{'|'.join(PREVIEWS)}))"
    r"(?![^\s,;\"']))*+[\s,;]*+"
)
_is_usual = re.compile(USUAL_RULES).fullmatch
# Written where an agent's name stands, and none: rules, and words for everyone (`robots: noai`).
_NOBODY = (RULES - VALUED) | {"any", "bots", "everybody", "everyone", "robots"}
_AGENT = re.compile(r"[^\s\d:,][^\s:,]*")
_AGENT_LIKE = re.compile(r"(?i)bot|crawl|spider|agent|slurp|extended|google|fetch|\*").search
_BLANKS = re.compile(r"[\s;|]+")
_WORDS = re.compile(r"[\s,:;|=]+")
_FIRST_WORD = re.compile(r"[^\s:;|=]*")


class TagRule(NamedTuple):
    """
    One rule, its name in lower case. `agent` is None where everyone is addressed.

    `words` are those of the line from the agent (or the rule itself) to the rule. `loose`: it stands only there if
    blanks or semicolons separate rules, which the grammar does not say. `swallowed`: it has this address only if a name
    before it is none of an agent, since no rule follows that. `unread`: no rule, but what stands behind `MAX_ITEMS` and
    is not known, in words cut short.
    """

    agent: str | None
    rule: str
    value: str | None
    words: str
    loose: bool = False
    swallowed: bool = False
    unread: bool = False


def is_usual(line: str) -> bool:
    """True for a line that says nothing but what search engines document, and nothing of AI."""
    return _is_usual(line.lower()) is not None


def items(line: str) -> Iterable[TagRule]:
    """
    The rules of one field line or one meta content, of more than `MAX_ITEMS` those that are known, each once.

    Whom these address, and what value they have, is not told: they are as loose as can be. If others stand among them,
    the last item is `unread`.
    """
    return _items(line) if len(line) > MAX_KEPT else _kept_items(line)


@lru_cache(maxsize=64)  # an entry is some hundreds of bytes; of a line of nothing but commas and letters 20 KB
def _kept_items(line: str) -> tuple[TagRule, ...]:
    return tuple(_items(line))


def _items(line: str) -> Iterator[TagRule]:
    agent: str | None = None
    outer: tuple[str | None] | None = None  # who is addressed if the present agent's name is none
    scope = 0  # where the words of the present agent begin
    end = -1
    parts = line.split(",", MAX_ITEMS)
    unread = [parts.pop()] if len(parts) > MAX_ITEMS else []
    left = MAX_ITEMS  # of those that only blanks divide
    for part in parts:
        begin, end = end + 1, end + 1 + len(part)
        named, rule, value = _part(part)
        if named is not None:
            outer = (outer or (agent,)) if rule and not _is_addressed(named, rule) else None
            agent, scope = _addressed(named), begin
        words = line[scope if agent else begin : end].strip()
        if rule:
            yield TagRule(agent, rule.lower(), value, words)
            if outer is not None and (named is None or named.lower() in _NOBODY):
                yield TagRule(outer[0], rule.lower(), value, words, swallowed=True)
        if _BLANKS.search((value or rule).strip()):
            text = part if named is None else f"{value or rule}"
            if left <= 0:
                unread.append(text)
                continue
            for item in _loose(text, agent, words):
                left -= 1
                yield item
            if outer is not None:
                for item in _loose(text, outer[0], words):
                    yield item._replace(swallowed=True)
    yield from _known(" ".join(unread))


def _loose(text: str, agent: str | None, words: str) -> Iterator[TagRule]:
    """The rules of a part in which blanks do the work of commas."""
    pieces = _BLANKS.split(text.strip(), MAX_ITEMS)
    rest = pieces.pop() if len(pieces) > MAX_ITEMS else ""
    for piece in pieces:
        named, rule, value = _part(piece)
        if named is not None:
            agent = _addressed(named)
        if rule:
            yield TagRule(agent, rule.lower(), value, words, loose=True)
    yield from _known(rest)


def _known(rest: str) -> Iterator[TagRule]:
    """The rules without a value in what is left of a line with too many, and that there are others."""
    words = {*_WORDS.split(rest.lower())} if rest else set[str]()
    for rule in sorted((RULES - VALUED) & words):
        yield TagRule(None, rule, None, rule, loose=True)
    if others := words - RULES - {""}:
        yield TagRule(None, min(others)[:MAX_SHOWN], None, min(others)[:MAX_SHOWN], loose=True, unread=True)


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


def _is_addressed(name: str, rule: str) -> bool:
    """True if a name is likely an agent's: by a rule behind it, or by its own look."""
    if name.lower() in _NOBODY:
        return False
    first = _FIRST_WORD.match(rule)
    return (first is not None and first[0].lower() in RULES) or _AGENT_LIKE(name) is not None


def _addressed(agent: str) -> str | None:
    return None if agent == "*" else agent
