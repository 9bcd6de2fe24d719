"""
Rows of CSV (RFC 4180) and of tab-separated values, streamed; the first line names the columns.

A line without a quote is split as it stands, which is nearly all of them; the others go through `csv`, with the lines
that follow if a quoted cell goes on there. A quote that nobody closes must not swallow the rows after it: lines are
taken many at once only where each is a record of its own.
"""

from __future__ import annotations

import csv
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from tdm_guard.formats.rows.row import MAX_ROW, Block, Found, Row, RowsError

MAX_SPAN = 100  # lines of one row: an address in a cell has some
TAB = "\t"


def read_csv(pieces: Iterable[str], columns: Sequence[str], *, delimiter: str = ",") -> Iterator[Row]:
    """
    A row per record below the header, its texts those of `columns`, stripped and not empty; blank lines are no rows.

    A tab as the delimiter makes quotes ordinary characters, but for a pair round a whole cell. Raises `RowsError` if
    the header cannot be read or lacks a column.
    """
    for found in read_blocks(pieces, columns, delimiter=delimiter):
        if isinstance(found, Block):
            yield from found.rows()
        else:
            yield found


def read_blocks(pieces: Iterable[str], columns: Sequence[str], *, delimiter: str = ",") -> Iterator[Found]:
    """The same, many at once where lines are plain."""
    lines = _Lines(pieces)
    header = _header(_split(lines, delimiter))
    table = _Table([(at, _place(header, column)) for at, column in enumerate(columns)], len(header))
    while block := lines.block():
        last = lines.number
        first = last - len(block) + 1
        plain = table.plain(first, block, delimiter)
        if plain is not None:
            yield plain
            continue
        cells = _cells(block, delimiter)
        if cells is not None:
            yield table.block(first, cells)
            continue
        lines.back(block)
        for line, found, problem in _split(lines, delimiter, last):
            yield from table.row(line, found, problem)


class _Table(NamedTuple):
    """Where the columns stand, and how wide a record is."""

    places: list[tuple[int, int]]
    width: int

    def row(self, line: int, cells: list[str] | None, problem: str | None = None) -> Iterator[Row]:
        """The row that a record is, if it is one."""
        if cells is None:
            yield Row(line, [], problem)
        elif len(cells) == self.width:
            texts = [(at, text) for at, place in self.places if (text := cells[place].strip())]
            if texts or any(cell.strip() for cell in cells):
                yield Row(line, texts)
        elif any(cell.strip() for cell in cells):  # a cell too many or too few: what stands where cannot be told
            yield Row(line, [], f"has {len(cells)} cells, the header {self.width}")

    def plain(self, first: int, lines: list[str], delimiter: str) -> Block | None:
        """The rows of lines, parted all at once; None if there is a quote, a cell too many or too few, or no text."""
        text = "\n".join(lines)
        if len(text) > MAX_ROW or '"' in text:
            return None
        # A line end is a cell of its own here. All stand where they should: no line has other cells than the header.
        cells = text.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
        step, ends = self.width + 1, len(lines) - 1
        if len(cells) != step * ends + self.width or cells[self.width :: step].count("\n") != ends:
            return None
        columns = [list(map(str.strip, cells[place::step])) for _, place in self.places]
        return Block(range(first, first + len(lines)), columns, []) if all(map(all, columns)) else None

    def block(self, first: int, records: list[list[str]]) -> Block:
        """The rows that records are which stand on a line each."""
        if set(map(len, records)) == {self.width}:
            columns = [[cells[place].strip() for cells in records] for _, place in self.places]
            if all(map(all, columns)):
                return Block(range(first, first + len(records)), columns, [])
        lines, columns, odd = [], [[] for _ in self.places], []
        for line, cells in enumerate(records, first):
            for row in self.row(line, cells):
                if row.problem is None and len(row.texts) == len(columns):
                    lines.append(line)
                    for at, text in row.texts:
                        columns[at].append(text)
                else:
                    odd.append(row)
        return Block(lines, columns, odd)


