"""
Lists on disk, read side: millions of works, members or identifiers of one declaration, found by key and value.

A list is an SQLite file that `tdm-guard repertoire import` made: a table of (key, value, excluded) in the order of its
primary key, so that a value is found in a few page reads, a sieve that tells what is surely not there, and a table of
metadata. It is written whole and renamed into its place, never changed, so it is opened as immutable: without locks, in
any number of processes.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections import deque
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.lists.sieve import Sieve
from tdm_guard.repertoire.loaded import Loaded

APPLICATION = 0x54444D4C  # "TDML", in the header of the file (SQLite, PRAGMA application_id)
FORMAT = 2  # PRAGMA user_version; of the first, which has no sieve, lists are read, too, and of others not
MAGIC = b"SQLite format 3\0"
ENTRIES = (
    "CREATE TABLE entries (key INTEGER NOT NULL, value TEXT NOT NULL, excluded INTEGER NOT NULL, "
    "PRIMARY KEY (key, value, excluded)) WITHOUT ROWID"
)
KEYS = "CREATE TABLE keys (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)"
SIEVE = "CREATE TABLE sieve (bits BLOB NOT NULL)"
META = "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
CACHE_KIB = 4096  # of pages per connection: the inner pages of 5 million entries are 1 MiB, the leaves vary anyway
IDLE = 4  # connections kept open, so that threads do not wait for each other
MAX_PAIRS = 250  # asked in one query; an item of more keys takes several
_GOOD = "a list made by tdm-guard repertoire import"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ListIndex:
    """
    An open list. What it says of itself: `declaration` (the id it belongs to), `version`, `sha256` and `size` (bytes)
    of what it was imported from, `rows` it holds, the `keys` they are of, `created` (UTC, RFC 3339), `name` (its file).

    Safe in threads, after a fork, and picklable: the other side opens the same path and refuses another list there.
    """

    __slots__ = (
        "_idle", "_ids", "_names", "_pid", "_sieve", "_uri", "created", "declaration", "keys", "meta", "path", "rows",
        "sha256", "size", "sources", "version",
    )  # fmt: skip

    def __init__(self, path: Path) -> None:
        self.path = path
        self._uri = f"{path.as_uri()}?mode=ro&immutable=1"
        self._pid = os.getpid()
        self._idle: deque[sqlite3.Connection] = deque()
        connection = self._take()
        try:
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (str(self.path), tuple(sorted(self.meta.items())))

    def __repr__(self) -> str:
        return f"<ListIndex {self.name} {self.version!r} of {self.declaration!r}, {self.rows} rows>"

    def __del__(self) -> None:
        if hasattr(self, "_idle"):
            self.close()

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @property
    def source(self) -> Loaded:
        """What the run record says of the list."""
        return Loaded(id=self.name, version=self.version, sha256=self.sha256, size=str(self.size))

    @property
    def adds(self) -> bool:
        """True if something in it is matched: a list of nothing but excludes frees works, and matches none."""
        return not self.sources or any(source.get("excludes") is not True for source in self.sources)

    def find(self, pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str, bool], ...]:
        """
        Those of `pairs` (key, normalised value) that are in the list, and whether as excluded; one query.

        Raises `ConfigurationError` if the file turns out to be damaged: what cannot be looked up is not "not found".
        """
        ids, sieve = self._ids, self._sieve
        if sieve is None:
            asked = [(ids[key], value) for key, value in pairs if key in ids]
        else:
            may_have = sieve.may_have
            asked = [(ids[key], value) for key, value in pairs if key in ids and may_have(ids[key], value)]
        if not asked:
            return ()
        asked = list(dict.fromkeys(asked))
        connection = self._take()
        try:
            rows = _query(connection, asked)
        except sqlite3.Error as error:
            raise ConfigurationError(f"{self.path}: cannot be searched: {error}; for example {_GOOD}") from None
        finally:
            self._give(connection)
        names = self._names
        return tuple((names[key], value, bool(excluded)) for key, value, excluded in rows)

    def close(self) -> None:
        """Close what is open; a later look-up opens it again."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> sqlite3.Connection:
        """A connection for one look-up. The two ends of a deque are safe without a lock."""
        if self._pid != os.getpid():  # SQLite: a connection must not be carried across a fork
            self._pid = os.getpid()
            self.close()
        try:
            return self._idle.pop()
        except IndexError:
            pass
        connection = sqlite3.connect(self._uri, uri=True, check_same_thread=False, isolation_level=None)
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("PRAGMA mmap_size = 0")
        connection.execute("PRAGMA trusted_schema = OFF")
        return connection

    def _give(self, connection: sqlite3.Connection) -> None:
        if len(self._idle) < IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def _check(self, connection: sqlite3.Connection) -> None:
        """Read what the list says of itself. Raises `ConfigurationError` or `sqlite3.Error`."""
        if _pragma(connection, "application_id") != APPLICATION:
            raise self._bad("is another kind of SQLite file")
        found = _pragma(connection, "user_version")
        if not 1 <= found <= FORMAT:
            raise self._bad(f"is of format {found}, read is {FORMAT}")
        promised = _pragma(connection, "page_count") * _pragma(connection, "page_size")
        size = self.path.stat().st_size
        if size != promised:
            raise self._bad(f"has {size} bytes, by its header {promised}")
        tables = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' LIMIT 10"))
        if tables != {"entries": ENTRIES, "keys": KEYS, "meta": META, **({"sieve": SIEVE} if found > 1 else {})}:
            raise self._bad("has other tables than a list")
        self._names: dict[int, str] = dict(connection.execute("SELECT id, name FROM keys LIMIT 1000"))
        self._ids = {name: number for number, name in self._names.items()}
        self.keys = frozenset(self._ids)
        self.meta: dict[str, str] = dict(connection.execute("SELECT name, value FROM meta LIMIT 1000"))
        try:
            self.declaration, self.version = self.meta["declaration"], self.meta["version"]
            self.created, self.sha256 = self.meta["created"], self.meta["sha256"]
            self.rows, self.size = int(self.meta["rows"]), int(self.meta["size"])
            self.sources: tuple[Mapping[str, Any], ...] = tuple(json.loads(self.meta["sources"]))
            whole = all(isinstance(each["sha256"], str) and isinstance(each["size"], int) for each in self.sources)
        except (KeyError, ValueError, TypeError, RecursionError):
            raise self._bad("lacks some of its metadata") from None
        if not whole or not self.declaration or not _SHA256.fullmatch(self.sha256) or not self.keys:
            raise self._bad("lacks some of its metadata")
        self._sieve = self._sifted(connection) if found > 1 else None

    def _sifted(self, connection: sqlite3.Connection) -> Sieve:
        bits = connection.execute("SELECT bits FROM sieve LIMIT 1").fetchone()
        if bits is None or not isinstance(bits[0], bytes):
            raise self._bad("lacks its sieve")
        sieve = Sieve(bits[0])
        if not sieve.whole or sieve.crc != self.meta.get("sieve"):  # it would lose what is in the list
            raise self._bad("has a damaged sieve")
        return sieve

    @property
    def sieve(self) -> Sieve | None:
        """What is surely not in it; None for a list of the first format."""
        return self._sieve

    def _bad(self, what: str) -> ConfigurationError:
        return ConfigurationError(f"{self.path}: {what}; for example {_GOOD}")


