"""The filters as flags: one list for all commands that read logs and may leave some of them out."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tdm_guard.cli.console import failing
from tdm_guard.cli.options import Command, with_flags
from tdm_guard.reports.filters import Filters


def _names(kind: str, text: str) -> Any:
    return Annotated[list[str] | None, typer.Option(f"--{kind}", metavar=kind.upper(), help=text)]


_NAMES = {
    "run": _names("run", "Only of these runs."),
    "host": _names("host", "Only on these hosts."),
    "declaration": _names("declaration", "Only on works of these declarations."),
    "verdict": _names("verdict", "Only of these verdicts."),
    "signal": _names("signal", "Only where these speak."),
}
_TIMES = {
    "since": Annotated[str | None, typer.Option(metavar="TIME", help="Only from this day (UTC) or RFC 3339 time on.")],
    "until": Annotated[str | None, typer.Option(metavar="TIME", help="Only up to the end of this day, or this time.")],
}


def with_filters(command: Command) -> Command:
    """Gives a command the flags in place of its keyword `filters`, which then holds what was chosen by them."""

    def filters(given: dict[str, Any]) -> dict[str, Any]:
        with failing():
            names = {kind: given[kind] for kind in _NAMES}
            return {"filters": Filters.read(names, since=given["since"], until=given["until"])}

    return with_flags(command, {**_NAMES, **_TIMES}, filters, instead_of="filters")
