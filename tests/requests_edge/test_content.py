"""What is handed on and what is withheld: nothing of the one is changed, nothing of the other arrives."""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
from typing import Any

import pytest
import requests

from tdm_guard import LogError, Withheld, decision_of
from tdm_guard.guard import Guard
from tests.support.raw_server import RawServer

PAGE = b"<!doctype html><html><head><title>t</title></head><body>" + b"<p>words</p>" * 9000 + b"</body></html>"
RESERVING = PAGE.replace(b"</head>", b'<meta name="tdm-reservation" content="1"></head>')
PICTURE = bytes(range(256)) * 1200  # 300 kB
HTML = {"content_type": "text/html"}
TAR = {"content_type": "application/x-tar"}


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def read_content(response: Any) -> bytes:
    content: bytes = response.content
    return content


def read_pieces(response: Any) -> bytes:
    return b"".join(response.iter_content(1000))


def read_as_it_comes(response: Any) -> bytes:
    return b"".join(response.iter_content(None))


def read_raw_decoded(response: Any) -> bytes:
    content: bytes = response.raw.read(decode_content=True)
    return content


def read_raw_in_parts(response: Any) -> bytes:
    parts = []
    while part := response.raw.read(777, decode_content=True):
        parts.append(part)
    return b"".join(parts)


def read_file(response: Any) -> bytes:
    response.raw.decode_content = True
    response.raw.auto_close = False  # as urllib3 says for readers of the io module
    return io.BufferedReader(response.raw).read()


READERS = [read_content, read_pieces, read_as_it_comes, read_raw_decoded, read_raw_in_parts, read_file]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("framing", ["length", "chunks", "close"])
@pytest.mark.parametrize("what", ["page", "coded page", "file", "coded file"])
def test_what_is_handed_on_is_whole_whoever_reads_it(
    one_edge: Any, http: Any, chunked: Any, what: str, framing: str, read: Any
) -> None:
    plain = PAGE if "page" in what else PICTURE
    sent = gzip.compress(plain) if "coded" in what else plain
    fields = (HTML if "page" in what else TAR) | ({"content_encoding": "gzip"} if "coded" in what else {})
    if framing == "chunks":
        answer = chunked(*[sent[at : at + 5000] for at in range(0, len(sent), 5000)], **fields)
    else:
        answer = http(sent, **fields)

    with RawServer({"/a": answer if framing != "close" else closing(sent, fields)}) as server:
        session = one_edge.session()
        response = session.get(f"{server.url}/a", stream=True)
        assert read(response) == plain
        session.close()
    (record,) = one_edge.decisions
    assert record["admitted"]
    told = record if "page" in what else one_edge.records("body")[0]
    assert (told["bytes"], told["content_sha256"]) == (len(sent), digest(sent))
    assert told.get("complete", True)


