"""The figures of a report as tables, from which the pages that people read are made."""

from __future__ import annotations

from dataclasses import replace
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
# Those of what a decision that was forgotten does not say any more
_RESTING = ("signals", "asks", "lifted", "reviews", "excluded", "declarations", "works", "undetermined", "publishers")


def tables(summary: Summary) -> dict[str, Table]:
    """All of them by key, those without a row too."""
    found = {table.key: table for made in _TABLES for table in [made(summary)]}
    if unknown := summary.remarks.unknown:
        found |= {
            key: replace(found[key], note=f"{found[key].note} {unknown}", empty="None known.") for key in _RESTING
        }
    return found
