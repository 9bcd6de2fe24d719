"""How requests wait for policies and for a place: nobody for ever, every site in turn, none when the crawl ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy import Request

from tdm_guard.errors import LogError
from tdm_guard.scrapy import RequestGate
from tdm_guard.scrapy import room as rooms
from tdm_guard.scrapy.room import MAX_HELD, Room
from tdm_guard.testing import Answer, PretendWeb, Site

Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]
OPEN = Answer.html("<!doctype html><title>t</title><p>open")
SLOW = Answer.text("", delay=0.8)  # all pages are there before the policy is
OBEY = pytest.mark.parametrize("obey", [False, True], ids=["alone", "obey"])


def site(name: str, page: Answer = OPEN, robots: Answer = SLOW) -> Site:
    return Site(f"{name}.example", {"/robots.txt": robots, **{f"/{number}": page for number in range(60)}})


def pages(pretend: PretendWeb, name: str, count: int) -> list[str]:
    return [f"{pretend.origin(f'{name}.example')}/{number}" for number in range(count)]


def asked(pretend: PretendWeb) -> list[str]:
    """The sites of the pages that were asked for, in their order."""
    found = [(request.at, request.site) for request in pretend.requests if request.path[1:].isdigit()]
    return [name for _, name in sorted(found)]


# ---- whole crawls -------------------------------------------------------------------------------------------------


@OBEY
def test_as_many_as_may_wait_and_go_on_wait_together(web: Web, crawl: Crawl, obey: bool) -> None:
    pretend = web(site("one"))
    crawled = crawl(
        *pages(pretend, "one", 20),
        CONCURRENT_REQUESTS=2,
        EXTENSIONS={"probe_parts.Narrow": 1},
        PROBE_BESIDE=4,
        ROBOTSTXT_OBEY=obey,
    )
    assert set(crawled.verdicts().values()) == {"unreserved"}
    assert len(crawled.responses) == 20


@pytest.mark.parametrize(("places", "order"), [(1, 500), (4, 500), (4, 50)])
def test_what_those_with_a_place_wait_for_needs_none(web: Web, crawl: Crawl, places: int, order: int) -> None:
    pretend = web(site("one"), Site("auth.example", {"/robots.txt": SLOW, "/token": Answer.text("T")}))
    crawled = crawl(
        *pages(pretend, "one", 10),
        CONCURRENT_REQUESTS=places,
        DOWNLOADER_MIDDLEWARES={"probe_parts.Token": order},
        PROBE_TOKEN=pretend.origin("auth.example") + "/token",
    )
    assert len(crawled.responses) == 10
    assert {item["sent"]["X-Token"] for item in crawled.responses} == {"T"}
    assert len(crawled.decisions) == 11


@OBEY
def test_who_waits_outside_the_guard_has_no_place(web: Web, crawl: Crawl, obey: bool) -> None:
    pretend = web(site("one"))
    crawled = crawl(
        *pages(pretend, "one", 10),
        CONCURRENT_REQUESTS=2,
        DOWNLOADER_MIDDLEWARES={"probe_parts.OneAtATime": 50},
        ROBOTSTXT_OBEY=obey,
    )
    assert len(crawled.responses) == 10


@OBEY
def test_sites_that_waited_are_crawled_side_by_side(web: Web, crawl: Crawl, obey: bool) -> None:
    names = ("one", "two", "three")
    pretend = web(*map(site, names))
    requests = [{"url": url, "meta": {"download_slot": name}} for name in names for url in pages(pretend, name, 8)]
    crawled = crawl(
        *requests,
        CONCURRENT_REQUESTS=3,
        CONCURRENT_REQUESTS_PER_DOMAIN=1,
        DOWNLOAD_DELAY=0.1,
        ROBOTSTXT_OBEY=obey,
    )
    assert len(crawled.responses) == 24
    first = asked(pretend)[:15]
    assert min(Counter(first)[f"{name}.example"] for name in names) >= 2, first


@pytest.mark.parametrize("end", [{"CLOSESPIDER_PAGECOUNT": 1}, {"EXTENSIONS": {"probe_parts.Interrupted": 1}}])
@OBEY
def test_what_still_waits_when_the_crawl_ends_is_asked_in_the_next_run_of_the_job(
    web: Web, crawl: Crawl, end: dict[str, Any], obey: bool
) -> None:
    pretend = web(site("one", Answer.html("<p>words", delay=0.1)))
    job = {"JOBDIR": "job", "CONCURRENT_REQUESTS": 2, "ROBOTSTXT_OBEY": obey}
    crawled = crawl(*pages(pretend, "one", 30), **job | end)
    assert crawled.stats["finish_reason"] in ("closespider_pagecount", "shutdown")
    count = len(asked(pretend))
    assert 1 <= count < 10
    assert len(crawled.responses) == len(crawled.decisions) == count
    assert crawled.errors == []
    again = crawl(**job)
    assert again.stats["finish_reason"] == "finished"
    assert len(again.decisions) == 30 - count
    assert len({item["url"] for item in (*crawled.responses, *again.responses)}) == 30
    assert set(Counter(request.path for request in pretend.requests if request.path[1:].isdigit()).values()) == {1}


@OBEY
def test_what_waits_for_a_policy_when_the_crawl_ends_is_not_sent(web: Web, crawl: Crawl, obey: bool) -> None:
    pretend = web(site("one"), Site("two.example", {"/robots.txt": Answer.text("User-agent: *\nDisallow: /", delay=2)}))
    urls = [*pages(pretend, "one", 5), *pages(pretend, "two", 1)]
    crawled = crawl(*urls, CLOSESPIDER_TIMEOUT=0.3, ROBOTSTXT_OBEY=obey)
    assert crawled.stats["finish_reason"] == "closespider_timeout"
    assert asked(pretend) == []
    assert crawled.responses == []
    assert {record["verdict"] for record in crawled.decisions} == {"reserved"}  # the answer came, and counts
    assert len(crawled.decisions) == len(crawled.errors) == 1


def test_policies_count_as_no_pages(web: Web, crawl: Crawl) -> None:
    pretend = web(site("one"), site("two"))
    urls = [*pages(pretend, "one", 5), *pages(pretend, "two", 5)]
    crawled = crawl(*urls, CONCURRENT_REQUESTS=1, CLOSESPIDER_PAGECOUNT=20)
    assert len(crawled.responses) == crawled.stats["response_received_count"] == 10
    assert crawled.stats["finish_reason"] == "finished"


# ---- the gate by itself -------------------------------------------------------------------------------------------


class Entered:
    """A crawl that notes who enters, with policies as fresh as said."""

    def __init__(self, *, fresh: bool = True, dead: str | None = None) -> None:
        self.robots = self.hops = None
        self.dead = dead
        self.entered = 0
        self.visits: dict[Request, Any] = {}
        self.turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.room = SimpleNamespace(turn=lambda _: self.turn, wait=nullcontext)
        self.guard = SimpleNamespace(clock=lambda: None)
        self.judges = lambda _: True
        self._case = SimpleNamespace(policy=SimpleNamespace(is_fresh=lambda _: fresh))

    async def enter(self, request: Request, *, placed: bool = True) -> None:
        assert placed is (self.entered > 0)  # it has its place only when it comes again
        self.entered += 1
        self.visits[request] = SimpleNamespace(case=self._case)


@pytest.mark.parametrize("fresh", [True, False])
def test_a_policy_that_aged_in_the_queue_is_read_again(fresh: bool) -> None:
    async def play() -> None:
        crawl, request = Entered(fresh=fresh), Request("http://a.example/")
        crawl.turn.set_result(True)
        gate = RequestGate(crawl)  # type: ignore[arg-type]
        assert await gate.process_request(request) is None
        assert crawl.entered == (1 if fresh else 2)
        assert request in crawl.visits

    asyncio.run(play())


def test_who_waits_at_the_end_goes_back_fails_or_is_cancelled_but_never_passes() -> None:
    async def play() -> None:
        request = Request("http://a.example/", meta={"a": 1}, priority=3, cb_kwargs={"b": 2})
        crawl = Entered()
        crawl.turn.set_result(False)
        back = await RequestGate(crawl).process_request(request)  # type: ignore[arg-type]
        assert back is not None
        assert back.to_dict() == request.to_dict() | {"dont_filter": True}
        assert crawl.visits == {}
        for goes_on in (True, False):
            crawl = Entered(dead="the disk is full")
            crawl.turn.set_result(goes_on)
            with pytest.raises(LogError, match="the disk is full"):
                await RequestGate(crawl).process_request(request)  # type: ignore[arg-type]
        crawl = Entered()
        task = asyncio.ensure_future(RequestGate(crawl).process_request(request))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(play())


# ---- the room by itself -------------------------------------------------------------------------------------------


class Engine:
    """What the room sees of an engine: the requests under way, the scheduler, and who asks for room."""

    def __init__(self, limit: int) -> None:
        self.waiting: list[Request] = []
        self.ended = False
        self.asks = 0
        active: set[Request] = set()
        self.downloader: Any = SimpleNamespace(
            active=active,
            total_concurrency=limit,
            needs_backout=lambda: 0 < self.downloader.total_concurrency <= len(active),
            get_slot_key=lambda request: request.url.split("/")[2],
        )
        nextcall = SimpleNamespace(schedule=self.ask)
        scheduler = SimpleNamespace(next_request=lambda: self.waiting.pop(0) if self.waiting else None)
        self._slot = SimpleNamespace(nextcall=nextcall, scheduler=scheduler)

    def ask(self) -> None:
        self.asks += 1

    async def close_spider_async(self, *, reason: str) -> None:
        self.ended = True


class Play:
    """Requests that are taken, wait for a policy, for their turn, go on, step aside and leave, one step at a time."""

    def __init__(self, limit: int) -> None:
        self.engine = Engine(limit)
        self.limit = limit
        self.room = Room(SimpleNamespace(engine=self.engine))  # type: ignore[arg-type]
        self.room.open()
        self.reading: list[tuple[Request, Any]] = []  # who waits for a policy
        self.queued: list[tuple[Request, Any, Any]] = []  # who waits for a place
        self.going: list[Request] = []
        self.aside: list[tuple[Request, Any]] = []
        self.direct: list[Request] = []
        self.back = 0
        self.made = 0

    def look(self) -> None:
        """What the engine does when something changed: it asks, and takes what it may."""
        while not self.engine.ended and not self.engine.downloader.needs_backout():
            request = self.engine._slot.scheduler.next_request()
            if request is None:
                break
            self.enter(request)
        for entry in list(self.queued):
            request, turn, wait = entry
            if turn.done():
                self.queued.remove(entry)
                wait.__exit__(None, None, None)
                if not turn.cancelled() and turn.result():
                    self.going.append(request)
                else:
                    self.back += 1
                    self.leave(request)

    def enter(self, request: Request) -> None:
        self.engine.downloader.active.add(request)
        wait = self.room.wait()
        wait.__enter__()
        self.reading.append((request, wait))

    def leave(self, request: Request) -> None:
        self.engine.downloader.active.discard(request)

    def step(self, what: int, which: int) -> None:
        def pick(of: list[Any]) -> Any:
            return of.pop(which % len(of)) if of else None

        if what in (0, 1, 2):
            self.made += 1
            self.engine.waiting.append(Request(f"http://s{which % 3}.example/{self.made}"))
        elif what in (3, 4, 5) and (found := pick(self.reading)):
            self.turn(*found)
        elif what == 6 and (request := pick(self.going)):
            self.room.left(request)
            self.leave(request)
        elif what == 7 and (request := pick(self.going)):  # of which the gate hears nothing
            self.leave(request)
        elif what == 8 and (request := pick(self.going)):
            hold = self.room.hold(request)
            hold.__enter__()
            self.aside.append((request, hold))
        elif what == 9 and (found := pick(self.aside)):
            found[1].__exit__(None, None, None)
            self.going.append(found[0])
        elif what == 10 and self.queued:
            self.queued[which % len(self.queued)][1].cancel()
        elif what == 11:
            self.made += 1
            request = Request(f"http://s{which % 3}.example/{self.made}")
            self.engine.downloader.active.add(request)
            assert self.room.turn(request) is None  # was not taken from the scheduler
            self.direct.append(request)
        elif what == 12 and (request := pick(self.direct)):
            self.leave(request)

    def turn(self, request: Request, wait: Any) -> None:
        wait.__exit__(None, None, None)
        turn = self.room.turn(request)
        if turn is None:
            self.going.append(request)
            return
        wait = self.room.wait()
        wait.__enter__()
        self.queued.append((request, turn, wait))

    def check(self) -> None:
        assert len(self.going) <= self.limit + MAX_HELD
        if not self.engine.ended:
            assert not self.queued or len(self.going) >= self.limit  # nobody waits while there is a place
        else:
            assert not self.queued
        active = len(self.engine.downloader.active)
        assert active <= self.limit + rooms.MAX_BESIDE + len(self.direct) + len(self.aside)


STEPS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), max_size=120)


@settings(deadline=None)
@given(limit=st.integers(1, 4), beside=st.integers(0, 6), steps=STEPS, ends=st.none() | st.integers(0, 120))
def test_nobody_waits_for_ever_and_no_more_than_the_limit_go_on(
    limit: int, beside: int, steps: list[tuple[int, int]], ends: int | None
) -> None:
    async def play() -> None:
        it = Play(limit)
        went_on = 0
        for number, (what, which) in enumerate(steps):
            if number == ends:
                await it.engine.close_spider_async(reason="test")
            before = len(it.going)
            it.step(what, which)
            it.look()
            it.check()
            if what != 9:
                assert len(it.going) <= max(before, limit)  # only who had a place comes back to more
            went_on = max(went_on, len(it.going))
        for _ in range(4 * (it.made + 1)):  # what is under way comes to its end, one after another
            if not it.engine.downloader.active and not it.engine.waiting:
                break
            for what in (9, 3, 6, 12):
                it.step(what, 0)
                it.look()
                it.check()
        assert not it.engine.downloader.active
        assert not it.queued
        assert it.engine.ended or not it.engine.waiting
        assert it.room.waiting == 0

    usual = rooms.MAX_BESIDE
    rooms.MAX_BESIDE = beside
    try:
        asyncio.run(play())
    finally:
        rooms.MAX_BESIDE = usual


def test_the_slot_with_the_fewest_under_way_comes_first_and_equals_in_turn() -> None:
    async def play() -> list[str]:
        it = Play(3)
        urls = [f"http://{name}.example/{number}" for name in ("a", "b", "c") for number in range(4)]
        it.engine.waiting = [Request(url) for url in urls]
        it.look()
        while it.reading:
            it.turn(*it.reading.pop(0))
        order = [request.url for request in it.going]
        while it.going:
            request = it.going.pop(0)
            it.room.left(request)
            it.leave(request)
            it.look()
            order += [request.url for request in it.going if request.url not in order]
        return [url.split("/")[2][0] for url in order]

    order = asyncio.run(play())
    assert order[:3] == ["a", "a", "a"]  # nobody else was there
    assert order[3:5] == ["b", "c"]
    assert Counter(order) == {"a": 4, "b": 4, "c": 4}
    assert all(one != other for one, other in pairwise(order[3:8]))


def test_a_crawl_without_a_limit_has_places_for_all() -> None:
    async def play() -> None:
        it = Play(0)
        it.engine.waiting = [Request(f"http://a.example/{number}") for number in range(5)]
        it.look()
        while it.reading:
            it.turn(*it.reading.pop(0))
        assert len(it.going) == 5
        it.engine.waiting = [Request("http://a.example/last")]
        it.look()
        await it.engine.close_spider_async(reason="test")
        it.turn(*it.reading.pop(0))
        it.look()
        assert it.back == 1

    asyncio.run(play())


def test_not_too_many_step_aside() -> None:
    async def play() -> None:
        it = Play(2 * MAX_HELD)
        it.engine.waiting = [Request(f"http://a.example/{number}") for number in range(2 * MAX_HELD)]
        it.look()
        while it.reading:
            it.turn(*it.reading.pop(0))
        for _ in range(2 * MAX_HELD):
            it.step(8, 0)
        assert it.room.waiting == MAX_HELD
        while it.aside:
            it.step(9, 0)
        assert it.room.waiting == 0
        assert len(it.room._going) == 2 * MAX_HELD

    asyncio.run(play())
