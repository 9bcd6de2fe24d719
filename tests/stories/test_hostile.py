"""
Sites whose documents are made to hurt: each is bounded, none is a yes, and the sites beside them are served.

What could be read of each document refuses, so that whoever reads it as far as the bounds go hears that.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tdm_guard.testing import Answer, PretendWeb, Site, endless
from tdm_guard.testing.site import Page

ROBOTS, FILE = "/robots.txt", "/.well-known/tdmrep.json"
BEGINNINGS = {ROBOTS: b"User-agent: *\nDisallow: /\n", FILE: b'[{"location": "/", "tdm-reservation": 1}'}
FILLERS = {ROBOTS: b"# and so on\n" * 5_000, FILE: b" " * 60_000}
MIB = 2**20
BOMB = 64  # mebibytes that a bomb comes to
KINDS: dict[str, Callable[[bytes, bytes], Page]] = {}
READABLE = ("gzip-bomb", "deflate-bomb", "bomb-in-a-bomb", "endless-body")
RAW = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def kind(make: Callable[[bytes, bytes], Page]) -> Callable[[bytes, bytes], Page]:
    KINDS[make.__name__.replace("_", "-")] = make
    return make


def raw(rest: bytes) -> Answer:
    return Answer(raw=RAW + rest)


def coded(body: bytes, codings: str, **how: Any) -> Answer:
    return Answer(headers=(("content-type", "text/plain"), ("content-encoding", codings)), body=body, **how)


def inflating(begin: bytes, filler: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    packed = packer.compress(begin)
    for _ in range(BOMB * MIB // len(filler)):
        packed += packer.compress(filler)
    return packed + packer.flush()


@kind
def gzip_bomb(begin: bytes, filler: bytes) -> Answer:
    return coded(inflating(begin, filler, 31), "gzip")


@kind
def deflate_bomb(begin: bytes, filler: bytes) -> Answer:
    return coded(inflating(begin, filler, 15), "deflate")


@kind
def bomb_in_a_bomb(begin: bytes, filler: bytes) -> Answer:
    return coded(gzip.compress(inflating(begin, filler, 31)), "gzip, gzip")


@kind
def many_codings(begin: bytes, filler: bytes) -> Answer:
    body = begin + filler
    for _ in range(20):
        body = gzip.compress(body, 1)
    return coded(body, ", ".join(["gzip"] * 20))


@kind
def many_members(begin: bytes, filler: bytes) -> Answer:
    return coded(gzip.compress(begin) + gzip.compress(b" ") * 20_000, "gzip")


@kind
def torn_coding(begin: bytes, filler: bytes) -> Answer:
    return coded(gzip.compress(begin + filler)[:-30], "gzip")


@kind
def endless_body(begin: bytes, filler: bytes) -> Answer:
    def pieces() -> Iterator[bytes]:
        yield begin
        yield from endless(filler)()

    return Answer(headers=(("content-type", "text/plain"),), body=pieces)


@kind
def slow_drip(begin: bytes, filler: bytes) -> Answer:
    return Answer(headers=(("content-type", "text/plain"),), body=endless(b"#"), piece=1, drip=0.02)


@kind
def silence(begin: bytes, filler: bytes) -> Answer:
    return Answer(silent=True)


@kind
def cut_body(begin: bytes, filler: bytes) -> Answer:
    return Answer(headers=(("content-type", "text/plain"),), body=begin + filler, close_after=len(begin) + 3)


@kind
def loop(begin: bytes, filler: bytes) -> Page:
    return lambda request: Answer.redirect(request.path, status=301)


@kind
def long_way(begin: bytes, filler: bytes) -> Answer:
    return Answer.redirect("http://way.example/0")


@kind
def to_a_file(begin: bytes, filler: bytes) -> Answer:
    return Answer.redirect("file:///etc/passwd")


@kind
def to_the_inside(begin: bytes, filler: bytes) -> Answer:
    return Answer.redirect("http://169.254.169.254/latest/meta-data/")


@kind
def to_nowhere(begin: bytes, filler: bytes) -> Answer:
    return Answer.redirect("http://[::1")


@kind
def long_location(begin: bytes, filler: bytes) -> Answer:
    return Answer.redirect("http://well.example/" + "x" * 90_000)


@kind
def long_field(begin: bytes, filler: bytes) -> Answer:
    return raw(b"X-Long: " + b"x" * 2 * MIB + b"\r\nContent-Length: %d\r\n\r\n%b" % (len(begin), begin))


@kind
def many_fields(begin: bytes, filler: bytes) -> Answer:
    return raw(b"X-Many: x\r\n" * 100_000 + b"Content-Length: %d\r\n\r\n%b" % (len(begin), begin))


@kind
def endless_fields(begin: bytes, filler: bytes) -> Answer:
    return raw(b"X-Many: x\r\n" * 200_000)


@kind
def endless_hints(begin: bytes, filler: bytes) -> Answer:
    return Answer(raw=b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 20_000)


@kind
def negative_length(begin: bytes, filler: bytes) -> Answer:
    return raw(b"Content-Length: -5\r\n\r\n" + begin)


@kind
def two_lengths(begin: bytes, filler: bytes) -> Answer:
    return raw(b"Content-Length: 3\r\nContent-Length: %d\r\n\r\n%b" % (len(begin), begin))


@kind
def huge_chunk(begin: bytes, filler: bytes) -> Answer:
    return raw(b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n" + begin)


@kind
def endless_chunk_size(begin: bytes, filler: bytes) -> Answer:
    return raw(b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * MIB)


@kind
def no_status(begin: bytes, filler: bytes) -> Answer:
    return Answer(raw=b"HTTP/1.1 two hundred\r\n\r\n" + begin)


@kind
def no_answer(begin: bytes, filler: bytes) -> Answer:
    return Answer(raw=begin * 100)


@kind
def nothing(begin: bytes, filler: bytes) -> Answer:
    return Answer(raw=b"")


WAY = {f"/{n}": Answer.redirect(f"http://way.example/{n + 1}") for n in range(30)}
PAGE = Answer.html("<title>t</title>SECRET")
OPEN = Answer.html("<title>t</title>OPEN")


@pytest.mark.slow
@pytest.mark.parametrize("document", [ROBOTS, FILE])
def test_documents_made_to_hurt_are_bounded_and_never_a_yes(collect: Any, web: Any, document: str) -> None:
    given = BEGINNINGS[document], FILLERS[document]
    hostile = [Site(f"{name}.example", {document: make(*given), "/page": PAGE}) for name, make in KINDS.items()]
    pretend: PretendWeb = web(*hostile, Site("way.example", WAY), Site("well.example", {"/page": OPEN}))
    urls = [f"http://{site.name}/page" for site in hostile]
    job = collect(
        pretend, [*urls, "http://well.example/page"], policy_timeout=6
    )  # of network time; machines may be busy
    job.check()
    verdicts = job.verdicts
    assert verdicts.pop("http://well.example/page") == "unreserved"
    assert set(verdicts) == set(urls)
    assert {url: verdict for url, verdict in verdicts.items() if verdict not in ("reserved", "undetermined")} == {}
    if document == ROBOTS:  # RFC 9309 2.5: what lies within the limit is read
        assert {verdicts[f"http://{name}.example/page"] for name in READABLE} == {"reserved"}
    assert [site.name for site in hostile if pretend.asked(site.name, "/page")] == []
    assert pretend.sent("endless-body.example", document) < 16 * MIB
    assert sum(got.site == "way.example" and got.path in WAY for got in pretend.requests) <= 6
    assert b"SECRET" not in job.disk