def closing(body: bytes, fields: dict[str, str]) -> Any:
    """An answer that ends with its connection."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return closes(f"HTTP/1.0 200 OK\r\n{lines}\r\n".encode() + body)


def closes(answer: bytes) -> Any:
    def page(_: str) -> bytes:
        return answer

    page.closes = True  # type: ignore[attr-defined]
    return page


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_reserving_page_yields_no_byte(edge: Any, http: Any, chunked: Any, coding: str, stream: bool) -> None:
    sent = gzip.compress(RESERVING) if coding else RESERVING
    fields = HTML | ({"content_encoding": coding} if coding else {})
    with RawServer({"/a": http(sent, **fields), "/b": chunked(sent[:50], sent[50:], **fields)}) as server:
        session = edge.session()
        for path in ("/a", "/b"):
            with pytest.raises(Withheld) as caught:
                session.get(server.url + path, stream=stream)
            assert caught.value.decision.verdict == "reserved"
            assert caught.value.request.url == server.url + path
        session.close()
    assert [record["verdict"] for record in edge.decisions] == ["reserved", "reserved"]


def test_reserving_header_withholds_before_the_body_is_read(edge: Any, http: Any) -> None:
    endless = http(b"", tdm_reservation="1", **TAR).replace(b"Content-Length: 0", b"Content-Length: 99999999")
    with RawServer({"/a": endless + b"x" * 1000}) as server:
        session = edge.session()
        with pytest.raises(Withheld):
            session.get(f"{server.url}/a", timeout=5)
        session.close()
    assert edge.decisions[0]["stage"] == "headers"


def test_withheld_is_no_error_of_requests_and_can_be_pickled(one_edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"x", tdm_reservation="1")}) as server:
        session = one_edge.session()
        with pytest.raises(Withheld) as caught:
            session.get(f"{server.url}/a")
        session.close()
    assert not isinstance(caught.value, (requests.RequestException, OSError))
    assert pickle.loads(pickle.dumps(caught.value)).decision.verdict == "reserved"


def test_disallowed_page_is_not_requested(edge: Any, http: Any) -> None:
    robots = http(b"User-agent: *\nDisallow: /private\n", content_type="text/plain")
    with RawServer({"/robots.txt": robots, "/private/a": http(b"secret")}) as server:
        session = edge.session()
        with pytest.raises(Withheld):
            session.get(f"{server.url}/private/a")
        session.close()
        assert "/private/a" not in server.targets()


def test_decision_is_found_and_lost_where_it_should_be(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(PAGE, **HTML)}) as server:
        session = edge.session()
        response = session.get(f"{server.url}/a")
        decision = decision_of(response)
        assert decision is not None
        assert response.tdm_guard is decision
        assert decision.id == edge.decisions[0]["id"]
        assert decision_of(pickle.loads(pickle.dumps(response))) is None
        assert pickle.loads(pickle.dumps(response)).content == PAGE
        session.close()
    assert decision_of(requests.Response()) is None


def test_body_given_up_is_recorded_as_incomplete(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(PICTURE, **TAR)}) as server:
        session = edge.session()
        with session.get(f"{server.url}/a", stream=True) as response:
            assert len(next(response.iter_content(100_000))) == 100_000
        session.close()
    (body,) = edge.records("body")
    assert (body["complete"], body["bytes"] >= 100_000) == (False, True)


def test_body_that_is_open_when_the_session_is_closed_has_its_record(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(PICTURE, **TAR)}) as server:
        session = edge.session()
        response = session.get(f"{server.url}/a", stream=True)
        session.close()
        assert [record["complete"] for record in edge.records("body")] == [False]
        with pytest.raises(LogError):
            response.content  # noqa: B018
    assert edge.records()[-1]["type"] == "end"


@pytest.mark.parametrize("size", [10, 60_000, 70_000])
def test_small_content_that_is_read_anyway_has_one_record(edge: Any, http: Any, size: int) -> None:
    body = b"x" * size
    with RawServer({"/a": http(body, **TAR)}) as server:
        session = edge.session()
        assert session.get(f"{server.url}/a").content == body
        session.close()
    (record,) = edge.decisions
    bodies = edge.records("body")
    told = bodies[0] if bodies else record
    assert (len(bodies), told["bytes"], told["content_sha256"]) == (int(size > 65_536), size, digest(body))


def test_events_arrive_as_they_come(one_edge: Any) -> None:
    """A stream in chunks is not held back until so many bytes are there."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    first = b"data: " + b"1" * 2000 + b"\n\n"

    def events(_: str) -> bytes:
        return head + b"%x\r\n%b\r\n" % (len(first), first)  # and no end

    for size in (None, 512, 100_000):
        with RawServer({"/a": events}) as server:
            session = one_edge.session(log=str(one_edge.log) + str(size))
            response = session.get(f"{server.url}/a", stream=True, timeout=5)
            came = b""
            for piece in response.iter_content(size):
                came += piece
                if came == first:
                    break
            response.close()
            session.close()


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "304 Not Modified", "404 Not Found", "500 Oh"])
def test_answers_without_a_body(edge: Any, http: Any, method: str, status: str) -> None:
    with RawServer({"/a": http(b"", status)}) as server:
        session = edge.session()
        response = session.request(method, f"{server.url}/a")
        assert response.content == b""
        assert decision_of(response) is not None
        session.close()
    (record,) = edge.decisions
    assert record["admitted"]
    assert record["content"] is (status[0] == "2" and method == "GET" and "204" not in status)


def test_head_of_what_would_be_chunked(one_edge: Any) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    with RawServer({"/a": answer}) as server:
        session = one_edge.session()
        assert session.head(f"{server.url}/a", timeout=5).content == b""
        session.close()
    assert one_edge.decisions[0]["content"] is False


@pytest.mark.parametrize("junk", ["no colon here", " \x0bodd", "TDM-Reservation"])
def test_reservation_behind_a_broken_header_line_is_heard(edge: Any, http: Any, junk: str) -> None:
    """`http.client` gives up at such a line and drops what follows, without an error."""
    answer = http(b"words", **TAR).replace(b"\r\n\r\n", f"\r\n{junk}\r\nTDM-Reservation: 1\r\n\r\n".encode(), 1)
    with RawServer({"/a": answer}) as server:
        session = edge.session()
        with pytest.raises(Withheld):
            session.get(f"{server.url}/a", timeout=5)
        session.close()


