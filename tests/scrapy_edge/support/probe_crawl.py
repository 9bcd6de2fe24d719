"""Runs one crawl as a JSON file describes it, in a process of its own, and writes what its callbacks saw."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pickle
import resource
import signal
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import probe_stores
import scrapy
from scrapy import crawler as crawlers
from scrapy.exceptions import IgnoreRequest, ScrapyDeprecationWarning, StopDownload

import tdm_guard
import tdm_guard.scrapy

warnings.simplefilter("error", ScrapyDeprecationWarning)


class Probe(scrapy.Spider):
    """Sends the requests of its specification and notes what comes back."""

    name = "probe"
    custom_settings: dict[str, Any] = {}  # noqa: RUF012 -- Scrapy's own shape
    requests: list[dict[str, Any]] = []  # noqa: RUF012
    seen: list[dict[str, Any]] = []  # noqa: RUF012
    stops: str | None = None  # the signal of which a handler of the project's ends every download of a page
    pictures: list[str] = []  # noqa: RUF012 -- parts of the addresses of items that are pictures

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> Any:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.note_withheld, tdm_guard.scrapy.withheld)
        if spider.stops:
            crawler.signals.connect(spider.stop, getattr(scrapy.signals, spider.stops))
        return spider

    def note_withheld(self, request: Any, decision: Any) -> None:
        self.seen.append({"kind": "signal", "url": request.url, "verdict": decision.verdict.value, "id": decision.id})

    def stop(self, request: Any) -> None:
        if request.callback == self.parse:
            raise StopDownload(fail=True)

    async def start(self) -> Any:
        for entry in self.requests:
            yield self.request(dict(entry))

    def request(self, entry: dict[str, Any]) -> scrapy.Request:
        then = entry.pop("then", ())
        entry.setdefault("dont_filter", True)
        return scrapy.Request(callback=self.parse, errback=self.failed, cb_kwargs={"then": then}, **entry)

    def parse(self, response: Any, then: Any = ()) -> Any:
        probe_stores.PARSED.set()
        self.seen.append(
            {
                "kind": "response",
                "url": response.url,
                "status": response.status,
                "size": len(response.body),
                "sha256": hashlib.sha256(response.body).hexdigest(),
                "text": response.body[:2000].decode("latin-1"),
                "tdm_guard": response.meta.get("tdm_guard"),
                "decision_of": [getattr(tdm_guard.decision_of(found), "id", None) for found in self.alike(response)],
                "flags": list(response.flags),
                "sent": {k.decode(): v[0].decode() for k, v in response.request.headers.items() if v},
            }
        )
        for entry in map(dict, then):
            if entry.pop("copy_meta", False):
                entry["meta"] = dict(response.meta)
            yield self.request(entry)
        if "item" in response.url:
            media, none = [response.urljoin("media")], list[str]()
            picture = any(part in response.url for part in self.pictures)
            yield {
                "file_urls": none if picture else media,
                "image_urls": media if picture else none,
                "url": response.url,
            }

    def alike(self, response: Any) -> list[Any]:
        """The response, one made of it, and what belongs to another request, or none."""
        made = response.replace(body=b"other")
        return [response, made, response.replace(request=response.request.replace()), scrapy.http.Response(made.url)]

    def failed(self, failure: Any) -> None:
        error = failure.value
        note = {
            "kind": "error",
            "url": failure.request.url,
            "type": type(error).__name__,
            "ignored": isinstance(error, IgnoreRequest),
            "text": str(error)[:500],
            "meta": failure.request.meta.get("tdm_guard"),
            "body": getattr(getattr(error, "response", None), "body", b"").decode("latin-1"),
        }
        if isinstance(error, tdm_guard.Withheld):
            again = pickle.loads(pickle.dumps(error))
            note |= {
                "verdict": error.decision.verdict.value,
                "id": again.decision.id,
                "same": type(again) is type(error),
            }
        self.seen.append(note)


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    Probe.requests = [
        entry | ({"body": base64.b64decode(entry["body"])} if "body" in entry else {}) for entry in spec["requests"]
    ]
    for name, value in spec.get("spider", {}).items():
        setattr(Probe, name, value)
    if spec["file_limit"]:  # no file may grow beyond it, as on a full disk
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (spec["file_limit"], resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    os.environ.update(spec["settings"].pop("PROBE_ENVIRONMENT", {}))
    if store := spec["settings"].pop("PROBE_STORE", None):
        tdm_guard.scrapy.crawl.Guard = partial(tdm_guard.guard.Guard, store=getattr(probe_stores, store)())
    process = getattr(crawlers, spec["process"])(spec["settings"])
    crawler = process.create_crawler(Probe)
    outcome: dict[str, Any] = {}
    task = process.crawl(crawler)

    def note(done: Any) -> None:
        if not done.cancelled() and done.exception() is not None:
            outcome["aborted"] = type(done.exception()).__name__
            outcome["bases"] = [base.__name__ for base in type(done.exception()).__mro__]
            outcome["message"] = str(done.exception())

    if hasattr(task, "add_done_callback"):
        task.add_done_callback(note)
    process.start()
    stats = crawler.stats.get_stats() if getattr(crawler, "stats", None) else {}
    outcome |= {
        "seen": Probe.seen,
        "stats": {key: value for key, value in stats.items() if isinstance(value, (int, str))},
    }
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.getrlimit(resource.RLIMIT_FSIZE)[1],) * 2)
    Path(sys.argv[2]).write_text(json.dumps(outcome))


if __name__ == "__main__":
    main()
