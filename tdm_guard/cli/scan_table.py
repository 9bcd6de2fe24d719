"""Verdicts as a Parquet file: a row a decision, for who joins them to what was judged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tdm_guard.decision import Decision

ROWS = 4096  # held before they are written
_TEXTS = ("url", "final_url", "verdict", "stage", "media_type", "content_sha256", "run", "id")
_SCHEMA = pa.schema(
    [
        ("url", pa.string()),
        ("final_url", pa.string()),
        ("verdict", pa.string()),
        ("admitted", pa.bool_()),
        ("status", pa.int32()),
        ("stage", pa.string()),
        ("media_type", pa.string()),
        ("content_sha256", pa.string()),
        ("because", pa.string()),
        ("run", pa.string()),
        ("id", pa.string()),
        ("file", pa.string()),
        ("offset", pa.int64()),
        ("record", pa.string()),
        ("type", pa.string()),
    ]
)


class Table:
    """A file of verdicts."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, _SCHEMA)
        self._rows: list[dict[str, Any]] = []

    def add(self, decision: Decision) -> None:
        """One decision."""
        record = decision.to_dict()
        row = {name: record.get(name) for name in _TEXTS} | (record.get("stored") or {})
        row |= {"admitted": decision.admitted, "status": decision.status}
        row["because"] = json.dumps(record.get("because") or [], default=str)
        self._rows.append(row)
        if len(self._rows) >= ROWS:
            self._write()

    def close(self) -> None:
        """That was all."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=_SCHEMA))
            self._rows.clear()


def joined(parts: Iterable[Path], to: Path) -> None:
    """The rows of several files in one."""
    with pq.ParquetWriter(to, _SCHEMA) as writer:
        for part in parts:
            with pq.ParquetFile(part) as file:
                for batch in file.iter_batches():
                    writer.write_batch(batch)
