"""Where a declaration or an authorisation reaches."""

from __future__ import annotations

import pytest

from tdm_guard.formats.countries import EEA, EU, alpha_3
from tdm_guard.repertoire.territory import covers


@pytest.mark.parametrize(
    ("territory", "country", "reaches"),
    [
        (("WORLD",), "US", True),
        (("WORLD",), None, True),
        (("FR",), "FR", True),
        (("FR",), "DE", False),
        (("FR",), None, None),
        (("EU",), "DE", True),
        (("EU",), "NO", False),
        (("EU",), "GB", False),
        (("EEA",), "NO", True),
        (("EEA",), "DE", True),
        (("EEA",), "CH", False),
        (("US", "EU"), "US", True),
        (("US", "EU"), None, None),
        ((), "FR", False),
    ],
)
def test_covers(territory: tuple[str, ...], country: str | None, reaches: bool | None) -> None:
    assert covers(territory, country) is reaches


def test_the_unions_have_their_members() -> None:
    assert (len(EU), len(EEA)) == (27, 30)
    assert all(alpha_3(code) for code in EEA)
