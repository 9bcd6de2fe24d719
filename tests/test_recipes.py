"""The recipes of docs/architecture.md, tried: what they touch is enough, and what is forgotten goes red."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tdm_guard.signals import SIGNALS, Signal
from tests.support.patience import PATIENCE
from tools.layers import modules

ROOT = Path(__file__).parents[1]
TOY = '''
"""Toy: a response field that reserves mining."""

from __future__ import annotations

from tdm_guard.model import Headers, Reading, Source, Stance, Statement
from tdm_guard.signals.shape import Listener, Signal
from tdm_guard.usage import TDM

NAME = "toy"
FIELD = "toy-reservation"


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """Of `toy-reservation: 1`."""
    said = [value for name, value in headers if name == FIELD and value == "1"]
    reserved = [Statement.at(source, signal=NAME, usages=TDM, stance=Stance.RESERVED, excerpt=value) for value in said]
    return Reading(tuple(reserved))


SIGNAL = Signal(
    name=NAME, title="Toy", spec="version 1", usages=TDM, headers=frozenset({FIELD}), read_headers=read_headers
)
'''
JUDGED = """
from datetime import UTC, datetime
from tdm_guard import evaluate
for value in "01":
    given = {"status": 200, "headers": [("content-type", "text/csv"), ("Toy-Reservation", value)], "unread": "ignore"}
    print(evaluate("https://site.example/a", now=datetime.now(UTC), **given).verdict)
"""


def test_every_signal_is_in_the_list() -> None:
    """What defines a `SIGNAL` is listened to."""
    found = set()
    for module in modules():
        if module.startswith("signals."):
            value = getattr(__import__(f"tdm_guard.{module}", fromlist=["SIGNAL"]), "SIGNAL", None)
            found |= {value.name} if isinstance(value, Signal) else set()
    assert found == {signal.name for signal in SIGNALS}


class House:
    """A copy of the sources, to be built on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("tdm_guard", "tools", "docs", "tests"):
            leave_out = shutil.ignore_patterns("__pycache__", "corpus", "soak", "benchmarks", "_example")
            shutil.copytree(ROOT / name, folder / name, ignore=leave_out)
        for name in ("README.md", "CHANGELOG.md", "SECURITY.md", "pyproject.toml"):
            shutil.copy(ROOT / name, folder / name)

    def write(self, place: str, text: str) -> None:
        (self.folder / place).write_text(text.lstrip(), encoding="utf-8")

    def insert(self, place: str, before: str, text: str) -> None:
        """Puts a line before the only one that begins so."""
        whole = (self.folder / place).read_text(encoding="utf-8")
        assert whole.count(f"\n{before}") == 1
        (self.folder / place).write_text(whole.replace(f"\n{before}", f"\n{text}\n{before}"), encoding="utf-8")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        left_out = ("COVERAGE", "PYTHONDONTWRITEBYTECODE")  # not our sources; what is compiled in the copy goes with it
        kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env={**kept, "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE * 4,
        )

    def red(self, *tests: str) -> list[str]:
        """The names of the tests that fail."""
        done = self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *tests)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        lines = [line for line in done.stdout.splitlines() if line.startswith("FAILED ")]
        return [line.split("::")[1].split("[")[0].split(" ")[0] for line in lines]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "house")


@pytest.mark.slow
def test_a_standard_is_a_module_a_line_and_its_pages(house: House) -> None:
    tests = (
        "tests/test_recipes.py::test_every_signal_is_in_the_list",
        "tests/test_docs.py::test_every_signal_is_documented_with_its_version",
        "tests/test_layers.py::test_signals_do_not_import_each_other",
        "tests/test_layers.py::test_no_file_leads_back_to_itself",
        "tests/stories/test_matrix.py::test_every_channel_of_every_standard_has_its_page",
    )
    house.write("tdm_guard/signals/toy.py", TOY)
    assert house.red(*tests) == ["test_every_signal_is_in_the_list"]
    house.insert("tdm_guard/signals/__init__.py", "from tdm_guard.signals.tdmrep", "from tdm_guard.signals import toy")
    house.insert("tdm_guard/signals/__init__.py", "    trust_txt.SIGNAL", "    toy.SIGNAL,")
    assert house.run("-c", JUDGED).stdout.split() == ["unreserved", "reserved"]
    pages = ["test_every_signal_is_documented_with_its_version", "test_every_channel_of_every_standard_has_its_page"]
    assert house.red(*tests) == pages
    house.insert("docs/standards.md", "* **`trust-txt`**: `datatraining", "* **`toy`**: a field")
    house.insert("README.md", "| `trust-txt`", "| `toy`: a field | | | ● | | | |")
    assert house.red(*tests) == pages[1:]
