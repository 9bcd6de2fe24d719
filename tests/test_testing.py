"""The pretend web as its users meet it: with plain sockets, http.client and httpx."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import socket
import struct
import threading
import time
import wave
import zipfile
import zlib
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import c2pa
import httpx
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tdm_guard import testing
from tdm_guard.testing import (
    SITES,
    Answer,
    PretendWeb,
    Received,
    Site,
    digest_protected,
    endless,
    files,
    marker,
    one_after_another,
    sample_web,
    with_cookie,
)
from tdm_guard.testing.content import pdf, png
from tdm_guard.testing.manifest import manifest_store
from tdm_guard.testing.sample.town import BULK
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[1] / "docs" / "testing.md"
ONE = Answer.text("one")


def echo(request: Received) -> Answer:
    return Answer.text(f"{request.method} {request.path} {request.body.decode()} {request.base('b.example')}")


A = Site(
    "a.example",
    {
        "/": Answer.html("<p>home", ("etag", '"v1"'), ("tdm-reservation", "1"), ("content-language", "en")),
        "/one": ONE,
        "/one?two": Answer.text("two"),
        "/echo": echo,
        "/dated": Answer(headers=(("last-modified", "Mon, 02 Mar 2026 08:00:00 GMT"),), body=b"dated"),
        "/gzip": Answer(headers=(("content-encoding", "gzip"),), body=gzip.compress(b"packed")),
        "/pieces": Answer(body=lambda: iter([b"a" * 10, b"", b"b" * 10])),
        "/cut": Answer(body=b"x" * 1000, close_after=10),
        "/cut-chunked": Answer(body=endless(), close_after=10),
        "/endless": Answer(body=endless()),
        "/raw": Answer(raw=b"\x00\xff not http\r\n\r\n"),
        "/silent": Answer(silent=True),
        "/slow": Answer(body=b"12345", piece=1, drip=0.01, delay=0.05),
        "/here": Answer.redirect("/one"),
        "/there": Answer.redirect("http://b.example/x?y", status=301),
        "/far": Answer.redirect("http://elsewhere.example/", ("x-kept", "1"), delay=0.01),
        "/empty": Answer(status=204),
        "/teapot": Answer(status=799, body=b"?"),
        "/cookie": with_cookie("seen", "yes", ONE),
        "/digest": digest_protected("ann", "secret", Answer.text("inside")),
        "/turns": one_after_another(Answer(status=503), ONE),
    },
    about="for these tests",
)
B = Site("b.example", {"/x": Answer.text("b says x")}, fallback=Answer(status=410))
C = Site("c.example:8080", {"/": Answer.text("on a port")})


@pytest.fixture(scope="module")
def web() -> Iterator[PretendWeb]:
    with PretendWeb([A, B, C]) as web:
        yield web


@pytest.fixture
def client(web: PretendWeb) -> Iterator[httpx.Client]:
    with httpx.Client(proxy=web.proxy, timeout=PATIENCE, trust_env=False) as client:
        yield client


def talk(address: str, sent: bytes) -> bytes:
    """All that a server says to these bytes until it closes the connection."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as plain:
        plain.sendall(sent)
        plain.shutdown(socket.SHUT_WR)
        received = bytearray()
        while part := plain.recv(65_536):
            received += part
    return bytes(received)


def test_sites_have_lifelike_names_behind_the_proxy(client: httpx.Client) -> None:
    assert client.get("http://a.example/one").text == "one"
    assert client.get("http://B.example:80/x").text == "b says x"
    assert client.get("http://c.example:8080/").text == "on a port"
    assert client.get("http://c.example/").status_code == 502
    assert client.get("http://b.example/nothing").status_code == 410


def test_each_site_has_a_port_of_its_own(web: PretendWeb) -> None:
    assert httpx.get(f"{web.origin('a.example')}/one").text == "one"
    assert httpx.get(f"{web.origin('b.example')}/x").text == "b says x"
    assert web.origin("a.example") != web.origin("b.example")
    with pytest.raises(ValueError, match=r"no site 'd\.example' here; there are a\.example, b\.example"):
        web.origin("d.example")


