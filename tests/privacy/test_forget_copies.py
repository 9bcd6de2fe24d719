"""The copies that only forgotten decisions rest on go with them; no other copy does, whoever uses the folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tdm_guard import Withheld
from tdm_guard.cli import app
from tdm_guard.httpx import GuardClient
from tdm_guard.log.evidence import State, copy_of
from tdm_guard.log.evidence_check import named_in
from tdm_guard.log.reader import read_log
from tdm_guard.log.record import unseal
from tdm_guard.testing import PretendWeb
from tests.support.evidence import JUDGED, SITE

UNTIL = "2099-12-31"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs that share a folder: one with an end to what it keeps, one that saw a part of the same site."""
    folder = tmp_path_factory.mktemp("made")
    both: dict[str, Any] = {"agent": "ExampleBot", "evidence": str(folder / "evidence")}
    with PretendWeb([SITE]) as web:
        for log, until, paths in (("old", UNTIL, JUDGED), ("new", None, ["/head", "/field"])):
            with GuardClient(**both, log=str(folder / f"{log}.jsonl"), retain_until=until) as client:
                for path in paths:
                    with suppress(Withheld):
                        client.get(web.origin("site.example") + path)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Iterator[Path]:
    """The same to be changed; the logs lie beside the folder, as their runs say."""
    for path in made.iterdir():
        (shutil.copytree if path.is_dir() else shutil.copy)(path, tmp_path / path.name)
    kept = made.rename(made.with_name("away"))  # so that only what lies here is found
    yield tmp_path
    kept.rename(made)


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def run_of(log: Path) -> str:
    return str(json.loads(log.read_bytes().splitlines()[0])["run"])


def named(log: Path) -> set[str]:
    return {
        each.digest
        for line in read_log([log])
        if line.type == "decision" and line.record
        for each in named_in(line.record)
    }


def there(folder: Path, digests: set[str]) -> set[str]:
    return {each for each in digests if copy_of(folder / "evidence", each).state is not State.MISSING}


def forget(folder: Path, *words: str | Path, log: str = "old") -> Result:
    path = folder / f"{log}.jsonl"
    return call("forget", path, "--by", "dpo", "--run", run_of(path), *words)


def deletions(log: Path) -> list[dict[str, Any]]:
    return [dict(line.record) for line in read_log([log]) if line.type == "deletion" and line.record]


def test_copies_that_nothing_else_rests_on_go_and_the_record_says_which(folder: Path) -> None:
    old, new = named(folder / "old.jsonl"), named(folder / "new.jsonl")
    assert there(folder, old | new) == old | new
    assert old - new
    assert old & new
    done = forget(folder)  # the other log is not given: the folder says where it is
    assert done.exit_code == 0, done.output
    assert f", {len(old - new)} copies of evidence removed" in done.stdout
    assert there(folder, old | new) == new
    [record] = deletions(folder / "old.jsonl")
    assert set(record["copies"]) == old - new
    assert len(record["copies"]) == len(old - new)
    lines = (folder / "old.jsonl").read_bytes().splitlines()
    assert unseal(lines[-1])[0] == unseal(lines[-1])[1]  # type: ignore[index]
    for log in ("old", "new"):
        told = call("verify", folder / f"{log}.jsonl", "--strict")
        assert told.exit_code == 0, told.output
        assert "missing" not in told.output
    assert f"{len(old - new)} copies of evidence forgotten" in call("verify", folder / "old.jsonl").stdout
    shown = call("evidence", folder / "old.jsonl", f"{record['run']}-1").stdout
    assert ": (an address that was forgotten)\n" in shown
    assert "forgotten: what it rested on" in shown
    again = forget(folder)
    assert again.stdout == "nothing to forget\n"
    assert f"run {record['run']}: nothing that may be personal is left\n" in again.stderr


def test_all_go_when_the_last_run_that_names_them_is_forgotten(folder: Path) -> None:
    old, new = named(folder / "old.jsonl"), named(folder / "new.jsonl")
    assert forget(folder).exit_code == 0
    done = forget(folder, log="new")  # a run that was not split: tombstones
    assert f", {len(new)} copies of evidence removed" in done.stdout
    assert there(folder, old | new) == set()
    assert not list((folder / "evidence" / "runs").iterdir())


