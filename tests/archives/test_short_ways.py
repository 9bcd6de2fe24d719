"""What is usual goes a short way from bytes to line: the same archive comes to the same records by the long one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Fetched, Judge
from tdm_guard.archives import Damage, Item, named_fields, read_items, usual
from tdm_guard.archives.sources import MappingPolicies
from tdm_guard.cli.scan_job import Job, scan_one
from tdm_guard.formats.http import stored_head
from tdm_guard.judging import plain_answer
from tdm_guard.options import Options
from tdm_guard.testing import files
from tests.archives.made import DATE, PAGE

AT = datetime(2024, 6, 1, tzinfo=UTC)
ROOTS = ("https://a.example", "https://b.example")
SAID = b"User-agent: *\nDisallow: /private\nContent-Signal: ai-train=no\n"
OWN = b'<html><head><meta name="robots" content="noai"></head><body>words</body></html>'
_XMP = files.xmp({"plus:DataMining": f"{files.PLUS}DMI-PROHIBITED-AIMLTRAINING"})
JPEG = files.jpeg(b"words")
SPEAKING = files.jpeg(b"words", _XMP)
BODIES: tuple[tuple[str, bytes], ...] = (
    ("text/html", PAGE),
    ("text/html; charset=utf-8", PAGE),
    ("text/html; charset=utf-8", OWN),
    ("text/html", b'<html><head><meta name="tdm-reservation" content="1"></head></html>'),
    ("text/html", b'<html><script type="application/ld+json">{"copyrightNotice": "no TDM"}</script></html>'),
    ("text/plain", b"words and words"),
    ("text/plain", OWN),
    ("text/plain", b"5\r\nwords\r\n0\r\n\r\n"),
    ("text/html", gzip.compress(OWN, mtime=0)),
    ("image/jpeg", JPEG),
    ("image/jpeg", SPEAKING),
    (
        "application/rss+xml",
        b'<rss version="2.0"><channel><item><link>https://a.example/x</link></item></channel></rss>',
    ),
    ("application/pdf", b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n"),
    ("", OWN),
    ("text/html", b""),
)
HEADS = (
    b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b"HTTP/2 200", b"HTTP/1.0 200 ", b"http/1.1 200 OK",
    b"HTTP/1.1 404 Not Found", b"HTTP/1.1 301 Moved", b"HTTP/1.1 206 Part", b"HTTP/1.1 2000", b"HTTP/1.1 OK",
    b"HTTP/1.1 204 None", b"Server: none", b"words", b"HTTP/1.1 200 OK\nX-Robots-Tag: noai",
)  # fmt: skip
LINES = (
    b"Server: nginx", b"server:nginx", b"X-Robots-Tag: noai", b"x-robots-tag: bot: noindex", b"TDM-Reservation: 1",
    b"tdm-reservation : 1", b"X-Robots-Tag: all\n noai", b"Vary: a\r\n\tb", b"X-Odd: \xe9\xff", b"no colon",
    b"X-Archive-Orig-X-Robots-Tag: noai", b"X-A: 1\nX-Robots-Tag: noai", b"Location: https://b.example/1",
    b"Content-Length: 7", b"content-length: 15", b"Content-Encoding: gzip", b"Transfer-Encoding: chunked",
    b"Content-Usage: train-ai=n", b'Link: <https://a.example/l.xml>; rel="license"; type="application/rsl+xml"',
    b"Empty:", b"Blank:   ", b"Trail: words  ", b": none", b"Content-Type: text/plain",
)  # fmt: skip
FIELDS = (
    b"WARC-IP-Address: 10.0.0.1", b"warc-truncated: length", b"WARC-Truncated: time", b"WARC-Payload-Digest:  sha1:AB ",
    b"WARC-Target-URI: https://b.example/again", b"X-Note: \xc3\xa9", b"X-Note: \xe9", b"folded: a\r\n b", b"odd",
    b"WARC-Segment-Number: 1", b"WARC-Concurrent-To: <urn:uuid:1>",
)  # fmt: skip
ADDRESSES = (
    "https://a.example/1", "https://b.example/private/1", "https://b.example/%2e", "<https://a.example/2>",
    "https://a.example", "dns:a.example", "HTTPS://B.Example/3", "http://a.example/4#part", "https:///6", "",
    "https://u:p@b.example/5?q=1&token=x", "https://b.example/7 ", "https://[::1/8", "https://b.example/9#part",
)  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """A record, most of it usual."""
    often = st.integers(0, 9).map(lambda number: number > 6)
    kind, body = draw(st.sampled_from(BODIES))
    lines = [draw(st.sampled_from(HEADS)) if draw(often) else HEADS[0]]
    lines += draw(st.lists(st.sampled_from(LINES), max_size=3))
    lines += [f"Content-Type: {kind}".encode(), b"Content-Length: %d" % len(body)][
        : draw(st.sampled_from((2, 2, 1, 0)))
    ]
    block = b"\r\n".join(lines) + (b"\n\n" if draw(often) and draw(often) else b"\r\n\r\n") + body
    address = draw(st.sampled_from(ADDRESSES)) if draw(often) else draw(st.sampled_from(ADDRESSES[:2]))
    kept = len(block) if not draw(often) else draw(st.integers(0, len(block)))
    says = kept if not draw(often) or not draw(often) else draw(st.sampled_from((kept + 3, max(0, kept - 2), 10**6)))
    type_ = draw(st.sampled_from((b"resource", b"revisit", b"RESPONSE", b"request"))) if draw(often) else b"response"
    head = [
        b"WARC-Type: " + type_,
        b"WARC-Record-ID: <urn:uuid:1>", f"WARC-Date: {DATE}".encode(), b"WARC-Target-URI: " + address.encode(),
        *(draw(st.lists(st.sampled_from(FIELDS), max_size=2)) if draw(often) else ()),
        b"Content-Type: application/http", b"Content-Length: %d" % says,
    ]  # fmt: skip
    if draw(often):
        head = [each.lower() if draw(often) else each for each in draw(st.permutations(head))]
    end = b"\n" if draw(often) and draw(often) else b"\r\n"
    return b"WARC/1.0" + end + end.join(head) + end * 2 + block[:kept] + b"\r\n\r\n"


@contextmanager
def long_way() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(usual.Usual, "item", lambda *_: None)
        patched.setattr(named_fields.Shapes, "read", lambda *_: None)
        patched.setattr(stored_head, "_usual", lambda *_: None)
        patched.setattr(plain_answer.PlainAnswers, "find", lambda *_: None)
        yield


def judged(path: Path, log: Path, posture: str) -> list[dict[str, Any]]:
    """The records of a scan but what is of the run: times of its own, its name, what the chain says."""
    options = Options.read({"agent": "ExampleBot", "posture": posture, "log": str(log)})
    judge = Judge.of(options)
    silent = {url: Fetched(status=404, at=AT) for url in judge.needed_documents(ROOTS[1])}
    silent |= {f"{ROOTS[1]}/.well-known/{name}": Fetched(status=404, at=AT) for name in ("ai.txt", "trust.txt")}
    found = MappingPolicies({f"{ROOTS[0]}/robots.txt": Fetched(status=200, body=SAID, at=AT), **silent})
    job = Job(
        paths=(str(path),), tasks=(str(path),), judge=judge, log=str(log), as_of=AT,
        unread="ignore", new=frozenset([str(path)]),
    )  # fmt: skip
    scan_one(job, 0, (found,), lambda kind, said: None)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    log.unlink()
    for line in lines:
        for name in ("run", "id", "prev", "hash", "trees", "config_sha256"):
            line.pop(name, None)
        if line["type"] != "decision":
            line.pop("ts")
    return lines


def items(path: Path) -> list[Item | Damage]:
    return list(read_items(path))


@settings(max_examples=80, deadline=None)
@given(st.lists(records(), min_size=1, max_size=6), st.booleans(), st.sampled_from(["cautious", "literal"]))
def test_both_ways_come_to_the_same(tmp_path_factory: Any, made: list[bytes], packed: bool, posture: str) -> None:
    folder = tmp_path_factory.mktemp("ways")
    path = folder / ("a.warc.gz" if packed else "a.warc")
    path.write_bytes(b"".join(gzip.compress(each, 1, mtime=0) if packed else each for each in made))
    short, lines = items(path), judged(path, folder / "log.jsonl", posture)
    with long_way():
        assert items(path) == short
        assert judged(path, folder / "log.jsonl", posture) == lines


def test_what_is_usual_goes_the_short_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(PAGE)
    made = []
    for number in range(3):
        fields = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: {DATE}\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
            f"WARC-Target-URI: {ROOTS[1]}/{number}\r\nContent-Length: {len(head + PAGE)}\r\n\r\n"
        )
        made.append(gzip.compress(fields.encode() + head + PAGE + b"\r\n\r\n"))
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(made))
    gone: list[tuple[str, bool]] = []
    read, item = named_fields.Shapes.read, usual.Usual.item
    find, decision = plain_answer.PlainAnswers.find, plain_answer.PlainAnswers.decision

    def noting(name: str, way: Any) -> Any:
        def noted(*given_: Any, **named: Any) -> Any:
            found = way(*given_, **named)
            gone.append((name, found is not None))
            return found

        return noted

    monkeypatch.setattr(named_fields.Shapes, "read", noting("head", read))
    monkeypatch.setattr(usual.Usual, "item", noting("item", item))
    monkeypatch.setattr(plain_answer.PlainAnswers, "find", noting("answer", find))
    monkeypatch.setattr(plain_answer.PlainAnswers, "decision", noting("decision", decision))
    judged(path, tmp_path / "log.jsonl", "cautious")
    assert gone.count(("head", True)) == 2  # the first is learnt from
    assert gone.count(("item", True)) == gone.count(("answer", True)) == gone.count(("decision", True)) == 3


def _head(names: list[str]) -> bytes:
    return b"".join(f"{name}: value\r\n".encode() for name in names) + b"\r\n"


@pytest.mark.parametrize(("fields", "noted"), [(named_fields.MAX_FIELDS, True), (named_fields.MAX_FIELDS + 1, False)])
def test_a_shape_has_few_fields(fields: int, noted: bool) -> None:
    shapes, head = named_fields.Shapes(), _head([f"x{number}" for number in range(fields)])
    shapes.learn(head)
    assert (shapes.read(head, 0) is not None) is noted


def test_no_stream_has_shapes_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    compiled = named_fields.re.compile
    monkeypatch.setattr(named_fields.re, "compile", lambda pattern: made.append(pattern) or compiled(pattern))
    shapes = named_fields.Shapes()
    for number in range(3 * named_fields.MAX_LEARNT):
        shapes.learn(_head([f"x{number}"]))
    assert len(made) == named_fields.MAX_LEARNT
    assert shapes.read(_head([f"x{named_fields.MAX_LEARNT - 1}"]), 0) is not None
    assert shapes.read(_head([f"x{3 * named_fields.MAX_LEARNT - 1}"]), 0) is None
