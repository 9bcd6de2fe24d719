"""Which decisions of the logs a report is about: those that its caller chose by name and time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tdm_guard.errors import ConfigurationError, UnsupportedURL
from tdm_guard.log.members import entries, text_of
from tdm_guard.model import Layer, Verdict
from tdm_guard.origin import Origin
from tdm_guard.plain import nearest, printable, timestamp
from tdm_guard.reports.faults import ITEM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tdm_guard.log.reader import LogLine

MAX_NAMES = 50_000  # of a kind, kept in mind to tell a name that no log has from one that was left out; some MB
_VERDICTS = tuple(verdict.value for verdict in Verdict)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_GOOD = "2026-01-31, or 2026-01-31T12:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """
    What to report on; empty is everything. Names of one kind are alternatives, kinds add up.

    `since` and `until` are times as records have them, both inclusive.
    """

    run: frozenset[str] = frozenset()
    host: frozenset[str] = frozenset()
    declaration: frozenset[str] = frozenset()
    verdict: frozenset[str] = frozenset()
    signal: frozenset[str] = frozenset()
    since: str | None = None
    until: str | None = None

    @classmethod
    def read(
        cls, names: Mapping[str, Sequence[str] | None], *, since: str | None = None, until: str | None = None
    ) -> Filters:
        """
        Filters from what a caller wrote: names by kind, several with commas, and days (UTC) or RFC 3339 times.

        Raises `ConfigurationError` with every mistake.
        """
        problems: list[str] = []
        given = {
            kind: [name for value in values or () for part in value.split(",") if (name := part.strip())]
            for kind, values in names.items()
        }
        problems += [f"--{kind}: is empty" for kind, values in names.items() if values and not given[kind]]
        for name in given.get("verdict", ()):
            if name not in _VERDICTS:
                near = nearest(name, _VERDICTS)
                hint = f"; did you mean {near}?" if near else ""
                problems.append(f"--verdict: {name[:80]!r} is not one of {', '.join(_VERDICTS)}{hint}")
        hosts = [_host(name, problems) for name in given.pop("host", ())]
        moments = {
            kind: _moment(kind, value, problems)
            for kind, value in (("since", since), ("until", until))
            if value is not None
        }
        if not problems and since and until and str(moments["until"]) < str(moments["since"]):
            problems.append(f"--until: {until} is before --since {since}")
        if problems:
            raise ConfigurationError(*problems)
        kinds: dict[str, Any] = {kind: frozenset(values) for kind, values in given.items()}
        return cls(host=frozenset(hosts), since=moments.get("since"), until=moments.get("until"), **kinds)

    def __bool__(self) -> bool:
        return self != Filters()

    def told(self) -> str:
        """In words: `run r-1, host a.example or b.example, since 2026-01-01`."""
        kinds = ("run", "host", "declaration", "verdict", "signal")
        parts = [f"{kind} {' or '.join(sorted(names))}" for kind in kinds if (names := getattr(self, kind))]
        parts += [f"{kind} {moment}" for kind in ("since", "until") if (moment := getattr(self, kind))]
        return ", ".join(parts)

    def of_time(self, record: Mapping[str, Any]) -> bool:
        """True if the run and the time of a record are wanted."""
        if self.run and text_of(record, "run", 240) not in self.run:
            return False
        if self.since is None and self.until is None:
            return True
        stamp = _stamp(text_of(record, "ts", 40))
        return stamp is not None and (self.since or "") <= stamp <= (self.until or "A")

    def of_kind(self, record: Mapping[str, Any]) -> bool:
        """True if what was decided, where and why is wanted."""
        if self.verdict and text_of(record, "verdict", 40) not in self.verdict:
            return False
        if self.host and self.host.isdisjoint(hosts_of(record)):
            return False
        because = entries(record, "because") if self.signal or self.declaration else []
        if self.signal and self.signal.isdisjoint(text_of(entry, "signal", 40) or "unknown" for entry in because):
            return False
        return not self.declaration or not self.declaration.isdisjoint(_declarations(because))


@dataclass(slots=True)
class Chosen:
    """The decisions that filters choose: how many are left out, and which names the logs have."""

    filters: Filters
    left_out: int = 0
    forgotten: int = 0
    buried: int = 0
    _names: dict[str, dict[str, None]] = field(default_factory=dict, repr=False)

    def lines(self, lines: Iterable[LogLine], *, of_kind: bool = True) -> Iterator[LogLine]:
        """The lines without the decisions that are not wanted; without `of_kind` by run and time only."""
        for line in lines:
            record = line.record
            if record is not None and (line.type == "forgotten" or record.get("forgotten") is True):
                self._forgotten(line.type, record)
            if record is None or not self.filters:
                yield line
                continue
            self._remember(line.type, record)
            if line.type == "decision":
                if not self.filters.of_time(record) or (of_kind and not self.filters.of_kind(record)):
                    self.left_out += 1
                    continue
            elif self.filters.run and text_of(record, "run", 240) not in self.filters.run:
                continue
            yield line

    def _forgotten(self, kind: str | None, record: Mapping[str, Any]) -> None:
        """Counts a decision that was forgotten, of the runs and times wanted: of what kind it was is not known."""
        if self.filters.of_time(record):
            self.forgotten += 1
            self.buried += kind == "forgotten"

    def wants(self, record: Mapping[str, Any]) -> bool:
        """True if what was decided, where and why is wanted; else it is left out, too."""
        wanted = self.filters.of_kind(record)
        self.left_out += not wanted
        return wanted

    def _remember(self, kind: str | None, record: Mapping[str, Any]) -> None:
        if kind == "run":
            self._note("run", [text_of(record, "run", 240)])
            self._note("declaration", [text_of(entry, "id", 200) for entry in entries(record, "repertoire")])
        elif kind == "decision":
            self._note("run", [text_of(record, "run", 240)])
            if self.filters.host:
                self._note("host", hosts_of(record))
            if self.filters.signal:
                self._note("signal", [text_of(entry, "signal", 40) for entry in entries(record, "because")])
            if self.filters.declaration:
                self._note("declaration", _declarations(entries(record, "because")))

    def _note(self, kind: str, names: Iterable[str | None]) -> None:
        wanted: frozenset[str] = getattr(self.filters, kind)
        if not wanted:
            return
        known = self._names.setdefault(kind, {})
        for name in names:
            if name and (name in wanted or len(known) < MAX_NAMES):
                known[name] = None

    def check(self) -> None:
        """Raises `ConfigurationError` for a name that is in none of these logs, when all of them were read."""
        problems: list[str] = []
        for kind in ("run", "host", "declaration", "signal"):
            known = self._names.get(kind, {})
            ours = _names_of_signals() if kind == "signal" and self.filters.signal else frozenset[str]()
            for name in sorted(getattr(self.filters, kind) - known.keys() - ours):
                near = nearest(name, [*known, *ours]) or next(iter(known), None)
                hint = f"; for example {near}" if near else ""
                problems.append(f"--{kind}: no decision in these logs has {name[:200]!r}{hint}")
        if problems:
            raise ConfigurationError(*map(printable, problems))


def _names_of_signals() -> frozenset[str]:
    """Names that no log need have. Loaded when they are asked for: a command that filters by none starts without."""
    from tdm_guard.repertoire.excluded import NAME  # noqa: PLC0415
    from tdm_guard.signals import SIGNALS  # noqa: PLC0415

    return frozenset({*(signal.name for signal in SIGNALS), NAME})


def hosts_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The host that a decision is about, and the same with its port; none if there is none."""
    for name in ("origin", "url"):
        try:
            origin = Origin.parse(text_of(record, name) or "")
        except UnsupportedURL:
            continue
        return origin.host, f"{origin.host}:{origin.port}"
    return ()


