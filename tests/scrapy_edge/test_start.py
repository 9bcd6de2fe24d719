"""Before the first request: settings that cannot be used end the crawl, and never leave it unguarded."""

from __future__ import annotations

import asyncio
import logging
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest, StopDownload
from scrapy.settings import Settings

import tdm_guard
from tdm_guard.scrapy import Addon, RequestGate, ResponseGate, Unjudged, Withheld
from tdm_guard.scrapy.addon import Watch
from tdm_guard.scrapy.settings import check_gates, read_options, switched_off
from tdm_guard.testing import Answer, PretendWeb, Site

Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]
OPEN = Answer.html("<!doctype html><title>t</title><p>OPEN-WORDS")
GATES = {"tdm_guard.scrapy.RequestGate": 110, "tdm_guard.scrapy.ResponseGate": 950}


def settings(**given: Any) -> Settings:
    return Settings({"USER_AGENT": "ExampleBot/1.0", **given})


@pytest.mark.parametrize(
    ("given", "agent"),
    [
        ({"TDM_GUARD_AGENT": "MineBot", "ROBOTSTXT_USER_AGENT": "RobotsBot"}, "MineBot"),
        ({"ROBOTSTXT_USER_AGENT": "RobotsBot/2"}, "RobotsBot"),
        ({}, "ExampleBot"),
        ({"USER_AGENT": "Mozilla/5.0 (compatible; NewsBot/1.0; +http://news.example)"}, "NewsBot"),
    ],
)
def test_the_agent_is_who_the_project_says_it_is(given: dict[str, Any], agent: str) -> None:
    assert read_options(settings(**given)).agent == agent


def test_a_spiders_own_user_agent_counts() -> None:
    assert read_options(settings(), user_agent="SpiderBot/3").agent == "SpiderBot"


def test_settings_are_options(tmp_path: Path) -> None:
    contacts = tmp_path / "contacts.toml"
    contacts.write_text('[[contacts]]\ndeclarant = "Sacem"\naddress = "ai@sacem.example"\n', encoding="utf-8")
    options = read_options(
        settings(
            TDM_GUARD_USAGES="search,archive",
            TDM_GUARD_OPERATOR='{"name": "acme-ai", "country": "FR"}',
            TDM_GUARD_POLICY_TIMEOUT="3.5",
            TDM_GUARD_MAX_ASSET_BYTES="1MiB",
            TDM_GUARD_POSTURE="literal",
            TDM_GUARD_LOG="logs/{run}.jsonl",
            TDM_GUARD_CONTACTS=str(contacts),
        )
    )
    assert options.holdings.contacts[0].marked == "ai@sacem.example (from contacts.toml)"
    assert [str(usage) for usage in options.usages] == ["search", "archive"]
    assert options.operator is not None
    assert (options.operator.name, options.operator.country) == ("acme-ai", "FR")
    assert (options.policy_timeout, options.max_asset_bytes, options.posture) == (3.5, 2**20, "literal")


