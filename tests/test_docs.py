"""What the pages say is true: their samples run, their links lead somewhere, their tables name what there is."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from tdm_guard.formats.files.container import Format
from tdm_guard.judge import OFFLINE_OPTIONS
from tdm_guard.options import OPTION_NAMES
from tdm_guard.signals import SIGNALS
from tdm_guard.testing import sample_web
from tdm_guard.usage import Usage
from tests.support import pages

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
SAMPLES = [ROOT / "README.md", ROOT / "docs" / "offline.md", ROOT / "docs" / "ledger.md", ROOT / "docs" / "assets.md"]


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


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_row_is_in_a_table(page: Path) -> None:
    """Rows behind other text are shown as text with bars in it."""
    for block in re.split(r"\n(?!\|)", page.read_text(encoding="utf-8")):
        table = [line for line in block.splitlines() if line.startswith("|")]
        assert not table or re.fullmatch(r"\|[-:| ]+\|", (*table, "")[1]), f"{name(page)}: {table[0]}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_line_is_longer_than_a_narrow_screen_bears(page: Path) -> None:
    """At most 120 characters. A line that is one address, or one link, cannot be broken and may be longer."""
    text = page.read_text(encoding="utf-8")
    long = [line for line in text.splitlines() if len(line) > 120]
    assert [line for line in long if not re.fullmatch(r"[ *]*(?:\[[^\]]*\](?:\(|: ))?https?://\S+", line)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_lists_are_lists_wherever_they_are_shown(page: Path) -> None:
    """A list begins behind a blank line, and what is within a point stands four blanks in: not all readers guess."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    lines = ["", *text.splitlines()]
    begins = re.compile(r"(?:\*|\d+\.) ")
    glued = [
        line
        for before, line in pairwise(lines)
        if begins.match(line) and before.strip() and not begins.match(before) and not before.startswith(" ")
    ]
    assert glued == []
    assert [line for line in lines if re.match(r"(?: |  |   |     +)(?:[*-]|\d+\.) ", line)] == []


def rows(page: str) -> set[str]:
    """What the page has a row, a point or a section of."""
    return pages.names((ROOT / page).read_text(encoding="utf-8"))


def test_every_option_is_documented() -> None:
    assert set(OPTION_NAMES) <= rows("docs/options.md")


def test_every_option_that_needs_no_network_is_named_where_that_is_told() -> None:
    _, _, told = (ROOT / "docs" / "offline.md").read_text(encoding="utf-8").partition("* The options are those of")
    assert set(re.findall(r"`([a-z_]+)`", told.partition(", whose files")[0])) == OFFLINE_OPTIONS


def test_every_usage_is_documented() -> None:
    assert {usage.value for usage in Usage} <= rows("docs/options.md")


def test_every_signal_is_documented_with_its_version() -> None:
    assert {signal.name for signal in SIGNALS} <= rows("docs/standards.md")
    assert {signal.name for signal in SIGNALS} == rows("README.md") & {signal.name for signal in SIGNALS}
    assert all(signal.spec and signal.title for signal in SIGNALS)


def test_every_source_has_the_day_on_which_it_was_last_checked() -> None:
    text = (ROOT / "docs" / "standards.md").read_text(encoding="utf-8")
    sources = pages.rows(text.partition("## How it maps to usages")[0])
    assert len(sources) >= len(SIGNALS)
    assert {signal.name for signal in SIGNALS} <= {name for row in sources for name in row.names}
    assert [row for row in sources if len(row.cells) != 3 or not re.fullmatch(r"\d{4}-\d\d-\d\d", row.cells[-1])] == []


def test_every_repair_code_is_documented() -> None:
    """Codes stand in the sources as string constants; each must be in the table."""
    table = rows("docs/postures.md")
    pattern = re.compile(
        r'"((?:C\d{1,2})|(?:(?:aipref|content-signal|rsl|ai-txt|trust-txt|x-robots)-[a-z-]+)|shorter-path-refusal)"'
    )
    sources = list((ROOT / "tdm_guard" / "signals").rglob("*.py"))
    found = {code for path in sources for code in pattern.findall(path.read_text(encoding="utf-8"))}
    notes = {"x-robots-tag", "ai-txt-wellknown"}
    assert {code for code in found if code not in notes} <= table
    assert {f"C{n}" for n in range(1, 11)} <= table


def test_every_repair_inside_files_is_documented() -> None:
    """The codes that the vectors name as repairs, and those of ours that they do not know."""
    posture = json.loads((ROOT / "tests" / "vectors" / "embedded.json").read_text(encoding="utf-8"))["posture"]
    named = re.search(r"a warn of (.*?) reserves by a repair", posture)
    assert named
    codes = set(re.findall(r"\w+_\w+", named[1])) | {"non_canonical_carrier"}
    assert len(codes) == 12
    assert codes <= rows("docs/postures.md")
    modules = ("xmp/xmp_signal", "tdmrep/tdmrep_asset", "c2pa/c2pa_entries", "c2pa/c2pa_report")
    sources = "".join((ROOT / f"tdm_guard/signals/{name}.py").read_text(encoding="utf-8") for name in modules)
    assert {code for code in codes if f'"{code}"' not in sources} == set()
    written = set(re.findall(r'^[A-Z]+ = "([a-z]+_[a-z_]+)"', sources, re.MULTILINE))
    assert written <= rows("docs/postures.md")


def test_every_format_is_in_the_table_of_what_is_read_inside_files() -> None:
    text = (ROOT / "docs" / "standards.md").read_text(encoding="utf-8")
    table = text.partition("## Inside files")[2].partition("## What is not read")[0]
    names = {"bmff": "MP4", "c2pa": "c2pa"}  # a manifest by itself is no format of its own there
    assert [kind.value for kind in Format if names.get(kind.value, kind.value).lower() not in table.lower()] == []
