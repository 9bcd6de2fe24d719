"""Lines of logs as bytes: whoever needs their records asks for them, line by line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias

from tdm_guard.errors import ConfigurationError
from tdm_guard.log import reader
from tdm_guard.log.compressed import BROKEN, DAMAGED, open_log
from tdm_guard.log.reader import LogLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedReader

STEP = 1024  # lines between two ticks
_BLOCK = 256 * 1024  # bytes read at a time
MAX_STRANGE = 100  # lines that a file may begin with before one is a record; a log has its first in the first or second

BROKEN_HERE = "the compressed file is damaged, or cut, here"

Passes: TypeAlias = Callable[[Sequence[bytes], str, int], int]


class RawLine(NamedTuple):
    """A line without its newline; `whole` is False if the file ends before the newline."""

    path: str
    number: int
    raw: bytes
    whole: bool
    problem: str | None = None


class _BrokenError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def unpassed(
    paths: Iterable[str | os.PathLike[str]], passes: Passes, tick: Callable[[], None], *, broken: bool = False
) -> Iterator[RawLine]:
    """
    The lines of these files that `passes` is not content with.

    It is asked about whole lines that follow one another, by their bytes, the path of their file and the number of the
    first, and says how many of them it is content with, up to one that it is not. Every `STEP` lines there is a `tick`.
    Raises `ConfigurationError` for a file that cannot be read, or that does not begin as a log does. With `broken` a
    compressed file that is damaged or cut has a line with that problem where no more can be read.
    """
    for name in [os.fspath(path) for path in paths]:
        number = 0
        try:
            with open_log(name) as file:
                begun = _beginning(name, file)
                yield from begun
                number = begun[-1].number if begun else 0
                yield from _rest(name, file, number, passes, tick)
        except ConfigurationError:
            raise
        except _BrokenError as error:
            if not broken:
                raise ConfigurationError(f"{name!r} cannot be read as a log: {error.__cause__}") from error
            yield RawLine(name, error.line, b"", whole=True, problem=BROKEN_HERE)
        except DAMAGED as error:
            if broken and isinstance(error, BROKEN):
                yield RawLine(name, number + 1, b"", whole=True, problem=BROKEN_HERE)
                continue
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise ConfigurationError(f"{name!r} cannot be read as a log: {reason}") from error


def record_in(line: RawLine) -> LogLine:
    """The line with the record that stands in it, as it stands there, or the problem why there is none."""
    record, problem = (None, line.problem) if line.problem else reader.record_of(line.raw)
    return LogLine(path=line.path, number=line.number, raw=line.raw, record=record, problem=problem, whole=line.whole)


def _rest(path: str, file: BufferedReader, number: int, passes: Passes, tick: Callable[[], None]) -> Iterator[RawLine]:
    torn = b""
    try:
        while data := file.read1(_BLOCK):
            lines = (torn + data).split(b"\n")
            torn = lines.pop()
            if lines and len(lines[0]) > reader.MAX_LINE:  # the others are within one block
                del lines[0]
                number += 1
                _tick(number - 1, number, tick)
                yield _too_long(path, number)
            yield from _unpassed(path, lines, number, passes, tick)
            number += len(lines)
            if len(torn) > reader.MAX_LINE:
                torn, number = b"", number + 1
                _tick(number - 1, number, tick)
                _skip(file)
                yield _too_long(path, number)
    except BROKEN as error:
        raise _BrokenError(number + 1) from error
    if torn:
        _tick(number, number + 1, tick)
        yield RawLine(path, number + 1, torn.rstrip(b"\r\n"), whole=False)


def _unpassed(
    path: str, lines: list[bytes], number: int, passes: Passes, tick: Callable[[], None]
) -> Iterator[RawLine]:
    """Those of these lines, which follow line `number`, that `passes` is not content with."""
    at = 0
    while at < len(lines):
        count = passes(lines[at:] if at else lines, path, number + at + 1)
        _tick(number + at, number + at + count, tick)
        at += count
        if at < len(lines):
            _tick(number + at, number + at + 1, tick)
            raw, at = lines[at], at + 1
            if len(raw) > reader.MAX_LINE:
                yield _too_long(path, number + at)
            elif raw := raw.rstrip(b"\r"):
                yield RawLine(path, number + at, raw, whole=True)


def _tick(before: int, now: int, tick: Callable[[], None]) -> None:
    for _ in range(now // STEP - before // STEP):
        tick()


def _too_long(path: str, number: int) -> RawLine:
    return RawLine(path, number, b"", whole=True, problem=f"longer than {reader.MAX_LINE} bytes")


def _skip(file: BinaryIO) -> None:
    """Reads to the end of a line that is too long."""
    while (rest := file.readline(reader.MAX_LINE)) and not rest.endswith(b"\n"):
        pass


def _each(file: BinaryIO) -> Iterator[bytes]:
    while raw := file.readline(reader.MAX_LINE + 1):
        yield raw


def _line(path: str, file: BinaryIO, number: int, raw: bytes) -> RawLine | None:
    """A line as it was read, without its end; nothing if it is empty. Of one that is too long the rest is skipped."""
    if raw.endswith(b"\n"):
        raw = raw.rstrip(b"\r\n")
        return RawLine(path, number, raw, whole=True) if raw else None
    if len(raw) <= reader.MAX_LINE:
        return RawLine(path, number, raw.rstrip(b"\r\n"), whole=False)
    _skip(file)
    return _too_long(path, number)


def _beginning(path: str, file: BinaryIO) -> list[RawLine]:
    """The lines up to the first record. Raises `ConfigurationError` if there are lines and no record among them."""
    held: list[RawLine] = []
    for number, raw in enumerate(_each(file), 1):
        line = _line(path, file, number, raw)
        if line is not None:
            held.append(line)
            if _is_record(line):
                return held
            if len(held) >= MAX_STRANGE:
                break
    # what a crash may leave: the first line, torn
    if not held or (len(held) == 1 and not held[0].whole and _START.startswith(held[0].raw[: len(_START)])):
        return held
    raise ConfigurationError(f"{path!r} is no compliance log: {_told(path, held[0].raw)}")


def _told(path: str, first: bytes) -> str:
    """What a file is that stands beside logs, where a pattern like `LOG*` takes it for one."""
    for ending, start, words in _BESIDE:
        if path.endswith(ending) or re.match(start, first):
            return words
    return "it begins with no record of one"


def _is_record(line: RawLine) -> bool:
    record, _ = reader.record_of(line.raw)
    return record is not None and isinstance(record.get("type"), str) and "v" in record and "run" in record


_START = b'{"type":"'
_BESIDE = (  # endings of names, beginnings of the first line
    (".seal", rb'\{"type":"tdm-guard-seal"', "it is the seal of one, which verify takes with --seal"),
    (".tree", rb"tdm-guard tree ", "it is an index that stands beside one; leave it out"),
    (".personal", rb'\{"run":"[^"]*","seq":[0-9]+,"salt":"', "it stands beside one and is read with it; leave it out"),
)
