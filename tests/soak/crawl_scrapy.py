"""One crawl by Scrapy, as the command line tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import scrapy
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from tests.soak.task import ENDED, Task, Teller
from tests.support.cancelling import cancel_after

TASK = Task.given()
STEPS = 60  # turns of the loop within which a request is cancelled


class Canceller:
    """Cancels the task of every so-many-th request after some turns of the loop."""

    def __init__(self) -> None:
        self.asked = 0

    async def process_request(self, request: Any) -> None:
        self.asked += 1
        if TASK.cancel and self.asked % TASK.cancel == 0:
            task = asyncio.current_task()
            assert task is not None
            cancel_after(task, self.asked // TASK.cancel % STEPS)


class Pages(scrapy.Spider):
    name = "pages"
    loops: ClassVar[list[asyncio.AbstractEventLoop]] = []
    teller = Teller(TASK, tasks=lambda: len(asyncio.all_tasks(Pages.loops[0])))

    async def start(self) -> AsyncIterator[Any]:
        self.loops.append(asyncio.get_running_loop())
        for url in TASK.addresses():
            if self.crawler.engine.needs_backout():
                await self.crawler.signals.wait_for(signals.scheduler_empty)
            yield scrapy.Request(url, dont_filter=True, errback=lambda _: None, meta={"proxy": TASK.proxy})

    def parse(self, response: Any) -> None:
        self.teller.handed(response.url)


process = AsyncCrawlerProcess(
    {
        "ADDONS": {"tdm_guard.scrapy.Addon": 500},
        "CONCURRENT_REQUESTS": 16,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
        "DOWNLOADER_MIDDLEWARES": {Canceller: 105},
        "DOWNLOAD_TIMEOUT": 600,
        "LOG_LEVEL": "INFO" if TASK.silent else "CRITICAL",
        "RETRY_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
        "TELNETCONSOLE_ENABLED": False,
        "USER_AGENT": "ExampleBot/1.0 (+http://bot.example/)",
        "TDM_GUARD_LOG": TASK.log,
        "TDM_GUARD_POLICY_TIMEOUT": 60,
        **{f"TDM_GUARD_{name.upper()}": value for name, value in TASK.options.items()},
    }
)
process.crawl(Pages)
process.start()
Pages.teller.holds(ENDED)
