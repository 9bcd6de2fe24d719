"""The memory cache: bounded by bytes that are weighed honestly, expired entries kept for what they reserve."""

from __future__ import annotations

import gc
import pickle
import tracemalloc
from datetime import UTC, datetime

import pytest

from tdm_guard import ConfigurationError, Fetched, Judge, OriginPolicy
from tdm_guard.cache import MemoryCache, open_cache
from tdm_guard.cache.memory import DEFAULT_MAX_BYTES, weigh
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
