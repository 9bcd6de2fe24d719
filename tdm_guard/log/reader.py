"""Reads logs back line by line, whatever is in them: a line that is no record is a problem with its place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.spelt import Parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_LINE = 16 * 2**20  # bytes; a record with a thousand statements, each with its URLs and words, stays far below


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """
    One line of a log: its record, or the problem why it is none.

    `raw` are its bytes without the newline; `whole` is False if the file ends before the newline.
    """

    path: str
    number: int
    raw: bytes
    record: Mapping[str, Any] | None = None
    problem: str | None = None
    whole: bool = True

    @property
    def type(self) -> str | None:
        """The record's type, None if there is none."""
        kind = self.record.get("type") if self.record is not None else None
        return kind if isinstance(kind, str) else None


def read_log(paths: Iterable[str | os.PathLike[str]]) -> Iterator[LogLine]:
    """
    The lines of all logs, one after another; empty lines are passed over.

    Raises `ConfigurationError` if a file cannot be read; what is in it never raises.
    """
    parser = Parser()
    for path in paths:
        name = os.fspath(path)
        try:
            with Path(name).open("rb") as file:
                yield from _lines(name, file, parser)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ConfigurationError(f"{name!r} cannot be read as a log: {reason}") from error


def _lines(path: str, file: BinaryIO, parser: Parser) -> Iterator[LogLine]:
    number = 0
    while raw := file.readline(MAX_LINE + 1):
        number += 1
        whole = raw.endswith(b"\n")
        if not whole and len(raw) > MAX_LINE:
            while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield LogLine(path=path, number=number, raw=b"", problem=f"longer than {MAX_LINE} bytes")
            continue
        raw = raw.rstrip(b"\r\n")
        if raw or not whole:
            record, problem = _record(raw, parser)
            yield LogLine(path=path, number=number, raw=raw, record=record, problem=problem, whole=whole)


def _record(raw: bytes, parser: Parser) -> tuple[Mapping[str, Any] | None, str | None]:
    try:
        record = parser.value(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        return None, f"not UTF-8 at byte {error.start}"
    except (ValueError, RecursionError) as error:
        return None, f"no JSON: {error}"
    if not isinstance(record, dict):
        return None, "JSON, but no record"
    return record, None
