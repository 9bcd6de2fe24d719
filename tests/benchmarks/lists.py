"""Lists of 5 million works and 500,000 names: import, look-up (CPU), memory; against the budgets."""

from __future__ import annotations

import multiprocessing
import random
import re
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from tdm_guard.lists.importing import import_list
from tdm_guard.lists.index import open_list
from tdm_guard.lists.plan import Plan
from tests.benchmarks.measure import Row

WORKS = 5_000_000
NAMES = 500_000
BUDGET_RATE = 250_000  # rows a second
BUDGET_LOOK_UP = 12.0  # microseconds
BUDGET_MEMORY = 100.0  # MB
LOOK_UPS = 20_000
ROUNDS = 5
NOW = datetime(2026, 11, 21, tzinfo=UTC)
_SYLLABLES = ("ma", "ri", "ne", "lo", "du", "pé", "ter", "van", "sch", "ba", "ko", "zi", "ün", "del")


def rows(works: int = WORKS, names: int = NAMES) -> list[Row]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        _works(folder / "works.csv", works)
        _names(folder / "names.csv", names)
        first = _apart(_import, folder, "works.csv", "iswc")
        then = _apart(_import, folder, "names.csv", "creator_name")
        look_up = _apart(_look_up, folder)
        size = (folder / "list.tdmlist").stat().st_size / 1e6
    note = f"CSV of {works + names:,} rows; list of {size:.0f} MB"
    seconds = first["seconds"] + then["seconds"]
    wall = f"{first['wall'] + then['wall']:.0f} s by the clock"
    return [
        _row("import of a list", seconds / (works + names) * 1e6, "µs/row", 1e6 / BUDGET_RATE, f"{note}; {wall}"),
        _row("memory of the import", max(first["MB"], then["MB"]), "MB", BUDGET_MEMORY, note),
        _row("look-up of an item with 5 keys", look_up["µs"], "µs", BUDGET_LOOK_UP, "warm, one in five found"),
        _row("memory of the look-ups", look_up["MB"], "MB", BUDGET_MEMORY, f"{ROUNDS * LOOK_UPS:,} items"),
    ]


def _row(what: str, ours: float, unit: str, budget: float, note: str) -> Row:
    return Row(
        what=what, ours=ours, peer=budget, unit=unit, peer_name="budget", ratio=ours / budget, budget=1, note=note,
        steady=unit == "MB",
    )  # fmt: skip


def _iswc(number: int) -> str:
    digits = f"{number:09}"
    check = -(1 + sum(weight * int(digit) for weight, digit in enumerate(digits, 1))) % 10
    return f"T-{digits[:3]}.{digits[3:6]}.{digits[6:]}-{check}"


def _works(path: Path, number: int) -> None:
    """In no order, as identifiers of many publishers are."""
    rng = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        file.write("title,iswc,share\n")
        for at in range(number):
            file.write(f"Work {at},{_iswc(rng.randrange(10**9))},100\n")


def _names(path: Path, number: int) -> None:
    rng = random.Random(2)
    with path.open("w", encoding="utf-8") as file:
        file.write("name,ipi\n")
        for at in range(number):
            words = ["".join(rng.choices(_SYLLABLES, k=rng.randrange(2, 5))).title() for _ in range(2)]
            file.write(f'"{words[0]}, {words[1]}",{at}\n' if at % 3 else f"{' '.join(words)},{at}\n")


def _apart(work: Callable[..., dict[str, float]], *arguments: Any) -> dict[str, float]:
    """What `work` measured in a process of its own, so that the memory is that of nothing else."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        measured: dict[str, float] = pool.apply(work, arguments)
    return measured


def _import(folder: Path, source: str, key: str) -> dict[str, float]:
    output = folder / "list.tdmlist"
    plan = Plan(
        source=folder / source,
        style="csv",
        columns=((key, "iswc" if key == "iswc" else "name"),),
        declaration="music-2023",
        version="1",
        output=output,
        append=output.exists(),
    )
    before = psutil.Process().memory_info().rss
    start, wall = time.process_time(), time.perf_counter()
    imported = import_list(plan, now=NOW)
    seconds, wall = time.process_time() - start, time.perf_counter() - wall
    assert imported.bad == 0
    return {"seconds": seconds, "wall": wall, "MB": (_peak() - before) / 1e6}


def _look_up(folder: Path) -> dict[str, float]:
    before = psutil.Process().memory_info().rss
    index = open_list(folder / "list.tdmlist")
    rng = random.Random(1)  # the numbers of the works again: those in the list come first
    known = [_iswc(rng.randrange(10**9)).translate({45: None, 46: None}) for _ in range(LOOK_UPS)]
    asked = [
        [
            ("iswc", known[at] if at % 5 == 0 else f"T{rng.randrange(10**10):010}"),
            ("iswc", f"T{rng.randrange(10**10):010}"),
            *(("creator_name", f"name{rng.randrange(10**6)} some") for _ in range(3)),
        ]
        for at in range(LOOK_UPS)
    ]
    found = sum(len(index.find(pairs)) for pairs in asked)
    assert found >= LOOK_UPS // 5
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for pairs in asked:
            index.find(pairs)
        times.append((time.process_time() - start) / LOOK_UPS * 1e6)
    return {"µs": statistics.median(times), "MB": (psutil.Process().memory_info().rss - before) / 1e6}


def _peak() -> float:
    """The most memory this process has had, in bytes: by `getrusage` also what its parent had when it was forked."""
    about = Path("/proc/self/status")
    if about.exists():
        return float(re.search(r"VmHWM:\s+(\d+)", about.read_text(encoding="ascii", errors="replace"))[1]) * 1024  # type: ignore[index]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
