"""
What earlier runs of the same task decided, so that a worker that died can go on where it was cut short.

strategy: only what the chain of its run vouches for counts. Decisions go to a private database, packed, each under a
digest of what it was about; whoever asks takes one away, so that what was judged twice comes back twice.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
import zlib
from collections import Counter
from glob import escape, glob
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, Any

from tdm_guard.decision import Stage
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.members import is_size, text_of
from tdm_guard.log.personal import PACKED, SUFFIX
from tdm_guard.log.reader import parts_beside, read_log
from tdm_guard.log.record import digest_of, unseal
from tdm_guard.log.recorded import MAX_TEXT, read_decision
from tdm_guard.log.run_info import run_info
from tdm_guard.log.scratch import scratch
from tdm_guard.origin import bare, trimmed
from tdm_guard.plain import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tdm_guard.decision import Decision
    from tdm_guard.log.reader import LogLine
    from tdm_guard.log.redaction import Redaction
    from tdm_guard.log.stretch import Stretch
    from tdm_guard.options import Options

MAX_RUNS = 10_000  # of one task, some 500 bytes each; a worker that died so often will not finish
MAX_RECORD = 16 * 2**20  # bytes of a record that is unpacked again; it was read from a log, whose lines end there
_TABLES = """
CREATE TABLE items (number INTEGER PRIMARY KEY, key BLOB NOT NULL, run INTEGER NOT NULL, packed BLOB NOT NULL);
CREATE INDEX items_by_key ON items (key);
"""
_BESIDE = re.compile(rf"(?:{re.escape(SUFFIX)}|\.seal|\.tree)(?:{'|'.join(map(re.escape, PACKED))})?\Z")
_RUN = b'{"type":"run"'
_LAST = 240  # characters of a run's name
_DIGEST = 16  # bytes
EMPTY = sha256().hexdigest()  # which a log has, or not, for what has no content
_HEARD = (Stage.BODY, Stage.ASSET)
_logger = logging.getLogger("tdm_guard")


class Keys:
    """What an item is told by: the place where its record lies, else address, status and digest of its body."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction

    def of_place(self, file: str, offset: int) -> bytes:
        """Of a record that lies somewhere."""
        return _key("stored", self._redaction.address(file), str(offset))

    def of_asked(self, url: str) -> bytes | None:
        """Of an address that is asked for once, whatever it answers; None as for `of_address`."""
        return self.of_address(url, None, None)

    def of_address(self, url: str, status: int | None, content_sha256: str | None) -> bytes | None:
        """Of anything else; None where the log leaves out a part of the address, as of secrets."""
        plain = bare(trimmed(url))
        return _of_address(plain, status, content_sha256) if self._redaction.address(plain) == plain else None

    def is_of(self, decision: Decision, url: str, status: int | None, content_sha256: str | None) -> bool:
        """True if a decision is of the same answer, as far as the log says: another one may lie at its place now."""
        same = content_sha256 == (decision.content_sha256 or (EMPTY if content_sha256 == EMPTY else None))
        return (
            same and decision.status in (status, None) and decision.url == self._redaction.address(bare(trimmed(url)))
        )


