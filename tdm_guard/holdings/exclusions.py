"""The files of the option `excluded_sites`, read like those of the repertoire: all of them before anything is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from tdm_guard.holdings.files import Reader
from tdm_guard.plain import nearest, suggested
from tdm_guard.repertoire.excluded import GOOD_LIST, ExcludedList, Exclusions, read_excluded
from tdm_guard.repertoire.problem import Problem, Severity, shown

KIND = "excluded_sites"


class ListReader(Reader):
    """What has been read so far of lists."""

    option = KIND
    suffixes = (".toml",)
    good_name = '["court-lists.toml"]'
    good_file = f"a file with an [[{KIND}]] table"
    good_size = "several files, each a part"

    def __init__(self) -> None:
        super().__init__()
        self.excluded: list[tuple[ExcludedList, tuple[str, ...]]] = []
        self._places: dict[str, str] = {}

    def _broken(self, message: str, raw: bytes) -> tuple[str, str]:
        lines = (line.strip() for line in raw.decode("utf-8-sig", "replace").splitlines())
        first = next((line for line in lines if line and not line.startswith("#")), "")
        if "=" in first or first.startswith("["):
            return message, self.good_file
        return f"{message}. A plain list of domains says not whose it is: a table goes before it", GOOD_LIST

    def _content(self, name: str, content: Mapping[str, Any], sha256: str) -> None:
        for member in content:
            if member != KIND:
                hint = "; it belongs to the option repertoire" if member == "declarations" else ""
                good = f"[[{nearest(member, [KIND]) or KIND}]]"
                self._mistake(f"{name}: {member}", f"unknown member{hint or suggested(member, [KIND])}", good)
        if not content:
            self._mistake(name, "holds no list", f"[[{KIND}]]")
        for where, (read, names) in self._values(name, content, KIND, read_excluded):
            if read.id in self._places:
                self._mistake(f"{where}.id", f"{shown(read.id)} is also the id at {self._places[read.id]}")
                continue
            self._places[read.id] = where
            self.excluded.append((replace(read, sha256=sha256), names))

    def _bundled(self, name: str) -> None:
        self._mistake(self.option, f"{shown(name)}: no such list is bundled", self.good_name)

    def _list(self, path: Path) -> None:
        self._mistake(str(path), "is a list of works, not of sites", self.good_name)

    def check_dates(self, today: date) -> None:
        """Note lists of a day that is still to come."""
        for each, _ in self.excluded:
            if each.date > today:
                where = f"{self._places[each.id]}.date"
                self.problems.append(Problem(where, f"{each.date} is still to come", severity=Severity.WARNING))


def load_exclusions(names: Sequence[str | Path]) -> Exclusions:
    """The lists in the files and folders named. Raises `ConfigurationError` with every mistake in them."""
    reader = ListReader()
    reader.read(names)
    reader.stop_at_mistakes()
    return Exclusions(reader.excluded, tuple(reader.problems))


def lint_exclusions(names: Sequence[str | Path], *, today: date | None = None) -> tuple[Problem, ...]:
    """Every problem in the files named, in their order; with `today`, lists of a later day are named too."""
    reader = ListReader()
    reader.read(names)
    if today is not None:
        reader.check_dates(today)
    return tuple(reader.problems)