def _declarations(because: Iterable[Mapping[str, Any]]) -> list[str]:
    # What the caller handed in has a place among works, and no declaration.
    works = [entry for entry in because if entry.get("layer") == Layer.REPERTOIRE and entry.get("carrier") != ITEM]
    return [name for entry in works if (name := text_of(entry, "source", 200))]


def _host(name: str, problems: list[str]) -> str:
    """A host as records spell it, with its port if it is given one; of an address its host."""
    plain = name if "://" in name else f"http://{name}"
    try:
        origin = Origin.parse(plain)
    except UnsupportedURL:
        problems.append(f"--host: {name[:200]!r} is no host; for example www.example.org")
        return name
    authority = plain.partition("://")[2].partition("/")[0]
    return f"{origin.host}:{origin.port}" if re.search(r":\d+\Z", authority) else origin.host


def _moment(kind: str, text: str, problems: list[str]) -> str:
    """A day or a time as records have it: of a day its first moment, for `until` its last."""
    text = text.strip()
    try:
        if _DAY.fullmatch(text):
            day = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
            return timestamp(day + timedelta(days=1, microseconds=-1) if kind == "until" else day)
        moment = datetime.fromisoformat(text)
        if "T" in text.upper() and moment.tzinfo is not None:
            return timestamp(moment)
    except (ValueError, OverflowError):
        pass
    problems.append(f"--{kind}: {text[:80]!r} is no day and no RFC 3339 time; for example {_GOOD}")
    return ""


def _stamp(text: str | None) -> str | None:
    """The time of a record in one spelling, so that it can be compared as text."""
    if text is None or (len(text) == 27 and text[-1] == "Z"):
        return text
    try:
        moment = datetime.fromisoformat(text)
        return timestamp(moment) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
