"""
tdm_guard for PySpark: the rows of a DataFrame judged partition by partition, verdicts in columns beside them.

`guard(df, judge, policies)` is `df.mapInArrow` with a judge. docs/scale.md
"""

from __future__ import annotations

from tdm_guard.errors import without_extra

try:
    from tdm_guard.spark.guarded_rows import guard
except ModuleNotFoundError as error:
    raise without_extra("spark", error) from None

__all__ = ["guard"]
