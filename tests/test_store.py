"""Stores behind the memory cache: a help and no condition. What they have is not asked for again; the rest is."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, Options, OriginPolicy
from tdm_guard.cache import sharing
from tdm_guard.cache.bundle import Bundle
from tdm_guard.cache.serial import FORM, pack, unpack
from tdm_guard.drive import LongWork, Pause, run, run_async
from tdm_guard.fetch import Answer
from tdm_guard.guard import Guard
from tdm_guard.log.evidence import copy_of
from tdm_guard.origin import Origin
from tdm_guard.signals import SIGNALS
from tests.support.stores import Failing, Full, Kept, Lying, Slow

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = Origin.parse("https://site.example")
SLOW = Origin.parse("https://slow.example")
CLOSED = b"User-agent: *\nDisallow: /closed"
ROBOTS = f"{SITE}/robots.txt"


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Web:
    """Has a robots.txt and nothing else; notes what it was asked."""

    def __init__(self, robots: Fetched | None = None, **others: Fetched) -> None:
        self.robots = robots or Fetched(status=200, body=CLOSED, headers=[("ETag", '"1"'), ("server", "x")])
        self.others = others
        self.asked: list[Any] = []

    def __call__(self, effects: Any) -> list[Any]:
        self.asked += [effect for effect in effects if hasattr(effect, "url")]
        return [self.answer(effect) for effect in effects]

    def answer(self, effect: Any) -> Any:
        if not hasattr(effect, "url"):
            return ()
        if effect.url.endswith("/robots.txt"):
            return Answer(fetched=self.robots, elapsed=0.1)
        name = effect.url.rpartition("/")[2].partition(".")[0]
        return Answer(fetched=self.others.get(name, Fetched(status=404)), elapsed=0.1)

    @property
    def paths(self) -> list[str]:
        return [get.url.partition("example")[2] for get in self.asked]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Guard]]:
    made: list[Guard] = []

    def make(store: Any, clock: Clock = clock, **options: Any) -> Guard:
        given = {"log": tmp_path / "{run}.jsonl", "agent": "ExampleBot", "policy_timeout": 60, **options}
        made.append(Guard(Options.read(given), store=store, clock=clock))
        return made[-1]

    yield make
    for guard in made:
        guard.end()


def filled(make: Callable[..., Guard], web: Web | None = None, **options: Any) -> Kept:
    """A store in which an earlier run left what it was answered."""
    store = Kept()
    guard = make(store, **options)
    run(guard.load(SITE), web or Web())
    guard.end()
    assert len(store.packed) == 1
    assert store.holders == {}
    return Kept(store.packed)


# ---- what is stored -------------------------------------------------------------------------------------------------


def test_what_another_run_read_is_not_asked_for_again(make: Callable[..., Guard], clock: Clock) -> None:
    store = filled(make)
    clock.now += timedelta(minutes=1)
    guard, web = make(store), Web()
    policy = run(guard.load(SITE), web)
    assert (web.asked, guard.totals) == ([], {"policy/hit": 1})
    assert guard.known(SITE) is not None
    assert policy.listener is guard.judge.bench.listener
    assert guard.open(f"{SITE}/closed", policy).refused
    assert not guard.open(f"{SITE}/", policy).refused
    assert all(checked.cached for checked in policy.checked)
    assert {checked.retrieved_at for checked in policy.checked} == {START}
    assert policy.checked[0].sha256
    assert store.calls == ["get"]


def test_a_memory_hit_asks_no_store(make: Callable[..., Guard]) -> None:
    store = Kept()
    guard = make(store)
    run(guard.load(SITE), Web())
    assert store.calls == ["get", "lease", "put"]
    for _ in range(3):
        assert guard.known(SITE) is not None
    assert len(store.calls) == 3


def test_only_what_reading_needs_is_stored(make: Callable[..., Guard]) -> None:
    fields = [("Set-Cookie", "secret"), ("Content-Length", str(len(CLOSED))), ("Cache-Control", "max-age=600")]
    web = Web(Fetched(status=200, body=CLOSED, headers=fields), tdmrep=Fetched(status=404, body=b"no such page"))
    bundle = unpack(filled(make, web).packed[str(SITE)], str(SITE))
    assert bundle.latest()[ROBOTS].fields == (("cache-control", "max-age=600"),)
    assert bundle.latest()[ROBOTS].body == CLOSED
    assert bundle.of("/.well-known/tdmrep.json")[0].body == b""


def test_what_expired_is_asked_for_with_its_validators(make: Callable[..., Guard], clock: Clock) -> None:
    store = filled(make)
    clock.now += timedelta(days=2)
    guard, web = make(store), Web(Fetched(status=304, headers=[("cache-control", "max-age=7200")]))
    policy = run(guard.load(SITE), web)
    (robots,) = [get for get in web.asked if get.url.endswith("/robots.txt")]
    assert ("if-none-match", '"1"') in [(name.lower(), value) for name, value in robots.headers]
    assert guard.open(f"{SITE}/closed", policy).refused

    kept = unpack(store.packed[str(SITE)], str(SITE)).latest()[ROBOTS]
    assert (kept.status, kept.body, kept.at) == (200, CLOSED, clock.now)
    assert dict(kept.fields) == {"etag": '"1"', "cache-control": "max-age=7200"}
    clock.now += timedelta(hours=1)  # what was not modified is as good as new, for everybody
    again = make(store), Web()
    assert again[0].open(f"{SITE}/closed", run(again[0].load(SITE), again[1])).refused
    assert again[1].asked == []


@pytest.mark.parametrize("answer", [Fetched.unreachable("timeout"), Fetched(status=503)])
def test_what_expired_still_reserves_while_the_origin_fails(
    make: Callable[..., Guard], clock: Clock, answer: Fetched
) -> None:
    store = filled(make)
    for _ in range(3):  # each process finds it so, and leaves it so
        clock.now += timedelta(days=2)
        guard = make(store)
        policy = run(guard.load(SITE), Web(answer))
        assert guard.open(f"{SITE}/closed", policy).refused
        assert not guard.open(f"{SITE}/", policy).refused
    clock.now += timedelta(days=30)
    guard = make(store)
    assert guard.open(f"{SITE}/", run(guard.load(SITE), Web(answer))).refused  # nobody knows what holds now


def test_a_failure_is_told_for_as_long_as_it_lasts(make: Callable[..., Guard], clock: Clock) -> None:
    store = filled(make, Web(Fetched(status=503)))
    guard, web = make(store), Web()
    assert guard.open(f"{SITE}/", run(guard.load(SITE), web)).refused
    assert web.paths == []
    clock.now += timedelta(minutes=6)
    guard = make(store)
    assert not guard.open(f"{SITE}/", run(guard.load(SITE), web)).refused
    assert "/robots.txt" in web.paths


def test_a_document_that_is_gone_stands_for_nothing(make: Callable[..., Guard], clock: Clock) -> None:
    store = filled(make)
    for answer in (Fetched(status=404), Fetched(status=503)):
        clock.now += timedelta(days=2)
        run(make(store).load(SITE), Web(answer))
    statuses = [answer.status for answer in unpack(store.packed[str(SITE)], str(SITE)).of("/robots.txt")]
    assert statuses == [503]


def test_a_refusal_between_a_copy_and_a_failure_is_remembered(make: Callable[..., Guard], clock: Clock) -> None:
    store = filled(make)
    for answer in (Fetched(status=403), Fetched(status=503), Fetched(status=502)):
        clock.now += timedelta(days=2)
        run(make(store).load(SITE), Web(answer))
    statuses = [answer.status for answer in unpack(store.packed[str(SITE)], str(SITE)).of("/robots.txt")]
    assert statuses == [200, 403, 502]


@pytest.mark.parametrize(
    "options",
    [{"agent": "OtherBot"}, {"posture": "literal"}, {"usages": {"search"}}, {"signals": SIGNALS[:3]},
     {"operator": {"name": "x"}}, {"policy_tokens": {"A": ["tdm"]}}],
)  # fmt: skip
def test_other_listeners_read_the_same_answers(make: Callable[..., Guard], options: dict[str, Any]) -> None:
    robots = b"User-agent: *\nDisallow: /closed\n\nUser-agent: OtherBot\nDisallow: /other\n"
    store = filled(make, Web(Fetched(status=200, body=robots)))
    guard, web = make(store, **options), Web()
    policy = run(guard.load(SITE), web)
    other = options.get("agent") == "OtherBot"
    assert "/robots.txt" not in web.paths
    assert (guard.open(f"{SITE}/closed", policy).refused, guard.open(f"{SITE}/other", policy).refused) == (
        not other,
        other,
    )


def test_what_nobody_asked_for_yet_is_fetched_and_added(make: Callable[..., Guard]) -> None:
    store = filled(make, usages={"search"})
    before = unpack(store.packed[str(SITE)], str(SITE))
    guard, web = make(store), Web()
    run(guard.load(SITE), web)
    assert "/robots.txt" not in web.paths
    assert "/.well-known/tdmrep.json" in web.paths
    after = unpack(store.packed[str(SITE)], str(SITE))
    assert set(before.answers) < set(after.answers)
    again = Web()
    run(make(store).load(SITE), again)
    assert again.asked == []


def test_silence_is_nothing_to_tell_others(make: Callable[..., Guard]) -> None:
    store = filled(make, Web(Fetched.unreachable("timeout")))
    assert ROBOTS not in unpack(store.packed[str(SITE)], str(SITE)).latest()
    guard, web = make(store), Web()
    assert not guard.open(f"{SITE}/", run(guard.load(SITE), web)).refused
    assert "/robots.txt" in web.paths


def test_what_was_fetched_or_had_from_others_is_handed_to_who_asks(make: Callable[..., Guard], clock: Clock) -> None:
    store, documents = filled(make), dict[str, Fetched | None]()
    run(make(store).load(SITE, documents), Web())
    assert documents[ROBOTS] is not None
    assert documents[ROBOTS].body == CLOSED
    clock.now += timedelta(days=2)
    run(make(store).load(SITE, documents), Web(Fetched(status=304)))
    assert documents[ROBOTS].body == CLOSED


def test_what_was_learned_here_is_kept_beside_what_another_read(make: Callable[..., Guard]) -> None:
    guard = make(filled(make))
    policy = run(guard.load(SITE), Web())
    feed = policy.kept[0]._replace(path=f"{SITE}/feed", expires_at=START + timedelta(hours=1))
    stale = tuple(item._replace(expires_at=START) for item in policy.kept)
    guard.cache.put(OriginPolicy.of(SITE, policy.listener, stale, (), (feed,)))
    assert guard.known(SITE) is None
    found = run(guard.load(SITE), Web())
    assert [item.path for item in found.learned] == [f"{SITE}/feed"]
    assert guard.totals == {"policy/hit": 2}


def test_what_comes_from_a_store_goes_into_the_evidence_too(make: Callable[..., Guard], tmp_path: Path) -> None:
    guard = make(filled(make), evidence=tmp_path / "evidence")
    web = Web()
    guard.close(guard.open(f"{SITE}/closed", run(guard.load(SITE), web)))
    assert web.asked == []
    assert copy_of(tmp_path / "evidence", hashlib.sha256(CLOSED).hexdigest()).data == CLOSED


@pytest.mark.parametrize("minutes", [-20, 3, 20])
def test_clocks_that_differ_cost_no_request(make: Callable[..., Guard], clock: Clock, minutes: int) -> None:
    other = Clock()
    other.now += timedelta(minutes=minutes)
    store = Kept()
    run(make(store, clock=other).load(SITE), Web(Fetched(status=200, body=CLOSED, at=other.now)))
    guard, web = make(store), Web()
    policy = run(guard.load(SITE), web)
    assert web.asked == []
    assert guard.open(f"{SITE}/closed", policy).refused
    assert max(checked.retrieved_at for checked in policy.checked) <= clock.now
    clock.now += timedelta(hours=25)
    run(guard.load(SITE), web)
    assert "/robots.txt" in web.paths


def test_a_clock_that_is_wrong_by_years_makes_nothing_last_for_years(make: Callable[..., Guard]) -> None:
    other = Clock()
    other.now += timedelta(days=4000)
    store = Kept()
    run(make(store, clock=other).load(SITE), Web())
    guard, web = make(store), Web(Fetched(status=304))
    assert guard.open(f"{SITE}/closed", run(guard.load(SITE), web)).refused
    assert "/robots.txt" in web.paths
    again = Web()
    run(make(store).load(SITE), again)
    assert "/robots.txt" not in again.paths


# ---- in turn --------------------------------------------------------------------------------------------------------


def steps_of(reading: Any, web: Web) -> Iterator[Any]:
    """Drives a reading step by step; what it waits for is yielded."""
    try:
        step = next(reading)
        while True:
            if isinstance(step, Pause):
                yield step
                step = reading.send(None)
            else:
                step = reading.send(step.call() if isinstance(step, LongWork) else web(step))
    except StopIteration:
        return


def test_who_comes_second_waits_for_what_the_first_brings(make: Callable[..., Guard]) -> None:
    store, web, other = Kept(), Web(), Web()
    first = make(store).load(SITE)
    step = next(first)
    while isinstance(step, LongWork):
        step = first.send(step.call())
    waiting = steps_of((guard := make(store)).load(SITE), other)
    pauses = [next(waiting).seconds for _ in range(4)]
    assert pauses == sorted(pauses)
    assert pauses[-1] <= sharing.LONGEST_PAUSE
    with suppress(StopIteration):
        while True:
            step = first.send(step.call() if isinstance(step, LongWork) else web(step))
    assert list(waiting) == []
    assert other.asked == []
    assert guard.known(SITE) is not None
    assert store.holders == {}


def test_a_holder_that_never_ends_is_not_waited_for_for_ever(make: Callable[..., Guard]) -> None:
    store, web = Kept(), Web()
    store.holders[str(SITE)] = "somebody"
    pauses = [step.seconds for step in steps_of(make(store).load(SITE), web)]
    assert sum(pauses) <= sharing.MAX_WAIT + sharing.LONGEST_PAUSE
    assert "/robots.txt" in web.paths
    assert store.packed
    assert store.holders == {str(SITE): "somebody"}


def test_a_holder_that_got_no_answer_is_not_followed_by_others_one_by_one(make: Callable[..., Guard]) -> None:
    store, web = Kept(), Web()
    store.holders[str(SITE)] = "somebody"
    waiting = steps_of(make(store).load(SITE), web)
    next(waiting)
    store.packed[str(SITE)] = pack(Bundle(str(SITE), (), 1))
    store.holders[str(SITE)] = "somebody else"
    assert list(waiting) == []
    assert "/robots.txt" in web.paths


def test_who_is_cancelled_gives_the_lease_back(make: Callable[..., Guard]) -> None:
    released = threading.Event()

    class Told(Kept):
        def release(self, origin: str, token: str) -> None:
            super().release(origin, token)
            released.set()

    store = Told()
    reading = make(store).load(SITE)
    step = next(reading)
    while isinstance(step, LongWork):
        step = reading.send(step.call())
    assert store.holders
    reading.close()
    assert released.wait(60)
    assert store.holders == {}


def test_who_is_cancelled_while_it_takes_the_lease_gives_it_back(make: Callable[..., Guard]) -> None:
    store = Kept()
    reading = make(store).load(SITE)
    take = reading.send(next(reading).call())
    reading.close()
    take.call()
    assert store.holders == {}


def test_in_an_event_loop_a_wait_holds_no_thread(make: Callable[..., Guard]) -> None:
    store, slept = Kept(), list[float]()
    store.holders[str(SITE)] = "somebody"

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        store.holders.clear()

    async def perform(effects: Any) -> Any:
        return Web()(effects)

    asyncio.run(run_async(make(store).load(SITE), perform, asyncio.to_thread, sleep=sleep))
    assert slept == [sharing.FIRST_PAUSE]


# ---- what goes wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", [Failing(), object(), Lying(b""), Lying(b"no policy"), Lying("text"), Lying(7)])
def test_a_store_that_fails_or_lies_leads_to_asking_oneself(
    make: Callable[..., Guard], store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    guard, web = make(store), Web()
    with caplog.at_level(logging.WARNING, "tdm_guard"):
        policy = run(guard.load(SITE), web)
    assert guard.open(f"{SITE}/closed", policy).refused
    assert not guard.open(f"{SITE}/", policy).refused
    assert len(web.asked) >= 2
    assert "policy store" in caplog.text
    assert "password" not in caplog.text


def test_a_store_that_failed_is_left_alone_and_named_once(
    make: Callable[..., Guard], caplog: pytest.LogCaptureFixture
) -> None:
    store = Failing()
    guard = make(store)
    for number in range(5):
        run(guard.load(Origin.parse(f"https://site-{number}.example")), Web())
    assert len(store.asked) == 1
    assert caplog.text.count("policy store given cannot be read (ConnectionError: redis://cache.example is gone)") == 1


def test_a_store_that_comes_back_is_used_again(
    make: Callable[..., Guard], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tdm_guard.cache.store.REST_SECONDS", 0.0)
    store = filled(make)
    get = store.get
    store.get = Failing().get  # type: ignore[method-assign]
    guard, web = make(store), Web()
    run(guard.load(SLOW), web)
    run(guard.load(Origin.parse("https://site-1.example")), web)
    store.get = get  # type: ignore[method-assign]
    before = len(web.asked)
    run(guard.load(SITE), web)
    assert len(web.asked) == before
    assert caplog.text.count("cannot be read") == 1
    assert caplog.text.count("is there again") == 1


def test_a_store_that_is_full_is_still_read(make: Callable[..., Guard], caplog: pytest.LogCaptureFixture) -> None:
    store = Full(filled(make).packed)
    guard, web = make(store), Web()
    run(guard.load(SITE), web)
    assert web.asked == []
    run(guard.load(SLOW), web)
    run(guard.load(Origin.parse("https://other.example")), web)
    assert web.asked
    assert store.calls.count("lease") == 1
    assert caplog.text.count("policy store given cannot be written (OSError: no space left)") == 1


def test_what_is_damaged_is_named_once_and_put_anew(
    make: Callable[..., Guard], caplog: pytest.LogCaptureFixture
) -> None:
    origins = [str(SITE), str(SLOW)]
    store = Kept(dict.fromkeys(origins, b"no answers"))
    guard = make(store)
    for origin in (SITE, SLOW):
        run(guard.load(origin), Web())
    assert len(store.asked) == 2
    assert caplog.text.count("has damage") == 1
    assert [unpack(store.packed[origin], origin).origin for origin in origins] == origins


def test_what_a_later_version_wrote_is_left_to_it(make: Callable[..., Guard], caplog: pytest.LogCaptureFixture) -> None:
    later = b"tdm_guard answers %d\nwhatever" % (FORM + 1)
    store = Kept({str(SITE): later})
    guard, web = make(store), Web()
    assert guard.open(f"{SITE}/closed", run(guard.load(SITE), web)).refused
    assert store.packed == {str(SITE): later}
    assert store.holders == {}
    assert f"answers of form {FORM + 1}" in caplog.text


def test_what_is_too_large_for_a_row_is_not_stored(
    make: Callable[..., Guard], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = Kept()
    guard = make(store)
    monkeypatch.setattr("tdm_guard.cache.serial.MAX_PACKED", 50)
    assert guard.open(f"{SITE}/closed", run(guard.load(SITE), Web())).refused
    assert (store.packed, store.holders) == ({}, {})
    assert "does not keep what https://site.example answered" in caplog.text


def test_it_is_asked_as_work_that_may_last(make: Callable[..., Guard]) -> None:
    store = Slow()
    reading = make(store).load(SITE)
    assert isinstance(next(reading), LongWork)
    assert store.calls == []


def test_without_a_store_nothing_waits_and_no_thread_is_begun(make: Callable[..., Guard]) -> None:
    before = threading.active_count()
    guard = make(None)
    assert not isinstance(next(guard.load(SITE)), LongWork)
    assert threading.active_count() == before
    guard.end()


def test_it_ends_with_the_run(make: Callable[..., Guard]) -> None:
    store = Kept()
    guard = make(store)
    run(guard.load(SITE), Web())
    guard.end()
    assert store.closed == 1
    assert run(guard.load(SITE), Web()) is not None  # who comes late is not turned away
    assert "tdm-guard-store" not in {thread.name for thread in threading.enumerate()}
