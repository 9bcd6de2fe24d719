"""
The file beside a log, read along with it.

strategy: its lines come in the order of the log's, or nearly so where several processes write both. What is read ahead
of its decision is kept, within a bound in memory and beyond it in a private database, until the decision comes.
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.log.compressed import open_log
from tdm_guard.log.personal import commitment, joined, side_of, without
from tdm_guard.log.scratch import scratch

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

MAX_AHEAD = 1024  # lines kept in memory, some 2 KB each: more than processes that share a log are apart
MAX_LINE = 16 * 2**20  # bytes, as of a log
_LINE = re.compile(
    rb'\{"run":"([^"\\]{1,240})","seq":([0-9]{1,18}),"salt":"([0-9a-f]{32})","members":(\{.*\})\}\r?\n?', re.DOTALL
)


class Side(NamedTuple):
    """A line of the file beside a log."""

    run: str
    seq: int
    salt: bytes
    members: bytes


def side_in(raw: bytes) -> Side | None:
    """What stands in a line; None if it is torn, or none of ours."""
    found = _LINE.fullmatch(raw)
    if found is None:
        return None
    return Side(found[1].decode("utf-8", "replace"), int(found[2]), bytes.fromhex(found[3].decode()), found[4])


def sides_in(file: BinaryIO) -> Iterator[tuple[bytes, Side | None]]:
    """The lines of a file beside a log as they stand there, each with what is in it. Raises one of `DAMAGED`."""
    while raw := file.readline(MAX_LINE + 1):
        yield raw, side_in(raw)


class Aside:
    """
    The personal members of the decisions of one log, asked for in the log's order.

    A line is taken as it is only if its decision committed to it. Nothing is read until a decision asks.
    """

    def __init__(self, log: str) -> None:
        self._log = log
        self._stack = ExitStack()
        self._lines: Iterator[tuple[bytes, Side | None]] | None = None
        self._ahead: dict[tuple[str, int], Side] = {}
        self._older: sqlite3.Connection | None = None
        self._exhausted = False
        self._torn = 0

    def whole(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """The decision with its personal members; or `forgotten`, where they are not there or not the ones it had."""
        run, seq, stated = record.get("run"), record.get("seq"), record.get("personal")
        side = self.of(run, seq) if isinstance(run, str) and isinstance(seq, int) else None
        if side is None or commitment(side.salt, side.members) != stated:
            return without(record)
        try:
            members = json.loads(side.members)
        except (ValueError, RecursionError):
            return without(record)
        return joined(record, members) if isinstance(members, dict) else without(record)

    def of(self, run: str, seq: int) -> Side | None:
        """The line of a decision, if there is one. Raises one of `DAMAGED`."""
        kept = self._ahead.pop((run, seq), None) or self._stored(run, seq)
        while kept is None:
            side = self._next()
            if side is None:
                break
            if (side.run, side.seq) == (run, seq):
                return side
            self._keep(side)
        return kept

    def rest(self) -> int:
        """How many lines were asked for by no decision, torn ones among them. Raises one of `DAMAGED`."""
        ahead = 0
        while self._next() is not None:
            ahead += 1
        stored = 0
        if self._older is not None:
            [(stored,)] = self._older.execute("SELECT count(*) FROM older")
        return len(self._ahead) + int(stored) + ahead + self._torn

    def _next(self) -> Side | None:
        if self._lines is None and not self._exhausted:
            path = side_of(self._log)
            if path is None:
                self._exhausted = True
            else:
                self._lines = sides_in(self._stack.enter_context(open_log(path)))
        while not self._exhausted and self._lines is not None:
            found = next(self._lines, None)
            if found is None:
                self._exhausted = True
            elif found[1] is not None:
                return found[1]
            else:
                self._torn += bool(found[0].strip())
        return None

    def _keep(self, side: Side) -> None:
        if len(self._ahead) >= MAX_AHEAD:
            if self._older is None:
                self._older = scratch(
                    "CREATE TABLE older (run TEXT, seq INTEGER, salt BLOB, members BLOB, PRIMARY KEY (run, seq))"
                )
            oldest = self._ahead.pop(next(iter(self._ahead)))
            self._older.execute("INSERT OR IGNORE INTO older VALUES (?, ?, ?, ?)", oldest)
        self._ahead.setdefault((side.run, side.seq), side)

    def _stored(self, run: str, seq: int) -> Side | None:
        if self._older is None:
            return None
        found = "FROM older WHERE run = ? AND seq = ?"
        row = self._older.execute(f"SELECT salt, members {found}", (run, seq)).fetchone()
        if row is None:
            return None
        self._older.execute(f"DELETE {found}", (run, seq))
        return Side(run, seq, *row)

    def close(self) -> None:
        """Gives file and space back."""
        self._stack.close()
        if self._older is not None:
            self._older.close()
