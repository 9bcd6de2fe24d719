"""The samples of docs/requests.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tdm_guard.requests
from tdm_guard.testing import sample_web

DOCS = Path(__file__).parents[2] / "docs" / "requests.md"
SAMPLES = re.findall(r"^```python\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
PRINTED = [["permitted", "withheld:"], ["unreserved"], ["picture"], []]


@pytest.mark.parametrize("place", range(len(SAMPLES)))
def test_sample_runs(
    place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with sample_web() as web:
        for name in ("no_proxy", "http_proxy", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("http_proxy", web.proxy)
        exec(compile(SAMPLES[place], str(DOCS), "exec"), {"__name__": "__main__"})
        picture = web.sites["blog.example"].pages["/media/plank.png"]
    printed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    size = str(len(getattr(picture, "body", b"")))
    assert printed == [size if word == "picture" else word for word in PRINTED[place]]
    assert (tmp_path / "tdm.jsonl").read_text().splitlines()[-1].startswith('{"type":"end"')


def test_every_public_name_is_described() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [name for name in tdm_guard.requests.__all__ if name not in text] == []
