"""A filter of datatrove that judges each document, logs it, and drops what is withheld, with the verdict for reason."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Unpack

from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter

from tdm_guard.datatrove.documents import item_of, without_body
from tdm_guard.judge import Judge
from tdm_guard.ledger.desk import Desk
from tdm_guard.ledger.given import Given
from tdm_guard.ledger.piecework import Piecework
from tdm_guard.options.keywords import KeepingOptions


class GuardFilter(BaseFilter):  # type: ignore[misc] # Any, for the checker
    """
    Forwards what `judge` admits under `policies`, each decision in the log before its document goes on.

    `judge` is a `Judge`, or options of one. `policies` maps absolute addresses to a `Fetched`, or is a source of them,
    or a callable that gives one in the worker. `{rank}` in `log` is filled in. `task` names the work, so that a rank
    that is run again goes on where it was cut short; `once`: one that came to its end is not judged again. `unread` is
    that of `evaluate`; the other keywords say how a log is kept (docs/options.md).

    What is dropped has the verdict as `filter_reason` and in the stats; all have `tdm_guard` among their metadata:
    verdict, id of the decision, and why. A document that cannot be judged is undetermined; `LogError` ends the task.
    Raises `ConfigurationError`.
    """

    name = "🛡 tdm_guard"

    def __init__(
        self,
        judge: Judge | Mapping[str, Any],
        policies: Given = None,
        *,
        log: str | os.PathLike[str] = "logs/tdm-{rank}.jsonl",
        task: str = "datatrove",
        once: bool = False,
        unread: str = "undetermined",
        exclusion_writer: Any = None,
        **keeping: Unpack[KeepingOptions],
    ) -> None:
        super().__init__(exclusion_writer)
        self.work = Piecework(judge, policies, log, word="rank", task=task, once=once, unread=unread, **keeping)
        self._desk: Desk | None = None

    def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """The documents that are admitted; the run in the log is that of this rank."""
        try:
            with self.work.desk(f"{rank:05d}", of=world_size) as self._desk:
                yield from super().run(data, rank, world_size)
        finally:
            self._desk = None
            self.work.close()

    def filter(self, document: Document) -> bool | tuple[bool, str]:
        """True for what is admitted, else false and the verdict."""
        if self._desk is None:
            raise RuntimeError("GuardFilter judges within run() alone, where its log is open")
        item, placed = item_of(document)
        judged = self._desk.judge(item, placed=placed)
        without_body(document)
        verdict = str(judged.verdict)
        document.metadata["tdm_guard"] = {"verdict": verdict, "decision": judged.id, "why": judged.summary()}
        return True if judged.admitted else (False, verdict)
