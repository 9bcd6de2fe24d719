"""Policies go the way of the pages they are for, with nothing of the project's but what a stranger may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scrapy import Request
from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware

from tdm_guard.scrapy.way import USUAL, Way
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support.handlers import TWO

Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]
OPEN = Answer.html("<!doctype html><title>t</title><p>open")
TDMREP = "/.well-known/tdmrep.json"


def refuses(path: str) -> Answer:
    return Answer.text(f"User-agent: *\nDisallow: {path}\n")


@pytest.mark.parametrize("way", TWO)
@pytest.mark.parametrize("obeyed", [False, True])
def test_policies_go_through_the_proxy_of_the_request(
    web: Web, crawl: Crawl, way: dict[str, Any], obeyed: bool
) -> None:
    site = Site("site.example", {"/robots.txt": refuses("/no"), "/no": OPEN, "/yes": OPEN})
    pages = {TDMREP: Answer.redirect("http://third.example/rep"), "/yes": OPEN, "/moved": Answer.redirect("/yes")}
    one = web(site, Site("other.example", {"/robots.txt": refuses("/"), "/yes": OPEN}))
    two = web(
        Site("other.example", pages),
        Site("third.example", {"/rep": Answer.json([{"location": "/no", "tdm-reservation": 1}])}),
    )
    with_login = two.proxy.replace("://", "://user:hidden@")
    crawled = crawl(
        *({"url": "http://site.example" + path, "meta": {"proxy": one.proxy}} for path in ("/no", "/yes")),
        {"url": "http://other.example/moved", "meta": {"proxy": with_login}},
        ROBOTSTXT_OBEY=obeyed,
        **way,
    )
    verdicts = {record["final_url"]: record["verdict"] for record in crawled.decisions}
    assert verdicts == {
        "http://site.example/no": "reserved",
        "http://site.example/yes": "unreserved",
        "http://other.example/yes": "unreserved",
    }
    assert one.asked("other.example") == 0
    assert two.asked("third.example", "/rep") == 1
    assert {got.header("proxy-authorization") for got in two.requests} == {"Basic dXNlcjpoaWRkZW4="}
    assert {got.header("proxy-authorization") for got in one.requests} == {None}
    assert crawled.holds("hidden") == []
    assert "hidden" not in crawled.text


def test_the_silence_of_one_proxy_is_not_that_of_the_origin(web: Web, crawl: Crawl) -> None:
    pretend = web(Site("site.example", {"/robots.txt": refuses("/no"), "/no": OPEN, "/yes": OPEN}))
    well, dead = {"proxy": pretend.proxy}, {"proxy": "http://user:hidden@127.0.0.1:9"}
    urls = [f"http://site.example{path}" for path in ("/first", "/yes", "/no", "/last")]
    crawled = crawl(
        *({"url": url, "meta": meta} for url, meta in zip(urls, (dead, well, well, dead), strict=True)),
        CONCURRENT_REQUESTS=1,
    )
    verdicts = {record["url"]: record["verdict"] for record in crawled.decisions}
    assert verdicts.pop(urls[0]) == "undetermined"
    assert verdicts.pop(urls[3], None) in (None, "undetermined")  # nothing is recorded if only its page had no way
    assert verdicts == {urls[1]: "unreserved", urls[2]: "reserved"}
    assert pretend.asked("site.example", "/robots.txt") == 1
    assert crawled.holds("hidden") == []


def test_a_proxy_that_turns_us_away_is_no_word_of_the_site(web: Web, crawl: Crawl) -> None:
    denied = Answer(status=407, headers=(("proxy-authenticate", "Basic realm=x"),))
    away = web(Site("site.example", dict.fromkeys(("/robots.txt", TDMREP, "/first"), denied)))
    well = web(Site("site.example", {"/robots.txt": refuses("/no"), "/no": OPEN, "/yes": OPEN}))
    urls = [f"http://site.example{path}" for path in ("/first", "/yes", "/no")]
    proxies = (away.proxy, well.proxy, well.proxy)
    crawled = crawl(
        *({"url": url, "meta": {"proxy": proxy}} for url, proxy in zip(urls, proxies, strict=True)),
        CONCURRENT_REQUESTS=1,
    )
    verdicts = {record["url"]: record["verdict"] for record in crawled.decisions}
    assert verdicts == {urls[0]: "undetermined", urls[1]: "unreserved", urls[2]: "reserved"}
    assert crawled.decisions[0]["checked"][0]["result"] == "unreachable"
    assert away.asked("site.example", "/first") == 0


def test_a_request_told_to_use_no_proxy_reads_policies_without(web: Web, crawl: Crawl, monkeypatch: Any) -> None:
    pretend = web(Site("site.example", {"/robots.txt": refuses("/no"), "/no": OPEN, "/yes": OPEN}))
    origin = pretend.origin("site.example")
    environment = {"PROBE_ENVIRONMENT": {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}}
    direct = [{"url": origin + path, "meta": {"proxy": None}} for path in ("/no", "/yes")]
    crawled = crawl(*direct, **environment)
    assert crawled.verdicts() == {"/no": "reserved", "/yes": "unreserved"}


def test_fields_of_the_project_are_not_for_strangers(web: Web, crawl: Crawl) -> None:
    stranger = Site("stranger.example", {"/licence.xml": Answer.text('<rsl xmlns="https://rslstandard.org/rsl"/>')})
    declares = Answer.text("License: http://stranger.example/licence.xml\n")
    pretend = web(stranger, Site("site.example", {"/robots.txt": declares, "/page": OPEN}))
    fields = {"X-Api-Key": "SECRET", "Authorization": "Bearer SECRET", "Accept-Language": "SECRET", "Host": "a.example"}
    crawl(
        {"url": "http://site.example/page", "headers": {"Host": "site.example"}},
        PROBE_PROXY=pretend.proxy,
        DEFAULT_REQUEST_HEADERS=fields | {"Cookie": "a=SECRET"},
        HTTPAUTH_USER="user",
        HTTPAUTH_PASS="SECRET",
        HTTPAUTH_DOMAIN=None,
        DOWNLOADER_MIDDLEWARES={"probe_parts.Proxied": 740, "probe_parts.LateFields": 990},
        ROBOTSTXT_OBEY=True,
    )
    documents = [got for got in pretend.requests if got.path != "/page"]
    assert {(got.site, got.path) for got in documents} >= {
        ("stranger.example", "/licence.xml"),
        ("site.example", "/robots.txt"),
        ("site.example", TDMREP),
    }
    allowed = {"host", "user-agent", "accept", "accept-encoding", "connection", "if-none-match", "if-modified-since"}
    for got in documents:
        assert {name.lower() for name, _ in got.headers} <= allowed
        assert got.header("host") == got.site
        assert got.header("user-agent") == "ExampleBot/1.0 (+http://bot.example/)"


@pytest.mark.parametrize("way", TWO)
def test_the_site_that_is_told_is_the_one_that_is_judged(web: Web, crawl: Crawl, way: dict[str, Any]) -> None:
    named = Site("named.example", {"/robots.txt": refuses("/no"), "/no": OPEN, "/yes": OPEN, "/named-late": OPEN})
    pretend = web(
        named,
        Site("dialled.example", {"/robots.txt": refuses("/yes"), "/own": OPEN, "/yes": OPEN, "/named-late": OPEN}),
    )
    dialled = "http://dialled.example"

    def ask(path: str, *hosts: str) -> dict[str, Any]:
        return {"url": dialled + path, "headers": {"hOst": list(hosts)}, "meta": {"proxy": pretend.proxy}}

    crawled = crawl(
        ask("/no", "named.example"),
        ask("/yes", "NAMED.example:80"),
        ask("/own", "dialled.example"),
        ask("/twice", "named.example", "dialled.example"),
        ask("/list", "named.example, dialled.example"),
        ask("/login", "user:SECRET@named.example"),
        {"url": dialled + "/named-late", "meta": {"proxy": pretend.proxy}},
        DOWNLOADER_MIDDLEWARES={"probe_parts.Hosts": 700},
        **way,
    )
    records = {record["final_url"].rpartition("/")[2]: record for record in crawled.decisions}
    assert {path: (record["origin"], record["verdict"]) for path, record in records.items()} == {
        "no": ("http://named.example", "reserved"),
        "yes": ("http://named.example", "unreserved"),
        "own": ("http://dialled.example", "unreserved"),
        "named-late": ("http://named.example", "unreserved"),
    }
    refused = {item["url"].rpartition("/")[2]: item["type"] for item in crawled.errors}
    assert refused == {"no": "Withheld", "twice": "Unjudged", "list": "Unjudged", "login": "Unjudged"}
    assert pretend.asked("named.example", "/robots.txt") == 1
    assert "SECRET" not in crawled.text


def test_what_meta_says_of_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://env:hidden@proxy.example:3128/")
    url = "http://site.example/"
    assert Way.of(Request(url)) is Way.of(Request(url, meta={"download_slot": "a", "verbatim_url": True})) is USUAL
    assert Way.of(Request(url, meta={"proxy": None})).proxied is False
    bound = Way.of(Request(url, meta={"bindaddress": ["127.0.0.2", 0]}))
    assert (bound.proxied, bound.lead(Request(url)).meta) == (None, {"bindaddress": ("127.0.0.2", 0)})
    own = Way.of(Request(url, meta={"proxy": "http://user:hidden@own.example:3128"}))
    assert own.proxied
    assert own.label == " proxy own.example:3128"
    middleware = HttpProxyMiddleware()
    for request, way in ((Request(url), USUAL), (Request(url, meta=dict(own.egress)), None)):
        middleware.process_request(request)
        later = Way.of(request)
        assert later == way if way else later.lead(Request(url)).headers == request.headers
    monkeypatch.setenv("no_proxy", "exempt.example")
    redirected = Request("http://exempt.example/", meta={"_scheme_proxy": True, "proxy": "http://proxy.example:3128"})
    assert Way.of(redirected).proxied  # by a redirect, whatever the environment says of the host
    assert Way.of(redirected.replace(url=url)) is USUAL
    stale = Request(url, meta={"_scheme_proxy": True, "proxy": "http://own.example:3128"})
    assert Way.of(stale).proxied  # copied from a request through the environment's, and sent another way
