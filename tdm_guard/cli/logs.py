"""The commands that read logs."""

from __future__ import annotations

import sys
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from tdm_guard.cli.console import counted, say
from tdm_guard.errors import ConfigurationError
from tdm_guard.holdings import load_contacts
from tdm_guard.log.latest import Latest
from tdm_guard.log.once import Once
from tdm_guard.log.reader import read_log
from tdm_guard.reports import worklist_page
from tdm_guard.reports.exemption import is_exempt
from tdm_guard.reports.filters import Chosen, Filters
from tdm_guard.reports.remarks import Remarks
from tdm_guard.reports.spelling import number_of, unread_lines
from tdm_guard.reports.worklist import is_wanting, worklist

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


def licences(
    paths: Sequence[str], *, style: str, output: Path | None, filters: Filters, contacts: Sequence[str] = ()
) -> None:
    """Writes whom to ask for licences to `output` or stdout. Of each item the latest decision counts."""
    yours = load_contacts(contacts)
    readable(paths)
    no_log(output, paths)
    chosen = Chosen(filters)
    with closing(Once()) as once:
        lines = chosen.lines(once.lines(counted(read_log(paths), "lines")), of_kind=False)
        with closing(Latest.of(lines, _is_listed, some=True)) as latest:
            chosen.check()
            found = worklist(filter(chosen.wants, counted(latest, "items")), yours)
            remarks = Remarks.on(once, chosen)
            head = heading(remarks, text=style == "text")
            answer(chain(head, worklist_page.render(found, style, forgotten=remarks.forgotten)), output)
            unread(latest)


def heading(remarks: Remarks, *, text: bool) -> Iterator[str]:
    """What is wrong with the logs, as the first line of text; of other formats, and what was left out, on stderr."""
    if remarks.warning and text:
        yield f"{remarks.warning}\n\n"
    elif remarks.warning:
        say(remarks.warning)
    for note in remarks.notes:
        if text:
            yield f"{note}\n\n"
        else:
            say(note)
    if remarks.choice:
        say(remarks.choice)


def _is_listed(record: Mapping[str, Any]) -> bool:
    return is_wanting(record) or is_exempt(record)


def unread(latest: Latest) -> None:
    """Says what of the logs could not be used."""
    if latest.unread:
        say(f"{unread_lines(latest.unread)}; tdm-guard verify says which")
    if latest.forgotten:
        say(f"left out, because what they are about was forgotten: {number_of(latest.forgotten, 'decision')}")
    if latest.strange:
        say(f"left out, because no address is named: {number_of(latest.strange, 'decision')}")


def redacted(count: int) -> None:
    """Says how many items cannot be asked for again, since their address is not known whole."""
    if count:
        say(f"left out, because a part of the address was redacted: {number_of(count, 'item')}")


def answer(pieces: Iterable[str], output: Path | None) -> None:
    """Writes pieces of text to a file or stdout."""
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


def no_log(output: Path | None, paths: Sequence[str]) -> None:
    """Finds an output that is one of the logs: to write there would end the proof."""
    if output is not None and output.exists() and any(output.samefile(path) for path in paths):
        raise ConfigurationError(f"--output: {str(output)!r} is one of the logs; for example report.md")


def readable(paths: Sequence[str]) -> None:
    """Finds a file that cannot be read before anything is answered about the others."""
    for path in paths:
        if not Path(path).is_fifo():  # what is read from a pipe is gone
            next(read_log([path]), None)
