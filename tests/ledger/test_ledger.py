"""`Ledger`: the judgement of `Judge.evaluate` with the log of a guard, without a network, in whatever process."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import pickle
import sqlite3
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tdm_guard import (
    ConfigurationError,
    Decision,
    Fetched,
    Judge,
    Ledger,
    LogError,
    Stored,
    UnsupportedURL,
)
from tdm_guard.cli import app
from tdm_guard.httpx import GuardClient
from tdm_guard.ledger.earlier import tasks_at
from tdm_guard.log.reader import read_log
from tdm_guard.log.recorded import read_decision
from tdm_guard.log.verify import Verification
from tdm_guard.secrecy.parameters import REDACTED
from tests.support.logs import flaws

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = "https://site.example"
HTML = [("content-type", "text/html")]
ROBOTS = b"User-agent: *\nDisallow: /private\n"
TDMREP = b'[{"location": "/closed/*", "tdm-reservation": 1}]'
POLICIES = {
    "/robots.txt": Fetched(status=200, body=ROBOTS, at=NOW),
    "/.well-known/tdmrep.json": Fetched(status=200, body=TDMREP, at=NOW),
    **dict.fromkeys(
        ("/ai.txt", "/.well-known/ai.txt", "/trust.txt", "/.well-known/trust.txt"), Fetched(status=404, at=NOW)
    ),
}
JUDGE = Judge(agent="ExampleBot")


def page(ledger: Ledger, number: int = 1, **members: Any) -> Decision:
    given: dict[str, Any] = {
        "status": 200, "headers": HTML, "body": b"<p>page %d" % number, "policies": POLICIES, "now": NOW,
    }  # fmt: skip
    return ledger.evaluate(members.pop("url", f"{SITE}/{number}"), **{**given, **members})


def records(path: Path) -> list[dict[str, Any]]:
    return [dict(line.record or {}) for line in read_log([path])]


def merge(files: Iterable[Path], path: Path) -> Path:
    done = CliRunner().invoke(app, ["merge", *map(str, files), "-o", str(path)])
    assert done.exit_code == 0, done.output
    return path


def decisions(path: Path) -> list[dict[str, Any]]:
    return [record for record in records(path) if record["type"] == "decision"]


# ---- the same judgement, and the same log ---------------------------------------------------------------------------


def test_it_judges_as_a_judge_and_logs_before_it_answers(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    with Ledger(JUDGE, path) as ledger:
        for number, url in enumerate((f"{SITE}/open", f"{SITE}/closed/1", f"{SITE}/private/1"), 1):
            found = page(ledger, url=url)
            assert decisions(path)[-1] == found.to_dict()
            assert (found.run, found.seq, found.id) == (ledger.run, number, f"{ledger.run}-{number}")
            alone = JUDGE.evaluate(
                url, status=200, headers=HTML, body=b"<p>page 1", policies=POLICIES, now=NOW
            ).to_dict()
            for name in ("run", "seq", "id", "prev", "hash", "bytes", "content_sha256"):
                del alone[name]
            assert alone.items() <= found.to_dict().items()
        ledger.failed()
    assert [each["verdict"] for each in decisions(path)] == ["unreserved", "reserved", "reserved"]
    end = records(path)[-1]
    assert (end["totals"], end["failed"]) == ({"unreserved": 1, "reserved": 2}, 1)
    assert ledger.totals["withheld"] == 2
    assert ledger.totals["signal/tdmrep"] == ledger.totals["signal/robots"] == ledger.totals["failed"] == 1
    assert (flaws(path), ledger.path) == ([], path)


def test_a_page_has_the_record_that_the_live_guard_gives_it(tmp_path: Path) -> None:
    pages = {"/open": b"<p>open", "/closed/1": b"<p>closed", "/empty": b""}

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path in POLICIES:
            return httpx.Response(POLICIES[path].status or 0, content=POLICIES[path].body)
        return httpx.Response(200, headers=dict(HTML), content=pages[path])

    live, stored = tmp_path / "live.jsonl", tmp_path / "stored.jsonl"
    transport = httpx.MockTransport(answer)
    with GuardClient(agent="ExampleBot", log=live, transport=transport, mode="observe") as client:
        for path in pages:
            client.get(SITE + path)
    with Ledger(Judge(agent="ExampleBot", mode="observe"), stored) as ledger:
        for path, body in pages.items():
            page(ledger, url=SITE + path, body=body)
    ours, theirs = (json.loads(json.dumps(decisions(path))) for path in (stored, live))
    for each in (*ours, *theirs):
        for name in ("run", "id", "ts", "prev", "hash"):
            del each[name]
        for entry in (*each["checked"], *each["because"]):
            del entry["retrieved_at"]
            entry.pop("cached", None)  # a live guard read it with the first page
        assert list(each) == list(ours[0])
    assert ours == theirs
    assert (records(stored)[-1]["totals"], records(stored)[0].keys()) == (
        records(live)[-1]["totals"], records(live)[0].keys(),
    )  # fmt: skip


def test_what_cannot_be_judged_is_not_logged(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    with Ledger(JUDGE, path) as ledger:
        for error, wrong in (
            (UnsupportedURL, {"url": "ftp://site.example/"}),
            (ConfigurationError, {"headers": [("content-type", b"text/html")]}),
            (ConfigurationError, {"body": "text"}),
            (ConfigurationError, {"body_complete": True, "status": "200"}),
            (ConfigurationError, {"now": datetime(2026, 1, 1)}),
            (ConfigurationError, {"stored": ("a.warc", 0)}),
            (ConfigurationError, {"item": 1}),
            (ConfigurationError, {"unread": "perhaps"}),
        ):
            with pytest.raises(error):
                page(ledger, **wrong)
        assert page(ledger).seq == 1
    assert len(decisions(path)) == 1
    assert flaws(path) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"usages": {"tdm"}}, "usages: says nothing of how a log is kept; give it to the judge"),
        ({"durabilty": "fsync"}, "durabilty: unknown keyword; did you mean durability?"),
        ({"durability": "often"}, "durability: 'often' is neither flush nor fsync"),
        ({"once": True}, "once: says nothing without a task"),
        ({"task": ""}, "task: '' is no name"),
        ({"task": 3}, "task: 3 is no name"),
        ({"log": "elsewhere.jsonl"}, "log: says nothing of how a log is kept"),
    ],
)
def test_a_wrong_keyword_is_named(tmp_path: Path, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words.replace("?", r"\?")):
        Ledger(JUDGE, tmp_path / "tdm.jsonl", **wrong)
    with pytest.raises(ConfigurationError, match="judge: "):
        Ledger({"agent": "ExampleBot"}, tmp_path / "tdm.jsonl")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"\{rank\}"):
        Ledger(JUDGE, tmp_path / "{rank}.jsonl")
    assert not list(tmp_path.iterdir())


def test_the_options_of_a_log_are_those_of_a_guard(tmp_path: Path) -> None:
    told: list[Decision] = []

    class Sink:
        def decision(self, decision: Decision) -> None:
            told.append(decision)

        def body(self, body: object) -> None:
            raise AssertionError(body)

        def end(self, end: object) -> None:
            told.append(end)  # type: ignore[arg-type]

    path = tmp_path / "tdm.jsonl"
    with Ledger(
        JUDGE, path, records="compact", redact="ref", retain_until="2031-12-31", rotate=8192, sinks=Sink(),
        evidence=tmp_path / "evidence",
    ) as ledger:  # fmt: skip
        for number in range(12):
            page(ledger, url=f"{SITE}/{number}?ref=me", stored=Stored("s3://a/b?X-Amz-Signature=0f", number))
        assert ledger.path != path
    found = decisions(path)
    assert {each["url"].partition("=")[2] for each in found} == {REDACTED}
    assert {each["stored"]["file"] for each in found}.isdisjoint({"s3://a/b?X-Amz-Signature=0f"})
    assert len(told) == 13
    assert told[0].stored is not None
    assert "0f" not in told[0].stored.file
    assert flaws(path, remarks=False) == []


def test_evidence_is_there_before_the_record_that_names_it(tmp_path: Path) -> None:
    path, folder = tmp_path / "tdm.jsonl", tmp_path / "evidence"
    with Ledger(JUDGE, path, evidence=folder) as ledger:
        policy = ledger.judge.read_policies(SITE, POLICIES, now=NOW)
        page(ledger, url=f"{SITE}/closed/1", policies=policy)
        page(ledger, url="https://other.example/closed/1")
        page(ledger, 3, headers=[*HTML, ("tdm-reservation", "1")])
    stated = {entry["sha256"] for each in decisions(path) for entry in each["checked"] if entry["sha256"]}
    kept = {file.stem for file in folder.glob("*/*.zst")}
    assert stated <= kept
    assert {entry["evidence"] for each in decisions(path) for entry in each["because"] if "evidence" in entry} <= kept


# ---- where the record lies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keeping", [{}, {"records": "compact"}, {"retain_until": "2031-12-31"}])
def test_the_log_says_where_a_record_lies(tmp_path: Path, keeping: dict[str, Any]) -> None:
    path = tmp_path / "tdm.jsonl"
    places = [Stored("a.warc.gz", 4711, record="<urn:uuid:1>"), Stored("ü \"'\\\n.parquet", 2**62, type="row"), None]
    with Ledger(JUDGE, path, **keeping) as ledger:
        for number, place in enumerate(places):
            assert page(ledger, number, stored=place).stored == place
    found = decisions(path)
    assert found[0]["stored"] == {
        "file": "a.warc.gz", "offset": 4711, "record": "<urn:uuid:1>", "type": "response",
    }  # fmt: skip
    assert found[1]["stored"]["file"] == "ü \"'\\\n.parquet"
    assert "stored" not in found[2]
    assert list(found[0])[-4:] == ["hops", "stored", "prev", "hash"]
    assert flaws(path) == []


def test_commands_say_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    with Ledger(JUDGE, path, task="a.warc.gz", retain_until="2031-12-31") as ledger:
        found = page(ledger, stored=Stored("a.warc.gz", 4711, record="<urn:uuid:1>", type="revisit"))
    said = " ".join(CliRunner().invoke(app, ["explain", found.id, str(path)]).stdout.split())
    assert "judged as stored: a.warc.gz, offset 4711 (revisit, <urn:uuid:1>)" in said
    assert "task: a.warc.gz" in said
    shown = CliRunner().invoke(app, ["explain", found.id, str(path), "--json"]).stdout
    assert json.loads(shown)["stored"] == found.to_dict()["stored"]
    done = CliRunner().invoke(app, ["export", str(path), "--sqlite", str(tmp_path / "log.sqlite")])
    assert done.exit_code == 0, done.output
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as database:
        (stored, task), *_ = database.execute("SELECT stored, task FROM decisions JOIN runs USING (run)")
    assert (json.loads(stored)["offset"], task) == (4711, "a.warc.gz")


@pytest.mark.parametrize("records", ["full", "compact"])
def test_usual_records_are_verified_the_fast_way(tmp_path: Path, records: str) -> None:
    path = tmp_path / "tdm.jsonl"
    with Ledger(JUDGE, path, records=records) as ledger:
        for number in range(5):
            page(ledger, number, stored=Stored("a.warc.gz", number, record=None if number % 2 else "<urn:uuid:1>"))
    verification = Verification()
    for line in read_log([path]):
        usual = line.type == "decision"
        assert not verification.look(line._replace(record=None) if usual else line)  # it is not parsed
    assert verification.close() == []


@pytest.mark.parametrize(
    "members",
    [
        ("", 0), ("a" * 1025, 0), (1, 0), ("a", -1), ("a", 2**63), ("a", "0"), ("a", True), ("a", 0, 1),
        ("a", 0, None, 1), ("a", 0, None, None),
    ],
)  # fmt: skip
def test_what_is_no_place_is_refused(members: Any) -> None:
    with pytest.raises(ConfigurationError, match="stored: "):
        Stored(*members)


def test_what_a_stranger_wrote_is_cut() -> None:
    assert len(Stored("a", 0, record="x" * 5000, type="y" * 5000).record or "") == 1024


@settings(max_examples=60)
@given(stored=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(
    st.sampled_from(["file", "offset", "record", "type"]), inner)))  # fmt: skip
def test_whatever_stands_there_is_read_back_or_left_out(stored: Any) -> None:
    record = JUDGE.evaluate(f"{SITE}/1", policies=POLICIES, now=NOW).to_dict() | {"stored": stored}
    read = read_decision(record)
    assert read is not None
    found = read.decision.to_dict().get("stored")
    assert (found is None) is (stored is None or "stored" in read.left_out)
    if found is not None:
        assert (found["file"], found["offset"]) == (stored["file"], stored["offset"])


# ---- processes ------------------------------------------------------------------------------------------------------


def work(ledger: Ledger, first: int, *, ends: bool = True) -> str:
    for number in range(first, first + 5):
        page(ledger, number)
    if ends:
        ledger.end()
    return ledger.run


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_copy_begins_a_run_of_its_own(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "tdm.jsonl"
    with Ledger(JUDGE, path, records="compact") as ledger:
        page(ledger)
        other = pickle.loads(pickle.dumps(ledger, protocol))
        assert (other.run, other.totals) == ("", {})
        with other:
            page(other)
    runs = [record["run"] for record in records(path) if record["type"] == "run"]
    assert runs == [ledger.run, other.run]
    assert len(set(runs)) == 2
    assert len({record["config_sha256"] for record in records(path) if record["type"] == "run"}) == 1
    assert flaws(path) == []


@pytest.mark.parametrize(("method", "workers"), [("spawn", 1), ("fork", 2)])
def test_each_worker_writes_its_own_file_and_merge_makes_one(tmp_path: Path, method: str, workers: int) -> None:
    ledger = Ledger(JUDGE, tmp_path / "logs" / "{pid}.jsonl")
    with multiprocessing.get_context(method).Pool(workers, maxtasksperchild=1) as pool:
        runs = pool.starmap(work, [(ledger, 10 * number) for number in range(workers)], chunksize=1)
        pool.close()
        pool.join()
    files = sorted((tmp_path / "logs").iterdir())
    assert len(files) == workers
    merged = merge(files, tmp_path / "merged.jsonl")
    expected = {f"{SITE}/{10 * worker + number}" for worker in range(workers) for number in range(5)}
    assert {each["url"] for each in decisions(merged)} == expected
    assert {record["run"] for record in records(merged)} == set(runs)
    assert flaws(merged) == []


def test_a_fork_leaves_the_run_of_its_parent_alone(tmp_path: Path) -> None:
    path = tmp_path / "{pid}.jsonl"
    with Ledger(JUDGE, path) as ledger:
        page(ledger, 1)
        child = os.fork()
        if not child:
            code = 1
            with suppress(BaseException):
                assert ledger.run == ""
                assert not ledger.totals
                page(ledger, 2)
                ledger.end()
                code = 0
            os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        page(ledger, 3)
    files = {file.stem: decisions(file) for file in tmp_path.iterdir()}
    assert [each["url"] for each in files[str(os.getpid())]] == [f"{SITE}/1", f"{SITE}/3"]
    assert [each["url"] for each in files[str(child)]] == [f"{SITE}/2"]
    assert flaws(*tmp_path.iterdir()) == []


def test_threads_may_share_one(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    with Ledger(JUDGE, path) as ledger, ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: page(ledger, number), range(40)))
    assert {each.seq for each in found} == set(range(1, 41))
    assert flaws(path) == []


# ---- no log, no decision --------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="no such device there")
def test_a_full_disk_gives_no_decision() -> None:
    if not Path("/dev/full").exists():
        pytest.fail("this system has no /dev/full")
    with pytest.raises(LogError, match="No space left"):
        Ledger(JUDGE, "/dev/full").__enter__()
    ledger = Ledger(JUDGE, "/dev/full")
    for _ in range(2):
        with pytest.raises(LogError):
            page(ledger)


def test_a_log_that_went_away_gives_no_decision(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    ledger = Ledger(JUDGE, path)
    page(ledger)
    path.unlink()
    for words in ("no longer at its path", "nothing can be written"):
        with pytest.raises(LogError, match=words):
            page(ledger)
    ledger.close()
    assert ledger.totals["admitted"] == 1


def test_a_log_that_cannot_be_opened_says_so_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LogError, match="cannot be opened"), Ledger(JUDGE, tmp_path / "file" / "tdm.jsonl"):
        pytest.fail("it was entered")
    (tmp_path / "evidence").write_bytes(b"")
    with pytest.raises(LogError, match="evidence"):
        page(Ledger(JUDGE, tmp_path / "tdm.jsonl", evidence=tmp_path / "evidence"))


def test_after_an_exception_the_run_reads_as_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    ledger = Ledger(JUDGE, path)

    def fails() -> None:
        with ledger:
            page(ledger)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert [record["type"] for record in records(path)] == ["run", "decision"]
    assert len(flaws(path)) == 1
    assert "was cut short" in flaws(path)[0]
    ledger.end()
    ledger.close()
    assert len(records(path)) == 2


def test_one_that_was_never_used_leaves_nothing(tmp_path: Path) -> None:
    ledger = Ledger(JUDGE, tmp_path / "tdm.jsonl", task="a")
    ledger.end()
    ledger.end()
    assert not list(tmp_path.iterdir())
    with Ledger(JUDGE, tmp_path / "tdm.jsonl"):
        pass
    assert [record["type"] for record in records(tmp_path / "tdm.jsonl")] == ["run", "end"]
    assert flaws(tmp_path / "tdm.jsonl") == []


def test_it_warns_of_what_a_guard_warns_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "tdm_guard"), Ledger(Judge(mode="observe"), tmp_path / "a.jsonl") as ledger:
        assert page(ledger, url=f"{SITE}/closed/1").admitted
    assert ["mode is observe" in message for message in caplog.messages] == [True]


def test_who_remembers_hears_what_pages_and_feeds_say_of_others(tmp_path: Path) -> None:
    shown = b'<html><head><meta name="robots" content="noimageai"></head><body><img src="/p.png"></body></html>'
    picture = {"headers": [("content-type", "image/png")], "body": b"\x89PNG\r\n\x1a\n"}
    policy = JUDGE.read_policies(SITE, POLICIES, now=NOW)
    for remembers, verdict in ((True, "reserved"), (False, "undetermined")):  # of the picture only a part is there
        with Ledger(JUDGE, tmp_path / f"{remembers}.jsonl", remembers=remembers) as ledger:
            again = pickle.loads(pickle.dumps(ledger))
            for each in (ledger, again):
                each.evaluate(f"{SITE}/", status=200, headers=HTML, body=shown, policies=policy, now=NOW)
                found = each.evaluate(f"{SITE}/p.png", status=200, policies=policy, now=NOW, **picture)
                assert found.verdict == verdict
            again.end()


def test_who_remembers_hears_what_a_feed_says_of_its_items(tmp_path: Path) -> None:
    feed = (
        b'<rss version="2.0" xmlns:rsl="https://rslstandard.org/rsl"><channel><title>News</title><item>'
        b'<link>https://site.example/story</link><rsl:content url="/story"><rsl:license>'
        b'<rsl:prohibits type="usage">ai-train</rsl:prohibits></rsl:license></rsl:content></item></channel></rss>'
    )
    policy = JUDGE.read_policies(SITE, POLICIES, now=NOW)
    with Ledger(JUDGE, tmp_path / "l.jsonl", remembers=True) as ledger:
        of_feed = [("content-type", "application/rss+xml")]
        ledger.evaluate(f"{SITE}/feed", status=200, headers=of_feed, body=feed, policies=policy, now=NOW)
        words = {"status": 200, "headers": HTML, "body": b"<p>words", "policies": policy, "now": NOW}
        assert ledger.evaluate(f"{SITE}/story", **words).verdict == "reserved"
        assert ledger.evaluate(f"{SITE}/other", **words).verdict == "unreserved"
        words["now"] = NOW + timedelta(days=3)
        assert ledger.evaluate(f"{SITE}/story", **words).verdict == "unreserved"


def test_a_task_that_is_done_says_what_it_found(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    with Ledger(JUDGE, path, task="t") as ledger:
        ledger.evaluate("https://a.example/", now=NOW)
        ledger.failed()
    assert tasks_at(str(path)) == {"t"}
    again = Ledger(JUDGE, path, task="t", once=True)
    assert again.done
    assert again.before == {"withheld": 1, "failed": 1}
    new = Ledger(JUDGE, path, task="u", once=True)
    new.is_new()
    assert not new.done
    with new:
        pass
    assert tasks_at(str(path)) == {"t", "u"}
    path.write_bytes(path.read_bytes()[:-1] + b'{"type":"run"')
    assert tasks_at(str(path)) is None


def test_fields_that_can_be_read_once_only_are_heard_all_the_same(tmp_path: Path) -> None:
    policies = JUDGE.read_policies(SITE, POLICIES, now=NOW)
    fields = [("content-type", "text/plain"), ("tdm-reservation", "1")]
    with Ledger(JUDGE, tmp_path / "l.jsonl") as ledger:
        for headers in (iter(fields), fields):
            decision = ledger.evaluate(
                f"{SITE}/1", status=200, headers=headers, body=b"words", policies=policies, now=NOW
            )  # fmt: skip
            assert decision.verdict == "reserved"


@pytest.mark.parametrize("wrong", [{"headers": {"a": "b"}}, {"unread": "never"}, {"item": 7}, {"status": "200"}])
def test_what_is_wrong_is_told_and_begins_no_run(tmp_path: Path, wrong: dict[str, Any]) -> None:
    policies = JUDGE.read_policies(SITE, POLICIES, now=NOW)
    given: dict[str, Any] = {"status": 200, "headers": HTML, "body": b"<p>words", "policies": policies, "now": NOW}
    ledger = Ledger(JUDGE, tmp_path / "l.jsonl")
    with pytest.raises(ConfigurationError):
        ledger.evaluate(f"{SITE}/1", **{**given, **wrong})
    assert not (tmp_path / "l.jsonl").exists()


def test_what_was_wrong_with_how_something_was_stored_is_told_of_what_says_nothing(tmp_path: Path) -> None:
    policies = JUDGE.read_policies(SITE, POLICIES, now=NOW)
    given: dict[str, Any] = {"status": 200, "headers": [("content-type", "text/plain")], "body": b"words"}
    with Ledger(JUDGE, tmp_path / "l.jsonl") as ledger:
        for notes in (("an odd head",), ()):
            decision = ledger.evaluate(f"{SITE}/1", **given, policies=policies, now=NOW, notes=notes)
            assert [fault.message for fault in decision.faults] == list(notes)
