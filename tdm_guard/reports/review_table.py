"""
Questions for a person as a CSV table that goes out with empty columns for the answers, and comes back.

strategy: a row is known by the name of its question, which is made of what it asks; so rows may be sorted, filtered and
left out, and columns moved. What spreadsheets do to a file is undone: other separators, quotes, byte order marks.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tdm_guard.errors import ConfigurationError
from tdm_guard.matched import ReviewOutcome
from tdm_guard.plain import nearest, printable
from tdm_guard.reports.spelling import csv_line, from_csv

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tdm_guard.reports.reviews import Question

MAX_BYTES = 64 * 2**20  # of a table that comes back, some 200,000 questions; spreadsheets hold no more
MAX_TOLD = 100  # wrong rows that are told one by one
ANSWERS = ("outcome", "by", "why", "until")
_FACTS = {  # column: member of a question
    "url": "url", "doubt": "why", "declaration": "declaration", "key": "key", "value": "value", "written": "written",
    "strength": "strength", "authorisation": "authorisation", "words": "words", "rightsholder": "rightsholder",
    "contact": "contact", "policy_url": "policy_url", "form": "form", "mandate": "mandate", "item": "item",
    "decision": "decision",
    "ts": "ts",
}  # fmt: skip
COLUMNS = ("number", "question", *ANSWERS, *_FACTS)
_NEEDED = ("question", "outcome", "url")  # the url shows that no column was sorted by itself
_HELD = ("url", "declaration", "key", "value", "authorisation")  # what a row must not say otherwise than its question
_OUTCOMES = {
    "released": ReviewOutcome.RELEASED, "release": ReviewOutcome.RELEASED,
    "confirmed": ReviewOutcome.CONFIRMED, "confirm": ReviewOutcome.CONFIRMED,
}  # fmt: skip
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # what spreadsheets call Unicode text
_SIGNS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """A row with an outcome, and the line at which it begins."""

    line: int
    outcome: ReviewOutcome
    cells: Mapping[str, str]

    @property
    def question(self) -> str:
        """The name of the question that it answers."""
        return self.cells.get("question", "")

    def differs(self, question: Question) -> str | None:
        """A column that speaks of something else than the question, as when one column was sorted by itself."""
        for name in _HELD:
            cell, fact = self.cells.get(name, ""), from_csv(printable(getattr(question, _FACTS[name]) or ""))
            if (cell or name == "url") and cell != fact and not _same_number(cell, fact):
                return name
        return None

    def subject(self) -> dict[str, str]:
        """What a review of it is about, by the row's own columns."""
        names = ("authorisation",) if self.cells.get("authorisation") else ("declaration", "key", "value")
        return {name: self.cells.get(name, "") for name in names}


def written(questions: Iterable[Question]) -> Iterator[str]:
    """The table, line by line."""
    yield csv_line(COLUMNS)
    for question in questions:
        facts = [getattr(question, member) or "" for member in _FACTS.values()]
        yield csv_line([question.number, question.ident, *[""] * len(ANSWERS), *facts])


def rows_in(path: Path) -> list[Row]:
    """The rows that have an outcome. Raises `ConfigurationError` with every wrong row."""
    rows: list[Row] = []
    problems: list[str] = []
    for line, cells in _cells(path):
        if isinstance(cells, str):
            problems.append(f"{path}:{line}: {cells}")
            continue
        said = cells.get("outcome", "")
        if not said:
            continue
        outcome = _OUTCOMES.get(said.casefold())
        if outcome is None:
            near = nearest(said, _OUTCOMES) or "released"
            problems.append(f"{path}:{line}: outcome {said[:80]!r} is not released or confirmed; for example {near}")
        elif not cells.get("question"):
            problems.append(f"{path}:{line}: the column question is empty; it says which question this answers")
        else:
            rows.append(
                Row(line, outcome, {**cells, **{name: " ".join(cells.get(name, "").split()) for name in ANSWERS}})
            )
    refuse(problems)
    return rows


def refuse(problems: list[str]) -> None:
    """Raises `ConfigurationError` if there are problems, with the first of them and the number of the others."""
    if problems:
        more = len(problems) - MAX_TOLD
        raise ConfigurationError(*problems[:MAX_TOLD], *([f"{more} more wrong rows"] if more > 0 else []))


def _cells(path: Path) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Line and cells by column of each row; in place of the cells what is wrong with the row."""
    text = _text(path)
    sign = _sign(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    columns: list[str] | None = None
    line = 1
    try:
        for row in reader:
            begins, line = line, reader.line_num + 1
            cells = [from_csv(cell) for cell in row]
            if not any(cells) or (columns is None and cells[0].casefold() in {"sep=", f"sep={sign}"}):
                continue
            if columns is None:
                columns = _columns(path, begins, cells)
            elif any(cells[len(columns) :]):
                yield begins, f"{len(cells)} cells under {len(columns)} columns: is a cell with {sign!r} not quoted?"
            else:
                yield begins, dict(zip(columns, cells, strict=False))
    except csv.Error as error:
        raise ConfigurationError(f"{path}:{reader.line_num}: no CSV: {error}") from None
    if columns is None:
        raise ConfigurationError(f"{path}:1: no line names the columns; tdm-guard review LOG --format csv writes them")


def _columns(path: Path, line: int, cells: list[str]) -> list[str]:
    columns = [cell.casefold() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    for name in _NEEDED:
        if name not in columns:
            raise ConfigurationError(
                f"{path}:{line}: there is no column {name!r}; tdm-guard review LOG --format csv writes it"
            )
    for name in dict.fromkeys((*_NEEDED, *ANSWERS, *_HELD)):
        if columns.count(name) > 1:
            raise ConfigurationError(f"{path}:{line}: there are two columns {name!r}")
    return columns


def _sign(text: str) -> str:
    """The separator: the one that makes most of the names of columns."""
    head = text.split("\n", 1)[0]
    if head.strip().casefold().startswith("sep="):
        head = text.split("\n", 2)[1] if "\n" in text else ""
    return max(_SIGNS, key=lambda sign: sum(cell.strip(' "\r').casefold() in COLUMNS for cell in head.split(sign)))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"--from: {str(path)!r} cannot be read: {error.strerror}") from error
    if len(octets) > MAX_BYTES:
        raise ConfigurationError(f"--from: {str(path)!r} is larger than {MAX_BYTES} bytes; give it in parts")
    try:
        return octets.decode(_MARKS.get(octets[:2], "utf-8-sig"))
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}:{line}: not {error.encoding.upper()}; save it as CSV UTF-8") from None


def _same_number(cell: str, fact: str) -> bool:
    """True if a spreadsheet took an identifier for a number, and its zeros went."""
    return cell.isdecimal() and fact.isdecimal() and cell.lstrip("0") == fact.lstrip("0")
