"""The built wheel, not only the checkout: it holds everything, and works without the sources beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contents of the wheel, as an installer would leave them."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(out / "site")
    return out / "site"


def run(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=180
    )


def test_the_wheel_holds_data_types_and_the_example(installed: Path) -> None:
    package = installed / "tdm_guard"
    assert (package / "py.typed").is_file()
    assert (package / "data" / "ai_user_agents.json").is_file()
    assert (package / "data" / "repertoire" / "sacem-2023.toml").is_file()
    assert (package / "_example" / "scrapy.cfg").is_file()
    assert (package / "_example" / "contacts.toml").is_file()
    assert not (installed / "tests").exists()
    (metadata,) = installed.glob("*.dist-info/METADATA")
    text = metadata.read_text(encoding="utf-8")
    assert "License-Expression: Apache-2.0" in text
    assert "Requires-Dist: protego" in text
    assert "Requires-Dist: scrapy" in text
    assert "extra == 'scrapy'" in text
    needed = [line for line in text.splitlines() if line.startswith("Requires-Dist: ") and "extra" not in line]
    assert {"typer", "rich"} <= {line.split()[1].partition(">")[0] for line in needed}


def test_it_judges_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = (
        "import tdm_guard, sys; from datetime import UTC, datetime;"
        "assert tdm_guard.__file__.startswith(sys.argv[1]), tdm_guard.__file__;"
        "print(tdm_guard.evaluate('https://a.example/', policies={'/robots.txt': tdm_guard.Fetched(status=503)},"
        " now=datetime.now(UTC)).verdict)"
    )
    done = run(installed, tmp_path, "-c", code, str(installed))
    assert (done.stdout, done.returncode) == ("undetermined\n", 0), done.stderr


def test_the_demo_runs_from_it(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "-m", "tdm_guard", "demo", "--output", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"items.jsonl", "tdm-guard.jsonl", "report.md"} <= {path.name for path in (tmp_path / "out").iterdir()}
    verified = run(installed, tmp_path, "-m", "tdm_guard", "verify", "out/tdm-guard.jsonl")
    assert verified.returncode == 0, verified.stdout + verified.stderr
