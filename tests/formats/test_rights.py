"""Rights in works as RSL-MEDIA and TDM·AI documents declare them."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats import tdm_ai
from tdm_guard.formats.rights import Right
from tdm_guard.formats.rows.row import RowsError
from tdm_guard.formats.rsl import rsl_media
from tdm_guard.usage import EVERY, TDM, TRAINING, Usage

AI = (*TRAINING, Usage.AI_INPUT, Usage.AI_INDEX)
TODAY = date(2026, 11, 28)
ISCC = "ISCC:KUAG2PRCRS5LNVZVJKAFAVOJXLZZM"


def media(inside: str = '<prohibits type="usage">ai-all</prohibits>', attributes: str = 'registry-id="W-1"') -> Right:
    xml = (
        '<rsl xmlns="https://rslstandard.org/rsl" xmlns:media="https://rslmedia.org/media" xmlns:x="urn:x">'
        f'<content url="/"><license/></content><media:right {attributes}><license>{inside}</license></media:right>'
        "</rsl>"
    )
    (right,) = rsl_media.read_rights(xml.encode())
    return right


def test_all_that_a_right_says() -> None:
    right = media(
        '<prohibits type="usage">media:ai-train</prohibits><payment type="use"><standard>https://a.example/l</standard>'
        '</payment><legal type="contact">mailto:rights@a.example</legal>',
        'registry="r.example" registry-id="W-1" isrd="ISRD-1" subject="work" status="active" '
        'valid-from="2026-01-01" valid-until="2027-06-30T00:00:00Z" holder="Marie Exemple"',
    )
    assert right.keys == (("isrd", "ISRD-1"), ("registry_id", "r.example/W-1"))
    assert (right.since, right.until, right.status) == (date(2026, 1, 1), date(2027, 6, 30), "active")
    assert (right.subject, right.name, right.registry) == ("work", "Marie Exemple", "r.example")
    assert (right.licence, right.contact) == ("https://a.example/l", "rights@a.example")
    assert (right.usages, right.problem, right.idle(TODAY)) == (AI, None, None)
    assert right.words == '<prohibits type="usage">media:ai-train</prohibits>'


def test_without_a_prohibition_the_words_are_what_is_permitted_and_for_what() -> None:
    right = media('<permits type="usage">ai-all</permits><payment type="use"/>', 'registry-id="W-1"')
    assert right.words is not None
    assert right.words.startswith('<permits type="usage">ai-all</permits> <payment type="use"')


@pytest.mark.parametrize(
    ("inside", "usages"),
    [
        ('<prohibits type="usage">media:ai-train</prohibits>', TRAINING),
        ('<prohibits type="usage">all</prohibits>', EVERY),
        ('<prohibits type="usage">media:ai-generate</prohibits>', AI),
        ('<prohibits type="usage">voice-cloning</prohibits>', AI),
        ('<x:prohibits type="usage">ai-train</x:prohibits>', TRAINING),
        ("<x:forbids/>", AI),
        ('<permits type="usage">media:ai-train</permits>', (Usage.AI_INPUT, Usage.AI_INDEX)),
        ('<permits type="usage">ai-all</permits>', ()),
        ('<permits type="usage">ai-all</permits><payment type="use"/>', AI),
        ('<permits type="usage">ai-train</permits><payment type="free"/>', (Usage.AI_INPUT, Usage.AI_INDEX)),
        ('<permits type="user">education</permits>', AI),
        ("<payment type='subscription'/>", AI),
        ("<payment type='free'/>", ()),
        ("", ()),
    ],
)
def test_usages_of_a_right(inside: str, usages: tuple[Usage, ...]) -> None:
    assert set(media(inside).usages) == set(usages)


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ('registry-id="W-1" status="withdrawn"', "status withdrawn"),
        ('registry-id="W-1" status="Superseded"', "status superseded"),
        ('registry-id="W-1" valid-until="2026-11-27"', "ended"),
        ('registry-id="W-1" validTo="2026-11-27"', "ended"),
        ('registry-id="*"', "for a whole registry"),
        ('registry-id="W-1" valid-until="2026-11-28"', None),
        ('registry-id="W-1" valid-until="perpetual"', None),
        ('registry-id="W-1" status="ACTIVE" valid-from="2030-01-01"', None),
    ],
)
def test_which_rights_reserve_nothing(attributes: str, why: str | None) -> None:
    right = media(attributes=attributes)
    assert (right.idle(TODAY), right.problem) == (why, None)


def test_what_cannot_be_read_in_a_right_is_told() -> None:
    assert media(attributes='registry="r"').problem == "nothing by which its work is known"
    right = media(attributes='registry-id="W-1" valid-until="2026-13-45"')
    assert (right.until, right.idle(TODAY)) == (None, None)  # what nobody can tell to have ended has not
    assert right.problem is not None


@pytest.mark.parametrize("body", [b"", b"<rsl/>", b"<!DOCTYPE x><rsl/>", b"<rsl>"])
def test_what_is_no_document_of_rights(body: bytes) -> None:
    with pytest.raises(RowsError):
        list(rsl_media.read_rights(body))
    with pytest.raises(RowsError):
        list(tdm_ai.read_rights(body.decode()))


@pytest.mark.parametrize(
    ("said", "usages"),
    [
        ({"all": "false"}, TDM),
        ({"all": "n", "ai-use": "y"}, set(TDM) - {Usage.AI_INPUT}),
        ({"all": "true", "train-genai": "false"}, {Usage.GENAI_TRAINING}),
        ({"train-ai": False}, TRAINING),
        ({"all": False, "train-ai": True}, set(TDM) - set(TRAINING)),
        ({"train-ai": "n", "train-genai": "y"}, {Usage.NONGENAI_TRAINING}),
        ({"search": "false"}, {Usage.SEARCH}),
        ({"all": "only on request"}, TDM),
        ({"tdm-reservation": 1, "tdm-policy": "https://a.example/p"}, TDM),
        ({"tdm-reservation": "1"}, TDM),
        ({"tdm-reservation": 0}, ()),
        ({"usagePermission": {"TDM": True, "aiTraining": False}}, TRAINING),
        ({"tdm": "usageReservation", "aiTraining": "usagePermission"}, set(TDM) - set(TRAINING)),
        ({"TDMAI": False}, TRAINING),
        ({"TDMAI": True}, ()),
        ({"all": "y"}, ()),
        ({}, ()),
    ],
)
def test_usages_of_a_preference(said: dict[str, Any], usages: Any) -> None:
    (right,) = tdm_ai.read_rights(json.dumps({"iscc": ISCC, **said}))
    assert set(right.usages) == set(usages)
    assert right.keys == (("iscc", ISCC),)


def test_more_preferences_than_are_read_are_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tdm_ai, "MAX_RIGHTS", 3)
    assert len(list(tdm_ai.read_rights(json.dumps([{"iscc": ISCC}] * 3)))) == 3
    with pytest.raises(RowsError, match="more than 3"):
        list(tdm_ai.read_rights(json.dumps([{"iscc": ISCC}] * 4)))
    deep: Any = {"iscc": ISCC}
    for _ in range(20):
        deep = [deep]
    with pytest.raises(RowsError, match="nested"):
        list(tdm_ai.read_rights(json.dumps([{"iscc": ISCC}, deep])))


def test_forms_of_a_file_of_preferences() -> None:
    one, two = {"iscc": ISCC, "all": "n"}, {"iscc": [ISCC], "all": "y"}
    for text in (
        json.dumps([one, two]),
        f"{json.dumps(one)}\n{json.dumps(two)}\n",
        json.dumps({"data": {"x": [one, two]}}),
    ):
        assert [bool(right.usages) for right in tdm_ai.read_rights(text)] == [True, False]


def test_a_later_preference_takes_the_place_of_the_one_it_names() -> None:
    told = [
        {"iscc": ISCC, "all": "n", "cid": "bafy1"},
        {"iscc": ISCC, "all": "y", "cid": "bafy2", "intent": "update", "reference": "bafy1"},
    ]
    assert [right.idle(TODAY) for right in tdm_ai.read_rights(json.dumps(told))] == [
        "replaced by a later one", "reserves nothing"
    ]  # fmt: skip
    told[1]["reference"] = "bafy9"
    assert next(tdm_ai.read_rights(json.dumps(told))).idle(TODAY) is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["false", "y", ISCC, "bafy1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["iscc", "all", "ai-use", "reference", "cid", "x", "usagePermission"]), inner)
    ),
    max_leaves=15,
)


@settings(max_examples=200)
@given(st.binary(max_size=60), values, st.text(max_size=40))
def test_nothing_but_rows_errors(tail: bytes, value: Any, text: str) -> None:
    head = b'<rsl xmlns="https://rslstandard.org/rsl" xmlns:media="https://rslmedia.org/media"><media:right '
    for body in (tail, head + tail, head + b">" + tail + b"</media:right></rsl>"):
        with suppress(RowsError):
            assert all(isinstance(right, Right) for right in rsl_media.read_rights(body))
    for said in (json.dumps(value), text, json.dumps({"iscc": text, "all": value})):
        with suppress(RowsError):
            assert all(isinstance(right, Right) for right in tdm_ai.read_rights(said))
