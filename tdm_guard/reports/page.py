"""
The report as one HTML page: nothing is asked for, nothing runs, everything is there without colour and on paper.

What strangers wrote stands as text: escaped, with what steers a display shown as escapes, and never as a link.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from tdm_guard._version import __version__
from tdm_guard.plain import printable, timestamp
from tdm_guard.reports import wording
from tdm_guard.reports.charts import drawn
from tdm_guard.reports.exclusions import although_excluded
from tdm_guard.reports.origins import checked
from tdm_guard.reports.spelling import number_of, unread_lines
from tdm_guard.reports.summary import STORED_EXCLUDED
from tdm_guard.reports.table import Table, share
from tdm_guard.reports.tabulated import tables
from tdm_guard.reports.worklist import WITHHOLDING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from tdm_guard.reports.summary import Summary


def page(summary: Summary, *, charts: Mapping[str, str], now: datetime) -> Iterator[str]:
    """The page in pieces, with these charts of its tables."""
    found = tables(summary)
    title = f"Compliance report: {_who(summary)}, {_when(summary)}"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{wording.POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(title)}</title>\n<style>\n{wording.STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main">Skip to the report</a>\n<header>\n'
        f"<h1>{_text(title)}</h1>\n"
    )
    yield from _head(summary, now)
    yield "</header>\n"
    sections = [(key, heading, keys) for key, heading, keys in wording.SECTIONS if _has(found, keys)]
    yield '<nav aria-label="Sections">\n<ul>\n<li><a href="#words">What the words mean</a></li>\n'
    yield "".join(f'<li><a href="#{key}">{heading}</a></li>\n' for key, heading, _ in sections)
    yield '</ul>\n</nav>\n<main id="main">\n'
    yield from _glance(summary)
    yield wording.WORDS
    for key, heading, keys in sections:
        yield f'<section aria-labelledby="{key}">\n<h2 id="{key}">{heading}</h2>\n'
        yield from _introduced(key, summary)
        for name in keys:
            yield from _table(found[name], charts.get(name), alone=len(keys) == 1)
        yield "</section>\n"
    yield "</main>\n<footer>\n"
    yield f"<p>Made by tdm_guard {_text(__version__)} at {_text(timestamp(now))}. {wording.FOOT}</p>\n"
    yield "</footer>\n</body>\n</html>\n"


def _has(found: Mapping[str, Table], keys: tuple[str, ...]) -> bool:
    return any(found[key].rows or key in wording.ALWAYS for key in keys)


def _who(summary: Summary) -> str:
    names = list(dict.fromkeys(run.operator or run.agent or "" for run in summary.runs))
    told = [name for name in names if name][:3]
    return ", ".join(told) + (" and others" if len(names) > len(told) else "") if told else "operator not told"


def _when(summary: Summary) -> str:
    if not summary.first or not summary.last:
        return "no decision"
    first, last = summary.first[:10], summary.last[:10]
    return first if first == last else f"{first} to {last}"


def _head(summary: Summary, now: datetime) -> Iterator[str]:
    """Who, with what, for what, when; and what must be known before any number is read."""
    remarks = summary.remarks
    if remarks.warning:
        yield _notice(f"There is something wrong with these logs. {remarks.warning}")
    yield from map(_notice, remarks.notes)
    if summary.observed:
        although = although_excluded(summary.items(STORED_EXCLUDED) or 0)
        yield _notice(
            f"Observe mode: {summary.headline}{although} In this mode nothing was withheld."
            if not summary.total.withheld
            else f"Observe mode in some runs: {summary.headline}{although}"
        )
    if claimed := summary.exempted.headline(summary.items("exempt")):
        yield _notice(claimed.strip().strip("*"))
    if summary.unread:
        yield _notice(f"{unread_lines(summary.unread)}, and what stood there is not counted.")
    if remarks.choice:
        yield _notice(f"This report is about a part of the logs. {remarks.choice}")
    yield '<dl class="facts">\n'
    for name, values in (
        ("Operator", [run.operator for run in summary.runs]),
        ("Contact", [run.contact for run in summary.runs]),
        ("Crawler", [run.agent for run in summary.runs]),
        ("Collected for", [wording.purposes(run.usages) for run in summary.runs]),
        ("Posture", [wording.POSTURES.get(run.posture or "", run.posture) for run in summary.runs]),
        ("Mode", [wording.MODES.get(run.mode or "", run.mode) for run in summary.runs]),
        ("Made with", [run.tool for run in summary.runs]),
    ):
        told = list(dict.fromkeys(value or "not told" for value in values)) or ["not told"]
        more = f"; {number_of(len(told) - 3, 'other')}" if len(told) > 3 else ""
        yield _fact(name, "; ".join(told[:3]) + more)
    yield _fact("Decisions made", f"{summary.first or 'never'} to {summary.last or 'never'} (UTC)")
    runs = len(summary.runs) + summary.more_runs
    cut = sum(run.ended is None for run in summary.runs)
    yield _fact("Runs", f"{runs:,}; {'each came to its end' if not cut else f'{cut:,} cut short, or still going on'}")
    errors, noted = (sum(getattr(source, name) for source in summary.sources) for name in ("errors", "remarks"))
    if summary.sources:
        yield _fact("Logs", f"{number_of(len(summary.sources), 'file')}; verified: {checked(errors, noted)}")
    yield _fact("This report made", f"{timestamp(now)[:19]}Z, by tdm_guard {__version__}")
    yield "</dl>\n"


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{name}</dt><dd>{_text(value)}</dd></div>\n"


def _notice(text: str) -> str:
    return f'<p class="notice"><strong>{_text(text)}</strong></p>\n'


def _glance(summary: Summary) -> Iterator[str]:
    total = summary.total
    addresses = {name: _at_least(summary, name) for name in summary.addresses}
    yield '<section aria-labelledby="glance">\n<h2 id="glance">At a glance</h2>\n'
    would = sum(summary.verdicts[verdict] for verdict in WITHHOLDING)
    rows: list[tuple[str, int, int | str]] = [
        ("decided", total.decisions, addresses["decisions"]),
        ("admitted: content was handed on, so that it may be stored", total.admitted, addresses["admitted"]),
        ("withheld: not handed on", total.withheld, addresses["withheld"]),
        ("answers without content (error pages, redirects), which are no works", total.no_content,
         addresses["no_content"]),
    ]  # fmt: skip
    if summary.observed:
        rows += [
            ("under a verdict that withholds, whether or not that was enforced", would, "not counted"),
            ("stored against a reservation, or without knowing of one, in observe mode", total.against,
             addresses["against"]),
        ]  # fmt: skip
    if summary.excluded.stored:
        rows.append(
            ("stored although the site is excluded, in observe mode", summary.excluded.stored,
             addresses[STORED_EXCLUDED])
        )  # fmt: skip
    yield from _table(
        Table(
            key="totals", title="Totals", note="A decision is about one request. Of addresses each counts once in a "
            "line, however often it was decided on.",
            columns=("what", "decisions", "share of decisions", "addresses"),
            rows=tuple((what, count, share(count, total.decisions), items) for what, count, items in rows),
        ),
        None, alone=False,
    )  # fmt: skip
    withheld = share(total.withheld, total.decisions) or "nothing"
    observed = f"; under a verdict that withholds: {share(would, total.decisions)}" if summary.observed else ""
    yield f"<p>Share withheld: {withheld} of all decisions{observed}. Admitted: {total.admitted_bytes:,} bytes, "
    yield "as received, of the admitted content whose size is in the log.</p>\n"
    if summary.edge_refused:
        edge = number_of(summary.edge_refused, "answer")
        yield f"<p>{edge} by which a site's edge refused what its robots.txt allows.</p>\n"
    yield "</section>\n"


def _at_least(summary: Summary, name: str) -> int | str:
    """A number of addresses; in words, where some are forgotten."""
    count = summary.items(name)
    if count is None:
        return "not known"
    return f"at least {count:,}" if summary.forgotten and count else count


def _introduced(key: str, summary: Summary) -> Iterator[str]:
    """What stands before the tables of some sections."""
    asks = summary.asks
    if key == "licences":
        lacking = (
            ("refused to crawlers by robots.txt, where a licence to mine gives no access", asks.refused),
            ("undetermined, where nobody is known to reserve", asks.undetermined),
            ("in doubt for a code of the operator's own", asks.doubtful),
            ("withheld by records that name no reason", asks.unexplained),
        )
        yield f"<p>{number_of(asks.items, 'item')} withheld for want of {number_of(len(asks.asks), 'licence')}.</p>\n"
        rest = "".join(f"<li>{count:,} {what}</li>\n" for what, count in lacking if count)
        yield f"<p>Items that no licence helps:</p>\n<ul>\n{rest}</ul>\n" if rest else ""
    if key == "declared" and summary.works.matches:
        counts = ", ".join(f"{count:,} {match}" for match, count in summary.works.matches.most_common())
        yield f"<p>{summary.works.matches.total():,} decisions with a repertoire loaded: {counts}. Unmatchable does "
        yield "not mean free: nothing was known there by which any work could be recognised.</p>\n"


def _table(table: Table, chart: str | None, *, alone: bool) -> Iterator[str]:
    """A table under its caption, its chart beside it; what it says when it has no row."""
    if not alone:
        yield f'<h3 id="{table.key}">{_text(table.title)}</h3>\n'
    yield f"<p>{_text(table.note)}</p>\n"
    if not table.rows:
        yield f"<p>{_text(table.empty)}</p>\n"
        return
    kinds = [_kind(table, place) for place in range(len(table.columns))]
    if chart:
        yield f'<div class="{"stacked" if _LONG in kinds else "beside"}">\n<div class="chart">{chart}\n'
        yield f"<p>Drawn: {_text(drawn(table))}.</p></div>\n"
    name = f"table-{table.key}"
    yield f'<div class="wide" role="region" aria-labelledby="{name}" tabindex="0">\n<table>\n'
    yield f'<caption id="{name}" class="heard">{_text(table.title)}</caption>\n<thead>\n<tr>'
    for heading, kind in zip(table.columns, kinds, strict=True):
        yield f'<th scope="col"{kind}>{_text(heading.lstrip(_QUOTE))}</th>'
    yield "</tr>\n</thead>\n<tbody>\n"
    for row in table.rows:
        yield "<tr>"
        for place, (heading, kind, cell) in enumerate(zip(table.columns, kinds, row, strict=True)):
            text = _text(cell) if isinstance(cell, str) else f"{cell:,}"
            if place == 0:
                yield f'<th scope="row"{kind} dir="auto">{text}</th>'
            elif heading.startswith(_QUOTE) and text:
                yield f'<td{kind} dir="auto"><q>{text}</q></td>'
            else:
                yield f'<td{kind} dir="auto">{text}</td>'
        yield "</tr>\n"
    yield "</tbody>\n</table>\n</div>\n"
    yield "</div>\n" if chart else ""
    if table.more:
        yield f"<p>{number_of(table.more, 'more row')}: <code>--format csv</code> has them.</p>\n"


_QUOTE = '"'
_NUMBER, _SHORT, _LONG = ' class="number"', ' class="short"', ' class="long"'
_SHORT_TEXT = 24  # characters that stay on one line


def _kind(table: Table, place: int) -> str:
    """How a column is set: numbers, short words on one line, or text that takes lines."""
    cells = [row[place] for row in table.rows]
    if any(isinstance(cell, int) for cell in cells) or all(str(cell).endswith(" %") for cell in cells):
        return _NUMBER
    return _SHORT if max(len(str(cell)) for cell in cells) <= _SHORT_TEXT else _LONG


def _text(text: str) -> str:
    return escape(printable(text))
