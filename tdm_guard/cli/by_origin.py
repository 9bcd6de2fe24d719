"""
The addresses of a list by origin, each once, in a private database that goes to the disk when it is large.

strategy: rows are written as they come, then sorted once, so that those of an origin stand in one stretch which a
worker reads some hundred at a time.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from tdm_guard.log.scratch import scratch
from tdm_guard.origin import bare

if TYPE_CHECKING:
    from tdm_guard.cli.address_list import Entry

MAX_TOLD = 10  # lines without an address, told one by one
_TABLES = """
CREATE TABLE given (place TEXT NOT NULL, url TEXT NOT NULL, spelt TEXT NOT NULL, item TEXT NOT NULL);
CREATE TABLE sorted (
    number INTEGER PRIMARY KEY, place TEXT NOT NULL, url TEXT NOT NULL, spelt TEXT NOT NULL, item TEXT NOT NULL
);
CREATE TABLE origins (number INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL);
"""
_SORT = """
INSERT INTO sorted (place, url, spelt, item)
SELECT DISTINCT place, url, spelt, item FROM given ORDER BY place, url, spelt, item;
DROP TABLE given;
INSERT INTO origins (first, last)
SELECT min(number), max(number) FROM sorted GROUP BY place ORDER BY count(*) DESC, min(number);
"""
_INSERT = "INSERT INTO given VALUES (?, ?, ?, ?)"
_STRETCH = "SELECT number, url, spelt, item FROM sorted WHERE number BETWEEN ? AND ? ORDER BY number LIMIT ?"
_CACHE_KIB = 8 * 1024  # rows are written and read one after another; sorting takes as much again, some times
_AT_ONCE = 512  # rows written, or read, in one go


class Address(NamedTuple):
    """An address without its fragment, as the list spells it, and what the list says of the works there."""

    url: str
    spelt: tuple[str, ...]
    items: tuple[Any, ...]


class Span(NamedTuple):
    """The rows of one origin."""

    first: int
    last: int


class ByOrigin:
    """
    `addresses` of the list, `origins` of these, `rows` in all; `strange` rows hold no address, `told` are the first.

    `digest` names the list by what is in it, however it is stored. Safe for threads.
    """

    def __init__(self) -> None:
        self._database = scratch(_TABLES, shared=True)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._lock = threading.Lock()
        self.addresses = self.origins = self.rows = self.strange = 0
        self.told: list[tuple[int, str]] = []
        self.digest = ""

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        """The addresses among the rows of a list."""
        found = cls()
        try:
            found._read(entries)
        except BaseException:
            found.close()
            raise
        return found

    def _read(self, entries: Iterable[Entry]) -> None:
        digest = hashlib.sha256()
        waiting: list[tuple[str, str, str, str]] = []
        for entry in entries:
            self.rows += 1
            if entry.place is None:
                self.strange += 1
                if len(self.told) < MAX_TOLD:
                    self.told.append((entry.line, entry.url))
                continue
            item = "" if entry.item is None else json.dumps(entry.item, sort_keys=True)
            waiting.append((entry.place, bare(entry.url), entry.url, item))
            digest.update(f"{entry.url}\n{item}\n".encode())
            if len(waiting) == _AT_ONCE:
                self._database.executemany(_INSERT, waiting)
                waiting.clear()
        self._database.executemany(_INSERT, waiting)
        for statement in _SORT.split(";"):
            self._database.execute(statement)
        [(self.origins,)] = self._database.execute("SELECT count(*) FROM origins")
        counting = "SELECT count(*) FROM (SELECT 1 FROM sorted GROUP BY place, url)"
        [(self.addresses,)] = self._database.execute(counting)
        self.digest = digest.hexdigest()

    def spans(self) -> Iterator[Span]:
        """The origins, those with most addresses first: with pages they take longest."""
        for number in range(1, self.origins + 1):
            with self._lock:
                [row] = self._database.execute("SELECT first, last FROM origins WHERE number = ?", (number,))
            yield Span(*row)

    def at(self, span: Span) -> Iterator[Address]:
        """The addresses of one origin."""
        for url, rows in groupby(self._rows(span), key=lambda row: row[1]):
            spelt: dict[str, None] = {}
            items: dict[str, None] = {}
            for row in rows:
                spelt[row[2]] = None
                if row[3]:
                    items[row[3]] = None
            yield Address(url, tuple(spelt), tuple(map(json.loads, items)))

    def _rows(self, span: Span) -> Iterator[tuple[int, str, str, str]]:
        first = span.first
        while first <= span.last:
            with self._lock:
                rows = self._database.execute(_STRETCH, (first, span.last, _AT_ONCE)).fetchall()
            yield from rows
            first = rows[-1][0] + 1

    def close(self) -> None:
        """Gives the space back."""
        with self._lock:
            self._database.close()