def test_a_query_is_looked_for_first(client: httpx.Client) -> None:
    assert client.get("http://a.example/one?two").text == "two"
    assert client.get("http://a.example/one?three").text == "one"
    assert client.get("http://a.example?two").status_code == 200


def test_requests_are_recorded(web: PretendWeb, client: httpx.Client) -> None:
    before, since = web.asked("a.example", "/one?seen"), datetime.now(UTC)
    client.get("http://a.example/one?seen", headers={"X-Test": "yes", "Cookie": "a=1; b=2; c"})
    assert web.asked("a.example", "/one?seen") == before + 1
    assert web.asked("a.example") > web.asked("a.example", "/one?seen")
    assert web.asked("a.example", "/never") == 0
    got = web.requests[-1]
    assert (got.site, got.method, got.path) == ("a.example", "GET", "/one?seen")
    assert got.header("x-TEST") == "yes"
    assert got.header("absent") is None
    assert got.cookies == {"a": "1", "b": "2", "c": ""}
    assert since <= got.at <= datetime.now(UTC)
    assert web.sent("a.example", "/one?seen") == 3 * (before + 1)
    with pytest.raises(ValueError, match="there is no site"):
        web.asked("a.exmaple", "/one")


def test_connections_are_kept_alive(web: PretendWeb) -> None:
    host, port = web.origin("a.example").removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
    connection.connect()
    plain = connection.sock
    for path, body in (("/one", b"one"), ("/pieces", b"a" * 10 + b"b" * 10), ("/empty", b""), ("/one", b"one")):
        connection.request("GET", path)
        assert connection.getresponse().read() == body
        assert connection.sock is plain
    connection.request("HEAD", "/one")
    answer = connection.getresponse()
    assert (answer.read(), answer.headers["content-length"]) == (b"", "3")
    connection.request("POST", "/echo", body=b"hello")
    assert b"POST /echo hello" in connection.getresponse().read()
    assert connection.sock is plain
    connection.request("GET", "/one", headers={"Connection": "close"})
    connection.getresponse().read()
    assert connection.sock is None
    connection.close()


def test_http_1_0_gets_no_chunks(web: PretendWeb) -> None:
    said = talk(web.origin("a.example"), b"GET /pieces HTTP/1.0\r\n\r\n")
    assert said.endswith(b"\r\n\r\n" + b"a" * 10 + b"b" * 10)
    assert b"chunked" not in said


def test_the_host_field_counts_on_the_proxy(web: PretendWeb) -> None:
    assert talk(web.proxy, b"GET /x HTTP/1.0\r\nHost: b.example\r\n\r\n").endswith(b"b says x")


def test_bodies_are_sent_as_given(client: httpx.Client) -> None:
    with client.stream("GET", "http://a.example/gzip") as answer:
        raw = b"".join(answer.iter_raw())
    assert raw == gzip.compress(b"packed") or gzip.decompress(raw) == b"packed"
    assert client.get("http://a.example/gzip").content == b"packed"


def test_conditional_requests(client: httpx.Client) -> None:
    first = client.get("http://a.example/")
    assert first.headers["etag"] == '"v1"'
    for tags in ('"v1"', 'W/"v1"', '"v0", "v1"', "*"):
        again = client.get("http://a.example/", headers={"if-none-match": tags})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["tdm-reservation"] == "1"
        assert "content-language" not in again.headers
    assert client.get("http://a.example/", headers={"if-none-match": '"v2"'}).status_code == 200
    dated = {"if-modified-since": "Mon, 02 Mar 2026 08:00:00 GMT"}
    assert client.get("http://a.example/dated", headers=dated).status_code == 304
    assert client.get("http://a.example/one", headers=dated).status_code == 200
    assert client.post("http://a.example/", headers={"if-none-match": "*"}).status_code == 200


def test_redirects_lead_on_in_both_forms(web: PretendWeb, client: httpx.Client) -> None:
    assert client.get("http://a.example/here", follow_redirects=True).text == "one"
    assert client.get("http://a.example/there").headers["location"] == "http://b.example/x?y"
    assert client.get("http://a.example/there", follow_redirects=True).text == "b says x"
    direct = httpx.get(f"{web.origin('a.example')}/there")
    assert direct.headers["location"] == f"{web.origin('b.example')}/x?y"
    far = httpx.get(f"{web.origin('a.example')}/far")
    assert (far.headers["location"], far.headers["x-kept"]) == ("http://elsewhere.example/", "1")


