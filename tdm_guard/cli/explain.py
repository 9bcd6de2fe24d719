"""`explain`: one decision of a log as the page that `check` shows, and where its record stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdm_guard.cli.console import counted, record, say
from tdm_guard.cli.logs import readable
from tdm_guard.cli.page import show
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.latest import addresses_of
from tdm_guard.log.members import text_of
from tdm_guard.log.reader import read_log
from tdm_guard.log.record import unseal
from tdm_guard.log.recorded import read_decision
from tdm_guard.log.redaction import SECRETS, redacted
from tdm_guard.reports.spelling import number_of, unread_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tdm_guard.log.reader import LogLine

MAX_SHOWN = 5  # ids that are named where several could be meant
MAX_RUNS = 1_000  # run records kept in mind; of one file there are rarely more than a handful
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
    found = _Search(wanted)
    found.read(counted(read_log(paths), "lines"))
    line = found.line()
    sealed = unseal(line.raw)
    whole = sealed is not None and sealed[0] == sealed[1]
    if as_json:
        record(line.raw + b"\n")
    else:
        _page(line, found)
    if found.unread:
        say(unread_lines(found.unread))
    if found.before:
        say(f"the latest on this address; {number_of(found.before, 'earlier decision')} on it")
    if not whole:
        say(f"{line.path}:{line.number}: the record was changed after it was written; tdm-guard verify says more")
    if others := found.others[text_of(line.record or {}, "id", 200) or ""]:
        say(f"{number_of(others, 'more record')} with this id, and not the same; tdm-guard verify says more")
    return 0 if whole and not others else 1


def _page(line: LogLine, found: _Search) -> None:
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
    show(read.decision, notes=[*notes, *_place(line, held), *_received(held, found.bodies), *_run(held, found.runs)])
    if read.left_out:
        say(f"not understood, and not shown whole: {', '.join(read.left_out)}; --json shows the record as it is")


def _place(line: LogLine, held: Mapping[str, Any]) -> Iterator[str]:
    yield f"decision {text_of(held, 'id', 200)} of {text_of(held, 'ts', 40)}"
    yield f"{line.path}, line {line.number}"


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
    ):
        if value:
            yield f"  {title}: {value}"


@dataclass(slots=True)
class _Search:
    """The decisions whose id begins with `wanted`, or the latest about that address; what belongs to them."""

    wanted: str
    near: dict[str, LogLine] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)  # records of the same id that are not the same
    more: bool = False  # ids than are kept
    before: int = 0  # decisions on that address, earlier than the one that is kept
    last: str = ""  # an id that is there
    unread: int = 0
    runs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    bodies: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def read(self, lines: Iterable[LogLine]) -> None:
        """All lines: the same id may come again, and a run or a body may stand in a later file."""
        for line in lines:
            if line.record is None:
                self.unread += 1
            elif line.type == "decision":
                self.last = text_of(line.record, "id", 200) or ""
                self._decision(line, self.last)
            elif line.type == "run" and len(self.runs) < MAX_RUNS:
                run = text_of(line.record, "run", 120) or ""
                if "://" in self.wanted or run.startswith(self.wanted) or self.wanted.startswith(run):
                    self.runs[run] = line.record
            elif line.type == "body" and (decision := text_of(line.record, "decision", 200)) in self.near:
                self.bodies[decision or ""] = line.record

    def _decision(self, line: LogLine, name: str) -> None:
        if "://" in self.wanted:
            if line.record and not {self.wanted, redacted(self.wanted, SECRETS)}.isdisjoint(addresses_of(line.record)):
                self.before += bool(self.near) and name not in self.near
                self.near = {name: line}
        elif name.startswith(self.wanted):
            kept = self.near.get(name)
            if kept is not None:
                self.others[name] += kept.raw != line.raw
            elif name == self.wanted or len(self.near) < MAX_SHOWN:
                self.near[name] = line
            else:
                self.more = True

    def line(self) -> LogLine:
        """The one that was meant. Raises `ConfigurationError` if there is none, or more than one."""
        if self.wanted in self.near:
            return self.near[self.wanted]
        if len(self.near) == 1:
            return next(iter(self.near.values()))
        raise ConfigurationError(f"explain: {self._trouble()}" + (f"; {unread_lines(self.unread)}" * bool(self.unread)))

    def _trouble(self) -> str:
        wanted = self.wanted[:200]
        if self.near:
            return f"{wanted!r} begins several ids: {', '.join(self.near)}{' and others' if self.more else ''}"
        if "://" in wanted:
            return f"no decision in these logs is about {wanted}"
        known = f"an id is the member id of a record, for example {self.last}" if self.last else "there is none at all"
        return f"no decision in these logs has the id {wanted!r}; {known}"