def _cells(lines: list[str], delimiter: str) -> list[list[str]] | None:
    """The records of lines, if each line is one of its own and none needs care."""
    if max(map(len, lines)) > MAX_ROW:
        return None
    if not any('"' in line for line in lines):
        return [line.split(delimiter) for line in lines]
    if delimiter == TAB:
        return None
    try:
        found = list(csv.reader([f"{line}\n" for line in lines], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return found if len(found) == len(lines) else None  # each takes a line at least


_Record = tuple[int, list[str] | None, str | None]  # line, cells, what is wrong


def _header(records: Iterator[_Record]) -> list[str]:
    for line, cells, problem in records:
        if cells is None:
            raise RowsError(f"line {line}: the header cannot be read: {problem}")
        names = [cell.strip() for cell in cells]
        if any(names):
            return names
    raise RowsError("holds no header and no rows")


def _place(header: list[str], column: str) -> int:
    if header.count(column) == 1:
        return header.index(column)
    what = "stands twice" if column in header else "is missing"
    known = ", ".join(repr(name) for name in header[:50])
    raise RowsError(f"the column {column!r} {what} in the header; its columns are {known[:2000]}")


def _split(lines: _Lines, delimiter: str, last: float = math.inf) -> Iterator[_Record]:
    """The records, one at a time, of lines up to `last`; what a quote had drawn in wrongly is read again."""
    while lines.number < last and (line := lines.one()) is not None:
        number = lines.number
        if len(line) > MAX_ROW:
            yield number, None, f"longer than {MAX_ROW} characters"
        elif '"' not in line:
            yield number, line.split(delimiter), None
        elif delimiter == TAB:
            yield number, [_unquoted(cell) for cell in line.split(TAB)], None
        else:
            taken: list[str] = []
            try:
                cells = next(csv.reader(_joined(line, lines, taken), delimiter=delimiter, strict=True))
            except csv.Error as error:
                lines.back(taken)
                yield number, None, f"is no CSV: {error}"
            else:
                yield number, cells, None


def _joined(line: str, lines: _Lines, taken: list[str]) -> Iterator[str]:
    """`line` and those after it, as far as the reader asks and a row may span; they are kept in `taken`."""
    yield f"{line}\n"
    size = len(line)
    while len(taken) < MAX_SPAN and size <= MAX_ROW:
        following = lines.one()
        if following is None:
            return
        taken.append(following)
        size += len(following)
        yield f"{following}\n"


class _Lines:
    """The lines of a file, as many as are at hand or one by one; `number` of them were taken."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._blocks = _lines_of(pieces)
        self._waiting: deque[str] = deque()
        self.number = 0

    def block(self) -> list[str]:
        """The next that are at hand; none at the end."""
        taken = list(self._waiting) or next(self._blocks, [])
        self._waiting.clear()
        self.number += len(taken)
        return taken

    def one(self) -> str | None:
        """The next line."""
        if not self._waiting:
            self._waiting.extend(next(self._blocks, ()))
        if not self._waiting:
            return None
        self.number += 1
        return self._waiting.popleft()

    def back(self, lines: list[str]) -> None:
        """Puts lines back that were taken last."""
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)


def _unquoted(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell


def lines_of(pieces: Iterable[str]) -> Iterator[str]:
    """The lines without their ends; of one that is too long, so much that this can be seen."""
    return chain.from_iterable(_lines_of(pieces))


def _lines_of(pieces: Iterable[str]) -> Iterator[list[str]]:
    """The lines of each piece together."""
    rest = ""
    for piece in pieces:
        first, *others = piece.split("\n")
        rest += first[: MAX_ROW + 1 - len(rest)]
        if others:
            whole = [rest, *others]
            rest = whole.pop()[: MAX_ROW + 1]
            yield whole
    if rest:
        yield [rest]