def test_a_page_knows_how_its_client_calls_other_sites(web: PretendWeb, client: httpx.Client) -> None:
    assert client.get("http://a.example/echo").text.endswith("http://b.example")
    assert httpx.get(f"{web.origin('a.example')}/echo").text.endswith(web.origin("b.example"))


def test_connections_that_break(client: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("http://a.example/cut")
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("http://a.example/cut-chunked")
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("http://a.example/raw")


def test_a_cut_body_ends_where_the_answer_says(web: PretendWeb) -> None:
    said = talk(web.origin("a.example"), b"GET /cut HTTP/1.1\r\n\r\n")
    assert b"content-length: 1000\r\n" in said
    assert said.endswith(b"\r\n\r\n" + b"x" * 10)
    assert talk(web.origin("a.example"), b"GET /raw HTTP/1.1\r\n\r\n") == b"\x00\xff not http\r\n\r\n"


def test_a_silent_page_never_answers(web: PretendWeb) -> None:
    with (
        httpx.Client(proxy=web.proxy, timeout=httpx.Timeout(PATIENCE, read=0.1), trust_env=False) as client,
        pytest.raises(httpx.ReadTimeout),
    ):
        client.get("http://a.example/silent")


def test_a_slow_page_takes_its_time(client: httpx.Client) -> None:
    began = time.monotonic()
    assert client.get("http://a.example/slow").content == b"12345"
    assert time.monotonic() - began >= 0.05 + 4 * 0.01  # a lower bound: no machine is too slow for it


def test_an_endless_body_ends_when_the_client_leaves(web: PretendWeb, client: httpx.Client) -> None:
    with client.stream("GET", "http://a.example/endless") as answer:
        received = b""
        for part in answer.iter_raw():
            received += part
            if len(received) > 100_000:
                break
    assert received.startswith(b"never ends never ends")
    assert client.get("http://a.example/one").text == "one"


def test_statuses_without_a_phrase_or_body(client: httpx.Client) -> None:
    assert client.get("http://a.example/teapot").status_code == 799
    assert "content-length" not in client.get("http://a.example/empty").headers


def test_a_cookie_is_asked_back(client: httpx.Client) -> None:
    assert client.get("http://a.example/cookie").status_code == 302
    assert client.get("http://a.example/cookie").text == "one"


def test_digest_authentication(client: httpx.Client) -> None:
    assert client.get("http://a.example/digest").status_code == 401
    assert client.get("http://a.example/digest", auth=httpx.DigestAuth("ann", "secret")).text == "inside"
    assert client.get("http://a.example/digest", auth=httpx.DigestAuth("ann", "wrong")).status_code == 401
    assert client.get("http://a.example/digest", headers={"authorization": "Digest ?"}).status_code == 401


def test_answers_in_turn(client: httpx.Client) -> None:
    assert [client.get("http://a.example/turns").status_code for _ in range(3)] == [503, 200, 200]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01 hello\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"half a request", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 413),
        (b"CONNECT a.example:443 HTTP/1.1\r\n\r\n", 501),
        (b"GET https://a.example/ HTTP/1.1\r\n\r\n", 502),
        (b"GET http://nowhere.example/ HTTP/1.1\r\n\r\n", 502),
        (b"GET /one HTTP/1.1\r\nHost: nowhere.example\r\n\r\n", 502),
    ],
)
def test_what_is_no_request_for_a_site_gets_an_answer(web: PretendWeb, sent: bytes, status: int) -> None:
    recorded = len(web.requests)
    assert talk(web.proxy, sent).startswith(b"HTTP/1.1 %d " % status)
    assert len(web.requests) == recorded


@settings(max_examples=50)
@given(sent=st.binary(max_size=300))
def test_no_bytes_stop_the_server(web: PretendWeb, sent: bytes) -> None:
    talk(web.proxy, sent)
    assert talk(web.origin("a.example"), b"GET /one HTTP/1.0\r\n\r\n").endswith(b"one")


