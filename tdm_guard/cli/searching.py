"""A decision of a log by its id, by how that alone begins, or by an address, for the commands that show one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tdm_guard.cli.console import say
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.latest import addresses_of
from tdm_guard.log.members import text_of
from tdm_guard.log.record import unseal
from tdm_guard.log.redaction import SECRETS, redacted
from tdm_guard.reports.spelling import number_of, unread_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tdm_guard.log.reader import LogLine

MAX_SHOWN = 5  # ids that are named where several could be meant
MAX_RUNS = 1_000  # run records kept in mind; of one file there are rarely more than a handful


@dataclass(slots=True)
class Search:
    """
    The decisions whose id begins with `wanted`, or the latest about that address; what belongs to them.

    `command` is whose search it is, in errors.
    """

    wanted: str
    command: str
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
            elif line.type in {"run", "part"} and len(self.runs) < MAX_RUNS:
                self._run(line.record, text_of(line.record, "run", 120) or "")
            elif line.type == "body" and (decision := text_of(line.record, "decision", 200)) in self.near:
                self.bodies[decision or ""] = line.record

    def _run(self, record: Mapping[str, Any], run: str) -> None:
        """Keeps the record of a run that may be meant; a file by which a rotated one goes on has its members too."""
        if "://" in self.wanted or run.startswith(self.wanted) or self.wanted.startswith(run):
            of = record.get("of") if record.get("type") == "part" else record
            if isinstance(of, dict):
                self.runs.setdefault(run, {**of, "run": run})

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

    def is_whole(self) -> bool:
        """
        True if the record of the one that was meant is as it was written, and no other has its id.

        Says what is wrong with it, or what else is to be known of it.
        """
        line = self.line()
        sealed = unseal(line.raw)
        whole = sealed is not None and sealed[0] == sealed[1]
        if self.unread:
            say(unread_lines(self.unread))
        if self.before:
            say(f"the latest on this address; {number_of(self.before, 'earlier decision')} on it")
        if not whole:
            say(f"{line.path}:{line.number}: the record was changed after it was written; tdm-guard verify says more")
        if others := self.others[text_of(line.record or {}, "id", 200) or ""]:
            say(f"{number_of(others, 'more record')} with this id, and not the same; tdm-guard verify says more")
        return whole and not others

    def line(self) -> LogLine:
        """The one that was meant. Raises `ConfigurationError` if there is none, or more than one."""
        if self.wanted in self.near:
            return self.near[self.wanted]
        if len(self.near) == 1:
            return next(iter(self.near.values()))
        unread = f"; {unread_lines(self.unread)}" if self.unread else ""
        raise ConfigurationError(f"{self.command}: {self._trouble()}{unread}")

    def _trouble(self) -> str:
        wanted = self.wanted[:200]
        if self.near:
            return f"{wanted!r} begins several ids: {', '.join(self.near)}{' and others' if self.more else ''}"
        if "://" in wanted:
            return f"no decision in these logs is about {wanted}"
        known = f"an id is the member id of a record, for example {self.last}" if self.last else "there is none at all"
        return f"no decision in these logs has the id {wanted!r}; {known}"
