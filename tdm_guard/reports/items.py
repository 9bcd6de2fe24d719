"""
Lists of items, one a line: what was withheld, what would have been, and the manifest of what was admitted.

The words are strangers': see `reports.spelling`.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from tdm_guard.log.latest import addresses_of
from tdm_guard.log.members import entries, is_size, text_of
from tdm_guard.matched import LiftOutcome
from tdm_guard.model import Verdict
from tdm_guard.plain import printable
from tdm_guard.reports.quoted import document_of
from tdm_guard.reports.spelling import csv_line, json_text, markdown_cell, markdown_quote, markdown_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tdm_guard.log.reader import LogLine

MAX_NAMES = 20  # signals, usages or licences named for one item
MAX_WIDTH = 60  # of a column of text: longer cells stand out, uncut
_NOTHING = "-"  # in a cell of text, so that columns can be told apart
_IN_MEMORY = 8 * 2**20  # of rows that wait for the widths of their columns; more goes to the disk
_WITHHOLDING = frozenset(verdict.value for verdict in Verdict if verdict.withholds)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldItem:
    """
    A withheld item: the URL, the verdict, and who says so in which words.

    `signals` are all that speak against it; source, locator, words and the rest are those of the first.
    """

    text: ClassVar = ("url", "verdict", "signals", "rightsholder", "read at", "words")
    heads: ClassVar = ("url", "verdict", "who says so", "words")

    url: str
    verdict: str
    usages: str
    signals: str
    source: str
    locator: str
    words: str
    rightsholder: str
    policy_url: str
    contact: str
    ts: str
    decision: str
    document: str

    @property
    def who(self) -> str:
        """Who says so, in one cell: the rightsholder if one is named, the signal, and where it was read."""
        parts = (self.rightsholder, self.signals, self.source, self.locator, self.document and f"({self.document})")
        return " ".join(part for part in parts if part)

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of a line of text."""
        place = " ".join(part for part in (self.source, self.locator) if part)
        return (self.url, self.verdict, self.signals, self.rightsholder, place, self.words)

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of a row of markdown, spelt."""
        return (*map(markdown_cell, (self.url, self.verdict, self.who)), markdown_quote(self.words))


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedItem:
    """
    An item that was handed on: its address, what was received (None: not known), and on what it rests.

    `licence` names the authorisations that lift what was reserved; where there is none, the policies by which it is
    permitted. `complete` is False if the digest is of a part.
    """

    text: ClassVar = ("url", "verdict", "licence", "sha256", "decision")
    heads: ClassVar = text

    url: str
    content_sha256: str | None
    verdict: str
    decision: str
    licence: str
    asked: str
    bytes: int | None
    complete: bool | None
    media_type: str
    ts: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of a line of text."""
        return (self.url, self.verdict, self.licence, self.content_sha256 or "", self.decision)

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of a row of markdown, spelt."""
        return tuple(map(markdown_cell, self.cells))


Item: TypeAlias = WithheldItem | AdmittedItem


def withheld(lines: Iterable[LogLine]) -> Iterator[WithheldItem]:
    """The items that were not handed on, one for each decision, in the order of the log."""
    for line in lines:
        if line.record is not None and line.type == "decision" and line.record.get("admitted") is not True:
            yield _withheld(line.record)


def would_withhold(lines: Iterable[LogLine]) -> Iterator[WithheldItem]:
    """What was handed on under `mode = "observe"` and would not have been: content only, as reports count it."""
    for line in lines:
        record = line.record if line.type == "decision" else None
        if record is not None and is_stored(record) and text_of(record, "verdict", 40) in _WITHHOLDING:
            yield _withheld(record)


def is_stored(record: Mapping[str, Any]) -> bool:
    """True if content was handed on, so that it may have been stored."""
    return record.get("admitted") is True and record.get("content") is True


def admitted(records: Iterable[Mapping[str, Any]]) -> Iterator[AdmittedItem]:
    """The manifest of completed records (`Latest.completed`) of what was handed on."""
    for record in records:
        address = next(iter(addresses_of(record)), "")
        asked, size, complete = text_of(record, "url") or "", record.get("bytes"), record.get("complete")
        yield AdmittedItem(
            url=address,
            content_sha256=text_of(record, "content_sha256", 64),
            verdict=text_of(record, "verdict", 40) or "",
            decision=text_of(record, "id") or "",
            licence=_licence(record),
            asked=asked if asked != address else "",
            bytes=size if is_size(size) else None,
            complete=complete if isinstance(complete, bool) else None,
            media_type=text_of(record, "media_type", 200) or "",
            ts=text_of(record, "ts", 40) or "",
        )


def render_items(items: Iterable[Item], style: str | None, of: type[Item] = WithheldItem) -> Iterator[str]:
    """The items, one line each: text in columns, a `markdown` table, `json` lines or `csv`."""
    names = [item.name for item in fields(of)]
    if style == "csv":
        yield csv_line(names)
        for item in items:
            yield csv_line([_cell(getattr(item, name)) for name in names])
    elif style == "json":
        for item in items:
            yield json_text({name: getattr(item, name) for name in names}) + "\n"
    elif style == "markdown":
        yield markdown_row(*of.heads) + f"|{'---|' * len(of.heads)}\n"
        for item in items:
            yield markdown_row(*item.row)
    else:
        yield from _columns(of.text, items)


def _columns(heads: tuple[str, ...], items: Iterable[Item]) -> Iterator[str]:
    """Lines in columns as wide as their cells, which no line knows before the last one is read."""
    widths = [len(head) for head in heads]
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8") as waiting:
        for item in items:
            cells = [" ".join(printable(cell).split()) or _NOTHING for cell in item.cells]
            widths = [max(width, min(len(cell), MAX_WIDTH)) for width, cell in zip(widths, cells, strict=True)]
            waiting.write(json.dumps(cells) + "\n")
        waiting.seek(0)
        yield _line([head.upper() for head in heads], widths)
        for row in waiting:
            yield _line(json.loads(row), widths)


def _line(cells: list[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip() + "\n"


def _cell(value: str | int | None) -> str | int:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _licence(record: Mapping[str, Any]) -> str:
    because = entries(record, "because")
    lifting = [mark for entry in because for mark in entries(entry, "authorisations")]
    names = [text_of(mark, "id", 200) for mark in lifting if mark.get("outcome") == LiftOutcome.LIFTED]
    if not any(names):
        names = [text_of(entry, "policy_url", 1024) for entry in because if entry.get("stance") == "permitted"]
    return " ".join(list(dict.fromkeys(name for name in names if name))[:MAX_NAMES])


def _withheld(record: Mapping[str, Any]) -> WithheldItem:
    because, faults = entries(record, "because"), entries(record, "faults")
    first: Mapping[str, Any] = (because or faults or _unread(record) or [{}])[0]
    signals = dict.fromkeys(text_of(entry, "signal", 40) or "unknown" for entry in because[:MAX_NAMES])
    stances = record.get("usages")
    usages = (
        [str(name)[:40] for name, stance in stances.items() if stance in ("reserved", "undetermined")]
        if (isinstance(stances, dict))
        else []
    )

    def of(table: Mapping[str, Any], *names: str) -> str:
        return next((value for name in names if (value := text_of(table, name))), "")

    return WithheldItem(
        url=_addresses(of(record, "url"), of(record, "final_url")),
        verdict=of(record, "verdict"),
        usages=" ".join(usages[:MAX_NAMES]),
        signals=" ".join(signals) or of(first, "signal"),
        source=of(first, "source", "document"),
        locator=of(first, "locator"),
        words=of(first, "excerpt", "message", "result"),
        rightsholder=of(first, "rightsholder"),
        policy_url=of(first, "policy_url"),
        contact=of(first, "contact"),
        ts=of(record, "ts"),
        decision=of(record, "id"),
        document=document_of(first),
    )


def _addresses(asked: str, judged: str) -> str:
    """The address asked for, and the one it led to, which was withheld."""
    return f"{asked} -> {judged}" if judged and judged != asked else asked


def _unread(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [entry for entry in entries(record, "checked") if entry.get("result") not in ("read", "absent")]
