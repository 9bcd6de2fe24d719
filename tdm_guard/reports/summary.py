"""Counts over logs of any size: memory grows with hosts and runs, both bounded, never with records."""

from __future__ import annotations

from collections import Counter, OrderedDict
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.decision import Match
from tdm_guard.errors import ConfigurationError, UnsupportedURL
from tdm_guard.log.members import entries, is_size, text_of
from tdm_guard.log.once import Addresses
from tdm_guard.model import Kind, Layer, Stance, Verdict
from tdm_guard.origin import Origin
from tdm_guard.reports.exclusions import Excluded
from tdm_guard.reports.exemption import Exempted
from tdm_guard.reports.faults import FaultCount
from tdm_guard.reports.quoted import Declaring
from tdm_guard.reports.remarks import Remarks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tdm_guard.log.reader import LogLine

MAX_HOSTS = 50_000  # counted by themselves, about 500 bytes each; those met later are counted together
MAX_RUNS = 1_000  # shown by themselves
MAX_SIGNALS = 100  # names a log can make up
MAX_PENDING = 50_000  # bodies streamed at one time
MAX_DECLARATIONS = 10_000  # declarations and lists counted by themselves, as many as one run can load files
OTHER = "(other hosts)"
ADDRESSES = ("decisions", "admitted", "no_content", "withheld", "against")  # members of a tally counted by address too
EXEMPT = "exempt"  # what is stored under a claim, by address
_WITHHOLDING = {verdict.value for verdict in Verdict if verdict.withholds}
_VERDICTS = {verdict.value for verdict in Verdict}
_MATCHES = {match.value for match in Match}


