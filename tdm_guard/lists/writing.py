"""
Lists on disk, write side: entries in any order go in, a list in the order of its keys comes out, whole or not at all.

strategy: the values of each key are sorted in bounded memory, and then appended to the primary key in its order, which
is many times faster than to insert them one by one where they belong. All of it happens in a folder beside the list,
and the last step is a rename.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tdm_guard.lists.index import APPLICATION, ENTRIES, FORMAT, KEYS, META, SIEVE, ListIndex
from tdm_guard.lists.runs import Runs
from tdm_guard.lists.sieve import Sieve

CACHE_KIB = 4_096  # of pages; they are written one behind the other
PIECE = 2**18  # bytes written at a time
ROWS = 250  # written by one statement, in a third of the time of one each


class ListWriter:
    """
    Writes one list in `folder`, which exists, is empty and on the same file system as the list will be.

    All entries are excludes, or none; those of the list `old` go into the new one, too. A
    context manager: what was not published is closed and left to whoever removes the folder.
    """

    def __init__(self, folder: Path, *, excluded: bool = False, old: ListIndex | None = None) -> None:
        self._made = folder / "list"
        self._connection = sqlite3.connect(self._made.as_uri(), uri=True, isolation_level=None)
        run = self._connection.execute
        run("PRAGMA journal_mode = OFF")  # nothing to roll back to: a failure throws the file away
        run("PRAGMA synchronous = OFF")  # flushed once, before the rename
        run("PRAGMA locking_mode = EXCLUSIVE")
        run(f"PRAGMA cache_size = -{CACHE_KIB}")
        run(f"PRAGMA application_id = {APPLICATION}")
        run(f"PRAGMA user_version = {FORMAT}")
        for table in (ENTRIES, KEYS, META, SIEVE):
            run(table)
        self._folder = folder
        self._old = old
        self._sieve = Sieve.of(0)
        self._excluded = int(excluded)
        self._ids: dict[str, int] = {}
        self._runs: dict[int, Runs] = {}  # by the number of the key
        self._known: frozenset[int] = frozenset()
        if old is not None:
            run("ATTACH DATABASE ? AS old", (f"{old.path.as_uri()}?mode=ro&immutable=1",))
            run("ATTACH DATABASE ? AS staging", (str(folder / "staging"),))
            run("PRAGMA staging.journal_mode = OFF")
            run("PRAGMA staging.synchronous = OFF")
            run("CREATE TABLE staging.added (key, value, excluded)")
            self._ids.update(run("SELECT name, id FROM old.keys").fetchall())
            self._known = frozenset(self._ids.values())
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

    def add(self, key: int, values: Iterable[str]) -> None:
        """More normalised values of a key, by its number. Raises `OSError`."""
        runs = self._runs.get(key)
        if runs is None:
            runs = self._runs[key] = Runs(self._folder / f"runs-{key}")
        runs.extend(values)

    def sort(self) -> int:
        """Bring the entries into their order, each once; how many there are. Raises `OSError`."""
        run = self._connection.execute
        self._sift()
        if self._known.isdisjoint(self._runs):
            rows = run("INSERT INTO entries SELECT * FROM old.entries").rowcount if self._known else 0
            return rows + self._append("entries")  # keys that came later have higher numbers
        self._append("staging.added")
        return run(  # the entries of both are in order, so that the two are merged
            "INSERT INTO entries SELECT key, value, excluded FROM old.entries "
            "UNION SELECT key, value, excluded FROM staging.added ORDER BY 1, 2, 3"
        ).rowcount

    def _keep_sieve(self) -> None:
        """Writes the sieve piece by piece: as a value it would be in memory three times."""
        bits = memoryview(self._sieve.bits)
        self._connection.execute("INSERT INTO sieve VALUES (zeroblob(?))", (len(bits),))
        with self._connection.blobopen("sieve", "bits", 1) as blob:
            for start in range(0, len(bits), PIECE):
                blob.write(bits[start : start + PIECE])

    def _sift(self) -> None:
        """Begins the sieve, with what was in the old list."""
        old = self._old
        before = old.rows if old is not None else 0
        known = old.sieve if old is not None else None
        self._sieve = Sieve.of(before + sum(map(len, self._runs.values())), known)
        if old is not None and known is None:  # of the first format
            rows = self._connection.execute("SELECT key, value FROM old.entries")
            while some := rows.fetchmany(ROWS):
                for key, value in some:
                    self._sieve.add(key, (value,))

    def _append(self, table: str) -> int:
        """Writes what was added; how many that is."""
        written = 0
        for key, runs in sorted(self._runs.items()):
            row = f"({key}, ?, {self._excluded})"
            insert = f"INSERT INTO {table} VALUES "  # noqa: S608 - numbers and names of ours
            many = insert + ", ".join([row] * ROWS)
            for values in runs.merged():
                written += len(values)
                self._sieve.add(key, values)
                whole = len(values) - len(values) % ROWS
                for start in range(0, whole, ROWS):
                    self._connection.execute(many, values[start : start + ROWS])
                if rest := values[whole:]:
                    self._connection.execute(insert + ", ".join([row] * len(rest)), rest)
        return written

    def publish(self, path: Path, meta: Mapping[str, str]) -> None:
        """Write the metadata, and put the list at `path` in place of what is there."""
        insert = self._connection.executemany
        insert("INSERT INTO keys (name, id) VALUES (?, ?)", self._ids.items())
        insert("INSERT INTO meta VALUES (?, ?)", {**meta, "sieve": self._sieve.crc}.items())
        self._keep_sieve()
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
