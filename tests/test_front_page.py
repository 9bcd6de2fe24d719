"""The front page tells what happens to one URL: its sample does that, and its record is what the log has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tdm_guard import Withheld
from tdm_guard.testing import sample_web

PAGE = (Path(__file__).parents[1] / "docs" / "index.md").read_text(encoding="utf-8")
URL = "http://gazette.example/news/ferry.html"
(SAMPLE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(EXCERPT,) = re.findall(r"```json\n(.*?) *```", PAGE, re.DOTALL)


def test_the_steps_are_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with sample_web() as web:
        for name, value in web.environment().items():
            monkeypatch.setenv(name, value)
        with pytest.raises(Withheld) as raised:
            exec(compile(SAMPLE, "docs/index.md", "exec"), {})
        asked = [request.path for request in web.requests if request.site == "gazette.example"]
    assert sorted(asked[:2], reverse=True) == re.findall(r"`(/[^`]+)`", PAGE)
    assert "/news/ferry.html" not in asked
    assert raised.value.decision.url == URL
    [record] = [line for line in records(tmp_path / "tdm-guard.jsonl") if line["type"] == "decision"]
    assert shortened(json.loads(dedent(EXCERPT)), record) == json.loads(dedent(EXCERPT))
    assert record["checked"][0]["result"] == record["checked"][1]["result"] == "read"


def records(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def shortened(like: Any, value: Any) -> Any:
    """`value` with those members only that `like` has, too."""
    if isinstance(like, dict):
        return {name: shortened(each, value[name]) for name, each in like.items()}
    if isinstance(like, list):
        return [shortened(*pair) for pair in zip(like, value, strict=True)]
    return value
