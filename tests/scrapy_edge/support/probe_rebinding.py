"""A crawl whose resolver changes its mind; prints the verdicts, the words of the records, and what was asked inside."""

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.support.rebinding import INSIDE, OUTSIDE, rebinding

exempt = sys.argv[2:]  # hosts that the environment's proxy is not for
with rebinding(inside=bool(exempt)) as web:
    if exempt:
        os.environ.update(http_proxy=f"http://{OUTSIDE}:{web.port}", no_proxy=",".join(exempt))
    import scrapy
    from scrapy.crawler import AsyncCrawlerProcess

    log = Path(tempfile.mkdtemp()) / "log.jsonl"

    class Page(scrapy.Spider):
        name = "page"

        async def start(self):  # type: ignore[no-untyped-def]
            yield scrapy.Request(web.url("site.example", "/a"), errback=lambda failure: None)

        def parse(self, response):  # type: ignore[no-untyped-def]
            raise AssertionError(response.url)

    process = AsyncCrawlerProcess(
        {
            "ADDONS": {"tdm_guard.scrapy.Addon": 500},
            "USER_AGENT": "ExampleBot/1.0",
            "TDM_GUARD_USAGES": ["ai-training"],
            "TDM_GUARD_LOG": str(log),
            "TELNETCONSOLE_ENABLED": False,
            "RETRY_ENABLED": False,
            "LOG_LEVEL": "WARNING",
            **json.loads(sys.argv[1]),
        }
    )
    process.crawl(Page)
    process.start()
    records = [json.loads(line) for line in log.read_text().splitlines()]
    decisions = [record for record in records if record["type"] == "decision"]
    inside = sorted({path for place, path in web.asked if place == INSIDE})
    print(json.dumps({"decisions": decisions, "inside": inside, "looked_up": web.looked_up}))
