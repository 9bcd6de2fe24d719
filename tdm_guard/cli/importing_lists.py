"""`repertoire import`: makes a list, on disk, of what a declaration is matched by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from tdm_guard.cli.console import say, ticking
from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.rows.row import Block
from tdm_guard.lists.declaring import import_declarations
from tdm_guard.lists.importing import import_list
from tdm_guard.lists.plan import RIGHTS, TOML, Plan
from tdm_guard.reports.spelling import number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def list_made(columns: Sequence[str], **flags: Any) -> int:
    """Makes the list of a `Plan` of these flags, and says what came of it: 1 if a line was bad, else 0."""
    plan = Plan(columns=tuple(_column(text) for text in columns), **flags)
    source, output = plan.source, plan.output
    declares = output.suffix.lower() == TOML
    work = import_declarations if declares else import_list
    imported = work(plan, now=datetime.now(UTC), watched=_watched)
    place = "right" if plan.style in RIGHTS else "line"
    for line, problem in imported.shown:
        say(f"{source}: {place} {line}: {problem}")
    if imported.bad > len(imported.shown):
        say(f"{source}: {imported.bad - len(imported.shown)} more {place}s with a problem")
    for why, count in imported.idle:
        say(f"{source}: {number_of(count, 'right')} not loaded: {why}")
    what = f"{imported.rows} rows, {imported.usable} of them usable, {imported.bad} with a problem"
    if idle := sum(count for _, count in imported.idle):
        what += f", {idle} not loaded"
    if imported.written:
        made = "declarations" if declares else "entries"
        typer.echo(f"{output}: {imported.entries} {made}, version {plan.version}, sha256 {imported.sha256}; {what}")
    else:
        typer.echo(f"nothing to write: {what}")
    return 1 if imported.bad else 0


def _watched(rows: Iterable[Any]) -> Iterable[Any]:
    """Each of what is read, which may be many rows, with the number of rows on stderr when it takes long."""
    tick = ticking("rows")
    for each in rows:
        yield each
        tick(each.count if isinstance(each, Block) else 1)


def _column(text: str) -> tuple[str, str]:
    key, equals, place = text.partition("=")
    if not equals:
        raise ConfigurationError(f"--map: {text!r} has no =; for example iswc=ISWC")
    return key.strip(), place.strip()
