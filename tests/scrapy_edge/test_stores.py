"""Stores behind the policy cache of a crawl: a slow one holds up nobody else, a broken one nobody at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.testing import Answer, PretendWeb, Site

DOCUMENTS = ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")
PAGES = {
    "/": Answer.text("open"),
    "/closed": Answer.text("SECRET"),
    "/robots.txt": Answer.text("User-agent: *\nDisallow: /closed"),
    "/.well-known/tdmrep.json": Answer.json([{"location": "/reserved", "tdm-reservation": 1}]),
    "/reserved": Answer.text("SECRET"),
}
Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]


def test_a_slow_store_holds_up_no_other_origin(web: Web, crawl: Crawl) -> None:
    pretend = web(Site("slow.example", PAGES), Site("fast.example", PAGES))
    slow, fast = pretend.origin("slow.example"), pretend.origin("fast.example")
    crawled = crawl(
        slow + "/",
        fast + "/",
        TDM_GUARD_POLICY_TIMEOUT=60,
        PROBE_STORE="Slow",
        PROBE_ENVIRONMENT={"PROBE_SLOW": slow},
    )
    assert [item["url"] for item in crawled.responses] == [fast + "/", slow + "/"]
    assert crawled.stats["tdm_guard/admitted"] == 2
    assert "policy store" not in crawled.text


def test_what_one_crawl_read_the_next_need_not(web: Web, crawl: Crawl) -> None:
    pretend = web(Site("site.example", PAGES))
    origin = pretend.origin("site.example")
    for _ in range(2):
        crawled = crawl(origin + "/", origin + "/closed", origin + "/reserved", PROBE_STORE="Folder")
        assert crawled.verdicts() == {"/": "unreserved", "/closed": "reserved", "/reserved": "reserved"}
        assert (crawled.folder / "store" / "closed").exists()
    assert (
        pretend.asked("site.example", "/robots.txt") == pretend.asked("site.example", "/.well-known/tdmrep.json") == 1
    )
    assert "tdm_guard/policy/fetched" not in crawled.stats
    assert {checked["cached"] for record in crawled.decisions for checked in record["checked"]} == {True}


@pytest.mark.parametrize("obeys", [True, False])
def test_a_broken_store_leads_to_asking_oneself(web: Web, crawl: Crawl, obeys: bool) -> None:
    pretend = web(Site("site.example", PAGES))
    origin = pretend.origin("site.example")
    crawled = crawl(origin + "/", origin + "/closed", origin + "/reserved", PROBE_STORE="Failing", ROBOTSTXT_OBEY=obeys)
    assert crawled.verdicts() == {"/": "unreserved", "/closed": "reserved", "/reserved": "reserved"}
    assert pretend.asked("site.example", "/.well-known/tdmrep.json") == 1
    assert pretend.asked("site.example", "/reserved") == pretend.asked("site.example", "/closed") == 0
    assert "policy store given cannot be read (ConnectionError: gone)" in crawled.text


@pytest.mark.parametrize("obeys", [True, False])
def test_crawls_share_a_file(web: Web, crawl: Crawl, tmp_path: Path, obeys: bool) -> None:
    pretend = web(Site("site.example", PAGES))
    origin = pretend.origin("site.example")
    cache = f"sqlite:///{tmp_path}/policies.db"
    for _ in range(2):
        crawled = crawl(origin + "/", origin + "/closed", TDM_GUARD_CACHE=cache, ROBOTSTXT_OBEY=obeys)
        assert crawled.verdicts() == {"/": "unreserved", "/closed": "reserved"}
    assert {pretend.asked("site.example", path) for path in DOCUMENTS} == {1}
    assert crawled.stats["tdm_guard/policy/hit"] >= 1
