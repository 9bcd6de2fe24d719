"""
Every standard, by each of its channels, in both postures: Scrapy, httpx and aiohttp come to the same on the same words.

The sample web is crawled whole, once with each of them for each posture; what their logs say is compared page by
page. A table names for each channel a page that speaks by it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import httpx
import pytest
import requests

from tdm_guard import Withheld
from tdm_guard.aiohttp import guard
from tdm_guard.httpx import GuardClient
from tdm_guard.requests import GuardSession
from tdm_guard.signals import SIGNALS
from tdm_guard.signals.shape import Signal
from tdm_guard.testing import SITES, PretendWeb, sample_web
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

CRAWL = Path(__file__).parent / "support" / "matrix_crawl.py"
AGENT = "ExampleBot"
POSTURES = ("cautious", "literal")
SECONDS = 8.0  # after which silence is no answer; on a busy machine an answer took more than three
SETTINGS: dict[str, Any] = {
    "ADDONS": {"tdm_guard.scrapy.Addon": 500},
    "USER_AGENT": f"{AGENT}/1.0 (+http://bot.example/)",
    "CONCURRENT_REQUESTS": 32,
    "DOWNLOAD_TIMEOUT": 2 * SECONDS,
    "HTTPERROR_ALLOW_ALL": True,
    "LOG_LEVEL": "WARNING",
    "RETRY_ENABLED": False,
    "TDM_GUARD_POLICY_TIMEOUT": SECONDS,
    "TELNETCONSOLE_ENABLED": False,
}
# Pages of which no site names a verdict, since it depends on whether their feed was read before them.
ITEMS = ("http://bulletin.example/items/sluice.html", "http://bulletin.example/items/eels.html")
# Pictures, the same, and the page that shows them.
SHOWN = dict.fromkeys(
    ("http://pierside-cdn.example/squall.jpg", "http://pierside-cdn.example/net-loft.png"), "http://pierside.example/"
)
EXPECTED = {f"http://{site.name}{path}": verdict.value for site in SITES for path, verdict in site.expected.items()}
EXPECTED |= dict.fromkeys((*ITEMS, *SHOWN), "reserved")
# Whose host's pages come before a picture that they show.
BEFORE = SHOWN | {"http://images.cdn.example/lenswork/boats-1.png": "http://lenswork.example/"}


class Cell(NamedTuple):
    """
    A page on which `signal` speaks by `channel`: the carrier in its evidence, the verdict to the letter and with
    caution.
    """

    signal: str
    channel: str
    page: str
    carrier: str
    literal: str = "reserved"
    cautious: str = "reserved"


CELLS = (
    Cell("robots", "robots.txt", "registry.example/", "robots.txt"),
    Cell("robots", "robots.txt, our own group", "theatre.example/press/photos.html", "robots.txt"),
    Cell("ai-agents", "robots.txt", "tidesrecords.example/", "robots.txt", "unreserved"),
    Cell("ai-agents", "robots.txt, DisallowAITraining", "tavern.example/menus/friday.html", "robots.txt"),
    Cell("ai-agents", "header", "stitches.example/gansey.html", "header", "unreserved"),
    Cell("ai-agents", "html", "stitches.example/", "html", "unreserved"),
    Cell("tdmrep", "file", "gazette.example/", "file"),
    Cell("tdmrep", "file, repaired", "bakery.example/", "file", "unreserved"),
    Cell("tdmrep", "header", "journals.example/", "header"),
    Cell("tdmrep", "header, repaired", "translations.example/", "header", "unreserved"),
    Cell("tdmrep", "html", "magazine.example/", "html"),
    Cell("tdmrep", "redirect", "relay.example/", "header"),
    Cell("tdmrep", "declared", "observatory.example/comet.html", "header"),
    Cell("aipref", "robots.txt", "almanac.example/", "robots.txt"),
    Cell("aipref", "robots.txt, path", "aquarium.example/stories/octopus.html", "robots.txt"),
    Cell("aipref", "robots.txt, legacy label", "orchard.example/", "robots.txt", "unreserved"),
    Cell("aipref", "header", "chronicle.example/1931.png", "header"),
    Cell("aipref", "html", "signalbox.example/levers.html", "html", "unreserved"),
    Cell("content-signals", "robots.txt", "harbournews.example/", "robots.txt"),
    Cell("content-signals", "robots.txt, path", "allotment.example/diaries/7.html", "robots.txt"),
    Cell("content-signals", "robots.txt, use", "maproom.example/", "robots.txt"),
    Cell("content-signals", "header", "lectures.example/knots.wav", "header"),
    Cell("content-signals", "html", "signalbox.example/bells.html", "html", "unreserved"),
    Cell("rsl", "robots.txt", "quarterly.example/essays/mud.html", "rsl"),
    Cell("rsl", "robots.txt, other host", "novels.example/", "rsl"),
    Cell("rsl", "robots.txt, missing document", "cartoons.example/", "robots.txt"),
    Cell("rsl", "declared", "engravings.example/brig.png", "rsl"),
    Cell("rsl", "header", "briefing.example/today.html", "header"),
    Cell("rsl", "html", "dispatch.example/7.html", "html"),
    Cell("rsl", "html, link", "essays.example/on-waiting.html", "rsl"),
    Cell("rsl", "feed", "bulletin.example/feed.xml", "feed"),
    Cell("rsl", "feed, items", "bulletin.example/items/eels.html", "feed"),
    Cell("rsl", "challenge", "briefing.example/archive.html", "challenge"),
    Cell("payment", "header", "briefing.example/today.html", "header"),
    Cell("payment", "challenge", "briefing.example/rates.json", "header"),
    Cell("ai-txt", "file", "sketches.example/heron.png", "file"),
    Cell("ai-txt", "file, second place", "murals.example/", "file"),
    Cell("trust-txt", "file", "observer.example/", "file"),
    Cell("trust-txt", "file, second place", "lagoon.example/", "file"),
    Cell("x-robots", "header", "shanties.example/takes/capstan.wav", "header"),
    Cell("x-robots", "html", "shanties.example/texts/capstan.html", "html"),
    Cell("x-robots", "html, pictures", "pierside-cdn.example/squall.jpg", "html"),
    Cell("xmp", "asset", "lightbox.example/photos/gannet.jpg", "jpeg"),
    Cell("xmp", "asset, behind the picture", "lightbox.example/photos/tide-pool.png", "png"),
    Cell("xmp", "asset, repaired", "lightbox.example/photos/crab.jpg", "jpeg", "unreserved"),
    Cell("xmp", "asset, sound", "foghorn.example/sound/bell-buoy.mp3", "mp3"),
    Cell("xmp", "asset, sound of another kind", "foghorn.example/sound/rigging.wav", "wav"),
    Cell("tdmrep", "asset, book", "inkwell.example/new/the-long-ebb.epub", "epub"),
    Cell("tdmrep", "asset, older book", "inkwell.example/new/knots-for-children.epub", "epub"),
    Cell("tdmrep", "asset, paper", "inkwell.example/papers/silt.pdf", "pdf"),
    Cell("tdmrep", "file, released inside", "inkwell.example/backlist/currents.epub", "file", "permitted"),
    Cell("rsl", "asset", "inkwell.example/new/salt.epub", "epub"),
    Cell("c2pa", "header", "lightbox.example/photos/nets.jpg", "header", "undetermined", "undetermined"),
    Cell("c2pa", "html", "signalbox.example/plan.html", "html", "undetermined", "undetermined"),
    Cell("c2pa", "asset", "lightbox.example/photos/lamp-room.jpg", "jpeg"),
    Cell("c2pa", "asset, sound", "foghorn.example/sound/capstan.mp3", "mp3"),
)
CHANNELS: Mapping[str, Callable[[Signal], object]] = {
    "file": lambda signal: signal.document if signal.document and signal.document.carrier == "file" else None,
    "robots.txt": lambda signal: signal.read_robots,
    "declared": lambda signal: signal.read_declared,
    "header": lambda signal: signal.read_headers,
    "redirect": lambda signal: signal.read_hop,
    "html": lambda signal: signal.read_html,
    "feed": lambda signal: signal.read_feed,
    "challenge": lambda signal: signal.read_challenge,
    "asset": lambda signal: signal.read_asset,
}

Judged = tuple[str, frozenset[tuple[str, str]]]  # verdict; signal and carrier of each statement it rests on


def told(log: Path) -> dict[str, set[Judged]]:
    """What a log says of each address that was asked for."""
    found: dict[str, set[Judged]] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["type"] == "decision":
            words = frozenset((statement["signal"], statement["carrier"]) for statement in record["because"])
            found.setdefault(record["url"], set()).add((record["verdict"], words))
    return found


def by_scrapy(web: PretendWeb, posture: str, folder: Path) -> Path:
    log = folder / f"scrapy-{posture}.jsonl"
    chains: dict[str, list[str]] = {}
    for url in EXPECTED:
        chains.setdefault(BEFORE.get(url, url).split("/")[2], []).append(url)
    settings = SETTINGS | {"TDM_GUARD_LOG": str(log), "TDM_GUARD_POSTURE": posture}
    spec = folder / f"{posture}.json"
    spec.write_text(json.dumps({"chains": list(chains.values()), "settings": settings}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, CRAWL, spec],
        cwd=folder,
        env=web.environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return log


def by_httpx(web: PretendWeb, posture: str, folder: Path) -> Path:
    log = folder / f"httpx-{posture}.jsonl"
    client = GuardClient(
        agent=AGENT,
        posture=posture,
        log=str(log),
        policy_timeout=SECONDS,
        timeout=2 * SECONDS,
        follow_redirects=True,
        proxy=web.proxy,
        trust_env=False,
    )
    with client:
        for url in EXPECTED:
            with suppress(Withheld, httpx.TransportError):
                client.get(url)
    return log


def by_requests(web: PretendWeb, posture: str, folder: Path) -> Path:
    log = folder / f"requests-{posture}.jsonl"
    with GuardSession(agent=AGENT, posture=posture, log=str(log), policy_timeout=SECONDS) as session:
        session.trust_env, session.proxies = False, {"http": web.proxy, "https": web.proxy}
        for url in EXPECTED:
            with suppress(Withheld, requests.RequestException):
                session.get(url, timeout=2 * SECONDS)
    return log


def by_aiohttp(web: PretendWeb, posture: str, folder: Path) -> Path:
    log = folder / f"aiohttp-{posture}.jsonl"

    async def crawl() -> None:
        async with (
            guard(agent=AGENT, posture=posture, log=str(log), policy_timeout=SECONDS) as middleware,
            aiohttp.ClientSession(
                middlewares=[middleware], proxy=web.proxy, timeout=aiohttp.ClientTimeout(sock_read=2 * SECONDS)
            ) as session,
        ):
            for url in EXPECTED:
                with suppress(Withheld, aiohttp.ClientError):
                    async with session.get(url) as response:
                        await response.read()

    asyncio.run(crawl())
    return log


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], dict[str, set[Judged]]]]:
    """What Scrapy, httpx, requests and aiohttp made of every page, in each posture."""
    folder = tmp_path_factory.mktemp("matrix")
    with sample_web() as web:
        yield {
            (name, posture): told(crawl(web, posture, folder))
            for posture in POSTURES
            for name, crawl in (
                ("scrapy", by_scrapy),
                ("httpx", by_httpx),
                ("requests", by_requests),
                ("aiohttp", by_aiohttp),
            )
        }


def test_every_channel_of_every_standard_has_its_page() -> None:
    wanted = {(signal.name, name) for signal in SIGNALS for name, has in CHANNELS.items() if has(signal)}
    assert wanted == {(cell.signal, cell.channel.partition(",")[0]) for cell in CELLS}


@pytest.mark.slow
@pytest.mark.parametrize("posture", POSTURES)
@pytest.mark.parametrize("name", ["httpx", "requests", "aiohttp"])
def test_both_clients_judge_every_page_alike(
    logs: dict[tuple[str, str], dict[str, set[Judged]]], name: str, posture: str
) -> None:
    scrapy, client = logs["scrapy", posture], logs[name, posture]
    differing = {url: (scrapy.get(url), client.get(url)) for url in EXPECTED if scrapy.get(url) != client.get(url)}
    assert differing == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["scrapy", "httpx", "requests", "aiohttp"])
def test_every_page_has_the_verdict_its_site_names(
    logs: dict[tuple[str, str], dict[str, set[Judged]]], name: str
) -> None:
    found = {url: {verdict for verdict, _ in judged} for url, judged in logs[name, "cautious"].items()}
    assert {url: found.get(url) for url in EXPECTED} == {url: {verdict} for url, verdict in EXPECTED.items()}


@pytest.mark.slow
@pytest.mark.parametrize("posture", POSTURES)
@pytest.mark.parametrize("name", ["scrapy", "httpx", "requests", "aiohttp"])
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell.signal}: {cell.channel}")
def test_the_channel_is_heard(
    logs: dict[tuple[str, str], dict[str, set[Judged]]], cell: Cell, name: str, posture: str
) -> None:
    ((verdict, words),) = logs[name, posture][f"http://{cell.page}"]
    assert verdict == (cell.cautious if posture == "cautious" else cell.literal)
    assert ((cell.signal, cell.carrier) in words) == (verdict in ("reserved", "undetermined"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["scrapy", "httpx", "requests", "aiohttp"])
def test_to_the_letter_nothing_is_stricter(logs: dict[tuple[str, str], dict[str, set[Judged]]], name: str) -> None:
    admitted = ("unreserved", "permitted")
    stricter = [
        url
        for url in EXPECTED
        for cautious, _ in logs[name, "cautious"].get(url, ())
        for literal, _ in logs[name, "literal"].get(url, ())
        if cautious in admitted and literal not in admitted
    ]
    assert stricter == []
