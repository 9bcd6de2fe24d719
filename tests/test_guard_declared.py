"""What the guard asks an origin for, in which order, and what it remembers of it."""

from __future__ import annotations

import asyncio
import gzip
import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Decision, Fetched, Options, Verdict
from tdm_guard.drive import POLICY_BYTES, LongWork, run, run_async
from tdm_guard.fetch import Answer, Effects, Get, Resolve
from tdm_guard.formats.http import message_body
from tdm_guard.guard import Guard
from tdm_guard.judging.case import Case
from tdm_guard.model import Result
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy

SITE = Origin.parse("https://site.example")
URL = f"{SITE}/page"
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
TYPE = "application/rsl+xml"
ARCHIVE = ("content-type", "application/x-tar")
FREE = '<license><permits type="usage">all</permits></license>'
NO_TRAINING = '<license><prohibits type="usage">ai-train</prohibits></license>'
ROBOTS, TDMREP = "/robots.txt", "/.well-known/tdmrep.json"
AI, AI_2, TRUST, TRUST_2 = "/ai.txt", "/.well-known/ai.txt", "/trust.txt", "/.well-known/trust.txt"
RESERVES_ALL = b'[{"location": "/", "tdm-reservation": 1}]'
REFUSES_ALL = b"User-agent: *\nDisallow: /\n"


def rsl(licences: str, attributes: str = "") -> Fetched:
    body = f'<rsl xmlns="https://rslstandard.org/rsl"{attributes}><content url="/">{licences}</content></rsl>'
    return Fetched(status=200, headers=[("content-type", TYPE)], body=body.encode())


def link(url: str) -> tuple[str, str]:
    return ("link", f'<{url}>; rel="license"; type="{TYPE}"')


class Net:
    """Answers by URL, 404 for the rest, and keeps what it was asked, round by round; addresses by host."""

    def __init__(self, answers: dict[str, Fetched], **addresses: str) -> None:
        self.answers = {url if "://" in url else f"{SITE}{url}": answer for url, answer in answers.items()}
        self.addresses = addresses
        self.rounds: list[set[str]] = []

    def __call__(self, effects: Effects) -> Sequence[Any]:
        asked = {effect.url.removeprefix(str(SITE)) for effect in effects if isinstance(effect, Get)}
        if asked:
            self.rounds.append(asked)
        return [self._answer(effect) for effect in effects]

    def _answer(self, effect: Get | Resolve) -> Any:
        if isinstance(effect, Resolve):
            return tuple(self.addresses.get(effect.host.partition(".")[0], "198.41.0.9").split())
        return Answer(fetched=self.answers.get(effect.url) or Fetched(status=404), elapsed=0.1)

    @property
    def asked(self) -> list[str]:
        return [url for each in self.rounds for url in sorted(each)]


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Callable[..., Guard]:
    def make(**options: Any) -> Guard:
        return Guard(Options.read({"log": tmp_path / "log.jsonl", "agent": "ExampleBot"} | options), clock=clock)

    return make


def case_for(guard: Guard, net: Net, url: str, *headers: tuple[str, str], body: bytes | None = None) -> Case:
    policy = guard.known(SITE) or run(guard.load(SITE), net)
    case = guard.open(url, policy)
    case.hear_headers(200, headers or (ARCHIVE,))
    if body is not None:
        case.hear_body(body)
    if case.declared:
        run(guard.read_declared(case), net)
    return case


def settled(guard: Guard, net: Net, *headers: tuple[str, str], url: str = URL, body: bytes | None = None) -> Decision:
    return guard.close(case_for(guard, net, url, *headers, body=body))


# ---- rounds ---------------------------------------------------------------------------------------------------------


def ok(body: bytes) -> Fetched:
    return Fetched(status=200, body=body)


SILENT = Fetched.unreachable("timeout")


