"""The figures of a report: what is counted, each with what it is a number of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from tdm_guard.reports.quoted import Declaring


@dataclass(slots=True)
class Tally:
    """
    Decisions on one host, or on all.

    `admitted` counts content handed on; a response that carried none (an error page, a redirect) is in `no_content`.
    `against` are admitted ones that something reserved, or might have, under `mode = "observe"`: not those
    that rest on a list of excluded sites alone.
    `admitted_bytes` are bytes as received, of admitted content whose size is in the log.
    """

    decisions: int = 0
    admitted: int = 0
    no_content: int = 0
    withheld: int = 0
    against: int = 0
    admitted_bytes: int = 0

    def add(self, other: Tally) -> None:
        """Counts what another one counted."""
        self.decisions += other.decisions
        self.admitted += other.admitted
        self.no_content += other.no_content
        self.withheld += other.withheld
        self.against += other.against
        self.admitted_bytes += other.admitted_bytes


@dataclass(slots=True, kw_only=True)
class Run:
    """
    A run as its first record tells of it, and when and with what it ended, if it did.

    `failed`: downloads that failed, if the log knows. `operator`, `contact`, `country`: who collected.
    """

    run: str
    ts: str | None
    tool: str | None
    agent: str | None
    usages: tuple[str, ...]
    posture: str | None
    mode: str | None
    operator: str | None = None
    contact: str | None = None
    country: str | None = None
    ended: str | None = None
    failed: int | None = None


class Loaded(NamedTuple):
    """A declaration, or a list of what one covers (`size`: the bytes it was made from), that a run had loaded."""

    id: str
    version: str
    sha256: str
    size: str


class Mandate(NamedTuple):
    """In what form something was declared, and what its mandate is recorded as: status, and basis."""

    form: str
    status: str
    basis: str


@dataclass(slots=True)
class Works:
    """
    What declarations over repertoires came to.

    `matches` counts the decisions of runs that had some loaded: matched, not-matched, unmatchable; `declarations`, by
    verdict, those that name a declaration, also where it was lifted or released; `said` is what each of these says,
    `mandates` by what right, and `matched` its works: how many decisions by which key and value.
    """

    matches: Counter[str] = field(default_factory=Counter)
    declarations: dict[str, Counter[str]] = field(default_factory=dict)
    said: dict[str, Declaring] = field(default_factory=dict)
    mandates: dict[str, Mandate] = field(default_factory=dict)
    matched: dict[str, Counter[str]] = field(default_factory=dict)
    loaded: dict[Loaded, None] = field(default_factory=dict)


class Review(NamedTuple):
    """What a person decided of a doubt, as records tell it."""

    outcome: str
    about: str
    by: str
    at: str
    why: str


class Lifted(NamedTuple):
    """An authorisation, and whose statement it lifted: a declaration's, a policy's or a site's."""

    authorisation: str
    of: str
    signal: str


class Unknown(NamedTuple):
    """Why something is undetermined: what could not be heard, where it would have stood, and what became of it."""

    signal: str
    carrier: str
    why: str


@dataclass(slots=True)
class Reasons:
    """Decisions by what settled them, where that is more than a signal: each is counted once under each reason."""

    lifted: Counter[Lifted] = field(default_factory=Counter)
    reviews: Counter[Review] = field(default_factory=Counter)
    unknown: Counter[Unknown] = field(default_factory=Counter)
    examples: dict[Unknown, str] = field(default_factory=dict)
