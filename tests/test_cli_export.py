"""`export --sqlite`: every record of a log as rows, whole or not at all; the queries of the docs run on it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tdm_guard import Fetched, Judge
from tdm_guard.cli import app
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.reader import LogLine
from tdm_guard.log.record import RunInfo
from tdm_guard.model import Posture
from tdm_guard.reports.tables import SCHEMA_VERSION, Tables
from tdm_guard.usage import TDM
from tests.support.logs import NOW

DOCS = Path(__file__).parents[1] / "docs" / "sinks.md"
RUNNER = CliRunner()
ROBOTS = Fetched(status=200, body=b"User-agent: *\nDisallow: /private\n", at=NOW)
LIST = """
[[excluded_sites]]
id = "court-1"
issuer = "Ministry"
date = 2026-01-03
source = { url = "https://court.example/list" }
domains = ["pirate.example"]
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Seven decisions on three sites, one of them with a body that came later."""
    lists = tmp_path / "lists.toml"
    lists.write_text(LIST, encoding="utf-8")
    judge = Judge(agent="ExampleBot", excluded_sites=lists)
    documents = {"/robots.txt": ROBOTS, "/.well-known/tdmrep.json": Fetched(status=404, at=NOW)}
    policies = {name: judge.read_policies(f"https://{name}.example", documents, now=NOW) for name in ("a", "b")}
    page = [("content-type", "text/html")]

    def decided(url: str, *fields: tuple[str, str], **given: Any) -> Any:
        given = {"status": 200, "headers": [*page, *fields], "body": b"<p>x", "policies": policies[url[8]], **given}
        return judge.evaluate(url, now=NOW, **given)

    made = [
        decided("https://a.example/1"),
        decided("https://a.example/2", ("tdm-reservation", "1"), ("tdm-policy", "https://a.example/policy.json")),
        decided("https://a.example/3", ("tdm-reservation", "yes")),
        decided("https://b.example/private"),
        decided("https://b.example/\udc80"),
        decided("https://b.example/gone", status=404, body=b""),
        judge.evaluate("https://pirate.example/", now=NOW),
    ]
    path = tmp_path / "l.jsonl"
    run = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce", operator={"name": "acme"})
    with closing(JsonlLog(path, run=run, now=NOW, run_id="r1")) as writer:
        logged = [writer.decision(decision) for decision in made]
        writer.body(logged[0], now=NOW, size=70, content_sha256="ab" * 32, complete=True)
        writer.end(NOW)
    return path


def exported(*words: object) -> Any:
    return RUNNER.invoke(app, ["export", *map(str, words)])


@pytest.fixture
def database(log: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    done = exported(log, "--sqlite", tmp_path / "l.sqlite")
    assert (done.exit_code, done.stdout) == (0, "7 decisions in 1 run\n"), done.output
    with closing(sqlite3.connect(tmp_path / "l.sqlite")) as opened:
        opened.row_factory = sqlite3.Row
        yield opened


def test_every_record_is_there(database: sqlite3.Connection, log: Path) -> None:
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    decisions = {record["id"]: record for record in records if record["type"] == "decision"}
    rows = database.execute("SELECT * FROM decisions").fetchall()
    assert [row["id"] for row in rows] == list(decisions)
    for row in rows:
        record = decisions[row["id"]]
        for name in ("run", "seq", "ts", "origin", "verdict", "stage", "status", "media_type", "bytes", "hash"):
            assert row[name] == record[name], name
        for name in ("admitted", "enforced", "content", "authenticated", "cached"):
            assert bool(row[name]) is record[name], name
        for name in ("usages", "hops", "authorisations"):
            assert json.loads(row[name]) == record[name], name
        assert log.read_text(encoding="utf-8").splitlines()[row["line"] - 1].endswith(f'"hash":"{row["hash"]}"}}')
        said = database.execute("SELECT * FROM statements WHERE decision = ? ORDER BY place", (row["number"],))
        for statement, entry in zip(said.fetchall(), record["because"], strict=True):
            for name in ("kind", "signal", "carrier", "stance", "layer", "source", "locator", "excerpt", "policy_url"):
                assert statement[name] == entry[name], name
        faults = database.execute("SELECT message FROM faults WHERE decision = ?", (row["number"],))
        assert [fault["message"] for fault in faults] == [fault["message"] for fault in record["faults"]]
        looked = database.execute(
            "SELECT documents.* FROM checked JOIN documents ON number = checked.document WHERE decision = ?",
            (row["number"],),
        )
        wanted = {(entry["document"], entry["result"], entry["status"]) for entry in record["checked"]}
        assert {(each["document"], each["result"], each["status"]) for each in looked} == wanted
    assert [row["host"] for row in rows] == ["a.example"] * 3 + ["b.example"] * 3 + ["pirate.example"]
    assert rows[4]["url"] == "https://b.example/\\udc80"


def test_what_decisions_share_is_written_once(database: sqlite3.Connection) -> None:
    [shared] = database.execute("SELECT count(*) FROM documents WHERE document LIKE '%a.example/robots.txt'").fetchone()
    [links] = database.execute(
        "SELECT count(*) FROM checked JOIN documents ON number = checked.document "
        "WHERE documents.document LIKE '%a.example/robots.txt'"
    ).fetchone()
    assert (shared, links) == (1, 3)


def test_the_run_its_end_and_the_bodies(database: sqlite3.Connection) -> None:
    [run] = database.execute("SELECT * FROM runs").fetchall()
    assert (run["run"], run["agent"], run["mode"]) == ("r1", "ExampleBot", "enforce")
    assert json.loads(run["operator"]) == {"name": "acme"}
    assert run["ended_at"] == run["began_at"]
    totals = dict(database.execute("SELECT verdict, decisions FROM totals").fetchall())
    assert totals == dict(database.execute("SELECT verdict, count(*) FROM decisions GROUP BY 1").fetchall())
    [body] = database.execute("SELECT * FROM bodies").fetchall()
    assert (body["bytes"], body["complete"]) == (70, 1)
    received = database.execute("SELECT bytes FROM received WHERE decision = 1").fetchone()
    assert received["bytes"] == 70
    [made] = database.execute("SELECT * FROM export").fetchall()
    assert made["schema"] == SCHEMA_VERSION


def queries() -> list[str]:
    return re.findall(r"```sql\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("query", queries())
def test_the_queries_of_the_docs_run_and_find_something(query: str, database: sqlite3.Connection) -> None:
    assert database.execute(query).fetchall(), query
    plan = " ".join(str(row["detail"]) for row in database.execute(f"EXPLAIN QUERY PLAN {query}"))
    assert "SCAN" not in plan or "GROUP BY" in query or "ORDER BY" in query, plan


def test_the_schema_in_the_docs_is_the_one_there_is(database: sqlite3.Connection) -> None:
    text = DOCS.read_text(encoding="utf-8")
    for (table,) in database.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'"
    ).fetchall():
        told = text.partition(f"* **`{table}`**:")[2].partition("\n* ")[0].partition("\n\n")[0]
        columns = [column["name"] for column in database.execute(f"PRAGMA table_info({table})")]
        assert re.findall(r"`(\w+)`", told)[-len(columns) :] == columns, table


def test_logs_given_twice_and_lines_that_are_none(log: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.jsonl"
    again.write_bytes(log.read_bytes() + b'{"type":"decision", torn')
    done = exported(log, again, "--sqlite", tmp_path / "l.sqlite")
    assert done.exit_code == 0, done.output
    assert "7 decisions in 1 run" in done.stdout
    assert "the same log was given twice: 7 decisions met again, counted once" in done.stderr
    assert "the table unread says which" in done.stderr
    with closing(sqlite3.connect(tmp_path / "l.sqlite")) as opened:
        [(path, line, problem)] = opened.execute("SELECT path, line, problem FROM unread JOIN logs ON number = log")
        assert (path, line) == (str(again), len(again.read_bytes().splitlines()))
        assert problem.startswith("no JSON")


def test_what_is_in_a_strange_record_is_null_not_an_error(tmp_path: Path) -> None:
    log = tmp_path / "l.jsonl"
    strange = {
        "type": "decision", "run": 5, "seq": "x", "id": ["a"], "url": {"a": 1}, "because": [1, {"match": 3}, {}],
        "checked": [{"status": 2**70}], "bytes": -1, "admitted": "yes", "faults": "none", "usages": [{"a": None}],
    }  # fmt: skip
    log.write_text('{"type":"run","v":1,"run":"r"}\n' + json.dumps(strange) * 1 + "\n" + '{"type":"end","run":[1]}\n')
    done = exported(log, "--sqlite", tmp_path / "l.sqlite")
    assert done.exit_code == 0, done.output
    with closing(sqlite3.connect(tmp_path / "l.sqlite")) as opened:
        assert opened.execute("SELECT id, url, bytes, admitted FROM decisions").fetchall() == [(None,) * 4]
        assert opened.execute("SELECT count(*) FROM statements").fetchone() == (2,)


def test_a_file_that_is_there_is_not_written_over_unless_asked(log: Path, tmp_path: Path) -> None:
    there = tmp_path / "l.sqlite"
    there.write_text("mine")
    done = exported(log, "--sqlite", there)
    assert (done.exit_code, there.read_text()) == (2, "mine")
    assert "is there already; --force writes over it" in done.stderr
    assert exported(log, "--sqlite", there, "--force").exit_code == 0
    assert there.read_bytes().startswith(b"SQLite format 3")
    whole = log.read_bytes()
    done = exported(log, "--sqlite", log, "--force")
    assert (done.exit_code, log.read_bytes()) == (2, whole)
    assert "is one of the logs" in done.stderr


@pytest.mark.parametrize(
    ("content", "words", "told"),
    [
        (b"no log\n", ["--sqlite", "l.sqlite"], "no line is a record of a compliance log"),
        (None, ["--sqlite", "l.sqlite"], "cannot be read as a log"),
        (b'{"type":"run","v":1,"run":"r"}\n', ["--sqlite", "no/such/l.sqlite"], "cannot be written: No such file"),
        (b'{"type":"run","v":1,"run":"r"}\n', [], "export: give one of --sqlite"),
    ],
)
def test_what_fails_leaves_nothing(
    content: bytes | None, words: list[str], told: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "l.jsonl"
    if content is not None:
        log.write_bytes(content)
    before = sorted(tmp_path.iterdir())
    done = exported("l.jsonl", *words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_what_a_terminal_acts_on_is_shown_in_every_column(tmp_path: Path) -> None:
    words = "a\x1b[31m\u202e\x9b\x07\udc80\n"
    said = {"signal": words, "message": words, "excerpt": words, "document": words, "match": {"key": words}}
    record = {
        "type": "decision",
        "id": words,
        "run": words,
        "url": words,
        "origin": words,
        "hops": [words],
        "hash": "a",
    }
    lines = (
        {"type": "run", "v": 1, "run": words, "agent": words, "operator": {"name": words}},
        {**record, "because": [said], "faults": [said], "checked": [said]},
        {"type": "body", "run": words, "decision": words, "bytes": 7},
        {"type": "end", "run": words, "ts": words, "totals": {words: 1}},
    )
    with closing(Tables(tmp_path / "t.sqlite")) as tables:
        for number, line in enumerate(lines, 1):
            tables.add(LogLine(path="l\x1b.jsonl", number=number, raw=b"", record=line))
        tables.finish()
    with closing(sqlite3.connect(tmp_path / "t.sqlite")) as opened:
        dumped = [
            value
            for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for row in opened.execute(f"SELECT * FROM {name}")
            for value in row
        ]
        assert opened.execute("SELECT count(*) FROM bodies JOIN decisions ON number = decision").fetchone() == (1,)
        assert opened.execute("SELECT count(*) FROM runs JOIN totals USING (run)").fetchone() == (1,)
    assert all(value.isprintable() for value in dumped if isinstance(value, str))
    assert r"a\x1b[31m\u202e\x9b\x07\udc80\n" in dumped
