"""Pools that are full: who waits for a connection holds none, or not for long; each decision is made and recorded."""

from __future__ import annotations

import contextlib
import gc
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
import trustme

from tdm_guard import Withheld
from tdm_guard.model import Result
from tests.support.patience import PATIENCE

# httpx leaves generators of its own unclosed when a body is given up, of which trio complains.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Async generator"),
    pytest.mark.filterwarnings("ignore:.*async_generator object"),
]

RSL = (
    b'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>'
    b'<permits type="usage">ai-all</permits></license></content></rsl>'
)
LINK = '</l.xml>; rel="license"; type="application/rsl+xml"'
POLICY = {"tdm_reservation": "1", "tdm_policy": "/p.json"}
TAR = {"content_type": "application/x-tar"}
MEDIUM = bytes(300_000)  # more than is read ahead
LARGE = bytes(6 * 2**20)  # more than is set aside, and than the buffers of a socket
LIMITS = [None, 5.0]


def site(http: Any, **pages: bytes) -> dict[str, Any]:
    named = {"/" + name: page for name, page in pages.items()}
    return {"/l.xml": http(RSL, content_type="application/rsl+xml"), **named}


def client(edge: Any, connections: int, timeout: float | None = 5.0, **options: Any) -> Any:
    limits = edge.module.Limits(max_connections=connections)
    options.setdefault("policy_timeout", 10.0)  # of network time; machines may be busy
    return edge.client(trust_env=False, limits=limits, timeout=timeout, usages={"ai-training"}, **options)


async def together(edge: Any, client: Any, urls: list[str], ask: Any = None) -> list[Any]:
    """What comes of requests that are sent at once: the response or the exception of each."""
    results: list[Any] = [None] * len(urls)
    ask = ask or edge.get

    async def one(place: int) -> None:
        try:
            results[place] = await ask(client, urls[place])
        except Exception as error:
            results[place] = error

    def one_in_thread(place: int) -> None:
        try:
            results[place] = client.get(urls[place])
        except Exception as error:
            results[place] = error

    if edge.sync:
        with ThreadPoolExecutor(len(urls)) as threads:
            list(threads.map(one_in_thread, range(len(urls))))
    else:
        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as group:
                for place in range(len(urls)):
                    group.start_soon(one, place)
    return results


@pytest.mark.parametrize("timeout", LIMITS)
@pytest.mark.parametrize("connections", [1, 3])
def test_licence_of_a_medium_file_is_read_whatever_the_pool(
    edge: Any, raw_server: Any, http: Any, connections: int, timeout: float | None
) -> None:
    with raw_server(site(http, tar=http(MEDIUM, link=LINK, **TAR))) as server:

        async def scenario() -> None:
            guarded = client(edge, connections, timeout)
            urls = [f"{server.url}/tar"] * 3
            responses = await together(edge, guarded, urls)
            assert [response.content == MEDIUM for response in responses] == [True] * 3, responses
            await edge.close(guarded)

        edge.run(scenario)
    assert [decision["verdict"] for decision in edge.decisions] == ["unreserved"] * 3
    assert [decision["bytes"] for decision in edge.decisions] == [len(MEDIUM)] * 3
    assert server.targets().count("/l.xml") == 1


@pytest.mark.parametrize("timeout", LIMITS)
def test_licence_that_finds_no_connection_is_undetermined_and_recorded(
    edge: Any, raw_server: Any, http: Any, timeout: float | None
) -> None:
    with raw_server(site(http, tar=http(LARGE, link=LINK, **TAR), free=http(MEDIUM, **TAR))) as server:

        async def scenario() -> None:
            guarded = client(edge, 1, timeout)
            with pytest.raises(Withheld) as caught:
                await edge.get(guarded, f"{server.url}/tar")
            assert caught.value.decision.verdict == "undetermined"
            assert (await edge.get(guarded, f"{server.url}/free")).content == MEDIUM  # its connection was given back
            await edge.close(guarded)

        edge.run(scenario)
    first, _ = edge.decisions
    assert {"document": f"{server.url}/l.xml", "result": "not-attempted"}.items() <= first["checked"][-1].items()
    assert "/l.xml" not in server.targets()


def test_who_waits_for_a_licence_has_left_the_pool_before_the_connection_is_given_back(
    sync_edge: Any, raw_server: Any, http: Any
) -> None:
    """Else the pool may give the connection to a request that is gone, and has it no more."""
    edge = sync_edge  # in an event loop it leaves before its caller goes on
    events: list[str] = []

    class Slow(edge.module.HTTPTransport):  # type: ignore[misc]
        def handle_request(self, request: Any) -> Any:
            try:
                response = super().handle_request(request)
            except edge.module.PoolTimeout:
                time.sleep(0.2)  # a busy machine
                events.append("left")
                raise
            if request.url.path == "/tar":
                close = response.stream.close
                response.stream.close = lambda: (events.append("closed"), close())
            return response

    with raw_server(site(http, tar=http(LARGE, link=LINK, **TAR))) as server:
        limits = edge.module.Limits(max_connections=1)
        with (
            edge.client(transport=Slow(limits=limits), usages={"ai-training"}, policy_timeout=10.0) as guarded,
            pytest.raises(Withheld),
        ):
            guarded.get(f"{server.url}/tar")
    assert events[:2] == ["left", "closed"]


