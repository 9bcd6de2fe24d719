"""The public statement of measures: what the options come to, a page, and a feed whose entries stay as they were."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tdm_guard import ConfigurationError, Options
from tdm_guard.cli import app
from tdm_guard.operator import read_operator
from tdm_guard.reports.statement.atom_feed import MAX_ENTRIES, MAX_FEED, next_feed, read_feed
from tdm_guard.reports.statement.measures_stated import OwnWords, Stated, state
from tdm_guard.signals import SIGNALS

ATOM = "{http://www.w3.org/2005/Atom}"
OPERATOR = {
    "name": "acme-ai", "contact": "bot@acme.example", "complaints_url": "https://acme.example/complaints",
}  # fmt: skip
WHO = ["--agent", "ExampleBot", "--operator", json.dumps(OPERATOR)]
OWN = OwnWords(addresses="192.0.2.0/28", retention="two years", url="https://acme.example/crawler", logged=True)


def run(*words: str | Path) -> str:
    done = CliRunner().invoke(app, ["about", *map(str, words)])
    assert done.exit_code == 0, done.output
    return done.stdout


def stated(day: str = "2026-11-28", own: OwnWords = OWN, **given: Any) -> Stated:
    return state(Options.read({"agent": "ExampleBot", "operator": OPERATOR, **given}), day=day, own=own)


def test_it_says_who_crawls_what_for_and_whom_to_write_to() -> None:
    said = json.loads(run(*WHO, "--usages", "genai-training", "--format", "json", "--repertoire", "bundled:sacem-2023"))
    assert said["operator"]["name"] == "acme-ai"
    assert said["operator"]["contact"] == "bot@acme.example"
    assert said["operator"]["complaints"] == "https://acme.example/complaints"
    assert said["crawlers"]["names"] == ["ExampleBot"]
    assert said["crawlers"]["user_agents"][0].startswith("ExampleBot/")
    assert said["purposes"]["usages"] == {
        "genai-training": "training or fine-tuning of models that can generate content"
    }
    [loaded] = said["declarations"]["repertoires"]
    assert (loaded["id"], len(loaded["sha256"])) == ("sacem-2023", 64)
    assert "gptbot" in said["robots_txt"]["refusals_to_other_ai_agents"]["agents"]
    assert said["robots_txt"]["kept_for"] == "as long as HTTP says, 5 minutes to 24 hours"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", said["date"])
    assert re.fullmatch("[0-9a-f]{64}", said["sha256"])


def test_every_signal_that_is_listened_to_has_its_version() -> None:
    said = stated().to_dict()["protocols"]
    assert [(each["name"], each["version"]) for each in said["signals"]] == [(s.name, s.spec) for s in SIGNALS]
    fewer = stated(usages={"search"}).to_dict()["protocols"]
    assert "tdmrep" not in [each["name"] for each in fewer["signals"]]
    assert "tdmrep" in fewer["without_a_word_on_these_purposes"]


@pytest.mark.parametrize("style", ["html", "json", "atom"])
def test_no_signal_is_said_to_be_recognised_by_an_authority(style: str) -> None:
    assert "recogni" not in run(*WHO, "--format", style).lower()


def test_what_is_left_open_is_a_blank_and_told() -> None:
    done = CliRunner().invoke(app, ["about", "--agent", "ExampleBot"])
    assert done.exit_code == 0
    assert "left to you, 6 blanks: operator name, operator contact, operator complaints" in done.stderr
    assert done.stdout.count('<span class="blank">operator: ') == 6
    assert stated().blanks == []


def test_a_log_is_said_to_be_kept_only_where_one_is_given(tmp_path: Path) -> None:
    said: dict[str, str] = {}
    for name, text in (("without", ""), ("with", 'log = "kept.jsonl"\n')):
        config = tmp_path / f"{name}.toml"
        config.write_text(f'agent = "ExampleBot"\n{text}', encoding="utf-8")
        made = json.loads(run("--config", config, "--format", "json"))
        said[name], said[f"{name} sha256"] = made["compliance"]["record"], made["sha256"]
    assert said["without"] == "operator: is a log kept, and where?"
    assert said["with"].endswith("in a chained log")
    assert said["with sha256"] != said["without sha256"]
    assert "chained log" in run(*WHO, "--log", tmp_path / "other.jsonl")
    for style in ("html", "json", "atom"):
        made = run(*WHO, "--format", style)
        assert "chained log" not in made
        assert "operator: is a log kept, and where?" in made
    assert not (tmp_path / "other.jsonl").exists()


@pytest.mark.parametrize("style", ["html", "json", "atom"])
def test_no_password_and_no_secret_parameter_is_published(style: str) -> None:
    who = {**OPERATOR, "complaints_url": "https://acme.example/form?token=hush1&lang=en"}
    made = run(
        "--agent", "ExampleBot", "--operator", json.dumps(who), "--format", style,
        "--user-agent", "ExampleBot/1.0 (+https://me:hush2@acme.example/bot?api_key=hush3)",
        "--addresses", "see acme.example/ips?access_token=hush4 or https://me:hush5@acme.example/ips",
        "--retention", "as https://acme.example/r?sig=hush6 says", "--url", "https://me:hush7@acme.example/c?key=hush8",
    )  # fmt: skip
    assert "hush" not in made
    assert "lang=en" in made
    for kept in ("ExampleBot/1.0 (+https://acme.example/bot", "bot@acme.example", "https://acme.example/ips"):
        assert kept in made


@pytest.mark.parametrize(
    "plain", ["192.0.2.0/28, 2001:db8::/32", "reverse names end in .acme.example", "mail to a@acme.example: we answer",
              "https://acme.example/ips?format=json"],
)  # fmt: skip
def test_words_without_a_secret_are_published_as_given(plain: str) -> None:
    said = stated(own=OwnWords(user_agents=(plain,), addresses=plain)).to_dict()["crawlers"]
    assert (said["user_agents"], said["addresses"]) == ([plain], plain)


def test_observing_and_a_claim_are_stated() -> None:
    claim = {"eligible": True, "lawful_access": True, "attested_by": "dean@uni.example", "at": "2026-01-05",
             "reference": "charter 3.2"}  # fmt: skip
    said = stated(mode="observe", operator={**OPERATOR, "research": claim}).to_dict()
    assert said["compliance"]["effect"] == "verdicts are recorded and nothing is withheld"
    assert "Art. 3" in said["compliance"]["claim"]
    assert said["not_read"]["robots_txt"].startswith("undetermined, recorded")
    assert "dean@uni.example" not in json.dumps(said)


def test_the_digest_is_of_what_is_said_and_not_of_the_day() -> None:
    assert stated(day="2026-11-28").sha256 == stated(day="2027-01-01").sha256
    assert stated().sha256 != stated(posture="literal").sha256


def test_the_page_is_whole_and_loads_nothing() -> None:
    page = run(*WHO)
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert not re.search(r"<(?:script|link|img|iframe)\b|\b(?:src|href|style|on\w+)=", page)
    assert page.count("<h1>") == 1
    assert page.count("<section>") == page.count("</section>") == page.count("<h2>") == 10


def entries(feed: str) -> list[dict[str, str]]:
    root = fromstring(feed.encode(), forbid_dtd=True)
    assert root.tag == f"{ATOM}feed"
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    found = [{child.tag.removeprefix(ATOM): child.text or "" for child in entry} for entry in root.iter(f"{ATOM}entry")]
    assert root.findtext(f"{ATOM}updated") == found[0]["updated"]
    assert all(each["id"] and each["title"] and each["content"] for each in found)
    return found


def test_a_feed_gets_an_entry_when_what_is_said_changes() -> None:
    first = next_feed(stated(), None, now="2026-01-01T00:00:00Z")
    same = next_feed(stated(day="2027-01-01"), read_feed(first.encode(), "f"), now="2026-02-01T00:00:00Z")
    assert same == first
    other = next_feed(stated(posture="literal"), read_feed(same.encode(), "f"), now="2026-03-01T00:00:00Z")
    back = next_feed(stated(), read_feed(other.encode(), "f"), now="2026-04-01T00:00:00Z")
    found = entries(back)
    assert [each["updated"][:7] for each in found] == ["2026-04", "2026-03", "2026-01"]
    assert found[1:] == entries(other)
    assert len({each["id"] for each in found}) == 3  # the same words again are news all the same
    assert found[0]["content"] == found[2]["content"]
    assert found[0]["summary"] == "Changed: robots txt, protocols, tool."
    ids = {fromstring(feed.encode()).findtext(f"{ATOM}id") for feed in (first, same, other, back)}
    assert len(ids) == 1


def test_a_feed_is_bounded() -> None:
    feed = None
    for number in range(MAX_ENTRIES + 3):
        own = OwnWords(retention=f"{number} days")
        feed = read_feed(next_feed(stated(own=own), feed, now=f"2026-01-01T00:00:{number:02}Z").encode(), "f")
    assert feed is not None
    assert len(feed.entries) == MAX_ENTRIES
    assert feed.entries[0].updated == "2026-01-01T00:00:32Z"
    assert len(feed.text) < MAX_FEED


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=60).filter(str.strip), st.text(max_size=60))
def test_any_name_makes_a_feed_that_is_read_back(name: str, retention: str) -> None:
    said = stated(operator={**OPERATOR, "name": name}, own=OwnWords(retention=retention))
    feed = next_feed(said, None, now="2026-01-01T00:00:00Z")
    assert next_feed(said, read_feed(feed.encode(), "f"), now="2026-02-01T00:00:00Z") == feed
    assert len(entries(feed)) == 1


def test_the_feed_at_its_place_is_gone_on_from(tmp_path: Path) -> None:
    feed = tmp_path / "measures.atom"
    call = [*WHO, "--format", "atom", "-o", feed]
    run(*call)
    before = feed.read_bytes()
    run(*call)
    assert feed.read_bytes() == before
    run(*call, "--posture", "literal")
    assert len(entries(feed.read_text(encoding="utf-8"))) == 2
    elsewhere = run(*WHO, "--format", "atom", "--previous", feed)
    assert [each["id"] for each in entries(elsewhere)[1:]] == [
        each["id"] for each in entries(feed.read_text(encoding="utf-8"))
    ]


BAD = [b"", b"<feed/>", b"no feed", b'<!DOCTYPE a [<!ENTITY b "c">]><feed>&b;</feed>', b"\xff\xfe",
       b'<feed xmlns="http://www.w3.org/2005/Atom"><id>a</id><entry><id>b</id></entry></feed>']  # fmt: skip


@pytest.mark.parametrize("content", BAD)
def test_what_is_no_feed_of_ours_is_not_written_over(tmp_path: Path, content: bytes) -> None:
    feed = tmp_path / "measures.atom"
    feed.write_bytes(content)
    done = CliRunner().invoke(app, ["about", *WHO, "--format", "atom", "-o", str(feed)])
    assert (done.exit_code, "--output: " in done.stderr) == (2, True)
    assert feed.read_bytes() == content


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
@pytest.mark.parametrize("begin", [b'{"type":"run","v":1', b'{"type":"part","v":1', b'{"run":"1","seq":1,"salt":"0"}'])
@pytest.mark.parametrize("style", ["html", "json"])
def test_a_log_is_not_written_over(style: str, begin: bytes, packed: Callable[[bytes], bytes], tmp_path: Path) -> None:
    log = tmp_path / "tdm.jsonl"
    log.write_bytes(content := packed(begin + b"\n"))
    done = CliRunner().invoke(app, ["about", *WHO, "--format", style, "-o", str(log)])
    assert (done.exit_code, "is a compliance log" in done.stderr) == (2, True), done.stderr
    assert log.read_bytes() == content


@pytest.mark.parametrize("style", ["html", "json"])
def test_a_statement_made_before_is_written_over(style: str, tmp_path: Path) -> None:
    page = tmp_path / "page"
    for before in (b"", b"an older page", b'{"typed":"run"}'):
        page.write_bytes(before)
        run(*WHO, "--format", style, "-o", page)
    first = page.read_bytes()
    run(*WHO, "--format", style, "-o", page, "--posture", "literal")
    assert page.read_bytes() != first


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "agent: the statement names who crawls"),
        ([*WHO, "--format", "rss"], "--format: 'rss' is not one of html, json, atom"),
        ([*WHO, "--previous", "none.atom"], "--previous goes with --format atom"),
        ([*WHO, "--format", "atom", "--previous", "none.atom"], "--previous: 'none.atom' cannot be read"),
        ([*WHO, "--url", "acme.example"], "--url: 'acme.example' is no address"),
        (["--agent", "A", "--operator", '{"complaints_url": "mailbox"}'], "operator.complaints_url: 'mailbox'"),
    ],
)
def test_wrong_calls_are_told(words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["about", *words])
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("bad", ["", 3, "c@acme.example", "ftp://acme.example/", "https://u:p@acme.example/", "x y"])
def test_a_place_for_complaints_is_an_address_of_a_page(bad: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"operator\.complaints_url"):
        read_operator({"complaints_url": bad})
    assert read_operator({"complaints_url": "https://a.example/c"}).complaints_url == "https://a.example/c"
