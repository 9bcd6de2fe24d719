"""How a log is kept: when the disk has it, in how many files, in which form, compressed; read back it is the same."""

from __future__ import annotations

import errno
import gzip
import json
import os
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import ConfigurationError, LogError
from tdm_guard.decision import Decision
from tdm_guard.log import common
from tdm_guard.log.jsonl import JsonlLog, Keeping
from tdm_guard.log.reader import read_log
from tdm_guard.log.record import digest_of, unseal
from tdm_guard.log.trees import Trees, admitted_addresses
from tdm_guard.model import Verdict
from tdm_guard.options import Options
from tests.log.test_jsonl import NOW, RUN, decided


def written(path: Path, decisions: list[Decision], keeping: Keeping, *, ended: bool = True) -> list[Decision]:
    with closing(JsonlLog(path, run=RUN, now=NOW, keeping=keeping)) as log:
        logged = [log.decision(each) for each in decisions]
        if ended:
            log.end(NOW + timedelta(days=9))
    return logged


def records(*paths: Path) -> list[dict[str, Any]]:
    return [dict(line.record or {}) for line in read_log(paths)]


def decisions_in(*paths: Path) -> list[dict[str, Any]]:
    return [record for record in records(*paths) if record["type"] == "decision"]


# ---- one chain of all records ----------------------------------------------------------------------------------------


def test_every_record_names_the_one_before_it(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW)) as log:
        first = log.decision(decided())
        log.body(first, now=NOW, size=3, content_sha256="a" * 64, complete=True)
        log.decision(decided())
        log.end(NOW)
    run, *rest = path.read_bytes().splitlines()
    assert json.loads(run)["chain"] == "records"
    prev = digest_of(run)
    for line in rest:
        sealed = unseal(line)
        assert sealed is not None
        assert (json.loads(line)["prev"], *sealed) == (prev, sealed[1], sealed[1])
        prev = sealed[0]
    assert [json.loads(line)["type"] for line in rest] == ["decision", "body", "decision", "end"]


def test_the_end_states_the_trees_of_what_was_admitted(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    silent = decided("https://a.example.org/1")
    moved = silent._replace(
        exchange=silent.exchange._replace(final_url="https://b.example/2", hops=("https://b.example/",))
    )
    empty = silent._replace(url="https://no.example/", exchange=silent.exchange._replace(content=False))
    logged = written(path, [silent, moved, empty, decided("https://kept.example/", Verdict.RESERVED)], Keeping())
    trees = Trees()
    for each in logged:
        trees.decided(each.hash, admitted_addresses(each.to_dict()))
    end = records(path)[-1]
    assert end["trees"] == trees.stated()
    assert {name: tree["size"] for name, tree in end["trees"].items()} == {"decisions": 4, "addresses": 3, "domains": 2}


@pytest.mark.parametrize("when", ["decided", "stated"])
def test_trees_that_cannot_be_kept_end_the_run(tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with closing(JsonlLog(tmp_path / "tdm.jsonl", run=RUN, now=NOW)) as log:
        monkeypatch.setattr(Trees, when, full)
        if when == "decided":
            for _ in range(2):
                with pytest.raises(LogError, match="No space left"):
                    log.decision(decided())
        with pytest.raises(LogError, match="No space left"):
            log.end(NOW)


# ---- the compact form ------------------------------------------------------------------------------------------------


def test_the_compact_form_loses_no_member_and_fits_in_700_bytes(tmp_path: Path) -> None:
    url = "https://example.org/stories/2026/11/a-long-enough-path.html"
    pages = [
        decided(url),
        decided(url),
        decided(url, exchange=decided(url).exchange._replace(final_url=url + "?2", hops=(url,))),
        decided(url, Verdict.RESERVED),
    ]
    full = written(tmp_path / "full.jsonl", pages, Keeping())
    compact = written(tmp_path / "compact.jsonl", pages, Keeping(compact=True))
    lines = (tmp_path / "compact.jsonl").read_bytes().splitlines()
    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds == ["run", "common", "decision", "decision", "decision", "decision", "end"]
    assert all(len(line) < 700 for line in lines[2:5])
    own = {"run", "id", "prev", "hash"}
    read = decisions_in(tmp_path / "compact.jsonl")
    for wanted, found in zip(decisions_in(tmp_path / "full.jsonl"), read, strict=True):
        assert list(found) == list(wanted)
        assert {name: found[name] for name in found if name not in own} == {
            name: wanted[name] for name in wanted if name not in own
        }
    assert [each.to_dict() for each in compact] == read
    assert [each.id for each in full] != [each.id for each in compact]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=40), st.sampled_from([None, 3000, "day"]))
