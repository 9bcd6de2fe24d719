"""Items: every layer read, every value in its one spelling, what is wrong told with its place, nothing raised."""

from __future__ import annotations

import math
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.model import Fault, Source
from tdm_guard.repertoire.item import (
    ITEM_KEYS,
    KEYS,
    MAX_DEPTH,
    MAX_FAULTS,
    MAX_ITEMS,
    MAX_LENGTH,
    MAX_VALUES,
    Item,
    normalise,
    read_item,
)
from tdm_guard.repertoire.words import MATCH_KEYS

SOURCE = Source(url="https://catalogue.example/w/1", carrier="item")
CONTRACT = (
    "type title creator_name creator_ipi creator_isni iswc isrc isbn issn doi isan eidr gtin isrd registry_id iscc "
    "publisher label society url contains"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(ITEM_KEYS) | st.text(max_size=10), inner, max_size=5)
    ),
    max_leaves=20,
)


def read(value: object) -> tuple[tuple[Item, ...], tuple[Fault, ...]]:
    return read_item(value, SOURCE)


def only(value: object) -> Item:
    items, faults = read(value)
    assert (len(items), faults) == (1, ())
    return items[0]


def places(value: object) -> list[str | None]:
    return [fault.locator for fault in read(value)[1]]


def test_the_vocabulary_is_that_of_the_documentation() -> None:
    assert sorted(ITEM_KEYS) == sorted(CONTRACT.split())


def test_what_can_be_declared_can_be_matched_and_its_example_is_a_good_one() -> None:
    assert set(KEYS) == set(MATCH_KEYS)
    assert [key for key, example in MATCH_KEYS.items() if normalise(key, example) is None] == []


def test_a_whole_item() -> None:
    item = only(
        {
            "type": "sound recording",
            "title": "Une chanson",
            "isrc": "FR-Z03-98-00212",
            "creator_name": ["EXEMPLE, Marie", "Paul Auteur"],
            "creator_ipi": "199",
            "society": "S.A.C.E.M.",
            "url": "https://music.example/1",
        }
    )
    assert item.type == "sound_recording"
    assert item.keys == {
        "isrc": ("FRZ039800212",),
        "creator_name": ("exemple marie", "auteur paul"),
        "creator_ipi": ("00000000199",),
        "society": ("sacem",),
    }
    assert item.urls == ("https://music.example/1",)
    assert item.partial == ()
    assert pickle.loads(pickle.dumps(item)) == item


def test_layers_are_flattened_in_their_order() -> None:
    items, faults = read(
        {
            "type": "sound_recording",
            "isrc": "FRZ039800212",
            "contains": [
                {
                    "type": "musical_work",
                    "iswc": "T0000000010",
                    "contains": {"type": "lyrics", "creator_name": "Marie"},
                },
                {"type": "artwork", "creator_name": "Jean"},
            ],
        }
    )
    assert [item.type for item in items] == ["sound_recording", "musical_work", "lyrics", "artwork"]
    assert faults == ()


def test_several_items_in_a_list() -> None:
    items, _ = read([{"iswc": "T0000000010"}, {"isbn": "9780000000019"}])
    assert [tuple(item.keys) for item in items] == [("iswc",), ("isbn",)]


@pytest.mark.parametrize("value", [{}, [], {"title": "Une chanson"}, {"iswc": None, "isbn": "", "type": "", "doi": []}])
def test_nothing_known(value: object) -> None:
    assert read(value) == ((), ())


@pytest.mark.parametrize("value", [{"type": "text"}, {"url": "https://music.example/1"}])
def test_a_type_or_an_address_makes_an_item_that_cannot_be_matched(value: object) -> None:
    assert not only(value).matchable


def test_equal_values_are_one() -> None:
    assert only({"creator_ipi": ["199", "00000000199"]}).keys == {"creator_ipi": ("00000000199",)}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"iswc": "T-000.000.001-1"}, "iswc"),
        ({"isbn": ["9780000000019", "9780000000018"]}, "isbn[1]"),
        ({"contains": [{}, {}, {"isrc": "X"}]}, "contains[2].isrc"),
        ({"contains": {"contains": [{"doi": 7}]}}, "contains.contains[0].doi"),
        ([{"gtin": "1"}], "[0].gtin"),
        ({"creator_name": {"name": "Marie"}}, "creator_name"),
        ({"creator_name": [["Marie"]]}, "creator_name[0]"),
        ({"isbn": 9780000000019}, "isbn"),
        ({"type": "podcast"}, "type"),
        ({"type": ["text"]}, "type"),
        ({"url": "/w/1"}, "url"),
        ({"url": "ftp://music.example/"}, "url"),
        ({"iswe": "T0000000010"}, "iswe"),
        ({"domain": "music.example"}, "domain"),
        ({"contains": "T0000000010"}, "contains"),
        ({"contains": [None]}, "contains[0]"),
        ({"label": "!?"}, "label"),
        ({"creator_name": "x" * (MAX_LENGTH + 1)}, "creator_name"),
        ({7: "x"}, "<int>"),
        ("T0000000010", None),
    ],
)
def test_a_fault_says_where(value: object, place: str | None) -> None:
    _, faults = read(value)
    assert [(fault.locator, fault.signal) for fault in faults] == [(place, "repertoire")]


