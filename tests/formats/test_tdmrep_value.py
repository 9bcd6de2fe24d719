from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.site.tdmrep_value import MAX_POLICY_URL, Value, plain_name, read_json, read_policy, read_text
from tdm_guard.origin import Origin

BASE = "https://provider.example/.well-known/tdmrep.json"
REPAIRED = Value(True, repaired=True)


@pytest.mark.parametrize("text", ["1", " 1\t", "\n1\r"])
def test_one(text: str) -> None:
    assert read_text(text) == Value(True)


def test_zero() -> None:
    assert read_text(" 0 ") == Value(False)


@pytest.mark.parametrize(
    "text", ["2", "TRUE", "Yes", "y", "on", "Reserved", "１", "①", '"1"', "'1'", "“1”", "1/", "prohibited"]
)
def test_what_means_one_but_is_not_written_so(text: str) -> None:
    assert read_text(text) == REPAIRED


@pytest.mark.parametrize(
    "text", ["", "01", "+1", "-1", "1.0", "10", "1.5", "no", "false", "off", '"0"', "０", "\x001", "1 " + "x" * 99]
)
def test_unset(text: str) -> None:
    assert read_text(text) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, Value(True)), (1.0, Value(True)), (0, Value(False)), (-0.0, Value(False)), (True, REPAIRED), (2, REPAIRED)]
    + [(value, None) for value in (False, None, 10, -1, 1.5, float("inf"), [1], {"value": 1}, (), b"1")],
)
def test_json(value: Any, expected: Value | None) -> None:
    assert read_json(value) == expected


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("p.json", "https://provider.example/.well-known/p.json"),
        ("../p.json#x", "https://provider.example/p.json#x"),
        ("?a=1", "https://provider.example/.well-known/tdmrep.json?a=1"),
        ("//cdn.example/p", "https://cdn.example/p"),
        (" <http://a.example/p> ", "http://a.example/p"),
        ("HTTPS://A.example/p%2Fq", "https://A.example/p%2Fq"),
        ("/terms of use/ü", "https://provider.example/terms%20of%20use/%C3%BC"),
    ],
)
def test_policy(raw: str, url: str) -> None:
    assert read_policy(raw, BASE) == url


@pytest.mark.parametrize(
    "raw",
    [
        *("", " ", "<>", "mailto:a@b.example", "javascript:alert(1)", "data:,x", "ftp://a.example/"),
        *("https://", "https:///p", "https:p", "http://[::1", "https://a.example:99999/", "/" + "x" * MAX_POLICY_URL),
        *(None, 7, ["/p"]),
    ],
)
def test_no_policy(raw: Any) -> None:
    assert read_policy(raw, BASE) is None


def test_names() -> None:
    assert {plain_name(name) for name in ("TDM-Reservation", "tdm_reservation", " tdm:reservation ")} == {
        "tdm-reservation"
    }


@settings(max_examples=150)
@given(st.text(alphabet=st.characters() | st.sampled_from("/:<>[]%#?@\ud800\x00")))
def test_no_text_makes_them_raise(text: str) -> None:
    read_text(text)
    url = read_policy(text, BASE)
    if url is not None:
        assert Origin.parse(url)
        assert url.isascii()
        assert " " not in url
