"""
Reads logs back line by line, whatever is in them: a line that is no record is a problem with its place.

Records of the compact form, and of split runs, are given whole, and the files of a run that was rotated in their order.
Where what stood aside is gone, a decision is `forgotten`: it has the members that are left.
"""

from __future__ import annotations

import io
import json
import os
import re
from contextlib import AbstractContextManager, closing
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.aside import Aside
from tdm_guard.log.common import Commons
from tdm_guard.log.compressed import BROKEN, DAMAGED, open_log
from tdm_guard.log.spelt import Parser
from tdm_guard.log.stretch import Stretch, Stretches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

MAX_STRETCH = 4096  # decisions offered at a time
MAX_LINE = 16 * 2**20  # bytes; a record with a thousand statements, each with its URLs and words, stays far below
_ELSEWHERE = (b'"common":', b'"personal":')  # members that stand for what is written in another line
_BLOCK = 256 * 1024  # bytes read at a time
_PART = b'{"type":"part",'


class BrokenLogError(ConfigurationError):
    """A compressed file that is damaged, or cut."""


class LogLine(NamedTuple):
    """
    One line of a log: its record, or the problem why it is none.

    `raw` are its bytes without the newline, as they were written; `whole` is False if the file ends before the newline.
    """

    path: str
    number: int
    raw: bytes
    record: Mapping[str, Any] | None = None
    problem: str | None = None
    whole: bool = True

    @property
    def spelt(self) -> bytes:
        """The whole record as JSON: `raw`, but for one that stands in more than one line."""
        if self.record is None or not any(mark in self.raw for mark in _ELSEWHERE):
            return self.raw
        return json.dumps(self.record, ensure_ascii=True, separators=(",", ":")).encode()

    @property
    def type(self) -> str | None:
        """The record's type, None if there is none."""
        kind = self.record.get("type") if self.record is not None else None
        return kind if isinstance(kind, str) else None


def read_log(
    paths: Iterable[str | os.PathLike[str]],
    takes: Callable[[Stretch, str], int] | None = None,
    opens: Callable[[str], AbstractContextManager[BinaryIO]] = open_log,
) -> Iterator[LogLine]:
    """
    The lines of all logs, one after another; empty lines are passed over.

    `takes` is offered decisions that are spelt as usual, with the path of their file, before records are made of them,
    and says how many of them it takes, which do not come here. `opens` opens files as `open_log` does. A file may be
    compressed (gzip, Zstandard). Those by which rotated runs go on come last, in their order. Raises
    `ConfigurationError` if a file cannot be read; what is in it never raises.
    """
    parser = Parser()
    with closing(Commons()) as commons:
        stretches = None if takes is None else Stretches(parser, commons.members)
        for name in in_order([os.fspath(path) for path in paths]):
            try:
                with opens(name) as file, closing(Aside(name)) as aside:
                    for line in lines_of(name, file, parser, stretches, takes):
                        record, problem = (None, line.problem) if line.record is None else commons.whole(line.record)
                        if record is not None and "personal" in record and line.type == "decision":
                            record = aside.whole(record)
                        yield line if record is line.record else line._replace(record=record, problem=problem)
            except DAMAGED as error:
                reason = error.strerror if isinstance(error, OSError) and error.strerror else error
                kind = BrokenLogError if isinstance(error, BROKEN) else ConfigurationError
                raise kind(f"{name!r} cannot be read as a log: {reason}") from error


def in_order(paths: Sequence[str]) -> list[str]:
    """
    The files, those by which a rotated run goes on behind the others, part behind part.

    Parts that lie beside the first file of their run, as the log names them, belong to it, whether they are given or
    not: without them a log would seem to lack what it has.
    """
    known = {os.path.realpath(path) for path in paths}
    parts: dict[str, str] = {}
    for path in paths:
        for part in parts_beside(path):
            if (place := os.path.realpath(part)) not in known:
                parts.setdefault(place, part)
    together = [*paths, *parts.values()]
    return sorted(together, key=_part) if len(together) > 1 else together


def parts_beside(path: str) -> list[str]:
    """The files in which runs of this one go on after a rotation, by their names."""
    if not os.path.isfile(path):  # noqa: PTH113 - a path of any kind, as it was given
        return []
    first = Path(path)
    name = first.with_suffix("") if first.suffix in {".gz", ".zst"} else first
    spelt = re.compile(rf"{re.escape(name.stem)}\.part-\d{{4,}}\..+{re.escape(name.suffix)}(?:\.gz|\.zst)?")
    there = first.parent.glob(f"{escape(name.stem)}.part-*")
    return sorted(os.fspath(each) for each in there if spelt.fullmatch(each.name) and each.is_file())


def _part(path: str) -> int:
    """Which part of its run begins a file; 0 for the first, and for what can be read only once or not at all."""
    if not os.path.isfile(path):  # noqa: PTH113 - a path of any kind, as it was given
        return 0
    try:
        with open_log(path) as file:
            first = file.readline(MAX_LINE)
    except DAMAGED:
        return 0
    record = record_of(first)[0] if first.startswith(_PART) else None
    part = (record or {}).get("part")
    return part if isinstance(part, int) else 0


def lines_of(
    path: str,
    file: BinaryIO,
    parser: Parser | None = None,
    stretches: Stretches | None = None,
    takes: Callable[[Stretch, str], int] | None = None,
) -> Iterator[LogLine]:
    """The lines of one file as they stand there, without those of `stretches` that `takes` took."""
    before, most = 0, 1
    for lines, whole in _blocks(file):
        at, end = 0, len(lines) if whole else len(lines) - 1
        while at < len(lines):
            if stretches is not None and takes is not None and at < end:
                stretch = stretches.read(lines, at, min(end, at + most), before + at + 1)
                if stretch is not None:
                    taken, offered = takes(stretch, path), len(stretch.lines)
                    most = 2 * most if taken == offered else 1  # so that none is offered time and again
                    at += taken
                    if taken:
                        continue
            raw = lines[at]
            at += 1
            if len(raw) > MAX_LINE:
                yield LogLine(path, before + at, b"", problem=f"longer than {MAX_LINE} bytes")
                continue
            raw, ended = raw.rstrip(b"\r\n"), at <= end
            if raw or not ended:
                record, problem = record_of(raw, parser)
                yield LogLine(path, before + at, raw, record, problem, ended)
        before += len(lines)
        most = min(most, MAX_STRETCH)


def _blocks(file: BinaryIO) -> Iterator[tuple[list[bytes], bool]]:
    """Lines without their ends, some at a time, and whether the last of them has one. Of too long a one not the rest"""
    while data := file.read(_BLOCK):
        if not data.endswith(b"\n"):
            data += file.readline(MAX_LINE + 1)
        whole = data.endswith(b"\n")
        lines = [line[:-1] for line in io.BytesIO(data if whole else data + b"\n")]  # `split` takes ten times as long
        if not whole and len(lines[-1]) > MAX_LINE:
            while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
        yield lines, whole


def record_of(raw: bytes, parser: Parser | None = None) -> tuple[Mapping[str, Any] | None, str | None]:
    """The record in a line as it stands there; or the problem why there is none."""
    try:
        text = raw.decode("utf-8")
        record = json.loads(text) if parser is None else parser.value(text)
    except UnicodeDecodeError as error:
        return None, f"not UTF-8 at byte {error.start}"
    except (ValueError, RecursionError) as error:
        return None, f"no JSON: {error}"
    if not isinstance(record, dict):
        return None, "JSON, but no record"
    return record, None
