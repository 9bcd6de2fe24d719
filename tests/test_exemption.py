"""A claim to Art. 3: who may make it, that it is warned of, and that what rests on it is told wherever people look."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tdm_guard import ConfigurationError, Fetched, evaluate
from tdm_guard.cli import app
from tdm_guard.guard import Guard
from tdm_guard.log.reader import read_log
from tdm_guard.log.record import line_of
from tdm_guard.operator import Operator, Research
from tdm_guard.options import Options
from tdm_guard.options.cautions import cautions
from tdm_guard.reports.exemption import MAX_CLAIMS, Exempted
from tdm_guard.reports.summary import summarise
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support.logs import log_of

CLAIM = {
    "eligible": True,
    "lawful_access": True,
    "attested_by": "dean@uni.example",
    "at": "2026-01-05",
    "reference": "charter 3.2",
}
RESEARCH = {"name": "uni", "classes": ["education"], "research": CLAIM}
TOLD = "attested by dean@uni.example on 2026-01-05, reference charter 3.2"
OPTIONS_PAGE = (Path(__file__).parents[1] / "docs" / "options.md").read_text("utf-8")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


# ---- Who may claim ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "classes", [["commercial"], ["personal"], ["education", "commercial"], "non-commercial,commercial"]
)
def test_a_company_or_a_private_person_cannot_claim_art_3(classes: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Options.read({"operator": RESEARCH | {"classes": classes}})
    [problem] = caught.value.problems
    assert problem.startswith("operator.research: ")
    assert "for example" in problem


def test_nor_can_one_that_was_built_by_hand() -> None:
    with pytest.raises(ConfigurationError, match=r"operator\.research"):
        Options.read({"operator": Operator(classes=("commercial",), research=Research(**CLAIM))})


@pytest.mark.parametrize("classes", [[], ["non-commercial"], ["education"], ["government", "non-commercial"]])
def test_whoever_may_be_a_research_organisation_can(classes: list[str]) -> None:
    assert Options.read({"operator": RESEARCH | {"classes": classes}}).terms.exempt


@pytest.mark.parametrize("denied", ["eligible", "lawful_access"])
def test_a_company_that_denies_the_claim_claims_nothing(denied: str) -> None:
    given = {"name": "acme-ai", "classes": ["commercial"], "research": CLAIM | {denied: False}}
    options = Options.read({"operator": given})
    assert not options.terms.exempt
    assert not list(cautions(options))


def test_the_page_on_options_has_a_sample_for_each_of_them() -> None:
    samples = [tomllib.loads(each) for each in re.findall(r"```toml\n(\[operator\]\n.*?)```", OPTIONS_PAGE, re.DOTALL)]
    company, university = (Options.read(sample) for sample in samples)
    assert (company.terms.exempt, university.terms.exempt) == (False, True)
    assert company.operator is not None
    assert company.operator.classes == ("commercial",)


# ---- It is warned of at the start ---------------------------------------------------------------------------------


def test_a_run_says_what_lets_reserved_content_through(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    given = {"operator": RESEARCH, "mode": "observe", "log": str(tmp_path / "tdm.jsonl")}
    Guard(Options.read(given), named=lambda option: f"MY_{option.upper()}").end()
    observing, claimed = caplog.messages
    assert observing.startswith("MY_MODE is observe")
    assert claimed.startswith(f"MY_OPERATOR claims Art. 3 of Directive (EU) 2019/790, {TOLD}: ")


def test_a_run_under_neither_says_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Guard(Options.read({"operator": {"name": "acme-ai"}, "log": str(tmp_path / "tdm.jsonl")})).end()
    assert not caplog.messages


def test_a_claim_that_the_usages_go_beyond_is_told_to_exempt_from_nothing() -> None:
    [said] = cautions(Options.read({"operator": RESEARCH, "usages": ["tdm", "search"]}))
    assert "exempts from nothing in this run, which also asks for search" in said


# ---- What rests on it ---------------------------------------------------------------------------------------------


@pytest.fixture
def web() -> Iterator[PretendWeb]:
    reserves = Answer.json([{"location": "/", "tdm-reservation": 1}])
    closed = Answer.text("User-agent: *\nDisallow: /\n")
    pages = {"/": Answer.html("<title>x</title>"), "/gone": Answer(status=404)}
    with PretendWeb(
        [
            Site("reserved.example", {"/.well-known/tdmrep.json": reserves, **pages}),
            Site("closed.example", {"/robots.txt": closed, **pages}),
            Site("free.example", pages),
        ]
    ) as running:
        yield running


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def checked(web: PretendWeb, log: Path, *sites: str, **operator: Any) -> Result:
    urls = [web.origin(f"{site}.example") + "/" for site in sites]
    return run("check", *urls, "--operator", json.dumps(RESEARCH | operator), "--log", str(log))


def test_check_says_who_attested_and_what_the_verdict_would_be(
    web: PretendWeb, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        result = checked(web, tmp_path / "tdm.jsonl", "reserved")
    assert result.exit_code == 0
    assert result.stdout.startswith("EXEMPT  ")
    assert f"claimed: {TOLD}\n" in result.stdout
    assert "without that claim it would be withheld: reserved\n" in result.stdout
    assert f"operator claims Art. 3 of Directive (EU) 2019/790, {TOLD}" in caplog.text


def test_check_of_what_rests_on_no_claim_says_nothing_of_it(web: PretendWeb, tmp_path: Path) -> None:
    result = checked(web, tmp_path / "tdm.jsonl", "free", "closed")
    assert result.exit_code == 1  # robots.txt binds all the same
    assert "claim" not in result.stdout


def test_reports_and_licences_count_what_rests_on_a_claim(web: PretendWeb, tmp_path: Path) -> None:
    log = tmp_path / "tdm.jsonl"
    checked(web, log, "reserved", "closed", "free")
    page = run("report", str(log)).stdout
    assert "among what is stored is 1 item that would have been withheld without the claim" in page.splitlines()[2]
    assert "| dean@uni.example | 2026-01-05 | charter 3.2 | reserved | 1 |" in page
    [claim] = json.loads(run("report", str(log), "--format", "json").stdout)["exempt"]
    assert claim == {name: CLAIM[name] for name in ("attested_by", "at", "reference")} | {"without": {"reserved": 1}}
    rows = list(csv.reader(io.StringIO(run("report", str(log), "--format", "csv").stdout)))
    assert ["exempt", "dean@uni.example, 2026-01-05, charter 3.2", "reserved", "1"] in [row[:4] for row in rows]
    licences = run("licences", str(log))
    assert "Exempt under a claim to Art. 3: 1 item, which would be withheld without it" in licences.stdout
    assert json.loads(run("licences", str(log), "--format", "json").stdout)["exempt"] == 1
    assert ["exempt", "", "1"] in [
        row[:3] for row in csv.reader(io.StringIO(run("licences", str(log), "--format", "csv").stdout))
    ]


def test_a_claim_on_which_nothing_rested_is_reported_and_none_is_not(web: PretendWeb, tmp_path: Path) -> None:
    log = tmp_path / "tdm.jsonl"
    checked(web, log, "free")
    assert "| dean@uni.example | 2026-01-05 | charter 3.2 |  | 0 |" in run("report", str(log)).stdout
    assert "Exempt" not in run("licences", str(log)).stdout
    other = tmp_path / "other.jsonl"
    checked(web, other, "free", "reserved", research=None)
    assert "Art. 3" not in run("report", str(other)).stdout


@pytest.mark.parametrize(
    ("policy", "without"), [(b'[{"location": "/", "tdm-reservation": 1}]', "reserved"), (b"", "undetermined")]
)
def test_the_record_and_the_summary_say_what_it_would_be_without(policy: bytes, without: str) -> None:
    answer = Fetched(status=200, headers=[("content-type", "application/json")], body=policy)
    if without == "undetermined":
        answer = Fetched.unreachable("timeout")
    policies = {"/robots.txt": Fetched(status=404), "/.well-known/tdmrep.json": answer}
    decision = evaluate("https://site.example/", policies=policies, operator=RESEARCH, now=NOW)
    assert (decision.verdict, decision.without_exemption) == ("exempt", without)
    record = decision.to_dict()
    assert (record["exemption"], record["without_exemption"]) == (CLAIM, without)
    assert f"({TOLD}; {without} without that claim)" in decision.summary()
    assert line_of(record)
    free = evaluate("https://site.example/", policies=policies, operator={"name": "x"}, now=NOW).to_dict()
    assert "without_exemption" not in free


@pytest.mark.parametrize("record", [{}, {"exemption": 7, "without_exemption": []}, {"exemption": {"at": 1}}])
def test_what_a_record_may_hold_does_no_harm(record: dict[str, Any]) -> None:
    found = Exempted()
    for member in ("operator", "exemption"):
        found.count_run({member: record})
    found.count_decision({**record, "verdict": "exempt", "admitted": True, "content": True})
    assert found.decisions == 1
    assert "unknown" in "".join(found.markdown())


def test_claims_are_bounded() -> None:
    found = Exempted()
    for number in range(MAX_CLAIMS + 50):
        found.count_decision({"verdict": "exempt", "exemption": CLAIM | {"reference": str(number)}})
    assert (len(found.claims), found.decisions) == (MAX_CLAIMS + 1, MAX_CLAIMS + 50)


def test_what_is_stored_under_a_claim_is_counted_by_address(tmp_path: Path) -> None:
    """Two spellings of one address, each decided twice, are one item; `--latest` and `licences` count so, too."""
    policies = {
        "/robots.txt": Fetched(status=404),
        "/.well-known/tdmrep.json": Fetched(status=200, body=b'[{"location":"/","tdm-reservation":1}]'),
    }
    given: dict[str, Any] = {"operator": RESEARCH, "policies": policies, "now": NOW}
    body: dict[str, Any] = {"status": 200, "headers": [("content-type", "text/csv")], "body": b"a,b"}
    spelled = [f"https://site.example/{path}" for path in ("ab", "a%62", "ab", "a%62")]
    log_of(tmp_path / "tdm.jsonl", [evaluate(url, **given, **body) for url in spelled])
    summary = summarise(read_log([str(tmp_path / "tdm.jsonl")]))
    assert (summary.total.decisions, summary.addresses["decisions"], summary.addresses["exempt"]) == (4, 1, 1)
    assert "among what is stored is 1 item that would have been withheld" in summary.exempted.headline(1)
