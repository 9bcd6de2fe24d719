"""
`scan`: judges what archives hold, without a network, and logs it.

strategy: each file is a task of its own in the log, so that what was cut short is gone on with and what was done is
passed over. What is written beside the log is put together of parts, one a file; what an earlier run decided is in the
log, and comes back from there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import typer

from tdm_guard.archives.captured import moment
from tdm_guard.cli.console import record, say
from tdm_guard.cli.options import with_tables
from tdm_guard.cli.scan_crew import scan_all
from tdm_guard.cli.scan_job import Done, Job, scan_one
from tdm_guard.cli.scan_policies import mark_of, matched, opened_sources
from tdm_guard.cli.scan_progress import Progress
from tdm_guard.errors import ConfigurationError, TdmGuardError
from tdm_guard.judge import Judge
from tdm_guard.judging.arguments import UNREAD
from tdm_guard.ledger.earlier import tasks_at
from tdm_guard.ledger.ledger import MAX_TASK
from tdm_guard.options import Options
from tdm_guard.options.config import with_config
from tdm_guard.reports.spelling import number_of

AGENT = "tdm-guard"  # who judges, unless the caller says for whom
LOG = "tdm-guard.jsonl"
MAX_WORKERS = 256  # processes: more than that no machine that this is for has cores
INTERRUPTED = 130  # as shells have it: 128 and the number of the signal
STYLES = ("jsonl", "parquet")
_KEPT = (".warc", ".warc.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of a scan."""

    policies: Sequence[str] = ()
    as_of: str = "capture"
    keep: str | None = None
    workers: int = 1
    style: str | None = None
    output: str | None = None
    unread: str = "undetermined"


def scan(paths: Sequence[str], given: Mapping[str, Any], wish: Wish) -> int:
    """
    Judges the files; 0 if all in them is admitted, 1 if something is withheld or damaged, 2 if one cannot be read,
    130 after Ctrl-C.

    Raises `ConfigurationError` before anything is read.
    """
    options = with_config(with_tables(given), environ=os.environ)
    options.setdefault("agent", AGENT)
    options.setdefault("log", LOG)
    judge = Judge.of(Options.read(options))
    style, now = _checked(wish), datetime.now(UTC)
    paths = tuple(dict.fromkeys(paths))
    wish = replace(wish, policies=matched(wish.policies))
    _check_apart(wish, paths, str(options["log"]))
    progress = Progress(paths)
    sources = opened_sources(
        wish.policies, options, told=lambda damage: progress.damage(damage, policies=True), ticked=progress.ticked
    )
    beside = Path(wish.keep or wish.output or tempfile.gettempdir())
    folder = beside.parent if wish.keep or wish.output else beside
    try:
        mark = _mark(wish, now)
        with tempfile.TemporaryDirectory(prefix=".tdm-guard-scan-", dir=folder) as parts:
            tasks = tuple(_task(path, mark) for path in paths)
            known = tasks_at(str(options["log"]))
            job = Job(
                paths=paths,
                tasks=tasks,
                new=frozenset(tasks) - known if known is not None else frozenset(),
                judge=judge,
                log=str(options["log"]),
                as_of=_as_of(wish.as_of, now),
                unread=wish.unread,
                archives=paths,
                keep=f"{parts}/keep-" if wish.keep else None,
                packed=bool(wish.keep and wish.keep.endswith(".gz")),
                output=f"{parts}/rows-" if style else None,
                style=style or STYLES[0],
            )
            found = _Found(progress, bool(wish.policies))
            for number, done in _all(job, sources, wish, progress):
                found.add(paths[number], done)
            progress.clear()
            _finish(job, wish, found)
    except KeyboardInterrupt:
        progress.clear()
        say("interrupted; the same command goes on where it was")
        return INTERRUPTED
    finally:
        for source in sources:
            source.close()
    code = max(found.code, 1 if progress.damaged else 0)
    on_stdout = style is not None and wish.output is None
    for line in found.told(job.log):
        say(line) if on_stdout else typer.echo(line)
    return code


