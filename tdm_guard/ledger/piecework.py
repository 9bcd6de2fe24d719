"""What every worker of an engine is told: the judge, the policies, where its log is, what its part of the task is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Unpack

from tdm_guard.judge import Judge, checked_unread
from tdm_guard.ledger.desk import Desk
from tdm_guard.ledger.given import Given, named, opened
from tdm_guard.ledger.ledger import Ledger
from tdm_guard.ledger.library import Library
from tdm_guard.options.keywords import KeepingOptions


class Piecework:
    """
    Picklable; raises `ConfigurationError` where the engine is started and not in its workers.

    `word` is what the engine calls a part: `{word}` in `log` is filled in with the part, so that each has its own file.
    A worker reads the policies of an origin once for all the parts that it does, and each part opens a log of its own.
    """

    def __init__(
        self,
        judge: Judge | Mapping[str, Any],
        policies: Given,
        log: str | os.PathLike[str],
        *,
        word: str,
        task: str,
        once: bool,
        unread: str,
        **keeping: Unpack[KeepingOptions],
    ) -> None:
        self.judge = Judge.of(judge.options) if isinstance(judge, Judge) else Judge(**judge)
        self.policies = named(policies)
        self.log = os.fspath(log)
        self.word, self.task, self.once, self.unread, self.keeping = word, task, once, unread, keeping
        self._library: Library | None = None
        checked_unread(unread)
        self.ledger("0")  # a mistake in the options is named now

    def ledger(self, part: str, *, of: int | None = None) -> Ledger:
        """The ledger of a part (`of` so many). Whoever does it again goes on where the last one was cut short."""
        path = self.log.replace(f"{{{self.word}}}", part)
        task = f"{self.task} {self.word} {part}" + ("" if of is None else f" of {of}")
        if self.unread != "undetermined":
            task += f", unread {self.unread}"  # what was judged so is none of the task that is judged with care
        return Ledger(self.judge, path, task=task, once=self.once, **self.keeping)

    @contextmanager
    def desk(self, part: str, *, of: int | None = None) -> Iterator[Desk]:
        """Where the items of a part are judged, its log being open. Raises `ConfigurationError`, `LogError`."""
        with self.ledger(part, of=of) as ledger:
            kept = self._library
            if kept is None or ledger.judge is not self.judge:  # with evidence each log wants copies of what was read
                self.close()
                kept = self._library = Library(ledger.judge, [opened(self.policies)])
            yield Desk(ledger, kept, unread=self.unread)

    def close(self) -> None:
        """Closes the policies."""
        if self._library is not None:
            self._library.close()
            self._library = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_library": None}  # what is open belongs to one process
