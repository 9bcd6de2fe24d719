"""Components that real projects have beside the guard, each as awkward as the ones found there."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import signal
import threading
from pathlib import Path
from typing import Any

from scrapy import Request, signals
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.http import HtmlResponse, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.pipelines.files import FilesPipeline

import tdm_guard.judging.case
from tdm_guard.scrapy import Addon, RequestGate, ResponseGate, room  # noqa: F401 -- also found under these names by settings


class _Muted:
    """A crawler whose signals nobody hears."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        self.signals = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._crawler, name)

    def send_catch_log(self, **_: Any) -> list[Any]:
        return []


class MutedHandler(HTTP11DownloadHandler):
    """A handler that never sends headers_received nor bytes_received, as those of browsers and of paid services."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._crawler = _Muted(crawler)


class NotModifiedHandler(HTTP11DownloadHandler):
    """A handler whose 304 have a body all the same, as they may over HTTP/2."""

    async def download_request(self, request: Any) -> Response:
        response = await super().download_request(request)
        return response.replace(status=304) if request.url.endswith("/304") else response


class BrowserHandler(HTTP11DownloadHandler):
    """A handler that follows redirects by itself, and gives the last address as the response's."""

    async def download_request(self, request: Any) -> Response:
        response = await super().download_request(request)
        while response.status == 302 and "tdm_guard_policy" not in request.meta:
            request = request.replace(url=response.headers["Location"].decode())
            response = await super().download_request(request)
        return response


class ShortCircuit:
    """Answers /canned itself, with a page that reserves; nothing is downloaded."""

    def process_request(self, request: Any) -> Any:
        if request.url.endswith("/canned"):
            body = b'<html><head><meta name="tdm-reservation" content="1"></head><body>CANNED</body></html>'
            return HtmlResponse(request.url, body=body, headers={"Content-Type": "text/html"})
        return None


class Outermost:
    """Answers before the guard is asked at all."""

    def process_request(self, request: Any) -> Any:
        if request.url.endswith("/early"):
            return HtmlResponse(request.url, body=b"<p>EARLY", headers={"Content-Type": "text/html"})
        return None


class Swapper:
    """Puts another body in the place of the one that came, as rendering services do."""

    def process_response(self, request: Any, response: Any) -> Any:
        if request.url.endswith("/swapped"):
            body = b'<html><head><meta name="tdm-reservation" content="1"></head><body>SWAPPED</body></html>'
            return response.replace(body=body)
        if request.url.endswith("/mended"):
            return response.replace(body=response.body + b"<!-- ours -->")
        return response


class Rescuer:
    """Makes a page of whatever went wrong, and so of a refusal too."""

    def process_exception(self, request: Any, exception: Exception) -> Any:
        if "rescue" in request.url:
            return HtmlResponse(request.url, body=b"<p>RESCUED", headers={"Content-Type": "text/html"})
        return None


class DigestAuth:
    """Digest authentication: needs the 401, answers it, sends the request again."""

    def process_response(self, request: Any, response: Any) -> Any:
        if response.status != 401 or b"Authorization" in request.headers:
            return response
        challenge = dict(re.findall(r'(\w+)="([^"]*)"', response.headers["WWW-Authenticate"].decode()))
        path = "/" + request.url.split("/", 3)[3]
        one = _md5(f"user:{challenge['realm']}:secret")
        two = _md5(f"{request.method}:{path}")
        proof = _md5(f"{one}:{challenge['nonce']}:00000001:abc:auth:{two}")
        again = request.copy()
        again.dont_filter = True
        again.headers[b"Authorization"] = (
            f'Digest username="user", realm="{challenge["realm"]}", nonce="{challenge["nonce"]}", uri="{path}", '
            f'response="{proof}", qop=auth, nc=00000001, cnonce="abc"'
        )
        return again


class Cookies:
    """Credentials on everything that is sent, as careless projects do."""

    def process_request(self, request: Any) -> None:
        request.headers.setdefault(b"Cookie", b"session=SECRET")
        request.headers.setdefault(b"Authorization", b"Basic " + base64.b64encode(b"a:SECRET"))


class Proxied:
    """Sends everything through one proxy."""

    @classmethod
    def from_crawler(cls, crawler: Any) -> Any:
        part = cls()
        part.proxy = crawler.settings["PROBE_PROXY"]
        return part

    def process_request(self, request: Any) -> None:
        request.meta["proxy"] = self.proxy


class Canceller:
    """Cancels the first request for /cancel while it waits for the policy of its origin."""

    def __init__(self) -> None:
        self.first = True

    async def process_request(self, request: Any) -> None:
        if request.url.endswith("/cancel") and self.first:
            self.first = False
            task = asyncio.current_task()
            asyncio.get_running_loop().call_later(0.2, task.cancel)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Ledger:
    """Extension: a line in the file `ledger` for each request that is scheduled, with its credentials."""

    @classmethod
    def from_crawler(cls, crawler: Any) -> Any:
        part = cls()
        crawler.signals.connect(part.scheduled, signals.request_scheduled)
        return part

    def scheduled(self, request: Any) -> None:
        with Path("ledger").open("a") as file:
            file.write(request.headers.get("Authorization", b"").decode() + "\n")


