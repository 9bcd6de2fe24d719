"""`evidence`, and `verify` on copies: words in place, what is missing said, what was changed found; the WARC file."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from typer.testing import CliRunner, Result
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from tdm_guard import Withheld
from tdm_guard.cli import app
from tdm_guard.cli.evidence import _words as told_words
from tdm_guard.httpx import GuardClient
from tdm_guard.judging.extract import extract
from tdm_guard.log.evidence import EvidenceStore
from tdm_guard.log.reader import read_log
from tdm_guard.reports.copies import words_of
from tdm_guard.reports.in_place import MAX_WIDTH, in_place
from tdm_guard.testing import PretendWeb
from tests.support.evidence import JUDGED, META, PAGES, RSL, SITE, WITHHELD, decisions_in

ESCAPE = "\x1b[31m"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run over `SITE`, with its log and its evidence."""
    folder = tmp_path_factory.mktemp("crawled")
    names: dict[str, Any] = {"log": str(folder / "tdm.jsonl"), "evidence": str(folder / "evidence")}
    with PretendWeb([SITE]) as web, GuardClient(agent="ExampleBot", **names) as client:
        for path in JUDGED:
            with suppress(Withheld):
                client.get(web.origin("site.example") + path)
    return folder


@pytest.fixture
def run(crawled: Path, tmp_path: Path) -> Path:
    """The same, to be changed; the run record names a folder that lies beside the log."""
    text = (crawled / "tdm.jsonl").read_text(encoding="utf-8")
    (tmp_path / "tdm.jsonl").write_text(text.replace(json.dumps(str(crawled / "evidence")), '"evidence"'))
    for path in (crawled / "evidence").rglob("*.zst"):
        there = tmp_path / path.relative_to(crawled)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(path.read_bytes())
    return tmp_path


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, words)))


def log_of(folder: Path) -> Path:
    return folder / "tdm.jsonl"


def record_of(folder: Path, path: str) -> dict[str, Any]:
    return decisions_in(log_of(folder))[path]


def file_of(folder: Path, path: str) -> Path:
    """The copy that the first statement on a path rests on."""
    [entry, *_] = record_of(folder, path)["because"]
    digest = entry.get("evidence") or entry["sha256"]
    return folder / "evidence" / digest[:2] / f"{digest}.zst"


def shown(folder: Path, path: str) -> str:
    done = call("evidence", log_of(folder), record_of(folder, path)["id"])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/closed", "  >     2  Disallow: /closed"),
        ("/reserved", '  >     3      "location": "/reserved",'),
        ("/head", f"  >     2  {META}"),
        ("/behind", f"  >     2  {META}"),
        ("/field", "tdm-reservation: 1"),
        ("/picture.jpg", "DMI-PROHIBITED"),
        ("/licensed", RSL),
    ],
)
def test_the_words_stand_in_their_place(crawled: Path, path: str, marked: str) -> None:
    assert set(WITHHELD) == {"/closed", "/reserved", "/head", "/behind", "/field", "/picture.jpg", "/licensed"}
    text = shown(crawled, path)
    [line] = [line for line in text.splitlines() if line.startswith("  > ")][:1]
    assert marked in line or line.lower().startswith(marked), text
    assert f"copies in {crawled / 'evidence'}" in text
    assert "copy whole" in text


def test_a_silent_decision_shows_what_was_looked_for(crawled: Path) -> None:
    text = shown(crawled, "/")
    assert "no statement and no fault: nothing was said" in text
    assert "/robots.txt  read, copy whole" in text


def test_an_id_may_be_a_beginning_or_an_address(crawled: Path) -> None:
    record = record_of(crawled, "/head")
    assert call("evidence", log_of(crawled), record["url"]).stdout == shown(crawled, "/head")
    several = call("evidence", log_of(crawled), record["id"].rpartition("-")[0])
    assert (several.exit_code, "begins several ids" in several.stderr) == (2, True)


