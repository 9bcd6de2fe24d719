"""The option `excluded_sites` without a network, in observe mode, on the command line and over old logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tdm_guard import Fetched, Judge, evaluate
from tdm_guard.cli import app
from tdm_guard.httpx import GuardClient
from tdm_guard.log.recorded import read_decision
from tdm_guard.model import Kind
from tdm_guard.testing import Answer, PretendWeb, Site

NOW = datetime(2026, 11, 28, tzinfo=UTC)
OPEN = {"/robots.txt": Fetched(status=404), "/.well-known/tdmrep.json": Fetched(status=404)}
LIST = """
[[excluded_sites]]
id = "{id}"
issuer = "Ministry"
date = 2026-03-03
source = {{ url = "https://court.example/list" }}
domains = ["pirate.example"]
"""
RUNNER = CliRunner()


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    file = tmp_path / "lists.toml"
    file.write_text(LIST.format(id="court-1"), encoding="utf-8")
    return file


def judged(lists: Path, url: str, **given: Any) -> Any:
    return evaluate(url, excluded_sites=lists, agent="ExampleBot", now=NOW, **given)


@pytest.mark.parametrize("posture", ["cautious", "literal"])
@pytest.mark.parametrize("policies", [None, OPEN])
def test_a_site_on_a_list_is_withheld_whatever_it_says(lists: Path, posture: str, policies: Any) -> None:
    answered = {"status": 200, "headers": [("content-type", "text/html"), ("tdm-reservation", "0")], "body": b"<p>x"}
    decision = judged(lists, "https://www.pirate.example/", policies=policies, posture=posture, **answered)
    assert (decision.verdict, decision.admitted) == ("reserved", False)
    assert [(s.kind, s.source) for s in decision.because] == [(Kind.EXCLUSION, "court-1")]
    other = judged(lists, "https://notpirate.example/", policies=OPEN, posture=posture, status=200, body=b"x")
    assert other.verdict == "unreserved"


@pytest.mark.parametrize(
    ("entry", "host", "excluded"),
    [
        ("2001:db8:0:0::1", "[2001:DB8::0:1]", True), ("[2001:db8::1]", "[2001:db8:0::1]:8080", True),
        ("::ffff:192.0.2.7", "[::ffff:c000:207]", True), ("192.0.2.7", "[::ffff:c000:207]", True),
        ("192.0.2.7", "0xc0.0.519", True), ("10.0.0.5", "012.5", True), ("10.0.0.5", "010.0.0.5", True),
        ("2001:db8::1", "[2001:db8::1:1]", False), ("192.0.2.7", "192.0.2.8", False),
    ],
)  # fmt: skip
def test_an_ip_address_on_a_list_is_meant_in_every_spelling(
    tmp_path: Path, entry: str, host: str, excluded: bool
) -> None:
    file = tmp_path / "lists.toml"
    file.write_text(LIST.format(id="court-1").replace("pirate.example", entry), encoding="utf-8")
    assert bool(judged(file, f"http://{host}/", policies=OPEN).because) is excluded


def test_nothing_of_it_is_to_be_fetched_unless_only_observed(lists: Path) -> None:
    judge = Judge(excluded_sites=lists)
    assert judge.needed_documents("https://pirate.example") == ()
    assert judge.needed_documents("https://notpirate.example")
    assert Judge(excluded_sites=lists, mode="observe").needed_documents("https://pirate.example")


def test_what_the_site_reserves_besides_stands_behind_the_exclusion(lists: Path) -> None:
    decision = judged(
        lists, "https://pirate.example/", policies=OPEN, status=200, headers=[("tdm-reservation", "1")], body=b"x"
    )
    assert [s.kind for s in decision.because] == [Kind.EXCLUSION, Kind.RESERVATION]


def test_a_redirect_that_went_through_it_is_withheld(lists: Path) -> None:
    hop = Fetched(status=302, url="https://pirate.example/a")
    decision = judged(lists, "https://press.example/", policies=OPEN, hops=[hop], status=200, body=b"x")
    assert (decision.verdict, decision.because[0].locator) == ("reserved", "pirate.example")
    hop = Fetched(status=302, url="https://other.example/a")
    assert judged(lists, "https://press.example/", policies=OPEN, hops=[hop], status=200, body=b"x").admitted


@pytest.mark.parametrize("research", [True, False])
def test_neither_a_claim_nor_a_licence_lifts_it(lists: Path, tmp_path: Path, research: bool) -> None:
    licences = tmp_path / "licences.toml"
    licences.write_text(
        """
