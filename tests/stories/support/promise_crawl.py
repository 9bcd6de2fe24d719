"""
One Scrapy crawl as a JSON file describes it: pages, pictures and files, with everything that Scrapy can write.

Writes to `outcome.json` what callbacks, errbacks, pipelines and the signal `withheld` were given.
"""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import sys
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import scrapy
from breakage import Clock, broken_readers
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import DontCloseSpider

import tdm_guard.scrapy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

PICTURES, FILES = (".png", ".jpg"), (".pdf", ".epub", ".wav", ".mp3", ".flac", ".bin")


class Canceller:
    """
    Cancels the task of a request while it waits, once: for the policy, for an answer, or for the rest of a body.

    Which of them is the last word of the request's path. Its place decides what the task waits for then.
    """

    @classmethod
    def from_crawler(cls, crawler: Any) -> Any:
        part = cls()
        crawler.signals.connect(part.headers_received, signals.headers_received)
        return part

    def __init__(self) -> None:
        self.tasks: dict[str, Any] = {}

    async def process_request(self, request: Any) -> None:
        if self.stage and self.stage in request.url:
            self.tasks[request.url] = asyncio.current_task()
            if self.stage != "/cancelled/body":
                asyncio.get_running_loop().call_later(0.2, self.tasks[request.url].cancel)

    def headers_received(self, request: Any) -> None:
        task = self.tasks.get(request.url)
        if task is not None and self.stage == "/cancelled/body":
            asyncio.get_running_loop().call_soon(task.cancel)

    stage = ""


class BeforePolicy(Canceller):
    stage = "/cancelled/policy"


class BeforeAnswer(Canceller):
    stage = "/cancelled/answer"


class BeforeEnd(Canceller):
    stage = "/cancelled/body"


class Promises(scrapy.Spider):
    """Asks for the addresses of a stage; when all came to an end, the clock is moved on and the next one begins."""

    name = "promises"
    stages: list[list[str]] = []  # noqa: RUF012 -- Scrapy's own shape
    items: dict[str, Any] = {}  # noqa: RUF012 -- by address, what is known of the work there
    pause = timedelta()
    clock = Clock()
    seen: dict[str, list[dict[str, Any]]] = {"handed": [], "refused": [], "failed": []}  # noqa: RUF012

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> Any:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.note_withheld, tdm_guard.scrapy.withheld)
        crawler.signals.connect(spider.note_item, signals.item_scraped)
        crawler.signals.connect(spider.next_stage, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        for entry in self.entries(self.stages.pop(0)):
            yield entry

    def entries(self, urls: list[str]) -> Iterator[Any]:
        for url in urls:
            if url.endswith(PICTURES):
                yield {"url": url, "image_urls": [url]}
            elif url.endswith(FILES):
                yield {"url": url, "file_urls": [url]}
            else:
                meta = {"tdm_guard_item": self.items[url]} if url in self.items else {}
                yield scrapy.Request(url, self.parse, errback=self.failed, dont_filter=True, meta=meta)

    def next_stage(self) -> None:
        if self.stages:
            self.clock.ahead += self.pause
            for entry in self.entries(self.stages.pop(0)):
                self.crawler.engine.crawl(entry)
            raise DontCloseSpider

    def parse(self, response: Any) -> Iterator[dict[str, str]]:
        asked = (response.meta.get("redirect_urls") or [response.url])[0]
        self.seen["handed"].append({"url": asked, **response.meta["tdm_guard"]})
        yield {"url": asked, "body": response.body.decode("latin-1")}

    def failed(self, failure: Any) -> None:
        if not failure.check(tdm_guard.Withheld):
            url = failure.request.url
            self.seen["failed"].append({"url": url, "type": failure.type.__name__, "text": str(failure.value)})

    def note_withheld(self, request: Any, decision: Any) -> None:
        asked = (request.meta.get("redirect_urls") or [request.url])[0]
        self.seen["refused"].append({"url": asked, "verdict": decision.verdict.value, "decision": decision.id})

    def note_item(self, item: Any) -> None:
        if item.get("files") or item.get("images"):
            self.seen["handed"].append({"url": item["url"]})


def main() -> None:
    spec = json.loads(Path("spec.json").read_text(encoding="utf-8"))
    Promises.stages = spec["stages"]
    Promises.items = spec["items"]
    Promises.pause = timedelta(seconds=spec["pause"])
    outcome: dict[str, Any] = {"stopped": "", **Promises.seen}
    with ExitStack() as stack:
        stack.enter_context(Promises.clock.set())
        if spec["broken"]:
            stack.enter_context(broken_readers())
        if spec["file_limit"]:  # no file may grow beyond it, as on a full disk
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (spec["file_limit"], resource.RLIM_INFINITY))
        process = AsyncCrawlerProcess(spec["settings"])
        task = process.crawl(Promises)
        task.add_done_callback(lambda done: outcome.update(stopped=_reason(done)))
        process.start()
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    Path("outcome.json").write_text(json.dumps(outcome), encoding="utf-8")


def _reason(done: Any) -> str:
    error = None if done.cancelled() else done.exception()
    return f"{type(error).__name__}: {error}" if error else ""


if __name__ == "__main__":
    sys.modules["promise_crawl"] = sys.modules[__name__]  # settings name our middlewares by it
    main()
