"""
Removes from logs what may be personal, once its time is over, so that their chains still hold.

strategy: all files are read first, and nothing is touched in one that is not whole. Copies of evidence that nothing
else rests on go first (`log.evidence_forgetting`), while it is known which they are. Of split runs the lines beside the
log go; of others, and only where they are named, each decision gives way to a tombstone with its place in the chain. A
chained `deletion` record says who removed how much, by which rule; it comes last. What a crash leaves half done is
completed by doing it again, and doing it again changes nothing else.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.appending import LogFile
from tdm_guard.log.aside import side_in
from tdm_guard.log.bodies import shown
from tdm_guard.log.compressed import is_compressed
from tdm_guard.log.evidence_forgetting import ForgottenCopies, Left
from tdm_guard.log.personal import PACKED, side_of, side_path
from tdm_guard.log.reader import MAX_LINE, LogLine, in_order, lines_of
from tdm_guard.log.record import CHAIN, VERSION, digest_of, line_of, sealed_line, unseal
from tdm_guard.log.rewriting import rewritten, unmoved
from tdm_guard.plain import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import BinaryIO

MAX_HASHES = 100_000  # tombstones that one deletion record lists, 7 MB: a line is read in whole
TREE = ".tree"  # behind a log: digests of its addresses
_KEPT = ("run", "seq", "id", "ts")  # what a tombstone keeps, beside its place in the chain


@dataclass(slots=True)
class _Run:
    name: str
    until: str | None
    chained: bool
    head: str
    path: str
    begun: bool = True
    evidence: bool = False
    ended: bool = False
    split: int = 0  # decisions that commit to members beside the log
    whole: int = 0  # decisions that have them
    deleted: int = 0  # of the split ones, as deletion records say
    buried: list[str] = field(default_factory=list)  # tombstones that no deletion record lists yet
    beside: Counter[str] = field(default_factory=Counter)  # decisions whose members are there, by log
    logs: set[str] = field(default_factory=set)

    @property
    def due(self) -> bool:
        """True if there is something to remove, or something that was removed and not recorded."""
        return bool(self.whole or self.buried or self.split > self.deleted or self.beside.total())


@dataclass(frozen=True, slots=True)
class Forgotten:
    """
    What was removed of a run: `decisions`, by which `rule`, and `copies` of evidence; `path` is where its deletion
    record stands. `left`: folders of copies in which nothing could be removed.
    """

    run: str
    decisions: int
    rule: str
    path: str
    copies: int = 0
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    Who has what forgotten: runs whose `retain_until` lies before `on`, and those in `runs`, whatever they say.

    With `cut_short` also of runs that have no end record; whoever orders it knows that they do not go on. `evidence` is
    the folder of copies, if it is not where the runs say.
    """

    by: str
    on: date
    runs: tuple[str, ...] = ()
    why: str | None = None
    cut_short: bool = False
    evidence: str | None = None


def forget(paths: Sequence[str], order: Order, now: datetime) -> list[Forgotten]:
    """
    Does it, and says what was done. Nothing is done to a file that an order does not name a run of.

    Raises `ConfigurationError`, before anything is touched, if a file is compressed or no whole log, if a run named is
    not there, or one goes on.
    """
    ordered = in_order(paths)
    before = {path: _stat(path) for path in ordered}
    runs = _survey(ordered)
    chosen = _chosen(runs, order)
    logs = sorted({path for run, _ in chosen for path in run.logs})
    _refuse_unended(runs, logs, order)
    names = {run.name for run, _ in chosen}
    copies: dict[str, list[str]] = {}
    left: tuple[Left, ...] = ()
    if any(run.evidence or order.evidence for run, _ in chosen):
        found = ForgottenCopies(ordered, names, folder=order.evidence, cut_short=order.cut_short)
        with closing(found):
            copies, left = {name: found.remove(name) for name in names}, tuple(found.left)
    _drop_aside(logs, names)
    tombs = {run.name for run, _ in chosen if run.whole}
    for path in logs:
        if any(run.whole and path in run.logs for run, _ in chosen):
            unmoved(path, before[path])
            rewritten(path, lambda file, path=path: _buried(path, file, tombs, runs))  # type: ignore[misc]
            before[path] = _stat(path)
    done = []
    for run, rule in chosen:
        unmoved(run.path, before[run.path])
        gone = copies.get(run.name, [])
        done.append(Forgotten(run.name, _record(run, rule, order, now, gone), rule, run.path, len(gone), left))
        before[run.path] = _stat(run.path)
    for path in logs:
        Path(path + TREE).unlink(missing_ok=True)
    return done


