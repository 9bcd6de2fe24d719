"""What runs say of themselves, and what came of the reservations that were heard: over all decisions of the logs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.log.members import entries, text_of
from tdm_guard.model import Verdict
from tdm_guard.reports.exclusions import exclusions, is_excluded_alone
from tdm_guard.signals import SIGNALS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_RUNS = 10_000  # told apart; those met later count as one without a name
MAX_NAMES = 200  # agents, tools, signals and the like that are named
MAX_HOLDERS = 10_000  # rightsholders counted by themselves; those met later are counted together
MAX_ARCHIVES = 100  # told apart, and of one run
OTHERS = "(others)"
EXCLUSION = "exclusion"  # kind of a statement that a list of excluded sites makes
_WITHHOLDING = frozenset(verdict.value for verdict in Verdict if verdict.withholds)
_VERSIONS = {signal.name: (signal.title, signal.spec) for signal in SIGNALS}


class Archive(NamedTuple):
    """What a third party compiled and offers whole: its name, and where it is."""

    name: str
    link: str | None = None


@dataclass(slots=True)
class RunTold:
    """A run as its first record tells of it."""

    agent: str | None = None
    posture: str | None = None
    mode: str | None = None
    tool: str | None = None
    operator: str | None = None
    usages: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    archives: tuple[Archive, ...] = ()
    decisions: int = 0
    ended: bool = False


class Protocol(NamedTuple):
    """One way of reserving that was listened to: its version as implemented, and the decisions that rest on it."""

    signal: str
    title: str
    version: str
    runs: int
    withheld: int
    stored_against: int
    other: int


@dataclass(slots=True)
class Measures:
    """
    Counts of all decisions. `against`: stored although something reserved it, or might have (`mode = "observe"`).

    `holders` counts, by rightsholder, the decisions in which one is named; `lifted` those in which an authorisation
    lifted something; `excluded` those that a list of excluded sites withheld, `stored_excluded` those that one
    would have.
    """

    runs: dict[str, RunTold] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    signals: dict[str, Counter[str]] = field(default_factory=dict)
    holders: Counter[str] = field(default_factory=Counter)
    stored: int = 0
    withheld: int = 0
    against: int = 0
    exempt: int = 0
    lifted: int = 0
    excluded: int = 0
    stored_excluded: int = 0

    def run(self, record: Mapping[str, Any]) -> None:
        """The record of a run."""
        name = text_of(record, "run", 240) or ""
        if len(self.runs) >= MAX_RUNS and name not in self.runs:
            return
        told = self.runs.setdefault(name, RunTold())
        operator = record.get("operator")
        told.agent, told.posture, told.mode, told.tool = (
            text_of(record, member, 120) for member in ("agent", "posture", "mode", "tool")
        )
        told.operator = text_of(operator, "name", 200) if isinstance(operator, dict) else None
        told.usages, told.signals = _names(record, "usages"), _names(record, "signals")
        told.archives = tuple(_archives(record))

    def end(self, record: Mapping[str, Any]) -> None:
        """The end of a run."""
        if told := self.runs.get(text_of(record, "run", 240) or ""):
            told.ended = True

    def decision(self, record: Mapping[str, Any], *, stored: bool) -> RunTold | None:
        """Counts a decision; gives its run, if that was told of."""
        named = text_of(record, "verdict", 40) or ""
        because = entries(record, "because")
        observed = stored and named in _WITHHOLDING
        against = observed and not is_excluded_alone(record)
        withheld = record.get("admitted") is not True
        self.verdicts[named if named in set(Verdict) else "unknown"] += 1
        self.stored += stored
        self.withheld += withheld
        self.against += against
        self.exempt += stored and named == Verdict.EXEMPT
        self.lifted += bool(stored and record.get("authorisations"))
        self.excluded += withheld and bool(exclusions(record))
        self.stored_excluded += observed and bool(exclusions(record))
        came_to = "withheld" if withheld else "stored_against" if against else "other"
        said = (entry for entry in because if entry.get("kind") != EXCLUSION)  # which is no reservation of rights
        for name in {text_of(entry, "signal", 40) or "unknown" for entry in said}:
            self._signal(name)[came_to] += 1
        for holder in {text_of(entry, "rightsholder", 200) or "" for entry in because} - {""}:
            self.holders[holder if holder in self.holders or len(self.holders) < MAX_HOLDERS else OTHERS] += 1
        told = self.runs.get(text_of(record, "run", 240) or "")
        if told is not None:
            told.decisions += 1
        return told

    def _signal(self, name: str) -> Counter[str]:
        if name not in self.signals and len(self.signals) >= MAX_NAMES:
            name = OTHERS
        return self.signals.setdefault(name, Counter())

    @property
    def used(self) -> list[RunTold]:
        """The runs that decided something here; all, if none did."""
        return [run for run in self.runs.values() if run.decisions] or list(self.runs.values())

    @property
    def observed(self) -> bool:
        """True if a run let reservations pass."""
        return self.against + self.stored_excluded > 0 or any(run.mode == "observe" for run in self.used)

    def named(self, member: str, *, archives: bool | None = None) -> list[str]:
        """What runs have as a member, each once; of those that judged archives, or of the others."""
        found: dict[str, None] = {}
        for run in self.used:
            if archives is None or bool(run.archives) is archives:
                value = getattr(run, member)
                found |= dict.fromkeys(value if isinstance(value, tuple) else filter(None, [value]))
        return list(found)[:MAX_NAMES]

    def protocols(self) -> Iterator[Protocol]:
        """The ways of reserving that a run listened to, or that a decision rests on."""
        runs = Counter(name for run in self.used for name in run.signals)
        for name in dict.fromkeys([*_VERSIONS, *runs, *self.signals]):
            counts = self.signals.get(name, Counter())
            if runs[name] or counts:
                title, version = _VERSIONS.get(name, (name, "a signal of the operator's own"))
                yield Protocol(
                    name, title, version, runs[name], counts["withheld"], counts["stored_against"], counts["other"]
                )


def _names(record: Mapping[str, Any], member: str) -> tuple[str, ...]:
    value = record.get(member)
    return tuple(item[:80] for item in value[:MAX_NAMES] if isinstance(item, str)) if isinstance(value, list) else ()


def _archives(record: Mapping[str, Any]) -> Iterator[Archive]:
    """What a run judged that somebody else had compiled: names, or tables with a name and an address."""
    for member in ("archive", "archives"):
        value = record.get(member)
        for each in (value if isinstance(value, list) else [value])[:MAX_ARCHIVES]:
            if isinstance(each, dict):
                link = next((text for name in ("url", "link", "address") if (text := text_of(each, name, 1024))), None)
                names = ("name", "id", "path", "file", "title")
                name = next((text for part in names if (text := text_of(each, part, 200))), link)
                if name:
                    yield Archive(name, link)
            elif isinstance(each, str) and each:
                yield Archive(each[:200])
