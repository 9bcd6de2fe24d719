"""
Lists from what rightsholders hand out: CSV, tab-separated values, JSON and XML, of any size, into a list on disk.

What is wrong with a line is told with its number and the rest goes on; a value is brought to the one spelling that
items are compared in. The list appears whole, in one step, or not at all.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.identifiers import ipi_fits
from tdm_guard.formats.rows.row import DAMAGED, Block, Found, Row, RowsError
from tdm_guard.lists.index import ListIndex
from tdm_guard.lists.plain_values import plainly
from tdm_guard.lists.plan import RIGHTS_KEYS, Plan, prepare
from tdm_guard.lists.rights import RightsRows
from tdm_guard.lists.writing import ListWriter
from tdm_guard.repertoire.implied import declared
from tdm_guard.repertoire.item import MAX_LENGTH, spellings

SHOWN_RAW = 80  # characters of a bad value
SHOWN = 100  # lines with a problem that are kept; all are counted
PIECE = 2**18  # bytes read at a time
BATCH = 10_000  # entries staged at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """
    What became of an import: rows read, those that gave entries, lines with a problem and the first of these.

    `entries`: what the list holds now, each once; `sha256` of what it was made from. `written` is false if no row was
    usable: then there is no new list. `idle` counts rights that were not loaded, since they reserve nothing, by why.
    """

    rows: int
    usable: int
    bad: int
    shown: tuple[tuple[int, str], ...]
    entries: int
    sha256: str | None
    written: bool
    idle: tuple[tuple[str, int], ...] = ()


def import_list(plan: Plan, *, now: datetime, watched: Callable[[Iterable[Found]], Iterable[Found]] = iter) -> Imported:
    """
    Import a file into the list at `plan.output`. What is read goes through `watched`, which may count the rows.

    Raises `ConfigurationError` if the plan cannot work, the file cannot be read to its end, or the list not be written;
    what was at `output` is there still.
    """
    read, old = prepare(plan, today=now.astimezone(UTC).date())
    keys = [*RIGHTS_KEYS] if isinstance(read, RightsRows) else [key for key, _ in plan.columns]
    try:
        with (
            TemporaryDirectory(prefix=f".{plan.output.name[:50]}.", dir=plan.output.absolute().parent) as folder,
            ListWriter(Path(folder), excluded=plan.excludes, old=old) as writer,
            plan.source.open("rb") as file,
        ):
            source = _Digested(file)
            tally = _Tally(writer, keys)
            try:
                tally.take(watched(read(source.pieces())))
            except RowsError as error:
                raise ConfigurationError(f"{plan.source}: {error}; nothing was imported") from None
            idle = read.idle if isinstance(read, RightsRows) else {}
            if not tally.rows and not tally.bad and not idle:
                raise ConfigurationError(f"{plan.source}: holds no rows; nothing was imported")
            meta: dict[str, str] = {}
            if tally.usable:
                meta = _meta(plan, old, tally, source, writer.sort(), now)
                writer.publish(plan.output, meta)
    except OSError as error:
        raise ConfigurationError(f"{error.filename or plan.output}: {error.strerror or error}") from None
    except sqlite3.Error as error:
        raise ConfigurationError(f"{plan.output}: cannot be written: {error}") from None
    return Imported(
        rows=tally.rows,
        usable=tally.usable,
        bad=tally.bad,
        shown=tuple(tally.shown),
        entries=int(meta.get("rows", 0)),
        sha256=meta.get("sha256"),
        written=bool(meta),
        idle=tuple(sorted(idle.items())),
    )


class _Digested:
    """A file in pieces; digest and size of what went through."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def pieces(self) -> Iterator[bytes]:
        while piece := self._file.read(PIECE):
            self._digest.update(piece)
            self.size += len(piece)
            yield piece


