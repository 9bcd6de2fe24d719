"""Path patterns: one spelling on both sides, RFC 9309 matching, linear time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard.formats.site.path_pattern import PathPattern, normalise_path, normalise_pattern, target


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://site.example", "/"),
        ("https://site.example?q", "/?q"),
        ("https://site.example/a#b", "/a"),
        ("https://site.example/a?b=/c#d?e", "/a?b=/c"),
        ("https://user@site.example:80/x", "/x"),
        ("https://site.example/café", "/caf%C3%A9"),
        ("https://site.example/caf%c3%a9", "/caf%C3%A9"),
        ("https://site.example/%7ejoe/%2f", "/~joe/%2F"),
        ("https://site.example/a b|c^", "/a%20b%7Cc%5E"),
        ("https://site.example/100%", "/100%25"),
        ("https://site.example/a*b$", "/a%2Ab%24"),
        ("https://site.example/\ud800", "/%ED%A0%80"),
    ],
)
def test_one_spelling_of_paths(url: str, path: str) -> None:
    assert target(url) == path


@pytest.mark.parametrize(
    ("pattern", "spelled"),
    [
        ("/a*b$", "/a*b$"),
        ("/a$b", "/a%24b"),
        ("/%2A%24", "/%2A%24"),
        ("/%7Ejoe", "/~joe"),
        ("/é$", "/%C3%A9$"),
        ("", ""),
    ],
)
def test_one_spelling_of_patterns(pattern: str, spelled: str) -> None:
    assert normalise_pattern(pattern) == spelled


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/", "/", True), ("/a", "/abc", True), ("/a/", "/a", False), ("/a$", "/a", True), ("/a$", "/ab", False),
        ("/*.pdf$", "/d/a.pdf", True), ("/*.pdf$", "/d/a.pdf?x", False), ("*.gif$", "/i/a.gif", True),
        ("/this/*/then", "/this/then", False), ("/this/*/then", "/this/x/then", True), ("/a*a", "/a", False),
        ("/a*$", "/abc", True), ("/*", "/", True), ("/**b", "/ab", True), ("/a*b*c$", "/abcbc", True),
        ("/a*b*c$", "/abcb", False), ("/ab*b$", "/ab", False), ("", "/x", True), ("$", "/", False),
    ],
)  # fmt: skip
def test_matching(pattern: str, path: str, matches: bool) -> None:
    assert PathPattern.parse(pattern).matches(path) is matches


def test_octets_count_the_signs() -> None:
    assert [PathPattern.parse(p).octets for p in ("/a", "/a*", "/a$", "/é")] == [2, 3, 3, 7]


alphabet = st.text(alphabet="/ab*$", max_size=8)


@given(alphabet, st.text(alphabet="/ab", max_size=10))
def test_matching_agrees_with_a_regular_expression(pattern: str, path: str) -> None:
    body, end = (pattern[:-1], r"\Z") if pattern.endswith("$") else (pattern, "")
    expression = "".join(".*" if c == "*" else re.escape("%24" if c == "$" else c) for c in body)
    assert PathPattern.parse(pattern).matches(path) is bool(re.match(expression + end, path, re.DOTALL))


@given(st.text(max_size=30))
def test_the_one_spelling_is_stable(text: str) -> None:
    once = normalise_path(text)
    assert once.isascii()
    assert normalise_path(once) == once
    assert normalise_pattern(normalise_pattern(text)) == normalise_pattern(text)


def test_time_is_linear_where_backtracking_would_explode() -> None:
    assert not PathPattern.parse("/" + "*a" * 2000 + "b").matches("/" + "a" * 20_000)
