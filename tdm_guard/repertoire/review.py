"""Reviews: what a person decided about a doubtful match or a doubtful licence, to be honoured by later runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tdm_guard.matched import ReviewOutcome
from tdm_guard.repertoire.item import normalise
from tdm_guard.repertoire.problem import Problem, shown
from tdm_guard.repertoire.table import Table
from tdm_guard.repertoire.words import MATCH_KEYS

OUTCOMES = tuple(ReviewOutcome)
_GOOD = 'outcome = "released"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """
    One person's decision on a doubt.

    About a match: `declaration`, `key` and `value` (normalised, as in the record's `match`), for one `url` or for all.
    About a licence that has no evidence or whose grantor's mandate is disputed: `authorisation`, for one `url` or for
    all. `until` is the last day (UTC).
    """

    outcome: ReviewOutcome
    declaration: str | None = None
    key: str | None = None
    value: str | None = None
    url: str | None = None
    authorisation: str | None = None
    by: str
    at: datetime
    why: str
    until: date | None = None


def read_review(table: Mapping[str, Any], where: str) -> tuple[Review | None, tuple[Problem, ...]]:
    """The review in a table found at `where`, None if it has mistakes; and every problem, not the first only."""
    at = Table(table, where, good=_GOOD)
    licence = "authorisation" in at
    for member in ("declaration", "key", "value"):
        if licence and member in at:
            at.mistake(member, "a review is about a match or about an authorisation, not about both", "two reviews")
    key = at.choice("key", tuple(MATCH_KEYS), required=not licence)
    read = Review(
        outcome=ReviewOutcome(at.choice("outcome", OUTCOMES, ReviewOutcome.CONFIRMED, required=True)),
        declaration=at.name("declaration", '"sacem-2023"', required=not licence) or None,
        key=key or None,
        value=_value(at, key, required=not licence),
        url=at.url("url"),
        authorisation=at.name("authorisation", '"lic-2025-017"', required=False) or None,
        by=at.name("by", '"legal@acme.example"'),
        at=at.moment("at", required=True) or datetime.min.replace(tzinfo=UTC),
        why=at.text("why", '"another person of the same name"', required=True) or "",
        until=at.day("until"),
    )
    at.close()
    if read.until and "at" in at and not at.mistakes() and read.until < read.at.date():
        at.mistake("until", f"{read.until} is before the review itself ({read.at.date()})", str(read.at.date()))
    return (None if at.mistakes() else read), tuple(at.problems)


def _value(at: Table, key: str, *, required: bool) -> str | None:
    good = f'"{MATCH_KEYS.get(key, "marie exemple")}"'
    raw = at.text("value", good, required=required)
    if raw is None or not key:
        return None
    value = normalise(key, raw)
    if value is None:
        at.mistake("value", f"{shown(raw)} is no usable {key} (form or check digit)", good)
    return value