def test_what_is_written_compactly_is_read_whole(
    tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[int, bool]], rotate: Any
) -> None:
    """In any order of origins, over as many files as there are, with a reader that can hold two common records."""
    folder = tmp_path_factory.mktemp("compact")
    outcome = decided().outcome
    made = [
        replace_origin(decided(f"https://h{n}.example/{at}", Verdict.RESERVED if speaks else Verdict.UNRESERVED), n)
        for at, (n, speaks) in enumerate(plan)
    ]
    made = [each if each.because else each._replace(outcome=outcome) for each in made]
    made = [each._replace(ts=NOW + timedelta(hours=7 * at)) for at, each in enumerate(made)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(common, "MAX_HELD", 2)
        logged = written(folder / "tdm.jsonl", made, Keeping(compact=True, rotate=rotate))
        assert decisions_in(*folder.iterdir()) == [each.to_dict() for each in logged]


def replace_origin(decision: Decision, number: int) -> Decision:
    return decision._replace(exchange=decision.exchange._replace(origin=f"https://h{number}.example"))


def test_a_decision_without_its_common_record_is_no_record_and_one_that_would_overwrite_is_none(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, [decided()], Keeping(compact=True))
    run, shared, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(run + b"".join(rest))
    lost = [line.problem for line in read_log([path])]
    assert lost == [None, "what it has in common with other decisions stands in no record before it", None]
    path.write_bytes(run + shared.replace(b'"members":{', b'"members":{"url":"https://e.example/",') + b"".join(rest))
    assert [line.problem for line in read_log([path])][2] == lost[1]
    path.write_bytes(run + shared + b"".join(rest).replace(b'"common":"', b'"common":["x"],"c":"'))
    assert [line.problem for line in read_log([path])][2] == lost[1]


# ---- several files ---------------------------------------------------------------------------------------------------


def test_a_log_is_rotated_by_size_and_every_file_reads_by_itself(tmp_path: Path) -> None:
    pages = [decided(f"https://example.org/{number}") for number in range(12)]
    logged = written(tmp_path / "tdm.jsonl", pages, Keeping(rotate=5000, compact=True))
    paths = sorted(tmp_path.iterdir())
    assert [path.name for path in paths] == [
        "tdm.jsonl", *(f"tdm.part-{part:04}.{logged[0].run}.jsonl" for part in range(2, len(paths) + 1))
    ]  # fmt: skip
    assert len(paths) > 1
    assert all(5000 <= path.stat().st_size < 5000 + 4000 for path in paths[:-1])
    assert [record["id"] for record in decisions_in(*reversed(paths))] == [each.id for each in logged]
    assert decisions_in(paths[0]) == decisions_in(*paths)  # its parts lie beside it
    assert [record["id"] for path in paths[1:] for record in decisions_in(path)] == [
        each.id for each in logged[-sum(len(decisions_in(path)) for path in paths[1:]) :]
    ]
    alone = paths[0].rename(tmp_path / "elsewhere.jsonl")
    assert [record["id"] for path in (alone, *paths[1:]) for record in decisions_in(path)] == [
        each.id for each in logged
    ]
    alone.rename(paths[0])
    whole = b"".join(path.read_bytes() for path in paths).splitlines()
    prev = digest_of(whole[0])
    for line in whole[1:]:
        assert json.loads(line)["prev"] == prev
        prev = json.loads(line)["hash"]
    part = records(paths[1])[0]
    run = records(paths[0])[0]
    assert part["part"] == 2
    assert {name: run[name] for name in run if name not in {"type", "v", "run"}} == part["of"]


def test_a_log_is_rotated_by_day_in_utc_and_never_back(tmp_path: Path) -> None:
    late = NOW.replace(hour=23, minute=59)
    days = [late, late + timedelta(minutes=2), late, late + timedelta(minutes=3), late + timedelta(days=1, minutes=2)]
    written(tmp_path / "tdm.jsonl", [decided()._replace(ts=at) for at in days], Keeping(rotate="day"), ended=False)
    assert [len(decisions_in(path)) for path in sorted(tmp_path.iterdir())] == [5, 3, 1]  # the first with the others


def test_the_body_of_a_page_and_the_end_go_on_in_the_new_file(tmp_path: Path) -> None:
    with closing(JsonlLog(tmp_path / "tdm.jsonl", run=RUN, now=NOW, keeping=Keeping(rotate="day"))) as log:
        first = log.decision(decided())
        log.body(first, now=NOW + timedelta(days=1), size=3, content_sha256="a" * 64, complete=True)
        log.end(NOW + timedelta(days=1))
        assert log.path == sorted(tmp_path.iterdir())[1]
    assert [record["type"] for record in records(log.path)] == ["part", "body", "end"]


def test_where_no_new_file_can_be_made_the_run_ends(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW, keeping=Keeping(rotate=10))) as log:
        (tmp_path / f"tdm.part-0002.{log.run_id}.jsonl").mkdir()
        for _ in range(2):
            with pytest.raises(LogError, match=r"part-0002|could not go on"):
                log.decision(decided())
    assert decisions_in(path) == []