class Earlier:
    """
    The decisions that earlier `runs` left; `count` says how many, `ended` that the task came to its end in one of them.

    `found` counts what these runs found, by the names of `Ledger.totals`: admitted, withheld, failed.
    """

    def __init__(self) -> None:
        self.runs: tuple[str, ...] = ()
        self.ended = False
        self.count = 0
        self.found: Counter[str] = Counter()
        self._made: sqlite3.Connection | None = None  # with the first: most runs find nothing
        self._like = b""  # a record that the others are packed after the likeness of

    @property
    def _items(self) -> sqlite3.Connection:
        if self._made is None:
            self._made = scratch(_TABLES, shared=True)
        return self._made

    def add(self, key: bytes, run: int, spelt: bytes) -> None:
        """Keeps a decision."""
        self._like = self._like or spelt
        packer = zlib.compressobj(1, zdict=self._like)
        packed = packer.compress(spelt) + packer.flush()
        self._items.execute("INSERT INTO items (key, run, packed) VALUES (?, ?, ?)", (key, run, packed))
        self.count += 1

    def keep(self, runs: Mapping[str, int]) -> None:
        """Leaves only the decisions of these runs, which are given by their numbers."""
        self.runs = tuple(runs)
        if self._made is None:
            return
        numbers = set(runs.values())
        for (run,) in self._items.execute("SELECT DISTINCT run FROM items").fetchall():
            if run not in numbers:
                self.count -= self._items.execute("DELETE FROM items WHERE run = ?", (run,)).rowcount

    def take(self, key: bytes) -> Decision | None:
        """Takes the first decision away that was about this."""
        row = self._items.execute(
            "SELECT number, packed FROM items WHERE key = ? ORDER BY number LIMIT 1", (key,)
        ).fetchone()
        if row is None:
            return None
        self._items.execute("DELETE FROM items WHERE number = ?", row[:1])
        self.count -= 1
        record = json.loads(zlib.decompressobj(zdict=self._like).decompress(row[1], MAX_RECORD))
        read = read_decision(record)
        return None if read is None else read.decision

    def close(self) -> None:
        """Gives the space back."""
        if self._made is not None:
            self._made.close()


class _Run:
    """A run of the task. `head` is the hash of its last record that the chain vouches for; None where it broke."""

    __slots__ = ("began", "ended", "found", "head", "name", "number", "resumes", "same")

    def __init__(self, record: Mapping[str, Any], line: bytes, *, number: int, same: bool) -> None:
        self.name = text_of(record, "run", _LAST) or ""
        self.began = text_of(record, "ts", 40) or ""
        resumes = record.get("resumes")
        self.resumes = tuple(map(str, resumes[:MAX_RUNS])) if isinstance(resumes, list) else ()
        self.same = same
        self.number = number
        self.ended = False
        self.found: Counter[str] = Counter()
        self.head: str | None = digest_of(line)

    def follows(self, line: LogLine) -> bool:
        """True if a record continues the chain; what comes behind a break does not count."""
        sealed = unseal(line.raw)
        whole = self.head is not None and sealed is not None and sealed[0] == sealed[1] and line.record is not None
        if not whole or line.record is None or line.record.get("prev") != self.head or sealed is None:
            self.head = None
            return False
        self.head = sealed[0]
        return True


class _Reading:
    """Reads logs for the runs of one task."""

    def __init__(self, task: str, config: str | None, key: Callable[[Mapping[str, Any]], bytes | None]) -> None:
        self._key = key
        self.earlier = Earlier()
        self.runs: dict[str, _Run] = {}
        self._task = task
        self._config = config

    def read(self, path: str) -> None:
        """What one log says. What cannot be read is told, and what it says is judged anew."""
        try:
            for line in read_log([path], self._passes):
                self._look(line)
        except ConfigurationError as error:
            _logger.warning("%s", told(f"What earlier runs of the task {self._task} decided: {error}"))

    def _passes(self, stretch: Stretch, _: str) -> int:
        return 0 if stretch.run in self.runs else len(stretch.lines)

    def _look(self, line: LogLine) -> None:
        record = line.record
        name = None if record is None else record.get("run")
        if record is None or not isinstance(name, str):
            return
        if line.type == "run":
            if record.get("task") == self._task and name not in self.runs and len(self.runs) < MAX_RUNS:
                same = self._config is not None and record.get("config_sha256") == self._config
                self.runs[name] = _Run(record, line.raw, number=len(self.runs), same=same)
            return
        run = self.runs.get(name)
        if run is None or not run.follows(line):
            return
        if line.type == "end":
            run.ended = True
            failed = record.get("failed")
            run.found["failed"] = failed if is_size(failed) else 0
        elif line.type == "decision" and run.same and (key := self._key(record)) is not None:
            self.earlier.add(key, run.number, line.spelt)
            run.found["admitted" if record.get("admitted") is True else "withheld"] += 1


def asked_in(record: Mapping[str, Any]) -> bytes | None:
    """What the decision in a record is told by, where each address is asked for once (`Keys.of_asked`)."""
    url = text_of(record, "url", MAX_TEXT)
    return None if url is None else _of_address(url, None, None)


