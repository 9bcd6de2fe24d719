"""Writing the log: what is in a line, what happens when it cannot be written, and who may write."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import ConfigurationError, LogError
from tdm_guard.decision import Checked, Decision, Exchange, Outcome, Stage
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.reader import read_log
from tdm_guard.log.record import RunInfo
from tdm_guard.log.verify import Verification
from tdm_guard.model import Fault, Posture, Result, Stance, Statement, Stored, Verdict
from tdm_guard.operator import Research
from tdm_guard.usage import EVERY, TDM, Usage

NOW = datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC)
RUN = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce", signals=("robots", "tdmrep"))
CHECKED = (
    Checked(
        document="https://example.org/robots.txt", result=Result.READ, status=200, retrieved_at=NOW, sha256="a" * 64
    ),
    Checked(document="https://example.org/.well-known/tdmrep.json", result=Result.ABSENT, status=404, cached=True),
)
RESERVATION = Statement(
    source="https://example.org/.well-known/tdmrep.json",
    carrier="file",
    locator="rule 1",
    excerpt='"tdm-reservation": 1',
    signal="tdmrep",
    usages=TDM,
    stance=Stance.RESERVED,
    policy_url="https://example.org/policy",
    match={"iswc": "T-000.000.001-0"},
)


def decided(url: str = "https://example.org/a", verdict: Verdict = Verdict.UNRESERVED, **members: Any) -> Decision:
    reserved = verdict is Verdict.RESERVED
    stance = Stance.RESERVED if reserved else Stance.UNSTATED
    values: dict[str, Any] = {
        "url": url,
        "ts": NOW,
        "stage": Stage.BODY,
        "outcome": Outcome(
            verdict=verdict, usages=dict.fromkeys(TDM, stance), because=(RESERVATION,) if reserved else ()
        ),
        "exchange": Exchange(url, "https://example.org", 200, not reserved, media_type="text/html", bytes=10),
        "checked": CHECKED,
    }
    return Decision(**{**values, **members})


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def test_a_run_is_four_kinds_of_records_in_order(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW)) as log:
        first = log.decision(decided())
        second = log.decision(decided(verdict=Verdict.RESERVED))
        log.body(first, now=NOW, size=7, content_sha256="b" * 64, complete=True)
        log.end(NOW)
        log.end(NOW)
    run, one, two, body, end = records(path)
    assert run["type"] == "run"
    assert run["usages"] == [usage.value for usage in TDM]
    assert run["tool"].startswith("tdm_guard/")
    assert (one, two) == (first.to_dict(), second.to_dict())
    assert (first.seq, second.seq) == (1, 2)
    assert body["decision"] == first.id
    assert body["bytes"] == 7
    assert end["totals"] == {"unreserved": 1, "reserved": 1}
    assert {record["run"] for record in records(path)} == {log.run_id}
    assert second.because[0].excerpt == RESERVATION.excerpt
    assert path.stat().st_mode & 0o007 == 0


def test_the_chain_can_be_checked_with_nothing_but_json_and_sha256(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW)) as log:
        for number in range(3):
            log.decision(decided(f"https://example.org/é{number}"))
    first, *lines = path.read_bytes().splitlines()
    prev = hashlib.sha256(first).hexdigest()
    for line in lines:
        record = json.loads(line)
        stated = record.pop("hash")
        assert record["prev"] == prev
        rest = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
        assert stated == hashlib.sha256(rest).hexdigest()
        prev = stated


def test_the_line_of_a_crashed_run_is_not_glued_to_ours(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    path.write_bytes(b'{"type":"deci')
    with closing(JsonlLog(path, run=RUN, now=NOW)) as log:
        log.end(NOW)
    torn, run, _ = path.read_bytes().splitlines()
    assert torn == b'{"type":"deci'
    assert json.loads(run)["type"] == "run"


def test_a_whole_last_line_gets_no_empty_line_after_it(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    for _ in range(2):
        with closing(JsonlLog(path, run=RUN, now=NOW)) as log:
            log.end(NOW)
    assert b"\n\n" not in path.read_bytes()
    assert len(records(path)) == 4


def test_run_and_pid_are_filled_in_and_folders_made(tmp_path: Path) -> None:
    with closing(JsonlLog(tmp_path / "logs" / "{run}-{pid}.jsonl", run=RUN, now=NOW)) as log:
        assert log.path.name == f"{log.run_id}-{os.getpid()}.jsonl"
    assert log.path.exists()
    assert log.run_id.startswith("20260105T090000Z-")


def test_another_placeholder_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\{date\}.*for example"):
        JsonlLog(tmp_path / "{date}.jsonl", run=RUN, now=NOW)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "\0", "file/below"])
def test_a_path_that_cannot_be_opened_is_a_log_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LogError, match="cannot be opened"):
        JsonlLog(str(tmp_path / name) if name else str(tmp_path), run=RUN, now=NOW)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is played by /dev/full")
def test_a_full_disk_at_the_start_is_a_log_error() -> None:
    with pytest.raises(LogError, match="cannot be written"):
        JsonlLog("/dev/full", run=RUN, now=NOW)


def test_a_line_that_does_not_fit_ends_the_log_for_good(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(JsonlLog(path, run=RUN, now=NOW)) as log:
        log.decision(decided())
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 50, hard))
        try:
            with pytest.raises(LogError, match="50 of"):
                log.decision(decided())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        for write in (
            lambda: log.decision(decided()),
            lambda: log.body("x-1", now=NOW, size=1, content_sha256=None, complete=True),
            lambda: log.end(NOW),
        ):
            with pytest.raises(LogError, match="earlier line could not be written"):
                write()
    assert path.read_bytes().count(b"\n") == 2


def test_nothing_is_written_after_the_end_or_after_closing(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    log = JsonlLog(path, run=RUN, now=NOW)
    log.end(NOW)
    with pytest.raises(LogError, match="ended"):
        log.decision(decided())
    log.close()
    log.close()
    unended = JsonlLog(path, run=RUN, now=NOW)
    unended.close()
    with pytest.raises(LogError, match="closed"):
        unended.decision(decided())
    with pytest.raises(LogError, match="closed"):
        unended.end(NOW)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_cannot_count_on_in_our_chain(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW)) as log:
        child = os.fork()
        if child == 0:
            try:
                log.decision(decided())
            except LogError as error:
                os._exit(7 if "{pid}" in str(error) else 8)
            os._exit(9)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        log.decision(decided())
    assert len(records(path)) == 2


def test_threads_share_one_unbroken_chain(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW)) as log:
        long = decided("https://example.org/" + "x" * 3000)
        threads = [
            threading.Thread(target=lambda: [log.decision(long) for _ in range(50)], name=str(n)) for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        log.end(NOW)
    verification = Verification()
    assert list(verification.findings(read_log([path]))) == []
    assert verification.decisions == 200


def test_two_runs_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW)) as one, closing(JsonlLog(path, run=RUN, now=NOW)) as two:
        for log in (one, two, two, one):
            log.decision(decided())
        one.end(NOW)
        two.end(NOW)
    assert list(Verification().findings(read_log([path]))) == []


def test_each_decision_has_its_own_time_in_utc(tmp_path: Path) -> None:
    times = [
        NOW,
        NOW.replace(microsecond=0),
        NOW.replace(microsecond=999_999),
        NOW + timedelta(seconds=1),
        NOW - timedelta(days=1),
        (NOW - timedelta(days=1)).astimezone(timezone(timedelta(hours=5, minutes=30, microseconds=7))),
        NOW.astimezone(timezone(timedelta(hours=-3))),
    ]
    with closing(JsonlLog(tmp_path / "log.jsonl", run=RUN, now=NOW)) as log:
        for moment in times:
            log.decision(decided(ts=moment))
    assert [record["ts"] for record in records(log.path) if record["type"] == "decision"] == [
        "2026-01-05T09:00:00.123456Z",
        "2026-01-05T09:00:00.000000Z",
        "2026-01-05T09:00:00.999999Z",
        "2026-01-05T09:00:01.123456Z",
        "2026-01-04T09:00:00.123456Z",
        "2026-01-04T09:00:00.123456Z",
        "2026-01-05T09:00:00.123456Z",
    ]


def test_outcomes_and_answers_in_turn_are_spelt_each_by_itself(tmp_path: Path) -> None:
    silent, reserved = decided(), decided(verdict=Verdict.RESERVED)
    picture = silent._replace(exchange=silent.exchange._replace(media_type="image/png", status=206))
    with closing(JsonlLog(tmp_path / "log.jsonl", run=RUN, now=NOW)) as log:
        written = [log.decision(item).to_dict() for item in (silent, reserved, silent, picture, reserved, picture)]
    assert [record for record in records(log.path) if record["type"] == "decision"] == written


def test_equal_looking_document_tuples_are_spelt_each_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW)) as log:
        for number in range(1200):  # more than are remembered, and dropped right away, so that identities come again
            checked = (Checked(document=f"https://example.org/{number}", result=Result.ABSENT),)
            log.decision(decided(checked=checked))
    documents = [record["checked"][0]["document"] for record in records(path)[1:]]
    assert documents == [f"https://example.org/{number}" for number in range(1200)]


# A high surrogate before a low one would be read back as the one character that they encode.
_text = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\udc80\udcff"), max_size=40)
_moments = st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=5))]))
_statements = st.builds(
    Statement,
    source=_text,
    carrier=_text,
    locator=st.none() | _text,
    excerpt=st.none() | _text,
    signal=_text,
    usages=st.lists(st.sampled_from(EVERY), unique=True).map(tuple),
    stance=st.sampled_from(Stance),
    retrieved_at=st.none() | _moments,
    match=st.none() | st.dictionaries(_text, _text, max_size=2),
)
_decisions = st.builds(
    Decision,
    url=_text,
    ts=_moments,
    stage=st.sampled_from(Stage),
    stored=st.none() | st.builds(Stored, st.text(min_size=1, max_size=9), st.integers(0, 2**63 - 1), st.none() | _text),
    outcome=st.builds(
        Outcome,
        verdict=st.sampled_from(Verdict),
        usages=st.dictionaries(st.sampled_from([u for u in Usage if u in EVERY]), st.sampled_from(Stance)),
        because=st.lists(_statements, max_size=2).map(tuple),
        authorisations=st.lists(_text, max_size=2).map(tuple),
        enforced=st.booleans(),
        exemption=st.none() | st.builds(Research, attested_by=_text, at=_text, reference=_text),
    ),
    exchange=st.builds(
        Exchange,
        final_url=_text,
        origin=_text,
        status=st.none() | st.integers(100, 599),
        content=st.booleans(),
        authenticated=st.booleans(),
        media_type=st.none() | _text,
        bytes=st.none() | st.integers(0, 2**40),
        content_sha256=st.none() | _text,
        cached=st.booleans(),
        hops=st.lists(_text, max_size=2).map(tuple),
    ),
    checked=st.lists(
        st.builds(Checked, document=_text, result=st.sampled_from(Result), retrieved_at=st.none() | _moments),
        max_size=2,
    ).map(tuple),
    faults=st.lists(st.builds(Fault, source=_text, carrier=_text, message=_text), max_size=2).map(tuple),
)


@settings(max_examples=100)
@given(st.lists(_decisions, max_size=3))
def test_what_is_written_is_what_is_read(tmp_path: Path, decisions: list[Decision]) -> None:
    path = tmp_path / "tdm.jsonl"
    path.unlink(missing_ok=True)
    with closing(JsonlLog(path, run=RUN, now=NOW)) as log:
        logged = [log.decision(decision) for decision in decisions]
        log.end(NOW)
    assert [line.record for line in read_log([path]) if line.type == "decision"] == [item.to_dict() for item in logged]
    assert [(item.url, item.outcome, item.exchange) for item in logged] == [
        (item.url, item.outcome, item.exchange) for item in decisions
    ]
    assert list(Verification().findings(read_log([path]))) == []


def _delete(path: Path) -> None:
    path.unlink()


def _move_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


def _rotate(path: Path) -> None:
    path.rename(path.with_suffix(".1"))
    path.write_bytes(b"")


def _replace(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes() + b"x" * 10_000)
    other.replace(path)


def _truncate(path: Path) -> None:
    os.truncate(path, 10)


def _copy_truncate(path: Path) -> None:
    path.with_suffix(".1").write_bytes(path.read_bytes())
    os.truncate(path, 0)


GONE = [_delete, _move_folder, _rotate, _replace, _truncate, _copy_truncate]


@pytest.mark.parametrize("harm", GONE)
@pytest.mark.parametrize("early", [True, False], ids=["before the first record", "after it"])
def test_a_log_that_is_gone_ends_the_run(tmp_path: Path, harm: Callable[[Path], None], early: bool) -> None:
    path = tmp_path / "logs" / "log.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW)) as log:
        if not early:
            log.decision(decided())
        harm(path)
        with pytest.raises(LogError, match="cannot be written"):
            log.decision(decided())
        with pytest.raises(LogError, match="nothing can be written"):
            log.decision(decided())
        with pytest.raises(LogError, match="nothing can be written"):
            log.end(NOW)


@pytest.mark.parametrize("harm", GONE)
def test_a_log_that_is_gone_at_the_end_is_told(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    path = tmp_path / "logs" / "log.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW)) as log:
        log.decision(decided())
        harm(path)
        with pytest.raises(LogError):
            log.end(NOW)


def test_a_log_that_is_only_read_copied_or_appended_to_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with closing(JsonlLog("log.jsonl", run=RUN, now=NOW)) as log:
        log.decision(decided())
        os.link("log.jsonl", "linked.jsonl")
        with Path("log.jsonl").open("ab") as other:
            other.write(b'{"type":"other"}\n')
        monkeypatch.chdir(tmp_path / "elsewhere")
        log.decision(decided())
        log.end(NOW)


def test_what_is_no_file_is_not_looked_for(tmp_path: Path) -> None:
    with closing(JsonlLog("/dev/null", run=RUN, now=NOW)) as log:
        log.decision(decided())
        log.end(NOW)
