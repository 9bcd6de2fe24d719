"""Stores behind the policy cache of a client: a slow one holds up nobody else, a broken one nobody at all."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from tdm_guard import Withheld
from tdm_guard._clients.offloop import THREADS
from tdm_guard.guard import Guard
from tests.support.stores import Failing, Kept, Lying, Slow

CLOSED = "User-agent: *\nDisallow: /closed"


def behind(monkeypatch: pytest.MonkeyPatch, store: Any) -> None:
    """Clients that are made from now on have `store` behind their cache."""
    monkeypatch.setattr("tdm_guard._clients.opening.Guard", partial(Guard, store=store))


def site(edge: Any, seen: list[Any]) -> Any:
    pages = {path: lambda _: edge.answer(text="words") for path in ("/", "/closed")}
    return edge.site(pages, robots=CLOSED, seen=seen)


async def visit(edge: Any, client: Any, host: str) -> None:
    assert (await edge.get(client, f"http://{host}/")).text == "words"
    with pytest.raises(Withheld):
        await edge.get(client, f"http://{host}/closed")


def test_a_slow_store_holds_up_no_other_origin(async_edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    edge, kept = async_edge, Kept()

    async def scenario() -> None:
        behind(monkeypatch, kept)
        client = edge.client(site(edge, []))
        await visit(edge, client, "slow.example")
        await edge.close(client)
        assert len(kept.packed) == kept.closed == 1

        store, seen, done = Slow(kept.packed), list[Any](), list[str]()
        behind(monkeypatch, store)
        client = edge.client(site(edge, seen), policy_timeout=60)
        await visit(edge, client, "fast.example")

        async def slowly() -> None:
            await visit(edge, client, "slow.example")
            done.append("slow")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(slowly)
            assert await anyio.to_thread.run_sync(store.waits.wait, 60)
            await visit(edge, client, "fast.example")
            done.append("fast")
            store.gate.set()
        assert done == ["fast", "slow"]
        assert "slow.example/robots.txt" not in [f"{item.url.host}{item.url.path}" for item in seen]
        await edge.close(client)

    edge.run(scenario)


def test_what_one_client_read_the_next_need_not(edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, seen = Kept(), list[Any]()

    async def scenario() -> None:
        for _ in range(2):
            behind(monkeypatch, kept)
            client = edge.client(site(edge, seen))
            await visit(edge, client, "a.example")
            await edge.close(client)

    edge.run(scenario)
    assert [item.url.path for item in seen].count("/robots.txt") == 1
    assert kept.closed == 2


@pytest.mark.parametrize("store", [Failing, partial(Lying, b"no policy")], ids=["failing", "lying"])
def test_a_broken_store_leads_to_asking_oneself(edge: Any, monkeypatch: pytest.MonkeyPatch, store: Any) -> None:
    behind(monkeypatch, store())
    seen = list[Any]()

    async def scenario() -> None:
        client = edge.client(site(edge, seen))
        await visit(edge, client, "a.example")
        await visit(edge, client, "a.example")
        await edge.close(client)

    edge.run(scenario)
    assert [item.url.path for item in seen].count("/robots.txt") == 1
    assert [record["verdict"] for record in edge.decisions] == ["unreserved", "reserved"] * 2


def test_clients_of_every_kind_share_a_file(edge: Any, tmp_path: Path) -> None:
    seen, cache = list[Any](), f"sqlite:///{tmp_path}/policies.db"

    async def scenario() -> None:
        for agent in ("ExampleBot", "OtherBot"):
            client = edge.client(site(edge, seen), cache=cache, agent=agent)
            await visit(edge, client, "a.example")
            await edge.close(client)

    edge.run(scenario)
    paths = [item.url.path for item in seen]
    assert sorted(path for path in paths if path in edge.documents) == sorted(edge.documents)
    assert {checked["cached"] for record in edge.decisions[2:] for checked in record["checked"]} == {True}


def test_who_waits_for_another_client_holds_up_nobody(async_edge: Any, tmp_path: Path) -> None:
    edge, seen, cache = async_edge, list[Any](), f"sqlite:///{tmp_path}/policies.db"

    async def scenario() -> None:
        asked, gate = anyio.Event(), anyio.Event()
        inner = site(edge, seen)

        async def gated(request: Any) -> Any:
            if request.url.path == "/robots.txt" and request.url.host == "slow.example":
                asked.set()
                await gate.wait()
            return inner(request)

        first, second = (edge.client(handler, cache=cache, policy_timeout=60) for handler in (gated, inner))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(visit, edge, first, "slow.example")
            await asked.wait()
            for _ in range(THREADS + 1):  # each of whom would hold a thread
                tasks.start_soon(visit, edge, edge.client(inner, cache=cache), "slow.example")
            await visit(edge, second, "fast.example")
            gate.set()
        assert [item.url.path for item in seen if item.url.host == "slow.example"].count("/robots.txt") == 1
        await edge.close(first)
        await edge.close(second)

    edge.run(scenario)
