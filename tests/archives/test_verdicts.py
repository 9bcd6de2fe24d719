"""However a tool stored an answer, it comes to the same verdict through the judge."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import brotli
import pytest
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tdm_guard import Fetched, Judge
from tdm_guard.archives import Item, read_items
from tdm_guard.formats.http.content_coding import optional
from tests.archives.made import PAGE, URL, record, split

zstd: Any = optional("compression.zstd", "backports.zstd")
FIRST_LINE_IS_A_LENGTH = b"add\r\n" + b"x" * 0xADD + b"\r\n" + b"words " * 400
RESERVED = b'<html><head><meta name="robots" content="noai"></head><body>' + b"words " * 400 + b"</body></html>"
SILENT = b"<html><head><title>t</title></head><body>" + b"words " * 400 + b"</body></html>"
POLICIES = {"/robots.txt": Fetched(status=404), "/.well-known/tdmrep.json": Fetched(status=404)}
JUDGE = Judge(agent="Bot")

CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def chunked(body: bytes, size: int = 300) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


FORMS: dict[str, Callable[[bytes, bytes], tuple[list[tuple[str, str]], bytes]]] = {
    "as received": lambda body, coded: ([("Content-Length", str(len(coded)))], coded),
    "in chunks": lambda body, coded: ([("Transfer-Encoding", "chunked")], chunked(coded)),
    "dechunked beside its field": lambda body, coded: ([("Transfer-Encoding", "chunked")], coded),
    "in chunks without a field": lambda body, coded: ([], chunked(coded)),
    "decoded beside its field": lambda body, coded: ([("Content-Length", str(len(coded)))], body),
    "decoded and dechunked": lambda body, coded: ([("Transfer-Encoding", "chunked")], body),
    "decoded, in chunks": lambda body, coded: ([("Transfer-Encoding", "chunked")], chunked(body)),
}


def judged(item: Item, folder: Path | None = None) -> tuple[str, tuple[str, ...]]:
    decision = JUDGE.evaluate(
        item.url,
        status=item.status,
        headers=item.headers,
        body=item.body,
        body_complete=item.body_complete,
        hops=item.hops,
        policies=POLICIES,
        now=item.at or datetime.now(UTC),
    )
    return str(decision.verdict), tuple(statement.signal for statement in decision.because)


def written(path: Path, fields: list[tuple[str, str]], body: bytes, line: bytes = b"HTTP/1.1 200 OK") -> Item:
    head = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in fields)
    path.write_bytes(record(block=line + b"\r\n" + head + b"\r\n" + body))
    (item,) = read_items(path)
    assert isinstance(item, Item)
    return item


@pytest.mark.parametrize("body", [RESERVED, SILENT], ids=["reserved", "silent"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_is_read_however_it_was_stored(
    tmp_path: Path,
    coding: str,
    form: Callable[[bytes, bytes], tuple[list[tuple[str, str]], bytes]],
    body: bytes,
) -> None:
    fields, stored = form(body, CODINGS[coding](body))
    fields = [("Content-Type", "text/html"), *fields, *([("Content-Encoding", coding)] if coding != "identity" else [])]
    item = written(tmp_path / "a.warc", fields, stored)
    expected = ("reserved", ("x-robots",)) if body is RESERVED else ("unreserved", ())
    assert judged(item) == expected


@pytest.mark.parametrize("chunks", [False, True])
def test_a_text_whose_first_line_is_a_number_is_no_chunk(tmp_path: Path, chunks: bool) -> None:
    fields = [("Content-Type", "text/plain"), ("Transfer-Encoding", "chunked")]
    text = b"add\n" + b"words\n" * 900
    item = written(tmp_path / "a.warc", fields, chunked(text) if chunks else text)
    assert judged(item) == ("unreserved", ())


@pytest.mark.parametrize("name", ["TDM-Reservation", "tdm-reservation"])
@pytest.mark.parametrize("line", [b"HTTP/1.1 200 OK", b"HTTP/2 200", b"ICY 200 OK", b"x: y"])
def test_fields_are_heard_whatever_the_status_line(tmp_path: Path, name: str, line: bytes) -> None:
    item = written(tmp_path / "a.warc", [("Content-Type", "text/html"), (name, "1")], PAGE, line)
    assert judged(item) == ("reserved", ("tdmrep",))


def test_repeated_and_glued_fields_are_all_heard(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    for fields in (
        [("X-Robots-Tag", "all"), ("X-Robots-Tag", "noai")],
        [("X-Robots-Tag", "all\nnoai")],
        [("X-Robots-Tag", "all,\r\n\tnoai")],
        [("x-archive-orig-x-robots-tag", "noai")],
        [("x-orig-X-Robots-Tag", "noai")],
    ):
        assert judged(written(path, [("Content-Type", "text/html"), *fields], SILENT)) == ("reserved", ("x-robots",))


def test_fields_of_a_redirect_count_for_what_it_led_to(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    redirect = b"HTTP/1.1 302 Found\r\nLocation: /page\r\nTDM-Reservation: 1\r\n\r\n"
    path.write_bytes(
        record(block=redirect, url="https://site.example/old") + record(block=b"HTTP/1.1 200 OK\r\n\r\n" + PAGE)
    )
    items, _ = split(read_items(path))
    assert {judged(item)[0] for item in items} == {"reserved"}


def test_what_was_cut_is_not_taken_for_silent(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    for fields in ([("WARC-Truncated", "length")], [("Content-Length", "99999")]):
        path.write_bytes(record(block=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><head>", fields=fields))
        items, _ = split(read_items(path))
        assert [judged(item)[0] for item in items] == ["undetermined"]


def wat(metas: list[dict[str, str]] | None, fields: dict[str, Any], about: str = "HTTP-Response-Metadata") -> bytes:
    answer: dict[str, Any] = {"Response-Message": {"Status": "200"}, "Headers": {"Content-Type": "text/html", **fields}}
    if metas is not None:
        answer["HTML-Metadata"] = {"Head": {"Metas": metas, "Link": [{"path": "LINK@/href", "url": "/a", "rel": "x"}]}}
    block = json.dumps({"Container": {}, "Envelope": {"Payload-Metadata": {about: answer}}}).encode()
    return record("metadata", block, fields=[("Content-Type", "application/json")])


@pytest.mark.parametrize(
    ("metas", "fields", "verdict"),
    [
        ([{"name": "robots", "content": "noai"}], {}, "reserved"),
        ([], {"X-Robots-Tag": ["all", "noai"]}, "reserved"),
        ([{"name": "description", "content": '"><meta name=robots content=noai>'}], {}, "unreserved"),
        (None, {}, "undetermined"),
    ],
)
def test_what_a_wat_record_keeps_is_heard(
    tmp_path: Path, metas: list[dict[str, str]] | None, fields: dict[str, Any], verdict: str
) -> None:
    path = tmp_path / "a.warc.wat"
    path.write_bytes(wat(metas, fields) + wat([], {}, "HTTP-Request-Metadata"))
    items, damage = split(read_items(path))
    assert [(judged(item)[0], item.status, item.stored.type) for item in items] == [(verdict, 200, "metadata")]
    assert not damage


@pytest.mark.parametrize("packs", [False, True])
def test_what_warcio_writes(tmp_path: Path, packs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WARCWriter, "_create_temp_file", io.BytesIO)  # its own is left open
    path = tmp_path / "a.warc"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packs)
        fields = [
            ("Content-Type", "text/html"),
            ("Content-Encoding", "br"),
            ("X-Robots-Tag", "noai"),
            ("X-Robots-Tag", "b: c"),
        ]
        head = StatusAndHeaders("200 OK", fields, protocol="HTTP/1.1")
        answer = writer.create_warc_record(
            URL, "response", payload=io.BytesIO(brotli.compress(SILENT)), http_headers=head
        )
        request = writer.create_warc_record(URL, "request", http_headers=StatusAndHeaders("HEAD / HTTP/1.1", []))
        writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "x"}))
        writer.write_request_response_pair(request, answer)
        again = writer.create_revisit_record(f"{URL}/2", "sha1:X", URL, answer.rec_headers.get_header("WARC-Date"))
        writer.write_record(again)
        writer.write_record(
            writer.create_warc_record(f"{URL}/3", "resource", payload=io.BytesIO(PAGE), warc_content_type="text/html")
        )
    items, damage = split(read_items(path))
    assert not damage
    assert [item.stored.type for item in items] == ["response", "revisit", "resource"]
    assert items[0].headers[2:] == (("X-Robots-Tag", "noai"), ("X-Robots-Tag", "b: c"))
    assert items[1].body == items[0].body
    # nobody knows what the fields of the answer said that the third was made of
    assert [judged(item)[0] for item in items] == ["reserved", "reserved", "undetermined"]


def test_what_fastwarc_writes_and_reads(tmp_path: Path) -> None:
    """Places are those that it gives, too."""
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as file:
        for number in range(3):
            made = WarcRecord()
            made.init_headers(WarcRecordType.response)
            made.headers["WARC-Target-URI"] = f"{URL}/{number}"
            made.is_http = True
            made.set_bytes_content(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE)
            file.write(gzip.compress(_bytes_of(made)))
    items, damage = split(read_items(path))
    assert not damage
    with path.open("rb") as file:
        theirs = [(each.stream_pos, each.record_id, each.reader.read()) for each in ArchiveIterator(file)]
    assert [(item.stored.offset, item.stored.record, item.body) for item in items] == theirs


def _bytes_of(made: WarcRecord) -> bytes:
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()
