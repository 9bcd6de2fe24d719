"""The commands over logs of real runs: whom to ask, what a person decides, what would be withheld today."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from typer.testing import CliRunner, Result

from tdm_guard.cli import app
from tdm_guard.cli.options import FLAGS
from tdm_guard.httpx import GuardClient, Withheld
from tdm_guard.log.reader import read_log
from tdm_guard.options import OPTION_NAMES
from tdm_guard.testing import Answer, PretendWeb, Received, Site
from tests.support.chains import Chain, joined

AGENT = "ExampleBot"
PAGE = Answer.html("<!doctype html><title>x</title><p>words")
ROBOTS, TDMREP = "/robots.txt", "/.well-known/tdmrep.json"
REFUSES = Answer.text("User-agent: *\nDisallow: /\n")
RESERVES = Answer.json([{"location": "/", "tdm-reservation": 1}])
ISWC, NAME = {"iswc": "T-000.000.001-0"}, {"creator_name": "Exemple, Marie"}
OPERATOR = {"name": "acme-ai"}
DECLARED = ["declared.toml"]
WHO = ("--by", "legal@acme.example", "--why", 'another "Marie"')

DECLARATIONS = """
[[declarations]]
id = "musique-2023"
version = "1"
declarant = { name = "Société d'Essai", type = "collecting_society" }
mandate = { basis = "statutory_assignment", status = "asserted" }
usages = ["tdm"]
form = "press_release"
declared_at = "2023-10-12"
licence = { available = true, url = "https://society.example/ai", email = "ai@society.example" }
source = { url = "https://society.example/declaration", retrieved_at = "2026-01-05T09:00:00Z", language = "fr" }
match = { iswc = ["T-000.000.001-0"], creator_name = ["Marie Exemple"] }
"""
LICENCE = """
[[authorisations]]
id = "lic-1"
grantor = {{ name = "Société d'Essai", mandate = {{ status = "asserted" }} }}
licensee = "acme-ai"
scope = {scope}
usages = {usages}
territory = ["WORLD"]
valid_from = "2025-01-01"
status = "{status}"
{evidence}
"""
EVIDENCE = 'evidence = { reference = "contract 17", signed_at = "2024-12-20", holder = "legal department" }'


class Web:
    """A web whose sites can change their minds: `says[site, path]` is what a path answers now."""

    def __init__(self, running: PretendWeb) -> None:
        self.running = running
        self.says: dict[tuple[str, str], Answer] = {}

    def url(self, site: str, path: str = "/") -> str:
        return self.running.origin(f"{site}.example") + path

    def asked(self, site: str, path: str = "/") -> int:
        return self.running.asked(f"{site}.example", path)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[PretendWeb, dict[tuple[str, str], Answer]]]:
    says: dict[tuple[str, str], Answer] = {}

    def answer(got: Received) -> Answer:
        said = says.get((got.site.removesuffix(".example"), got.path))
        return said or (Answer(status=404) if got.path in (ROBOTS, TDMREP) else PAGE)

    names = ("free", "music", "press", "words", "short")
    with PretendWeb([Site(f"{name}.example", {}, fallback=answer) for name in names]) as web:
        yield web, says


@pytest.fixture
def web(running: tuple[PretendWeb, dict[tuple[str, str], Answer]]) -> Web:
    web = Web(running[0])
    web.says = running[1]
    web.says.clear()
    return web


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TDM_GUARD_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("declared.toml").write_text(DECLARATIONS, encoding="utf-8")
    licence()


def licence(
    *, scope: str = '{ declarations = ["musique-2023"] }', usages: str = '["tdm"]', status: str = "active",
    evidence: str = EVIDENCE,
) -> str:  # fmt: skip
    text = LICENCE.format(scope=scope, usages=usages, status=status, evidence=evidence)
    Path("licences.toml").write_text(text, encoding="utf-8")
    return "licences.toml"


def crawl(*asked: str | tuple[str, dict[str, Any]], log: str = "tdm.jsonl", **options: Any) -> dict[str, str]:
    """Verdicts by address, of a run of the guarded client, with declarations where something is known of a work."""
    declared = ["declared.toml"] if any(isinstance(each, tuple) for each in asked) else []
    with GuardClient(
        **{"log": log, "agent": AGENT, "repertoire": declared, "operator": OPERATOR, **options},
        follow_redirects=True,
    ) as client:
        for each in asked:
            url, item = each if isinstance(each, tuple) else (each, None)
            with suppress(Withheld):
                client.get(url, extensions={"tdm_guard_item": item} if item else {})
    return {
        line.record["url"]: line.record["verdict"]
        for line in read_log([log])
        if line.record and line.type == "decision"
    }


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, [*arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


# ---- licences -----------------------------------------------------------------------------------------------------


@pytest.fixture
def withheld(web: Web) -> Web:
    web.says["press", TDMREP] = RESERVES
    web.says["short", ROBOTS] = REFUSES
    verdicts = crawl(
        (web.url("music"), ISWC),
        (web.url("music", "/b"), NAME),
        (web.url("press"), ISWC),
        web.url("press", "/b"),
        web.url("short"),
        web.url("free"),
    )
    assert list(verdicts.values()) == ["reserved", "review", "reserved", "reserved", "reserved", "unreserved"]
    return web


def test_licences_says_whom_to_ask_first_and_for_what(withheld: Web) -> None:
    result = run("licences", "tdm.jsonl")
    assert (result.exit_code, result.stderr) == (0, "")
    society, press, rest = result.stdout.split("\n\n")[1:4]
    assert result.stdout.startswith("4 items withheld for want of 2 licences\n")
    assert society.startswith("1. Société d'Essai\n   3 items, ")
    for line in (
        "   in review: 1, for which a person must decide first; see tdm-guard review",
        "   in need of other licences too: 1",
        "   ask: ai@society.example",
        "   policy: https://society.example/ai",
        "   reserves: tdm",
        "   declared as: musique-2023",
        "   in: https://society.example/declaration",
        "   words: “[the words are not recorded here: see https://society.example/declaration]”",
        f"   for example {withheld.url('press')} (needs 2 licences)",
    ):
        assert line in society.splitlines()
    assert press.startswith(f"2. {withheld.url('press').rstrip('/')}\n   2 items, ")
    assert rest.startswith("Refused to crawlers by robots.txt: 1 item, for example on http://127.0.0.1")


def test_licences_take_contacts_of_yours_for_who_names_nobody(web: Web) -> None:
    declared = Path("declared.toml")
    text = declared.read_text(encoding="utf-8")
    named = ', url = "https://society.example/ai", email = "ai@society.example"'
    assert named in text
    declared.write_text(text.replace(named, ""), encoding="utf-8")
    crawl((web.url("music"), ISWC))
    contacts = '[[contacts]]\ndeclarant = "société d\'essai"\naddress = "ai@held.example"\nnote = "for A"\n'
    Path("contacts.toml").write_text(contacts, encoding="utf-8")
    assert "\n   ask: no address known; --contacts FILE takes yours\n" in run("licences", "tdm.jsonl").stdout
    result = run("licences", "tdm.jsonl", "--contacts", "contacts.toml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "\n   ask: no address known; yours: ai@held.example (from contacts.toml: for A)\n" in result.stdout
    for name, words in (("gone.toml", "gone.toml: cannot be read"), ("declared.toml", "holds none; for example")):
        wrong = run("licences", "tdm.jsonl", "--contacts", name)
        assert (wrong.exit_code, wrong.stdout) == (2, "")
        assert words in wrong.stderr


def test_licences_as_a_table_and_as_json(withheld: Web) -> None:
    rows = list(csv.DictReader(io.StringIO(run("licences", "tdm.jsonl", "--format", "csv").stdout)))
    assert [(row["name"], row["items"]) for row in rows] == [
        ("Société d'Essai", "3"), (withheld.url("press").rstrip("/"), "2"), ("", "1"),
    ]  # fmt: skip
    assert run("licences", "tdm.jsonl", "--format", "json", "-o", "out.json").stdout == ""
    page = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert [(ask["kind"], ask["items"], ask["bytes"]) for ask in page["asks"]] == [
        ("rightsholder", 3, None),
        ("site", 2, None),
    ]
    assert (page["refused"], page["undetermined"]) == (1, 0)


def test_what_a_licence_lifted_since_is_not_to_be_asked_for(withheld: Web) -> None:
    crawl((withheld.url("music"), ISWC), (withheld.url("press"), ISWC), authorisations=[licence()])
    page = json.loads(run("licences", "tdm.jsonl", "--format", "json").stdout)
    assert {ask["name"]: ask["items"] for ask in page["asks"]} == {
        "Société d'Essai": 1,  # still in review
        withheld.url("press").rstrip("/"): 2,
    }
    assert not any(ask["shared"] for ask in page["asks"])


def test_a_licence_for_some_usages_leaves_the_others_to_be_asked_for(web: Web) -> None:
    authorisations = [licence(usages='["genai-training"]')]
    assert list(crawl((web.url("music"), ISWC), authorisations=authorisations).values()) == ["reserved"]
    [ask] = json.loads(run("licences", "tdm.jsonl", "--format", "json").stdout)["asks"]
    assert ask["usages"] == ["analysis", "nongenai-training", "ai-input", "ai-index"]


@pytest.mark.parametrize("command", ["licences", "review", "recheck"])
def test_a_log_that_cannot_be_read_exits_2(withheld: Web, command: str) -> None:
    for path in ("none.jsonl", "declared.toml"):
        result = run(command, "tdm.jsonl", path) if path == "none.jsonl" else run(command, path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "'none.jsonl'" in result.stderr or "is a record of a compliance log" in result.stderr


@pytest.mark.parametrize("command", ["licences", "review", "recheck"])
def test_lines_of_others_are_passed_over_and_counted(web: Web, command: str) -> None:
    crawl(web.url("free"))
    with Path("tdm.jsonl").open("ab") as file:
        file.write(
            b'\xff\n[]\n{"type":"decision","admitted":true,"content":true}\n{"type":"decision"}\n{"type":"later"}\n{"a'
        )
    result = run(command, "tdm.jsonl")
    assert result.exit_code == 0
    assert "3 lines are no records" in result.stderr


def test_a_format_or_a_place_that_there_is_not_is_named(withheld: Web) -> None:
    result = run("licences", "tdm.jsonl", "--format", "html")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'html' is not one of text, csv, json" in result.stderr
    result = run("licences", "tdm.jsonl", "-o", ".")
    assert result.exit_code == 2
    assert "--output" in result.stderr


# ---- review -------------------------------------------------------------------------------------------------------


def test_review_lists_what_is_in_doubt_and_why(withheld: Web) -> None:
    result = run("review", "tdm.jsonl")
    assert (result.exit_code, result.stderr) == (0, "")
    page = result.stdout.splitlines()
    assert page[0] == f"1. {withheld.url('music', '/b')}"
    assert page[1] == "   does musique-2023 apply? creator_name “Marie Exemple”, a match by name"
    assert page[2].startswith("   in doubt because: ")
    assert "   ask: ai@society.example" in page
    assert "   declared: form press_release, mandate asserted" in page
    assert "1 question for a person." in page
    [question] = lines(run("review", "tdm.jsonl", "--json"))
    assert (question["number"], question["key"], question["value"]) == (1, "creator_name", "exemple marie")
    assert question["written"] == "Marie Exemple"
    assert question["decision"] in page[-4]


def test_nothing_waits(web: Web) -> None:
    crawl(web.url("free"))
    assert run("review", "tdm.jsonl").stdout == "Nothing waits for a person.\n"
    assert run("review", "tdm.jsonl", "--json").stdout == ""


def test_a_release_lets_the_item_go_on_the_next_run(withheld: Web) -> None:
    result = run("review", "tdm.jsonl", "--release", "1", *WHO, "--to", "reviews.toml")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(
        "released: musique-2023 does not reserve what matches by creator_name “exemple marie”; "
    )
    assert "This answers 1 question of these logs." in result.stdout
    again = {"authorisations": ["reviews.toml"], "log": "again.jsonl"}
    assert list(crawl((withheld.url("music", "/b"), NAME), (withheld.url("music"), ISWC), **again).values()) == [
        "unreserved", "reserved",
    ]  # fmt: skip
    [first, *_] = [line.record for line in read_log(["again.jsonl"]) if line.record and line.type == "decision"]
    assert first["because"][0]["reviewed"]["why"] == 'another "Marie"'
    assert run("review", "tdm.jsonl", "again.jsonl").stdout == "Nothing waits for a person.\n"


def test_a_confirmation_reserves_the_item_on_the_next_run(withheld: Web) -> None:
    [question] = lines(run("review", "tdm.jsonl", "--json"))
    result = run(
        "review", "tdm.jsonl", "--confirm", question["decision"], *WHO, "--until", "2999-12-31", "--to", "r.toml"
    )
    assert result.exit_code == 0, result.stderr
    assert "confirmed: musique-2023 reserves what matches" in result.stdout
    assert "until 2999-12-31" in result.stdout
    verdicts = crawl((withheld.url("music", "/b"), NAME), log="again.jsonl", authorisations=["r.toml"])
    assert list(verdicts.values()) == ["reserved"]


def test_a_release_for_one_address_is_for_no_other(web: Web) -> None:
    urls = [web.url("music", path) for path in ("/1", "/2")]
    assert list(crawl(*((url, NAME) for url in urls)).values()) == ["review", "review"]
    result = run("review", "tdm.jsonl", "--release", "2", *WHO, "--url-only", "--to", "reviews.toml")
    assert f" at {urls[1]}" in result.stdout
    assert "This answers 1 question" in result.stdout
    again = crawl(*((url, NAME) for url in urls), log="again.jsonl", authorisations=["reviews.toml"])
    assert again == {urls[0]: "review", urls[1]: "unreserved"}
    assert (
        "This answers 2 questions" in run("review", "tdm.jsonl", "--release", "1", *WHO, "--to", "reviews.toml").stdout
    )


def test_a_licence_without_proof_is_released_or_not(web: Web) -> None:
    url, options = web.url("music"), {"authorisations": [licence(evidence=""), "r.toml"]}
    Path("r.toml").write_text("# decided by people\n")
    options["log"] = "1.jsonl"  # type: ignore[assignment]
    assert list(crawl((url, ISWC), **options).values()) == ["review"]
    [question] = lines(run("review", "1.jsonl", "--json"))
    assert question["authorisation"] == "lic-1"
    for outcome, verdict in (("confirm", "reserved"), ("release", "authorised")):
        Path("r.toml").write_text("# decided by people\n")
        assert run("review", "1.jsonl", f"--{outcome}", "1", *WHO, "--to", "r.toml").exit_code == 0
        assert list(crawl((url, ISWC), **{**options, "log": f"{outcome}.jsonl"}).values()) == [verdict]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("2", "there is no question 2"),
        ("0", "there is no question 0"),
        ("none-1", "there is no decision 'none-1'"),
        ("{run}-1", "is not in review: its verdict is reserved"),
        ("{run}-6", "is not in review: its verdict is unreserved"),
    ],
)
def test_what_is_not_in_review_is_not_answered(withheld: Web, name: str, said: str) -> None:
    first = next(iter(read_log(["tdm.jsonl"]))).record or {}
    result = run("review", "tdm.jsonl", "--release", name.format(run=first["run"]), *WHO, "--to", "reviews.toml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert not Path("reviews.toml").exists()


def test_what_was_decided_again_is_not_answered(withheld: Web) -> None:
    [question] = lines(run("review", "tdm.jsonl", "--json"))
    crawl(withheld.url("music", "/b"), log="later.jsonl")
    result = run("review", "tdm.jsonl", "later.jsonl", "--release", question["decision"], *WHO, "--to", "reviews.toml")
    assert result.exit_code == 2
    assert "decided again since" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--release", "1", "--confirm", "1", *WHO, "--to", "r.toml"], "either lists, or takes one"),
        (["--release", "1", *WHO], "--to: is needed"),
        (["--release", "1", "--why", "x", "--to", "r.toml"], "--by: is needed"),
        (["--release", "1", "--by", "x", "--why", " ", "--to", "r.toml"], "--why: is needed"),
        (["--by", "x"], "either lists, or takes one"),
        (["--url-only"], "either lists, or takes one"),
        (["--release", "1", "--json", *WHO, "--to", "r.toml"], "either lists, or takes one"),
        (["--release", "1", *WHO, "--until", "soon", "--to", "r.toml"], "until"),
        (["--release", "1", *WHO, "--until", "2001-01-01", "--to", "r.toml"], "until"),
        (["--release", "1", "--by", "x\x1b", "--why", "x", "--to", "r.toml"], "by"),
        (["--release", "1", *WHO, "--to", "none/r.toml"], "cannot be written"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_call_of_review_writes_nothing(withheld: Web, arguments: list[str], said: str) -> None:
    result = run("review", "tdm.jsonl", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert not Path("r.toml").exists()


# ---- recheck ------------------------------------------------------------------------------------------------------


def test_recheck_finds_nothing_where_nothing_changed_and_asks_for_no_page(web: Web) -> None:
    crawl(web.url("free"), web.url("press"), web.url("press", "/b"))
    before = (web.asked("press"), web.asked("press", ROBOTS))
    result = run("recheck", "tdm.jsonl")
    assert (result.exit_code, result.stdout) == (0, "0 of 3 items that were admitted would be withheld today.\n")
    assert (web.asked("press"), web.asked("press", ROBOTS)) == (before[0], before[1] + 1)


def test_recheck_shows_the_words_that_a_site_says_since(web: Web) -> None:
    crawl(web.url("free"), web.url("press"))
    web.says["press", TDMREP] = RESERVES
    result = run("recheck", "tdm.jsonl")
    assert result.exit_code == 1
    first, was, who, place, words, *_ = result.stdout.splitlines()
    assert first == f"reserved  {web.url('press')}"
    assert was.startswith("  was unreserved on 20")
    assert who == "  tdmrep: reserved for tdm"
    assert place.startswith(f"    {web.url('press', TDMREP)}, file, rule 1, read 20")
    assert '"tdm-reservation": 1' in words
    assert result.stdout.endswith("\n1 of 2 items that were admitted would be withheld today.\n")


@pytest.mark.parametrize("path", ["/x/%2e%2e/premium/a", "/%70remium/a", "/./premium/a"])
def test_recheck_reads_an_address_in_its_one_spelling(web: Web, path: str) -> None:
    crawl(web.url("press", path))
    web.says["press", ROBOTS] = Answer.text("User-agent: *\nDisallow: /y/../premium/\n")
    result = run("recheck", "tdm.jsonl")
    assert result.exit_code == 1
    assert "Disallow: /y/../premium/" in result.stdout


def test_recheck_as_records_and_with_a_log_of_its_own(web: Web) -> None:
    crawl(web.url("free"), web.url("press"))
    web.says["press", ROBOTS] = REFUSES
    result = run("recheck", "tdm.jsonl", "--json", "--log", "today.jsonl")
    assert result.exit_code == 1
    [record] = lines(result)
    assert (record["type"], record["url"], record["verdict"]) == ("decision", web.url("press"), "reserved")
    assert run("verify", "today.jsonl").stdout.splitlines()[-1].startswith("valid: 2 decisions in 1 run,")
    assert json.loads(Path("today.jsonl").read_text().splitlines()[0])["agent"] == AGENT


def test_recheck_judges_for_whom_the_run_did_unless_told_otherwise(web: Web) -> None:
    crawl(web.url("press"), usages={"search"})
    web.says["press", ROBOTS] = Answer.text(f"User-agent: {AGENT}\nDisallow: /\n")
    result = run("recheck", "tdm.jsonl")
    assert result.exit_code == 1
    assert "judging for search as ExampleBot (usages, agent, posture, operator as the run was told)" in result.stderr
    result = run("recheck", "tdm.jsonl", "--agent", "OtherBot")
    assert result.exit_code == 0
    assert "judging for search as OtherBot (usages, posture, operator as the run was told)" in result.stderr
    web.says["press", ROBOTS], web.says["press", TDMREP] = PAGE, RESERVES
    assert run("recheck", "tdm.jsonl").exit_code == 0
    assert run("recheck", "tdm.jsonl", "--usages", "tdm").exit_code == 1
    Path("options.toml").write_text('usages = ["tdm"]\n')
    assert run("recheck", "tdm.jsonl", "--config", "options.toml").exit_code == 1


def test_recheck_leaves_the_log_of_the_crawl_that_shares_its_configuration_alone(web: Web) -> None:
    crawl(web.url("press"))
    before = Path("tdm.jsonl").read_bytes()
    web.says["press", TDMREP] = RESERVES
    Path("options.toml").write_text('log = "tdm.jsonl"\n')
    assert run("recheck", "tdm.jsonl", "--config", "options.toml").exit_code == 1
    assert Path("tdm.jsonl").read_bytes() == before


def test_recheck_judges_each_item_as_its_own_run_did(web: Web) -> None:
    crawl(web.url("press"), usages={"search"}, log="1.jsonl")
    crawl(web.url("press"), web.url("free"), usages={"tdm"}, log="2.jsonl")
    web.says["press", TDMREP] = RESERVES
    records = lines(run("recheck", "1.jsonl", "2.jsonl", "--json"))
    assert [(record["url"], "search" in record["usages"]) for record in records] == [(web.url("press"), False)]


def test_recheck_of_items_whose_run_is_not_in_the_logs(web: Web) -> None:
    crawl(web.url("press"))
    web.says["press", TDMREP] = RESERVES
    Path("part.jsonl").write_bytes(b"".join(Path("tdm.jsonl").read_bytes().splitlines(keepends=True)[1:]))
    result = run("recheck", "part.jsonl")
    assert result.exit_code == 1
    assert "has no record of its options: the defaults" in result.stderr


def test_recheck_of_a_run_with_options_that_are_none_asks_nobody(web: Web) -> None:
    crawl(web.url("press"))
    before = len(web.running.requests)
    Path("tdm.jsonl").write_bytes(
        Path("tdm.jsonl").read_bytes().replace(b'"agent":"ExampleBot"', b'"agent":"no token"')
    )
    result = run("recheck", "tdm.jsonl")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "agent: 'no token'" in result.stderr
    assert len(web.running.requests) == before
    assert run("recheck", "tdm.jsonl", "--agent", AGENT).exit_code == 0


def test_recheck_finds_a_licence_that_lapsed(web: Web) -> None:
    web.says["words", "/"] = Answer.html("<!doctype html><p>x", ("tdm-reservation", "1"))
    site = web.url("words").rstrip("/")
    scope = f'{{ declarations = ["musique-2023"], origins = ["{site}"] }}'
    verdicts = crawl((web.url("music"), ISWC), web.url("words"), authorisations=[licence(scope=scope)])
    assert list(verdicts.values()) == ["authorised", "authorised"]
    loaded = ("--repertoire", "declared.toml", "--authorisations", "licences.toml")
    assert run("recheck", "tdm.jsonl", *loaded).exit_code == 0
    licence(scope=scope, status="revoked")
    before = web.asked("words"), web.asked("music")
    result = run("recheck", "tdm.jsonl", *loaded)
    assert result.exit_code == 1
    assert result.stdout.count("authorisation lic-1: not-lifted, its status is revoked") == 2
    assert "    musique-2023, declaration, match.iswc" in result.stdout
    assert f"    {web.url('words')}, header, #tdm-reservation" in result.stdout  # as it was read then
    assert (web.asked("words"), web.asked("music")) == before
    again = run("recheck", "tdm.jsonl", *loaded, "--content", "--delay", "0", "--json")
    assert {record["url"] for record in lines(again)} == {web.url("words"), web.url("music")}
    assert (web.asked("words"), web.asked("music")) == (before[0] + 1, before[1])


def test_recheck_says_what_is_not_loaded(web: Web) -> None:
    crawl((web.url("music"), ISWC), authorisations=[licence()])
    assert "its declarations are not loaded now" in run("recheck", "tdm.jsonl").stderr
    loaded = run("recheck", "tdm.jsonl", "--repertoire", "declared.toml").stderr
    assert "not loaded" not in loaded
    assert "give it with --items" in loaded


def test_recheck_knows_which_work_was_licensed_though_it_was_matched_by_its_author(web: Web) -> None:
    Path("declared.toml").write_text(DECLARATIONS.replace('iswc = ["T-000.000.001-0"]', 'creator_ipi = ["199"]'))
    Path("works.csv").write_text("ISWC\nT-000.000.001-0\n")
    made = ("repertoire", "import", "works.csv", "--format", "csv", "--map", "iswc=ISWC", "--list-version", "1")
    assert run(*made, "--declaration", "musique-2023", "-o", "works.tdmlist").exit_code == 0
    scope = '{ declarations = ["musique-2023"], works = ["works.tdmlist"] }'
    urls = web.url("music", "/a"), web.url("music", "/b")
    items = {**ISWC, "creator_ipi": "199"}, {"iswc": "T-000.000.002-1", "creator_ipi": "199"}
    granted = [licence(scope=scope)]
    crawled = crawl(*zip(urls, items, strict=True), authorisations=granted, mode="observe")
    assert crawled == dict(zip(urls, ("authorised", "reserved"), strict=True))
    loaded = ("--repertoire", "declared.toml", "--authorisations", "licences.toml")
    result = run("recheck", "tdm.jsonl", *loaded, "--json")
    assert [(record["url"], record["verdict"]) for record in lines(result)] == [(urls[1], "reserved")]
    licence(scope=scope.replace('["works.tdmlist"]', '{ iswc = ["T-000.000.003-2"] }'))
    assert {record["url"] for record in lines(run("recheck", "tdm.jsonl", *loaded, "--json"))} == set(urls)


def test_recheck_without_the_declarations_of_a_run_is_refused_unless_it_is_said(web: Web) -> None:
    crawl((web.url("music"), ISWC), authorisations=[licence()], repertoire=["declared.toml", "bundled:gema-2024"])
    before = len(web.running.requests)
    result = run("recheck", "tdm.jsonl")
    assert (result.exit_code, result.stdout, len(web.running.requests)) == (2, "", before)
    for word in ("musique-2023, gema-2024", "--repertoire bundled:gema-2024", "--repertoire FILE", "--without-decl"):
        assert word in result.stderr
    part = run("recheck", "tdm.jsonl", "--repertoire", "declared.toml")
    assert part.exit_code == 2
    assert "a run had gema-2024; some of its declarations are not loaded now" in part.stderr
    assert "FILE" not in part.stderr
    without = run("recheck", "tdm.jsonl", "--without-declarations")
    assert without.exit_code == 0
    assert "its declarations are not loaded now" in without.stderr
    both = ("--repertoire", "declared.toml", "--repertoire", "bundled:*")
    granted = ("--authorisations", "licences.toml")
    assert run("recheck", "tdm.jsonl", *both, *granted).exit_code == 0
    assert run("recheck", "tdm.jsonl", *both).exit_code == 1  # without the licence it would be withheld


def test_recheck_asks_for_what_the_runs_had_that_admitted_something(web: Web) -> None:
    crawl(web.url("free"), log="1.jsonl", repertoire=[])
    crawl((web.url("music"), ISWC), log="2.jsonl")  # withheld: nothing of this run is judged
    assert run("recheck", "1.jsonl", "2.jsonl").exit_code == 0
    crawl(web.url("music", "/free"), log="2.jsonl", repertoire=DECLARED)
    result = run("recheck", "1.jsonl", "2.jsonl")
    assert (result.exit_code, "musique-2023" in result.stderr) == (2, True)
    assert run("recheck", "1.jsonl", "2.jsonl", "--repertoire", "declared.toml").exit_code == 0


def test_recheck_says_which_declarations_are_not_as_they_were(web: Web) -> None:
    crawl(web.url("free"), repertoire=DECLARED)
    loaded = ("recheck", "tdm.jsonl", "--repertoire", "declared.toml")
    assert "musique-2023:" not in run(*loaded).stderr
    Path("declared.toml").write_text(DECLARATIONS + "# a note\n", encoding="utf-8")
    same = run(*loaded)
    assert (same.exit_code, "of the same version as the run had, in a file that was changed" in same.stderr) == (
        0,
        True,
    )
    Path("declared.toml").write_text(DECLARATIONS.replace('version = "1"', 'version = "2"'), encoding="utf-8")
    other = run(*loaded)
    assert (other.exit_code, "the run had version '1', loaded now is '2'" in other.stderr) == (0, True)


def test_recheck_knows_without_its_run_record_that_a_run_had_declarations(web: Web) -> None:
    crawl(web.url("free"), repertoire=DECLARED)
    Path("part.jsonl").write_bytes(b"".join(Path("tdm.jsonl").read_bytes().splitlines(keepends=True)[1:]))
    result = run("recheck", "part.jsonl")
    assert (result.exit_code, "a run's declarations are not loaded now" in result.stderr) == (2, True)
    assert run("recheck", "part.jsonl", "--without-declarations").exit_code == 0
    assert run("recheck", "part.jsonl", "--repertoire", "declared.toml").exit_code == 0


@pytest.mark.parametrize("had", ['"x"', "[7]", '[{"id": 7}]', "{}", "null", '[{"id": "' + "x" * 500 + '"}]'])
def test_what_a_run_record_may_say_of_declarations_does_no_harm(web: Web, had: str) -> None:
    crawl(web.url("free"), repertoire=[])
    raw = Path("tdm.jsonl").read_bytes()
    Path("tdm.jsonl").write_bytes(raw.replace(b'"repertoire":[]', b'"repertoire":' + had.encode()))
    assert run("recheck", "tdm.jsonl").exit_code == (0 if had in ("{}", "null") else 2)


def test_recheck_matches_what_the_caller_knows_of_the_works(web: Web) -> None:
    urls = [web.url("music", path) for path in ("/1", "/2", "/3")]
    crawl(*((url, ISWC) for url in urls), repertoire=[])
    Path("items.jsonl").write_text(
        "".join(
            json.dumps(item) + "\n"
            for item in ({"url": urls[0], **ISWC}, {"url": urls[1], **NAME}, {"url": "x", **ISWC})
        )
    )
    declared = ("--repertoire", "declared.toml")
    assert run("recheck", "tdm.jsonl", *declared).exit_code == 0
    for content in ((), ("--content", "--delay", "0")):
        result = run("recheck", "tdm.jsonl", *declared, "--items", "items.jsonl", "--json", *content)
        assert {record["url"]: record["verdict"] for record in lines(result)} == {
            urls[0]: "reserved",
            urls[1]: "review",
        }
        assert "--items" not in result.stderr


@pytest.mark.parametrize("bad", ["no json", "[]", '{"iswc": "T-000.000.001-0"}', '{"url": 7}'])
def test_items_that_are_none_are_named_by_line_and_nobody_is_asked(web: Web, bad: str) -> None:
    crawl(web.url("music"))
    before = len(web.running.requests)
    Path("items.jsonl").write_text(f'{{"url": "x"}}\n{bad}\n' + "[]\n" * 20)
    result = run("recheck", "tdm.jsonl", "--items", "items.jsonl")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "items.jsonl: line 2: no item with its url; for example" in result.stderr
    assert "line 11: " in result.stderr
    assert "line 12: " not in result.stderr
    assert "21 bad lines in all" in result.stderr
    assert len(web.running.requests) == before


def test_recheck_looks_at_the_addresses_that_led_there(web: Web) -> None:
    web.says["short", "/x"] = Answer.redirect(web.url("free"))
    assert list(crawl(web.url("short", "/x"))) == [web.url("short", "/x")]
    web.says["short", ROBOTS] = REFUSES
    result = run("recheck", "tdm.jsonl")
    assert result.exit_code == 1
    assert f"because of {web.url('short', '/x')}, which led there" in result.stdout
    assert run("recheck", "tdm.jsonl", "--content").exit_code == 1


def test_recheck_with_content_hears_what_the_page_says_now(web: Web) -> None:
    crawl(web.url("words"), web.url("free"))
    web.says["words", "/"] = Answer.html('<!doctype html><meta name="tdm-reservation" content="1"><p>x')
    assert run("recheck", "tdm.jsonl").exit_code == 0
    result = run("recheck", "tdm.jsonl", "--content", "--json")
    assert [(record["url"], record["stage"]) for record in lines(result)] == [(web.url("words"), "body")]


def test_recheck_of_a_page_that_is_gone_counts_what_it_said(web: Web) -> None:
    web.says["words", "/"] = Answer.html("<!doctype html><p>x", ("tdm-reservation", "1"))
    scope = f'{{ origins = ["{web.url("words").rstrip("/")}"] }}'
    crawl(web.url("words"), authorisations=[licence(scope=scope)])
    web.says["words", "/"] = Answer(status=404)
    assert run("recheck", "tdm.jsonl", "--content").exit_code == 1
    assert run("recheck", "tdm.jsonl", "--content", "--authorisations", "licences.toml").exit_code == 0


def test_recheck_pauses_between_the_pages_of_one_site(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    crawl(web.url("free"), web.url("press"), web.url("free", "/2"), web.url("free", "/3"))
    pauses: list[float] = []
    monkeypatch.setattr(import_module("tdm_guard.cli.recheck"), "sleep", pauses.append)
    assert run("recheck", "tdm.jsonl", "--content", "--delay", "0.25").exit_code == 0
    assert pauses == [0.25, 0.25]
    assert run("recheck", "tdm.jsonl").exit_code == 0
    assert len(pauses) == 2


def test_a_page_that_gives_no_answer_is_told_and_exits_2(web: Web) -> None:
    crawl(web.url("free"), web.url("words"))
    web.says["words", "/"] = Answer(raw=b"nonsense\r\n\r\n")
    result = run("recheck", "tdm.jsonl", "--content", "--delay", "0")
    assert result.exit_code == 2
    assert "gave no answer to judge" in result.stderr
    assert "1 item could not be judged" in result.stderr
    assert result.stdout == "0 of 2 items that were admitted would be withheld today.\n"


def test_a_copy_stays_a_copy_though_it_was_withheld_later(web: Web) -> None:
    crawl(web.url("press"), log="1.jsonl")
    web.says["press", TDMREP] = RESERVES
    assert list(crawl(web.url("press"), log="2.jsonl").values()) == ["reserved"]
    assert [record["url"] for record in lines(run("recheck", "1.jsonl", "2.jsonl", "--json"))] == [web.url("press")]


def test_only_content_is_judged_again(web: Web) -> None:
    web.says["free", "/gone"] = Answer(status=404)
    crawl(web.url("free", "/gone"), web.url("free"), web.url("free"))
    assert run("recheck", "tdm.jsonl").stdout.startswith("0 of 1 items")


def test_what_observing_stored_is_found(web: Web) -> None:
    web.says["press", TDMREP] = RESERVES
    crawl(web.url("press"), mode="observe")
    assert run("recheck", "tdm.jsonl").exit_code == 1
    assert run("recheck", "tdm.jsonl", "--mode", "observe").exit_code == 1


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"ISWC": "T-000.000.001-0"}, "line 2: unknown key 'ISWC'; did you mean iswc?"),
        ({"creator": "Marie Exemple"}, "line 2: unknown key 'creator'; did you mean creator_name or"),
        ({"isbn": 9780000000019}, "line 2: isbn: 9780000000019 is neither a text nor a list of texts"),
        ({"contains": ["T-000.000.001-0"]}, "line 2: contains[0]: "),
    ],
)
def test_items_with_a_mistake_are_named_by_line_and_nobody_is_asked(web: Web, item: dict[str, Any], words: str) -> None:
    crawl(web.url("music"))
    before = len(web.running.requests)
    good = {"url": web.url("music"), "iswc": "T-000.000.002-1", "title": None}
    Path("items.jsonl").write_text(
        "".join(json.dumps(each) + "\n" for each in (good, {"url": web.url("music"), **item}))
    )
    result = run("recheck", "tdm.jsonl", "--repertoire", "declared.toml", "--items", "items.jsonl")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"--items: items.jsonl: {words}" in result.stderr
    assert "Traceback" not in result.stderr
    assert len(web.running.requests) == before


def test_an_item_with_a_code_that_cannot_be_used_would_wait_for_a_person(web: Web) -> None:
    crawl(web.url("music"), web.url("free"))
    items = ({"url": web.url("music"), "iswc": "T-000.000.001-1"}, {"url": web.url("free"), "iswc": "T-000.000.002-1"})
    Path("items.jsonl").write_text("".join(json.dumps(each) + "\n" for each in items))
    result = run("recheck", "tdm.jsonl", "--repertoire", "declared.toml", "--items", "items.jsonl")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"review  {web.url('music')}\n")
    assert "in doubt because: the item that you gave: no usable iswc" in result.stdout
    assert result.stdout.endswith("1 of 2 items that were admitted would be withheld today.\n")


def test_a_doubt_about_the_own_item_asks_for_no_licence_and_is_put_right_in_the_item(web: Web) -> None:
    assert crawl((web.url("music"), {"iswc": "T-000.000.001-1"})) == {web.url("music"): "review"}
    page = json.loads(run("licences", "tdm.jsonl", "--format", "json").stdout)
    assert (page["asks"], page["undetermined"], page["doubtful"], page["unexplained"]) == ([], 0, 1, 0)
    assert "In doubt for a code of your own: 1 item; tdm-guard review" in run("licences", "tdm.jsonl").stdout
    listed = run("review", "tdm.jsonl").stdout
    assert "is “T-000.000.001-1” right? It stands in the item that you gave, at iswc" in listed
    result = run("review", "tdm.jsonl", "--release", "1", "--by", "me", "--why", "x", "--to", "reviews.toml")
    assert result.exit_code == 2
    assert "put it right in the item" in result.stderr
    assert not Path("reviews.toml").exists()


def test_a_site_that_gives_no_answer_is_undetermined_and_counted_apart(web: Web) -> None:
    crawl(web.url("free"), web.url("press"), web.url("words"))
    web.says["free", ROBOTS] = Answer(status=503)
    result = run("recheck", "tdm.jsonl")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"undetermined  {web.url('free')}\n")
    unknown = "Of 1 it is not known: something that had to be read today could not be.\n"
    assert result.stdout.endswith(f"\n0 of 3 items that were admitted would be withheld today.\n{unknown}")
    web.says["press", TDMREP] = RESERVES
    result = run("recheck", "tdm.jsonl")
    assert result.stdout.endswith(f"\n1 of 3 items that were admitted would be withheld today.\n{unknown}")


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "no address", "http://[::1", "https://a.example:x/", "http://a.example/\udcff"]
)
def test_an_address_that_cannot_be_asked_is_told(web: Web, url: str) -> None:
    crawl(web.url("free"))
    log = Path("tdm.jsonl")
    log.write_bytes(log.read_bytes().replace(json.dumps(web.url("free")).encode(), json.dumps(url).encode()))
    result = run("recheck", "tdm.jsonl")
    assert result.exit_code == 2
    assert "cannot be judged" in result.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--posture", "brave"], "'brave'"),
        (["--repertoire", "none.toml"], "none.toml"),
        (["--operator", "acme"], "'acme'"),
        (["--items", "none.jsonl"], "none.jsonl"),
        (["--delay", "-1"], "--delay"),
        (["--delay", "nan"], "--delay"),
        (["--delay", "1e9"], "--delay"),
        (["--undetermined", "--content"], "give it alone"),
        (["--undetermined", "--json"], "give it alone"),
        (["--undetermined", "--items", "x"], "give it alone"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_call_of_recheck_asks_nobody(web: Web, change: list[str], said: str) -> None:
    crawl(web.url("free"))
    before = len(web.running.requests)
    result = run("recheck", "tdm.jsonl", *change)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert len(web.running.requests) == before


def test_what_was_undetermined_is_listed_for_another_crawl(web: Web) -> None:
    web.says["short", "/x"] = Answer.redirect(web.url("press"))
    for site in ("press", "words"):
        web.says[site, ROBOTS] = Answer(status=503)
    assert set(crawl(web.url("free"), web.url("words"), web.url("short", "/x"), log="1.jsonl").values()) == {
        "unreserved", "undetermined",
    }  # fmt: skip
    before = len(web.running.requests)
    result = run("recheck", "1.jsonl", "--undetermined")
    assert (result.exit_code, result.stdout.splitlines()) == (0, [web.url("words"), web.url("short", "/x")])
    assert len(web.running.requests) == before
    del web.says["press", ROBOTS]
    crawl(web.url("short", "/x"), log="2.jsonl")
    assert run("recheck", "1.jsonl", "2.jsonl", "--undetermined").stdout.splitlines() == [web.url("words")]


# ---- flags --------------------------------------------------------------------------------------------------------


def test_every_option_is_a_flag() -> None:
    assert set(FLAGS) - {"config"} == set(OPTION_NAMES) - {"enabled"}  # only Scrapy can be switched off


@pytest.mark.parametrize("command", ["check", "recheck", "licences", "review"])
def test_each_command_has_help(command: str) -> None:
    assert run(command, "--help").exit_code == 0


def test_lists_are_given_by_commas_or_again(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []
    module = import_module("tdm_guard.cli.check")
    monkeypatch.setattr(module, "check", lambda urls, options, *, as_json: given.append(dict(options)) or 0)
    run(
        "check",
        "http://a/",
        "--usages",
        "search,archive",
        "--usages",
        "tdm",
        "--repertoire",
        "a,b.toml",
        "--repertoire",
        "c",
    )
    assert (given[0]["usages"], given[0]["repertoire"]) == ("search,archive,tdm", ["a,b.toml", "c"])
    assert {name for name, value in given[0].items() if value is not None} == {"usages", "repertoire"}


def test_the_help_of_recheck_says_whose_options_count() -> None:
    assert "those of the run that" in " ".join(run("recheck", "--help").stdout.split())


@pytest.mark.parametrize("command", ["verify", "report", "licences", "review"])
def test_a_log_may_come_through_a_pipe(withheld: Web, command: str) -> None:
    data = Path("tdm.jsonl").read_bytes()
    line = [sys.executable, "-m", "tdm_guard", command]
    piped = subprocess.run([*line, "/dev/stdin"], input=data, capture_output=True, check=False)
    plain = subprocess.run([*line, "tdm.jsonl"], capture_output=True, check=False)
    # a report names the files at its end, and of a pipe it can tell no size and no digest
    told, same = (done.stdout.split(b"\n## Files\n")[0] for done in (piped, plain))
    assert (piped.returncode, told) == (plain.returncode, same)
    assert piped.returncode == 0


def test_a_reader_that_has_gone_is_no_answer() -> None:
    for command in (["list"], ["lint", "bundled:*"], ["match", "bundled:*", "--item", '{"society": "Sacem"}']):
        reading, writing = os.pipe()
        os.close(reading)
        line = [sys.executable, "-m", "tdm_guard", "repertoire", *command]
        done = subprocess.run(line, stdout=writing, stderr=subprocess.PIPE, check=False)
        os.close(writing)
        assert (done.returncode, done.stderr) == (2, b"")


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
@pytest.mark.parametrize("keeps", [5, 0.5, 0.9, -1])
def test_a_compressed_log_that_was_cut_is_verified_as_far_as_it_goes(
    tmp_path: Path, pack: Callable[[bytes], bytes], keeps: float
) -> None:
    chain, path = Chain(), tmp_path / "a"
    for number in range(300):
        chain.decision(f"https://r1.example/{hashlib.sha256(b'%d' % number).hexdigest()}")
    packed = pack(joined(chain.end().lines))
    path.write_bytes(packed[: keeps if isinstance(keeps, int) else int(len(packed) * keeps)])
    runner = CliRunner()
    done = runner.invoke(app, ["verify", str(path)])
    assert done.exit_code == 1
    assert "error: the compressed file is damaged, or cut, here" in done.stdout
    assert runner.invoke(app, ["report", str(path)]).exit_code == 2


@pytest.mark.parametrize("nibble", [0x50, 0x5F])
def test_a_log_behind_a_skippable_frame_is_read(tmp_path: Path, nibble: int) -> None:
    path = tmp_path / "a"
    frame = bytes([nibble]) + b"\x2a\x4d\x18" + b"\x03\x00\x00\x00abc"
    path.write_bytes(frame + zstd.compress(joined(Chain().decision().end().lines)))
    assert CliRunner().invoke(app, ["verify", str(path)]).exit_code == 0
