from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import scrapy
from scrapy.http import Response, TextResponse
from scrapy.linkextractors import LinkExtractor

from collection.items import Page

FILES = ("pdf", "png", "jpg", "jpeg", "gif", "webp", "wav", "mp3", "flac", "ogg", "mp4", "epub", "bin", "zip")


class PagesSpider(scrapy.Spider):
    """Collects pages and their files: `scrapy crawl pages -a start=https://example.org/,https://example.net/`."""

    name = "pages"

    def __init__(self, start: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_urls = [url.strip() for url in start.split(",") if url.strip()]
        if not self.start_urls:
            raise ValueError("say where to start, for example -a start=https://example.org/")
        hosts = sorted({urlsplit(url).hostname or "" for url in self.start_urls})
        self.pages = LinkExtractor(allow_domains=hosts, deny_extensions=FILES)
        self.media = LinkExtractor(
            tags=("a", "img", "audio"), attrs=("href", "src"), allow=rf"\.({'|'.join(FILES)})$", deny_extensions=()
        )

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for url in self.start_urls:
            yield scrapy.Request(url)

    def parse(self, response: Response) -> Iterator[Page | scrapy.Request]:
        if not isinstance(response, TextResponse):
            return
        yield Page(
            url=response.url,
            title=response.css("title::text").get("").strip(),
            text=" ".join(" ".join(response.css("body ::text").getall()).split()),
            file_urls=[link.url for link in self.media.extract_links(response)],
        )
        for link in self.pages.extract_links(response):
            yield response.follow(link)
