"""What is over is forgotten; the rest stays byte for byte, and every chain holds."""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tdm_guard import ConfigurationError
from tdm_guard.cli import app
from tdm_guard.log import rewriting
from tdm_guard.log.forgetting import Order, forget
from tdm_guard.log.reader import read_log
from tdm_guard.log.record import digest_of, unseal
from tdm_guard.model import Verdict
from tests.support.split_logs import NOW, decision, records, statement, written

SOME = [decision(), decision("https://a.example/b", Verdict.RESERVED, because=(statement(),)), decision()]
OVER = Order(by="dpo", on=date(2027, 1, 2))


def cli(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def side(path: Path) -> Path:
    return path.with_name(path.name + ".personal")


def chain(path: Path) -> list[str]:
    """Types of the records, whose chains hold: each has the hash of its bytes, or stands for one that had it."""
    heads: dict[str, str] = {}
    found = []
    for raw in path.read_bytes().splitlines():
        record = json.loads(raw)
        found.append(record["type"])
        if record["type"] == "run":
            heads[record["run"]] = digest_of(raw)
            continue
        stated, actual = unseal(raw) or ("", "-")
        assert stated == actual or record["type"] == "forgotten"
        assert record["prev"] == heads[record["run"]]
        heads[record["run"]] = stated
    return found


@pytest.mark.parametrize("compact", [False, True])
def test_what_is_over_is_removed_and_recorded(tmp_path: Path, *, compact: bool) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME, compact=compact)
    (tmp_path / "tdm.jsonl.tree").write_bytes(b"x")
    (tmp_path / "tdm.jsonl.seal").write_bytes(b"x")
    before = path.read_bytes()
    [done] = forget([str(path)], OVER, NOW)
    assert (done.run, done.decisions, done.rule) == ("r1", 3, "retain_until 2027-01-01")
    assert path.read_bytes().startswith(before)
    assert chain(path)[-2:] == ["end", "deletion"]
    last = json.loads(path.read_bytes().splitlines()[-1])
    assert (last["by"], last["why"], last["rule"], last["decisions"]) == ("dpo", None, "retain_until 2027-01-01", 3)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["tdm.jsonl", "tdm.jsonl.seal"]
    assert [each["forgotten"] for each in records(path)] == [True] * 3
    whole = path.read_bytes()
    assert forget([str(path)], OVER, NOW) == []
    assert path.read_bytes() == whole


def test_what_is_not_over_stays(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME)
    before = path.read_bytes(), side(path).read_bytes()
    assert forget([str(path)], replace(OVER, on=date(2027, 1, 1)), NOW) == []
    assert (path.read_bytes(), side(path).read_bytes()) == before


def test_a_run_that_is_named_is_forgotten_whatever_its_date(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME)
    written(path, SOME, run_id="r2")
    [done] = forget([str(path)], replace(OVER, on=date(2026, 1, 1), runs=("r2",), why="asked to"), NOW)
    assert (done.run, done.rule) == ("r2", "named")
    assert [each["run"] for each in map(json.loads, side(path).read_bytes().splitlines())] == ["r1"] * 3
    assert chain(path)[-1] == "deletion"
    with pytest.raises(ConfigurationError, match="no run 'r3'"):
        forget([str(path)], replace(OVER, runs=("r3",)), NOW)


@pytest.mark.parametrize("compact", [False, True])
def test_decisions_that_were_not_split_give_way_to_tombstones(tmp_path: Path, *, compact: bool) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME, until=None, compact=compact)
    written(path, SOME[:1], until=None, run_id="r2")
    path.chmod(0o600)
    before = path.read_bytes().splitlines()
    assert forget([str(path)], OVER, NOW) == []
    [done] = forget([str(path)], replace(OVER, runs=("r1",)), NOW)
    assert done.decisions == 3
    after = path.read_bytes().splitlines()
    kinds = chain(path)
    assert kinds.count("forgotten") == 3
    assert [raw for raw, kind in zip(after, kinds, strict=True) if kind not in ("forgotten", "deletion")] == [
        raw for raw in before if b'"type":"decision"' not in raw or b'"run":"r2"' in raw
    ]
    stones = [json.loads(raw) for raw in after if b'"type":"forgotten"' in raw]
    assert [set(each) for each in stones] == [{"type", "v", "run", "seq", "id", "ts", "prev", "hash"}] * 3
    assert [each["id"] for each in stones] == ["r1-1", "r1-2", "r1-3"]
    assert json.loads(after[-1])["hashes"] == [each["hash"] for each in stones]
    assert b"marie-exemple" not in b"".join(raw for raw in after if b'"run":"r1"' in raw)
    assert path.stat().st_mode & 0o777 == 0o600
    assert forget([str(path)], replace(OVER, runs=("r1",)), NOW) == []


def test_an_older_run_whose_chain_is_of_decisions_only(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME[:1], until=None, ends=False)
    lines = path.read_bytes().replace(b',"chain":"records"', b"").splitlines()
    run, one = lines
    first = re.sub(rb'"prev":"[0-9a-f]{64}"', b'"prev":"%b"' % digest_of(run).encode(), one)
    path.write_bytes(run + b"\n" + _resealed(first) + b'\n{"type":"end","v":1,"run":"r1","ts":"x","totals":{}}\n')
    [done] = forget([str(path)], replace(OVER, runs=("r1",)), NOW)
    assert done.decisions == 1
    _, stone, _, deletion = map(json.loads, path.read_bytes().splitlines())
    assert deletion["prev"] == stone["hash"]


