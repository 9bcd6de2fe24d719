"""Bodies: nothing of a withheld one is handed on, each that is handed on has its record first."""

from __future__ import annotations

import asyncio
import gzip
import pickle
import threading
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from tdm_guard import LogError, Withheld, decision_of
from tdm_guard.judging.case import Case
from tdm_guard.testing import Answer, PretendWeb, Site, endless
from tests.support.patience import PATIENCE

Web = Callable[..., PretendWeb]
META = b'<html><head><meta name="tdm-reservation" content="1"></head><body>SECRET'
NOISE = ("content-type", "application/x-noise")


async def test_reserving_header_withholds_before_the_body_is_received(desk: Any, web: Web) -> None:
    film = Answer(headers=(NOISE, ("tdm-reservation", "1")), body=endless(b"x" * 65_536))
    pretend = web(Site("a.example", {"/film": film}))
    async with desk.session(pretend, connector=aiohttp.TCPConnector(limit=1)) as session:
        for _ in range(3):
            with pytest.raises(Withheld) as caught:
                await asyncio.wait_for(session.get("http://a.example/film"), PATIENCE)
        assert session.connector is not None
        assert len(session.connector._acquired) == 0  # each gave its connection back
    refusal = caught.value
    assert refusal.decision.id == desk.records()[-1]["id"]
    assert str(refusal.request.url) == "http://a.example/film"
    assert not isinstance(refusal, (aiohttp.ClientError, OSError))
    assert pickle.loads(pickle.dumps(refusal)).decision == refusal.decision
    assert {record["stage"] for record in desk.records()} == {"headers"}


@pytest.mark.parametrize("coding", ["", "gzip"])
@pytest.mark.parametrize("length", [True, False])
async def test_reserving_page_yields_no_byte(desk: Any, web: Web, coding: str, length: bool) -> None:
    body = META + b" words" * 50_000
    body = gzip.compress(body) if coding else body
    headers = (("content-type", "text/html"), *((("content-encoding", coding),) if coding else ()))
    answer = Answer(headers=headers, body=body if length else lambda: iter([body[:99], body[99:]]))
    pretend = web(Site("a.example", {"/": answer}))
    seen: list[bytes] = []

    async def received(session: Any, context: Any, params: Any) -> None:
        seen.append(params.chunk)

    config = aiohttp.TraceConfig()
    config.on_response_chunk_received.append(received)
    async with desk.session(pretend, trace_configs=[config]) as session:
        with pytest.raises(Withheld) as caught:
            await session.get("http://a.example/")
    assert "SECRET" not in str(caught.value)
    assert seen == []


async def test_endless_page_that_reserves_is_not_received_to_the_limit(desk: Any, web: Web) -> None:
    answer = Answer.html("")
    answer = Answer(headers=answer.headers, body=lambda: _then(META, b" words" * 5_000))
    pretend = web(Site("a.example", {"/": answer}))
    async with desk.session(pretend) as session:
        with pytest.raises(Withheld):
            await asyncio.wait_for(session.get("http://a.example/"), PATIENCE)
    assert pretend.sent("a.example", "/") < 16 * 2**20


def _then(first: bytes, rest: bytes) -> Any:
    yield first
    while True:
        yield rest


async def test_other_content_streams_on_after_its_record(desk: Any, web: Web) -> None:
    pieces = [b"%05d" % number * 5_000 for number in range(40)]
    pretend = web(Site("a.example", {"/": Answer(headers=(NOISE,), body=lambda: iter(pieces))}))
    async with desk.session(pretend) as session, session.get("http://a.example/") as response:
        (record,) = desk.records()
        assert (record["admitted"], record["bytes"]) == (True, None)
        assert desk.records("body") == []
        assert await response.read() == b"".join(pieces)
        (body,) = desk.records("body")
        assert (body["decision"], body["bytes"], body["complete"]) == (record["id"], len(b"".join(pieces)), True)
    assert len(desk.records("body")) == 1
    assert desk.flaws() == []