def test_what_is_wrong_beside_what_is_right() -> None:
    (item,), faults = read({"isbn": ["9780000000018", "9780000000019"], "iswc": "T0000000011"})
    assert item.keys == {"isbn": ("9780000000019",)}
    assert set(item.partial) == {"isbn", "iswc"}
    assert [fault.excerpt for fault in faults] == ["T0000000011", "9780000000018"]


def test_an_unknown_type_is_none_at_all() -> None:
    (item,), _ = read({"type": "podcast", "isrc": "FRZ039800212"})
    assert item.type is None


def test_a_name_number_with_wrong_check_digits_is_compared_as_written_and_told() -> None:
    (item,), faults = read({"creator_ipi": "00000000298"})
    assert item.keys == {"creator_ipi": ("00000000298",)}
    assert item.partial == ()
    assert ["check digits" in fault.message for fault in faults] == [True]


def test_bounds() -> None:
    deep: dict[str, Any] = {"iswc": "T0000000010"}
    for _ in range(MAX_DEPTH + 1):
        deep = {"contains": deep}
    assert read(deep)[0] == ()
    assert places(deep) == [".".join(["contains"] * (MAX_DEPTH + 1))]
    assert len(read(deep["contains"])[0]) == 1

    many = [{"iswc": "T0000000010"}] * (MAX_ITEMS + 5)
    assert len(read(many)[0]) == MAX_ITEMS
    assert len(places(many)) == 1
    assert len(read({"contains": many})[0]) == MAX_ITEMS - 1

    item = read({"creator_name": [f"Person {number}" for number in range(MAX_VALUES + 1)]})[0][0]
    assert len(item.keys["creator_name"]) == MAX_VALUES
    assert item.partial == ("creator_name",)

    faults = read([{"isbn": "1"}] * MAX_ITEMS)[1]
    assert len(faults) == MAX_FAULTS + 1
    assert str(MAX_ITEMS - MAX_FAULTS) in faults[-1].message


def test_a_tree_of_nothing_ends() -> None:
    bush: Any = {}
    for _ in range(MAX_DEPTH - 1):
        bush = {"contains": [bush] * 50}
    assert read(bush)[0] == ()


@given(JSON)
@settings(max_examples=200)
def test_no_value_makes_it_raise(value: object) -> None:
    items, faults = read(value)
    assert all(item.keys or item.urls or item.type for item in items)
    assert all(isinstance(fault.to_dict(), dict) for fault in faults)


@pytest.mark.parametrize("value", [None, 7, math.nan, "x", b"x", {"iswc": b"T0000000010"}, {"contains": {1, 2}}])
def test_what_is_no_json_does_not_raise_either(value: object) -> None:
    items, faults = read(value)
    assert items == ()
    assert len(faults) == 1


@pytest.mark.parametrize("key", KEYS)
@given(data=st.data())
@settings(max_examples=30)
def test_a_spelling_stays(key: str, data: st.DataObject) -> None:
    raw = data.draw(st.text(max_size=30) | st.sampled_from(list(MATCH_KEYS.values())))
    spelled = normalise(key, raw)
    assert spelled is None or (spelled and normalise(key, spelled) == spelled)


def test_several_values_in_one_text_are_each_read() -> None:
    item = only({"isrc": "FRZ039800212; USRC17607839", "creator_name": "AC/DC"})
    assert item.keys == {
        "isrc": ("FRZ039800212", "USRC17607839"),
        "creator_name": ("ac dc", "ac", "dc"),
    }
    assert (item.partial, item.joined) == ((), ("creator_name",))


def test_a_bad_code_in_a_text_of_several_is_told_and_the_good_ones_stay() -> None:
    items, faults = read({"isrc": ["FRZ039800212, nonsense"]})
    assert items[0].keys == {"isrc": ("FRZ039800212",)}
    assert items[0].partial == ("isrc",)
    assert [(fault.locator, fault.excerpt) for fault in faults] == [("isrc[0]", "nonsense")]
