"""A signal of somebody's own, as docs/own-signals.md shows it: heard everywhere, and refused if it would go unheard."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tdm_guard import ConfigurationError, Fetched, Judge, Withheld, evaluate, signals
from tdm_guard.httpx import GuardClient
from tdm_guard.signals import (
    SIGNALS,
    TDM,
    Document,
    DocumentReading,
    Place,
    Reading,
    Result,
    Signal,
)
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support.patience import PATIENCE

PAGE = Path(__file__).parents[2] / "docs" / "own-signals.md"
(SAMPLE,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SITE = "https://site.example"
ABSENT = {path: Fetched(status=404) for path in ("/robots.txt", "/.well-known/tdmrep.json", "/house-rules.txt")}
CSV = ("content-type", "text/csv")
RULES = Answer.text("closed: /archive/")
NEWS = Site(
    "news.example",
    {
        "/house-rules.txt": RULES,
        "/archive/1": Answer.text("SECRET"),
        "/open": Answer.text("open"),
        "/ask": Answer(headers=(CSV, ("x-house-rules", "no-mining")), body=b"SECRET"),
    },
)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the page."""
    (tmp_path / "house_rules.py").write_text(SAMPLE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "house_rules", raising=False)
    return __import__("house_rules")


def test_the_sample_prints_what_it_should(tmp_path: Path) -> None:
    (tmp_path / "house_rules.py").write_text(SAMPLE, encoding="utf-8")
    words = [sys.executable, "house_rules.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout.splitlines() == [
        f"reserved: {SITE}/archive/1 (house-rules, {SITE}/house-rules.txt line 1: closed: /archive/)",
        f"reserved: {SITE}/news/1 (house-rules, {SITE}/news/1 #x-house-rules: no-mining)",
        f"unreserved: {SITE}/news/2",
    ]


@pytest.mark.parametrize("posture", ["cautious", "literal"])
def test_it_is_heard_beside_the_standards(own: ModuleType, posture: Any) -> None:
    judge = Judge(signals=(*SIGNALS, own.SIGNAL), posture=posture)
    assert f"{SITE}/house-rules.txt" in judge.needed_documents(SITE)
    document = {**ABSENT, "/house-rules.txt": Fetched(status=200, body=b"closed: /a")}
    for given, headers, verdict in (
        (ABSENT, [CSV], "unreserved"),
        (ABSENT, [CSV, ("x-house-rules", "no-mining")], "reserved"),
        (ABSENT, [CSV, ("x-house-rules", "perhaps")], "unreserved"),
        (document, [CSV], "reserved"),
        (document, [CSV, ("tdm-reservation", "0")], "reserved"),
    ):
        decision = judge.evaluate(f"{SITE}/a", status=200, headers=headers, policies=given, now=NOW)
        assert decision.verdict == verdict
        assert {said.signal for said in decision.because if said.stance == "reserved"} == (
            {"house-rules"} if verdict == "reserved" else set()
        )
    assert judge.evaluate(f"{SITE}/b", status=200, headers=[CSV], policies=document, now=NOW).verdict == "unreserved"


def test_it_is_not_heard_where_it_is_not_listened_to(own: ModuleType) -> None:
    headers = [CSV, ("x-house-rules", "no-mining")]
    for options in ({}, {"signals": (*SIGNALS, own.SIGNAL), "usages": {"search"}}):
        decision = evaluate(f"{SITE}/a", status=200, headers=headers, policies=ABSENT, now=NOW, **options)
        assert decision.verdict == "unreserved"


def test_alone_it_is_the_only_one(own: ModuleType) -> None:
    headers = [CSV, ("x-house-rules", "no-mining"), ("tdm-reservation", "1")]
    decision = evaluate(
        f"{SITE}/a", status=200, headers=headers, policies=ABSENT, unread="ignore", signals=[own.SIGNAL], now=NOW
    )
    assert [said.signal for said in decision.because] == ["house-rules"]


def test_judge_policy_and_decision_are_pickled(own: ModuleType) -> None:
    judge = pickle.loads(pickle.dumps(Judge(signals=(*SIGNALS, own.SIGNAL))))
    policy = judge.read_policies(SITE, {**ABSENT, "/house-rules.txt": Fetched(status=200, body=b"closed: /")}, now=NOW)
    decision = judge.evaluate(f"{SITE}/a", policies=pickle.loads(pickle.dumps(policy)), now=NOW)
    assert pickle.loads(pickle.dumps(decision)) == decision
    assert decision.verdict == "reserved"


