"""A task that was cut short is gone on with: each item once in the log, whatever ended the worker."""

from __future__ import annotations

import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tdm_guard import Decision, Fetched, Judge, Ledger, Stored, Verdict
from tdm_guard.cli import app
from tdm_guard.log.reader import read_log
from tests.support.logs import flaws

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = "https://site.example"
TDMREP = Fetched(status=200, body=b'[{"location": "/closed/*", "tdm-reservation": 1}]', at=NOW)
POLICIES = {
    "/robots.txt": Fetched(status=404, at=NOW), "/.well-known/tdmrep.json": TDMREP,
    "/ai.txt": Fetched(status=404, at=NOW), "/trust.txt": Fetched(status=404, at=NOW),
}  # fmt: skip
JUDGE = Judge(agent="ExampleBot")
POLICY = JUDGE.read_policies(SITE, POLICIES, now=NOW)
TASK = "crawl-00001.warc.gz"
URLS = [f"{SITE}/{'closed/' if number % 3 == 0 else ''}{number}" for number in range(12)]


def judged(ledger: Ledger, number: int, *, stored: bool = True, **members: Any) -> Decision:
    given: dict[str, Any] = {
        "status": 200, "headers": [("content-type", "text/html")], "body": b"<p>%d" % number, "policies": POLICY,
        "now": NOW, "stored": Stored(TASK, 100 * number) if stored else None,
    }  # fmt: skip
    return ledger.evaluate(URLS[number], **{**given, **members})


def cut(path: Path, numbers: Any, *, judge: Judge = JUDGE, stored: bool = True, **keywords: Any) -> Ledger:
    """A worker that dies after these items."""
    ledger = Ledger(judge, path, task=TASK, **keywords)
    for number in numbers:
        judged(ledger, number, stored=stored)
    ledger.close()
    return ledger


def decisions(*paths: Path) -> list[dict[str, Any]]:
    return [dict(line.record or {}) for line in read_log(paths) if line.type == "decision"]


def runs(*paths: Path) -> list[dict[str, Any]]:
    return [dict(line.record or {}) for line in read_log(paths) if line.type == "run"]


def errors(*paths: Path) -> list[str]:
    return flaws(*paths, remarks=False)


KEEPINGS: list[dict[str, Any]] = [{}, {"records": "compact"}, {"retain_until": "2031-12-31"}, {"rotate": 4096}]


@pytest.mark.parametrize("keeping", KEEPINGS, ids=str)
@pytest.mark.parametrize("stored", [True, False], ids=["place", "address"])
@pytest.mark.parametrize("name", ["tdm.jsonl", "{run}.jsonl", "{pid}/tdm-{run}"])
def test_what_was_decided_is_given_back(tmp_path: Path, name: str, keeping: dict[str, Any], stored: bool) -> None:
    path = tmp_path / "logs" / name
    first = cut(path, range(7), stored=stored, **keeping)
    with Ledger(JUDGE, path, task=TASK, **keeping) as ledger:
        assert ledger.resumes == (first.run,)
        found = [judged(ledger, number, stored=stored) for number in range(12)]
    assert [each.run for each in found] == [first.run] * 7 + [ledger.run] * 5
    assert [each.seq for each in found] == [*range(1, 8), *range(1, 6)]
    assert [each.verdict for each in found] == [Verdict.UNRESERVED if n % 3 else Verdict.RESERVED for n in range(12)]
    assert [each.admitted for each in found] == [bool(n % 3) for n in range(12)]
    assert [each.to_dict() for each in found[0].because] == [each.to_dict() for each in found[9].because]
    assert (ledger.totals["recalled"], ledger.totals["admitted"] + ledger.totals["withheld"]) == (7, 5)
    files = [file for file in sorted(path.parent.parent.rglob("*")) if file.is_file() and file.suffix != ".personal"]
    assert sorted(each["url"] for each in decisions(*files)) == sorted(URLS)
    by_id = {each["id"]: each for each in decisions(*files)}
    for each in found:
        assert by_id[each.id] == each.to_dict()
    told = runs(*files)
    assert {each["task"] for each in told} == {TASK}
    assert [each.get("resumes") for each in sorted(told, key=lambda each: each["ts"])] == [None, [first.run]]
    assert errors(*files) == []


