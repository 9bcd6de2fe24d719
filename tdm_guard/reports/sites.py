"""Hosts by site: the registrable domain, whose owner is one publisher as far as a name can tell."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from tdm_guard.log.canonical import domain_of, suffixes
from tdm_guard.reports.faults import FaultKind, Faults
from tdm_guard.reports.figures import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from tdm_guard.reports.summary import Summary

_NAME = re.compile(r"[a-z0-9.-]*[a-z]")  # as nearly all are
_NUMBERS = re.compile(r"\[.*|[0-9.]+")  # an IP address


def by_site(summary: Summary) -> list[tuple[str, Tally]]:
    """Decisions by registrable domain, those with most first."""
    site_of = _registrable()
    sites: dict[str, Tally] = {}
    for host, tally in summary.hosts.items():
        sites.setdefault(site_of(host), Tally()).add(tally)
    return sorted(sites.items(), key=lambda item: (item[0].startswith("("), -item[1].decisions, item[0]))


def faults_by_site(summary: Summary) -> list[tuple[str, FaultKind, Faults]]:
    """What is wrong in what sites say, by registrable domain: those with most such decisions first."""
    site_of = _registrable()
    found: dict[tuple[str, FaultKind], Faults] = {}
    whole: dict[str, int] = {}
    for (host, kind), faults in summary.faults.hosts.items():
        site = site_of(host) if host else "(others)"
        kept = found.setdefault((site, kind), Faults())
        kept.decisions += faults.decisions
        kept.words = kept.words or faults.words
        kept.examples = dict.fromkeys([*kept.examples, *faults.examples][:3])
        whole[site] = whole.get(site, 0) + faults.decisions
    rows = [(site, kind, faults) for (site, kind), faults in found.items()]
    return sorted(rows, key=lambda row: (row[0].startswith("("), -whole[row[0]], row[0], -row[2].decisions, row[1]))


@cache
def _registrable() -> Callable[[str], str]:
    """By the ICANN part of the public suffix list; an IP address, or a host that is under no suffix, is itself."""

    def registrable(host: str) -> str:
        if _NUMBERS.fullmatch(host) or host.startswith("("):
            return host
        if _NAME.fullmatch(host):
            return domain_of(host)
        return suffixes().privatesuffix(host.rstrip(".").lower()) or host

    return registrable
