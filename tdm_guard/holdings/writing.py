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
from pathlib import Path
from types import TracebackType
from typing import Self

from tdm_guard.holdings.index import APPLICATION, ENTRIES, FORMAT, KEYS, META

CACHE_KIB = 16_384  # of pages, also what is sorted at a time


class ListWriter:
    """
    Writes one list in `folder`, which exists, is empty and on the same file system as the list will be.

    A context manager: what was not published is closed and left to whoever removes the folder.
    """

    def __init__(self, folder: Path, keys: Sequence[str]) -> None:
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
        run("CREATE TABLE staging.entries (key, value, excluded)")
        for table in (ENTRIES, KEYS, META):
            run(table)
        self._ids: dict[str, int] = {}
        self.ids(keys)
        run("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def ids(self, keys: Sequence[str]) -> list[int]:
        """The numbers that stand for `keys` in entries."""
        for key in keys:
            if key not in self._ids:
                self._ids[key] = len(self._ids) + 1
                self._connection.execute("INSERT INTO keys VALUES (?, ?)", (self._ids[key], key))
        return [self._ids[key] for key in keys]

    def add(self, entries: Sequence[tuple[int, str, int]]) -> None:
        """Stage entries: number of the key, normalised value, 1 if it is an exclude."""
        self._connection.executemany("INSERT INTO staging.entries VALUES (?, ?, ?)", entries)

    def take_over(self, path: Path) -> None:
        """Stage all entries of the list at `path`, which was opened before and so is one."""
        run = self._connection.execute
        run("COMMIT")
        run("ATTACH DATABASE ? AS old", (f"{path.as_uri()}?mode=ro&immutable=1",))
        try:
            self.ids([name for (name,) in run("SELECT name FROM old.keys ORDER BY id").fetchall()])
            run(
                "INSERT INTO staging.entries SELECT new.id, entry.value, entry.excluded FROM old.entries entry "
                "JOIN old.keys key ON key.id = entry.key JOIN main.keys new ON new.name = key.name"
            )
        finally:
            run("DETACH DATABASE old")
        run("BEGIN")

    def sort(self) -> int:
        """Bring what was staged into its order, each entry once; how many there are."""
        run = self._connection.execute
        # DISTINCT would keep all entries in a tree of its own, in no order
        run("INSERT OR IGNORE INTO entries SELECT key, value, excluded FROM staging.entries ORDER BY 1, 2, 3")
        rows: int = run("SELECT changes()").fetchone()[0]
        return rows

    def publish(self, path: Path, meta: Mapping[str, str]) -> None:
        """Write the metadata, and put the list at `path` in place of what is there."""
        self._connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
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
