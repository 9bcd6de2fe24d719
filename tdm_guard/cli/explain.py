"""`explain`: one decision of a log as the page that `check` shows, and where its record stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdm_guard.cli.console import counted, record, say
from tdm_guard.cli.logs import readable
from tdm_guard.cli.page import show
from tdm_guard.cli.searching import Search
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.members import text_of
from tdm_guard.log.reader import read_log
from tdm_guard.log.recorded import read_decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tdm_guard.decision import Decision
    from tdm_guard.log.reader import LogLine

_GOOD = "tdm-guard explain 20261128T090000Z-1f2e3d-17 tdm-guard.jsonl"


def explain(name: str, paths: Sequence[str], *, as_json: bool) -> int:
    """
    Prints the decision whose id is, or alone begins with, `name`; of an address, the latest on it.

    1 if its record was changed after it was written.

    Raises `ConfigurationError` if there is none, or more than one.
    """
    wanted = name.strip()
    if not wanted or Path(wanted).is_file():
        raise ConfigurationError(f"explain: the id of a decision comes first, then the logs; for example {_GOOD}")
    readable(paths)
    found = Search(wanted, "explain")
    found.read(counted(read_log(paths), "lines"))
    line = found.line()
    if as_json:
        record(line.raw + b"\n")
    else:
        _page(line, found)
    return 0 if found.is_whole() else 1


def _page(line: LogLine, found: Search) -> None:
    held = line.record or {}
    notes = []
    if held.get("forgotten") is True:
        notes.append("its address, and the words that it rests on, were forgotten")
        held = {**held, "url": f"(forgotten) of {text_of(held, 'origin', 1024)}"}
    read = read_decision(held)
    if read is None:
        raise ConfigurationError(
            f"explain: {line.path}:{line.number}: the record has no verdict, address and time that are known here; "
            "--json shows it as it is"
        )
    show(
        read.decision,
        notes=[
            *notes,
            *_place(line, held),
            *_stored(read.decision),
            *_received(held, found.bodies),
            *_run(held, found.runs),
        ],
    )
    if read.left_out:
        say(f"not understood, and not shown whole: {', '.join(read.left_out)}; --json shows the record as it is")


def _place(line: LogLine, held: Mapping[str, Any]) -> Iterator[str]:
    yield f"decision {text_of(held, 'id', 200)} of {text_of(held, 'ts', 40)}"
    yield f"{line.path}, line {line.number}"


def _stored(decision: Decision) -> Iterator[str]:
    """Where the record lies that was judged, if it was one."""
    if stored := decision.stored:
        name = f", {stored.record}" if stored.record else ""
        yield f"judged as stored: {stored.file}, offset {stored.offset} ({stored.type}{name})"


def _received(held: Mapping[str, Any], bodies: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Size and digest of what came, which may stand in a record of its own."""
    body = bodies.get(text_of(held, "id", 200) or "", {})
    size, digest = (body.get(name, held.get(name)) for name in ("bytes", "content_sha256"))
    if size is not None or digest is not None:
        cut = "" if body.get("complete", True) else ", given up before its end"
        yield f"received: {size} bytes, sha256 {digest}{cut}"


def _run(held: Mapping[str, Any], runs: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    name = text_of(held, "run", 120) or ""
    run = runs.get(name)
    yield f"run {name}" + ("" if run else ", which has no record in these logs")
    if run is None:
        return
    for title, value in (
        ("agent", text_of(run, "agent", 120)),
        ("posture", text_of(run, "posture", 40)),
        ("mode", text_of(run, "mode", 40)),
        ("for", ", ".join(map(str, usages)) if isinstance(usages := run.get("usages"), list) else None),
        ("operator", text_of(operator, "name", 200) if isinstance(operator := run.get("operator"), dict) else None),
        ("written by", text_of(run, "tool", 120)),
        ("begun", text_of(run, "ts", 40)),
        ("task", text_of(run, "task", 200)),
    ):
        if value:
            yield f"  {title}: {value}"
