"""What the pages say is true: their samples run, their links lead somewhere, their tables name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tdm_guard.options import OPTION_NAMES
from tdm_guard.signals import SIGNALS
from tdm_guard.testing import sample_web
from tdm_guard.usage import Usage

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
SAMPLES = [ROOT / "README.md", ROOT / "docs" / "offline.md"]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", SAMPLES, ids=name)
def test_samples_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    monkeypatch.chdir(tmp_path)
    with sample_web() as web:
        for key, value in web.environment().items():
            monkeypatch.setenv(key, value)
        for block in blocks:
            exec(compile(block, name(page), "exec"), {})
    if page.name == "README.md":
        assert "reserved: http://gazette.example/" in capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{name(page)}: {target}"


def rows(page: str) -> set[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE))


def test_every_option_is_documented() -> None:
    assert set(OPTION_NAMES) <= rows("docs/options.md")


def test_every_usage_is_documented() -> None:
    assert {usage.value for usage in Usage} <= rows("docs/options.md")


def test_every_signal_is_documented_with_its_version() -> None:
    assert {signal.name for signal in SIGNALS} <= rows("docs/standards.md")
    assert {signal.name for signal in SIGNALS} == rows("README.md") & {signal.name for signal in SIGNALS}
    assert all(signal.spec and signal.title for signal in SIGNALS)


def test_every_repair_code_is_documented() -> None:
    """Codes stand in the sources as string constants; each must be in the table."""
    table = rows("docs/postures.md")
    pattern = re.compile(
        r'"((?:C\d{1,2})|(?:(?:aipref|content-signal|rsl|ai-txt|trust-txt|x-robots)-[a-z-]+)|shorter-path-refusal)"'
    )
    sources = list((ROOT / "tdm_guard" / "signals").glob("*.py"))
    found = {code for path in sources for code in pattern.findall(path.read_text(encoding="utf-8"))}
    notes = {"x-robots-tag", "ai-txt-wellknown"}
    assert {code for code in found if code not in notes} <= table
    assert {f"C{n}" for n in (1, 2, 3, 4, 5, 6, 8, 9, 10)} <= table
