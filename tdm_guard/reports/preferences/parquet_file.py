"""Preferences as a Parquet file (extra `parquet`): the members of the JSON lines as columns, in groups of rows."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

from tdm_guard.reports.preferences.preferred import DOCUMENT, SAID
from tdm_guard.reports.spelling import in_table
from tdm_guard.usage import EVERY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

ROWS = 2_000  # of a group, which stands in memory before it is written: some MB

_NAMES = pa.list_(pa.string())
_STATEMENT = pa.struct(
    [("usages", _NAMES), *((name, pa.string()) for name in SAID), ("settled", pa.bool_()), ("released", pa.bool_())]
)
SCHEMA = pa.schema([
    ("url", pa.string()),
    ("asked", pa.string()),
    ("content_sha256", pa.string()),
    ("bytes", pa.int64()),
    ("complete", pa.bool_()),
    ("media_type", pa.string()),
    ("ts", pa.string()),
    ("decision", pa.string()),
    ("verdict", pa.string()),
    ("usages", pa.struct([(usage.value, pa.string()) for usage in EVERY])),
    ("collected_for", _NAMES),
    ("said", pa.list_(_STATEMENT)),
    ("said_more", pa.int64()),
    ("documents", pa.list_(pa.struct([(name, pa.string()) for name in DOCUMENT]))),
    ("not_listened_to", _NAMES),
])  # fmt: skip


def write_parquet(items: Iterable[Mapping[str, Any]], output: Path) -> None:
    """Writes the file whole, or leaves what was there."""
    unfinished = output.with_name(f"{output.name}.part")
    rows = iter(items)
    try:
        with parquet.ParquetWriter(unfinished, SCHEMA, compression="zstd") as writer:
            while group := list(islice(rows, ROWS)):
                writer.write_table(pa.Table.from_pylist(in_table(group), schema=SCHEMA))
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
