"""Logs on declared works: what was loaded, what was matched and by whom declared, and what could not be matched."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tdm_guard.decision import Decision, Exchange, Outcome, Stage
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.reader import read_log
from tdm_guard.log.record import RunInfo
from tdm_guard.matched import DeclaredAs
from tdm_guard.model import Layer, Posture, Stance, Statement, Verdict
from tdm_guard.reports import report, summary
from tdm_guard.reports.items import withheld
from tdm_guard.reports.report import render
from tdm_guard.reports.summary import Summary, summarise
from tdm_guard.reports.works import declared_works
from tdm_guard.usage import TDM

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LOADED = (
    {"id": "society-1", "version": "1", "sha256": "a" * 64},
    {"id": "works.tdmlist", "version": "2026-01", "sha256": "b" * 64, "size": "4096"},
)


def decided(number: int, verdict: Verdict, repertoire: str | None, *declarations: str) -> Decision:
    because = tuple(
        Statement(
            source=name,
            carrier="declaration",
            signal="repertoire",
            usages=TDM,
            stance=Stance.RESERVED,
            layer=Layer.REPERTOIRE,
            excerpt=f"words of {name}",
            declaration=DeclaredAs(title="Mining", date="2024-05", address="no address known"),
        )
        for name in declarations
    )
    url = f"https://a.example/{number}"
    return Decision(
        url=url,
        ts=NOW,
        stage=Stage.BODY,
        outcome=Outcome(verdict=verdict, usages={}, because=because),
        exchange=Exchange(url, "https://a.example", 200, content=True, bytes=10, repertoire=repertoire),
    )


def told(path: Path, *decisions: Decision, loaded: tuple[dict[str, str], ...] = LOADED) -> Summary:
    info = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce", repertoire=loaded)
    with closing(JsonlLog(path, run=info, now=NOW)) as log:
        for decision in decisions:
            log.decision(decision)
        log.end(NOW)
    return summarise(read_log([path]))


@pytest.fixture
def works(tmp_path: Path) -> Summary:
    return told(
        tmp_path / "tdm.jsonl",
        decided(1, Verdict.RESERVED, "matched", "society-1", "author-1"),
        decided(2, Verdict.AUTHORISED, "matched", "society-1"),
        decided(3, Verdict.RESERVED, "matched", "society-1", "society-1"),
        decided(4, Verdict.UNRESERVED, "not-matched"),
        decided(5, Verdict.UNRESERVED, "unmatchable"),
        decided(6, Verdict.UNRESERVED, "unmatchable"),
    )


def test_each_declaration_counts_once_in_a_decision(works: Summary) -> None:
    assert works.works.matches == {"matched": 3, "not-matched": 1, "unmatchable": 2}
    assert works.works.declarations == {
        "society-1": Counter(reserved=2, authorised=1),
        "author-1": Counter(reserved=1),
    }


def test_the_page_says_how_much_could_be_matched_and_by_what(works: Summary) -> None:
    page = render(works, "markdown")
    assert "6 decisions with a repertoire loaded: 3 matched, 1 not-matched, 2 unmatchable." in page
    assert "Unmatchable does not mean free" in page
    assert f"| society-1 | 1 |  | {'a' * 64} |" in page
    assert f"| works.tdmlist | 2026-01 | 4096 | {'b' * 64} |" in page
    assert "| society-1 | reserved | 2 |" in page
    assert "| society-1 | Mining, 2024-05, no address known | `words of society-1` |" in page


def test_json_and_csv_have_the_same_counts(works: Summary) -> None:
    found = json.loads(render(works, "json"))["repertoire"]
    assert found["matches"] == {"matched": 3, "unmatchable": 2, "not-matched": 1}
    assert found["declarations"] == {"author-1": {"reserved": 1}, "society-1": {"reserved": 2, "authorised": 1}}
    document = "Mining, 2024-05, no address known"
    assert found["said"]["author-1"] == {"words": "words of author-1", "document": document}
    assert found["loaded"] == [{"size": "", **entry} for entry in LOADED]
    rows = list(csv.DictReader(io.StringIO(render(works, "csv"))))
    assert {(row["name"], row["decisions"]) for row in rows if row["section"] == "repertoire"} == {
        ("matched", "3"),
        ("not-matched", "1"),
        ("unmatchable", "2"),
    }
    assert [(row["name"], row["verdict"], row["decisions"]) for row in rows if row["section"] == "declaration"] == [
        ("author-1", "reserved", "1"),
        ("society-1", "reserved", "2"),
        ("society-1", "authorised", "1"),
    ]


def test_the_list_of_withheld_items_names_the_document(tmp_path: Path) -> None:
    told(tmp_path / "tdm.jsonl", decided(1, Verdict.RESERVED, "matched", "society-1"))
    [withheld_item] = withheld(read_log([tmp_path / "tdm.jsonl"]))
    assert withheld_item.document == "Mining, 2024-05, no address known"
    assert withheld_item.who == "repertoire society-1 (Mining, 2024-05, no address known)"
    assert withheld_item.words == "words of society-1"
    [work] = declared_works(read_log([tmp_path / "tdm.jsonl"]))
    assert work.said == (("words of society-1", "Mining, 2024-05, no address known"),)


def test_without_a_repertoire_the_report_does_not_speak_of_works(tmp_path: Path) -> None:
    silent = told(tmp_path / "tdm.jsonl", decided(1, Verdict.UNRESERVED, None), loaded=())
    assert "Declared works" not in render(silent, "markdown")
    assert json.loads(render(silent, "json"))["repertoire"] == {
        "matches": {}, "declarations": {}, "said": {}, "mandates": {}, "works": {}, "loaded": [],
    }  # fmt: skip


def test_what_all_runs_loaded_is_listed_once(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    told(path)
    newer = {"id": "society-1", "version": "2", "sha256": "c" * 64}
    assert [(item.id, item.version) for item in told(path, loaded=(*LOADED, newer)).works.loaded] == [
        ("society-1", "1"),
        ("works.tdmlist", "2026-01"),
        ("society-1", "2"),
    ]


def test_more_declarations_than_a_page_shows_are_said_to_be_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "SHOWN_DECLARATIONS", 2)
    monkeypatch.setattr(summary, "MAX_DECLARATIONS", 3)
    many = tuple({"id": f"d{number}", "version": "1", "sha256": "a" * 64} for number in range(5))
    decisions = (decided(number, Verdict.RESERVED, "matched", f"d{number}") for number in range(5))
    found = told(tmp_path / "tdm.jsonl", *decisions, loaded=many)
    assert (len(found.works.loaded), set(found.works.declarations)) == (3, {"d0", "d1", "d2"})
    page = render(found, "markdown")
    assert "1 more: `--format json`" in page
    assert "1 more: `--format csv`" in page


def test_words_that_no_log_of_ours_holds_are_bounded_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    odd = (
        {"type": "run", "repertoire": [{"id": 7}, "x", {"id": "a|b\n", "version": "v" * 9999}]},
        {"type": "decision", "repertoire": "guessed", "because": [{"layer": "repertoire", "source": 7}, "x"]},
        {"type": "decision", "repertoire": ["matched"]},
    )
    path.write_text("".join(json.dumps(record) + "\n" for record in odd), encoding="utf-8")
    found = summarise(read_log([path]))
    assert found.works.matches == {"unknown": 1}
    assert set(found.works.declarations) == {"unknown"}
    [_, named] = found.works.loaded
    assert len(named.version) <= 201
    assert "a&#124;b&#92;n" in render(found, "markdown")


LIFTED = {"id": "lic-1", "outcome": "lifted", "why": "granted"}
PENDING = {"id": "lic-2", "outcome": "review", "why": "it has no evidence"}
EXPIRED = {"id": "lic-3", "outcome": "not-lifted", "why": "expired"}
PART = {"id": "lic-4", "outcome": "lifted", "usages": "analysis", "why": "granted"}
RELEASED = {"outcome": "released", "by": "Ada", "why": "another person"}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "reserved"),
        ({"authorisations": [EXPIRED]}, "reserved"),
        ({"authorisations": [EXPIRED, LIFTED]}, "lifted by lic-1"),
        (
            {"authorisations": [PART], "stance": "reserved", "usages": ["analysis", "ai-index"]},
            "reserved for ai-index, otherwise lifted by lic-4",
        ),
        ({"authorisations": [PENDING]}, "in review, it has no evidence"),
        ({"doubt": "mandate disputed"}, "in review, mandate disputed"),
        ({"doubt": "mandate disputed", "authorisations": [LIFTED]}, "lifted by lic-1"),
        ({"doubt": "a name only", "reviewed": RELEASED}, "released by Ada, another person"),
    ],
)
def test_each_declaration_has_a_line_that_says_what_became_of_it(
    tmp_path: Path, members: dict[str, object], said: str
) -> None:
    match = {"key": "iswc", "value": "T0000000010"}
    entry = {"layer": "repertoire", "source": "society-1", "rightsholder": "Sacem", "match": match, **members}
    other = {"layer": "location", "source": "https://a.example/robots.txt"}
    record = {"type": "decision", "url": "https://a.example/", "verdict": "x", "repertoire": "matched"}
    path = tmp_path / "tdm.jsonl"
    path.write_text(json.dumps(record | {"because": [other, entry]}) + "\n", encoding="utf-8")
    [work] = declared_works(read_log([path]))
    assert (work.url, work.verdict) == ("https://a.example/", "x")
    assert work.declarations == (f"Sacem (society-1, iswc T0000000010): {said}",)


def test_only_decisions_that_matched_are_about_declared_works(works: Summary, tmp_path: Path) -> None:
    found = list(declared_works(read_log([tmp_path / "tdm.jsonl"])))
    assert [(work.url.rpartition("/")[2], len(work.declarations)) for work in found] == [("1", 2), ("2", 1), ("3", 2)]


@pytest.mark.parametrize(
    "odd",
    [{}, {"because": 7}, {"because": [{"layer": "repertoire", "match": 7, "reviewed": 7, "authorisations": [7]}]}],
)
def test_what_no_log_of_ours_holds_does_not_raise(tmp_path: Path, odd: dict[str, object]) -> None:
    path = tmp_path / "tdm.jsonl"
    path.write_text(json.dumps({"type": "decision", "repertoire": "matched"} | odd) + "\n", encoding="utf-8")
    [work] = declared_works(read_log([path]))
    assert work.verdict == "unknown"
    assert set(work.declarations) <= {"somebody (): reserved"}
