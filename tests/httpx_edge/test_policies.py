"""Policies: read once however many ask, side by side, within their time; failures are answers, never passes."""

from __future__ import annotations

import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from tdm_guard import Withheld
from tests.support.patience import PATIENCE

IMAGE = {"content-type": "image/png"}


def image(edge: Any) -> Any:
    return lambda _: edge.answer(headers=IMAGE, pieces=[b"png"])


def paths(seen: list[Any], host: str) -> list[str]:
    return sorted(request.url.path for request in seen if request.url.host == host and request.url.path != "/")


def test_tasks_share_one_reading_of_an_origin(async_edge: Any) -> None:
    edge, seen = async_edge, []
    site = edge.site({"/": image(edge)}, seen=seen)

    async def slow(request: Any) -> Any:
        await anyio.lowlevel.checkpoint()
        await anyio.sleep(0.01)
        return site(request)

    async def scenario() -> None:
        client = edge.client(slow)
        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(edge.get, client, f"http://{'ab'[number % 2]}.example/")
        assert client._transport.session._flights == {}
        await edge.close(client)

    edge.run(scenario)
    for host in ("a.example", "b.example"):
        assert paths(seen, host) == edge.documents
    assert len(edge.decisions) == 20


def test_threads_share_one_reading_of_an_origin(sync_edge: Any) -> None:
    edge, seen = sync_edge, []
    site = edge.site({"/": image(edge)}, seen=seen)
    barrier = threading.Barrier(8, timeout=PATIENCE)

    def ask(client: Any) -> None:
        barrier.wait()
        client.get("http://a.example/")

    with edge.client(site) as client, ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(ask, client) for _ in range(8)]:
            done.result()
        assert client._transport.session._flights == {}
    assert paths(seen, "a.example") == edge.documents
    assert len(edge.decisions) == 8


def test_documents_are_fetched_side_by_side(edge: Any) -> None:
    meeting = threading.Barrier(2, timeout=PATIENCE)
    arrived: list[str] = []

    def page(request: Any) -> Any:
        meeting.wait()
        return edge.module.Response(404)

    async def page_async(request: Any) -> Any:
        arrived.append(request.url.path)
        with anyio.fail_after(PATIENCE):
            while len(arrived) < 2:
                await anyio.sleep(0)
        return edge.module.Response(404)

    async def handler(request: Any) -> Any:
        return image(edge)(request) if request.url.path == "/" else await page_async(request)

    def sync_handler(request: Any) -> Any:
        return image(edge)(request) if request.url.path == "/" else page(request)

    async def scenario() -> None:
        client = edge.client(sync_handler if edge.sync else handler)
        await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions[0]["verdict"] == "unreserved"


def test_cancelled_leader_leaves_the_reading_to_the_next(async_edge: Any) -> None:
    edge = async_edge
    asked: list[str] = []
    answered: list[Any] = []

    async def handler(request: Any) -> Any:
        if request.url.path == "/robots.txt":
            asked.append("robots")
            if len(asked) == 1:
                await anyio.sleep_forever()
        return image(edge)(request) if request.url.path == "/" else edge.module.Response(404)

    async def scenario() -> None:
        client = edge.client(handler)

        async def ask(scope: anyio.CancelScope) -> None:
            with scope:
                answered.append(await edge.get(client, "http://a.example/"))

        scopes = [anyio.CancelScope() for _ in range(3)]
        async with anyio.create_task_group() as group:
            group.start_soon(ask, scopes[0])
            while not asked:
                await anyio.sleep(0)
            group.start_soon(ask, scopes[1])
            group.start_soon(ask, scopes[2])
            await anyio.wait_all_tasks_blocked()
            scopes[0].cancel()
        assert scopes[0].cancelled_caught
        assert client._transport.session._flights == {}
        await edge.close(client)

    edge.run(scenario)
    assert len(asked) == 2
    assert [response.content for response in answered] == [b"png", b"png"]


