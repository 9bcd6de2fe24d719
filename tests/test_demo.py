"""The demonstration, whole: what it judges, what it leaves, and what must not be on the disk."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from tdm_guard.cli import app, serving
from tdm_guard.cli import demonstration as demo
from tdm_guard.errors import ConfigurationError
from tdm_guard.holdings import load
from tdm_guard.httpx import GuardClient, Withheld
from tdm_guard.testing import SITES, marker, sample_web
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

# The project has a repertoire and licences, so that some pages come to another verdict than they would without.
VERDICTS = {
    (site.name, path): site.with_repertoire.get(path, verdict)
    for site in SITES
    for path, verdict in site.expected.items()
}
PAGES = {f"http://{site}{path}": verdict for (site, path), verdict in VERDICTS.items()}
CATALOGUE = "http://songbook.example/works/"
# Its redirects lead to pages that are crawled anyway, so that Scrapy drops the second request for them.
UNSEEN = {url for url in PAGES if url.startswith("http://moved.example/")}


class Ran:
    def __init__(self, output: Path) -> None:
        self.output = output
        answers, progress = io.StringIO(), io.StringIO()
        self.summary = demo.run(output, answers=answers, progress=progress)
        self.answers, self.progress = answers.getvalue(), progress.getvalue()
        lines = (output / "tdm-guard.jsonl").read_text(encoding="utf-8").splitlines()
        self.records: list[dict[str, Any]] = [json.loads(line) for line in lines]
        self.decisions = [record for record in self.records if record["type"] == "decision"]
        self.stored = b"\n".join(path.read_bytes() for path in output.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Ran(tmp_path_factory.mktemp("demo") / "deep" / "output")


@pytest.mark.slow
def test_every_page_has_the_verdict_its_site_names(ran: Ran) -> None:
    verdicts: dict[str, set[str]] = {}
    for record in ran.decisions:
        verdicts.setdefault(record["url"], set()).add(record["verdict"])
    wrong = {
        url: (sorted(verdicts.get(url, ())), expected.value)
        for url, expected in PAGES.items()
        if url not in UNSEEN and verdicts.get(url) != {expected.value}
    }
    assert wrong == {}


@pytest.mark.slow
def test_nothing_of_a_withheld_page_is_on_the_disk(ran: Ran) -> None:
    leaked = [
        f"{site}{path}"
        for (site, path), verdict in VERDICTS.items()
        if verdict.withholds and marker(site, path) in ran.stored
    ]
    assert leaked == []


@pytest.mark.slow
def test_admitted_pages_and_files_are_kept(ran: Ran) -> None:
    missing = [
        f"{site}{path}"
        for (site, path), verdict in VERDICTS.items()
        if not verdict.withholds and marker(site, path) not in ran.stored
    ]
    assert missing == []
    items = [json.loads(line) for line in (ran.output / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(item["title"] and item["text"] for item in items if "kiosk" not in item["url"])
    assert any(item["files"] for item in items)
    assert len(list((ran.output / "files" / "full").iterdir())) >= 8


@pytest.mark.slow
def test_the_run_is_told_whole(ran: Ran) -> None:
    assert ran.records[0]["type"] == "run"
    assert ran.records[-1]["type"] == "end"
    assert sum(ran.records[-1]["totals"].values()) == len(ran.decisions) == ran.summary.total.decisions
    assert ran.answers.startswith(f"{len(ran.decisions)} decisions: ")
    assert re.search(r"\n  http://\S+\n      reserved \([a-z-]+\): \S.*\n      http://\S+ \S", ran.answers)
    assert str(ran.output / "report.md") in ran.answers
    assert (ran.output / "report.md").read_text(encoding="utf-8").startswith("# Compliance report")
    assert "decisions after" in ran.progress  # the tar pit alone takes longer than two seconds


@pytest.mark.slow
def test_declared_works_are_withheld_licensed_or_left_to_a_person(ran: Ran) -> None:
    by_url = {record["url"]: record for record in ran.decisions}
    sacem, licensed, reserving, doubtful, free = (
        by_url[f"{CATALOGUE}{name}.html"]
        for name in ("la-digue", "harbour-waltz", "low-tide-lullaby", "fog-signal", "the-old-ferry")
    )
    [said] = sacem["because"]
    assert said["excerpt"].startswith("activités de fouilles de données (data-mining) sur les œuvres du répertoire")
    assert (said["declaration"]["date"], said["declaration"]["address"]) == ("2023-10-12", "no address known")
    assert (sacem["verdict"], said["rightsholder"], said["source"]) == ("reserved", "Sacem", "sacem-2023")
    assert said["match"] == {"key": "iswc", "value": "T9999900117", "strength": "identifier"}
    assert (said["declaration"]["list"], said["declaration"]["form"]) == ("works.tdmlist", "press_release")
    assert (licensed["verdict"], licensed["authorisations"]) == ("authorised", ["songs-2026-004"])
    assert reserving["verdict"] == "reserved"  # though the society that she is a member of licensed it
    assert [entry["source"] for entry in reserving["because"]] == ["mara-quill-2025", "harbour-songs-2024"]
    assert doubtful["verdict"] == "review"
    assert doubtful["because"][0]["doubt"] == "mandate disputed: two composers say they never joined"
    assert (free["verdict"], free["repertoire"]) == ("permitted", "not-matched")
    shown = ran.answers.partition("Works that somebody declared")[2]
    for verdict, page, declaration, outcome in (
        ("reserved", "la-digue", "Sacem (sacem-2023, iswc T9999900117)", "reserved"),
        (
            "authorised",
            "harbour-waltz",
            "Harbour Song Society (harbour-songs-2024, iswc T9999900220)",
            "lifted by songs-2026-004",
        ),
        (
            "review",
            "fog-signal",
            "Skerry League of Composers (skerry-league-2025, iswc T9999900333)",
            "in review, mandate disputed",
        ),
    ):
        assert f"{verdict}: {CATALOGUE}{page}.html\n      {declaration}: {outcome}" in shown
    quoted = shown.partition("la-digue.html")[2].splitlines()[2:4]
    assert quoted[0].startswith("        “activités de fouilles de données")
    assert quoted[1].endswith("2023-10-12, no address known")
    assert "works and codes are made up, also Sacem's;" in ran.answers


@pytest.mark.slow
def test_it_says_whom_to_ask_and_that_nobody_is_known(ran: Ran) -> None:
    asked = ran.answers.partition("Whom to ask")[2]
    assert "\n  Sacem: no address known; --contacts FILE takes yours\n" in asked
    yours = "league@skerry.example (from contacts.toml)"
    assert f"\n  Skerry League of Composers: no address known; yours: {yours}\n" in asked
    assert "\n  Mara Quill: mara@quill.example\n" in asked
    assert f"   ask: no address known; yours: {yours}\n" in (ran.output / "licences.txt").read_text(encoding="utf-8")
    assert (ran.output / "contacts.toml").is_file()


@pytest.mark.slow
def test_the_report_says_what_was_loaded_and_how_much_could_be_matched(ran: Ran) -> None:
    states = Counter(record["repertoire"] for record in ran.decisions)
    assert states.total() == len(ran.decisions)
    assert states["matched"] == 5
    assert states["not-matched"] >= 1
    report = (ran.output / "report.md").read_text(encoding="utf-8")
    counts = ", ".join(f"{states[name]} {name}" for name in ("matched", "not-matched", "unmatchable"))
    assert f"{len(ran.decisions)} decisions with a repertoire loaded: {counts}." in report
    loaded = {entry["id"]: entry for entry in ran.records[0]["repertoire"]}
    assert set(loaded) >= {"sacem-2023", "harbour-songs-2024", "works.tdmlist"}
    assert all(entry["sha256"] in report for entry in loaded.values())
    assert (ran.output / "repertoire" / "works.tdmlist").is_file()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")
    with pytest.raises(ConfigurationError, match="taken' cannot be used"):
        demo.run(taken)


def test_a_crawl_that_fails_says_where_to_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(demo.SETTINGS, "TDM_GUARD_POLICY_TIMEOUT", "soon")
    with pytest.raises(demo.DemoError, match=r"the crawl ended with 1: .*scrapy\.log"):
        demo.run(tmp_path)


def test_the_example_project_is_ordinary_and_guarded_by_one_line() -> None:
    settings = (demo.example_project() / "collection" / "settings.py").read_text(encoding="utf-8")
    guard, *options = [line for line in settings.splitlines() if "tdm" in line.lower()]
    assert guard == 'ADDONS = {"tdm_guard.scrapy.Addon": 500}'
    assert [line.split()[0] for line in options] == [
        f"TDM_GUARD_{name}" for name in ("REPERTOIRE", "AUTHORISATIONS", "CONTACTS", "OPERATOR", "AGENT")
    ]


def test_the_files_of_the_example_project_have_no_mistake() -> None:
    project = demo.example_project()
    held = load([project / "repertoire", project / "licences", project / "contacts.toml"])
    assert held.warnings == ()
    assert {each.declarant.name for each in held.declarations}.isdisjoint({"Sacem"})  # what it declared is bundled


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGTERM])
def test_the_sample_web_stays_up_until_it_is_told_to_end(ends: signal.Signals) -> None:
    command = [sys.executable, "-m", "tdm_guard", "demo", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        shown = [process.stdout.readline() for _ in range(15)]
        [proxy] = {address for line in shown for address in re.findall(r"http://127\.0\.0\.1:\d+", line)}
        [export] = [line.split(";")[0].split()[1:] for line in shown if "export" in line]
        assert {word.partition("=")[0] for word in export} == {"http_proxy", "HTTP_PROXY"}
        environment = {
            name: value for name, value in os.environ.items() if name.lower() not in ("no_proxy", "all_proxy")
        }
        environment |= dict(word.split("=") for word in export)
        [address] = [line.split()[-1] for line in shown if "tdm-guard check" in line]
        check = [sys.executable, "-m", "tdm_guard", "check", address]
        if ends is signal.SIGTERM:
            check = [sys.executable, "-c", f"import httpx; print(httpx.get('{address}', proxy='{proxy}').text)"]
        done = subprocess.run(check, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert done.stdout.startswith(f"RESERVED  {address}\n" if ends is signal.SIGINT else "<!doctype html>")
        process.send_signal(ends)
        rest, trouble = process.communicate(timeout=PATIENCE)
    assert (process.returncode, rest, trouble) == (0, "The sample web has ended.\n", "")


def test_what_is_pasted_for_a_client_leads_to_the_sample_web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with sample_web() as web:
        [call] = [line.strip() for line in serving.lines(web) if "GuardClient(" in line]
        with eval(call, {"GuardClient": GuardClient}) as client:
            assert client.get(serving.INDEX).extensions["tdm_guard"].admitted
            with pytest.raises(Withheld):
                client.get(serving.RESERVED)
        assert web.asked("index.example", "/") == 1


def test_signals_mean_what_they_did_when_the_web_has_ended() -> None:
    before = signal.getsignal(signal.SIGTERM)
    answers = io.StringIO()

    def waits(ended: threading.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        assert ended.wait(PATIENCE)

    serving.serve(answers, waits=waits)
    assert signal.getsignal(signal.SIGTERM) is before
    assert answers.getvalue().endswith("The sample web has ended.\n")


def test_serving_and_leaving_something_behind_are_two_calls(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["demo", "--serve", "--output", str(tmp_path / "out")])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--serve leaves nothing behind" in result.stderr
