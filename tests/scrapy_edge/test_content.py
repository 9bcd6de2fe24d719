"""What passes the gates, what does not, and the one record of each."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support.handlers import HANDLERS, TWO, way

WITHHELD = "SECRET-WORDS"
META = '<meta name="tdm-reservation" content="1">'
RESERVED = ("tdm-reservation", "1")
HTML = ("content-type", "text/html; charset=utf-8")
ROBOTS = Answer.text("User-agent: *\nDisallow: /private\n")
TDMREP = Answer.json([{"location": "/archive/*", "tdm-reservation": 1}])
BULK = 26 * 2**20
Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]


def page(words: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>t</title>{head}</head><body>{words}</body></html>"


def packed(text: str) -> Answer:
    return Answer(headers=(HTML, ("content-encoding", "gzip")), body=gzip.compress(text.encode()))


PAGES = {
    "/robots.txt": ROBOTS,
    "/.well-known/tdmrep.json": TDMREP,
    "/": Answer.html(page("FREE-WORDS")),
    "/gzip": packed(page("PACKED-WORDS" * 100)),
    "/picture": Answer(headers=(("content-type", "image/png"),), body=bytes(range(256))),
    "/missing": Answer.html(page("gone"), status=404),
    "/private": Answer.html(page(WITHHELD)),
    "/archive/1": Answer.html(page(WITHHELD)),
    "/header": Answer.html(page(WITHHELD), RESERVED),
    "/header-of-picture": Answer(headers=(("content-type", "image/png"), RESERVED), body=WITHHELD.encode()),
    "/meta": Answer.html(page(WITHHELD, META)),
    "/meta-late": Answer.html(page(WITHHELD + "x" * 300_000 + META)),
    "/meta-gzip": packed(page(WITHHELD, META)),
    "/unlabelled": Answer(body=page(WITHHELD, META).encode()),
    "/missing-reserved": Answer.html(page(WITHHELD), RESERVED, status=404),
}
VERDICTS = {
    "/": "unreserved",
    "/gzip": "unreserved",
    "/picture": "unreserved",
    "/missing": "unreserved",
    "/private": "reserved",
    "/archive/1": "reserved",
    "/header": "reserved",
    "/header-of-picture": "reserved",
    "/meta": "reserved",
    "/meta-late": "reserved",
    "/meta-gzip": "reserved",
    "/unlabelled": "reserved",
    "/missing-reserved": "reserved",
}
WAYS = {
    **HANDLERS,
    "by hand": {
        "ADDONS": {},
        "DOWNLOADER_MIDDLEWARES": {"tdm_guard.scrapy.RequestGate": 110, "tdm_guard.scrapy.ResponseGate": 950},
    },
    "one at a time": {"CONCURRENT_REQUESTS": 1, "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": 0.05},
}


@pytest.mark.parametrize("way", [way(name) for name in WAYS])
def test_everything_is_judged_once_and_nothing_reserved_is_kept(web: Web, crawl: Crawl, way: str) -> None:
    pretend = web(Site("site.example", PAGES))
    origin = pretend.origin("site.example")
    crawled = crawl(*(origin + path for path in VERDICTS), HTTPCACHE_ENABLED=True, **WAYS[way])
    assert crawled.verdicts() == VERDICTS

    admitted = {path for path, verdict in VERDICTS.items() if verdict == "unreserved"} - {"/missing"}
    assert {item["url"].removeprefix(origin) for item in crawled.responses} == admitted
    by_id = {record["id"]: record for record in crawled.decisions}
    for item in crawled.responses:
        assert by_id[item["tdm_guard"]["decision"]]["url"] == item["url"]
        assert item["tdm_guard"]["verdict"] == "unreserved"

    refused = [item for item in crawled.errors if item["type"] == "Withheld"]
    assert {item["url"].removeprefix(origin) for item in refused} == {p for p, v in VERDICTS.items() if v == "reserved"}
    assert all(item["ignored"] and item["same"] and item["meta"] is None for item in refused)
    assert {item["id"] for item in refused} == {item["id"] for item in crawled.seen if item["kind"] == "signal"}
    assert all(by_id[item["id"]]["url"] == item["url"] for item in refused)

    assert crawled.holds(WITHHELD) == []
    assert crawled.holds("FREE-WORDS")  # in the HTTP cache, so the search above can find what is there
    assert pretend.asked("site.example", "/private") == pretend.asked("site.example", "/archive/1") == 0
    documents = [request.path for request in pretend.requests if request.path not in VERDICTS]
    assert "/robots.txt" in documents
    assert len(set(documents)) == len(documents)
    assert crawled.stats["tdm_guard/withheld"] == crawled.stats["tdm_guard/verdict/reserved"] == 9
    assert crawled.stats["tdm_guard/admitted"] == crawled.stats["tdm_guard/verdict/unreserved"] == 4
    assert crawled.stats["tdm_guard/policy/fetched"] == len(documents)
    assert crawled.stats["tdm_guard/signal/tdmrep"] == 8
    assert "4 admitted, 9 withheld (9 reserved, 4 unreserved)" in crawled.text
    assert f"Withheld: reserved: {origin}/header" in crawled.text
    assert crawled.records[-1]["type"] == "end"


def test_records_say_what_was_received(web: Web, crawl: Crawl) -> None:
    origin = web(Site("site.example", PAGES)).origin("site.example")
    crawled = crawl(
        *(origin + path for path in ("/gzip", "/missing", "/header", "/meta-gzip")), HTTPERROR_ALLOW_ALL=True
    )
    records = {record["url"].removeprefix(origin): record for record in crawled.decisions}
    body = PAGES["/gzip"].body
    assert isinstance(body, bytes)
    assert records["/gzip"]["bytes"] == len(body)
    assert records["/gzip"]["content_sha256"] == hashlib.sha256(body).hexdigest()
    assert records["/gzip"] | {"status": 200, "content": True, "media_type": "text/html"} == records["/gzip"]
    assert (records["/missing"]["status"], records["/missing"]["content"]) == (404, False)
    assert records["/header"]["stage"] == "headers"
    assert {because["signal"] for because in records["/header"]["because"]} == {"tdmrep"}
    assert records["/meta-gzip"]["stage"] == "body"
    assert records["/meta-gzip"]["bytes"] == len(PAGES["/meta-gzip"].body)  # type: ignore[arg-type]
    assert not any(record["cached"] or record["authenticated"] or record["hops"] for record in crawled.decisions)


@pytest.mark.parametrize("way", TWO)
def test_a_large_body_with_a_reserving_header_is_not_downloaded(web: Web, crawl: Crawl, way: dict[str, Any]) -> None:
    def bulk() -> Any:
        return (b"x" * 65_536 for _ in range(BULK // 65_536))

    answer = Answer(headers=(("content-type", "application/zip"), RESERVED), body=bulk, length=BULK)
    pretend = web(Site("bulk.example", {"/all.zip": answer}))
    crawled = crawl(pretend.origin("bulk.example") + "/all.zip", HTTPCACHE_ENABLED=True, **way)
    assert [record["verdict"] for record in crawled.decisions] == ["reserved"]
    assert crawled.errors[0]["type"] == "Withheld"
    assert pretend.sent("bulk.example", "/all.zip") < BULK / 2  # socket buffers hold some megabytes
    assert crawled.decisions[0]["bytes"] is None


def test_a_body_too_large_to_be_read_whole_is_undetermined(web: Web, crawl: Crawl) -> None:
    pages = {"/large": Answer.html(page(WITHHELD * 1000)), "/small": Answer.html(page("small"))}
    origin = web(Site("site.example", pages)).origin("site.example")
    crawled = crawl(origin + "/large", origin + "/small", TDM_GUARD_MAX_ASSET_BYTES=4096, HTTPCACHE_ENABLED=True)
    assert crawled.verdicts() == {"/large": "undetermined", "/small": "unreserved"}
    (told,) = [record["because"][0]["excerpt"] for record in crawled.decisions if record["because"]]
    assert told == "more than 4096 bytes, a limit of ours: the option max_asset_bytes"
    assert crawled.holds(WITHHELD) == []


def test_a_body_that_somebody_cut_short_is_undetermined(web: Web, crawl: Crawl) -> None:
    whole, cut = Answer.html(page("whole")), Answer.html(page("cut" * 1000), close_after=500)
    origin = web(Site("site.example", {"/whole": whole, "/cut": cut})).origin("site.example")
    crawled = crawl(origin + "/whole", origin + "/cut", DOWNLOAD_FAIL_ON_DATALOSS=False)
    assert crawled.verdicts() == {"/whole": "unreserved", "/cut": "undetermined"}


def test_a_close_delimited_body_is_whole(web: Web, crawl: Crawl) -> None:
    raw = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>old server"
    origin = web(Site("site.example", {"/old": Answer(raw=raw)})).origin("site.example")
    crawled = crawl(origin + "/old")
    assert crawled.verdicts() == {"/old": "unreserved"}
    assert crawled.responses[0]["flags"] == ["partial"]


def test_downloads_that_fail_are_counted_not_recorded(web: Web, crawl: Crawl) -> None:
    broken = Answer(raw=b"not HTTP\r\n\r\n")
    origin = web(Site("site.example", {"/": Answer.html(page("fine")), "/broken": broken})).origin("site.example")
    crawled = crawl(origin + "/", origin + "/broken", RETRY_TIMES=1)
    assert crawled.verdicts() == {"/": "unreserved"}
    assert crawled.stats["tdm_guard/failed"] == 1


def test_observing_admits_and_records_and_warns(web: Web, crawl: Crawl) -> None:
    origin = web(Site("site.example", PAGES)).origin("site.example")
    crawled = crawl(*(origin + path for path in VERDICTS), TDM_GUARD_MODE="observe", HTTPERROR_ALLOW_ALL=True)
    assert crawled.verdicts() == VERDICTS
    assert all(record["admitted"] and not record["enforced"] for record in crawled.decisions)
    assert len(crawled.responses) == len(VERDICTS)
    assert "TDM_GUARD_MODE is observe" in crawled.text
    assert crawled.stats["tdm_guard/admitted"] == len(VERDICTS)


@pytest.mark.parametrize("obeyed", [False, True])
def test_schemes_without_an_origin(crawl: Crawl, tmp_path: Any, obeyed: bool) -> None:
    (tmp_path / "local.html").write_text("<p>local")
    local = (tmp_path / "local.html").as_uri()
    crawled = crawl("data:text/plain,hello", local, "s3://bucket/key", "ftp://ftp.example/file", ROBOTSTXT_OBEY=obeyed)
    assert sorted(item["url"] for item in crawled.responses) == ["data:text/plain,hello", local]
    assert [(item["type"], item["ignored"]) for item in crawled.errors] == [("Unjudged", True)] * 2
    assert crawled.decisions == []
    assert crawled.stats["tdm_guard/unsupported"] == (4 if obeyed else 2)  # for robots.txt too
    assert "ERROR" not in crawled.text
    assert "Not requested, since it cannot be judged: only http and https" in crawled.text


def test_credentials_are_recorded_as_authenticated(web: Web, crawl: Crawl) -> None:
    origin = web(Site("site.example", {"/": Answer.html(page("fine"), ("set-cookie", "a=b"))})).origin("site.example")
    crawled = crawl(
        {"url": origin + "/?1", "then": [{"url": origin + "/?2"}]}, {"url": origin + "/?3", "cookies": {"c": "d"}}
    )
    authenticated = {record["url"][-1]: record["authenticated"] for record in crawled.decisions}
    assert authenticated["1"] is False
    assert authenticated["2"] is True
    assert authenticated["3"] is True