def _checked(wish: Wish) -> str | None:
    """The style of what is written of each decision, if that is asked for. Raises `ConfigurationError`."""
    problems: list[str] = []
    style = wish.style
    if style is None and wish.output is not None:
        style = STYLES[1] if wish.output.endswith(".parquet") else STYLES[0]
    if style is not None and style not in STYLES:
        problems.append(f"--output: {style!r} is not one of {', '.join(STYLES)}")
    if style == STYLES[1] and wish.output is None:
        problems.append("--output: parquet goes into a file; for example -o verdicts.parquet")
    if not 1 <= wish.workers <= MAX_WORKERS:
        problems.append(f"--workers: {wish.workers} is no number up to {MAX_WORKERS}; for example 4")
    if wish.unread not in UNREAD:
        problems.append(f"--unread: {wish.unread!r} is none of {', '.join(UNREAD)}")
    if wish.as_of not in ("capture", "now") and moment(wish.as_of) is None:
        problems.append(f"--as-of: {wish.as_of!r} is neither capture, now nor a date; for example 2024-05-31")
    if wish.keep is not None and not wish.keep.endswith(_KEPT):
        problems.append(f"--keep: {wish.keep!r} ends in neither {' nor '.join(_KEPT)}")
    if wish.keep is not None and Path(wish.keep).exists():
        problems.append(f"--keep: {wish.keep!r} is there already; name another, or delete it")
    if problems:
        raise ConfigurationError(*problems)
    if style == STYLES[1]:
        from tdm_guard.cli import scan_table  # noqa: F401, PLC0415 - where its extra is missing, that is told at once
    return style


def _check_apart(wish: Wish, paths: Sequence[str], log: str) -> None:
    """Raises `ConfigurationError` where what is written would take the place of what is read, or of the log."""
    others = {os.path.realpath(path): path for path in (*paths, *wish.policies, log)}
    problems = []
    for option, path in (("--keep", wish.keep), ("-o", wish.output)):
        if path is not None:
            if (place := os.path.realpath(path)) in others:
                problems.append(f"{option}: {path!r} is {others[place]!r} of the same command; name another")
            others[place] = path
    if problems:
        raise ConfigurationError(*problems)


def _as_of(given: str, now: datetime) -> datetime | None:
    return None if given == "capture" else now if given == "now" else moment(given)


def _mark(wish: Wish, now: datetime) -> str:
    """What tells this scan from others of the same files: what it goes by. That of today is another one tomorrow."""
    today = f"{now:%Y-%m-%d}"
    as_of = today if wish.as_of == "now" else wish.as_of
    return f"as of {as_of}, unread {wish.unread}, policies {mark_of(wish.policies, today)}"


def _task(path: str, mark: str) -> str:
    """The name of the task that a file is: another file of the same name is another task."""
    try:
        about = os.stat(path)  # noqa: PTH116 - as it was given
        seconds, rest = divmod(about.st_mtime_ns, 10**9)
        file = f"{about.st_size} bytes, written at {seconds}.{rest:09d}"
    except OSError:
        file = "0 bytes"  # it is named when it is read
    place = os.path.abspath(path)  # noqa: PTH100 - the same, without asking the disk where links lead
    if len(place) > MAX_TASK // 2:
        place = f"{place[: MAX_TASK // 4]}…{blake2b(place.encode('utf-8', 'replace'), digest_size=8).hexdigest()}"
    return f"scan {place} ({file}), {mark}"


def _all(job: Job, sources: tuple[Any, ...], wish: Wish, progress: Progress) -> Iterable[tuple[int, Done | str]]:
    workers = min(wish.workers, len(job.paths))
    if workers > 1:
        yield from scan_all(job, sources, workers, progress.report)
        return
    for number in range(len(job.paths)):
        try:
            yield number, scan_one(job, number, sources, progress.report)
        except (TdmGuardError, OSError) as error:
            yield number, str(error)


