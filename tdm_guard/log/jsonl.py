"""
The compliance log as a file of JSON lines, or as several, one after another, where it is rotated.

Each line is one write on a descriptor in append mode (see `log.appending`). Network file systems promise less than
local ones; give each process its own file there (`{pid}`).
"""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tdm_guard.decision import Decision
from tdm_guard.errors import ConfigurationError, LogError
from tdm_guard.log.appending import Durability, LogFile
from tdm_guard.log.personal import side_path
from tdm_guard.log.record import RunInfo, body_line, described, digest_of, end_line, new_run_id, part_line, run_line
from tdm_guard.log.redaction import Redaction
from tdm_guard.log.speller import Speller, Written
from tdm_guard.log.trees import Trees

if TYPE_CHECKING:
    from datetime import datetime

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """
    How a log is kept. `durability`: see `LogFile`. `rotate`: a size in bytes or `day` (UTC), at which the run goes on
    in a new file. `compact`: what the silent pages of an origin have in common is written once. `redaction`: what of it
    all is left out.
    """

    durability: Durability = "flush"
    rotate: int | Literal["day"] | None = None
    compact: bool = False
    redaction: Redaction = field(default_factory=Redaction)


class JsonlLog:
    """
    One run in a log file. It writes the run record when it is made, and lines for decisions as they come.

    `{run}` and `{pid}` in `path` are filled in; missing folders are made. Where the log is rotated the run goes on in
    `NAME.part-0002.RUN.jsonl` beside it, and so on; `path` is the file that is written to. Safe for threads. A process
    forked from this one cannot write here, since both would count on in the same chain: it opens its own log.

    Of a run with `retain_until` the members that may be personal stand in `NAME.jsonl.personal`, beside each file.

    Raises `LogError` when a line cannot be written whole, or when it does not lie at `path` then, because the file was
    deleted, moved, replaced or cut short under the run; from then on every write raises, because a log with a hole
    proves nothing. Raises `ConfigurationError` for another placeholder in `path`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        run: RunInfo,
        now: datetime,
        run_id: str | None = None,
        keeping: Keeping | None = None,
    ) -> None:
        self.run_id = run_id or new_run_id(now)
        self._first = fill(path, run_id=self.run_id)
        self._keeping = keeping or Keeping()
        self._pid = os.getpid()
        self._lock = threading.Lock()
        redaction = self._keeping.redaction
        run = replace(
            run, redact=redaction.patterns, name_key=redaction.key_id, operator=redaction.within(run.operator)
        )
        self._split = run.retain_until is not None
        self._speller = Speller(self.run_id, compact=self._keeping.compact, split=self._split, redaction=redaction)
        self._totals: Counter[str] = Counter()
        self._trees = Trees()
        self._seq = 0
        self._part = 1
        self._day = now.astimezone(UTC).date()
        self._state: str | None = None  # why nothing more can be written
        self._of = described(run, now=now)
        line = run_line(run, run=self.run_id, now=now)
        self._prev = digest_of(line)
        self._side: LogFile | None = None
        self._file: LogFile | None = LogFile(self._first, durability=self._keeping.durability)
        try:
            self._open_side(self._first)
            self._append(self._file.mend(line))
        except BaseException:
            self.close()
            raise

    @property
    def path(self) -> Path:
        """The file that the run writes to, or wrote to last."""
        return self._first if self._part == 1 else part_path(self._first, run=self.run_id, part=self._part)

    @property
    def told(self) -> str:
        """The file to hand to commands, which find the others that the run went on in."""
        return str(self._first) if self._part == 1 else f"{self._first}, and {self._part - 1} more beside it"

    def decision(self, decision: Decision) -> Decision:
        """Write the record of a decision; returns it with its `run`, `seq`, `id`, `prev` and `hash`."""
        self._refuse_fork()
        with self._lock:
            self._rotate(decision.ts)
            spelt = self._speller.decision(decision, seq=self._seq + 1, prev=self._prev)
            entry = spelt.entry
            try:
                if spelt.side:  # first, so that a crash leaves a line aside without a decision, not the other way round
                    self._append(spelt.side, aside=True)
                self._append(spelt.line)
                self._seq, self._prev = entry.seq, entry.hash
                self._grow(decision, spelt)
            except BaseException as error:  # an interrupt in between would leave two records with one number
                self._state = self._state or f"a write was interrupted ({error!r})"
                raise
            self._totals[decision.outcome.verdict] += 1
        return decision.logged(entry)

    def body(
        self, decision: Decision | str, *, now: datetime, size: int, content_sha256: str | None, complete: bool
    ) -> None:
        """Write what became of a body that was streamed on after `decision` (or its id): bytes as received, digest."""
        name = decision if isinstance(decision, str) else decision.id
        self._refuse_fork()
        with self._lock:
            self._rotate(now)
            self._chained(
                lambda prev: body_line(
                    run=self.run_id,
                    decision=name,
                    now=now,
                    size=size,
                    content_sha256=content_sha256,
                    complete=complete,
                    prev=prev,
                )
            )

    def end(self, now: datetime, *, failed: int = 0) -> None:
        """
        Write the end record with the totals per verdict; nothing can be written after it. Again: no effect.

        `failed`: requests that brought no answer, of which there are no records.
        """
        self._refuse_fork()
        with self._lock:
            if self._state == _ENDED:
                return
            try:
                trees = self._trees.stated()
            except OSError as error:
                raise LogError(f"the trees of the log {self.path} cannot be read back: {error}") from error
            said = {"failed": failed, "trees": trees}
            self._chained(lambda prev: end_line(run=self.run_id, now=now, totals=self._totals, prev=prev, **said))
            self._settled()
            self._state = _ENDED

    def close(self) -> None:
        """Give the file back. Without `end` before, the log reads as that of a run that was cut short."""
        with self._lock:
            files = (self._side, self._file)
            self._side = self._file = None
            self._state = self._state or "it is closed"
            self._trees.close()
        for file in files:
            if file is not None:
                file.close()

    def _grow(self, decision: Decision, spelt: Written) -> None:
        """Lets the trees of the run have a decision: of admitted content all addresses that led to it, as written."""
        stored = decision.outcome.admits and decision.exchange.content
        try:
            self._trees.decided(spelt.entry.hash, spelt.addresses if stored else ())
        except OSError as error:  # what they put away lies on a disk, which may be full
            raise LogError(f"the trees of the log {self.path} cannot be kept: {error}") from error

    def _chained(self, make: Callable[[str], tuple[bytes, str]]) -> None:
        line, seal = make(self._prev)
        try:
            self._append(line)
            self._prev = seal
        except BaseException as error:
            self._state = self._state or f"a write was interrupted ({error!r})"
            raise

    def _open_side(self, path: Path) -> None:
        """Opens the file beside the log at `path`, if the run has one, and closes the one before it."""
        if not self._split:
            return
        if self._file is None or not self._file.is_regular:
            raise LogError(f"the log {str(path)!r} is no file, and retain_until needs one beside it")
        before, self._side = self._side, LogFile(Path(side_path(str(path))), durability=self._keeping.durability)
        if before is not None:
            before.close()
        if self._side.mend(b""):
            self._side.append(b"\n")

    def _append(self, line: bytes, *, aside: bool = False) -> None:
        file = self._side if aside else self._file
        if self._state is not None or file is None:
            raise LogError(f"nothing can be written to the log {self.path}: {self._state}")
        try:
            file.append(line)
        except LogError as error:
            self._state = f"an earlier line could not be written ({error})"
            raise

    def _settled(self) -> None:
        """Waits for the disk, where the durability promises it."""
        try:
            for file in (self._side, self._file):
                if file is not None:
                    file.settle()
        except LogError as error:
            self._state = f"an earlier line could not be written ({error})"
            raise

    def _rotate(self, now: datetime) -> None:
        """Goes on in a new file where it is time to."""
        before, limit = self._file, self._keeping.rotate
        if limit is None or before is None or self._state is not None or not before.is_regular:
            return
        day = now.astimezone(UTC).date()
        if (day <= self._day) if limit == "day" else before.size < limit:
            return
        try:
            self._settled()
            part = self._part + 1
            path = part_path(self._first, run=self.run_id, part=part)
            self._file = LogFile(path, durability=self._keeping.durability)
            self._part, self._day = part, day
            before.close()
            self._open_side(path)
            self._speller.start_file()
            self._chained(lambda prev: part_line(self._of, run=self.run_id, part=part, now=now, prev=prev))
        except BaseException as error:
            self._state = self._state or f"it could not go on in a new file ({error!r})"
            raise

    def _refuse_fork(self) -> None:
        # Before the lock is taken: another thread may have held it at the moment of the fork.
        if os.getpid() != self._pid:
            raise LogError(f"the log {self.path} belongs to another process: open one here, with {{pid}} in its path")


_ENDED = "its run has ended"


def fill(path: str | os.PathLike[str], *, run_id: str) -> Path:
    """`path` with `{run}` and `{pid}` filled in. Raises `ConfigurationError` for another placeholder."""
    given = os.fspath(path)
    values = {"run": run_id, "pid": str(os.getpid())}
    for name in _PLACEHOLDER.findall(given):
        if name not in values:
            raise ConfigurationError(f"log: {{{name}}} in {given!r} is not known; for example logs/{{run}}.jsonl")
    return Path(_PLACEHOLDER.sub(lambda found: values[found[1]], given))


def part_path(first: Path, *, run: str, part: int) -> Path:
    """Where a rotated run goes on: in the alphabet behind its first file, and part behind part."""
    return first.with_name(f"{first.stem}.part-{part:04}.{run}{first.suffix}")
