"""No request is exempt: the guard's own are known as objects, and whatever else looks like them is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response

from tdm_guard.scrapy.hops import MAX_KEPT, Hops
from tdm_guard.testing import Answer, PretendWeb, Site, one_after_another

WITHHELD = "SECRET-WORDS"
META = '<meta name="tdm-reservation" content="1">'
RESERVED = ("tdm-reservation", "1")
Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]


def page(words: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>t</title>{head}</head><body>{words}</body></html>"


OPEN = Answer.html(page("OPEN-WORDS"))
FRONT = Answer.html(page(WITHHELD, META))
CACHE = {"HTTPCACHE_ENABLED": True, "HTTPCACHE_DIR": "cache"}


def test_what_robots_txt_redirects_to_is_stored_nowhere(web: Web, crawl: Crawl) -> None:
    pretend = web(
        Site("front.example", {"/robots.txt": Answer.redirect("/"), "/": FRONT, "/ok": OPEN}),
        Site("away.example", {"/robots.txt": Answer.redirect("http://front.example/"), "/ok": OPEN}),
        Site(
            "plain.example", {"/robots.txt": Answer.text("User-agent: *\nDisallow: /no\n# SECRET-WORDS"), "/ok": OPEN}
        ),
    )
    urls = [pretend.origin(f"{name}.example") + "/ok" for name in ("front", "away", "plain")]
    crawled = crawl(*urls, ROBOTSTXT_OBEY=True, **CACHE)
    assert {record["url"]: record["verdict"] for record in crawled.decisions} == dict.fromkeys(urls, "unreserved")
    assert len(crawled.decisions) == 3
    assert crawled.holds(WITHHELD) == []
    assert len(crawled.holds("OPEN-WORDS")) == 3
    assert pretend.asked("front.example", "/robots.txt") == 1
    assert crawled.stats["robotstxt/response_count"] == 3


@pytest.mark.parametrize("obeyed", [False, True])
def test_meta_that_anybody_can_make_exempts_nothing(web: Web, crawl: Crawl, obeyed: bool) -> None:
    robots = Answer.text("User-agent: *\nDisallow: /no\n# SECRET-WORDS", RESERVED)
    media = Answer(headers=(("content-type", "image/png"), RESERVED), body=WITHHELD.encode())
    origin = web(Site("site.example", {"/robots.txt": robots, "/item": OPEN, "/media": media})).origin("site.example")
    pipelines = {"probe_parts.Forged": 1}
    crawled = crawl(origin + "/item", ROBOTSTXT_OBEY=obeyed, ITEM_PIPELINES=pipelines, FILES_STORE="files", **CACHE)
    assert crawled.verdicts() == {"/item": "unreserved", "/robots.txt": "reserved", "/media": "reserved"}
    assert [record["hops"] for record in crawled.decisions] == [[]] * 3
    assert all(record["url"] == record["final_url"] for record in crawled.decisions)
    assert crawled.holds(WITHHELD) == []


def test_meta_of_the_guards_own_requests_lets_nothing_pass(web: Web, crawl: Crawl) -> None:
    tdmrep = Answer.json([{"location": "/other", "tdm-reservation": 1}], delay=0.5)
    pages = {"/.well-known/tdmrep.json": tdmrep, "/page": OPEN, "/other": FRONT}
    origin = web(Site("site.example", pages)).origin("site.example")
    late = {"url": origin + "/page?2", "meta": {"tdm_guard_policy": "0123456789abcdef"}}
    crawled = crawl(origin + "/page", late, DOWNLOADER_MIDDLEWARES={"probe_parts.Heir": 900})
    got = dict(line.split(" ", 1) for line in (crawled.folder / "inherited").read_text().splitlines())
    assert got["other"] == "IgnoreRequest"
    verdicts = crawled.verdicts()
    judged = verdicts.pop("/.well-known/tdmrep.json", None)  # it is when the guard's own request is over
    assert got["tdmrep.json"] in ("200 0", "IgnoreRequest") if judged is None else judged == "unreserved"
    assert verdicts == {"/page": "unreserved", "/page?2": "unreserved"}


def test_copies_that_a_component_sends_in_place_of_requests_are_known(web: Web, crawl: Crawl) -> None:
    pages = {"/robots.txt": Answer.text("User-agent: *\nDisallow: /no"), "/no": OPEN, "/yes": OPEN}
    origin = web(Site("site.example", pages)).origin("site.example")
    crawled = crawl(origin + "/no", origin + "/yes", DOWNLOADER_MIDDLEWARES={"probe_parts.Copier": 500})
    assert crawled.verdicts() == {"/no": "reserved", "/yes": "unreserved"}


def test_hops_are_those_that_happened(web: Web, crawl: Crawl) -> None:
    pages = {
        "/moved": Answer.redirect("/here"),
        "/here": OPEN,
        "/busy": Answer.redirect("/later"),
        "/later": one_after_another(Answer.text("busy", status=503), OPEN),
        "/closed": Answer.redirect("/private"),
        "/robots.txt": Answer.text("User-agent: *\nDisallow: /private"),
        **{f"/forged/{number}": OPEN for number in range(3)},
    }
    origin = web(Site("site.example", pages)).origin("site.example")
    made_up = [[origin + "/moved"], [origin + "/never"], [1, None]]
    forged = [
        {"url": f"{origin}/forged/{number}", "meta": {"redirect_urls": urls}} for number, urls in enumerate(made_up)
    ]
    moved = {"url": origin + "/moved", "then": forged}
    crawled = crawl(moved, origin + "/busy", origin + "/closed", RETRY_TIMES=2)
    hops = {record["final_url"].removeprefix(origin): record["hops"] for record in crawled.decisions}
    assert hops == {
        "/here": [origin + "/moved"],
        "/later": [origin + "/busy"],
        "/private": [origin + "/closed"],
        **{f"/forged/{number}": [] for number in range(3)},
    }


def test_an_address_that_sends_each_request_elsewhere_is_a_hop_of_each() -> None:
    hops, site = Hops(), "http://site.example"
    gate = Request(f"{site}/gate")
    for number in range(2):
        moved = Response(gate.url, status=302, headers={"Location": f"/page {number}#part"})
        hops.passed(gate, moved, gate.url, [("tdm-reservation", str(number))])
    pages = [Request(f"{site}/page {number}", meta={"redirect_urls": [gate.url]}) for number in range(3)]
    found = [hops.before(page) for page in pages]
    assert found == [[(gate.url, [("tdm-reservation", str(number))])] for number in range(2)] + [[]]
    again = Request(gate.url, meta={"redirect_urls": [pages[0].url]})
    hops.passed(pages[0], Response(pages[0].url), pages[0].url, [])
    assert [url for url, _ in hops.before(again)] == [pages[0].url]  # its markup may have led on
    hops.ended(pages[0])
    assert hops.before(again) == []
    assert hops.before(pages[1])
    hops.ended(pages[1])
    assert hops.before(pages[1]) == []  # sent again, it did not come this way


def test_hops_are_kept_within_bounds() -> None:
    hops = Hops()
    for number in range(MAX_KEPT + 10):
        request = Request(f"http://site.example/{number}")
        hops.passed(request, Response(request.url, status=301, headers={"Location": "/end"}), request.url, [])
    ends = [
        hops.before(Request("http://site.example/end", meta={"redirect_urls": [f"http://site.example/{number}"]}))
        for number in (9, 10)
    ]
    assert [len(end) for end in ends] == [0, 1]