@pytest.mark.parametrize(
    ("answers", "options", "rounds"),
    [
        ({}, {}, [{ROBOTS, TDMREP}, {AI, TRUST}, {AI_2, TRUST_2}]),
        ({TDMREP: ok(RESERVES_ALL)}, {}, [{ROBOTS, TDMREP}]),
        ({ROBOTS: ok(REFUSES_ALL)}, {}, [{ROBOTS, TDMREP}]),
        (
            {TDMREP: ok(b'[{"location": "/a/", "tdm-reservation": 1}]')},
            {},
            [{ROBOTS, TDMREP}, {AI, TRUST}, {AI_2, TRUST_2}],
        ),
        ({AI: ok(b"User-agent: *\nDisallow: *.png\n")}, {}, [{ROBOTS, TDMREP}, {AI, TRUST}, {TRUST_2}]),
        ({AI: ok(b"User-agent: *\nDisallow: /\n")}, {}, [{ROBOTS, TDMREP}, {AI, TRUST}]),
        ({TRUST: ok(b"datatrainingallowed=yes\n")}, {}, [{ROBOTS, TDMREP}, {AI, TRUST}, {AI_2}]),
        ({AI: ok(b"Our guide to the site, for machines.\n")}, {}, [{ROBOTS, TDMREP}, {AI, TRUST}, {AI_2, TRUST_2}]),
        ({AI: Fetched(status=503)}, {}, [{ROBOTS, TDMREP}, {AI, TRUST}, {TRUST_2}]),
        ({AI: SILENT}, {}, [{ROBOTS, TDMREP}, {AI, TRUST}]),
        ({TDMREP: SILENT}, {}, [{ROBOTS, TDMREP}]),
        ({ROBOTS: SILENT}, {}, [{ROBOTS, TDMREP}]),
        ({}, {"usages": {"search"}}, [{ROBOTS}]),
        ({}, {"usages": {"ai-input"}}, [{ROBOTS, TDMREP}]),
        ({}, {"usages": {"genai-training"}}, [{ROBOTS, TDMREP}, {AI, TRUST}, {AI_2, TRUST_2}]),
        ({}, {"signals": ["robots"]}, [{ROBOTS}]),
        ({}, {"signals": ["x-robots"]}, []),
        (
            {ROBOTS: ok(f"User-agent: *\nLicense: {SITE}/l.xml\n".encode()), "/l.xml": rsl(FREE)},
            {"signals": ["rsl", "ai-txt"]},
            [{ROBOTS}, {"/l.xml", AI}, {AI_2}],
        ),
    ],
)
def test_what_an_origin_is_asked_for(
    make: Callable[..., Guard], answers: dict[str, Fetched], options: dict[str, Any], rounds: list[set[str]]
) -> None:
    guard, net = make(**options), Net(answers)
    run(guard.load(SITE), net)
    assert net.rounds == rounds
    assert guard.totals["policy/fetched"] == len(net.asked)


def test_more_licences_in_robots_txt_than_are_read_count_as_none(make: Callable[..., Guard]) -> None:
    lines = "".join(f"License: {SITE}/l{number}.xml\n" for number in range(40))
    net = Net({ROBOTS: ok(f"User-agent: *\n{lines}".encode())})
    decision = settled(make(), net)
    assert decision.verdict is Verdict.RESERVED
    assert sum(path.startswith("/l") for path in net.asked) == 16


# ---- declared documents ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "verdict", "became"),
    [
        (rsl(FREE), Verdict.PERMITTED, Result.READ),
        (rsl(NO_TRAINING), Verdict.RESERVED, Result.READ),
        (Fetched(status=404), Verdict.RESERVED, Result.ABSENT),
        (SILENT, Verdict.RESERVED, Result.UNREACHABLE),
        (Fetched(status=500), Verdict.RESERVED, Result.UNREACHABLE),
    ],
)
def test_a_second_response_asks_for_nothing(
    make: Callable[..., Guard], answer: Fetched, verdict: Verdict, became: Result
) -> None:
    guard, net = make(), Net({"/l.xml": answer})
    for number, cached in ((1, False), (2, True), (3, True)):
        decision = settled(guard, net, ARCHIVE, link(f"{SITE}/l.xml"), url=f"{SITE}/{number}")
        (checked,) = (item for item in decision.checked if item.document.endswith("/l.xml"))
        assert (decision.verdict, checked.result, checked.cached) == (verdict, became, cached)
        if became is not Result.READ:
            assert [words.source for words in decision.because] == [f"{SITE}/{number}"]
    assert net.asked.count("/l.xml") == 1