@pytest.mark.parametrize("name", ["contacts.toml", "authorisations.toml", "repertoire.tdmlist"])
def test_a_file_named_after_an_option_keeps_its_name_in_messages(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text("[[contacts]]\n", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"^{name}: ") as error:
        read_options(settings(TDM_GUARD_CONTACTS=name))
    assert "TDM_GUARD" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"TDM_REPERTOIRE": ["a.toml"]}, ("TDM_REPERTOIRE: unknown setting; did you mean TDM_GUARD_REPERTOIRE?",)),
        ({"TDM_GUARD_USAGE": "tdm"}, ("TDM_GUARD_USAGE: unknown setting; did you mean TDM_GUARD_USAGES?",)),
        ({"tdm_guard_mode": "observe"}, ("tdm_guard_mode: unknown setting; did you mean TDM_GUARD_MODE?",)),
        ({"TDMGUARD_AGENT": "a"}, ("TDMGUARD_AGENT: unknown setting; did you mean TDM_GUARD_AGENT?",)),
        ({"TDM_GAURD_AGENT": "a"}, ("TDM_GAURD_AGENT: unknown setting; did you mean TDM_GUARD_AGENT?",)),
        ({"TDM_GARD_REPERTORY": []}, ("TDM_GARD_REPERTORY: unknown setting; did you mean TDM_GUARD_REPERTOIRE?",)),
        ({"TMD_GUARD_ENABLED": False}, ("did you mean TDM_GUARD_ENABLED?",)),
        ({"TDM_GUARD_CONFIGS": "x"}, ("did you mean TDM_GUARD_CONFIG?",)),
        ({"TDM_GUARD": True}, ("TDM_GUARD: unknown setting; known are TDM_GUARD_AGENT, ",)),
        ({"TDM_GUARD_COLOUR": "red"}, ("TDM_GUARD_COLOUR: unknown setting; known are TDM_GUARD_AGENT, ",)),
        ({"TDM_GUARD_MODE": "watch"}, ("TDM_GUARD_MODE: 'watch' is not one of enforce, observe",)),
        ({"TDM_GUARD_USAGES": "everything"}, ("TDM_GUARD_USAGES: 'everything' is not a usage",)),
        ({"TDM_GUARD_OPERATOR": "{name"}, ("TDM_GUARD_OPERATOR: '{name' is no JSON",)),
        ({"TDM_GUARD_OPERATOR": {"nom": "x"}}, ("TDM_GUARD_OPERATOR.nom: unknown",)),
        ({"TDM_GUARD_POLICY_TIMEOUT": 0}, ("TDM_GUARD_POLICY_TIMEOUT: 0 is no number of seconds",)),
        ({"USER_AGENT": "Mozilla/5.0 (X11) Firefox/1"}, ("TDM_GUARD_AGENT: the User-Agent 'Mozilla",)),
        ({"TDM_GUARD_MODE": "a", "TDM_GUARD_POSTURE": "b"}, ("TDM_GUARD_MODE: 'a'", "TDM_GUARD_POSTURE: 'b'")),
    ],
)
def test_settings_that_cannot_be_used_are_named(given: dict[str, Any], words: tuple[str, ...]) -> None:
    with pytest.raises(tdm_guard.ConfigurationError) as caught:
        read_options(settings(**given))
    assert isinstance(caught.value, ValueError)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("name", ["TDM_GRAPH_MODE", "GUARD_MODE", "TDM_MODE", "TELNETCONSOLE_ENABLED", "T_GUARD_MODE"])
def test_settings_of_others_are_theirs(name: str) -> None:
    assert read_options(settings(**{name: "anything"})).mode == "enforce"


def test_a_misspelt_variable_ends_the_crawl_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TDM_GUARD_REPERTOIRE", "bundled:sacem-2023")
    with pytest.raises(ValueError, match="TDM_GUARD_REPERTOIRE: no environment variable is an option"):
        read_options(settings())
    options = read_options(settings(TDM_GUARD_REPERTOIRE=["bundled:sacem-2023"]))
    assert options.repertoire == ("bundled:sacem-2023",)
    assert not switched_off(settings())


def test_a_file_gives_what_the_settings_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "guard.toml"
    file.write_text('agent = "FileBot"\nmode = "observe"\nenabled = false\n')
    options = read_options(settings(TDM_GUARD_CONFIG=str(file), TDM_GUARD_MODE="enforce"))
    assert (options.agent, options.mode) == ("FileBot", "enforce")
    assert switched_off(settings(TDM_GUARD_CONFIG=str(file)))
    monkeypatch.setenv("TDM_GUARD_CONFIG", str(file))
    assert read_options(settings()).mode == "observe"
    assert not switched_off(settings(TDM_GUARD_ENABLED=True))
    with pytest.raises(ValueError, match=r"TDM_GUARD_CONFIG: 'gone\.toml' cannot be read"):
        read_options(settings(TDM_GUARD_CONFIG="gone.toml"))


@pytest.mark.parametrize(("value", "off"), [(False, True), ("False", True), ("0", True), (True, False), (None, False)])
def test_the_one_switch(value: Any, off: bool) -> None:
    assert switched_off(settings(TDM_GUARD_ENABLED=value)) is off


