"""Policy documents: asked for on the way of their page, with nothing of the caller's, and once for all who ask."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp.abc import AbstractResolver
from yarl import URL

from tdm_guard import Withheld, decision_of
from tdm_guard._aiohttp.ways import Aiohttp, Ways
from tdm_guard._clients.wire import CLOSE, READ, SEND
from tdm_guard.fetch import Get
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support.patience import PATIENCE

Web = Callable[..., PretendWeb]
PAGE = Answer.html("<p>open</p>")
ROBOTS = Answer.text("User-agent: *\nDisallow: /private\n")


class Names(AbstractResolver):
    """Names of the test's own."""

    def __init__(self, **names: str) -> None:
        self.names = names

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[Any]:
        if host not in self.names:
            raise OSError(None, "no such name")
        found = {"hostname": host, "host": self.names[host], "port": port, "family": socket.AF_INET}
        return [found | {"proto": 0, "flags": socket.AI_NUMERICHOST}]

    async def close(self) -> None:
        pass


def port(pretend: PretendWeb, name: str) -> str:
    return pretend.origin(name).rpartition(":")[2]


async def test_nothing_of_the_callers_goes_with_them_and_none_stays(desk: Any, web: Web, policies: set[str]) -> None:
    robots = Answer.text("", ("set-cookie", "from=robots; Path=/"))
    pretend = web(Site("a.example", {"/": PAGE, "/robots.txt": robots}))
    seen: list[str] = []

    async def told(session: Any, context: Any, params: Any) -> None:
        seen.append(str(params.url))

    config = aiohttp.TraceConfig()
    config.on_request_start.append(told)
    own: dict[str, Any] = {
        "headers": {"Authorization": "Basic c2VjcmV0", "X-Own": "1"},
        "cookies": {"mine": "1"},
        "raise_for_status": True,
        "trace_configs": [config],
    }
    async with desk.session(pretend, **own) as session, session.get("http://a.example/") as response:
        assert await response.text() == "<p>open</p>"
        assert {cookie.key for cookie in session.cookie_jar} == {"mine"}
    assert seen == ["http://a.example/"]
    documents = [got for got in pretend.requests if got.path != "/"]
    assert {got.path for got in documents} == policies
    for got in documents:
        assert {name.lower() for name, _ in got.headers} == {"host", "user-agent", "accept", "accept-encoding"}
        assert got.header("user-agent").startswith("ExampleBot/")
    (record,) = desk.records()
    assert record["authenticated"] is True


async def test_tasks_share_one_reading_of_an_origin(desk: Any, web: Web, policies: set[str]) -> None:
    pages = {f"/{number}": PAGE for number in range(20)}
    pretend = web(Site("a.example", {"/robots.txt": Answer.text("", delay=0.05), **pages}))
    async with desk.session(pretend) as session:

        async def get(number: int) -> None:
            async with session.get(f"http://a.example/{number}") as response:
                await response.read()

        await asyncio.gather(*(get(number) for number in range(20)))
    assert {path: pretend.asked("a.example", path) for path in policies} == dict.fromkeys(policies, 1)
    assert len(desk.records()) == 20


async def test_a_cancelled_leader_leaves_the_reading_to_the_next(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/robots.txt": Answer.text("", delay=0.2), "/": PAGE}))
    async with desk.session(pretend) as session:
        tasks = [asyncio.create_task(_read(session, "http://a.example/")) for _ in range(3)]
        while not pretend.requests:
            await asyncio.sleep(0.01)
        tasks[0].cancel()
        done = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), PATIENCE)
    assert [type(found) for found in done] == [asyncio.CancelledError, str, str]
    assert len(desk.records()) == 2


async def _read(session: Any, url: str) -> Any:
    async with session.get(url) as response:
        return await response.text()


async def test_one_connection_is_enough(desk: Any, web: Web) -> None:
    licence = Answer(
        headers=(("content-type", "application/rsl+xml"),), body=b"<rsl xmlns='https://rslstandard.org/rsl'/>"
    )
    page = Answer.html("<p>open</p>", ("link", '</licence.xml>; rel="license"; type="application/rsl+xml"'))
    pretend = web(Site("a.example", {"/": page, "/licence.xml": licence, "/robots.txt": Answer.redirect("/rules.txt")}))
    async with desk.session(pretend, connector=aiohttp.TCPConnector(limit=1)) as session:
        found = await asyncio.wait_for(
            asyncio.gather(*(_read(session, "http://a.example/") for _ in range(4)), return_exceptions=True), PATIENCE
        )
    assert len(desk.records()) == 4
    assert all(isinstance(each, (str, Withheld)) for each in found), found
    assert pretend.asked("a.example", "/licence.xml") == 1
    assert pretend.asked("a.example", "/rules.txt") == 1


