"""
What warm decisions cost in instructions, which a busy machine does not blur as it does times.

    python -m tests.benchmarks.instructions

Each is run twice with different numbers of repetitions, in a fresh interpreter under valgrind's cachegrind; the
difference of the two totals divided by that of the repetitions is the cost of one. Needs valgrind.
"""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tdm_guard import Fetched, Judge
from tests.benchmarks.inputs import HEADERS, robots_of_35_lines

ROOT = Path(__file__).parents[2]  # where `tests` is found as a package
VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
FEW, MANY = 200, 1200  # repetitions
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = "https://site.example"
URL = SITE + "/stories/2026/11/a-long-enough-path.jpg"
ABSENT = Fetched(status=404)
ROBOTS = {
    "warm decision, no site rules": ABSENT,
    "warm decision, robots.txt of 35 lines": Fetched(status=200, body=robots_of_35_lines()),
}


def decide(what: str, times: int) -> None:
    """Judges one response `times` times under an origin's policies that were read once."""
    judge = Judge(agent="ExampleBot")
    answers = {f"{SITE}{path}": ABSENT for path in ("/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")}
    policy = judge.read_policies(SITE, answers | {f"{SITE}/robots.txt": ROBOTS[what]}, now=NOW)
    gc.disable()
    for _ in range(times):
        judge.evaluate(URL, status=200, headers=HEADERS, policies=policy, now=NOW)


def counted(what: str, times: int) -> int:
    """Instructions of a whole interpreter that does it."""
    call = [*VALGRIND, sys.executable, "-m", "tests.benchmarks.instructions", what, str(times)]
    fixed = {**os.environ, "PYTHONHASHSEED": "0"}
    ran = subprocess.run(call, cwd=ROOT, env=fixed, capture_output=True, text=True, check=True)
    found = re.search(r"I\s+refs:\s+([\d,]+)", ran.stderr)
    assert found is not None, ran.stderr
    return int(found[1].replace(",", ""))


if __name__ == "__main__":
    if sys.argv[1:]:
        decide(sys.argv[1], int(sys.argv[2]))
    else:
        for name in ROBOTS:
            print(f"| {name} | {(counted(name, MANY) - counted(name, FEW)) / (MANY - FEW):,.0f} |", flush=True)