def test_a_switch_that_says_neither() -> None:
    with pytest.raises(ValueError, match="TDM_GUARD_ENABLED: 'maybe' is neither true nor false"):
        switched_off(settings(TDM_GUARD_ENABLED="maybe"))


@pytest.mark.parametrize(
    "given",
    [
        {},
        GATES,
        {"tdm_guard.scrapy.request_gate.RequestGate": 120},
        {RequestGate: 90, ResponseGate: 910},
        {"scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None},
    ],
)
def test_the_addon_puts_both_gates_in_and_leaves_what_is_there(given: dict[Any, int]) -> None:
    configured = settings(DOWNLOADER_MIDDLEWARES=given)
    Addon().update_settings(configured)
    check_gates(configured)
    orders = {str(getattr(key, "__name__", key)): value for key, value in configured["DOWNLOADER_MIDDLEWARES"].items()}
    expected = {RequestGate: (110, 90, 120), ResponseGate: (950, 910)}
    assert orders.items() >= {str(getattr(key, "__name__", key)): value for key, value in given.items()}.items()
    for gate, places in expected.items():
        assert any(order in places for name, order in orders.items() if name.endswith(gate.__name__))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tdm_guard.scrapy.RequestGate": 110}, "ResponseGate missing"),
        ({"tdm_guard.scrapy.ResponseGate": 950}, "RequestGate missing"),
        ({**GATES, "tdm_guard.scrapy.ResponseGate": None}, "ResponseGate missing"),
        ({}, "RequestGate and ResponseGate missing"),
        ({**GATES, "tdm_guard.scrapy.ResponseGate": 800}, "must lie between"),
        ({**GATES, "tdm_guard.scrapy.RequestGate": 700}, "must lie between"),
        ({"tdm_guard.scrapy.RequestGate": 950, "tdm_guard.scrapy.ResponseGate": 110}, "must lie between"),
    ],
)
def test_half_a_guard_is_none(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_gates(settings(DOWNLOADER_MIDDLEWARES=given))


def test_the_addon_does_not_accept_gates_that_were_taken_out() -> None:
    configured = settings(DOWNLOADER_MIDDLEWARES=dict.fromkeys(GATES))
    with pytest.raises(ValueError, match="would leave the crawl unguarded"):
        Addon().update_settings(configured)
    configured.set("TDM_GUARD_ENABLED", False)
    Addon().update_settings(configured)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"TDM_GUARD_AGENT": "MineBot"}, f"MineBot/{tdm_guard.__version__}"),
        (
            {"TDM_GUARD_AGENT": "MineBot", "TDM_GUARD_OPERATOR": '{"contact": "bot@mine.example"}'},
            f"MineBot/{tdm_guard.__version__} (+bot@mine.example)",
        ),
        ({"TDM_GUARD_AGENT": "MineBot", "USER_AGENT": "MineBot/7"}, "MineBot/7"),
        ({"TDM_GUARD_AGENT": "MineBot", "TDM_GUARD_ENABLED": False}, None),
        ({}, None),
        ({"ROBOTSTXT_USER_AGENT": "RobotsBot"}, None),
    ],
)
def test_who_names_an_agent_only_goes_by_its_name(given: dict[str, Any], sent: str | None) -> None:
    configured = Settings(given)
    plain = configured["USER_AGENT"]
    Addon().update_settings(configured)
    assert configured["USER_AGENT"] == (sent or plain)


def test_an_agent_of_a_file_is_a_name_too(tmp_path: Path) -> None:
    file = tmp_path / "guard.toml"
    file.write_text('agent = "FileBot"\n[operator]\ncontact = "https://file.example/bot"\n')
    configured = Settings({"TDM_GUARD_CONFIG": str(file)})
    Addon().update_settings(configured)
    assert configured["USER_AGENT"] == f"FileBot/{tdm_guard.__version__} (+https://file.example/bot)"


