"""
Lines of a site's text files that begin like a refusal and belong to no standard: `Permission: deny-training`.

    line = name (":" / "=") value / a few words, the first of which refuse: `No AI training`

Comments and the lines of a block for somebody else (`User-agent: OtherBot`) say nothing to us. A blank line ends such
a block here: what follows it may be meant for everyone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tdm_guard.formats.site.path_records import split_paths
from tdm_guard.formats.site.robots_txt import is_everyone, names
from tdm_guard.plain import bounded
from tdm_guard.signals.shared.refusing_vocabulary import (
    about,
    begins_like_refusal,
    length,
    named_among_rights,
    plain,
    spelled,
)
from tdm_guard.signals.shared.refusing_words import name_refuses, refused
from tdm_guard.usage import TDM

MESSAGE = "a line of no standard that begins like a refusal"
MAX_REFUSALS = 1000  # of one file; the last counts for every path
MAX_LINE = 400  # characters looked at; a longer line is prose

_match_line = re.compile(r"([^\W\d_][\w .'-]{0,60}?)[ \t]*[:=](?!//)[ \t]*(.+)").match
_match_agent = re.compile(r"(?i)(?:user[- ]?agent|agent|bot)[ \t]*[:=][ \t]*(.*)").match
_no_sentence = re.compile(r"[][{}<>:=/|\"]|\.\S").search
_EVERYTHING = ("/",)
_REFUSES = "disallow"  # known, but for its values that are no paths
_BULLETS = "-*•–· \t>\"'“”„«»`"
_QUOTES = "\"'“”„«»`‚‘’ \t,;"
_NAME = 4  # words of a name that say something, unless it is merely confirmed: `Do not use for AI training: yes`
_LONGEST = 8  # words of a name; longer ones are sentences
_ALONE = 10  # words of a line without a name
_is_yes = re.compile(r"(?i)(?:y|yes|true|on|1|ja|oui|si)\Z").match


class RefusingLine(NamedTuple):
    """A line that begins like a refusal: its number, its words, and the path it is about (`/` for everything)."""

    line: int
    words: str
    path: str = "/"


def refusing_lines(text: str, agent: str, known: Iterable[str] = ()) -> Iterator[RefusingLine]:
    """The lines in `text`, whose lines end in LF, for the agent token `agent`; names in `known` are read elsewhere."""
    known = frozenset(known)
    ours, found, naming = True, 0, False
    for number, raw in enumerate(text.split("\n"), 1):
        words = raw.strip()
        if not words:
            ours, naming = True, False
            continue
        if words[0] == "#" or len(words) > MAX_LINE:
            continue
        written = spelled(words).partition(" #")[0]
        if who := _match_agent(written):
            speaks = names(who[1].strip(), agent) or is_everyone(who[1].strip())
            ours = (naming and ours) or speaks
            naming = True
            continue
        naming = False
        bare = written.lstrip(_BULLETS).rstrip(_QUOTES)
        for path in _refuses(bare, known) if ours and bare else ():
            found += 1
            yield RefusingLine(number, bounded(words) or "", path if found < MAX_REFUSALS else "/")
            if found == MAX_REFUSALS:
                return


def _refuses(words: str, known: frozenset[str]) -> tuple[str, ...]:
    """The paths that a line refuses, if it refuses."""
    found = _match_line(words)
    if not found:
        return _EVERYTHING if _is_short_refusal(words) else ()
    name, value = found[1].strip(_QUOTES), found[2].strip(_QUOTES)
    lower = name.lower()
    if (lower in known and not (lower == _REFUSES and _is_phrase(value))) or _is_sentence(name, value):
        return ()
    if not refused(name, value, of=() if lower == _REFUSES else TDM):
        return ()
    return (split_paths(value)[0] if name_refuses(name) else ()) or _EVERYTHING


def _is_phrase(value: str) -> bool:
    """True for words where a path is expected: `Disallow: using content to train models`."""
    return " " in value and not value.startswith(("/", "*", "."))


def _is_sentence(name: str, value: str) -> bool:
    words = plain(name)
    return words.count("-") >= _LONGEST or (length(words) > _NAME and not _is_yes(value))


def _is_short_refusal(line: str) -> bool:
    """`No AI training`, `Do not train`, `noai`: a line of few words, one of them about a use."""
    if named_among_rights(line):
        return True
    words = plain(line)
    few = words.count("-") < _ALONE and not _no_sentence(line)
    return few and begins_like_refusal(line) and bool(about(words) or refused("", line))
