"""Real stores: SQLite files and a Redis server, over real processes; what happens to them, and what is read then."""

from __future__ import annotations

import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import ConfigurationError, Options
from tdm_guard.cache import open_store, store
from tdm_guard.cache.bundle import Bundle
from tdm_guard.cache.reading import open_source
from tdm_guard.cache.serial import FORM, pack
from tdm_guard.cache.sqlite_store import SWEEP_EVERY, SqliteStore
from tdm_guard.drive import run
from tdm_guard.guard import Guard
from tdm_guard.origin import Origin
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support.patience import PATIENCE
from tests.support.stores import Redis, redis_server
from tests.test_store import CLOSED, SITE, Web

ROOT = Path(__file__).parents[1]
WORKERS = 8
DOCUMENTS = ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")
KINDS = ("sqlite", "redis")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store of the kind that the test is run with."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/policies.db"
    server: Redis = request.getfixturevalue("server")
    server.ask("FLUSHALL")
    return server.address


each = pytest.mark.parametrize("address", KINDS, indirect=True)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Guard]]:
    made: list[Guard] = []

    def make(cache: str, **options: Any) -> Guard:
        given = {"log": tmp_path / "{run}.jsonl", "agent": "ExampleBot", "cache": cache, **options}
        made.append(Guard(Options.read(given)))
        return made[-1]

    yield make
    for guard in made:
        guard.end()


def load(guard: Guard, web: Web, origin: Origin = SITE) -> bool:
    """Reads an origin; true if what it closes is refused."""
    policy = run(guard.load(origin), web)
    assert not guard.open(f"{origin}/", policy).refused
    return guard.open(f"{origin}/closed", policy).refused


def workers(kind: str, cache: str, folder: Path, **spec: Any) -> subprocess.Popen[str]:
    given = {"kind": kind, "cache": cache, "folder": str(folder), **spec}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.store_workers", json.dumps(given)],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if "proxy" not in key.lower()},
        stdout=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    return [json.loads(line) for line in out.splitlines()]


# ---- many processes -------------------------------------------------------------------------------------------------


@each
def test_of_eight_workers_one_asks_for_each_document(address: str, tmp_path: Path) -> None:
    names = [f"site-{number}.example" for number in range(6)]
    pages = {"/": Answer.text("words"), "/robots.txt": Answer.text("User-agent: *\nDisallow: /closed")}
    with PretendWeb([Site(name, pages) for name in names]) as web:
        lines = told(workers("crawl", address, tmp_path, sites=names, workers=WORKERS, proxy=web.proxy))
        assert sorted(line["number"] for line in lines) == list(range(WORKERS))
        assert {line["good"] for line in lines} == {len(names)}
        assert {(name, path): web.asked(name, path) for name in names for path in DOCUMENTS} == {
            (name, path): 1 for name in names for path in DOCUMENTS
        }
        assert {web.asked(name, "/") for name in names} == {WORKERS}
    records = [json.loads(line) for log in tmp_path.glob("*.jsonl") for line in log.read_text().splitlines()]
    decisions = [record for record in records if record["type"] == "decision"]
    assert len(decisions) == WORKERS * len(names)
    assert {record["verdict"] for record in decisions} == {"unreserved"}


