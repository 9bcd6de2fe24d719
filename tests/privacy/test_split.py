"""What is personal stands beside the log: nothing of it in the chained lines, all of it where the log is read."""

from __future__ import annotations

import gzip
import hashlib
import json
import stat
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tdm_guard import LogError
from tdm_guard.decision import Decision
from tdm_guard.log import aside as reading
from tdm_guard.log.jsonl import JsonlLog, Keeping
from tdm_guard.log.personal import PERSONAL, side_of
from tdm_guard.log.reader import in_order, read_log
from tdm_guard.log.record import RunInfo
from tdm_guard.model import Fault, Verdict
from tests.support.split_logs import DECISIONS, NOW, RUN, UNTIL, decision, records, statement, written

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SOME = [
    decision(),
    decision("https://a.example/b", Verdict.RESERVED, because=(statement(rightsholder="Marie Exemple"),)),
    decision("https://a.example/c", Verdict.EXEMPT, because=(statement(),), hops=("https://a.example/h",)),
    decision("https://a.example/d", faults=(Fault(source="https://a.example/d", carrier="html", message="odd"),)),
]


def side(path: Path) -> Path:
    return path.with_name(path.name + ".personal")


@pytest.mark.parametrize("compact", [False, True])
def test_the_chained_lines_have_nothing_personal(tmp_path: Path, *, compact: bool) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME, compact=compact)
    lines = path.read_bytes().splitlines()
    assert [
        name for name in (b"exemple", b"/b", b"Marie", b"robots.txt", b"odd") if any(name in each for each in lines)
    ] == []
    run, *rest = map(json.loads, lines)
    assert run["retain_until"] == UNTIL
    decisions = [each for each in rest if each["type"] == "decision"]
    assert [set(PERSONAL) & set(each) for each in decisions] == [set()] * 4
    beside = [json.loads(line) for line in side(path).read_bytes().splitlines()]
    assert [(each["run"], each["seq"]) for each in beside] == [("r1", 1), ("r1", 2), ("r1", 3), ("r1", 4)]
    assert len({each["salt"] for each in beside}) == 4
    for chained, raw in zip(decisions, side(path).read_bytes().splitlines(), strict=True):
        salt, members = bytes.fromhex(json.loads(raw)["salt"]), raw[raw.index(b'"members":') + 10 : -1]
        assert chained["personal"] == hashlib.sha256(salt + members).hexdigest()
    assert stat.S_IMODE(side(path).stat().st_mode) & 0o027 == 0


@settings(max_examples=60, deadline=None)
@given(DECISIONS)
def test_split_and_joined_it_is_as_if_it_never_had_been(made: list[Decision]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain, split, small = (Path(folder) / name for name in ("plain", "split", "small"))
        written(plain, made, until=None)
        written(split, made)
        written(small, made, compact=True)
        for path in (split, small):
            assert [json.dumps(each) for each in records(path)] == [json.dumps(each) for each in records(plain)]


def test_a_run_that_says_nothing_has_no_file_beside_it(tmp_path: Path) -> None:
    written(tmp_path / "tdm.jsonl", SOME, until=None)
    assert [path.name for path in tmp_path.iterdir()] == ["tdm.jsonl"]


def test_it_goes_on_in_new_files_with_the_log(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME, rotate=10)
    parts = sorted(each for each in tmp_path.iterdir() if each.suffix == ".jsonl")
    assert len(parts) == 5
    assert all(side(each).is_file() for each in parts[1:])
    assert in_order([str(each) for each in parts]) == [str(path), *map(str, sorted(set(parts) - {path}))]
    written(tmp_path / "other", SOME, until=None)
    assert records(*parts) == records(tmp_path / "other")


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
@pytest.mark.parametrize("both", [False, True])
def test_what_is_compressed_is_found_and_read(tmp_path: Path, pack: Any, *, both: bool) -> None:
    path, end = tmp_path / "tdm.jsonl", ".gz" if pack is gzip.compress else ".zst"
    written(path, SOME)
    whole = records(path)
    packed = tmp_path / f"tdm.jsonl{end}"
    packed.write_bytes(pack(path.read_bytes()))
    if both:
        (tmp_path / f"tdm.jsonl.personal{end}").write_bytes(pack(side(path).read_bytes()))
        side(path).unlink()
    path.unlink()
    assert records(packed) == whole
    assert side_of(str(tmp_path / "none")) is None


def test_runs_that_share_a_log_may_be_out_of_order_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_AHEAD", 3)
    path = tmp_path / "tdm.jsonl"
    for run in ("r1", "r2", "r3"):
        written(path, SOME, run_id=run)
    whole = records(path)
    lines = side(path).read_bytes().splitlines(keepends=True)
    side(path).write_bytes(b"".join(reversed(lines[:4])) + b"".join(lines[8:]) + b"".join(lines[4:8]))
    assert records(path) == whole
    side(path).write_bytes(b"".join(lines[8:] + lines[4:8] + lines[:4]))
    assert records(path) == whole


def test_what_was_altered_beside_the_log_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME)
    side(path).write_bytes(side(path).read_bytes().replace(b"https://a.example/b", b"https://a.example/x"))
    forgotten = [each for each in records(path) if "forgotten" in each]
    assert [each["id"] for each in forgotten] == ["r1-2"]
    assert "url" not in forgotten[0]


@pytest.mark.parametrize("spoilt", [b"", b"no json\n", b'{"run":"r1","seq":1}\n', b'{"run":"r1"', b"\xff\n"])
def test_what_is_gone_is_forgotten_and_never_raises(tmp_path: Path, spoilt: bytes) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME)
    side(path).write_bytes(spoilt)
    assert [each["forgotten"] for each in records(path)] == [True] * 4
    assert {each["origin"] for each in records(path)} == {"https://a.example"}
    side(path).unlink()
    assert [each["forgotten"] for each in records(path)] == [True] * 4


def test_a_line_beside_the_log_comes_first_and_starts_afresh_after_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME[:1], ends=False)
    with side(path).open("ab") as file:
        file.write(b'{"run":"r1","seq":2,"sal')  # the machine went down
    written(path, SOME[:2], run_id="r2")
    assert [each.get("forgotten") for each in records(path)] == [None] * 3


def test_no_log_without_the_file_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    side(path).mkdir()
    with pytest.raises(LogError, match=r"tdm\.jsonl\.personal"):
        written(path, SOME)
    with pytest.raises(LogError, match="retain_until needs one beside it"):
        written(Path("/dev/null"), SOME)
    with closing(JsonlLog(tmp_path / "b.jsonl", run=_until(RUN), now=NOW, keeping=Keeping())) as log:
        log.decision(SOME[0])
        side(tmp_path / "b.jsonl").unlink()
        with pytest.raises(LogError, match="no longer at its path"):
            log.decision(SOME[1])
        with pytest.raises(LogError, match="nothing can be written"):
            log.decision(SOME[1])
    lines = [line.type for line in read_log([tmp_path / "b.jsonl"])]
    assert lines == ["run", "decision"]


def _until(run: RunInfo) -> RunInfo:
    return replace(run, retain_until=UNTIL)