def test_as_json(crawled: Path) -> None:
    ids = [record_of(crawled, path)["id"] for path in ("/head", "/")]
    lines = call("evidence", log_of(crawled), *ids, "--json").stdout.splitlines()
    first, silent = (json.loads(line) for line in lines)
    [words, *_] = first["words"]
    assert (first["id"], silent["words"]) == (ids[0], [])
    assert (words["copy"], words["locator"], words["why"]) == ("whole", "line 2", None)
    assert {"number": 2, "text": META, "decides": True} in words["lines"]
    assert {each["copy"] for each in silent["documents"]} == {"whole"}


def test_a_log_whose_copies_are_there_is_valid(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run)
    for words in (["tdm.jsonl"], [log_of(run)], ["tdm.jsonl", "--evidence", "evidence"]):
        done = call("verify", *words)
        assert "copy" not in done.stdout, done.stdout


def findings(folder: Path, *more: str) -> list[str]:
    """What `verify` says of copies; the run record was changed to be in `folder`, which it finds too."""
    return [line for line in call("verify", log_of(folder), *more).stdout.splitlines() if "the copy" in line]


def test_what_is_missing_is_a_remark_and_what_was_changed_an_error(run: Path) -> None:
    assert findings(run) == []
    file_of(run, "/head").unlink()
    [line] = findings(run)
    assert ": remark: the copy " in line
    assert "is missing in" in line
    file = file_of(run, "/closed")
    file.write_bytes(file_of(run, "/reserved").read_bytes())
    changed, _ = sorted(findings(run))
    assert ": error: the copy " in changed
    assert changed.endswith("robots.txt is not what it was: its bytes have another digest")
    assert "invalid:" in call("verify", log_of(run)).stdout
    (run / "empty").mkdir()
    assert len(findings(run, "--evidence", str(run / "empty"))) > len(WITHHELD)


def test_changed_copies_make_a_log_invalid(crawled: Path, run: Path) -> None:
    good = call("verify", log_of(crawled))
    assert (good.exit_code, good.stdout.splitlines()[-1][:6]) == (0, "valid:")
    file_of(run, "/head").write_bytes(b"damaged")
    bad = call("verify", log_of(crawled), "--evidence", run / "evidence")
    assert (bad.exit_code, "1 error, 0 remarks" in bad.stdout) == (1, True)


def test_the_page_says_what_is_missing_or_changed(run: Path) -> None:
    for file in (file_of(run, "/head"), file_of(run, "/field")):
        file.unlink()
    file_of(run, "/closed").write_bytes(b"damaged")
    assert "the copy is missing" in shown(run, "/head")
    done = call("evidence", log_of(run), record_of(run, "/closed")["id"])
    assert (done.exit_code, "the copy is not what it was: it is damaged" in done.stdout) == (1, True)
    [said, *_] = json.loads(call("evidence", log_of(run), record_of(run, "/field")["id"], "--json").stdout)["words"]
    assert (said["copy"], said["lines"]) == ("missing", [])


def test_a_run_without_copies_says_so(tmp_path: Path) -> None:
    client = GuardClient(agent="ExampleBot", log=str(tmp_path / "tdm.jsonl"))
    with PretendWeb([SITE]) as web, client, pytest.raises(Withheld):
        client.get(web.origin("site.example") + "/closed")
    text = shown(tmp_path, "/closed")
    assert "its run kept no copies" in text
    assert "--evidence names a folder that may have it" in text
    assert findings(tmp_path) == []


