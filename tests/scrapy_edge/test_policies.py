"""How an origin's documents are fetched through Scrapy's downloader, within time, size and place."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import scrapy
from scrapy.settings import Settings

from tdm_guard import Fetched, Options
from tdm_guard.drive import run
from tdm_guard.fetch import Answer as FetchAnswer
from tdm_guard.guard import Guard
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import Kept
from tdm_guard.scrapy.downloads import Downloads
from tdm_guard.scrapy.policies import Policies
from tdm_guard.scrapy.way import USUAL, Way
from tdm_guard.testing import Answer, PretendWeb, Site, endless
from tests.support.handlers import YOUNG

Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]
OPEN = Answer.html("<!doctype html><title>t</title><p>open")
SILENT = Answer(silent=True)
TDMREP = "/.well-known/tdmrep.json"
POLITE = {"CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": 0.05}


def refuses(path: str, **how: Any) -> Answer:
    return Answer.text(f"User-agent: *\nDisallow: {path}\n", **how)


def checked(record: dict[str, Any]) -> dict[str, str]:
    return {"/" + item["document"].split("/", 3)[3]: item["result"] for item in record["checked"]}


def test_policy_requests_carry_nobodys_credentials(web: Web, crawl: Crawl) -> None:
    pretend = web(
        Site("site.example", {"/": Answer.html("x", ("set-cookie", "session=SECRET"))}),
        Site("next.example", {"/": OPEN}),
    )
    origin = pretend.origin("site.example")
    crawled = crawl(
        {"url": origin + "/", "cookies": {"a": "SECRET"}, "then": [{"url": pretend.origin("next.example") + "/"}]},
        HTTPAUTH_USER="user",
        HTTPAUTH_PASS="SECRET",
        HTTPAUTH_DOMAIN=None,
        DEFAULT_REQUEST_HEADERS={"Cookie": "default=SECRET"},
        DOWNLOADER_MIDDLEWARES={"probe_parts.Cookies": 900},
    )
    assert len(crawled.responses) == 2
    policies = [request for request in pretend.requests if request.path != "/"]
    assert {request.site for request in policies} == {"site.example", "next.example"}
    for request in policies:
        assert request.header("cookie") is None
        assert request.header("authorization") is None
        assert request.header("user-agent") == "ExampleBot/1.0 (+http://bot.example/)"
    assert all(request.header("authorization") for request in pretend.requests if request.path == "/")


def test_policies_of_hosts_outside_allowed_domains_are_read(web: Web, crawl: Crawl) -> None:
    origin = web(Site("site.example", {"/robots.txt": refuses("/no"), "/no": OPEN, "/yes": OPEN})).origin(
        "site.example"
    )
    crawled = crawl(origin + "/no", origin + "/yes", spider={"allowed_domains": ["elsewhere.example"]})
    assert crawled.verdicts() == {"/no": "reserved", "/yes": "unreserved"}


def test_policies_are_never_taken_from_the_http_cache(web: Web, crawl: Crawl) -> None:
    pretend = web(Site("site.example", {"/robots.txt": refuses("/no"), "/yes": OPEN}))
    url = pretend.origin("site.example") + "/yes"
    for _ in range(2):
        crawl(url, HTTPCACHE_ENABLED=True)
    assert pretend.asked("site.example", "/yes") == 1
    assert pretend.asked("site.example", "/robots.txt") == pretend.asked("site.example", TDMREP) == 2


@pytest.mark.parametrize(
    "handler", ["http11.HTTP11DownloadHandler", pytest.param("_aiohttp.AiohttpDownloadHandler", marks=YOUNG)]
)
def test_large_endless_and_packed_documents_are_read_within_bounds(web: Web, crawl: Crawl, handler: str) -> None:
    filler = "# " + "x" * 998 + "\n"
    begins = "User-agent: *\nDisallow: /no\n"
    large = Answer.text(begins + filler * 400)
    text = ("content-type", "text/plain")
    unending = Answer(headers=(text,), body=lambda: _lines(begins, filler))
    packed = Answer(
        headers=(text, ("content-encoding", "gzip")), body=gzip.compress(begins.encode() + filler.encode() * 50_000)
    )
    sites = {"large": large, "endless": unending, "packed": packed}
    pretend = web(
        *(Site(f"{name}.example", {"/robots.txt": robots, "/no": OPEN, "/yes": OPEN}) for name, robots in sites.items())
    )
    urls = [pretend.origin(f"{name}.example") + path for name in sites for path in ("/no", "/yes")]
    handlers = {"http": f"scrapy.core.downloader.handlers.{handler}"}
    crawled = crawl(*urls, DOWNLOAD_MAXSIZE=100_000, DOWNLOAD_HANDLERS=handlers)
    verdicts = {record["url"]: record["verdict"] for record in crawled.decisions}
    assert [verdicts[url] for url in urls] == ["reserved", "unreserved"] * 3
    assert pretend.sent("endless.example", "/robots.txt") < 16 * 2**20
    cut = {record["url"]: record["faults"] for record in crawled.decisions}
    assert cut[urls[2]]
    assert cut[urls[4]]


def _lines(begins: str, filler: str) -> Any:
    yield begins.encode()
    yield from endless(filler.encode() * 64)()


@pytest.mark.parametrize("polite", [{}, POLITE], ids=["side by side", "one after another"])
def test_a_silent_origin_is_undetermined_within_the_timeout(web: Web, crawl: Crawl, polite: dict[str, Any]) -> None:
    pretend = web(
        Site("silent.example", {"/": OPEN}, fallback=SILENT),
        Site("half.example", {"/": OPEN, "/robots.txt": Answer.text(""), TDMREP: SILENT}),
        Site("well.example", {"/": OPEN}),
    )
    names = ("silent.example", "half.example", "well.example")
    crawled = crawl(*(pretend.origin(name) + "/" for name in names), **polite)
    records = {record["origin"]: record for record in crawled.decisions}
    assert [records[pretend.origin(name)]["verdict"] for name in names] == [
        "undetermined",
        "undetermined",
        "unreserved",
    ]
    assert set(checked(records[pretend.origin("silent.example")]).values()) == {"unreachable"}
    assert checked(records[pretend.origin("half.example")])["/robots.txt"] == "read"
    assert pretend.asked("silent.example", TDMREP) == (0 if polite else 1)
    results = [result for record in records.values() for result in checked(record).values()]
    assert crawled.stats["tdm_guard/policy/unreachable"] == results.count("unreachable")
    assert crawled.decisions[0]["origin"] == pretend.origin("well.example")  # it waited for nobody
    assert pretend.asked("silent.example", "/") == pretend.asked("half.example", "/") == 0


@pytest.mark.skipif(scrapy.version_info < (2, 18), reason="this Scrapy knows no crawl without a limit")
def test_a_crawl_without_a_limit_keeps_none(web: Web, crawl: Crawl) -> None:
    pretend = web(Site("slow.example", {"/robots.txt": Answer.text("", delay=0.5)}, fallback=OPEN))
    urls = [f"{pretend.origin('slow.example')}/{number}" for number in range(20)]
    crawled = crawl(*urls, CONCURRENT_REQUESTS=0)
    assert set(crawled.verdicts().values()) == {"unreserved"}
    assert crawled.stats.get("tdm_guard/policy/hit", 0) == 0  # all of them waited together


def test_what_else_can_become_of_a_document(web: Web, crawl: Crawl) -> None:
    raw = Answer(raw=b"nothing like HTTP\r\n\r\n")
    sites = {
        "failing": {"/robots.txt": Answer.text("sorry", status=503)},
        "absent": {},
        "moved": {"/robots.txt": Answer.redirect("http://target.example/rules")},
        "looping": {"/robots.txt": Answer.redirect("/robots.txt")},
        "garbled": {"/robots.txt": raw},
        "refreshing": {"/robots.txt": Answer.html('<meta http-equiv="refresh" content="0; url=/">')},
    }
    pretend = web(
        *(Site(f"{name}.example", {"/": OPEN, **pages}) for name, pages in sites.items()),
        Site("target.example", {"/rules": refuses("/")}),
    )
    urls = {name: pretend.origin(f"{name}.example") + "/" for name in sites}
    crawled = crawl(*urls.values(), "http://127.0.0.1:9/refused", "http://no-such-host.invalid/dns")
    verdicts = {record["url"]: record["verdict"] for record in crawled.decisions}
    assert {name: verdicts[url] for name, url in urls.items()} == {
        "failing": "undetermined", "absent": "unreserved", "moved": "reserved",
        "looping": "undetermined", "garbled": "undetermined", "refreshing": "unreserved",
    }  # fmt: skip
    reasons = {record["url"]: [because.get("excerpt") for because in record["because"]] for record in crawled.decisions}
    assert "connection refused" in reasons["http://127.0.0.1:9/refused"]
    assert "dns" in reasons["http://no-such-host.invalid/dns"]
    assert pretend.asked("failing.example", "/robots.txt") == 1
    assert pretend.asked("garbled.example", "/robots.txt") == 2  # a connection that broke is tried once more


def test_a_waiter_that_is_cancelled_takes_nobody_with_it(web: Web, crawl: Crawl) -> None:
    pages = {"/robots.txt": refuses("/no", delay=0.8), "/cancel": OPEN, "/other": OPEN}
    pretend = web(Site("site.example", pages))
    origin = pretend.origin("site.example")
    crawled = crawl(origin + "/cancel", origin + "/other", DOWNLOADER_MIDDLEWARES={"probe_parts.Canceller": 105})
    assert crawled.verdicts() == {"/other": "unreserved"}
    assert pretend.asked("site.example", "/robots.txt") == 1


def test_behind_a_proxy_policies_take_the_same_way(web: Web, crawl: Crawl) -> None:
    pretend = web(
        Site(
            "site.example",
            {"/robots.txt": refuses("/no"), "/yes": OPEN, TDMREP: Answer.redirect("http://else.example/rep")},
        ),
        Site("else.example", {"/rep": Answer.json([])}),
    )
    proxied = {"proxy": pretend.proxy}
    crawled = crawl(
        {"url": "http://site.example/no", "meta": proxied},
        {"url": "http://site.example/yes", "meta": proxied},
        DOWNLOADER_MIDDLEWARES={"probe_parts.Proxied": 740},
        PROBE_PROXY=pretend.proxy,
    )
    assert crawled.verdicts() == {"/no": "reserved", "/yes": "unreserved"}
    assert pretend.asked("else.example", "/rep") == 1


@pytest.mark.parametrize("stored", [False, True])
def test_pages_that_waited_for_a_policy_keep_within_the_concurrency(web: Web, crawl: Crawl, stored: bool) -> None:
    page = Answer.html("<p>words", delay=0.1)
    slow = Answer(status=404, delay=0.3)  # all pages are there before the policy is
    pretend = web(Site("site.example", {f"/{n}": page for n in range(15)}, fallback=slow))
    urls = [f"{pretend.origin('site.example')}/{n}" for n in range(15)]
    crawled = crawl(*urls, CONCURRENT_REQUESTS=2, HTTPCACHE_ENABLED=stored)
    assert len(crawled.responses) == 15
    asked = sorted(request.at for request in pretend.requests if request.path[1:].isdigit())
    assert all(third - first >= timedelta(seconds=0.09) for first, third in zip(asked, asked[2:], strict=False))
    if stored:  # from the cache no page reaches the downloader, so that nothing there tells of a free place
        again = crawl(*urls, CONCURRENT_REQUESTS=2, HTTPCACHE_ENABLED=True)
        assert len(again.responses) == 15
        assert pretend.asked("site.example", "/0") == 1


def test_licences_that_nobody_answers_for_hold_up_no_other_site(web: Web, crawl: Crawl) -> None:
    def page(n: int) -> Answer:
        return Answer.html("<p>words", ("link", f'</l{n}.xml>; rel="license"; type="application/rsl+xml"'))

    pages = {f"/{n}": page(n) for n in range(8)}
    pretend = web(
        Site("hangs.example", {**pages, **{f"/l{n}.xml": SILENT for n in range(8)}}),
        Site("well.example", {f"/{n}": OPEN for n in range(12)}),
    )
    hangs, well = pretend.origin("hangs.example"), pretend.origin("well.example")
    urls = [*(f"{hangs}/{n}" for n in range(8)), *(f"{well}/{n}" for n in range(12))]
    crawled = crawl(*urls, CONCURRENT_REQUESTS=4, TDM_GUARD_POLICY_TIMEOUT=5)
    assert [record["origin"] for record in crawled.decisions[:12]] == [well] * 12
    assert {record["verdict"] for record in crawled.decisions[12:]} == {"reserved"}
    assert len(crawled.decisions) == 20
    assert sum(pretend.asked("hangs.example", f"/l{n}.xml") for n in range(8)) == 1


def test_what_was_learned_of_an_origin_stays_when_it_is_to_be_read_on_another_way(tmp_path: Path) -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    guard = Guard(Options.read({"agent": "ExampleBot", "log": tmp_path / "log.jsonl"}), clock=lambda: now)
    site = Origin.parse("http://site.example")
    crawler: Any = SimpleNamespace(settings=Settings(), spider=None)
    policies = Policies(crawler, guard, Downloads(crawler))

    def silent(effects: Any) -> list[Any]:
        return [FetchAnswer(fetched=Fetched.unreachable("timeout", at=now)) for _ in effects]

    policy = run(guard.load(site), silent)
    policies._silent[site] = {Way((("proxy", "http://one.example"),))}
    feed = Kept(path=f"{site}/feed", checked=policy.checked[0], expires_at=now + timedelta(hours=1))
    guard.cache.put(policy.as_cached().learning((feed,)))
    assert policies.goes_another_way(policy, USUAL)
    kept = guard.cache.get(site)
    assert kept is not None
    assert kept.learned == (feed,)
    assert guard.known(site) is None
