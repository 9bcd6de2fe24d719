"""`scan` over real archives, in stories: what it lists, logs and keeps, what it says of damage, how it resumes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import fastwarc.warc as fw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tdm_guard.cli import app
from tdm_guard.cli.scan_crew import scan_all
from tdm_guard.cli.scan_job import Job
from tdm_guard.cli.scan_progress import progress_line
from tdm_guard.judge import Judge
from tdm_guard.testing import Answer, PretendWeb, Received, Site
from tests.archives.made import DATE, PAGE, packed, record
from tests.engines.stored import DECLARING, SITE, TERMS, declared_verdicts, terms
from tests.support.patience import PATIENCE

HTML = [("Content-Type", "text/html")]
FREE = b"User-agent: *\nDisallow:\n"
ABSENT = ("/.well-known/tdmrep.json", "/ai.txt", "/trust.txt", "/.well-known/ai.txt", "/.well-known/trust.txt")


def scan(*words: object, code: int = 0) -> str:
    """What the command says, on stdout and stderr."""
    answer = CliRunner().invoke(app, ["scan", *map(str, words), "--agent", "ExampleBot"])
    assert answer.exit_code == code, answer.output
    return answer.output


def decisions(log: Path) -> list[dict[str, Any]]:
    records = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return [each for each in records if each["type"] == "decision"]


def verdicts(log: Path) -> dict[str, str]:
    return {each["url"]: each["verdict"] for each in decisions(log)}


def verified(log: Path) -> None:
    answer = CliRunner().invoke(app, ["verify", str(log)])
    assert answer.exit_code == 0, answer.output


class InMemory(WARCWriter):
    """Without the temporary files that the library leaves open."""

    def _create_temp_file(self) -> io.BytesIO:
        return io.BytesIO()


class Writer:
    """A WARC file as warcio writes it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._writer = InMemory(self._file, gzip=path.suffix == ".gz")
        self._writer.write_record(self._writer.create_warcinfo_record(path.name, {"software": "a crawler"}))

    def add(
        self, url: str, body: bytes = PAGE, *, status: int = 200, fields: Iterable[Any] = HTML, date: str = DATE
    ) -> None:
        head = StatusAndHeaders(f"{status} OK", list(fields), protocol="HTTP/1.1")
        given = {"WARC-Date": date}
        made = self._writer.create_warc_record(
            url, "response", payload=io.BytesIO(body), http_headers=head, warc_headers_dict=given
        )
        self._writer.write_record(made)

    def close(self) -> Path:
        self._file.close()
        return Path(self._file.name)


def crawled(path: Path, pages: Iterable[tuple[str, list[Any]]]) -> Path:
    """An archive of pages."""
    writer = Writer(path)
    for url, fields in pages:
        writer.add(url, fields=[*HTML, *fields])
    return writer.close()


def policies(path: Path, *names: str, robots: bytes = FREE, date: str = DATE) -> Path:
    """An archive of robots.txt and the like alone, as Common Crawl has them."""
    writer = Writer(path)
    for name in names:
        writer.add(f"https://{name}/robots.txt", robots, fields=[("Content-Type", "text/plain")], date=date)
        for place in ABSENT:
            writer.add(f"https://{name}{place}", b"", status=404, date=date)
    return writer.close()


RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
RESERVING = [("tdm-reservation", "1")]
PAGES = [("https://a.example/1", []), ("https://a.example/2", RESERVING), ("https://b.example/1", [])]


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    return crawled(tmp_path / "crawl.warc.gz", PAGES)


def test_without_policies_nothing_is_known(crawl: Path, tmp_path: Path) -> None:
    said = scan(crawl, "--log", tmp_path / "l.jsonl", code=1)
    assert "3 records of 1 file judged: 0 admitted, 3 withheld" in said
    assert verdicts(tmp_path / "l.jsonl") == {
        "https://a.example/1": "undetermined",
        "https://a.example/2": "undetermined",
        "https://b.example/1": "undetermined",
    }


