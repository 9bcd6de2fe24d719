"""
Crawls of one origin that take turns in one process, as told on stdin; prints CPU seconds per page of each, as JSON.

In turns, so that a noisy machine is noisy for all sides; in one process, so that none of them pays for imports.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import scrapy
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.utils.log import configure_logging
from scrapy.utils.reactor import install_reactor

from tests.benchmarks.crawl_settings import GUARD, SETTINGS

TASK = json.load(sys.stdin)  # origin, pages of a turn, rounds, reads (a spider that reads its pages), log
SIDES: dict[str, dict[str, Any]] = {
    "guard": {**SETTINGS, **GUARD, "ROBOTSTXT_OBEY": False, "TDM_GUARD_LOG": TASK["log"]},
    "robots": {**SETTINGS, "ROBOTSTXT_OBEY": True},
}


class Pages(scrapy.Spider):
    """One page to warm the origin up, then those that count."""

    name = "pages"
    seen = 0
    began = spent = 0.0

    async def start(self) -> AsyncIterator[Any]:
        yield scrapy.Request(f"{TASK['origin']}/page/warm", callback=self.warm)

    def warm(self, response: Any) -> Iterator[Any]:
        self.began = time.process_time()
        for number in range(TASK["pages"]):
            yield scrapy.Request(f"{TASK['origin']}/page/{number}")

    def parse(self, response: Any) -> Iterator[Any]:
        self.seen += 1
        if TASK["reads"]:
            yield {
                "url": response.url,
                "title": response.css("title::text").get(),
                "text": response.css("p::text").getall(),
                "links": [response.urljoin(link) for link in response.css("a::attr(href)").getall()],
            }

    def closed(self, reason: str) -> None:
        self.spent = time.process_time() - self.began


async def turn(side: str) -> float:
    """CPU seconds per page of one crawl."""
    runner = AsyncCrawlerRunner(SIDES[side])
    crawler = runner.create_crawler(Pages)
    gc.collect()
    await runner.crawl(crawler)
    spider: Any = crawler.spider
    assert spider.seen == TASK["pages"]
    return float(spider.spent / TASK["pages"])


async def main() -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {side: [] for side in SIDES}
    for side in SIDES:
        await turn(side)
    for number in range(TASK["rounds"]):
        for side in sorted(SIDES, reverse=number % 2 == 0):
            figures[side].append(await turn(side))
    return figures


install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
configure_logging({"LOG_LEVEL": "ERROR"})


def begin() -> None:
    """Runs the crawls, prints the figures and ends the reactor, whatever comes of it."""

    def ended(task: asyncio.Task[dict[str, list[float]]]) -> None:
        reactor.stop()
        print(json.dumps(task.result()))

    asyncio.ensure_future(main()).add_done_callback(ended)


from twisted.internet import reactor  # noqa: E402 -- there is none before it is installed

reactor.callWhenRunning(begin)
reactor.run()
