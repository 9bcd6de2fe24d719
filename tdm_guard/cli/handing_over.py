"""The commands that make something of logs and options for others: copies, tables, preferences, a statement."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tdm_guard.cli.choosing import with_filters
from tdm_guard.cli.console import Logs, failing
from tdm_guard.cli.options import with_options
from tdm_guard.errors import ConfigurationError
from tdm_guard.reports.filters import Filters
from tdm_guard.reports.styles import PREFERENCES, STATEMENT

app = typer.Typer()


@app.command()
def evidence(
    given: Annotated[
        list[str], typer.Argument(metavar="LOG [ID]", help="Compliance logs, then ids of decisions, or how they begin.")
    ],
    *,
    folder: Annotated[
        str | None, typer.Option("--evidence", metavar="FOLDER", help="Where copies are. Default: where the run says.")
    ] = None,
    warc: Annotated[
        Path | None, typer.Option(metavar="FILE.warc.gz", help="Write decisions and copies here; all without an ID.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object per decision and line.")] = False,
) -> None:
    """The words that a decision rests on, in place. Or the copies as a WARC file."""
    with failing():
        from tdm_guard.cli.evidence import evidence as looked_up  # noqa: PLC0415

        code = looked_up(given, folder=folder, warc=warc, as_json=as_json)
    raise typer.Exit(code)


@app.command()
@with_filters
def export(
    logs: Logs,
    *,
    sqlite: Annotated[Path | None, typer.Option(metavar="FILE", help="A database of tables, to ask in SQL.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    preferences: Annotated[
        bool, typer.Option("--preferences", help="What was said of every usage of what was admitted.")
    ] = False,
    style: Annotated[
        str | None, typer.Option("--format", help=f"Preferences: {', '.join(PREFERENCES)}. Default: jsonl.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Preferences here, not to stdout.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="croissant: the file of preferences. Default: what --format jsonl writes.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="croissant: name of the data set.")] = None,
    url: Annotated[str | None, typer.Option(help="croissant: where the data set is published.")] = None,
    licence: Annotated[str | None, typer.Option(help="croissant: terms of the data set, an address.")] = None,
    creator: Annotated[
        str | None, typer.Option(help="croissant: who made it. Default: the operator of the logs.")
    ] = None,
    published: Annotated[str | None, typer.Option(metavar="DATE", help="croissant: when. Default: today.")] = None,
    filters: Filters,
) -> None:
    """What logs hold, in a form for other tools. What was said of each use, to travel with the content."""
    with failing():
        from tdm_guard.cli.preferences import CardFlags  # noqa: PLC0415
        from tdm_guard.cli.preferences import export as exported  # noqa: PLC0415

        card = CardFlags(data=data, name=name, url=url, licence=licence, creator=creator, published=published)
        if preferences and (sqlite is not None or force):
            raise ConfigurationError("export: --preferences and --sqlite are two exports; give one")
        if preferences:
            exported(logs, style=style or "jsonl", output=output, filters=filters, card=card)
            return
        if filters or card.given or style is not None or output is not None:
            raise ConfigurationError("export: filters, --format, -o and words on a data set go with --preferences")
        if sqlite is None:
            raise ConfigurationError("export: give one of --sqlite, --preferences; for example --sqlite log.sqlite")
        from tdm_guard.cli.export import to_sqlite  # noqa: PLC0415

        to_sqlite(logs, sqlite, force=force)


@app.command()
@with_options
def about(
    *,
    style: Annotated[str, typer.Option("--format", help=f"{', '.join(STATEMENT)}.")] = "html",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here, not to stdout.")] = None,
    previous: Annotated[
        Path | None, typer.Option(help="The feed made before, to go on from. Default: the one at --output.")
    ] = None,
    user_agent: Annotated[
        list[str] | None, typer.Option(help="User-Agent that you send; may be repeated. Default: the guard's own.")
    ] = None,
    addresses: Annotated[str | None, typer.Option(help="Where crawlers come from, or how to verify them.")] = None,
    retention: Annotated[str | None, typer.Option(help="How long records are kept.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the statement is published.")] = None,
    **given: Any,
) -> None:
    """The public statement of measures. Who crawls, what for, which reservations are heard, whom to write to."""
    with failing():
        from tdm_guard.cli.stating import about as stated  # noqa: PLC0415
        from tdm_guard.reports.statement.measures_stated import OwnWords  # noqa: PLC0415

        own = OwnWords(user_agents=user_agent or (), addresses=addresses, retention=retention, url=url)
        stated(given, own, style=style, output=output, previous=previous)
