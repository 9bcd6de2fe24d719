"""A task is done by one process at a time; the next one goes on where it ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from tdm_guard import Judge, Ledger, Stored
from tdm_guard.ledger.claim import Claim

WORKER = textwrap.dedent("""
    import logging, sys
    from tdm_guard import Judge, Ledger, Stored
    logging.basicConfig(level="WARNING")
    with Ledger(Judge(agent="ExampleBot"), sys.argv[1], task="t", once=True) as ledger:
        for number in range(5):
            given = {"status": 404, "stored": Stored("a", number), "unread": "ignore"}
            ledger.evaluate(f"https://site.example/{number}", **given)
            print(number, flush=True)
            if sys.argv[2:] and number == 2:
                sys.stdin.readline()
""")


def worker(log: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKER, str(log), *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def begun(first: subprocess.Popen[str]) -> None:
    assert first.stdout is not None
    assert [first.stdout.readline().strip() for _ in range(3)] == ["0", "1", "2"]


def judged(log: Path) -> Counter[str]:
    found = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return Counter(each["url"][-1] for each in found if each["type"] == "decision")


@pytest.mark.parametrize("killed", [False, True])
def test_the_second_waits_until_the_first_is_done_or_dead(tmp_path: Path, killed: bool) -> None:
    log = tmp_path / "l.jsonl"
    with worker(log, "stays") as first:
        begun(first)
        with worker(log) as second:
            assert second.stderr is not None
            assert "is being done by another process: waiting for it" in second.stderr.readline()
            assert judged(log) == Counter("012")
            if killed:
                first.send_signal(signal.SIGKILL)
            else:
                first.communicate("\n")
            second.communicate()
            assert second.returncode == 0
    assert judged(log) == Counter("01234")


def test_other_tasks_and_other_logs_are_not_waited_for(tmp_path: Path) -> None:
    with worker(tmp_path / "l.jsonl", "stays") as first:
        begun(first)
        for path, task in (("l.jsonl", "u"), ("m.jsonl", "t")):
            with Ledger(Judge(agent="ExampleBot"), tmp_path / path, task=task) as ledger:
                ledger.evaluate("https://site.example/", status=404, stored=Stored("a", 0), unread="ignore")
        first.communicate("\n")


def test_a_process_does_not_wait_for_itself_and_leaves_nothing_behind(tmp_path: Path) -> None:
    claim, waited = Claim.of(str(tmp_path / "l.jsonl"), "t")
    assert claim is not None
    assert not waited
    assert Claim.of(str(tmp_path / "l.jsonl"), "t") == (None, False)
    path = Path(claim._path)
    assert path.exists()
    claim.give_up()
    assert not path.exists()
    again, _ = Claim.of(os.path.relpath(tmp_path / "l.jsonl"), "t")
    assert again is not None
    again.give_up()
