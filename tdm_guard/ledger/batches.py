"""
Arrow tables with a row an answer: judged and logged row by row, verdicts beside them.

Columns are read by their names: `url`, `status`, `headers`, `body`, and `body_complete`, `date`, `item`, `stored` if
they are there (docs/scale.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tdm_guard.archives.captured import scheme_of
from tdm_guard.archives.items import Damage, Item
from tdm_guard.archives.parquet_rows import COLUMNS, read_row
from tdm_guard.errors import ConfigurationError
from tdm_guard.ledger.desk import Desk, Judged
from tdm_guard.model import Stored

_DIGEST_LENGTH = 32  # hexadecimal digits, in the names of files
ROWS = 256  # at once as Python's values: bodies of a few megabytes are usual
VERDICTS = ("verdict", "admitted", "decision", "because")
READ = (*COLUMNS, "stored")


def judge_table(desk: Desk, table: Any) -> Any:
    """
    `table` with the columns `verdict`, `admitted`, `decision` (its id in the log) and `because` (JSON).

    A row that has no address of the web, or cannot be read, is undetermined. Raises `ConfigurationError` for a table
    without `url`, or with answers whose fields nobody knows; `LogError`.
    """
    check(table.schema.names)
    return with_verdicts(table, [desk.judge(item, placed=placed) for item, placed in _items(table)])


def with_verdicts(table: Any, found: Sequence[Judged]) -> Any:
    """`table` with what its rows came to in columns beside."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    columns = {
        "verdict": pa.array([str(each.verdict) for each in found], pa.string()),
        "admitted": pa.array([each.admitted for each in found], pa.bool_()),
        "decision": pa.array([each.id for each in found], pa.string()),
        "because": pa.array([each.because() for each in found], pa.string()),
    }
    kept = [name for name in table.schema.names if name not in columns]
    table = table.select(kept)
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


def check(names: list[str]) -> None:
    """Raises `ConfigurationError` for columns that do not say what is judged."""
    if odd := sorted(name for name in names if name not in READ and name.lower() in READ):
        raise ConfigurationError(f"columns: {odd[0]!r} is not read; name it {odd[0].lower()!r}")
    if "url" not in names:
        raise ConfigurationError(f"columns: there is no url; read are {', '.join(READ)}")
    if "headers" not in names and ("status" in names or "body" in names):
        raise ConfigurationError(
            "columns: there is no headers, and the fields of an answer may reserve: "
            "keep them, or say by null that they are not known"
        )


def digest_of(table: Any) -> str:
    """What a batch is told by when it comes again: all that is read of its rows, as hexadecimal."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    digest = hashlib.sha256()
    read = table.select([name for name in table.schema.names if name in READ]).replace_schema_metadata()
    with pa.PythonFile(_Into(digest), mode="w") as sink, pa.ipc.new_stream(sink, read.schema) as stream:
        stream.write_table(read.combine_chunks())
    return digest.hexdigest()[:_DIGEST_LENGTH]


class _Into:
    """A file that digests what is written to it."""

    closed = False

    def __init__(self, digest: Any) -> None:
        self.write = digest.update

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""


def _items(table: Any) -> Iterator[tuple[Item | Damage, bool]]:
    """The rows as items, and whether each says where it lies."""
    read = [name for name in table.schema.names if name in READ]
    for batch in table.select(read).to_batches(max_chunksize=ROWS):
        for row in batch.to_pylist():
            yield _item(row)


def _item(row: Mapping[str, Any]) -> tuple[Item | Damage, bool]:
    stored = _stored(row.get("stored"))
    place = stored or _NOWHERE
    found = next(read_row(row, place.file, place.offset, None), None)
    if found is None:
        what = f"no address of the web: {scheme_of(str(row.get('url'))) or 'no scheme'}"
        return Damage(place.file, place.offset, what), stored is not None
    if isinstance(found, Item):
        if row.get("headers") is None and (found.status is not None or found.body is not None):
            found = found._replace(body_complete=False)  # what its fields say is not known
        found = found._replace(stored=place)
    return found, stored is not None


def _stored(given: Any) -> Stored | None:
    """The place that a row names, if it names one."""
    try:
        kind = given.get("type") or "response"
        return Stored(given["file"], given["offset"], record=given.get("record"), type=kind)
    except (ConfigurationError, KeyError, TypeError, AttributeError):
        return None


_NOWHERE = Stored("row", 0)