def kept(paths: Sequence[str]) -> Iterator[tuple[str, str | None, bool]]:
    """The runs in files: name, until when what may be personal is kept, and whether any of it is there."""
    for run in _survey(in_order(paths)).values():
        yield run.name, run.until, run.due


def _chosen(runs: Mapping[str, _Run], order: Order) -> list[tuple[_Run, str]]:
    missing = [name for name in order.runs if name not in runs]
    if missing:
        raise ConfigurationError(f"--run: no run {shown(missing[0])} in these files")
    found = []
    for run in runs.values():
        expired = run.until is not None and run.until < order.on.isoformat()
        if not (expired or run.name in order.runs) or not run.due:
            continue
        if not run.begun:
            raise ConfigurationError(f"run {shown(run.name)} begins in another file: give all its files")
        if expired and run.name not in order.runs and run.whole:
            raise ConfigurationError(
                f"run {shown(run.name)} has personal members in its chained lines: name it with --run to replace them"
            )
        found.append((run, f"retain_until {run.until}" if expired else "named"))
    return found


def _refuse_unended(runs: Mapping[str, _Run], logs: Iterable[str], order: Order) -> None:
    for run in runs.values():
        if not run.ended and not order.cut_short and run.logs.intersection(logs):
            raise ConfigurationError(
                f"run {shown(run.name)} has no end record: it goes on, or was cut short; if nothing writes to its log "
                "any more, say so with --cut-short"
            )


# ---- reading ----------------------------------------------------------------------------------------------------


def _survey(paths: Iterable[str]) -> dict[str, _Run]:
    runs: dict[str, _Run] = {}
    for path in paths:
        with Path(path).open("rb") as file:
            if is_compressed(file.peek(4)[:4]):
                raise ConfigurationError(f"{path!r} is compressed, and nothing can be put into it: unpack it first")
            for line in lines_of(path, file):
                _heard(line, runs)
        for (name, _), number in _sides(path).items():
            if name in runs:
                runs[name].beside[path] = number
    if not runs:
        raise ConfigurationError("no line is a record of a compliance log; for example tdm-guard.jsonl")
    return runs


def _heard(line: LogLine, runs: dict[str, _Run]) -> None:
    record = line.record
    if record is None and line.raw:
        return  # torn, where a run was cut short; it has no place in a chain
    if record is None:
        raise _not_whole(line)
    kind, name = line.type, record.get("run")
    if not isinstance(name, str):
        raise _not_whole(line)
    if kind == "run" and name not in runs:
        runs[name] = _begun(name, record, head=digest_of(line.raw), path=line.path)
        return
    if kind == "part" and name not in runs and isinstance(of := record.get("of"), dict):
        runs[name] = _begun(name, of, head=str(record.get("prev")), path=line.path, begun=False)
    run = runs.get(name)
    if run is None or kind == "run":
        raise _not_whole(line)
    run.logs.add(line.path)
    run.path = line.path
    if run.chained or kind in ("decision", "common", "deletion"):
        _follow(line, kind, record, run)
    run.ended = run.ended or kind == "end"
    if kind == "decision" and "personal" in record:
        run.split += 1
    elif kind == "decision":
        run.whole += 1
    elif kind == "forgotten":
        run.buried.append(run.head)
    elif kind == "deletion":
        _noted(record, run)


def _begun(name: str, told: Mapping[str, Any], *, head: str, path: str, begun: bool = True) -> _Run:
    until = told.get("retain_until")
    try:
        day = date.fromisoformat(until).isoformat() if isinstance(until, str) else None
    except ValueError:
        day = None
    kept = bool(told.get("evidence"))
    return _Run(name, day, told.get("chain") == CHAIN, head, path, begun=begun, evidence=kept, logs={path})