def test_an_agent_that_cannot_be_used_is_named_by_its_setting() -> None:
    with pytest.raises(ValueError, match="TDM_GUARD_AGENT: 'My Bot' is no product token"):
        Addon().update_settings(Settings({"TDM_GUARD_AGENT": "My Bot"}))


@pytest.mark.parametrize("enabled", [True, False])
def test_a_later_addon_takes_no_gate_out_unnoticed(enabled: bool) -> None:
    configured = settings(TDM_GUARD_ENABLED=enabled)
    Addon().update_settings(configured)
    assert Watch in configured.getdict("EXTENSIONS")
    later = SimpleNamespace(settings=configured)  # as the crawl begins
    assert Watch.from_crawler(later)
    configured.set("DOWNLOADER_MIDDLEWARES", {}, "addon")
    if enabled:
        with pytest.raises(ValueError, match="would leave the crawl unguarded"):
            Watch.from_crawler(later)
    else:
        assert Watch.from_crawler(later)


# ---- whole crawls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "words", "error"),
    [
        ({"TDM_GUARD_MODE": "watch"}, "TDM_GUARD_MODE: 'watch'", "ConfigurationError"),
        (
            {"ADDONS": {}, "DOWNLOADER_MIDDLEWARES": {"tdm_guard.scrapy.RequestGate": 110}},
            "ResponseGate missing",
            "ConfigurationError",
        ),
        ({"TDM_GUARD_LOG": "/dev/full"}, "cannot be written", "LogError"),
        ({"TDM_GUARD_CACHE": "memory:?nonsense=1"}, "TDM_GUARD_CACHE: 'memory:?nonsense=1'", "ConfigurationError"),
    ],
    ids=["bad value", "half a guard", "no log", "no cache"],
)
def test_a_crawl_that_cannot_be_guarded_does_not_begin(
    web: Web, crawl: Crawl, given: dict[str, Any], words: str, error: str
) -> None:
    pretend = web(Site("site.example", {"/": OPEN}))
    crawled = crawl(pretend.origin("site.example") + "/", **given)
    assert crawled.outcome["aborted"] == error
    assert words in crawled.outcome["message"]
    assert ("ValueError" in crawled.outcome["bases"]) is (error == "ConfigurationError")
    assert pretend.requests == ()


def test_the_site_sees_the_name_that_the_record_has(web: Web, crawl: Crawl) -> None:
    pretend = web(Site("site.example", {"/": OPEN}))
    crawled = crawl(pretend.origin("site.example") + "/", without=("USER_AGENT",), TDM_GUARD_AGENT="MineBot")
    assert crawled.records[0]["agent"] == "MineBot"
    assert len(crawled.responses) == 1
    names = {dict(request.headers).get("User-Agent") for request in pretend.requests}
    assert names == {f"MineBot/{tdm_guard.__version__}"}
    assert "agent: requests go out as" not in crawled.text


@pytest.mark.parametrize("way", ["spider", "settings", "request", "default fields"])
def test_a_name_of_which_no_rule_is_obeyed_is_warned_of(web: Web, crawl: Crawl, way: str) -> None:
    pretend = web(Site("site.example", {"/": OPEN}))
    url = pretend.origin("site.example") + "/"
    fields = {"User-Agent": "SpiderBot/1"}
    given: dict[str, Any] = {
        "settings": {"ADDONS": {}, "DOWNLOADER_MIDDLEWARES": GATES, "USER_AGENT": "SpiderBot/1"},
        "default fields": {"DEFAULT_REQUEST_HEADERS": fields, "USER_AGENT": "MineBot/1"},
        "spider": {"spider": {"user_agent": "SpiderBot/1"}},
    }.get(way, {"USER_AGENT": "MineBot/1"})
    request = {"url": url, "headers": fields} if way == "request" else url
    crawled = crawl(request, TDM_GUARD_AGENT="MineBot", **given)
    assert crawled.text.count("agent: requests go out as SpiderBot, and what sites say to MineBot is obeyed") == 1
    if way != "spider":  # where warnings are errors, as here, Scrapy 2.19 does not get to set it
        assert dict(pretend.requests[-1].headers)["User-Agent"] == "SpiderBot/1"