def test_large_file_waits_for_its_licence_on_a_second_connection(edge: Any, raw_server: Any, http: Any) -> None:
    with raw_server(site(http, tar=http(LARGE, link=LINK, **TAR))) as server:

        async def scenario() -> None:
            guarded = client(edge, 2)
            assert (await edge.get(guarded, f"{server.url}/tar")).content == LARGE
            await edge.close(guarded)

        edge.run(scenario)
    assert edge.decisions[0]["verdict"] == "unreserved"


@pytest.mark.parametrize("timeout", LIMITS)
def test_large_files_that_hold_the_whole_pool_are_all_decided(
    edge: Any, raw_server: Any, http: Any, timeout: float | None
) -> None:
    """The first gives up, and its connection serves the licences of the others."""
    pages = {f"t{n}": http(LARGE, link=LINK.replace("l.xml", f"l.xml?{n}"), **TAR) for n in range(3)}
    with raw_server(site(http, **pages)) as server:
        server.pages |= {f"/l.xml?{n}": server.pages["/l.xml"] for n in range(3)}

        async def scenario() -> None:
            guarded = client(edge, 3, timeout)
            await edge.get(guarded, f"{server.url}/none")  # what the site says is known now
            results = await together(edge, guarded, [f"{server.url}/{name}" for name in pages])
            for result in results:
                assert getattr(result, "content", None) == LARGE or isinstance(result, Withheld), result
            await edge.close(guarded)

        edge.run(scenario)
    verdicts = [decision["verdict"] for decision in edge.decisions][1:]
    assert len(verdicts) == 3
    assert set(verdicts) <= {"unreserved", "undetermined"}


@pytest.mark.parametrize("timeout", LIMITS)
def test_refusal_gives_its_connection_back_before_its_policy_is_read(
    edge: Any, raw_server: Any, http: Any, timeout: float | None
) -> None:
    pages = site(http, a=http(LARGE, **POLICY, **TAR))
    with raw_server(pages | {"/p.json": http(b"{}", content_type="application/json")}) as server:

        async def scenario() -> None:
            guarded = client(edge, 1, timeout)
            for result in await together(edge, guarded, [f"{server.url}/a"] * 3):
                assert isinstance(result, Withheld), result
            await edge.close(guarded)

        edge.run(scenario)
    assert [decision["verdict"] for decision in edge.decisions] == ["reserved"] * 3
    assert edge.decisions[0]["checked"][-1]["document"] == f"{server.url}/p.json"
    assert edge.decisions[0]["checked"][-1]["result"] != "not-attempted"


def test_page_that_refuses_in_itself_gives_its_connection_back_too(edge: Any, raw_server: Any, http: Any) -> None:
    page = b'<meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="/p.json">' + b"<p>" * 2**21
    pages = site(http, a=http(page, content_type="text/html"))
    with raw_server(pages | {"/p.json": http(b"{}", content_type="application/json")}) as server:

        async def scenario() -> None:
            guarded = client(edge, 1, None)
            with pytest.raises(Withheld):
                await edge.get(guarded, f"{server.url}/a")
            await edge.close(guarded)

        edge.run(scenario)
    assert edge.decisions[0]["verdict"] == "reserved"
    assert "/p.json" in server.targets()


def test_more_origins_that_refuse_than_connections(edge: Any, raw_server: Any, http: Any) -> None:
    def serve(number: int) -> Any:
        return raw_server(site(http, a=http(MEDIUM, **POLICY, **TAR)), f"127.0.1.{number}")

    servers = [serve(number).__enter__() for number in range(1, 9)]
    try:

        async def scenario() -> None:
            guarded = client(edge, 4)
            for result in await together(edge, guarded, [f"{server.url}/a" for server in servers]):
                assert isinstance(result, Withheld), result
            await edge.close(guarded)

        edge.run(scenario)
    finally:
        for server in servers:
            server.__exit__(None, None, None)
    assert [decision["verdict"] for decision in edge.decisions] == ["reserved"] * 8


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_streams_of_known_size_are_received_first(edge: Any, raw_server: Any, http: Any, method: str) -> None:
    body = MEDIUM if method == "GET" else b""
    with raw_server(site(http, tar=http(body, link=LINK, **TAR))) as server:

        async def scenario() -> None:
            guarded = client(edge, 1, None)
            response = await edge.open(guarded, f"{server.url}/tar", method)
            assert await edge.raw(response) == body
            await edge.close(response)
            await edge.close(guarded)

        edge.run(scenario)
    assert edge.decisions[0]["verdict"] == "unreserved"


