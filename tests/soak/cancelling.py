"""A request that is cancelled at each of its steps in turn, on asyncio and trio."""

from __future__ import annotations

import asyncio
import importlib
import types
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

import trio

from tdm_guard import Withheld
from tdm_guard.log.reader import read_log
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.soak.trials import Broken, Figures, hold, whole
from tests.support.memory import descriptors

MAX_STEPS = 2_000  # a request has some hundreds at most
LICENCE = b'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><permits type="usage">all</permits>'
LICENCE += b"</license></content></rsl>"
LARGE = "<p>OPEN and open and open</p>" * 6_000  # more than one look


def sites() -> tuple[Site, ...]:
    """A way over a redirect and a declared licence to a large page; a page that reserves in itself; a plain one."""
    link = ("link", '</l.xml>; rel="license"; type="application/rsl+xml"')
    return (
        Site("start.example", {"/go": Answer.redirect("http://rich.example/page")}),
        Site(
            "rich.example",
            {
                "/page": Answer.html(f"<title>t</title>{LARGE}", link, piece=30_000),
                "/l.xml": Answer(headers=(("content-type", "application/rsl+xml"),), body=LICENCE),
            },
        ),
        Site("kept.example", {"/page": Answer.html(f'<meta name="tdm-reservation" content="1">SECRET{LARGE}')}),
        Site("plain.example", {"/page": Answer.html("<title>t</title>OPEN")}),
    )


class Counted:
    """Runs a coroutine and calls `cancel` in its `at`-th step; afterwards `steps` says how many it took."""

    def __init__(self, at: int, cancel: Callable[[], object]) -> None:
        self.at = at
        self.cancel = cancel
        self.steps = 0

    @types.coroutine
    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        sent: Any = None
        error: BaseException | None = None
        while True:
            try:
                waited = coroutine.send(sent) if error is None else coroutine.throw(error)
            except StopIteration as done:
                return done.value
            self.steps += 1
            if self.steps == self.at:
                self.cancel()
            sent, error = None, None
            try:
                sent = yield waited
            except BaseException as thrown:
                error = thrown


async def _on_asyncio(at: int, coroutine: Coroutine[Any, Any, Any]) -> tuple[Any, int]:
    async def job() -> Any:
        task = asyncio.current_task()
        assert task is not None
        counted.cancel = task.cancel
        return await counted.run(coroutine)

    counted = Counted(at, lambda: None)
    (result,) = await asyncio.gather(asyncio.ensure_future(job()), return_exceptions=True)
    return result, counted.steps


async def _on_trio(at: int, coroutine: Coroutine[Any, Any, Any]) -> tuple[Any, int]:
    result: Any = None
    with trio.CancelScope() as scope:
        counted = Counted(at, scope.cancel)
        try:
            result = await counted.run(coroutine)
        except Exception as error:
            result = error
    return result, counted.steps


def cancel_everywhere(family: str, backend: str, folder: Path, *, every: int = 1) -> Figures:
    """
    Cancels the request at every `every`-th step until one comes to its end uncancelled, for each of two addresses.

    After each the client serves on; at the end nothing is left open, and the log is whole.
    """
    log = folder / f"{family}-{backend}.jsonl"
    handed: dict[str, str] = {}
    cancelled = 0

    async def scenario() -> None:
        nonlocal cancelled
        for url in ("http://start.example/go", "http://kept.example/page"):
            for at in range(1, MAX_STEPS, every):
                if await once(url, at) < at:
                    break
                cancelled += 1
            else:
                raise Broken("the request has no end")
        if backend == "asyncio":
            left = asyncio.all_tasks() - {asyncio.current_task()}
            hold(not left, f"left: {left}")

    async def warm() -> None:
        await once("http://start.example/go", MAX_STEPS)

    def run(what: Callable[[], Coroutine[Any, Any, None]]) -> int:
        nonlocal pretend
        with PretendWeb(sites()) as pretend:
            trio.run(what) if backend == "trio" else asyncio.run(what())
        return descriptors()

    async def once(url: str, at: int) -> int:
        client = guarded.AsyncGuardClient(
            agent="ExampleBot", log=str(log), proxy=pretend.proxy, trust_env=False, verify=False,
            follow_redirects=True, timeout=60, policy_timeout=60,
        )  # fmt: skip
        async with client:
            doing = _on_trio if backend == "trio" else _on_asyncio
            result, steps = await doing(at, client.get(url))
            if hasattr(result, "extensions"):
                keep(result)
            else:
                hold(result is None or isinstance(result, (asyncio.CancelledError, Withheld)), f"{result!r}")
            keep(await client.get("http://plain.example/page"))
            hold(client._transport.session._flights == {}, "somebody waits for ever")
        return steps

    def keep(response: Any) -> None:
        hold(b"SECRET" not in response.content, "reserved content was handed on")
        handed[response.extensions["tdm_guard"].id] = str(response.url)

    guarded = importlib.import_module(f"tdm_guard.{family}")
    pretend: Any = None
    before, after = run(warm), run(scenario)
    records = {line.record["id"]: line.record for line in read_log([log]) if line.record and line.type == "decision"}
    for decision, url in handed.items():
        hold(decision in records and records[decision]["final_url"] == url, f"{url} has no record")
    hold(after <= before, f"{after - before} descriptors left")
    verification = whole([log])
    ended = sum(line.type == "end" for line in read_log([log]))
    hold(ended == verification.runs, "a run has no end")
    return {"cancelled": cancelled, "pages": len(handed), "records": verification.decisions, "verify": "whole"}
