"""`report`: counts over logs, and the lists of what was withheld, would have been, and was admitted."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from tdm_guard.cli.console import counted, say, ticking
from tdm_guard.cli.logs import answer, heading, no_log, readable
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.checks.finding import LogSeverity
from tdm_guard.log.latest import Latest
from tdm_guard.log.once import Once
from tdm_guard.log.reader import LogLine, read_log
from tdm_guard.reports.charts import charts
from tdm_guard.reports.filters import Chosen, Filters
from tdm_guard.reports.items import (
    AdmittedItem,
    WithheldItem,
    admitted,
    is_stored,
    render_items,
    withheld,
    would_withhold,
)
from tdm_guard.reports.lane import Lane
from tdm_guard.reports.page import page
from tdm_guard.reports.remarks import Remarks
from tdm_guard.reports.report import render
from tdm_guard.reports.rows import write_parquet
from tdm_guard.reports.sources import Sources
from tdm_guard.reports.spelling import number_of
from tdm_guard.reports.summary import MAX_RUNS, summarise
from tdm_guard.reports.tabulated import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tdm_guard.reports.summary import Summary

LISTS = ("markdown", "json", "csv")
_IN_MEMORY = 8 * 2**20  # of a list that waits for its first line; more goes to the disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for: the report or one of three lists; `latest`: of each address the last decision only."""

    style: str | None = None
    withheld: bool = False
    would_withhold: bool = False
    admitted: bool = False
    latest: bool = False
    filters: Filters = field(default_factory=Filters)

    @property
    def lists(self) -> bool:
        """True for a list."""
        return self.withheld or self.would_withhold or self.admitted

    def check(self) -> None:
        """Raises `ConfigurationError` for two lists at once."""
        if self.withheld + self.would_withhold + self.admitted > 1:
            raise ConfigurationError("report: --withheld, --would-withhold and --admitted are three lists; give one")
        if self.lists and self.style not in {None, *LISTS}:
            raise ConfigurationError(f"--format: lists are {', '.join(LISTS)}, not {self.style}")


def report(paths: Sequence[str], wish: Wish, output: Path | None) -> None:
    """
    Writes the report, or a list of items, to `output` or stdout.

    All is read before anything is written: what is wrong with the logs stands in the first line.
    """
    wish.check()
    readable(paths)
    no_log(output, paths)
    chosen = Chosen(wish.filters)
    seen = _Seen(Sources(paths))
    with closing(Once()) as once:
        # Every decision is wanted, and none by itself: most of them need not become records.
        short = not (wish.lists or wish.latest or wish.filters)
        lane = Lane(once, seen.sources, ticking("decisions")) if short else None
        found = counted(read_log(paths, lane.takes if lane is not None else None, seen.sources.opens), "lines")
        read = once.lines(seen.sources.lines(found))
        lines = seen.lines(chosen.lines(read, of_kind=not wish.latest))
        if wish.latest or wish.admitted:
            with closing(_stored(lines, wish, seen)) as latest:
                _write(_completed(latest, seen), wish, output, once, chosen, seen, latest if wish.latest else None)
                if latest.strange:
                    say(f"left out, because no address is named: {number_of(latest.strange, 'decision')}")
        else:
            _write(lines, wish, output, once, chosen, seen, None, lane)
        for note in seen.notes(wish):
            say(note)


@dataclass(slots=True)
class _Seen:
    """What goes by of the lines chosen, and is not in the list that is made of them; and where they are from."""

    sources: Sources
    observed: int = 0
    refused: int = 0
    without_content: int = 0
    unread: int = 0
    runs: list[Mapping[str, Any]] = field(default_factory=list)
    more_runs: int = 0

    def lines(self, lines: Iterable[LogLine]) -> Iterator[LogLine]:
        for line in lines:
            record = line.record
            self.unread += record is None
            if record is not None and line.type == "decision":
                self.observed += record.get("enforced") is False
                self.refused += record.get("admitted") is not True
                self.without_content += record.get("admitted") is True and record.get("content") is not True
            elif record is not None and line.type == "run":
                if len(self.runs) < MAX_RUNS:
                    self.runs.append(record)
                else:
                    self.more_runs += 1
            yield line

    def notes(self, wish: Wish) -> Iterator[str]:
        """What must not be left out in silence."""
        if wish.withheld and self.observed:
            made = number_of(self.observed, "decision")
            yield f"made in observe mode, which withholds nothing: {made}; see --would-withhold"
        if (wish.admitted or wish.would_withhold) and self.without_content:
            yield f"not listed: {number_of(self.without_content, 'answer')} without content"
        if wish.would_withhold and self.refused:
            yield f"not listed: {number_of(self.refused, 'decision')} that did withhold; see --withheld"
        if wish.admitted and self.observed:
            made = number_of(self.observed, "decision")
            yield f"made in observe mode, so admitted whatever was said: {made}; the verdict tells"
        if wish.lists and self.unread:
            yield f"{number_of(self.unread, 'line')} of the logs could not be read; tdm-guard verify says which"


