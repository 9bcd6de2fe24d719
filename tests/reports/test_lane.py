"""The short way to a report comes to what the long way comes to, whatever the logs hold."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tdm_guard.cli.report import summarised
from tdm_guard.log.checks.finding import LogSeverity
from tdm_guard.log.once import Once
from tdm_guard.log.reader import read_log
from tdm_guard.reports.filters import Chosen, Filters
from tdm_guard.reports.lane import Lane
from tdm_guard.reports.remarks import Remarks
from tdm_guard.reports.sources import Sources
from tdm_guard.reports.summary import Summary, summarise
from tests.support.varied import DAY, decided, varied, write_log

DECISIONS = 61


def by_the_long_way(paths: list[str]) -> Summary:
    sources = Sources(paths)
    with closing(Once()) as once:
        summary = summarise(once.lines(sources.lines(read_log(paths))))
        summary.remarks = Remarks.on(once, Chosen(Filters()))
        summary.sources = sources.all(once.found[LogSeverity.ERROR], once.found[LogSeverity.REMARK])
    return summary


@pytest.fixture(scope="module", params=[False, True], ids=["full", "compact"])
def lines(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    strange = [decided(f"https://strange.example/{path}") for path in ("", "é", "a/../b", "%7ea", 'q?"', "\x7f")]
    streamed = [decided(f"https://s.example/{number}", bytes=None, content_sha256=None) for number in range(9)]
    decisions = [*varied(), *strange, *streamed, *varied()]
    path = write_log(tmp_path_factory.mktemp("lane") / "tdm.jsonl", decisions, compact=request.param)
    return path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines,
        lambda lines: lines[:-1],
        lambda lines: [*lines[:4], *lines[6:]],
        lambda lines: [*lines[:4], lines[6], *lines[4:]],
        lambda lines: [*lines, *lines],
        lambda lines: [*lines[:5], b"torn", *lines[5:]],
        lambda lines: [*lines[:5], lines[5].replace(b'"verdict":"un', b'"verdict":"'), *lines[6:]],
        lambda lines: [*lines[:5], lines[5].replace(b'"bytes":10', b'"bytes":11'), *lines[6:]],
        lambda lines: lines[1:],
        lambda lines: [*lines[:-3], lines[-3][:90]],
        lambda lines: [line.replace(b"}\n", b"}\r\n") for line in lines],
    ],
    ids=["whole", "no end", "gap", "out of order", "twice", "glued", "verdict", "bytes", "no run", "torn", "crlf"],
)
def test_both_ways_count_the_same(change, lines: list[bytes], tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "tdm.jsonl"
    path.write_bytes(b"".join(change(lines)))
    assert summarised([str(path)]) == by_the_long_way([str(path)])


def test_most_decisions_take_the_short_way(lines: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "tdm.jsonl"
    path.write_bytes(b"".join(lines))
    with closing(Once()) as once:
        sources = Sources([str(path)])
        lane = Lane(once, sources)
        summary = summarise(once.lines(sources.lines(read_log([path], lane.takes))), lane=lane)
    assert lane.taken > summary.total.decisions / 3
    assert summary.total.decisions == DECISIONS


def test_a_log_given_twice_counts_once(lines: list[bytes], tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(b"".join(lines))
    both = [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]
    summary = summarised(both)
    assert (summary.total.decisions, summary.remarks.repeated, summary.remarks.errors) == (DECISIONS, DECISIONS, 0)
    assert summary == by_the_long_way(both)


def test_more_ways_of_deciding_than_are_kept_are_counted_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every origin is one; days and sizes of all of them count, however their lines are read."""
    monkeypatch.setattr("tdm_guard.reports.alike.MAX_LIKES", 100)
    decisions = [
        decided(f"https://s{number}.example/p", bytes=10, at=DAY + timedelta(minutes=number)) for number in range(1500)
    ]
    path = str(write_log(tmp_path / "tdm.jsonl", decisions))
    found = summarised([path])
    assert found.days == by_the_long_way([path]).days
    assert sum(count for day in found.days.values() for count in day.values()) == 1500
    assert found.total.admitted_bytes == by_the_long_way([path]).total.admitted_bytes == 15_000
