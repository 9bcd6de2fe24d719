"""`tdm-guard merge`: several logs as one, by time, with all chains kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tdm_guard.cli.console import counted, say
from tdm_guard.cli.logs import belongs_to_a_log
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.compressed import DAMAGED, open_log
from tdm_guard.log.merge import Merging, distinct
from tdm_guard.log.personal import side_of, side_path
from tdm_guard.log.rewriting import replacing
from tdm_guard.log.survey import surveyed
from tdm_guard.reports.spelling import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tdm_guard.log.checks.lines import RawLine
    from tdm_guard.log.survey import Stands

_NAMED = "--output: "


def merge(paths: Sequence[str], output: Path) -> None:
    """Writes the merged log, and what stands beside the logs; a summary goes to stderr."""
    _refuse(paths, output)
    files = surveyed(paths, lambda path: say(f"a run goes on in {path}, which is merged, too"))
    merging = Merging(files, _torn)
    number = 0
    with replacing(output, named=_NAMED) as file:
        for line in counted(merging.lines(), "records"):
            number += 1
            file.write(line + b"\n")
        if not number:
            raise ConfigurationError("merge: there is no record in these logs; for example tdm-guard.jsonl")
        with replacing(Path(side_path(str(output))), named=_NAMED, if_any=True) as personal:
            personal.writelines(distinct(_personal(files)) if merging.repeated else _personal(files))
    told = f"{number_of(number, 'record')} of {number_of(merging.runs, 'run')} from {number_of(len(files), 'file')}"
    say(f"{told}; left out because they were written: {merging.repeated}" if merging.repeated else told)


def _refuse(paths: Sequence[str], output: Path) -> None:
    belongs_to_a_log(output)
    if output.suffix in {".gz", ".zst"}:
        raise ConfigurationError(f"--output: {str(output)!r} is the name of a compressed file; for example all.jsonl")
    for path in (output, Path(side_path(str(output)))):
        if path.exists() or path.is_symlink():
            same = any(Path(each).exists() and path.exists() and path.samefile(each) for each in paths)
            reason = "is one of the logs" if same else "is there already"
            raise ConfigurationError(f"--output: {str(path)!r} {reason}; for example all.jsonl")


def _torn(line: RawLine, why: str) -> None:
    say(f"{line.path}:{line.number}: left out, no record ({why})")


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
