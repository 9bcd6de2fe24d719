"""
tdm_guard for datatrove: a reader of archives that keeps what an answer said, and a filter that drops what is reserved.

`WarcReader` takes the place of datatrove's own, which loses the header fields; `GuardFilter` comes next in the
pipeline. docs/scale.md
"""

from __future__ import annotations

from tdm_guard.errors import without_extra

try:
    from tdm_guard.datatrove.archive_reader import WarcReader
    from tdm_guard.datatrove.guard_filter import GuardFilter
except ModuleNotFoundError as error:
    raise without_extra("datatrove", error) from None

__all__ = ["GuardFilter", "WarcReader"]
