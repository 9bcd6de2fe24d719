"""`tdm-guard forget`: what may be personal goes, with a word in the log on who removed it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice
from typing import TYPE_CHECKING

import typer

from tdm_guard.cli.console import say, waiting
from tdm_guard.cli.evidence import is_folder
from tdm_guard.cli.logs import readable
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.evidence_forgetting import told
from tdm_guard.log.forgetting import Order, kept
from tdm_guard.log.forgetting import forget as removed
from tdm_guard.plain import printable
from tdm_guard.reports.spelling import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHOWN = 20  # runs of which is said why nothing of them goes
MAX_WORDS = 1000  # characters of who and why: the record is one line
SEALED = "copies and backups of logs and of evidence folders are not touched: they are yours to clear (docs/privacy.md)"


def forget(
    paths: Sequence[str],
    *,
    by: str,
    on: str | None,
    runs: Sequence[str],
    why: str | None,
    cut_short: bool,
    evidence: str | None = None,
) -> None:
    """Prints a line for each run that something was removed of, or that there was nothing."""
    now = datetime.now(UTC)
    by, why = _words("--by", by, needed=True) or "", _words("--why", why)
    order = Order(by=by, on=_day(on, now.date()), runs=tuple(runs), why=why, cut_short=cut_short, evidence=evidence)
    is_folder(evidence)
    readable(paths)
    with waiting("Reading the logs whole, before anything is removed ..."):
        done = removed(paths, order, now)
    for each in done:
        copies = f", {each.copies:,} copies of evidence removed" if each.copies else ""
        made = number_of(each.decisions, "decision")
        typer.echo(printable(f"run {each.run}: {made} forgotten ({each.rule}){copies}"))
    if done:
        for words in told(done[0].left):
            say(words)
        say(SEALED)
    else:
        typer.echo("nothing to forget")
        for words in islice(_why_not(paths), SHOWN):
            say(words)


def _why_not(paths: Sequence[str]) -> Iterator[str]:
    for name, until, is_there in kept(paths):
        if not is_there:
            yield f"run {name}: nothing that may be personal is left"
        elif until is None:
            yield f"run {name}: it has no retain_until; --run {name} forgets it"
        else:
            yield f"run {name}: kept through {until} (retain_until); --run {name} forgets it today"


def _day(given: str | None, today: date) -> date:
    try:
        day = today if given is None else date.fromisoformat(given)
    except ValueError:
        raise ConfigurationError(f"--on: {given!r:.80} is no date; for example {today}") from None
    if day > today:
        raise ConfigurationError(f"--on: {day} is still to come; what is kept until then may not go today")
    return day


def _words(flag: str, given: str | None, *, needed: bool = False) -> str | None:
    words = " ".join((given or "").split())
    if needed and not words:
        raise ConfigurationError(f'{flag}: nobody is named; for example --by "data protection, acme-ai"')
    if len(words) > MAX_WORDS:
        raise ConfigurationError(f"{flag}: longer than {MAX_WORDS} characters")
    return words or None
