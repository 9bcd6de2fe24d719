"""Stores behind the memory cache: a help and no condition. What they have is not asked for again; the rest is."""

from __future__ import annotations

import io
import logging
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, Judge, Options, OriginPolicy
from tdm_guard.cache.packing import Damaged, pack, prefix, trusted, unpack
from tdm_guard.cache.store import MAX_PENDING
from tdm_guard.drive import LongWork, run
from tdm_guard.fetch import Answer
from tdm_guard.guard import Guard
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.origin import Origin
from tdm_guard.signals import (
    SIGNALS,
    TDM,
    Listener,
    Reading,
    RobotsTxt,
    Signal,
    Source,
    Stance,
    Statement,
)
from tdm_guard.testing import sample_web
from tests.support.stores import Failing, Kept, Lying, Slow

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = Origin.parse("https://site.example")
SLOW = Origin.parse("https://slow.example")
CLOSED = b"User-agent: *\nDisallow: /closed"


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Web:
    """Has a robots.txt and nothing else; notes what it was asked."""

    def __init__(self, robots: Fetched | None = None) -> None:
        self.robots = robots or Fetched(status=200, body=CLOSED, headers=[("etag", '"1"')])
        self.asked: list[Any] = []

    def __call__(self, effects: Any) -> list[Any]:
        self.asked += [effect for effect in effects if hasattr(effect, "url")]
        return [self.answer(effect) for effect in effects]

    def answer(self, effect: Any) -> Any:
        if not hasattr(effect, "url"):
            return ()
        robots = effect.url.endswith("/robots.txt")
        return Answer(fetched=self.robots if robots else Fetched(status=404), elapsed=0.1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Guard]]:
    made: list[Guard] = []

    def make(store: Any, **options: Any) -> Guard:
        given = {"log": tmp_path / "{run}.jsonl", "agent": "ExampleBot", "policy_timeout": 60, **options}
        made.append(Guard(Options.read(given), store=store, clock=clock))
        return made[-1]

    yield make
    for guard in made:
        guard.end()


def filled(make: Callable[..., Guard], **options: Any) -> Kept:
    """A store in which an earlier run left its policy."""
    store = Kept()
    guard = make(store, **options)
    run(guard.load(SITE), Web())
    guard.end()
    assert len(store.packed) == 1
    return Kept(store.packed)


# ---- what is stored -------------------------------------------------------------------------------------------------


def test_what_another_run_read_is_not_asked_for_again(make: Callable[..., Guard]) -> None:
    store = filled(make)
    guard, web = make(store), Web()
    policy = run(guard.load(SITE), web)
    assert (web.asked, guard.totals) == ([], {"policy/hit": 1})
    assert guard.known(SITE) is policy
    assert policy.listener is guard.judge.bench.listener
    assert guard.open(f"{SITE}/closed", policy).refused
    assert not guard.open(f"{SITE}/", policy).refused
    assert all(checked.cached for checked in policy.checked)
    assert len(store.asked) == 1


def test_a_memory_hit_asks_no_store(make: Callable[..., Guard]) -> None:
    store = Kept()
    guard = make(store)
    run(guard.load(SITE), Web())
    assert len(store.asked) == 1
    for _ in range(3):
        assert guard.known(SITE) is not None
    assert len(store.asked) == 1


def test_what_expired_is_asked_for_with_its_validators(make: Callable[..., Guard], clock: Clock) -> None:
    store = filled(make)
    clock.now += timedelta(days=2)
    guard, web = make(store), Web(Fetched(status=304))
    policy = run(guard.load(SITE), web)
    (robots,) = [get for get in web.asked if get.url.endswith("/robots.txt")]
    assert ("if-none-match", '"1"') in [(name.lower(), value) for name, value in robots.headers]
    assert guard.open(f"{SITE}/closed", policy).refused


def test_what_expired_still_reserves_while_the_origin_fails(make: Callable[..., Guard], clock: Clock) -> None:
    store = filled(make)
    clock.now += timedelta(days=2)
    guard = make(store)
    policy = run(guard.load(SITE), Web(Fetched.unreachable("timeout")))
    assert guard.open(f"{SITE}/closed", policy).refused


