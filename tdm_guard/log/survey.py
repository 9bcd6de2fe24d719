"""
What stands in log files, before they are merged: which runs, and how much of each.

strategy: a record is told by how its line begins and ends; only what is spelt otherwise is parsed.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.checks.lines import RawLine, unpassed
from tdm_guard.log.reader import record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

MAX_FILES = 500  # open at one time; systems allow some 1000
_BEGIN = re.compile(rb'\{"type":"([a-z]+)","v":[0-9]+,"run":"([^"\\]+)"')
_TIME = re.compile(rb',"ts":"([0-9T:.-]{19,40})Z"')
_HASH = slice(-75, -66)
_SPELT_SIMPLY = re.compile(r"[\w.+-]{1,200}", re.ASCII)


class Entry(NamedTuple):
    """A record as it stands in a file; `time` is compared as text, `part` says which part of its run begins here."""

    line: RawLine
    kind: str
    run: str
    time: str
    part: int | None
    sealed: bool


@dataclass(slots=True)
class Stands:
    """What stands in one file: records by run, and the parts of runs that begin there, with how often."""

    path: str
    records: Counter[str] = field(default_factory=Counter)
    begins: Counter[tuple[str, int]] = field(default_factory=Counter)


def entries_of(path: str, torn: Callable[[RawLine, str], None]) -> Iterator[Entry]:
    """The records of a file; what is none is told to `torn`."""
    for line in unpassed([path], lambda lines, name, number: 0, lambda: None):
        entry = _entry(line) or _parsed(line)
        if isinstance(entry, str):
            torn(line, entry)
        else:
            yield entry


def survey(path: str) -> Stands:
    """Reads a whole file once."""
    found = Stands(path)
    for entry in entries_of(path, lambda line, why: None):
        found.records[entry.run] += 1
        if entry.part is not None:
            found.begins[entry.run, entry.part] += 1
    return found


def beside(stands: Stands) -> list[str]:
    """The files beside this one in which its runs go on after a rotation, if they are named as the log names them."""
    path = Path(stands.path)
    name = path.with_suffix("") if path.suffix in {".gz", ".zst"} else path
    found: list[str] = []
    for run in stands.records:
        if _SPELT_SIMPLY.fullmatch(run):
            pattern = f"{escape(name.stem)}.part-*.{run}{escape(name.suffix)}*"
            found += [os.fspath(each) for each in sorted(path.parent.glob(pattern)) if _is_part(each, name, run)]
    return found


def _is_part(path: Path, first: Path, run: str) -> bool:
    ends = "|".join(re.escape(end) for end in ("", ".gz", ".zst"))
    spelt = rf"{re.escape(first.stem)}\.part-\d+\.{re.escape(run)}{re.escape(first.suffix)}(?:{ends})"
    return re.fullmatch(spelt, path.name) is not None


def surveyed(paths: Iterable[str], found: Callable[[str], None]) -> list[Stands]:
    """The given files, each once, and those beside them in which their runs go on, which are told to `found`."""
    known: dict[tuple[int, int], Stands] = {}
    waiting = [(path, True) for path in paths]
    while waiting:
        path, given = waiting.pop(0)
        try:
            there = os.stat(path)  # noqa: PTH116 - a path of any kind, as it was given
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ConfigurationError(f"{path!r} cannot be read as a log: {reason}") from error
        identity = (there.st_dev, there.st_ino)
        if identity in known:
            continue
        if not Path(path).is_file():
            raise ConfigurationError(f"{path!r} is no file: what is merged is read twice, which a pipe cannot be")
        if len(known) >= MAX_FILES:
            raise ConfigurationError(f"more than {MAX_FILES} files; merge fewer at a time")
        if not given:
            found(path)
        known[identity] = survey(path)
        waiting += [(each, False) for each in beside(known[identity])]
    return list(known.values())


def _entry(line: RawLine) -> Entry | None:
    """A record that is spelt as we spell it, and whole because it ends with its hash."""
    raw = line.raw
    begin = _BEGIN.match(raw)
    if begin is None or raw[_HASH] != b',"hash":"' or not raw.endswith(b'"}') or begin[1] in {b"run", b"part"}:
        return None
    time = _TIME.search(raw, begin.end(), begin.end() + 400)
    if time is None or not begin[2].isascii():
        return None
    return Entry(line, begin[1].decode(), begin[2].decode(), time[1].decode(), None, sealed=True)


def _parsed(line: RawLine) -> Entry | str:
    record, problem = (None, line.problem) if line.problem else record_of(line.raw)
    if record is None:
        return problem or "no record"
    kind, run, ts = (_text(record, name) for name in ("type", "run", "ts"))
    part = {"run": 1, "part": record.get("part")}.get(kind)
    sealed = line.raw[_HASH] == b',"hash":"'
    return Entry(line, kind, run, ts.removesuffix("Z"), part if isinstance(part, int) else None, sealed)


def _text(record: Mapping[str, object], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
