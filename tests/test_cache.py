"""The memory cache: bounded by bytes that are weighed honestly, expired entries kept for what they reserve."""

from __future__ import annotations

import gc
import pickle
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import ConfigurationError, Fetched, Judge, Options, OriginPolicy, PolicyMismatch, read_policies
from tdm_guard.cache import MemoryCache, open_cache
from tdm_guard.cache.memory import DEFAULT_MAX_BYTES, MAX_LISTENERS, weigh
from tdm_guard.drive import run
from tdm_guard.fetch import Answer
from tdm_guard.guard import Guard
from tdm_guard.origin import Origin

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ROBOTS = b"User-agent: *\n" + b"".join(b"Disallow: /section-%d/private\n" % n for n in range(30))
JUDGE = Judge(agent="ExampleBot")


def policy(number: int, robots: bytes = ROBOTS) -> OriginPolicy:
    answers = {
        "/robots.txt": Fetched(status=200, body=robots, headers=[("etag", f'"{number}"')]),
        "/.well-known/tdmrep.json": Fetched(status=200, body=b'[{"location": "/", "tdm-reservation": 1}]'),
    }
    return JUDGE.read_policies(f"https://site-{number}.example", answers, now=NOW)


def test_what_was_put_is_got() -> None:
    cache = MemoryCache()
    kept = policy(1)
    cache.put(kept)
    assert cache.get(kept.origin) is kept
    assert cache.get(Origin.parse("https://other.example")) is None


def test_a_later_policy_replaces_the_earlier() -> None:
    cache = MemoryCache()
    first, second = policy(1), policy(1)
    cache.put(first)
    size = cache.size
    cache.put(second)
    assert cache.get(first.origin) is second
    assert cache.size == size