def test_cancelled_request_closes_its_response(async_edge: Any) -> None:
    edge = async_edge
    closed: list[bool] = []

    class Stuck(edge.module.AsyncByteStream):  # type: ignore[name-defined]
        async def __aiter__(self) -> Any:
            yield b"<p>"
            await anyio.sleep_forever()

        async def aclose(self) -> None:
            await anyio.sleep(0)  # closing takes a turn of the loop, cancelled or not
            closed.append(True)

    async def handler(request: Any) -> Any:
        if request.url.path != "/":
            return edge.module.Response(404)
        return edge.module.Response(200, headers={"content-type": "text/html"}, stream=Stuck())

    async def scenario() -> None:
        client = edge.client(handler)
        async with anyio.create_task_group() as group:
            group.start_soon(edge.get, client, "http://a.example/")
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        await edge.close(client)

    edge.run(scenario)
    assert closed == [True]
    assert edge.decisions == []


def test_policy_is_kept(edge: Any) -> None:
    seen: list[Any] = []

    async def scenario() -> None:
        client = edge.client(edge.site({"/": image(edge)}, seen=seen))
        for _ in range(3):
            await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)
    assert paths(seen, "a.example") == edge.documents
    assert [decision["checked"][0]["cached"] for decision in edge.decisions] == [False, True, True]


@pytest.mark.parametrize(
    ("error", "cause", "reason"),
    [
        ("ConnectError", socket.gaierror(-2, "Name or service not known"), "dns"),
        ("ConnectError", ssl.SSLCertVerificationError("self-signed"), "tls"),
        ("ConnectError", ConnectionRefusedError(111, "refused"), "connection refused"),
        ("ConnectError", ExceptionGroup("several", [ConnectionRefusedError(111, "refused")]), "connection refused"),
        ("ConnectTimeout", None, "timeout"),
        ("ReadTimeout", None, "timeout"),
        ("ProxyError", None, "proxy"),
        ("RemoteProtocolError", None, "protocol error"),
        ("ReadError", None, "ReadError"),
    ],
)
def test_unreachable_policy_is_undetermined(edge: Any, error: str, cause: Exception | None, reason: str) -> None:
    seen: list[str] = []

    def handler(request: Any) -> Any:
        seen.append(request.url.path)
        raise getattr(edge.module, error)("failed") from cause

    async def scenario() -> None:
        client = edge.client(handler)
        for _ in range(2):
            with pytest.raises(Withheld) as caught:
                await edge.get(client, "http://a.example/page")
            assert caught.value.decision.verdict == "undetermined"
            assert reason in str(caught.value.decision.to_dict())
        await edge.close(client)

    edge.run(scenario)
    assert "/page" not in seen
    assert len(seen) == len(set(seen))  # not asked again at once
    assert edge.decisions[0]["checked"][0]["result"] == "unreachable"


def test_error_of_a_transport_that_no_standard_knows_is_an_answer_too(edge: Any) -> None:
    def handler(request: Any) -> Any:
        raise ZeroDivisionError

    async def scenario() -> None:
        client = edge.client(handler)
        with pytest.raises(Withheld):
            await edge.get(client, "http://a.example/page")
        await edge.close(client)

    edge.run(scenario)


def test_full_pool_is_the_clients_business_and_no_answer_of_the_origin(edge: Any) -> None:
    answers: list[Any] = [edge.module.PoolTimeout("pool is full")] * 2

    def handler(request: Any) -> Any:
        if request.url.path != "/" and answers:
            raise answers.pop()
        return image(edge)(request) if request.url.path == "/" else edge.module.Response(404)

    async def scenario() -> None:
        client = edge.client(handler)
        with pytest.raises(edge.module.PoolTimeout):
            await edge.get(client, "http://a.example/")
        assert (await edge.get(client, "http://a.example/")).content == b"png"
        await edge.close(client)

    edge.run(scenario)
    assert [decision["verdict"] for decision in edge.decisions] == ["unreserved"]


