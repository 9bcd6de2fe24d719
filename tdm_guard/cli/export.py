"""`export --sqlite`: what logs hold as tables, written beside and then renamed."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import typer

from tdm_guard.cli.console import counted, say
from tdm_guard.cli.logs import readable
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.once import Once
from tdm_guard.log.reader import read_log
from tdm_guard.reports.filters import Chosen, Filters
from tdm_guard.reports.remarks import Remarks
from tdm_guard.reports.spelling import number_of, unread_lines
from tdm_guard.reports.tables import Tables, discard

_MODE = 0o640  # as of the log: addresses and names in it may be personal data


def to_sqlite(paths: Sequence[str], path: Path, *, force: bool) -> None:
    """Writes what the logs hold as tables; `force` writes over a file that is there. Raises `ConfigurationError`."""
    readable(paths)
    if path.exists() and any(path.samefile(log) for log in paths):
        raise ConfigurationError(f"--sqlite: {str(path)!r} is one of the logs; to write there would end the proof")
    with beside(path, "--sqlite", force=force) as new:
        answer = _tables(paths, new)
    typer.echo(answer)


@contextmanager
def beside(path: Path, flag: str, *, force: bool) -> Iterator[Path]:
    """A new file in the folder of `path`, which takes its place when it is whole, and else is taken away."""

    def refuse() -> None:
        if path.exists() and not force:
            raise ConfigurationError(f"{flag}: {str(path)!r} is there already; --force writes over it")

    refuse()
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _MODE))
        yield new
        with new.open("rb+") as file:
            os.fsync(file.fileno())
        refuse()  # it may have come meanwhile
        new.replace(path)
    except (OSError, sqlite3.Error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ConfigurationError(f"{flag}: {str(path)!r} cannot be written: {reason}") from error
    finally:
        discard(new)


def _tables(paths: Sequence[str], path: Path) -> str:
    """Writes the database; what came of it, in one line."""
    chosen = Chosen(Filters())
    with closing(Once()) as once, closing(Tables(path)) as tables:
        for line in chosen.lines(once.lines(counted(read_log(paths), "lines"))):
            tables.add(line)
        tables.finish()
        remarks = Remarks.on(once, chosen)
        for said in filter(None, (remarks.warning, *remarks.notes)):
            say(said)
        if tables.unread:
            say(f"{unread_lines(tables.unread)}; the table unread says which")
        if tables.strange:
            say(f"left out: {number_of(tables.strange, 'decision')} with an id that another one has")
        return f"{number_of(tables.decisions, 'decision')} in {number_of(tables.runs, 'run')}"