@dataclass(slots=True)
class Tally:
    """
    Decisions on one host, or on all.

    `admitted` counts content handed on; a response that carried none (an error page, a redirect) is in `no_content`.
    `against` are admitted ones that something reserved, or might have, under `mode = "observe"`.
    `admitted_bytes` are bytes as received, of admitted content whose size is in the log.
    """

    decisions: int = 0
    admitted: int = 0
    no_content: int = 0
    withheld: int = 0
    against: int = 0
    admitted_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as its first record tells of it."""

    run: str
    ts: str | None
    tool: str | None
    agent: str | None
    usages: tuple[str, ...]
    posture: str | None
    mode: str | None


class Loaded(NamedTuple):
    """A declaration, or a list of what one covers (`size`: the bytes it was made from), that a run had loaded."""

    id: str
    version: str
    sha256: str
    size: str


@dataclass(slots=True)
class Works:
    """
    What declarations over repertoires came to.

    `matches` counts the decisions of runs that had some loaded: matched, not-matched, unmatchable; `declarations`, by
    verdict, those that name a declaration, also where it was lifted or released; `said` is what each of these says.
    """

    matches: Counter[str] = field(default_factory=Counter)
    declarations: dict[str, Counter[str]] = field(default_factory=dict)
    said: dict[str, Declaring] = field(default_factory=dict)
    loaded: dict[Loaded, None] = field(default_factory=dict)


@dataclass(slots=True)
class Summary:
    """
    What the logs come to.

    `verdicts` counts decisions; `signals` counts, by verdict, the decisions that rest on a statement of that signal;
    `excluded` those that rest on a list of sites, which is none.
    `addresses` counts what decisions are about, each address once. `unread` counts lines that are no record.
    `edge_refused`: answers by which a site's edge refuses what its robots.txt allows. `remarks`: what must be known of
    the logs themselves, and what was left out.
    """

    total: Tally = field(default_factory=Tally)
    verdicts: Counter[str] = field(default_factory=Counter)
    signals: dict[str, Counter[str]] = field(default_factory=dict)
    works: Works = field(default_factory=Works)
    hosts: dict[str, Tally] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    more_runs: int = 0
    first: str | None = None
    last: str | None = None
    unread: int = 0
    edge_refused: int = 0
    exempted: Exempted = field(default_factory=Exempted)
    excluded: Excluded = field(default_factory=Excluded)
    addresses: dict[str, int] = field(default_factory=dict)
    faults: FaultCount = field(default_factory=FaultCount)
    remarks: Remarks = field(default_factory=Remarks)

    @property
    def observed(self) -> bool:
        """True if a run of these logs let reservations pass."""
        return self.total.against > 0 or any(run.mode == "observe" for run in self.runs)


def summarise(lines: Iterable[LogLine], *, some: bool = False) -> Summary:
    """
    Counts of all decisions. Raises `ConfigurationError` if the lines hold not a single record of ours.

    `some`: these are the lines chosen of a log, perhaps none.
    """
    summary = Summary()
    pending: OrderedDict[str, str] = OrderedDict()  # decision id: host, of bodies that may come later
    records = 0
    with closing(Addresses((*ADDRESSES, EXEMPT))) as addresses:
        for line in lines:
            if line.record is None:
                summary.unread += 1
            elif line.type == "decision":
                records += 1
                addresses.add(line.record, _count_decision(summary, line.record, pending))
                summary.faults.add(line.record)
            elif line.type == "run":
                records += 1
                _count_run(summary, line.record)
            elif line.type == "body":
                _count_body(summary, line.record, pending)
        summary.addresses = addresses.counts()
    if not records and not some:
        raise ConfigurationError("no line is a record of a compliance log; for example tdm-guard.jsonl")
    return summary


def host_of(record: Mapping[str, Any]) -> str:
    """The host a decision is about: without scheme and port, so that a site counts once."""
    for name in ("origin", "url"):
        try:
            return Origin.parse(text_of(record, name) or "").host
        except UnsupportedURL:
            continue
    return "(no host)"


def _count_decision(summary: Summary, record: Mapping[str, Any], pending: OrderedDict[str, str]) -> tuple[bool, ...]:
    """Counts a decision, and gives which of `ADDRESSES` it is, and whether it is stored under a claim."""
    named = text_of(record, "verdict")
    verdict = named if named in _VERDICTS else "unknown"
    admitted, content = record.get("admitted") is True, record.get("content") is True
    size = record.get("bytes")
    host = host_of(record)
    stored = admitted and content
    kinds = (True, stored, admitted and not content, not admitted, stored and verdict in _WITHHOLDING)
    for tally in (summary.total, _tally(summary, host)):
        for name, counts in zip(ADDRESSES, kinds, strict=True):
            setattr(tally, name, getattr(tally, name) + counts)
        if admitted and content and is_size(size):
            tally.admitted_bytes += size
    if admitted and content and size is None and (ident := text_of(record, "id")):
        pending[ident] = host
        if len(pending) > MAX_PENDING:
            pending.popitem(last=False)
    summary.verdicts[verdict] += 1
    said = [item for item in entries(record, "because") if item.get("kind") != Kind.EXCLUSION]
    for name in {text_of(item, "signal", 40) or "unknown" for item in said}:
        if name in summary.signals or len(summary.signals) < MAX_SIGNALS:
            summary.signals.setdefault(name, Counter())[verdict] += 1
    if any(item.get("kind") == Kind.ACCESS and item.get("stance") == Stance.UNSTATED for item in said):
        summary.edge_refused += 1
    _count_works(summary.works, record, verdict)
    summary.exempted.count_decision(record)
    summary.excluded.count_decision(record)
    if stamp := text_of(record, "ts", 40):
        summary.first = min(summary.first or stamp, stamp)
        summary.last = max(summary.last or stamp, stamp)
    return (*kinds, stored and verdict == Verdict.EXEMPT)


def _count_works(works: Works, record: Mapping[str, Any], verdict: str) -> None:
    match = text_of(record, "repertoire", 40)
    if match is None:
        return
    works.matches[match if match in _MATCHES else "unknown"] += 1
    because = [entry for entry in entries(record, "because") if entry.get("layer") == Layer.REPERTOIRE]
    for name, entry in {text_of(entry, "source", 200) or "unknown": entry for entry in because}.items():
        if name in works.declarations or len(works.declarations) < MAX_DECLARATIONS:
            works.declarations.setdefault(name, Counter())[verdict] += 1
            works.said[name] = Declaring.of(entry)  # what was said last, of an entry that was mended between runs


def _count_run(summary: Summary, record: Mapping[str, Any]) -> None:
    summary.exempted.count_run(record)
    summary.excluded.count_run(record)
    for entry in entries(record, "repertoire")[:MAX_DECLARATIONS]:
        if len(summary.works.loaded) < MAX_DECLARATIONS:
            summary.works.loaded[Loaded(*(text_of(entry, name, 200) or "" for name in Loaded._fields))] = None
    if len(summary.runs) >= MAX_RUNS:
        summary.more_runs += 1
        return
    usages = record.get("usages")
    summary.runs.append(
        Run(
            run=text_of(record, "run", 120) or "",
            usages=tuple(item[:40] for item in usages[:20] if isinstance(item, str))
            if isinstance(usages, list)
            else (),
            **{name: text_of(record, name, 120) for name in ("ts", "tool", "agent", "posture", "mode")},
        )
    )


def _count_body(summary: Summary, record: Mapping[str, Any], pending: OrderedDict[str, str]) -> None:
    host = pending.pop(text_of(record, "decision") or "", None)
    size = record.get("bytes")
    if host is not None and is_size(size):
        for tally in (summary.total, _tally(summary, host)):
            tally.admitted_bytes += size


def _tally(summary: Summary, host: str) -> Tally:
    if host not in summary.hosts and len(summary.hosts) >= MAX_HOSTS:
        host = OTHER
    return summary.hosts.setdefault(host, Tally())
