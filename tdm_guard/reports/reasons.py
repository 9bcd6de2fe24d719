"""What settled decisions beside reservations: licences that lifted, people who reviewed, what could not be known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from tdm_guard.log.members import entries, text_of
from tdm_guard.matched import LiftOutcome
from tdm_guard.model import Stance, Verdict
from tdm_guard.reports.figures import Lifted, Reasons, Review, Unknown

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping

MAX_REASONS = 1_000  # of a kind, counted by themselves, under 1 KB each; those met later are counted together
MAX_WORDS = 160  # characters of a reason
OTHERS = "(others)"
_DIGITS = re.compile(r"\d{4,}")  # a size or a place differs from one to the next; a status and a limit are told

R = TypeVar("R", Lifted, Review, Unknown)


def count_reasons(
    reasons: Reasons, record: Mapping[str, Any], because: Iterable[Mapping[str, Any]], times: int
) -> None:
    """Counts `times` decisions like this record. What a record may hold does not raise."""
    lifted: set[Lifted] = set()
    reviews: set[Review] = set()
    unknown: dict[Unknown, str] = {}
    for entry in because:
        about = text_of(entry, "source", 200) or "unknown"
        signal = text_of(entry, "signal", 40) or "unknown"
        for mark in entries(entry, "authorisations"):
            if mark.get("outcome") == LiftOutcome.LIFTED:
                lifted.add(Lifted(text_of(mark, "id", 200) or "unknown", about, signal))
        reviewed = entry.get("reviewed")
        if isinstance(reviewed, dict):
            outcome, by, at, why = (text_of(reviewed, name, 400) or "" for name in ("outcome", "by", "at", "why"))
            reviews.add(Review(outcome, about, by, at, why))
        if entry.get("stance") == Stance.UNDETERMINED and record.get("verdict") == Verdict.UNDETERMINED:
            why = _DIGITS.sub("…", text_of(entry, "excerpt", MAX_WORDS) or text_of(entry, "doubt", MAX_WORDS) or "")
            unknown[Unknown(signal, text_of(entry, "carrier", 40) or "", why)] = about
    if record.get("verdict") == Verdict.UNDETERMINED and not unknown:
        unknown[Unknown("unknown", "", "the record does not say")] = text_of(record, "url", 200) or ""
    _count(reasons.lifted, lifted, Lifted(OTHERS, "", ""), times)
    _count(reasons.reviews, reviews, Review(OTHERS, "", "", "", ""), times)
    for kind, example in unknown.items():
        reasons.examples.setdefault(_count(reasons.unknown, [kind], Unknown(OTHERS, "", ""), times), example)


def _count(counter: Counter[R], met: Iterable[R], others: R, times: int) -> R:
    for kind in met:
        others = kind if kind in counter or len(counter) < MAX_REASONS else others
        counter[others] += times
    return others