@pytest.mark.parametrize("connections", [1, 2])
async def test_a_large_file_needs_a_second_connection_for_its_licence(desk: Any, web: Web, connections: int) -> None:
    link = ("link", '</licence.xml>; rel="license"; type="application/rsl+xml"')
    film = Answer(headers=(("content-type", "application/x-film"), link), body=lambda: iter([b"x" * 100_000] * 40))
    free = b'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><permits type="usage">all</permits>'
    licence = Answer(headers=(("content-type", "application/rsl+xml"),), body=free + b"</license></content></rsl>")
    pretend = web(Site("a.example", {"/film": film, "/licence.xml": licence}))
    async with desk.session(pretend, connector=aiohttp.TCPConnector(limit=connections)) as session:
        if connections == 1:
            with pytest.raises(Withheld):
                await asyncio.wait_for(session.get("http://a.example/film"), PATIENCE)
        else:
            async with session.get("http://a.example/film") as response:
                assert len(await response.read()) == 4_000_000
    (record,) = desk.records()
    assert record["verdict"] == ("undetermined" if connections == 1 else "unreserved")
    assert pretend.asked("a.example", "/licence.xml") == connections - 1


async def test_a_full_pool_is_the_callers_business_and_no_answer_of_the_origin(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": PAGE, "/slow": PAGE}), Site("b.example", {"/": PAGE}))
    plain_limits = aiohttp.ClientTimeout(connect=0.2)
    connector = aiohttp.TCPConnector(limit=1)
    async with (
        aiohttp.ClientSession(connector=connector, connector_owner=False, proxy=pretend.proxy) as other,
        desk.session(pretend, connector=connector, timeout=plain_limits) as session,
    ):
        held = await other.get("http://a.example/none", headers={"Connection": "keep-alive"})
        taken = await connector.connect(_held_request(other, pretend), [], aiohttp.ClientTimeout())
        with pytest.raises(aiohttp.ConnectionTimeoutError):
            await session.get("http://b.example/")
        taken.close()
        held.close()
        assert await _read(session, "http://b.example/") == "<p>open</p>"
    (record,) = desk.records()
    assert record["verdict"] == "unreserved"


def _held_request(session: Any, pretend: PretendWeb) -> Any:
    return aiohttp.ClientRequest(
        "GET", URL(pretend.origin("a.example")), loop=asyncio.get_running_loop(), session=session
    )


@pytest.mark.parametrize("site", ["silent", "dripping", "closed"])
async def test_an_origin_that_gives_no_answer_is_undetermined_in_time(desk: Any, web: Web, site: str) -> None:
    robots = {
        "silent": Answer(silent=True),
        "dripping": Answer(body=lambda: iter([b"User-agent: *\n"] * 10_000), drip=0.05, piece=3),
        "closed": Answer(raw=b""),
    }[site]
    timeout = PATIENCE / 2 if site == "closed" else 0.3  # a lost connection is tried again, however busy the machine
    pretend = web(Site("a.example", {"/": PAGE, "/robots.txt": robots}))
    async with desk.session(pretend, options={"policy_timeout": timeout}) as session:
        with pytest.raises(Withheld):
            await asyncio.wait_for(_read(session, "http://a.example/"), PATIENCE)
    (record,) = desk.records()
    (checked,) = [each for each in record["checked"] if each["document"].endswith("robots.txt")]
    assert (record["verdict"], checked["result"]) == ("undetermined", "unreachable")
    assert pretend.asked("a.example", "/") == 0
    assert pretend.asked("a.example", "/robots.txt") == (2 if site == "closed" else 1)


@pytest.mark.parametrize(("address", "reason"), [("nowhere.example", "dns"), ("here.example", "connection refused")])
async def test_why_a_document_could_not_be_had(desk: Any, address: str, reason: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    connector = aiohttp.TCPConnector(resolver=Names(**{"here.example": "127.0.0.1"}))
    async with desk.session(connector=connector) as session:
        with pytest.raises(Withheld) as caught:
            await session.get(f"http://{address}:{free}/")
    assert f"could not be had: {reason}" in caught.value.decision.faults[0].message


class Subclassed(aiohttp.TCPConnector):
    """Somebody else's: where it connects to is not known here."""


async def way_of(connector: Any, proxy: str | None = None) -> Any:
    async with aiohttp.ClientSession(connector=connector) as session:
        request = aiohttp.ClientRequest(
            "GET",
            URL("http://a.example/"),
            loop=asyncio.get_running_loop(),
            session=session,
            proxy=URL(proxy) if proxy else None,
        )
        return Ways(request).to("http://a.example/robots.txt")


async def test_addresses_are_those_that_the_connector_looks_up() -> None:
    framework = Aiohttp()
    way = await way_of(aiohttp.TCPConnector(resolver=Names(**{"inside.example": "10.0.0.7"})))
    assert framework.direct(way)
    assert await framework.looks_up(way)("inside.example") == ["10.0.0.7"]
    with pytest.raises(OSError, match="no such name"):
        await framework.looks_up(way)("nowhere.example")


async def test_behind_a_proxy_or_somebody_elses_connector_addresses_are_not_known() -> None:
    for way in (
        await way_of(aiohttp.TCPConnector(), "http://127.0.0.1:9/"),
        await way_of(Subclassed()),
        await way_of(aiohttp.UnixConnector("/nowhere")),
    ):
        assert not Aiohttp().direct(way)


async def test_who_answered_is_known_of_a_document(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/robots.txt": ROBOTS}))
    way = await way_of(aiohttp.TCPConnector())
    wanted = Get(url=f"{pretend.origin('a.example')}/robots.txt", headers=(), timeout=5, max_bytes=9, origin=None)

    async def trace(*_: Any) -> None:
        pass

    async with aiohttp.TCPConnector() as connector:
        wire = Aiohttp().document(way._replace(connector=connector), wanted, "ExampleBot/1", None, trace, again=False)
        await wire.perform_async(SEND)
        assert (wire.peer, wire.document_head()[0]) == ("127.0.0.1", 200)
        assert await wire.perform_async(READ) == ROBOTS.body
        assert await wire.perform_async(READ) is None
        await wire.perform_async(CLOSE)


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_redirect_of_a_policy_to_a_private_address_is_refused(
    desk: Any, web: Web, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    direct = web(Site("direct.example", {"/robots.txt": ROBOTS}))
    host = f"127.0.0.1:{port(direct, 'direct.example')}"
    proxied = web(Site("a.example", {"/": PAGE, "/robots.txt": Answer.redirect(f"http://{host}/robots.txt")}))
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, proxied.proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    own: dict[str, Any] = {"trust_env": True} if trusted else {"proxy": proxied.proxy}
    async with desk.session(**own) as session:
        with pytest.raises(Withheld):  # from a public name to a private address, whoever would ask there
            await session.get("http://a.example/")
    assert proxied.asked("a.example", "/robots.txt") == 1
    assert direct.asked("direct.example") == 0


async def test_a_proxy_of_the_environment_is_that_of_each_url(
    desk: Any, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = web(Site("direct.example", {"/": PAGE}))
    proxied = web(Site("a.example", {"/": PAGE}), Site("b.example", {"/robots.txt": ROBOTS}))
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, proxied.proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1,direct.example")
    async with desk.session(trust_env=True) as session:
        for url in ("http://a.example/", f"{direct.origin('direct.example')}/"):
            assert await _read(session, url) == "<p>open</p>"
    async with aiohttp.ClientSession(trust_env=True) as session:
        request = aiohttp.ClientRequest(
            "GET", URL("http://a.example/"), loop=asyncio.get_running_loop(), session=session, proxy=URL(proxied.proxy)
        )
        ways = Ways(request)
        assert str(ways.to("http://b.example/robots.txt").proxy.url) == proxied.proxy
        assert ways.to("http://direct.example/robots.txt").proxy.url is None
    assert direct.asked("direct.example", "/robots.txt") == proxied.asked("a.example", "/robots.txt") == 1


async def test_a_proxy_of_one_request_is_that_of_its_policies(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": PAGE, "/robots.txt": ROBOTS}))
    async with desk.session() as session, session.get("http://a.example/", proxy=pretend.proxy) as response:
        assert decision_of(response).verdict == "unreserved"
    assert pretend.asked("a.example", "/robots.txt") == 1


async def test_a_policy_behind_a_proxy_that_turns_us_away_was_not_read(desk: Any, web: Web) -> None:
    pretend = web(Site("a.example", {"/": PAGE, "/robots.txt": Answer(status=407)}))
    async with desk.session(pretend) as session:
        with pytest.raises(Withheld):
            await session.get("http://a.example/")
    (record,) = desk.records()
    assert record["verdict"] == "undetermined"


async def test_documents_are_read_through_codings_and_cut_off(desk: Any, web: Web) -> None:
    coded = Answer(headers=(("content-encoding", "gzip"),), body=gzip.compress(b"User-agent: *\nDisallow: /private\n"))
    endless = Answer(body=lambda: iter([b"# comment\n" * 1000] * 10_000))
    pretend = web(
        Site("a.example", {"/robots.txt": coded, "/private": PAGE}),
        Site("b.example", {"/robots.txt": endless, "/": PAGE}),
    )
    async with desk.session(pretend) as session:
        with pytest.raises(Withheld):
            await session.get("http://a.example/private")
        await _read(session, "http://b.example/")
    assert pretend.sent("b.example", "/robots.txt") < 50_000_000


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("of_request", [True, False])
async def test_tls_settings_of_a_page_are_those_of_its_policies(
    desk: Any, authority: trustme.CA, trusted: bool, of_request: bool
) -> None:
    asked: list[str] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                asked.append((await reader.readuntil(b"\r\n\r\n")).split()[1].decode())
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.issue_cert("localhost").configure_cert(serving)
    if trusted:
        authority.configure_trust(trusting)
    server = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=serving)
    url = f"https://localhost:{server.sockets[0].getsockname()[1]}/"
    own: dict[str, Any] = {"ssl": trusting} if of_request else {}
    connector = aiohttp.TCPConnector(resolver=Names(localhost="127.0.0.1"), ssl=True if of_request else trusting)
    async with desk.session(connector=connector) as session:
        if trusted:
            async with session.get(url, **own) as response:
                assert decision_of(response).verdict == "unreserved"
        else:
            with pytest.raises(Withheld) as caught:
                await session.get(url, **own)
            assert "could not be had: tls" in caught.value.decision.faults[0].message
    server.close()
    assert ("/" in asked) is trusted
