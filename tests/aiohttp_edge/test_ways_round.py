"""What would go past the guard is refused; what it cannot see is found where aiohttp keeps it."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import ref

import aiohttp
import pytest
from aiohttp.client_middlewares import build_client_middlewares
from yarl import URL

from tdm_guard import ConfigurationError, UnsupportedURL, Withheld, decision_of
from tdm_guard._aiohttp.sender import sender_of
from tdm_guard._version import __version__
from tdm_guard.aiohttp import about, guard
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support.patience import PATIENCE

Web = Callable[..., PretendWeb]
PAGE = Answer.html("<p>open</p>")
RESERVED = Answer.html("<p>SECRET</p>", ("tdm-reservation", "1"))


async def other(request: Any, handler: Any) -> Any:
    return await handler(request)


async def test_another_middleware_behind_the_guard_is_refused(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": PAGE}))
    async with desk.guard() as middleware:
        async with aiohttp.ClientSession(middlewares=[middleware, other], proxy=pretend.proxy) as session:
            with pytest.raises(ConfigurationError, match="put the guard last"):
                await session.get("http://a.example/")
        async with aiohttp.ClientSession(middlewares=[middleware, middleware], proxy=pretend.proxy) as session:
            with pytest.raises(ConfigurationError, match="put the guard last"):
                await session.get("http://a.example/")
    assert pretend.requests == ()


async def test_middlewares_of_a_request_that_leave_the_guard_out_are_refused(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": PAGE, "/secret": RESERVED}))
    async with (
        desk.guard() as middleware,
        aiohttp.ClientSession(middlewares=[middleware], proxy=pretend.proxy) as session,
    ):
        async with session.get("http://a.example/") as response:
            assert await response.text() == "<p>open</p>"
        for left_out in ((), [other]):
            with pytest.raises(ConfigurationError, match="those of a request replace the session's"):
                await session.get("http://a.example/secret", middlewares=left_out)
        with pytest.raises(Withheld):
            await session.get("http://a.example/secret", middlewares=[other, middleware])
        async with session.get("http://a.example/", middlewares=None) as response:
            assert decision_of(response) is not None
    assert len(desk.records()) == 3


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of both, aiohttp thinks little
@pytest.mark.parametrize("of", ["kind", "session"])
async def test_sending_of_the_callers_own_is_called_for_every_request(desk: Any, web: Web, of: str) -> None:
    pretend = web(Site("a.example", {"/": PAGE, "/secret": RESERVED}))
    counted: list[str] = []

    class Counting(aiohttp.ClientSession):
        async def _request(self, method: str, str_or_url: Any, **keywords: Any) -> Any:
            counted.append(str(str_or_url))
            return await super()._request(method, str_or_url, **keywords)

    async with desk.guard() as middleware:
        kind = Counting if of == "kind" else aiohttp.ClientSession
        async with kind(middlewares=[middleware], proxy=pretend.proxy) as session:
            if of == "session":
                sends = session._request

                async def counting(method: str, url: Any, **keywords: Any) -> Any:
                    counted.append(str(url))
                    return await sends(method, url, **keywords)

                session._request = counting  # type: ignore[method-assign]
            for _ in range(3):
                async with session.get("http://a.example/") as response:
                    assert await response.text() == "<p>open</p>"
            with pytest.raises(Withheld):
                await session.get("http://a.example/secret")
            with pytest.raises(ConfigurationError, match="those of a request replace the session's"):
                await session.get("http://a.example/secret", middlewares=())
    assert counted == [f"http://a.example/{path}" for path in ("", "", "", "secret")]


async def test_a_session_that_was_served_is_not_kept(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": PAGE}))
    async with desk.guard() as middleware:
        session = aiohttp.ClientSession(middlewares=[middleware], proxy=pretend.proxy)
        async with session.get("http://a.example/") as response:
            await response.read()
        await session.close()
        there = ref(session)
        del session, response
        gc.collect()
        assert there() is None


@pytest.mark.parametrize("url", ["ws://a.example/", "http://a.example/"])
async def test_web_sockets_are_refused(desk: Any, web: Web, url: str) -> None:
    pretend = web(Site("a.example", {"/": PAGE}))
    async with desk.session(pretend) as session:
        with pytest.raises(UnsupportedURL, match="another protocol"):
            await session.ws_connect(url)
    assert pretend.requests == ()


async def test_tunnels_and_other_answers_are_refused(desk: Any, web: Web) -> None:
    switched = Answer(raw=b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nSECRET")
    pretend = web(Site("a.example", {"/": switched}))
    async with desk.session(pretend) as session:
        with pytest.raises(UnsupportedURL, match="tunnel"):
            await session.request("CONNECT", "http://a.example/")
        with pytest.raises(UnsupportedURL, match="another protocol"):
            await session.get("http://a.example/")


async def test_private_names_that_guarding_rests_on(web: Web) -> None:
    """What is not public of aiohttp; where it is otherwise, the guard says so or this test does."""
    pretend = web(Site("a.example", {"/": PAGE, "/from": Answer.redirect("/")}))
    seen: list[Any] = []

    async def look(request: Any, handler: Any) -> Any:
        sender = sender_of(handler)
        assert (sender.decodes, sender.limits.connect, sender.buffer) == (False, 7, 4096)
        assert set(request.session.__dict__) & {"_request", "_connector"} == {"_connector"}
        response = await handler(request)
        seen.append((request._timer, request.response_class, "_history" in response.__dict__))
        return response

    timeout = aiohttp.ClientTimeout(connect=7)
    async with aiohttp.ClientSession(
        middlewares=[look], proxy=pretend.proxy, read_bufsize=4096, auto_decompress=False, timeout=timeout
    ) as session:
        async with session.get("http://a.example/from") as response:
            assert "_history" in response.__dict__
        assert hasattr(aiohttp.TCPConnector, "_resolve_host")
    (first, _, told), (second, kind, also) = seen
    assert first is second
    assert kind is aiohttp.ClientResponse
    assert not told
    assert not also


def test_what_is_not_aiohttps_own_is_no_sender() -> None:
    with pytest.raises(ConfigurationError, match="put the guard last"):
        sender_of(build_client_middlewares(other, [other]))
    with pytest.raises(ConfigurationError, match="put the guard last"):
        sender_of(other)


# Who asks.


async def test_the_name_that_the_site_sees_is_the_agents(desk: Any, web: Web) -> None:
    robots = Answer.text("User-agent: ExampleBot\nDisallow: /closed\n\nUser-agent: *\nDisallow: /\n")
    pretend = web(Site("a.example", {"/": PAGE, "/robots.txt": robots}))
    async with desk.session(pretend) as session, session.get("http://a.example/") as response:
        assert response.request_info.headers["User-Agent"] == f"ExampleBot/{__version__}"
    assert {got.header("user-agent") for got in pretend.requests} == {f"ExampleBot/{__version__}"}


async def test_a_name_of_the_callers_own_is_kept_and_may_be_the_agent(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": PAGE}))
    own = {"User-Agent": "OtherBot/2.0 (+http://other.example/)"}
    async with desk.session(pretend, options={"agent": None}, headers=own) as session:
        async with session.get("http://a.example/") as response:
            await response.read()
        with pytest.raises(ConfigurationError, match='give the guard agent="ThirdBot"'):
            await session.get("http://a.example/", headers={"User-Agent": "ThirdBot/1"})
    assert {got.header("user-agent") for got in pretend.requests} == {own["User-Agent"]}
    (run,) = desk.records("run")
    assert run["agent"] == "OtherBot"


async def test_nobodys_request_is_refused_and_nothing_is_begun(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": PAGE}))
    async with desk.session(pretend, options={"agent": None}) as session:
        with pytest.raises(ConfigurationError, match="neither the guard nor the session says who asks"):
            await session.get("http://a.example/")
    assert pretend.requests == ()
    assert not desk.log.exists()


@pytest.mark.parametrize("agent", ["ExampleBot", None])
def test_mistakes_are_told_at_once(desk: Any, agent: str | None) -> None:
    with pytest.raises(ConfigurationError, match="posture"):
        desk.guard(agent=agent, posture="brave")
    with pytest.raises(ConfigurationError, match="unknown option"):
        desk.guard(agent=agent, postures="literal")
    assert not desk.log.exists()


async def test_the_address_is_the_one_that_the_server_is_told(desk: Any, web: Web) -> None:
    robots = Answer.text("User-agent: *\nDisallow: /\n")
    pretend = web(Site("a.example", {"/": PAGE}), Site("b.example", {"/robots.txt": robots}))
    async with desk.session(pretend) as session:
        with pytest.raises(Withheld):
            await session.get("http://a.example/", headers={"Host": "b.example"})
    (record,) = desk.records()
    assert record["url"] == "http://b.example/"


async def test_an_address_that_was_not_encoded_is_judged_as_it_is_meant(desk: Any, web: Web) -> None:
    robots = Answer.text("User-agent: *\nDisallow: /clos\u00e9\n")
    pretend = web(Site("a.example", {"/robots.txt": robots, "/clos\u00e9": PAGE}))
    async with desk.session(pretend) as session:
        for url in ("http://a.example/clos\u00e9", URL("http://a.example/clos\u00e9?q=\u00e9", encoded=True)):
            with pytest.raises(Withheld):
                await session.get(url)
    assert [record["url"] for record in desk.records()] == [
        "http://a.example/clos%C3%A9",
        "http://a.example/clos%C3%A9?q=%C3%A9",
    ]


# What is known of the work.


async def test_what_is_known_of_a_work_goes_with_its_request_and_redirects(desk: Any, web: Web, tmp_path: Path) -> None:
    declared = tmp_path / "declared.toml"
    declared.write_text(
        '[[declarations]]\nid = "d"\nversion = "1"\ndeclarant = { name = "Society", type = "collecting_society" }\n'
        'on_behalf_of = "members"\nmandate = { basis = "member_mandate", status = "asserted" }\n'
        'rights = ["reproduction"]\n'
        'usages = ["tdm"]\nterritory = ["WORLD"]\nlegal_basis = ["EU:2019/790:4(3)"]\ndeclared_at = "2023-10-12"\n'
        'effective_from = "2023-10-12"\nform = "terms"\nlicence = { available = false }\n'
        'source = { url = "https://society.example/d", retrieved_at = "2026-01-05T09:00:00Z", language = "en" }\n'
        'match = { isrc = ["FRZ039800212"] }\n',
        encoding="utf-8",
    )
    pages = {"/": PAGE, "/from": Answer.redirect("http://b.example/")}
    pretend = web(Site("a.example", pages), Site("b.example", {"/": PAGE}))
    item = {"isrc": "FRZ039800212"}

    async def get(session: Any, url: str, known: Any = None) -> Any:
        if known is None:
            async with session.get(url) as response:
                return await response.text()
        with about(known):
            async with session.get(url) as response:
                return await response.text()

    async with desk.session(pretend, options={"repertoire": str(declared)}) as session:
        found = await asyncio.gather(
            get(session, "http://a.example/"),
            get(session, "http://a.example/", item),
            get(session, "http://a.example/from", item),
            get(session, "http://a.example/"),
            return_exceptions=True,
        )
    assert [type(each) for each in found] == [str, Withheld, Withheld, str]
    assert pretend.asked("a.example", "/from") == 0


@pytest.mark.parametrize("item", [{"ISWC": "T-000.000.001-0"}, "T-000.000.001-0", [{"isrc": "FRZ039800212"}, 3]])
async def test_a_wrong_item_is_an_error_before_anything_is_sent(desk: Any, web: Web, item: Any) -> None:
    pretend = web(Site("a.example", {"/": PAGE}))
    async with desk.session(pretend) as session:
        with about(item), pytest.raises(ConfigurationError, match=r"^about"):
            await session.get("http://a.example/")
    assert pretend.requests == ()


# The end.


async def test_one_guard_serves_several_sessions_and_a_closed_one_nobody(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": PAGE}))
    middleware = desk.guard()
    for _ in range(2):
        async with (
            aiohttp.ClientSession(middlewares=[middleware], proxy=pretend.proxy) as session,
            session.get("http://a.example/") as response,
        ):
            await response.read()
    assert desk.records("end") == []
    middleware.close()
    middleware.close()
    assert desk.records("end")[0]["totals"] == {"unreserved": 2}
    async with aiohttp.ClientSession(middlewares=[middleware], proxy=pretend.proxy) as session:
        with pytest.raises(ConfigurationError, match="it was closed"):
            await session.get("http://a.example/")
    assert pretend.asked("a.example", "/robots.txt") == 1
    assert desk.flaws() == []


def test_one_guard_serves_several_loops(desk: Any, web: Web) -> None:
    pages = {f"/{number}": PAGE for number in range(6)} | {"/robots.txt": Answer.text("", delay=0.2)}
    pretend = web(Site("a.example", pages))
    found: list[str] = []

    with desk.guard() as middleware:

        async def crawl() -> None:
            async with aiohttp.ClientSession(middlewares=[middleware], proxy=pretend.proxy) as session:

                async def get(number: int) -> None:
                    async with session.get(f"http://a.example/{number}") as response:
                        found.append(await response.text())

                await asyncio.gather(*(get(number) for number in range(6)))

        threads = [threading.Thread(target=asyncio.run, args=(crawl(),)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
    assert found == ["<p>open</p>"] * 18
    assert len(desk.records()) == 18
    assert desk.flaws() == []


def test_a_forgotten_guard_ends_its_run(desk: Any) -> None:
    middleware = desk.guard()
    del middleware
    gc.collect()
    assert len(desk.records("end")) == 1


def test_a_guard_that_lives_to_the_exit_ends_its_run(desk: Any) -> None:
    code = "import sys; from tdm_guard.aiohttp import guard; kept = guard(agent='ExampleBot', log=sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(desk.log)], check=True, timeout=PATIENCE)
    assert len(desk.records("end")) == 1


def test_importing_says_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert guard.__module__ == "tdm_guard.aiohttp"
