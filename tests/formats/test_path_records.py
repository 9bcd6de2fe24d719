"""Records with a path in front, and the table of what is said for which path."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.site.path_pattern import PathPattern, target
from tdm_guard.formats.site.path_records import PathTable, path_meant, split_path

PATHS = st.none() | st.text("/ab*$%2Fé", max_size=6).map("/".__add__)
TARGETS = st.text("/ab*$%2Fé?", max_size=8).map(lambda path: target("https://site.example/" + path))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", (None, "")),
        ("a=n", (None, "a=n")),
        ("a=n /b", (None, "a=n /b")),
        ("/", ("/", "")),
        ("/a", ("/a", "")),
        ("/a b=n", ("/a", "b=n")),
        ("/a\tb=n", ("/a", "b=n")),
        ("/a \t b=n, c=n", ("/a", "b=n, c=n")),
        ("/a=n", ("/a=n", "")),
        ("/a b c", ("/a", "b c")),
        ("*.jpg a=n", ("*.jpg", "a=n")),
        ("* a=n", ("*", "a=n")),
        ("*=n", (None, "*=n")),
        ("*=n b=n", (None, "*=n b=n")),
        ("*", (None, "*")),
        ("https://x.example/ a=n", (None, "https://x.example/ a=n")),
    ],
)
def test_a_path_ends_at_the_first_blank(value: str, expected: tuple[str | None, str]) -> None:
    assert split_path(value) == expected


def test_length_is_that_of_the_pattern() -> None:
    table = PathTable([(None, "all"), ("/", "root"), ("/a", "a"), ("/*.jpg$", "picture"), ("/b", "b")])
    assert set(table.matching("/a/x.jpg")) == {(0, "all"), (1, "root"), (2, "a"), (7, "picture")}
    assert table.matching("/c") == ((0, "all"), (1, "root"))
    assert pickle.loads(pickle.dumps(table)).matching("/c") == table.matching("/c")


def test_one_path_may_have_several_values() -> None:
    assert PathTable([("/a", 1), ("/a", 2)]).matching("/ab") == ((2, 1), (2, 2))


def test_what_it_holds() -> None:
    assert not PathTable([])
    assert PathTable([(None, 1)]).everywhere_only
    assert not PathTable([(None, 1), ("/a", 1)]).everywhere_only


def test_in_a_file_that_is_not_utf_8_the_bytes_sent_match_too() -> None:
    assert not PathTable([("/é", 1)]).matching("/%E9")
    table = PathTable([("/é", 1)], utf8=False)
    assert table.matching("/%E9")
    assert table.matching("/%C3%A9")


@settings(max_examples=200)
@given(st.lists(PATHS, max_size=30), TARGETS)
def test_it_finds_what_every_single_pattern_matches(paths: list[str | None], asked: str) -> None:
    table = PathTable([(path, place) for place, path in enumerate(paths)])
    patterns = [(place, PathPattern.parse(path) if path else None) for place, path in enumerate(paths)]
    expected = {
        (pattern.octets if pattern else 0, place)
        for place, pattern in patterns
        if pattern is None or pattern.matches(asked)
    }
    found = table.matching(asked)
    assert set(found) == expected
    assert len(found) == len(expected)


@settings(max_examples=200)
@given(st.text(max_size=30) | st.text("/*a= \t", max_size=12), st.booleans())
def test_no_text_raises_and_nothing_is_lost(value: str, utf8: bool) -> None:
    path, rest = split_path(value)
    assert ((path or "") + rest) == value if path is None else value.startswith(path) and value.endswith(rest)
    assert PathTable([(path, rest)], utf8=utf8).matching("/") in ((), PathTable([(path, rest)]).matching("/"))


@pytest.mark.parametrize(
    ("location", "asked", "path"),
    [
        ("0x7f.1/a", "http://0x7f.1/x", "/a"),
        ("127.0.0.1/a", "http://127.1/x", "/a"),
        ("http://[2001:db8:0:0::1]/a", "http://[2001:db8::1]/x", "/a"),
        ("Site.example/a", "http://site.example/x", "/a"),
        ("1.2.3/a", "http://127.0.0.1/x", "/1.2.3/a"),
        ("2026/a", "http://site.example/x", "/2026/a"),
        ("http://[2001:db8::2]/a", "http://[2001:db8::1]/x", None),
    ],
)
def test_a_host_before_a_path_is_that_of_the_document_in_any_spelling(
    location: str, asked: str, path: str | None
) -> None:
    assert path_meant(location, asked) == path
