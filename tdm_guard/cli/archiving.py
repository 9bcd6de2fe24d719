"""The command over archives."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tdm_guard.cli.console import asking, failing
from tdm_guard.cli.options import with_options

app = typer.Typer()


@app.command()
@with_options
def scan(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Archives: WARC, WACZ, CDXJ, HAR, MHTML, ARC or Parquet.")
    ],
    *,
    policies: Annotated[
        list[str] | None,
        typer.Option(metavar="ARCHIVE|DIR|STORE|live", help="Where robots.txt and the like are; may be repeated."),
    ] = None,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="capture|now|DATE", help="As of when it is judged.")
    ] = "capture",
    keep: Annotated[
        str | None, typer.Option(metavar="FILE.warc.gz", help="Write what is admitted here, byte for byte.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes, each with a file at a time.")] = 1,
    style: Annotated[
        str | None, typer.Option("--output", metavar="jsonl|parquet", help="List the decisions. Default: count them.")
    ] = None,
    output: Annotated[str | None, typer.Option("-o", metavar="FILE", help="List them here, not on stdout.")] = None,
    unread: Annotated[
        str,
        typer.Option(
            metavar="undetermined|ignore-beside-robots|ignore",
            help="What documents count as that nobody ever asked for.",
        ),
    ] = "undetermined",
    **given: Any,
) -> None:
    """What archives hold, judged without a network. And the log of it; what was cut short is gone on with."""
    with failing(), asking("scan"):
        from tdm_guard.cli.scan import Wish  # noqa: PLC0415
        from tdm_guard.cli.scan import scan as scanned  # noqa: PLC0415

        wish = Wish(
            policies=tuple(policies or ()), as_of=as_of, keep=keep, workers=workers, style=style, output=output,
            unread=unread,
        )  # fmt: skip
        code = scanned(files, given, wish)
    raise typer.Exit(code)
