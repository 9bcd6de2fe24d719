"""`about`: the public statement of measures, and the feed that tells whoever subscribes of changes."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdm_guard.cli.console import say
from tdm_guard.cli.logs import answer
from tdm_guard.cli.options import with_tables
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.compressed import is_log
from tdm_guard.options import Options
from tdm_guard.options.config import with_config
from tdm_guard.reports.spelling import number_of
from tdm_guard.reports.statement.atom_feed import MAX_FEED, Feed, next_feed, read_feed
from tdm_guard.reports.statement.measures_stated import OwnWords, state
from tdm_guard.reports.statement.statement_page import as_html, as_json
from tdm_guard.reports.styles import STATEMENT

if TYPE_CHECKING:
    from collections.abc import Mapping


def about(given: Mapping[str, Any], own: OwnWords, *, style: str, output: Path | None, previous: Path | None) -> None:
    """Writes the statement of a crawl with these options to `output` or stdout."""
    if style not in STATEMENT:
        raise ConfigurationError(f"--format: {style!r} is not one of {', '.join(STATEMENT)}")
    if previous is not None and style != "atom":
        raise ConfigurationError("about: --previous goes with --format atom")
    if own.url is not None and not own.url.startswith(("http://", "https://")):
        raise ConfigurationError(f"--url: {own.url!r:.200} is no address; for example https://acme.example/crawler")
    if output is not None and is_log(output):
        raise ConfigurationError(f"--output: {str(output)!r} is a compliance log; for example crawler.{style}")
    chosen = with_config(with_tables(given), environ=os.environ)
    options = Options.read(chosen)
    now = datetime.now(UTC)
    stated = state(options, day=now.date().isoformat(), own=replace(own, logged="log" in chosen))
    if style == "json":
        answer([as_json(stated)], output)
    elif style == "html":
        answer(as_html(stated), output)
    else:
        answer([next_feed(stated, _before(previous, output), now=now.strftime("%Y-%m-%dT%H:%M:%SZ"))], output)
    if stated.blanks:
        say(f"left to you, {number_of(len(stated.blanks), 'blank')}: {', '.join(stated.blanks)}")


def _before(previous: Path | None, output: Path | None) -> Feed | None:
    """The feed that was made before: the one named, else the one that stands where the new one goes."""
    path, flag = (previous, "--previous") if previous is not None else (output, "--output")
    if path is None or (previous is None and not path.exists()):
        return None
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FEED + 1)
    except OSError as error:
        raise ConfigurationError(f"{flag}: {str(path)!r} cannot be read: {error.strerror}") from None
    return read_feed(data, f"{flag}: {str(path)!r}")