@pytest.mark.parametrize(("attributes", "days"), [(' max-age="2"', 2), ("", 30), (' max-age="400"', 30)])
def test_a_licence_has_a_lifetime_of_its_own(
    make: Callable[..., Guard], clock: Clock, attributes: str, days: int
) -> None:
    guard, net = make(), Net({"/l.xml": rsl(FREE, attributes)})
    for passed, fetched in ((0, 1), (days - 0.1, 1), (days + 0.1, 2)):
        clock.now = START + timedelta(days=passed)
        assert settled(guard, net, ARCHIVE, link(f"{SITE}/l.xml")).verdict is Verdict.PERMITTED
        assert net.asked.count("/l.xml") == fetched
    assert net.asked.count(ROBOTS) == 2


def test_a_licence_that_was_not_to_be_had_is_asked_for_again_soon(make: Callable[..., Guard], clock: Clock) -> None:
    guard, net = make(), Net({"/l.xml": SILENT})
    assert settled(guard, net, ARCHIVE, link(f"{SITE}/l.xml")).verdict is Verdict.RESERVED
    net.answers[f"{SITE}/l.xml"] = rsl(FREE)
    clock.now += timedelta(minutes=6)
    assert settled(guard, net, ARCHIVE, link(f"{SITE}/l.xml")).verdict is Verdict.PERMITTED


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("http://127.0.0.1/l.xml", {}),
        ("http://localhost/l.xml", {}),
        ("http://[::1]:8000/l.xml", {}),
        ("http://169.254.169.254/latest/meta-data", {}),
        ("https://inside.example/l.xml", {"inside": "10.0.0.7"}),
        ("https://inside.example/l.xml", {"inside": "198.41.0.7 192.168.1.1"}),
    ],
)
def test_a_public_origin_leads_nobody_inside(make: Callable[..., Guard], url: str, addresses: dict[str, str]) -> None:
    guard, net = make(), Net({url: rsl(FREE)}, **addresses)
    decision = settled(guard, net, ARCHIVE, link(url))
    assert url not in net.asked
    assert decision.verdict is Verdict.RESERVED
    assert any("lies at a private address" in fault.message for fault in decision.faults)


def test_a_licence_on_another_public_host_is_read(make: Callable[..., Guard]) -> None:
    guard, net = make(), Net({"https://society.example/l.xml": rsl(FREE)})
    assert settled(guard, net, ARCHIVE, link("https://society.example/l.xml")).verdict is Verdict.PERMITTED


def test_a_private_origin_may_keep_its_licences_at_home(make: Callable[..., Guard]) -> None:
    guard, net = make(), Net({"/l.xml": rsl(NO_TRAINING)})
    home = Origin.parse("http://127.0.0.1:8000")
    policy = run(guard.load(home), net)
    case = guard.open(f"{home}/page", policy)
    case.hear_headers(200, (ARCHIVE, link(f"{home}/l.xml")))
    run(guard.read_declared(case), net)
    assert f"{home}/l.xml" in net.asked


# ---- policies behind reservations -----------------------------------------------------------------------------------

POLICY = b"""{"@context": ["http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld"], "@type": "Offer",
"profile": "http://www.w3.org/ns/tdmrep", "uid": "https://site.example/policies/1",
"assigner": {"vcard:fn": "The Gazette", "vcard:hasEmail": "mailto:rights@site.example"},
"permission": [{"action": "tdm:mine", "duty": [{"action": "obtainConsent"}]}]}"""
NAMES = ("tdm-policy", "/policies/1.json")


def test_the_policy_of_a_refusal_is_read_once_for_the_record(make: Callable[..., Guard]) -> None:
    guard, net = make(), Net({"/policies/1.json": ok(POLICY)})
    for number in (1, 2):
        decision = settled(guard, net, ARCHIVE, ("tdm-reservation", "1"), NAMES, url=f"{SITE}/{number}")
        (words,) = decision.because
        assert decision.verdict is Verdict.RESERVED
        assert (words.source, words.contact, words.rightsholder) == (
            f"{SITE}/{number}",
            "rights@site.example",
            "The Gazette",
        )
    assert net.asked.count("/policies/1.json") == 1


