"""
httpx2 where some origins accept connections and never answer, first in the list: how much later the others' pages come.

Each page has a worker, as many as a caller would let wait at one time; the pages of silent origins hold theirs for one
`policy_timeout`. With fewer workers than such pages that is the caller's own queue: 16 of 32 wait, then the others.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tdm_guard import Withheld
from tdm_guard.httpx2 import AsyncGuardClient, GuardClient
from tests.benchmarks.crawls import delayed, serving
from tests.benchmarks.measure import Row

GOOD, SILENT, PAGES = 24, 8, 4
TIMEOUT = 2.0  # policy_timeout, seconds
WORKERS = (16, 64)
Crawl = Callable[[list[str], int, Path], dict[str, float]]


def rows() -> list[Row]:
    """The delay of the last page of the other origins, in policy timeouts, for both kinds of client."""
    found = []
    with TemporaryDirectory() as folder, serving(str(GOOD + SILENT), str(SILENT), "0") as origins:
        good = [f"{origin}/page/{number}" for origin in origins[:-SILENT] for number in range(PAGES)]
        stuck = [f"{origin}/page/{number}" for origin in origins[-SILENT:] for number in range(PAGES)]
        for kind, crawl in (("httpx2", _sync), ("httpx2 on asyncio", _asyncio)):
            for workers in WORKERS:
                log = Path(folder) / f"{crawl.__name__}{workers}"
                late = _last(crawl(stuck + good, workers, log.with_suffix(".late.jsonl")), good)
                delay = late - _last(crawl(good, workers, log.with_suffix(".jsonl")), good)
                what = f"{kind}, {SILENT} silent origins first, {workers} workers"
                note = f"{len(good)} pages of {GOOD} other origins, {len(stuck)} of silent ones"
                found.append(delayed(what, delay, TIMEOUT, note=note))
    return found


def _last(came: dict[str, float], good: list[str]) -> float:
    assert came.keys() == set(good)
    return max(came.values())


def _sync(urls: list[str], workers: int, log: Path) -> dict[str, float]:
    came: dict[str, float] = {}
    began = time.monotonic()
    with _guarded(GuardClient, log) as client, ThreadPoolExecutor(workers) as pool:

        def get(url: str) -> None:
            try:
                client.get(url)
            except Withheld:
                return
            came[url] = time.monotonic() - began

        list(pool.map(get, urls))
    return came


def _asyncio(urls: list[str], workers: int, log: Path) -> dict[str, float]:
    came: dict[str, float] = {}

    async def crawl() -> None:
        began, places = time.monotonic(), asyncio.Semaphore(workers)
        async with _guarded(AsyncGuardClient, log) as client:

            async def get(url: str) -> None:
                async with places:
                    try:
                        await client.get(url)
                    except Withheld:
                        return
                came[url] = time.monotonic() - began

            await asyncio.gather(*map(get, urls))

    asyncio.run(crawl())
    return came


def _guarded(kind: Any, log: Path) -> Any:
    return kind(agent="ExampleBot", log=str(log), trust_env=False, policy_timeout=TIMEOUT)
