"""Reading that takes long goes on beside the event loop; who is cancelled meanwhile hands nothing on unjudged."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import threading
from typing import Any

import anyio
import pytest

from tdm_guard import Withheld
from tdm_guard.judging.case import Case
from tdm_guard.judging.fields import LOOP_TEXT
from tests.support.patience import PATIENCE

HTML = {"content-type": "text/html"}
RESERVED = b'<html><head><meta name="tdm-reservation" content="1"></head>'
PAGE = b"<html><head></head><body>" + b"<p>Bread and cheese." * 3000


class Watch:
    """Follows `Case.hear_body` and `Case.hear_beginning`: in which thread each case is, and never in two."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.threads: list[int] = []
        self.entered = threading.Event()
        self.gate: threading.Event | None = None
        self.inside: set[int] = set()
        for name in ("hear_body", "hear_beginning"):
            monkeypatch.setattr(Case, name, self.following(getattr(Case, name)))

    def following(self, method: Any) -> Any:
        def followed(case: Case, *args: Any, **keywords: Any) -> Any:
            assert id(case) not in self.inside
            self.inside.add(id(case))
            self.threads.append(threading.get_ident())
            self.entered.set()
            try:
                if self.gate is not None:
                    assert self.gate.wait(PATIENCE)
                return method(case, *args, **keywords)
            finally:
                self.inside.discard(id(case))

        return followed


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


CASES = {
    "small": ({}, PAGE[:2000], True),
    "small and coded": ({"content-encoding": "gzip"}, gzip.compress(PAGE[:2000]), True),
    "large": ({}, PAGE, False),
    "large when decoded": ({"content-encoding": "gzip"}, gzip.compress(PAGE), False),
    "coded in a way that cannot be undone": ({"content-encoding": "gzip"}, b"\x1f\x8b no gzip" * 9000, False),
    "container": ({"content-type": "application/pdf"}, b"%PDF-1.7\n" + bytes(2000), False),
}


@pytest.mark.parametrize("case", CASES)
def test_long_reading_is_done_off_the_loop(async_edge: Any, watch: Watch, case: str) -> None:
    edge = async_edge
    headers, body, on_loop = CASES[case]
    answer = edge.answer(headers={**HTML, **headers}, pieces=[body[:1000], body[1000:]])

    async def scenario() -> None:
        client = edge.client(edge.site({"/": answer}), mode="observe")
        response = await edge.open(client, "http://a.example/")
        assert await edge.raw(response) == body
        await edge.close(client)

    edge.run(scenario)
    assert {thread == threading.get_ident() for thread in watch.threads} == {on_loop}
    assert edge.decisions[0]["bytes"] == len(body)


@pytest.mark.parametrize(("length", "on_loop"), [(100, True), (LOOP_TEXT + 1, False)])
def test_long_fields_are_heard_off_the_loop(
    async_edge: Any, monkeypatch: pytest.MonkeyPatch, length: int, on_loop: bool
) -> None:
    edge, threads, hear = async_edge, [], Case.hear_headers

    def heard(case: Case, *args: Any, **keywords: Any) -> None:
        threads.append(threading.get_ident() == here)
        hear(case, *args, **keywords)

    here = threading.get_ident()
    monkeypatch.setattr(Case, "hear_headers", heard)
    words = "max-snippet:1, " * (length // 15) + "x" * (length % 15)
    fields = {**HTML, "x-robots-tag": words, "tdm-reservation": "1"}

    async def scenario() -> None:
        client = edge.client(edge.site({"/": edge.answer(headers=fields, pieces=[PAGE[:100]])}))
        with pytest.raises(Withheld):
            await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)
    assert threads == [on_loop]
    assert edge.decisions[0]["verdict"] == "reserved"


def test_threads_judge_where_they_are(sync_edge: Any, watch: Watch) -> None:
    answer = sync_edge.answer(headers=HTML, pieces=[PAGE])
    with sync_edge.client(sync_edge.site({"/": answer})) as client:
        client.get("http://a.example/")
    assert set(watch.threads) == {threading.get_ident()}


def test_looks_at_a_page_on_its_way_are_off_the_loop_too(async_edge: Any, watch: Watch) -> None:
    edge = async_edge
    answer = edge.answer(headers=HTML, pieces=[RESERVED, *[b"<p>" * 20_000] * 50])

    async def scenario() -> None:
        client = edge.client(edge.site({"/": answer}))
        with pytest.raises(Withheld):
            await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)
    assert threading.get_ident() not in watch.threads