def test_repeated_and_folded_header_lines_are_heard(edge: Any, http: Any) -> None:
    answers = {
        "/a": http(b"words", **TAR).replace(b"\r\n\r\n", b"\r\nTDM-Reservation: 0\r\nTDM-Reservation: 1\r\n\r\n", 1),
        "/b": http(b"words", **TAR).replace(b"\r\n\r\n", b"\r\nX-Robots-Tag: noindex,\r\n noai\r\n\r\n", 1),
        "/c": http(b"words", **TAR).replace(b"\r\n\r\n", b"\r\nTDM-Reservation : 1\r\n\r\n", 1),
    }
    with RawServer(answers) as server:
        session = edge.session()
        for path in answers:
            with pytest.raises(Withheld):
                session.get(server.url + path, timeout=5)
        session.close()


def test_page_that_breaks_off_is_an_error_of_requests_without_a_record(edge: Any, http: Any, chunked: Any) -> None:
    cut = http(PAGE, **HTML)[:-50_000]
    broken = chunked(PAGE, **HTML)[:-9] + b"zz\r\n"
    with RawServer({"/a": closes(cut), "/b": closes(broken)}) as server:
        session = edge.session()
        for path in ("/a", "/b"):
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                session.get(server.url + path, timeout=5)
        session.close()
    assert edge.decisions == []


def test_wrong_coding_has_its_record_before_its_reader_fails(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"not gzip", content_encoding="gzip", **TAR)}) as server:
        session = edge.session()
        with pytest.raises(requests.exceptions.ContentDecodingError):
            session.get(f"{server.url}/a")
        session.close()
    assert len(edge.decisions) == 1


def test_page_over_the_limit_is_undetermined(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(PAGE, **HTML)}) as server:
        session = edge.session(max_asset_bytes=10_000)
        with pytest.raises(Withheld) as caught:
            session.get(f"{server.url}/a")
        session.close()
    assert caught.value.decision.verdict == "undetermined"


def test_observing_hands_on_and_records(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(RESERVING, **HTML)}) as server:
        session = edge.session(mode="observe")
        assert session.get(f"{server.url}/a").content == RESERVING
        session.close()
    (record,) = edge.decisions
    assert (record["verdict"], record["admitted"], record["enforced"]) == ("reserved", True, False)


def test_nothing_is_handed_on_when_the_log_cannot_be_written(
    edge: Any, http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise LogError("no space left")

    with RawServer({"/a": http(PAGE, **HTML)}) as server:
        session = edge.session()
        with monkeypatch.context() as patch:
            patch.setattr(Guard, "close", full)
            with pytest.raises(LogError):
                session.get(f"{server.url}/a")
        session.close()


def test_missing_body_record_raises(edge: Any, http: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer({"/a": http(PICTURE, **TAR)}) as server:
        session = edge.session()
        response = session.get(f"{server.url}/a", stream=True)
        with monkeypatch.context() as patch:
            patch.setattr(session.get_adapter(server.url).session.guard.log, "body", _full)
            with pytest.raises(LogError):
                b"".join(response.iter_content(10_000))
        session.close()


def _full(*_: Any, **__: Any) -> None:
    raise LogError("no space left")


def test_other_protocol_is_refused(one_edge: Any) -> None:
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
    with RawServer({"/a": answer}) as server:
        session = one_edge.session()
        with pytest.raises(ValueError, match="another protocol"):
            session.get(f"{server.url}/a", timeout=5)
        session.close()


def test_early_hints_are_passed_over(one_edge: Any, http: Any) -> None:
    answer = b"HTTP/1.1 100 Continue\r\n\r\n" + http(PAGE, **HTML)
    with RawServer({"/a": answer}) as server:
        session = one_edge.session()
        assert session.get(f"{server.url}/a", timeout=5).content == PAGE
        session.close()


def test_body_that_is_sent_in_pieces_arrives(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"thanks", **TAR)}) as server:
        session = edge.session()
        assert session.post(f"{server.url}/a", data=iter([b"one", b"two"]), timeout=5).content == b"thanks"
        session.close()


def test_connections_are_used_again(one_edge: Any, http: Any, chunked: Any) -> None:
    """What was read to its end, and what nothing came of, leaves its connection; a refused body closes it."""
    pages = {"/a": http(PAGE, **HTML), "/b": chunked(PICTURE, **TAR), "/c": http(b"", "404 Not Found")}
    with RawServer(pages) as server:
        session = one_edge.session()
        session.get(f"{server.url}/a")
        before = len(server._connections)
        for path in ("/a", "/b", "/c", "/a", "/b"):
            session.get(server.url + path)
            with session.get(server.url + path, stream=True) as response:
                b"".join(response.iter_content(4096))
        assert len(server._connections) == before
        session.close()
