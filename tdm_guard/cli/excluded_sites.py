"""`excluded-sites`: checks the files of sites to leave out, tries an address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tdm_guard.cli.console import failing
from tdm_guard.plain import printable

app = typer.Typer(help="Sites found to infringe. Check the files, try an address.", no_args_is_help=True)

Names = Annotated[list[str], typer.Argument(metavar="FILE", help="Files and folders of [[excluded_sites]].")]


@app.command("lint")
def _lint(names: Names) -> None:
    """Every mistake and warning in the files, which are read together."""
    with failing():
        from tdm_guard.cli.problems import tell_problems  # noqa: PLC0415
        from tdm_guard.holdings.exclusions import lint_exclusions  # noqa: PLC0415

        code = tell_problems(lint_exclusions(names, today=datetime.now(UTC).date()))
    if code:
        raise typer.Exit(code)


@app.command("match")
def _match(names: Names, *, url: Annotated[str, typer.Option(help="The address, or a host.")]) -> None:
    """Tries an address. Which lists its site is on, and as what; exit 1 if it is on any."""
    with failing():
        from tdm_guard.holdings.exclusions import load_exclusions  # noqa: PLC0415
        from tdm_guard.origin import Origin, trimmed  # noqa: PLC0415

        excluded = load_exclusions(names)
        text = trimmed(url)
        found = excluded.find(Origin.parse(text if "//" in text else f"https://{text}").host)
        for each, entry in found.items():
            typer.echo(printable(f"excluded: {entry}, on {each.id}"))
            typer.echo(printable(f"  {each.words}"))
        if not found:
            typer.echo("on no list")
    raise typer.Exit(1 if found else 0)