@pytest.mark.parametrize("answer", [Fetched(status=404), SILENT, ok(b"<html>Terms")])
def test_a_policy_that_cannot_be_had_lifts_nothing(make: Callable[..., Guard], answer: Fetched) -> None:
    guard, net = make(), Net({"/policies/1.json": answer})
    decision = settled(guard, net, ARCHIVE, ("tdm-reservation", "1"), NAMES)
    assert decision.verdict is Verdict.RESERVED
    assert [(words.carrier, words.contact) for words in decision.because] == [("header", None)]
    assert "/policies/1.json" in net.asked


def test_no_policy_is_asked_for_without_a_refusal(make: Callable[..., Guard]) -> None:
    guard, net = make(), Net({"/policies/1.json": ok(POLICY)})
    assert settled(guard, net, ARCHIVE, ("tdm-reservation", "0"), NAMES).verdict is Verdict.PERMITTED
    assert settled(guard, net, ARCHIVE, NAMES).verdict is Verdict.UNRESERVED
    assert "/policies/1.json" not in net.asked


# ---- feeds ----------------------------------------------------------------------------------------------------------

RSS = ("content-type", "application/rss+xml")


def feed(*paths: str) -> bytes:
    items = "".join(
        f'<item><r:content url="{path}"><r:license><r:prohibits type="usage">ai-train</r:prohibits></r:license>'
        "</r:content></item>"
        for path in paths
    )
    return f'<rss version="2.0" xmlns:r="https://rslstandard.org/rsl"><channel>{items}</channel></rss>'.encode()


def verdict_of(guard: Guard, net: Net, path: str) -> str:
    return settled(guard, net, url=f"{SITE}{path}").verdict.value


def test_the_items_of_a_feed_are_remembered_for_their_origin(make: Callable[..., Guard]) -> None:
    guard, net = make(), Net({})
    assert verdict_of(guard, net, "/items/1") == "unreserved"
    decision = settled(guard, net, RSS, url=f"{SITE}/feed.xml", body=feed("/items/1", f"{SITE}/items/2"))
    assert decision.verdict is Verdict.RESERVED
    assert [verdict_of(guard, net, path) for path in ("/items/1", "/items/2", "/about")] == [
        "reserved",
        "reserved",
        "unreserved",
    ]
    (words,) = settled(guard, net, url=f"{SITE}/items/1").because
    assert (words.source, words.carrier, words.signal) == (f"{SITE}/feed.xml", "feed", "rsl")
    assert net.asked.count(ROBOTS) == 1


def test_a_feed_says_nothing_of_other_origins(make: Callable[..., Guard]) -> None:
    guard, net = make(), Net({})
    settled(guard, net, RSS, url=f"{SITE}/feed.xml", body=feed("https://other.example/items/1"))
    assert verdict_of(guard, net, "/items/1") == "unreserved"


def test_what_a_feed_said_outlives_a_new_reading_of_the_origin_but_not_a_day(
    make: Callable[..., Guard], clock: Clock
) -> None:
    short = Fetched(status=404, headers=[("cache-control", "max-age=3600")])
    guard, net = make(), Net({ROBOTS: short})
    settled(guard, net, RSS, url=f"{SITE}/feed.xml", body=feed("/items/1"))
    clock.now = START + timedelta(hours=23)
    assert verdict_of(guard, net, "/items/1") == "reserved"
    assert net.asked.count(ROBOTS) == 2
    clock.now = START + timedelta(hours=25)
    assert verdict_of(guard, net, "/items/1") == "unreserved"


def test_a_feed_that_is_read_again_replaces_what_it_said(make: Callable[..., Guard]) -> None:
    guard, net = make(), Net({})
    for paths in (("/items/1",), ("/items/2",)):
        settled(guard, net, RSS, url=f"{SITE}/feed.xml", body=feed(*paths))
    assert [verdict_of(guard, net, path) for path in ("/items/1", "/items/2")] == ["unreserved", "reserved"]


