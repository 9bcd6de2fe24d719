"""What belongs to a log is found by the commands, compressed or rotated, and is not written over."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from pathlib import Path

import pytest

from tdm_guard.log.jsonl import JsonlLog, Keeping
from tdm_guard.proofs.proof import Known, check
from tests.proofs.test_commands import call, roots
from tests.support.logs import NOW
from tests.support.proofs import INFO, Made, admitting, run_of
from tests.support.split_logs import decision, records, written

LATER = "https://later.example/page"


def rotated(folder: Path) -> list[Path]:
    """The files of a run, in the last of which one address was admitted."""
    with closing(JsonlLog(folder / "tdm.jsonl", run=INFO, now=NOW, keeping=Keeping(rotate=1500))) as log:
        for url in (*(f"https://a.example/{number}" for number in range(6)), LATER):
            log.decision(admitting(url))
        log.end(NOW)
    return sorted(folder.iterdir(), key=lambda path: (".part-" in path.name, path.name))


def test_the_first_file_of_a_rotated_log_stands_for_all_of_them(tmp_path: Path) -> None:
    """Alone it would prove that something was not collected which a later file has."""
    first, *parts = rotated(tmp_path)
    assert len(parts) > 1
    proof = tmp_path / "proof.json"
    for logs in ([first], [*parts, first]):
        assert call("prove", *logs, "--url", LATER, "-o", proof).exit_code == 0
        assert json.loads(proof.read_bytes())["proofs"][0]["outcome"] == "admitted"
    assert call("verify-proof", proof, *roots(first)).exit_code == 0
    done = call("seal", *parts)
    assert (done.exit_code, "give its first file, too" in done.stderr) == (2, True)


@pytest.mark.parametrize("side", ["tdm.jsonl.personal", "tdm.jsonl.personal.gz", "tdm.jsonl.gz.personal"])
def test_what_stands_beside_a_compressed_log_is_shown_in_a_proof_and_merged(tmp_path: Path, side: str) -> None:
    log, proof, packed = tmp_path / "tdm.jsonl", tmp_path / "proof.json", tmp_path / "tdm.jsonl.gz"
    written(log, [decision("https://a.example/marie"), decision("https://a.example/b")])
    whole = records(log)
    beside = Path(f"{log}.personal")
    kept = beside.read_bytes()
    packed.write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    beside.unlink()
    (tmp_path / side).write_bytes(gzip.compress(kept) if side.endswith(".gz") else kept)
    assert call("prove", packed, "--url", "https://a.example/marie", "-o", proof).exit_code == 0
    assert call("verify-proof", proof, *roots(packed)).exit_code == 0
    assert call("merge", packed, "-o", tmp_path / "all.jsonl").exit_code == 0
    assert records(tmp_path / "all.jsonl") == whole


def test_nothing_is_proved_of_a_decision_whose_members_are_gone(tmp_path: Path) -> None:
    log = tmp_path / "tdm.jsonl"
    written(log, [decision("https://a.example/marie")])
    assert call("seal", log).exit_code == 0
    Path(f"{log}.personal").unlink()
    done = call("prove", log, "--url", "https://a.example/marie")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "LOG.personal" in done.stderr


@pytest.mark.parametrize("end", ["", ".personal", ".seal", ".tree"])
def test_a_proof_is_not_written_over_what_belongs_to_a_log(tmp_path: Path, end: str) -> None:
    log = tmp_path / "tdm.jsonl"
    written(log, [decision()])
    assert call("seal", log).exit_code == 0
    place = Path(f"{log}{end}")
    before = place.read_bytes()
    done = call("prove", log, "--domain", "a.example", "-o", place)
    assert (done.exit_code, place.read_bytes() == before) == (2, True)


@pytest.mark.parametrize(
    "name",
    [
        "a.example:80",
        "a.example:",
        ".a.example",
        "a..example",
        "a.example,",
        "a.example;",
        ":",
        "a.example.0",
        "A.example",
    ],
)  # fmt: skip
def test_what_is_no_host_is_not_proved_absent(tmp_path: Path, name: str) -> None:
    """A site that was admitted must not be shown as absent under a name that only looks like it."""
    run_of(tmp_path / "tdm.jsonl", [admitting("https://a.example/")], run_id="r1")
    made = Made(tmp_path / "tdm.jsonl")
    proof = made.proof_of_nothing(name)
    [answer] = check(proof, [Known(*tree[:2], "domains") for tree in made.roots("domains")])
    assert not answer.holds


def test_a_proof_of_an_address_with_parameters_says_what_it_rests_on(tmp_path: Path) -> None:
    log, proof = tmp_path / "tdm.jsonl", tmp_path / "proof.json"
    run_of(log, [admitting("https://a.example/?session=1")], run_id="r1")
    given = roots(log)
    assert call("prove", log, "--url", "https://a.example/?page=1", "-o", proof).exit_code == 0
    done = call("verify-proof", proof, *given)
    assert (done.exit_code, "the seal says which values of parameters it left out" in done.stdout) == (0, True)
    [sealed] = json.loads(Path(f"{log}.seal").read_bytes().splitlines()[0])["runs"]
    assert "session" in sealed["redact"]
