"""
Records of robots.txt whose value may begin with a path, and the table of what is said for which path.

    value = [ path 1*WS ] words / path          path = "/" *( any character but SP and HTAB )

AIPREF writes Content-Usage so (attach-05 section 3), one dialect Content-Signal. A path matches as in an Allow line
(RFC 9309 2.2.2); its length is that of the pattern, an absent path has length 0. Against the grammar, but as in Allow
lines in use, a path may begin with an asterisk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import Generic, TypeVar

from tdm_guard.errors import UnsupportedURL
from tdm_guard.formats.site.path_pattern import PathPattern
from tdm_guard.formats.site.pattern_index import PatternIndex
from tdm_guard.origin import Origin, is_host

T = TypeVar("T")

MAX_PATHS = 64  # in one line; more are taken for all there are
_FEW = 12  # patterns that are tried one by one sooner than an index is asked
_match_authority = re.compile(r"(?i)([a-z][a-z0-9+.-]*:)?//[^/?#]*").match
_without_paths = partial(re.compile(r"\A(?:/\S*+\s*+)*+").sub, "")
_split_at_blank = re.compile(r"[ \t]+").split


def split_path(value: str) -> tuple[str | None, str]:
    """
    Path, or None, and what stands behind it.

    A first word with an asterisk in front is a path if something stands behind it and there is no `=` in it.
    """
    if value[:1] not in ("/", "*"):
        return None, value
    path, *rest = _split_at_blank(value, maxsplit=1)
    if path[0] == "*" and (not rest or "=" in path):
        return None, value
    return path, rest[0] if rest else ""


def split_paths(value: str) -> tuple[tuple[str, ...], str]:
    """
    All paths that `value` begins with, as no standard has it (`/a, /b; /c words`), and what stands behind them.

    Of more than `MAX_PATHS` the last is `/`.
    """
    paths: list[str] = []
    path, rest = split_path(value)
    while path is not None and len(paths) < MAX_PATHS:
        paths.append(path.rstrip(",;"))
        path, rest = split_path(rest) if rest[:1] == "/" else (None, rest)
    if path is not None:
        paths[-1], rest = "/", _without_paths(rest)
    return tuple(paths), rest


def path_meant(location: str, asked: str) -> str | None:
    """The path that something means which is none, in a document at `asked`; None for a URL of another origin."""
    text = location.strip()
    origin = Origin.parse(asked)
    if authority := _match_authority(text):
        url = text if authority.group(1) else f"{origin.scheme}:{text}"
        try:
            if Origin.parse(url) != origin:
                return None
        except UnsupportedURL:
            return None
        text = text[authority.end() :]
    elif is_host((host := text.partition("/")[0]).lower(), origin.host):
        text = text[len(host) :]
    if not text.startswith(("/", "*", ".*")):
        text = "/" + text.removeprefix("./")
    return text.replace(".*", "*")


class PathTable(Generic[T]):
    """
    Values by path. Picklable; asking it costs next to nothing where no path matches.

    `utf8` is False for a file that was not UTF-8: its paths are then compared as characters and as the bytes sent.
    """

    __slots__ = ("_everywhere", "_few", "_index", "_values")

    def __init__(self, entries: Iterable[tuple[str | None, T]], *, utf8: bool = True) -> None:
        everywhere: list[tuple[int, T]] = []
        patterns: list[PathPattern] = []
        values: list[tuple[int, T]] = []
        for path, value in entries:
            if path is None:
                everywhere.append((0, value))
                continue
            for spelled in _spellings(path, utf8=utf8):
                pattern = PathPattern.parse(spelled)
                patterns.append(pattern)
                values.append((pattern.octets, value))
        self._everywhere = tuple(everywhere)
        self._few: tuple[tuple[str, PathPattern, tuple[int, T]], ...] = ()
        self._values: tuple[tuple[int, T], ...] = ()
        self._index: PatternIndex | None = None
        if len(patterns) <= _FEW:
            # A path that matches holds every literal part of the pattern, so the longest one is looked for first.
            longest = [max(pattern.parts, key=len) for pattern in patterns]
            self._few = tuple(zip(longest, patterns, values, strict=True))
        else:
            self._values = tuple(values)
            self._index = PatternIndex(patterns)

    def __bool__(self) -> bool:
        """True if it holds any value."""
        return bool(self._everywhere or self._few or self._values)

    @property
    def everywhere_only(self) -> bool:
        """True if no value has a path, so that every target gets the same."""
        return not (self._few or self._values)

    def matching(self, target: str) -> tuple[tuple[int, T], ...]:
        """
        Length of the path and value, for each path that matches `target` (the spelling of `path_pattern.target`).

        Raises `TooMuchWork` if too many have to be tried.
        """
        if self._index is None:
            found = [value for part, pattern, value in self._few if part in target and pattern.matches(target)]
        else:
            values = self._values
            found = [values[place] for place in self._index.matching(target)]
        return (*self._everywhere, *found) if found else self._everywhere


def _spellings(path: str, *, utf8: bool) -> tuple[str, ...]:
    if utf8 or path.isascii():
        return (path,)
    return (path, "".join(f"%{ord(c):02X}" if "\x7f" < c <= "\xff" else c for c in path))
