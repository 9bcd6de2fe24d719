"""
The declarations and lists, of works and of sites, that runs had loaded, held against what is loaded now.

What a run withheld or let through rests on them: judging its items again without them finds nothing, which is no proof
that nothing reserves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tdm_guard.cli.console import say
from tdm_guard.errors import ConfigurationError
from tdm_guard.holdings import BUNDLED, LIST_SUFFIX, Holdings, bundled
from tdm_guard.log.members import entries, text_of
from tdm_guard.repertoire.excluded import Exclusions

MAX_ENTRIES = 1_000_000  # of all runs, each set once: a hundred runs of as many files as one can load
MAX_RUNS = 100_000  # names of runs kept in mind
MAX_LISTS = 1_000  # of sites, of one run; there are a handful
MAX_TOLD = 20  # that are missing, or changed, by name
MAX_NAME = 200  # characters of an id or a version, as many as a file may give
FLAG = "--without-declarations"
UNNAMED = ""  # of a run that loaded something, and whose record does not say what


class Had(NamedTuple):
    """A declaration or a list, as a run record names it."""

    id: str
    version: str
    sha256: str


class LoadedThen:
    """What each run had loaded, by the name of the run."""

    def __init__(self) -> None:
        self._sets: dict[tuple[Had, ...], tuple[Had, ...]] = {}  # runs of one crawler have the same
        self._runs: dict[str, tuple[Had, ...]] = {}
        self._lists: dict[str, tuple[Had, ...]] = {}  # of sites left out
        self._matching: set[str] = set()
        self._entries = 0

    def note_run(self, name: str, record: Mapping[str, Any]) -> None:
        """A run record. Raises `ConfigurationError` for more than can be kept."""
        if name not in self._runs and len(self._runs) >= MAX_RUNS:
            return
        if lists := tuple(dict.fromkeys(map(_had, entries(record, "excluded_sites")[:MAX_LISTS]))):
            self._lists[name] = lists
        found = tuple(dict.fromkeys(map(_had, entries(record, "repertoire"))))
        if not found and record.get("repertoire"):
            found = (Had(UNNAMED, "", ""),)
        if found not in self._sets:
            self._entries += len(found)
            if self._entries > MAX_ENTRIES:
                raise ConfigurationError(
                    f"recheck: these runs had more than {MAX_ENTRIES} declarations loaded; give fewer logs"
                )
            self._sets[found] = found
        self._runs[name] = self._sets[found]

    def note_item(self, record: Mapping[str, Any]) -> bool:
        """A decision, which says whether its run had something loaded, also where the run record is missing; true."""
        if record.get("repertoire") is not None and len(self._matching) < MAX_RUNS:
            self._matching.add(text_of(record, "run", 120) or "")
        return True

    def check(self, runs: Iterable[str], now: Holdings, *, without: bool) -> None:
        """
        Says what those runs had loaded as something else than now.

        Raises `ConfigurationError` for what is not loaded now, unless it is to go on `without`.
        """
        then = self.of(runs)
        gone = missing(then, now)
        if gone and not without:
            raise ConfigurationError(*(f"recheck: {each}" for each in gone))
        for each in (*gone, *changed(then, now)):
            say(each)

    def check_lists(self, runs: Iterable[str], now: Exclusions, *, without: bool) -> None:
        """The same of the lists of sites that those runs left out."""
        then = dict.fromkeys(had for name in runs for had in self._lists.get(name, ()))
        loaded = {source.id for source in now.sources}
        gone = list(dict.fromkeys(had.id for had in then if had.id not in loaded))
        if gone:
            named = ", ".join(gone[:MAX_TOLD]) + (f" and {len(gone) - MAX_TOLD} more" if len(gone) > MAX_TOLD else "")
            problem = f"a run left out the sites on {named}; give --excluded-sites FILE for each, or say {FLAG}"
            if not without:
                raise ConfigurationError(f"recheck: {problem}")
            say(problem)
        for each in changed(then, now):
            say(each)

    def of(self, runs: Iterable[str]) -> dict[Had, None]:
        """What those runs had loaded."""
        found: dict[Had, None] = {}
        for name in runs:
            had = self._runs.get(name, ())
            found.update(dict.fromkeys(had))
            if not had and name in self._matching:
                found[Had(UNNAMED, "", "")] = None
        return found


def missing(then: Iterable[Had], now: Holdings) -> tuple[str, ...]:
    """A sentence that names what is not loaded now and how to load it; none if all of it is."""
    loaded = {source.id for source in now.sources}
    gone = dict.fromkeys(had.id for had in then if had.id not in loaded)
    if UNNAMED in gone:
        del gone[UNNAMED]
        if not gone and not loaded:
            return (f"a run's declarations are not loaded now: give them with --repertoire, or say {FLAG}",)
    if not gone:
        return ()
    known = bundled()
    named = ", ".join(list(gone)[:MAX_TOLD]) + (f" and {len(gone) - MAX_TOLD} more" if len(gone) > MAX_TOLD else "")
    given = [f"--repertoire {BUNDLED}{name}" for name in gone if name in known][:MAX_TOLD]
    if not gone.keys() <= set(known):
        given.append("--repertoire FILE for each file that holds some")
    which = "some of its declarations" if loaded else "its declarations"
    return (f"a run had {named}; {which} are not loaded now: give {' '.join(given)}, or say {FLAG}",)


def changed(then: Iterable[Had], now: Holdings | Exclusions) -> Iterator[str]:
    """A sentence for each that is loaded now as another than then: another version, or in another file."""
    loaded = {source.id: source for source in now.sources}
    found = 0
    for had in then:
        current = loaded.get(had.id)
        if current is None or (current.version, current.sha256) == (had.version, had.sha256):
            continue
        found += 1
        if found > MAX_TOLD:
            continue
        if current.version != had.version:
            yield f"{had.id}: the run had version {had.version!r}, loaded now is {current.version!r}"
        else:
            what = "made from other files" if had.id.endswith(LIST_SUFFIX) else "in a file that was changed since"
            yield f"{had.id}: of the same version as the run had, {what}"
    if found > MAX_TOLD:
        yield f"{found - MAX_TOLD} more are not as the run had them"


def _had(entry: Mapping[str, Any]) -> Had:
    return Had(*(text_of(entry, name, MAX_NAME) or "" for name in Had._fields))
