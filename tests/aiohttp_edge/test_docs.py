"""The samples of docs/aiohttp.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tdm_guard.aiohttp
from tdm_guard.testing import sample_web

DOCS = Path(__file__).parents[2] / "docs" / "aiohttp.md"
SAMPLES = re.findall(r"^```python\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("place", "words"), [(0, ["permitted", "withheld:"]), (1, ["200"])])
def test_sample_runs(
    place: int,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert len(SAMPLES) == 2
    monkeypatch.chdir(tmp_path)
    with sample_web() as web:
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, web.proxy)
        exec(compile(SAMPLES[place], str(DOCS), "exec"), {"__name__": "__main__"})
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == words
    assert (tmp_path / "tdm.jsonl").read_text().splitlines()[-1].startswith('{"type":"end"')


def test_every_public_name_is_described() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [name for name in tdm_guard.aiohttp.__all__ if name not in text] == []
