"""Redirects, retries, authentication, caches, media, resumed jobs: what reaches the gates by detours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import scrapy

from tdm_guard.testing import Answer, PretendWeb, Site, digest_protected, one_after_another

WITHHELD = "SECRET-WORDS"
META = '<meta name="tdm-reservation" content="1">'
RESERVED = ("tdm-reservation", "1")
TDMREP = Answer.json([{"location": "/*", "tdm-reservation": 1}])
BROKEN = Answer.text("later", status=503)
Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]


def page(words: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>t</title>{head}</head><body>{words}</body></html>"


OPEN = Answer.html(page("OPEN-WORDS"))
SECRET = Answer.html(page(WITHHELD))
FILES = {"ITEM_PIPELINES": {"scrapy.pipelines.files.FilesPipeline": 1}, "FILES_STORE": "files"}
CACHE = {"HTTPCACHE_ENABLED": True}
RFC = CACHE | {"HTTPCACHE_POLICY": "scrapy.extensions.httpcache.RFC2616Policy"}


def middlewares(**orders: int) -> dict[str, Any]:
    return {"DOWNLOADER_MIDDLEWARES": {f"probe_parts.{name}": order for name, order in orders.items()}}


def test_each_hop_of_a_redirect_is_judged_and_named(web: Web, crawl: Crawl) -> None:
    pretend = web(
        Site(
            "start.example",
            {
                "/": Answer.redirect("/second"),
                "/second": Answer.redirect("http://other.example/end", status=301),
                "/to-reserved": Answer.redirect("http://reserving.example/page"),
                "/hop-reserves": Answer.redirect("/end", RESERVED),
                "/refresh": Answer.html(page("wait", '<meta http-equiv="refresh" content="0; url=/end">')),
                "/kept": Answer.redirect("/end"),
                "/end": OPEN,
            },
        ),
        Site("other.example", {"/end": OPEN}),
        Site("reserving.example", {"/page": SECRET, "/.well-known/tdmrep.json": TDMREP}),
    )
    start = pretend.origin("start.example")
    paths = ("/", "/to-reserved", "/hop-reserves", "/refresh")
    kept = {"url": start + "/kept", "meta": {"dont_redirect": True, "handle_httpstatus_list": [302]}}
    crawled = crawl(*({"url": start + path, "meta": {"tdm_guard": "forged"}} for path in paths), kept)

    records = {(record["final_url"], record["verdict"]): record for record in crawled.decisions}
    assert len(records) == len(crawled.decisions) == 5
    assert records[pretend.origin("other.example") + "/end", "unreserved"]["hops"] == [start + "/", start + "/second"]
    refused = records[pretend.origin("reserving.example") + "/page", "reserved"]
    assert (refused["hops"], refused["stage"]) == ([start + "/to-reserved"], "policy")
    assert refused["url"] == start + "/to-reserved"
    assert records[start + "/hop-reserves", "reserved"]["status"] == 302
    assert records[start + "/end", "unreserved"]["hops"] == [start + "/refresh"]
    handed_on = records[start + "/kept", "unreserved"]
    assert (handed_on["status"], handed_on["content"], handed_on["hops"]) == (302, False, [])

    assert pretend.asked("reserving.example", "/page") == 0
    assert all(item["tdm_guard"] != "forged" for item in crawled.responses)
    assert {item["meta"] for item in crawled.errors} == {None}


def test_a_hop_that_reserves_is_seen_by_the_observer_of_its_target(web: Web, crawl: Crawl) -> None:
    pages = {"/": Answer.redirect("/end", RESERVED), "/end": OPEN, "/plain": OPEN}
    origin = web(Site("site.example", pages)).origin("site.example")
    crawled = crawl(origin + "/", origin + "/plain", TDM_GUARD_MODE="observe")
    assert crawled.verdicts() == {"/end": "reserved", "/plain": "unreserved"}
    assert [because["repair"] for because in crawled.decisions[-1]["because"] or crawled.decisions[0]["because"]] == [
        "C9"
    ]


def test_retries_and_copied_meta_inherit_nothing(web: Web, crawl: Crawl) -> None:
    pages = {
        "/flaky": one_after_another(BROKEN, BROKEN, OPEN),
        "/gone": BROKEN,
        "/first": OPEN,
        "/private": SECRET,
        "/robots.txt": Answer.text("User-agent: *\nDisallow: /private"),
    }
    origin = web(Site("site.example", pages)).origin("site.example")
    first = {"url": origin + "/first", "then": [{"url": origin + "/private", "copy_meta": True}]}
    crawled = crawl(origin + "/flaky", origin + "/gone", first, RETRY_TIMES=2, HTTPERROR_ALLOW_ALL=True)
    assert crawled.verdicts() == {
        "/flaky": "unreserved", "/gone": "unreserved", "/first": "unreserved", "/private": "reserved"
    }  # fmt: skip
    assert crawled.stats["retry/count"] == 4
    (refused,) = crawled.errors
    assert refused["meta"] is None


@pytest.mark.parametrize("obeyed", [False, True])
def test_copied_meta_inherits_no_redirects(web: Web, crawl: Crawl, obeyed: bool) -> None:
    pages = {
        "/moved": Answer.redirect("/here"),
        "/here": OPEN,
        "/away": Answer.redirect("/there"),
        "/there": OPEN,
        "/private": SECRET,
        "/robots.txt": Answer.text("User-agent: *\nDisallow: /private"),
    }
    origin = web(Site("site.example", pages)).origin("site.example")
    then = [{"url": origin + path, "copy_meta": True} for path in ("/away", "/private")]
    crawled = crawl({"url": origin + "/moved", "then": then}, ROBOTSTXT_OBEY=obeyed)
    assert {(record["url"], *record["hops"], record["final_url"]) for record in crawled.decisions} == {
        (origin + "/moved", origin + "/moved", origin + "/here"),
        (origin + "/away", origin + "/away", origin + "/there"),
        (origin + "/private", origin + "/private"),
    }
    assert [error["meta"] for error in crawled.errors] == [None]


def test_digest_authentication_gets_its_challenge(web: Web, crawl: Crawl) -> None:
    pages = {"/in": digest_protected("user", "secret", OPEN), "/no": digest_protected("user", "secret", SECRET)}
    site = Site("site.example", {**pages, "/robots.txt": Answer.text("User-agent: *\nDisallow: /no")})
    origin = web(site).origin("site.example")
    crawled = crawl(origin + "/in", origin + "/no", **middlewares(DigestAuth=320))
    assert crawled.verdicts() == {"/in": "unreserved", "/no": "reserved"}
    (record,) = [record for record in crawled.decisions if record["admitted"]]
    assert (record["status"], record["authenticated"]) == (200, True)


def test_middlewares_that_answer_swap_and_rescue_are_judged(web: Web, crawl: Crawl) -> None:
    pages = {
        "/swapped": OPEN,
        "/mended": OPEN,
        "/rescue": SECRET,
        "/rescue-header": Answer.html(page(WITHHELD), RESERVED),
    }
    site = Site("site.example", {**pages, "/robots.txt": Answer.text("User-agent: *\nDisallow: /rescue$")})
    origin = web(site).origin("site.example")
    paths = ("/canned", "/swapped", "/mended", "/early", "/rescue")
    parts = middlewares(Outermost=60, ShortCircuit=500, Swapper=620, Rescuer=70)
    crawled = crawl(*(origin + path for path in paths), **parts)
    assert crawled.stats["tdm_guard/withheld"] == 4  # /rescue twice: the refusal, and the page that was made of it
    assert {item["url"].removeprefix(origin) for item in crawled.errors} == {"/canned", "/swapped", "/rescue"}
    assert {item["url"].removeprefix(origin) for item in crawled.responses} == {"/mended", "/early"}
    assert all(item["tdm_guard"]["verdict"] == "unreserved" for item in crawled.responses)


def test_a_browser_that_follows_redirects_itself_is_judged_where_it_arrived(web: Web, crawl: Crawl) -> None:
    pretend = web(
        Site(
            "start.example",
            {"/": Answer.redirect("http://end.example/page"), "/ok": Answer.redirect("http://ok.example/x")},
        ),
        Site("end.example", {"/page": SECRET, "/.well-known/tdmrep.json": TDMREP}),
        Site("ok.example", {"/x": OPEN}),
    )
    start = pretend.origin("start.example")
    handlers = {"http": "probe_parts.BrowserHandler"}
    crawled = crawl(start + "/", start + "/ok", DOWNLOAD_HANDLERS=handlers, **CACHE)
    records = {record["final_url"]: record for record in crawled.decisions}
    assert records[pretend.origin("end.example") + "/page"]["verdict"] == "reserved"
    assert records[pretend.origin("end.example") + "/page"]["hops"] == [start + "/"]
    assert records[pretend.origin("ok.example") + "/x"]["verdict"] == "unreserved"
    assert crawled.holds(WITHHELD) == []


@pytest.mark.parametrize("policy", [CACHE, RFC], ids=["default policy", "RFC2616Policy"])
def test_what_the_http_cache_holds_is_judged_again(web: Web, crawl: Crawl, policy: dict[str, Any]) -> None:
    import gzip

    body = gzip.compress(page(WITHHELD).encode())
    stored = ("etag", '"v1"'), ("cache-control", "max-age=0"), ("content-encoding", "gzip")
    html = ("content-type", "text/html")
    site = {"/page": Answer(headers=(html, *stored), body=body), "/free": Answer(headers=(html, *stored), body=body)}
    reserves = {"/.well-known/tdmrep.json": Answer.json([{"location": "/page", "tdm-reservation": 1}])}
    pretend = web(Site("before.example", site), Site("after.example", site | reserves))
    before, after = pretend.origin("before.example"), pretend.origin("after.example")

    first = crawl(before + "/page", before + "/free", **policy)
    assert set(first.verdicts().values()) == {"unreserved"}
    again = crawl(before + "/page", before + "/free", **policy)
    assert again.stats.get("httpcache/hit" if policy is CACHE else "httpcache/revalidate") == 2
    assert [(record["verdict"], record["cached"]) for record in again.decisions] == [("unreserved", True)] * 2
    assert {record["content_sha256"] for record in again.decisions} == {hashlib.sha256(body).hexdigest()}
    assert {record["bytes"] for record in again.decisions} == {len(body)}
    assert len(again.responses) == 2

    # The same pages once their origin reserves one of them, and once the page itself does.
    third = crawl(after + "/page", after + "/free", **policy)
    assert third.verdicts() == {"/page": "reserved", "/free": "unreserved"}


def test_a_page_that_begins_to_reserve_is_not_served_from_the_cache(web: Web, crawl: Crawl) -> None:
    free = Answer.html(page(WITHHELD), ("etag", '"v1"'), ("cache-control", "max-age=0"))
    revalidated = Answer(status=304, headers=(("etag", '"v1"'), RESERVED))
    late = Answer.html(page(WITHHELD, META), ("etag", '"v1"'), ("cache-control", "max-age=0"))
    origin = web(Site("site.example", {"/page": one_after_another(free, revalidated), "/meta": late})).origin(
        "site.example"
    )
    crawl(origin + "/page", **RFC)
    crawl(origin + "/meta", TDM_GUARD_MODE="observe", **RFC)  # so that the cache holds what is reserved
    crawled = crawl(origin + "/page", origin + "/meta", **RFC)
    assert crawled.verdicts() == {"/page": "reserved", "/meta": "reserved"}
    assert crawled.responses == []
    (record,) = [record for record in crawled.decisions if record["url"].endswith("/meta")]
    assert record["cached"] is True


def test_withheld_media_are_quietly_left_out(web: Web, crawl: Crawl) -> None:
    picture = Answer(headers=(("content-type", "image/png"),), body=b"PICTURE" * 100)
    reserved = Answer(headers=(("content-type", "image/png"), RESERVED), body=WITHHELD.encode())
    pretend = web(
        Site("open.example", {"/item": Answer.html(page("item")), "/media": picture}),
        Site("closed.example", {"/item": Answer.html(page("item")), "/media": reserved}),
    )
    crawled = crawl(*(pretend.origin(name) + "/item" for name in ("open.example", "closed.example")), **FILES, **CACHE)
    verdicts = {record["url"]: record["verdict"] for record in crawled.decisions}
    assert verdicts[pretend.origin("open.example") + "/media"] == "unreserved"
    assert verdicts[pretend.origin("closed.example") + "/media"] == "reserved"
    assert len([name for name in crawled.holds("PICTURE") if name.startswith("files/")]) == 1
    assert crawled.holds(WITHHELD) == []
    assert crawled.stats["file_count"] == 1
    if scrapy.version_info >= (2, 18):  # older ones log every file that is left out, whatever the reason
        assert "ERROR" not in crawled.text
        assert "WARNING" not in crawled.text


def test_a_job_goes_on_where_it_paused(web: Web, crawl: Crawl) -> None:
    pages = {f"/{n}": Answer.html(page(f"page {n}"), *([RESERVED] if n % 3 == 0 else [])) for n in range(12)}
    pretend = web(Site("site.example", pages))
    origin = pretend.origin("site.example")
    start = {"url": origin + "/1", "then": [{"url": f"{origin}/{n}", "copy_meta": True} for n in range(2, 12)]}
    job = {"JOBDIR": "job", "CONCURRENT_REQUESTS": 1}
    first = crawl(start, CLOSESPIDER_PAGECOUNT=4, **job)
    assert first.stats["finish_reason"] == "closespider_pagecount"
    second = crawl(**job)
    assert second.stats["finish_reason"] == "finished"
    both = {**first.verdicts(), **second.verdicts()}
    assert len(first.decisions) + len(second.decisions) == len(both) == 11
    assert both == {f"/{n}": "reserved" if n % 3 == 0 else "unreserved" for n in range(1, 12)}
    assert second.records[0]["type"] == "run"
    assert second.records[-1]["type"] == "end"


def test_the_same_address_side_by_side(web: Web, crawl: Crawl) -> None:
    site = Site(
        "site.example", {"/a": OPEN, "/b": SECRET, "/robots.txt": Answer.text("User-agent: *\nDisallow: /b", delay=0.3)}
    )
    pretend = web(site)
    origin = pretend.origin("site.example")
    crawled = crawl(*[origin + "/a"] * 10, *[origin + "/b"] * 10, CONCURRENT_REQUESTS=32)
    assert len(crawled.responses) == len(crawled.errors) == 10
    assert len({record["id"] for record in crawled.decisions}) == len(crawled.decisions) == 20
    assert len({item["tdm_guard"]["decision"] for item in crawled.responses}) == 10
    documents = [request.path for request in pretend.requests if request.path not in ("/a", "/b")]
    assert len(set(documents)) == len(documents)
    assert crawled.stats["tdm_guard/policy/fetched"] == len(documents)
    assert crawled.stats.get("tdm_guard/policy/hit", 0) == 0


def test_callbacks_have_the_decision_of_their_response(web: Web, crawl: Crawl) -> None:
    """That of the response itself and of one made of it; not of another request's, nor by meta that was copied."""
    pretend = web(
        Site(
            "start.example",
            {
                "/": Answer.redirect("/end"),
                "/end": OPEN,
                "/reserved": Answer.html(page(WITHHELD, META)),
                "/gone": Answer.text("gone", status=410),
                "/again": one_after_another(BROKEN, OPEN),
            },
        )
    )
    start = pretend.origin("start.example")
    crawled = crawl(
        {"url": start + "/end", "then": [{"url": "data:,words", "copy_meta": True}]},
        {"url": start + "/"},
        {"url": start + "/again"},
        {"url": start + "/gone", "meta": {"handle_httpstatus_list": [410]}},
        {"url": start + "/reserved"},
        RETRY_TIMES=1,
    )
    found = {item["url"]: item["decision_of"] for item in crawled.responses}
    assert found.pop("data:,words") == [None] * 4
    ids = {record["id"] for record in crawled.decisions if record["admitted"]}
    assert {first for first, *_ in found.values()} | {
        item["tdm_guard"]["decision"] for item in crawled.responses if item["tdm_guard"]
    } == ids
    for item in crawled.responses:
        if item["tdm_guard"]:
            mark = item["tdm_guard"]["decision"]
            assert item["decision_of"] == [mark, mark, None, None]
    assert [error["type"] for error in crawled.errors] == ["Withheld"]