def test_transport_that_hangs_costs_one_policy_timeout(edge: Any) -> None:
    release = threading.Event()

    def handler(request: Any) -> Any:
        release.wait(PATIENCE)
        return edge.module.Response(404)

    async def handler_async(request: Any) -> Any:
        await anyio.sleep_forever()

    async def scenario() -> None:
        client = edge.client(handler if edge.sync else handler_async, policy_timeout=0.1)
        with pytest.raises(Withheld) as caught:
            await edge.get(client, "http://a.example/")
        told = "timeout: no answer within 0.1 s, a limit of ours: the option policy_timeout"
        assert caught.value.decision.because[0].excerpt == told
        release.set()
        await edge.close(client)

    edge.run(scenario)


def test_large_policy_is_cut_off_and_closed(edge: Any) -> None:
    made: list[Any] = []

    def handler(request: Any) -> Any:
        if request.url.path == "/robots.txt":
            made.append(edge.stream([b"# filling\n" * 6554] * 1000))
            return edge.module.Response(200, stream=made[0])
        return image(edge)(request) if request.url.path == "/" else edge.module.Response(404)

    async def scenario() -> None:
        client = edge.client(handler)
        await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)
    assert made[0].taken < 12
    assert made[0].closed == 1


def test_policy_is_read_through_codings(edge: Any) -> None:
    import gzip

    text = gzip.compress(b"User-agent: *\nDisallow: /\n")
    robots = edge.module.Response(200, headers={"content-encoding": "gzip"}, content=text)

    async def scenario() -> None:
        client = edge.client(edge.site({"/robots.txt": robots, "/": image(edge)}))
        with pytest.raises(Withheld):
            await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)


@pytest.mark.parametrize(("address", "verdict"), [("192.168.7.7", "undetermined"), ("93.184.216.34", "unreserved")])
def test_policy_redirect_to_a_private_address_is_refused_where_addresses_are_known(
    edge: Any, address: str, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names are looked up for transports that connect themselves; here one that only looks as if it did."""
    known = {"a.example": "93.184.216.34", "inside.example": address}

    def look_up(host: Any, *_: Any, **__: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[name], 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    moved = edge.module.Response(301, headers={"location": "http://inside.example/robots.txt"})
    site = edge.site({"a.example/robots.txt": moved, "/": image(edge)})
    monkeypatch.setattr(edge.transport_class.family, "direct", lambda _: True)

    async def scenario() -> None:
        client = edge.client(site)
        if verdict == "unreserved":
            await edge.get(client, "http://a.example/")
        else:
            with pytest.raises(Withheld):
                await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions[0]["verdict"] == verdict


def test_policy_that_came_from_inside_after_all_is_refused(edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may resolve to another address when it is dialled than when it was looked up."""
    peers = {"a.example": "93.184.216.34", "rebound.example": "10.0.0.1"}

    class Peer:
        def __init__(self, host: str) -> None:
            self.host = host

        def get_extra_info(self, name: str) -> Any:
            return (peers[self.host], 80) if name == "server_addr" else None

    def look_up(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 0))]

    def handler(request: Any) -> Any:
        host = request.url.host
        extensions = {"network_stream": Peer(host)}
        if request.url.path != "/robots.txt":
            return edge.module.Response(404, extensions=extensions)
        if host == "a.example":
            away = {"location": "http://rebound.example/robots.txt"}
            return edge.module.Response(302, headers=away, extensions=extensions)
        return edge.module.Response(200, text="User-agent: *\nAllow: /\n", extensions=extensions)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(edge.transport_class.family, "direct", lambda _: True)

    async def scenario() -> None:
        client = edge.client(handler)
        with pytest.raises(Withheld) as caught:
            await edge.get(client, "http://a.example/")
        assert "private address" in str(caught.value.decision.to_dict())
        await edge.close(client)

    edge.run(scenario)