def _resealed(raw: bytes) -> bytes:
    begin = raw[: raw.rindex(b',"hash":"')]
    return begin + b',"hash":"%b"}' % digest_of(begin + b"}").encode()


def test_a_run_that_may_go_on_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME, ends=False)
    with pytest.raises(ConfigurationError, match="--cut-short"):
        forget([str(path)], OVER, NOW)
    [done] = forget([str(path)], replace(OVER, cut_short=True), NOW)
    assert done.decisions == 3
    assert chain(path)[-1] == "deletion"


def test_over_the_files_of_a_rotated_run(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME, rotate=10)
    parts = sorted(str(each) for each in tmp_path.glob("*.jsonl"))
    with pytest.raises(ConfigurationError, match="give all its files"):
        forget(parts[1:], OVER, NOW)
    [done] = forget(parts[::-1], OVER, NOW)
    assert (done.decisions, done.path) == (3, max(parts))
    assert not list(tmp_path.glob("*.personal"))


@pytest.mark.parametrize("spoil", [
    lambda raw: raw.replace(b"text/html", b"text/htm"),
    lambda raw: b"\n".join(raw.splitlines()[:2] + raw.splitlines()[3:]),
    lambda raw: raw + b'{"type":"decision"}\n',
])  # fmt: skip
def test_a_log_that_is_not_whole_is_left_alone(tmp_path: Path, spoil: Any) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME)
    path.write_bytes(spoil(path.read_bytes()))
    before = path.read_bytes(), side(path).read_bytes()
    with pytest.raises(ConfigurationError, match="not whole"):
        forget([str(path)], OVER, NOW)
    assert (path.read_bytes(), side(path).read_bytes()) == before


def test_what_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME)
    packed = tmp_path / "tdm.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(ConfigurationError, match="unpack it first"):
        forget([str(packed)], OVER, NOW)
    (tmp_path / "tdm.jsonl.personal.gz").write_bytes(gzip.compress(side(path).read_bytes()))
    side(path).unlink()
    with pytest.raises(ConfigurationError, match=r"unpack it to .*tdm\.jsonl\.personal"):
        forget([str(path)], OVER, NOW)
    (tmp_path / "none").write_bytes(b"\n")
    with pytest.raises(ConfigurationError, match="no line is a record"):
        forget([str(tmp_path / "none")], OVER, NOW)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        forget([str(tmp_path / "nowhere")], OVER, NOW)


def test_another_writer_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"1\n2\n")

    def while_written(file: Any) -> list[bytes]:
        with path.open("ab") as other:
            other.write(b"3\n")
        return [b"1\n"]

    with pytest.raises(ConfigurationError, match="another process writes to it"):
        rewriting.rewritten(str(path), while_written)
    assert path.read_bytes() == b"1\n2\n3\n"
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_what_was_half_done_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME)
    side(path).unlink()  # and the machine went down
    [done] = forget([str(path)], OVER, NOW)
    assert done.decisions == 3
    assert chain(path)[-1] == "deletion"
    assert forget([str(path)], OVER, NOW) == []
    other = tmp_path / "b.jsonl"
    written(other, SOME, until=None)
    forget([str(other)], replace(OVER, runs=("r1",)), NOW)
    other.write_bytes(b"".join(other.read_bytes().splitlines(keepends=True)[:-1]))
    [done] = forget([str(other)], replace(OVER, runs=("r1",)), NOW)
    assert done.decisions == 3


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=4),
    st.sets(st.integers(0, 3)),
    st.booleans(),
)
def test_any_of_its_runs_may_be_forgotten(runs: Sequence[tuple[bool, int]], gone: set[int], compact: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tdm.jsonl"
        for number, (splits, count) in enumerate(runs):
            written(path, SOME[:count], until="2027-01-01" if splits else None, run_id=f"r{number}", compact=compact)
        names = {f"r{number}" for number in gone if number < len(runs)}
        lines, known = path.read_bytes().splitlines(), {each["id"]: each for each in records(path)}
        forget([str(path)], replace(OVER, on=date(2020, 1, 1), runs=tuple(names)), NOW)
        chain(path)
        kept = [raw for raw in lines if json.loads(raw)["run"] not in names or b'"type":"decision"' not in raw]
        after = path.read_bytes().splitlines()
        assert [raw for raw in after if raw in set(kept)] == kept
        found = {each["id"]: each for each in records(path)}
        assert [each for each in found.values() if each["run"] not in names] == [
            each for each in known.values() if each["run"] not in names
        ]
        assert {each["run"] for each in found.values() if "forgotten" not in each}.isdisjoint(names)


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME, until="2020-01-01")
    done = cli("forget", path, "--by", "  ")
    assert (done.exit_code, "nobody is named" in done.stderr) == (2, True)
    done = cli("forget", path, "--by", "dpo", "--on", "2999-01-01")
    assert (done.exit_code, "still to come" in done.stderr) == (2, True)
    done = cli("forget", path, "--by", "dpo", "--on", "1.1.2026")
    assert (done.exit_code, "is no date" in done.stderr) == (2, True)
    done = cli("forget", path, "--by", "dpo", "--why", "it is time")
    assert (done.exit_code, done.stdout) == (0, "run r1: 3 decisions forgotten (retain_until 2020-01-01)\n")
    assert "evidence folders" in done.stderr
    assert cli("forget", path, "--by", "dpo").stdout == "nothing to forget\n"
    [deletion] = [line.record for line in read_log([path]) if line.type == "deletion"]
    assert deletion is not None
    assert (deletion["by"], deletion["why"]) == ("dpo", "it is time")
