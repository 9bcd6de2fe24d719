"""Tables of what was decided: when, by which signals, on which sites and media types, and whom to ask."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tdm_guard.reports.sites import by_site
from tdm_guard.reports.spelling import number_of
from tdm_guard.reports.table import SHOWN, Table, by_verdict, cut, ordered, share
from tdm_guard.reports.worklist_page import umbrella, whom

if TYPE_CHECKING:
    from tdm_guard.reports.figures import Tally
    from tdm_guard.reports.summary import Summary

SHOWN_DAYS = 62  # more are told by month
_SITE = {
    "decisions": "decisions",
    "admitted": "admitted",
    "no_content": "no content",
    "withheld": "withheld",
    "against": "stored against a reservation",
    "admitted_bytes": "bytes admitted",
}


def verdicts(summary: Summary) -> Table:
    """By verdict."""
    rows = tuple(
        (verdict, summary.verdicts[verdict], share(summary.verdicts[verdict], summary.total.decisions))
        for verdict in ordered(summary.verdicts)
    )
    return Table(
        key="verdicts", title="Verdicts", columns=("verdict", "decisions", "share of decisions"), rows=rows,
        note="Decisions by verdict. An address that was decided on twice counts twice.", chart="decisions",
    )  # fmt: skip


def periods(summary: Summary) -> tuple[str, list[tuple[str, Counter[str]]]]:
    """Decisions by day, or by month if that would be too many rows; the word for one."""
    by_day = sorted(summary.days.items())
    if len(by_day) <= SHOWN_DAYS:
        return "day", by_day
    months: dict[str, Counter[str]] = {}
    for day, counts in by_day:
        months.setdefault(day[:7] if not day.startswith("(") else day, Counter()).update(counts)
    return "month", list(months.items())


def days(summary: Summary) -> Table:
    """By day or month."""
    word, found = periods(summary)
    verdicts = ordered(summary.verdicts)
    rows, more = cut(by_verdict(found, verdicts), 10 * SHOWN)
    return Table(
        key="days", title=f"Verdicts by {word}", columns=(f"{word} (UTC)", "decisions", *verdicts), rows=rows,
        more=more, note=f"Decisions by the {word} on which they were made, and of these by verdict.", chart="verdicts",
    )  # fmt: skip


def signals(summary: Summary) -> Table:
    """By signal."""
    verdicts = ordered(verdict for counts in summary.signals.values() for verdict in counts)
    found = sorted(summary.signals.items(), key=lambda item: (-item[1].total(), item[0]))
    rows, more = cut(by_verdict(found, verdicts))
    return Table(
        key="signals", title="Signals that decided", columns=("signal", "decisions", *verdicts), rows=rows, more=more,
        note="Decisions that rest on a statement of the signal, by verdict. One that rests on two signals counts "
        "under both; one that rests on silence under none.", chart="decisions",
    )  # fmt: skip


def sites(summary: Summary) -> Table:
    """By registrable domain; those with few decisions together."""
    found = by_site(summary)
    columns = _SITE if summary.observed else {name: heading for name, heading in _SITE.items() if name != "against"}
    shown: list[tuple[str, list[Tally]]] = [(name, [tally]) for name, tally in found[:SHOWN]]
    if rest := found[SHOWN:]:
        shown.append((f"(others: {number_of(len(rest), 'site')})", [tally for _, tally in rest]))
    rows = tuple(
        (name, *(sum(getattr(tally, member) for tally in tallies) for member in columns)) for name, tallies in shown
    )
    return Table(
        key="sites",
        title="Sites",
        columns=("site", *columns.values()),
        rows=rows,
        chart="withheld" if summary.total.withheld else "decisions",
        note="Decisions by registrable domain (the part of a name that somebody registered; an IP address stands for "
        "itself). Bytes as received, of admitted content whose size is in the log.",
    )


def media(summary: Summary) -> Table:
    """By media type."""
    verdicts = ordered(summary.verdicts)
    found = sorted(summary.media.items(), key=lambda item: (-item[1].total(), item[0]))
    rows, more = cut(by_verdict(found, verdicts))
    return Table(
        key="media", title="Media types", columns=("media type", "decisions", *verdicts), rows=rows, more=more,
        note="Decisions by the media type that the answer named, and of these by verdict. None was received where a "
        "page was withheld before it was asked for.", chart="decisions",
    )  # fmt: skip


def asks(summary: Summary) -> Table:
    """By whom to ask."""
    asks = summary.asks.by_size
    counts = {"items": "items", "review": "of these in review", "stored": "of these stored"}
    counts = {name: heading for name, heading in counts.items() if any(getattr(ask, name) for ask in asks)}
    rows, more = cut(
        (
            ask.name, *(getattr(ask, name) for name in counts), f"its {ask.kind}" if ask.kind != "other" else "",
            whom(ask), umbrella(ask.usages), ", ".join(ask.terms), ", ".join(ask.signals),
        )
        for ask in asks
    )  # fmt: skip
    return Table(
        key="asks",
        title="Whom to ask for a licence",
        columns=("who reserves", *counts.values(), "known by", "whom to ask", "reserved uses", "terms", "signals"),
        rows=rows,
        more=more,
        chart="items" if asks else None,
        note="Items that somebody's reservation withholds (in observe mode: would withhold), by who can license them. "
        "An item that needs several licences counts under each. The command tdm-guard licences has the details.",
    )