class _Tally:
    """Takes rows, gives their values to the writer, and counts."""

    def __init__(self, writer: ListWriter, keys: list[str]) -> None:
        self._writer = writer
        self._columns = list(zip(writer.ids(keys), keys, strict=True))
        self._similar = writer.ids(["iscc_similar"])[0] if "iscc" in keys else 0
        self._batch: defaultdict[int, list[str]] = defaultdict(list)  # values by the number of the key
        self._held = 0
        self.rows = 0
        self.usable = 0
        self.bad = 0
        self.shown: list[tuple[int, str]] = []

    def take(self, rows: Iterable[Found]) -> None:
        """Take all rows."""
        for each in rows:
            if isinstance(each, Block):
                self._take_block(each)
            else:
                self._take_row(each)
            if self._held >= BATCH:
                self._give()
        self._give()

    def _take_block(self, block: Block) -> None:
        """Takes the values of those rows that are plainly good at once, and the others one by one."""
        found = [plainly(key, texts) for (_, key), texts in zip(self._columns, block.columns, strict=True)]
        if not block.odd and all(map(all, found)):
            good, rest = len(block.lines), []
        else:
            rows = list(zip(*found, strict=True))
            kept = [row for row in rows if all(row)]
            good = len(kept)
            found = [list(column) for column in zip(*kept, strict=True)] if kept else []
            texts = zip(*block.columns, strict=True)
            rest = [
                Row(line, list(enumerate(given)))
                for line, given, row in zip(block.lines, texts, rows, strict=True)
                if not all(row)
            ]
            rest = sorted([*rest, *block.odd], key=attrgetter("line"))
        self.rows += good
        self.usable += good
        for (number, _), values in zip(self._columns, found, strict=False):
            self._batch[number] += values
            self._held += len(values)
        for row in rest:
            self._take_row(row)

    def _take_row(self, row: Row) -> None:
        self.rows += 1
        before = self._held
        problem = self._stage(row)
        if self._held > before:
            self.usable += 1
        elif problem is None:
            problem = "no value in what is mapped"
        if problem is not None:
            self.bad += 1
            if len(self.shown) < SHOWN:
                self.shown.append((row.line, problem))

    def _give(self) -> None:
        for number, values in self._batch.items():
            self._writer.add(number, values)
        self._batch.clear()
        self._held = 0

    def _stage(self, row: Row) -> str | None:
        """Holds the usable values of a row, and says what is wrong with the last that is not."""
        problem = row.problem
        for at, raw in row.texts:
            number, key = self._columns[at]
            if not (raw.isascii() or _whole(raw)):
                problem = _why(key, raw)
                continue
            parts = spellings(key, raw, listed=True)
            for bad in parts.bad:
                problem = _why(key, bad)
            self._held += len(parts.codes)
            for value in parts.codes:
                if key in ("iscc", "iscc_similar"):
                    for each, unit in declared(key, value):
                        self._batch[number if each == key else self._similar].append(unit)
                else:
                    self._batch[number].append(value)
                if key == "creator_ipi" and not ipi_fits(value):
                    problem = f"taken as written, but the check digits of this IPI are wrong: {raw[:SHOWN_RAW]!r}"
        return problem


def _whole(raw: str) -> bool:
    """False if bytes of `raw` were none of the encoding, or it holds half a character, which cannot be stored."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        return False
    return DAMAGED not in raw


def _why(key: str, raw: str) -> str:
    shown = repr(raw[:SHOWN_RAW])
    if not _whole(raw):
        return f"not of the file's encoding: {shown}"
    if len(raw) > MAX_LENGTH:
        return f"longer than {MAX_LENGTH} characters: {shown}"
    return f"no usable {key}, its form or check digit is wrong: {shown}"


def _meta(
    plan: Plan, old: ListIndex | None, tally: _Tally, source: _Digested, entries: int, now: datetime
) -> dict[str, str]:
    """What the list says of itself. The digest of several sources is that of their digests, one a line."""
    sources = [
        *(old.sources if old is not None else ()),
        {
            "name": plan.source.name,
            "sha256": source.sha256,
            "size": source.size,
            "format": plan.style,
            "map": dict(plan.columns) if len(dict(plan.columns)) == len(plan.columns) else list(plan.columns),
            "row": plan.row,
            "excludes": plan.excludes,
            "version": plan.version,
            "rows": tally.rows,
            "bad": tally.bad,
        },
    ]
    digests = "".join(f"{each['sha256']}\n" for each in sources)
    return {
        "declaration": plan.declaration,
        "version": plan.version,
        "created": now.astimezone(UTC).isoformat(timespec="seconds"),
        "sha256": source.sha256 if len(sources) == 1 else hashlib.sha256(digests.encode()).hexdigest(),
        "size": str(sum(each["size"] for each in sources)),
        "rows": str(entries),
        "sources": json.dumps(sources),
    }
