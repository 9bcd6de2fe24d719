"""The lists of works to which authorisations are narrowed: opened beside the file that names them, each once a run."""

from __future__ import annotations

import os
from pathlib import Path

from tdm_guard.errors import ConfigurationError
from tdm_guard.lists.index import ListIndex, open_list
from tdm_guard.repertoire.authorisation import Authorisation
from tdm_guard.repertoire.licensed import Licensed
from tdm_guard.repertoire.problem import Problem, Severity

_GOOD = '["licensed.tdmlist"], made by tdm-guard repertoire import'


class PartLicences:
    """What was opened so far, by the paths of the lists; `paths` tells a licensed list from one of a declaration."""

    def __init__(self) -> None:
        self.licensed: list[Licensed] = []
        self._lists: dict[str, ListIndex] = {}

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(self._lists)

    @property
    def digests(self) -> tuple[str, ...]:
        """SHA-256 of what each list was made from."""
        return tuple(index.sha256 for index in self._lists.values())

    def open(self, authorisation: Authorisation, where: str, folder: Path) -> tuple[Problem, ...]:
        """Opens the lists of an authorisation that stands at `where` in a file of `folder`; what is wrong with them."""
        works = authorisation.scope.works
        if works is None:
            return ()
        problems: list[Problem] = []
        lists: list[ListIndex] = []
        for at, name in enumerate(works.lists):
            place, path = f"{where}.scope.works[{at}]", folder / name
            try:
                lists.append(self._list(path))
            except ConfigurationError as error:
                message = error.problems[0].partition("; for example ")[0]
                problems.append(Problem(place, message, _GOOD, unreadable="cannot be read" in message))
                continue
            named = authorisation.scope.declarations
            if named and lists[-1].declaration not in (*named, authorisation.id):
                told = f"{name} is a list of {lists[-1].declaration!r}, which this authorisation does not name"
                problems.append(Problem(place, told, severity=Severity.WARNING))
        if not any(problem.severity is Severity.MISTAKE for problem in problems):
            self.licensed.append(Licensed(authorisation, lists))
        return tuple(problems)

    def _list(self, path: Path) -> ListIndex:
        try:
            real = os.path.realpath(path)
        except (OSError, ValueError):  # a null character in the name
            return open_list(path)
        if real not in self._lists:
            self._lists[real] = open_list(path)
        return self._lists[real]
