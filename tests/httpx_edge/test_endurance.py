"""One client in many hands: threads, forked processes, after its end; and what it leaves open."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import LogError, Withheld
from tdm_guard.log.reader import read_log
from tdm_guard.log.verify import Verification
from tdm_guard.testing import Answer, PretendWeb, Site, endless
from tests.support.logs import flaws

THREADS, ROUNDS = 12, 20
SILENT = {f"/{number}": Answer.html(f"<title>t</title>OPEN {number}.") for number in range(THREADS * ROUNDS)}
SITES = (
    Site("plain.example", SILENT),
    Site("other.example", SILENT),
    Site("moved.example", {path: Answer.redirect(f"http://plain.example{path}") for path in SILENT}),
    Site("kept.example", {"/robots.txt": Answer.text("User-agent: *\nDisallow: /\n")}),
    Site("spoken.example", dict.fromkeys(SILENT, Answer.html("<title>t</title>SECRET", ("tdm-reservation", "1")))),
    Site("bulk.example", {"/bulk": Answer(headers=(("content-type", "application/x-tar"),), body=endless())}),
    Site("torn.example", dict.fromkeys(SILENT, Answer.html("<title>t</title>SECRET", close_after=5))),
)
NAMES = [site.name for site in SITES if site.name != "bulk.example"]
FORKED_WELL, LET_PASS, NO_ERROR = 7, 8, 9  # how a forked process ends


@pytest.fixture
def web() -> Iterator[PretendWeb]:
    with PretendWeb(SITES) as web:
        yield web


def client(edge: Any, web: PretendWeb, **options: Any) -> Any:
    return edge.client(
        proxy=web.proxy, trust_env=False, follow_redirects=True, timeout=60, policy_timeout=60, **options
    )


def test_twelve_threads_on_one_client_each_get_their_own(sync_edge: Any, web: PretendWeb) -> None:
    edge, told = sync_edge, dict[str, Any]()
    urls = [f"http://{NAMES[number % len(NAMES)]}/{number}" for number in range(THREADS * ROUNDS)]
    together = threading.Barrier(THREADS)

    def work(first: int) -> None:
        together.wait()
        for url in urls[first::THREADS]:
            try:
                response = guarded.get(url)
                told[url] = (response.extensions["tdm_guard"], response.text)
            except Withheld as refusal:
                told[url] = (refusal.decision, None)
            except edge.module.TransportError:
                told[url] = (None, None)

    with client(edge, web) as guarded, ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
        assert guarded._transport.session._flights == {}
    assert flaws(edge.log) == []
    records = {record["id"]: record for record in edge.decisions}
    assert len(records) == len(edge.decisions) == sum(decision is not None for decision, _ in told.values())
    for url, (decision, text) in told.items():
        if "torn." in url:
            assert decision is None
            continue
        record = records[decision.id]
        assert (record["url"], record["admitted"]) == (url, text is not None)
        assert record["admitted"] is not any(name in url for name in ("kept.", "spoken."))
        assert text is None or f"OPEN {url.rpartition('/')[2]}." in text
    asked = [(got.site, got.path) for got in web.requests if got.path == "/robots.txt"]
    assert len(asked) == len(set(asked)) == len(NAMES)
    assert not [thread for thread in threading.enumerate() if thread.name == "tdm-guard-policy" and thread.is_alive()]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("used", [True, False], ids=["used before", "fresh"])
def test_a_forked_process_is_handed_nothing_by_its_parents_client(sync_edge: Any, web: PretendWeb, used: bool) -> None:
    edge = sync_edge
    with client(edge, web) as guarded:
        if used:
            guarded.get("http://plain.example/0")
        child = os.fork()
        if child == 0:
            ended = NO_ERROR
            try:
                ended = LET_PASS if guarded.get("http://other.example/1").content else NO_ERROR
            except LogError as error:
                ended = FORKED_WELL if "{pid}" in str(error) else NO_ERROR
            finally:
                os._exit(ended)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == FORKED_WELL
        assert "OPEN 2." in guarded.get("http://plain.example/2").text
    assert flaws(edge.log) == []
    assert len(edge.decisions) == 1 + used


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_with_a_client_of_its_own_has_its_own_log(sync_edge: Any, web: PretendWeb) -> None:
    edge = sync_edge
    log = str(edge.log.with_name("log-{pid}.jsonl"))
    with client(edge, web, log=log) as guarded:
        child = os.fork()
        if child == 0:
            ended = NO_ERROR
            try:
                with client(edge, web, log=log) as own:
                    ended = FORKED_WELL if "OPEN 1." in own.get("http://other.example/1").text else NO_ERROR
            finally:
                os._exit(ended)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == FORKED_WELL
        guarded.get("http://plain.example/2")
    logs = sorted(edge.log.parent.glob("log-*.jsonl"))
    assert len(logs) == 2
    for path in logs:
        verification = Verification()
        assert list(verification.findings(read_log([path]))) == []
        assert verification.decisions == 1


def test_a_closed_client_hands_nothing_on(edge: Any, web: PretendWeb) -> None:
    async def scenario() -> None:
        guarded = client(edge, web)
        await edge.get(guarded, "http://plain.example/0")
        transport = guarded._transport_for_url(edge.module.URL("http://plain.example/1"))
        await edge.close(guarded)
        with pytest.raises(RuntimeError, match="closed"):
            await edge.get(guarded, "http://plain.example/1")
        send = transport.handle_request if edge.sync else transport.handle_async_request
        with pytest.raises(LogError):  # a transport that somebody kept
            await edge.call(send, edge.module.Request("GET", "http://plain.example/1"))
        await edge.close(transport.inner)  # which dials anew, closed or not

    edge.run(scenario)
    assert flaws(edge.log) == []
    assert len(edge.decisions) == 1


@pytest.mark.filterwarnings("ignore:Async generator")  # httpx leaves its own unclosed, of which trio complains
@pytest.mark.filterwarnings("ignore:.*async_generator object")
def test_a_client_closed_under_a_stream_ends_it_with_an_error(edge: Any, web: PretendWeb) -> None:
    """What was handed on of it until then is on record, and nothing more of it is handed on."""

    async def scenario() -> None:
        guarded = client(edge, web)
        response = await edge.open(guarded, "http://bulk.example/bulk")
        await edge.close(guarded)
        with pytest.raises((LogError, edge.module.StreamError, edge.module.TransportError)):
            await edge.raw(response)
        await edge.close(response)
        with pytest.raises(RuntimeError, match="closed"):
            await edge.get(guarded, "http://plain.example/1")

    edge.run(scenario)
    assert flaws(edge.log) == []
    assert [record["verdict"] for record in edge.decisions] == ["unreserved"]
    assert [record["complete"] for record in edge.records("body")] == [False]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted there")
def test_a_client_leaves_no_descriptor_and_no_thread(edge: Any) -> None:
    """Of pages, refusals, failures and bodies that were given up, in any number."""

    async def scenario(web: PretendWeb, rounds: int) -> None:
        guarded = client(edge, web)
        for number in range(rounds):
            for name in NAMES:
                try:
                    response = await edge.open(guarded, f"http://{name}/{number}")
                    if number % 2:
                        await edge.raw(response)
                    await edge.close(response)
                except (Withheld, edge.module.TransportError):
                    pass
        await edge.close(guarded)

    def left(rounds: int) -> tuple[int, list[str]]:
        with PretendWeb(SITES) as web:
            edge.run(partial(scenario, web, rounds))
        threads = [thread.name for thread in threading.enumerate() if thread.name == "tdm-guard-policy"]
        return len(list(Path("/proc/self/fd").iterdir())), threads

    left(1)  # what is opened once for the process
    few = left(1)
    assert few == left(8)
    assert few[1] == []