def test_who_gives_no_name_is_told_under_which_the_crawl_goes_out(web: Web, crawl: Crawl) -> None:
    pretend = web(Site("site.example", {"/": OPEN}))
    crawled = crawl(pretend.origin("site.example") + "/", without=("USER_AGENT",))
    assert crawled.records[0]["agent"] == "Scrapy"
    assert crawled.text.count("agent: requests go out as Scrapy/") == 1


def test_another_reactor_is_refused(web: Web, crawl: Crawl) -> None:
    pretend = web(Site("site.example", {"/": OPEN}))
    crawled = crawl(
        pretend.origin("site.example") + "/",
        process="CrawlerProcess",
        TWISTED_REACTOR="twisted.internet.selectreactor.SelectReactor",
    )
    assert "TWISTED_REACTOR: 'twisted.internet.selectreactor.SelectReactor' has no asyncio" in crawled.text
    assert pretend.requests == ()


def test_switched_off_it_says_so_and_does_nothing(web: Web, crawl: Crawl) -> None:
    reserved = Answer.html("<p>words", ("tdm-reservation", "1"))
    pretend = web(Site("site.example", {"/": reserved}))
    crawled = crawl(pretend.origin("site.example") + "/", TDM_GUARD_ENABLED=False)
    assert len(crawled.responses) == 1
    assert crawled.records == []
    assert "Disabled" in crawled.text
    assert "TDM_GUARD_ENABLED is False: no reservation is read, nothing is recorded" in crawled.text
    assert [request.path for request in pretend.requests] == ["/"]


def test_when_the_log_cannot_be_written_the_crawl_ends(web: Web, crawl: Crawl) -> None:
    pages = {f"/{n}": OPEN for n in range(150)}
    pretend = web(Site("site.example", pages))
    urls = [f"{pretend.origin('site.example')}/{n}" for n in range(150)]
    crawled = crawl(*urls, file_limit=6000, CONCURRENT_REQUESTS=2)
    assert crawled.stats["finish_reason"] == "tdm_guard_log"
    assert len(crawled.responses) == len(crawled.decisions) > 0
    assert {item["type"] for item in crawled.errors} == {"LogError"}
    assert "nothing may pass unrecorded" in crawled.text
    assert len(pretend.requests) < 30  # pages that waited for the policy go on as places become free


def _crawl(**members: Any) -> Any:
    """A crawl with just these members, and with what is told when a download is over."""
    early = SimpleNamespace(forget=lambda _: None, stops=members.pop("stops", None))
    members.setdefault("downloads", SimpleNamespace(began=lambda _: False))
    return SimpleNamespace(early=early, take_back=lambda _: None, **members)


# ---- parts --------------------------------------------------------------------------------------------------------


def test_an_error_while_headers_are_judged_ends_the_download(caplog: pytest.LogCaptureFixture) -> None:
    request = Request("http://site.example/page")
    visit = SimpleNamespace(stopped=False, error=None)

    def stops(*_: Any) -> bool:
        raise RuntimeError("a mistake of ours")

    gate = ResponseGate(_crawl(stops=stops, visits={request: visit}))
    with caplog.at_level(logging.ERROR), pytest.raises(StopDownload) as caught:
        gate.headers_received(headers={}, request=request)  # type: ignore[arg-type]
    assert caught.value.fail
    assert "could not be judged" in caplog.text
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        asyncio.run(gate.process_exception(request, caught.value))


def test_a_download_that_somebody_else_stopped_is_theirs() -> None:
    request = Request("http://site.example/page")
    gate = ResponseGate(_crawl(visits={request: SimpleNamespace(stopped=False)}))
    assert asyncio.run(gate.process_exception(request, StopDownload())) is None