[[authorisations]]
id = "all"
grantor = { name = "Pirate", mandate = { status = "asserted" } }
licensee = "acme-ai"
scope = { origins = ["https://pirate.example"] }
access = true
usages = ["tdm"]
territory = ["WORLD"]
valid_from = "2025-01-01"
status = "active"
evidence = { reference = "mail" }
recorded_by = "legal@acme.example"
""",
        encoding="utf-8",
    )
    claim = {
        "eligible": True, "lawful_access": True, "attested_by": "dean@uni.example", "at": "2026-01-05", "reference": "c"
    }  # fmt: skip
    operator = {"name": "acme-ai", "classes": ["education"], **({"research": claim} if research else {})}
    decision = judged(lists, "https://pirate.example/", authorisations=licences, operator=operator, policies=OPEN)
    assert (decision.verdict, decision.exemption, decision.authorisations) == ("reserved", None, ())
    assert decision.because[0].authorisations == ()
    shut = {"/robots.txt": Fetched(status=200, body=b"User-agent: *\nDisallow: /"), "/.well-known/tdmrep.json": None}
    lifted = judged(lists, "https://pirate.example/", authorisations=licences, operator=operator, policies=shut)
    assert lifted.verdict == "reserved"


def test_the_record_reads_back(lists: Path) -> None:
    decision = judged(lists, "https://pirate.example/")
    again = read_decision(json.loads(json.dumps(decision.to_dict())))
    assert again is not None
    assert again.decision.because == decision.because
    assert "court-1 pirate.example: Ministry, 2026-03-03" in decision.summary()


@pytest.fixture
def pretend() -> Iterator[PretendWeb]:
    pages = {"/": Answer.html("<p>COPY"), "/robots.txt": Answer.text("User-agent: *\nDisallow: /private\n")}
    with PretendWeb([Site("pirate.example", pages), Site("press.example", pages)]) as opened:
        yield opened


def crawled(pretend: PretendWeb, log: Path, *urls: str, **options: Any) -> list[dict[str, Any]]:
    with GuardClient(
        agent="ExampleBot", log=log, proxy=pretend.proxy, trust_env=False, follow_redirects=True, **options
    ) as client:
        for url in urls:
            client.get(url)
        guard = client._transport.session.guard
        assert guard.totals["excluded"] == sum("pirate" in url for url in urls)
        assert not any(name.startswith("signal/excluded") for name in guard.totals)
    lines = log.read_text(encoding="utf-8").splitlines()
    return [record for record in map(json.loads, lines) if record["type"] == "decision"]


def test_observing_records_the_same_verdict_and_reads_what_the_site_says(
    pretend: PretendWeb, lists: Path, tmp_path: Path
) -> None:
    log = tmp_path / "l.jsonl"
    records = crawled(
        pretend, log, "http://pirate.example/", "http://press.example/", excluded_sites=lists, mode="observe"
    )
    assert [(record["verdict"], record["admitted"]) for record in records] == [("reserved", True), ("unreserved", True)]
    assert [entry["kind"] for entry in records[0]["because"]] == ["exclusion"]
    assert "read" in {each["result"] for each in records[0]["checked"]}
    shown = RUNNER.invoke(app, ["report", str(log)]).stdout
    assert "## Excluded sites" in shown
    assert "| court-1 |" in shown
    listed = RUNNER.invoke(app, ["licences", str(log)]).stdout
    assert "No item wants a licence" in listed
    assert "On sites that a list excludes: 1 item" in listed
    page = RUNNER.invoke(app, ["explain", records[0]["id"], str(log)]).stdout
    assert "on a list of sites that were found to infringe" in page


def test_what_is_stored_although_excluded_is_not_counted_as_stored_against_a_reservation(
    pretend: PretendWeb, lists: Path, tmp_path: Path
) -> None:
    log = tmp_path / "l.jsonl"
    urls = ("http://pirate.example/", "http://press.example/", "http://pirate.example/private")
    records = crawled(pretend, log, *urls, excluded_sites=lists, mode="observe")
    reserved = {**records[0], "because": [*records[0]["because"], {"signal": "tdmrep", "kind": "reservation"}]}
    both = tmp_path / "both.jsonl"
    head = log.read_text(encoding="utf-8").splitlines()[0]
    more = {**reserved, "seq": 9, "id": f"{reserved['run']}-9", "url": "http://pirate.example/b", "final_url": None}
    both.write_text("".join(f"{line}\n" for line in (head, json.dumps(records[0]), json.dumps(more))), encoding="utf-8")
    for path, against, excluded, stored in ((log, 0, 1, 2), (both, 1, 2, 2)):
        said = (
            f"Observe mode: {against} of {stored} stored items were stored against a reservation, or without knowing "
            f"that there is none. Stored although excluded: {excluded}."
        )
        for style in ("markdown", "html"):
            assert said in RUNNER.invoke(app, ["report", str(path), "--format", style]).stdout
        told = json.loads(RUNNER.invoke(app, ["report", str(path), "--format", "json"]).stdout)
        assert (told["stored_against_reservation"], told["excluded"]["stored"]) == (against, excluded)
        assert told["sites"]["pirate.example"]["against"] == against
        art53, ab2013 = (
            RUNNER.invoke(app, ["report", str(path), "--template", name, "--format", "json"]).stdout
            for name in ("art53", "ab2013")
        )
        assert art53.count(f'"stored_although_excluded": {excluded}') == 3
        assert art53.count(f'"stored_against_a_reservation": {against}') == 2
        assert f'"reserved_or_not_known": {against}' in ab2013
        assert f'"stored_although_excluded": {excluded}' in ab2013


def test_without_a_list_nothing_is_said_of_exclusions(pretend: PretendWeb, tmp_path: Path) -> None:
    log = tmp_path / "l.jsonl"
    with GuardClient(agent="ExampleBot", log=log, proxy=pretend.proxy, trust_env=False, mode="observe") as client:
        client.get("http://pirate.example/private")
    assert "Stored although excluded" not in RUNNER.invoke(app, ["report", str(log)]).stdout


def test_recheck_hears_the_lists_of_today(pretend: PretendWeb, lists: Path, tmp_path: Path) -> None:
    log = tmp_path / "l.jsonl"
    crawled(pretend, log, "http://press.example/")
    again = tmp_path / "new.toml"
    again.write_text(LIST.format(id="court-2").replace("pirate.", "press."), encoding="utf-8")
    done = RUNNER.invoke(app, ["recheck", str(log), "--excluded-sites", str(again)])
    assert done.exit_code == 1, done.output
    assert "1 of 1 items that were admitted would be withheld today" in done.stdout
    assert "court-2, list, press.example" in done.stdout


def test_recheck_wants_the_lists_that_a_run_had(pretend: PretendWeb, lists: Path, tmp_path: Path) -> None:
    log = tmp_path / "l.jsonl"
    crawled(pretend, log, "http://press.example/", excluded_sites=lists)
    done = RUNNER.invoke(app, ["recheck", str(log)])
    assert done.exit_code == 2
    assert "a run left out the sites on court-1; give --excluded-sites FILE" in done.output
    lists.write_text(LIST.format(id="court-1").replace("2026-03-03", "2026-09-09"), encoding="utf-8")
    done = RUNNER.invoke(app, ["recheck", str(log), "--excluded-sites", str(lists), "--agent", "ExampleBot"])
    assert "court-1: the run had version '2026-03-03', loaded now is '2026-09-09'" in done.output


def test_the_files_are_checked_and_tried(lists: Path, tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["excluded-sites", "lint", str(lists)])
    assert (done.exit_code, done.stdout) == (0, "valid: 0 mistakes, 0 warnings\n")
    done = RUNNER.invoke(app, ["excluded-sites", "match", str(lists), "--url", "https://a.pirate.example/x"])
    assert (done.exit_code, done.stdout.splitlines()[0]) == (1, "excluded: pirate.example, on court-1")
    for other in ("notpirate.example", "https://press.example/"):
        done = RUNNER.invoke(app, ["excluded-sites", "match", str(lists), "--url", other])
        assert (done.exit_code, done.stdout) == (0, "on no list\n")
    bad = tmp_path / "bad.toml"
    bad.write_text(LIST.format(id="x").replace("pirate.example", "*.pirate.example"), encoding="utf-8")
    done = RUNNER.invoke(app, ["excluded-sites", "lint", str(bad)])
    assert done.exit_code == 1
    assert (
        "domains[0]: '*.pirate.example' is no domain and no IP address; for example \"pirate.example\"" in done.stdout
    )
    assert RUNNER.invoke(app, ["excluded-sites", "lint", str(tmp_path / "none.toml")]).exit_code == 2


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("pirate.example\nfilms.example\n", True),
        ("\ufeff# of a court\n\n  pirate.example  # since 2024\n", True),
        ("pirate.example, films.example", True),
        ("- pirate.example\n", True),
        ('[[excluded_sites]]\nid = "a" "b"\n', False),
        ("domains = [pirate.example]\n", False),
        ("[pirate.example\n", False),
    ],
)
def test_a_plain_list_is_told_how_such_a_file_begins(tmp_path: Path, text: str, *, plain: bool) -> None:
    file = tmp_path / "list.toml"
    file.write_text(text, encoding="utf-8")
    done = RUNNER.invoke(app, ["excluded-sites", "lint", str(file)])
    good = '[[excluded_sites]] with id, issuer, date, source = { url = "…" } and domains = ["site.example"]'
    assert done.exit_code == 1
    assert ("A plain list of domains" in done.output, good in done.output) == (plain, plain)
    assert "list.toml: line " in done.output