def test_clients_withhold_and_record(own: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "tdm.jsonl"
    with PretendWeb([NEWS]) as web:
        options = {"agent": "ExampleBot", "log": log, "proxy": web.proxy, "trust_env": False}
        with GuardClient(signals=(*SIGNALS, own.SIGNAL), **options) as client:
            assert client.get("http://news.example/open").text == "open"
            for path in ("/archive/1", "/ask"):
                with pytest.raises(Withheld):
                    client.get(f"http://news.example{path}")
        assert web.asked("news.example", "/archive/1") == 0
    run, *records = [json.loads(line) for line in log.read_text().splitlines()]
    assert "house-rules" in run["signals"]
    said = [record["because"][0] for record in records if record.get("verdict") == "reserved"]
    assert [(item["signal"], item["carrier"], item["locator"]) for item in said] == [
        ("house-rules", "file", "line 1"),
        ("house-rules", "header", "#x-house-rules"),
    ]


def test_scrapy_withholds_and_records(own: ModuleType, tmp_path: Path) -> None:
    spider = """
import scrapy
from house_rules import SIGNAL
from tdm_guard.signals import SIGNALS

class Pages(scrapy.Spider):
    name = "pages"
    custom_settings = {
        "ADDONS": {"tdm_guard.scrapy.Addon": 500},
        "USER_AGENT": "ExampleBot/1.0 (+http://bot.example/)",
        "TDM_GUARD_SIGNALS": (*SIGNALS, SIGNAL),
    }
    start_urls = [f"http://news.example{path}" for path in ("/open", "/archive/1", "/ask")]

    def parse(self, response):
        yield {"url": response.url}
"""
    (tmp_path / "pages.py").write_text(spider, encoding="utf-8")
    with PretendWeb([NEWS]) as web:
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", "runspider", "pages.py", "-o", "items.json"],
            cwd=tmp_path,
            env=web.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "items.json").read_text()) == [{"url": "http://news.example/open"}]
    records = [json.loads(line) for line in (tmp_path / "tdm-guard.jsonl").read_text().splitlines()]
    assert "house-rules" in records[0]["signals"]
    withheld = {record["url"]: record["because"][0]["signal"] for record in records if record.get("admitted") is False}
    assert withheld == {f"http://news.example{path}": "house-rules" for path in ("/archive/1", "/ask")}


def nothing(*_: Any) -> Any:
    return Reading()


def document(**members: Any) -> Document:
    def read(*_: Any) -> DocumentReading:
        return DocumentReading(Result.ABSENT)

    return Document(**{"path": "/mine.txt", "max_bytes": 1000, "read": read, "signal": "mine", **members})


MINE = Signal(name="mine", title="Mine", spec="1", usages=TDM, document=document())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": ""}, "signals: '' is no name"),
        ({"name": "My Signal"}, "signals: 'My Signal' is no name"),
        ({"usages": ()}, "signals: mine: it has no usages"),
        ({"read_headers": nothing}, "signals: mine: read_headers is never called without headers"),
        ({"read_headers": nothing, "headers": frozenset({"X-Mine"})}, "signals: mine: headers has 'X-Mine'"),
        ({"read_hop": nothing}, "signals: mine: read_hop is never called without read_headers"),
        ({"read_status": nothing}, "signals: mine: read_status is never called without statuses"),
        ({"read_html": nothing}, "signals: mine: read_html is never called without html_words"),
        ({"read_html": nothing, "html_words": ("Mine",)}, "signals: mine: html_words has 'Mine'"),
        (
            {"read_html": nothing, "html_words": ("mine", "réservé")},
            "signals: mine: html_words has 'réservé'; write let",
        ),
        ({"read_html": nothing, "html_words": ('":"',)}, "signals: mine: html_words has '\":\"'; write letters"),
        ({"read_html": nothing, "html_words": "mine"}, "signals: mine: html_words is one text, not several"),
        ({"read_html": nothing, "html_words": ("",)}, "signals: mine: html_words has ''; write letters"),
        ({"read_asset": nothing}, "signals: mine: read_asset is never called without asset_places"),
        ({"document": document(signal="")}, "signals: mine: its document says signal=''"),
        ({"document": document(path="mine.txt")}, "signals: mine: its document lies at 'mine.txt'"),
        ({"document": document(path="/robots.txt")}, "its document /robots.txt is that of robots; read it with"),
        ({"document": document(path="/ai.txt")}, "its document /ai.txt is that of ai-txt"),
        ({"document": document(fallback="/trust.txt")}, "its document /trust.txt is that of trust-txt"),
        ({"name": "robots", "document": None}, "signals: 'robots' stands 2 times"),
    ],
)
def test_what_would_go_unheard_is_a_mistake(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(problem)):
        Judge(signals=(*SIGNALS, replace(MINE, **change)))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"name": "mine-2", "document": None},
        {"document": document(fallback="/.well-known/mine.txt")},
        {"read_headers": nothing, "read_hop": nothing, "headers": frozenset({"x-mine", "tdm-reservation"})},
        {"read_html": nothing, "html_words": ("mine",), "read_asset": nothing, "asset_places": frozenset({Place.XMP})},
        {"read_status": nothing, "statuses": frozenset({451})},
    ],
)
def test_what_can_be_heard_is_taken(change: dict[str, Any]) -> None:
    listed = (*SIGNALS, replace(MINE, **change))
    assert Judge(signals=list(listed)).options.signals == Judge(signals=listed).options.signals
    assert len(Judge(signals=listed).options.signals) == len(SIGNALS) + 1


@pytest.mark.parametrize("given", [SIGNALS, SIGNALS[:1], SIGNALS[::-1]])
def test_the_standards_are_in_order(given: tuple[Signal, ...]) -> None:
    assert [signal.name for signal in Judge(signals=given).options.signals] == [signal.name for signal in given]


def test_the_parts_are_public_sorted_and_named_on_the_page() -> None:
    parts = [name for name in signals.__all__ if name.isupper()] + [
        name for name in signals.__all__ if not name.isupper()
    ]
    assert parts == signals.__all__
    assert all(hasattr(signals, name) for name in signals.__all__)
    text = PAGE.read_text(encoding="utf-8")
    members = set(Signal.__dataclass_fields__) - {"name", "title", "spec", "usages"}
    assert [member for member in members if f"`{member}`" not in text] == []
