"""
`python -m tests.soak [--minutes N]`: every promise at full size; prints a table, exits 1 if one did not hold.

One crawl at a time, and a server beside it. What time is left after the shorter trials is the long crawls'.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.soak.cancelling import cancel_everywhere
from tests.soak.task import Task
from tests.soak.trials import Broken, Figures, ended_by, long_crawl, together
from tests.support.replay import serving

KILLS = 50
PAGES, ORIGINS = 200_000, 20_000
SMALL_CACHE, MANY = 4 * 2**20, 9_000
SEED = 20261128
LOOK = 25  # pages between two looks at what a crawl holds; one takes some ten microseconds
Trial = tuple[str, Callable[[], Figures]]


class Soak:
    """The trials, in an order in which a short run has something of each."""

    def __init__(self, proxy: str, folder: Path, ends: float, scale: float) -> None:
        self.proxy, self.folder, self.ends, self.scale = proxy, folder, ends, scale
        self.random = random.Random(SEED)

    def task(self, edge: str, name: str, **how: object) -> Task:
        given = {"log": str(self.folder / f"{name}.jsonl"), "origins": 40, "pages": 12, "other": 9}
        return Task(edge=edge, proxy=self.proxy, **{**given, **how})  # type: ignore[arg-type]

    def until(self, share: float) -> float:
        """The time at which a crawl that may take this share of what is left begins no further page."""
        now = time.time()
        return now + max(15.0, (self.ends - now) * share)

    def after(self, times: int) -> list[int]:
        return [self.random.randrange(1, 180) for _ in range(max(2, int(times * self.scale)))]

    def trials(self) -> Iterator[Trial]:
        for edge in ("scrapy", "httpx"):
            task = self.task(edge, f"killed-{edge}", silent=4, until=self.until(0.1))
            yield f"SIGKILL, {edge}", lambda e=task: ended_by(e, self.after(KILLS // 2), signal.SIGKILL)
        twice = self.task("scrapy", "twice", silent=4, until=self.until(0.05))
        yield "SIGTERM twice, scrapy", lambda: ended_by(twice, self.after(6), signal.SIGTERM, signal.SIGTERM)
        once = self.task("httpx2", "once", silent=4, until=self.until(0.05))
        yield "SIGTERM, httpx2", lambda: ended_by(once, self.after(6), signal.SIGTERM)
        for name, log in (("one log", "log"), ("logs of their own", "{run}-{pid}")):
            yield f"three processes, {name}", lambda n=name, log=log: self.three(n, log)
        for family in ("httpx", "httpx2"):
            for backend in ("asyncio", "trio"):
                yield f"cancelled, {family} on {backend}", lambda f=family, b=backend: self.cancelled(f, b)
        yield f"{MANY:,} origins in {SMALL_CACHE >> 20} MiB, httpx2", lambda: self.crawl("httpx2", MANY, 1, 0.2)
        yield (
            f"{PAGES // 10:,} pages, {ORIGINS // 10:,} origins, scrapy",
            lambda: self.crawl("scrapy", ORIGINS // 10, 13, 0.15),
        )
        yield f"{PAGES:,} pages, {ORIGINS:,} origins, httpx", lambda: self.crawl("httpx", ORIGINS, 13, 1)

    def three(self, name: str, log: str) -> Figures:
        folder = self.folder / name.replace(" ", "-")
        tasks = [
            self.task(edge, f"{folder.name}/{log}", first=number * 1000)
            for number, edge in enumerate(("scrapy", "httpx", "httpx2"))
        ]
        return together(tasks, folder)

    def cancelled(self, family: str, backend: str) -> Figures:
        return cancel_everywhere(family, backend, self.folder, every=max(1, round(1 / self.scale)))

    def crawl(self, edge: str, origins: int, pages: int, share: float) -> Figures:
        options = {"cache": f"memory:?max_bytes={SMALL_CACHE}"}
        name = f"long-{edge}-{origins}"
        how = {"other": 40, "cancel": 101, "wide": 16, "look": LOOK, "options": options}
        return long_crawl(self.task(edge, name, origins=origins, pages=pages, until=self.until(share), **how))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="about how long it may take (30)")
    minutes = parser.parse_args(arguments).minutes
    failed = 0
    with serving("tests.soak.web") as proxy, TemporaryDirectory(prefix="soak-") as folder:
        soak = Soak(proxy, Path(folder), time.time() + minutes * 60, min(1.0, minutes / 25))
        print("| trial | held | seconds | figures |\n|---|---|---|---|", flush=True)
        for name, trial in soak.trials():
            began = time.monotonic()
            try:
                held, figures = "yes", trial()
            except Broken as error:
                held, figures = "NO", {"broken": error}
                failed += 1
            said = "; ".join(f"{key}: {value}" for key, value in figures.items())
            print(f"| {name} | {held} | {time.monotonic() - began:.0f} | {said} |", flush=True)
            for path in Path(folder).glob("long-*"):  # hundreds of megabytes
                path.unlink()
    print(f"\n{'every promise held' if not failed else f'{failed} promises did not hold'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
