"""
What decisions cost in instructions, which a busy machine does not blur as it does times.

    python -m tests.benchmarks.instructions

Each is run twice with different numbers of repetitions, in a fresh interpreter under valgrind's cachegrind; the
difference of the two totals divided by that of the repetitions is the cost of one. Needs valgrind and the group
`bench`. `functions.py` says which functions take them.
"""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tdm_guard import Fetched, Judge
from tests.benchmarks import pages
from tests.benchmarks.inputs import HEADERS, page, robots_files, robots_of_35_lines

ROOT = Path(__file__).parents[2]  # where `tests` is found as a package
VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = "https://site.example"
URL = SITE + "/stories/2026/11/a-long-enough-path.jpg"
HTML = [("content-type", "text/html; charset=utf-8"), *[field for field in HEADERS if field[0] == "cache-control"]]
ABSENT = Fetched(status=404)
JUDGE = Judge(agent="ExampleBot")
PATHS = ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")
FILES = 40  # robots.txt files that the first decision takes in turn


class Workload(NamedTuple):
    """What is done, and how many times: in the shorter run and in the longer one."""

    make: Callable[[], Callable[[int], object]]
    few: int
    many: int


def _warm(robots: Fetched) -> Callable[[int], object]:
    answers = {f"{SITE}{path}": ABSENT for path in PATHS} | {f"{SITE}/robots.txt": robots}
    policy = JUDGE.read_policies(SITE, answers, now=NOW)
    return lambda _: JUDGE.evaluate(URL, status=200, headers=HEADERS, policies=policy, now=NOW)


def _page() -> Callable[[int], object]:
    body, _ = page()
    policy = JUDGE.read_policies(SITE, {f"{SITE}{path}": ABSENT for path in PATHS}, now=NOW)
    return lambda _: JUDGE.evaluate(URL, status=200, headers=HTML, body=body, policies=policy, now=NOW)


def _speaking(said: str, *declared: str, verdict: str = "unreserved") -> Callable[[int], object]:
    decide = pages.judging(Judge(agent="ExampleBot", repertoire=declared), pages.page("18 KB", said), verdict)
    return lambda _: decide()


def _long_head() -> Callable[[int], object]:
    decide = pages.judging(JUDGE, pages.long_head(), "reserved")
    return lambda _: decide()


def _first() -> Callable[[int], object]:
    documents = [
        {"/robots.txt": Fetched(status=200, body=body), "/.well-known/tdmrep.json": ABSENT}
        for body in robots_files()[:FILES]
    ]

    def decide(turn: int) -> object:
        policy = JUDGE.read_policies(SITE, documents[turn % FILES], now=NOW)
        return JUDGE.evaluate(URL, policies=policy, now=NOW)

    return decide


WORKLOADS = {
    "warm decision, no site rules": Workload(lambda: _warm(ABSENT), 200, 1200),
    "warm decision, robots.txt of 35 lines": Workload(
        lambda: _warm(Fetched(status=200, body=robots_of_35_lines())), 200, 1200
    ),
    "silent page": Workload(_page, 5, 25),
    "18 KB with noai": Workload(lambda: _speaking(pages.NOAI, verdict="reserved"), 10, 60),
    "head of 100 KB, noai at 90 % of it": Workload(_long_head, 5, 25),
    "18 KB, JSON-LD of an undeclared work": Workload(
        lambda: _speaking(pages.OPEN_GRAPH + pages.SCRIPT, *pages.DECLARED), 10, 60
    ),
    "18 KB, Open Graph, declarations loaded": Workload(lambda: _speaking(pages.OPEN_GRAPH, *pages.DECLARED), 10, 60),
    "first decision for a new origin": Workload(_first, FILES, 5 * FILES),
}


def decide(what: str, times: int) -> None:
    """Does one of them `times` times."""
    judge = WORKLOADS[what].make()
    for turn in range(FILES if what.startswith("first") else 2):  # what is made once is none of it
        judge(turn)
    gc.disable()
    for turn in range(times):
        judge(turn)


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
        for name, work in WORKLOADS.items():
            spent = counted(name, work.many) - counted(name, work.few)
            print(f"| {name} | {spent / (work.many - work.few):,.0f} |", flush=True)
