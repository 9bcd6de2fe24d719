"""
Judging in PySpark, partition by partition.

strategy: a partition is the task. Spark computes one again after a failure, and for each action on what is not
persisted. So a partition has its run in a file of its own: who computes it again finds there what was decided.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Unpack
from uuid import uuid4

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql.types import BooleanType, StringType, StructField, StructType

from tdm_guard.archives.sources import PolicySource
from tdm_guard.judge import Judge
from tdm_guard.ledger.batches import VERDICTS, check, judge_table
from tdm_guard.ledger.piecework import Piecework
from tdm_guard.ledger.policies_of import Given
from tdm_guard.options.keywords import KeepingOptions

LOG = "logs/tdm-{partition}.jsonl"


def guard(
    df: Any,
    judge: Judge | Mapping[str, Any],
    policies: Given = None,
    *,
    log: str | os.PathLike[str] = LOG,
    task: str | None = None,
    unread: str = "undetermined",
    **keeping: Unpack[KeepingOptions],
) -> Any:
    """
    The DataFrame with the columns `verdict`, `admitted`, `decision` (its id in the log) and `because` (JSON).

    The policies are broadcast. `{partition}` in `log` is filled in; it must be a place that all workers write to.
    `task` names the job: what one of this name decided at `log` is not judged again; without it each call is a job of
    its own, whatever actions are called on what it gives. The other keywords are options of the log. Raises
    `ConfigurationError`; a log that cannot be written fails the task.
    """
    check(df.columns)
    log = os.path.abspath(os.fspath(log))  # noqa: PTH100 - of any place; workers work elsewhere
    task = task or f"spark {uuid4()}"
    work = Piecework(judge, policies, log, word="partition", task=task, once=True, unread=unread, **keeping)
    shared: Any = None
    if not _is_remote(df):  # Spark Connect has no broadcasts: there they travel with the function
        shared, work.policies = df.sparkSession.sparkContext.broadcast(work.policies), _elsewhere
    kept = [field for field in df.schema.fields if field.name not in VERDICTS]
    added = [StructField(name, BooleanType() if name == "admitted" else StringType()) for name in VERDICTS]
    return df.mapInArrow(_Partitions(work, shared), StructType([*kept, *added]))


class _Partitions:
    """What Spark calls with the batches of a partition."""

    def __init__(self, work: Piecework, shared: Any) -> None:
        self.work = work
        self.shared = shared

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        if self.shared is not None:
            self.work.policies = self.shared.value
        context = TaskContext.get()
        desk = self.work.desk()
        try:
            with self.work.ledger(f"{context.partitionId() if context else 0:05d}") as ledger:
                for batch in batches:
                    yield from judge_table(ledger, pa.Table.from_batches([batch]), desk).to_batches()
        finally:
            desk.close()


def _elsewhere() -> PolicySource:
    raise RuntimeError("the policies are broadcast")


def _is_remote(df: Any) -> bool:
    return ".connect." in type(df).__module__
