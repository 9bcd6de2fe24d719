"""Answers of which not all is known are not taken for silent ones; and values that no reader should end at."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tdm_guard.archives.captured import moment
from tdm_guard.archives.sources import DOCUMENTS
from tdm_guard.cli import app
from tests.archives.made import DATE, HEAD, PAGE, URL, read, record, split

OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nUser-agent: *\nAllow: /\n"
ABSENT = b"HTTP/1.1 404 Not Found\r\n\r\nno"
CLEAN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE
BEYOND = ("9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00Z")


def verdicts(
    folder: Path, stored: Path, *, robots: bytes = OPEN, date: str = DATE, fields: Iterable[tuple[str, str]] = ()
) -> dict[str, str]:
    """What a scan comes to under policies that reserve nothing, but for this robots.txt."""
    given = [*fields, ("WARC-Date", date)]
    captures = [
        record(block=robots if path == "/robots.txt" else ABSENT, url=f"https://site.example{path}", fields=given)
        for path in DOCUMENTS
    ]
    policies, log = folder / "policies.warc", folder / "scan.jsonl"
    policies.write_bytes(b"".join(captures))
    answer = CliRunner().invoke(app, ["scan", str(stored), "--policies", str(policies), "--log", str(log)])
    assert isinstance(answer.exception, SystemExit | None), answer.exception
    lines = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return {line["url"]: line["verdict"] for line in lines if line["type"] == "decision"}


def stored(folder: Path, data: bytes, name: str = "a.warc") -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def rows(folder: Path, table: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(table), folder / "a.parquet")
    return folder / "a.parquet"


def test_rows_whose_fields_are_not_known_are_not_those_without_any(tmp_path: Path) -> None:
    said = [{"name": "content-type", "value": "text/html"}]
    row = {"status": 200, "body": PAGE}
    table = [{"url": f"{URL}/1", "headers": None, **row}, {"url": f"{URL}/2", "headers": said, **row}]
    assert verdicts(tmp_path, rows(tmp_path, table)) == {f"{URL}/1": "undetermined", f"{URL}/2": "unreserved"}


def test_a_table_without_fields_lets_no_content_through(tmp_path: Path) -> None:
    table = [{"url": URL, "status": 200, "body": PAGE}]
    assert verdicts(tmp_path, rows(tmp_path, table)) == {URL: "undetermined"}


def test_a_strange_status_is_that_of_its_row_alone(tmp_path: Path) -> None:
    said = [{"name": "content-type", "value": "text/html"}]
    table = [
        {"url": f"{URL}/{number}", "status": status, "headers": said, "body": PAGE}
        for number, status in enumerate((float("inf"), -3.0, 1e9, float("nan"), 200.0))
    ]
    found = verdicts(tmp_path, rows(tmp_path, table))
    assert list(found.values()) == ["undetermined"] * 3 + ["unreserved"] * 2


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        ({"status": 200, "headers": []}, "unreserved"),
        ({"status": 200}, "undetermined"),
        ({"status": 200, "headers": None}, "undetermined"),
        ({"status": "200 OK", "headers": []}, "undetermined"),
        ({"status": 1e400, "headers": []}, "undetermined"),
        ({"headers": []}, "undetermined"),
    ],
)
def test_an_entry_that_lacks_status_or_fields_is_not_passed_over(
    tmp_path: Path, response: dict[str, Any], verdict: str
) -> None:
    content = {"size": len(PAGE), "mimeType": "text/html", "text": PAGE.decode()}
    entry = {"request": {"method": "GET", "url": URL}, "response": {**response, "content": content}}
    data = json.dumps({"log": {"version": "1.2", "entries": [entry]}}).encode()
    assert verdicts(tmp_path, stored(tmp_path, data, "a.har")) == {URL: verdict}


def test_an_entry_without_an_answer_is_counted_only(tmp_path: Path) -> None:
    entry = {"request": {"method": "GET", "url": URL}, "response": {"status": 0, "headers": [], "content": {}}}
    assert not read(tmp_path, json.dumps({"log": {"entries": [entry]}}).encode(), "a.har")


def test_a_response_without_its_head_may_have_reserved(tmp_path: Path) -> None:
    assert verdicts(tmp_path, stored(tmp_path, record(block=PAGE))) == {URL: "undetermined"}
    assert verdicts(tmp_path, stored(tmp_path, record(block=CLEAN))) == {URL: "unreserved"}


def test_so_may_one_in_arc(tmp_path: Path) -> None:
    about = b"1 0 Tool\n"
    data = b"filedesc://a.arc 0.0.0.0 20240506070809 text/plain %d\n%s\n" % (len(about), about)
    for number, block in enumerate((PAGE, CLEAN)):
        data += b"%s/%d 192.0.2.1 20240506070809 text/html %d\n%s\n" % (URL.encode(), number, len(block), block)
    found = verdicts(tmp_path, stored(tmp_path, data, "a.arc"))
    assert found == {f"{URL}/0": "undetermined", f"{URL}/1": "unreserved"}


@pytest.mark.parametrize(
    "robots",
    [
        b"HTTP/1.1 XXX\r\n\r\n",
        b"\0\1 nothing of HTTP",
        b"Content-Type: text/plain\r\n\r\nUser-agent: *\n",
        b"HTTP/1.1 301 Moved\r\nLocation: http://[bad\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: /robots.txt\r\n\r\n",
    ],
)
def test_a_document_whose_answer_says_no_status_is_not_an_empty_one(tmp_path: Path, robots: bytes) -> None:
    assert verdicts(tmp_path, stored(tmp_path, record(block=CLEAN)), robots=robots) == {URL: "undetermined"}


@pytest.mark.parametrize("date", BEYOND)
def test_no_time_of_capture_ends_a_scan(tmp_path: Path, date: str) -> None:
    archive = stored(tmp_path, record(block=CLEAN, fields=[("WARC-Date", date)]))
    assert moment(date) is None
    assert verdicts(tmp_path, archive) == {URL: "unreserved"}
    assert verdicts(tmp_path, stored(tmp_path, record(block=CLEAN), "b.warc"), date=date) == {URL: "unreserved"}


def test_nor_one_in_a_table_or_a_saved_page(tmp_path: Path) -> None:
    head = b"Date: Fri, 31 Dec 9999 23:59:59 -0500\r\nMIME-Version: 1.0\r\nSnapshot-Content-Location: " + URL.encode()
    part = b"--B\r\nContent-Type: text/html\r\nContent-Location: %s\r\n\r\n%s\r\n--B--\r\n" % (URL.encode(), PAGE)
    page = head + b'\r\nContent-Type: multipart/related; boundary="B"; type="text/html"\r\n\r\n' + part
    items, damage = split(read(tmp_path, page, "a.mht"))
    assert [item.at for item in items] == [None]
    table = [{"url": URL, "headers": [], "body": PAGE, "date": date} for date in BEYOND]
    items, more = split(read(tmp_path, rows(tmp_path, table).read_bytes(), "b.parquet"))
    assert [item.at for item in items] == [None] * 4
    assert not damage
    assert not more


def test_fields_behind_a_strange_status_line_are_heard_still(tmp_path: Path) -> None:
    (item,) = read(tmp_path, record(block=HEAD.replace(b"200 OK", b"XXX") + PAGE))
    assert ("X-Robots-Tag", "noai") in item.headers  # type: ignore[union-attr]


CUT = [("WARC-Truncated", "length")]


@pytest.mark.parametrize("robots", [OPEN, OPEN.partition(b"User")[0]])
def test_a_document_of_which_the_rest_was_not_stored_may_reserve_there(tmp_path: Path, robots: bytes) -> None:
    archive = stored(tmp_path, record(block=CLEAN))
    assert verdicts(tmp_path, archive, robots=robots) == {URL: "unreserved"}
    assert verdicts(tmp_path, archive, robots=robots, fields=CUT) == {URL: "undetermined"}


def test_one_that_is_longer_than_what_is_read_of_it_is_whole(tmp_path: Path) -> None:
    archive = stored(tmp_path, record(block=CLEAN))
    robots = OPEN + b"# words\n" * (DOCUMENTS["/robots.txt"] // 8)
    assert verdicts(tmp_path, archive, robots=robots, fields=CUT) == {URL: "unreserved"}


@pytest.mark.parametrize("host", ["e" * 300 + ".example", "x." * 120 + "example"])
def test_a_host_that_no_folder_can_be_of_does_not_end_a_scan(tmp_path: Path, host: str) -> None:
    (tmp_path / "policies").mkdir()
    archive = stored(tmp_path, record(block=CLEAN, url=f"https://{host}/1") + record(block=CLEAN))
    words = ["scan", str(archive), "--policies", str(tmp_path / "policies"), "--log", str(tmp_path / "l.jsonl")]
    answer = CliRunner().invoke(app, words)
    assert (answer.exit_code, "2 records of 1 file judged: 0 admitted, 2 withheld" in answer.output) == (1, True)


def test_a_line_that_is_glued_before_the_first_field_ends_nothing(tmp_path: Path) -> None:
    block = CLEAN.replace(b"Content-Type", b"no field\nX-Robots-Tag: noai\r\nContent-Type")
    assert verdicts(tmp_path, stored(tmp_path, record(block=block))) == {URL: "reserved"}


def test_a_text_alone_does_not_tell_what_its_page_said(tmp_path: Path) -> None:
    """As Common Crawl keeps texts in files of their own: fields and metas of the page are not among them."""
    made = record("conversion", b"words", fields=[("Content-Type", "text/plain"), ("WARC-Refers-To", "<urn:uuid:1>")])
    assert verdicts(tmp_path, stored(tmp_path, made)) == {URL: "undetermined"}
    page = record(block=CLEAN, fields=[("WARC-Record-ID", "<urn:uuid:1>")])
    assert verdicts(tmp_path, stored(tmp_path, page + made, "b.warc")) == {URL: "unreserved"}


@pytest.mark.parametrize(("kind", "words"), [("text/plain", b"words"), ("text/html", PAGE), ("image/png", b"\x89PNG")])
def test_what_was_stored_without_the_fields_of_its_answer_is_in_doubt(tmp_path: Path, kind: str, words: bytes) -> None:
    made = record("resource", words, fields=[("Content-Type", kind)])
    assert verdicts(tmp_path, stored(tmp_path, made)) == {URL: "undetermined"}


def test_a_document_that_was_stored_without_fields_speaks_for_its_site(tmp_path: Path) -> None:
    """As the copies of evidence are: of a robots.txt the words count."""
    place, plain = "https://site.example/robots.txt", [("Content-Type", "text/plain")]
    robots = record("resource", b"User-agent: *\nDisallow: /\n", url=place, fields=plain)
    page = record(block=CLEAN)
    (tmp_path / "p.warc").write_bytes(robots)
    answer = CliRunner().invoke(
        app,
        [
            "scan",
            str(stored(tmp_path, page)),
            "--policies",
            str(tmp_path / "p.warc"),
            "--log",
            str(tmp_path / "l.jsonl"),
        ],
    )
    assert "reserved 1" in answer.output
