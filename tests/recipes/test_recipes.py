"""The recipes for data sets, as their pages have them, with the real packages, over the sample web."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.log.reader import read_log
from tdm_guard.log.verify import Verification
from tdm_guard.testing import sample_web
from tests.support.patience import PATIENCE

DOCS = Path(__file__).parents[2] / "docs"
ADMITTED = "http://lightbox.example/press/logo.jpg"
WITHHELD = "http://lightbox.example/photos/gannet.jpg"  # by words inside the file
LOST = "http://gone.invalid/"
pytestmark = pytest.mark.skipif(find_spec("datasets") is None, reason="datasets and img2dataset: `make recipes`")


def run(page: str, folder: Path) -> str:
    """What the page's sample prints, in an interpreter of its own."""
    [sample] = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    (folder / "recipe.py").write_text(sample, encoding="utf-8")
    quiet = {"NO_ALBUMENTATIONS_UPDATE": "1", "WANDB_MODE": "disabled", "HF_HUB_OFFLINE": "1"}
    with sample_web() as web:
        done = subprocess.run(
            [sys.executable, "recipe.py"],
            cwd=folder,
            env={**web.environment(), **quiet, "HF_HOME": str(folder / "hf")},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def decisions(folder: Path) -> dict[str, dict[str, Any]]:
    """The decisions in the logs that were left, by address; the logs are whole."""
    logs = sorted(folder.glob("tdm-*.jsonl"))
    verification = Verification()
    findings = list(verification.findings(read_log([str(log) for log in logs])))
    assert verification.errors == 0, findings
    lines = [json.loads(line) for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
    return {line["url"]: line for line in lines if line["type"] == "decision"}


def test_rows_of_a_data_set(tmp_path: Path) -> None:
    printed = run("datasets.md", tmp_path)
    assert printed.startswith(f"Column(['{ADMITTED}'])")
    assert f"reserved: {WITHHELD} (xmp, " in printed
    found = decisions(tmp_path)
    assert {url: record["admitted"] for url, record in found.items()} == {
        ADMITTED: True,
        WITHHELD: False,
        "http://gazette.example/": False,
        LOST: False,
    }
    logs = list(tmp_path.glob("tdm-*.jsonl"))
    assert len(logs) == 2
    assert all('"type":"end"' in log.read_text(encoding="utf-8").splitlines()[-1] for log in logs)


def test_images_of_img2dataset(tmp_path: Path) -> None:
    (tmp_path / "images.txt").write_text("\n".join((ADMITTED, WITHHELD, LOST)) + "\n", encoding="utf-8")
    run("img2dataset.md", tmp_path)
    stored = [path.read_bytes() for path in (tmp_path / "images").rglob("*.jpg")]
    assert len(stored) == 1
    assert stored[0].startswith(b"\xff\xd8")
    told = [json.loads(path.read_text()) for path in sorted((tmp_path / "images").glob("*_stats.json"))]
    assert (told[0]["successes"], told[0]["failed_to_download"]) == (1, 2)
    assert any(reason.startswith(f"reserved: {WITHHELD} (xmp, ") for reason in told[0]["status_dict"])
    found = decisions(tmp_path)
    assert {url: record["admitted"] for url, record in found.items()} == {ADMITTED: True, WITHHELD: False, LOST: False}
    assert len(list(tmp_path.glob("tdm-*.jsonl"))) == 1
