"""`verify`, proofs and `merge` over split logs: what stands beside them is checked as the log is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tdm_guard.cli import app
from tdm_guard.log import personal_checks
from tdm_guard.log.checks.finding import Finding
from tdm_guard.log.forgetting import Order, forget
from tdm_guard.log.reader import read_log
from tdm_guard.log.trees import Trees
from tdm_guard.log.verify import Verification
from tdm_guard.model import Verdict
from tests.support.split_logs import NOW, decision, records, statement, written

SOME = [
    decision(), decision("https://a.example/b", Verdict.RESERVED, because=(statement(),)),
    decision("https://a.example/p?token=1"),
]  # fmt: skip
OVER = Order(by="dpo", on=date(2027, 1, 2))


def cli(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def side(path: Path) -> Path:
    return path.with_name(path.name + ".personal")


def found(*paths: Path) -> list[Finding]:
    """What is found on the swift way; that the slow one finds errors where it does is held too."""
    swift = list(Verification(trees=lambda told: Trees()).files(paths))
    slow = Verification()
    list(slow.findings(read_log(paths)))
    assert bool(slow.errors) == any(each.severity == "error" for each in swift)
    return swift


@pytest.mark.parametrize("compact", [False, True])
def test_a_split_log_is_valid_and_its_trees_are_recomputed(tmp_path: Path, *, compact: bool) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME, compact=compact)
    assert found(path) == []
    forget([str(path)], OVER, NOW)
    told = [(each.severity, each.explained) for each in found(path)]
    assert set(told) == {("remark", True)}
    done = cli("verify", "--strict", path)
    assert done.exit_code == 0
    assert "3 forgotten, content not checkable" in done.stdout
    whole = json.loads(cli("report", "--format", "json", path).stdout)
    assert whole["total"]["decisions"] == 3


def test_tombstones_leave_a_log_valid(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME, until=None)
    forget([str(path)], replace(OVER, runs=("r1",)), NOW)
    assert {each.explained for each in found(path)} == {True}
    assert cli("verify", "--strict", path).exit_code == 0


def test_altered_members_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME)
    side(path).write_bytes(side(path).read_bytes().replace(b"a.example/b", b"a.example/x"))
    wrong = [each for each in found(path) if each.severity == "error"]
    assert [(each.line, "not those that the record was written with" in each.message) for each in wrong[:1]] == [
        (3, True)
    ]
    side(path).write_bytes(side(path).read_bytes().replace(b"a.example", b"b.example"))
    monkeypatch.setattr(personal_checks, "MAX_TOLD", 1)
    wrong = [each for each in found(path) if "altered personal members in all" in each.message]
    assert [each.message for each in wrong] == ["run 'r1': 3 with altered personal members in all"]


def test_missing_members_are_an_error_until_a_deletion_says_so(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME)
    kept = side(path).read_bytes()
    side(path).write_bytes(b"".join(kept.splitlines(keepends=True)[:2]))
    assert [each.message for each in found(path) if each.severity == "error"] == [
        "run 'r1': 1 without their personal members, and no deletion record says why"
    ]
    side(path).write_bytes(kept)
    forget([str(path)], OVER, NOW)
    side(path).write_bytes(kept)  # out of a backup
    [wrong] = [each for each in Verification().files([path]) if each.severity == "error"]
    assert wrong.message == "run 'r1': deletion records say 3 forgotten, but of these 3 are there again"
    assert len(forget([str(path)], OVER, NOW)) == 1
    assert not [each for each in found(path) if each.severity == "error"]


def test_what_a_crash_leaves_beside_the_log_is_a_remark(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    written(path, SOME)
    last = side(path).read_bytes().splitlines(keepends=True)[-1].replace(b'"seq":3', b'"seq":4')
    side(path).write_bytes(side(path).read_bytes() + last + b'{"run":"r1","se')
    [remark] = Verification().files([path])
    assert (remark.severity, remark.path) == ("remark", str(side(path)))
    assert remark.message == "2 lines belong to no decision of the log: written before a crash"


def test_an_admitted_address_of_a_split_run_can_be_proved_until_it_is_forgotten(tmp_path: Path) -> None:
    path, proof = tmp_path / "tdm.jsonl", tmp_path / "proof.json"
    written(path, SOME)
    roots = [word for line in cli("seal", path).stdout.splitlines() for word in _root(line)]
    for url in ("https://a.example/marie-exemple", "https://a.example/p?token=another"):
        proof.unlink(missing_ok=True)
        assert cli("prove", path, "--url", url, "-o", proof).exit_code == 0
        assert json.loads(proof.read_bytes())["proofs"][0]["outcome"] == "admitted"
        done = cli("verify-proof", proof, *roots)
        assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "holds")
    assert cli("forget", path, "--by", "dpo", "--run", "r1").exit_code == 0
    assert not (tmp_path / "tdm.jsonl.tree").exists()
    assert (tmp_path / "tdm.jsonl.seal").exists()
    assert cli("prove", path, "--url", "https://a.example/marie-exemple").exit_code == 2


def _root(line: str) -> list[str]:
    return ["--root", line.replace(" ", ":")] if line.startswith(("addresses", "decisions")) else []


def test_merged_logs_keep_what_stands_beside_them(tmp_path: Path) -> None:
    one, two, both = (tmp_path / name for name in ("a.jsonl", "b.jsonl", "ab.jsonl"))
    written(one, SOME)
    written(two, SOME[:1], run_id="r2")
    assert cli("merge", one, two, "-o", both).exit_code == 0
    assert found(both) == []
    assert sorted(each["id"] for each in records(both) if "forgotten" not in each) == ["r1-1", "r1-2", "r1-3", "r2-1"]