def test_answers_without_content_are_told_apart(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "gone.warc.gz")
    writer.add("https://a.example/gone", b"words", status=404)
    writer.add("https://a.example/here", b"words", fields=[("Content-Type", "text/plain")])
    robots = policies(tmp_path / "robotstxt.warc.gz", "a.example")
    said = scan(writer.close(), "--policies", robots, "--log", tmp_path / "l.jsonl", code=0)
    assert "2 admitted, 0 withheld" in said
    assert "of those admitted 1 answer without content" in said


def test_policies_that_were_captured_apart_are_heard(crawl: Path, tmp_path: Path) -> None:
    robots = policies(tmp_path / "robotstxt.warc.gz", "a.example", "b.example")
    said = scan(crawl, "--policies", robots, "--log", tmp_path / "l.jsonl", code=1)
    assert "2 admitted, 1 withheld" in said
    assert "reserved 1, unreserved 2" in said
    assert "warcinfo 1" in said
    found = decisions(tmp_path / "l.jsonl")
    assert [each["verdict"] for each in found] == ["unreserved", "reserved", "unreserved"]
    assert {each["ts"] for each in found} == {"2024-05-06T07:08:09.000000Z"}
    assert found[0]["stored"]["file"] == "crawl.warc.gz"
    assert {each["result"] for each in found[0]["checked"]} == {"read", "absent"}
    verified(tmp_path / "l.jsonl")


def test_what_no_archive_keeps_may_be_taken_as_absent_knowingly(crawl: Path, tmp_path: Path) -> None:
    writer = Writer(tmp_path / "robotstxt.warc.gz")
    for name in ("a.example", "b.example"):
        writer.add(f"https://{name}/robots.txt", FREE, fields=[("Content-Type", "text/plain")])
    robots = writer.close()
    scan(crawl, "--policies", robots, "--log", tmp_path / "l.jsonl", code=1)
    assert list(verdicts(tmp_path / "l.jsonl").values()) == ["undetermined", "reserved", "undetermined"]
    scan(crawl, "--policies", robots, "--unread", "ignore", "--log", tmp_path / "l2.jsonl", code=1)
    assert list(verdicts(tmp_path / "l2.jsonl").values()) == ["unreserved", "reserved", "unreserved"]


