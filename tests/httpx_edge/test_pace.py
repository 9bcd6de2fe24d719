"""The distance between requests to one origin: the caller's, or what the origin asks for. Nothing here waits."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tdm_guard import Fetched
from tdm_guard._httpx.gently import MAX_CRAWL_DELAY, MAX_RETRY_AFTER, Pace
from tdm_guard.origin import Origin
from tdm_guard.signals.robots import crawl_delay

SITE = "https://site.example"


class Stop:
    """Notes for how long it is waited, and lets go on at once."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def is_set(self) -> bool:
        return False

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return False


def waits(delay: float, answers: list[httpx.Response], *, slow: float = 0.0, url: str = SITE) -> list[float]:
    """For how long is waited before each request but the first, about."""
    stop: Any = Stop()
    pace = Pace(delay, stop)
    inner = SimpleNamespace(handle_request=lambda request: answers.pop(0))
    client = SimpleNamespace(_transport=SimpleNamespace(inner=inner), _mounts={})
    pace.set_on(client)
    pace.slow(Origin.parse(SITE), slow)
    while answers:
        inner.handle_request(httpx.Request("GET", url))
    return [round(seconds) for seconds in stop.waits]


def plain(status: int = 200, **fields: str) -> httpx.Response:
    return httpx.Response(status, headers={name.replace("_", "-"): value for name, value in fields.items()})


def test_the_callers_delay_counts_unless_the_site_asks_for_more() -> None:
    assert waits(10, [plain(), plain(), plain()]) == [10, 20]  # since nobody waited the first time
    assert waits(10, [plain(), plain()], slow=30) == [30]
    assert waits(10, [plain(), plain()], slow=3) == [10]
    assert waits(10, [plain(), plain()], slow=9e9) == [MAX_CRAWL_DELAY]
    assert waits(10, [plain(), plain()], slow=30, url="https://other.example/") == [10]
    assert waits(10, [plain(), plain()], slow=30, url=f"{SITE}:443/page") == [30]
    assert waits(0, [plain(), plain()]) == []


@pytest.mark.parametrize(
    ("status", "said", "seconds"),
    [
        (429, "120", 120),
        (503, " 30 ", 30),
        (503, "99999999999999", MAX_RETRY_AFTER),
        (429, "Fri, 31 Dec 9998 23:59:59 GMT", MAX_RETRY_AFTER),
        (429, "Fri, 20 Nov 2020 07:00:00 GMT", 1),
        (429, "soon", 1),
        (429, "-5", 1),
        (429, "", 1),
        (200, "120", 1),
        (301, "120", 1),
    ],
)
def test_who_asks_to_be_left_alone_is(status: int, said: str, seconds: float) -> None:
    assert waits(1, [plain(status, retry_after=said), plain()]) == [seconds]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("User-agent: *\nCrawl-delay: 10\nDisallow:\n", 10),
        ("User-agent: ExampleBot\nCRAWL-DELAY: 2.5\n\nUser-agent: *\nCrawl-delay: 10\n", 2.5),
        ("User-agent: OtherBot\nCrawl-delay: 10\n", 0),
        ("User-agent: *\nCrawl-delay: 3\nCrawl-delay: 7\n", 7),
        ("User-agent: *\nCrawl-delay: soon\nDisallow:\n", 0),
        ("User-agent: *\nCrawl-delay: 1e9\n", 0),
        ("Crawl-delay: 10\n", 0),
    ],
)
def test_robots_txt_asks_for_a_distance(text: str, seconds: float) -> None:
    assert crawl_delay(Fetched(status=200, body=text.encode()), "ExampleBot") == seconds
    assert crawl_delay(Fetched(status=404, body=text.encode()), "ExampleBot") == 0
    assert crawl_delay(Fetched.unreachable("timeout"), "ExampleBot") == 0
