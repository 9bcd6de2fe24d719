"""Every command that reads logs lives with split, redacted and forgotten records, and says what it leaves out."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tdm_guard.cli import app
from tdm_guard.log.forgetting import Order, forget
from tdm_guard.log.latest import Latest
from tdm_guard.log.reader import read_log
from tdm_guard.model import Stance, Verdict
from tests.support.split_logs import NOW, decision, statement, written

SOME = [
    decision(),
    decision("https://a.example/b", Verdict.RESERVED, because=(statement(rightsholder="X"),)),
    decision("https://a.example/u", Verdict.UNDETERMINED),
    decision("https://a.example/r", Verdict.REVIEW, because=(statement(doubt="weak", stance=Stance.RESERVED),)),
    decision("https://a.example/e", Verdict.EXEMPT, because=(statement(),)),
]
FORMATS = ("markdown", "csv", "json")
READING = [
    *(["report", "--format", style] for style in FORMATS), ["report", "--withheld"], ["report", "--admitted"],
    ["licences"], ["licences", "--format", "json"], ["review"], ["recheck", "--undetermined"],
    ["export", "--preferences"],
]  # fmt: skip


DATED = [["report", "--format", "html"], ["report", "--template", "art53"], ["report", "--template", "ab2013"]]


def cli(*words: str | Path) -> Result:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("logs")
    found = {name: folder / name / "tdm.jsonl" for name in ("plain", "split", "forgotten", "buried", "compact")}
    for name, path in found.items():
        path.parent.mkdir()
        until = None if name in ("plain", "buried") else "2020-01-01"
        written(path, SOME, until=until, compact=name == "compact")
    order = Order(by="dpo", on=date(2026, 1, 1))
    forget([str(found["forgotten"])], order, NOW)
    forget([str(found["buried"])], replace(order, runs=("r1",)), NOW)
    return found


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_split_log_reads_as_any_other(
    logs: dict[str, Path], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    for name in ("plain", "split"):
        monkeypatch.chdir(logs[name].parent)
        done = cli(*words, "tdm.jsonl")
        size = logs[name].stat().st_size
        text = re.sub(rf"[0-9a-f]{{64}}|\b(?:{size}|{size:,})\b", "of the file", done.stdout)
        said.append((done.exit_code, text, done.stderr))
    assert said[0] == said[1]


def test_a_database_has_what_is_there(logs: dict[str, Path], tmp_path: Path) -> None:
    found = {}
    for name, log in logs.items():
        assert cli("export", log, "--sqlite", tmp_path / f"{name}.db").exit_code == 0
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as database:
            found[name] = database.execute("SELECT url, verdict FROM decisions ORDER BY seq").fetchall()
    assert found["plain"] == found["split"] == found["compact"]
    assert [verdict for _, verdict in found["forgotten"]] == [verdict for _, verdict in found["plain"]]
    assert not any(url for url, _ in found["forgotten"])
    assert found["buried"] == []


@pytest.mark.parametrize("words", [*READING, *DATED], ids=" ".join)
@pytest.mark.parametrize("name", ["forgotten", "buried"])
def test_what_was_forgotten_is_left_out_and_said(logs: dict[str, Path], name: str, words: list[str]) -> None:
    done = cli(*words, logs[name])
    assert done.exit_code == 0
    assert "exemple" not in done.stdout + done.stderr
    if words[0] in ("licences", "recheck", "review"):
        assert "left out, because what they are about was forgotten: 5 decisions" in done.stderr


def test_what_was_forgotten_is_counted_by_verdict(logs: dict[str, Path]) -> None:
    whole = json.loads(cli("report", "--format", "json", logs["plain"]).stdout)
    left = json.loads(cli("report", "--format", "json", logs["forgotten"]).stdout)
    assert left["verdicts"] == whole["verdicts"]
    assert left["total"]["admitted_bytes"] == whole["total"]["admitted_bytes"]


def test_a_forgotten_decision_is_explained_as_far_as_it_is_known(logs: dict[str, Path]) -> None:
    assert "https://a.example/b" in cli("explain", "r1-2", logs["split"]).stdout
    told = cli("explain", "r1-2", logs["forgotten"])
    assert told.exit_code == 0
    assert "(forgotten) of https://a.example" in told.stdout
    assert "its address, and the words that it rests on, were forgotten" in told.stdout
    assert cli("explain", "r1-2", logs["buried"]).exit_code == 2
    assert cli("explain", "https://a.example/b", logs["forgotten"]).exit_code == 2


def test_compact_records_are_read_whole_by_who_keeps_them(logs: dict[str, Path]) -> None:
    with_them = [dict(each) for each in Latest.of(read_log([logs["plain"]]), lambda record: True)]
    for name in ("compact", "split"):
        found = [dict(each) for each in Latest.of(read_log([logs[name]]), lambda record: True)]
        assert [{**each, "prev": "", "hash": ""} for each in found] == [
            {**each, "prev": "", "hash": ""} for each in with_them
        ]


def test_redacted_addresses_stand_apart_and_are_not_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    urls = [f"https://a.example/p?token={number}" for number in range(3)]
    written(path, [decision(url, Verdict.UNDETERMINED) for url in urls] + SOME[2:3], until=None)
    done = cli("recheck", "--undetermined", path)
    assert done.stdout == "https://a.example/u\n"
    assert "left out, because a part of the address was redacted: 3 items" in done.stderr
    admitted = tmp_path / "admitted.jsonl"
    written(admitted, [decision(url) for url in urls], until=None)
    listed = cli("report", "--admitted", "--format", "csv", admitted)
    assert listed.stdout.count("token=REDACTED") == 3
    done = cli("recheck", admitted)
    assert (done.exit_code, done.stdout) == (0, "0 of 0 items that were admitted would be withheld today.\n")
    assert "a part of the address was redacted: 3 items" in done.stderr
    assert cli("explain", urls[0], admitted).exit_code == 0
