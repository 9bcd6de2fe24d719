"""Bodies whose first bytes deceive, over Scrapy, httpx and httpx2: coded ones like markup, or that say nothing yet."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli

from tdm_guard.testing import Answer, PretendWeb, Site

HEAD = b'<html><head><meta name="tdm-reservation" content="1"></head><body>'
WORDS = random.Random(5)


def streamed(text: bytes) -> bytes:
    """As servers send brotli that stream; of texts of some lengths it begins with a `<`."""
    stream = brotli.Compressor(quality=4, lgwin=22)
    return bytes(stream.process(text) + stream.flush() + stream.finish())


def late(text: bytes) -> bytes:
    """gzip with an extra field (RFC 1952 2.3.1.1), so that its first 3,000 bytes decode to nothing."""
    sums = struct.pack("<II", zlib.crc32(text), len(text))
    extra = struct.pack("<H", 3_000) + bytes(3_000)
    return b"\x1f\x8b\x08\x04" + bytes(4) + b"\0\x03" + extra + zlib.compress(text)[2:-4] + sums


def test_bodies_are_decoded_before_anybody_looks_at_them(
    edge: str, collector: Any, web: Callable[..., PretendWeb], tmp_path: Path
) -> None:
    page = (HEAD + b"words and more words " * 60)[:1145]
    rules = (b"User-agent: *\nDisallow: /\n" + b"# keep out\n" * 80)[:633]
    long = HEAD + b" ".join(bytes(WORDS.choices(b"abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(4_000))
    coded, kept_out = streamed(page), streamed(rules)
    assert coded.strip(b"\x0b")[:1] == kept_out.strip(b"\x0b")[:1] == b"<"
    html, br, gzip = ("content-type", "text/html"), ("content-encoding", "br"), ("content-encoding", "gzip")
    pretend = web(
        Site(
            "press.example",
            {
                "/begins": Answer(headers=(html, br), body=coded),
                "/late": Answer(headers=(gzip,), body=late(long)),
                "/open": Answer(headers=(html, br), body=streamed(b"<p>OPEN</p>" + b" words" * 200)),
            },
        ),
        Site(
            "closed.example",
            {
                "/robots.txt": Answer(headers=(("content-type", "text/plain"), br), body=kept_out),
                "/a": Answer.html("<p>SECRET</p>"),
            },
        ),
    )
    urls = [*(f"http://press.example/{name}" for name in ("begins", "late", "open")), "http://closed.example/a"]
    job = collector(edge, pretend, tmp_path / "job").run(urls)
    assert job.verdicts == dict(zip(urls, ["reserved", "reserved", "unreserved", "reserved"], strict=True))
    assert coded not in job.disk
    assert late(long) not in job.disk
    assert pretend.asked("closed.example", "/a") == 0
    job.check()
