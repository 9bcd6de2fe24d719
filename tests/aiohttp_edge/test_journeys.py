"""Calls of a session: redirects that it follows, challenges that another middleware answers; a record for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from tdm_guard import LogError, Withheld, decision_of
from tdm_guard.testing import Answer, PretendWeb, Site, digest_protected, one_after_another, with_cookie

Web = Callable[..., PretendWeb]
PHOTO = Answer(headers=(("content-type", "image/png"),), body=b"no picture, but bytes")
RESERVED = ("tdm-reservation", "1")


async def test_followed_redirects_are_hops_of_one_record(desk: Any, web: Web) -> None:
    pages = {"/": Answer.redirect("/next"), "/next": Answer.redirect("http://b.example/photo", status=307)}
    pretend = web(Site("a.example", pages), Site("b.example", {"/photo": PHOTO}))
    async with desk.session(pretend) as session, session.get("http://a.example/") as response:
        assert await response.read() == PHOTO.body
        assert [earlier.status for earlier in response.history] == [302, 307]
        assert decision_of(response).hops == ("http://a.example/", "http://a.example/next")
        assert [decision_of(earlier) for earlier in response.history] == [None, None]
    (decision,) = desk.records()
    assert (decision["url"], decision["final_url"]) == ("http://a.example/", "http://b.example/photo")
    assert pretend.asked("b.example", "/robots.txt") == 1
    assert desk.flaws() == []


async def test_each_hop_is_judged_by_its_own_origin(desk: Any, web: Web) -> None:
    robots = Answer.text("User-agent: *\nDisallow: /private\n")
    pretend = web(
        Site("a.example", {"/": Answer.redirect("http://b.example/private/x")}),
        Site("b.example", {"/robots.txt": robots, "/private/x": PHOTO}),
    )
    async with desk.session(pretend) as session:
        with pytest.raises(Withheld) as caught:
            await session.get("http://a.example/")
    assert str(caught.value.request.url) == "http://b.example/private/x"
    (decision,) = desk.records()
    assert (decision["final_url"], decision["hops"]) == ("http://b.example/private/x", ["http://a.example/"])
    assert pretend.asked("b.example", "/private/x") == 0


async def test_reserving_hop_is_the_refusal_of_that_hop(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": Answer.redirect("/photo", RESERVED), "/photo": PHOTO}))
    async with desk.session(pretend) as session:
        with pytest.raises(Withheld):
            await session.get("http://a.example/")
    (decision,) = desk.records()
    assert (decision["url"], decision["status"], decision["hops"]) == ("http://a.example/", 302, [])
    assert pretend.asked("a.example", "/photo") == 0


async def test_observed_hop_keeps_its_record(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": Answer.redirect("/photo", RESERVED), "/photo": PHOTO}))
    async with desk.session(pretend, options={"mode": "observe"}) as session, session.get("http://a.example/") as found:
        assert await found.read() == PHOTO.body
    assert [(record["status"], record["hops"]) for record in desk.records()] == [
        (302, []),
        (200, ["http://a.example/"]),
    ]


async def test_redirect_that_is_not_followed_is_recorded_before_it_is_handed_on(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": Answer.redirect("/photo"), "/photo": PHOTO}))
    async with desk.session(pretend) as session:
        async with session.get("http://a.example/", allow_redirects=False) as response:
            (record,) = desk.records()
            assert (record["status"], record["content"]) == (302, False)
            assert decision_of(response).id == record["id"]
        async with session.get("http://a.example/photo") as response:
            assert decision_of(response).hops == ()


async def test_redirects_without_end_and_to_no_page_hand_nothing_on(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": Answer.redirect("/"), "/file": Answer.redirect("ftp://a.example/file")}))
    async with desk.session(pretend) as session:
        with pytest.raises(aiohttp.TooManyRedirects):
            await session.get("http://a.example/", max_redirects=3)
        with pytest.raises(aiohttp.NonHttpUrlRedirectClientError):
            await session.get("http://a.example/file")
    assert desk.records() == []


async def test_calls_at_once_have_their_own_hops(desk: Any, web: Web) -> None:
    pages: dict[str, Any] = {f"/{n}": Answer.redirect(f"/photo/{n}", delay=0.01 * (n % 3)) for n in range(12)}
    pages |= {f"/photo/{n}": PHOTO for n in range(12)}
    pretend = web(Site("a.example", pages))

    async def get(session: Any, number: int) -> tuple[str, ...]:
        async with session.get(f"http://a.example/{number}") as response:
            await response.read()
            hops: tuple[str, ...] = decision_of(response).hops
            return hops

    async with desk.session(pretend) as session:
        found = await asyncio.gather(*(get(session, number) for number in range(12)))
    assert found == [(f"http://a.example/{number}",) for number in range(12)]
    assert len(desk.records()) == 12


@pytest.mark.parametrize("redirected", [False, True])
async def test_digest_challenge_is_answered_and_leaves_one_record(desk: Any, web: Web, redirected: bool) -> None:
    pages = {"/": Answer.redirect("/page"), "/page": digest_protected("me", "word", Answer.html("<p>in</p>"))}
    pretend = web(Site("a.example", pages))
    digest = aiohttp.DigestAuthMiddleware("me", "word")
    url = f"http://a.example/{'' if redirected else 'page'}"
    async with desk.session(pretend, before=(digest,)) as session, session.get(url) as response:
        assert await response.text() == "<p>in</p>"
    (record,) = desk.records()
    assert (record["status"], record["authenticated"]) == (200, True)
    assert record["hops"] == (["http://a.example/"] if redirected else [])
    assert pretend.asked("a.example", "/page") == 2


@pytest.mark.parametrize("raises", [False, True])
async def test_challenge_that_stays_unanswered_is_recorded(desk: Any, web: Web, raises: bool) -> None:
    pretend = web(Site("a.example", {"/": digest_protected("me", "word", PHOTO)}))
    async with desk.session(pretend, before=(aiohttp.DigestAuthMiddleware("me", "other"),)) as session:
        if raises:
            with pytest.raises(aiohttp.ClientResponseError):
                await session.get("http://a.example/", raise_for_status=True)
        else:
            async with session.get("http://a.example/") as response:
                assert decision_of(response).status == 401
    (record,) = desk.records()
    assert (record["status"], record["content"]) == (401, False)


@pytest.mark.parametrize("kind", ["bool", "function"])
async def test_what_only_raise_for_status_saw_is_recorded(desk: Any, web: Web, kind: str) -> None:
    statuses = (401, 403, 404, 500)
    pretend = web(Site("a.example", {f"/{status}": Answer(status=status) for status in statuses}))

    async def strict(response: Any) -> None:
        response.raise_for_status()

    async with desk.session(pretend, raise_for_status=True if kind == "bool" else strict) as session:
        for status in statuses:
            with pytest.raises(aiohttp.ClientResponseError):
                await session.get(f"http://a.example/{status}")
    assert [record["status"] for record in desk.records()] == list(statuses)


READERS: dict[str, Any] = {
    "read": lambda response: response.read(),
    "text": lambda response: response.text(),
    "content.read": lambda response: response.content.read(4),
    "content.readany": lambda response: response.content.readany(),
    "content.readline": lambda response: response.content.readline(),
    "content.readchunk": lambda response: response.content.readchunk(),
    "iter": lambda response: anext(response.content.iter_chunked(4)),
}
UNFOLLOWED = {
    "/redirect": Answer(status=302, headers=(("location", "/photo"),), body=b"<p>moved</p>"),
    "/401": Answer(status=401, headers=(("content-type", "text/html"),), body=b"<p>who?</p>"),
    "/photo": PHOTO,
}


@pytest.mark.parametrize("reads", READERS)
async def test_body_that_a_middleware_reads_is_recorded_whatever_it_does_then(desk: Any, web: Web, reads: str) -> None:
    got: list[Any] = []

    async def curious(request: Any, handler: Any) -> Any:
        response = await handler(request)
        assert len(desk.records()) == len(got)
        got.append(await READERS[reads](response))
        assert len(desk.records()) == len(got)
        raise ValueError("mine")

    pretend = web(Site("a.example", UNFOLLOWED))
    paths = ("/redirect", "/401")
    async with desk.session(pretend, before=(curious,)) as session:
        for path in paths:
            with pytest.raises(ValueError, match="mine"):
                await session.get(f"http://a.example{path}")
    assert [(record["status"], record["content"]) for record in desk.records()] == [(302, False), (401, False)]
    assert all(got)
    assert desk.flaws() == []


async def test_what_nobody_read_of_a_redirect_leaves_no_record_of_its_own(desk: Any, web: Web) -> None:
    async def incurious(request: Any, handler: Any) -> Any:
        response = await handler(request)
        raise ValueError(str(response.status))

    pretend = web(Site("a.example", UNFOLLOWED))
    async with desk.session(pretend, before=(incurious,)) as session:
        with pytest.raises(ValueError, match="302"):
            await session.get("http://a.example/redirect")
    assert desk.records() == []


async def test_body_that_a_trace_reads_of_a_followed_redirect_is_recorded_once(desk: Any, web: Web) -> None:
    async def look(session: Any, context: Any, told: Any) -> None:
        assert await told.response.text() == "<p>moved</p>"

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(look)
    pretend = web(Site("a.example", UNFOLLOWED))
    async with (
        desk.session(pretend, trace_configs=[trace]) as session,
        session.get("http://a.example/redirect") as response,
    ):
        assert await response.read() == PHOTO.body
    assert [record["status"] for record in desk.records()] == [302, 200]


async def test_challenge_read_after_it_was_answered_is_recorded(desk: Any, web: Web) -> None:
    got: list[str] = []

    async def answers(request: Any, handler: Any) -> Any:
        challenge = await handler(request)
        response = await handler(request)
        got.append(await challenge.text())
        return response

    page = one_after_another(UNFOLLOWED["/401"], Answer.html("<p>in</p>"))
    pretend = web(Site("a.example", {"/": page}))
    async with desk.session(pretend, before=(answers,)) as session, session.get("http://a.example/") as response:
        assert await response.text() == "<p>in</p>"
    assert got == ["<p>who?</p>"]
    assert sorted(record["status"] for record in desk.records()) == [200, 401]


async def test_redirect_that_was_followed_hands_nothing_on_later(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", UNFOLLOWED))
    async with desk.session(pretend) as session, session.get("http://a.example/redirect") as response:
        (earlier,) = response.history
        with pytest.raises(aiohttp.ClientConnectionError):
            await earlier.content.read()
        with pytest.raises(aiohttp.ClientConnectionError):
            await earlier.read()
    assert [record["status"] for record in desk.records()] == [200]


async def test_body_of_a_redirect_whose_record_cannot_be_written_is_read_by_nobody(
    desk: Any, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stubborn(request: Any, handler: Any) -> Any:
        response = await handler(request)
        for _ in range(2):
            with pytest.raises(LogError):
                await response.content.read()
        return await response.read()

    pretend = web(Site("a.example", UNFOLLOWED))
    async with desk.session(pretend, before=(stubborn,)) as session:
        monkeypatch.setattr("tdm_guard.log.jsonl.JsonlLog.decision", _full)
        with pytest.raises(LogError):
            await session.get("http://a.example/redirect")
        monkeypatch.undo()


async def test_waiting_record_that_cannot_be_written_hands_nothing_on(
    desk: Any, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend = web(Site("a.example", {"/": Answer.redirect("/photo"), "/photo": PHOTO}))
    async with desk.session(pretend) as session:
        monkeypatch.setattr("tdm_guard.log.jsonl.JsonlLog.decision", _full)
        with pytest.raises(LogError):
            await session.get("http://a.example/", allow_redirects=False)
        with pytest.raises(LogError):
            await session.get("http://a.example/photo")
        monkeypatch.undo()
    assert desk.records() == []


def _full(*_: Any, **__: Any) -> Any:
    raise LogError("the disk is full")


async def test_cookies_reach_pages_and_are_recorded(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": with_cookie("seen", "1", Answer.html("<p>in</p>"))}))
    async with desk.session(pretend) as session, session.get("http://a.example/") as response:
        assert await response.text() == "<p>in</p>"
    (record,) = desk.records()
    assert (record["hops"], record["authenticated"]) == (["http://a.example/"], True)
    assert [got.header("cookie") for got in pretend.requests if got.path != "/"] == [None] * 6


async def test_a_connection_that_was_lost_is_tried_again_by_the_session_and_judged_once(desk: Any, web: Web) -> None:
    lost = one_after_another(Answer(raw=b""), Answer.html("<p>there</p>"))
    pretend = web(Site("a.example", {"/": lost, "/from": Answer.redirect("/again"), "/again": _lost_once()}))
    async with desk.session(pretend) as session:
        for path, hops in (("/", ()), ("/from", ("http://a.example/from",))):
            async with session.get(f"http://a.example{path}") as response:
                assert await response.text() == "<p>there</p>"
                assert decision_of(response).hops == hops
    assert len(desk.records()) == 2


def _lost_once() -> Any:
    return one_after_another(Answer(raw=b""), Answer.html("<p>there</p>"))


async def test_a_middleware_before_the_guard_that_tries_again_gets_each_judged(desk: Any, web: Web) -> None:
    async def patient(request: Any, handler: Any) -> Any:
        response = await handler(request)
        return response if response.status != 503 else await handler(request)

    busy = one_after_another(Answer(status=503), Answer.html("<p>there</p>"))
    reserved = one_after_another(Answer(status=503), Answer.html("<p>SECRET</p>", RESERVED))
    pretend = web(Site("a.example", {"/": busy, "/reserved": reserved}))
    async with desk.session(pretend, before=(patient,)) as session:
        async with session.get("http://a.example/") as response:
            assert await response.text() == "<p>there</p>"
        with pytest.raises(Withheld):
            await session.get("http://a.example/reserved")
    assert [record["status"] for record in desk.records()] == [503, 200, 503, 200]
