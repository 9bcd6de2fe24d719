"""What the commands that read logs share: are they readable, what could not be used, where the answer goes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

from tdm_guard.cli.console import say
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.reader import read_log
from tdm_guard.reports.spelling import number_of, unread_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tdm_guard.log.latest import Latest
    from tdm_guard.reports.remarks import Remarks

BELONGS = (".personal", ".seal", ".tree")  # how the names of files end that lie beside a log


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
    belongs_to_a_log(output)
    if output is not None and output.exists() and any(output.samefile(path) for path in paths):
        raise ConfigurationError(f"--output: {str(output)!r} is one of the logs; for example report.md")


def belongs_to_a_log(output: Path | None) -> None:
    """Finds an output that by its name would be taken for what belongs to a log, there or not yet."""
    if output is not None and output.suffix in BELONGS:
        raise ConfigurationError(
            f"--output: {str(output)!r} is the name of what belongs to a log; give one that does not end in "
            f"{', '.join(BELONGS)}"
        )


def readable(paths: Sequence[str]) -> None:
    """Finds a file that cannot be read before anything is answered about the others."""
    for path in paths:
        if not Path(path).is_fifo():  # what is read from a pipe is gone
            next(read_log([path]), None)
