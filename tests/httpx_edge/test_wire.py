"""Over real connections on loopback: proxies, HTTP/2, silence, drips, early ends."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import trustme

from tdm_guard import Withheld
from tdm_guard.testing import Answer, PretendWeb, Site, digest_protected, endless, sample_web
from tests.support.patience import PATIENCE

ROBOTS = {"/robots.txt": Answer.text("User-agent: *\nDisallow: /private\n")}
OTHER = (("content-type", "application/x-tar"),)


@pytest.fixture(scope="module")
def web() -> Iterator[PretendWeb]:
    sites = [
        Site(
            "free.example",
            {
                **ROBOTS,
                "/": Answer.html("<p>Bread and cheese."),
                "/photo": Answer(headers=OTHER, body=b"png" * 50_000),
                "/away": Answer.redirect("http://strict.example/photo"),
                "/short": Answer(headers=OTHER, body=b"x" * 1000, close_after=10),
                "/broken": Answer(headers=OTHER, body=b"x" * 200_000, close_after=100_000),
                "/members": digest_protected("me", "word", Answer(headers=OTHER, body=b"member's")),
            },
        ),
        Site(
            "strict.example",
            {
                "/photo": Answer(headers=(*OTHER, ("tdm-reservation", "1")), body=endless(b"x" * 65_536)),
                "/": Answer.html('<meta name="tdm-reservation" content="1"><p>secret'),
            },
        ),
        Site("silent.example", {}, fallback=Answer(silent=True)),
        Site("drip.example", {"/robots.txt": Answer(body=b"#" * 4000, piece=1, drip=0.02)}),
    ]
    with PretendWeb(sites) as web:
        yield web


def test_pages_and_pictures_arrive_whole(edge: Any, web: PretendWeb) -> None:
    async def scenario() -> None:
        client = edge.client(trust_env=False, limits=edge.module.Limits(max_connections=1))
        base = web.origin("free.example")
        assert (await edge.get(client, f"{base}/")).text == "<p>Bread and cheese."
        assert (await edge.get(client, f"{base}/photo")).content == b"png" * 50_000
        response = await edge.open(client, f"{base}/photo")
        assert await edge.raw(response) == b"png" * 50_000
        with pytest.raises(Withheld):
            await edge.get(client, f"{base}/private/x")
        await edge.close(client)

    edge.run(scenario)
    assert [decision["verdict"] for decision in edge.decisions] == ["unreserved"] * 3 + ["reserved"]
    assert [body["bytes"] for body in edge.records("body")] == [150_000, 150_000]


def test_refused_connections_go_back_to_the_pool(edge: Any, web: PretendWeb) -> None:
    before = web.sent("strict.example", "/photo")

    async def scenario() -> None:
        client = edge.client(trust_env=False, limits=edge.module.Limits(max_connections=1), timeout=PATIENCE)
        for _ in range(3):
            with pytest.raises(Withheld):
                await edge.get(client, f"{web.origin('strict.example')}/photo")
            with pytest.raises(Withheld):
                await edge.get(client, f"{web.origin('strict.example')}/")
        await edge.close(client)

    edge.run(scenario)
    assert web.sent("strict.example", "/photo") - before < 3 * 26_000_000  # socket buffers only, of endless bodies


def test_digest_and_broken_bodies_over_the_wire(edge: Any, web: PretendWeb) -> None:
    async def scenario() -> None:
        client = edge.client(trust_env=False)
        base = web.origin("free.example")
        response = await edge.get(client, f"{base}/members", auth=edge.module.DigestAuth("me", "word"))
        assert response.content == b"member's"
        with pytest.raises(edge.module.RemoteProtocolError):
            await edge.get(client, f"{base}/short")
        with pytest.raises(edge.module.RemoteProtocolError):
            await edge.get(client, f"{base}/broken")
        await edge.close(client)

    edge.run(scenario)
    assert [(decision["status"], decision["bytes"]) for decision in edge.decisions] == [(200, 8), (200, None)]
    assert [(body["bytes"], body["complete"]) for body in edge.records("body")] == [(100_000, False)]


@pytest.mark.parametrize("by_environment", [False, True])
def test_policies_go_through_the_proxy_of_their_pages(
    edge: Any, web: PretendWeb, by_environment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    if by_environment:
        monkeypatch.setenv("http_proxy", web.proxy)
    before = web.asked("free.example", "/robots.txt")

    async def scenario() -> None:
        client = edge.client(follow_redirects=True, **({} if by_environment else {"proxy": web.proxy}))
        assert (await edge.get(client, "http://free.example/")).text == "<p>Bread and cheese."
        with pytest.raises(Withheld):
            await edge.get(client, "http://free.example/away")
        await edge.close(client)

    edge.run(scenario)
    assert web.asked("free.example", "/robots.txt") == before + 1
    assert edge.decisions[1]["hops"] == ["http://free.example/away"]


@pytest.mark.parametrize("site", ["silent.example", "drip.example"])
def test_origin_that_does_not_come_to_an_end_is_undetermined_in_time(edge: Any, web: PretendWeb, site: str) -> None:
    async def scenario() -> None:
        client = edge.client(trust_env=False, policy_timeout=0.3, timeout=None)
        with pytest.raises(Withheld) as caught:
            await edge.get(client, f"{web.origin(site)}/page")
        assert caught.value.decision.verdict == "undetermined"
        assert "timeout" in str(caught.value.decision.to_dict())
        await edge.close(client)

    edge.run(scenario)
    assert web.asked(site, "/page") == 0


@contextlib.contextmanager
def dripping_heads() -> Iterator[int]:
    """A server whose header lines come byte by byte, without end."""
    ended = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    threads: list[threading.Thread] = []

    def drip(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not ended.wait(0.02):
                connection.sendall(b"x")

    def accept() -> None:
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                threads.append(threading.Thread(target=drip, args=(listener.accept()[0],)))
                threads[-1].start()

    threads.append(threading.Thread(target=accept))
    threads[0].start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        threads[0].join(PATIENCE)
        for thread in threads:
            thread.join(PATIENCE)
        listener.close()


def test_headers_that_drip_for_ever_end_in_time_and_leave_no_thread(edge: Any) -> None:
    with dripping_heads() as port:

        async def scenario() -> None:
            client = edge.client(trust_env=False, policy_timeout=0.3, timeout=None)
            with pytest.raises(Withheld) as caught:
                await edge.get(client, f"http://127.0.0.1:{port}/page")
            assert "timeout" in str(caught.value.decision.to_dict())
            for thread in threading.enumerate():
                if thread.name == "tdm-guard-policy":
                    thread.join(PATIENCE)
                    assert not thread.is_alive()
            await edge.close(client)

        edge.run(scenario)


def test_nobody_listening_is_undetermined(edge: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    async def scenario() -> None:
        client = edge.client(trust_env=False)
        with pytest.raises(Withheld) as caught:
            await edge.get(client, f"http://127.0.0.1:{port}/")
        assert "connection refused" in str(caught.value.decision.to_dict())
        await edge.close(client)

    edge.run(scenario)


def test_name_that_does_not_resolve_is_undetermined(edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    async def scenario() -> None:
        client = edge.client(trust_env=False)
        with pytest.raises(Withheld) as caught:
            await edge.get(client, "http://nowhere.example/")
        assert "dns" in str(caught.value.decision.to_dict())
        await edge.close(client)

    edge.run(scenario)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def contexts(authority: trustme.CA) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(server)
    server.set_alpn_protocols(["h2"])
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


def test_http2_shares_one_connection_for_policy_and_pages(edge: Any, authority: trustme.CA, h2_server: Any) -> None:
    server_context, client_context = contexts(authority)
    pages = {
        "/": (200, [("content-type", "text/html")], b"<p>Bread and cheese."),
        "/photo": (200, [("content-type", "image/png")], b"png"),
        "/strict": (200, [("content-type", "image/png"), ("tdm-reservation", "1")], b"secret"),
    }
    with h2_server(server_context, pages) as server:

        async def scenario() -> None:
            client = edge.client(trust_env=False, http2=True, verify=client_context)
            base = f"https://localhost:{server.port}"
            page = await edge.get(client, f"{base}/")
            assert (page.http_version, page.text) == ("HTTP/2", "<p>Bread and cheese.")
            assert (await edge.get(client, f"{base}/photo")).content == b"png"
            with pytest.raises(Withheld):
                await edge.get(client, f"{base}/strict")
            await edge.close(client)

        edge.run(scenario)
    assert server.connections == 1
    assert sorted(server.asked) == sorted(["/", "/photo", "/strict", *edge.documents])


@pytest.mark.parametrize(("losses", "verdict"), [(1, "reserved"), (9, "undetermined")])
def test_document_whose_connection_is_lost_is_asked_for_once_more(
    edge: Any, raw_server: Any, http: Any, losses: int, verdict: str
) -> None:
    asked: list[str] = []

    def closes(head: str) -> bytes:
        asked.append(head)
        if len(asked) <= losses:
            raise ConnectionError
        return http(b'[{"location": "/", "tdm-reservation": 1}]')

    with raw_server({"/.well-known/tdmrep.json": closes}) as server:

        async def scenario() -> None:
            client = edge.client(trust_env=False, limits=edge.module.Limits(max_connections=1))
            with pytest.raises(Withheld) as caught:
                await edge.get(client, f"{server.url}/a")
            assert caught.value.decision.verdict == verdict
            await edge.close(client)

        edge.run(scenario)
    assert len(asked) == 2
    assert edge.decisions[0]["checked"][1]["result"] == ("read" if verdict == "reserved" else "unreachable")


RESERVED = [("content-type", "application/x-tar"), ("tdm-reservation", "1")]
ENDLESS = {
    "header": ("/strict", (200, RESERVED, b"tar")),
    "page": ("/strict", (200, [("content-type", "text/html")], b'<meta name="tdm-reservation" content="1">' * 9000)),
    "document": ("/robots.txt", (200, [], b"User-agent: *\nDisallow: /strict\n" + b"# more\n" * 80_000)),
}


@pytest.mark.filterwarnings("ignore:Async generator")  # httpx leaves its own unclosed, of which trio complains
@pytest.mark.filterwarnings("ignore:.*async_generator object")
@pytest.mark.parametrize("what", ENDLESS)
def test_stream_of_http2_that_is_given_up_is_reset(edge: Any, authority: trustme.CA, h2_server: Any, what: str) -> None:
    server_context, client_context = contexts(authority)
    path, answer = ENDLESS[what]
    free = (200, [("content-type", "text/html")], b"<p>" * 20)
    with h2_server(server_context, {path: answer, "/free": free}, unfinished=frozenset({path})) as server:

        async def scenario() -> None:
            client = edge.client(trust_env=False, http2=True, verify=client_context, policy_timeout=20)
            base = f"https://localhost:{server.port}"
            with pytest.raises(Withheld) as caught:
                await edge.get(client, f"{base}/strict")
            assert caught.value.decision.verdict == "reserved"
            assert (await edge.get(client, f"{base}/free")).content == b"<p>" * 20
            await edge.close(client)

        edge.run(scenario)
    assert server.resets == [8]
    assert server.connections == 1


@pytest.mark.filterwarnings("ignore:Async generator")
@pytest.mark.filterwarnings("ignore:.*async_generator object")
@pytest.mark.parametrize(
    ("size", "ends", "times"),
    [
        (2**20, True, 18),  # together more than the window of a connection
        (3, False, 110),  # more than the streams of one
    ],
)
def test_refusals_leave_a_connection_of_http2_usable(
    edge: Any, authority: trustme.CA, h2_server: Any, size: int, ends: bool, times: int
) -> None:
    server_context, client_context = contexts(authority)
    pages = {"/strict": (200, RESERVED, bytes(size)), "/free": (200, [("content-type", "text/html")], b"<p>" * 99_000)}
    with h2_server(server_context, pages, unfinished=frozenset(() if ends else {"/strict"})) as server:

        async def scenario() -> None:
            client = edge.client(trust_env=False, http2=True, verify=client_context, timeout=20)
            base = f"https://localhost:{server.port}"
            for _ in range(times):
                with pytest.raises(Withheld):
                    await edge.get(client, f"{base}/strict")
            assert len((await edge.get(client, f"{base}/free")).content) == 297_000
            await edge.close(client)

        edge.run(scenario)
    assert server.connections == 1
    assert ends or len(server.resets) == times


STRICT = b'<meta name="tdm-reservation" content="1"><p>secret'


@pytest.mark.filterwarnings("ignore:Async generator")  # httpx leaves its own unclosed, of which trio complains
@pytest.mark.filterwarnings("ignore:.*async_generator object")
@pytest.mark.parametrize(("method", "status"), [("GET", 204), ("GET", 205), ("POST", 204)])  # h2 minds those for HEAD
def test_bytes_where_none_belong_are_judged_over_http2(
    edge: Any, authority: trustme.CA, h2_server: Any, method: str, status: int
) -> None:
    server_context, client_context = contexts(authority)
    fields = [("content-type", "text/html")]
    pages = {"/strict": (status, fields, STRICT), "/free": (status, fields, b"<p>" * 20), "/": (status, fields, b"")}
    with h2_server(server_context, pages) as server:

        async def scenario() -> None:
            client = edge.client(trust_env=False, http2=True, verify=client_context)
            base = f"https://localhost:{server.port}"
            with pytest.raises(Withheld):
                await edge.call(client.request, method, f"{base}/strict")
            with pytest.raises(Withheld):
                await edge.open(client, f"{base}/strict", method)
            assert (await edge.call(client.request, method, f"{base}/free")).content == b"<p>" * 20
            assert (await edge.call(client.request, method, f"{base}/")).content == b""
            opened = await edge.open(client, f"{base}/free", method)
            await edge.close(opened)  # early
            await edge.close(client)

        edge.run(scenario)
    found = [(decision["verdict"], decision["content"]) for decision in edge.decisions]
    free = ("unreserved", True)
    assert found == [("reserved", True), ("reserved", True), free, ("unreserved", False), free]


def test_bytes_where_none_belong_are_judged_over_http1(edge: Any, raw_server: Any, http: Any) -> None:
    fields = {"content_type": "text/html"}
    pages = {
        "/strict": http(STRICT, "205 Reset Content", **fields),
        "/free": http(b"<p>", "205 Reset Content", **fields),
        "/": http(b"", "205 Reset Content", **fields),
        "/none": b"HTTP/1.1 204 No Content\r\n\r\n",
    }
    with raw_server(pages) as server:

        async def scenario() -> None:
            client = edge.client(trust_env=False, limits=edge.module.Limits(max_connections=1))
            with pytest.raises(Withheld):
                await edge.get(client, f"{server.url}/strict")
            for path, body in (("/free", b"<p>"), ("/", b""), ("/none", b"")):
                assert (await edge.get(client, server.url + path)).content == body
                response = await edge.open(client, server.url + path)
                assert await edge.raw(response) == body
            assert (await edge.call(client.head, f"{server.url}/none")).content == b""
            await edge.close(client)

        edge.run(scenario)
    assert [decision["content"] for decision in edge.decisions] == [True, True, True, False, False, False, False, False]


@pytest.mark.parametrize("http2", [True, False])
def test_threads_never_meet_on_a_connection_of_http2(sync_edge: Any, http2: bool) -> None:
    class Counting(sync_edge.module.HTTPTransport):  # type: ignore[name-defined,misc]
        inside = seen = 0
        lock, met = threading.Lock(), threading.Event()

        def handle_request(self, request: Any) -> Any:
            with self.lock:
                self.inside += 1
                self.seen = max(self.seen, self.inside)
                if self.inside == 2:
                    self.met.set()
            self.met.wait(0.2)
            with self.lock:
                self.inside -= 1
            return sync_edge.module.Response(404)

    transport = Counting(http2=http2)
    with sync_edge.client(transport=transport) as client:
        assert client.get("https://a.example/photo").status_code == 404
    assert (transport.seen == 1) is http2
    assert {record["result"] for record in sync_edge.decisions[0]["checked"]} == {"absent"}


def test_untrusted_certificate_is_undetermined(edge: Any, authority: trustme.CA, h2_server: Any) -> None:
    server_context, _ = contexts(authority)
    with h2_server(server_context, {}) as server:

        async def scenario() -> None:
            client = edge.client(trust_env=False, http2=True)
            with pytest.raises(Withheld) as caught:
                await edge.get(client, f"https://localhost:{server.port}/")
            assert "tls" in str(caught.value.decision.to_dict())
            await edge.close(client)

        edge.run(scenario)


@pytest.mark.slow
def test_sample_web_is_judged_as_it_says(edge: Any) -> None:
    with sample_web() as web:

        async def scenario() -> None:
            client = edge.client(proxy=web.proxy, policy_timeout=4, follow_redirects=True)
            for site in web.sites.values():
                for path, verdict in site.expected.items():
                    url = f"http://{site.name}{path}"
                    try:
                        response = await edge.open(client, url)
                        await edge.close(response)
                        decision = response.extensions["tdm_guard"]
                    except Withheld as refusal:
                        decision = refusal.decision
                    assert decision.verdict == verdict, decision.summary()
            await edge.close(client)

        edge.run(scenario)
