"""What the commands share: errors to exit codes, a word on stderr when something takes long."""

from __future__ import annotations

import codecs
import io
import json
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, TypeAlias, TypeVar

import typer

from tdm_guard.errors import ConfigurationError, TdmGuardError
from tdm_guard.plain import told
from tdm_guard.reports.spelling import json_escapes

PATIENCE = 2.0  # seconds without a word
BROUGHT = {
    "httpx": "cli",
    "httpcore": "cli",
    "anyio": "cli",
    "cryptography": "sign",
    "pyarrow": "parquet",
}  # by which extra
INTERVAL = 10.0  # seconds between words after the first

Logs: TypeAlias = Annotated[list[str], typer.Argument(metavar="LOG", help="Compliance logs (JSON lines).")]

T = TypeVar("T")
_ESCAPES = "tdm-guard-escapes"  # an error handler's name


def speak_any_encoding() -> None:
    """From now on what stdout and stderr have no character for is escaped, as JSON does it; answers never break off."""
    codecs.register_error(_ESCAPES, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in {"strict", "surrogateescape"}:
            stream.reconfigure(errors=_ESCAPES)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def record(line: bytes) -> None:
    """A record to stdout: byte for byte, so that its hash holds, but to a terminal without what steers it."""
    typer.echo(json_escapes(line.decode()) if sys.stdout.isatty() else line, nl=False)


def say(message: str) -> None:
    """One line to stderr; what in it comes from strangers cannot steer the terminal, and passwords are left out."""
    typer.echo("\n".join(told(line) for line in message.split("\n")), err=True)


@contextmanager
def failing() -> Iterator[None]:
    """Our errors become messages and exit code 2."""
    try:
        yield
    except TdmGuardError as error:
        for problem in getattr(error, "problems", ()) or (str(error),):
            say(f"tdm-guard: {problem}")
        raise typer.Exit(2) from None
    except BrokenPipeError:  # the reader of our answer has gone, as in `| head`
        raise typer.Exit(2) from None
    except OSError as error:
        say(f"tdm-guard: {error}")
        raise typer.Exit(2) from None
    except UnicodeEncodeError as error:  # a path of bytes that are no text, where text is needed
        say(f"tdm-guard: {error.object!r} cannot be written in {error.encoding}")
        raise typer.Exit(2) from None


@contextmanager
def asking(command: str) -> Iterator[None]:
    """Around the import of what needs an extra: where that is not installed, the command names it."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in BROUGHT:
            raise
        raise ConfigurationError(f'{command} needs {missing}: pip install "tdm-guard[{BROUGHT[missing]}]"') from None


@contextmanager
def waiting(message: str) -> Iterator[None]:
    """Says `message` on stderr if what is done meanwhile takes longer than two seconds."""
    timer = threading.Timer(PATIENCE, say, [message])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Progress:
    """Says on stderr how many there were, after two seconds and every ten from then on."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._due = time.monotonic() + PATIENCE

    def reached(self, number: int) -> None:
        """There are so many by now."""
        if time.monotonic() >= self._due:
            say(f"{number} {self._noun} so far …")
            self._due = time.monotonic() + INTERVAL


def counted(items: Iterable[T], noun: str, *, step: int = 1024) -> Iterator[T]:
    """The items, with their number on stderr when it takes long; looks at every `step`th."""
    progress = Progress(noun)
    for number, item in enumerate(items, 1):
        if number % step == 0:
            progress.reached(number)
        yield item


def ticking(noun: str) -> Callable[[int], None]:
    """The same for what is no sequence: to be called with how many there are more, some hundreds at a time."""
    progress, number = Progress(noun), 0

    def tick(more: int) -> None:
        nonlocal number
        number += more
        progress.reached(number)

    return tick
