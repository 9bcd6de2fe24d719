"""Decisions whose bodies come later: each is found once, by its id, and the oldest are given up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard.reports import streamed
from tdm_guard.reports.streamed import Streamed


def test_each_is_found_once() -> None:
    kept: Streamed[str] = Streamed()
    kept.extend("a-1", 5, ["x", None, "y"])
    kept.extend("a-1", 8, ["z"])
    kept.add("strange", "s")
    assert [kept.pop(f"a-1-{seq}") for seq in (4, 5, 5, 6, 7, 8, 9)] == [None, "x", None, None, "y", "z", None]
    assert [kept.pop(name) for name in ("strange", "strange", "b-5", "", "-", "a-1-", "a-1-x")] == ["s", *[None] * 6]


@pytest.mark.parametrize("ident", ["run-05", "run-+5", "run-5 ", "run-٥", "run-" + "9" * 30])
def test_a_number_has_one_spelling(ident: str) -> None:
    kept: Streamed[str] = Streamed()
    kept.extend("run", 5, ["x"])
    assert kept.pop(ident) is None
    assert kept.pop("run-5") == "x"


def test_the_oldest_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed, "MAX_STREAMED", 10)
    kept: Streamed[int] = Streamed()
    for first in range(1, 101, 5):
        kept.extend(f"run{first % 2}", first, list(range(first, first + 5)))
        kept.add(f"other-{first}", first)
    found = [kept.pop(f"run{first % 2}-{seq}") for first in range(1, 101, 5) for seq in range(first, first + 5)]
    assert found == [None] * 90 + list(range(91, 101))
    assert [kept.pop(f"other-{first}") for first in range(1, 101, 5)].count(None) == 10


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.lists(st.booleans(), min_size=1, max_size=5)), max_size=8), st.data()
)
def test_what_waits_is_what_came_and_was_not_taken(pieces: list[tuple[str, list[bool]]], data: st.DataObject) -> None:
    kept: Streamed[str] = Streamed()
    waits: dict[str, str] = {}
    seq = dict.fromkeys("ab", 1)
    for run, bodies in pieces:
        names = [f"{run}-{number}" if has else None for number, has in enumerate(bodies, seq[run])]
        kept.extend(run, seq[run], names)
        waits |= {name: name for name in names if name is not None}
        seq[run] += len(bodies)
    asked = [f"{run}-{number}" for run in "ab" for number in range(seq[run] + 2)]
    for ident in data.draw(st.permutations(asked * 2)) if asked else ():
        assert kept.pop(ident) == waits.pop(ident, None)
