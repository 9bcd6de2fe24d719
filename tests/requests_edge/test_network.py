"""Policies over a network: their proxies, their certificates, their time, and where they may not lead."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import trustme

from tdm_guard import Withheld
from tdm_guard.testing import SITES, Answer, PretendWeb, Site, sample_web
from tests.support.patience import PATIENCE
from tests.support.raw_server import RawServer
from tests.support.rebinding import INSIDE, OUTSIDE, rebinding

TAR = {"content_type": "application/x-tar"}
RSL = (
    b'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>'
    b'<permits type="usage">ai-all</permits></license></content></rsl>'
)


class Proxy(dict[str, Any]):
    """Pages of a proxy by their URL; for those who bring the credentials, if there are any."""

    def __init__(self, pages: dict[str, bytes], http: Any, word: str = "") -> None:
        super().__init__(pages)
        self._http = http
        self._word = base64.b64encode(f"me:{word}".encode()).decode().lower() if word else ""

    def get(self, target: str, default: Any = None) -> Any:
        answer = super().get(target, self._http(b"", "404 Not Found"))

        def page(head: str) -> bytes:
            known = not self._word or self._word in head.lower()
            found: bytes = answer if known else self._http(b"", "407 Proxy Authentication Required")
            return found

        return page


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("where", ["session", "call", "environment"])
def test_policies_go_through_the_proxy_of_their_pages(
    edge: Any, http: Any, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {"http://a.example/x": http(b"words", **TAR)}
    with RawServer(Proxy(pages, http, "secret")) as proxy:
        url = proxy.url.replace("http://", "http://me:secret@")
        session = edge.session()
        keywords: dict[str, Any] = {}
        if where == "session":
            session.proxies["http"] = url
        elif where == "call":
            keywords["proxies"] = {"http": url}
        else:
            session.trust_env = True
            monkeypatch.setenv("http_proxy", url)
        assert session.get("http://a.example/x", **keywords).content == b"words"
        session.close()
        assert "http://a.example/robots.txt" in proxy.targets()
    assert edge.decisions[0]["verdict"] == "unreserved"


def test_refusal_of_a_proxy_is_no_word_of_the_site(edge: Any, http: Any) -> None:
    with RawServer(Proxy({}, http, "secret")) as proxy:
        session = edge.session()
        session.proxies["http"] = proxy.url
        with pytest.raises(Withheld) as caught:
            session.get("http://a.example/x")
        session.close()
    assert caught.value.decision.verdict == "undetermined"


def test_declared_document_takes_the_way_of_its_own_host(
    one_edge: Any, http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = '<http://licences.example/l.xml>; rel="license"; type="application/rsl+xml"'
    one = Proxy({"http://a.example/x": http(b"words", link=link, **TAR)}, http)
    other = Proxy({"http://licences.example/l.xml": http(RSL, content_type="application/rsl+xml")}, http)
    with RawServer(one) as first, RawServer(other) as second:
        session = one_edge.session(usages={"ai-training"})
        session.proxies = {"http://a.example": first.url, "http": second.url}
        assert session.get("http://a.example/x").content == b"words"
        session.close()
        assert second.targets() == ["http://licences.example/l.xml"]
    assert one_edge.decisions[0]["admitted"]


def test_declared_document_of_a_host_without_a_proxy_is_asked_for_directly(
    one_edge: Any, http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer({"/l.xml": http(RSL, content_type="application/rsl+xml")}) as site:
        link = f'<{site.url}/l.xml>; rel="license"; type="application/rsl+xml"'
        with RawServer(Proxy({"http://127.0.0.2/x": http(b"words", link=link, **TAR)}, http)) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            session = one_edge.session(usages={"ai-training"})
            session.trust_env = True
            assert session.get("http://127.0.0.2/x").content == b"words"
            session.close()
            assert [target for target in proxy.targets() if "l.xml" in target] == []
        assert site.targets() == ["/l.xml"]


@contextlib.contextmanager
def socks(port_of: dict[str, int]) -> Iterator[tuple[str, list[str]]]:
    """A SOCKS5 proxy for some names (RFC 1928); the names that were asked of it."""
    asked: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def serve(client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), client.makefile("rb") as file:
            file.read(file.read(2)[1])
            client.sendall(b"\x05\x00")
            file.read(4)
            name = file.read(file.read(1)[0]).decode()
            file.read(2)
            asked.append(name)
            with socket.create_connection(("127.0.0.1", port_of[name])) as site:
                client.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
                back = threading.Thread(target=pump, args=(site, client), daemon=True)
                back.start()
                pump(client, site)
                back.join(PATIENCE)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"socks5h://127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_policies_go_through_a_socks_proxy(one_edge: Any, http: Any) -> None:
    pytest.importorskip("socks")
    robots = http(b"User-agent: *\nDisallow: /b\n", content_type="text/plain")
    with (
        RawServer({"/a": http(b"x", **TAR), "/robots.txt": robots}) as server,
        socks({"site.example": int(server.url.rpartition(":")[2])}) as (proxy, asked),
    ):
        session = one_edge.session()
        session.proxies = {"http": proxy}
        assert session.get("http://site.example/a").content == b"x"
        with pytest.raises(Withheld):
            session.get("http://site.example/b")
        session.close()
    assert set(asked) == {"site.example"}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


class TlsServer(RawServer):
    """The same over TLS."""

    def __init__(self, authority: trustme.CA, pages: dict[str, Any], *, ask: bool = False) -> None:
        super().__init__(pages)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(self._context)
        if ask:
            authority.configure_trust(self._context)
            self._context.verify_mode = ssl.CERT_REQUIRED
        self.url = self.url.replace("http:", "https:")

    def _converse(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            super()._converse(self._context.wrap_socket(connection, server_side=True))


def test_certificates_of_the_call_are_those_of_its_policies(
    edge: Any, http: Any, authority: trustme.CA, tmp_path: Any
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("me@example.org").private_key_and_cert_chain_pem.write_to_path(tmp_path / "me.pem")
    with TlsServer(authority, {"/a": http(b"x", **TAR)}, ask=True) as server:
        session = edge.session()
        given = {"verify": str(tmp_path / "ca.pem"), "cert": str(tmp_path / "me.pem")}
        assert session.get(f"{server.url}/a", **given).content == b"x"
        session.close()
        assert "/robots.txt" in server.targets()


def test_untrusted_certificate_is_undetermined(edge: Any, http: Any, authority: trustme.CA) -> None:
    with TlsServer(authority, {"/a": http(b"x", **TAR)}) as server:
        session = edge.session()
        with pytest.raises(Withheld) as caught:
            session.get(f"{server.url}/a")
        session.close()
    assert "tls" in str(caught.value.decision.to_dict())


@pytest.fixture(scope="module")
def web() -> Iterator[PretendWeb]:
    sites = [
        Site("silent.example", {}, fallback=Answer(silent=True)),
        Site("drip.example", {"/robots.txt": Answer(body=b"#" * 4000, piece=1, drip=0.02)}),
    ]
    with PretendWeb(sites) as web:
        yield web


@pytest.mark.parametrize("site", ["silent.example", "drip.example"])
def test_origin_that_does_not_come_to_an_end_is_undetermined_in_time(edge: Any, web: PretendWeb, site: str) -> None:
    session = edge.session(policy_timeout=0.3)
    with pytest.raises(Withheld) as caught:
        session.get(f"{web.origin(site)}/page")
    assert caught.value.decision.verdict == "undetermined"
    assert "timeout" in str(caught.value.decision.to_dict())
    session.close()
    assert web.asked(site, "/page") == 0
    for thread in threading.enumerate():
        if thread.name == "tdm-guard-policy":
            thread.join(PATIENCE)
            assert not thread.is_alive()


def test_header_lines_that_drip_for_ever_hold_up_nobody(one_edge: Any) -> None:
    ended = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not ended.wait(0.02):
                connection.sendall(b"x")

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=drip, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    session = one_edge.session(policy_timeout=0.3)
    with pytest.raises(Withheld) as caught:
        session.get(f"http://127.0.0.1:{listener.getsockname()[1]}/page")
    session.close()
    assert "timeout" in str(caught.value.decision.to_dict())
    ended.set()
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for thread in threading.enumerate():
        if thread.name == "tdm-guard-policy":
            thread.join(PATIENCE)
            assert not thread.is_alive()


def test_nobody_listening_is_undetermined(edge: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    session = edge.session()
    with pytest.raises(Withheld) as caught:
        session.get(f"http://127.0.0.1:{port}/")
    session.close()
    assert "connection refused" in str(caught.value.decision.to_dict())


def test_name_that_does_not_resolve_is_undetermined(edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    session = edge.session()
    with pytest.raises(Withheld) as caught:
        session.get("http://nowhere.example/")
    session.close()
    assert "dns" in str(caught.value.decision.to_dict())


def test_document_whose_connection_is_lost_is_asked_for_once_more(edge: Any, http: Any) -> None:
    lost: list[str] = []

    def robots(head: str) -> bytes:
        robots.closes = not lost  # type: ignore[attr-defined]
        lost.append(head)
        return b"" if len(lost) == 1 else http(b"User-agent: *\nDisallow: /a\n", content_type="text/plain")

    with RawServer({"/robots.txt": robots}) as server:
        session = edge.session()
        with pytest.raises(Withheld) as caught:
            session.get(f"{server.url}/a")
        session.close()
    assert (caught.value.decision.verdict, len(lost)) == ("reserved", 2)


@pytest.mark.skipif(sys.platform != "linux", reason="one address of loopback has to stand for outside")
@pytest.mark.parametrize("closing", [False, True])
def test_a_declared_document_from_inside_is_refused_and_recorded(one_edge: Any, closing: bool) -> None:
    with rebinding() as web:
        session = one_edge.session(usages={"ai-training"})
        if closing:
            session.headers["Connection"] = "close"
        with pytest.raises(Withheld):
            session.get(web.url("site.example", "/a"))
        session.close()
        assert (OUTSIDE, "/robots.txt") in web.asked
        assert not [path for place, path in web.asked if place == INSIDE and path != "/l.xml"]
    (decision,) = one_edge.decisions
    assert "answered from a private address" in str(decision)


@pytest.mark.parametrize("size", [1000, 300_000, 3_000_000])
def test_licence_is_read_where_a_pool_has_one_connection(one_edge: Any, http: Any, size: int) -> None:
    link = '</l.xml>; rel="license"; type="application/rsl+xml"'
    pages = {"/a": http(b"x" * size, link=link, **TAR), "/l.xml": http(RSL, content_type="application/rsl+xml")}
    with RawServer(pages) as server:
        session = one_edge.session(usages={"ai-training"}, policy_timeout=1)
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=1, pool_block=True))
        if size > 2**20:  # it keeps the only connection: a doubt, and no waiting without end
            with pytest.raises(Withheld):
                session.get(f"{server.url}/a")
        else:
            assert len(session.get(f"{server.url}/a").content) == size
        session.close()


def test_sample_web_is_judged_as_it_says(edge: Any) -> None:
    expected = {f"http://{site.name}{path}": str(verdict) for site in SITES for path, verdict in site.expected.items()}
    with sample_web() as web:
        session = edge.session()
        session.proxies = {"http": web.proxy}
        for number, url in enumerate(expected):
            with contextlib.suppress(Withheld):
                session.get(url, stream=bool(number % 2)).content  # noqa: B018
        session.close()
    assert {record["url"]: record["verdict"] for record in edge.decisions} == expected
