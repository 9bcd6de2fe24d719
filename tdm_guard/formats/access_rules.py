"""
The allow and disallow lines of one group, kept small, and the answer whether they refuse a path (RFC 9309 2.2.2).

strategy: what decides is Protego, over the lines of ours that match the path. Before that a filter says whether any
Disallow can match at all, and for most URLs of most sites it says no. The filter may say yes too often, never too
seldom: it compares in a spelling in which every two strings that Protego takes for equal are equal.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from protego import Protego

from tdm_guard.formats.path_pattern import PathPattern, normalise_pattern
from tdm_guard.formats.robots_txt import Record, read_rule

ROBOTS = "/robots.txt"  # never refused (RFC 9309 2.2.2)

_KEPT = re.compile(r"%(?=2[5FA4]|(?![0-9A-F]{2}))")  # % / * $ and what is no escape stay as they are
_ESCAPES = re.compile(r"(?:%[0-9A-F]{2})+")
_is_plain_prefix = re.compile(r"[A-Za-z0-9._~/?=&,;:@!'()+\[\]-]*(?<!index\.html)").fullmatch
_INDEX = "index.html"  # Protego reads an Allow of /a/index.html as one of /a/ too


class Refusal(NamedTuple):
    """The line that refuses: its number and its words."""

    line: int
    words: str


class AccessRules:
    """
    The rules of one group, compiled. Picklable.

    `utf8` is False for a file that was not UTF-8: its paths are then compared as characters and as the bytes sent.
    """

    __slots__ = ("_exact", "_parts", "_prefixes", "_rules", "_utf8")

    def __init__(self, rules: Iterable[Record], *, utf8: bool = True) -> None:
        self._utf8 = utf8
        kept: list[str] = []
        prefixes: set[str] = set()
        parts: set[str] = set()
        exact: set[str] = set()
        for line, name, value, words, _ in rules:
            if not value:
                continue
            kept.append(f"{line} {words}")
            if name == "allow":
                continue
            if "%" in value or "$" in value or not utf8:
                for pattern in self._spellings(value):
                    _sort_in(pattern, prefixes, parts, exact)
            elif "*" in value:
                parts.add(max(value.split("*"), key=len))
            else:
                prefixes.add(value)
        self._rules = "\n".join(kept)
        self._prefixes = _without_longer(prefixes)
        self._parts = tuple(parts)
        self._exact = tuple(exact)

    def __bool__(self) -> bool:
        """True if there is any Disallow that can match something."""
        return bool(self._prefixes or self._parts or self._exact)

    def may_refuse(self, target: str) -> bool:
        """False if no Disallow matches `target` (the one spelling of `path_pattern.target`): then nothing refuses it."""
        if "%" in target:
            target = _decoded(target)
        prefixes = self._prefixes
        if prefixes:
            # No prefix begins another, so the one that target begins with, if any, is its neighbour in the order.
            at = bisect_right(prefixes, target)
            if at and target.startswith(prefixes[at - 1]):
                return True
        for part in self._parts:
            if part in target:
                return True
        return target in self._exact

    def refusal(self, target: str) -> Refusal | None:
        """The Disallow under which Protego refuses `target`, or None."""
        if not self.may_refuse(target) or target == ROBOTS or target.startswith(ROBOTS + "?"):
            return None
        spelled = _decoded(target)
        asked: list[str] = []
        strongest = -1
        found: Refusal | None = None
        for kept in self._rules.split("\n"):
            line, _, words = kept.partition(" ")
            name, value = read_rule(words)
            if not target.startswith(value) and _is_plain_prefix(value):
                continue
            for pattern in self._spellings(value):
                if any(variant.matches(spelled) for variant in _variants(pattern)):
                    asked.append(f"{name}: {pattern}")
                    if name == "disallow" and len(pattern) > strongest:
                        strongest, found = len(pattern), Refusal(int(line), words)
                elif name == "allow" and pattern.endswith(_INDEX):
                    asked.append(f"{name}: {pattern}")
        return found if found is not None and not _protego_allows(asked, target) else None

    def _spellings(self, value: str) -> tuple[str, ...]:
        """The patterns a value stands for, in the one spelling: for a file that is not UTF-8 also the bytes sent."""
        spelled = normalise_pattern(value)
        if self._utf8 or value.isascii():
            return (spelled,)
        sent = "".join(f"%{ord(c):02X}" if "\x7f" < c <= "\xff" else c for c in value)
        return (spelled, normalise_pattern(sent))


def _sort_in(pattern: str, prefixes: set[str], parts: set[str], exact: set[str]) -> None:
    for variant in _variants(pattern):
        if len(variant.parts) > 1:
            parts.add(max(variant.parts, key=len))
        elif variant.anchored:
            exact.add(variant.parts[0])
        else:
            prefixes.add(variant.parts[0])


def _variants(pattern: str) -> tuple[PathPattern, ...]:
    """A pattern as Protego reads it: a final `$` is an anchor, and the character as well."""
    if not pattern.endswith("$"):
        return (_pattern(pattern, anchored=False),)
    return (_pattern(pattern[:-1], anchored=True), _pattern(pattern[:-1] + "%24", anchored=False))


def _pattern(text: str, *, anchored: bool) -> PathPattern:
    return PathPattern(tuple(_decoded(text).split("*")), anchored, len(text))


def _decoded(text: str) -> str:
    """`text`, in the one spelling, with its escapes decoded; octets that are no UTF-8 all become U+FFFD."""
    return _ESCAPES.sub(_characters, text) if "%" in text else text


def _characters(found: re.Match[str]) -> str:
    return unquote_to_bytes(_KEPT.sub("%25", found.group())).decode("utf-8", "replace")


def _without_longer(prefixes: set[str]) -> tuple[str, ...]:
    """Sorted, without those that begin with another one."""
    kept: list[str] = []
    for prefix in sorted(prefixes):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return tuple(kept)


def _protego_allows(rules: list[str], target: str) -> bool:
    robots = Protego.parse("\n".join(["User-agent: *", *rules]))
    return bool(robots.can_fetch("https://site.invalid" + target, "*"))