@pytest.mark.parametrize(
    "options",
    [{"agent": "OtherBot"}, {"posture": "literal"}, {"usages": {"search"}}, {"signals": SIGNALS[:3]},
     {"operator": {"name": "x"}}, {"policy_tokens": {"A": ["tdm"]}},
     {"signals": (*SIGNALS[:-1], replace(SIGNALS[-1], spec="another version"))}],
)  # fmt: skip
def test_other_listeners_have_their_own(make: Callable[..., Guard], options: dict[str, Any]) -> None:
    store = filled(make)
    guard, web = make(store, **options), Web()
    run(guard.load(SITE), web)
    assert web.asked
    guard.end()
    assert len(store.packed) == 2


def test_who_may_have_reservations_lifted_reads_all_documents_itself() -> None:
    judge = Judge()
    listeners = [replace(judge.bench.listener, thorough=thorough) for thorough in (True, False)]
    assert len({prefix(listener, judge.bench.signals) for listener in listeners}) == 2


@pytest.mark.parametrize("answer", [Fetched.unreachable("timeout"), Fetched(status=503)])
def test_silence_is_nothing_to_tell_others(make: Callable[..., Guard], answer: Fetched) -> None:
    store = Kept()
    guard = make(store)
    run(guard.load(SITE), Web(answer))
    guard.end()
    assert store.packed == {}


