"""The figures of a report as rows of one shape: for spreadsheets and for Parquet."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.reports.figures import Tally
from tdm_guard.reports.remarks import GONE
from tdm_guard.reports.sites import by_site, faults_by_site
from tdm_guard.reports.spelling import in_table

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tdm_guard.reports.summary import Summary

COUNTS = tuple(item.name for item in fields(Tally))
NAMES = ("section", "name", "verdict")


class Row(NamedTuple):
    """
    A figure of a `section`, of what `name` names; where `verdict` is one, of decisions under it.

    `items` counts addresses, each by the last decision on it; all else counts decisions, but in the section
    `addresses`, and bytes.
    """

    section: str
    name: str = ""
    verdict: str = ""
    decisions: int | None = None
    admitted: int | None = None
    no_content: int | None = None
    withheld: int | None = None
    against: int | None = None
    admitted_bytes: int | None = None
    items: int | None = None


def rows(summary: Summary) -> Iterator[Row]:
    """All figures."""
    if summary.forgotten:
        yield Row("forgotten", f"of them {GONE} cannot be counted any more", "", summary.forgotten)
    yield Row("total", "", "", **_counts(summary.total))
    yield Row("addresses", "", "", **{name: summary.items(name) for name in COUNTS if name in summary.addresses})
    yield from _verdicts("verdict", [("", summary.verdicts)])
    if summary.edge_refused:
        yield Row("edge-refused", decisions=summary.edge_refused)
    for claim, counts in summary.exempted.claims.items():
        for verdict, count in counts.most_common() or [("", 0)]:
            yield Row("exempt", ", ".join(filter(None, claim)), verdict, count)
    yield from (Row("excluded", name, "", count) for name, count in summary.excluded.lists.most_common())
    yield from _verdicts("signal", sorted(summary.signals.items()))
    yield from (Row("repertoire", match, "", count) for match, count in summary.works.matches.most_common())
    yield from _verdicts("declaration", sorted(summary.works.declarations.items()))
    for name, matched in sorted(summary.works.matched.items()):
        yield from (Row("work", f"{name}: {work}", "", count) for work, count in matched.most_common())
    hosts = sorted(summary.hosts.items(), key=lambda item: (-item[1].decisions, item[0]))
    yield from (Row("host", name, "", **_counts(tally)) for name, tally in hosts)
    for kind in summary.faults.table():
        name = _told(f"{kind['of']}:", kind["signal"], kind["message"])
        yield Row("fault", name, "", kind["decisions"])
    yield from (Row("site", name, "", **_counts(tally)) for name, tally in by_site(summary))
    yield from _verdicts("day", sorted(summary.days.items()))
    yield from _verdicts("media-type", sorted(summary.media.items()))
    yield from (Row("ask", f"{ask.kind}: {ask.name}", items=ask.items) for ask in summary.asks.by_size)
    yield from (Row("lifted", _told(*kind), "", count) for kind, count in summary.reasons.lifted.most_common())
    yield from (Row("review", ", ".join(kind), "", count) for kind, count in summary.reasons.reviews.most_common())
    for unknown, count in summary.reasons.unknown.most_common():
        yield Row("undetermined", _told(*unknown), "undetermined", count)
    for site, fault, found in faults_by_site(summary):
        yield Row("fault-at", _told(f"{site}:", fault.signal, fault.message), "", found.decisions)


def write_parquet(summary: Summary, output: Path) -> None:
    """The rows as a Parquet file. Raises `ModuleNotFoundError` without pyarrow (extra `parquet`)."""
    import pyarrow  # noqa: PLC0415 - an extra
    from pyarrow import parquet  # noqa: PLC0415

    found = list(rows(summary))
    types = [pyarrow.string() if name in NAMES else pyarrow.int64() for name in Row._fields]
    columns = [pyarrow.array([in_table(row[place]) for row in found], type=kind) for place, kind in enumerate(types)]
    parquet.write_table(pyarrow.table(columns, names=list(Row._fields)), output, compression="zstd")


def _verdicts(section: str, counted: Iterable[tuple[str, Counter[str]]]) -> Iterator[Row]:
    for name, counts in counted:
        yield from (Row(section, name, verdict, count) for verdict, count in counts.most_common())


def _counts(tally: Tally) -> dict[str, Any]:
    return {name: getattr(tally, name) for name in COUNTS}


def _told(*parts: str) -> str:
    return " ".join(filter(None, parts))