def test_what_strangers_wrote_steers_no_terminal(tmp_path: Path) -> None:
    body = f"User-agent: *\nDisallow: /x # {ESCAPE}".encode()
    digest = hashlib.sha256(body).hexdigest()
    EvidenceStore(tmp_path / "evidence").store({digest: body})
    said = {"source": "s", "carrier": "robots.txt", "locator": "line 2", "sha256": digest, "signal": "robots"}
    record = {"type": "decision", "run": "r", "id": "r-1", "url": "u", "verdict": "reserved", "because": [said]}
    log_of(tmp_path).write_text(json.dumps(record) + "\n")
    for more in ([], ["--json"]):
        done = call("evidence", log_of(tmp_path), "r-1", "--evidence", tmp_path / "evidence", *more)
        assert "\\x1b" in done.stdout or "\\u001b" in done.stdout
        assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{log}"], "a log comes first, then the id of a decision"),
        (["nowhere.jsonl"], "a log comes first"),
        (["{log}", "nothing-like-it"], "no decision in these logs has the id 'nothing-like-it'"),
        (["{log}", "x", "--evidence", "nowhere"], "--evidence: 'nowhere' is no folder"),
        (["{log}", "--warc", "{log}"], "does not end in .warc.gz"),
        (["{log}", "--warc", "x.warc"], "does not end in .warc.gz"),
        (["{log}", "--warc", "there.warc.gz"], "'there.warc.gz' is there already"),
        (["{log}", "--warc", "x.warc.gz", "--json"], "give it without --json"),
        (["{log}", "--warc", "nowhere/x.warc.gz"], "cannot be written"),
    ],
)
def test_wrong_calls(
    crawled: Path, words: list[str], told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.warc.gz").write_bytes(b"x")
    before = log_of(crawled).read_bytes()
    done = call("evidence", *(word.format(log=log_of(crawled)) for word in words))
    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr
    assert log_of(crawled).read_bytes() == before
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("there.warc.gz", b"x")]


@pytest.mark.parametrize("named", ["evidence", "elsewhere/evidence", "/nowhere/at/all/evidence"])
def test_the_folder_is_found_beside_the_log(run: Path, named: str) -> None:
    log = log_of(run)
    log.write_text(log.read_text().replace('"evidence":"evidence"', f'"evidence":"{named}"', 1))
    assert named in log.read_text()
    assert f"copies in {run / 'evidence'}" in call("evidence", log, record_of(run, "/head")["id"]).stdout


def test_a_folder_that_is_nowhere_is_said_once(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = (run / "evidence").rename(run / "kept")
    (run / "away").mkdir()
    monkeypatch.chdir(run / "away")
    told = "no folder 'evidence' here or beside the log: give --evidence FOLDER"
    name = record_of(run, "/head")["id"]
    for words in ([name], [name, "--json"], ["--warc", "x.warc.gz"], [name, "--warc", "x.warc.gz"]):
        done = call("evidence", log_of(run), *words)
        assert (done.exit_code, done.stdout, told in done.stderr) == (2, "", True), done.output
        assert not Path("x.warc.gz").exists()
        assert call("evidence", log_of(run), *words, "--evidence", kept).exit_code == 0
        Path("x.warc.gz").unlink(missing_ok=True)
    found = [line for line in call("verify", log_of(run)).stdout.splitlines() if "remark: " in line]
    assert [line.partition("remark: ")[2] for line in found] == [f"copies were not looked at: {told}"]
    done = call("verify", log_of(run), "--evidence", "evidence")
    assert (done.exit_code, "--evidence: 'evidence' is no folder" in done.stderr) == (2, True)


# ---- the lines around the words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("piece", "locator", "excerpt", "deciding"),
    [
        (b"a\r\nb\rc\nd", "line 3", "", "c"),
        (b"a: 1\nx-robots-tag: a\nX-Robots-Tag: noai\n", "#x-robots-tag[2]", "noai", "X-Robots-Tag: noai"),
        (b"a: 1\nx-robots-tag: noai\n", "#x-robots-tag", "noai", "x-robots-tag: noai"),
        (b'[{"location": "/a"},\n{"location" :\n "/b"}]', "rule 2", '{"location":"/b"}', '{"location" :'),
        (b'[{"location": "/a"},\n{"location": "/b"}]', "rule 2", "", '{"location": "/b"}]'),
        (b"<a>\n<plus:DataMining>x", "JPEG/APP1/plus:DataMining", None, "<plus:DataMining>x"),
        (b"<rsl>\n<prohibits>\nall</prohibits>", "content[1]/prohibits[1]", "<prohibits>all</pro…", "<prohibits>"),
        (b"a\n\x1b[31m\x01\n", "line 2", "", "\x1b[31m\x01"),
        ("\ufeffa\nb".encode("utf-16"), "line 2", "", "b"),
        (b"\xef\xbb\xbfa\nb", "line 1", "", "a"),
        (b"one\ntwo", "nowhere", "nothing", None),
        (b"one\ntwo", None, None, None),
        (b"", "line 1", "x", None),
    ],
)  # fmt: skip
def test_the_deciding_line(piece: bytes, locator: str | None, excerpt: str | None, deciding: str | None) -> None:
    lines = in_place(piece, locator, excerpt, is_extract=False)
    assert next((line.text for line in lines if line.decides), None) == deciding
    assert sum(line.decides for line in lines) == (deciding is not None)
    assert len(lines) <= 5


