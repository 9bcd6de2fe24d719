"""`repertoire` and `authorisations`: checks the files, tries an item, makes lists, shows the bundled set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tdm_guard.cli.console import failing
from tdm_guard.plain import printable

app = typer.Typer(help="Declarations over repertoires. Check the files, try an item, make lists.", no_args_is_help=True)
authorisations = typer.Typer(help="Permissions granted to you: check the files.", no_args_is_help=True)

ITEM = '{"iswc": "T-000.000.001-0"}'  # a good one
Names = Annotated[list[str], typer.Argument(metavar="FILE", help="Files, folders, bundled:sacem-2023.")]
Terms = Annotated[list[str], typer.Argument(metavar="FILE", help="Files and folders of authorisations and reviews.")]


@app.command("lint")
def _lint_repertoire(names: Names) -> None:
    """Every mistake and warning in the files, which are read together."""
    _lint(names)


@authorisations.command("lint")
def _lint_authorisations(names: Terms) -> None:
    """Every mistake and warning in the files, which are read together."""
    _lint(names)


@authorisations.callback()
def _authorisations() -> None:
    """Permissions granted to you: check the files."""  # one command alone would not be a sub-command


def _lint(names: Sequence[str]) -> None:
    """Prints the problems and exits by them."""
    with failing():
        from tdm_guard.cli.problems import tell_problems  # noqa: PLC0415
        from tdm_guard.holdings import lint  # noqa: PLC0415

        code = tell_problems(lint(names, today=datetime.now(UTC).date()))
    if code:
        raise typer.Exit(code)


@app.command("list")
def _list() -> None:
    """The bundled declarations. Who, on what mandate, since when, in which words, matched by what."""
    with failing():
        from tdm_guard.cli.entries import in_short  # noqa: PLC0415

        for line in in_short():
            typer.echo(printable(line))


@app.command("show")
def _show(
    names: Annotated[list[str], typer.Argument(metavar="ID|FILE", help="sacem-2023, or files of declarations.")],
) -> None:
    """All that a declaration says. Its words, the document, what is certain, in doubt and missing."""
    with failing():
        from tdm_guard.cli.entries import whole  # noqa: PLC0415

        for line in whole(names):
            typer.echo(printable(line))


@app.command("match")
def _match(
    names: Names,
    *,
    item: Annotated[str, typer.Option(metavar="JSON", help=f"What is known of the work: {ITEM}.")],
    url: Annotated[str | None, typer.Option(help="Where it stands.")] = None,
    operator: Annotated[str | None, typer.Option(metavar="JSON", help='Who collects: {"country": "FR"}.')] = None,
    repertoire_forms: Annotated[str, typer.Option(help="all (default) or machine-readable.")] = "all",
    as_json: Annotated[bool, typer.Option("--json", help="The answer as one line of JSON.")] = False,
) -> None:
    """Tries an item against declarations as of today. By what it is matched, how surely; exit 1 if it is."""
    with failing():
        from tdm_guard.cli.trying import tried  # noqa: PLC0415

        code = tried(names, item, url=url, operator=operator, repertoire_forms=repertoire_forms, as_json=as_json)
    raise typer.Exit(code)


@app.command("import")
def _import(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="The file to import.")],
    *,
    style: Annotated[str, typer.Option("--format", help="csv, tsv, json (also JSON lines), xml, rsl-media or tdm-ai.")],
    declaration: Annotated[str, typer.Option(metavar="ID", help="The declaration that the list is of.")],
    version: Annotated[str, typer.Option("--list-version", metavar="V", help="The list's own version or date.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The list to write, FILE.toml: declarations.")
    ],
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="KEY=COLUMN", help="Match key, and its column or path; may be repeated."),
    ] = None,
    row: Annotated[str | None, typer.Option(metavar="PATH", help="XML: the element of a row, /works/work.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Default: what the file says, else utf-8.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="CSV: between cells. Default: a comma.")] = None,
    excludes: Annotated[bool, typer.Option("--excludes", help="The declaration does not speak for these.")] = False,
    append: Annotated[bool, typer.Option("--append", help="Add to the list that is there.")] = False,
) -> None:
    """Makes a list, on disk, of what a declaration is matched by. Bad lines are told and counted; exit 1 then."""
    with failing():
        from tdm_guard.cli.importing_lists import list_made  # noqa: PLC0415

        code = list_made(
            columns or (), source=source, style=style, declaration=declaration, version=version, output=output, row=row,
            encoding=encoding, delimiter=delimiter, excludes=excludes, append=append,
        )  # fmt: skip
    raise typer.Exit(code)
