"""`export --preferences`: what was said of every usage of what was admitted, to travel with the content."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdm_guard.cli.console import counted, say
from tdm_guard.cli.logs import answer, heading, no_log, readable, unread
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.latest import Latest
from tdm_guard.log.members import text_of
from tdm_guard.log.once import Once
from tdm_guard.log.reader import read_log
from tdm_guard.reports.filters import Chosen, Filters
from tdm_guard.reports.items import is_stored
from tdm_guard.reports.preferences.croissant import Card, Crawled, blanks, croissant
from tdm_guard.reports.preferences.preferred import Runs, json_lines, preferences
from tdm_guard.reports.remarks import Remarks
from tdm_guard.reports.spelling import json_text, number_of
from tdm_guard.reports.styles import PREFERENCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tdm_guard.log.reader import LogLine

DATA = "preferences.jsonl"
_PIECE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFlags:
    """What the call says of the data set, for the block of its card; `data` is the file that the block is about."""

    data: Path | None = None
    name: str | None = None
    url: str | None = None
    licence: str | None = None
    creator: str | None = None
    published: str | None = None

    @property
    def given(self) -> bool:
        """True if any is."""
        return self != CardFlags()


@dataclass(slots=True)
class _Tally:
    """What goes by of the decisions chosen."""

    runs: Runs = field(default_factory=Runs)
    decisions: int = 0
    withheld: int = 0
    stored: int = 0
    observed: int = 0
    first: str | None = None
    last: str | None = None

    def lines(self, lines: Iterable[LogLine]) -> Iterator[LogLine]:
        for line in lines:
            record = line.record
            if record is not None and line.type == "decision":
                self._decision(record)
            yield line

    def _decision(self, record: Mapping[str, Any]) -> None:
        self.decisions += 1
        self.withheld += record.get("admitted") is not True
        self.observed += record.get("enforced") is False
        if is_stored(record):
            self.stored += 1
            if stamp := text_of(record, "ts", 40):
                self.first, self.last = min(self.first or stamp, stamp), max(self.last or stamp, stamp)


def export(paths: Sequence[str], *, style: str, output: Path | None, filters: Filters, card: CardFlags) -> None:
    """Writes the preferences, or the block of a dataset card about them, to `output` or stdout."""
    if style not in PREFERENCES:
        raise ConfigurationError(f"--format: {style!r} is not one of {', '.join(PREFERENCES)}")
    if style == "parquet" and output is None:
        raise ConfigurationError("export: --format parquet is no text; give -o, for example -o preferences.parquet")
    if style != "croissant" and card.given:
        raise ConfigurationError("export: what describes a data set goes with --format croissant")
    readable(paths)
    no_log(output, paths)
    chosen, tally = Chosen(filters), _Tally()
    with closing(Once()) as once:
        lines = tally.lines(chosen.lines(once.lines(counted(read_log(paths), "lines"))))
        with closing(Latest.of(lines, is_stored, copies=True, some=True, run=tally.runs.note)) as latest:
            chosen.check()
            list(heading(Remarks.on(once, chosen), text=False))
            with closing(preferences(latest.completed(), tally.runs)) as items:
                if style == "jsonl":
                    answer(json_lines(items), output)
                elif style == "croissant":
                    _card(items, tally, card, paths, output)
                elif output is not None:
                    _parquet(items, output)
            if tally.observed:
                say(f"made in observe mode, so admitted whatever was said: {number_of(tally.observed, 'decision')}")
            unread(latest)


def _parquet(items: Iterable[Mapping[str, Any]], output: Path) -> None:
    try:
        from tdm_guard.reports.preferences.parquet_file import write_parquet  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pyarrow":
            raise
        raise ConfigurationError('export: --format parquet needs pyarrow: pip install "tdm-guard[parquet]"') from None
    try:
        write_parquet(items, output)
    except OSError as error:
        raise ConfigurationError(f"--output: {str(output)!r} cannot be written: {error.strerror or error}") from error


def _card(
    items: Iterable[Mapping[str, Any]], tally: _Tally, flags: CardFlags, paths: Sequence[str], output: Path | None
) -> None:
    """The block about the file of preferences that was named, else about what `--format jsonl` writes."""
    if flags.data is not None:
        digest = _digest_of(flags.data)
    else:
        hashed = hashlib.sha256()
        for line in json_lines(items):
            hashed.update(line.encode("utf-8"))
        digest = hashed.hexdigest()
    runs = tally.runs
    who = ", ".join(runs.operators)
    card = Card(
        data=flags.data.name if flags.data is not None else DATA,
        sha256=digest,
        name=flags.name or Path(paths[0]).stem,
        published=flags.published or datetime.now(UTC).date().isoformat(),
        url=flags.url,
        licence=flags.licence,
        creator=flags.creator or who or None,
    )
    crawled = Crawled(
        agents=list(dict.fromkeys(filter(None, runs.agents.values()))),
        runs=list(runs.agents),
        decisions=tally.decisions,
        withheld=tally.withheld,
        stored=tally.stored,
        first=tally.first,
        last=tally.last,
        observed=tally.observed > 0,
    )
    block = croissant(card, crawled)
    answer([json_text(block, indent=2) + "\n"], output)
    if left := blanks(block):
        say(f"left to you, {number_of(len(left), 'blank')}: {', '.join(left)}")


def _digest_of(path: Path) -> str:
    hashed = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                hashed.update(piece)
    except OSError as error:
        raise ConfigurationError(f"--data: {str(path)!r} cannot be read: {error.strerror}") from None
    return hashed.hexdigest()
