"""
Which copies of an evidence folder only decisions rest on that are forgotten, and their end.

strategy: the copies that decisions name stand in a private database (`log.scratch`), each with whether one that stays
names it. Every run says in the folder which log it writes to (`EvidenceStore.used_by`): the logs of other runs there
are read too, and where one is not found, or goes on, nothing is removed, since it may rest on any copy.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.bodies import shown
from tdm_guard.log.evidence import leave_out, remove_copy, users_of
from tdm_guard.log.evidence_check import Folders, named_in
from tdm_guard.log.jsonl import part_path
from tdm_guard.log.personal import PACKED
from tdm_guard.log.reader import BrokenLogError, read_log
from tdm_guard.log.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tdm_guard.log.reader import LogLine

_TABLE = """
    CREATE TABLE named (folder TEXT, digest TEXT, run TEXT, stays INTEGER, PRIMARY KEY (folder, digest)) WITHOUT ROWID
"""
_MAX_PARTS = 10_000  # files of one run; one a day is some hundred
_NAMED = "INSERT INTO named VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET stays = max(stays, excluded.stays)"


class Left(NamedTuple):
    """A folder in which nothing was removed, and why."""

    folder: str
    why: str


class ForgottenCopies:
    """
    The copies of `runs`, all of which are forgotten, as far as no decision of others names them.

    Nothing is touched before `remove`. `left` are the folders whose copies stay.
    """

    def __init__(self, paths: Sequence[str], runs: set[str], *, folder: str | None = None, cut_short: bool) -> None:
        self.left: list[Left] = []
        self._runs = runs
        self._database = scratch(_TABLE)
        self._folders = Folders(folder)
        self._read = {os.path.realpath(path) for path in paths}
        self._met: dict[str, bool] = {}  # runs, and whether their end was read
        self._noted: set[tuple[str, str]] = set()  # folders, and runs read from their beginning that name them so
        lost: dict[str, None] = {}
        for line in read_log(paths):
            if (words := self._note(line)) is not None:
                lost[words] = None
        self.left += [Left("", words) for words in lost]
        query = "SELECT DISTINCT folder FROM named WHERE NOT stays"
        self._open = [each for (each,) in self._database.execute(query).fetchall() if self._is_free(each, cut_short)]

    def _note(self, line: LogLine) -> str | None:
        """Notes what a decision names; what to say if the folder of one that is forgotten is nowhere."""
        record = line.record
        if record is None:
            return None
        run = str(record.get("run"))
        self._met[run] = line.type == "end" or self._met.get(run, False)
        if line.type in {"run", "part"}:
            self._folders.note(record, line.path)
            own = self._folders.of(record) if line.type == "run" and self._folders.lost(record) is None else None
            if own is not None:
                self._noted.add((os.path.realpath(own), run))
        if line.type != "decision" or (folder := self._folders.of(record)) is None:
            return None
        if (lost := self._folders.lost(record)) is not None:
            return lost if run in self._runs else None
        self._name(line, os.path.realpath(folder), stays=run not in self._runs)
        return None

    def _name(self, line: LogLine, folder: str, *, stays: bool) -> None:
        record = line.record or {}
        rows = [(folder, named.digest, str(record.get("run")), stays) for named in named_in(record)]
        self._database.executemany(_NAMED, rows)

    def _is_free(self, folder: str, cut_short: bool) -> bool:
        """True if the logs of all runs that use a folder were read, those of others just now."""
        for run, log in users_of(folder):
            if run in self._runs:
                continue
            files = _files(log, run) or _files(Path(folder).parent / log.name, run)
            noted = (folder, run) in self._noted
            if not files and not noted:
                why: str | None = f"its log {str(log)!r} was not found"
            else:
                unread = [path for path in files if not (noted and os.path.realpath(path) in self._read)]
                why = self._hear(folder, run, unread)
            if why is None and not (self._met.get(run) or cut_short):
                why = "has no end record: it goes on, or was cut short"
            if why is not None:
                self.left.append(Left(folder, f"run {shown(run)} uses it too, and {why}"))
                return False
        return True

    def _hear(self, folder: str, run: str, files: Sequence[Path]) -> str | None:
        """Notes what the decisions of files name; why that cannot be known."""
        try:
            for line in read_log(files) if files else ():
                if line.type == "decision":
                    self._name(line, folder, stays=True)
                elif line.type == "end" and line.record is not None:
                    self._met[str(line.record.get("run"))] = True
        except (BrokenLogError, ConfigurationError) as error:
            return f"its log cannot be read: {error}"
        return None

    def remove(self, run: str) -> list[str]:
        """Removes the copies that a run was the first to name; their digests, which are not there any more."""
        gone = []
        for folder in self._open:
            query = "SELECT digest FROM named WHERE NOT stays AND folder = ? AND run = ?"
            with closing(self._database.execute(query, (folder, run))) as rows:
                for (digest,) in rows:
                    _removed(folder, digest)
                    gone.append(digest)
            leave_out(folder, run)
        return gone

    def close(self) -> None:
        """Gives the space back."""
        self._database.close()


def _files(first: Path, run: str) -> list[Path]:
    """The files of a run whose log began as `first`, packed or not; none if that is not there."""
    found: list[Path] = []
    while len(found) < _MAX_PARTS:
        path = part_path(first, run=run, part=len(found) + 1) if found else first
        there = next((each for end in ("", *PACKED) if (each := Path(f"{path}{end}")).is_file()), None)
        if there is None:
            break
        found.append(there)
    return found


def _removed(folder: str, digest: str) -> None:
    try:
        remove_copy(folder, digest)
    except OSError as error:
        raise ConfigurationError(f"the copy {digest} in {folder!r} cannot be removed: {error.strerror}") from error


def told(left: Iterable[Left]) -> Iterator[str]:
    """What is said of copies that stay."""
    for folder, why in left:
        yield f"copies of evidence stay{f' in {folder}' if folder else ''}: {why}"
