"""The figures of a report as tables, from which the pages that people read are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard.reports import counted, grounds, origins

if TYPE_CHECKING:
    from tdm_guard.reports.summary import Summary
    from tdm_guard.reports.table import Table

_TABLES = (
    counted.verdicts,
    counted.days,
    counted.signals,
    counted.sites,
    counted.media,
    counted.asks,
    grounds.lifted,
    grounds.reviews,
    grounds.exempt,
    grounds.excluded,
    grounds.declarations,
    grounds.works,
    grounds.undetermined,
    grounds.publishers,
    grounds.yours,
    origins.failed,
    origins.runs,
    origins.files,
    origins.heads,
)


def tables(summary: Summary) -> dict[str, Table]:
    """All of them by key, those without a row too."""
    return {table.key: table for made in _TABLES for table in [made(summary)]}