def test_lines_of_an_extract_keep_their_numbers() -> None:
    page = b"\n".join(b"line %d" % number for number in range(1, 60))
    at = page.index(b"line 50")
    lines = in_place(extract(page, [(0, 6), (at, at + 23)]), "line 51", "", is_extract=True)
    assert [(line.number, line.text, line.decides) for line in lines] == [
        (1, "line 1", False), (50, "line 50", False), (51, "line 51", True), (52, "line 52", False),
    ]  # fmt: skip
    assert in_place(extract(page, [(0, 6)]), "line 1", "", is_extract=False)[0].text == "tdm-guard extract 1"


def test_long_lines_are_shown_around_the_words() -> None:
    [line] = in_place(b"x" * 5000 + b"HERE" + b"y" * 5000, None, "HERE", is_extract=False)
    assert line.decides
    assert "xxHEREyy" in line.text
    assert len(line.text) == MAX_WIDTH + 2


def test_bytes_are_shown_as_rows() -> None:
    data = bytes(range(256)) * 8 + b"\0cawg.ai_training\0" + bytes(64)
    lines = in_place(
        data, "C2PA/active/cawg.training-mining/cawg.ai_training", '{"cawg.ai_training"}', is_extract=False
    )
    [line] = [line for line in lines if line.decides]
    assert (line.number, line.text[:6]) == (None, "000800")
    assert line.text.endswith(".cawg.ai_trainin")


# ---- WARC --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def warc(crawled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("warc") / "evidence.warc.gz"
    done = call("evidence", log_of(crawled), "--warc", path)
    assert (done.exit_code, done.stdout) == (0, "")
    return path


def records(path: Path) -> Iterator[tuple[Any, bytes]]:
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            yield record.rec_headers, record.raw_stream.read()