def test_a_client_that_leaves_early_hurts_nobody(web: PretendWeb) -> None:
    host, port = web.origin("a.example").removeprefix("http://").split(":")
    for _ in range(5):
        plain = socket.create_connection((host, int(port)), timeout=PATIENCE)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close with a reset
        plain.sendall(b"GET /endless HTTP/1.1\r\n\r\n")
        plain.close()
    assert httpx.get(f"{web.origin('a.example')}/one").text == "one"


def test_a_web_ends_cleanly_whatever_is_open() -> None:
    threads = threading.active_count()
    with ExitStack() as left_open:
        with PretendWeb([A]) as web:
            host, port = web.origin("a.example").removeprefix("http://").split(":")
            for sent in (b"GET /silent HTTP/1.1\r\n\r\n", b"GET /endless HTTP/1.1\r\n\r\n", b"GET", b""):
                plain = left_open.enter_context(socket.create_connection((host, int(port)), timeout=PATIENCE))
                plain.sendall(sent)
            assert httpx.get(f"{web.origin('a.example')}/one").text == "one"
        assert threading.active_count() == threads
        with suppress(ConnectionError):  # closed with a reset: closed as well
            while plain.recv(65_536):
                pass
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)), timeout=PATIENCE)


def test_requests_stay_readable_after_the_end() -> None:
    with PretendWeb([A]) as web:
        httpx.get(f"{web.origin('a.example')}/one")
    assert web.asked("a.example", "/one") == 1


def test_it_listens_on_loopback_alone(web: PretendWeb) -> None:
    assert web.proxy.startswith("http://127.0.0.1:")
    assert all(web.origin(name).startswith("http://127.0.0.1:") for name in web.sites)


