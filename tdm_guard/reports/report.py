"""
Reports over compliance logs: what was admitted and withheld, by verdict, signal and host; and the withheld items.

The words are strangers': see `reports.spelling`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from tdm_guard.decision import Match
from tdm_guard.log.members import entries, text_of
from tdm_guard.plain import printable
from tdm_guard.reports.quoted import document_of
from tdm_guard.reports.spelling import (
    csv_line,
    json_text,
    markdown_cell,
    markdown_quote,
    markdown_row,
    number_of,
    unread_lines,
)
from tdm_guard.reports.summary import Run, Summary, Tally, Works

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tdm_guard.log.reader import LogLine

FORMATS = ("markdown", "json", "csv")
SHOWN_HOSTS = 50  # rows of a page that people read; json and csv have all that were counted
SHOWN_RUNS = 20
SHOWN_DECLARATIONS = 50
MAX_NAMES = 20  # signals or usages named for one item
_COUNTS = tuple(item.name for item in fields(Tally))
_HEADINGS = {"against": "stored against a reservation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldItem:
    """
    A withheld item: the URL, the verdict, and who says so in which words.

    `signals` are all that speak against it; source, locator, words and the rest are those of the first.
    """

    url: str
    verdict: str
    usages: str
    signals: str
    source: str
    locator: str
    words: str
    rightsholder: str
    policy_url: str
    contact: str
    ts: str
    decision: str
    document: str

    @property
    def who(self) -> str:
        """Who says so, in one cell: the rightsholder if one is named, the signal, and where it was read."""
        parts = (self.rightsholder, self.signals, self.source, self.locator, self.document and f"({self.document})")
        return " ".join(part for part in parts if part)


def withheld(lines: Iterable[LogLine]) -> Iterator[WithheldItem]:
    """The items that were not handed on, one each, in the order of the log."""
    for line in lines:
        if line.record is not None and line.type == "decision" and line.record.get("admitted") is not True:
            yield _item(line.record)


def render(summary: Summary, style: str) -> str:
    """The report as `markdown`, `json` or `csv` (columns: section, name, counts)."""
    return {"markdown": _markdown, "json": _json, "csv": _csv}[style](summary)


def render_items(items: Iterable[WithheldItem], style: str | None) -> Iterator[str]:
    """The withheld items, one line each: tab-separated text, a `markdown` table, `json` lines or `csv`."""
    names = [item.name for item in fields(WithheldItem)]
    if style == "csv":
        yield csv_line(names)
    if style == "markdown":
        yield "| url | verdict | who says so | words |\n|---|---|---|---|\n"
    for item in items:
        if style == "csv":
            yield csv_line([getattr(item, name) for name in names])
        elif style == "json":
            yield json_text({name: getattr(item, name) for name in names}) + "\n"
        elif style == "markdown":
            yield markdown_row(*map(markdown_cell, (item.url, item.verdict, item.who)), markdown_quote(item.words))
        else:
            yield "\t".join(printable(cell) for cell in (item.url, item.verdict, item.who, item.words)) + "\n"


def _item(record: Mapping[str, Any]) -> WithheldItem:
    because, faults = entries(record, "because"), entries(record, "faults")
    first: Mapping[str, Any] = (because or faults or _unread(record) or [{}])[0]
    signals = dict.fromkeys(text_of(entry, "signal", 40) or "unknown" for entry in because[:MAX_NAMES])
    stances = record.get("usages")
    usages = (
        [str(name)[:40] for name, stance in stances.items() if stance in ("reserved", "undetermined")]
        if (isinstance(stances, dict))
        else []
    )

    def of(table: Mapping[str, Any], *names: str) -> str:
        return next((value for name in names if (value := text_of(table, name))), "")

    return WithheldItem(
        url=_addresses(of(record, "url"), of(record, "final_url")),
        verdict=of(record, "verdict"),
        usages=" ".join(usages[:MAX_NAMES]),
        signals=" ".join(signals) or of(first, "signal"),
        source=of(first, "source", "document"),
        locator=of(first, "locator"),
        words=of(first, "excerpt", "message", "result"),
        rightsholder=of(first, "rightsholder"),
        policy_url=of(first, "policy_url"),
        contact=of(first, "contact"),
        ts=of(record, "ts"),
        decision=of(record, "id"),
        document=document_of(first),
    )


def _addresses(asked: str, judged: str) -> str:
    """The address asked for, and the one it led to, which was withheld."""
    return f"{asked} -> {judged}" if judged and judged != asked else asked


def _unread(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [entry for entry in entries(record, "checked") if entry.get("result") not in ("read", "absent")]


def _json(summary: Summary) -> str:
    hosts = {name: asdict(tally) for name, tally in _by_size(summary)}
    page = {
        "observed": summary.observed,
        "stored_against_reservation": summary.total.against,
        "first": summary.first,
        "last": summary.last,
        "total": asdict(summary.total),
        "verdicts": dict(summary.verdicts.most_common()),
        "signals": {name: dict(counts) for name, counts in sorted(summary.signals.items())},
        "repertoire": {
            "matches": dict(summary.works.matches.most_common()),
            "declarations": {name: dict(counts) for name, counts in sorted(summary.works.declarations.items())},
            "said": {name: said._asdict() for name, said in sorted(summary.works.said.items())},
            "loaded": [item._asdict() for item in summary.works.loaded],
        },
        "edge_refused": summary.edge_refused,
        "hosts": hosts,
        "runs": [asdict(run) for run in summary.runs],
        "more_runs": summary.more_runs,
        "unread_lines": summary.unread,
    }
    return json_text(page, indent=2) + "\n"


def _csv(summary: Summary) -> str:
    out = [csv_line(["section", "name", "verdict", *_COUNTS])]
    out.append(csv_line(["total", "", "", *_cells(summary.total)]))
    for verdict, count in summary.verdicts.most_common():
        out.append(csv_line(["verdict", "", verdict, count]))
    if summary.edge_refused:
        out.append(csv_line(["edge-refused", "", "", summary.edge_refused]))
    for name, counts in sorted(summary.signals.items()):
        out.extend(csv_line(["signal", name, verdict, count]) for verdict, count in counts.most_common())
    out.extend(csv_line(["repertoire", match, "", count]) for match, count in summary.works.matches.most_common())
    for name, counts in sorted(summary.works.declarations.items()):
        out.extend(csv_line(["declaration", name, verdict, count]) for verdict, count in counts.most_common())
    out.extend(csv_line(["host", name, "", *_cells(tally)]) for name, tally in _by_size(summary))
    return "".join(out)


def _markdown(summary: Summary) -> str:
    total = summary.total
    out = ["# Compliance report\n\n"]
    if summary.observed:
        out.append(
            f"**Observe mode: {total.against} of {total.admitted} stored items were stored against a reservation, "
            "or without knowing that there is none.**\n\n"
        )
    if summary.unread:
        out.append(f"**{unread_lines(summary.unread)}; `tdm-guard verify` says which.**\n\n")
    decisions = number_of(total.decisions, "decision")
    out.append(f"{decisions}, {summary.first or 'never'} to {summary.last or 'never'}.\n\n")
    out.append(f"* admitted: {total.admitted} ({total.admitted_bytes} bytes)\n")
    out.append(f"* withheld: {total.withheld}\n")
    out.append(f"* answers without content: {total.no_content}\n")
    if summary.edge_refused:
        out.append(f"* refused at the site's edge, though its robots.txt allows it: {summary.edge_refused}\n")
    out.append("\n")
    out.append("## Verdicts\n\n| verdict | decisions |\n|---|---:|\n")
    out.extend(_row(verdict, count) for verdict, count in summary.verdicts.most_common())
    out.append("\n## Signals that decided\n\n| signal | verdict | decisions |\n|---|---|---:|\n")
    for name, counts in sorted(summary.signals.items()):
        out.extend(_row(name, verdict, count) for verdict, count in counts.most_common())
    out.extend(_repertoire(summary.works))
    headings = (_HEADINGS.get(name, name.replace("_", " ")) for name in _COUNTS)
    out.append(f"\n## Hosts\n\n{markdown_row('host', *headings)}")
    out.append(f"|---|{'---:|' * len(_COUNTS)}\n")
    hosts = _by_size(summary)
    out.extend(_row(name, *_cells(tally)) for name, tally in hosts[:SHOWN_HOSTS])
    if len(hosts) > SHOWN_HOSTS:
        out.append(f"\n{number_of(len(hosts) - SHOWN_HOSTS, 'more host')}: `--format csv`.\n")
    out.append("\n## Runs\n\n| run | began | agent | usages | posture | mode |\n|---|---|---|---|---|---|\n")
    out.extend(_run_row(run) for run in summary.runs[:SHOWN_RUNS])
    more = summary.more_runs + max(0, len(summary.runs) - SHOWN_RUNS)
    if more:
        out.append(f"\n{number_of(more, 'more run')}.\n")
    return "".join(out)


def _repertoire(works: Works) -> Iterator[str]:
    """What was declared over repertoires, if a run had any of it loaded."""
    if not (works.matches or works.loaded):
        return
    yield "\n## Declared works\n\n"
    counts = ", ".join(f"{works.matches[match]} {match}" for match in Match)
    yield f"{works.matches.total()} decisions with a repertoire loaded: {counts}.\n"
    if works.matches[Match.UNMATCHABLE]:
        yield "Unmatchable does not mean free: nothing was known there by which any work could be recognised.\n"
    yield "\n| declaration or list loaded | version | bytes | sha256 |\n|---|---|---:|---|\n"
    loaded = list(works.loaded)
    yield from (_row(item.id, item.version, item.size, item.sha256) for item in loaded[:SHOWN_DECLARATIONS])
    if len(loaded) > SHOWN_DECLARATIONS:
        yield f"\n{len(loaded) - SHOWN_DECLARATIONS} more: `--format json`.\n"
    if works.declarations:
        yield "\n| declaration | verdict | decisions |\n|---|---|---:|\n"
        by_size = sorted(works.declarations.items(), key=lambda item: (-item[1].total(), item[0]))
        for name, verdicts in by_size[:SHOWN_DECLARATIONS]:
            yield from (_row(name, verdict, count) for verdict, count in verdicts.most_common())
        if len(by_size) > SHOWN_DECLARATIONS:
            yield f"\n{len(by_size) - SHOWN_DECLARATIONS} more: `--format csv`.\n"
        yield "\n| declaration | document | words |\n|---|---|---|\n"
        for name, _ in by_size[:SHOWN_DECLARATIONS]:
            said = works.said[name]
            yield markdown_row(markdown_cell(name), markdown_cell(said.document), markdown_quote(said.words))


def _run_row(run: Run) -> str:
    return _row(run.run, run.ts or "", run.agent or "", " ".join(run.usages), run.posture or "", run.mode or "")


def _by_size(summary: Summary) -> list[tuple[str, Tally]]:
    return sorted(summary.hosts.items(), key=lambda item: (-item[1].decisions, item[0]))


def _cells(tally: Tally) -> list[int]:
    return [getattr(tally, name) for name in _COUNTS]


def _row(*cells: str | int) -> str:
    return markdown_row(*(markdown_cell(str(cell)) for cell in cells))
