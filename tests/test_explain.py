"""`explain`: the page that `check` shows, made from a record; ids that are there, that several are, that are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner, Result

from tdm_guard import Fetched, evaluate
from tdm_guard.cli import app
from tdm_guard.cli.page import show
from tdm_guard.decision import Checked, Decision, Exchange, LogEntry, Match, Outcome, Stage
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.record import RunInfo
from tdm_guard.log.recorded import read_decision
from tdm_guard.matched import DeclaredAs, Lift, LiftOutcome, MatchedBy, Reviewed, ReviewOutcome
from tdm_guard.model import Fault, Layer, Posture, Stance, Statement, Verdict
from tdm_guard.model import (
    Result as Came,
)
from tdm_guard.operator import Research
from tdm_guard.usage import TDM, Usage
from tests.support.logs import NOW, log_of

SILENT = {"/robots.txt": Fetched(status=404), "/.well-known/tdmrep.json": Fetched(status=404)}
RESERVING = {**SILENT, "/.well-known/tdmrep.json": Fetched(status=200, body=b'[{"location":"/","tdm-reservation":1}]')}
SONG = Statement(
    source="songs-2024",
    carrier="declaration",
    locator="match.iswc",
    excerpt="All our works are reserved.",
    sha256="a" * 64,
    retrieved_at=NOW,
    signal="repertoire",
    usages=TDM,
    stance=Stance.RESERVED,
    layer=Layer.REPERTOIRE,
    rightsholder="Société d'Essai",
    policy_url="https://society.example/ai",
    contact="ai@society.example",
    terms="on request",
    match=MatchedBy(key="iswc", value="T0000000010", strength="identifier"),
    declaration=DeclaredAs(version="1", form="letter", mandate_status="disputed"),
    doubt="mandate disputed",
    authorisations=(Lift(id="lic-1", outcome=LiftOutcome.NOT_LIFTED, usages="genai-training", why="it has run out"),),
    reviewed=Reviewed(outcome=ReviewOutcome.CONFIRMED, by="legal@acme.example", at="2026-01-05", why="it is ours"),
    repair="C2",
)
FULL = Decision(
    url="https://site.example/a",
    ts=NOW,
    stage=Stage.BODY,
    outcome=Outcome(
        verdict=Verdict.EXEMPT,
        usages=dict.fromkeys(TDM, Stance.RESERVED) | {Usage.SEARCH: Stance.PERMITTED},
        because=(SONG,),
        authorisations=("lic-1", "lic-2"),
        exemption=Research(eligible=True, lawful_access=True, attested_by="dean", at="2026-01-05", reference="c 3"),
    ),
    exchange=Exchange(
        "https://site.example/b", "https://site.example", 200, True, True, "text/html", 10, "b" * 64, True,
        ("https://site.example/a",), Match.MATCHED,
    ),
    checked=(Checked("https://site.example/robots.txt", Came.READ, 200, NOW, "c" * 64, cached=True),),
    faults=(Fault(message="neither 0 nor 1", source="https://site.example/", carrier="html", signal="tdmrep"),),
    entry=LogEntry(run="r", seq=7, id="r-7", prev="d" * 64, hash="e" * 64),
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, ["explain", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Decision]:
    monkeypatch.chdir(tmp_path)
    reserved = [evaluate(f"https://site.example/{number}", policies=RESERVING, now=NOW) for number in range(11)]
    return log_of(tmp_path / "tdm.jsonl", [*reserved, evaluate("https://free.example/", policies=SILENT, now=NOW)])


@pytest.mark.parametrize("number", [0, 10, 11])
def test_the_page_is_that_of_check(logged: list[Decision], number: int, capsys: pytest.CaptureFixture[str]) -> None:
    decision = logged[number]
    result = run(decision.id, "tdm.jsonl")
    assert (result.exit_code, result.stderr) == (0, "")
    page, _, record = result.stdout.partition("\nThe record\n")
    show(decision, Console(highlight=False, soft_wrap=True))
    assert page.rstrip() == capsys.readouterr().out.rstrip()
    assert record.splitlines()[:2] == [
        f"  decision {decision.id} of 2026-01-05T09:00:00.123456Z",
        f"  tdm.jsonl, line {number + 2}",
    ]
    assert f"  run {decision.run}\n    agent: ExampleBot\n    posture: cautious\n    mode: enforce\n" in record


def test_json_is_the_line_as_it_stands(logged: list[Decision]) -> None:
    result = run(logged[3].id, "tdm.jsonl", "--json")
    assert result.exit_code == 0
    assert result.stdout == Path("tdm.jsonl").read_text(encoding="utf-8").splitlines()[4] + "\n"


def test_how_an_id_begins_is_enough_where_no_other_does(logged: list[Decision], tmp_path: Path) -> None:
    log_of(tmp_path / "other.jsonl", [evaluate("https://other.example/", policies=SILENT, now=NOW)], run_id="other")
    result = run("oth", "tdm.jsonl", "other.jsonl")
    assert result.exit_code == 0
    assert result.stdout.startswith("UNRESERVED  https://other.example/\n")
    assert "  other.jsonl, line 2\n  run other\n" in result.stdout
    exact = run(logged[0].id, "tdm.jsonl")  # that of the eleventh begins with it
    assert exact.stdout.startswith("RESERVED  https://site.example/0\n")


def test_an_address_stands_for_the_latest_decision_on_it(logged: list[Decision]) -> None:
    by_id = run(logged[4].id, "tdm.jsonl")
    by_address = run(logged[4].url, "tdm.jsonl")
    assert (by_address.exit_code, by_address.stdout) == (by_id.exit_code, by_id.stdout) != (2, "")


def test_where_several_begin_so_they_are_named(logged: list[Decision]) -> None:
    result = run(logged[0].run, "tdm.jsonl")
    assert (result.exit_code, result.stdout) == (2, "")
    named = ", ".join(decision.id for decision in logged[:5])
    assert result.stderr == f"tdm-guard: explain: {logged[0].run!r} begins several ids: {named} and others\n"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("nobody-1", "no decision in these logs has the id 'nobody-1'; an id is the member id of a record, for "),
        ("https://unknown.example/", "no decision in these logs is about https://unknown.example/"),
        ("\x1b[31mred", "has the id '\\x1b[31mred'"),
        ("", "the id of a decision comes first, then the logs; for example tdm-guard explain "),
        ("tdm.jsonl", "the id of a decision comes first, then the logs; for example tdm-guard explain "),
    ],
)  # fmt: skip
def test_an_id_that_is_not_there_is_told_in_one_sentence(logged: list[Decision], wanted: str, said: str) -> None:
    result = run(wanted, "tdm.jsonl")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert result.stderr.startswith("tdm-guard: explain: ")
    assert result.stderr.count("\n") == 1
    if "are " in said:
        assert logged[4].id in result.stderr


def test_a_log_that_cannot_be_read_or_holds_nothing(logged: list[Decision], tmp_path: Path) -> None:
    assert "'gone.jsonl' cannot be read as a log" in run(logged[0].id, "tdm.jsonl", "gone.jsonl").stderr
    (tmp_path / "empty.jsonl").write_text("")
    assert "has the id 'x-1'; there is none at all" in run("x-1", "empty.jsonl").stderr


def test_a_torn_log_is_read_as_far_as_it_goes(logged: list[Decision], tmp_path: Path) -> None:
    log = tmp_path / "tdm.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:2], b'{"type":"decision","id":\n', *lines[3:6], lines[6][:60]]))
    assert run(logged[0].id, "tdm.jsonl").exit_code == 0
    result = run(logged[1].id, "tdm.jsonl")
    assert result.exit_code == 2
    assert "; 2 lines are no records" in result.stderr
    log.write_bytes(b"".join(lines[1:]))
    assert f"  run {logged[0].run}, which has no record in these logs\n" in run(logged[0].id, "tdm.jsonl").stdout


def test_a_record_that_was_changed_is_shown_and_said_to_be(logged: list[Decision], tmp_path: Path) -> None:
    log = tmp_path / "tdm.jsonl"
    log.write_bytes(log.read_bytes().replace(b"https://site.example/5", b"https://evil.example/5"))
    result = run(logged[5].id, "tdm.jsonl")
    assert result.exit_code == 1
    assert result.stdout.startswith("RESERVED  https://evil.example/5\n")
    assert result.stderr == "tdm.jsonl:7: the record was changed after it was written; tdm-guard verify says more\n"


def test_the_same_record_twice_is_one_and_two_of_one_id_are_told(logged: list[Decision], tmp_path: Path) -> None:
    copy = (tmp_path / "tdm.jsonl").read_bytes()
    (tmp_path / "copy.jsonl").write_bytes(copy)
    assert run(logged[0].id, "tdm.jsonl", "copy.jsonl").exit_code == 0
    (tmp_path / "copy.jsonl").write_bytes(copy.replace(b"site.example", b"evil.example"))
    result = run(logged[0].id, "tdm.jsonl", "copy.jsonl")
    assert result.exit_code == 1
    assert "1 more record with this id, and not the same" in result.stderr


def test_what_a_later_version_writes_is_named_and_not_shown_as_nothing(tmp_path: Path) -> None:
    held = {**FULL.to_dict(), "because": [*FULL.to_dict()["because"], {"kind": "novel"}]}
    (tmp_path / "tdm.jsonl").write_text(json.dumps(held) + "\n")
    result = run("r-7", str(tmp_path / "tdm.jsonl"))
    assert "not understood, and not shown whole: because; --json shows the record as it is" in result.stderr
    (tmp_path / "tdm.jsonl").write_text(json.dumps({**held, "verdict": "perhaps"}) + "\n")
    result = run("r-7", str(tmp_path / "tdm.jsonl"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--json shows it as it is" in result.stderr


def test_a_body_that_streamed_on_is_told_with_its_decision(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    log = JsonlLog(path, run=RunInfo(usages=TDM, agent="a", posture=Posture.LITERAL, mode="observe"), now=NOW)
    decision = log.decision(evaluate("https://free.example/", policies=SILENT, status=200, now=NOW))
    log.body(decision, now=NOW, size=70_000, content_sha256="f" * 64, complete=False)
    log.close()
    shown = run(decision.id, str(path)).stdout
    assert f"  received: 70000 bytes, sha256 {'f' * 64}, given up before its end\n" in shown
    assert "    posture: literal\n    mode: observe\n" in shown


def test_what_decided_over_a_work_is_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    show(FULL, Console(highlight=False, soft_wrap=True))
    shown = capsys.readouterr().out
    for line in (
        "    matched by: iswc T0000000010 (identifier)",
        "    in doubt because: mandate disputed",
        "    authorisation lic-1: not-lifted, it has run out",
        "    confirmed by legal@acme.example on 2026-01-05: it is ours",
        "    read so by the cautious posture, repair C2",
    ):
        assert line in shown.splitlines()


def test_a_record_read_back_is_the_decision_it_was_made_from() -> None:
    held = json.loads(json.dumps(FULL.to_dict()))
    read = read_decision(held)
    assert read is not None
    assert (read.decision, read.left_out) == (FULL, ())
    assert read.decision.to_dict() == held


def size(value: object) -> int:
    return len(value) if isinstance(value, (list, dict)) else int(value is not None)


@given(st.data())
def test_whatever_a_record_holds_it_never_raises(data: st.DataObject) -> None:
    held: dict[str, Any] = json.loads(json.dumps(FULL.to_dict()))
    table = data.draw(st.sampled_from([held, held["because"][0], held["checked"][0], held["faults"][0]]))
    name = data.draw(st.sampled_from(sorted(table)))
    table[name] = data.draw(ANYTHING)
    read = read_decision(held)
    if read is not None:
        made = read.decision.to_dict()
        fewer = [kind for kind in ("because", "checked", "faults") if len(made[kind]) != size(held[kind])]
        assert set(fewer) <= set(read.left_out)
        show(read.decision, Console(highlight=False, soft_wrap=True, quiet=True))
