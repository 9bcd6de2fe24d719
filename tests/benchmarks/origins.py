"""
New origins over public robots.txt files, all six documents answered, beside Protego; and what many of them weigh.

`BENCH_ROBOTS` names a folder of such files, one a site: the tests of Protego (github.com/scrapy/protego,
tests/test_data) have 4,231. Without it the generated ones are taken, and a note says so.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from protego import Protego

from tdm_guard import Fetched, Judge
from tdm_guard.cache.memory import MemoryCache
from tdm_guard.policies.policy import OriginPolicy
from tests.benchmarks.inputs import robots_files
from tests.benchmarks.measure import Row, compare
from tests.support.memory import resident

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SITE = "https://site.example"
URL = SITE + "/stories/2026/11/a-long-enough-path.jpg"
AGENT = "ExampleBot"
FOLDER = "BENCH_ROBOTS"
OTHERS = ("/.well-known/tdmrep.json", "/ai.txt", "/trust.txt", "/.well-known/ai.txt", "/.well-known/trust.txt")
FEW = 200  # files next to the median, by size
ORIGINS = 1_500
BOUND = 4 * 2**20  # bytes of a cache that is filled over and over
KIB = 1024
MOST = 6  # KiB of an origin
ROOT = Path(__file__).parents[2]  # where `tests` is found as a package


def public_files() -> tuple[list[bytes], str]:
    """The files, and what is said of them in a note."""
    folder = os.environ.get(FOLDER)
    if not folder:
        files = robots_files()
        return files, f"{len(files)} generated files: {FOLDER} names no folder of public ones"
    files = [path.read_bytes() for path in sorted(Path(folder).iterdir()) if path.is_file()]
    return files, f"{len(files):,} public files"


def answers(robots: bytes, site: str = SITE) -> dict[str, Fetched]:
    """What all six documents answered: robots.txt is there, the others are not."""
    return {
        f"{site}/robots.txt": Fetched(status=200, body=robots),
        **{f"{site}{path}": Fetched(status=404) for path in OTHERS},
    }


def _first(judge: Judge, what: str, files: list[bytes], budget: float | None, note: str) -> Row:
    documents = [answers(body) for body in files]

    def ours() -> None:
        for each in documents:
            judge.evaluate(URL, policies=judge.read_policies(SITE, each, now=NOW), now=NOW)

    def theirs() -> None:
        for body in files:
            Protego.parse(body.decode("utf-8", "replace")).can_fetch(URL, AGENT)

    return compare(
        what, ours, theirs, peer_name="Protego.parse + can_fetch", number=1, calls=len(files), rounds=3,
        budget=budget, note=note,
    )  # fmt: skip


def decisions() -> list[Row]:
    """The first decision of an origin, over all files and those next to the median; later ones."""
    judge = Judge(agent=AGENT)
    files, note = public_files()
    mean, median, again = (0.7, 1.4, 1.1) if os.environ.get(FOLDER) else (None, None, None)  # others speak more often
    ordered = sorted(files, key=len)
    middle = max(0, (len(ordered) - FEW) // 2)
    usual = ordered[middle : middle + FEW]
    policies = [judge.read_policies(SITE, answers(body), now=NOW) for body in usual]
    parsed = [Protego.parse(body.decode("utf-8", "replace")) for body in usual]
    later = compare(
        "later decisions of an origin",
        lambda: [judge.evaluate(URL, policies=policy, now=NOW) for policy in policies],
        lambda: [each.can_fetch(URL, AGENT) for each in parsed],
        peer_name="Protego.can_fetch",
        number=10,
        calls=len(usual),
        budget=again,
        note=note,
    )
    return [
        _first(judge, "first decision of an origin, mean", files, mean, note),
        _first(judge, "first decision of an origin, median file", usual, median, f"{note}, {len(usual)} of them"),
        later,
    ]


def weighed() -> tuple[int, int, int]:
    """
    What an origin adds to this process, and what a cache takes that is full, and was filled three times over.

    For a process that holds nothing else yet: what was given back before would be taken first.
    """
    judge = Judge(agent=AGENT)
    files, _ = public_files()
    number = 0

    def policy() -> OriginPolicy:
        nonlocal number
        number += 1
        site = f"https://site{number}.example"
        known = answers(files[number % len(files)], site)
        return judge.read_policies(site, known, now=datetime.now(UTC)).as_cached()

    def fill(cache: MemoryCache, count: int) -> int:
        for _ in range(count):
            cache.put(policy())
        gc.collect()
        return resident()

    before = fill(MemoryCache(), 300)
    cache = MemoryCache()
    each = (fill(cache, ORIGINS) - before) // ORIGINS
    bounded = MemoryCache(max_bytes=BOUND)
    full = fill(bounded, ORIGINS)
    return each, full, fill(bounded, 2 * ORIGINS)


def memory() -> list[Row]:
    """The same, of a process of its own."""
    called = [sys.executable, "-m", "tests.benchmarks.origins"]
    ran = subprocess.run(called, cwd=ROOT, capture_output=True, text=True, check=True)
    each, full, after = map(int, ran.stdout.split())
    note = public_files()[1]
    return [
        Row(
            what="memory per cached origin, of the process", ours=each / KIB, peer=MOST, unit="KiB",
            peer_name="at most", ratio=each / KIB / MOST, budget=1, note=note,
        ),
        Row(
            what="memory behind three times the origins that a cache holds", ours=after / 2**20, peer=full / 2**20,
            unit="MiB", peer_name="when it was full", ratio=after / full, budget=1.05, note=f"{BOUND >> 20} MiB",
        ),
    ]  # fmt: skip


def rows() -> list[Row]:
    """All measurements."""
    return [*decisions(), *memory()]


if __name__ == "__main__":
    print(*weighed())
