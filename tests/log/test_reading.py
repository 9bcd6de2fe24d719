"""Reading logs back, verifying them, and reporting on them: good ones, broken ones, and bytes that are no log."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import ConfigurationError
from tdm_guard.decision import Decision, Exchange, Outcome, Stage
from tdm_guard.log import reader
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.reader import read_log
from tdm_guard.log.record import RunInfo, line_of
from tdm_guard.log.verify import LogSeverity, Verification
from tdm_guard.model import Fault, Posture, Stance, Statement, Verdict
from tdm_guard.reports import summary
from tdm_guard.reports.items import render_items, withheld
from tdm_guard.reports.page import page
from tdm_guard.reports.report import render
from tdm_guard.reports.summary import summarise
from tdm_guard.usage import TDM
from tests.support.chains import joined, rechained
from tests.support.varied import write_log

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
Lines = list[bytes]


def decided(
    url: str,
    verdict: Verdict = Verdict.UNRESERVED,
    *,
    enforced: bool = True,
    words: str = "User-agent: *",
    **facts: Any,
) -> Decision:
    stance = {Verdict.RESERVED: Stance.RESERVED, Verdict.UNDETERMINED: Stance.UNDETERMINED}.get(verdict)
    because = ()
    if verdict is Verdict.RESERVED:
        because = (
            Statement(
                source="https://a.example/robots.txt",
                carrier="robots.txt",
                locator="line 2",
                excerpt=words,
                signal="robots",
                usages=TDM,
                stance=Stance.RESERVED,
            ),
        )
    fault = Fault(source="https://b.example/", carrier="file", message="no JSON", signal="tdmrep")
    return Decision(
        url=url,
        ts=NOW,
        stage=Stage.BODY,
        outcome=Outcome(
            verdict=verdict, usages=dict.fromkeys(TDM, stance or Stance.UNSTATED), because=because, enforced=enforced
        ),
        exchange=Exchange(url, url.rpartition("/")[0], 200, **{"content": True, "bytes": 10, **facts}),
        faults=(fault,) if verdict is Verdict.UNDETERMINED else (),
    )


def write(path: Path, *decisions: Decision, mode: str = "enforce", end: bool = True) -> list[Decision]:
    info = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode=mode)
    with closing(JsonlLog(path, run=info, now=NOW)) as log:
        logged = [log.decision(decision) for decision in decisions]
        if end:
            log.end(NOW)
    return logged


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "tdm.jsonl"
    write(
        path,
        decided("https://a.example/1"),
        decided("https://a.example/2", Verdict.RESERVED),
        decided("https://b.example:8443/3", Verdict.UNDETERMINED),
        decided("https://b.example:8443/4", content=False),
    )
    return path


def findings(*paths: Path) -> list[tuple[int, LogSeverity, str]]:
    return [(f.line, f.severity, f.message) for f in Verification().findings(read_log(paths))]


def test_a_whole_log_has_no_findings(log: Path) -> None:
    verification = Verification()
    assert list(verification.findings(read_log([log]))) == []
    assert (verification.errors, verification.decisions, verification.runs) == (0, 4, 1)


def swap(lines: Lines) -> Lines:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def edit(number: int, old: bytes, new: bytes) -> Callable[[Lines], Lines]:
    def change(lines: Lines) -> Lines:
        assert old in lines[number]
        return [*lines[:number], lines[number].replace(old, new), *lines[number + 1 :]]

    return change


def insert(number: int, line: bytes) -> Callable[[Lines], Lines]:
    return lambda lines: [*lines[:number], line, *lines[number:]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda lines: [*lines[:2], *lines[3:]], "gap", id="a decision taken out"),
        pytest.param(lambda lines: [*lines[:2], lines[1], *lines[2:]], "repeated or out of order", id="one twice"),
        pytest.param(swap, "out of order", id="two exchanged"),
        pytest.param(lambda lines: lines[1:], "no run record before it", id="no run record"),
        pytest.param(lambda lines: [lines[0], *lines], "begins a second time", id="run record twice"),
        pytest.param(lambda lines: [*lines[:4], lines[5]], "ended with totals", id="last decision taken out"),
        pytest.param(lambda lines: [*lines[:4], lines[5], lines[4]], "after its end record", id="decision after end"),
        pytest.param(lambda lines: [*lines, lines[5]], "an end record of run", id="two ends"),
        pytest.param(edit(1, b"a.example/1", b"a.example/9"), "changed after it was written", id="URL changed"),
        pytest.param(edit(0, b"ExampleBot", b"OtherBot"), "prev is not its hash", id="run record changed"),
        pytest.param(edit(1, b'"hash":"', b'"hash":"x'), "does not end with its hash", id="hash spoilt"),
        pytest.param(edit(1, b'"v":1', b'"v":2'), "version 2", id="version"),
        pytest.param(edit(1, b'"seq":1', b'"seq":"1"'), "is no number", id="seq"),
        pytest.param(edit(1, b'"run":"2', b'"run":"3'), "no run record before it", id="another run"),
        pytest.param(edit(1, b'"run":"2', b'"run":7,"x":"'), "without the name of its run", id="run of no name"),
        pytest.param(edit(2, b'"admitted":false', b'"admitted":true'), "admitted is True", id="verdict and outcome"),
        pytest.param(edit(2, b'"verdict":"reserved"', b'"verdict":"fine"'), "verdict 'fine'", id="verdict"),
        pytest.param(edit(1, b'"url":"', b'"uri":"'), "without a URL", id="no URL"),
        pytest.param(insert(2, b'{"type":"deci'), "no record: no JSON", id="torn in the middle"),
        pytest.param(insert(2, b"\xff"), "not UTF-8", id="no UTF-8"),
        pytest.param(insert(2, b"[]"), "JSON, but no record", id="no record"),
        pytest.param(insert(2, b"[" * 100_000), "no record", id="nested"),
        pytest.param(insert(2, b'{"type":"body","v":1,"run":7}'), "without the name", id="body of no run"),
        pytest.param(lambda lines: [], "holds no run", id="empty"),
    ],
)
def test_what_a_crash_cannot_explain_is_an_error(log: Path, change: Callable[[Lines], Lines], said: str) -> None:
    lines = log.read_bytes().splitlines()
    log.write_bytes(b"".join(line + b"\n" for line in change(lines)))
    errors = [message for _, severity, message in findings(log) if severity is LogSeverity.ERROR]
    assert any(said in message for message in errors), errors


@pytest.mark.parametrize("decision", ["{run}-9", "{run}-0", "{run}", "other-1", "{run}-x"])
def test_a_body_of_an_unknown_decision_is_an_error(log: Path, decision: str) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    run = json.loads(lines[0])["run"]
    body = line_of({"type": "body", "v": 1, "run": run, "decision": decision.format(run=run)})
    log.write_bytes(joined(rechained([*lines[:-1], body, lines[-1]])))
    [(number, severity, _)] = findings(log)
    assert (number, severity) == (6, LogSeverity.ERROR)


def with_bodies(log: Path, *members: dict[str, Any]) -> list[tuple[int, LogSeverity, str]]:
    """Findings for the log with these body records, of its first decision and in order, before its end."""
    lines = log.read_bytes().splitlines(keepends=True)
    run = json.loads(lines[0])["run"]
    body = {"type": "body", "v": 1, "run": run, "decision": f"{run}-1", "ts": "2026-01-05T09:00:00.000000Z"}
    body |= {"bytes": 10, "content_sha256": "c" * 64, "complete": True}
    changed = [{**body, **item, "decision": item.get("decision", body["decision"]).format(run=run)} for item in members]
    bodies = [line_of({name: value for name, value in item.items() if value is not ...}) for item in changed]
    log.write_bytes(joined(rechained([*lines[:-1], *bodies, lines[-1]])))
    return findings(log)


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ({"decision": "{run}-2"}, "withheld it"),
        ({"decision": "{run}-3"}, "withheld it"),
        ({"decision": "{run}-01"}, "is not in run"),
        *(({"bytes": value}, "is no size") for value in (-1, -5, True, 1.5, "10", None, ..., 2**63)),
        *(
            ({"content_sha256": value}, "is no SHA-256")
            for value in ("", "ab", "C" * 64, "c" * 63, "c" * 65, "g" * 64, "c" * 64 + "\n", "\u0663" * 64, 7, [], ...)
        ),
        *(({"complete": value}, "neither true nor false") for value in (None, 1, "true", ...)),
    ],
)
def test_a_body_that_does_not_fit_is_an_error_at_its_line(log: Path, member: dict[str, Any], said: str) -> None:
    [(number, severity, message)] = with_bodies(log, member)
    assert (number, severity) == (6, LogSeverity.ERROR)
    assert said in message


@pytest.mark.parametrize(
    "member",
    [
        {},
        {"decision": "{run}-4"},
        {"bytes": 0},
        {"bytes": 2**40},
        {"content_sha256": None},
        {"content_sha256": "0123456789abcdef" * 4},
        {"complete": False},
        {"later": "member"},
    ],
)
def test_a_body_that_fits_its_decision_is_none(log: Path, member: dict[str, Any]) -> None:
    assert with_bodies(log, member) == []


def test_a_decision_has_one_body(log: Path) -> None:
    assert with_bodies(log, {}, {"decision": "{run}-4"}) == []
    two = with_bodies(log, {}, {"bytes": 11})
    assert [item[:2] for item in two] == [(8, LogSeverity.ERROR), (9, LogSeverity.ERROR)]
    assert all("second body" in message for _, _, message in two)


def test_a_body_received_before_its_decision_is_not_streamed_on(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    write(path, decided("https://a.example/1", content_sha256="c" * 64), decided("https://a.example/2"))
    [(number, severity, message)] = with_bodies(path, {}, {"decision": "{run}-2"})
    assert (number, severity) == (4, LogSeverity.ERROR)
    assert "digest of the whole" in message


def test_a_body_that_was_observed_may_be_reserved(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    write(path, decided("https://a.example/1", Verdict.RESERVED, enforced=False), mode="observe")
    assert with_bodies(path, {}) == []


def test_bodies_of_runs_that_share_a_file_or_go_on_in_the_next_are_kept_apart(tmp_path: Path) -> None:
    path, rest = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    info = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce")
    with closing(JsonlLog(path, run=info, now=NOW)) as one, closing(JsonlLog(path, run=info, now=NOW)) as two:
        one.decision(decided("https://a.example/1", Verdict.RESERVED))
        for number in range(3000):
            two.decision(decided(f"https://a.example/{number}"))
        for seq in (3000, 1, 1025, 1024):
            two.body(f"{two.run_id}-{seq}", now=NOW, size=7, content_sha256="c" * 64, complete=False)
        one.end(NOW)
        two.end(NOW)
    assert findings(path) == []
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-4]))
    rest.write_bytes(b"".join(lines[-4:]))
    assert findings(path, rest) == []


def test_a_number_far_off_costs_no_memory(log: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"seq":2', b'"seq":%d' % (2**63 - 1))
    log.write_bytes(b"".join(lines))
    assert any("gap" in message for _, _, message in findings(log))


def test_a_crash_leaves_remarks(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    write(path, decided("https://a.example/1"), decided("https://a.example/2"), end=False)
    path.write_bytes(path.read_bytes()[:-30])
    torn, unended = findings(path)
    assert torn[:2] == (3, LogSeverity.REMARK)
    assert "torn" in torn[2]
    assert unended[:2] == (0, LogSeverity.REMARK)
    write(path, decided("https://a.example/2"))  # the crawl goes on in the same file
    assert [item[:2] for item in findings(path)] == [torn[:2], unended[:2]]


def test_a_line_without_newline_may_be_a_whole_record(log: Path) -> None:
    log.write_bytes(log.read_bytes().rstrip(b"\n"))
    [(number, severity, message)] = findings(log)
    assert (number, severity) == (6, LogSeverity.REMARK)
    assert "complete" in message


def test_a_type_of_a_later_version_is_a_remark(log: Path) -> None:
    log.write_bytes(log.read_bytes() + b'{"type":"later"}\n')
    [(_, severity, message)] = findings(log)
    assert severity is LogSeverity.REMARK
    assert "'later'" in message


def test_a_run_may_go_on_in_the_next_file(log: Path, tmp_path: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    one, two = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    one.write_bytes(b"".join(lines[:3]))
    two.write_bytes(b"".join(lines[3:]))
    assert findings(one, two) == []
    assert findings(two)[0][1] is LogSeverity.ERROR


def test_a_line_beyond_the_bound_is_a_problem_and_the_next_is_read(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_LINE", 5000)
    for size in (5001, 10_000, 12_345):
        log.write_bytes(b"x" * size + b"\n" + b'{"type":"run"}\n')
        long, run = read_log([log])
        assert (long.number, long.raw) == (1, b"")
        assert "longer" in (long.problem or "")
        assert (run.number, run.type) == (2, "run")


def test_a_file_that_cannot_be_read_is_the_callers_mistake(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.jsonl"):
        with pytest.raises(ConfigurationError, match="cannot be read as a log"):
            list(read_log([path]))


@settings(max_examples=100)
@given(
    st.binary(max_size=200).filter(lambda data: not data.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")))
    | st.lists(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["run", "decision", "body", "end"]), "v": st.just(1), "run": st.just("r")},
            optional={
                name: st.recursive(
                    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
                    max_leaves=4,
                )
                for name in (
                    "seq",
                    "id",
                    "ts",
                    "url",
                    "origin",
                    "verdict",
                    "admitted",
                    "because",
                    "usages",
                    "totals",
                    "decision",
                    "bytes",
                    "content_sha256",
                    "complete",
                    "checked",
                    "faults",
                    "content",
                    "agent",
                )
            },
        ),
        max_size=4,
    ).map(lambda items: b"".join(json.dumps(item).encode() + b"\n" for item in items))
)
def test_no_bytes_make_a_reader_raise(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(data)
    list(Verification().findings(read_log([path])))
    try:
        found = summarise(read_log([path]))
    except ConfigurationError as error:
        assert "no line is a record" in str(error)  # noqa: PT017 - the one error there may be
        found = summarise(read_log([path]), some=True)
    "".join(page(found, charts={}, now=NOW)).encode()
    for style in ("markdown", "json", "csv"):
        "".join(render_items(withheld(read_log([path])), style)).encode()
        render(found, style).encode()


def test_a_summary_counts_by_verdict_signal_and_host(log: Path) -> None:
    told = json.loads(render(summarise(read_log([log])), "json"))
    assert told["total"] == {
        "decisions": 4, "admitted": 1, "no_content": 1, "withheld": 2, "against": 0, "admitted_bytes": 10,
    }  # fmt: skip
    assert told["verdicts"] == {"unreserved": 2, "reserved": 1, "undetermined": 1}
    assert told["signals"] == {"robots": {"reserved": 1}}
    assert {host: tally["decisions"] for host, tally in told["hosts"].items()} == {"a.example": 2, "b.example": 2}
    assert told["observed"] is False
    assert told["runs"][0]["agent"] == "ExampleBot"
    assert told["first"] == told["last"] == "2026-01-05T09:00:00.000000Z"


def test_the_bytes_of_a_streamed_body_are_counted_for_its_host(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    info = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce")
    with closing(JsonlLog(path, run=info, now=NOW)) as log:
        logged = log.decision(decided("https://a.example/film", bytes=None))
        log.body(logged, now=NOW, size=4000, content_sha256="c" * 64, complete=True)
        log.body("unknown-1", now=NOW, size=9, content_sha256=None, complete=True)
    assert summarise(read_log([path])).hosts["a.example"].admitted_bytes == 4000


def test_what_was_stored_against_a_reservation_heads_the_page(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    write(
        path,
        decided("https://a.example/1", Verdict.RESERVED, enforced=False),
        decided("https://a.example/2", enforced=False),
        mode="observe",
    )
    heading, blank, first, *_ = render(summarise(read_log([path])), "markdown").splitlines()
    assert (heading, blank) == ("# Compliance report", "")
    assert "Observe mode: 1 of 2" in first
    assert list(withheld(read_log([path]))) == []


def test_an_enforced_report_says_nothing_of_observing(log: Path) -> None:
    assert "Observe" not in render(summarise(read_log([log])), "markdown")


def test_csv_has_one_table(log: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(render(summarise(read_log([log])), "csv"))))
    assert [row["section"] for row in rows] == [
        "total", "addresses", *["verdict"] * 3, "signal", "host", "host", "fault", "site", "site", *["day"] * 3,
        *["media-type"] * 3, "ask", "undetermined", "fault-at",
    ]  # fmt: skip
    assert rows[6] == {**rows[6], "name": "a.example", "admitted": "1", "withheld": "1", "admitted_bytes": "10"}


def test_hosts_beyond_the_bound_are_counted_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "MAX_HOSTS", 2)
    write(tmp_path / "a", *(decided(f"https://h{number}.example/") for number in range(5)))
    hosts = summarise(read_log([tmp_path / "a"])).hosts
    assert {name: tally.decisions for name, tally in hosts.items()} == {
        "h0.example": 1, "h1.example": 1, summary.OTHER: 3,
    }  # fmt: skip


def test_the_withheld_list_has_one_item_a_line(log: Path) -> None:
    lines = "".join(render_items(withheld(read_log([log])), None)).splitlines()
    heads, reserved, undetermined = (re.split(" {2,}", line) for line in lines)
    assert heads == ["URL", "VERDICT", "SIGNALS", "RIGHTSHOLDER", "READ AT", "WORDS"]
    assert reserved == [
        "https://a.example/2", "reserved", "robots", "-", "https://a.example/robots.txt line 2", "User-agent: *",
    ]  # fmt: skip
    assert undetermined[1:] == ["undetermined", "tdmrep", "-", "https://b.example/", "no JSON"]
    assert {line.index(cells[-1]) for line, cells in zip(lines, (heads, reserved, undetermined), strict=True)} == {
        lines[0].index("WORDS")
    }
    items = [json.loads(line) for line in render_items(withheld(read_log([log])), "json")]
    assert [item["url"] for item in items] == ["https://a.example/2", "https://b.example:8443/3"]
    assert items[0]["usages"].split() == [usage.value for usage in TDM]


@pytest.mark.parametrize("words", ["a\tb\nc\x1b[31m\u202e", "=HYPERLINK(1)", "a | b <img> `c`", "\udc80"])
def test_words_of_strangers_stay_words(tmp_path: Path, words: str) -> None:
    write(tmp_path / "a", decided("https://a.example/", Verdict.RESERVED, words=words))
    _, plain = "".join(render_items(withheld(read_log([tmp_path / "a"])), None)).split("\n")[:-1]
    assert len(re.split(" {2,}", plain)) == 6
    assert not set(plain) & set("\x1b\u202e\udc80")
    _, _, row = "".join(render_items(withheld(read_log([tmp_path / "a"])), "markdown")).splitlines()
    assert row.replace("\\|", "").count("|") == 5
    [item] = csv.DictReader(io.StringIO("".join(render_items(withheld(read_log([tmp_path / "a"])), "csv"))))
    assert not item["words"].startswith("=")


@pytest.mark.parametrize("size", [400_000, 520_000])
def test_a_line_that_two_blocks_hold_is_as_long_for_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Who reads line by line leaves one out that is too long: so what it says does not count for verify either."""
    said = [decided(f"https://site.example/{'b' * length}") for length in (1, size // 2, 1)]
    path = write_log(tmp_path / "tdm.jsonl", said)
    monkeypatch.setattr(reader, "MAX_LINE", 500_000)
    swift, slow = Verification(), Verification()
    told = [[str(each) for each in found] for found in (swift.files([path]), slow.findings(read_log([path])))]
    assert swift.decisions == slow.decisions == (3 if size < 500_000 else 2)
    assert told[0] == told[1]
    assert any("longer than 500000 bytes" in words for words in told[0]) is (size > 500_000)
