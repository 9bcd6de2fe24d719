"""The pages on limits hold what the sources hold."""

from __future__ import annotations

import re
from pathlib import Path

from tdm_guard.options import Options
from tdm_guard.options.caching import DEFAULT_MAX_BYTES
from tools import limits

ROOT = Path(__file__).parents[1]
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_the_page_of_all_limits_is_up_to_date() -> None:
    """`python -m tools.limits` writes it."""
    assert limits.PAGE.read_text(encoding="utf-8") == limits.page()


def test_every_limit_has_its_reason() -> None:
    assert [limit.name for limit in limits.limits() if len(limit.reason) < 5] == []


def test_every_other_limit_is_there() -> None:
    assert {limit.name for limit in limits.limits()} >= limits.OTHERS


def test_the_limits_that_matter_most_are_those_of_the_sources() -> None:
    values = {limit.name: limits.spelled(limit.value) for limit in limits.limits()}
    shown = re.findall(r"^    \* \*\*`([^`]+)`\*\*: ([^;\n]+);", SECURITY, re.MULTILINE)
    assert len(shown) > 25
    assert {name: value for name, value in shown if values.get(name) != value} == {}


def test_the_options_among_them_have_their_defaults() -> None:
    options = Options.read({"agent": "ExampleBot"})
    defaults = {
        "policy_timeout": f"{options.policy_timeout:g} seconds",
        "max_asset_bytes": f"{options.max_asset_bytes >> 20} MiB",
        "cache": f"{DEFAULT_MAX_BYTES >> 20} MiB",
    }
    assert dict(re.findall(r"^    \* option \*\*`([^`]+)`\*\*: ([^;\n]+);", SECURITY, re.MULTILINE)) == defaults


def test_the_policy_names_no_person() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert "private vulnerability reporting" in text
    assert "docs/security.md" in text
    assert "@" not in text
