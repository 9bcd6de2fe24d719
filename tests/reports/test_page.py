"""The HTML page of a report: its structure, what strangers wrote in it, and figures that equal the log's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest

from tdm_guard.cli.report import summarised
from tdm_guard.log.jsonl import JsonlLog, Keeping
from tdm_guard.log.record import RunInfo
from tdm_guard.model import Posture
from tdm_guard.reports.charts import SHOWN, charts, drawn
from tdm_guard.reports.page import page
from tdm_guard.reports.summary import Summary
from tdm_guard.reports.table import Table
from tdm_guard.reports.tabulated import tables
from tdm_guard.usage import TDM
from tests.support.browser import CHROMIUM, chromium, console, served
from tests.support.varied import HOSTILE, decided, varied, write_log

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
FRAMES = """<!doctype html><title>frames</title>
<iframe src="/report.html" width="400" height="900"></iframe>
<iframe src="/report.html" width="1200" height="900"></iframe>
<output id="sizes"></output><script>
addEventListener("load", () => {
  document.getElementById("sizes").textContent = [...document.querySelectorAll("iframe")].map(frame => {
    const root = frame.contentDocument.documentElement
    return root.clientWidth + "/" + root.scrollWidth + "/" + frame.contentDocument.images.length
  }).join(" ")
})
</script>"""


def text_of(summary: Summary) -> str:
    return "".join(page(summary, charts=charts(tables(summary)) or {}, now=NOW))


def parsed(text: str) -> Element:
    parser = html5lib.HTMLParser(strict=False)
    found: Element = parser.parse(text)
    # what HTML5 says of inline SVG: html5lib knows no aria-labelledby there and has nothing to say of it
    assert [error for error in parser.errors if error[1] != "expected-doctype-but-got-eof"] == []
    return found


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def table(root: Element, name: str) -> list[dict[str, str]]:
    """The rows of the table with this caption, by heading."""
    [found] = [each for each in root.iter(f"{XHTML}table") if each.find(f"{XHTML}caption").get("id") == f"table-{name}"]  # type: ignore[union-attr]
    headings = [words(cell) for cell in found.iter(f"{XHTML}th") if cell.get("scope") == "col"]
    rows = found.find(f"{XHTML}tbody")
    assert rows is not None
    return [dict(zip(headings, map(words, row), strict=True)) for row in rows]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(tmp_path_factory.mktemp("page") / "tdm.jsonl", varied())


@pytest.fixture(scope="module")
def summary(log: Path) -> Summary:
    return summarised([str(log)])


@pytest.fixture(scope="module")
def text(summary: Summary) -> str:
    return text_of(summary)


@pytest.fixture(scope="module")
def root(text: str) -> Element:
    return parsed(text)


def records(log: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [record for record in found if record["type"] == "decision"]


def test_the_page_is_readable_by_everybody(root: Element) -> None:
    assert root.get("lang") == "en"
    headings = [each for each in root.iter() if re.fullmatch(rf"{re.escape(XHTML)}h[1-6]", str(each.tag))]
    levels = [int(str(each.tag)[-1]) for each in headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(following <= level + 1 for level, following in pairwise(levels))
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    targets = [str(each.get("href")) for each in root.iter(f"{XHTML}a")]
    assert targets[0] == "#main"  # the skip link comes first
    assert all(target.startswith("#") and target[1:] in ids for target in targets)
    for each in root.iter(f"{XHTML}table"):
        assert each[0].tag == f"{XHTML}caption"
        assert all(cell.get("scope") in {"row", "col"} for cell in each.iter(f"{XHTML}th"))
    labels = [each.get("aria-labelledby") for each in root.iter() if each.get("aria-labelledby")]
    assert set(labels) <= set(ids)


def test_charts_have_a_name_and_their_figures_beside_them(root: Element, text: str) -> None:
    drawn = list(root.iter(f"{SVG}svg"))
    assert {each.get("aria-labelledby") for each in drawn} == {
        f"chart-{name}" for name in ("verdicts", "days", "signals", "sites", "media", "asks")
    }
    for each in drawn:
        assert each.get("role") == "img"
        assert each[0].tag == f"{SVG}title"
        key = str(each.get("aria-labelledby")).removeprefix("chart-")
        assert f'id="table-{key}"' in text
    assert {color.lower() for color in re.findall(r'(?:fill|stroke)="([^"]*)"', text)} <= {
        "none", "currentcolor", "#808080", "transparent",
    }  # fmt: skip


def test_nothing_of_strangers_is_markup_or_steers_a_display(root: Element, text: str) -> None:
    assert not [each for each in root.iter() if each.tag in {f"{XHTML}script", f"{XHTML}img", f"{XHTML}b"}]
    assert all(character.isprintable() or character == "\n" for character in text)
    assert r"\u202egnp.\x1b[31m" in text
    assert "<script>alert('1')</script>" in words(root)  # told, not left out


def test_nothing_is_asked_for(root: Element, text: str) -> None:
    assert "default-src 'none'" in text
    for each in root.iter():
        assert not {"src", "srcset", "data", "background", "action", "poster"} & set(each.attrib)
        assert not [name for name in each.attrib if str(name).startswith("on")]
    assert not re.search(r"@import|url\(", text)
    assert not [each for each in root.iter() if str(each.tag).endswith(("link", "iframe", "object", "embed", "}image"))]


def test_figures_equal_the_log(log: Path, root: Element) -> None:
    found = records(log)
    verdicts = Counter(record["verdict"] for record in found)
    assert {row["verdict"]: int(row["decisions"]) for row in table(root, "verdicts")} == verdicts
    days = Counter((record["ts"][:10], record["verdict"]) for record in found)
    told = {(row["day (UTC)"], verdict): int(row[verdict]) for row in table(root, "days") for verdict in verdicts}
    assert {key: count for key, count in told.items() if count} == days
    sites = Counter(
        "a.example" if "a.example" in record["origin"] else record["origin"].split("/")[2].split(":")[0]
        for record in found
    )
    assert {row["site"]: int(row["decisions"]) for row in table(root, "sites")} == sites
    media = Counter((record["media_type"] or "(none received)").partition(";")[0].lower() for record in found)
    assert {row["media type"]: int(row["decisions"]) for row in table(root, "media")} == media
    signals = Counter(signal for record in found for signal in {entry["signal"] for entry in record["because"]})
    assert {row["signal"]: int(row["decisions"]) for row in table(root, "signals")} == signals
    totals = {row["what"].split(":")[0]: row for row in table(root, "totals")}
    assert int(totals["withheld"]["decisions"]) == sum(not record["admitted"] for record in found)
    assert totals["withheld"]["share of decisions"] == f"{100 * 8 / 23:.1f} %"
    assert int(totals["decided"]["addresses"]) == len({record["url"] for record in found})


def test_reasons_name_whom_and_why(root: Element) -> None:
    [site, holder] = table(root, "asks")
    assert (holder["who reserves"][:10], holder["items"], holder["whom to ask"]) == (
        "Society of",
        "1",
        "ai@society.example",
    )
    assert (site["who reserves"], site["items"]) == ("https://shop.a.example", "5")
    [lifted] = table(root, "lifted")
    assert list(lifted.values()) == ["lic-1", "music-1", "repertoire", "1"]
    [review] = table(root, "reviews")
    assert list(review.values()) == ["released", "music-1", "legal@acme.example", "2026-01-04", "another Marie", "1"]
    [declaration] = table(root, "declarations")
    assert declaration["words"] == "Not for mining."
    assert declaration["form and mandate"] == "press release; mandate asserted"
    assert [list(row.values())[1:] for row in table(root, "works")] == [["iswc T0000000010", "4"]]
    [unknown] = table(root, "undetermined")
    assert (unknown["signal"], unknown["what became of it"], unknown["decisions"]) == ("robots", "status 503", "1")
    [fault] = table(root, "publishers")
    assert (fault["site"], fault["what is wrong"], fault["decisions"]) == ("a.example", "the root is an object", "4")
    [failed] = table(root, "failed")
    assert failed["failed downloads"] == "0"


def test_the_page_says_who_and_from_what(log: Path, root: Element) -> None:
    import hashlib

    facts = {words(each[0]): words(each[1]) for each in root.iter(f"{XHTML}div") if len(each) == 2}
    assert facts["Operator"] == "acme-ai <b>"
    assert facts["Contact"] == "https://acme.example/bot"
    assert facts["Collected for"].startswith("text and data mining of every kind")
    assert facts["Runs"] == "1; each came to its end"
    [file] = table(root, "files")
    assert file["SHA-256"] == hashlib.sha256(log.read_bytes()).hexdigest()
    assert (file["bytes"], file["verified"]) == (f"{log.stat().st_size:,}", "yes: 0 errors, 0 remarks")
    [head] = table(root, "heads")
    last = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()][-1]
    assert head["last hash"] == last["hash"]


def test_a_run_cut_short_and_an_altered_log_are_marked(tmp_path: Path) -> None:
    path = write_log(tmp_path / "cut.jsonl", varied(), ends=False)
    found = parsed(text_of(summarised([str(path)])))
    assert [row["came to its end"] for row in table(found, "heads")] == ["no: cut short, or goes on"]
    assert [row["verified"] for row in table(found, "files")] == ["yes: 0 errors, 1 remark"]
    assert "1; 1 cut short, or still going on" in words(found)
    path.write_bytes(path.read_bytes().replace(b"Not for mining.", b"Yes for mining.", 1))
    found = parsed(text_of(summarised([str(path)])))
    assert [row["verified"] for row in table(found, "files")] == ["no: 1 error, 1 remark"]
    assert "There is something wrong with these logs. tdm-guard verify refuses these logs: 1 error" in words(found)


def test_observe_mode_is_said_at_the_head(tmp_path: Path) -> None:
    path = write_log(tmp_path / "observe.jsonl", varied("observe"), mode="observe")
    found = parsed(text_of(summarised([str(path)])))
    header = next(found.iter(f"{XHTML}header"))
    assert "Observe mode: 6 of 20 stored items were stored against a reservation" in words(header)
    rows = {row["what"].split(",")[0]: row for row in table(found, "totals")}
    assert rows["under a verdict that withholds"]["decisions"] == "8"


def test_without_what_draws_them_the_page_has_tables_alone(
    summary: Summary, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert charts(tables(summary)) is None
    plain = text_of(summary)
    assert "<svg" not in plain
    assert plain.count("<table>") == text.count("<table>")


def test_more_rows_than_people_read_are_counted_together(tmp_path: Path) -> None:
    decisions = [decided(f"https://s{number}.example/") for number in range(60)]
    found = parsed(text_of(summarised([str(write_log(tmp_path / "many.jsonl", decisions))])))
    rows = table(found, "sites")
    assert (len(rows), rows[-1]["site"], rows[-1]["decisions"]) == (51, "(others: 10 sites)", "10")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; apt-get install chromium")
def test_in_a_browser_nothing_is_fetched_and_nothing_overflows(text: str, tmp_path: Path) -> None:
    with served({"/report.html": text, "/": FRAMES}) as (address, asked):
        done = chromium(tmp_path, "--window-size=1700,1000", "--dump-dom", f"{address}/")
    assert console(done) == []
    sizes = re.search(r'<output id="sizes">([^<]*)</output>', done.stdout)
    assert sizes is not None
    phone, desktop = (list(map(int, size.split("/"))) for size in sizes[1].split())
    assert phone[1] <= phone[0] <= 400, "the page is wider than a phone"
    assert desktop[1] <= desktop[0] <= 1200
    assert set(asked) <= {"/", "/report.html", "/favicon.ico"}


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; apt-get install chromium")
def test_the_page_prints(summary: Summary, text: str, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    pdf = tmp_path / "report.pdf"
    done = chromium(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={pdf}", (tmp_path / "report.html").as_uri())
    assert console(done) == []
    assert pdf.read_bytes().startswith(b"%PDF")
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("pdftotext is not installed; apt-get install poppler-utils")
    printed = subprocess.run([reader, "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    for verdict, count in summary.verdicts.items():
        assert re.search(rf"^\s*{verdict}\s+{count}\s+[\d.]+ %$", printed, re.MULTILINE), verdict
    assert (summary.sources[0].sha256 or "")[:12] in printed


def test_hostile_words_are_what_this_is_about() -> None:
    assert "<script>" in HOSTILE
    assert not HOSTILE.isprintable()


@pytest.mark.parametrize("ends", [True, False])
def test_a_run_in_several_files_has_one_head(tmp_path: Path, *, ends: bool) -> None:
    info = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce")
    with closing(JsonlLog(tmp_path / "tdm.jsonl", run=info, now=NOW, keeping=Keeping(rotate=2_000))) as log:
        for decision in varied()[:8]:
            log.decision(decision)
        if ends:
            log.end(NOW)
    first, *parts = sorted(tmp_path.iterdir(), key=lambda path: (".part-" in path.name, path.name))
    assert len(parts) > 1
    head = json.loads(parts[-1].read_text(encoding="utf-8").splitlines()[-1])["hash"]
    copy = shutil.copyfile(parts[-1], tmp_path / "copy.jsonl")
    for given, whole in (([first, *parts], 1), ([*reversed(parts), first], 1), ([first, *parts, copy], 1 + ends)):
        found = summarised([str(path) for path in given])
        rows = tables(found)["heads"].rows
        assert [row[0] for row in rows] == [str(path) for path in given]
        told = [row[2:] for row in rows if row[2] == head]
        assert told == [(head, "yes" if ends else "no: cut short, or goes on")] * whole
        assert {row[2:] for row in rows if row[2] != head} == {("none: not its last file", "goes on in the next file")}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (SHOWN, "withheld"),
        (SHOWN + 1, f"withheld, the {SHOWN} with most of {SHOWN + 1} in the table"),
    ],
)
def test_a_chart_says_what_it_draws(rows: int, said: str) -> None:
    counts = tuple((f"{number}.example", 5, number + 1) for number in range(rows))
    more: tuple[tuple[str | int, ...], ...] = (("none.example", 9, 0), ("(others: 3 sites)", 9, 9))
    columns = ("site", "decisions", "withheld")
    table = Table(key="sites", title="Sites", note="", columns=columns, rows=(*counts, *more), chart="withheld")
    assert drawn(table) == said


def test_each_chart_of_a_page_stands_over_what_it_draws(text: str) -> None:
    assert text.count('<div class="chart">') == text.count("<p>Drawn: ") > 0
    assert "<p>Drawn: decisions, a row of bars for each verdict" in text