def test_a_pipe_is_never_rotated(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # before anything is written; a pipe holds 64 KiB
    written(pipe, [decided()] * 3, Keeping(rotate=1, durability="fsync"))
    got = os.read(reading, 2**16)
    os.close(reading)
    assert [json.loads(line)["type"] for line in got.splitlines()] == ["run", *["decision"] * 3, "end"]


def test_a_line_glued_to_the_rest_of_another_run_s_ends_the_run(tmp_path: Path) -> None:
    """Two runs share a file; a disk that was full for the one left a piece of a line, and has space again."""
    path = tmp_path / "tdm.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW)) as one, closing(JsonlLog(path, run=RUN, now=NOW)) as other:
        for log in (one, other, one):
            log.decision(decided())
        with path.open("ab") as file:
            file.write(b'{"type":"decision","v":1,')
        with pytest.raises(LogError, match="glued"):
            other.decision(decided())
        with pytest.raises(LogError):
            other.decision(decided())
        one.decision(decided())  # behind the newline of the other's


# ---- when the disk has it --------------------------------------------------------------------------------------------


class Disk:
    """`os.fsync` as it is, counted, until it fails."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.synced: list[int] = []
        self.fails = False
        self.called = threading.Event()
        self._real = os.fsync
        patch.setattr("tdm_guard.log.appending.os.fsync", self._sync)

    def _sync(self, descriptor: int) -> None:
        self.called.set()
        if self.fails:
            raise OSError(errno.EIO, "Input/output error")
        self._real(descriptor)
        self.synced.append(os.fstat(descriptor).st_size)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_flush_never_waits_for_the_disk(tmp_path: Path, disk: Disk) -> None:
    written(tmp_path / "tdm.jsonl", [decided()], Keeping())
    assert disk.synced == []


def test_fsync_has_every_record_on_the_disk_before_it_returns(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "tdm.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW, keeping=Keeping(durability="fsync"))) as log:
        for _ in range(3):
            log.decision(decided())
            assert disk.synced[-1] == path.stat().st_size
        log.end(NOW)
    assert disk.synced[-1] == path.stat().st_size


def test_seconds_sync_in_a_thread_and_the_end_waits(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "tdm.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW, keeping=Keeping(durability=0.001))) as log:
        disk.called.clear()
        log.decision(decided())
        assert disk.called.wait(20)
    with closing(JsonlLog(path, run=RUN, now=NOW, keeping=Keeping(durability=3600))) as log:
        log.decision(decided())
        before = list(disk.synced)
        log.end(NOW)
        assert disk.synced == [*before, path.stat().st_size]


def test_a_disk_that_fails_ends_the_run(tmp_path: Path, disk: Disk) -> None:
    with closing(JsonlLog(tmp_path / "a.jsonl", run=RUN, now=NOW, keeping=Keeping(durability="fsync"))) as log:
        disk.fails = True
        for _ in range(2):
            with pytest.raises(LogError, match="Input/output error"):
                log.decision(decided())
    disk.fails = False
    with closing(JsonlLog(tmp_path / "b.jsonl", run=RUN, now=NOW, keeping=Keeping(durability=0.001))) as log:
        disk.fails = True
        with pytest.raises(LogError, match="did not reach the disk"):  # noqa: PT012 - the thread takes its time
            while True:
                log.decision(decided())
    disk.fails = False
    with closing(JsonlLog(tmp_path / "c.jsonl", run=RUN, now=NOW, keeping=Keeping(durability=3600))) as log:
        log.decision(decided())
        disk.fails = True
        with pytest.raises(LogError, match="did not reach the disk"):
            log.end(NOW)


def test_a_folder_that_cannot_be_synced_is_a_log_error(tmp_path: Path, disk: Disk) -> None:
    disk.fails = True
    with pytest.raises(LogError, match="folder of the log"):
        JsonlLog(tmp_path / "a.jsonl", run=RUN, now=NOW, keeping=Keeping(durability="fsync"))


# ---- compressed ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_a_compressed_log_is_read_whatever_its_name(tmp_path: Path, pack: Any) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, [decided()] * 20, Keeping(compact=True))
    plain = records(path)
    raw = path.read_bytes()
    half = raw.index(b"\n", len(raw) // 2) + 1
    path.write_bytes(pack(raw[:half]) + pack(raw[half:]))
    assert records(path) == plain
    path.write_bytes(pack(raw)[:-12])
    with pytest.raises(ConfigurationError, match="cannot be read as a log: "):
        records(path)
    path.write_bytes(pack(raw)[:20] + b"\0" * 40)
    with pytest.raises(ConfigurationError, match="cannot be read as a log: "):
        records(path)


# ---- the options -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given_", "read"),
    [
        ("durability", "flush", "flush"), ("durability", "fsync", "fsync"), ("durability", "2.5", 2.5),
        ("durability", 5, 5.0), ("rotate", "day", "day"), ("rotate", "100MiB", 100 * 2**20), ("rotate", 4096, 4096),
        ("records", "compact", "compact"),
    ],
)  # fmt: skip
def test_options_say_how_a_log_is_kept(name: str, given_: Any, read: Any) -> None:
    assert getattr(Options.read({name: given_}), name) == read


@pytest.mark.parametrize(
    ("name", "given_"),
    [
        ("durability", "sync"), ("durability", 0), ("durability", True), ("durability", -1), ("durability", 1e9),
        ("rotate", "week"), ("rotate", 0), ("rotate", "1 day"), ("rotate", True), ("records", "short"),
    ],
)  # fmt: skip
def test_a_bad_way_to_keep_a_log_is_named_with_a_good_one(name: str, given_: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name}: .*(for example|is not one of)"):
        Options.read({name: given_})
