"""
Rows of large tables, streamed: what the readers of CSV, JSON and XML have in common.

strategy: each reader takes pieces of a file and the places to read in a row (columns or paths), and yields a `Row` for
each, or a `Block` of many; what is wrong with one row is told in it and the next goes on. A file that cannot be gone on
with raises `RowsError`. Memory is bounded by one piece and one row.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

MAX_ROW = 2**20  # characters of one row: a member or a work takes some hundred, a member with its works some thousand
MAX_VALUES = 10_000  # of one row: the works of a member in one element
DAMAGED = "\N{REPLACEMENT CHARACTER}"  # stands for bytes that are not of the encoding
UTF_8 = "utf-8-sig"
_BOMS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip


class Row(NamedTuple):
    """
    One row: its line (the first is 1), the texts found (index of the place, text), and what is wrong with it.

    A row with a problem may still hold texts that are whole.
    """

    line: int
    texts: list[tuple[int, str]]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """
    Rows below one another whose texts are all there: row `n` has the line `lines[n]`, of each place `columns[at][n]`.

    `odd` are rows between them that lack a text or have a problem.
    """

    lines: Sequence[int]
    columns: list[list[str]]
    odd: list[Row]

    @property
    def count(self) -> int:
        """How many rows that is."""
        return len(self.lines) + len(self.odd)

    def rows(self) -> list[Row]:
        """The same one by one."""
        texts = [list(enumerate(each)) for each in zip(*self.columns, strict=True)]
        found = [Row(line, each) for line, each in zip(self.lines, texts, strict=True)]
        return sorted([*found, *self.odd], key=attrgetter("line"))


Found = Row | Block


class RowsError(ValueError):
    """The file cannot be read, or not further; says where."""


def decoded(pieces: Iterable[bytes], encoding: str | None = None) -> Iterator[str]:
    """
    The text of `pieces`, line ends as `\\n`, `DAMAGED` for what is not of the encoding; UTF-8 unless a BOM tells.

    Raises `RowsError` if `encoding` is none of text.
    """
    pieces = iter(pieces)
    first = b""
    for piece in pieces:
        first += piece
        if len(first) >= len(codecs.BOM_UTF32_LE):
            break
    if encoding is None:
        encoding = next((name for bom, name in _BOMS if first.startswith(bom)), UTF_8)
    try:
        "".encode(encoding)  # refuses what is no encoding of text, "zlib" say
        decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
        for piece in chain((first,), pieces):
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)
    except (LookupError, ValueError) as error:
        raise RowsError(f"cannot be read as {encoding}: {error}") from None
