"""
The SQLite store: one file for the processes of one machine, kept across runs.

strategy: write-ahead logging, so that readers wait for nobody; a connection serves one call at a time and is then
given back. None goes into a forked process, which SQLite forbids. The file is marked as ours: that of another program,
or of a later version, is left alone.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tdm_guard.cache.serial import FORM, MAX_PACKED
from tdm_guard.cache.store import LEASE_SECONDS, Leased, StoreError

APPLICATION = 0x74_64_6D_67  # "tdmg", in the head of the file
MAX_IDLE = 8  # connections kept for later calls: as many as there are threads that call (`_clients/offloop.THREADS`)
SWEEP_EVERY = 16  # rows that are put between two looks at some that nobody may want any more
SWEEP_ROWS = 64  # looked at then: a table is gone through once while it is written four times over
OPEN_PAUSE = 0.02  # seconds between attempts to open a file that others are making
_TABLES = """
CREATE TABLE answers (origin TEXT NOT NULL PRIMARY KEY, until INTEGER NOT NULL, packed BLOB NOT NULL){form};
CREATE TABLE leases (origin TEXT NOT NULL PRIMARY KEY, token TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
"""
_GET = "SELECT packed FROM answers WHERE origin = ?"
_BESIDE = 64 * 1024  # bytes of a row, or of a statement, beside what is packed
_open: weakref.WeakSet[SqliteStore] = weakref.WeakSet()


class SqliteStore:
    """
    A `PolicyStore` in a file, which is made when it is first used, unless it is only to be `read`.

    `patience`: seconds to wait for other writers.
    """

    def __init__(self, path: str | os.PathLike[str], *, patience: float, read: bool = False) -> None:
        self.path = os.path.abspath(path)  # noqa: PTH100 - whatever becomes of the working directory
        self._patience = patience
        self._read = read
        self._idle: list[sqlite3.Connection] = []
        self._puts = 0
        _open.add(self)

    def get(self, origin: str) -> bytes | None:
        """What was put last."""
        connection = self._kept() or self._connect()  # without a context manager, which takes half as long as the rest
        try:
            packed = _get(connection, origin)
        except BaseException:
            connection.close()
            raise
        self._keep(connection)
        return packed

    def lease(self, origin: str, token: str, seconds: float) -> Leased:
        """Takes the lease; whether somebody has it is read first, without waiting for those who write."""
        with self._connection() as connection:
            if _holder(connection, origin) not in (None, token):
                return Leased(held=False, packed=_get(connection, origin))
            with _writing(connection):
                held = _holder(connection, origin) in (None, token)
                if held:
                    row = (origin, token, time.time() + seconds)
                    connection.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", row)
                return Leased(held=held, packed=_get(connection, origin))

    def put(self, origin: str, packed: bytes, until: datetime, token: str) -> None:
        """Keeps what was packed; in passing, rows that nobody wants any more go."""
        with self._connection() as connection, _writing(connection):
            row = (origin, int(until.replace(tzinfo=until.tzinfo or UTC).timestamp()), packed)
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", row)
            connection.execute("DELETE FROM leases WHERE origin = ? AND token = ?", (origin, token))
            self._puts += 1
            if self._puts % SWEEP_EVERY == 0:
                _sweep(connection)

    def release(self, origin: str, token: str) -> None:
        """Gives back the lease."""
        with self._connection() as connection:
            connection.execute("DELETE FROM leases WHERE origin = ? AND token = ?", (origin, token))

    def close(self) -> None:
        """Closes the connections."""
        while (connection := self._kept()) is not None:
            connection.close()

    def _kept(self) -> sqlite3.Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for one call: one that raises something unusual is not used again."""
        connection = self._kept() or self._connect()
        usable = False
        try:
            yield connection
            usable = True
        finally:
            if usable:
                self._keep(connection)
            else:
                connection.close()

    def _keep(self, connection: sqlite3.Connection) -> None:
        if len(self._idle) < MAX_IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        """Opens the file, and makes it if need be; of several who do so at once, all but one try again."""
        deadline = time.monotonic() + self._patience
        named = f"{Path(self.path).as_uri()}?mode={'ro' if self._read else 'rwc'}"
        while True:
            connection = sqlite3.connect(
                named, uri=True, timeout=self._patience, isolation_level=None, check_same_thread=False
            )
            try:
                _prepare(connection, self.path)
            except sqlite3.OperationalError as error:
                connection.close()
                if "locked" not in str(error) or time.monotonic() >= deadline:
                    raise
            except BaseException:
                connection.close()
                raise
            else:
                return connection
            time.sleep(OPEN_PAUSE)


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_PACKED + _BESIDE)
    connection.execute("PRAGMA synchronous = NORMAL")
    (ours,) = connection.execute("PRAGMA application_id").fetchone()
    (form,) = connection.execute("PRAGMA user_version").fetchone()
    if ours == APPLICATION and form == FORM:
        return
    if ours == APPLICATION:
        raise StoreError(f"it has form {form}, and this version knows {FORM}")
    _is_made(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    with _writing(connection):
        if _is_made(connection, path):  # by somebody else, meanwhile
            return
        for statement in _TABLES.format(form="").strip().splitlines():
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {FORM}")


def _is_made(connection: sqlite3.Connection, path: str) -> bool:
    """False for an empty file. Raises `StoreError` for a database of something else."""
    (ours,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if ours != APPLICATION and (ours or tables):
        raise StoreError(f"{Path(path).name} is a database of something else")
    return bool(ours == APPLICATION)


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # some errors end it themselves
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _get(connection: sqlite3.Connection, origin: str) -> bytes | None:
    try:
        row = connection.execute(_GET, (origin,)).fetchone()
    except sqlite3.DataError:  # a row longer than `_prepare` lets any be
        return b""
    return None if row is None else row[0]


def _holder(connection: sqlite3.Connection, origin: str) -> str | None:
    """Who holds the lease: nobody for longer than a lease lasts, even if a clock was set back since."""
    row = connection.execute("SELECT token, until FROM leases WHERE origin = ?", (origin,)).fetchone()
    if row is None or not isinstance(row[1], float) or not 0 < row[1] - time.time() <= LEASE_SECONDS:
        return None
    return str(row[0])


def _sweep(connection: sqlite3.Connection) -> None:
    """Looks at some rows, from one on that is chosen at random, and deletes those that nobody wants any more."""
    (last,) = connection.execute("SELECT max(rowid) FROM answers").fetchone()
    some = "SELECT rowid, until FROM answers WHERE rowid >= ? ORDER BY rowid LIMIT ?"
    rows = connection.execute(some, (random.randint(0, last or 0), SWEEP_ROWS)).fetchall()  # noqa: S311
    now = datetime.now(UTC).timestamp()
    old = [(rowid,) for rowid, until in rows if isinstance(until, int) and until < now]
    connection.executemany("DELETE FROM answers WHERE rowid = ?", old)
    connection.execute("DELETE FROM leases WHERE until < ?", (now - 2 * LEASE_SECONDS,))


def _before_fork() -> None:
    """No connection may be carried into a forked process (sqlite.org/howtocorrupt.html, 2.6)."""
    for store in tuple(_open):
        store.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork)
