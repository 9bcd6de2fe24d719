"""
Sharing: how the documents of an origin are read where others may have read them, or be reading them now.

strategy: what the store has is read anew for this listener, document by document, as the reading asks for them. Only
when it wants one that is not fresh is the lease of the origin taken; who does not get it waits, without a thread, for
what its holder brings, and goes on alone when that takes too long or brought nothing.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Generic, TypeVar

from tdm_guard.cache.bundle import KeptAnswer, place_of
from tdm_guard.cache.store import LEASE_SECONDS, Backing, Lease, Look
from tdm_guard.drive import POLICY_BYTES, Loading, LongWork, Pause, advance, answered, may_last
from tdm_guard.gather import Recall
from tdm_guard.model import Fetched
from tdm_guard.policies.answers import read_answer
from tdm_guard.policies.policy import Kept
from tdm_guard.policies.task import Answers, Gathering, Wanted
from tdm_guard.signals.shape import Document

FIRST_PAUSE = 0.05  # seconds until who waits for a lease looks again: most documents are there by then
LONGEST_PAUSE = 1.0  # the same, in the end
MAX_WAIT = 2.5 * LEASE_SECONDS  # seconds: for a holder that dies, and for the next one
MAX_AHEAD = timedelta(hours=1)  # by which clocks of others may be fast; what seems later is asked for again
T = TypeVar("T")
Fetch = Callable[[tuple[Wanted, ...]], Loading[Answers]]


class Sharing:
    """The answers that a guard shares with others through a store."""

    def __init__(self, backing: Backing) -> None:
        self._backing = backing
        self._holder = uuid.uuid4().hex[:16]
        self._numbers = count(1)

    def close(self) -> None:
        """The run is over."""
        self._backing.close()

    def read(
        self,
        task: Gathering,
        begin: Callable[[Recall | None], Generator[tuple[Wanted, ...], Answers, T]],
        fetch: Fetch,
        *,
        documents: dict[str, Fetched | None] | None = None,
        lent: bool = False,
        patience: float = MAX_WAIT,
    ) -> Loading[T]:
        """
        Reads what `begin` begins to read, with what the store has; the rest is fetched, and kept there for others.

        What documents answered, here or there, is put into `documents`. `lent`: responses declared them. Waits at most
        `patience` seconds for others.
        """
        look: Look | None = yield LongWork(partial(self._backing.look, task.origin))
        if look is None:
            return (yield from answered(begin(None), fetch, documents))
        progress = _Progress(task, begin)
        yield from progress.start(look)
        fetched: dict[str, Fetched | None] = {}
        if progress.wanted:
            lease = Lease(task.origin, f"{self._holder}/{os.getpid()}/{next(self._numbers)}")
            try:
                yield from self._wait_for_turn(progress, lease, patience)
                taken = time.monotonic()
                while progress.wanted:
                    if lease.held and time.monotonic() - taken > LEASE_SECONDS / 3:
                        yield LongWork(partial(self._backing.take, lease))
                        taken = time.monotonic()
                    answers = yield from fetch(progress.wanted)
                    fetched.update(answers)
                    yield from progress.go_on(answers)
                if fetched and not progress.look.sealed:
                    yield LongWork(partial(self._keep, progress, lease, fetched, lent=lent))
                elif lease.held:
                    yield LongWork(partial(self._backing.release, lease))
            finally:
                self._backing.give_up(lease)
        if documents is not None:
            documents.update(progress.answers(fetched))
        return progress.result

    def _wait_for_turn(self, progress: _Progress[T], lease: Lease, patience: float) -> Loading[None]:
        """Waits until it is our turn to ask the origin, or nothing is left to ask for."""
        waited, pause = 0.0, FIRST_PAUSE
        while progress.wanted:
            look: Look | None = yield LongWork(partial(self._backing.take, lease))
            if look is None:
                return
            before = progress.look
            if look.packed != before.packed:
                yield from progress.start(look)
                if look.bundle.tries != before.bundle.tries and look.bundle.answers == before.bundle.answers:
                    return  # its holder got no answer: nor would we, one after the other
            if lease.held or waited >= patience or not progress.wanted:
                return
            yield Pause(pause, partial(time.sleep, pause))
            waited += pause
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _keep(self, progress: _Progress[T], lease: Lease, fetched: Mapping[str, Fetched | None], *, lent: bool) -> None:
        bundle, task = progress.look.bundle, progress.task
        if not lease.held and (look := self._backing.look(task.origin)):  # somebody may have put something meanwhile
            bundle = look.bundle
        self._backing.put(lease, bundle.adding(fetched, task.now, lent=lent))


class _Progress(Generic[T]):
    """How far a reading has come with what the store had when it began: what it wants next, or its result."""

    def __init__(
        self, task: Gathering, begin: Callable[[Recall | None], Generator[tuple[Wanted, ...], Answers, T]]
    ) -> None:
        self.task = task
        self._begin = begin
        self.look: Look
        self.wanted: tuple[Wanted, ...]
        self.result: T

    def start(self, look: Look) -> Loading[None]:
        """Begins, or begins again, with what the store has now."""
        self.look = look
        self._reading = self._begin(partial(_recalled, self.task, look))
        yield from self.go_on(None)

    def go_on(self, answers: Answers | None) -> Loading[None]:
        """Hands on what came; what may take long to read, in a thread."""
        step = partial(advance, self._reading, answers)
        long = self.look.bundle.size > POLICY_BYTES or (answers is not None and may_last(answers))
        self.wanted, self.result = (yield LongWork(step)) if long else step()

    def answers(self, fetched: Mapping[str, Fetched | None]) -> dict[str, Fetched | None]:
        """What documents answered, by URL, here or elsewhere: what was not modified, with its body."""
        now = self.task.now
        unmodified = {url: one for url, one in fetched.items() if one is not None and one.status == 304}
        bundle = self.look.bundle.adding(unmodified, now)
        found: dict[str, Fetched | None] = {url: kept.fetched(url, now) for url, kept in bundle.latest().items()}
        return found | {url: one for url, one in fetched.items() if url not in unmodified or url not in found}


def _recalled(task: Gathering, look: Look, document: Document) -> Kept | None:
    """What a document answered others, read for this listener."""
    url = task.url(document)
    kept: Kept | None = None
    answer: KeptAnswer | None = None
    for answer in look.bundle.of(place_of(url, task.name)):
        kept = read_answer(task, url, document, answer.fetched(url, task.now), kept)
    if kept is None or answer is None:
        return None
    if answer.at - task.now > MAX_AHEAD:
        kept = kept._replace(expires_at=task.now)
    return kept.as_cached()
