"""
One crawl, as told on stdin: prints seconds of wall and CPU, requests and pages, and when the last came, as a JSON line.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import scrapy
from scrapy.crawler import AsyncCrawlerProcess

from tests.benchmarks.crawl_settings import GUARD, SETTINGS

TASK = json.load(sys.stdin)
FIGURES: dict[str, float] = {"pages": 0, "last": 0.0}


class Pages(scrapy.Spider):
    name = "pages"

    async def start(self) -> AsyncIterator[Any]:
        FIGURES["began"], FIGURES["cpu"] = time.monotonic(), time.process_time()
        for url in TASK["urls"]:
            yield scrapy.Request(url, dont_filter=True)

    def parse(self, response: Any) -> None:
        FIGURES["pages"] += 1
        FIGURES["last"] = time.monotonic() - FIGURES["began"]

    def closed(self, reason: str) -> None:
        FIGURES["wall"] = time.monotonic() - FIGURES["began"]
        FIGURES["cpu"] = time.process_time() - FIGURES["cpu"]
        FIGURES["requests"] = self.crawler.stats.get_value("downloader/request_count")


settings = {**SETTINGS, "ROBOTSTXT_OBEY": TASK["side"] == "robots"}
if TASK["side"] == "guard":
    settings |= {**GUARD, "TDM_GUARD_LOG": TASK["log"]}
    settings |= {name: value for name, value in TASK["settings"].items() if name != "expected"}

process = AsyncCrawlerProcess(settings)
process.crawl(Pages)
process.start()
print(json.dumps(FIGURES))