def test_what_is_too_large_to_be_read_back_is_not_stored(
    make: Callable[..., Guard], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Kept()
    guard = make(store)
    monkeypatch.setattr("tdm_guard.cache.store.MAX_BYTES", 100)
    assert guard.open(f"{SITE}/closed", run(guard.load(SITE), Web())).refused
    guard.end()
    assert store.packed == {}


def test_it_is_kept_as_long_as_it_may_speak(make: Callable[..., Guard], clock: Clock) -> None:
    store = Kept()
    guard = make(store)
    policy = run(guard.load(SITE), Web())
    guard.end()
    assert store.until == [policy.expires_at + timedelta(days=30)]
    assert store.closed == 1


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


def test_a_store_that_failed_is_left_alone(make: Callable[..., Guard], caplog: pytest.LogCaptureFixture) -> None:
    store = Failing()
    guard = make(store)
    for number in range(5):
        run(guard.load(Origin.parse(f"https://site-{number}.example")), Web())
    assert len(store.asked) == 1
    assert caplog.text.count("policy store failed") == 1


def test_what_one_policy_has_damaged_ends_nothing(make: Callable[..., Guard]) -> None:
    store = Lying(b"no policy")
    guard = make(store)
    for number in range(3):
        run(guard.load(Origin.parse(f"https://site-{number}.example")), Web())
    assert len(store.asked) == 3


def test_a_store_that_does_not_answer_is_waited_for_a_limited_time(make: Callable[..., Guard]) -> None:
    store = Slow()
    guard, web = make(store, policy_timeout=0.05), Web()
    policy = run(guard.load(SLOW), web)
    assert guard.open(f"{SLOW}/closed", policy).refused
    store.gate.set()


def test_it_is_asked_on_a_thread_of_its_own_as_work_that_may_last(make: Callable[..., Guard]) -> None:
    store = Kept()
    guard = make(store)
    reading = guard.load(SITE)
    step = next(reading)
    assert isinstance(step, LongWork)
    run(guard.load(SITE), Web())
    assert threading.get_ident() not in store.threads
    assert len(store.threads) == 1


def test_without_a_store_nothing_waits_and_no_thread_is_begun(make: Callable[..., Guard]) -> None:
    before = threading.active_count()
    guard = make(None)
    assert not isinstance(next(guard.load(SITE)), LongWork)
    assert threading.active_count() == before
    guard.end()


def test_its_thread_ends_with_the_run(make: Callable[..., Guard]) -> None:
    store = Kept()
    guard = make(store)
    run(guard.load(SITE), Web())
    assert "tdm-guard-store" in {thread.name for thread in threading.enumerate()}
    guard.end()
    assert "tdm-guard-store" not in {thread.name for thread in threading.enumerate()}
    assert run(guard.load(SITE), Web()) is not None  # who comes late is not turned away
    assert store.closed == 1


def test_a_store_that_is_far_behind_gets_no_more(make: Callable[..., Guard]) -> None:
    started, gate = threading.Event(), threading.Event()

    class Behind(Kept):
        async def put(self, key: str, packed: bytes, until: datetime) -> None:
            started.set()
            gate.wait(60)
            await super().put(key, packed, until)

    store = Behind()
    guard = make(store)
    policy = guard.judge.read_policies(str(SITE), {"/robots.txt": Fetched(status=404), **ABSENT}, now=START)
    for _ in range(MAX_PENDING + 50):
        guard.keep(policy)
    assert started.wait(60)
    gate.set()
    guard.end()
    assert len(store.until) <= MAX_PENDING


ABSENT = {
    path: Fetched(status=404)
    for path in ("/.well-known/tdmrep.json", "/ai.txt", "/.well-known/ai.txt", "/trust.txt", "/.well-known/trust.txt")
}


# ---- the serial form ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("posture", ["cautious", "literal"])
def test_policies_of_every_kind_come_back_as_they_were(posture: Any) -> None:
    judge = Judge(agent="ExampleBot", posture=posture)
    listener, modules, seen = judge.bench.listener, trusted(judge.bench.signals), 0
    for site in sample_web().sites.values():
        answers = {
            path: Fetched(status=page.status, headers=page.headers, body=page.body)
            for path, page in site.pages.items()
            if not callable(page) and isinstance(page.body, bytes)
        }
        policy = judge.read_policies(f"http://{site.name}", answers, now=START)
        again = unpack(pack(policy), policy.origin, listener, modules)
        assert again.listener is listener
        assert again.checked == policy.checked
        for path in site.pages:
            seen += 1
            assert again.says(path) == policy.says(path)
    assert seen > 100


def test_a_signal_of_ones_own_comes_back_where_it_is_listened_to() -> None:
    judge = Judge(signals=(*SIGNALS, OWN))
    answers = {"/robots.txt": Fetched(status=200, body=b"house-rule: closed")}
    policy = judge.read_policies(str(SITE), answers, now=START)
    packed = pack(policy)
    again = unpack(packed, SITE, judge.bench.listener, trusted(judge.bench.signals))
    assert "house-rules" in {said.signal for said in again.says("/").statements}
    with pytest.raises(Damaged, match="is no value of a policy"):
        unpack(packed, SITE, judge.bench.listener, trusted(SIGNALS))


class Everywhere:
    def __init__(self, statement: Statement) -> None:
        self.statement = statement

    def says(self, target: str) -> Reading:
        return Reading((self.statement,))


def read_robots(text: RobotsTxt, source: Source, listener: Listener) -> Everywhere:
    return Everywhere(Statement.at(source, signal="house-rules", usages=TDM, stance=Stance.RESERVED))


OWN = Signal(name="house-rules", title="House rules", spec="1", read_robots=read_robots)


class Bad:
    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


def test_nothing_but_values_is_made(tmp_path: Path) -> None:
    judge = Judge()
    head = pack(judge.read_policies(str(SITE), {}, now=START)).partition(b"\n")[0] + b"\n"
    mark = tmp_path / "made"
    calls = [
        Bad(os.mkdir, (str(mark),)),
        Bad(open, (str(mark), "w")),
        Bad(eval, ("1",)),
        Bad(getattr, (Judge, "of")),
        Bad(JsonlLog, (str(mark),)),
        Bad(io.FileIO, (str(mark), "w")),
        Bad(Judge.of, (judge.options,)),
        Bad(trusted, (SIGNALS,)),
    ]
    for call in calls:
        with pytest.raises(Damaged):
            unpack(head + pickle.dumps(call), SITE, judge.bench.listener)
    for name in (
        b"ctdm_guard.policies.policy\nsys\n.",
        b"ctdm_guard.model\nplain\n.",
        b"ctdm_guard.signals.robots\nre.sub\n.",
    ):
        with pytest.raises(Damaged):
            unpack(head + name, SITE, judge.bench.listener)
    assert not mark.exists()


def test_what_is_damaged_or_of_another_is_refused() -> None:
    judge, other = Judge(), Judge(agent="OtherBot")
    packed = pack(judge.read_policies(str(SITE), {"/robots.txt": Fetched(status=200, body=CLOSED)}, now=START))
    assert unpack(packed, SITE, judge.bench.listener).origin == SITE
    with pytest.raises(Damaged, match=r"no policy of https://slow.example"):
        unpack(packed, SLOW, judge.bench.listener)
    with pytest.raises(Damaged, match="for this listener"):
        unpack(packed, SITE, other.bench.listener)
    head = packed.partition(b"\n")[0] + b"\n"
    for damaged in (packed[:-5], packed[5:], b"", None, head, head + pickle.dumps("text"), packed[: len(packed) // 2]):
        with pytest.raises(Damaged):
            unpack(damaged, SITE, judge.bench.listener)
