"""What `make bench-quick` fails on: a ratio far above its budget, or above what its row is held to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.benchmarks.measure import FEWEST, Row, better, compare, hurried, spread, table

ROW = Row(what="a", ours=1, peer=1, unit="µs", peer_name="b", ratio=1.0, budget=1.0)


@pytest.mark.parametrize(
    ("row", "lost"),
    [
        (ROW, False),
        (replace(ROW, ratio=1.5), False),  # over its budget, which may be noise
        (replace(ROW, ratio=1.51), True),
        (replace(ROW, ratio=2.9, held=2.0), False),  # over its budget for long
        (replace(ROW, ratio=3.1, held=2.0), True),
        (replace(ROW, ratio=1.4, held=0.5), False),  # what is held is never less than the budget
        (replace(ROW, ratio=9.0, budget=None), False),
        (replace(ROW, ratio=9.0, steady=False), False),  # an absolute time: another machine's
    ],
)
def test_a_row_is_lost_far_above_what_it_is_held_to(row: Row, lost: bool) -> None:
    assert row.is_lost is lost


def test_a_budget_that_is_missed_is_told_beside_what_is_held() -> None:
    told = table([replace(ROW, ratio=1.9, held=2.0)])
    assert "≤ 1, held to 2" in told
    assert "NO" in told


def test_what_is_measured_again_counts_where_it_is_better() -> None:
    slow = replace(ROW, ratio=3.0)
    other = replace(ROW, peer_name="c", ratio=5.0)
    assert better([slow, other], [ROW, replace(other, ratio=6.0)]) == [ROW, other]


def test_in_a_hurry_fewer_rounds_are_made() -> None:
    calls = []
    with hurried(0):
        compare("a", lambda: calls.append(1), lambda: None, peer_name="b", number=1, rounds=50)
    assert len(calls) == FEWEST + 1
    compare("a", lambda: calls.append(1), lambda: None, peer_name="b", number=1, rounds=50)
    assert len(calls) == FEWEST + 1 + 51


def test_a_ratio_is_told_with_its_spread() -> None:
    assert spread([(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)]) == (2, 4)
    assert spread([(1, 1), (2, 1)]) is None
    assert "| 1.00 (0.90–1.20) |" in table([replace(ROW, spread=(0.9, 1.2))])
