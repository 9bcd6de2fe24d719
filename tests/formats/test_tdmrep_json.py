from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.json_members import Members
from tdm_guard.formats.site.tdmrep_json import MAX_RULES, is_page, mentions_reservation, parse


def rule(location: str = "/") -> dict[str, object]:
    return {"location": location, "tdm-reservation": 1}


def test_an_array_of_rules() -> None:
    file = parse(b'[{"location": "/a", "tdm-reservation": 1}, 7, {"location": "/b"}]')
    assert file.problem is None
    assert [(entry.number, entry.wrapped) for entry in file.entries] == [(1, False), (2, False), (3, False)]
    assert [entry.members for entry in file.entries] == [
        Members([("location", "/a"), ("tdm-reservation", 1)]),
        None,
        Members([("location", "/b")]),
    ]


def test_duplicates_are_kept() -> None:
    (entry,) = parse(b'[{"a": 1, "a": 2}]').entries
    assert entry.members == (("a", 1), ("a", 2))


@pytest.mark.parametrize(
    "root",
    [
        rule(),
        {"policies": [rule()]},
        {"Rules": [rule()], "version": None},
        {"list": rule()},
        [[rule()]],
        [{"tdmrep": [rule()]}],
        {"tdmrep": {"policies": [[rule()]]}},
    ],
)
def test_rules_at_a_wrong_place_are_marked(root: object) -> None:
    found = [entry for entry in parse(json.dumps(root).encode()).entries if entry.members]
    assert any(dict(entry.members or ()).get("location") == "/" and entry.wrapped for entry in found)


def test_members_under_tdm_belong_to_the_rule_around_them() -> None:
    (entry,) = parse(b'[{"location": "/a", "tdm": {"reservation": 1, "tdm-policy": "/p"}}]').entries
    assert entry.members == (("location", "/a"), ("tdm:reservation", 1), ("tdm:policy", "/p"))


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "line 1"),
        (b"[\n{]", "line 2"),
        (b"[NaN]", None),
        (b"[-Infinity]", None),
        (b"[" * 100_000, None),
        (b'{"a":' * 100_000, None),
        ('[{"location":"/"}]'.encode("utf-16"), "line 1"),
    ],
)
def test_what_is_no_json_says_where(body: bytes, place: str | None) -> None:
    file = parse(body)
    assert not file.is_json
    assert file.entries == ()
    assert file.place == place
    assert file.problem
    assert file.problem.startswith("not JSON")


@pytest.mark.parametrize("body", [b"1", b'"x"', b"null", b"true"])
def test_a_root_that_can_hold_nothing(body: bytes) -> None:
    assert parse(body).problem == "the root is neither an array nor an object"


def test_very_long_numbers_are_read_past() -> None:
    (entry,) = parse(b'[{"n": ' + b"9" * 100_000 + b', "m": 1e999999}]').entries
    assert entry.members == (("n", float("inf")), ("m", float("inf")))


def test_wrong_bytes_do_not_cost_the_file() -> None:
    (entry,) = parse(b'[{"comment": "caf\xe9", "location": "/"}]').entries
    assert entry.members is not None
    assert entry.members[1] == ("location", "/")


def test_more_rules_than_are_read_is_said_not_cut() -> None:
    assert len(parse(json.dumps([{}] * MAX_RULES).encode()).entries) == MAX_RULES
    over = parse(json.dumps([{}] * (MAX_RULES + 1)).encode())
    assert over.overflow
    assert over.entries == ()


@pytest.mark.parametrize(
    "text",
    [
        '[{"location":"/","tdm-reservation":1},]',
        "{'tdm_reservation': 'true'}",
        '{"TDM:Reservation": "1"}',
        '{"tdm-reservation": 1.0,,}',
        "tdm-reservation: 1\n",
        "# our policy\r\n  tdm-reservation = 1",
        "{“tdm-reservation”: “1”}",
        "[{‘location’:‘/’, ‘tdm-reservation’: 1}]",
        "[{`location`:`/`, `tdm-reservation`: `1`}]",
        "[{«location»:«/», «tdm-reservation»: 1}]",
        "[{″location″:″/″, ′tdm-reservation′: ′1′}]",
        "[{&quot;location&quot;:&quot;/&quot;,&quot;tdm-reservation&quot;:1}]",
        "[{&#34;tdm-reservation&#34;: &#34;1&#34;}]",
        json.dumps('[{"location":"/","tdm-reservation":1}]'),
        json.dumps(json.dumps('[{"location":"/","tdm-reservation":"1"}]')),
        '"[{\\u0022tdm-reservation\\u0022:1}]"',
    ],
)
def test_the_member_in_a_broken_text(text: str) -> None:
    assert mentions_reservation(text.encode())
    assert mentions_reservation(text.encode("utf-16"))


@pytest.mark.parametrize(
    "text",
    [
        '[{"tdm-reservation":0},]',
        '[{"tdm-reservation":10},]',
        "[{‘tdm-reservation’: ‘0’}]",
        "[{&quot;tdm-reservation&quot;: 0}]",
        json.dumps('[{"location":"/","tdm-reservation":0}]'),
        json.dumps('[{"location":"/","tdm-reservation":11}]'),
        '[{"tdm-reservation":1.5},]',
        '[{"tdm-reservation":"truely"},]',
        '<meta name="tdm-reservation" content="1">',
        "Set tdm-reservation to 1. See tdm-reservation: 1 in the middle of a line.",
        "tdm-reservation",
    ],
)
def test_no_such_member(text: str) -> None:
    assert mentions_reservation(text.encode()) is None


@pytest.mark.parametrize(
    ("body", "page"), [(b"<html>", True), (b"\xef\xbb\xbf \n<!doctype html>", True), (b"[]", False), (b"", False)]
)
def test_a_page_in_its_stead(body: bytes, page: bool) -> None:
    assert is_page(body) is page


@settings(max_examples=200)
@given(st.binary() | st.text(alphabet='[]{}",:01 \ntdm-reservation\ud800').map(lambda t: t.encode("utf-8", "ignore")))
def test_no_bytes_make_it_raise(body: bytes) -> None:
    parse(body)
    mentions_reservation(body)
    is_page(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from(["tdm", "rules"]), inner),
    max_leaves=20,
)


@settings(max_examples=150)
@given(json_values)
def test_whatever_json_it_is(value: object) -> None:
    file = parse(json.dumps(value).encode())
    assert file.is_json
    assert [entry.number for entry in file.entries] == list(range(1, len(file.entries) + 1))
    assert (file.problem is None) is isinstance(value, list)