def test_a_copy_that_another_log_names_after_all_is_forgotten_not_missing(folder: Path) -> None:
    only = named(folder / "old.jsonl") - named(folder / "new.jsonl")
    shutil.copy(folder / "old.jsonl", folder / "kept.jsonl")
    shutil.copy(folder / "old.jsonl.personal", folder / "kept.jsonl.personal")
    assert forget(folder).exit_code == 0
    told = call("verify", folder / "kept.jsonl").stdout
    assert told.count(" is missing in ") == len(only)
    with (folder / "kept.jsonl").open("ab") as file:
        file.write((folder / "old.jsonl").read_bytes().splitlines(keepends=True)[-1])
    told = call("verify", folder / "kept.jsonl").stdout
    assert (told.count(" was forgotten\n"), told.count(" is missing in ")) == (len(only), 0)


def test_where_nothing_is_over_it_is_said_until_when_it_is_kept(folder: Path) -> None:
    logs = (folder / "old.jsonl", folder / "new.jsonl")
    done = call("forget", *logs, "--by", "dpo")
    assert (done.exit_code, done.stdout) == (0, "nothing to forget\n")
    old, new = map(run_of, logs)
    assert f"run {old}: kept through {UNTIL} (retain_until); --run {old} forgets it today\n" in done.stderr
    assert f"run {new}: it has no retain_until; --run {new} forgets it\n" in done.stderr


def _gone(folder: Path) -> None:
    (folder / "new.jsonl").unlink()


def _going_on(folder: Path) -> None:
    lines = (folder / "new.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "new.jsonl").write_bytes(b"".join(lines[:-1]))


@pytest.mark.parametrize(("spoil", "why"), [(_gone, "was not found"), (_going_on, "it goes on, or was cut short")])
def test_where_others_may_rest_on_any_copy_all_stay_and_that_is_said(folder: Path, spoil: Any, why: str) -> None:
    old = named(folder / "old.jsonl")
    spoil(folder)
    done = forget(folder)
    assert done.exit_code == 0
    assert "copies of evidence stay in" in done.stderr
    assert why in done.stderr
    assert "copies of evidence removed" not in done.stdout
    assert there(folder, old) == old
    assert "copies" not in deletions(folder / "old.jsonl")[0]


def test_a_run_that_was_cut_short_is_heard_if_it_is_said_to_be(folder: Path) -> None:
    old, new = named(folder / "old.jsonl"), named(folder / "new.jsonl")
    _going_on(folder)
    assert forget(folder, "--cut-short").exit_code == 0
    assert there(folder, old | new) == new


def test_a_folder_that_is_elsewhere_is_asked_for(folder: Path) -> None:
    only = named(folder / "old.jsonl") - named(folder / "new.jsonl")
    (folder / "evidence").rename(folder / "moved")
    again = folder / "again"
    shutil.copytree(folder, again)
    done = forget(folder)
    assert "copies of evidence stay: no folder" in done.stderr
    done = forget(again, again / "new.jsonl", "--evidence", again / "moved")
    assert f", {len(only)} copies of evidence removed" in done.stdout
    wrong = forget(folder, "--evidence", folder / "none")
    assert (wrong.exit_code, "is no folder" in wrong.stderr) == (2, True)


def test_a_deletion_whose_copies_are_none_is_an_error(folder: Path) -> None:
    from tdm_guard.log.checks.forgotten import Forgotten

    for copies in ("x", [1], ["ab"], {"a": 1}):
        assert list(Forgotten().deleted({"decisions": 0, "copies": copies}))
    assert not list(Forgotten().deleted({"decisions": 0, "copies": ["a" * 64]}))


def test_a_run_whose_folder_was_renamed_since_is_heard_whether_its_log_is_given_or_not(tmp_path: Path) -> None:
    kept, renamed = tmp_path / "kept", tmp_path / "evidence"
    with PretendWeb([SITE]) as web:
        for log, until, paths in (("new", None, ["/head", "/field"]), ("old", UNTIL, JUDGED)):
            evidence = kept if log == "new" else renamed
            given: dict[str, Any] = {"agent": "ExampleBot", "evidence": str(evidence), "retain_until": until}
            with GuardClient(**given, log=str(tmp_path / f"{log}.jsonl")) as client:
                for path in paths:
                    with suppress(Withheld):
                        client.get(web.origin("site.example") + path)
            if log == "new":
                kept.rename(renamed)
    new = named(tmp_path / "new.jsonl")
    assert forget(tmp_path, tmp_path / "new.jsonl").exit_code == 0
    assert there(tmp_path, new) == new
