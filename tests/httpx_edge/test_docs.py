"""The samples of docs/httpx.md run as they stand, and in the words of httpx2."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tdm_guard.httpx
from tdm_guard.testing import sample_web

DOCS = Path(__file__).parents[2] / "docs" / "httpx.md"
SAMPLES = re.findall(r"^```python\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("family", ["httpx", "httpx2"])
@pytest.mark.parametrize("place", range(len(SAMPLES)))
def test_sample_runs(
    place: int, family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = re.sub(r"\bhttpx\b", family, SAMPLES[place])
    monkeypatch.chdir(tmp_path)
    with sample_web() as web:
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, web.proxy)
        exec(compile(sample, str(DOCS), "exec"), {"__name__": "__main__"})
    printed = capsys.readouterr().out
    assert [line.split()[0] for line in printed.splitlines()] == [
        ["permitted", "withheld:"],
        ["unreserved"],
        [str(len(sample_picture()))],
        [],
    ][place]
    assert (tmp_path / "tdm.jsonl").read_text().splitlines()[-1].startswith('{"type":"end"')


def sample_picture() -> bytes:
    page = sample_web().sites["blog.example"].pages["/media/plank.png"]
    assert not callable(page)
    assert isinstance(page.body, bytes)
    return page.body


def test_every_public_name_is_described() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [name for name in tdm_guard.httpx.__all__ if name not in text] == []
