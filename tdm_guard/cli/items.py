"""What the caller knows of works by their addresses: JSON lines, for commands that judge without the caller's code."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.reader import read_log
from tdm_guard.repertoire.callers_item import check_item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_PROBLEMS = 10  # bad lines that are told one by one
_GOOD = '{"url": "https://music.example/song", "iswc": "T-000.000.001-0"}'


class Items:
    """
    Works by address. They wait in a private database that goes to the disk when it is large; threads take turns there.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE items (url TEXT NOT NULL, item TEXT NOT NULL)")
        self._database.execute("BEGIN")  # one for all: by themselves, writes cost a hundred times as much

    @classmethod
    def read(cls, path: str) -> Items:
        """
        The items in the JSON lines of a file: each an item with its `url`.

        Raises `ConfigurationError` with the first bad lines.
        """
        items = cls()
        problems: list[str] = []
        bad = 0
        for number, url, item in _lines(path):
            if wrong := _wrong(url, item, f"--items: {path}: line {number}"):
                bad += 1
                if bad <= MAX_PROBLEMS:
                    problems += wrong
                continue
            items._database.execute("INSERT INTO items VALUES (?, ?)", (url, json.dumps(item)))
        if bad > MAX_PROBLEMS:
            problems.append(f"--items: {path}: {bad} bad lines in all")
        if problems:
            items.close()
            raise ConfigurationError(*problems)
        items._database.execute("CREATE INDEX by_url ON items (url)")
        return items

    def at(self, urls: Iterable[str]) -> list[dict[str, Any]]:
        """The items at any of these addresses."""
        found: list[dict[str, Any]] = []
        for url in urls:
            query = self._database.execute("SELECT item FROM items WHERE url = ?", (_storable(url),))
            with closing(query) as rows:
                found.extend(json.loads(item) for (item,) in rows)
        return found

    def close(self) -> None:
        """Gives the space back."""
        self._database.close()


def _lines(path: str) -> Iterator[tuple[int, str | None, dict[str, Any]]]:
    for line in read_log([path]):
        item = dict(line.record or {})
        url = item.get("url")
        yield line.number, _storable(url) if isinstance(url, str) and url else None, item


def _wrong(url: str | None, item: dict[str, Any], line: str) -> tuple[str, ...]:
    """What is wrong in a line: no address, a key that no item has, a value of another type."""
    missing = (f"{line}: no item with its url; for example {_GOOD}",) if url is None else ()
    try:
        check_item({key: value for key, value in item.items() if key != "url"}, line)
    except ConfigurationError as error:
        return missing + error.problems
    return missing


def _storable(url: str) -> str:
    return url.encode("utf-8", "backslashreplace").decode("utf-8")
