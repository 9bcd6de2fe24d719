"""
What records tell of faults: written against its own standard, or not to be had; of sites, and of the caller's items.

A fault of a site's document stands in the record of each page that it was read for. So faults are counted by decisions
and shown by the documents they are in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.errors import UnsupportedURL
from tdm_guard.log.members import entries, text_of
from tdm_guard.origin import Origin
from tdm_guard.reports.spelling import markdown_cell, markdown_quote, markdown_row, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_KINDS = 1_000  # counted by themselves, about 1 KB each; those met later are counted together
MAX_AT_HOSTS = 10_000  # kinds at a host, counted by themselves, about 1 KB each; those met later are counted together
MAX_EXAMPLES = 3  # addresses of each kind of fault; the log has them all
SHOWN = 30  # rows of a page that people read; json and csv have all that were counted
SITE = "site"  # whose: of what was fetched
ITEM = "item"  # whose: of what the caller handed in; and the carrier of these in records
ARCHIVE = "archive"  # whose: of who stored it; and the carrier
OTHER = "(other faults)"
_APART = (ITEM, ARCHIVE)
_HEADINGS = ((ITEM, "In what you said of works"), (ARCHIVE, "In how it was stored"), (SITE, "In what sites say"))
# Where it stands and what stands there differ from one fault of a kind to the next; the words are shown by themselves.
_PLACE = re.compile(r"\b(line|column|rule|byte|offset|position) \d+")
_QUOTED = re.compile(r"(?<!\w)'[^'\n]{0,200}'(?!\w)")


class FaultKind(NamedTuple):
    """What a fault is: whose, of which standard, what is wrong."""

    of: str
    signal: str
    message: str


@dataclass(slots=True)
class Faults:
    """How often a kind of fault was met: `decisions` that tell of it, documents it is in, and words, for example."""

    decisions: int = 0
    examples: dict[str, None] = field(default_factory=dict)
    words: str = ""


@dataclass(slots=True)
class FaultCount:
    """Faults by kind; those of sites by host and kind, too. `decisions` are those that tell of any."""

    decisions: int = 0
    kinds: dict[FaultKind, Faults] = field(default_factory=dict)
    hosts: dict[tuple[str, FaultKind], Faults] = field(default_factory=dict)

    def add(self, record: Mapping[str, Any], times: int = 1) -> None:
        """Counts the faults in a decision, and in as many like it. What a record may hold does not raise."""
        met: set[int] = set()
        for fault in entries(record, "faults"):
            kind = _kind(fault)
            if kind not in self.kinds and len(self.kinds) >= MAX_KINDS:
                kind = FaultKind(kind.of, "", OTHER)
            source = text_of(fault, "source", 1024) or ""
            found = [self.kinds.setdefault(kind, Faults())]
            if kind.of == SITE:
                place = (_host(source), kind)
                if place not in self.hosts and len(self.hosts) >= MAX_AT_HOSTS:
                    place = ("", FaultKind(SITE, "", OTHER))
                found.append(self.hosts.setdefault(place, Faults()))
            for faults in found:
                faults.decisions += times if id(faults) not in met else 0
                met.add(id(faults))
                faults.words = faults.words or text_of(fault, "excerpt", 240) or ""
                if source and len(faults.examples) < MAX_EXAMPLES:
                    faults.examples[source] = None
        self.decisions += times if met else 0

    def by_size(self, of: str) -> list[tuple[FaultKind, Faults]]:
        """The kinds of one side, the most frequent first; what was counted together last."""
        found = [item for item in self.kinds.items() if item[0].of == of]
        return sorted(found, key=lambda item: (item[0].message == OTHER, -item[1].decisions, item[0]))

    def table(self) -> list[dict[str, Any]]:
        """All that was counted, in JSON's types."""
        return [
            {
                **kind._asdict(),
                "decisions": found.decisions,
                "words": found.words,
                "examples": list(found.examples),
            }
            for of in (ITEM, ARCHIVE, SITE)
            for kind, found in self.by_size(of)
        ]


def markdown(count: FaultCount, *, forgotten: int = 0) -> Iterator[str]:
    """The section of a report; of decisions that were forgotten it is not known whether they told of any."""
    yield "\n## Faults\n\n"
    if not count.decisions:
        yield "None known.\n" if forgotten else "None.\n"
        return
    yield f"{number_of(count.decisions, 'decision')} with something that is not as its own standard has it.\n"
    for of, heading in _HEADINGS:
        found = count.by_size(of)
        if not found:
            continue
        yield f"\n### {heading}\n\n| signal | fault | decisions | words | for example |\n|---|---|---:|---|---|\n"
        for kind, faults in found[:SHOWN]:
            yield markdown_row(
                markdown_cell(kind.signal),
                markdown_cell(kind.message),
                f"{faults.decisions:,}",
                markdown_quote(faults.words),
                " ".join(map(markdown_cell, faults.examples)),
            )
        if len(found) > SHOWN:
            yield f"\n{number_of(len(found) - SHOWN, 'more kind')} of fault: `--format json`.\n"


@lru_cache(maxsize=4096)  # the documents of a log come together
def _host(source: str) -> str:
    try:
        return Origin.parse(source).host
    except UnsupportedURL:
        return ""


def _kind(fault: Mapping[str, Any]) -> FaultKind:
    message = text_of(fault, "message", 400) or "unknown"
    message = _QUOTED.sub("'…'", _PLACE.sub(r"\1 …", message))
    carrier = fault.get("carrier")
    return FaultKind(carrier if carrier in _APART else SITE, text_of(fault, "signal", 40) or "", message[:240])
