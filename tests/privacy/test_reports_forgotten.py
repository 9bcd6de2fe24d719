"""What was forgotten, and what was not given, is told at the head of every report, not counted as nothing."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tdm_guard.cli import app
from tdm_guard.log.forgetting import Order, forget
from tdm_guard.model import Verdict
from tests.support.split_logs import NOW, RUN, decision, statement, written

OBSERVED = replace(RUN, mode="observe")
SOME = [decision(), decision("https://a.example/b", Verdict.UNRESERVED, because=(statement(),)), decision()]
WORDS = "forgotten: of them addresses, signals, works and faults cannot be counted any more"


def out(*words: str | Path) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {name: tmp_path_factory.mktemp(name) / "tdm.jsonl" for name in ("kept", "split", "buried")}
    for name, path in found.items():
        written(path, SOME, until=None if name != "split" else "2020-01-01", run=OBSERVED)
    forget([str(found["split"])], Order(by="dpo", on=date(2026, 1, 1)), NOW)
    forget([str(found["buried"])], Order(by="dpo", on=date(2026, 1, 1), runs=("r1",)), NOW)
    return found


@pytest.mark.parametrize("name", ["split", "buried"])
@pytest.mark.parametrize(
    "words",
    [["report"], ["report", "--format", "html"], ["report", "--template", "art53"], ["report", "--template", "ab2013"],
     ["licences"], ["report", "--latest"]],
)  # fmt: skip
def test_what_was_forgotten_stands_at_the_head(logs: dict[str, Path], name: str, words: list[str]) -> None:
    page = out(words[0], logs[name], *words[1:])
    assert f"3 decisions {WORDS}" in page
    assert "0 of 0" not in page
    assert "on 0 addresses" not in page
    assert "forgotten" not in out(words[0], logs["kept"], *words[1:])


def test_figures_that_are_gone_are_null_and_the_headline_counts_decisions(logs: dict[str, Path]) -> None:
    page = json.loads(out("report", logs["split"], "--format", "json"))
    assert (page["forgotten"], page["total"]["decisions"], page["addresses"]["decisions"]) == (3, 3, None)
    assert "**Observe mode: 0 of 3 decisions that stored content" in out("report", logs["split"])
    assert "how much was stored is not known any more" in out("report", logs["buried"])
    assert json.loads(out("report", logs["kept"], "--format", "json"))["addresses"]["decisions"] == 2
    both = out("report", logs["split"], "--run", "r1")
    assert f"3 decisions {WORDS}" in both
    rows = list(csv.DictReader(io.StringIO(out("report", logs["split"], "--format", "csv"))))
    assert [(row["section"], row["decisions"]) for row in rows[:2]] == [("forgotten", "3"), ("total", "3")]
    assert rows[2]["decisions"] == ""


def test_nowhere_is_it_none_where_it_is_not_known(logs: dict[str, Path]) -> None:
    for name, forgotten in (("split", True), ("buried", True), ("kept", False)):
        listed = out("licences", logs[name])
        assert ("No item wants a licence." in listed) is not forgotten
        gone = "No item that is known wants a licence; of 3 decisions forgotten that is not known."
        assert (gone in listed) is forgotten
        faults = out("report", logs[name]).partition("## Faults")[2].partition("##")[0].split("\n\n")[1:]
        assert faults[0].strip() == ("None known." if forgotten else "None.")
        assert ("Not known of 3 decisions forgotten." in faults) is forgotten
        page = out("report", logs[name], "--format", "html")
        assert (forgotten, "None known.</p>" in page) in ((True, True), (False, False))


def test_of_what_is_left_the_licences_are_listed(tmp_path: Path) -> None:
    path, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    reserved = decision("https://b.example/", Verdict.RESERVED, because=(statement(),))
    written(path, [reserved], until="2020-01-01")
    forget([str(path)], Order(by="dpo", on=date(2026, 1, 1)), NOW)
    written(other, [reserved], until=None, run_id="r2")
    said = out("licences", path, other)
    assert "1 item withheld for want of 1 licence; of 1 decision forgotten that is not known.\n" in said


def test_templates_say_it_where_it_matters(logs: dict[str, Path]) -> None:
    page = json.loads(out("report", logs["split"], "--template", "art53", "--format", "json"))
    for number in ("2.3", "3.1", "3.2"):
        assert any(note.startswith("3 decisions forgotten") for note in page[number]["notes"])


def test_a_later_part_alone_has_its_run(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    pages = [decision(f"https://a.example/{number}") for number in range(12)]
    written(path, pages, until=None, run=OBSERVED, rotate=4096)
    parts = sorted(each for each in tmp_path.iterdir() if ".part-" in each.name)
    assert len(parts) > 1
    last = parts[1:]
    for style in ("markdown", "html"):
        page = out("report", *last, "--format", style)
        assert "run r1 begins with part 3: the parts before were not given" in page
        assert "ExampleBot" in page
        assert "Observe mode" in page
        assert "begins with part" not in out("report", path, *parts, "--format", style)
    told = json.loads(out("report", *last, "--format", "json"))["runs"]
    assert [(run["run"], run["agent"], run["mode"]) for run in told] == [("r1", "ExampleBot", "observe")]
    assert len(json.loads(out("report", path, *parts, "--format", "json"))["runs"]) == 1
    out("export", *last, "--sqlite", tmp_path / "q.sqlite")
    with closing(sqlite3.connect(tmp_path / "q.sqlite")) as base:
        assert base.execute("SELECT run, agent, mode FROM runs").fetchall() == [("r1", "ExampleBot", "observe")]
