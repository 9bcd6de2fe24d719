"""The page of versions says what is required and what is tried."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.support.pages import rows

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "versions.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_extra_and_what_it_brings_is_on_the_page() -> None:
    told = {row.head.strip("`"): re.findall(r"`([^`]+)`", row.cells[0]) for row in rows(PAGE)}
    extras = {name: given for name, given in PROJECT["optional-dependencies"].items() if name != "all"}
    assert told == {**extras, "all": []}
    always = PAGE.partition("Always there are")[2].partition("\n\n")[0]
    assert re.findall(r"`([^`]+)`", always) == PROJECT["dependencies"]


def test_python_and_the_oldest_frameworks_are_those_that_are_tried() -> None:
    assert f"Python {PROJECT['requires-python'].removeprefix('>=')} or later" in PAGE
    floor = re.findall(r"^(\w+)==([\d.]+)$", (ROOT / "tests" / "floor.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert floor
    assert [pair for pair in floor if f"{pair[0]} {pair[1]}" not in PAGE.lower()] == []