def test_feeds_are_remembered_up_to_a_bound(make: Callable[..., Guard]) -> None:
    guard, net = make(), Net({})
    for number in range(80):
        settled(guard, net, RSS, url=f"{SITE}/feed{number}.xml", body=feed(f"/items/{number}"))
    policy = guard.known(SITE)
    assert policy is not None
    assert len(policy.learned) == 64
    assert verdict_of(guard, net, "/items/79") == "reserved"


# ---- long documents -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "off"), [(POLICY_BYTES + 1, True), (POLICY_BYTES, False)])
@pytest.mark.parametrize("where", ["robots", "licence"])
def test_long_documents_are_read_off_the_event_loop(
    make: Callable[..., Guard], where: str, size: int, off: bool
) -> None:
    text = b"User-agent: *\nDisallow: /page\n"
    licence = rsl(NO_TRAINING)
    answers = {ROBOTS: ok(text.ljust(size, b"#"))} if where == "robots" else {"/l.xml": ok(licence.body.ljust(size))}
    net, threads = Net(answers), []

    async def perform(effects: Effects) -> Sequence[Any]:
        return net(effects)

    async def off_loop(call: Callable[[], Any]) -> Any:
        def noted() -> Any:
            threads.append(threading.get_ident())
            return call()

        return await asyncio.to_thread(noted)

    async def scenario(guard: Guard) -> Decision:
        case = guard.open(URL, await run_async(guard.load(SITE), perform, off_loop, sleep=asyncio.sleep))
        case.hear_headers(200, (ARCHIVE, link(f"{SITE}/l.xml")))
        if case.declared:
            await run_async(guard.read_declared(case), perform, off_loop, sleep=asyncio.sleep)
        return case.decision()

    decision = asyncio.run(scenario(make()))
    assert decision.verdict is Verdict.RESERVED
    assert decision.because[0].signal == ("robots" if where == "robots" else "rsl")
    assert bool(threads) is off
    assert threading.get_ident() not in threads
    assert settled(make(), Net(answers), ARCHIVE, link(f"{SITE}/l.xml")).verdict is Verdict.RESERVED


def coded(fetched: Fetched, *names: str) -> Fetched:
    body = fetched.body
    for name in names:
        body = gzip.compress(body) if name == "gzip" else zlib.compress(body)
    return replace(fetched, body=body, headers=(("Content-Encoding", ", ".join(names)),))


@pytest.mark.parametrize(
    ("size", "codings", "off"),
    [
        (POLICY_BYTES, ("gzip",), True),
        (POLICY_BYTES - 1, ("gzip",), False),
        (100, ("gzip",), False),
        (POLICY_BYTES, ("deflate",), True),
        (100, ("deflate", "gzip"), True),  # what is behind two codings is not looked at
    ],
)
@pytest.mark.parametrize("where", ["robots", "licence"])
def test_documents_that_become_long_are_decoded_off_the_event_loop(
    make: Callable[..., Guard],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    size: int,
    codings: tuple[str, ...],
    off: bool,
) -> None:
    text = b"User-agent: *\nDisallow: /page\n".ljust(size, b"#")
    document = ok(text if where == "robots" else rsl(NO_TRAINING).body.ljust(size))
    answers = {ROBOTS if where == "robots" else "/l.xml": coded(document, *codings)}
    net, decoding = Net(answers), dict[bytes, int]()
    undo = message_body.document

    def noted(fetched: Fetched, most: int) -> message_body.PlainDocument:
        decoding[fetched.body] = threading.get_ident()
        return undo(fetched, most)

    monkeypatch.setattr(message_body, "document", noted)

    async def perform(effects: Effects) -> Sequence[Any]:
        return net(effects)

    async def scenario(guard: Guard) -> Decision:
        case = guard.open(URL, await run_async(guard.load(SITE), perform, asyncio.to_thread, sleep=asyncio.sleep))
        case.hear_headers(200, (ARCHIVE, link(f"{SITE}/l.xml")))
        if case.declared:
            await run_async(guard.read_declared(case), perform, asyncio.to_thread, sleep=asyncio.sleep)
        return case.decision()

    assert asyncio.run(scenario(make())).verdict is Verdict.RESERVED
    (received,) = (answer.body for answer in answers.values())
    assert (decoding[received] != threading.get_ident()) is off


