"""Reviews: who decided what about which doubt, every mistake with its place."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.repertoire.problem import Problem
from tdm_guard.repertoire.review import Review, read_review

MATCH: dict[str, Any] = {
    "outcome": "released",
    "declaration": "musique-2023",
    "key": "creator_name",
    "value": "EXEMPLE, Marie",
    "url": "https://catalogue.example/w/1",
    "by": "legal@acme.example",
    "at": "2026-03-02T09:00:00Z",
    "why": "another person of the same name",
    "until": date(2027, 3, 2),
}
LICENCE: dict[str, Any] = {
    "outcome": "released",
    "authorisation": "lic-2025-017",
    "by": "legal@acme.example",
    "at": date(2026, 3, 2),
    "why": "signed copy seen",
}


def read(table: Any) -> tuple[Review | None, tuple[Problem, ...]]:
    return read_review(table, "my.toml: reviews[0]")


def test_every_member_is_read_and_the_value_normalised() -> None:
    review, problems = read(MATCH)
    assert problems == ()
    assert review is not None
    assert review.key == "creator_name"
    same, _ = read({**MATCH, "value": "Marie Exemple"})
    assert same == review
    assert review.at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert review.until == date(2027, 3, 2)
    assert pickle.loads(pickle.dumps(review)) == review


def test_the_value_of_a_record_is_accepted_as_it_stands() -> None:
    review, _ = read(MATCH)
    assert review is not None
    again, problems = read({**MATCH, "value": review.value})
    assert problems == ()
    assert again == review


def test_a_review_of_a_licence_names_no_match() -> None:
    review, problems = read(LICENCE)
    assert problems == ()
    assert review is not None
    assert (review.declaration, review.key, review.value, review.url) == (None, None, None, None)
    assert review.at == datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize("member", ["outcome", "declaration", "key", "value", "by", "at", "why"])
def test_what_must_be_given(member: str) -> None:
    review, problems = read({name: value for name, value in MATCH.items() if name != member})
    assert review is None
    assert [problem.path for problem in problems] == [f"my.toml: reviews[0].{member}"]


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({**MATCH, "outcome": "approved"}, "outcome"),
        ({**MATCH, "key": "title"}, "key"),
        ({**MATCH, "key": "iswc", "value": "T-000.000.001-1"}, "value"),
        ({**MATCH, "value": 3}, "value"),
        ({**MATCH, "url": "catalogue.example/w/1"}, "url"),
        ({**MATCH, "by": ""}, "by"),
        ({**MATCH, "why": ""}, "why"),
        ({**MATCH, "at": "yesterday"}, "at"),
        ({**MATCH, "at": datetime(2026, 3, 2)}, "at"),
        ({**MATCH, "until": "2026-03-01"}, "until"),
        ({**MATCH, "until": "x"}, "until"),
        ({**MATCH, "reason": "x"}, "reason"),
        ({**LICENCE, "declaration": "d"}, "declaration"),
        ({**LICENCE, "key": "iswc"}, "key"),
        ({**LICENCE, "value": "x"}, "value"),
        ({**LICENCE, "authorisation": ""}, "authorisation"),
    ],
)
def test_one_mistake_is_reported_once_with_its_place(table: dict[str, Any], place: str) -> None:
    review, problems = read(table)
    assert review is None
    assert [problem.path for problem in problems] == [f"my.toml: reviews[0].{place}"]


def test_the_last_day_may_be_the_day_itself() -> None:
    review, problems = read({**MATCH, "until": "2026-03-02"})
    assert problems == ()
    assert review is not None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from([*MATCH, *LICENCE]), VALUES, max_size=10) | VALUES)
def test_no_value_makes_the_reader_raise(value: Any) -> None:
    review, problems = read(value)
    assert (review is None) == bool(problems)
