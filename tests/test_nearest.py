"""The known name that a misspelt one means."""

from __future__ import annotations

import pytest

from tdm_guard.options import OPTION_NAMES
from tdm_guard.plain import nearest


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("usage", "usages"),
        ("policy-timeout", "policy_timeout"),
        ("Agent", "agent"),
        ("POLICYTIMEOUT", "policy_timeout"),
        ("authorizations", "authorisations"),
        ("max_assets_byte", "max_asset_bytes"),
        ("repertory", "repertoire"),
        ("colour", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_the_nearest_option(name: str, meant: str | None) -> None:
    assert nearest(name, OPTION_NAMES) == meant


def test_nothing_is_near_where_nothing_is_known() -> None:
    assert nearest("agent", ()) is None
