"""
Judging in PySpark, partition by partition.

strategy: a partition is the task. Spark computes one again after a failure, and for each action on what is not
persisted. So a partition has its run in a file of its own: who computes it again finds there what was decided. Judge
and policies are broadcast together, so that a worker unpacks and reads them once for all the partitions that it does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Unpack
from uuid import uuid4

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql.types import BooleanType, StringType, StructField, StructType

from tdm_guard.judge import Judge
from tdm_guard.ledger.batches import VERDICTS, check, judge_table
from tdm_guard.ledger.given import Given
from tdm_guard.ledger.piecework import Piecework
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

    Judge and policies are broadcast. `{partition}` in `log` is filled in; it must be a place that all workers write to.
    `task` names the job: what one of this name decided at `log` is not judged again; without it each call is a job of
    its own, whatever actions are called on what it gives. The other keywords are options of the log. Raises
    `ConfigurationError`; a log that cannot be written fails the task.
    """
    check(df.columns)
    log = os.path.abspath(os.fspath(log))  # noqa: PTH100 - of any place; workers work elsewhere
    task = task or f"spark {uuid4()}"
    work = Piecework(judge, policies, log, word="partition", task=task, once=True, unread=unread, **keeping)
    shared = _Sent(work) if _is_remote(df) else df.sparkSession.sparkContext.broadcast(work)
    kept = [field for field in df.schema.fields if field.name not in VERDICTS]
    added = [StructField(name, BooleanType() if name == "admitted" else StringType()) for name in VERDICTS]
    return df.mapInArrow(_Partitions(shared), StructType([*kept, *added]))


class _Partitions:
    """What Spark calls with the batches of a partition."""

    def __init__(self, shared: Any) -> None:
        self.shared = shared

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        context = TaskContext.get()
        work: Piecework = self.shared.value
        with work.desk(f"{context.partitionId() if context else 0:05d}") as desk:
            for batch in batches:
                yield from judge_table(desk, pa.Table.from_batches([batch])).to_batches()


class _Sent(NamedTuple):
    """What travels with the function: Spark Connect has no broadcasts."""

    value: Piecework


def _is_remote(df: Any) -> bool:
    return ".connect." in type(df).__module__