@pytest.mark.parametrize("how", ["close", "release", "block", "cancelled", "end", "broken"])
async def test_body_given_up_is_recorded_as_incomplete(desk: Any, web: Web, how: str) -> None:
    answer = Answer(headers=(NOISE,), body=endless(b"y" * 10_000))
    if how == "broken":
        answer = Answer(headers=(NOISE,), body=lambda: iter([b"y" * 200_000]), length=300_000, close_after=200_000)
    pretend = web(Site("a.example", {"/": answer}))
    async with desk.session() as session:
        response = await session.get(f"{pretend.origin('a.example')}/")
        assert await response.content.read(1_000) == b"y" * 1_000
        if how == "close":
            response.close()
        elif how == "release":
            response.release()
        elif how == "block":
            async with response:
                pass
        elif how in ("cancelled", "broken"):
            reading = asyncio.create_task(response.read())
            if how == "cancelled":
                await asyncio.sleep(0)
                reading.cancel()
            with pytest.raises((asyncio.CancelledError, aiohttp.ClientPayloadError)):
                await reading
        if how != "end":
            (body,) = desk.records("body")
            assert body["complete"] is False
    (body,) = desk.records("body")
    assert (body["complete"], body["bytes"] >= 1_000) == (False, True)
    with pytest.raises((LogError, aiohttp.ClientError, RuntimeError)):  # the last is aiohttp's own
        await response.content.read()
    response.close()
    assert desk.flaws() == []


@pytest.mark.parametrize("moment", ["policy", "head", "page"])
async def test_a_cancelled_task_has_nothing_and_leaves_no_connection(desk: Any, web: Web, moment: str) -> None:
    pages: dict[str, Any] = {"/": Answer.html("<p>open</p>")}
    if moment == "policy":
        pages["/robots.txt"] = Answer(silent=True)
    elif moment == "head":
        pages["/"] = Answer(silent=True)
    else:
        pages["/"] = Answer(headers=(("content-type", "text/html"),), body=endless(b"<p>words"), drip=0.01, piece=8)
    pretend = web(Site("a.example", pages))
    async with desk.session(pretend) as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await session.get("http://a.example/")
        assert session.connector is not None
        assert len(session.connector._acquired) == 0
        with pytest.raises(TimeoutError):
            await session.get("http://a.example/", timeout=aiohttp.ClientTimeout(total=0.5))
        assert len(session.connector._acquired) == 0
    assert desk.records() == []


@pytest.mark.parametrize("status", [204, 304, 403, 404, 500])
async def test_answers_without_content_are_handed_on_and_recorded_so(desk: Any, web: Web, status: int) -> None:
    has_body = status >= 400
    answer = Answer(status=status, headers=(("content-type", "text/html"),), body=b"sorry" if has_body else b"")
    pretend = web(Site("a.example", {"/": answer}))
    async with desk.session(pretend) as session, session.get("http://a.example/") as response:
        assert await response.read() == (b"sorry" if has_body else b"")
        assert decision_of(response).status == status
    (record,) = desk.records()
    assert (record["status"], record["content"], record["admitted"]) == (status, False, True)


