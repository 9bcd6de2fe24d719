"""
Reports over compliance logs: what was admitted and withheld, by verdict, signal and host, and what was at fault.

The words are strangers': see `reports.spelling`.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tdm_guard.decision import Match
from tdm_guard.reports import faults
from tdm_guard.reports.exclusions import although_excluded
from tdm_guard.reports.figures import Run, Tally, Works
from tdm_guard.reports.rows import COUNTS, Row, rows
from tdm_guard.reports.sites import by_site, faults_by_site
from tdm_guard.reports.spelling import (
    csv_line,
    json_text,
    markdown_cell,
    markdown_quote,
    markdown_row,
    number_of,
    unread_lines,
)
from tdm_guard.reports.summary import STORED_EXCLUDED, Summary
from tdm_guard.reports.table import Table
from tdm_guard.reports.tabulated import tables
from tdm_guard.reports.worklist_page import whom

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTED = (
    "days",
    "media",
    "sites",
    "asks",
    "lifted",
    "reviews",
    "works",
    "undetermined",
    "publishers",
    "failed",
    "files",
    "heads",
)
SHOWN_HOSTS = 50  # rows of a page that people read; json and csv have all that were counted
SHOWN_RUNS = 20
SHOWN_DECLARATIONS = 50
_HEADINGS = {"against": "stored against a reservation"}


def render(summary: Summary, style: str) -> str:
    """The report as `markdown`, `json` or `csv` (columns: section, name, counts). `page` has it as HTML."""
    return {"markdown": _markdown, "json": _json, "csv": _csv}[style](summary)


def _json(summary: Summary) -> str:
    hosts = {name: asdict(tally) for name, tally in _by_size(summary)}
    page = {
        "observed": summary.observed,
        "stored_against_reservation": summary.total.against,
        "first": summary.first,
        "last": summary.last,
        "total": asdict(summary.total),
        "forgotten": summary.forgotten,
        "addresses": {name: summary.items(name) for name in summary.addresses},
        "verdicts": dict(summary.verdicts.most_common()),
        "signals": {name: dict(counts) for name, counts in sorted(summary.signals.items())},
        "repertoire": {
            "matches": dict(summary.works.matches.most_common()),
            "declarations": {name: dict(counts) for name, counts in sorted(summary.works.declarations.items())},
            "said": {name: said._asdict() for name, said in sorted(summary.works.said.items())},
            "mandates": {name: mandate._asdict() for name, mandate in sorted(summary.works.mandates.items())},
            "works": {name: dict(works.most_common()) for name, works in sorted(summary.works.matched.items())},
            "loaded": [item._asdict() for item in summary.works.loaded],
        },
        "days": {day: dict(counts) for day, counts in sorted(summary.days.items())},
        "media_types": {name: dict(counts) for name, counts in sorted(summary.media.items())},
        "sites": {name: asdict(tally) for name, tally in by_site(summary)},
        "asks": [
            {
                "kind": ask.kind,
                "name": ask.name,
                "items": ask.items,
                "review": ask.review,
                "stored": ask.stored,
                "shared": ask.shared,
                "whom": whom(ask),
                "usages": list(ask.usages),
                "terms": list(ask.terms),
            }
            for ask in summary.asks.by_size
        ],
        "lifted": [{**kind._asdict(), "decisions": count} for kind, count in summary.reasons.lifted.most_common()],
        "reviews": [{**kind._asdict(), "decisions": count} for kind, count in summary.reasons.reviews.most_common()],
        "undetermined": [
            {**kind._asdict(), "decisions": count, "example": summary.reasons.examples.get(kind)}
            for kind, count in summary.reasons.unknown.most_common()
        ],
        "edge_refused": summary.edge_refused,
        "exempt": summary.exempted.to_json(),
        "excluded": summary.excluded.to_json(),
        "faults": {
            "decisions": summary.faults.decisions,
            "kinds": summary.faults.table(),
            "sites": _publishers(summary),
        },
        "hosts": hosts,
        "runs": [asdict(run) for run in summary.runs],
        "more_runs": summary.more_runs,
        "files": [asdict(source) for source in summary.sources],
        "unread_lines": summary.unread,
        "remarks": asdict(summary.remarks),
    }
    return json_text(page, indent=2) + "\n"


def _publishers(summary: Summary) -> list[dict[str, Any]]:
    return [
        {"site": site, "signal": kind.signal, "message": kind.message, "decisions": found.decisions,
         "words": found.words, "examples": list(found.examples)}
        for site, kind, found in faults_by_site(summary)
    ]  # fmt: skip


def _csv(summary: Summary) -> str:
    out = [csv_line(Row._fields)]
    out.extend(csv_line("" if cell is None else cell for cell in row) for row in rows(summary))
    return "".join(out)


def _markdown(summary: Summary) -> str:
    total = summary.total
    out = [f"**{markdown_cell(summary.remarks.warning)}**\n\n"] if summary.remarks.warning else []
    out.append("# Compliance report\n\n")
    out.extend(f"**{markdown_cell(note)}**\n\n" for note in summary.remarks.notes)
    if summary.observed:
        although = although_excluded(summary.items(STORED_EXCLUDED) or 0)
        out.append(f"**Observe mode: {summary.headline}{although}**\n\n")
    out.append(summary.exempted.headline(summary.items("exempt")))
    if summary.unread:
        out.append(f"**{unread_lines(summary.unread)}; `tdm-guard verify` says which.**\n\n")
    if summary.remarks.choice:
        out.append(f"{markdown_cell(summary.remarks.choice)}\n\n")
    about = f" on {_addresses(summary, 'decisions')}" if summary.items("decisions") is not None else ""
    out.append(
        f"{number_of(total.decisions, 'decision')}{about}, {summary.first or 'never'} to {summary.last or 'never'}.\n\n"
    )
    out.append(f"* admitted: {_counted(summary, 'admitted')} ({total.admitted_bytes:,} bytes)\n")
    out.append(f"* withheld: {_counted(summary, 'withheld')}\n")
    out.append(f"* answers without content: {_counted(summary, 'no_content')}\n")
    if summary.edge_refused:
        out.append(f"* refused at the site's edge, though its robots.txt allows it: {summary.edge_refused:,}\n")
    out.append("\n")
    out.append("## Verdicts\n\n| verdict | decisions |\n|---|---:|\n")
    out.extend(_row(verdict, count) for verdict, count in summary.verdicts.most_common())
    out.append("\n## Signals that decided\n\n| signal | verdict | decisions |\n|---|---|---:|\n")
    for name, counts in sorted(summary.signals.items()):
        out.extend(_row(name, verdict, count) for verdict, count in counts.most_common())
    unknown = [f"\n{markdown_cell(said)}\n"] if (said := summary.remarks.unknown) else []
    out.extend(unknown)
    others = (_repertoire(summary.works), summary.exempted.markdown(), summary.excluded.markdown())
    for section in (*others, faults.markdown(summary.faults, forgotten=summary.forgotten)):
        told = list(section)
        out.extend([*told, *unknown] if told else [])
    headings = (_HEADINGS.get(name, name.replace("_", " ")) for name in COUNTS)
    out.append(f"\n## Hosts\n\n{markdown_row('host', *headings)}")
    out.append(f"|---|{'---:|' * len(COUNTS)}\n")
    hosts = _by_size(summary)
    out.extend(_row(name, *_cells(tally)) for name, tally in hosts[:SHOWN_HOSTS])
    if len(hosts) > SHOWN_HOSTS:
        out.append(f"\n{number_of(len(hosts) - SHOWN_HOSTS, 'more host')}: `--format csv`.\n")
    out.append("\n## Runs\n\n| run | began | agent | usages | posture | mode |\n|---|---|---|---|---|---|\n")
    out.extend(_run_row(run) for run in summary.runs[:SHOWN_RUNS])
    more = summary.more_runs + max(0, len(summary.runs) - SHOWN_RUNS)
    if more:
        out.append(f"\n{number_of(more, 'more run')}.\n")
    found = tables(summary)
    out.extend(piece for key in LISTED for piece in _listed(found[key]))
    return "".join(out)


def _listed(table: Table) -> Iterator[str]:
    """A table with a heading and what its numbers are numbers of; nothing of one without rows."""
    if not table.rows:
        return
    numbers = [all(isinstance(row[place], int) for row in table.rows) for place in range(len(table.columns))]
    yield f"\n## {table.title}\n\n{table.note}\n\n"
    yield markdown_row(*(heading.lstrip('"') for heading in table.columns))
    yield f"|{''.join('---:|' if number else '---|' for number in numbers)}\n"
    for row in table.rows:
        cells = zip(table.columns, row, strict=True)
        yield markdown_row(
            *(markdown_quote(str(cell)) if head[0] == '"' and cell else _cell(cell) for head, cell in cells)
        )
    if table.more:
        yield f"\n{number_of(table.more, 'more row')}: `--format csv`.\n"


def _cell(cell: str | int) -> str:
    return markdown_cell(cell if isinstance(cell, str) else f"{cell:,}")


def _repertoire(works: Works) -> Iterator[str]:
    """What was declared over repertoires, if a run had any of it loaded."""
    if not (works.matches or works.loaded):
        return
    yield "\n## Declared works\n\n"
    counts = ", ".join(f"{works.matches[match]:,} {match}" for match in Match)
    yield f"{works.matches.total():,} decisions with a repertoire loaded: {counts}.\n"
    if works.matches[Match.UNMATCHABLE]:
        yield "Unmatchable does not mean free: nothing was known there by which any work could be recognised.\n"
    yield "\n| declaration or list loaded | version | bytes | sha256 |\n|---|---|---:|---|\n"
    loaded = list(works.loaded)
    yield from (_row(item.id, item.version, item.size, item.sha256) for item in loaded[:SHOWN_DECLARATIONS])
    if len(loaded) > SHOWN_DECLARATIONS:
        yield f"\n{len(loaded) - SHOWN_DECLARATIONS:,} more: `--format json`.\n"
    if works.declarations:
        yield "\n| declaration | verdict | decisions |\n|---|---|---:|\n"
        by_size = sorted(works.declarations.items(), key=lambda item: (-item[1].total(), item[0]))
        for name, verdicts in by_size[:SHOWN_DECLARATIONS]:
            yield from (_row(name, verdict, count) for verdict, count in verdicts.most_common())
        if len(by_size) > SHOWN_DECLARATIONS:
            yield f"\n{len(by_size) - SHOWN_DECLARATIONS:,} more: `--format csv`.\n"
        yield "\n| declaration | document | words |\n|---|---|---|\n"
        for name, _ in by_size[:SHOWN_DECLARATIONS]:
            said = works.said[name]
            yield markdown_row(markdown_cell(name), markdown_cell(said.document), markdown_quote(said.words))


def _counted(summary: Summary, name: str) -> str:
    """Decisions, and how many items they are about where some were decided more than once."""
    decisions, addresses = getattr(summary.total, name), summary.items(name)
    return f"{decisions:,}" + (f", of {_addresses(summary, name)}" if addresses not in {decisions, None} else "")


def _addresses(summary: Summary, name: str) -> str:
    count = summary.addresses[name]
    return ("at least " if summary.forgotten else "") + ("1 address" if count == 1 else f"{count:,} addresses")


def _run_row(run: Run) -> str:
    return _row(run.run, run.ts or "", run.agent or "", " ".join(run.usages), run.posture or "", run.mode or "")


def _by_size(summary: Summary) -> list[tuple[str, Tally]]:
    return sorted(summary.hosts.items(), key=lambda item: (-item[1].decisions, item[0]))


def _cells(tally: Tally) -> list[int]:
    return [getattr(tally, name) for name in COUNTS]


def _row(*cells: str | int) -> str:
    return markdown_row(*map(_cell, cells))
