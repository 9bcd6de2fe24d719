"""What was said of every usage travels with what was admitted: JSON lines, Parquet, a block of a dataset card."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tdm_guard import Decision, Fetched, Judge
from tdm_guard.cli import app
from tdm_guard.judging.decide import Terms, decide
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.record import RunInfo
from tdm_guard.matched import Reviewed, ReviewOutcome
from tdm_guard.model import Posture, Stance, Statement
from tdm_guard.reports.preferences.croissant import CONTEXT
from tdm_guard.reports.preferences.preferred import Runs, json_lines, preferences, stances
from tdm_guard.signals import SIGNALS
from tdm_guard.usage import EVERY, TDM, Usage
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
HTML = [("content-type", "text/html")]
RULES = b"User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /\n"


def judged(usages: set[str], **given: Any) -> list[Decision]:
    """A page of a site that speaks, one that is silent, one that is not there."""
    judge = Judge(agent="ExampleBot", usages=usages, **given)
    pages = {"https://a.example/1": RULES, "https://b.example/2": b"", "https://c.example/3": RULES}
    return [
        judge.evaluate(url, status=404 if "c." in url else 200, headers=HTML, body=b"<p>Text", now=NOW,
                       policies={**SILENT, "/robots.txt": Fetched(status=200, body=rules, at=NOW)})
        for url, rules in pages.items()
    ]  # fmt: skip


def write(path: Path, decisions: list[Decision], usages: tuple[Usage, ...], mode: str = "enforce") -> Path:
    run = RunInfo(usages=usages, agent="ExampleBot", posture=Posture.CAUTIOUS, mode=mode,
                  operator={"name": "acme-ai"}, signals=tuple(signal.name for signal in SIGNALS))  # fmt: skip
    with closing(JsonlLog(path, run=run, now=NOW)) as log:
        for decision in decisions:
            log.decision(decision._replace(exchange=decision.exchange._replace(content_sha256="c" * 64)))
        log.end(NOW)
    return path


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("logs") / "run.jsonl", judged({"search"}), (Usage.SEARCH,))


def run(*words: str | Path) -> str:
    done = CliRunner().invoke(app, ["export", *map(str, words)])
    assert done.exit_code == 0, done.output
    return done.stdout


def items(*words: str | Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*words, "--preferences").splitlines()]


def test_each_admitted_content_has_all_that_was_said_with_words_and_dates(log: Path) -> None:
    spoken, silent = items(log)
    assert [spoken["url"], silent["url"]] == ["https://a.example/1", "https://b.example/2"]  # an error page is no item
    assert spoken["usages"]["search"] == "permitted"
    assert spoken["usages"]["genai-training"] == spoken["usages"]["nongenai-training"] == "reserved"
    assert spoken["collected_for"] == ["search"]
    refused = next(each for each in spoken["said"] if each["stance"] == "reserved")
    assert (refused["signal"], refused["settled"]) == ("content-signals", False)
    assert refused["usages"] == ["nongenai-training", "genai-training"]
    assert "ai-train=no" in refused["excerpt"]
    assert (refused["source"], refused["retrieved_at"]) == (
        "https://a.example/robots.txt",
        "2026-11-28T09:00:00.000000Z",
    )
    assert len(refused["sha256"]) == len(spoken["content_sha256"]) == 64
    assert spoken["documents"][0]["result"] == "read"
    assert silent["said"] == []


def test_where_somebody_was_not_listened_to_silence_is_not_known(log: Path) -> None:
    silent = items(log)[1]
    assert "tdmrep" in silent["not_listened_to"]  # it cannot speak of search
    assert silent["usages"]["search"] == "unstated"
    assert silent["usages"]["analysis"] == silent["usages"]["ai-input"] == "undetermined"
    assert silent["usages"]["archive"] == "unstated"


def test_with_the_usual_usages_everybody_is_listened_to(tmp_path: Path) -> None:
    path = write(tmp_path / "log.jsonl", judged({"tdm"}, mode="observe"), TDM, mode="observe")
    done = CliRunner().invoke(app, ["export", "--preferences", str(path)])
    spoken, silent = (json.loads(line) for line in done.stdout.splitlines())
    assert silent["not_listened_to"] == []
    assert set(silent["usages"].values()) == {"unstated"}
    assert (spoken["verdict"], spoken["usages"]["search"]) == ("reserved", "permitted")
    assert "made in observe mode, so admitted whatever was said: 3 decisions" in done.stderr


def test_a_log_without_the_record_of_a_run_says_that_it_is_not_known(log: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.jsonl"
    torn.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[1:]))
    silent = items(torn)[1]
    assert silent["not_listened_to"] is None
    assert silent["usages"]["archive"] == "undetermined"


def test_of_a_log_that_has_only_what_settled_the_usages_asked_no_more_is_known(log: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.jsonl"
    old.write_bytes(log.read_bytes().replace(b',"chain":"records"', b""))
    silent = items(old)[1]
    assert silent["not_listened_to"] is None
    assert (silent["usages"]["search"], silent["usages"]["archive"]) == ("unstated", "undetermined")


def statement(stance: Stance, usages: tuple[Usage, ...], **members: Any) -> Statement:
    return Statement(source="https://a.example/x", carrier="file", signal="x", usages=usages, stance=stance, **members)


_statements = st.lists(
    st.builds(
        statement,
        st.sampled_from(Stance),
        st.lists(st.sampled_from(EVERY), min_size=1, unique=True).map(tuple),
        doubt=st.none() | st.just("why"),
        reviewed=st.none()
        | st.sampled_from([Reviewed(outcome=outcome, by="a", at="b", why="c") for outcome in ReviewOutcome]),
    ),
    max_size=5,
)


@settings(max_examples=100, deadline=None)
@given(_statements)
def test_stances_are_those_that_a_decision_for_all_usages_has(said: list[Statement]) -> None:
    """However few are asked for, what the record says of the others comes to what the decision would have been."""
    everything = decide(tuple(said), Terms(usages=EVERY)).usages
    for asked in (EVERY[:1], EVERY[2:4], (Usage.ARCHIVE,)):
        outcome = decide(tuple(said), Terms(usages=asked))
        told = [item.to_dict() for item in (*outcome.because, *outcome.said)]
        found = stances({usage.value: stance.value for usage, stance in outcome.usages.items()}, told, ())
        assert found == {usage.value: everything[usage].value for usage in EVERY}


def test_nothing_of_the_operators_own_is_published(tmp_path: Path) -> None:
    ours = statement(Stance.RESERVED, TDM, contact="me@acme.example (from contacts.toml)",
                     reviewed=Reviewed(outcome=ReviewOutcome.RELEASED, by="jo@acme.example", at="x",
                                       why="secret"))  # fmt: skip
    [first, *_] = judged({"tdm"})
    outcome = decide((ours,), Terms(usages=TDM))
    path = write(tmp_path / "log.jsonl", [first._replace(outcome=outcome)], TDM)
    text = run(path, "--preferences")
    [entry] = json.loads(text)["said"]
    assert entry["released"] is True
    assert "acme.example" not in text
    assert "secret" not in text
    assert json.loads(text)["usages"]["analysis"] == "unstated"


def test_parquet_has_the_same(log: Path, tmp_path: Path) -> None:
    from pyarrow import parquet

    path = tmp_path / "preferences.parquet"
    run(log, "--preferences", "--format", "parquet", "-o", path)
    rows = parquet.read_table(path).to_pylist()
    for row in rows:
        row["said"] = [{name: value for name, value in each.items() if value is not None} for each in row["said"]]
    assert rows == items(log)
    assert [each.name for each in tmp_path.iterdir()] == ["preferences.parquet"]


def test_what_a_terminal_acts_on_is_shown_in_parquet_as_elsewhere(tmp_path: Path) -> None:
    from tdm_guard.reports.preferences.parquet_file import parquet, write_parquet

    words = "a\x1b[31m\u202e\x9b\x07\udc80\n"
    said = [{"stance": "reserved", "usages": ["analysis"], "source": words, "excerpt": words, "contact": words}]
    record = {"url": "https://a.example/" + words, "because": said, "checked": [{"document": words, "result": words}]}
    told = list(preferences([record], Runs()))
    write_parquet(told, tmp_path / "p.parquet")
    [row] = parquet.read_table(tmp_path / "p.parquet").to_pylist()
    assert row["said"][0]["excerpt"] == row["documents"][0]["document"] == r"a\x1b[31m\u202e\x9b\x07\udc80\n"
    assert str(row["url"]).isprintable()
    [line] = json_lines(told)
    assert line.removesuffix("\n").isprintable()
    assert json.loads(line)["said"][0]["excerpt"].startswith("a\x1b")  # JSON's own escapes read as the words


REQUIRED = {"@context", "@type", "conformsTo", "description", "license", "name", "url", "creator", "datePublished",
            "distribution"}  # fmt: skip
RAI = {"rai:dataCollection", "rai:dataCollectionType", "rai:dataCollectionMissingData",
       "rai:dataCollectionTimeframe"}  # fmt: skip
SCHEMA_ORG = {"version", "usageInfo", "recordSet", "prov:wasGeneratedBy"}
WORDS = ["--url", "https://acme.example/d/", "--licence", "https://acme.example/terms", "--name", "gazette"]


def test_the_card_is_croissant_and_fits_its_file(log: Path, tmp_path: Path) -> None:
    run(log, "--preferences", "-o", tmp_path / "preferences.jsonl")
    block = json.loads(run(log, "--preferences", "--format", "croissant", *WORDS))
    assert set(block) == REQUIRED | RAI | SCHEMA_ORG
    assert block["@type"] == "sc:Dataset"
    assert block["conformsTo"] == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
    assert block["@context"]["@vocab"] == block["@context"]["sc"] == "https://schema.org/"
    assert block["license"] == "https://acme.example/terms"
    assert block["usageInfo"] == "https://acme.example/d/preferences.jsonl"
    assert block["creator"]["name"] == "acme-ai"
    [file] = block["distribution"]
    data = (tmp_path / file["contentUrl"]).read_bytes()
    assert file["sha256"] == hashlib.sha256(data).hexdigest()
    assert (file["@type"], file["encodingFormat"]) == ("cr:FileObject", "application/jsonlines")
    first = json.loads(data.splitlines()[0])
    [records] = block["recordSet"]
    for field in records["field"]:
        assert field["@id"] == f"preferences/{field['name']}"
        assert field["source"]["fileObject"] == {"@id": file["@id"]}
        value = first[field["source"]["extract"]["column"]]
        if path := field["source"].get("transform"):
            value = value[path["jsonPath"].removeprefix("$.")]
        assert isinstance(value, str)
    assert {field["name"] for field in records["field"]} >= {usage.value for usage in EVERY}
    assert block["rai:dataCollectionTimeframe"] == ["2026-11-28T09:00:00.000000Z"] * 2
    prefixes = {name.partition(":")[0] for name in block if ":" in name}
    assert prefixes <= set(CONTEXT)


def test_a_card_of_a_file_that_is_there(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    run(log, "--preferences", "--format", "parquet", "-o", path)
    block = json.loads(run(log, "--preferences", "--format", "croissant", "--data", path))
    [file] = block["distribution"]
    assert (file["@id"], file["encodingFormat"]) == ("p.parquet", "application/x-parquet")
    assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_the_card_leaves_open_is_a_blank_and_told(log: Path) -> None:
    done = CliRunner().invoke(app, ["export", "--preferences", "--format", "croissant", str(log)])
    assert "left to you, 2 blanks: url, license" in done.stderr
    assert json.loads(done.stdout)["license"].startswith("operator: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "export: give one of --sqlite, --preferences"),
        (["--preferences", "--format", "csv"], "--format: 'csv' is not one of jsonl, parquet, croissant"),
        (["--preferences", "--format", "parquet"], "--format parquet is no text; give -o"),
        (["--preferences", "--name", "a"], "what describes a data set goes with --format croissant"),
        (["--preferences", "--format", "croissant", "--data", "none"], "--data: 'none' cannot be read"),
        (["--preferences", "-o", "{log}"], "is one of the logs"),
    ],
)
def test_wrong_calls_are_told(
    log: Path, words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["export", str(log), *(word.format(log=log) for word in words)])
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


def test_without_its_extra_parquet_says_which(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.delitem(sys.modules, "tdm_guard.reports.preferences.parquet_file", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = CliRunner().invoke(
        app, ["export", "--preferences", "--format", "parquet", "-o", str(tmp_path / "p"), str(log)]
    )
    assert (done.exit_code, done.stderr.strip()) == (
        2,
        'tdm-guard: export: --format parquet needs pyarrow: pip install "tdm-guard[parquet]"',
    )