def open_list(path: str | Path) -> ListIndex:
    """
    The list at `path`, checked as far as its header and metadata go.

    Raises `ConfigurationError` if it cannot be read, is no list, or was cut off.
    """
    try:
        full = Path(path).absolute()
        with full.open("rb") as file:
            magic = file.read(len(MAGIC))
        if magic != MAGIC:
            raise ConfigurationError(f"{path}: is no list; for example {_GOOD}")
        return ListIndex(full)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror or error}; for example {_GOOD}") from None
    except sqlite3.Error as error:
        raise ConfigurationError(f"{path}: is damaged: {error}; for example {_GOOD}") from None
    except ConfigurationError:
        raise
    except ValueError as error:  # a null character in the name
        raise ConfigurationError(f"{str(path)!r}: cannot be read: {error}; for example {_GOOD}") from None


def _reopen(path: str, meta: tuple[tuple[str, str], ...]) -> ListIndex:
    index = open_list(path)
    if tuple(sorted(index.meta.items())) != meta:
        raise ConfigurationError(f"{path}: is not the list that was opened first; restart with the one that is there")
    return index


def _query(connection: sqlite3.Connection, asked: list[tuple[int, str]]) -> list[tuple[int, str, int]]:
    found: list[tuple[int, str, int]] = []
    for start in range(0, len(asked), MAX_PAIRS):
        part = asked[start : start + MAX_PAIRS]
        try:
            found += connection.execute(_sql(len(part)), [each for pair in part for each in pair]).fetchall()
        except UnicodeEncodeError:  # a lone surrogate, which no list can hold
            part = [pair for pair in part if _storable(pair[1])]
            if part:
                found += connection.execute(_sql(len(part)), [each for pair in part for each in pair]).fetchall()
    return found


@cache
def _sql(pairs: int) -> str:
    """One search of the primary key per pair; with `IN` over rows of values SQLite 3.40 reads the whole table."""
    values = ", ".join(["(?, ?)"] * pairs)
    return (
        f"WITH asked (key, value) AS (VALUES {values}) "  # noqa: S608 - placeholders only
        "SELECT e.key, e.value, e.excluded FROM asked "
        "CROSS JOIN entries e ON e.key = asked.key AND e.value = asked.value"
    )


def _storable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