def test_the_least_recently_used_go_when_bytes_run_out() -> None:
    each = weigh(policy(1))
    cache = MemoryCache(max_bytes=each * 10 + each // 2)
    policies = [policy(n) for n in range(1, 10)] + [policy(n) for n in range(10, 30)]
    for item in policies:
        cache.put(item)
        assert cache.get(policies[0].origin) is policies[0]  # used all along
    assert cache.size <= each * 10 + each // 2
    assert cache.get(policies[1].origin) is None
    assert cache.get(policies[-1].origin) is policies[-1]


def test_thousands_of_origins_take_no_more_than_a_small_cache_may() -> None:
    """What was put out is held by nobody else either."""
    cache, held = MemoryCache(max_bytes=2**18), []
    for number in range(2_000):
        cache.put(policy(number, b"User-agent: *\nDisallow: /private-%d\n" % number).as_cached())
        assert cache.size <= 2**18
        if number % 1_000 == 999:
            gc.collect()
            held.append(sum(isinstance(item, OriginPolicy) for item in gc.get_objects()))
    assert cache.get(policy(0).origin) is None
    assert cache.get(policy(1_999).origin) is not None
    assert held[1] <= held[0] + 5  # they differ a little in weight
    assert held[1] < 200


def test_one_larger_than_the_cache_is_not_kept() -> None:
    cache = MemoryCache(max_bytes=100)
    cache.put(policy(1))
    assert cache.size == 0
    assert cache.get(policy(1).origin) is None


def test_entries_are_weighed_by_what_they_hold() -> None:
    """The weight is held against the allocator's own count, over many policies that share what a judge's share."""
    text = pickle.dumps([policy(n) for n in range(300)])
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    policies = pickle.loads(text)
    gc.collect()
    real = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    weighed = sum(weigh(item) for item in policies)
    assert 0.75 * real < weighed < 1.5 * real


@pytest.mark.parametrize(
    ("address", "size"),
    [("memory:", DEFAULT_MAX_BYTES), ("memory:?max_bytes=1000", 1000), ("memory:?max_bytes=2MiB", 2 * 2**20)],
)
def test_caches_are_opened_by_address(address: str, size: int) -> None:
    cache = open_cache(address)
    assert isinstance(cache, MemoryCache)
    assert cache.max_bytes == size


@pytest.mark.parametrize("address", ["", "disk:", "memory:?bytes=1", "memory:?max_bytes=0", "memory://x", "memory"])
def test_other_addresses_are_refused_with_a_good_one(address: str) -> None:
    with pytest.raises(ConfigurationError, match="for example"):
        open_cache(address)


def for_listener(agent: str, number: int = 1, **options: Any) -> OriginPolicy:
    answers = {"/robots.txt": Fetched(status=200, body=ROBOTS)}
    return read_policies(f"https://site-{number}.example", answers, now=NOW, agent=agent, **options)


def test_listeners_have_their_own_policy_of_an_origin() -> None:
    cache = MemoryCache()
    one, other = for_listener("OneBot"), for_listener("OtherBot")
    literal = for_listener("OneBot", posture="literal")
    for policy in (one, other, literal):
        cache.put(policy)
    for policy in (one, other, literal):
        assert cache.get(policy.origin, policy.listener) is policy
        assert cache.get(policy.origin, pickle.loads(pickle.dumps(policy.listener))) is policy
    assert cache.get(one.origin) is literal
    assert cache.get(one.origin, for_listener("ThirdBot").listener) is None
    assert cache.get(Origin.parse("https://other.example"), one.listener) is None


def test_a_later_policy_replaces_that_of_its_listener_only() -> None:
    cache = MemoryCache()
    one, other, again = for_listener("OneBot"), for_listener("OtherBot"), for_listener("OneBot")
    for policy in (one, other):
        cache.put(policy)
    size = cache.size
    cache.put(again)
    assert cache.size == size
    assert cache.get(one.origin, one.listener) is again
    assert cache.get(one.origin, other.listener) is other


def test_of_one_origin_the_listeners_heard_longest_ago_go_when_bytes_run_out() -> None:
    cache = MemoryCache(max_bytes=int(weigh(for_listener("Bot0")) * 3.5))
    policies = [for_listener(f"Bot{number}") for number in range(6)]
    for policy in policies:
        cache.put(policy)
        assert cache.size <= cache.max_bytes
    kept = [cache.get(policy.origin, policy.listener) is policy for policy in policies]
    assert kept == sorted(kept)
    assert 2 <= sum(kept) <= 4  # they share some of what they hold


def test_an_origin_has_a_bounded_number_of_listeners() -> None:
    cache = MemoryCache()
    policies = [for_listener(f"Bot{number}") for number in range(MAX_LISTENERS + 3)]
    for policy in policies:
        cache.put(policy)
    assert sum(cache.get(policy.origin, policy.listener) is not None for policy in policies) == MAX_LISTENERS
    assert cache.get(policies[-1].origin, policies[-1].listener) is policies[-1]


def test_what_is_closed_holds_nothing() -> None:
    cache = MemoryCache()
    cache.put(policy(1))
    cache.close()
    cache.close()
    assert (cache.size, cache.get(policy(1).origin)) == (0, None)


def test_runs_with_other_agents_share_a_cache_and_evict_nothing_of_each_other(tmp_path: Path) -> None:
    cache, asked = MemoryCache(), Counter[str]()

    def fetch(agent: str) -> Callable[[Any], list[Any]]:
        def perform(effects: Any) -> list[Any]:
            asked[agent] += 1
            body = b"User-agent: OneBot\nDisallow: /\n\nUser-agent: *\nDisallow:"
            return [Answer(fetched=Fetched(status=200, body=body), elapsed=0.1) for _ in effects]

        return perform

    site = Origin.parse("https://site.example")
    guards = {
        agent: Guard(Options.read({"agent": agent, "signals": ["robots"], "log": tmp_path / agent}), cache=cache)
        for agent in ("OneBot", "OtherBot")
    }
    for _ in range(3):
        for agent, guard in guards.items():
            known = guard.known(site) or run(guard.load(site), fetch(agent))
            assert guard.open(f"{site}/a", known).refused is (agent == "OneBot")
    assert asked == {"OneBot": 1, "OtherBot": 1}
    guards["OneBot"].end()
    assert guards["OtherBot"].known(site) is not None  # whose cache it is closes it


def test_a_run_closes_its_own_cache(tmp_path: Path) -> None:
    guard = Guard(Options.read({"agent": "ExampleBot", "log": tmp_path / "log"}))
    kept = guard.judge.read_policies("https://site.example", {"/robots.txt": Fetched(status=404)}, now=NOW)
    guard.keep(kept)
    assert guard.cache.get(kept.origin) is not None
    guard.end()
    assert guard.cache.get(kept.origin) is None


LICENCE = """
[[authorisations]]
id = "lic-1"
grantor = { name = "Site", mandate = { status = "asserted" } }
licensee = "acme-ai"
scope = { policies = ["https://site.example/policy.json"] }
usages = ["tdm"]
territory = ["WORLD"]
valid_from = "2025-01-01"
status = "active"
evidence = { reference = "contract 1" }
recorded_by = "legal@acme.example"
"""


def test_who_has_a_licence_takes_no_policy_of_who_read_less(tmp_path: Path) -> None:
    """Without one, what else is reserved need not be read; what was not read would be lifted unheard."""
    (tmp_path / "licences.toml").write_text(LICENCE, encoding="utf-8")
    answers = {
        "/robots.txt": Fetched(status=404),
        "/.well-known/tdmrep.json": Fetched(
            status=200,
            body=b'[{"location": "/", "tdm-reservation": 1, "tdm-policy": "https://site.example/policy.json"}]',
        ),
        "/ai.txt": Fetched(status=200, body=b"User-Agent: *\nDisallow: /\n"),
        "/trust.txt": Fetched(status=404),
        "/.well-known/trust.txt": Fetched(status=404),
    }
    site, url, who = "https://site.example", "https://site.example/x.csv", {"name": "acme-ai"}
    plain, licensed = Judge(operator=who), Judge(operator=who, authorisations=tmp_path / "licences.toml")
    less, more = (judge.read_policies(site, answers, now=NOW) for judge in (plain, licensed))
    cache = MemoryCache()
    for each in (more, less):
        cache.put(each)
    assert cache.get(less.origin, licensed.bench.listener) is more
    assert cache.get(less.origin, plain.bench.listener) is less
    given = {"status": 200, "headers": [("content-type", "text/csv")], "now": NOW}
    decision = licensed.evaluate(url, policies=more, **given)
    assert decision.verdict == plain.evaluate(url, policies=less, **given).verdict == "reserved"
    assert "ai-txt" in {said.signal for said in decision.because}
    with pytest.raises(PolicyMismatch):
        licensed.evaluate(url, policies=less, **given)
