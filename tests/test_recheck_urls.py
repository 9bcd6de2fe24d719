"""`recheck --urls`: a list of addresses judged origin by origin, over real servers on loopback."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from backports import zstd
from pyarrow import parquet
from typer.testing import CliRunner, Result

from tdm_guard.cli import app
from tdm_guard.cli.address_list import Entry, read_addresses
from tdm_guard.cli.by_origin import ByOrigin
from tdm_guard.cli.rechecked import Rechecked
from tdm_guard.errors import ConfigurationError
from tdm_guard.testing import Answer, PretendWeb, Received, Site
from tests.support.memory import peak
from tests.support.patience import PATIENCE

ROBOTS, TDMREP, LICENCE = "/robots.txt", "/.well-known/tdmrep.json", "/licence.xml"
REFUSES = Answer.text("User-agent: *\nDisallow: /no/\n")
PAGE = Answer.html("<!doctype html><title>x</title><p>words")
RESERVING = Answer.html('<!doctype html><meta name="tdm-reservation" content="1"><title>x</title><p>words')
MISSING = Answer(status=404)
AS = ("--agent", "ExampleBot", "--delay", "0")
LOG = Path("tdm-guard.jsonl")
DECLARED = """
[[declarations]]
id = "musique-2023"
version = "1"
declarant = { name = "Society", type = "collecting_society" }
mandate = { basis = "statutory_assignment", status = "asserted" }
usages = ["tdm"]
form = "press_release"
declared_at = "2023-10-12"
source = { url = "https://society.example/declaration", retrieved_at = "2026-01-05T09:00:00Z", language = "fr" }
match = { iswc = ["T-000.000.001-0"] }
"""


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TDM_GUARD_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


def site(name: str, pages: dict[str, Any] | None = None, fallback: Any = MISSING) -> Site:
    return Site(f"{name}.example", {ROBOTS: REFUSES, **(pages or {})}, fallback=fallback)


def recheck(urls: Iterable[str], *words: str) -> Result:
    Path("list.txt").write_text("".join(f"{url}\n" for url in urls), encoding="utf-8")
    return CliRunner().invoke(app, ["recheck", "--urls", "list.txt", *AS, *words])


def records(path: Path = LOG, kind: str = "decision") -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [record for record in found if record["type"] == kind]


def said(result: Result) -> list[str]:
    return str(result.stderr).splitlines()


# ---- lists --------------------------------------------------------------------------------------------------------

URLS = ["https://a.example/1", "http://b.example/x,y?z=1", "https://a.example/ü"]
ENTRIES = [Entry(number, url, url.rpartition("/")[0]) for number, url in enumerate(URLS, 1)]


def text_of(urls: Sequence[str]) -> bytes:
    return "\n".join(urls).encode()


def jsonl_of(urls: Sequence[str]) -> bytes:
    return b"".join(json.dumps({"width": 3, "url": url, "text": "words"}).encode() + b"\n" for url in urls)


def csv_of(urls: Sequence[str], delimiter: str = ",", name: str = "url") -> bytes:
    rows = [["id", name], *(["1", f'"{url}"'] for url in urls)]
    return "\r\n".join(delimiter.join(row) for row in rows).encode("utf-8-sig")


def parquet_of(urls: Sequence[str | None], items: Sequence[Any] | None = None, name: str = "URL") -> bytes:
    file = io.BytesIO()
    columns = {"width": [3] * len(urls), name: list(urls)} | ({"item": list(items)} if items is not None else {})
    parquet.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress], ids=["plain", "gzip", "zstd"])
@pytest.mark.parametrize(
    ("name", "made", "first"),
    [
        ("list.txt", text_of(URLS), 1),
        ("list", text_of(["", *URLS, "  "]), 2),
        ("list", "\ufeff".encode() + text_of(URLS).replace(b"\n", b"\r\n"), 1),
        ("list", "\n".join(URLS).encode("utf-16"), 1),
        ("list.jsonl", jsonl_of(URLS), 1),
        ("list", jsonl_of(URLS).replace(b'"url"', b'"URL"'), 1),
        ("list.csv", csv_of(URLS), 2),
        ("list", csv_of(URLS, ";", "URL"), 2),
        ("list.tsv", csv_of(URLS, "\t"), 2),
        ("list.txt", b"url\n" + text_of([f'"{url}"' for url in URLS]), 2),
    ],
    ids=["text", "blank lines", "BOM", "UTF-16", "jsonl", "told as JSON", "csv", "semicolons", "tabs", "one column"],
)
def test_a_list_says_the_same_in_each_form(
    name: str, made: bytes, first: int, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    suffix = {gzip.compress: ".gz", zstd.compress: ".zst"}.get(pack, "")
    path = tmp_path / f"{name}{suffix}"
    path.write_bytes(pack(made))
    assert list(read_addresses(str(path))) == [each._replace(line=each.line + first - 1) for each in ENTRIES]


def test_parquet_and_its_items(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    path.write_bytes(parquet_of([*URLS, None], [{"iswc": "T-000.000.001-0", "title": None}, None, None, None]))
    *found, last = read_addresses(str(path))
    assert found == [ENTRIES[0]._replace(item={"iswc": "T-000.000.001-0"}), *ENTRIES[1:]]
    assert (last.line, last.place) == (4, None)
    path.write_bytes(parquet_of(URLS)[:-30] + bytes(30))
    with pytest.raises(ConfigurationError, match="cannot be read to its end"):
        list(read_addresses(str(path)))


def test_a_list_that_cannot_be_opened_is_told_once_and_why(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with pytest.raises(ConfigurationError, match=r"list\.csv: No such file or directory$"):
        list(read_addresses(str(path)))
    path.write_text("uri,title\nhttps://a.example/,x\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"^--urls: [^ ]*list\.csv has no column url"):
        list(read_addresses(str(path)))


@pytest.mark.parametrize(
    "line",
    ["ftp://a.example/", "a.example/page", "mailto:me@a.example", "https:///x", "https://a.example/\x07/", "words"],
)
def test_what_is_no_address_stays_in_the_list_as_such(line: str, tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_bytes(jsonl_of([line]) + b'{"text": "no address"}\n{"url": 3}\n["x"]\n{broken\n"\\ud800"\n')
    assert [(entry.line, entry.place) for entry in read_addresses(str(path))] == [(n, None) for n in range(1, 7)]


def test_bytes_that_are_no_text_are_no_address(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"https://a.example/\xff\n" + jsonl_of(["https://b.example/\ud800"]))
    assert [entry.place for entry in read_addresses(str(path))] == [None, None]


@pytest.mark.parametrize(
    ("name", "made", "words"),
    [
        ("list.csv", b"id,link\n1,https://a.example/\n", "no column url; its columns are 'id', 'link'"),
        ("list.csv", b"url,URL\n1,2\n", "more than one column url"),
        ("list.parquet", parquet_of(URLS, name="link"), "no column url"),
        ("list.txt.gz", gzip.compress(text_of(URLS * 100))[:-20], "cannot be read to its end"),
        ("list.txt", b"\n\n", "holds no address"),
        ("list.jsonl", b'{"url": "https://a.example/", "item": {"isrcs": "x"}}', "line 1: item"),
        ("none.txt", None, "none.txt"),
    ],
    ids=["no column", "two columns", "parquet", "cut", "empty", "no item", "no file"],
)
def test_a_list_that_cannot_be_read_asks_nobody(name: str, made: bytes | None, words: str) -> None:
    if made is not None:
        Path(name).write_bytes(made)
    result = CliRunner().invoke(app, ["recheck", "--urls", name, *AS])
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert not LOG.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "give logs, or a list of addresses"),
        (["tdm.jsonl", "--urls", "list.txt"], "give logs, or a list of addresses"),
        (["tdm.jsonl", "--concurrency", "3"], "--concurrency goes with --urls"),
        (["--urls", "list.txt", "--undetermined"], "are for logs"),
        (["--urls", "list.txt", "--concurrency", "0"], "no number from 1 to"),
        (["--urls", "list.txt", "--delay", "-1", "--concurrency", "9999"], "no number of seconds"),
        (["--urls", "list.txt", "--usages", "train"], "is not a usage"),
    ],
    ids=" ".join,
)
def test_a_wrong_call(words: list[str], told: str) -> None:
    Path("list.txt").write_text("https://a.example/\n")
    result = CliRunner().invoke(app, ["recheck", *words])
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert not LOG.exists()


def test_addresses_by_origin_each_once_with_memory_that_stays(tmp_path: Path) -> None:
    def listed(count: int) -> Path:
        path = tmp_path / f"{count}.txt"
        path.write_text("".join(f"https://h{n % 7}.example/{n // 14}\n" for n in range(count)))
        return path

    def walk(path: Path) -> Counter[str]:
        found = ByOrigin.of(read_addresses(str(path)))
        assert (found.origins, found.addresses) == (7, len({*path.read_text().split()}))
        seen = Counter(address.url for span in found.spans() for address in found.at(span))
        found.close()
        assert set(seen.values()) == {1}
        return Counter(url.partition("example")[0] for url in seen)

    small, large = listed(1_400), listed(14_000)
    walk(small)
    _, little = peak(lambda: len(walk(small)))
    counts, much = peak(lambda: walk(large))
    assert set(counts.values()) == {1_000}
    assert much < little + 4 * 2**20  # what the test itself keeps of them


# ---- judging ------------------------------------------------------------------------------------------------------


def test_what_is_withheld_is_listed_and_the_log_is_the_product() -> None:
    with PretendWeb(
        [site("a"), site("b"), Site("c.example", {TDMREP: Answer.json([{"location": "/", "tdm-reservation": 1}])})]
    ) as web:
        a, b, c = (web.origin(f"{name}.example") for name in "abc")
        urls = [f"{a}/1", f"{a}/no/1", f"{b}/no/2#x", f"{b}/no/2#y", f"{a}/no/1", f"{c}/", f"{b}/3"]
        result = recheck(urls)
        assert sorted(result.stdout.split()) == sorted({urls[1], urls[2], urls[3], urls[5]})
        assert result.exit_code == 1
        assert {one.path for one in web.requests} & {"/1", "/no/1", "/3", "/"} == set()
        assert {web.asked(f"{name}.example", ROBOTS) for name in "abc"} == {1}
        judging, of_all, verdicts = said(result)
        assert judging == "judging 5 addresses of 3 sites for tdm as ExampleBot"
        assert of_all == "3 of 5 addresses would be withheld today."
        assert verdicts == "unreserved 2, reserved 3; the log is tdm-guard.jsonl"
        assert sorted(record["url"] for record in records()) == sorted({url.partition("#")[0] for url in urls})
        assert CliRunner().invoke(app, ["verify", str(LOG)]).exit_code == 0
        once = recheck(urls[:1])
        assert (once.exit_code, once.stdout) == (0, "")


def test_as_records() -> None:
    with PretendWeb([site("a")]) as web:
        result = recheck([web.origin("a.example") + "/no/1"], "--json", "--log", "mine.jsonl")
    [record] = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record] == records(Path("mine.jsonl"))
    assert not LOG.exists()


def test_what_is_no_address_is_told_with_its_line_and_the_rest_is_judged() -> None:
    with PretendWeb([site("a")]) as web:
        result = recheck(["ftp://a.example/x", web.origin("a.example") + "/1", "https://me:secret@"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert said(result)[0] == "list.txt:1: no http(s) address: ftp://a.example/x"
    assert said(result)[1].startswith("list.txt:3: ")
    assert "secret" not in result.stderr
    assert said(result)[-1] == "2 lines of list.txt with no http(s) address: not judged"
    assert len(records()) == 1


def test_what_the_list_says_of_the_works_counts() -> None:
    Path("declared.toml").write_text(DECLARED, encoding="utf-8")
    with PretendWeb([site("a")]) as web:
        urls = [f"{web.origin('a.example')}/{n}" for n in range(3)]
        lines = [{"url": urls[0], "item": {"iswc": "T-000.000.001-0"}}, {"url": urls[1], "iswc": 1}, {"url": urls[2]}]
        Path("list.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        Path("items.jsonl").write_text(json.dumps({"url": urls[2], "iswc": ["T-000.000.001-0"]}) + "\n")
        words = ["recheck", "--urls", "list.jsonl", *AS, "--repertoire", "declared.toml"]
        assert CliRunner().invoke(app, words).stdout.split() == urls[:1]
        assert CliRunner().invoke(app, [*words, "--items", "items.jsonl"]).stdout.split() == [urls[0], urls[2]]


def test_pages_are_asked_for_only_with_content_and_leave_no_cookie() -> None:
    cookie = Answer.html("<!doctype html><p>words", ("set-cookie", "a=b; Path=/"))
    pages = {"/1": cookie, "/2": RESERVING, "/3": MISSING, "/4": Answer(raw=b"?")}
    with PretendWeb([site("a", pages)]) as web:
        urls = [f"{web.origin('a.example')}/{n}" for n in (1, 2, 3)]
        assert recheck(urls).exit_code == 0
        result = recheck(urls, "--content")
        assert (result.exit_code, result.stdout.split()) == (1, [urls[1]])
        assert "Of 1 there was no page to read: they are judged by what their sites say." in said(result)
        broken = recheck([f"{web.origin('a.example')}/4"], "--content")
        assert [one.path for one in web.requests if one.header("cookie")] == []
        assert [web.asked("a.example", f"/{n}") for n in (1, 2, 3)] == [1, 1, 1]
    assert (broken.exit_code, broken.stdout) == (2, "")
    assert "/4 gave no answer to judge: RemoteProtocolError" in broken.stderr
    assert said(broken)[-1] == "1 address could not be judged: the page gave no answer"
    assert {record["authenticated"] for record in records()} == {False}


# ---- politeness ---------------------------------------------------------------------------------------------------


def test_a_site_is_asked_at_a_distance_and_only_so_many_side_by_side() -> None:
    delay, names = 0.02, [f"s{n}" for n in range(8)]
    with PretendWeb([site(name, {"/2": Answer.redirect("/1"), "/1": PAGE}) for name in names]) as web:
        urls = [f"{web.origin(f'{name}.example')}/{n}" for name in names for n in (1, 2)]
        result = recheck(urls, "--delay", str(delay), "--concurrency", "3", "--content")
        times = {f"{name}.example": [one.at for one in web.requests if one.site == f"{name}.example"] for name in names}
    assert (result.exit_code, len(records())) == (0, len(urls))
    for at in times.values():
        assert len(at) > 4
        assert all(later - earlier >= timedelta(seconds=delay) for earlier, later in pairwise(at))
    spans = [(at[0], at[-1]) for at in times.values()]
    assert max(sum(first <= at <= last for first, last in spans) for at, _ in spans) <= 3


def test_documents_are_asked_for_once_of_each_site_and_a_shared_licence_once_of_all() -> None:
    licence = Answer(
        headers=(("content-type", "application/rsl+xml"),),
        body=b'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>'
        b'<prohibits type="usage">ai-all</prohibits></license></content></rsl>',
    )
    with PretendWeb([Site("lic.example", {LICENCE: licence})]) as licences:
        where = licences.origin("lic.example") + LICENCE
        says = {ROBOTS: Answer.text(f"License: {where}\nUser-agent: *\nAllow: /\n")}
        names = [f"s{n}.example" for n in range(5)]
        with PretendWeb([Site(name, says) for name in names]) as web:
            result = recheck([f"{web.origin(name)}/{n}" for name in names for n in range(4)])
            assert {web.asked(name, ROBOTS) for name in names} == {1}
            assert max(Counter((one.site, one.path) for one in web.requests).values()) == 1
        assert licences.asked("lic.example", LICENCE) == 1
    assert len(result.stdout.split()) == 20
    assert {entry["signal"] for record in records() for entry in record["because"]} == {"rsl"}


def test_what_another_run_has_read_is_not_asked_for_again() -> None:
    store = ("--cache", f"sqlite:///{Path('policies.sqlite').resolve()}")
    with PretendWeb([site("a"), site("b")]) as web:
        first = recheck([f"{web.origin(f'{name}.example')}/no/1" for name in "ab"], *store)
        before = len(web.requests)
        second = recheck([f"{web.origin(f'{name}.example')}/no/{n}" for name in "ab" for n in (2, 3)], *store)
        assert len(web.requests) == before
    assert (first.exit_code, len(first.stdout.split()), second.exit_code, len(second.stdout.split())) == (1, 2, 1, 4)
    assert {entry["cached"] for record in records()[2:] for entry in record["checked"]} == {True}


def test_a_site_that_does_not_answer_holds_up_no_other() -> None:
    silent = Site("silent.example", {}, fallback=Answer(silent=True))
    with PretendWeb([silent, *(site(f"s{n}") for n in range(4))]) as web:
        gone = "http://127.0.0.1:9"
        urls = [f"{web.origin('silent.example')}/{n}" for n in range(3)] + [f"{gone}/1"]
        urls += [f"{web.origin(f's{n}.example')}/1" for n in range(4)]
        result = recheck(urls, "--policy-timeout", "0.7", "--concurrency", "2")
        assert web.asked("silent.example") <= 2  # the documents that must be read
    assert (result.exit_code, sorted(result.stdout.split())) == (1, sorted(urls[:4]))
    assert {record["url"] for record in records()[-3:]} == set(urls[:3])
    assert "Of 4 it is not known: something that had to be read today could not be." in said(result)


# ---- going on -----------------------------------------------------------------------------------------------------


class Breaking:
    """A site whose page number `at` ends the process that asks for it."""

    def __init__(self, at: int, how: signal.Signals) -> None:
        self.at, self.how = at, how
        self.child: subprocess.Popen[str] | None = None
        self.pages = 0

    def __call__(self, got: Received) -> Answer:
        if not got.path.startswith("/p"):
            return MISSING
        self.pages += 1
        if self.child is not None and self.pages == self.at:
            os.kill(self.child.pid, self.how)
            return Answer(silent=True)
        return RESERVING if got.path.endswith("0") else PAGE

    def run(self) -> tuple[int, str]:
        words = [sys.executable, "-m", "tdm_guard", "recheck", "--urls", "list.txt", *AS, "--content"]
        pipe = subprocess.PIPE
        with subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True) as self.child:
            _, err = self.child.communicate(timeout=PATIENCE)
        code = self.child.returncode
        self.child = None
        return code, err


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=lambda it: it.name)
def test_what_was_cut_short_is_gone_on_with_and_each_address_is_judged_once(how: signal.Signals) -> None:
    breaking = Breaking(12, how)
    with PretendWeb([Site("a.example", {ROBOTS: REFUSES}, fallback=breaking)]) as web:
        urls = [f"{web.origin('a.example')}/p{n:02}" for n in range(30)]
        Path("list.txt").write_text("\n".join(urls))
        code, err = breaking.run()
        reserved = [url for url in urls if url.endswith("0")]
        assert code == (130 if how is signal.SIGINT else -how), err
        assert ("interrupted: 19 of 30 are left; the same command goes on there" in err) == (how is signal.SIGINT)
        assert len(records()) == 11
        assert records(kind="end") == []
        Path("list.txt").write_bytes(gzip.compress(Path("list.txt").read_bytes()))  # the same list
        again = CliRunner().invoke(app, ["recheck", "--urls", "list.txt", *AS, "--content"])
        first, second = records(kind="run")
        assert (again.exit_code, sorted(again.stdout.split())) == (1, reserved)
        assert said(again)[1] == (f"11 of 30 were judged before run {first['run']} was cut short: going on there")
        assert (second["resumes"], second["task"]) == ([first["run"]], first["task"])
        assert [record["url"] for record in records()] == urls
        assert breaking.pages == 31  # that which broke it twice
        assert len(records(kind="end")) == 1
        recheck(urls, "--content")  # it came to its end: judged anew
        assert len(records()) == 60


def test_where_only_the_end_is_missing_nobody_is_asked() -> None:
    with PretendWeb([site("a")]) as web:
        urls = [f"{web.origin('a.example')}/no/{n}" for n in range(3)]
        recheck(urls)
        *lines, _ = LOG.read_bytes().splitlines(keepends=True)
        LOG.write_bytes(b"".join(lines))
        before = len(web.requests)
        result = recheck(urls)
        assert len(web.requests) == before
        other = recheck(urls[:2])
    assert (result.exit_code, sorted(result.stdout.split())) == (1, urls)
    assert "nothing is left to judge" in said(result)[1]
    assert len(records(kind="end")) == 2
    assert (len(records()), other.exit_code) == (5, 1)


def test_a_log_that_cannot_be_written_ends_the_run() -> None:
    with PretendWeb([site("a")]) as web:
        result = recheck([f"{web.origin('a.example')}/1"], "--log", "list.txt/x.jsonl")
        assert len(web.requests) == 0
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize(
    ("new", "before", "seconds", "told"),
    [
        (0, 0, 2.0, "0 of 1,000 so far …"),
        (100, 0, 2.0, "100 of 1,000 so far, 50.0 a second; about 18 seconds to go …"),
        (100, 500, 1_000.0, "600 of 1,000 so far, 0.1 a second; about 67 minutes to go …"),
        (999, 0, 10.0, "999 of 1,000 so far, 99.9 a second; about a moment to go …"),
    ],
)
def test_progress(new: int, before: int, seconds: float, told: str) -> None:
    assert Rechecked(1_000, new + before, before).progress(seconds) == told