def test_the_environment_names_the_proxy_and_no_exceptions(web: PretendWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    environment = web.environment()
    assert environment["http_proxy"] == environment["HTTPS_PROXY"] == web.proxy
    assert "NO_PROXY" not in environment
    assert "no_proxy" not in environment
    assert environment["PATH"] == os.environ["PATH"]


def test_a_page_function_that_raises_is_heard_at_the_end() -> None:
    def broken(request: Received) -> Answer:
        raise LookupError(request.path)

    def use() -> None:
        with PretendWeb([Site("a.example", {"/": broken})]) as web:
            assert httpx.get(web.origin("a.example")).status_code == 500

    with pytest.raises(LookupError, match="/"):
        use()


def test_mistakes_of_the_caller_are_named() -> None:
    with pytest.raises(ValueError, match=r"same name among \['a\.example', 'a\.example'\]"):
        PretendWeb([A, A])
    with pytest.raises(ValueError, match=r"such as 'gazette\.example', not 'Gazette\.example'"):
        Site("Gazette.example", {})
    with pytest.raises(ValueError, match="begins with a slash"):
        Site("a.example", {"news": ONE})
    with pytest.raises(ValueError, match="line break"):
        Answer(headers=(("x", "a\r\nb"),))
    with pytest.raises(ValueError, match="at least one byte"):
        endless(b"")
    with pytest.raises(ValueError, match="at least one answer"):
        one_after_another()
    with pytest.raises(ValueError, match="from 1 on, not 0"):
        Answer(piece=0)
    with pytest.raises(RuntimeError, match="not open"):
        _ = PretendWeb([A]).proxy


def test_the_sample_web_looks_like_life() -> None:
    assert len(SITES) >= 24
    names = [site.name for site in SITES]
    assert len(set(names)) == len(names)
    assert all(site.about.endswith(".") and site.expected for site in SITES)
    marks = [marker(site.name, path) for site in SITES for path in site.expected]
    assert len(set(marks)) == len(marks) > 100


def test_every_sample_page_is_served_with_its_marker() -> None:
    withheld_before_the_page = {"tarpit.example", "overloaded.example", "moved.example", "relay.example"}
    challenges = {("briefing.example", path) for path in ("/today.html", "/archive.html", "/rates.json")}
    with sample_web() as web, httpx.Client(proxy=web.proxy, timeout=PATIENCE, trust_env=False) as client:
        index = client.get("http://index.example/").text
        for site in SITES:
            for path in site.expected:
                assert site.name == "index.example" or f'"http://{site.name}{path}"' in index
                if site.name in withheld_before_the_page or path == "/buoys.bin":
                    continue
                with client.stream("GET", f"http://{site.name}{path}") as answer:
                    raw = b"".join(answer.iter_raw())
                assert answer.status_code == (402 if (site.name, path) in challenges else 200)
                assert marker(site.name, path) in raw, f"{site.name}{path}"
                assert sum(marker(site.name, other) in raw for other in site.expected) == 1
        assert client.get("http://moved.example/").headers["location"] == "http://gazette.example/"
        assert client.head("http://datasets.example/buoys.bin").headers["content-length"] == str(BULK)


def test_the_large_file_is_made_while_it_is_sent() -> None:
    with sample_web() as web, httpx.Client(proxy=web.proxy, timeout=PATIENCE, trust_env=False) as client:
        with client.stream("GET", "http://datasets.example/buoys.bin") as answer:
            size = sum(len(part) for part in answer.iter_raw())
        assert size == BULK == web.sent("datasets.example", "/buoys.bin")


def test_sample_files_are_what_they_say() -> None:
    with sample_web() as web:
        picture = httpx.get(f"{web.origin('gazette.example')}/media/ferry.png").content
        sound = httpx.get(f"{web.origin('radio.example')}/jingle.wav").content
        paper = httpx.get(f"{web.origin('library.example')}/guide.pdf").content
        page = httpx.get(f"{web.origin('lenswork.example')}/series/boats.html").text
        assert f'src="{web.origin("images.cdn.example")}/lenswork/boats-1.png"' in page
    rows = zlib.decompress(picture[picture.index(b"IDAT") + 4 : picture.index(b"IEND") - 8])
    assert len(rows) == (96 * 3 + 1) * 64
    with wave.open(BytesIO(sound)) as heard:
        assert (heard.getframerate(), heard.getnframes()) == (8000, 4000)
    assert paper.startswith(b"%PDF-1.4")
    start = int(paper.split(b"startxref\n")[1].split()[0])
    assert paper[start:].startswith(b"xref\n0 7\n")
    for number, line in enumerate(paper[start:].splitlines()[3:9], start=1):
        assert paper[int(line[:10]) :].startswith(b"%d 0 obj" % number)


def test_files_with_words_inside_are_what_they_say() -> None:
    """Read by others: Pillow, zipfile, pikepdf, the native reader of C2PA."""
    packet = files.xmp({"plus:DataMining": f"{files.PLUS}DMI-PROHIBITED"})
    store = manifest_store({"cawg.ai_training": "notAllowed"})
    for made in (files.jpeg(b"mark-1", packet, store), png(b"mark-1" * 5, packet)):
        with Image.open(BytesIO(made)) as picture:
            picture.load()
            assert picture.size == (96, 64)
            assert picture.info.get("xmp", picture.info.get("XML:com.adobe.xmp", "")) in (packet, packet.decode())
    with zipfile.ZipFile(BytesIO(files.epub(b"mark-2", "Salt & Silt", ""))) as book:
        assert book.testzip() is None
        assert book.namelist()[0] == "mimetype"
        assert b"<dc:title>Salt &amp; Silt</dc:title>" in book.read("OEBPS/package.opf")
    with pikepdf.open(BytesIO(pdf(b"mark-3", "Silt", packet))) as paper:
        assert paper.Root.Metadata.read_bytes() == packet
    for made, kind in (
        (files.jpeg(b"mark-4", None, store), "image/jpeg"),
        (files.mp3(b"m", {}, None, store), "audio/mpeg"),
    ):
        with c2pa.Reader(kind, BytesIO(made)) as reader:
            said = json.loads(reader.json())
        (assertion,) = said["manifests"][said["active_manifest"]]["assertions"]
        assert assertion["data"] == {"entries": {"cawg.ai_training": {"use": "notAllowed"}}}
        assert said["validation_state"] == "Invalid"  # nobody signed it


SAMPLES = re.findall(r"^```python\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("sample", SAMPLES, ids=["own sites", "guarded client", "sample web", "files"])
def test_the_samples_of_the_documentation_run(sample: str) -> None:
    exec(compile(sample, str(DOCS), "exec"), {})


def test_the_documentation_names_everything_public() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [name for name in testing.__all__ if name not in text] == []
