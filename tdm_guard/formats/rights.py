"""
Rights in works, declared in files of their own: what RSL-MEDIA and TDM·AI documents have in common once they are read.

The usages are ours: those that a right reserves. What could not be read in a word of the file reserves as much as it
may be about, and is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from tdm_guard.usage import EVERY, Usage

MAX_RIGHTS = 200_000  # of one file
MAX_BYTES = 64 * 2**20  # of one file, which is read as a whole
ACTIVE = "active"
_DAY = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?\s*", re.DOTALL)


class Right(NamedTuple):
    """
    One right: by what its work is known (match key, value as written), what it reserves, whether it is in force.

    `number` counts the rights of a file from 1. `since` and `until` are the first and the last day. `name` is its
    holder's, `words` are those that reserve, as they stand. `everything`: it is of all that a registry holds, so of
    nothing that can be looked up. `replaced`: another right of the same file took its place. `problem` says what in it
    could not be read.
    """

    number: int
    keys: tuple[tuple[str, str], ...] = ()
    usages: tuple[Usage, ...] = ()
    status: str = ACTIVE
    since: date | None = None
    until: date | None = None
    subject: str | None = None
    words: str | None = None
    name: str | None = None
    registry: str | None = None
    licence: str | None = None
    contact: str | None = None
    everything: bool = False
    replaced: bool = False
    problem: str | None = None

    def idle(self, today: date) -> str | None:
        """Why it reserves nothing today and never will again, None if it does."""
        if self.replaced:
            return "replaced by a later one"
        if self.status != ACTIVE:
            return f"status {self.status[:40]}"
        if self.until is not None and self.until < today:
            return "ended"
        if not self.usages:
            return "reserves nothing"
        return "for a whole registry" if self.everything else None


def ordered(usages: Iterable[Usage]) -> tuple[Usage, ...]:
    """Usages, each once, in the order of the enumeration."""
    found = frozenset(usages)
    return tuple(usage for usage in EVERY if usage in found)


def day(text: str | None) -> tuple[date | None, bool]:
    """The day of a date or time in the form of RFC 3339, and whether there is nothing that could not be read."""
    if text is None or not text.strip():
        return None, True
    found = _DAY.fullmatch(text)
    try:
        return (date(int(found[1]), int(found[2]), int(found[3])), True) if found else (None, False)
    except ValueError:
        return None, False
