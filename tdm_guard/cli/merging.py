"""`tdm-guard merge`: several logs as one, by time, with all chains kept."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tdm_guard.cli.console import counted, say
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.compressed import DAMAGED, open_log
from tdm_guard.log.merge import Merging, distinct
from tdm_guard.log.personal import side_of
from tdm_guard.log.survey import surveyed
from tdm_guard.reports.spelling import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tdm_guard.log.checks.lines import RawLine
    from tdm_guard.log.survey import Stands

PERSONAL = ".personal"  # behind the name of a log: the file beside it that has what may be forgotten
_MODE = 0o640  # as that of a log: it may hold personal data


def merge(paths: Sequence[str], output: Path) -> None:
    """Writes the merged log, and what stands beside the logs; a summary goes to stderr."""
    _refuse(paths, output)
    files = surveyed(paths, lambda path: say(f"a run goes on in {path}, which is merged, too"))
    merging = Merging(files, _torn)
    number = 0
    with _written(output) as file:
        for line in counted(merging.lines(), "records"):
            number += 1
            file.write(line + b"\n")
        with _written(output.with_name(output.name + PERSONAL), if_any=True) as personal:
            personal.writelines(distinct(_personal(files)) if merging.repeated else _personal(files))
    told = f"{number_of(number, 'record')} of {number_of(merging.runs, 'run')} from {number_of(len(files), 'file')}"
    say(f"{told}; left out because they were written: {merging.repeated}" if merging.repeated else told)


def _refuse(paths: Sequence[str], output: Path) -> None:
    if output.suffix in {".gz", ".zst"}:
        raise ConfigurationError(f"--output: {str(output)!r} is the name of a compressed file; for example all.jsonl")
    for path in (output, output.with_name(output.name + PERSONAL)):
        if path.exists() or path.is_symlink():
            same = any(Path(each).exists() and path.exists() and path.samefile(each) for each in paths)
            reason = "is one of the logs" if same else "is there already"
            raise ConfigurationError(f"--output: {str(path)!r} {reason}; for example all.jsonl")


def _torn(line: RawLine, why: str) -> None:
    say(f"{line.path}:{line.number}: left out, no record ({why})")


@contextmanager
def _written(path: Path, *, if_any: bool = False) -> Iterator[IO[bytes]]:
    """A file beside `path` that takes its place when all is written; `if_any`: not if it is empty."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise ConfigurationError(f"--output: {str(path)!r} cannot be written: {error.strerror}") from error
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        if size or not if_any:
            part.chmod(_MODE)
            part.replace(path)
    except OSError as error:
        raise ConfigurationError(f"--output: {str(path)!r} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _personal(files: Sequence[Stands]) -> Iterator[bytes]:
    """The lines of the files beside the logs, whose order means nothing."""
    for file in files:
        beside = side_of(file.path)
        if beside is not None:
            try:
                with open_log(beside) as lines:
                    for line in lines:
                        yield line if line.endswith(b"\n") else line + b"\n"
            except DAMAGED as error:
                raise ConfigurationError(f"{beside!r} cannot be read: {error}") from error
