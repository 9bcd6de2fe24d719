"""Logs merged by time: every run stays as it was, line for line."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tdm_guard.cli import app
from tdm_guard.log.jsonl import JsonlLog, Keeping
from tdm_guard.log.merge import Merging
from tdm_guard.log.reader import read_log
from tdm_guard.log.survey import surveyed
from tdm_guard.log.verify import Verification
from tests.log.test_jsonl import NOW, RUN, decided
from tests.support.chains import Chain, joined

Lines = list[bytes]


def at(chain: Chain, second: int) -> Chain:
    """The chain, whose next record is of another time."""
    chain.ts = f"2026-11-28T09:00:{second:02}.000000Z"
    return chain


def crawl(run: str, *seconds: int, records: bool = True, end: bool = True) -> Chain:
    """A run with a decision and a body at each of these seconds."""
    chain = Chain(run, records=records, ts=f"2026-11-28T09:00:{seconds[0]:02}.000000Z")
    for second in seconds:
        at(chain, second).decision().body(chain.seq)
    return chain.end() if end else chain


def merged(*paths: Path) -> Lines:
    """The lines of a merge of these files."""
    files = surveyed([str(path) for path in paths], lambda path: None)
    return list(Merging(files, lambda line, why: None).lines())


def of_run(lines: Lines, run: str) -> Lines:
    return [line for line in lines if json.loads(line)["run"] == run]


def run(*words: object) -> Result:
    result = CliRunner().invoke(app, ["merge", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_records_come_by_time_and_runs_stay_as_they_were() -> None:
    one, two = crawl("r1", 1, 4, 9), crawl("r2", 2, 3, 30)
    old = crawl("r3", 5, 6, records=False, end=False)
    one.write(Path("1"))
    Path("2.gz").write_bytes(gzip.compress(joined(two.lines)))
    Path("3.zst").write_bytes(zstd.compress(joined(old.lines)))
    result = run("1", "2.gz", "3.zst", "-o", "all")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "21 records of 3 runs from 3 files" in result.stderr
    lines = Path("all").read_bytes().splitlines()
    for chain in (one, two, old):
        assert of_run(lines, chain.run) == chain.lines
    times = [json.loads(line)["ts"] for line in lines]
    assert times == sorted(times)
    verification = Verification(heads=[one.head, two.head, old.head])
    assert not [each for each in verification.files(["all"]) if each.severity == "error"]
    assert Path("all").stat().st_mode & 0o777 == 0o640


def test_a_clock_that_goes_back_changes_no_order_of_a_run() -> None:
    chain = crawl("r1", 9, 1, 5, 2)
    other = crawl("r2", 3, 8)
    lines = merged(chain.write(Path("1")), other.write(Path("2")))
    assert (of_run(lines, "r1"), of_run(lines, "r2")) == (chain.lines, other.lines)


def test_runs_that_share_a_file_are_kept_apart_and_in_order() -> None:
    one, two = crawl("r1", 1, 5), crawl("r2", 2, 6)
    mixed = [line for pair in zip(one.lines, two.lines, strict=True) for line in pair]
    Path("1").write_bytes(joined(mixed))
    three = crawl("r3", 3)
    lines = merged(Path("1"), three.write(Path("2")))
    assert [of_run(lines, chain.run) for chain in (one, two, three)] == [one.lines, two.lines, three.lines]


def test_what_stands_twice_is_written_once() -> None:
    chain, old = crawl("r1", 1, 4), crawl("r2", 2, 3, records=False)
    for name in ("1", "copy"):
        Path(name).write_bytes(joined(chain.lines + old.lines))
    Path("torn").write_bytes(joined(chain.lines[:4])[:-9])
    Path("rest").write_bytes(joined(old.lines[2:]))
    result = run("1", "copy", "torn", "rest", "-o", "all")
    assert result.exit_code == 0, result.stderr
    lines = Path("all").read_bytes().splitlines()
    assert (of_run(lines, "r1"), of_run(lines, "r2")) == (chain.lines, old.lines)
    assert "torn:4: left out, no record (no JSON" in result.stderr
    assert "left out because they were written" in result.stderr


def test_a_copy_of_a_run_that_went_on_since_is_no_contradiction() -> None:
    chain = crawl("r1", 1, 4, 6)
    chain.write(Path("now"))
    Path("then").write_bytes(joined(chain.lines[:3]))
    for order in (("now", "then"), ("then", "now")):
        assert merged(*map(Path, order)) == chain.lines


@pytest.mark.parametrize("records", [True, False])
@pytest.mark.parametrize("number", range(6))
def test_the_same_run_with_other_bytes_is_refused(number: int, *, records: bool) -> None:
    crawl("r1", 1, 4, records=records).write(Path("1"))
    other = crawl("r1", 1, 4, records=records)
    other.lines[number] = other.lines[number].replace(b'"ts":"2026', b'"ts":"2027')
    other.write(Path("2"))
    result = run("1", "2", "-o", "all")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "run 'r1' goes on otherwise in another file" in result.stderr
    assert sorted(path.name for path in Path().iterdir()) == ["1", "2"]


def rotated(folder: Path) -> list[Path]:
    """The files of a run that was rotated, with a body and an end."""
    with closing(JsonlLog(folder / "tdm.jsonl", run=RUN, now=NOW, keeping=Keeping(rotate=3000, compact=True))) as log:
        for number in range(12):
            logged = log.decision(decided(ts=NOW - timedelta(seconds=number)) if number % 2 else decided())
            log.body(logged, now=NOW, size=3, content_sha256="a" * 64, complete=True)
        log.end(NOW)
    return sorted(folder.glob("tdm*.jsonl"))


def test_a_run_that_was_rotated_goes_on_in_files_given_or_found(tmp_path: Path) -> None:
    files = rotated(tmp_path)
    assert len(files) > 3
    lines = [line for path in files for line in path.read_bytes().splitlines()]
    other = crawl("r9", 1, 2).write(Path("other"))
    for given_files in (files, files[::-1], [files[2], files[0]], files[:1]):
        got = merged(*given_files, other)
        assert [line for line in got if b'"run":"r9"' not in line[:60]] == lines
    result = run(files[0], "-o", "all.jsonl")
    assert f"a run goes on in {files[1]}, which is merged, too" in result.stderr
    assert list(Verification().files(["all.jsonl"])) == []
    assert len(list(read_log(["all.jsonl"]))) == len(lines)
    files[1].unlink()
    assert run(files[0], "-o", "some.jsonl").exit_code == 0


def test_files_that_go_on_in_each_other_are_refused() -> None:
    one, two = crawl("r1", 1, end=False), crawl("r2", 1, end=False)
    first, second = list(one.lines), list(two.lines)
    one.part(2)
    two.part(2)
    Path("1").write_bytes(joined([two.lines[-1], *first]))
    Path("2").write_bytes(joined([one.lines[-1], *second]))
    result = run("1", "2", "-o", "all")
    assert (result.exit_code, "goes on otherwise in another file" in result.stderr) == (2, True)


def test_what_stands_beside_the_logs_is_put_together() -> None:
    for name in ("1", "2"):
        crawl(f"r{name}", 1).write(Path(name))
        Path(f"{name}.personal").write_bytes(b'{"run":"r%b","seq":1}\n' % name.encode())
    assert run("1", "2", "-o", "all").exit_code == 0
    assert Path("all.personal").read_bytes() == b'{"run":"r1","seq":1}\n{"run":"r2","seq":1}\n'
    for name in ("1", "1.personal"):
        Path(f"copy{name[1:]}").write_bytes(Path(name).read_bytes())
    assert run("1", "copy", "-o", "again").exit_code == 0
    assert Path("again.personal").read_bytes() == b'{"run":"r1","seq":1}\n'
    assert run("1", "-o", "there").exit_code == 0
    Path("1.personal").unlink()
    Path("x.personal").touch()
    assert run("1", "-o", "x").exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("1", "-o", "1"), "'1' is one of the logs"),
        (("1", "-o", "2"), "'2' is there already"),
        (("1", "-o", "link"), "'link' is one of the logs"),
        (("1", "-o", "all.gz"), "compressed"),
        (("1", "-o", "none/all"), "cannot be written"),
        (("1", "none", "-o", "all"), "'none' cannot be read as a log"),
        (("1", ".", "-o", "all"), "'.'"),
        (("1", "strange", "-o", "all"), "'strange' is no compliance log"),
        (("1",), "--output"),
        (("-o", "all"), "LOG"),
    ],
)
def test_a_wrong_call_leaves_nothing_behind(words: tuple[str, ...], said: str) -> None:
    crawl("r1", 1).write(Path("1"))
    Path("2").write_bytes(b"")
    Path("link").symlink_to("1")
    Path("strange").write_bytes(b'{"name":"x"}\n')
    before = sorted(path.name for path in Path().iterdir())
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert sorted(path.name for path in Path().iterdir()) == before


def test_a_file_that_is_given_twice_is_read_once() -> None:
    chain = crawl("r1", 1)
    chain.write(Path("1"))
    assert merged(Path("1"), Path("1"), Path("./1")) == chain.lines


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_run_is_kept_however_its_lines_are_spread(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    runs = [
        crawl(f"r{number}", *data.draw(st.lists(st.integers(0, 59), min_size=1, max_size=4)), records=number < 2)
        for number in range(3)
    ]
    lines = [(chain.run, line) for chain in runs for line in chain.lines]
    files: list[Lines] = [[], []]
    home = {chain.run: data.draw(st.integers(0, 1)) for chain in runs}
    cuts = {name: data.draw(st.integers(0, 4)) for name in home}  # lines that the other file has a copy of
    order = data.draw(st.permutations(range(len(lines))))
    rests = {chain.run: list(chain.lines) for chain in runs}
    for place in order:
        name = lines[place][0]
        files[home[name]].append(rests[name].pop(0))
    for chain in runs:
        files[1 - home[chain.run]] += chain.lines[: cuts[chain.run]]
    paths = [folder / "1", folder / "2"]
    for path, content in zip(paths, files, strict=True):
        path.write_bytes(joined(content))
    got = merged(*(path for path, content in zip(paths, files, strict=True) if content))
    assert sorted(got) == sorted(line for _, line in lines)
    for chain in runs:
        assert of_run(got, chain.run) == chain.lines
