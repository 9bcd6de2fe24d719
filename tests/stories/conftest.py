"""One job, told once, done by each client: what it was handed, what it was refused, what it left on its disk."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from tdm_guard import LogError, TdmGuardError, Withheld, decision_of
from tdm_guard.log.reader import read_log
from tdm_guard.testing import PretendWeb
from tests.support.logs import flaws
from tests.support.patience import PATIENCE

SUPPORT = Path(__file__).parent / "support"
EDGES = ("scrapy", "httpx", "httpx-async", "httpx2", "httpx2-async", "requests", "aiohttp-async")
AGENT = "ExampleBot"
LOG = "tdm-guard.jsonl"
SECONDS = 3.0  # after which silence is no answer; who answers needs less on a busy machine too
WORKERS = 16  # requests under way at a time
SETTINGS: dict[str, Any] = {
    "ADDONS": {"tdm_guard.scrapy.Addon": 500},
    "USER_AGENT": f"{AGENT}/1.0 (+http://bot.example/)",
    "CONCURRENT_REQUESTS": 32,
    "DOWNLOAD_TIMEOUT": 2 * SECONDS,
    "FEEDS": {"items.jsonl": {"format": "jsonlines"}},
    "FILES_STORE": "files",
    "HTTPCACHE_ENABLED": True,
    "HTTPCACHE_DIR": "cache",
    "HTTPERROR_ALLOW_ALL": True,
    "IMAGES_STORE": "images",
    "ITEM_PIPELINES": {"scrapy.pipelines.files.FilesPipeline": 1, "scrapy.pipelines.images.ImagesPipeline": 2},
    "JOBDIR": "job",
    "LOG_FILE": "scrapy.log",
    "MEDIA_ALLOW_REDIRECTS": True,
    "RETRY_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
}


@dataclass
class Job:
    """
    What a job came to. `handed`, `refused` and `failed` are by the address asked for, in the order they came.

    `stopped` is the error for which nothing was begun.
    """

    edge: str
    folder: Path
    handed: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    stopped: str = ""

    @property
    def log(self) -> Path:
        return self.folder / LOG

    @property
    def decisions(self) -> list[dict[str, Any]]:
        lines = read_log([self.log]) if self.log.is_file() else ()
        return [line.record for line in lines if line.record and line.type == "decision"]

    @property
    def verdicts(self) -> dict[str, str]:
        """By the address asked for; each has one record."""
        found = {record["url"]: record["verdict"] for record in self.decisions}
        assert len(found) == len(self.decisions), sorted(record["url"] for record in self.decisions)
        return found

    def record(self, url: str) -> dict[str, Any]:
        (found,) = [record for record in self.decisions if record["url"] == url]
        return found

    def flaws(self, *, remarks: bool = False) -> list[str]:
        """What `verify` finds in the log."""
        return flaws(self.log, remarks=remarks)

    @property
    def disk(self) -> bytes:
        """Every byte that the job left, and the names of its files."""
        files = [path for path in sorted(self.folder.rglob("*")) if path.is_file()]
        return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in files)

    def check(self) -> None:
        """Whatever was handed on or refused has its record, once, and the log is whole."""
        assert self.flaws(remarks=True) == []
        records = {record["id"]: record for record in self.decisions}
        assert sorted(record["url"] for record in self.decisions) == sorted(
            item["url"] for item in self.handed + self.refused
        )
        for item in self.handed + self.refused:
            if "decision" in item:  # pipelines are not told which
                record = records.pop(item["decision"])
                assert (record["url"], record["verdict"]) == (item["url"], item["verdict"])
                assert record["admitted"] is (item in self.handed)
        assert all(record["admitted"] for record in records.values())


class Collector:
    """
    Does a job with one client. `stages` come one after another, the clock is moved on by `pause` in between; `items` is
    what is known of the works at some addresses.
    """

    def __init__(self, edge: str, web: PretendWeb, folder: Path) -> None:
        self.edge, self.web = edge, web
        self.job = Job(edge, folder)
        self.proxied = True
        self.items: dict[str, Any] = {}

    def run(
        self,
        *stages: Sequence[str],
        pause: timedelta = timedelta(),
        broken: bool = False,
        file_limit: int = 0,
        proxied: bool = True,
        items: dict[str, Any] | None = None,
        settings: dict[str, Any] | None = None,
        **options: Any,
    ) -> Job:
        self.proxied, self.items = proxied, items or {}
        self.job.folder.mkdir(parents=True, exist_ok=True)
        options = {"agent": AGENT, "log": str(self.job.log), "policy_timeout": SECONDS} | options
        if self.edge == "scrapy":
            spec = {"stages": stages, "pause": pause.total_seconds(), "broken": broken, "file_limit": file_limit}
            with self._begun(spec, settings or {}, options) as crawl:
                _, said = crawl.communicate(timeout=PATIENCE)
            assert crawl.returncode == 0, said[-3000:]
            self._outcome()
            return self.job
        breakage = importlib.import_module("breakage")
        clock = breakage.Clock()
        with ExitStack() as stack:
            stack.enter_context(clock.set())
            if broken:
                stack.enter_context(breakage.broken_readers())
            try:
                client = self.client(**options)
            except TdmGuardError as error:
                self.job.stopped = f"{type(error).__name__}: {error}"
                return self.job
            if file_limit:
                stack.enter_context(_full_disk(file_limit))
            if self.edge.endswith("async"):
                asyncio.run(self._tasks(client, stages, pause, clock))
            else:
                self._threads(client, stages, pause, clock)
        return self.job

    def client(self, **options: Any) -> Any:
        if self.edge == "aiohttp-async":
            proxy = self.web.proxy if self.proxied else None
            client = importlib.import_module("aiohttp_client").Client
            return client(proxy=proxy, timeout=2 * SECONDS, **options)
        guarded = importlib.import_module(f"tdm_guard.{self.edge.removesuffix('-async')}")
        if self.edge == "requests":
            session = guarded.GuardSession(**options)
            session.trust_env, session.verify = False, False
            if self.proxied:
                session.proxies = {"http": self.web.proxy, "https": self.web.proxy}
            for prefix in ("http://", "https://"):
                session.mount(prefix, requests.adapters.HTTPAdapter(pool_maxsize=WORKERS))
            return session
        made = guarded.AsyncGuardClient if self.edge.endswith("async") else guarded.GuardClient
        return made(
            proxy=self.web.proxy if self.proxied else None,
            trust_env=False,
            verify=False,
            follow_redirects=True,
            timeout=2 * SECONDS,
            **options,
        )

    def _threads(self, client: Any, stages: Sequence[Sequence[str]], pause: timedelta, clock: Any) -> None:
        def get(url: str) -> None:
            try:
                response = client.get(url, **self._known(url))
                self.keep(url, response)
            except Exception as error:
                self.miss(url, error)

        with _last_words(), client, ThreadPoolExecutor(WORKERS) as pool:
            for number, urls in enumerate(stages):
                clock.ahead = pause * number
                list(pool.map(get, urls))

    async def _tasks(self, client: Any, stages: Sequence[Sequence[str]], pause: timedelta, clock: Any) -> None:
        width = asyncio.Semaphore(WORKERS)

        async def get(url: str) -> None:
            async with width:
                try:
                    response = await client.get(url, **self._known(url))
                    self.keep(url, response)
                except Exception as error:
                    self.miss(url, error)

        with _last_words():
            async with client:
                for number, urls in enumerate(stages):
                    clock.ahead = pause * number
                    await asyncio.gather(*map(get, urls))

    def _known(self, url: str) -> dict[str, Any]:
        known = {"tdm_guard_item": self.items[url]} if url in self.items else {}
        return {**known, "timeout": 2 * SECONDS} if self.edge == "requests" else {"extensions": known}

    def keep(self, url: str, response: Any) -> None:
        """Stores a response, as any collector would."""
        decision = response.decision if isinstance(response, SimpleNamespace) else decision_of(response)
        assert decision is not None
        self.job.handed.append({"url": url, "verdict": decision.verdict.value, "decision": decision.id})
        name = hashlib.sha256(url.encode()).hexdigest()
        (self.job.folder / f"{name}.kept").write_bytes(response.content)

    def miss(self, url: str, error: Exception) -> None:
        if isinstance(error, Withheld):
            decision = error.decision
            self.job.refused.append({"url": url, "verdict": decision.verdict.value, "decision": decision.id})
        else:
            self.job.failed.append({"url": url, "type": type(error).__name__, "text": str(error)})

    def begun(self, urls: Sequence[str], *, settings: dict[str, Any]) -> AbstractContextManager[subprocess.Popen[str]]:
        """A crawl that goes on meanwhile."""
        spec = {"stages": [urls], "pause": 0, "broken": False, "file_limit": 0}
        return self._begun(spec, settings, {"log": str(self.job.log)})

    @contextmanager
    def _begun(
        self, spec: dict[str, Any], settings: dict[str, Any], options: dict[str, Any]
    ) -> Iterator[subprocess.Popen[str]]:
        given = {f"TDM_GUARD_{name.upper()}": value for name, value in options.items()}
        spec = spec | {"settings": SETTINGS | given | settings, "items": self.items}
        (self.job.folder / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
        with subprocess.Popen(
            [sys.executable, SUPPORT / "promise_crawl.py"],
            cwd=self.job.folder,
            env=self.web.environment() if self.proxied else _unproxied(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as crawl:
            try:
                yield crawl
            finally:
                crawl.kill()  # does nothing to one that has ended

    def _outcome(self) -> None:
        told = json.loads((self.job.folder / "outcome.json").read_text(encoding="utf-8"))
        for name in ("spec.json", "outcome.json"):
            (self.job.folder / name).unlink()
        for name, value in told.items():
            setattr(self.job, name, value)


def _unproxied() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}


@contextmanager
def _full_disk(limit: int) -> Iterator[None]:
    """No file may grow beyond `limit` bytes."""
    usual = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, usual)


@contextmanager
def _last_words() -> Iterator[None]:
    """The end record of a log that is full cannot be written either, which closing the client says."""
    with suppress(LogError):
        yield


@pytest.fixture(params=EDGES)
def edge(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def web() -> Iterator[Callable[..., PretendWeb]]:
    """Opens a pretend web of sites."""
    with ExitStack() as stack:
        yield lambda *sites: stack.enter_context(PretendWeb(sites))


@pytest.fixture
def collect(edge: str, collector: Any, tmp_path: Path) -> Callable[..., Any]:
    """Does a job with the client of this case."""
    return lambda web, *stages, **how: collector(edge, web, tmp_path / "job").run(*stages, **how)


@pytest.fixture(scope="session", autouse=True)
def _support() -> Iterator[None]:
    """The modules of `support` can be imported, here as in the crawls."""
    sys.path.insert(0, str(SUPPORT))
    yield
    sys.path.remove(str(SUPPORT))


@pytest.fixture(scope="session")
def collector() -> type[Collector]:
    return Collector
