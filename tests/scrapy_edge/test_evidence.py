"""The evidence folder of a crawl: what its decisions rest on is there; without it the crawl ends."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support.evidence import JUDGED, PAGES, SITE, check_kept

Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]


def test_what_a_crawl_was_told_is_kept(web: Web, crawl: Crawl) -> None:
    origin = web(SITE).origin("site.example")
    crawled = crawl(*(origin + path for path in JUDGED), TDM_GUARD_EVIDENCE="evidence", ROBOTSTXT_OBEY=True)
    assert [item["url"] for item in crawled.responses] == [origin + "/"]
    check_kept(crawled.folder / "tdm-guard.jsonl", crawled.folder / "evidence")
    assert {record["evidence"] for record in crawled.records if record["type"] == "run"} == {"evidence"}


def test_a_crawl_that_cannot_keep_ends(web: Web, crawl: Crawl) -> None:
    noise = "".join(f"# {hashlib.sha256(bytes([number])).hexdigest()}\n" for number in range(250))
    pages = {**PAGES, "/robots.txt": Answer.text(f"User-agent: *\nDisallow: /closed\n{noise}")}
    origin = web(Site("site.example", pages)).origin("site.example")
    crawled = crawl(origin + "/", origin + "/head", TDM_GUARD_EVIDENCE="evidence", file_limit=6000)
    assert (crawled.responses, crawled.decisions) == ([], [])
    assert "The crawl ends, since nothing may pass unrecorded: the evidence folder" in crawled.text
