"""Counts over logs of any size: memory grows with hosts and runs, both bounded, never with records."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tdm_guard.errors import ConfigurationError, UnsupportedURL
from tdm_guard.log.addresses import Addresses
from tdm_guard.log.members import entries, is_size, text_of
from tdm_guard.model import Kind, Layer, Stance
from tdm_guard.origin import Origin
from tdm_guard.reports.alike import Alike, Likes
from tdm_guard.reports.asking import Asking
from tdm_guard.reports.exclusions import Excluded
from tdm_guard.reports.exemption import Exempted
from tdm_guard.reports.faults import FaultCount
from tdm_guard.reports.figures import Loaded, Mandate, Reasons, Run, Tally, Works
from tdm_guard.reports.quoted import Declaring
from tdm_guard.reports.reasons import count_reasons
from tdm_guard.reports.remarks import Remarks
from tdm_guard.reports.sources import Source
from tdm_guard.reports.worklist import Worklist

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tdm_guard.log.reader import LogLine
    from tdm_guard.reports.lane import Lane

MAX_HOSTS = 50_000  # counted by themselves, about 500 bytes each; those met later are counted together
MAX_RUNS = 1_000  # shown by themselves
MAX_SIGNALS = 100  # names a log can make up
MAX_MEDIA_TYPES = 500  # names a site can make up
MAX_DAYS = 4_000  # ten years, counted by day; those met later are counted together
MAX_DECLARATIONS = 10_000  # declarations and lists counted by themselves, as many as one run can load files
MAX_WORKS = 1_000  # of one declaration, counted by themselves; those met later are counted together
OTHER = "(other hosts)"
OTHERS = "(others)"
NO_TYPE = "(none received)"
ADDRESSES = ("decisions", "admitted", "no_content", "withheld", "against")  # members of a tally counted by address too
EXEMPT = "exempt"  # what is stored under a claim, by address
STORED_EXCLUDED = "stored_although_excluded"  # in observe mode, by address
_MATCHES = {"matched", "not-matched", "unmatchable"}


@dataclass(slots=True)
class Summary:
    """
    What the logs come to.

    `verdicts` counts decisions; `signals` counts, by verdict, the decisions that rest on a statement of that signal,
    `excluded` those that rest on a list of sites, which is none; `days` and `media` count decisions by day (UTC) and by
    media type of the answer, each by verdict. `addresses` counts what decisions are about, each address once; `asks`
    whom to ask, of each address by the last decision on it. `unread` counts lines that are no record. `edge_refused`:
    answers by which a site's edge refuses what its robots.txt allows. `sources` are the files read; `remarks`: what
    must be known of the logs, and what was left out.
    """

    total: Tally = field(default_factory=Tally)
    verdicts: Counter[str] = field(default_factory=Counter)
    signals: dict[str, Counter[str]] = field(default_factory=dict)
    days: dict[str, Counter[str]] = field(default_factory=dict)
    media: dict[str, Counter[str]] = field(default_factory=dict)
    works: Works = field(default_factory=Works)
    reasons: Reasons = field(default_factory=Reasons)
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
    asks: Worklist = field(default_factory=Worklist)
    faults: FaultCount = field(default_factory=FaultCount)
    sources: tuple[Source, ...] = ()
    remarks: Remarks = field(default_factory=Remarks)

    @property
    def observed(self) -> bool:
        """True if a run of these logs let reservations or exclusions pass."""
        return self.total.against + self.excluded.stored > 0 or any(run.mode == "observe" for run in self.runs)


def summarise(lines: Iterable[LogLine], *, some: bool = False, lane: Lane | None = None) -> Summary:
    """
    Counts of all decisions. Raises `ConfigurationError` if the lines hold not a single record of ours.

    `some`: these are the lines chosen of a log, perhaps none. `lane`: by which usual decisions come.
    """
    summary = Summary()
    records = 0
    asking = Asking()
    ended: dict[str, Run] = {}
    with closing(Addresses((*ADDRESSES, EXEMPT, STORED_EXCLUDED))) as addresses:
        likes = Likes(addresses, asking, lambda alike: _count(summary, alike))
        if lane is not None:
            lane.likes = likes
        for line in lines:
            record = line.record
            if record is None:
                summary.unread += 1
                continue
            kind = record.get("type")
            if kind == "decision":
                records += 1
                likes.add(record)
            elif kind == "body":
                likes.body(record)
            elif kind == "run":
                records += 1
                _count_run(summary, record, ended)
            elif kind == "end":
                _count_end(record, ended)
        likes.close()
        summary.first, summary.last = likes.first, likes.last
        summary.addresses, wanted = addresses.counts()
        summary.asks = asking.worklist(wanted)
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


def _count(summary: Summary, alike: Alike) -> None:
    """Counts decisions that are alike."""
    record, times, verdict = alike.record, alike.tally.decisions, alike.verdict
    summary.total.add(alike.tally)
    _tally(summary, host_of(record)).add(alike.tally)
    if not times:  # bodies of decisions that were counted before
        return
    summary.verdicts[verdict] += times
    because = [item for item in entries(record, "because") if item.get("kind") != Kind.EXCLUSION]
    for name in {text_of(item, "signal", 40) or "unknown" for item in because}:
        if name in summary.signals or len(summary.signals) < MAX_SIGNALS:
            summary.signals.setdefault(name, Counter())[verdict] += times
    if any(item.get("kind") == Kind.ACCESS and item.get("stance") == Stance.UNSTATED for item in because):
        summary.edge_refused += times
    for day, count in alike.days.items():
        _within(summary.days, day, MAX_DAYS)[verdict] += count
    _within(summary.media, _media_type(record), MAX_MEDIA_TYPES)[verdict] += times
    _count_works(summary.works, record, because, verdict, times)
    count_reasons(summary.reasons, record, because, times)
    summary.exempted.count_decision(record, times)
    summary.excluded.count_decision(record, times, stored=alike.stored)
    summary.faults.add(record, times)


def _within(counts: dict[str, Counter[str]], name: str, limit: int) -> Counter[str]:
    return counts.setdefault(name if name in counts or len(counts) < limit else OTHERS, Counter())


def _media_type(record: Mapping[str, Any]) -> str:
    """Type and subtype, without parameters."""
    return (text_of(record, "media_type", 100) or "").partition(";")[0].strip().lower() or NO_TYPE


def _count_works(
    works: Works, record: Mapping[str, Any], because: list[Mapping[str, Any]], verdict: str, times: int
) -> None:
    match = text_of(record, "repertoire", 40)
    if match is None:
        return
    works.matches[match if match in _MATCHES else "unknown"] += times
    declared = [entry for entry in because if entry.get("layer") == Layer.REPERTOIRE]
    for name, entry in {text_of(entry, "source", 200) or "unknown": entry for entry in declared}.items():
        if name in works.declarations or len(works.declarations) < MAX_DECLARATIONS:
            works.declarations.setdefault(name, Counter())[verdict] += times
            works.said[name] = Declaring.of(entry)  # what was said last, of an entry that was mended between runs
            about = entry.get("declaration")
            if isinstance(about, dict):
                works.mandates[name] = Mandate(
                    *(text_of(about, member, 80) or "" for member in ("form", "mandate_status", "mandate_basis"))
                )
    for name, work in {(text_of(entry, "source", 200) or "unknown", _work(entry)) for entry in declared}:
        if name in works.declarations:
            matched = works.matched.setdefault(name, Counter())
            matched[work if work in matched or len(matched) < MAX_WORKS else OTHERS] += times


def _work(entry: Mapping[str, Any]) -> str:
    """By what a work was matched: key and value, a name as the declaration writes it."""
    match = entry.get("match")
    by = match if isinstance(match, dict) else {}
    key, value = text_of(by, "key", 80), text_of(by, "written", 200) or text_of(by, "value", 200)
    return " ".join(filter(None, (key, value))) or "not told"


def _count_run(summary: Summary, record: Mapping[str, Any], ended: dict[str, Run]) -> None:
    summary.exempted.count_run(record)
    summary.excluded.count_run(record)
    for entry in entries(record, "repertoire")[:MAX_DECLARATIONS]:
        if len(summary.works.loaded) < MAX_DECLARATIONS:
            summary.works.loaded[Loaded(*(text_of(entry, name, 200) or "" for name in Loaded._fields))] = None
    if len(summary.runs) >= MAX_RUNS:
        summary.more_runs += 1
        return
    usages, operator = record.get("usages"), record.get("operator")
    who = operator if isinstance(operator, dict) else {}
    run = Run(
        run=text_of(record, "run", 120) or "",
        usages=tuple(item[:40] for item in usages[:20] if isinstance(item, str)) if isinstance(usages, list) else (),
        operator=text_of(who, "name", 200),
        contact=text_of(who, "contact", 400),
        country=text_of(who, "country", 10),
        ts=text_of(record, "ts", 120),
        tool=text_of(record, "tool", 120),
        agent=text_of(record, "agent", 120),
        posture=text_of(record, "posture", 120),
        mode=text_of(record, "mode", 120),
    )
    summary.runs.append(run)
    ended.setdefault(run.run, run)


def _count_end(record: Mapping[str, Any], ended: dict[str, Run]) -> None:
    run = ended.get(text_of(record, "run", 120) or "")
    if run is not None:
        run.ended = text_of(record, "ts", 40) or "unknown"
        run.failed = failed if is_size(failed := record.get("failed")) else None


def _tally(summary: Summary, host: str) -> Tally:
    if host not in summary.hosts and len(summary.hosts) >= MAX_HOSTS:
        host = OTHER
    return summary.hosts.setdefault(host, Tally())
