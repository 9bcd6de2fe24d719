"""
Many path patterns at once: which of them match a path, without trying each.

strategy: mere prefixes stand sorted, each with a link to the longest other one that it begins with, so that one
bisection finds a path's prefixes as a chain. A pattern with a wildcard or an end is tried only if the path holds the
rarest three characters of its literal parts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from tdm_guard.formats.site.path_pattern import PathPattern, check_work

_GRAM = 3
_MANY = 64  # grams; to cut up a path costs about as much as looking for so many


class PatternIndex:
    """An index over patterns by their place in the sequence; compact and picklable."""

    __slots__ = ("_grams", "_others", "_parents", "_places", "_prefixes", "_short")

    def __init__(self, patterns: Sequence[PathPattern]) -> None:
        places: dict[str, list[int]] = {}
        others: dict[int, PathPattern] = {}
        for place, pattern in enumerate(patterns):
            if len(pattern.parts) == 1 and not pattern.anchored:
                places.setdefault(pattern.parts[0], []).append(place)
            else:
                others[place] = pattern
        self._prefixes = sorted(places)
        self._places = [tuple(places[prefix]) for prefix in self._prefixes]
        self._parents = _parents(self._prefixes)
        self._others = others
        self._grams, self._short = _by_gram(others)

    def matching(self, path: str) -> tuple[int, ...]:
        """
        The places of the patterns that cover `path` (in the spelling of `path_pattern.target`), ascending.

        Raises `TooMuchWork` if too many have to be tried.
        """
        found: list[int] = []
        at = bisect_right(self._prefixes, path) - 1
        while at >= 0:
            if path.startswith(self._prefixes[at]):
                found.extend(self._places[at])
            at = self._parents[at]
        if self._others:
            others, candidates = self._others, self._candidates(path)
            check_work(len(candidates), path)
            found += [place for place in candidates if others[place].matches(path)]
        return tuple(sorted(found)) if len(found) > 1 else tuple(found)

    def _candidates(self, path: str) -> list[int]:
        grams = self._grams
        if len(grams) > _MANY or len(path) < 4 * len(grams):
            held = grams.keys() & {path[i : i + _GRAM] for i in range(len(path) - _GRAM + 1)}
        else:
            held = {gram for gram in grams if gram in path}
        return [*self._short, *(place for gram in held for place in grams[gram])]


def _parents(prefixes: list[str]) -> list[int]:
    """For each prefix the place of the longest other one that it begins with, or -1."""
    parents: list[int] = []
    for place, prefix in enumerate(prefixes):
        parent = place - 1
        while parent >= 0 and not prefix.startswith(prefixes[parent]):
            parent = parents[parent]
        parents.append(parent)
    return parents


def _by_gram(patterns: dict[int, PathPattern]) -> tuple[dict[str, tuple[int, ...]], tuple[int, ...]]:
    """Patterns by the rarest gram of each; those whose literal parts are too short for one."""
    grams = {place: _grams(pattern) for place, pattern in patterns.items()}
    common = Counter(gram for held in grams.values() for gram in held)
    found: dict[str, list[int]] = {}
    short = []
    for place, held in grams.items():
        if held:
            found.setdefault(min(held, key=lambda gram: (common[gram], gram)), []).append(place)
        else:
            short.append(place)
    return {gram: tuple(places) for gram, places in found.items()}, tuple(short)


def _grams(pattern: PathPattern) -> set[str]:
    return {part[i : i + _GRAM] for part in pattern.parts for i in range(len(part) - _GRAM + 1)}