def killed_after(path: Path, last: int) -> list[str]:
    """What a worker in a process of its own said of each item until the system killed it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with suppress(BaseException), Ledger(JUDGE, path, task=TASK) as ledger:
            for number in range(12):
                decision = judged(ledger, number)
                os.write(writing, f"{number} {decision.verdict} {decision.url}\n".encode())
                if number == last:
                    os.kill(os.getpid(), signal.SIGKILL)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read().splitlines()
    assert os.waitpid(child, 0)[1] == (signal.SIGKILL if last < 12 else 0)
    return said


def test_a_killed_worker_is_restarted_until_it_is_done(tmp_path: Path) -> None:
    path = tmp_path / "{pid}.jsonl"
    said = [killed_after(path, last) for last in (3, 2, 8, 99)]  # the second dies before anything new was judged
    assert [len(each) for each in said] == [4, 3, 9, 12]
    assert all(each == said[-1][: len(each)] for each in said)
    merged = tmp_path / "merged"
    done = CliRunner().invoke(app, ["merge", *map(str, sorted(tmp_path.glob("*.jsonl"))), "-o", str(merged)])
    assert done.exit_code == 0, done.output
    assert [each["url"] for each in decisions(merged)] == URLS
    assert errors(merged) == []
    assert len(runs(merged)) == 4
    assert [len(each.get("resumes", ())) for each in runs(merged)] == [0, 1, 2, 3]


def test_a_torn_line_is_judged_again(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    cut(path, range(5))
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with Ledger(JUDGE, path, task=TASK) as ledger:
        assert [judged(ledger, number).run == ledger.run for number in range(6)] == [False] * 4 + [True] * 2
    assert Counter(each["url"] for each in decisions(path)) == Counter(URLS[:6])


def test_what_the_chain_does_not_vouch_for_is_judged_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "tdm.jsonl"
    cut(path, range(6))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b'"verdict":"reserved","admitted":false', b'"verdict":"unreserved","admitted":true')
    assert lines[4] != path.read_bytes().splitlines(keepends=True)[4]
    path.write_bytes(b"".join(lines))
    with Ledger(JUDGE, path, task=TASK) as ledger:
        found = [judged(ledger, number) for number in range(6)]
    assert [each.run == ledger.run for each in found] == [False] * 3 + [True] * 3
    assert found[3].verdict is Verdict.RESERVED
    assert any("is damaged" in message for message in caplog.messages)


def test_other_options_judge_anew_and_say_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "tdm.jsonl"
    cut(path, range(4))
    other = Judge(agent="ExampleBot", usages={"genai-training"})
    with Ledger(other, path, task=TASK) as ledger:
        for number in range(4):
            assert judged(ledger, number, policies=POLICIES).run == ledger.run
        assert ledger.resumes == ()
    assert [message for message in caplog.messages if "told something else" in message] != []
    caplog.clear()
    cut(path, [4])  # of the first options, whose task is cut short still
    assert caplog.messages == []
    assert errors(path) == []


def test_another_task_is_another_piece_of_the_work(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    cut(path, range(4))
    with Ledger(JUDGE, path, task="crawl-00002.warc.gz") as ledger:
        assert judged(ledger, 0).run == ledger.run
    with Ledger(JUDGE, path) as ledger:
        assert judged(ledger, 0).run == ledger.run
    with Ledger(JUDGE, path, task=TASK) as ledger:
        assert judged(ledger, 0).run != ledger.run


def test_a_task_that_ended_is_judged_anew_unless_once(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    first = cut(path, range(4))
    with Ledger(JUDGE, path, task=TASK) as second:
        for number in range(8):
            judged(second, number)
    before = path.read_bytes()
    with Ledger(JUDGE, path, task=TASK, once=True) as again:
        assert (again.done, again.resumes) == (True, (first.run, second.run))
        assert [judged(again, number).run for number in range(8)] == [first.run] * 4 + [second.run] * 4
    assert path.read_bytes() == before
    assert again.run == ""
    with Ledger(JUDGE, path, task=TASK, once=True) as more:
        for number in range(9):
            judged(more, number)
    assert [each["url"] for each in decisions(path)] == URLS[:9]
    with Ledger(JUDGE, path, task=TASK) as anew:
        assert (anew.done, anew.resumes) == (False, ())
        for number in range(3):
            assert judged(anew, number).run == anew.run
    assert flaws(path) != []
    assert errors(path) == []


def test_what_is_known_whole_still_ends(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    first = cut(path, range(3))
    ledger = Ledger(JUDGE, path, task=TASK)
    for number in range(3):
        judged(ledger, number)
    ledger.end()
    assert runs(path)[-1]["resumes"] == [first.run]
    assert Ledger(JUDGE, path, task=TASK, once=True).done
    assert not Ledger(JUDGE, path, task=TASK).resumes


def test_what_was_judged_twice_comes_back_twice(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    cut(path, [1, 1], stored=False)
    with Ledger(JUDGE, path, task=TASK) as ledger:
        found = [judged(ledger, 1, stored=False) for _ in range(3)]
    assert [(each.run == ledger.run, each.seq) for each in found] == [(False, 1), (False, 2), (True, 1)]


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"body": b"<p>other"}, {}),
        ({"status": 203}, {}),
        ({"body_complete": False}, {"body_complete": False}),  # of a part the log has no digest
        ({"body_complete": False}, {"body": None}),
        ({"url": f"{SITE}/?token=1"}, {"url": f"{SITE}/?token=2"}),  # which the log does not tell apart
        ({"url": f"{SITE}/?token=1"}, {"url": f"{SITE}/?token=1"}),
    ],
)
def test_what_is_not_surely_the_same_is_judged_again(tmp_path: Path, then: Any, now: Any) -> None:
    def judge(ledger: Ledger, members: dict[str, Any]) -> Decision:
        given = {"status": 200, "headers": [("content-type", "text/html")], "body": b"<p>", "policies": POLICY}
        return ledger.evaluate(**{"url": f"{SITE}/1", **given, "now": NOW, **members})

    path = tmp_path / "tdm.jsonl"
    first = Ledger(JUDGE, path, task=TASK)
    judge(first, then)
    first.close()
    with Ledger(JUDGE, path, task=TASK) as ledger:
        assert judge(ledger, now).run == ledger.run


def test_a_journey_is_told_by_where_it_began(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    hops = (Fetched(status=302, url=f"https://user:pass@{SITE[8:]}/begin#part", at=NOW),)
    first = Ledger(JUDGE, path, task=TASK)
    told = judged(first, 1, stored=False, hops=hops)
    first.close()
    with Ledger(JUDGE, path, task=TASK) as ledger:
        assert judged(ledger, 1, stored=False).run == ledger.run
        assert judged(ledger, 1, stored=False, hops=hops).id == told.id


def test_what_is_no_log_is_passed_over_with_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name, data in (("a", b"\x28\xb5\x2f\xfdxxxx"), ("b", b"\x00" * 100), ("c.personal", b"{}"), ("d", b"")):
        (tmp_path / name).write_bytes(data)
    first = cut(tmp_path / "{run}", range(3))
    caplog.clear()
    with Ledger(JUDGE, tmp_path / "{run}", task=TASK) as ledger:
        assert judged(ledger, 0).run == first.run
    assert len([message for message in caplog.messages if "'" + str(tmp_path / "a") in message]) == 1


def test_threads_share_what_was_decided(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    cut(path, range(8))
    with Ledger(JUDGE, path, task=TASK) as ledger, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: judged(ledger, number), range(12)))
    assert sorted(each["url"] for each in decisions(path)) == sorted(URLS)
    assert ledger.totals["recalled"] == 8


@settings(max_examples=30)
@given(data=st.data())
def test_wherever_it_is_cut_each_item_is_there_once(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    """Deaths after any item, with the last bytes torn off or not, with one file or several."""
    folder = tmp_path_factory.mktemp("cuts")
    path = folder / data.draw(st.sampled_from(["tdm.jsonl", "{run}.jsonl"]))
    keeping = data.draw(st.sampled_from(KEEPINGS[:3]))
    for last in data.draw(st.lists(st.integers(0, 11), max_size=3)):
        ledger = cut(path, range(last), **keeping)
        torn = data.draw(st.integers(0, 300))
        if torn and last and ledger.run:
            whole = ledger.path.read_bytes()
            end = max(len(whole) - torn, whole.rstrip(b"\n").rfind(b"\n") + 1)  # within the last line
            os.truncate(ledger.path, end)
    with Ledger(JUDGE, path, task=TASK, **keeping) as ledger:
        for number in range(12):
            assert judged(ledger, number).verdict is (Verdict.UNRESERVED if number % 3 else Verdict.RESERVED)
    files = sorted(folder.glob("*.jsonl"))
    assert sorted(each["url"] for each in decisions(*files)) == sorted(URLS)


@pytest.mark.parametrize(
    "other",
    [
        {"body": b"<meta name=tdm-reservation content=1>"},
        {"body": b"<p>1", "body_complete": False},
        {"body": None},
        {"status": 404},
        {"hops": (Fetched(status=301, url=f"{SITE}/elsewhere"),)},
    ],
)
def test_what_lies_at_the_same_place_and_is_another_answer_is_judged_anew(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    path = tmp_path / "log.jsonl"
    cut(path, [1])
    with Ledger(JUDGE, path, task=TASK) as ledger:
        decision = judged(ledger, 1, **other)
    assert (decision.run, ledger.totals["recalled"]) == (ledger.run, 0)
    if other.get("body"):
        assert not decision.admitted


@pytest.mark.parametrize(
    "same",
    [
        {"body": b""},
        {"body": None},
        {"body": b"<p>part", "body_complete": False},
        {"status": None, "headers": (), "body": b"", "body_complete": False},
        {"hops": (Fetched(status=301, url=f"{SITE}/?token=secret#here"),)},
    ],
)
def test_what_is_the_same_there_is_not(tmp_path: Path, same: dict[str, Any]) -> None:
    path = tmp_path / "log.jsonl"
    with suppress(RuntimeError), Ledger(JUDGE, path, task=TASK) as ledger:
        judged(ledger, 0, **same)
        judged(ledger, 1, **same)
        raise RuntimeError
    with Ledger(JUDGE, path, task=TASK) as ledger:
        assert {judged(ledger, number, **same).run for number in (0, 1)} == set(ledger.resumes)
    assert ledger.totals["recalled"] == 2
