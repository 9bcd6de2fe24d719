"""The engine: one load per origin, one record per case, and nothing passes when the record cannot be written."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, LogError, Options, Verdict, Withheld
from tdm_guard.drive import run, run_async
from tdm_guard.fetch import Answer, Effects, Get, Resolve
from tdm_guard.guard import Guard
from tdm_guard.origin import Origin

SITE = Origin.parse("https://site.example")
URL = "https://site.example/page"
START = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Web:
    """Answers by URL; what is missing is a 404. Keeps what it was asked."""

    def __init__(self, **answers: Fetched) -> None:
        self.answers = {
            f"{SITE}/robots.txt": answers.get("robots"),
            f"{SITE}/.well-known/tdmrep.json": answers.get("tdmrep"),
        }
        self.batches: list[Effects] = []

    def __call__(self, effects: Effects) -> Sequence[Any]:
        self.batches.append(effects)
        return [self.answer(effect) for effect in effects]

    def answer(self, effect: Get | Resolve) -> Any:
        if isinstance(effect, Resolve):
            return ()
        return Answer(fetched=self.answers.get(effect.url) or Fetched(status=404), elapsed=0.1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Callable[..., Guard]:
    def make(**options: Any) -> Guard:
        given = {"log": tmp_path / "log.jsonl", "agent": "ExampleBot", "signals": ["robots", "ai-agents", "tdmrep"]}
        return Guard(Options.read(given | options), clock=clock)

    return make


def records(guard: Guard) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(guard.log.path).read_text(encoding="utf-8").splitlines()]


def test_the_documents_of_an_origin_are_wanted_side_by_side_once(make: Callable[..., Guard]) -> None:
    guard, web = make(), Web()
    assert guard.known(SITE) is None
    policy = run(guard.load(SITE), web)
    assert [len(batch) for batch in web.batches] == [2]
    again = guard.known(SITE)
    assert again is not None
    assert [checked.cached for checked in policy.checked] == [False, False]
    assert [checked.cached for checked in again.checked] == [True, True]
    assert guard.totals == Counter({"policy/fetched": 2, "policy/hit": 1})


def test_both_loops_drive_the_same_engine(make: Callable[..., Guard]) -> None:
    web = Web(tdmrep=Fetched(status=200, body=b'[{"location": "/", "tdm-reservation": 1}]'))

    async def perform(effects: Effects) -> Sequence[Any]:
        await asyncio.sleep(0)
        return web(effects)

    one = run(make().load(SITE), web)
    other = asyncio.run(run_async(make().load(SITE), perform, asyncio.to_thread, sleep=asyncio.sleep))
    assert one == other


def test_an_origin_that_gave_no_answer_is_not_asked_for_more(make: Callable[..., Guard]) -> None:
    guard, web = make(signals="all"), Web(robots=Fetched.unreachable("timeout"))
    policy = run(guard.load(SITE), web)
    assert len(web.batches) == 1
    assert guard.totals["policy/unreachable"] == 1
    assert guard.open(URL, policy).decision().verdict is Verdict.UNDETERMINED


def test_a_timeout_names_its_option_and_another_failure_does_not(make: Callable[..., Guard]) -> None:
    for error, told in (
        ("timeout", "timeout: no answer within 2.5 s, a limit of ours: the option policy_timeout"),
        ("tls", "tls"),
    ):
        guard = make(policy_timeout=2.5)
        policy = run(guard.load(SITE), Web(robots=Fetched.unreachable(error)))
        assert [said.excerpt for said in guard.open(URL, policy).decision().because] == [told]
        guard.end()


def test_policies_expire_and_are_revalidated(make: Callable[..., Guard], clock: Clock) -> None:
    guard = make()
    web = Web(tdmrep=Fetched(status=200, headers=[("etag", '"1"')], body=b'[{"location": "/", "tdm-reservation": 1}]'))
    run(guard.load(SITE), web)
    clock.now += timedelta(hours=25)
    assert guard.known(SITE) is None
    web.answers[f"{SITE}/.well-known/tdmrep.json"] = Fetched(status=304)
    policy = run(guard.load(SITE), web)
    assert ("if-none-match", '"1"') in web.batches[-1][1].headers  # type: ignore[union-attr]
    assert guard.open(URL, policy).refused


def test_a_refusal_is_on_record_before_it_is_raised(make: Callable[..., Guard]) -> None:
    guard = make()
    policy = run(guard.load(SITE), Web(robots=Fetched(status=200, body=b"User-agent: *\nDisallow: /page")))
    case = guard.open(URL, policy, hops=("https://old.example/",), authenticated=True)
    with pytest.raises(Withheld, match=r"line 2: Disallow: /page") as caught:
        guard.settle(case, "the request")
    assert caught.value.request == "the request"
    run_record, record = records(guard)
    assert run_record["type"] == "run"
    assert (record["verdict"], record["stage"], record["seq"]) == ("reserved", "policy", 1)
    assert (record["hops"], record["authenticated"]) == (["https://old.example/"], True)
    assert record["id"] == caught.value.decision.id
    assert guard.totals["withheld"] == guard.totals["signal/robots"] == guard.totals["verdict/reserved"] == 1


def test_observing_hands_on_and_says_so(make: Callable[..., Guard]) -> None:
    guard = make(mode="observe")
    policy = run(guard.load(SITE), Web(robots=Fetched(status=200, body=b"User-agent: *\nDisallow: /page")))
    case = guard.open(URL, policy)
    assert not case.refused
    decision = guard.settle(case)
    assert (decision.verdict, decision.admitted, decision.enforced) == (Verdict.RESERVED, True, False)
    assert records(guard)[-1]["admitted"] is True


def test_no_log_no_crawl(make: Callable[..., Guard], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(LogError, match="cannot be opened"):
        make(log=tmp_path / "file" / "log.jsonl")
    guard = make()
    policy = run(guard.load(SITE), Web())
    guard.end()
    with pytest.raises(LogError):
        guard.settle(guard.open(URL, policy))


def test_the_end_is_written_once(make: Callable[..., Guard]) -> None:
    guard = make()
    guard.settle(guard.open(URL, run(guard.load(SITE), Web())))
    guard.end()
    guard.end()
    assert [record["type"] for record in records(guard)] == ["run", "decision", "end"]
    assert records(guard)[-1]["totals"] == {"unreserved": 1}


def test_a_fault_of_the_edge_lets_nothing_pass(make: Callable[..., Guard]) -> None:
    guard = make()

    def broken(effects: Effects) -> Sequence[Any]:
        raise RuntimeError("the edge is broken")

    with pytest.raises(RuntimeError, match="the edge"):
        run(guard.load(SITE), broken)
    assert guard.known(SITE) is None


@pytest.mark.parametrize("back", [timedelta(minutes=1), timedelta(hours=3), timedelta(days=40), timedelta(days=2000)])
def test_a_clock_set_back_keeps_no_policy_beyond_its_limit(
    make: Callable[..., Guard], clock: Clock, back: timedelta
) -> None:
    guard = make()
    run(guard.load(SITE), Web())
    assert guard.known(SITE) is not None
    clock.now -= back
    assert guard.known(SITE) is None
    web = Web(robots=Fetched(status=200, body=b"User-agent: *\nDisallow: /\n"))
    policy = run(guard.load(SITE), web)
    assert sum(map(len, web.batches)) == 2
    assert policy.says("/a").statements
    assert guard.known(SITE) is not None
    clock.now += timedelta(hours=24)
    assert guard.known(SITE) is None


def test_an_answer_from_the_future_is_fresh_from_now(make: Callable[..., Guard], clock: Clock) -> None:
    guard = make()
    ahead = Fetched(status=404, at=START + timedelta(days=900))
    policy = run(guard.load(SITE), Web(robots=ahead, tdmrep=ahead))
    assert policy.expires_at <= START + timedelta(hours=24)
    assert guard.known(SITE) is not None
    clock.now += timedelta(hours=25)
    assert guard.known(SITE) is None
