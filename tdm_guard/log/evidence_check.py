"""
Is the copy of everything that decisions name in the evidence folder, and is it what it should be?

A copy that is not there is a remark: a policy may have come from a cache that another run filled, or it was forgotten,
as a deletion record says. One whose bytes have
another digest than its name is an error.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.log.evidence import State, copy_of
from tdm_guard.log.members import entries, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tdm_guard.log.checks.finding import Finding, Findings
    from tdm_guard.log.reader import LogLine

MAX_REMEMBERED = 1_000_000  # copies that were looked at, some 100 bytes each; behind them one is read again
MAX_RUNS = 100_000  # runs whose folders are kept in mind
LOADED = frozenset({"declaration", "list"})  # carriers of what the operator loaded: he has the file itself


class Named(NamedTuple):
    """A copy that a record names: by what digest, whether that is of a piece, and what it is of."""

    digest: str
    piece: bool
    source: str


def named_in(record: Mapping[str, Any]) -> Iterator[Named]:
    """The copies that a decision rests on, each once, those of its statements first."""
    seen: set[str] = set()
    for entry in (*entries(record, "because"), *entries(record, "said"), *entries(record, "faults")):
        named = named_by(entry)
        if named is not None and named.digest not in seen:
            seen.add(named.digest)
            yield named
    for entry in entries(record, "checked"):
        digest = text_of(entry, "sha256", 64)
        if digest and digest not in seen:
            seen.add(digest)
            yield Named(digest, piece=False, source=text_of(entry, "document") or "")


def named_by(entry: Mapping[str, Any]) -> Named | None:
    """The copy that a statement or fault rests on; None where there should be none."""
    piece, source = text_of(entry, "evidence", 64), text_of(entry, "source") or ""
    if piece:
        return Named(piece, piece=True, source=source)
    digest = text_of(entry, "sha256", 64)
    if not digest or text_of(entry, "carrier") in LOADED:
        return None
    return Named(digest, piece=False, source=source)


class Folders:
    """
    The evidence folder of each run: the one that is `given`, else the one that its record names.

    That is looked for from here, then beside the log; one that is in neither place is lost.
    """

    def __init__(self, given: str | None = None) -> None:
        self._given = given
        self._of: dict[str, str] = {}
        self._lost: set[str] = set()

    def note(self, record: Mapping[str, Any], path: str) -> None:
        """
        Notes the run record in the log at `path`, or that of a file by which a rotated run goes on.

        What stood beside the log in a folder of both is beside it still, where the log was moved with it.
        """
        of = record.get("of")
        folder = text_of(of if isinstance(of, dict) else record, "evidence")
        if folder and len(self._of) < MAX_RUNS:
            run, beside = text_of(record, "run", 240) or "", Path(path).parent
            places = (folder, os.fspath(beside / folder), os.fspath(beside / Path(folder).name))
            found = next((place for place in places if _is_folder(place)), None)
            if found is not None:
                self._of[run] = found
                self._lost.discard(run)
            elif self._of.setdefault(run, folder) == folder:
                self._lost.add(run)

    def of(self, record: Mapping[str, Any]) -> str | None:
        """The folder for a decision; None if its run kept nothing."""
        return self._given or self._of.get(text_of(record, "run", 240) or "")

    def lost(self, record: Mapping[str, Any]) -> str | None:
        """What to say where the folder for a decision is nowhere."""
        run = text_of(record, "run", 240) or ""
        if self._given is not None or run not in self._lost:
            return None
        return f"no folder {self._of[run]!r} here or beside the log: give --evidence FOLDER"


def _is_folder(place: str) -> bool:
    """True if a folder is there; a name that no file can have is none."""
    try:
        return Path(place).is_dir()
    except (OSError, ValueError):
        return False


class EvidenceCheck:
    """
    Goes through the lines of logs and looks at each copy that a decision names, once.

    What it finds is added to `count`. `folder` is where to look, whatever the run records say. `copies` is how many
    were found whole. A folder that is nowhere is one remark, not one for each copy. `forgotten` are digests of copies
    that deletion records list.
    """

    def __init__(self, count: Findings, folder: str | None = None, forgotten: Collection[str] = ()) -> None:
        self.copies = 0
        self._count = count
        self._folders = Folders(folder)
        self._forgotten = forgotten
        self._seen: set[tuple[str, str]] = set()
        self._told: set[str] = set()

    def look(self, line: LogLine) -> list[Finding]:
        """What is wrong with the copies that one line names."""
        record = line.record
        if record is not None and line.type in {"run", "part"}:
            self._folders.note(record, line.path)
        elif record is not None and line.type == "decision" and (folder := self._folders.of(record)) is not None:
            lost = self._folders.lost(record)
            if lost is not None:
                self._nowhere(line, record, lost)
                return self._count.taken()
            for named in named_in(record):
                if (folder, named.digest) not in self._seen:
                    if len(self._seen) >= MAX_REMEMBERED:
                        self._seen.clear()
                    self._seen.add((folder, named.digest))
                    self._copy(line, folder, named)
        return self._count.taken()

    def _nowhere(self, line: LogLine, record: Mapping[str, Any], lost: str) -> None:
        if lost not in self._told and len(self._told) < MAX_RUNS and any(named_in(record)):
            self._told.add(lost)
            self._count.remark(line, f"copies were not looked at: {lost}")

    def _copy(self, line: LogLine, folder: str, named: Named) -> None:
        found = copy_of(folder, named.digest)
        what = f"the copy {named.digest[:12]}… of {named.source}"
        if found.state is State.DAMAGED:
            self._count.error(line, f"{what} is not what it was: {found.problem}")
        elif found.state is State.MISSING and named.digest in self._forgotten:
            self._count.remark(line, f"{what} was forgotten", explained=True)
        elif found.state is State.MISSING:
            why = f" ({found.problem})" if found.problem else ""
            self._count.remark(line, f"{what} is missing in {folder}{why}")
        else:
            self.copies += 1
