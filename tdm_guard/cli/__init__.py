"""
The commands `check`, `demo`, `report` and `verify`.

Answers go to stdout, all else to stderr. Exit: 0 all admitted or valid; 1 something withheld or invalid; 2 a wrong
call, a bad configuration, or something that cannot be read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tdm_guard._version import __version__
from tdm_guard.cli import check as _check
from tdm_guard.cli import logs as _logs
from tdm_guard.cli.console import failing
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.report import FORMATS

app = typer.Typer(
    name="tdm-guard",
    help="Honour the text-and-data-mining reservations of web content, and keep the proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Logs = Annotated[list[str], typer.Argument(metavar="LOG...", help="Compliance logs (JSON lines).")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tdm-guard {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    *, version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False
) -> None:
    """Honour the text-and-data-mining reservations of web content, and keep the proof."""


@app.command()
def check(
    urls: Annotated[list[str], typer.Argument(metavar="URL...", help="http(s) addresses to judge.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One decision record per line.")] = False,
    usages: Annotated[list[str] | None, typer.Option(help="What for; may be repeated, or a,b. Default: tdm.")] = None,
    agent: Annotated[str | None, typer.Option(help="robots.txt product token, for example ExampleBot.")] = None,
    operator: Annotated[str | None, typer.Option(help='Who collects, as JSON: {"name": "acme-ai"}.')] = None,
    posture: Annotated[str | None, typer.Option(help="cautious (default) or literal.")] = None,
    mode: Annotated[str | None, typer.Option(help="enforce (default) or observe.")] = None,
    signals: Annotated[list[str] | None, typer.Option(help="Signals to listen to. Default: all.")] = None,
    log: Annotated[str | None, typer.Option(help="Keep the compliance log here. Default: not kept.")] = None,
    cache: Annotated[str | None, typer.Option(help="Policy cache. Default: memory:")] = None,
    policy_timeout: Annotated[str | None, typer.Option(help="Seconds for one policy document. Default: 5.")] = None,
    max_asset_bytes: Annotated[str | None, typer.Option(help="Largest asset read whole. Default: 32MiB.")] = None,
    config: Annotated[str | None, typer.Option(help="TOML file with options.")] = None,
) -> None:
    """One decision per URL: what reserves it, in which words, and what was looked for."""
    given: dict[str, Any] = {
        "usages": _joined(usages),
        "agent": agent,
        "operator": operator,
        "posture": posture,
        "mode": mode,
        "signals": _joined(signals),
        "log": log,
        "cache": cache,
        "policy_timeout": policy_timeout,
        "max_asset_bytes": max_asset_bytes,
        "config": config,
    }
    with failing():
        code = _check.check(urls, given, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def verify(logs: Logs) -> None:
    """Is the log whole: order, gaps, hash chain, torn lines. Remarks do not make it invalid."""
    with failing():
        code = _logs.verify(logs)
    raise typer.Exit(code)


@app.command()
def report(
    logs: Logs,
    *,
    style: Annotated[str | None, typer.Option("--format", help=f"{', '.join(FORMATS)}. Default: markdown.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here, not to stdout.")] = None,
    withheld: Annotated[bool, typer.Option("--withheld", help="List the skipped items, one a line.")] = False,
) -> None:
    """What was admitted and withheld, why, and by whom."""
    with failing():
        if style is not None and style not in FORMATS:
            raise ConfigurationError(f"--format: {style!r} is not one of {', '.join(FORMATS)}")
        _logs.report(logs, style=style, output=output, withheld=withheld)


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", help="Folder for items, log and report.")] = Path(
        "tdm-guard-demo"
    ),
) -> None:
    """Crawl the bundled sample web on loopback with the example Scrapy project."""
    from tdm_guard import demo as _demo  # noqa: PLC0415 - the sample web is loaded for this command only

    with failing():
        _demo.run(output)


def _joined(values: list[str] | None) -> str | None:
    return ",".join(values) if values else None
