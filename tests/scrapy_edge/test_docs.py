"""docs/scrapy.md: its samples run, its tables are complete."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from scrapy.settings import Settings

from tdm_guard.options import OPTION_NAMES
from tdm_guard.scrapy import Addon
from tdm_guard.scrapy.settings import check_gates
from tdm_guard.testing import sample_web
from tests.support.patience import PATIENCE

PAGE = Path(__file__).parents[2] / "docs" / "scrapy.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", [block for block in BLOCKS if re.match(r"[A-Z_]+ = ", block)])
def test_the_settings_shown_guard_a_crawl(block: str) -> None:
    found: dict[str, object] = {}
    exec(compile(block, PAGE.name, "exec"), found)
    settings = Settings({name: value for name, value in found.items() if name.isupper()})
    if "ADDONS" in found:
        Addon().update_settings(settings)
    check_gates(settings)


def test_the_spider_shown_collects_and_is_told(tmp_path: Path) -> None:
    (spider,) = [block for block in BLOCKS if "class Pages" in block]
    (tmp_path / "pages.py").write_text(spider, encoding="utf-8")
    with sample_web() as web:
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", "runspider", "pages.py", "-o", "items.json"],
            cwd=tmp_path,
            env=web.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    (item,) = json.loads((tmp_path / "items.json").read_text())
    records = [json.loads(line) for line in (tmp_path / "tdm-guard.jsonl").read_text().splitlines()]
    assert item["url"] == "http://openpedia.example/wiki/Tide"
    assert item["decision"] in {record["id"] for record in records if record.get("verdict") == item["verdict"]}
    assert "withheld: reserved: http://gazette.example/news/ferry.html" in done.stderr


def test_every_setting_and_stat_is_named() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in OPTION_NAMES if f"`TDM_GUARD_{name.upper()}`" not in text] == []
    for stat in ("admitted", "withheld", "policy/fetched", "policy/hit", "policy/unreachable", "failed", "unsupported"):
        assert f"`tdm_guard/{stat}`" in text
