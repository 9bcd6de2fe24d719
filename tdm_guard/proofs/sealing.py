"""
The trees of all runs in logs, made again from their records: what `seal` states, and what a proof is taken from.

strategy: one pass over the lines. Of each run that goes on there are digests in bounded memory and on the disk; with
its end record its sections are written, those of runs that were cut short at the end of the logs. What is chained
behind an end record (a deletion) is in no tree, but it is the head.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.canonical import suffixes_digest
from tdm_guard.log.compressed import open_log
from tdm_guard.log.reader import MAX_LINE
from tdm_guard.log.record import digest_of
from tdm_guard.log.sorting import Sorted
from tdm_guard.log.trees import Trees, admitted_addresses
from tdm_guard.proofs.tree_file import COMMON, DECISION, SealedRun, TreeWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tdm_guard.log.reader import LogLine

MAX_OPEN = 1_000  # runs without an end record at one time; each has digests in memory
MAX_HELD = 256 * 1024  # bytes of the places of a run's decisions in memory; what is more goes to the disk
_EDGE = 64 * 1024  # bytes at both ends of a file by which it is known again
_FORGOTTEN = "forgotten"


class TreesDifferError(Exception):
    """An end record states other trees than the run's records come to."""


class _Open:
    """A run whose end was not met yet."""

    def __init__(self, name: str, line: LogLine) -> None:
        record = line.record or {}
        redact = record.get("redact")
        self.name = name
        self.head = digest_of(line.raw)
        self.chained = record.get("chain") == "records"
        self.redact = tuple(text for text in redact if isinstance(text, str)) if isinstance(redact, list) else ()
        self.forgotten = 0
        self.trees = Trees(numbered=True)
        self.places = tempfile.SpooledTemporaryFile(max_size=MAX_HELD)  # noqa: SIM115 - it lives as long as this
        self.commons = Sorted(COMMON.size)

    def close(self) -> None:
        self.trees.close()
        self.places.close()
        self.commons.close()


class Sealing:
    """Makes the trees of all runs whose lines it is given, and writes them into `file` as a LOG.tree."""

    def __init__(self, file: BinaryIO) -> None:
        self.runs: list[SealedRun] = []
        self._writer = TreeWriter(file)
        self._open: dict[str, _Open] = {}
        self._ended: dict[str, int] = {}
        self._sections: list[Mapping[str, Mapping[str, int]]] = []

    def look(self, line: LogLine, file: int, offset: int) -> None:
        """
        The next line, and where it begins.

        What no verification of the log would let pass is passed over. Raises `TreesDifferError` at an end record that
        states other trees.
        """
        record = line.record or {}
        name, kind = record.get("run"), line.type
        if not isinstance(name, str):
            return
        if kind == "run":
            if len(self._open) >= MAX_OPEN:
                raise ConfigurationError(f"more than {MAX_OPEN} runs without an end record; seal fewer files at a time")
            self._open[name] = _Open(name, line)
            return
        run = self._open.get(name)
        digest = record.get("hash")
        if name in self._ended and isinstance(digest, str):
            self.runs[self._ended[name]] = replace(self.runs[self._ended[name]], head=digest)
            return
        if run is None and kind == "part":
            raise ConfigurationError(
                f"{line.path}: begins with part {record.get('part')} of run {name}: give its first file, too"
            )
        if run is None:
            return
        if isinstance(digest, str) and (run.chained or kind in ("decision", _FORGOTTEN)):
            run.head = digest
            if kind in ("decision", _FORGOTTEN):
                self._decision(run, record, DECISION.pack(bytes.fromhex(digest), file, offset))
            elif kind == "common":
                run.commons.add(COMMON.pack(bytes.fromhex(digest), file, offset))
        if kind == "end":
            self._close(run, ended=True, stated=record.get("trees"), place=f"{line.path}:{line.number}")

    def finish(self, files: Iterable[Mapping[str, Any]]) -> None:
        """No more lines: those runs are sealed that did not end, and the directory is written."""
        for run in list(self._open.values()):
            self._close(run, ended=False, stated=None, place="")
        for sealed, sections in zip(self.runs, self._sections, strict=True):
            self._writer.run(sealed, sections)
        self._writer.finish(files)

    def close(self) -> None:
        """Gives the space back."""
        for run in self._open.values():
            run.close()
        self._open.clear()

    def _decision(self, run: _Open, record: Mapping[str, Any], place: bytes) -> None:
        gone = record.get("type") == _FORGOTTEN or record.get(_FORGOTTEN) is True
        run.forgotten += gone
        run.trees.decided(place[:32].hex(), () if gone else admitted_addresses(record))
        run.places.write(place)

    def _close(self, run: _Open, *, ended: bool, stated: object, place: str) -> None:
        run.places.seek(0)
        entries = {"decisions": _blocks(run.places), "addresses": run.trees.addresses, "domains": run.trees.domains}
        trees: dict[str, Any] = {}
        sections: dict[str, Any] = {}
        for name, found in entries.items():
            trees[name], sections[name] = self._writer.section(found)
        trees["domains"]["suffixes"] = suffixes_digest()
        sections["commons"] = self._writer.commons(run.commons)
        run.close()
        del self._open[run.name]
        if run.forgotten and isinstance(stated, dict):
            trees = {**trees, **{name: stated[name] for name in ("addresses", "domains") if name in stated}}
        if stated is not None and (differs := _differing(stated, trees)):
            raise TreesDifferError(f"{place}: run {run.name} states other trees than its records come to: {differs}")
        sealed = SealedRun(
            run=run.name, head=run.head, ended=ended, forgotten=run.forgotten, trees=trees, redact=run.redact
        )
        if run.chained and ended:
            self._ended[run.name] = len(self.runs)
        self.runs.append(sealed)
        self._sections.append(sections)