@pytest.mark.parametrize("body", [PAGE, RESERVED + PAGE], ids=["free", "reserved"])
def test_other_tasks_go_on_while_a_page_is_read_and_a_cancelled_one_has_nothing_unjudged(
    async_edge: Any, watch: Watch, body: bytes
) -> None:
    edge = async_edge
    watch.gate = threading.Event()
    answer = edge.answer(headers=HTML, pieces=[body])
    got: list[Any] = []

    async def scenario() -> None:
        client = edge.client(edge.site({"/": answer, "/other": edge.answer(headers=HTML, pieces=[b"<p>"])}))
        await edge.get(client, "http://a.example/none")  # what the site says is known now

        async def ask() -> None:
            with contextlib.suppress(Withheld):
                got.append(await edge.get(client, "http://a.example/"))

        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as group:
                group.start_soon(ask)
                while not watch.entered.is_set():
                    await anyio.sleep(0)
                gate, watch.gate = watch.gate, None  # of the page that is being read; others go through
                assert (await edge.get(client, "http://a.example/other")).content == b"<p>"
                group.cancel_scope.cancel()
                gate.set()
        await edge.close(client)

    edge.run(scenario)
    pages = [decision for decision in edge.decisions if decision["url"] == "http://a.example/"]
    assert answer.is_closed
    assert len(got) <= len(pages) <= 1
    if body is not PAGE:
        assert got == []


@pytest.mark.parametrize("family", ["httpx", "httpx2"])
def test_task_that_asyncio_itself_cancels_leaves_while_the_page_is_read(
    family: str, watch: Watch, tmp_path: Any
) -> None:
    from .conftest import Edge

    edge = Edge(family, "asyncio", tmp_path / "tdm.jsonl")
    watch.gate = threading.Event()
    answer = edge.answer(headers=HTML, pieces=[PAGE])

    async def scenario() -> None:
        client = edge.client(edge.site({"/": answer}))
        task = asyncio.ensure_future(edge.get(client, "http://a.example/"))
        while not watch.entered.is_set():
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert answer.is_closed
        gate, watch.gate = watch.gate, None
        assert gate is not None
        gate.set()
        while watch.inside:
            await asyncio.sleep(0.001)
        await edge.close(client)

    asyncio.run(scenario())
    assert edge.decisions == []


def test_more_pages_at_once_than_threads(async_edge: Any, watch: Watch) -> None:
    edge = async_edge
    threads: set[int] = set()

    async def scenario() -> None:
        client = edge.client(edge.site({"/": lambda _: edge.answer(headers=HTML, pieces=[PAGE])}))
        async with anyio.create_task_group() as group:
            for _ in range(30):
                group.start_soon(edge.get, client, "http://a.example/")
        threads.update(watch.threads)
        await edge.close(client)

    edge.run(scenario)
    assert len(edge.decisions) == 30
    assert 0 < len(threads) <= 8
    assert threading.get_ident() not in threads


def test_all_threads_of_the_application_may_wait_for_us(async_edge: Any) -> None:
    edge = async_edge

    async def scenario() -> None:
        client = edge.client(edge.site({"/": lambda _: edge.answer(headers=HTML, pieces=[PAGE])}))
        limiter = anyio.to_thread.current_default_thread_limiter()

        def in_thread() -> int:
            return len(anyio.from_thread.run(client.get, "http://a.example/").content)

        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as group:
                for _ in range(int(limiter.total_tokens)):
                    group.start_soon(anyio.to_thread.run_sync, in_thread)
        await edge.close(client)

    edge.run(scenario)
    assert len(edge.decisions) == 40


def test_coded_body_is_handed_on_piece_by_piece(edge: Any) -> None:
    """Its reader decodes each piece at once."""
    raw = gzip.compress(b"<p>Bread and cheese." * 13_000, 0)
    sizes: list[int] = []

    async def scenario() -> None:
        headers = {**HTML, "content-encoding": "gzip"}
        client = edge.client(edge.site({"/": lambda _: edge.answer(headers=headers, pieces=[raw])}))
        response = await edge.open(client, "http://a.example/")
        pieces = list(response.iter_raw()) if edge.sync else [piece async for piece in response.aiter_raw()]
        sizes.extend(len(piece) for piece in pieces)
        assert b"".join(pieces) == raw
        assert (await edge.get(client, "http://a.example/")).content == gzip.decompress(raw)
        await edge.close(client)

    edge.run(scenario)
    assert max(sizes) <= 64 * 1024
