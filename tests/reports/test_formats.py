"""One set of figures, whatever the format of a report."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from typer.testing import CliRunner, Result

from tdm_guard.cli import app
from tdm_guard.cli.report import summarised
from tdm_guard.model import Verdict
from tdm_guard.reports.rows import NAMES
from tdm_guard.reports.spelling import from_csv
from tests.support.varied import HOLDER, decided, robots, varied, write_log


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", *arguments])


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_log(tmp_path_factory.mktemp("formats") / "tdm.jsonl", varied()))


@pytest.fixture(scope="module")
def told(log: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(log, "--format", "json").stdout)
    return found


@pytest.fixture(scope="module")
def rows(log: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run(log, "--format", "csv").stdout)))


def counts(rows: list[dict[str, str]], section: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        if row["section"] == section:
            found.setdefault(row["name"], {})[row["verdict"]] = int(row["decisions"])
    return found


@pytest.mark.parametrize(("section", "member"), [("day", "days"), ("media-type", "media_types"), ("signal", "signals")])
def test_csv_counts_by_verdict_as_json_does(
    section: str, member: str, told: dict[str, Any], rows: list[dict[str, str]]
) -> None:
    assert counts(rows, section) == told[member]


def test_csv_has_sites_asks_and_reasons_as_json_has(told: dict[str, Any], rows: list[dict[str, str]]) -> None:
    sites = {row["name"]: int(row["withheld"]) for row in rows if row["section"] == "site"}
    assert sites == {name: tally["withheld"] for name, tally in told["sites"].items()}
    asks = [int(row["items"]) for row in rows if row["section"] == "ask"]
    assert asks == [ask["items"] for ask in told["asks"]] == [5, 1]
    assert told["asks"][1]["name"] == " ".join(HOLDER.split())
    assert [(row["name"], row["decisions"]) for row in rows if row["section"] == "lifted"] == [
        ("lic-1 music-1 repertoire", "1")
    ]
    assert [row["decisions"] for row in rows if row["section"] == "review"] == ["1"]
    assert [row["decisions"] for row in rows if row["section"] == "fault-at"] == ["4"]
    assert told["undetermined"][0]["why"] == "status 503"
    assert told["faults"]["sites"][0]["site"] == "a.example"
    assert told["repertoire"]["works"] == {"music-1": {"iswc T0000000010": 4}}
    assert told["files"][0]["errors"] == 0


def test_parquet_has_the_rows_of_csv(log: str, rows: list[dict[str, str]], tmp_path: Path) -> None:
    output = tmp_path / "report.parquet"
    assert run(log, "--format", "parquet", "-o", str(output)).exit_code == 0
    found = parquet.read_table(output).to_pylist()
    as_text = [{name: "" if value is None else str(value) for name, value in row.items()} for row in found]
    plain = [{name: from_csv(row[name]) if name in NAMES else row[name] for name in row} for row in rows]
    assert as_text == plain
    assert all(row[name].isprintable() for row in as_text for name in NAMES)


def test_markdown_has_the_tables_of_the_page(log: str) -> None:
    page = run(log).stdout
    for heading in (
        "Verdicts by day",
        "Sites",
        "Whom to ask for a licence",
        "Reviews",
        "Files",
        "Last hash of each run",
    ):
        assert f"\n## {heading}\n" in page


def test_parquet_needs_a_file(log: str) -> None:
    result = run(log, "--format", "parquet")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "give --output, for example report.parquet" in result.stderr


@pytest.mark.parametrize("style", ["html", "parquet"])
def test_lists_are_no_pages(style: str, log: str) -> None:
    result = run(log, "--withheld", "--format", style)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"lists are markdown, json, csv, not {style}" in result.stderr


def test_the_page_is_written_by_the_command(log: str, tmp_path: Path) -> None:
    assert run(log, "--format", "html", "-o", str(tmp_path / "report.html")).exit_code == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    assert run(log, "--format", "html", "--verdict", "reserved").stdout.count("Only verdict reserved") == 1


def test_whom_to_ask_are_those_of_licences(tmp_path: Path) -> None:
    """Of each address the last decision counts, by time, whatever the order of the logs."""
    a, b = "https://a.example/x", "https://b.example/x"
    first = write_log(tmp_path / "1.jsonl", [decided(a, Verdict.RESERVED, robots(a)), decided(b)])
    late = varied()[1].ts
    again = [decided(a, at=late), decided(b, Verdict.RESERVED, robots(b), at=late)]
    second = write_log(tmp_path / "2.jsonl", again)
    for logs in ([first, second], [second, first]):
        asks = summarised([str(path) for path in logs]).asks
        assert [(ask.name, ask.items) for ask in asks.by_size] == [("https://b.example", 1)]
        listed = CliRunner().invoke(app, ["licences", *map(str, logs), "--format", "json"])
        assert [(ask["name"], ask["items"]) for ask in json.loads(listed.stdout)["asks"]] == [("https://b.example", 1)]
