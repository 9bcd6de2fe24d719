"""The edges against the same clients without a guard: CPU of the client per request, policies warm, log on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2

from tdm_guard.httpx2 import AsyncGuardClient, GuardClient
from tests.benchmarks.measure import Row, compare
from tests.support.replay import serving

KINDS = (("JSON of 2 KB", "/json", 1.15), ("HTML page of 10 KB", "/page", 1.25), ("image of 20 KB", "/image", 1.2))
REQUESTS = 40  # per turn: short turns, so that what else runs here disturbs both sides of a pair
TURNS = 61
HELD = 1.8  # what a request came to last; the page, the digest and the line of the log take more than the budget leaves
NOTE = "warm origin, log on; server in another process"


def httpx() -> list[Row]:
    """httpx2 with and without the guard, synchronous and on asyncio, one request at a time on one connection."""
    rows = []
    with TemporaryDirectory() as folder, serving("tests.benchmarks.loopback") as base:
        for what, path, budget in KINDS:
            rows.append(_sync(what, base + path, budget, Path(folder) / f"sync{path[1:]}.jsonl"))
            rows.append(_asyncio(what, base + path, budget, Path(folder) / f"asyncio{path[1:]}.jsonl"))
    return rows


def _sync(what: str, url: str, budget: float, log: Path) -> Row:
    with (
        httpx2.Client(trust_env=False) as plain,
        GuardClient(agent="ExampleBot", log=str(log), trust_env=False) as guarded,
    ):
        row, turns = _compare(f"httpx2, {what}", budget, _requests(guarded, url), _requests(plain, url))
    _assert_judged(log, turns)
    return row


def _asyncio(what: str, url: str, budget: float, log: Path) -> Row:
    with asyncio.Runner() as runner:
        plain = httpx2.AsyncClient(trust_env=False)
        guarded = AsyncGuardClient(agent="ExampleBot", log=str(log), trust_env=False)

        def turn(client: Any) -> Callable[[], object]:
            async def requests() -> None:
                for _ in range(REQUESTS):
                    assert (await client.get(url)).status_code == 200

            return lambda: runner.run(requests())

        row, turns = _compare(f"httpx2 on asyncio, {what}", budget, turn(guarded), turn(plain))
        runner.run(plain.aclose())
        runner.run(guarded.aclose())
    _assert_judged(log, turns)
    return row


def _requests(client: Any, url: str) -> Callable[[], object]:
    def turn() -> None:
        for _ in range(REQUESTS):
            assert client.get(url).status_code == 200

    return turn


def _compare(what: str, budget: float, ours: Callable[[], object], peer: Callable[[], object]) -> tuple[Row, int]:
    """The row, and how many turns ours had."""
    turns = 0

    def counted() -> None:
        nonlocal turns
        turns += 1
        ours()

    row = compare(
        what, counted, peer, peer_name="httpx2", number=1, calls=REQUESTS, rounds=TURNS, budget=budget, held=HELD,
        note=NOTE,
    )  # fmt: skip
    return row, turns


def _assert_judged(log: Path, turns: int) -> None:
    """Every request has its record: the warming turn, and those that were measured."""
    decisions = [line for line in map(json.loads, log.open(encoding="utf-8")) if line["type"] == "decision"]
    assert len(decisions) == turns * REQUESTS
    assert all(line["verdict"] == "unreserved" and line["content"] for line in decisions)
