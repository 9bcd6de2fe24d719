"""Stores: a look-up beside a plain SELECT, the size of a file, round trips, who asks for what among many workers."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

from tdm_guard import Fetched
from tdm_guard.cache.bundle import Bundle
from tdm_guard.cache.redis_store import RedisStore
from tdm_guard.cache.serial import pack, unpack
from tdm_guard.cache.sqlite_store import SqliteStore
from tdm_guard.cache.store import Backing
from tdm_guard.drive import run
from tdm_guard.fetch import Answer
from tdm_guard.guard import Guard
from tdm_guard.options import Options
from tdm_guard.origin import Origin
from tests.benchmarks.measure import Row, compare
from tests.support.stores import redis_server

ORIGINS = int(os.environ.get("BENCH_ORIGINS", "200000"))  # of which there are answers in the file that is weighed
LOOKED_UP = 2_000  # of them that the look-ups go through
WORKERS = 8
SHARED = 1_000  # origins that the workers share
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
OPTIONAL = ("/.well-known/tdmrep.json", "/ai.txt", "/trust.txt", "/.well-known/ai.txt", "/.well-known/trust.txt")
WORDS = ("admin", "search", "cart", "private", "tmp", "login", "api", "feed", "tag", "print", "account", "checkout")


def origin_of(number: int) -> str:
    return f"https://www.site-{number:07d}.example"


def robots_of(number: int) -> bytes:
    """A small robots.txt: half of all sites have some hundred bytes."""
    chosen = random.Random(number)
    lines = [f"Disallow: /{chosen.choice(WORDS)}-{chosen.randrange(1000)}/" for _ in range(chosen.randrange(2, 14))]
    text = ["User-agent: *", *lines, "", f"Sitemap: {origin_of(number)}/sitemap.xml", ""]
    return "\n".join(text).encode()


def answers_of(number: int) -> dict[str, Fetched]:
    """What the documents of a usual site answer: a robots.txt, and five times that there is nothing."""
    origin = origin_of(number)
    fields = [
        ("content-type", "text/plain"),
        ("etag", f'"{number:x}-{number * 7919:x}"'),
        ("cache-control", "max-age=7200"),
    ]
    robots = Fetched(status=200, headers=fields, body=robots_of(number), at=NOW)
    absent = {f"{origin}{path}": Fetched(status=404, at=NOW + timedelta(milliseconds=37)) for path in OPTIONAL}
    return {f"{origin}/robots.txt": robots, **absent}


def document_bytes(number: int) -> int:
    """What these answers are as they come over the network: bodies, and heads of 404s that say no more than that."""
    return len(robots_of(number))


def fill(path: Path, origins: int) -> int:
    """A file with the answers of so many origins; returns the size of their documents."""
    store, size = SqliteStore(path, patience=60), 0
    store.get(origin_of(0))
    until = int((NOW + timedelta(days=30)).timestamp())
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    for number in range(origins):
        origin = origin_of(number)
        packed = pack(Bundle(origin).adding(answers_of(number), NOW))
        connection.execute("INSERT INTO answers VALUES (?, ?, ?)", (origin, until, packed))
        size += document_bytes(number)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    store.close()
    return size


def look_ups(path: Path, origins: int) -> Iterator[Row]:
    names = cycle([origin_of(number) for number in random.Random(1).sample(range(origins), LOOKED_UP)])
    others = cycle([origin_of(number) for number in random.Random(1).sample(range(origins), LOOKED_UP)])
    store = SqliteStore(path, patience=5)
    connection = sqlite3.connect(path, isolation_level=None)
    busy = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.stores", "read", str(path), str(origins)])

    def ours() -> None:
        origin = next(names)
        packed = store.get(origin)
        assert len(unpack(packed, origin).answers) == 6

    def peer() -> None:
        row = connection.execute("SELECT packed FROM answers WHERE origin = ?", (next(others),)).fetchone()
        assert row

    try:
        yield compare(
            "SQLite store: answers of an origin, warm, another process reads too",
            ours, peer, peer_name="plain SELECT", number=1000, budget=4, note=f"{origins:,} origins",
        )  # fmt: skip
    finally:
        busy.kill()
        busy.wait()
        connection.close()
        store.close()


def read(path: str, origins: str) -> None:
    """What the other process does: it looks up without end."""
    store = SqliteStore(path, patience=5)
    while True:
        store.get(origin_of(random.randrange(int(origins))))


def weight(path: Path, origins: int, documents: int) -> Row:
    size = path.stat().st_size
    return Row(
        what=f"SQLite store: bytes of an origin, of {origins:,}",
        ours=size / origins,
        peer=documents / origins,
        unit="B",
        peer_name="its robots.txt",
        ratio=size / documents,
        budget=2,
        note="five absent documents more in ours",
    )


def round_trips() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as server:
        store = RedisStore(server.address, patience=5)
        for number in range(500):
            packed = pack(Bundle(origin_of(number)).adding(answers_of(number), datetime.now(UTC)))
            store.put(origin_of(number), packed, datetime.now(UTC) + timedelta(days=1), "")
        backing = Backing(store, "redis", patience=5)
        server.ask("CONFIG", "RESETSTAT")
        for number in range(500):
            look = backing.look(Origin.parse(origin_of(number)))
            assert look is not None
            assert len(look.bundle.answers) == 6
        calls = sum(calls for name, calls in server.stats().items() if name not in ("config|resetstat", "info"))
        yield Row(
            what="Redis store: commands for origins that are new to a process",
            ours=calls,
            peer=500,
            unit="",
            peer_name="origins",
            ratio=calls / 500,
            budget=1.02,
            note="those of connecting included",
        )
        origins = cycle([origin_of(number) for number in range(500)])
        others = cycle([origin_of(number) for number in range(500)])

        def ours() -> None:
            origin = next(origins)
            unpack(store.get(origin), origin)

        yield compare(
            "Redis store: answers of an origin, on loopback",
            ours,
            lambda: store._client.get(f"tdm_guard:1:{next(others)}"),
            peer_name="plain GET",
            number=500,
        )
        store.close()


def shared(kind: str, cache: str, folder: Path) -> Row:
    """Workers that read the same origins, each from another one on, at sites that answer after 2 ms."""
    fetched = folder / "fetched.txt"
    started = time.perf_counter()
    spec = {"cache": cache, "folder": str(folder), "fetched": str(fetched)}
    words = [sys.executable, "-m", "tests.benchmarks.stores", "work", json.dumps(spec)]
    subprocess.run(words, check=True)
    took = time.perf_counter() - started
    counted = Counter(fetched.read_text().splitlines())
    documents = 6 * SHARED
    assert len(counted) == documents
    return Row(
        what=f"lease, {kind}: requests of {WORKERS} workers for the documents of {SHARED:,} origins",
        ours=sum(counted.values()),
        peer=documents,
        unit="",
        peer_name="documents",
        ratio=sum(counted.values()) / documents,
        budget=1,
        note=f"{took:.0f} s",
    )


def work(spec: dict[str, Any]) -> None:
    """Forks the workers, before there is any thread."""
    children = []
    for number in range(WORKERS):
        child = os.fork()
        if child == 0:
            _one_worker(spec, number)
            os._exit(0)
        children.append(child)
    sys.exit(max(os.waitpid(child, 0)[1] for child in children))


def _one_worker(spec: dict[str, Any], number: int) -> None:
    options = {"agent": "ExampleBot", "log": f"{spec['folder']}/{number}.jsonl", "cache": spec["cache"]}
    guard = Guard(Options.read({**options, "policy_timeout": 30}))
    begin = number * SHARED // WORKERS
    with open(spec["fetched"], "ab", buffering=0) as noted:  # noqa: PTH123 - appended to by all
        perform = partial(_perform, noted)
        for place in range(SHARED):
            run(guard.load(Origin.parse(origin_of((begin + place) % SHARED))), perform)
    guard.end()


def _perform(noted: Any, effects: Any) -> list[Any]:
    time.sleep(0.002)
    urls = [effect.url for effect in effects if hasattr(effect, "max_bytes")]
    noted.write("".join(f"{url}\n" for url in urls).encode())
    now = datetime.now(UTC)
    found = {url: Fetched(status=404, at=now) for url in urls if not url.endswith("/robots.txt")}
    robots = Fetched(status=200, body=b"User-agent: *\nDisallow: /closed\n", at=now)
    return [Answer(fetched=found.get(effect.url, robots)) if effect.url in urls else () for effect in effects]


def rows(origins: int = ORIGINS, *, crowd: bool = True) -> Iterator[Row]:
    """All rows of stores; with the `crowd` those of Redis and of many workers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents = fill(folder / "policies.db", origins)
        yield weight(folder / "policies.db", origins, documents)
        yield from look_ups(folder / "policies.db", origins)
        if not crowd:
            return
        yield from round_trips()
        (folder / "shared").mkdir()
        yield shared("SQLite", f"sqlite:///{folder}/shared/policies.db", folder / "shared")
        (folder / "server").mkdir()
        with redis_server(folder / "server") as server:
            yield shared("Redis", server.address, folder / "server")


if __name__ == "__main__":
    if sys.argv[1] == "read":
        read(*sys.argv[2:])
    else:
        work(json.loads(sys.argv[2]))
