"""
How answers spell the words of strangers, whatever the format: characters that a terminal would act on are shown, not
sent. JSON has escapes of its own, which read as the same words; all else, Parquet and SQLite too, has those of
`printable`. A markdown cell stays a cell, without tags or links but those of addresses; a CSV cell is no formula.
"""

from __future__ import annotations

import csv
import io
import json
import re
from html import escape
from typing import TYPE_CHECKING, Any

from tdm_guard.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

_ADDRESS = re.compile(r"https?://[!-;=?-~]+")  # ASCII but < and >: what a link in <…> may hold
_MARKUP = re.compile(r"[\\`*_~\[\]<>&|$]")
_REFERENCES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_BACKTICKS = re.compile(r"`+")
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # spreadsheets of East Asia read the wide ones alike


def json_text(value: Any, indent: int | None = None) -> str:
    """`value` as JSON that no terminal acts on."""
    return json_escapes(json.dumps(value, ensure_ascii=False, indent=indent))


def json_escapes(text: str) -> str:
    """JSON `text` with the characters that `printable` shows in JSON's own escapes; it reads as the same value."""
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def in_table(value: Any) -> Any:
    """A value of a table whose format has no escapes of its own (Parquet, SQLite), however deep its text stands."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: in_table(each) for name, each in value.items()}
    return [in_table(each) for each in value] if isinstance(value, list) else value


def csv_line(cells: Iterable[str | int]) -> str:
    """A row of a CSV table, with an apostrophe before what a spreadsheet would take for a formula."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([_csv_cell(cell) for cell in cells])
    return line.getvalue()


def _csv_cell(cell: str | int) -> str | int:
    if isinstance(cell, str):
        cell = printable(cell)
        return f"'{cell}" if cell.lstrip().startswith(_FORMULA) else cell
    return cell


def from_csv(cell: str) -> str:
    """The text of a cell that comes back: without blanks around it and the apostrophe before a formula."""
    cell = cell.strip()
    bare = cell.removeprefix("'").lstrip()
    return bare if bare.startswith(_FORMULA) else cell


def markdown_row(*cells: str) -> str:
    """A row of a markdown table, of cells that are spelt already."""
    return f"| {' | '.join(cells)} |\n"


def markdown_cell(text: str) -> str:
    """
    Text as text, and each address as a link to itself.

    Markup becomes references, not backslashes: a renderer that makes links of bare addresses takes a backslash after
    one for a part of it, and what the backslash stood before for markup.
    """
    return " ".join(
        f"<{word.replace('|', '%7C')}>" if _ADDRESS.fullmatch(word) else _MARKUP.sub(_reference, word)
        for word in printable(text).split(" ")
    )


def _reference(found: re.Match[str]) -> str:
    return _REFERENCES.get(found[0], f"&#{ord(found[0])};")


def markdown_quote(text: str) -> str:
    """A cell of somebody's words, as code: nothing in it is markup, and it is to be read without a renderer, too."""
    words = printable(text)
    if not words or "\\|" in words:  # renderers differ on whether a pipe after two backslashes ends the cell
        return markdown_cell(text)
    fence = "`" * (1 + max(map(len, _BACKTICKS.findall(words)), default=0))
    space = " " if {words[0], words[-1]} & {"`", " "} else ""
    quoted = words.replace("|", "\\|")
    return f"{fence}{space}{quoted}{space}{fence}"


def number_of(count: int, noun: str) -> str:
    """`1 item`, `2 items`, `1,024 items`."""
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"


def unread_lines(count: int) -> str:
    """`1 line is no record`, `2 lines are no records`."""
    return f"{number_of(count, 'line')} {'is no record' if count == 1 else 'are no records'}"


def html_text(text: str) -> str:
    """Text as text of a page or of an attribute in quotes; characters that nobody sees are shown."""
    return escape("".join(c if c.isprintable() or c == "\n" else printable(c) for c in text), quote=True)
