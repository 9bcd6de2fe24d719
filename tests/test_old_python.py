"""Where Python is too old: one sentence, whoever meets it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[1]
OLD = "import sys; sys.version_info = (3, 10, 12, 'final', 0); "


def test_importing_it_says_which_python_it_needs() -> None:
    words = [sys.executable, "-c", OLD + "import tdm_guard"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ImportError: tdm_guard needs Python 3.11 or later, and this is 3.10"


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("target", ["demo", "test"])
def test_make_says_which_python_it_needs_and_makes_nothing(target: str, tmp_path: Path) -> None:
    old = tmp_path / "python3.10"
    old.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{OLD}exec(sys.argv[1])" "$2"\n')
    old.chmod(0o755)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    words = ["make", "-C", str(tmp_path), "--no-print-directory", target, f"PYTHON={old}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 2
    needs = f"tdm_guard needs Python 3.11 or later, and {old} is 3.10: name another, for example make demo PYTHON="
    assert re.fullmatch(rf"Makefile:\d+: \*\*\* {re.escape(needs)}python3\.12\.  Stop\.", done.stderr.strip())
    assert {path.name for path in tmp_path.iterdir()} == {old.name, "Makefile", "pyproject.toml"}


def test_every_place_names_the_same_python() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'requires-python = ">=3.11"' in project
    assert "Python 3.11 or later" in (ROOT / "README.md").read_text(encoding="utf-8")
