"""The index finds exactly the patterns that match one by one."""

from __future__ import annotations

import pickle

from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.site.path_pattern import PathPattern
from tdm_guard.formats.site.pattern_index import PatternIndex

PATTERNS = ["/", "/a", "/ab", "/a", "/b/", "/*.pdf$", "/a*b", "*", "/a$", "/$", "*x*", "/ab/*/cd", "/aa"]


def one_by_one(patterns: list[PathPattern], path: str) -> tuple[int, ...]:
    return tuple(place for place, pattern in enumerate(patterns) if pattern.matches(path))


def test_each_kind_of_pattern() -> None:
    patterns = [PathPattern.parse(text) for text in PATTERNS]
    index = PatternIndex(patterns)
    assert index.matching("/ab/x/cd") == (0, 1, 2, 3, 6, 7, 10, 11)
    assert index.matching("/b/c.pdf") == (0, 4, 5, 7)
    assert index.matching("/a") == (0, 1, 3, 7, 8)
    assert index.matching("/") == (0, 7, 9)
    assert PatternIndex([]).matching("/") == ()


def test_it_travels() -> None:
    index = pickle.loads(pickle.dumps(PatternIndex([PathPattern.parse(text) for text in PATTERNS])))
    assert index.matching("/$") == (0, 7)


texts = st.text(alphabet="/ab*$", max_size=6)


@settings(max_examples=200)
@given(st.lists(texts, max_size=12), st.lists(st.text(alphabet="/abc", max_size=10), max_size=6))
def test_as_one_by_one(written: list[str], paths: list[str]) -> None:
    patterns = [PathPattern.parse(text) for text in written]
    index = PatternIndex(patterns)
    for path in ["/", *paths, "/" * 60]:
        assert index.matching(path) == one_by_one(patterns, path)
