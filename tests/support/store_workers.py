"""
Worker processes over one store, for tests: `python -m tests.support.store_workers SPEC`, SPEC in JSON.

One interpreter is started and forks its workers, before it has any thread. `kind` says what each of them does; what
they say is a line of JSON each on stdout.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tdm_guard import Fetched
from tdm_guard.cache import open_store, store
from tdm_guard.cache.bundle import Bundle
from tdm_guard.cache.store import Backing, Lease
from tdm_guard.drive import LongWork, run
from tdm_guard.fetch import Answer
from tdm_guard.guard import Guard
from tdm_guard.httpx import GuardClient
from tdm_guard.options import Options
from tdm_guard.origin import Origin


def say(**words: Any) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


class Told(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(warned=record.getMessage())


def crawl(spec: dict[str, Any], number: int) -> None:
    """Asks for a page of every site, each worker beginning at another one."""
    sites = spec["sites"]
    begin = number * len(sites) // spec["workers"]
    options = {"agent": "ExampleBot", "log": f"{spec['folder']}/{number}.jsonl", "cache": spec["cache"]}
    with GuardClient(proxy=spec["proxy"], **options) as client:
        statuses = [client.get(f"http://{site}/").status_code for site in sites[begin:] + sites[:begin]]
    say(number=number, pages=len(statuses), good=statuses.count(200))


def hold(spec: dict[str, Any], number: int) -> None:
    """Takes the lease of an origin as who is about to fetch does, and never gives it back."""
    store.LEASE_SECONDS = spec["lease"]
    options = {"agent": "ExampleBot", "log": f"{spec['folder']}/held.jsonl", "cache": spec["cache"]}
    reading = Guard(Options.read(options)).load(Origin.parse(spec["sites"][0]))
    step = next(reading)
    while isinstance(step, LongWork):
        step = reading.send(step.call())
    say(held=os.getpid())
    signal.pause()


def full(spec: dict[str, Any], number: int) -> None:
    """Reads origins while no file may grow beyond a size, as on a full disk."""
    options = {"agent": "ExampleBot", "log": "/dev/null", "cache": spec["cache"]}
    guard = Guard(Options.read(options))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (spec["bytes"], resource.RLIM_INFINITY))
    refused = []
    for site in spec["sites"]:
        origin = Origin.parse(site)
        policy = run(guard.load(origin), answering)
        refused.append(guard.open(f"{origin}/closed", policy).refused)
    say(refused=refused)


def answering(effects: Any) -> list[Any]:
    robots = Fetched(status=200, body=b"User-agent: *\nDisallow: /closed\n#" + os.urandom(2000).hex().encode())
    other = Fetched(status=404)
    return [
        Answer(fetched=robots if effect.url.endswith("/robots.txt") else other) if hasattr(effect, "url") else ()
        for effect in effects
    ]


OPENED: list[Backing] = []


def inherit(spec: dict[str, Any], number: int) -> None:
    """Uses the store that was opened before the fork."""
    [backing] = OPENED
    told = 0
    for place in range(spec["turns"]):
        origin = Origin.parse(f"https://{number}-{place}.example")
        lease = Lease(origin, f"{number}/{place}")
        look = backing.take(lease)
        assert look is not None
        assert lease.held
        answer = Fetched(status=200, body=b"%d" % number, at=datetime.now(UTC) - timedelta(seconds=1))
        backing.put(lease, Bundle(str(origin)).adding({f"{origin}/robots.txt": answer}, datetime.now(UTC)))
        found = backing.look(origin)
        assert found is not None
        told += found.bundle.latest()[f"{origin}/robots.txt"].body == b"%d" % number
    say(number=number, told=told)


KINDS: dict[str, Callable[[dict[str, Any], int], None]] = {
    "crawl": crawl, "hold": hold, "full": full, "inherit": inherit,
}  # fmt: skip


def main() -> None:
    spec = json.loads(sys.argv[1])
    logging.getLogger("tdm_guard").addHandler(Told(logging.WARNING))
    if spec["kind"] == "inherit":
        backing = open_store(spec["cache"], 5.0)
        assert backing is not None
        assert backing.look(Origin.parse("https://before.example")) is not None
        OPENED.append(backing)
    children = []
    for number in range(spec.get("workers", 1)):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                KINDS[spec["kind"]](spec, number)
                status = 0
            finally:
                sys.stderr.flush()
                os._exit(status)
        children.append(child)
    for backing in OPENED:
        time.sleep(0)
        assert backing.look(Origin.parse("https://after.example")) is not None
    sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children))


if __name__ == "__main__":
    main()