def _follow(line: LogLine, kind: str | None, record: Mapping[str, Any], run: _Run) -> None:
    sealed = unseal(line.raw)
    if sealed is None or (sealed[0] != sealed[1] and kind != "forgotten") or record.get("prev") != run.head:
        raise _not_whole(line)
    run.head = sealed[0]


def _noted(record: Mapping[str, Any], run: _Run) -> None:
    hashes, decisions = record.get("hashes"), record.get("decisions")
    if isinstance(hashes, list):
        listed = set(filter(None, (each for each in hashes if isinstance(each, str))))
        run.buried = [each for each in run.buried if each not in listed]
    elif isinstance(decisions, int):
        run.deleted += decisions


def _not_whole(line: LogLine) -> ConfigurationError:
    return ConfigurationError(
        f"{line.path}:{line.number}: the log is not whole, and what is removed from it could not be told from what is "
        "missing; tdm-guard verify says more"
    )


def _sides(path: str) -> Counter[tuple[str, str]]:
    """How many lines of each run stand beside a log."""
    found: Counter[tuple[str, str]] = Counter()
    side = side_of(path)
    if side is None:
        return found
    if side.endswith(PACKED) or side != side_path(path):
        raise ConfigurationError(
            f"{side!r} is compressed, or of a log that was: unpack it to {side_path(path)!r} first"
        )
    with Path(side).open("rb") as file:
        while raw := file.readline(MAX_LINE + 1):
            if (each := side_in(raw)) is not None:
                found[each.run, path] += 1
    return found


def _stat(path: str) -> os.stat_result:
    try:
        return Path(path).stat()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path!r} cannot be read as a log: {error}") from None


# ---- writing ----------------------------------------------------------------------------------------------------


def _drop_aside(logs: Iterable[str], names: set[str]) -> None:
    """Takes the lines of these runs out of the files beside the logs, and what is torn there."""

    def kept(file: BinaryIO) -> Iterator[bytes]:
        while raw := file.readline(MAX_LINE + 1):
            side = side_in(raw)
            if side is not None and side.run not in names:
                yield raw

    for path in logs:
        if Path(side_path(path)).exists():
            rewritten(side_path(path), kept)


def _buried(path: str, file: BinaryIO, names: set[str], runs: Mapping[str, _Run]) -> Iterator[bytes]:
    """The lines of a log, tombstones in place of the decisions of these runs that have personal members."""
    for line in lines_of(path, file):
        record = line.record or {}
        if line.type == "decision" and record.get("run") in names and "personal" not in record:
            run = runs[record["run"]]
            run.buried.append(record["hash"])
            head = {"type": "forgotten", "v": VERSION, **{name: record.get(name) for name in _KEPT}}
            if head["id"] is None:
                head["id"] = f"{record['run']}-{record.get('seq')}"
            yield line_of({**head, "prev": record["prev"], "hash": record["hash"]})
        else:
            yield line.raw + (b"\n" if line.whole else b"")


def _record(run: _Run, rule: str, order: Order, now: datetime, copies: Sequence[str]) -> int:
    """Appends what was removed to the log of the run, `copies` by their digests; how many decisions it was."""
    head = {"type": "deletion", "v": VERSION, "run": run.name, "ts": timestamp(now), "by": order.by, "why": order.why}
    pieces: list[dict[str, Any]] = []
    if run.split > run.deleted:
        pieces.append({"decisions": run.split - run.deleted})
    for begin in range(0, len(run.buried), MAX_HASHES):
        hashes = run.buried[begin : begin + MAX_HASHES]
        pieces.append({"decisions": len(hashes), "hashes": hashes})
    for number, begin in enumerate(range(0, len(copies), MAX_HASHES)):
        if number >= len(pieces):
            pieces.append({"decisions": 0})
        pieces[number]["copies"] = copies[begin : begin + MAX_HASHES]
    log = LogFile(Path(run.path), durability="fsync")
    try:
        for piece in pieces:
            line, run.head = sealed_line({**head, "rule": rule, **piece}, prev=run.head)
            log.append(log.mend(line))
    finally:
        log.close()
    return sum(piece["decisions"] for piece in pieces) or run.beside.total()
