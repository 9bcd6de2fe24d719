"""The grammar of X-Robots-Tag lines: who is addressed by which rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard.formats.http.robots_tag import MAX_ITEMS, VALUED, items


def strict(line: str) -> list[tuple[str | None, str, str | None]]:
    return [(item.agent, item.rule, item.value) for item in items(line) if not item.loose]


def loose(line: str) -> list[tuple[str | None, str]]:
    return [(item.agent, item.rule) for item in items(line) if item.loose]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        (" , ,", []),
        ("noai", [(None, "noai", None)]),
        (" NoAI ,noIndex", [(None, "noai", None), (None, "noindex", None)]),
        ("Bot: noai", [("Bot", "noai", None)]),
        ("Bot : noai, noml", [("Bot", "noai", None), ("Bot", "noml", None)]),
        ("noai, Bot:noindex, Other: noml", [(None, "noai", None), ("Bot", "noindex", None), ("Other", "noml", None)]),
        ("Bot: noindex, *: noai", [("Bot", "noindex", None), (None, "noai", None)]),
        ("Bot:, noai", [("Bot", "noai", None)]),
        ("max-snippet:0, noai", [(None, "max-snippet", "0"), (None, "noai", None)]),
        ("Bot: max-snippet: 0, noai", [("Bot", "max-snippet", "0"), ("Bot", "noai", None)]),
        ("tdm-reservation: 1, noai", [(None, "tdm-reservation", "1"), (None, "noai", None)]),
        ("Brightbot 1.0: noai", [(None, "brightbot 1.0: noai", None)]),
        ("9bot: noai", [(None, "9bot: noai", None)]),
        (": noai", [(None, ": noai", None)]),
    ],
)
def test_rules_and_their_agents(line: str, expected: list[tuple[str | None, str, str | None]]) -> None:
    assert strict(line) == expected


@pytest.mark.parametrize("name", sorted(VALUED))
def test_names_that_take_a_value_address_nobody(name: str) -> None:
    assert strict(f"{name.upper()}: x, noai") == [(None, name, "x"), (None, "noai", None)]


@pytest.mark.parametrize(
    "date",
    [
        "25 Jun 2010 15:00:00 PST",
        "Wed, 03 Aug 2033 12:00:00 GMT",
        "2033-08-03T12:00:00Z",
        "Wednesday, 03-Aug-33 12:00:00 GMT",
    ],
)
def test_no_part_of_a_date_is_an_agent(date: str) -> None:
    line = f"unavailable_after: {date}, noai"
    assert {item.agent for item in items(line)} == {None}
    assert strict(line)[-1] == (None, "noai", None)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("noai, noml", []),
        ("noai noimageai", [(None, "noai"), (None, "noimageai")]),
        ("Bot: noindex noai", [("Bot", "noindex"), ("Bot", "noai")]),
        ("noindex Bot: noai, noml", [(None, "noindex"), ("Bot", "noai")]),
        ("max-snippet:0 noai", [(None, "max-snippet"), (None, "noai")]),
    ],
)
def test_rules_that_only_blanks_separate_are_marked(line: str, expected: list[tuple[str | None, str]]) -> None:
    assert loose(line) == expected


def test_the_words_of_a_rule_begin_at_its_agent() -> None:
    assert [item.words for item in items("a, Bot: noindex ,  noAI, *: c")] == [
        "a",
        "Bot: noindex",
        "Bot: noindex ,  noAI",
        "*: c",
    ]


@given(st.text(alphabet=st.sampled_from("ab:,* \t0é-"), max_size=60) | st.text(max_size=60))
def test_any_line_is_read(line: str) -> None:
    for item in items(line):
        assert item.rule
        assert item.words in line
        assert item.agent != "*"


def test_a_line_is_read_up_to_a_bound() -> None:
    assert len(strict("noai," * (MAX_ITEMS * 2))) == MAX_ITEMS
    assert len(loose("noai " * (MAX_ITEMS * 2))) == MAX_ITEMS + 1  # of the others each that is known, once


def test_rules_that_blanks_divide_are_bounded_together() -> None:
    line = ", ".join(["index " * 40] * 900)
    assert len(loose(line + ", follow noai")) <= 2 * MAX_ITEMS
    assert (None, "noai") in loose(line + ", follow noai")
