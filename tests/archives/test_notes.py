"""What was wrong with how an answer was stored stands in its record; what is usual in archives does not."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tdm_guard import Fetched, Judge, Ledger
from tdm_guard.archives import Damage, read_items
from tdm_guard.archives.items import unusual
from tdm_guard.cli import app
from tests.archives.made import PAGE, record

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
GIVEN: Any = {"status": 200, "headers": [("content-type", "text/html")], "body": PAGE, "unread": "ignore"}
GZIP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"


def faults(path: Path, tmp_path: Path) -> list[list[tuple[str, str]]]:
    """Of each decision of a scan, by carrier and message."""
    log = tmp_path / "l.jsonl"
    CliRunner().invoke(app, ["scan", str(path), "--agent", "ExampleBot", "--log", str(log), "--unread", "ignore"])
    found = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [
        [(fault["carrier"], fault["message"]) for fault in each["faults"]]
        for each in found
        if each["type"] == "decision"
    ]


def written(tmp_path: Path, *records: bytes) -> Path:
    path = tmp_path / "a.warc"
    path.write_bytes(b"".join(records))
    return path


def test_what_is_usual_is_not_told(tmp_path: Path) -> None:
    stored = record("response", HEAD + PAGE, url="https://a.example/1", fields=[("WARC-Record-ID", "<urn:uuid:1>")])
    again = record("revisit", HEAD, url="https://a.example/2", fields=[("WARC-Refers-To", "<urn:uuid:1>")])
    coded = record("response", GZIP + gzip.compress(PAGE), url="https://a.example/3")
    assert faults(written(tmp_path, stored, again, coded), tmp_path) == [[], [], []]


@pytest.mark.parametrize(
    ("stored", "word"),
    [
        (
            record("response", HEAD + PAGE, url="https://a.example/", fields=[("WARC-Truncated", "length")]),
            "cut short by who stored",
        ),
        (
            record("response", HEAD[:-2] + b"X-Robots-Tag: all\r\nnofollow\r\n\r\n" + PAGE, url="https://a.example/"),
            "a field line without a colon",
        ),
        (
            record("response", b"HTTP/1.1 x\r\nContent-Type: text/html\r\n\r\n" + PAGE, url="https://a.example/"),
            "status line",
        ),
        (
            record("revisit", HEAD, url="https://a.example/", fields=[("WARC-Refers-To", "<urn:uuid:9>")]),
            "not in these archives",
        ),
        (
            record("resource", PAGE, url="https://a.example/", fields=[("Content-Type", "text/html")]),
            "what the fields of its answer",
        ),
    ],
)
def test_what_was_wrong_stands_among_the_faults(tmp_path: Path, stored: bytes, word: str) -> None:
    (found,) = faults(written(tmp_path, stored), tmp_path)
    (message,) = [message for carrier, message in found if carrier == "archive"]
    assert word in message
    log = str(tmp_path / "l.jsonl")
    assert CliRunner().invoke(app, ["verify", log]).exit_code == 0
    report = CliRunner().invoke(app, ["report", log]).output
    assert "### In how it was stored" in report
    assert ("### In what sites say" in report) is (len(found) > 1)
    page = CliRunner().invoke(app, ["explain", json.loads(Path(log).read_text().splitlines()[1])["id"], log]).output
    assert "In how it was stored" in page


def test_they_turn_no_decision_and_are_bounded(tmp_path: Path) -> None:
    judge = Judge(agent="ExampleBot")
    absent = Fetched(status=404)
    documents = dict.fromkeys(("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt"), absent)
    policy = judge.read_policies("https://a.example", documents, now=datetime.now(UTC))
    with Ledger(judge, tmp_path / "l.jsonl") as ledger:
        silent = ledger.evaluate("https://a.example/", **GIVEN, policies=policy, notes=["a word"])
        assert [fault.message for fault in silent.faults] == ["a word"]
        plain = ledger.evaluate("https://a.example/", **GIVEN)
        noted = ledger.evaluate("https://a.example/", **GIVEN, notes=["x" * 999] * 999)
    assert noted.verdict == plain.verdict == "unreserved"
    assert not plain.faults
    assert 0 < len(noted.faults) < 100
    assert len(noted.faults[0].message) < 300


def test_a_reader_gives_all_notes(tmp_path: Path) -> None:
    stored = record("response", HEAD + PAGE, url="https://a.example/1", fields=[("WARC-Record-ID", "<urn:uuid:1>")])
    again = record("revisit", HEAD, url="https://a.example/2", fields=[("WARC-Refers-To", "<urn:uuid:1>")])
    items = [each for each in read_items(written(tmp_path, stored, again)) if not isinstance(each, Damage)]
    assert items[1].notes
    assert unusual(items[1].notes) == ()
