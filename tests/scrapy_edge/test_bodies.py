"""Bodies: judged where they come, once, as they were received, and large ones beside the event loop."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tdm_guard.scrapy.aside import Aside
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support import documents
from tests.support.assets import BULK, MEGABYTE, bulk, large_jpeg, large_mp4
from tests.support.handlers import TWO

WITHHELD = "SECRET-WORDS"
META = '<meta name="tdm-reservation" content="1">'
Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]
CACHE = {"HTTPCACHE_ENABLED": True, "HTTPCACHE_DIR": "cache"}
THREADS = {"EXTENSIONS": {"probe_parts.Threads": 0}}


def page(words: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>t</title>{head}</head><body>{words}</body></html>"


def coded(body: bytes, media_type: str, *fields: tuple[str, str]) -> Answer:
    return Answer(
        headers=(("content-type", media_type), ("content-encoding", "gzip"), *fields), body=gzip.compress(body)
    )


def test_size_and_digest_are_of_what_was_received(web: Web, crawl: Crawl) -> None:
    stale = ("etag", '"v1"'), ("cache-control", "max-age=0")
    pages = {
        "/data": coded(b'{"a": "' + b"b" * 3000 + b'"}', "application/json", *stale),
        "/page": coded(page("words" * 600).encode(), "text/html", *stale),
        "/untyped": coded(b"word " * 900, "application/octet-stream", *stale),
        "/script": coded(b"let a = 1;" * 400, "text/javascript", *stale),
        "/small": coded(b"{}", "application/json", *stale),
    }
    pretend = web(Site("site.example", pages))
    origin = pretend.origin("site.example")
    policy = {"HTTPCACHE_POLICY": "scrapy.extensions.httpcache.RFC2616Policy"}
    for settings in ({}, CACHE | policy, CACHE | policy):
        crawled = crawl(*(origin + path for path in pages), **settings)
        assert len(crawled.decisions) == len(pages)
        for record in crawled.decisions:
            wire = pages[record["url"].removeprefix(origin)].body
            assert isinstance(wire, bytes)
            assert (record["bytes"], record["content_sha256"]) == (len(wire), hashlib.sha256(wire).hexdigest())
        if not settings:  # each was judged once: all waited for one policy, and none looked for it again
            assert crawled.stats.get("tdm_guard/policy/hit", 0) == 0
    assert [item["size"] for item in crawled.responses if item["url"].endswith("/small")] == [2]


@pytest.mark.parametrize("way", TWO)
def test_large_bodies_are_judged_beside_the_loop(web: Web, crawl: Crawl, way: dict[str, Any]) -> None:
    pages = {
        "/unreserved/small": Answer.html(page("small")),
        "/unreserved/large": Answer.html(page("x" * 100_000)),
        "/unreserved/picture": Answer(headers=(("content-type", "image/jpeg"),), body=large_jpeg(None) + bytes(90_000)),
        "/unreserved/coded": coded(("x" * 20 + "".join(map(str, range(9000)))).encode(), "text/html"),
        "/reserved/large": Answer.html(page(WITHHELD + "x" * 100_000, META)),
        "/reserved/large-late": Answer.html(page(WITHHELD + "x" * 100_000 + META)),
    }
    origin = web(Site("site.example", pages)).origin("site.example")
    crawled = crawl(*(origin + path for path in pages), **THREADS, **CACHE, **way)
    assert crawled.verdicts() == {path: path.split("/")[1] for path in pages}
    assert crawled.holds(WITHHELD) == []
    lines = [line.split() for line in (crawled.folder / "threads").read_text().splitlines()]
    assert len(lines) == len(pages)
    assert sorted(where for _, where in lines) == ["aside"] * 5 + ["loop"]
    assert crawled.records[-1]["type"] == "end"
    assert crawled.records[-1]["totals"] == {"unreserved": 4, "reserved": 2}


@pytest.mark.parametrize("way", TWO)
def test_beginnings_are_looked_at_beside_the_loop(web: Web, crawl: Crawl, way: dict[str, Any]) -> None:
    film = ("content-type", "video/mp4")
    pages = {
        "/reserved/film.mp4": Answer(headers=(film,), body=bulk(large_mp4()), length=BULK),
        "/unreserved/film.mp4": Answer(
            headers=(film,), body=bulk(large_mp4(documents.xmp("DMI-UNSPECIFIED"), size=3 * MEGABYTE), 3 * MEGABYTE)
        ),
    }
    origin = web(Site("site.example", pages)).origin("site.example")
    crawled = crawl(*(origin + path for path in pages), **THREADS, **way)
    assert crawled.verdicts() == {path: path.split("/")[1] for path in pages}
    lines = [line.split() for line in (crawled.folder / "threads").read_text().splitlines()]
    assert len(lines) >= 4  # of one the beginning and what came until it was cut off, of the other two and the whole
    assert {where for _, where in lines} == {"aside"}


def test_who_is_cancelled_leaves_the_rest_to_go_on() -> None:
    async def main() -> tuple[list[str], str]:
        aside, held, began = Aside(), threading.Event(), threading.Event()

        def work(name: str) -> str:
            began.set()
            held.wait()
            return f"{name} {threading.current_thread() is not threading.main_thread()}"

        first = asyncio.ensure_future(aside.call(lambda: work("first")))
        second = asyncio.ensure_future(aside.call(lambda: work("second")))
        await asyncio.to_thread(began.wait)
        first.cancel()
        held.set()
        third = await aside.call(lambda: work("third"))
        done = await asyncio.gather(first, second, return_exceptions=True)
        aside.close()
        return [type(done[0]).__name__, str(done[1])], third

    assert asyncio.run(main()) == (["CancelledError", "second True"], "third True")


@pytest.mark.parametrize("way", TWO)
def test_bytes_that_are_there_are_content(web: Web, crawl: Crawl, way: dict[str, Any]) -> None:
    html = page(WITHHELD, META).encode()
    pages = {
        "/reset": Answer(status=205, headers=(("content-type", "text/html"),), body=html),
        "/reset-open": Answer(status=205, headers=(("content-type", "text/html"),), body=page("OPEN").encode()),
        "/reset-empty": Answer(status=205),
        "/none": Answer(status=204),
        "/head": Answer.html(page(WITHHELD, META)),
    }
    origin = web(Site("site.example", pages)).origin("site.example")
    requests = [{"url": origin + path, "method": "HEAD" if path == "/head" else "GET"} for path in pages]
    crawled = crawl(*requests, HTTPERROR_ALLOW_ALL=True, **CACHE, **way)
    assert crawled.verdicts() == {
        "/reset": "reserved", "/reset-open": "unreserved", "/reset-empty": "unreserved", "/none": "unreserved",
        "/head": "unreserved",
    }  # fmt: skip
    content = {record["url"].removeprefix(origin): record["content"] for record in crawled.decisions}
    assert content == {
        "/reset": True, "/reset-open": True, "/reset-empty": False, "/none": False, "/head": False
    }  # fmt: skip
    assert crawled.holds(WITHHELD) == []


def test_bytes_that_come_with_a_304_are_not_handed_on(web: Web, crawl: Crawl) -> None:
    origin = web(Site("site.example", {"/304": Answer.html(page(WITHHELD, META))})).origin("site.example")
    handlers = {"http": "probe_parts.NotModifiedHandler"}
    crawled = crawl(origin + "/304", DOWNLOAD_HANDLERS=handlers, HTTPERROR_ALLOW_ALL=True, **CACHE)
    assert [(record["status"], record["content"]) for record in crawled.decisions] == [(304, False)]
    assert [item["size"] for item in crawled.responses] == [0]
    assert crawled.holds(WITHHELD) == []


@pytest.mark.parametrize("way", TWO)
@pytest.mark.parametrize("body", ["", "x" * 300_000])
def test_long_fields_are_heard_whatever_the_body(web: Web, crawl: Crawl, way: dict[str, Any], body: str) -> None:
    long = ("x-robots-tag", "max-snippet:1, " * 320)
    html = ("content-type", "text/html")
    pages = {
        "/reserved": Answer(headers=(html, long, ("tdm-reservation", "1")), body=page(WITHHELD + body).encode()),
        "/unreserved": Answer(headers=(html, long), body=page("open" + body).encode()),
    }
    origin = web(Site("site.example", pages)).origin("site.example")
    crawled = crawl(*(origin + path for path in pages), **CACHE, **way)
    assert crawled.verdicts() == {path: path[1:] for path in pages}
    assert crawled.holds(WITHHELD) == []


def test_a_body_where_none_was_asked_for_is_judged(web: Web, crawl: Crawl) -> None:
    pages = {"/canned": Answer.html(page("never asked"))}
    origin = web(Site("site.example", pages)).origin("site.example")
    crawled = crawl(
        {"url": origin + "/canned", "method": "HEAD"}, DOWNLOADER_MIDDLEWARES={"probe_parts.ShortCircuit": 500}
    )
    assert crawled.verdicts() == {"/canned": "reserved"}
    assert crawled.responses == []