def test_stream_of_unknown_size_is_not_waited_for(edge: Any, raw_server: Any, http: Any) -> None:
    """An event stream may never come to its end."""
    endless = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
    endless += f"link: {LINK}\r\n\r\n".encode() + b"800\r\n" + b"data: x\n" * 256 + b"\r\n"
    with raw_server(site(http, events=endless)) as server:

        async def scenario() -> None:
            for connections, verdict in ((1, "undetermined"), (2, "unreserved")):
                guarded = client(edge, connections, None)
                try:
                    response = await edge.open(guarded, f"{server.url}/events")
                    decision = response.extensions["tdm_guard"]
                    await edge.close(response)
                except Withheld as refusal:
                    decision = refusal.decision
                assert decision.verdict == verdict
                await edge.close(guarded)

        edge.run(scenario)


def test_policies_wait_for_pages_that_are_on_their_way(edge: Any, raw_server: Any, http: Any) -> None:
    """Pages of one site hold all connections while the documents of others wait: both come to their end."""
    servers = [raw_server(site(http, tar=http(LARGE, **TAR)), f"127.0.2.{n}").__enter__() for n in range(1, 5)]
    try:

        async def scenario() -> None:
            guarded = client(edge, 2, None)
            await edge.get(guarded, f"{servers[0].url}/none")
            urls = [f"{servers[0].url}/tar"] * 3 + [f"{server.url}/tar" for server in servers[1:]]
            responses = await together(edge, guarded, urls)
            assert [len(response.content) for response in responses] == [len(LARGE)] * 6, responses
            await edge.close(guarded)

        edge.run(scenario)
    finally:
        for server in servers:
            server.__exit__(None, None, None)


def test_stream_of_http2_that_nobody_gives_back_is_not_waited_for(edge: Any, h2_server: Any) -> None:
    """A server may admit one stream at a time; no pool knows of that, and none has a limit for it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    context.set_alpn_protocols(["h2"])
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    fields = [("content-type", "application/x-tar"), ("link", LINK)]
    pages = {"/tar": (200, fields, bytes(4000)), "/l.xml": (200, [("content-type", "application/rsl+xml")], RSL)}
    with h2_server(context, pages, streams=1, unfinished=frozenset({"/tar"})) as server:

        async def scenario() -> None:
            guarded = client(edge, 1, None, http2=True, verify=trust)
            await edge.get(guarded, f"https://localhost:{server.port}/none")
            with pytest.raises(Withheld) as caught:
                await edge.open(guarded, f"https://localhost:{server.port}/tar")
            assert caught.value.decision.verdict == "undetermined"
            for thread in threading.enumerate():
                if thread.name == "tdm-guard-policy":
                    thread.join(PATIENCE)
                    assert not thread.is_alive()
            await edge.close(guarded)

        edge.run(scenario)


@pytest.mark.filterwarnings("ignore:unclosed")  # httpcore leaves a socket to the collector that is given up in TLS
def test_silent_origin_is_waited_for_once_where_documents_share_a_connection(edge: Any) -> None:
    """Who opens it waits in vain; what would go over it waits with it, and not for one more of its own."""
    connections: list[socket.socket] = []
    pages = ("a", "b", "c")

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connections.append(listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept)
        accepting.start()

        async def scenario() -> None:
            # The limits are the same by default, too: nobody waits for the pool while a connection is being opened.
            guarded = client(edge, 10, 1.0, policy_timeout=1.0, http2=True)
            url = f"https://127.0.0.1:{listener.getsockname()[1]}"
            for result in await together(edge, guarded, [f"{url}/{page}" for page in pages]):
                assert isinstance(result, Withheld), result
                assert {checked.result for checked in result.decision.checked} == {Result.UNREACHABLE}
            await edge.close(guarded)

        try:
            edge.run(scenario)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(PATIENCE)
            for connection in connections:
                connection.close()
            gc.collect()
    assert [decision["verdict"] for decision in edge.decisions] == ["undetermined"] * len(pages)
    assert len(connections) == 1


def test_document_that_waits_for_the_pool_alone_has_the_limit_of_the_pool(async_edge: Any) -> None:
    """Where the connection went to somebody else, once another document had its answer over it."""
    edge = async_edge

    class Left(edge.module.AsyncHTTPTransport):  # type: ignore[misc, name-defined]
        async def handle_async_request(self, request: Any) -> Any:
            if request.url.path != "/robots.txt":
                await anyio.sleep_forever()
            await request.extensions["trace"]("connection.connect_tcp.started", {})
            return edge.module.Response(404)

    async def scenario() -> None:
        guarded = edge.client(transport=Left(http2=True), timeout=0.2, policy_timeout=5.0)
        with pytest.raises(edge.module.PoolTimeout):
            await edge.get(guarded, "https://a.example/")
        await edge.close(guarded)

    edge.run(scenario)
    assert edge.decisions == []
