"""Floods of pages, small: behind each a refusal is heard, or it is known that it was not read."""

from __future__ import annotations

import pytest

from tests.fuzz.pages import FLOODS, flood, judged


@pytest.mark.parametrize("size", [64 * 1024, 2**20])
@pytest.mark.parametrize("name", FLOODS)
def test_no_flood_hides_what_stands_behind_it(name: str, size: int) -> None:
    decision = judged(flood(name, size))
    assert decision.verdict.withholds
    assert decision.outcome.because or decision.faults
