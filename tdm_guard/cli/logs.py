"""The commands that read logs."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

from tdm_guard.cli.console import counted, say
from tdm_guard.errors import ConfigurationError
from tdm_guard.holdings import load_contacts
from tdm_guard.log.latest import Latest
from tdm_guard.log.reader import read_log
from tdm_guard.log.verify import LogSeverity, Verification
from tdm_guard.plain import printable
from tdm_guard.reports import worklist_page
from tdm_guard.reports.report import render, render_items, withheld
from tdm_guard.reports.spelling import number_of, unread_lines
from tdm_guard.reports.summary import summarise
from tdm_guard.reports.worklist import is_wanting, worklist

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tdm_guard.log.reader import LogLine


def verify(paths: Sequence[str]) -> int:
    """Prints the findings and a last line that sums up; 0 if there is no error, else 1."""
    readable(paths)
    verification = Verification()
    found: Counter[LogSeverity] = Counter()
    for finding in verification.findings(counted(read_log(paths), "lines")):
        found[finding.severity] += 1
        # An empty log has no line that could say in which file nothing is.
        typer.echo(printable(str(finding if finding.path else replace(finding, path=paths[-1]))))
    answer = "invalid" if verification.errors else "valid"
    typer.echo(
        f"{answer}: {number_of(verification.decisions, 'decision')} in {number_of(verification.runs, 'run')}, "
        f"{number_of(found[LogSeverity.ERROR], 'error')}, {number_of(found[LogSeverity.REMARK], 'remark')}"
    )
    return 1 if verification.errors else 0


def report(paths: Sequence[str], *, style: str | None, output: Path | None, withheld: bool) -> None:
    """Writes the report, or the list of withheld items, to `output` or stdout."""
    readable(paths)
    _no_log(output, paths)
    lines = counted(read_log(paths), "lines")
    pieces = _withheld(lines, style) if withheld else iter([render(summarise(lines), style or "markdown")])
    _answer(pieces, output)


def licences(paths: Sequence[str], *, style: str, output: Path | None, contacts: Sequence[str] = ()) -> None:
    """Writes whom to ask for licences to `output` or stdout. Of each item the latest decision counts."""
    yours = load_contacts(contacts)
    readable(paths)
    _no_log(output, paths)
    with closing(Latest.of(counted(read_log(paths), "lines"), is_wanting)) as latest:
        _answer(worklist_page.render(worklist(counted(latest, "items"), yours), style), output)
        unread(latest)


def unread(latest: Latest) -> None:
    """Says what of the logs could not be used."""
    if latest.unread:
        say(f"{unread_lines(latest.unread)}; tdm-guard verify says which")
    if latest.strange:
        say(f"left out, because no address is named: {number_of(latest.strange, 'decision')}")


def _withheld(lines: Iterable[LogLine], style: str | None) -> Iterator[str]:
    observed = 0

    def watched() -> Iterator[LogLine]:
        nonlocal observed
        for line in lines:
            observed += line.type == "decision" and line.record is not None and line.record.get("enforced") is False
            yield line

    yield from render_items(withheld(watched()), style)
    if observed:
        say(f"made in observe mode, which withholds nothing: {number_of(observed, 'decision')}; see the report itself")


def _answer(pieces: Iterable[str], output: Path | None) -> None:
    if output is None:
        _write(pieces, sys.stdout)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            _write(pieces, file)
    except OSError as error:
        raise ConfigurationError(f"--output: {str(output)!r} cannot be written: {error.strerror}") from error


def _write(pieces: Iterable[str], out: TextIO) -> None:
    for piece in pieces:
        typer.echo(piece, file=out, nl=False)


def _no_log(output: Path | None, paths: Sequence[str]) -> None:
    """Finds an output that is one of the logs: to write there would end the proof."""
    if output is not None and output.exists() and any(output.samefile(path) for path in paths):
        raise ConfigurationError(f"--output: {str(output)!r} is one of the logs; for example report.md")


def readable(paths: Sequence[str]) -> None:
    """Finds a file that cannot be read before anything is answered about the others."""
    for path in paths:
        if not Path(path).is_fifo():  # what is read from a pipe is gone
            next(read_log([path]), None)
