"""
The promises, tried: each trial runs a crawl in a process of its own, harms it, and looks at what it left.

A trial returns its figures. What breaks a promise raises `Broken`.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tdm_guard.log.reader import read_log
from tdm_guard.log.verify import LogSeverity, Verification
from tests.soak import web
from tests.soak.task import ENDED, HANDED, HOLDS, Task
from tests.support.logs import flaws
from tests.support.replay import ROOT

GRACEFUL = "Received SIGTERM, shutting down gracefully"  # Scrapy's own words
MIB = 2**20
ROOM = 24 * MIB  # by which memory may differ between the middle of a crawl and its end: what the allocator keeps
MIN_LOOKS = 8  # at what a crawl holds; of fewer no growth can be told
Figures = dict[str, Any]


class Broken(AssertionError):
    """A promise that did not hold."""


def hold(promise: bool, words: str) -> None:
    if not promise:
        raise Broken(words)


@contextmanager
def _begun(task: Task) -> Iterator[subprocess.Popen[str]]:
    module = f"tests.soak.crawl_{'scrapy' if task.edge == 'scrapy' else 'httpx'}"
    with subprocess.Popen(
        [sys.executable, "-m", module, task.words()],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as crawl:
        try:
            yield crawl
        finally:
            crawl.kill()  # does nothing to one that has ended


def _lines(crawl: subprocess.Popen[str]) -> Iterator[str]:
    assert crawl.stdout is not None
    return (line.rstrip("\n") for line in crawl.stdout)


def whole(paths: Sequence[Path]) -> Verification:
    """The logs, verified: what a kill leaves behind is a remark, everything else is an error."""
    verification = Verification()
    errors = [found for found in verification.findings(read_log(paths)) if found.severity is LogSeverity.ERROR]
    hold(not errors, f"verify: {errors[:3]}")
    return verification


def _recorded(path: Path) -> set[str]:
    """The addresses of which the log says that their content was handed on."""
    records = (line.record for line in read_log([path]))
    return {
        record["final_url"]
        for record in records
        if record and record["type"] == "decision" and record["admitted"] and record["content"]
    }


def ended_by(task: Task, after: Sequence[int], *signals: signal.Signals) -> Figures:
    """
    The crawl is sent `signals` when so many pages reached it, once for each of `after`, all runs on one log.

    A second signal follows when Scrapy has said that it heard the first. No third run begins after `task.until`.
    """
    handed: set[str] = set()
    kills = 0
    until, task = task.until, replace(task, until=0.0)
    for pages in after:
        if kills > 1 and until and time.time() > until:
            break
        handed |= _struck(replace(task, first=task.first + kills * task.origins), pages, signals)
        kills += 1
    log = Path(task.log)
    missing = handed - _recorded(log)
    hold(not missing, f"content without a record: {sorted(missing)[:3]}")
    let_in = [url for url in handed if not web.admitted(url)]
    hold(not let_in, f"reserved content was handed on: {let_in[:3]}")
    verification = whole([log])
    hold(verification.runs == kills, f"{verification.runs} runs of {kills}")
    return {"kills": kills, "pages": len(handed), "records": verification.decisions, "verify": "whole"}


def _struck(task: Task, pages: int, signals: Sequence[signal.Signals]) -> set[str]:
    waiting, handed, said = list(signals), set(), []
    with _begun(task) as crawl:
        for line in _lines(crawl):
            if line.startswith(HANDED):
                handed.add(line.removeprefix(HANDED))
            else:
                said.append(line)
            due = len(handed) >= pages if len(waiting) == len(signals) else GRACEFUL in line
            if waiting and due:
                crawl.send_signal(waiting.pop(0))
    hold(not waiting, f"the crawl ended before {waiting}: {said[-3:]}")
    hold(len(handed) >= pages, "too few pages")
    hold(not any(line.startswith(ENDED) for line in said) or len(signals) > 1, "the crawl came to its end")
    return handed


def together(tasks: Sequence[Task], logs: Path) -> Figures:
    """Crawls at one time whose logs lie in one folder: one file or one for each."""

    def run(task: Task) -> set[str]:
        with _begun(task) as crawl:
            lines = list(_lines(crawl))
        hold(crawl.returncode == 0, f"a crawl failed: {lines[-3:]}")
        return {line.removeprefix(HANDED) for line in lines if line.startswith(HANDED)}

    with ThreadPoolExecutor(len(tasks)) as threads:
        handed = set().union(*threads.map(run, tasks))
    paths = sorted(logs.iterdir())
    recorded = set().union(*(_recorded(path) for path in paths))
    hold(handed == recorded, f"handed on and recorded differ: {sorted(handed ^ recorded)[:3]}")
    findings = [found for path in paths for found in flaws(path)]
    hold(not findings, f"verify: {findings[:3]}")
    return {"processes": len(tasks), "files": len(paths), "pages": len(handed), "verify": "whole"}


def long_crawl(task: Task) -> Figures:
    """A crawl that looks at itself: memory, descriptors and tasks stay flat, nothing is left, the log is whole."""
    looks, last = [], {}
    with _begun(task) as crawl:
        said = []
        for line in _lines(crawl):
            if line.startswith(HOLDS):
                looks.append(json.loads(line.removeprefix(HOLDS)))
            elif line.startswith(ENDED):
                last = json.loads(line.removeprefix(ENDED))
            else:
                said.append(line)
    hold(crawl.returncode == 0 and bool(last), f"the crawl failed: {said[-3:]}")
    short = len(looks) < MIN_LOOKS
    hold(bool(task.until) or not short, f"too short to tell: {last}")
    figures = {"too short to tell": last} if short else _flat(looks, last, task)
    verification = whole([Path(task.log)])
    totals = _totals(Path(task.log))
    hold(sum(totals.values()) == verification.decisions, "the end record has other totals")
    hold(last["pages"] <= verification.decisions, "more pages than records")
    hold(last["tasks"] <= 1, f"{last['tasks']} tasks left")
    return {**figures, "records": verification.decisions, "verify": "whole"}


def _totals(path: Path) -> dict[str, int]:
    (totals,) = (line.record["totals"] for line in read_log([path]) if line.record and line.type == "end")
    return dict(totals)


def _flat(looks: list[Figures], last: Figures, task: Task) -> Figures:
    quarters = [looks[len(looks) * quarter // 4 - 1] for quarter in (1, 2, 3, 4)]
    half, end = (max(look["rss"] for look in part) for part in (looks[: len(looks) // 2], looks[len(looks) // 2 :]))
    hold(end - half < max(ROOM, half // 10), f"memory grew from {half // MIB} to {end // MIB} MiB")
    widest = max(look["descriptors"] for look in looks)
    hold(widest < 64 + 4 * task.wide, f"{widest} descriptors")
    hold(last["descriptors"] <= looks[0]["descriptors"], f"{last['descriptors']} descriptors left")
    if "cache" in last:
        bound = int(task.options["cache"].rpartition("=")[2])
        hold(max(look["cache"] for look in looks) <= bound, "the policy cache is larger than it may be")
    return {
        "pages": last["pages"],
        "rss at quarters (MiB)": " ".join(str(look["rss"] // MIB) for look in quarters),
        "descriptors, most and left": f"{widest} {last['descriptors']}",
        "tasks left": last["tasks"],
        **({"cache (KiB)": last["cache"] // 1024} if "cache" in last else {}),
    }