class Disguised(FilesPipeline):
    """Item pipeline: files that RobotsTxtMiddleware leaves alone, at addresses that end like its own."""

    def get_media_requests(self, item: Any, info: Any) -> Any:
        for url in item["file_urls"]:
            yield Request(f"{url}?for=/robots.txt", meta={"dont_obey_robotstxt": True})


class Forged(FilesPipeline):
    """Item pipeline: files whose requests bear what RobotsTxtMiddleware's own and its redirects have."""

    def get_media_requests(self, item: Any, info: Any) -> Any:
        robots = item["url"].rpartition("/")[0] + "/robots.txt"
        yield Request(robots, meta={"dont_obey_robotstxt": True})
        for url in item["file_urls"]:
            yield Request(url, meta={"dont_obey_robotstxt": True, "redirect_urls": [robots], "redirect_times": 1})


class Heir:
    """Takes what the guard's own requests have in their meta for requests of its own, while those are under way."""

    @classmethod
    def from_crawler(cls, crawler: Any) -> Any:
        part = cls()
        part.crawler = crawler
        part.tasks = []
        return part

    def process_request(self, request: Any) -> None:
        if "tdm_guard_policy" in request.meta and request.url.endswith("tdmrep.json") and not self.tasks:
            page = request.url.replace("/.well-known/tdmrep.json", "/other")
            self.tasks.append(asyncio.ensure_future(self._inherit(request, page)))
            self.tasks.append(asyncio.ensure_future(self._inherit(request, request.url)))

    async def _inherit(self, request: Any, url: str) -> None:
        try:
            response = await self.crawler.engine.download_async(Request(url, meta=dict(request.meta)))
            got = f"{response.status} {len(response.body)}"
        except Exception as error:
            got = type(error).__name__
        with Path("inherited").open("a") as file:
            file.write(f"{url.rpartition('/')[2]} {got}\n")


class Copier:
    """Sends a copy of each request in its place, as components do that change what cannot be changed."""

    def process_request(self, request: Any) -> Any:
        if request.meta.get("copied") == request.url:
            return None
        return request.replace(meta={**request.meta, "copied": request.url})


class LateFields:
    """Adds a key to whatever is sent, next to the downloader."""

    def process_request(self, request: Any) -> None:
        request.headers["X-Api-Key"] = "SECRET"


class Hosts:
    """Names another host for some requests, after the guard let them in."""

    def process_request(self, request: Any) -> None:
        if request.url.endswith("/named-late"):
            request.headers[b"HOST"] = b"named.example"


class Threads:
    """Extension: a line in the file `threads` for each body, or beginning, that is read: how much, and where."""

    @classmethod
    def from_crawler(cls, crawler: Any) -> Any:
        for name in ("hear_body", "hear_beginning"):
            setattr(tdm_guard.judging.case.Case, name, cls._noted(getattr(tdm_guard.judging.case.Case, name)))
        return cls()

    @staticmethod
    def _noted(own: Any) -> Any:
        def read(case: Any, body: bytes, **how: Any) -> Any:
            aside = threading.current_thread() is not threading.main_thread()
            with Path("threads").open("a") as file:
                file.write(f"{len(body)} {'aside' if aside else 'loop'}\n")
            return own(case, body, **how)

        return read


class Narrow:
    """Extension: as few as PROBE_BESIDE requests may wait beside CONCURRENT_REQUESTS."""

    @classmethod
    def from_crawler(cls, crawler: Any) -> Any:
        room.MAX_BESIDE = crawler.settings.getint("PROBE_BESIDE")
        return cls()


class Token:
    """Gets what pages need from PROBE_TOKEN, once, while all of them wait for it."""

    @classmethod
    def from_crawler(cls, crawler: Any) -> Any:
        part = cls()
        part.crawler, part.lock, part.token = crawler, asyncio.Lock(), b""
        part.url = crawler.settings["PROBE_TOKEN"]
        return part

    async def process_request(self, request: Any) -> None:
        if request.url == self.url or "tdm_guard_policy" in request.meta:
            return
        async with self.lock:
            if not self.token:
                response = await self.crawler.engine.download_async(Request(self.url, callback=NO_CALLBACK))
                self.token = response.body
        request.headers["X-Token"] = self.token


class OneAtATime:
    """Outside the guard: lets no request in before the one before it has come to its end."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()

    async def process_request(self, request: Any) -> None:
        if "tdm_guard_policy" not in request.meta:
            await self.lock.acquire()

    def process_response(self, request: Any, response: Any) -> Any:
        if "tdm_guard_policy" not in request.meta:
            self.lock.release()
        return response


class Interrupted:
    """Extension: Ctrl-C, when the first page has come."""

    @classmethod
    def from_crawler(cls, crawler: Any) -> Any:
        part = cls()
        part.done = False
        crawler.signals.connect(part.interrupt, signals.response_received)
        return part

    def interrupt(self) -> None:
        if not self.done:
            self.done = True
            signal.raise_signal(signal.SIGINT)
