"""What a record still tells when an item is judged again without its content."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.judging.decide import Terms, decide
from tdm_guard.log.recall import item_of, said_then
from tdm_guard.model import Kind, Layer, Source, Stance, Statement, Verdict
from tdm_guard.usage import EVERY, TDM

PAGE = "https://a.example/1"
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def words(**members: Any) -> Statement:
    values = {"signal": "tdmrep", "usages": TDM, "stance": Stance.RESERVED, "excerpt": "tdm-reservation: 1", **members}
    carrier = values.pop("carrier", "header")
    return Statement.at(Source(values.pop("source", PAGE), carrier, "ab" * 32, NOW), **values)


def declared(key: str, value: str, **members: Any) -> Statement:
    match = {"key": key, "value": value, "strength": "identifier"}
    return words(
        signal="repertoire", layer=Layer.REPERTOIRE, source="musique-1", carrier="declaration", match=match, **members
    )


def record(*because: Statement | dict[str, Any]) -> dict[str, Any]:
    return {"because": [entry.to_dict() if isinstance(entry, Statement) else entry for entry in because]}


def recalled(*because: Statement | dict[str, Any]) -> tuple[Statement, ...]:
    return said_then(record(*because), read={"https://a.example/robots.txt"}, declarations={"musique-1"})


def test_the_words_of_a_page_come_back_as_they_were_read() -> None:
    said = words(locator="#tdm-reservation", policy_url="https://a.example/p", contact="a@a.example", repair="C3")
    [found] = recalled(said)
    assert found.to_dict() == said.to_dict()
    assert decide((found,), Terms(usages=TDM)).verdict is Verdict.RESERVED


def test_a_permission_of_the_page_comes_back_too() -> None:
    [found] = recalled(words(kind=Kind.PERMISSION, stance=Stance.PERMITTED, excerpt="tdm-reservation: 0"))
    assert (found.kind, found.stance) == (Kind.PERMISSION, Stance.PERMITTED)
    assert found.rank > words(rank=4).rank


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(words(source="https://a.example/robots.txt", carrier="robots.txt"), id="read again"),
        pytest.param(words(kind=Kind.ACCESS, usages=EVERY), id="access"),
        pytest.param(words(stance=Stance.UNDETERMINED), id="not read"),
        pytest.param(words(stance=Stance.UNSTATED), id="neither"),
        pytest.param(declared("iswc", "T0000000010"), id="declared: matched again"),
        pytest.param(declared("domain", "a.example"), id="declared: the address tells"),
    ],
)
def test_what_is_read_again_is_not_taken_from_the_record(said: Statement) -> None:
    assert recalled(said) == ()


def test_a_match_by_the_code_of_a_registrant_stands_while_its_declaration_does() -> None:
    said = declared("isrc_registrant", "FRZ03", doubt="catalogues are sold")
    assert [item.to_dict() for item in recalled(said)] == [said.to_dict()]
    assert said_then(record(said), read=(), declarations=()) == ()


def test_the_keys_of_the_work_come_back_but_not_what_the_address_tells() -> None:
    found = item_of(
        record(
            declared("iswc", "T0000000010"),
            declared("iswc", "T0000000010"),
            declared("creator_name", "exemple marie"),
            declared("creator_name", "exemple paul"),
            declared("domain", "a.example"),
            declared("isrc_registrant", "FRZ03"),
            words(),
        )
    )
    assert found == {"iswc": ["T0000000010"], "creator_name": ["exemple marie", "exemple paul"]}


ODD = ("reserved", "tdm", "9999-12-31T23:59:59-20:00")
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
MEMBERS = ("source", "layer", "kind", "carrier", "excerpt", "retrieved_at", "sha256", "match", "declaration", "terms")
ENTRY = st.fixed_dictionaries(
    {
        "stance": ANY | st.just("reserved"),
        "signal": ANY | st.just("tdmrep"),
        "usages": ANY | st.lists(st.sampled_from(["analysis", "search", "?"]), max_size=2),
    },
    optional=dict.fromkeys(MEMBERS, ANY),
)


@settings(max_examples=200)
@given(ANY | st.lists(ENTRY, max_size=3))
def test_no_record_makes_it_raise(because: Any) -> None:
    item_of({"because": because})
    for statement in said_then({"because": because}, read=(), declarations=("a",)):
        statement.to_dict()
        decide((statement,), Terms(usages=TDM))
