"""
Rows of CSV (RFC 4180) and of tab-separated values, streamed; the first line names the columns.

A line without a quote is split as it stands, which is nearly all of them; the others go through `csv`, with the lines
that follow if a quoted cell goes on there. A quote that nobody closes must not swallow the rows after it.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from tdm_guard.formats.rows.row import MAX_ROW, Row, RowsError

MAX_SPAN = 100  # lines of one row: an address in a cell has some
TAB = "\t"


def read_csv(pieces: Iterable[str], columns: Sequence[str], *, delimiter: str = ",") -> Iterator[Row]:
    """
    A row per record below the header, its texts those of `columns`, stripped and not empty; blank lines are no rows.

    A tab as the delimiter makes quotes ordinary characters, but for a pair round a whole cell. Raises `RowsError` if
    the header cannot be read or lacks a column.
    """
    records = _split(lines_of(pieces), delimiter)
    header = _header(records)
    places = [(at, _place(header, column)) for at, column in enumerate(columns)]
    width = len(header)
    for line, cells, problem in records:
        if cells is None:
            yield Row(line, [], problem)
        elif len(cells) == width:
            texts = []
            for at, place in places:
                if text := cells[place].strip():
                    texts.append((at, text))  # a comprehension would be a call, for every row
            if texts or any(cell.strip() for cell in cells):
                yield Row(line, texts)
        elif any(cell.strip() for cell in cells):  # a cell too many or too few: what stands where cannot be told
            yield Row(line, [], f"has {len(cells)} cells, the header {width}")


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


def _split(lines: Iterator[str], delimiter: str) -> Iterator[_Record]:
    """The records, one at a time; what a quote had drawn in wrongly is read again."""
    again: deque[str] = deque()
    number = 0
    while (line := again.popleft() if again else next(lines, None)) is not None:
        number += 1
        if len(line) > MAX_ROW:
            yield number, None, f"longer than {MAX_ROW} characters"
        elif '"' not in line:
            yield number, line.split(delimiter), None
        elif delimiter == TAB:
            yield number, [_unquoted(cell) for cell in line.split(TAB)], None
        else:
            taken: list[str] = []
            try:
                cells = next(csv.reader(_joined(line, again, lines, taken), delimiter=delimiter, strict=True))
            except csv.Error as error:
                again.extendleft(reversed(taken))
                yield number, None, f"is no CSV: {error}"
            else:
                yield number, cells, None
                number += len(taken)


def _joined(line: str, again: deque[str], lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    """`line` and those after it, as far as the reader asks and a row may span; they are kept in `taken`."""
    yield f"{line}\n"
    size = len(line)
    while len(taken) < MAX_SPAN and size <= MAX_ROW:
        following = again.popleft() if again else next(lines, None)
        if following is None:
            return
        taken.append(following)
        size += len(following)
        yield f"{following}\n"


def _unquoted(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell


def lines_of(pieces: Iterable[str]) -> Iterator[str]:
    """The lines without their ends; of one that is too long, so much that this can be seen."""
    rest = ""
    for piece in pieces:
        first, *others = piece.split("\n")
        rest += first[: MAX_ROW + 1 - len(rest)]
        if others:
            yield rest
            rest = others.pop()
            yield from others
            rest = rest[: MAX_ROW + 1]
    if rest:
        yield rest