@pytest.mark.parametrize("signal", ["bytes_received", "headers_received"])
def test_what_came_of_a_download_that_the_project_stopped_is_judged_before_its_errback_has_it(
    web: Web, crawl: Crawl, signal: str
) -> None:
    words = "SECRET-WORDS " * 20_000
    pages = {
        "/reserved": Answer.html('<meta name="tdm-reservation" content="1">' + words),
        "/header": Answer.html(words, ("tdm-reservation", "1")),
        "/silent": Answer.html("<!doctype html><title>t</title>" + words),
        "/picture": Answer(body=words.encode(), headers=(("content-type", "video/x-unknown"),)),
    }
    origin = web(Site("site.example", dict(pages))).origin("site.example")
    crawled = crawl(*(origin + path for path in pages), spider={"stops": signal})
    found = {"/" + item["url"].split("/", 3)[3]: (item["type"], "SECRET" in item["body"]) for item in crawled.errors}
    verdicts = crawled.verdicts()
    assert crawled.responses == []
    if signal == "bytes_received":
        assert found == dict.fromkeys(pages, ("Withheld", False)) | {"/picture": ("StopDownload", True)}
        assert verdicts == {
            "/reserved": "reserved",
            "/header": "reserved",
            "/silent": "undetermined",
            "/picture": "unreserved",
        }
    else:  # nothing of a body came
        assert not any(secret for _, secret in found.values())
        assert verdicts["/header"] == "reserved"
        assert found["/header"][0] == "Withheld"
        assert verdicts.keys() == pages.keys()


def test_withheld_is_a_filtered_request_and_survives_pickling() -> None:
    decision = tdm_guard.evaluate("http://site.example/", status=200, now=datetime.now(UTC))
    error = Withheld(decision, Request("http://site.example/"))
    assert isinstance(error, IgnoreRequest)
    assert isinstance(error, tdm_guard.Withheld)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is Withheld
    assert again.decision == decision
    other = pickle.loads(pickle.dumps(Unjudged("ftp://site.example cannot be judged")))
    assert isinstance(other, IgnoreRequest)
    assert other.problems == ("ftp://site.example cannot be judged",)


def test_when_the_log_is_gone_the_crawl_ends(web: Web, crawl: Crawl, tmp_path: Path) -> None:
    log = tmp_path / "tdm-guard.jsonl"

    def takes_the_log_with_it(_: Any) -> Answer:
        log.unlink(missing_ok=True)
        return OPEN

    pages: dict[str, Any] = {f"/{n}": OPEN for n in range(150)}
    pretend = web(Site("site.example", pages | {"/5": takes_the_log_with_it}))
    urls = [f"{pretend.origin('site.example')}/{n}" for n in range(150)]
    crawled = crawl(*urls, CONCURRENT_REQUESTS=2)
    assert crawled.stats["finish_reason"] == "tdm_guard_log"
    assert len(crawled.responses) < 10
    assert {item["type"] for item in crawled.errors} == {"LogError"}
    assert "no longer at its path" in crawled.text
    assert len(pretend.requests) < 30


def test_no_password_and_no_escape_in_scrapys_log(web: Web, crawl: Crawl) -> None:
    robots = Answer(
        body=b"User-agent: *\nDisallow: /private # \x1b]0;owned\x07\xc2\x9b31m\n",
        headers=(("content-type", "text/plain"),),
    )
    pretend = web(Site("site.example", {"/robots.txt": robots, "/": OPEN}))
    crawled = crawl(
        pretend.origin("site.example") + "/private",
        "ftp://user:S3CRET@127.0.0.1/list.txt",
        "s3://key:S3CRET@bucket/x",
        ROBOTSTXT_OBEY=False,
    )
    told = [line for line in crawled.text.splitlines() if "[tdm_guard" in line]
    assert any("Withheld: " in line and "\\x1b]0;owned" in line for line in told)
    assert any("cannot be judged" in line for line in told)
    assert not any("S3CRET" in line or "\x1b" in line or "\x9b" in line for line in told)
    assert not any("S3CRET" in item["text"] or "\x1b" in item["text"] for item in crawled.errors)
    assert {item["type"] for item in crawled.errors} == {"Unjudged", "Withheld"}