def read_earlier(
    options: Options, task: str, *, once: bool, key: Callable[[Mapping[str, Any]], bytes | None] | None = None
) -> Earlier:
    """
    What earlier runs of the task at the path of the log left: those that were cut short after the last that ended.

    With `once` a run that ended counts too, with all that it went on with. Only runs that were told the same count.
    `key` says what a decision is told by; without it by what `Keys` has for records and answers.
    """
    reading = _Reading(task, run_info(options).config_sha256, key or _key_in)
    for path in _logs_at(options.log):
        reading.read(path)
    runs = reading.runs
    ended = [run for run in runs.values() if run.ended and run.same]
    cut = {name: run for name, run in runs.items() if not run.ended}
    settled = {name for run in ended for name in run.resumes}
    last = max((run.began for run in ended), default="")
    found = {name: run for name, run in cut.items() if run.same and name not in settled and run.began >= last}
    if once and ended:
        newest = max(ended, key=lambda run: run.began)
        found = {name: runs[name] for name in (*newest.resumes, newest.name, *found) if name in runs}
        reading.earlier.ended = True
    others = [
        name
        for name, run in runs.items()
        if not run.same and (once or not run.ended) and name not in settled and run.began >= last
    ]
    if others and not reading.earlier.ended:
        _logger.warning(
            "%s",
            told(
                f"What run {others[-1]} decided of the task {task} does not count here, since that run was told "
                "something else (config_sha256): all of it is judged anew"
            ),
        )
    broken = [name for name, run in found.items() if run.head is None]
    if broken:
        words = f"The run {broken[0]} of the task {task} is damaged: what stands behind the damage is judged anew"
        _logger.warning("%s", told(f"{words}; tdm-guard verify says what it is"))
    reading.earlier.keep({name: run.number for name, run in found.items()})
    for run in found.values():
        reading.earlier.found += run.found
    return reading.earlier


def tasks_at(path: str) -> set[str] | None:
    """
    The tasks of the runs at the path of a log, so that a new one need not be looked for in it; None: not to be told.

    It only looks at how lines begin: a gigabyte takes a second.
    """
    found: set[str] = set()
    for each in _logs_at(path):
        if each.endswith(PACKED):
            return None
        with open(each, "rb") as file:  # noqa: PTH123 - of any place, spelt as it was given
            for line in file:
                if line.startswith(_RUN):
                    try:
                        task = json.loads(line).get("task")
                    except ValueError:
                        return None
                    if isinstance(task, str):
                        found.add(task)
                elif _RUN in line:  # glued to a line that was torn
                    return None
    return found


def _logs_at(path: str) -> Iterator[str]:
    """The files that runs at this path write to, whatever is filled in."""
    pattern = "*".join(escape(part) for part in re.split(r"\{(?:run|pid)\}", path))
    found = sorted(glob(pattern)) if "{" in path else [path]  # noqa: PTH207 - of any place, spelt as it was given
    parts = {part for each in found for part in parts_beside(each)}
    for each in found:
        if each not in parts and os.path.isfile(each) and not _BESIDE.search(each):  # noqa: PTH113 - as it was given
            yield each


def _key_in(record: Mapping[str, Any]) -> bytes | None:
    """What the decision in a record is told by; None where it would be told by too little."""
    stored = record.get("stored")
    if isinstance(stored, dict):
        file, offset = stored.get("file"), stored.get("offset")
        return _key("stored", file, str(offset)) if isinstance(file, str) and is_size(offset) else None
    url, digest, status = text_of(record, "url", MAX_TEXT), record.get("content_sha256"), record.get("status")
    if url is None or not isinstance(digest, str | None) or (digest is None and record.get("stage") in _HEARD):
        return None
    return _of_address(url, status if is_size(status) else None, digest)


def _of_address(url: str, status: int | None, content_sha256: str | None) -> bytes:
    return _key("address", url, str(status), str(content_sha256))


def _key(*words: str) -> bytes:
    return blake2b("\0".join(words).encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()
