"""
Where the records of archives lie that others refer to, so that a revisit is judged by what it refers to.

strategy: each record that has content is noted as it is read, by its id and by address and time. What was not met yet
is searched for once in the archives that were given, and then found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from tdm_guard.archives.framing import Record
from tdm_guard.log.scratch import scratch

_HELD = 50_000  # notes that wait in memory before they go into the database
_ALIKE = 8  # records of one address and second that are told apart

_TABLES = "CREATE TABLE original (key TEXT PRIMARY KEY, file INTEGER, member INTEGER, inside INTEGER) WITHOUT ROWID"


class Spot(NamedTuple):
    """Where a record lies: the file's number, the place of its member, its own in what that member holds."""

    file: int
    member: int
    inside: int


class Originals:
    """The records of one scan. `paths` are archives that are searched when something is referred to and not known."""

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._unread = list(dict.fromkeys(paths))
        self._files: list[str] = []
        self._numbers: dict[str, int] = {}
        self._held: dict[str, Spot] = {}
        self._several: dict[str, list[Spot]] = {}
        self._database = scratch(_TABLES)

    def add(self, paths: Iterable[str]) -> None:
        """Further archives that are searched."""
        self._unread += [path for path in paths if path not in self._unread and path not in self._numbers]

    def number(self, path: str) -> int:
        """The number of a file, which notes are made with."""
        if path not in self._numbers:
            self._numbers[path] = len(self._files)
            self._files.append(path)
        return self._numbers[path]

    def path(self, number: int) -> str:
        """The file of a number."""
        return self._files[number]

    def done(self, path: str) -> None:
        """All records of a file were noted."""
        if path in self._unread:
            self._unread.remove(path)

    def note(self, fields: dict[str, str], url: str, spot: Spot) -> None:
        """Notes a record that others may refer to."""
        held = self._held
        if identifier := fields.get("warc-record-id"):
            held[bare(identifier)] = spot
        if date := fields.get("warc-date"):
            key = f"{date} {url}"
            if (other := held.get(key)) is not None and other != spot:
                self._alike(key, other, spot)
            held[key] = spot
        if len(held) > _HELD:
            rows = ((key, *place) for key, place in held.items())
            self._database.executemany("INSERT OR REPLACE INTO original VALUES (?, ?, ?, ?)", rows)
            held.clear()

    def _alike(self, key: str, first: Spot, then: Spot) -> None:
        """Notes that there are several records of one address and time, which stand together in a file."""
        spots = self._several.setdefault(key, [first])
        if then not in spots and len(spots) < _ALIKE:
            spots.append(then)
        if len(self._several) > _HELD:
            del self._several[next(iter(self._several))]

    def find(self, fields: dict[str, str], url: str, index: Callable[[str], Iterator[object]]) -> Sequence[Spot]:
        """What a revisit refers to: by the id of the record, or by address and time, of which there may be several."""
        keys: list[str] = []
        if identifier := fields.get("warc-refers-to"):
            keys.append(bare(identifier))
        target = bare(fields.get("warc-refers-to-target-uri", "")) or url
        if date := fields.get("warc-refers-to-date"):
            keys.append(f"{date} {target}")
        if not keys:
            return ()
        while True:
            for key in keys:
                if (spot := self._known(key)) is not None:
                    return self._several.get(key, (spot,))
            if not self._unread:
                return ()
            for _ in index(self._unread.pop(0)):
                pass

    def _known(self, key: str) -> Spot | None:
        if (spot := self._held.get(key)) is not None:
            return spot
        row = self._database.execute("SELECT file, member, inside FROM original WHERE key = ?", (key,)).fetchone()
        return None if row is None else Spot(*row)

    def close(self) -> None:
        """Gives the database up."""
        self._database.close()


def bare(identifier: str) -> str:
    """An id or address without the brackets that the standard puts around it, and some tools do not."""
    identifier = identifier.strip()
    return identifier[1:-1] if identifier[:1] == "<" and identifier[-1:] == ">" else identifier


def is_original(record: Record, fields: dict[str, str], url: str, *, alone: bool = True) -> bool:
    """
    True if `record` is what these fields of a revisit refer to; by its digest, if it is not the only one of its time.

    A digest does not count where the id of the record is named: wget gives that of an empty body.
    """
    identifier = fields.get("warc-refers-to")
    if identifier and bare(identifier) == bare(record.fields.get("warc-record-id", "")):
        return True
    target = bare(fields.get("warc-refers-to-target-uri", "")) or url
    if bare(record.fields.get("warc-target-uri", "")) != target:
        return False
    if record.fields.get("warc-date") != fields.get("warc-refers-to-date"):
        return False
    mine, theirs = (each.get("warc-payload-digest", "").lower() for each in (fields, record.fields))
    if len(mine) != len(theirs) or not mine:  # of another kind, or spelt otherwise
        return alone
    return mine == theirs
