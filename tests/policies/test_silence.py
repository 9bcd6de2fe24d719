"""Declared documents that nobody answers for: an origin is not waited for again and again."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.drive import run
from tdm_guard.fetch import Answer, Effects, Get
from tdm_guard.guard import Guard
from tdm_guard.model import Fetched, Result, Verdict
from tdm_guard.options import Options
from tdm_guard.origin import Origin
from tdm_guard.policies.answers import UNREACHABLE_FOR
from tdm_guard.policies.silence import MAX_HOSTS, MAX_SILENT, Silence

START = datetime(2026, 1, 1, tzinfo=UTC)
SITE = Origin.parse("https://site.example")
RSL = (
    '<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><permits type="usage">all</permits>'
    "</license></content></rsl>"
)


class Net:
    """Answers with 404, but for addresses with `/hang`, which nobody answers, and `/free`, which are licences."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.addresses: tuple[str, ...] = ("93.184.216.34",)

    def __call__(self, effects: Effects) -> list[Any]:
        return [self.answer(effect) if isinstance(effect, Get) else self.addresses for effect in effects]

    def answer(self, get: Get) -> Answer:
        if not get.url.endswith(".xml"):
            return Answer(fetched=Fetched(status=404))
        self.asked.append(get.url)
        if "/hang" in get.url:
            return Answer(fetched=Fetched.unreachable("timeout"))
        return Answer(fetched=Fetched(status=200, body=RSL.encode()))


class Pages:
    def __init__(self, folder: Path) -> None:
        self.now = START
        self.net = Net()
        self.guard = Guard(Options.read({"log": folder / "log.jsonl", "agent": "ExampleBot"}), clock=lambda: self.now)
        run(self.guard.load(SITE), self.net)

    def page(self, url: str, way: Hashable = None) -> tuple[Verdict, Result]:
        policy = self.guard.known(SITE) or run(self.guard.load(SITE), self.net)
        case = self.guard.open(f"{SITE}/page", policy)
        case.hear_headers(
            200, [("content-type", "text/csv"), ("link", f'<{url}>; rel="license"; type="application/rsl+xml"')]
        )
        case.hear_body(b"")
        run(self.guard.read_declared(case, way), self.net)
        decision = self.guard.close(case)
        (checked,) = (item for item in decision.checked if item.document == url)
        return decision.verdict, checked.result


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages(tmp_path)


def test_an_origin_that_was_silent_is_not_asked_for_other_documents(pages: Pages) -> None:
    heard = {pages.page(f"{SITE}/hang{number}.xml") for number in range(40)}
    assert len(pages.net.asked) == 1
    assert {result for _, result in heard} == {Result.UNREACHABLE}
    assert all(verdict.withholds for verdict, _ in heard)


def test_after_a_while_it_is_asked_again(pages: Pages) -> None:
    pages.page(f"{SITE}/hang.xml")
    pages.now += UNREACHABLE_FOR - timedelta(seconds=1)
    assert pages.page(f"{SITE}/free.xml")[1] is Result.UNREACHABLE
    pages.now += UNREACHABLE_FOR
    assert pages.page(f"{SITE}/free.xml") == (Verdict.PERMITTED, Result.READ)
    assert pages.page(f"{SITE}/free2.xml")[1] is Result.READ


def test_other_origins_and_other_ways_are_asked(pages: Pages) -> None:
    pages.page("https://one.example/hang.xml")
    assert pages.page("https://one.example/free.xml", way="a proxy")[1] is Result.READ
    assert pages.page("https://two.example/free.xml")[1] is Result.READ
    assert pages.page(f"{SITE}/free.xml")[1] is Result.READ


def test_documents_that_were_read_and_errors_silence_nobody(pages: Pages) -> None:
    for number in range(10):
        assert pages.page(f"{SITE}/free{number}.xml")[1] is Result.READ
    assert len(pages.net.asked) == 10


def test_a_site_that_names_one_silent_origin_after_another_is_not_followed_for_ever(pages: Pages) -> None:
    for number in range(20):
        assert pages.page(f"https://s{number}.example/hang.xml")[1] is Result.UNREACHABLE
    assert len(pages.net.asked) == MAX_HOSTS


def test_what_we_do_not_ask_for_ourselves_is_no_silence(pages: Pages) -> None:
    pages.net.addresses = ("10.0.0.1",)
    for number in range(10):
        assert pages.page(f"https://s{number}.example/free.xml")[1] is Result.UNREACHABLE
    pages.net.addresses = ("93.184.216.34",)
    assert pages.page("https://s0.example/other-free.xml")[1] is Result.READ


def test_what_is_remembered_is_bounded() -> None:
    silence = Silence()
    for number in range(MAX_SILENT + 50):
        site = Origin.parse(f"https://s{number}.example")
        silence.note(f"{site}/l.xml", site, None, Fetched.unreachable("timeout"), START)
    known = [
        silence.of(f"https://s{number}.example/l.xml", SITE, None, START) is not None
        for number in range(MAX_SILENT + 50)
    ]
    assert known == [False] * 50 + [True] * MAX_SILENT