def test_warcio_finds_every_digest_right(warc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Arguments:
        inputs = (str(warc),)
        verbose = True

    checker = Checker(Arguments())
    checker.process_all()
    out = capsys.readouterr().out
    assert checker.exit_value == 0
    assert out.count("digest pass") == len(list(records(warc)))
    assert "fail" not in out
    assert "no digest" not in out


def test_fastwarc_reads_it_and_finds_every_block_right(warc: Path) -> None:
    with warc.open("rb") as file:
        found = [(record.record_id, record.verify_block_digest()) for record in FastIterator(file, parse_http=False)]
    assert {right for _, right in found} == {True}
    with warc.open("rb") as file:  # it leaves out what has another digest than it says
        assert len(list(FastIterator(file, verify_digests=True))) == len(found)
    assert [name for name, _ in found] == [fields.get_header("WARC-Record-ID") for fields, _ in records(warc)]


def test_the_records_are_what_they_should_be(crawled: Path, warc: Path) -> None:
    found = list(records(warc))
    kinds = [fields.get_header("WARC-Type") for fields, _ in found]
    assert (kinds[0], kinds.count("warcinfo"), set(kinds[1:])) == (
        "warcinfo",
        1,
        {"resource", "conversion", "metadata"},
    )
    assert b"isPartOf: tdm.jsonl\r\n" in found[0][1]
    named = {fields.get_header("WARC-Record-ID"): (fields, block) for fields, block in found}
    assert len(named) == len(found)
    blocks = [block for fields, block in found if fields.get_header("WARC-Type") == "resource"]
    assert {PAGES["/robots.txt"].body, RSL.encode()} < set(blocks)
    for fields, block in found:
        kind, refers = fields.get_header("WARC-Type"), fields.get_header("WARC-Refers-To")
        digest = "sha256:" + hashlib.sha256(block).hexdigest()
        assert fields.get_header("WARC-Block-Digest") == digest
        assert fields.get_header("WARC-Payload-Digest") == (digest if kind in {"resource", "conversion"} else None)
        assert fields.get_header("WARC-Concurrent-To") is None
        assert (fields.get_header("WARC-Target-URI") is None) == (kind == "warcinfo")
        assert refers is None or kind == "metadata"
        if refers is not None:
            said = json.loads(block)
            assert hashlib.sha256(named[refers][1]).hexdigest() == said["sha256"]
            assert said["because"] or said["faults"] or said["checked"]
    lines = {line.raw + b"\n" for line in read_log([log_of(crawled)]) if line.type == "decision"}
    plain = {block for fields, block in found if fields.get_header("WARC-Type") == "metadata"}
    assert lines < plain


def test_each_record_is_a_member_of_its_own(warc: Path) -> None:
    data, members = warc.read_bytes(), 0
    while data:
        reader = zlib.decompressobj(wbits=31)
        assert reader.decompress(data).startswith(b"WARC/1.1\r\n")
        data, members = reader.unused_data, members + 1
    assert members == len(list(records(warc)))
    assert gzip.decompress(warc.read_bytes()).count(b"WARC/1.1\r\n") == members


def test_decisions_that_are_named_alone(crawled: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.warc.gz"
    done = call("evidence", log_of(crawled), record_of(crawled, "/head")["id"], "--warc", path)
    assert (done.exit_code, f"written to {path}" in done.stderr) == (0, True)
    conversions = [block for fields, block in records(path) if fields.get_header("WARC-Type") == "conversion"]
    assert len(conversions) == 1
    assert META.encode() in conversions[0]


def test_what_is_missing_is_left_out_and_said(run: Path) -> None:
    file_of(run, "/head").unlink()
    file_of(run, "/field").write_bytes(b"damaged")
    done = call("evidence", log_of(run), "--warc", run / "x.warc.gz")
    assert done.exit_code == 1
    assert "left out, because missing: 1 copy" in done.stderr
    assert "left out, because damaged: 1 copy" in done.stderr


def test_without_the_extra_the_command_names_it(crawled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "warcio", None)
    monkeypatch.delitem(sys.modules, "tdm_guard.reports.evidence_warc", raising=False)
    for name in [name for name in sys.modules if name.startswith("warcio.")]:
        monkeypatch.delitem(sys.modules, name)
    done = call("evidence", log_of(crawled), "--warc", tmp_path / "x.warc.gz")
    assert (done.exit_code, 'pip install "tdm-guard[warc]"' in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("piece", "locator", "excerpt", "text"),
    [
        (b'[\n{\n"location": "/",\n"tdm-reservation": 1\n}]', "rule 1", '"location": "/", "tdm-reservation": 1',
         '"tdm-reservation": 1'),
        (b'[{\n"tdm-reservation": 1,\n"location": "/"},{\n"tdm-reservation": 0,\n"location": "/b"}]', "rule 2",
         '"location": "/b", "tdm-reservation": 0', '"tdm-reservation": 0,'),
        (b'[{\n"location": "/a"},{\n"tdm-reservation": 1,\n"location": "/b"}]', "rule 2",
         '"location": "/b", "tdm-reservation": 1', '"location": "/b"}]'),
        (b"content-type: text/html\nwww-authenticate: License", "status", "HTTP 402; www-authenticate: License",
         "www-authenticate: License"),
        (b"one\ntwo\nthree", "", "two three", "two"),
    ],
)  # fmt: skip
def test_of_words_on_several_lines_the_one_that_reserves_is_marked(
    piece: bytes, locator: str, excerpt: str, text: str
) -> None:
    assert [line.text for line in in_place(piece, locator, excerpt, is_extract=False) if line.decides] == [text]


def test_a_fault_is_told_once_and_without_a_copy_by_what_the_log_quotes() -> None:
    fault = {
        "signal": "tdmrep",
        "message": "no number",
        "source": "http://a.example/",
        "excerpt": "x",
        "sha256": "0" * 64,
    }
    record = {"because": [], "faults": [fault, dict(fault), {**fault, "excerpt": "y"}]}
    words = list(words_of(record, None))
    assert [each.entry["excerpt"] for each in words] == ["x", "y"]
    assert "  the log quotes: x" in list(told_words(words[0]))
    assert any("no copies" in line for line in told_words(words[0]))
