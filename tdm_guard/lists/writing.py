"""
Lists on disk, write side: entries in any order go in, a list in the order of its keys comes out, whole or not at all.

strategy: entries are staged as they come in a table without order; SQLite sorts them, in bounded memory, into the
primary key, which is many times faster than to insert them one by one where they belong. All of it happens in a folder
beside the list, and the last step is a rename.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

from tdm_guard.lists.index import APPLICATION, ENTRIES, FORMAT, KEYS, META

CACHE_KIB = 16_384  # of pages, also what is sorted at a time
ROWS = 100  # staged by one statement, in half the time of one each
_INSERT = "INSERT INTO staging.entries VALUES (?, ?)"
_INSERT_ROWS = _INSERT + ", (?, ?)" * (ROWS - 1)


class ListWriter:
    """
    Writes one list in `folder`, which exists, is empty and on the same file system as the list will be.

    All entries are excludes, or none; those of the list at `old`, which was opened before, go into the new one, too. A
    context manager: what was not published is closed and left to whoever removes the folder.
    """

    def __init__(self, folder: Path, *, excluded: bool = False, old: Path | None = None) -> None:
        self._made = folder / "list"
        self._connection = sqlite3.connect(self._made.as_uri(), uri=True, isolation_level=None)
        run = self._connection.execute
        run("PRAGMA journal_mode = OFF")  # nothing to roll back to: a failure throws the file away
        run("PRAGMA synchronous = OFF")  # flushed once, before the rename
        run("PRAGMA locking_mode = EXCLUSIVE")
        run(f"PRAGMA cache_size = -{CACHE_KIB}")
        run(f"PRAGMA application_id = {APPLICATION}")
        run(f"PRAGMA user_version = {FORMAT}")
        run("ATTACH DATABASE ? AS staging", (str(folder / "staging"),))
        run("PRAGMA staging.journal_mode = OFF")
        run("PRAGMA staging.synchronous = OFF")
        run("CREATE TABLE staging.entries (key, value)")
        for table in (ENTRIES, KEYS, META):
            run(table)
        self._old = old is not None
        self._excluded = int(excluded)
        self._ids: dict[str, int] = {}
        if old is not None:
            run("ATTACH DATABASE ? AS old", (f"{old.as_uri()}?mode=ro&immutable=1",))
            self._ids.update(run("SELECT name, id FROM old.keys").fetchall())
        run("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def ids(self, keys: Sequence[str]) -> list[int]:
        """The numbers that stand for `keys` in entries; the same as in the old list."""
        for key in keys:
            self._ids.setdefault(key, max(self._ids.values(), default=0) + 1)
        return [self._ids[key] for key in keys]

    def add(self, entries: Sequence[tuple[int, str]]) -> None:
        """Stage entries: number of the key, normalised value."""
        whole = len(entries) - len(entries) % ROWS
        for start in range(0, whole, ROWS):
            self._connection.execute(_INSERT_ROWS, list(chain.from_iterable(entries[start : start + ROWS])))
        self._connection.executemany(_INSERT, entries[whole:])

    def sort(self) -> int:
        """Bring the entries into their order, each once; how many there are."""
        run = self._connection.execute
        if self._old:  # its entries are in order, so that the two are merged
            run(
                "INSERT INTO entries SELECT key, value, excluded FROM old.entries "
                "UNION SELECT key, value, ? FROM staging.entries ORDER BY 1, 2, 3",
                (self._excluded,),
            )
        else:  # DISTINCT would keep all entries in a tree of its own, in no order
            run(
                "INSERT OR IGNORE INTO entries SELECT key, value, ? FROM staging.entries ORDER BY key, value",
                (self._excluded,),
            )
        rows: int = run("SELECT changes()").fetchone()[0]
        return rows

    def publish(self, path: Path, meta: Mapping[str, str]) -> None:
        """Write the metadata, and put the list at `path` in place of what is there."""
        insert = self._connection.executemany
        insert("INSERT INTO keys (name, id) VALUES (?, ?)", self._ids.items())
        insert("INSERT INTO meta VALUES (?, ?)", meta.items())
        self._connection.execute("COMMIT")
        self._connection.close()
        with self._made.open("rb") as made:
            os.fsync(made.fileno())
        self._made.replace(path)
        if hasattr(os, "O_DIRECTORY"):  # the rename itself, where folders can be flushed
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