def _finish(job: Job, wish: Wish, found: _Found) -> None:
    """Puts the parts together."""
    whole = [number for number in range(len(job.paths)) if number not in found.failed]
    numbers = sorted(whole)
    if wish.keep is not None and job.keep is not None:
        _join([job.part(job.keep, number) for number in numbers], Path(wish.keep))
    if job.output is None:
        return
    rows = [job.part(job.output, number) for number in numbers]
    if wish.output is None:
        for part in rows:
            with part.open("rb") as lines:
                for line in lines:
                    record(line)
    elif job.style == STYLES[0]:
        _join(rows, Path(wish.output))
    else:
        from tdm_guard.cli.scan_table import joined  # noqa: PLC0415 - it needs an extra

        made = Path(f"{job.output}all")
        joined(rows, made)
        made.replace(wish.output)


def _join(parts: Sequence[Path], to: Path) -> None:
    """Moves the first there and adds the others: nothing stands at `to` before all is."""
    made = parts[0] if parts else to
    if not parts:
        made.write_bytes(b"")
        return
    with made.open("ab") as file:
        for part in parts[1:]:
            with part.open("rb") as more:
                shutil.copyfileobj(more, file, 2**20)
            part.unlink()
    made.replace(to)


class _Found:
    """What came of all files."""

    def __init__(self, progress: Progress, policies: bool) -> None:
        self._progress = progress
        self._policies = policies
        self.counts: Counter[str] = Counter()
        self.passed: Counter[str] = Counter()
        self.failed: set[int] = set()
        self._files = 0
        self._paths: list[str] = []

    def add(self, path: str, done: Done | str) -> None:
        """What came of one."""
        number = self._progress.number(path)
        if isinstance(done, str):
            self.failed.add(number)
            self._progress.say(f"tdm-guard: {done if path in done else f'{path}: {done}'}")
            return
        self._files += 1
        self.counts += done.counts
        self.passed += done.passed
        if done.before:
            self._progress.say(f"{path}: an earlier run judged all of it; what it decided is in the log")
        self._progress.finished(number, done.counts["met"])

    @property
    def code(self) -> int:
        """With what the command ends."""
        if self.failed:
            return 2
        counts = self.counts
        return 1 if counts["withheld"] or counts["damaged"] or counts["failed"] or counts["unkept"] else 0

    def told(self, log: str) -> Iterable[str]:
        """What is said at the end."""
        counts = self.counts
        judged = counts["admitted"] + counts["withheld"]
        yield (
            f"{number_of(judged, 'record')} of {number_of(self._files, 'file')} judged: "
            f"{counts['admitted']:,} admitted, {counts['withheld']:,} withheld; the log is {log}"
        )
        verdicts = sorted((name, count) for name, count in counts.items() if name.startswith("verdict/"))
        if verdicts:
            yield "  " + ", ".join(f"{name.removeprefix('verdict/')} {count:,}" for name, count in verdicts)
        if counts["contentless"]:
            yield f"  of those admitted {number_of(counts['contentless'], 'answer')} without content: redirects, errors"
        if self.passed:
            yield "  not judged: " + ", ".join(f"{name} {count:,}" for name, count in sorted(self.passed.items()))
        if counts["unknown"]:
            yield (
                f"  of the sites of {number_of(counts['unknown'], 'record')} the policies hold no document"
                if self._policies
                else "  nothing is known of the sites: --policies says where their robots.txt and the like are"
            )
        if damaged := counts["damaged"] or counts["failed"]:
            yield f"  {number_of(damaged, 'damaged place')}, named on stderr when it was read"
        if counts["unkept"]:
            yield (
                f"  {number_of(counts['unkept'], 'admitted record')} not kept: no member of its own, so that it cannot "
                "be cut out"
            )
        if self.failed:
            yield f"  {number_of(len(self.failed), 'file')} not judged whole"