def _blocks(file: Any) -> Iterator[bytes]:
    while found := file.read(DECISION.size * 4096):
        for at in range(0, len(found), DECISION.size):
            yield found[at : at + DECISION.size]


def _differing(stated: object, trees: Mapping[str, Mapping[str, Any]]) -> str:
    """The first tree of which something else is stated, with both; nothing if all agree."""
    for name, tree in trees.items():
        said = stated.get(name) if isinstance(stated, dict) else None
        said = said if isinstance(said, dict) else {}
        if name == "domains" and said.get("suffixes") != tree["suffixes"]:
            continue  # it was made by another list, which nobody has here
        if any(said.get(member) != tree[member] for member in ("size", "root")):
            return f"{name} {said.get('size')}:{said.get('root')}, but {tree['size']}:{tree['root']}"
    return ""


class Placed:
    """Lines with the number of their file and the place where they begin there; and what the files are."""

    def __init__(self, lines: Iterable[LogLine]) -> None:
        self._lines = lines
        self.files: list[dict[str, Any]] = []

    def __iter__(self) -> Iterator[tuple[LogLine, int, int]]:
        beside: _Beside | None = None
        for line in self._lines:
            if beside is None or line.path != beside.path:
                self._done(beside)
                beside = _Beside(line.path)
            yield line, len(self.files), beside.begin_of(line.number)
        self._done(beside)

    def _done(self, beside: _Beside | None) -> None:
        if beside is not None:
            size, digest = beside.finish()
            self.files.append({**known_by(beside.path), "bytes": size, "sha256": digest})


class _Beside:
    """The same file, read again in step, since a record does not say where it stood."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._stack = ExitStack()
        self._file = self._stack.enter_context(open_log(path))
        self._number = 0
        self._begin = self._end = 0
        self._digest = sha256()

    def begin_of(self, number: int) -> int:
        while self._number < number and self._next():
            pass
        return self._begin

    def finish(self) -> tuple[int, str]:
        while self._next():
            pass
        self._stack.close()
        return self._end, self._digest.hexdigest()

    def _next(self) -> bool:
        self._begin = self._end
        while piece := self._file.readline(MAX_LINE):
            self._end += len(piece)
            self._digest.update(piece)
            if piece.endswith(b"\n"):
                break
        self._number += 1
        return self._end > self._begin


def known_by(path: str) -> dict[str, Any]:
    """By what a file is known again in no time: its name, size, and a digest of its beginning and end."""
    with Path(path).open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        begin = file.read(_EDGE)
        file.seek(max(0, size - _EDGE))
        edges = sha256(begin + file.read(_EDGE)).hexdigest()
    return {"name": Path(path).name, "size": size, "edges": edges}
