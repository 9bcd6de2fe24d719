"""
The rules of an ai.txt as Spawning's generator writes them (2023): those of robots.txt, and file types beside paths.

    rule      = ("allow" / "disallow") ":" (path-pattern / file-type)
    file-type = ["/"] "*" 1*("." name) ["$"]            "*.jpg": every path that ends so, in either case

Groups and lines are read by `robots_txt`. There is no published grammar, so the readings are ours: a file type is
looked for at the end of the path, its query left out; the longest rule that matches counts, of equally long ones the
refusal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from tdm_guard.formats.site.path_records import PathTable

MAX_BYTES = 128 * 1024  # the generator's longest file has 1 KB; found ones that list every bot have a few

_match_file_type = re.compile(r"/?\*((?:\.[A-Za-z0-9][A-Za-z0-9_+~-]{0,15}){1,3})\$?").fullmatch
_EVERYTHING = frozenset({"/", "*", "/*"})


class AiTxtRule(NamedTuple):
    """One line that reserves or releases: its number, its words, and the code of the repair by which it is read."""

    line: int
    words: str
    reserved: bool
    repair: str | None = None


class RuleTable:
    """Rules by path and by file type. Picklable. `utf8` is False for a file that was not UTF-8."""

    __slots__ = ("_covering", "_longest", "_paths", "_types", "everything")

    def __init__(self, rules: Iterable[tuple[str, AiTxtRule]], *, utf8: bool = True) -> None:
        types: dict[str, tuple[int, AiTxtRule]] = {}
        paths: list[tuple[str | None, AiTxtRule]] = []
        covering: tuple[int, AiTxtRule] | None = None
        released = False
        for value, rule in rules:
            released = released or not rule.reserved
            weighed = (len(value), rule)
            if value in _EVERYTHING:
                covering = weighed if covering is None else max(covering, weighed, key=_weight)
            elif file_type := _match_file_type(value):
                ending = file_type[1].lower()
                types[ending] = max(types.get(ending, weighed), weighed, key=_weight)
            else:
                paths.append((value, rule))
        self._covering = covering
        self._types = types
        self._longest = max(map(len, types), default=0)
        self._paths = PathTable(paths, utf8=utf8)
        self.everything = covering is not None and not released  # True if every path is refused

    def __bool__(self) -> bool:
        """True if there is any rule."""
        return bool(self._covering or self._types or self._paths)

    def strongest(self, target: str) -> AiTxtRule | None:
        """The rule that counts for `target`, a path with its query in the spelling of `path_pattern.target`."""
        found = list(self._paths.matching(target)) if self._paths else []
        if self._covering:
            found.append(self._covering)
        if self._types:
            # No ending is longer than the longest that we know, so a path of many dots costs no more than another.
            tail = target.partition("?")[0][-self._longest :].lower()
            at = tail.find(".")
            while at >= 0:
                if weighed := self._types.get(tail[at:]):
                    found.append(weighed)
                at = tail.find(".", at + 1)
        return max(found, key=_weight)[1] if found else None


def is_rule_value(value: str) -> bool:
    """True for a path or a file type; False for what a rule cannot be about."""
    return value.startswith(("/", "*"))


def _weight(weighed: tuple[int, AiTxtRule]) -> tuple[int, bool, int]:
    length, rule = weighed
    return length, rule.reserved, -rule.line
