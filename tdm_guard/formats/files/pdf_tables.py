"""
Where the object of a number is: cross-reference tables of a PDF file, and their streams (ISO 32000-1, 7.5.4, 7.5.8).

strategy: a classic table is not parsed: its entries have 20 bytes each, so that the one wanted is looked at in its
place. So are the rows of a stream.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from tdm_guard.formats.files.pdf_filters import Rows
from tdm_guard.formats.files.pdf_objects import Header, PdfError, parse

MAX_SUBSECTIONS = 20_000  # runs of numbers in one section; a file saved in place often has some hundred

_SECTION = re.compile(rb"\s*(\d{1,10})[ \t]+(\d{1,10})[ \t]*(?:\r\n|\n|\r)")
_ENTRY = re.compile(rb"(\d{10}) (\d{5}) ([nf])")
_ENTRY_SIZE = 20
Entry: TypeAlias = tuple[int, int, int]  # 1 and where the object begins, or 2, the object stream and which one in it


class Table(NamedTuple):
    """A run of objects in a classic table: the first number, how many, where their entries are."""

    first: int
    size: int
    start: int

    def entry(self, data: bytes, at: int) -> Entry | None:
        """What the table in the file `data` says of one of them; None of a number that is free."""
        start = self.start + at * _ENTRY_SIZE
        entry = _ENTRY.match(data, start, start + _ENTRY_SIZE)
        if entry is None:
            raise PdfError("a cross-reference entry that is none")
        return None if entry[3] == b"f" else (1, int(entry[1]), 0)


class StreamTable(NamedTuple):
    """A run of objects in a cross-reference stream: first number, how many, rows, the first row, widths of fields."""

    first: int
    size: int
    rows: Rows
    start: int
    widths: Entry

    def entry(self, _: bytes, at: int) -> Entry | None:
        """What the stream says of one of them; None of a number that is free."""
        row = self.rows.row(self.start + at)
        one, two, _three = self.widths
        kind = int.from_bytes(row[:one], "big") if one else 1
        if kind == 0:
            return None
        return kind, int.from_bytes(row[one : one + two], "big"), int.from_bytes(row[one + two :], "big")


Run: TypeAlias = Table | StreamTable


def entry_of(runs: Iterable[Run], data: bytes, number: int) -> Entry | None:
    """What the newest of `runs` that has the number says of it."""
    for run in runs:
        at = number - run.first
        if 0 <= at < run.size:
            return run.entry(data, at)
    return None


def read_table(data: bytes, position: int) -> tuple[list[Table], Header]:
    """The runs of a classic table, behind its first word, and the trailer that follows it."""
    runs: list[Table] = []
    for _ in range(MAX_SUBSECTIONS):
        section = _SECTION.match(data, position)
        if section is None:
            break
        first, count = int(section[1]), int(section[2])
        position = section.end()
        if count:
            runs.append(Table(first, count, position))
        position += count * _ENTRY_SIZE
        if position > len(data):
            raise PdfError("a cross-reference table longer than the file")
    found = data.find(b"trailer", max(0, position - 2), position + 256)
    if found < 0:
        raise PdfError("a cross-reference table without a trailer")
    trailer, _ = parse(data, found + 7)
    if not isinstance(trailer, dict):
        raise PdfError("a trailer that is no dictionary")
    return runs, trailer


def widths_of(header: Header) -> Entry:
    """How many bytes each field has in the rows of a cross-reference stream."""
    widths = header.get(b"W")
    if not isinstance(widths, list) or len(widths) < 3:
        raise PdfError("a cross-reference stream without widths")
    found = [width for width in widths if isinstance(width, int) and 0 <= width <= 8]
    if len(found) < len(widths):
        raise PdfError("a cross-reference stream without widths")
    return found[0], found[1], found[2]


def runs_of(header: Header, table: Rows, widths: Entry) -> list[StreamTable]:
    """The runs of a cross-reference stream, of which `table` are the rows."""
    index = header.get(b"Index")
    if not isinstance(index, list):
        index = [0, header.get(b"Size", 0)]
    runs: list[StreamTable] = []
    start = 0
    for first, count in zip(index[: 2 * MAX_SUBSECTIONS : 2], index[1::2], strict=False):
        if not (isinstance(first, int) and isinstance(count, int) and count >= 0):
            raise PdfError("a cross-reference stream with an index that cannot be")
        there = max(0, min(count, table.count - start))
        runs.append(StreamTable(first, there, table, start, widths))
        start += count
    return runs