def test_only_where_robots_txt_was_captured_what_was_not_may_be_ignored(crawl: Path, tmp_path: Path) -> None:
    writer = Writer(tmp_path / "robotstxt.warc.gz")
    writer.add("https://a.example/robots.txt", FREE, fields=[("Content-Type", "text/plain")])
    words = ("--policies", writer.close(), "--unread", "ignore-beside-robots", "--log", tmp_path / "l.jsonl")
    said = scan(crawl, *words, code=1)
    assert list(verdicts(tmp_path / "l.jsonl").values()) == ["unreserved", "reserved", "undetermined"]
    assert "of the sites of 1 record the policies hold no document" in said
    first = decisions(tmp_path / "l.jsonl")[0]
    assert {each["result"] for each in first["checked"]} == {"read", "not-attempted"}
    run = json.loads((tmp_path / "l.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert "unread ignore-beside-robots" in run["task"]


def test_policies_may_be_a_pattern_and_what_is_known_of_no_site_is_told(crawl: Path, tmp_path: Path) -> None:
    first = policies(tmp_path / "robotstxt-[1].warc.gz", "a.example")
    policies(tmp_path / "robotstxt-2.warc.gz", "b.example", robots=b"User-agent: *\nDisallow: /\n")
    ignoring = ("--unread", "ignore")
    said = scan(crawl, "--policies", first, *ignoring, "--log", tmp_path / "l.jsonl", code=1)
    assert "of the sites of 1 record the policies hold no document" in said
    assert verdicts(tmp_path / "l.jsonl")["https://b.example/1"] == "unreserved"
    for workers in (1, 2):
        log = tmp_path / f"l{workers}.jsonl"
        words = ("--policies", tmp_path / "robotstxt-*.warc.gz", *ignoring, "--workers", workers)
        assert "hold no document" not in scan(crawl, *words, "--log", log, code=1)
        assert verdicts(log)["https://b.example/1"] == "reserved"
    assert "is no archive, folder or store" in scan(crawl, "--policies", tmp_path / "n*.warc.gz", code=2)
    assert "nothing is known of the sites" in scan(crawl, "--log", tmp_path / "none.jsonl", code=1)


def test_a_folder_of_archives_is_no_folder_of_documents(crawl: Path, tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    folder.mkdir()
    policies(folder / "a.warc.gz", "a.example")
    said = scan(crawl, "--policies", folder, "--unread", "ignore", "--log", tmp_path / "l.jsonl", code=2)
    assert "is a folder of archives" in said
    assert "*.warc.gz" in said
    assert not (tmp_path / "l.jsonl").exists()
    (folder / "a.example").mkdir()  # a mirror, with the archive that wget makes beside it
    scan(crawl, "--policies", folder, "--unread", "ignore", "--log", tmp_path / "l.jsonl", code=1)


def test_as_of_says_which_capture_counts(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "crawl.warc.gz")
    for year in (2019, 2021, 2023):
        writer.add(f"https://a.example/{year}", date=f"{year}-01-01T00:00:00Z")
    crawl = writer.close()
    free = policies(tmp_path / "old.warc.gz", "a.example", date="2020-01-01T00:00:00Z")
    closed = b"User-agent: ExampleBot\nDisallow: /\n"
    shut = policies(tmp_path / "new.warc.gz", "a.example", robots=closed, date="2022-01-01T00:00:00Z")
    given = ("--policies", shut, "--policies", free)

    def found(*words: str) -> list[str]:
        log = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
        scan(crawl, *given, *words, "--log", log, code=1 if words != ("--as-of", "2021-06-30") else 0)
        return [each["verdict"] for each in decisions(log)]

    assert found() == ["unreserved", "unreserved", "reserved"]
    assert found("--as-of", "now") == ["reserved"] * 3
    assert found("--as-of", "2021-06-30") == ["unreserved"] * 3


def test_redirects_of_documents_are_followed_where_both_were_captured(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "crawl.warc.gz")
    for place in ABSENT:
        writer.add(f"https://a.example{place}", b"", status=404)
        writer.add(f"https://b.example{place}", b"", status=404)
    writer.add(
        "https://a.example/robots.txt", b"", status=301, fields=[("Location", "https://www.a.example/robots.txt")]
    )
    writer.add(
        "https://www.a.example/robots.txt", b"User-agent: *\nDisallow: /shut\n", fields=[("Content-Type", "text/plain")]
    )
    writer.add(
        "https://b.example/robots.txt", b"", status=301, fields=[("Location", "https://www.b.example/robots.txt")]
    )
    for url in ("https://a.example/open", "https://a.example/shut", "https://b.example/"):
        writer.add(url)
    crawl = writer.close()
    scan(crawl, "--policies", crawl, "--log", tmp_path / "l.jsonl", code=1)
    found = verdicts(tmp_path / "l.jsonl")
    assert (found["https://a.example/open"], found["https://a.example/shut"]) == ("unreserved", "reserved")
    assert found["https://b.example/"] == "undetermined"


def test_a_folder_and_a_store_are_sources_too(crawl: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    for name in ("a.example", "https/b.example"):
        place = folder / name
        (place / ".well-known").mkdir(parents=True)
        (place / "robots.txt").write_bytes(FREE)
        for absent in ABSENT:
            (place / f"{absent[1:]}.status").write_text("404\n", encoding="ascii")
    scan(crawl, "--policies", folder, "--log", tmp_path / "l.jsonl", code=1)
    assert list(verdicts(tmp_path / "l.jsonl").values()) == ["unreserved", "reserved", "unreserved"]
    said = scan(crawl, "--policies", f"sqlite:///{tmp_path}/none.db", "--log", tmp_path / "l2.jsonl", code=2)
    assert "there is no store" in said


def test_the_sites_themselves_are_asked_once_each(tmp_path: Path) -> None:
    with PretendWeb([Site("live.example", {"/robots.txt": Answer.text(FREE.decode())})]) as web:
        root = web.origin("live.example")
        crawl = crawled(tmp_path / "crawl.warc.gz", [(f"{root}/{number}", []) for number in range(3)])
        scan(crawl, "--policies", "live", "--as-of", "now", "--log", tmp_path / "l.jsonl")
        assert set(verdicts(tmp_path / "l.jsonl").values()) == {"unreserved"}
        assert web.asked("live.example", "/robots.txt") == 1
        assert not any(each.path.startswith("/1") for each in web.requests)


def test_the_sites_themselves_are_asked_once_for_all_workers(tmp_path: Path) -> None:
    """Their own documents, and the licence that both declare."""
    licence = Answer.text('<rsl xmlns="https://rslstandard.org/rsl"></rsl>')
    names = ("a.example", "b.example")

    def declares(_: Received) -> Answer:
        return Answer.text(f"License: {web.origin('licence.example')}/l.xml\nUser-agent: *\nDisallow: /shut\n")

    sites = [Site(name, {"/robots.txt": declares}) for name in names]
    with PretendWeb([*sites, Site("licence.example", {"/l.xml": licence})]) as web:
        pages = [(f"{web.origin(name)}/{page}", []) for page in ("open", "shut") for name in names]
        crawls = [crawled(tmp_path / f"crawl{number}.warc.gz", pages) for number in range(3)]
        log, lone = tmp_path / "l.jsonl", tmp_path / "lone.jsonl"
        words = ("--policies", "live", "--as-of", "now")
        scan(*crawls, *words, "--workers", "3", "--log", log, code=1)
        for name in names:
            for path in ("/robots.txt", *ABSENT):
                assert web.asked(name, path) == 1
        assert web.asked("licence.example", "/l.xml") == 1
        scan(*crawls, *words, "--log", lone, code=1)
    assert verdicts(log) == verdicts(lone)
    assert Counter(each["verdict"] for each in decisions(log)) == Counter(each["verdict"] for each in decisions(lone))
    verified(log)


# ---- what is kept and listed ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", ["kept.warc.gz", "kept.warc"])
@pytest.mark.parametrize("stored", ["crawl.warc.gz", "crawl.warc"])
def test_what_is_kept_is_byte_for_byte_what_was_admitted(tmp_path: Path, stored: str, kept: str) -> None:
    crawl = crawled(tmp_path / stored, PAGES)
    robots = policies(tmp_path / "robotstxt.warc.gz", "a.example", "b.example")
    keep = tmp_path / kept
    scan(crawl, "--policies", robots, "--keep", keep, "--log", tmp_path / "l.jsonl", code=1)
    with keep.open("rb") as file:
        found = [(each.rec_type, each.rec_headers.get_header("WARC-Target-URI"), each.content_stream().read()) for each
                 in ArchiveIterator(file)]  # fmt: skip
    assert [(kind, url) for kind, url, _ in found] == [
        ("warcinfo", None), ("response", "https://a.example/1"), ("response", "https://b.example/1")
    ]  # fmt: skip
    assert {body for kind, _, body in found if kind == "response"} == {PAGE}
    with keep.open("rb") as file:
        assert [each.headers["WARC-Target-URI"] for each in fw.ArchiveIterator(file, fw.WarcRecordType.response)] == [
            "https://a.example/1", "https://b.example/1"
        ]  # fmt: skip
    if crawl.suffix == keep.suffix:
        whole, pieces = crawl.read_bytes(), keep.read_bytes()
        assert whole.startswith(pieces[: len(pieces) // 2])  # warcinfo and the first page, as they were stored


def test_records_that_cannot_be_cut_out_are_told(tmp_path: Path) -> None:
    rows = tmp_path / "rows.parquet"
    answer = {"url": "https://a.example/1", "status": 200, "headers": "Content-Type: text/html", "body": PAGE}
    pq.write_table(pa.Table.from_pylist([answer]), rows)
    robots = policies(tmp_path / "robotstxt.warc.gz", "a.example")
    keep = tmp_path / "kept.warc.gz"
    said = scan(rows, "--policies", robots, "--keep", keep, "--log", tmp_path / "l.jsonl", code=1)
    assert "1 admitted record not kept" in said
    assert keep.read_bytes() == b""


def test_decisions_are_listed_as_records_and_as_rows(crawl: Path, tmp_path: Path) -> None:
    robots = policies(tmp_path / "robotstxt.warc.gz", "a.example", "b.example")
    log = tmp_path / "l.jsonl"
    called = [sys.executable, "-m", "tdm_guard", "scan", crawl, "--policies", robots, "--log", log, "--output", "jsonl"]
    answer = subprocess.run(list(map(str, called)), capture_output=True, check=False, timeout=120)
    assert answer.returncode == 1, answer.stderr
    written = [line for line in log.read_bytes().splitlines() if b'"type":"decision"' in line]
    assert [json.loads(line)["id"] for line in answer.stdout.splitlines()] == [
        json.loads(line)["id"] for line in written
    ]
    assert b"3 records of 1 file judged" in answer.stderr

    # all of it was judged before: it comes back from the log, and nothing is written there
    before = log.read_bytes()
    rows = tmp_path / "rows.parquet"
    said = scan_as("tdm-guard", crawl, "--policies", robots, "--log", log, "-o", rows)
    assert "an earlier run judged all of it" in said
    assert log.read_bytes() == before
    table = pq.read_table(rows).to_pylist()
    assert [(each["url"], each["verdict"], each["admitted"]) for each in table] == [
        ("https://a.example/1", "unreserved", True),
        ("https://a.example/2", "reserved", False),
        ("https://b.example/1", "unreserved", True),
    ]
    assert json.loads(table[1]["because"])[0]["signal"] == "tdmrep"
    assert table[1]["offset"] > 0


def scan_as(agent: str, *words: object) -> str:
    answer = CliRunner().invoke(app, ["scan", *map(str, words), "--agent", agent])
    assert answer.exit_code == 1, answer.output
    return answer.output


def test_rows_come_with_what_is_known_of_a_work(tmp_path: Path) -> None:
    rows = tmp_path / "rows.parquet"
    table = {"url": ["https://a.example/1", "https://a.example/2"], "status": [200, 200], "body": [PAGE, PAGE],
             "headers": [[("content-type", "text/html")], [("tdm-reservation", "1")]]}  # fmt: skip
    kind = pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())]))
    fields = [[{"name": name, "value": value} for name, value in pairs] for pairs in table.pop("headers")]
    pq.write_table(pa.table({**table, "headers": pa.array(fields, kind)}), rows)
    robots = policies(tmp_path / "robotstxt.warc.gz", "a.example")
    scan(rows, "--policies", robots, "--as-of", "2024-06-01", "--log", tmp_path / "l.jsonl", code=1)
    found = decisions(tmp_path / "l.jsonl")
    assert [(each["verdict"], each["stored"]["type"]) for each in found] == [("unreserved", "row"), ("reserved", "row")]


# ---- damage ---------------------------------------------------------------------------------------------------------


def test_damage_is_told_logged_and_nothing_behind_it_is_lost(tmp_path: Path) -> None:
    pieces = [packed(record(url=f"https://a.example/{number}", block=RESPONSE + PAGE)) for number in range(4)]
    hurt = bytearray(pieces[1])
    hurt[len(hurt) // 2] ^= 0xFF
    nameless = packed(record(url=None))
    crawl = tmp_path / "crawl.warc.gz"
    crawl.write_bytes(
        pieces[0] + bytes(hurt) + nameless + packed(record(block=b"", url="https://a.example/2")) + pieces[3]
    )
    robots = policies(tmp_path / "robotstxt.warc.gz", "a.example")
    said = scan(crawl, "--policies", robots, "--log", tmp_path / "l.jsonl", code=1)
    assert f"crawl.warc.gz, at {len(pieces[0])}: " in said
    assert "a response record without an address" in said
    assert "without a payload (https://a.example/2)" in said
    found = verdicts(tmp_path / "l.jsonl")
    assert found["https://a.example/0"] == found["https://a.example/3"] == "unreserved"
    assert found["https://a.example/2"] == "undetermined"
    stored = next(each["stored"] for each in decisions(tmp_path / "l.jsonl") if each["url"] == "https://a.example/2")
    assert (stored["type"], stored["file"]) == ("damaged", "crawl.warc.gz")
    ends = [each for each in map(json.loads, (tmp_path / "l.jsonl").read_text().splitlines()) if each["type"] == "end"]
    assert ends[0]["failed"] >= 1
    verified(tmp_path / "l.jsonl")


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_judged(crawl: Path, tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("no archive at all", encoding="utf-8")
    said = scan(other, crawl, tmp_path / "none.warc", "--log", tmp_path / "l.jsonl", code=2)
    assert "notes.txt: it is none of" in said
    assert "none.warc" in said
    assert "3 records of 1 file judged" in said
    assert "2 files not judged whole" in said


def test_a_picture_is_judged_by_the_page_that_showed_it_also_when_that_was_recalled(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "crawl.warc")
    writer.add("https://a.example/", b'<html><head><meta name="robots" content="noimageai"></head><img src="/p.png">')
    writer.add("https://a.example/p.png", b"\x89PNG\r\n\x1a\n", fields=[("Content-Type", "image/png")])
    crawl = writer.close()
    robots = policies(tmp_path / "robotstxt.warc.gz", "a.example")
    log = tmp_path / "l.jsonl"
    scan(crawl, "--policies", robots, "--log", log, code=1)
    assert verdicts(log)["https://a.example/p.png"] == "reserved"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:2]))  # killed behind the page
    scan(crawl, "--policies", robots, "--log", log, code=1)
    assert verdicts(log)["https://a.example/p.png"] == "reserved"
    assert len(decisions(log)) == 2
    verified(log)


# ---- interruption ---------------------------------------------------------------------------------------------------


def large(path: Path, begin: int, count: int = 1000) -> Path:
    """An archive that takes a while."""
    filler = b"<p>" + b"words and more words " * 400 + b"</p>"
    made = (
        packed(record(url=f"https://a.example/{begin + number}", block=RESPONSE + filler)) for number in range(count)
    )
    path.write_bytes(b"".join(made))
    return path


def children(process: int) -> list[int]:
    """The workers of a scan, by their number."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            about = (place / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(about[1]) == process and b"spawn_main" in (place / "cmdline").read_bytes():
                found.append(int(place.name))
        except (OSError, IndexError, ValueError):
            continue
    return found


def wait_for(log: Path, count: int) -> None:
    until = monotonic() + PATIENCE
    while not (log.exists() and log.read_bytes().count(b'"type":"decision"') >= count):
        assert monotonic() < until
        sleep(0.01)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="workers are found by /proc")
def test_a_worker_that_is_killed_is_followed_by_another_and_each_record_is_judged_once(tmp_path: Path) -> None:
    robots = policies(tmp_path / "robotstxt.warc.gz", "a.example")
    files = [large(tmp_path / f"{number}.warc.gz", 10_000 * number) for number in range(2)]
    log, keep = tmp_path / "l.jsonl", tmp_path / "kept.warc.gz"
    called = [sys.executable, "-m", "tdm_guard", "scan", *files, "--policies", robots, "--log", log, "--workers", 2]
    called += ["--keep", keep]
    with subprocess.Popen(list(map(str, called)), stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        wait_for(log, 100)
        os.kill(children(process.pid)[0], signal.SIGKILL)
        said, words = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, words
    assert b"died (signal 9); another one goes on where it was" in words
    assert b"2,000 records of 2 files judged: 2,000 admitted" in said
    assert set(Counter(each["url"] for each in decisions(log)).values()) == {1}
    assert len(decisions(log)) == 2000
    assert keep.read_bytes() == b"".join(file.read_bytes() for file in files)
    assert CliRunner().invoke(app, ["verify", str(log)]).exit_code == 0


def test_workers_begin_with_the_largest_file(tmp_path: Path) -> None:
    paths = [large(tmp_path / f"{count}.warc.gz", 100 * count, count) for count in (1, 40, 9)]
    job = Job(
        paths=(*map(str, paths), str(tmp_path / "gone")), tasks=("a", "b", "c", "d"), judge=Judge(agent="ExampleBot"),
        log=str(tmp_path / "l.jsonl"), as_of=None, unread="ignore",
    )  # fmt: skip
    found = list(scan_all(job, (), 1, lambda kind, said: None))
    assert [number for number, _ in found] == [1, 2, 0, 3]
    assert isinstance(found[3][1], str)


def test_a_scan_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    robots = policies(tmp_path / "robotstxt.warc.gz", "a.example")
    crawl, log, keep = large(tmp_path / "0.warc.gz", 0, 5000), tmp_path / "l.jsonl", tmp_path / "kept.warc.gz"
    words = [crawl, "--policies", robots, "--log", log, "--keep", keep]
    called = [sys.executable, "-m", "tdm_guard", "scan", *words, "--agent", "ExampleBot"]
    with subprocess.Popen(list(map(str, called)), stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        wait_for(log, 100)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
    assert 100 <= len(decisions(mended(log))) < 5000
    with subprocess.Popen(list(map(str, called)), stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        wait_for(log, len(decisions(mended(log))) + 50)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=PATIENCE)
    assert (process.returncode, b"interrupted; the same command goes on" in told) == (130, True)
    scan(*words)
    assert set(Counter(each["url"] for each in decisions(log)).values()) == {1}
    assert len(decisions(log)) == 5000
    assert keep.read_bytes() == crawl.read_bytes()
    assert not list(tmp_path.glob(".tdm-guard-scan-*/keep-*1"))


def mended(log: Path) -> Path:
    """The log without a line that was torn."""
    data = log.read_bytes()
    copy = log.with_suffix(".copy")
    copy.write_bytes(data[: data.rfind(b"\n") + 1])
    return copy


# ---- wrong calls ----------------------------------------------------------------------------------------------------


def test_wrong_calls_are_named_all_at_once(crawl: Path, tmp_path: Path) -> None:
    wrong = ["--output", "csv", "--workers", "0", "--unread", "none", "--as-of", "then", "--keep", tmp_path / "k.zip"]
    said = scan(crawl, *wrong, "--log", tmp_path / "l.jsonl", code=2)
    for words in ("--output: 'csv'", "--workers: 0", "--unread: 'none'", "--as-of: 'then'", "--keep: "):
        assert words in said
    assert not (tmp_path / "l.jsonl").exists()
    assert "is no archive, folder or store" in scan(crawl, "--policies", "nowhere", code=2)
    assert "goes into a file" in scan(crawl, "--output", "parquet", code=2)
    (tmp_path / "kept.warc.gz").touch()
    assert "is there already" in scan(crawl, "--keep", tmp_path / "kept.warc.gz", code=2)


def test_another_file_of_the_same_name_and_other_policies_are_judged_anew(crawl: Path, tmp_path: Path) -> None:
    log = tmp_path / "l.jsonl"
    scan(crawl, "--log", log, code=1)
    robots = policies(tmp_path / "robotstxt.warc.gz", "a.example", "b.example")
    assert "earlier run" not in scan(crawl, "--policies", robots, "--log", log, code=1)
    (tmp_path / "other").mkdir()
    other = crawled(tmp_path / "other" / "crawl.warc.gz", PAGES[:1])
    assert "earlier run" not in scan(other, "--policies", robots, "--log", log)
    assert "earlier run" in scan(crawl, "--policies", robots, "--log", log, code=1)  # and still says what was withheld
    assert len(decisions(log)) == 3 + 3 + 1


def test_a_file_that_was_written_anew_is_judged_anew_though_it_is_as_long(tmp_path: Path) -> None:
    crawl, log = tmp_path / "crawl.warc", tmp_path / "l.jsonl"
    robots = policies(tmp_path / "robotstxt.warc.gz", "a.example")
    for field in ("X-Other: 0123456789", "TDM-Reservation: 1  "):
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{field:<20}\r\n\r\n".encode()
        fields = [("WARC-Record-ID", "<urn:uuid:1>")]
        crawl.write_bytes(record("response", head + PAGE, url="https://a.example/1", fields=fields))
        os.utime(crawl, ns=(len(field), len(decisions(log)) if log.exists() else 0))
        scan(crawl, "--policies", robots, "--log", log, code=int(field.startswith("TDM")))
    assert [each["verdict"] for each in decisions(log)] == ["unreserved", "reserved"]


@pytest.mark.parametrize("option", ["-o", "--keep"])
@pytest.mark.parametrize("name", ["l.jsonl.warc", "crawl.warc", "robots.warc", "both.warc"])
def test_nothing_is_written_over_what_is_read_or_the_log(tmp_path: Path, option: str, name: str) -> None:
    crawl, robots, log = tmp_path / "crawl.warc", tmp_path / "robots.warc", tmp_path / "l.jsonl.warc"
    for file in (crawl, robots):
        file.write_bytes(record())
    other = ["--keep" if option == "-o" else "-o", tmp_path / "both.warc"]
    words = [option, tmp_path / "." / name, *other, "--policies", robots, "--log", log]
    assert "name another" in scan(crawl, *words, code=2)
    assert crawl.read_bytes() == robots.read_bytes() == record()
    assert not log.exists()


def test_progress_says_rate_and_time_left() -> None:
    assert progress_line(1000, 250, 1000, 10.0) == "1,000 records, 100 a second, 25 %, 0:00:30 left"
    assert progress_line(7, 0, 1000, 1.0) == "7 records, 7 a second"


def test_without_an_extra_one_sentence_says_what_to_install(crawl: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(sys.argv.pop(1).split(',')));"
        "from tdm_guard.__main__ import main; main()"
    )
    log = tmp_path / "l.jsonl"

    def said(lacking: str, *words: object) -> str:
        called = [sys.executable, "-c", code, lacking, "scan", crawl, "--log", log, *words]
        return subprocess.run(list(map(str, called)), capture_output=True, text=True, check=False, timeout=120).stderr

    needed = 'tdm-guard: scan needs pyarrow: pip install "tdm-guard[parquet]"\n'
    assert said("pyarrow", "-o", tmp_path / "rows.parquet") == needed
    assert said("httpx", "--policies", "live") == 'tdm-guard: scan needs httpx: pip install "tdm-guard[cli]"\n'
    assert not log.exists()
    assert said("httpx,pyarrow,fastwarc,warcio,isal,redis,scrapy") == ""
    assert len(decisions(log)) == 3


@pytest.mark.parametrize("word", [None, "permits", "prohibits"])
def test_what_answers_declare_counts(tmp_path: Path, word: str | None) -> None:
    """As in the engines, with the same answers."""
    writer = Writer(tmp_path / "a.warc")
    for url, (fields, body) in DECLARING.items():
        writer.add(url, body, fields=fields)
    writer.close()
    known = Writer(tmp_path / "policies.warc")
    known.add(f"{SITE}/robots.txt", FREE, fields=[("Content-Type", "text/plain")])
    for place in ABSENT:
        known.add(f"{SITE}{place}", b"", status=404)
    if word is not None:
        known.add(TERMS, terms(word), fields=[("Content-Type", "application/rsl+xml")])
    known.close()
    log = tmp_path / "log.jsonl"
    scan(tmp_path / "a.warc", "--policies", tmp_path / "policies.warc", "--log", log, code=int(word != "permits"))
    assert verdicts(log) == declared_verdicts(word)