@each
def test_the_lease_of_who_was_killed_runs_out(address: str, tmp_path: Path, make: Callable[..., Guard]) -> None:
    process = workers("hold", address, tmp_path, sites=[str(SITE)], lease=1.0)
    assert process.stdout is not None
    holder = json.loads(process.stdout.readline())["held"]
    os.kill(holder, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    web, others = Web(), Web()
    begun = time.monotonic()
    assert load(make(address), web)
    assert time.monotonic() - begun < store.LEASE_SECONDS
    assert web.paths.count("/robots.txt") == 1
    assert load(make(address), others)
    assert others.asked == []


@each
def test_a_store_is_used_by_those_who_were_forked_after_it_was_opened(address: str, tmp_path: Path) -> None:
    lines = told(workers("inherit", address, tmp_path, workers=4, turns=10))
    assert sorted((line["number"], line["told"]) for line in lines) == [(number, 10) for number in range(4)]


# ---- one run after another ------------------------------------------------------------------------------------------


@each
def test_what_one_run_read_the_next_need_not(address: str, make: Callable[..., Guard]) -> None:
    assert load(make(address), Web())
    guard, web = make(address, agent="OtherBot", posture="literal"), Web()
    assert load(guard, web)
    assert web.asked == []
    source = open_source(address)
    documents = source.documents(str(SITE), None)
    assert documents[f"{SITE}/robots.txt"].body == CLOSED
    assert documents[f"{SITE}/ai.txt"].status == 404
    assert source.documents("https://unknown.example") == {}
    source.close()


def test_a_new_origin_costs_one_round_trip(server: Redis, make: Callable[..., Guard]) -> None:
    server.ask("FLUSHALL")
    origins = [Origin.parse(f"https://site-{number}.example") for number in range(10)]
    guard = make(server.address)
    for origin in origins:
        load(guard, Web(), origin)
    server.ask("CONFIG", "RESETSTAT")
    guard, web = make(server.address), Web()
    for origin in origins:
        load(guard, web, origin)
    assert web.asked == []
    calls = {name: number for name, number in server.stats().items() if name not in ("config|resetstat", "info")}
    assert calls.pop("getrange") == len(origins)
    assert not {name for name in calls if not name.startswith(("client", "hello", "select", "ping"))}


def test_what_nobody_wants_any_more_goes_in_passing(tmp_path: Path) -> None:
    kept = SqliteStore(tmp_path / "policies.db", patience=5)
    old, new = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
    for number in range(40):
        kept.put(f"https://old-{number}.example", b"x", old, "")
    for number in range(SWEEP_EVERY * 20):
        kept.put(f"https://new-{number % 10}.example", b"x", new, "")
    kept.close()
    with sqlite3.connect(tmp_path / "policies.db") as connection:
        left = [row[0] for row in connection.execute("SELECT origin FROM answers")]
    connection.close()
    assert sum(origin.startswith("https://old-") for origin in left) < 20
    assert sum(origin.startswith("https://new-") for origin in left) == 10


def test_no_clock_makes_a_lease_last(tmp_path: Path) -> None:
    kept = SqliteStore(tmp_path / "policies.db", patience=5)
    origin = str(SITE)
    assert kept.lease(origin, "first", 30).held
    assert not kept.lease(origin, "second", 30).held
    assert kept.lease(origin, "first", 30).held
    with sqlite3.connect(tmp_path / "policies.db") as connection:
        connection.execute("UPDATE leases SET until = ?", (time.time() + 3600,))
    connection.close()
    assert kept.lease(origin, "second", 30).held
    kept.release(origin, "first")
    assert not kept.lease(origin, "third", 30).held
    kept.release(origin, "second")
    assert kept.lease(origin, "third", 30).held
    kept.close()


# ---- what happens to a store ----------------------------------------------------------------------------------------


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_server_that_is_not_there_goes_and_comes_back(
    tmp_path: Path, make: Callable[..., Guard], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tdm_guard.cache.store.REST_SECONDS", 0.0)
    server, sites = Redis(tmp_path), [Origin.parse(f"https://site-{number}.example") for number in range(4)]
    guard, web = make(server.address.replace("redis://", "redis://user:hunter2@")), Web()
    guard = make(server.address)
    assert load(guard, web, sites[0])
    [warning] = warnings(caplog)
    assert warning.startswith(f"The policy store {server.address} cannot be read (ConnectionError: ")
    assert "hunter2" not in caplog.text
    server.start()
    try:
        assert load(guard, web, sites[1])
        assert warnings(caplog)[1:] == [f"The policy store {server.address} is there again"]
        server.stop()
        assert load(guard, web, sites[2])
        server.start()
        assert load(guard, web, sites[3])
        others = Web()
        assert load(make(server.address), others, sites[3])
        assert others.asked == []
    finally:
        server.stop()
    assert len(warnings(caplog)) == 4
    assert web.paths.count("/robots.txt") == 4


def test_a_server_that_is_full_is_still_read(
    server: Redis, make: Callable[..., Guard], caplog: pytest.LogCaptureFixture
) -> None:
    server.ask("FLUSHALL")
    assert load(make(server.address), Web())
    server.ask("CONFIG", "SET", "maxmemory", "1")
    try:
        guard, web = make(server.address), Web()
        assert load(guard, web)
        assert web.asked == []
        assert load(guard, web, Origin.parse("https://other.example"))
    finally:
        server.ask("CONFIG", "SET", "maxmemory", "0")
    [warning] = warnings(caplog)
    assert "cannot be written (OutOfMemoryError" in warning


def test_a_full_disk_costs_no_policy(tmp_path: Path) -> None:
    sites = [f"https://site-{number}.example" for number in range(16)]
    cache = f"sqlite:///{tmp_path}/policies.db"
    lines = told(workers("full", cache, tmp_path, sites=sites, bytes=60_000))
    assert lines[-1] == {"refused": [True] * len(sites)}
    named = [line["warned"] for line in lines if "policy store" in line.get("warned", "")]
    assert len(named) == 1
    assert "cannot be written" in named[0]


def test_a_file_that_may_only_be_read_is_read(
    tmp_path: Path, make: Callable[..., Guard], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"sqlite:///{tmp_path}/policies.db"
    assert load(make(address), Web())
    monkeypatch.setattr("tdm_guard.cache.sqlite_store.SqliteStore.__init__.__kwdefaults__", {"read": True})
    guard, web = make(address), Web()
    assert load(guard, web)
    assert web.asked == []
    assert load(guard, web, Origin.parse("https://other.example"))
    [warning] = warnings(caplog)
    assert "cannot be written (OperationalError: attempt to write a readonly database)" in warning


def damaged(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def torn(path: Path) -> None:
    made = SqliteStore(path, patience=5)
    for number in range(50):
        made.put(f"https://site-{number}.example", b"x" * 300, datetime.now(UTC), "")
    made.close()
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))


def cut(path: Path) -> None:
    torn(path)
    path.write_bytes(path.read_bytes()[:5000])


def of_something_else(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE answers (origin TEXT, packed BLOB)")
    connection.close()


def of_a_later_version(path: Path) -> None:
    SqliteStore(path, patience=5).get("https://site.example")
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {FORM + 1}")
    connection.close()


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (damaged, "file is not a database"),
        (torn, "malformed"),
        (cut, "malformed"),
        (of_something_else, "a database of something else"),
        (of_a_later_version, f"form {FORM + 1}"),
        (a_folder, "unable to open"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_once_and_left_as_it_is(
    spoil: Callable[[Path], None],
    words: str,
    tmp_path: Path,
    make: Callable[..., Guard],
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = tmp_path / "policies.db"
    spoil(path)
    before = path.read_bytes() if path.is_file() else b""
    guard, web = make(f"sqlite:///{path}"), Web()
    for number in range(3):
        assert load(guard, web, Origin.parse(f"https://site-{number}.example"))
    assert web.paths.count("/robots.txt") == 3
    [warning] = warnings(caplog)
    assert warning.startswith(f"The policy store {path} cannot be ")
    assert words in warning
    assert (path.read_bytes() if path.is_file() else b"") == before


@each
def test_what_somebody_put_into_a_row_is_asked_for(
    address: str, make: Callable[..., Guard], server: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    assert load(make(address), Web())
    if address.startswith("redis"):
        server.ask("SET", f"tdm_guard:{FORM}:{SITE}", pack(Bundle(str(SITE)))[:-3])
    else:
        with sqlite3.connect(address.removeprefix("sqlite:///")) as connection:
            connection.execute("UPDATE answers SET packed = 'text'")
        connection.close()
    guard, web = make(address), Web()
    assert load(guard, web)
    assert "/robots.txt" in web.paths
    [warning] = warnings(caplog)
    assert "has damage for https://site.example" in warning


def test_a_value_of_another_type_in_redis_is_a_failure(
    server: Redis, make: Callable[..., Guard], caplog: pytest.LogCaptureFixture
) -> None:
    server.ask("FLUSHALL")
    server.ask("LPUSH", f"tdm_guard:{FORM}:{SITE}", "x")
    web = Web()
    assert load(make(server.address), web)
    assert "cannot be read (ResponseError: WRONGTYPE" in warnings(caplog)[0]


def test_without_its_package_a_store_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "tdm_guard.cache.redis_store", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        open_store("redis://user:hunter2@cache.example/1", 5)
    [problem] = caught.value.problems
    assert problem == 'cache: redis://cache.example:6379/1 needs redis: pip install "tdm-guard[redis]"'


def test_a_source_of_nothing_is_an_error(tmp_path: Path) -> None:
    for address in (f"sqlite:///{tmp_path}/none.db", "memory:", "nonsense"):
        with pytest.raises(ConfigurationError, match="for example"):
            open_source(address)
    (tmp_path / "none.db").write_bytes(b"nothing")
    source = open_source(f"sqlite:///{tmp_path}/none.db")
    assert source.documents("https://site.example") == {}
    source.close()
