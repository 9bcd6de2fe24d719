"""What a page says of its pictures is heard when one of them is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tdm_guard.decision import Decision
from tdm_guard.guard import Guard
from tdm_guard.judging.case import Case
from tdm_guard.model import Fetched, Verdict
from tdm_guard.options import Options
from tdm_guard.origin import Origin

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PAGE = "https://gallery.example/show"
CDN = "https://cdn.example"
NOIMAGEAI = '<meta name="robots" content="noimageai"><img src="//cdn.example/a.jpg" srcset="/b.jpg 2x">'


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guard(tmp_path: Path, clock: Clock) -> Iterator[Guard]:
    guard = Guard(Options.read({"log": str(tmp_path / "log.jsonl"), "agent": "ExampleBot"}), clock=clock)
    yield guard
    guard.end()


def opened(guard: Guard, url: str) -> Case:
    origin = Origin.parse(url)
    nothing = Fetched(status=404)
    policy = guard.judge.read_policies(origin, dict.fromkeys(guard.judge.needed_documents(origin), nothing), now=NOON)
    return guard.open(url, policy)


def page(guard: Guard, body: str, *headers: tuple[str, str]) -> Decision:
    case = opened(guard, PAGE)
    case.hear_headers(200, [("content-type", "text/html"), *headers])
    case.hear_body(body.encode())
    return guard.close(case)


@pytest.mark.parametrize("url", [f"{CDN}/a.jpg", "https://gallery.example/b.jpg", f"{CDN}/a.jpg#top"])
def test_noimageai_reserves_the_pictures_and_not_the_page(guard: Guard, url: str) -> None:
    assert page(guard, NOIMAGEAI).verdict is Verdict.UNRESERVED
    case = opened(guard, url)
    assert case.refused
    decision = guard.close(case)
    assert decision.verdict is Verdict.RESERVED
    [said] = decision.because
    assert (said.source, said.carrier, said.signal) == (PAGE, "html", "x-robots")
    assert said.excerpt is not None
    assert "noimageai" in said.excerpt


def test_a_header_speaks_of_the_pictures_too(guard: Guard) -> None:
    page(guard, '<img src="//cdn.example/a.jpg">', ("x-robots-tag", "noimageai"))
    assert opened(guard, f"{CDN}/a.jpg").refused


def test_noai_reserves_both(guard: Guard) -> None:
    body = NOIMAGEAI.replace("noimageai", "noai")
    assert page(guard, body).verdict is Verdict.RESERVED
    assert opened(guard, f"{CDN}/a.jpg").refused


@pytest.mark.parametrize(
    ("body", "url"),
    [
        (NOIMAGEAI, f"{CDN}/c.jpg"),
        (NOIMAGEAI, "https://elsewhere.example/a.jpg"),
        (NOIMAGEAI.replace("noimageai", "noindex"), f"{CDN}/a.jpg"),
        (NOIMAGEAI.replace("robots", "otherbot"), f"{CDN}/a.jpg"),
        (NOIMAGEAI.replace("<meta", "<!--").replace('"><img', "--><img"), f"{CDN}/a.jpg"),
    ],
)
def test_other_pictures_and_other_words_are_left_alone(guard: Guard, body: str, url: str) -> None:
    page(guard, body)
    assert not opened(guard, url).refused


def test_the_memory_ends_after_a_day(guard: Guard, clock: Clock) -> None:
    page(guard, NOIMAGEAI)
    clock.now = NOON + timedelta(hours=23)
    assert opened(guard, f"{CDN}/a.jpg").refused
    clock.now = NOON + timedelta(hours=25)
    assert not opened(guard, f"{CDN}/a.jpg").refused
