"""
Guard: fetches once per origin, opens cases, logs every decision.

strategy: everything here is plain functions and one generator (`load`) that yields batches of effects; an edge drives
it with `run` or `run_async` and performs the effects with its own client. No edge reads a standard.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Hashable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from tdm_guard.cache import PolicyCache, Shared, open_cache, open_store
from tdm_guard.cache.sharing import MAX_WAIT, Sharing
from tdm_guard.cache.store import Backing, PolicyStore
from tdm_guard.decision import Decision, Withheld
from tdm_guard.drive import Loading, LongWork, answered
from tdm_guard.fetch import TIMEOUT, Peers, follow, together
from tdm_guard.gather import Recall, gather, not_asked, read_lent
from tdm_guard.judge import Judge
from tdm_guard.judging.case import Case
from tdm_guard.judging.pictures import Shown
from tdm_guard.ledger.book import Book
from tdm_guard.log.evidence import Takings
from tdm_guard.log.record import RunInfo
from tdm_guard.model import Fetched, Result
from tdm_guard.options import Options
from tdm_guard.options.tokens import Tokens
from tdm_guard.origin import Origin
from tdm_guard.plain import our_limit
from tdm_guard.policies.policy import OriginPolicy
from tdm_guard.policies.silence import Silence
from tdm_guard.policies.task import Answers, Gathering, Wanted

T = TypeVar("T")
utc_now = partial(datetime.now, UTC)  # the wall clock


class Guard:
    """
    One run of a collector: its options, policy cache and compliance log.

    A `cache` that is given may be shared with other runs, whoever they listen for; who gives it closes it. A `store`
    behind it keeps what documents answered beyond this process, as one that the option `cache` names does; the run
    closes it.

    `totals` counts what is worth counting by its name: `admitted`, `verdict/reserved`, `policy/fetched`, … Raises
    `LogError` when the log or the evidence folder cannot be written. What lets reserved content through is warned of
    when it begins; `named` spells the options in these words. `info` is what the run was told, if that is
    more than its options.
    """

    def __init__(
        self,
        options: Options,
        *,
        cache: PolicyCache | None = None,
        store: PolicyStore | None = None,
        clock: Callable[[], datetime] = utc_now,
        named: Callable[[str], str] = str,
        info: RunInfo | None = None,
    ) -> None:
        self.options = options
        self.tokens = Tokens.read(os.environ)
        self.judge = Judge.of(options)
        self.bench = self.judge.bench
        self.cache: PolicyCache = open_cache(options.cache) if cache is None else Shared(cache, self.bench.listener)
        patience = options.policy_timeout
        backing = open_store(options.cache, patience) if store is None else Backing(store, "given", patience=patience)
        self._store = None if backing is None else Sharing(backing)
        self.clock = clock
        self.shown = Shown()
        self._keeping = threading.Lock()  # of threads that share a guard none undoes what another keeps
        self._peers = Peers()
        self._silence = Silence()
        self.book = Book(options, self.tokens, now=clock(), named=named, info=info)
        self.evidence, self.log, self.totals = self.book.evidence, self.book.log, self.book.totals

    # ---- policies -----------------------------------------------------------------------------------------------

    def known(self, origin: Origin) -> OriginPolicy | None:
        """The policy of `origin` if it was read and is fresh; of one that is excluded there is nothing to read."""
        if self.bench.excluded is not None and self.bench.bars(origin):
            return not_asked(self.bench.gathering(origin, self.clock()))
        policy = self._kept(origin)
        if policy is None or not policy.is_fresh(self.clock()):
            return None
        self.totals["policy/hit"] += 1
        return policy

    def load(self, origin: Origin, documents: dict[str, Fetched | None] | None = None) -> Loading[OriginPolicy]:
        """
        Reads the documents of `origin` and keeps the policy. Yields batches of effects, takes their answers.

        An origin of which one document got no answer is not asked for the others. What was fetched is put into
        `documents`, by URL, as it was received. What a store has, another process fetched, and need not be again.
        """
        before = self._kept(origin)
        task = self._gathering(origin)
        policy: OriginPolicy = yield from self._read(task, partial(gather, task, before), documents=documents)
        yield from self._store_taken(task)
        if self._store is not None and all(checked.cached for checked in policy.checked):
            self.totals["policy/hit"] += 1
        for checked in policy.checked:
            if checked.result is Result.UNREACHABLE and not checked.cached:
                self.totals["policy/unreachable"] += 1
        return self.keep(policy)

    def keep(self, policy: OriginPolicy) -> OriginPolicy:
        """Keeps what was read of an origin, and with it what was declared or learned there while it was read."""
        with self._keeping:
            kept = self._kept(policy.origin)
            if kept is not None and (kept.lent or kept.learned):
                policy = policy.beside(kept, self.clock())
            self.cache.put(policy.as_cached())
        return policy

    def read_declared(self, case: Case, way: Hashable = None) -> Loading[None]:
        """
        Reads the documents that a response declared and lets the case hear them, driven as `load` is.

        They are kept with the policy of the case's origin, for other responses that declare them. What lies at an
        origin that gave no answer lately, on the same `way`, is not asked for.
        """
        policy = case.policy
        task = self._gathering(policy.origin)
        kept = self._kept(policy.origin) or policy
        begin = partial(read_lent, task, case.declared, kept.lent)
        fetch = partial(self._fetch_declared, way, policy.origin)
        lent = yield from self._read(task, begin, fetch=fetch)
        yield from self._store_taken(task)
        case.hear_declared(lent)
        with self._keeping:
            self.cache.put((self._kept(policy.origin) or policy).lending(lent).as_cached())

    def _gathering(self, origin: Origin) -> Gathering:
        task = self.bench.gathering(origin, self.clock())
        if self.evidence is not None:
            task.keeper = Takings(self.evidence)
        return task

    def _store_taken(self, task: Gathering) -> Loading[None]:
        """Stores what documents answered before anything that rests on them can be recorded."""
        if self.evidence is not None and isinstance(task.keeper, Takings) and task.keeper.bodies:
            yield LongWork(partial(self.evidence.store, task.keeper.bodies))

    def _kept(self, origin: Origin) -> OriginPolicy | None:
        policy = self.cache.get(origin)
        if policy is None:
            return None
        listener = self.bench.listener
        return policy if policy.listener is listener or policy.listener == listener else None

    def _read(
        self,
        task: Gathering,
        begin: Callable[[Recall | None], Generator[tuple[Wanted, ...], Answers, T]],
        *,
        documents: dict[str, Fetched | None] | None = None,
        fetch: Callable[[tuple[Wanted, ...]], Loading[Answers]] | None = None,
    ) -> Loading[T]:
        """Fetches what the reading wants until it is done, or has it from others; `fetch` is for declared documents."""
        asked = fetch or partial(self._fetch, task.origin)
        if self._store is None:
            return (yield from answered(begin(None), asked, documents))
        lent, patience = fetch is not None, self.options.policy_timeout if fetch else MAX_WAIT
        return (yield from self._store.read(task, begin, asked, documents=documents, lent=lent, patience=patience))

    def _fetch_declared(self, way: Hashable, origin: Origin, wanted: tuple[Wanted, ...]) -> Loading[Answers]:
        now = self.clock()
        silent = {want.url: self._silence.of(want.url, origin, way, now) for want in wanted}
        asked = tuple([want for want in wanted if silent[want.url] is None])
        answers = (yield from self._fetch(origin, asked)) if asked else {}
        now = self.clock()
        for want in asked:
            if fetched := answers.get(want.url):
                self._silence.note(want.url, origin, way, fetched, now)
        left = {url: Fetched.unreachable(f"not asked: {why} before", at=now) for url, why in silent.items() if why}
        return {**answers, **left}

    def _fetch(self, origin: Origin, wanted: tuple[Wanted, ...]) -> Loading[Answers]:
        for _ in wanted:
            self.totals["policy/fetched"] += 1
        timeout, peers = self.options.policy_timeout, self._peers
        bars = self.bench.bars
        fetched = yield from together([follow(want, origin, timeout, peers, bars=bars) for want in wanted])
        answers = [_with_limit(answer, timeout) for answer in fetched]
        return {want.url: answer for want, answer in zip(wanted, answers, strict=True)}

    # ---- cases --------------------------------------------------------------------------------------------------

    def open(
        self,
        url: str,
        policy: OriginPolicy,
        *,
        hops: tuple[str, ...] = (),
        authenticated: bool = False,
        item: object = None,
    ) -> Case:
        """
        A case for `url` under its origin's policy; `item` is what the caller knows of the work there.

        Raises `ConfigurationError` for what is no item. An edge asks `callers_item` before it sends anything at all.
        """
        now = self.clock()
        case = Case(self.bench, url, policy, now, hops=hops, authenticated=authenticated, item=item)
        case.remembers = True
        shown = self.shown.says(case.url, now)
        if shown.statements:
            case.hear_before(shown.statements)
        return case

    def close(self, case: Case) -> Decision:
        """
        Decides and writes the record; whoever calls it hands on or withholds only afterwards.

        Raises `LogError` if the record, or what it rests on, cannot be written.
        """
        decision = self.book.write(case, case.decision(self.clock()))
        if case.learned:
            with self._keeping:
                kept = self._kept(case.policy.origin)
                self.cache.put((kept or case.policy.as_cached()).learning(case.learned))
        urls, said = case.shows
        if said:
            self.shown.remember(urls, said, case.now)
        return decision

    def body(self, decision: Decision, *, size: int, content_sha256: str | None, complete: bool) -> None:
        """Writes what became of a body that was streamed on. Raises `LogError` if that fails."""
        self.book.body(decision, now=self.clock(), size=size, content_sha256=content_sha256, complete=complete)

    def failed(self) -> None:
        """Counts a download that failed, of which there is no record."""
        self.book.failed()

    def settle(self, case: Case, request: Any = None) -> Decision:
        """Closes the case; raises `Withheld` with the decision if its content may not be handed on."""
        decision = self.close(case)
        if not decision.outcome.admits:
            raise Withheld(decision, request)
        return decision

    def end(self) -> None:
        """Writes the end record and closes the log and the cache; a second call does nothing."""
        self._finish(self.book.end)

    def cut(self) -> None:
        """Closes all without an end record: the log reads as that of a run that was cut short."""
        self._finish(self.book.cut)

    def _finish(self, close: Callable[[datetime], None]) -> None:
        if self.book.ended:
            return
        try:
            close(self.clock())
        finally:
            self.cache.close()
            if self._store is not None:
                self._store.close()


def _with_limit(answer: Fetched, timeout: float) -> Fetched:
    """The answer; one that did not come in time names the option that says in which."""
    if answer.error != TIMEOUT:
        return answer
    return replace(answer, error=f"{TIMEOUT}: no answer within {timeout:g} s, {our_limit('policy_timeout')}")
