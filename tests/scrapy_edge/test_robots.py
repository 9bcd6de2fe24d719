"""Beside RobotsTxtMiddleware: its request passes, its answer is used, its refusals are recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tdm_guard.testing import Answer, PretendWeb, Site, one_after_another

Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]
OPEN = Answer.html("<!doctype html><title>t</title><p>open")
TDMREP = "/.well-known/tdmrep.json"
ALL_RESERVED = Answer.json([{"location": "/*", "tdm-reservation": 1}])


def refuses(path: str, **how: Any) -> Answer:
    return Answer.text(f"User-agent: *\nDisallow: {path}\n", **how)


def test_robots_txt_is_fetched_once_and_refusals_are_recorded(web: Web, crawl: Crawl) -> None:
    pretend = web(
        Site("site.example", {"/robots.txt": refuses("/no"), "/no": OPEN, "/yes": OPEN}),
        Site("reserving.example", {"/robots.txt": refuses("/no"), TDMREP: ALL_RESERVED, "/no": OPEN, "/yes": OPEN}),
        Site(
            "moved.example", {"/robots.txt": Answer.redirect("/rules.txt"), "/rules.txt": refuses("/no"), "/yes": OPEN}
        ),
        Site("gone.example", {"/no": OPEN}),
    )
    site, reserving, moved, gone = (
        pretend.origin(f"{name}.example") for name in ("site", "reserving", "moved", "gone")
    )
    urls = [
        site + "/no",
        site + "/yes",
        reserving + "/no",
        reserving + "/yes",
        moved + "/no",
        moved + "/yes",
        gone + "/no",
    ]
    crawled = crawl(*urls, ROBOTSTXT_OBEY=True)
    assert {record["url"]: record["verdict"] for record in crawled.decisions} == {
        site + "/no": "reserved",
        site + "/yes": "unreserved",
        reserving + "/no": "reserved",
        reserving + "/yes": "reserved",
        moved + "/no": "reserved",
        moved + "/yes": "unreserved",
        gone + "/no": "unreserved",
    }
    assert len(crawled.decisions) == len(urls)
    assert crawled.stats["robotstxt/forbidden"] == 3
    refused = {item["url"]: item["type"] for item in crawled.errors}
    assert refused == {
        site + "/no": "IgnoreRequest",
        reserving + "/no": "IgnoreRequest",
        reserving + "/yes": "Withheld",
        moved + "/no": "IgnoreRequest",
    }
    for name in ("site", "reserving", "moved", "gone"):
        assert pretend.asked(f"{name}.example", "/robots.txt") == 1, name
    signalled = {item["url"] for item in crawled.seen if item["kind"] == "signal"}
    assert signalled == set(refused)
    (because,) = next(record for record in crawled.decisions if record["url"] == site + "/no")["because"][:1]
    assert (because["signal"], because["kind"], because["locator"]) == ("robots", "access", "line 2")
    assert not pretend.asked("site.example", "/no")


def test_a_refusal_that_is_not_ours_is_recorded_as_scrapys(web: Web, crawl: Crawl) -> None:
    site = Site("site.example", {"/robots.txt": Answer.text("User-agent: OtherBot\nDisallow: /"), "/page": OPEN})
    pretend = web(site)
    url = pretend.origin("site.example") + "/page"
    settings = {"ROBOTSTXT_OBEY": True, "ROBOTSTXT_USER_AGENT": "OtherBot", "TDM_GUARD_AGENT": "ExampleBot"}
    for mode in ("enforce", "observe"):
        crawled = crawl(url, TDM_GUARD_MODE=mode, TDM_GUARD_LOG="tdm-guard.jsonl", **settings)
        (record,) = crawled.decisions
        assert (record["verdict"], record["admitted"], record["enforced"]) == ("reserved", False, True)
        first = record["because"][0]
        assert first["excerpt"] == "refused by Scrapy's RobotsTxtMiddleware"
        assert (first["source"], first["kind"]) == (pretend.origin("site.example") + "/robots.txt", "access")
        assert crawled.stats["tdm_guard/withheld"] == 1


def test_scrapys_reading_of_failures_is_not_ours(web: Web, crawl: Crawl) -> None:
    pretend = web(
        Site("failing.example", {"/robots.txt": Answer.text("sorry", status=503), "/": OPEN}),
        Site(
            "flaky.example",
            {"/robots.txt": one_after_another(Answer(raw=b"?\r\n\r\n"), refuses("/no")), "/": OPEN, "/no": OPEN},
        ),
    )
    failing, flaky = pretend.origin("failing.example"), pretend.origin("flaky.example")
    crawled = crawl(failing + "/", flaky + "/", flaky + "/no", ROBOTSTXT_OBEY=True)
    verdicts = {record["url"]: record["verdict"] for record in crawled.decisions}
    assert verdicts == {failing + "/": "undetermined", flaky + "/": "unreserved", flaky + "/no": "reserved"}
    assert pretend.asked("failing.example", "/robots.txt") == 1


def test_a_silent_robots_txt_costs_one_policy_timeout(web: Web, crawl: Crawl) -> None:
    pretend = web(
        Site("silent.example", {"/": OPEN}, fallback=Answer(silent=True)),
        Site("well.example", {"/": OPEN}),
    )
    urls = [pretend.origin(name) + "/" for name in ("silent.example", "well.example")]
    crawled = crawl(*urls, ROBOTSTXT_OBEY=True, RETRY_TIMES=2, CONCURRENT_REQUESTS=1)
    verdicts = {record["url"]: record["verdict"] for record in crawled.decisions}
    assert verdicts == {urls[0]: "undetermined", urls[1]: "unreserved"}
    assert pretend.asked("silent.example", "/robots.txt") == 1
    assert pretend.asked("silent.example", TDMREP) == 1  # side by side with it


@pytest.mark.parametrize("obeyed", [False, True])
def test_silent_origins_in_a_row_do_not_hold_up_the_others(web: Web, crawl: Crawl, obeyed: bool) -> None:
    silent = [Site(f"silent{number}.example", {}, fallback=Answer(silent=True)) for number in range(6)]
    pretend = web(*silent, Site("well.example", {"/": OPEN}))
    urls = [f"{pretend.origin(site.name)}/{number}" for site in silent for number in range(10)]
    well = pretend.origin("well.example") + "/"
    crawled = crawl(*urls, well, ROBOTSTXT_OBEY=obeyed, CONCURRENT_REQUESTS=4, LOG_LEVEL="INFO")
    verdicts = [record["verdict"] for record in crawled.decisions]
    assert verdicts.count("undetermined") == len(urls)
    assert crawled.decisions[0]["url"] == well  # it waited for none of them


def test_a_robots_txt_from_the_http_cache_is_not_used(web: Web, crawl: Crawl) -> None:
    changing = one_after_another(refuses("/other"), refuses("/page"))
    pretend = web(Site("site.example", {"/robots.txt": changing, "/page": OPEN}))
    url = pretend.origin("site.example") + "/page"
    first = crawl(url, ROBOTSTXT_OBEY=True, HTTPCACHE_ENABLED=True)
    assert first.verdicts() == {"/page": "unreserved"}
    second = crawl(url, ROBOTSTXT_OBEY=True, HTTPCACHE_ENABLED=True)
    assert second.verdicts() == {"/page": "reserved"}
    assert pretend.asked("site.example", "/robots.txt") == 2


def test_files_at_addresses_that_end_like_robots_txt_are_judged(web: Web, crawl: Crawl) -> None:
    media = Answer(headers=(("content-type", "image/png"), ("tdm-reservation", "1")), body=b"SECRET" * 100)
    pretend = web(Site("site.example", {"/item": OPEN, "/media": media}))
    url = pretend.origin("site.example")
    crawled = crawl(
        url + "/item", ROBOTSTXT_OBEY=True, ITEM_PIPELINES={"probe_parts.Disguised": 1}, FILES_STORE="files"
    )
    assert crawled.verdicts() == {"/item": "unreserved", "/media?for=/robots.txt": "reserved"}
    assert crawled.holds("SECRET") == []


def test_credentials_in_an_address_are_in_no_record(web: Web, crawl: Crawl) -> None:
    origin = web(Site("site.example", {"/robots.txt": refuses("/no"), "/no": OPEN})).origin("site.example")
    crawled = crawl(origin.replace("://", "://user:hidden@") + "/no#part")
    (record,) = crawled.decisions
    assert (record["url"], record["final_url"], record["verdict"]) == (origin + "/no", origin + "/no", "reserved")
    assert record["authenticated"]
    assert crawled.holds("hidden") == []
