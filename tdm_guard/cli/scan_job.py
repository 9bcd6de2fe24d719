"""One archive of a scan, in whichever process: judged, logged, and what is asked for of it written into parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import IO, Any, Protocol

from tdm_guard.archives import Damage, Item
from tdm_guard.archives.cutting import Cutter
from tdm_guard.archives.sources import PolicySource
from tdm_guard.decision import Decision
from tdm_guard.judge import Judge
from tdm_guard.ledger.ledger import Ledger
from tdm_guard.ledger.library import Library
from tdm_guard.ledger.scanning import Scan
from tdm_guard.log.record import line_of
from tdm_guard.model import Result

MAX_TOLD = 100  # damaged places of a file that are told one by one; the others are counted
_STEP = 256  # items between two looks at the clock
_PAUSE = 0.5  # seconds between two words on how far it is
_NOT_ATTEMPTED = Result.NOT_ATTEMPTED  # on Python 3.11 looking a member up on its class is slow
Report = Callable[[str, Any], None]
Infos = Mapping[str, Sequence[tuple[int, int]]]  # where the `warcinfo` records lie, by file


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    What is to be done.

    `tasks` are the names of the files' runs, of `new` ones there is none; `keep` and `output` what their parts begin
    with.
    """

    paths: tuple[str, ...]
    tasks: tuple[str, ...]
    new: frozenset[str] = frozenset()
    judge: Judge
    log: str
    as_of: datetime | None
    unread: str
    archives: tuple[str, ...] = ()
    keep: str | None = None
    packed: bool = True
    output: str | None = None
    style: str = "jsonl"

    def part(self, begin: str, number: int) -> Path:
        """The file for what one archive adds."""
        return Path(f"{begin}{number:06d}")


@dataclass(slots=True)
class Done:
    """What came of a file: counts, and whether an earlier run had done it all."""

    counts: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    before: bool = False


class Rows(Protocol):
    """Takes in decisions, to write them."""

    def add(self, decision: Decision) -> None:
        """One decision."""

    def close(self) -> None:
        """That was all."""


class Lines:
    """Decisions as the records of the log, one a line."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("wb")

    def add(self, decision: Decision) -> None:
        """One decision."""
        self._file.write(line_of(decision.to_dict()))

    def close(self) -> None:
        """That was all."""
        self._file.close()


def scan_one(job: Job, number: int, sources: tuple[PolicySource, ...], report: Report, *, again: bool = False) -> Done:
    """
    Judges and logs one file, `again` after a process that died of it.

    `report` is told of damage ("told") and how far it is ("reached").

    Raises `Unreadable`, `LogError`.
    """
    path = job.paths[number]
    ledger = Ledger(job.judge, job.log, task=job.tasks[number], once=True, remembers=True)
    if job.tasks[number] in job.new and not again:
        ledger.is_new()
    try:
        if ledger.done and job.keep is None and job.output is None:
            return Done(Counter(ledger.before), before=True)
        done = Done(before=ledger.done)
        library = Library(ledger.judge, sources)
        told = _Telling(report)
        scan = Scan(
            as_of=job.as_of, unread=job.unread, archives=job.archives, told=told.damage, counts=done.counts,
            passed=done.passed,
        )  # fmt: skip
        with _Writing(job, number) as writing:
            due, name = monotonic() + _PAUSE, Path(path).name
            counts = done.counts
            for met, (found, decision) in enumerate(scan.decisions(path, ledger, library)):
                if _of_unknown_site(decision):
                    counts["unknown"] += 1
                if writing.wanted:
                    writing.add(found, decision, done.counts, scan.infos)
                if met % _STEP == 0 and monotonic() >= due:
                    due = monotonic() + _PAUSE
                    place = found.stored if isinstance(found, Item) else found
                    report("reached", (number, done.counts["met"], place.offset if place.file == name else None))
        told.rest(path)
        ledger.end()
        return done
    finally:
        ledger.close()


def _of_unknown_site(decision: Decision) -> bool:
    """Whether the sources held none of the documents that were looked for: it may be that they are the wrong ones."""
    checked = decision.checked
    if not checked or checked[0].result is not _NOT_ATTEMPTED:  # as of nearly all
        return False
    return all(each.result is _NOT_ATTEMPTED for each in checked)


class _Telling:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._count = 0

    def damage(self, damage: Damage) -> None:
        self._count += 1
        if self._count <= MAX_TOLD:
            of = f" ({damage.url})" if damage.url else ""
            self._report("told", f"{damage.file}, at {damage.offset}: {damage.what}{of}")

    def rest(self, path: str) -> None:
        if self._count > MAX_TOLD:
            self._report("told", f"{path}: {self._count - MAX_TOLD:,} more damaged places")


class _Writing:
    """The parts of the files that are asked for."""

    def __init__(self, job: Job, number: int) -> None:
        self.wanted = job.keep is not None or job.output is not None
        self._kept = None if job.keep is None else job.part(job.keep, number).open("wb")
        self._cutter = None if self._kept is None else Cutter(job.paths[number], self._kept, packed=job.packed)
        self._rows: Rows | None = None
        if job.output is not None:
            part = job.part(job.output, number)
            self._rows = Lines(part) if job.style == "jsonl" else _table(part)

    def __enter__(self) -> _Writing:
        return self

    def add(self, found: Item | Damage, decision: Decision, counts: Counter[str], infos: Infos) -> None:
        if self._rows is not None:
            self._rows.add(decision)
        if self._cutter is not None and decision.admitted:
            raw = found.raw if isinstance(found, Item) else None
            counts["unkept" if raw is None else "kept"] += 1
            if raw is not None:
                self._cutter.copy(raw, found.within if isinstance(found, Item) else None, infos)

    def __exit__(self, *_: object) -> None:
        for each in (self._rows, self._cutter, self._kept):
            if each is not None:
                each.close()


def _table(part: Path) -> Rows:
    from tdm_guard.cli.scan_table import Table  # noqa: PLC0415 - it needs an extra

    return Table(part)
