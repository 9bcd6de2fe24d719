"""Kills, crowds and cancellations against whole crawls, at sizes of everyday; `make soak` has the full ones."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.testing import Answer, Site
from tests.soak.cancelling import cancel_everywhere
from tests.soak.task import Task
from tests.soak.trials import ended_by, long_crawl, together
from tests.support.cancelling import cancel_after
from tests.support.replay import serving

EDGES = ("scrapy", "httpx", "httpx2")
TICKS = 40  # turns of Scrapy's loop after which requests are cancelled, one each
counts = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted in /proc")


@pytest.fixture(scope="module")
def proxy() -> Iterator[str]:
    with serving("tests.soak.web") as address:
        yield address


def task(edge: str, proxy: str, log: Path, **how: Any) -> Task:
    return Task(edge=edge, proxy=proxy, log=str(log), **{"origins": 40, "pages": 12, "other": 9, **how})


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_what_reached_the_caller_before_a_kill_is_on_record(edge: str, proxy: str, tmp_path: Path) -> None:
    """The second run goes on in the log that the first left torn, if it did."""
    figures = ended_by(task(edge, proxy, tmp_path / "log.jsonl", silent=4), (1, 90), signal.SIGKILL)
    assert 91 <= figures["pages"] <= figures["records"]


@pytest.mark.slow
def test_a_crawl_that_is_told_to_end_twice_leaves_everything_on_record(proxy: str, tmp_path: Path) -> None:
    """Pages that never come keep it from ending by itself, so that it is cut short for good."""
    crawl = task("scrapy", proxy, tmp_path / "log.jsonl", silent=4)
    assert ended_by(crawl, (30,), signal.SIGTERM, signal.SIGTERM)["pages"] >= 30


@pytest.mark.slow
@pytest.mark.parametrize("name", ["log", "{run}-{pid}"])
def test_three_processes_at_one_time(name: str, proxy: str, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    crawls = [
        task(edge, proxy, logs / f"{name}.jsonl", first=n * 1000, origins=10, pages=6) for n, edge in enumerate(EDGES)
    ]
    figures = together(crawls, logs)
    assert figures["files"] == (1 if name == "log" else 3)


@counts
@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_a_crawl_of_many_origins_holds_no_more_at_its_end(edge: str, proxy: str, tmp_path: Path) -> None:
    """Memory, descriptors and tasks, with cancelled requests, broken and redirected ones among them."""
    options = {"cache": f"memory:?max_bytes={2**18}", "signals": ["robots", "tdmrep"]}
    crawl = task(edge, proxy, tmp_path / "log.jsonl", origins=250, pages=2, cancel=31, look=30, options=options)
    assert long_crawl(crawl)["pages"] > 300


# httpx closes no generator that it wraps, so that trio finds them whoever leaves a body half-way, guarded or not.
@pytest.mark.filterwarnings("ignore:Async generator 'httpcore:ResourceWarning")
@counts
@pytest.mark.slow
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("family", ["httpx", "httpx2"])
def test_a_request_cancelled_at_any_step_lets_nothing_pass(family: str, backend: str, tmp_path: Path) -> None:
    assert cancel_everywhere(family, backend, tmp_path)["cancelled"] > 20


class AfterTicks:
    """Scrapy middleware: cancels the task of `/cancelled/N` after N turns of the loop."""

    def process_request(self, request: Any) -> None:
        _, found, turns = request.url.partition("/cancelled/")
        task = asyncio.current_task()
        if found and task is not None:
            cancel_after(task, int(turns))


@pytest.mark.slow
def test_requests_of_a_crawl_cancelled_at_any_turn_let_nothing_pass(collector: Any, web: Any, tmp_path: Path) -> None:
    secret = Answer.html(f'<meta name="tdm-reservation" content="1">SECRET{"<p>and so on</p>" * 5_000}')
    opened = Answer.html(f"<title>t</title>OPEN{'<p>and so on</p>' * 5_000}")
    names = [f"s{turns}.example" for turns in range(TICKS)]
    pretend = web(*(Site(name, {}, fallback=(secret, opened)[place % 2]) for place, name in enumerate(names)))
    urls = [f"http://{name}/cancelled/{turns}" for turns, name in enumerate(names)]
    plain = [f"http://{name}/plain" for name in names]
    parts = {"DOWNLOADER_MIDDLEWARES": {f"{__name__}.AfterTicks": 105}}
    job = collector("scrapy", pretend, tmp_path / "job").run(urls, plain, settings=parts)
    assert job.flaws(remarks=True) == []
    assert b"SECRET" not in job.disk
    recorded = {record["url"]: record["verdict"] for record in job.decisions}
    assert {url: recorded[url] for url in plain} == {
        url: ("reserved", "unreserved")[place % 2] for place, url in enumerate(plain)
    }
    assert {item["url"] for item in job.handed} <= {url for url, verdict in recorded.items() if verdict == "unreserved"}