def _stored(lines: Iterable[LogLine], wish: Wish, seen: _Seen) -> Latest:
    """The decisions wanted, on the disk: of each address the latest, or all of them."""

    def keeps(record: Mapping[str, Any]) -> bool:
        return (not wish.admitted or is_stored(record)) and (not wish.latest or wish.filters.of_kind(record))

    return Latest.of(lines, keeps, each=not wish.latest, some=True)


def _completed(latest: Latest, seen: _Seen) -> Iterator[LogLine]:
    for record in chain(seen.runs, latest.completed()):
        yield LogLine(path="", number=0, raw=b"", record=record)


def _write(
    lines: Iterator[LogLine],
    wish: Wish,
    output: Path | None,
    once: Once,
    chosen: Chosen,
    seen: _Seen,
    latest: Latest | None,
    lane: Lane | None = None,
) -> None:
    def remarks() -> Remarks:
        chosen.check()
        left = None
        if latest is not None:  # what is not listed because it was not stored is told by itself
            left = latest.superseded if wish.admitted else latest.decisions - len(latest)
        return Remarks.on(once, chosen, latest=left)

    if not wish.lists:
        summary: Summary = summarise(lines, some=True, lane=lane)
        summary.remarks = remarks()
        summary.sources = seen.sources.all(once.found[LogSeverity.ERROR], once.found[LogSeverity.REMARK])
        if latest is not None:
            summary.unread, summary.more_runs = seen.unread, seen.more_runs
        if wish.style in {"csv", "parquet"}:
            list(heading(summary.remarks, text=False))
        _report(summary, wish, output)
        return
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="") as waiting:
        for piece in _listed(lines, wish):
            waiting.write(piece)
        waiting.seek(0)
        answer(chain(heading(remarks(), text=wish.style in {None, "markdown"}), waiting), output)


def _report(summary: Summary, wish: Wish, output: Path | None) -> None:
    if wish.style == "html":
        if write_page(summary, output):
            say('the page has tables alone; for charts: pip install "tdm-guard[report]"')
    elif wish.style == "parquet":
        _parquet(summary, output)
    else:
        answer([render(summary, wish.style or "markdown")], output)


def write_page(summary: Summary, output: Path | None) -> bool:
    """Writes the page to a file or stdout; True if it has tables alone, for want of what draws charts."""
    drawn = charts(tables(summary))
    answer(page(summary, charts=drawn or {}, now=datetime.now(UTC)), output)
    return drawn is None


def summarised(paths: Sequence[str]) -> Summary:
    """What logs come to, with the files they lie in and what is found in these."""
    sources = Sources(paths)
    with closing(Once()) as once:
        lane = Lane(once, sources)
        chosen = Chosen(Filters())
        found = sources.lines(read_log(paths, lane.takes, sources.opens))
        summary = summarise(chosen.lines(once.lines(found)), lane=lane)
        summary.remarks = Remarks.on(once, chosen)
        summary.sources = sources.all(once.found[LogSeverity.ERROR], once.found[LogSeverity.REMARK])
    return summary


def _parquet(summary: Summary, output: Path | None) -> None:
    if output is None:
        raise ConfigurationError("report: --format parquet is no text; give --output, for example report.parquet")
    try:
        write_parquet(summary, output)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pyarrow":
            raise
        raise ConfigurationError('report --format parquet needs pyarrow: pip install "tdm-guard[parquet]"') from None
    except OSError as error:
        raise ConfigurationError(f"--output: {str(output)!r} cannot be written: {error.strerror or error}") from error


def _listed(lines: Iterator[LogLine], wish: Wish) -> Iterator[str]:
    if wish.admitted:
        records = (line.record for line in lines if line.record is not None and line.type == "decision")
        return render_items(admitted(records), wish.style, AdmittedItem)
    found = would_withhold(lines) if wish.would_withhold else withheld(lines)
    return render_items(found, wish.style, WithheldItem)