async def test_head_reads_no_body(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": Answer.html("<p>open</p>" * 100)}))
    async with desk.session(pretend) as session, session.head("http://a.example/") as response:
        assert (response.status, await response.read()) == (200, b"")
    (record,) = desk.records()
    assert (record["content"], record["admitted"]) == (False, True)


async def test_an_error_page_that_reserves_is_withheld(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": Answer(status=404, headers=(("tdm-reservation", "1"),), body=b"SECRET")}))
    async with desk.session(pretend) as session:
        with pytest.raises(Withheld):
            await session.get("http://a.example/")


async def test_access_that_is_sold_is_withheld(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": Answer(status=402, headers=(("crawler-price", "USD 0.01"),))}))
    async with desk.session(pretend) as session:
        with pytest.raises(Withheld):
            await session.get("http://a.example/")
    assert desk.records()[0]["because"][0]["signal"] == "payment"


async def test_observing_hands_everything_on(desk: Any, web: Web, caplog: pytest.LogCaptureFixture) -> None:
    pretend = web(Site("a.example", {"/": Answer.html("<p>open</p>", ("tdm-reservation", "1"))}))
    async with desk.session(pretend, options={"mode": "observe"}) as session, session.get("http://a.example/") as found:
        assert await found.text() == "<p>open</p>"
    (record,) = desk.records()
    assert (record["verdict"], record["admitted"], record["enforced"]) == ("reserved", True, False)
    assert "only observes" in caplog.text


async def test_posts_are_judged_too_and_sent_once(desk: Any, web: Web) -> None:
    pretend = web(
        Site("a.example", {"/": Answer.html("<p>open</p>"), "/no": Answer.html("x", ("tdm-reservation", "1"))})
    )
    async with desk.session(pretend) as session:
        async with session.post("http://a.example/", data=b"words") as response:
            assert await response.text() == "<p>open</p>"
        with pytest.raises(Withheld):
            await session.post("http://a.example/no", json={"a": 1})
    assert [got.body for got in pretend.requests if got.method == "POST"] == [b"words", b'{"a": 1}']


async def test_nothing_is_handed_on_when_the_log_cannot_be_written(
    desk: Any, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend = web(
        Site("a.example", {"/": Answer.html("<p>open</p>"), "/film": Answer(headers=(NOISE,), body=b"x" * 9_000)})
    )

    def full(*_: Any, **__: Any) -> Any:
        raise LogError("the disk is full")

    async with desk.session(pretend) as session:
        film = await session.get("http://a.example/film")
        monkeypatch.setattr("tdm_guard.log.jsonl.JsonlLog.decision", full)
        with pytest.raises(LogError):
            await session.get("http://a.example/")
        monkeypatch.undo()
        monkeypatch.setattr("tdm_guard.log.jsonl.JsonlLog.body", full)
        with pytest.raises(LogError):
            await film.read()
        monkeypatch.undo()
        assert session.connector is not None
        assert len(session.connector._acquired) == 0


async def test_an_error_of_our_own_hands_nothing_on(desk: Any, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend = web(Site("a.example", {"/": Answer.html("<p>SECRET</p>")}))

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    async with desk.session(pretend) as session:
        monkeypatch.setattr("tdm_guard.judging.case.Case.hear_body", broken)
        with pytest.raises(RuntimeError):
            await session.get("http://a.example/")
        assert session.connector is not None
        assert len(session.connector._acquired) == 0


async def test_a_response_of_a_class_of_the_callers_own_stays_one(desk: Any, web: Web) -> None:
    class Mine(aiohttp.ClientResponse):
        def words(self) -> str:
            return f"{self.status} words"

    pretend = web(Site("a.example", {"/": Answer.html("<p>open</p>"), "/from": Answer.redirect("/")}))
    async with desk.session(pretend, response_class=Mine) as session, session.get("http://a.example/from") as response:
        assert isinstance(response, Mine)
        assert (response.words(), await response.text()) == ("200 words", "<p>open</p>")
        assert len(response.history) == 1
        assert decision_of(response).verdict == "unreserved"


@pytest.mark.parametrize(("path", "off"), [("/long", True), ("/", False)])
async def test_long_pages_are_read_off_the_loop(
    desk: Any, web: Web, monkeypatch: pytest.MonkeyPatch, path: str, off: bool
) -> None:
    pages = {"/long": Answer.html("<p>words</p>" * 10_000), "/": Answer.html("<p>open</p>")}
    pretend = web(Site("a.example", pages))
    seen: list[int] = []
    hear = Case.hear_body

    def watched(*args: Any, **keywords: Any) -> None:
        seen.append(threading.get_ident())
        hear(*args, **keywords)

    monkeypatch.setattr(Case, "hear_body", watched)
    async with desk.session(pretend) as session, session.get(f"http://a.example{path}") as response:
        await response.read()
    assert [ident != threading.get_ident() for ident in seen] == [off]


async def test_who_waits_for_more_learns_that_the_response_was_closed(desk: Any, web: Web) -> None:
    answer = Answer(headers=(NOISE,), body=lambda: _then(b"y" * 5_000, b"z"), drip=PATIENCE, piece=5_000)
    pretend = web(Site("a.example", {"/": answer}))
    async with desk.session() as session:
        response = await session.get(f"{pretend.origin('a.example')}/")
        reading = asyncio.create_task(response.read())
        await asyncio.sleep(0.05)
        response.close()
        with pytest.raises(aiohttp.ClientConnectionError):
            await asyncio.wait_for(reading, PATIENCE)
    (body,) = desk.records("body")
    assert (body["complete"], body["bytes"]) == (False, 5_000)


async def test_a_session_that_is_closed_meanwhile_says_nothing_of_the_site(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": Answer.html("<p>open</p>"), "/robots.txt": Answer(silent=True)}))
    kind = aiohttp.ConnectionTimeoutError
    with desk.guard() as middleware:
        session = aiohttp.ClientSession(middlewares=[middleware], proxy=pretend.proxy)
        asking = asyncio.create_task(session.get("http://a.example/"))  # type: ignore[arg-type]
        while not pretend.asked("a.example", "/robots.txt"):
            await asyncio.sleep(0.01)
        await session.close()
        with pytest.raises(kind, match="closed"):
            await asyncio.wait_for(asking, PATIENCE)
        assert middleware._session.guard.totals["policy/unreachable"] == 0
    assert desk.records() == []
