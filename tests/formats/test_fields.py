"""RFC 9651 Dictionaries: what is read, and where reading stops."""

from __future__ import annotations

from typing import Any

import http_sf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.http.fields import MAX_LENGTH, BareItem, Form, Member, read_dictionary

KEYS = st.from_regex(r"\A[a-z*][a-z0-9_.*-]{0,10}\Z")
TOKENS = st.from_regex(r"\A[A-Za-z*][A-Za-z0-9:/!#$%&'*+.^_`|~-]{0,10}\Z")
STRINGS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=10)
VALUES = st.one_of(
    TOKENS.map(lambda text: (http_sf.Token(text), BareItem(Form.TOKEN, text))),
    STRINGS.map(lambda text: (text, BareItem(Form.STRING, text))),
    st.booleans().map(lambda value: (value, BareItem(Form.BOOLEAN, "?1" if value else "?0"))),
    st.integers(-(10**15) + 1, 10**15 - 1).map(lambda value: (value, BareItem(Form.OTHER, str(value)))),
    st.binary(max_size=8).map(lambda value: (value, BareItem(Form.OTHER))),
)
PIECES = st.sampled_from(
    ["train-ai", "=", "n", ",", ";", " ", "\t", '"', "(", ")", "?0", "?", "@1", "@99999999999999", ":YQ==:", '%"', "é"]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("   ", {}),
        ("a", {"a": Member(BareItem(Form.BOOLEAN, "?1"), {})}),
        ("a=n", {"a": Member(BareItem(Form.TOKEN, "n"), {})}),
        ('a="n"', {"a": Member(BareItem(Form.STRING, "n"), {})}),
        ("a=?0", {"a": Member(BareItem(Form.BOOLEAN, "?0"), {})}),
        ("a=1", {"a": Member(BareItem(Form.OTHER, "1"), {})}),
        ("a=1.5", {"a": Member(BareItem(Form.OTHER), {})}),
        ("a=@1767225600", {"a": Member(BareItem(Form.OTHER), {})}),
        ("a=:YQ==:", {"a": Member(BareItem(Form.OTHER), {})}),
        ('a=%"n"', {"a": Member(BareItem(Form.OTHER), {})}),
        ("a=(n n)", {"a": Member(BareItem(Form.OTHER), {})}),
        ("a=n;b", {"a": Member(BareItem(Form.TOKEN, "n"), {"b": BareItem(Form.BOOLEAN, "?1")})}),
        ("a=n; b=x", {"a": Member(BareItem(Form.TOKEN, "n"), {"b": BareItem(Form.TOKEN, "x")})}),
        ("a=(n);b=n", {"a": Member(BareItem(Form.OTHER), {"b": BareItem(Form.TOKEN, "n")})}),
        ("a=n;b=y, a=y", {"a": Member(BareItem(Form.TOKEN, "y"), {})}),
        ("a=n \t,\t b", {"a": Member(BareItem(Form.TOKEN, "n"), {}), "b": Member(BareItem(Form.BOOLEAN, "?1"), {})}),
    ],
)
def test_dictionaries(text: str, expected: dict[str, Member]) -> None:
    read = read_dictionary(text)
    assert read.problem is None
    assert dict(read.members) == expected


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("A=n", 0),
        ("a=n, B=n", 5),
        ("a=n,", 4),
        ("a = n", 2),
        ("a=", 2),
        ("a=n b=n", 4),
        ("a=n;", 4),
        ('a="n', 4),
        ("a=(n", 4),
        ("a=n, é=1", 5),
        ('a="é"', 3),
        ('{"a":"n"}', 0),
        ("a=\ud800", 2),
        ("a=1000000000000000", 17),
    ],
)
def test_what_is_none_says_where(text: str, position: int) -> None:
    read = read_dictionary(text)
    assert not read.members
    assert read.problem is not None
    assert read.problem.message
    assert read.problem.position == position


def test_length_is_bounded_above_what_the_standard_asks_for() -> None:
    members = ",".join(f"k{number:059}=n" for number in range(1024))
    assert len(read_dictionary(members).members) == 1024
    too_long = read_dictionary("a=n," * (MAX_LENGTH // 4) + "a=n")
    assert too_long.problem is not None
    assert not too_long.members


@settings(max_examples=100)
@given(st.text(max_size=40) | st.lists(PIECES, max_size=20).map("".join))
def test_no_text_raises(text: str) -> None:
    read = read_dictionary(text)
    assert not (read.problem and read.members)
    if read.problem:
        assert 0 <= read.problem.position <= len(text)


@settings(max_examples=100)
@given(st.dictionaries(KEYS, st.tuples(VALUES, st.dictionaries(KEYS, VALUES, max_size=3)), min_size=1, max_size=5))
def test_what_is_written_is_read_back(content: dict[str, tuple[Any, dict[str, Any]]]) -> None:
    written = {
        key: (value[0], {name: item[0] for name, item in more.items()}) for key, (value, more) in content.items()
    }
    expected = {
        key: Member(value[1], {n: item[1] for n, item in more.items()}) for key, (value, more) in content.items()
    }
    read = read_dictionary(http_sf.ser(written))
    assert read.problem is None
    assert dict(read.members) == expected
