"""Items that callers hand in: mistakes are errors that name the right key, and what may be right is left alone."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.errors import ConfigurationError
from tdm_guard.model import Source
from tdm_guard.repertoire.callers_item import (
    ITEM,
    MAX_KEPT,
    MAX_PROBLEMS,
    callers_item,
    check_item,
    check_request_keys,
    nearest_keys,
)
from tdm_guard.repertoire.item import (
    ITEM_KEYS,
    MAX_DEPTH,
    MAX_DOUBTS,
    MAX_FAULTS,
    MAX_ITEMS,
    MAX_VALUES,
    read_callers_item,
)

SOURCE = Source(url="https://catalogue.example/w/1", carrier="item")
ISWC = "T-000.000.001-0"


def problems(item: object) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        check_item(item)
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems
    return caught.value.problems


def doubts(item: object) -> list[tuple[str, str | None]]:
    return [(doubt.key, doubt.fault.locator) for doubt in read_callers_item(item, SOURCE).doubts]


# ---- keys ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("ISWC", ["iswc"]),
        ("Iswc", ["iswc"]),
        ("isrcs", ["isrc"]),
        ("ISBN-13", ["isbn"]),
        ("creator", ["creator_name", "creator_ipi", "creator_isni"]),
        ("creators", ["creator_name", "creator_ipi", "creator_isni"]),
        ("creatorName", ["creator_name"]),
        ("creator name", ["creator_name"]),
        ("creator_names", ["creator_name"]),
        ("name", ["creator_name"]),
        ("artist", ["creator_name"]),
        ("ipi", ["creator_ipi"]),
        ("isni", ["creator_isni"]),
        ("ean", ["gtin"]),
        ("contain", ["contains"]),
        ("works", ["contains"]),
        ("lable", ["label"]),
        ("URL", ["url"]),
        ("isrc_registrant", ["isrc"]),
        ("url_prefix", ["url"]),
        ("domain", ["url"]),
        ("colour", []),
        ("", []),
    ],
)
def test_a_wrong_key_is_told_with_the_one_that_it_may_mean(key: str, meant: list[str]) -> None:
    assert list(nearest_keys(key)) == meant
    (problem,) = problems({key: "x"})
    good = f"did you mean {' or '.join(meant)}?" if meant else f"known are {', '.join(ITEM_KEYS)}"
    assert problem == f"item: unknown key {key!r}; {good}"


@pytest.mark.parametrize("key", ITEM_KEYS)
def test_each_key_of_an_item_is_known(key: str) -> None:
    check_item({key: [] if key == "contains" else "x"})
    assert nearest_keys(key.upper()) == (key,)


@given(st.text(max_size=30))
@settings(max_examples=100)
def test_any_other_key_is_a_mistake(key: str) -> None:
    if key not in ITEM_KEYS:
        assert len(problems({key: "x"})) == 1
    assert set(nearest_keys(key)) <= set(ITEM_KEYS)


# ---- shapes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "item",
    [
        {},
        [],
        {"iswc": ISWC},
        [{"iswc": ISWC}, {"isbn": "9780000000019"}],
        ({"iswc": ISWC},),
        {"iswc": None, "isbn": "", "creator_name": []},
        {"creator_name": ["Marie Exemple", "Paul Auteur"], "type": ["text"], "title": ["Une chanson"]},
        {"creator_name": ("Marie Exemple",)},
        {"contains": [{"iswc": ISWC}, {"contains": {"isrc": "FRZ039800212"}}]},
        {"contains": None},
        {"iswc": "no code at all", "type": "podcast", "url": "/w/1"},  # doubts and faults, not the shape
    ],
)
def test_what_may_be_right_is_no_mistake(item: object) -> None:
    check_item(item)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (ISWC, f"item: '{ISWC}' is no item and no list of items; for example"),
        ("", "item: '' is no item and no list of items"),
        (7, "item: 7 is no item and no list of items"),
        (False, "item: False is no item"),
        (b"T0000000010", "is no item"),
        ([ISWC], f"item: [0]: '{ISWC}' is no item; for example"),
        ([{}, None], "item: [1]: None is no item"),
        ([[{"iswc": ISWC}]], "item: [0]: [{'iswc': 'T-000.000.001-0'}] is no item"),
        ({"isbn": 9780000000019}, 'item: isbn: 9780000000019 is neither a text nor a list of texts; for example "978'),
        ({"isbn": [9780000000019]}, 'item: isbn[0]: 9780000000019 is no text; for example "9780000000019"'),
        ({"isbn": ["9780000000019", None]}, "item: isbn[1]: None is no text"),
        ({"isbn": True}, "item: isbn: True is neither a text nor a list of texts"),
        ({"isbn": {"9780000000019"}}, "is neither a text nor a list of texts"),
        ({"creator_name": {"name": "Marie"}}, "item: creator_name: {'name': 'Marie'} is neither"),
        ({"creator_name": [["Marie"]]}, "item: creator_name[0]: ['Marie'] is no text"),
        ({"title": 1989}, "item: title: 1989 is neither"),
        ({"type": 1}, "item: type: 1 is neither"),
        ({"contains": ISWC}, f"item: contains: '{ISWC}' is no item and no list of items"),
        ({"contains": [ISWC]}, "item: contains[0]: "),
        ({"contains": [{"iswc": ISWC}, {"contains": {"ISRC": "x"}}]}, "item: contains[1].contains: unknown key 'ISRC'"),
        ([{"iswc": ISWC}, {"ISWC": ISWC}], "item: [1]: unknown key 'ISWC'; did you mean iswc?"),
        ({7: "x"}, "item: unknown key 7; known are"),
    ],
)
def test_another_shape_is_told_with_its_place(item: object, words: str) -> None:
    assert [words in problem for problem in problems(item)] == [True]


def test_every_mistake_is_told_and_their_number_is_bounded() -> None:
    assert len(problems({"ISWC": "x", "isbn": 7, "contains": [{"creator": "x"}]})) == 3
    many = problems([{"ISWC": "x"}] * 50)
    assert (len(many), many[-1]) == (MAX_PROBLEMS + 1, f"item: {50 - MAX_PROBLEMS} more mistakes")


def test_a_message_tells_no_password() -> None:
    assert "secret" not in "".join(problems("https://user:secret@site.example/"))


def test_a_walk_ends() -> None:
    item: dict[str, Any] = {"iswc": ISWC}
    item["contains"] = [item] * 50
    check_item(item)
    check_item([{"iswc": ISWC}] * 10 * MAX_ITEMS)
    check_item({"creator_name": ["x"] * 10 * MAX_VALUES})


LEAF: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from([key for key in ITEM_KEYS if key != "contains"]),
    st.none() | st.text(max_size=8) | st.lists(st.text(max_size=8), max_size=3),
    max_size=3,
)
ONE = st.recursive(
    LEAF, lambda inner: st.builds(dict, LEAF, contains=inner | st.lists(inner, max_size=2)), max_leaves=5
)
WELL = ONE | st.lists(ONE, max_size=3)
WRONG = (
    st.integers()
    | st.booleans()
    | st.floats()
    | st.binary(max_size=3)
    | st.dictionaries(st.text(max_size=3), st.none())
)


@given(WELL)
@settings(max_examples=100)
def test_a_well_formed_item_is_taken_and_each_doubt_of_it_is_a_fault_too(item: object) -> None:
    check_item(item)
    read = read_callers_item(item, SOURCE)
    assert {doubt.fault for doubt in read.doubts} <= set(read.faults)
    assert all(doubt.key in ITEM_KEYS for doubt in read.doubts)


@given(
    key=st.sampled_from([key for key in ITEM_KEYS if key != "contains"]),
    value=WRONG,
    listed=st.booleans(),
    deep=st.booleans(),
)
@settings(max_examples=100)
def test_no_value_of_another_type_is_taken(key: str, value: object, listed: bool, deep: bool) -> None:
    item: dict[str, Any] = {key: [value] if listed else value}
    assert len(problems({"contains": [{}, item]} if deep else item)) == 1


# ---- keys of requests ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        "tdm_guard_items", "tdmguard_item", "tdm_guarditem", "TDM_GUARD_ITEM", "tdm-guard-item", "tdm_gaurd_item",
        "tdm_guard_itm", "tdm_gard_item", "tmd_guard_item", "guard_item", "tdm_item", "tdmGuardItem", "_tdm_guard_item",
    ],
)  # fmt: skip
def test_a_request_key_that_is_nearly_ours_is_a_mistake(key: str) -> None:
    for _ in range(2):  # none is learned to be another's
        with pytest.raises(ConfigurationError, match=f"'{key}' is no key of ours; did you mean tdm_guard_item\\?"):
            callers_item({"depth": 1, key: {"iswc": ISWC}})


@pytest.mark.parametrize(
    "key",
    [
        "item", "items", "standard_item", "guarded_item", "cardinal_items", "media_item", "depth", "download_timeout",
        "tdm_guard", "tdm_guard_policy", "tdm_guard_time", "tdm_guard_decision", "proxy", "cookiejar", "sni_hostname",
        "audit_item", "", "x" * 500, 7, ("tdm_guard_items",), b"tdm_guard_items", None,
    ],
)  # fmt: skip
def test_the_keys_of_others_are_left_alone(key: object) -> None:
    assert callers_item({key: "x"}) is None
    assert callers_item({key: "x", ITEM: {"iswc": ISWC}}) == {"iswc": ISWC}


def test_keys_that_differ_in_each_request_fill_no_memory() -> None:
    from tdm_guard.repertoire import callers_item as module

    for number in range(MAX_KEPT + 10):
        check_request_keys({f"key-{number}": None})
    assert len(module._others) <= MAX_KEPT
    with pytest.raises(ConfigurationError):
        check_request_keys(["tdm_guard_items"])


@pytest.mark.parametrize("about", [{}, {ITEM: None}])
def test_a_request_that_says_nothing_has_no_item(about: dict[str, Any]) -> None:
    assert callers_item(about) is None


def test_the_item_of_a_request_is_checked_by_the_name_it_has_there() -> None:
    with pytest.raises(ConfigurationError, match="tdm_guard_item: unknown key 'ISWC'; did you mean iswc\\?"):
        callers_item({ITEM: {"ISWC": ISWC}})


# ---- doubts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"iswc": "T-000.000.001-1"}, [("iswc", "iswc")]),
        ({"isrc": "X"}, [("isrc", "isrc")]),
        ({"isbn": ["9780000000019", "9780000000018"]}, [("isbn", "isbn[1]")]),
        ({"isbn": "9780000000019, 9780000000018"}, [("isbn", "isbn")]),
        ({"gtin": "1", "doi": "x"}, [("doi", "doi"), ("gtin", "gtin")]),
        ({"creator_ipi": "x"}, [("creator_ipi", "creator_ipi")]),
        ({"creator_isni": "0000000000000011"}, [("creator_isni", "creator_isni")]),
        ({"contains": [{}, {"isrc": "X"}]}, [("isrc", "contains[1].isrc")]),
        ([{"iswc": "T-000.000.001-0"}, {"issn": "1"}], [("issn", "[1].issn")]),
        ({"url": "/w/1"}, [("url", "url")]),
        ({"creator_name": ["Marie"] * (MAX_VALUES + 1)}, [("creator_name", "creator_name")]),
        # what nothing could be declared by, what counts as it is written, what is no code beside one
        ({"creator_name": "!?", "society": "-", "label": "…"}, []),
        ({"creator_ipi": "00000000298"}, []),
        ({"type": "podcast"}, []),
        ({"isrc": "FRZ039800212 remix"}, []),
        ({"isbn": "9780000000019 (print)"}, []),
        ({"iswc": None, "isbn": "", "doi": "  ", "issn": []}, []),
    ],
)
def test_a_code_that_cannot_be_used_is_a_doubt(item: object, found: list[tuple[str, str]]) -> None:
    assert doubts(item) == found


def test_what_is_beyond_the_bounds_is_a_doubt_too() -> None:
    assert doubts([{"iswc": ISWC}] * (MAX_ITEMS + 5)) == [("contains", f"[{MAX_ITEMS}]")]
    deep: dict[str, Any] = {"iswc": ISWC}
    for _ in range(MAX_DEPTH + 1):
        deep = {"contains": deep}
    assert [key for key, _ in doubts(deep)] == ["contains"]


def test_of_many_doubts_each_key_is_told() -> None:
    found = doubts([{"isbn": "1"}] * (MAX_FAULTS + 50) + [{"iswc": "1"}])
    assert len(found) == MAX_DOUBTS + 1
    assert {key for key, _ in found} == {"isbn", "iswc"}
