"""Crawls chains of addresses, each chain in its order, as a JSON file describes it; the guard's log is the result."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import scrapy
from scrapy.crawler import AsyncCrawlerProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Chains(scrapy.Spider):
    """Asks for the next address of a chain whatever became of the one before."""

    name = "chains"
    chains: list[list[str]] = []  # noqa: RUF012 -- Scrapy's own shape

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for chain in self.chains:
            for request in self.following(chain):
                yield request

    def following(self, chain: list[str]) -> Iterator[scrapy.Request]:
        if chain:
            yield scrapy.Request(
                chain[0],
                callback=self.parse,
                errback=lambda _: self.following(chain[1:]),
                cb_kwargs={"rest": chain[1:]},
                dont_filter=True,
            )

    def parse(self, response: Any, rest: list[str]) -> Iterator[scrapy.Request]:
        yield from self.following(rest)


if __name__ == "__main__":
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Chains.chains = spec["chains"]
    process = AsyncCrawlerProcess(spec["settings"])
    process.crawl(Chains)
    process.start()
