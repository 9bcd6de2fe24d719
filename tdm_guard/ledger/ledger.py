"""
Ledger: judges without a network and writes the same log as a guard.

strategy: a ledger is a judge, a path and what it was told; what is open belongs to one process and is opened by the
first that needs it. So it can be pickled, and used in a process that was forked, where it begins a run of its own.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack
from weakref import WeakSet

from tdm_guard.decision import Decision
from tdm_guard.errors import ConfigurationError, LogError
from tdm_guard.judge import Judge, Policies
from tdm_guard.judging.arguments import pairs
from tdm_guard.ledger.book import Book
from tdm_guard.ledger.book_evidence import BookEvidence
from tdm_guard.ledger.claim import Claim
from tdm_guard.ledger.earlier import Earlier, Keys, read_earlier
from tdm_guard.ledger.log_options import log_options
from tdm_guard.ledger.memory import Memory
from tdm_guard.ledger.resting import rests_on_same
from tdm_guard.log.jsonl import fill
from tdm_guard.log.run_info import run_info
from tdm_guard.model import Fetched, Statement, Stored, Verdict
from tdm_guard.options.keeping import keeping_of
from tdm_guard.options.keywords import KeepingOptions
from tdm_guard.options.tokens import Tokens

MAX_TASK = 1024  # characters of a task's name: of a path, or of an address
_ledgers: WeakSet[Ledger] = WeakSet()
_left: list[object] = []  # what was open in the process that this one was forked from, whose it is to close


class Ledger:
    """
    Judges with `judge` and writes each decision to the compliance log at `path` before it returns it.

    `{run}` and `{pid}` in `path` are filled in: a file for each worker, which `tdm-guard merge` puts together. `task`
    names the piece of the work: what an earlier run of the same task at `path` was cut short in is gone on with, its
    decisions are given back and not written again, as long as the documents that they rest on say the same. `once`: a
    task that came to its end is not done again. `remembers`: what pages say of the pictures they show, and feeds of
    their items, counts for what is judged later. The other keywords are the options that say how a log is kept
    (`docs/options.md`).

    As a context manager it begins its run at once and writes the end record; after an exception there is none, and the
    run reads as cut short. Picklable: it begins a run of its own in each process that uses it. `totals` counts by the
    names of `Guard.totals`, and `recalled`.

    Raises `ConfigurationError` for what it is given, `LogError` when the log, or evidence, cannot be written.
    """

    def __init__(
        self,
        judge: Judge,
        path: str | os.PathLike[str],
        *,
        task: str | None = None,
        once: bool = False,
        remembers: bool = False,
        **keeping: Unpack[KeepingOptions],
    ) -> None:
        if not isinstance(judge, Judge):
            raise ConfigurationError(f"judge: {judge!r:.80} is no Judge; for example Judge(agent='ExampleBot')")
        if task is not None and not (isinstance(task, str) and 0 < len(task) <= MAX_TASK):
            raise ConfigurationError(f"task: {task!r:.80} is no name of up to {MAX_TASK} characters")
        if once and task is None:
            raise ConfigurationError('once: says nothing without a task; for example task="crawl-00001.warc.gz"')
        self._given = (judge, path, task, once, remembers, keeping)
        self._task, self._once, self._remembers = task, once, remembers
        self._options = log_options(judge.options, os.fspath(path), keeping)
        fill(self._options.log, run_id="run")  # a wrong placeholder is named at once
        self._set()
        self.judge = judge
        if self._options.evidence is not None:
            self.judge = Judge.of(self._options)
            self.judge.keeper = BookEvidence(self._opened)
        _ledgers.add(self)

    def _set(self) -> None:
        """Nothing is open, nothing was counted."""
        self.totals: Counter[str] = Counter()
        self._lock = threading.RLock()
        self._book: Book | None = None
        self._earlier: Earlier | None = None
        self._keys: Keys | None = None
        self._memory = Memory() if self._remembers else None
        self._looked = self._over = False
        self._claim: Claim | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, self._given

    # ---- the run ------------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The file that the run writes to; before it began, as it was given."""
        return Path(self._options.log) if self._book is None else self._book.log.path

    @property
    def run(self) -> str:
        """Name of the run in the log; empty before it began."""
        return "" if self._book is None else self._book.log.run_id

    @property
    def resumes(self) -> tuple[str, ...]:
        """The runs that were cut short in the same task, and that this one goes on with."""
        self._look()
        return () if self._earlier is None else self._earlier.runs

    @property
    def done(self) -> bool:
        """True if the task came to its end in an earlier run, and `once` is asked for."""
        self._look()
        return self._earlier is not None and self._earlier.ended

    @property
    def before(self) -> Counter[str]:
        """What earlier runs of the task found, by the names of `totals`: admitted, withheld, failed."""
        self._look()
        return Counter() if self._earlier is None else self._earlier.found

    def __enter__(self) -> Self:
        if not self.done:
            self._opened()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.end()
        else:
            self.close()

    def end(self) -> None:
        """Writes the end record and closes the log; a second call does nothing, nor one where nothing began."""
        with self._lock:
            if self._over:
                return
            try:
                if self._earlier is not None and not self._earlier.ended:
                    self._opened()  # the task is done, though all of it was known
                if self._book is not None:
                    self._book.end(_now())
            finally:
                self._finish()

    def close(self) -> None:
        """Closes the log without an end record: the run was cut short, and its task can be gone on with."""
        with self._lock:
            if not self._over and self._book is not None:
                self._book.cut(_now())
            self._finish()

    def _finish(self) -> None:
        self._over = True
        self._keys = None
        if self._claim is not None:
            self._claim.give_up()
            self._claim = None
        if self._earlier is not None:
            self._earlier.close()

    def _look(self) -> None:
        """Finds what earlier runs of the task left, once."""
        with self._lock:
            if self._task is None or self._looked:
                return
            self._redaction = keeping_of(self._options, Tokens.read(os.environ)).redaction
            if self._claim is None:
                self._claim, _ = Claim.of(self._options.log, self._task)  # before it is seen what others left
            self._earlier = read_earlier(self._options, self._task, once=self._once)
            self._keys = Keys(self._redaction) if self._earlier.count else None
            self._looked = True

    def is_new(self) -> None:
        """Says that no run at the path is of this task, so that it need not be looked for; unless one is going on."""
        if self._task is not None:
            self._claim, waited = Claim.of(self._options.log, self._task)
            if waited:
                return
        self._earlier, self._looked = Earlier(), True

    def _opened(self) -> Book:
        with self._lock:
            if self._book is None:
                if self._over:
                    raise LogError(f"nothing can be written to the log {self._options.log}: its run has ended")
                self._look()
                info = replace(run_info(self._options), task=self._task, resumes=self.resumes)
                tokens = Tokens.read(os.environ)
                self._book = Book(self._options, tokens, now=_now(), info=info, totals=self.totals)
            return self._book

    # ---- decisions ----------------------------------------------------------------------------------------------

    def evaluate(
        self,
        url: str,
        *,
        status: int | None = None,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes | None = None,
        body_complete: bool = True,
        policies: Policies | None = None,
        hops: Sequence[Fetched] = (),
        item: object = None,
        unread: str = "undetermined",
        now: datetime | None = None,
        stored: Stored | None = None,
        notes: Sequence[str] = (),
    ) -> Decision:
        """
        The decision of `Judge.evaluate`, written to the log, with its place there.

        `now` is as of when it is judged, and its time in the log; without it the present. `stored` says where the
        record lies that is judged, `notes` what was wrong with how it was stored: these words stand among the faults.
        Raises what `Judge.evaluate` does, and then writes nothing; `LogError`.
        """
        if stored is not None and not isinstance(stored, Stored):
            raise ConfigurationError(f"stored: {stored!r:.80} is no Stored; for example Stored('a.warc.gz', 0)")
        digest = hashlib.sha256(body).hexdigest() if body_complete and isinstance(body, _BYTES) else None
        now = _now() if now is None else now
        while self._task is not None and (known := self._known(url, status, body, digest, hops, stored)) is not None:
            headers = tuple(headers)
            same = rests_on_same(known, self.judge, url, policies=policies, now=now, address=self._redaction.address)
            if same and not self._says_more(known, url, status, headers, hops, item):
                self._recalled(known, url, headers, body, policies)
                return known
            self.totals["recalled"] -= 1
        said: tuple[Statement, ...] = ()
        if self._memory is not None and self._memory.knows:
            said = self._memory.said(url, now)
            policies = self.judge.policy_for(url, {} if policies is None else policies, now)
            policies = self._memory.policy(policies, now)
        headers = pairs(headers)  # they may be read once only
        if digest is not None and item is None and not (said or hops or notes) and self._options.evidence is None:
            plain = self.judge.plain.decision(
                url, status=status, headers=headers, body=body, content_sha256=digest, policies=policies, unread=unread,
                now=now, stored=stored,
            )  # fmt: skip
            if plain is not None:
                return (self._book or self._opened()).write(None, plain)
        case = self.judge.hear(
            url,
            status=status,
            headers=headers,
            body=body,
            body_complete=body_complete,
            policies=policies,
            hops=hops,
            item=item,
            unread=unread,
            now=now,
            before=said,
        )
        if self._memory is not None:
            self._memory.heard(case)
        if body is not None and (body or case.content):
            case.hear_transfer(len(body), digest)
        if notes:
            case.hear_notes(notes)
        decided = case.decision()
        if stored is not None:
            decided = decided._replace(stored=stored)
        return (self._book or self._opened()).write(case, decided)

    def failed(self) -> None:
        """Counts a download that brought nothing, of which there is no record."""
        if not self.done:
            self._opened().failed()

    def _says_more(
        self,
        known: Decision,
        url: str,
        status: int | None,
        headers: Iterable[tuple[str, str]],
        hops: Sequence[Fetched],
        item: object,
    ) -> bool:
        """True if the fields reserve, which a recalled decision does not know: the log has no digest of fields."""
        if known.verdict.withholds:
            return False
        found = self.judge.hear(
            url, status=status, headers=headers, body=None, body_complete=False, policies=None, hops=hops, item=item,
            unread="ignore", now=known.ts,
        )  # fmt: skip
        return found.decision().verdict is Verdict.RESERVED

    def _recalled(
        self,
        known: Decision,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        policies: Policies | None,
    ) -> None:
        """Hears a page again that an earlier run decided, for what it says of others."""
        if self._memory is None or not body or not known.content:
            return
        policies = self.judge.policy_for(url, {} if policies is None else policies, known.ts)
        case = self.judge.hear(
            url,
            status=known.status,
            headers=headers,
            body=body,
            body_complete=True,
            policies=self._memory.policy(policies, known.ts),
            hops=(),
            item=None,
            unread="ignore",
            now=known.ts,
        )
        self._memory.heard(case)

    def _known(
        self,
        url: str,
        status: int | None,
        body: bytes | None,
        digest: str | None,
        hops: Sequence[Fetched],
        stored: Stored | None,
    ) -> Decision | None:
        """The decision of an earlier run of the task, if it is known."""
        if not self._looked:
            self._look()
        keys, earlier = self._keys, self._earlier
        if keys is None or earlier is None:
            return None
        asked = hops[0].url or url if hops else url
        if stored is not None:
            key: bytes | None = keys.of_place(stored.file, stored.offset)
        elif body is not None and digest is None:
            key = None  # of a part the log has no digest
        else:
            key = keys.of_address(asked, status, digest)
        with self._lock:
            decision = None if key is None else earlier.take(key)
            while key is not None and decision is not None and not keys.is_of(decision, asked, status, digest):
                decision = earlier.take(key)
            if not earlier.count:
                self._keys = None  # nothing is left to look for
        if decision is not None:
            self.totals["recalled"] += 1
        return decision


_BYTES = (bytes, bytearray, memoryview)


def _again(
    judge: Judge,
    path: str | os.PathLike[str],
    task: str | None,
    once: bool,
    remembers: bool,
    keeping: KeepingOptions,
) -> Ledger:
    return Ledger(judge, path, task=task, once=once, remembers=remembers, **keeping)


def _now() -> datetime:
    return datetime.now(UTC)


def _forked() -> None:
    """In a child nothing is open: what the parent opened is left as it is, and kept, so that nothing closes it."""
    for ledger in tuple(_ledgers):
        _left.append((ledger._book, ledger._earlier, ledger._lock, ledger._claim))
        ledger._set()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_forked)
