"""
Judging in Ray Data, batch by batch.

strategy: a batch is the task. Ray does one again when its actor died, when its node is lost, or when a result is needed
once more, on any actor. So a batch is a run of its own, told by a digest of what it holds, in a file of its own: who
does it again finds there what was decided, and each row is judged once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Unpack
from uuid import uuid4

import ray

from tdm_guard.judge import Judge
from tdm_guard.ledger.batches import check, digest_of, judge_table, with_verdicts
from tdm_guard.ledger.given import Given
from tdm_guard.ledger.piecework import Piecework
from tdm_guard.options.keywords import KeepingOptions

LOG = "logs/tdm-{batch}.jsonl"


class GuardBatches:
    """
    For `Dataset.map_batches(GuardBatches, batch_format="pyarrow", fn_constructor_kwargs=…)`; `guard` is shorter.

    Adds to each batch the columns `verdict`, `admitted`, `decision` (its id in the log) and `because` (JSON).
    `policies` may be an ObjectRef. `{batch}` in `log` is filled in. `task` names the job: within one, what was decided
    is not judged again. Raises `ConfigurationError`, `LogError`, which end the job.
    """

    def __init__(
        self,
        judge: Judge | Mapping[str, Any],
        policies: Any = None,
        *,
        task: str,
        log: str | os.PathLike[str] = LOG,
        unread: str = "undetermined",
        **keeping: Unpack[KeepingOptions],
    ) -> None:
        given = ray.get(policies) if isinstance(policies, ray.ObjectRef) else policies
        self.work = Piecework(judge, given, log, word="batch", task=task, once=True, unread=unread, **keeping)

    def __call__(self, batch: Any) -> Any:
        """A table of Arrow with the verdicts."""
        check(batch.schema.names)
        if not batch.num_rows:
            return with_verdicts(batch, ())  # nothing is judged, so nothing is opened
        with self.work.desk(digest_of(batch)) as desk:
            return judge_table(desk, batch)


def guard(
    ds: Any,
    judge: Judge | Mapping[str, Any],
    policies: Given = None,
    *,
    log: str | os.PathLike[str] = LOG,
    task: str | None = None,
    unread: str = "undetermined",
    keeping: KeepingOptions | None = None,
    **batches: Any,
) -> Any:
    """
    The data set with the columns `verdict`, `admitted`, `decision` and `because`, as it is computed.

    The policies are put into the object store once. `task` names the job: what one of this name decided at `log` is not
    judged again; without it each call is a job of its own. `keeping` are options of the log, `batches` those of
    `map_batches`, such as `batch_size` and `compute`. Raises `ConfigurationError`.
    """
    task = task or f"ray {uuid4()}"
    checked = Piecework(judge, policies, log, word="batch", task=task, once=True, unread=unread, **(keeping or {}))
    given = {
        "judge": checked.judge,
        "policies": ray.put(checked.policies),
        "log": os.path.abspath(checked.log),  # noqa: PTH100 - of any place; actors work elsewhere
        "task": task,
        "unread": unread,
        **(keeping or {}),
    }
    return ds.map_batches(GuardBatches, fn_constructor_kwargs=given, batch_format="pyarrow", **batches)
