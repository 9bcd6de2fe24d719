"""
Do the lines beside a log fit what its decisions committed to; and what is missing, was it forgotten on purpose?

strategy: handed the decisions in the log's order, as they stand in their lines. A member that was altered is an error,
so is one that is missing, unless the run's `deletion` records say how many were removed, and that is how many are gone.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.log.aside import Aside
from tdm_guard.log.bodies import shown
from tdm_guard.log.compressed import DAMAGED
from tdm_guard.log.members import is_size
from tdm_guard.log.personal import commitment, joined, side_of, without
from tdm_guard.plain import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tdm_guard.log.reader import LogLine

MAX_TOLD = 100  # decisions of a run of which it is told one by one what is wrong; then they are counted


class PersonalFinding(NamedTuple):
    """What is said of a run or of a file beside a log; `explained`: a remark on what is as it should be."""

    path: str
    message: str
    is_error: bool
    explained: bool = False


class PersonalChecks:
    """The split decisions of logs, file after file. `forgotten` counts, by run, those whose members are gone."""

    def __init__(self) -> None:
        self.forgotten: Counter[str] = Counter()
        self._deleted: Counter[str] = Counter()
        self._altered: Counter[str] = Counter()
        self._split: set[str] = set()
        self._paths: dict[str, str] = {}  # where decisions of a run stand that lack their members
        self._findings: list[PersonalFinding] = []
        self._aside: Aside | None = None
        self._path = ""

    def whole(self, line: LogLine, record: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
        """
        A decision with `personal`, as its line has it: with its members if they are there; and what is wrong.

        One that `read_log` gave back without them is not looked for again.
        """
        run, seq, stated, path = record.get("run"), record.get("seq"), record.get("personal"), line.path
        if not isinstance(run, str) or not isinstance(seq, int):
            return without(record), None
        self._split.add(run)
        if record.get("forgotten") is True and b'"forgotten"' not in line.raw:
            self._missing(run, path)
            return record, None
        aside = self._beside(path)
        try:
            side = aside.of(run, seq) if aside is not None else None
        except DAMAGED as error:
            self._damaged(path, error)
            side = None
        if side is None:
            self._missing(run, path)
            return without(record), None
        if commitment(side.salt, side.members) != stated:
            self._altered[run] += 1
            told = self._altered[run] <= MAX_TOLD
            words = "the personal members beside the log are not those that the record was written with"
            return without(record), words if told else None
        try:
            members = json.loads(side.members)
        except (ValueError, RecursionError):
            return without(record), "the personal members beside the log are no JSON"
        return joined(record, members), None

    def _missing(self, run: str, path: str) -> None:
        self.forgotten[run] += 1
        self._paths.setdefault(run, path)

    def deleted(self, record: Mapping[str, Any]) -> None:
        """Hears a deletion record; one that lists `hashes` is about tombstones, and none of this."""
        run, count = record.get("run"), record.get("decisions")
        if isinstance(run, str) and is_size(count) and record.get("hashes") is None:
            self._deleted[run] += count

    def close(self) -> Iterator[PersonalFinding]:
        """What is to be said when all was read."""
        self._leave()
        yield from self._findings
        for run in sorted(self.forgotten.keys() | (self._deleted.keys() & self._split)):
            gone, said, path = self.forgotten[run], self._deleted[run], self._paths.get(run, self._path)
            name = shown(run)
            if gone == said and said:
                yield PersonalFinding(path, f"run {name}: {gone} forgotten, content not checkable", False, True)
            elif not said:
                words = f"run {name}: {gone} without their personal members, and no deletion record says why"
                yield PersonalFinding(path, words, True)
            elif gone > said:
                words = f"run {name}: {gone} without their personal members, and deletion records say {said}"
                yield PersonalFinding(path, words, True)
            else:
                words = f"run {name}: deletion records say {said} forgotten, but of these {said - gone} are there again"
                yield PersonalFinding(path, words, True)
        for run, count in self._altered.items():
            if count > MAX_TOLD:
                yield PersonalFinding(
                    self._path, f"run {shown(run)}: {count} with altered personal members in all", True
                )

    def _beside(self, path: str) -> Aside | None:
        if path != self._path or self._aside is None:
            self._leave()
            self._path, self._aside = path, Aside(path)
        return self._aside

    def _leave(self) -> None:
        """Done with a file: what is left beside it belongs to nothing."""
        aside, self._aside = self._aside, None
        if aside is None:
            return
        try:
            rest = aside.rest()
        except DAMAGED as error:
            self._damaged(self._path, error)
            rest = 0
        aside.close()
        if rest:
            lines = "1 line belongs" if rest == 1 else f"{rest} lines belong"
            words = f"{lines} to no decision of the log: written before a crash"
            self._findings.append(PersonalFinding(side_of(self._path) or self._path, words, False))

    def _damaged(self, path: str, error: Exception) -> None:
        words = f"cannot be read beside the log: {bounded(str(error), 200)}"
        self._findings.append(PersonalFinding(side_of(path) or path, words, True))