# ---- side by side ---------------------------------------------------------------------------------------------------


FEED = (
    '<rss version="2.0" xmlns:rsl="https://rslstandard.org/rsl"><channel><title>t</title><item>'
    f'<link>{SITE}/item</link><rsl:content url="{SITE}/item"><rsl:license>'
    '<rsl:prohibits type="usage">all</rsl:prohibits></rsl:license></rsl:content></item></channel></rss>'
)


def judge_a_feed(guard: Guard, net: Net) -> None:
    policy = guard.cache.get(SITE) or run(guard.load(SITE), net)
    case = guard.open(f"{SITE}/feed", policy)
    case.hear_headers(200, [("content-type", "application/rss+xml")])
    case.hear_body(FEED.encode())
    assert case.learned
    guard.close(case)


def declare(guard: Guard, net: Net) -> None:
    policy = guard.cache.get(SITE) or run(guard.load(SITE), net)
    case = guard.open(URL, policy)
    case.hear_headers(200, [ARCHIVE, link(f"{SITE}/l.xml")])
    assert case.declared
    run(guard.read_declared(case), net)


def finish(reading: Any, step: Any, net: Net) -> OriginPolicy:
    """Drives a load that was begun to its end."""
    try:
        while True:
            step = reading.send(step.call() if isinstance(step, LongWork) else net(step))
    except StopIteration as finished:
        policy: OriginPolicy = finished.value
        return policy


@pytest.mark.parametrize("meanwhile", [judge_a_feed, declare])
def test_what_is_learned_while_an_origin_is_read_again_is_kept(
    make: Callable[..., Guard], clock: Clock, meanwhile: Callable[[Guard, Net], None]
) -> None:
    guard, net = make(), Net({"/l.xml": rsl(NO_TRAINING)})
    run(guard.load(SITE), net)
    clock.now += timedelta(hours=25)
    reading = guard.load(SITE)
    step = next(reading)
    meanwhile(guard, net)
    loaded = finish(reading, step, net)
    known = guard.known(SITE)
    assert known is not None
    for policy in (loaded, known):  # who waited for it, and who comes later
        assert [len(policy.learned), len(policy.lent)] == ([1, 0] if meanwhile is judge_a_feed else [0, 1])
        assert guard.open(f"{SITE}/item", policy).refused is (meanwhile is judge_a_feed)


@pytest.mark.parametrize("other", [judge_a_feed, declare])
def test_threads_that_share_a_guard_undo_nothing_of_each_other(
    make: Callable[..., Guard], monkeypatch: pytest.MonkeyPatch, other: Callable[[Guard, Net], None]
) -> None:
    guard, net = make(), Net({"/l.xml": rsl(NO_TRAINING)})
    policy = run(guard.load(SITE), net)
    thread = threading.Thread(target=other, args=(guard, net))
    get = guard.cache.get

    def get_while_another_keeps(origin: Origin) -> OriginPolicy | None:
        found = get(origin)
        if threading.current_thread() is threading.main_thread() and not thread.ident:
            thread.start()
            thread.join(0.3)  # unless it has to wait for us
        return found

    monkeypatch.setattr(guard.cache, "get", get_while_another_keeps)
    guard.keep(policy)
    thread.join()
    known = guard.known(SITE)
    assert known is not None
    assert [len(known.learned), len(known.lent)] == ([1, 0] if other is judge_a_feed else [0, 1])


def test_what_is_no_longer_fresh_when_an_origin_was_read_is_not_kept_beside_it(
    make: Callable[..., Guard], clock: Clock
) -> None:
    guard, net = make(), Net({"/l.xml": rsl(NO_TRAINING)})
    run(guard.load(SITE), net)
    clock.now += timedelta(hours=25)
    reading = guard.load(SITE)
    step = next(reading)
    judge_a_feed(guard, net)
    declare(guard, net)
    clock.now += timedelta(days=31)
    loaded = finish(reading, step, net)
    assert (loaded.learned, loaded.lent) == ((), ())
