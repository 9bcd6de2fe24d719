"""
tdm_guard for Ray Data: the rows of a data set judged by actors that each hold a judge, verdicts in columns beside them.

`guard(ds, judge, policies)` is `ds.map_batches` with `GuardBatches`. docs/scale.md
"""

from __future__ import annotations

from tdm_guard.errors import without_extra

try:
    from tdm_guard.ray.guard_batches import GuardBatches, guard
except ModuleNotFoundError as error:
    raise without_extra("ray", error) from None

__all__ = ["GuardBatches", "guard"]
