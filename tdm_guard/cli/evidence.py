"""`evidence`: the words that decisions rest on in the documents they stand in; and these documents as a WARC file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tdm_guard.cli.console import counted, say
from tdm_guard.cli.logs import readable
from tdm_guard.cli.searching import Search
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.evidence import State
from tdm_guard.log.evidence_check import Folders
from tdm_guard.log.members import text_of
from tdm_guard.log.reader import read_log
from tdm_guard.plain import printable, timestamp
from tdm_guard.reports.copies import Words, all_copies, documents_of, words_of
from tdm_guard.reports.spelling import json_text, number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tdm_guard.log.reader import LogLine
    from tdm_guard.reports.evidence_warc import Warc

_ENDING = ".warc.gz"
_GOOD = "tdm-guard evidence tdm-guard.jsonl 20261128T090000Z-1f2e3d-17"


def evidence(given: Sequence[str], *, folder: str | None, warc: Path | None, as_json: bool) -> int:
    """
    Prints the words of decisions in place, or writes them to `warc`; `given` are logs, then ids.

    1 if a copy is not what it was, or a record was changed after it was written. Raises `ConfigurationError`.
    """
    logs = [name for name in given if Path(name).exists()]
    names = [name.strip() for name in given if not Path(name).exists()]
    if not logs or not (names or warc):
        raise ConfigurationError(f"evidence: a log comes first, then the id of a decision; for example {_GOOD}")
    is_folder(folder)
    if warc is not None and as_json:
        raise ConfigurationError("--warc: a WARC file has no JSON form; give it without --json")
    readable(logs)
    if warc is not None:
        return _export(logs, names, folder, warc)
    codes = [_show(logs, name, folder, as_json=as_json) for name in names]
    return max(codes)


def is_folder(given: str | None) -> None:
    """Finds a name given with --evidence that is none of a folder."""
    if given is not None and not Path(given).is_dir():
        raise ConfigurationError(f"--evidence: {given!r} is no folder; for example evidence")


def _show(logs: Sequence[str], name: str, folder: str | None, *, as_json: bool) -> int:
    found = _found(logs, name)
    record = found.line().record or {}
    where = _folder(found, folder)
    words = list(words_of(record, where))
    if as_json:
        typer.echo(json_text(_as_json(record, where, words)))
    else:
        for line in _page(record, where, words):
            typer.echo(printable(line))
    whole = found.is_whole()
    return 0 if whole and not any(each.copy and each.copy.state is State.DAMAGED for each in words) else 1


def _found(logs: Sequence[str], name: str) -> Search:
    found = Search(name, "evidence")
    found.read(counted(read_log(logs), "lines"))
    found.line()
    return found


def _folder(found: Search, given: str | None) -> str | None:
    """Where the copies of a decision are, by the record of its run. Raises `ConfigurationError` if that is nowhere."""
    line = found.line()
    folders = Folders(given)
    for run in found.runs.values():
        folders.note(run, line.path)
    return _there(folders, line.record or {})


def _there(folders: Folders, record: Mapping[str, Any]) -> str | None:
    if lost := folders.lost(record):
        raise ConfigurationError(lost)
    return folders.of(record)


def _as_json(record: Mapping[str, Any], folder: str | None, words: Sequence[Words]) -> dict[str, Any]:
    return {
        **{name: record.get(name) for name in ("id", "ts", "url", "final_url", "verdict", "admitted")},
        "folder": folder,
        "words": [each.to_dict() for each in words],
        "documents": [
            {**{name: entry.get(name) for name in ("document", "result", "sha256")}, "copy": state and state.value}
            for entry, state in documents_of(record, folder)
        ],
    }


def _page(record: Mapping[str, Any], folder: str | None, words: Sequence[Words]) -> Iterator[str]:
    about = text_of(record, "final_url") or text_of(record, "url") or "(an address that was forgotten)"
    yield f"{text_of(record, 'verdict')}: {about}"
    yield f"decision {text_of(record, 'id')} of {text_of(record, 'ts')}"
    yield f"copies in {folder}" if folder else "its run kept no copies (option evidence)"
    for each in words:
        yield ""
        yield from _words(each)
    if not words:
        yield ""
        gone = record.get("forgotten") is True
        yield (
            "forgotten: what it rested on is not there any more"
            if gone
            else "no statement and no fault: nothing was said"
        )
    documents = list(documents_of(record, folder))
    if documents:
        yield ""
        yield "documents that were looked for:"
        for entry, state in documents:
            kept = "not kept" if state is None else state.value
            yield f"  {text_of(entry, 'document')}  {text_of(entry, 'result')}, copy {kept}, {text_of(entry, 'sha256')}"


def _words(each: Words) -> Iterator[str]:
    entry = each.entry
    usages = ", ".join(map(str, entry["usages"])) if isinstance(entry.get("usages"), list) else ""
    said = text_of(entry, "message") or f"{text_of(entry, 'kind')}: {text_of(entry, 'stance')} for {usages}"
    yield f"{text_of(entry, 'signal') or 'fault'} {said}"
    yield "  " + ", ".join(text for name in ("source", "carrier", "locator") if (text := text_of(entry, name)))
    if each.named:
        kind = "a piece" if each.named.piece else "the document"
        part = ", of which a part is kept" if each.copy and each.copy.state is State.CUT else ""
        yield f"  {kind} {each.named.digest}{part}"
    if each.why:
        yield f"  {each.why}"
    if not each.lines and (excerpt := text_of(entry, "excerpt")):
        yield f"  the log quotes: {excerpt}"
    before: int | None = None
    for line in each.lines:
        if before is not None and line.number is not None and line.number > before + 1:
            yield "       …"
        before = line.number
        number = "" if line.number is None else str(line.number)
        yield f"  {'>' if line.decides else ' '} {number:>5}  {line.text}"


def _export(logs: Sequence[str], names: Sequence[str], folder: str | None, output: Path) -> int:
    _begun(output)
    left: dict[State, int] = {}
    names_alone = ", ".join(Path(log).name for log in logs)
    about = {"isPartOf": names_alone, "description": "decisions of a compliance log, and what they rest on"}
    with _warc(output, about) as warc:
        for line, where in _chosen(logs, names, folder):
            record = line.record or {}
            copies = list(all_copies(record, where)) if where else []
            for _, copy in copies:
                if copy.state in (State.MISSING, State.DAMAGED):
                    left[copy.state] = left.get(copy.state, 0) + 1
            warc.decision(record, line.raw, copies)
        say(f"{number_of(warc.records, 'record')} written to {output}")
    for state, count in left.items():
        say(f"left out, because {state.value}: {number_of(count, 'copy').replace('copys', 'copies')}")
    return 1 if State.DAMAGED in left else 0


def _begun(output: Path) -> None:
    if not output.name.endswith(_ENDING):
        raise ConfigurationError(f"--warc: {str(output)!r} does not end in {_ENDING}; for example evidence{_ENDING}")
    if output.exists() or output.is_symlink():
        raise ConfigurationError(f"--warc: {str(output)!r} is there already; for example evidence{_ENDING}")


def _chosen(logs: Sequence[str], names: Sequence[str], folder: str | None) -> Iterator[tuple[LogLine, str | None]]:
    """The decisions that are named, else all; each with the folder of its copies."""
    for found in (_found(logs, name) for name in names):
        yield found.line(), _folder(found, folder)
    if names:
        return
    folders = Folders(folder)
    for line in counted(read_log(logs), "lines"):
        if line.type in {"run", "part"} and line.record is not None:
            folders.note(line.record, line.path)
        elif line.type == "decision" and line.record is not None:
            yield line, _there(folders, line.record)


@contextmanager
def _warc(output: Path, about: Mapping[str, str]) -> Iterator[Warc]:
    try:
        from tdm_guard.reports.evidence_warc import Warc  # noqa: PLC0415 - it needs the extra
    except ModuleNotFoundError as error:
        raise ConfigurationError(f'--warc needs {error.name}: pip install "tdm-guard[warc]"') from None
    try:
        with output.open("xb") as file:
            try:
                yield Warc(file, made=timestamp(datetime.now(UTC)), about=about)
            except BaseException:  # whatever ends it early: no half of a file stays
                output.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ConfigurationError(f"--warc: {str(output)!r} cannot be written: {error.strerror}") from error
