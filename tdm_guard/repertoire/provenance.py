"""
The document that declares: what it is called, where it stands, and whether anybody who wrote the entry has read it.

A declaration heard of from others alone is no less a declaration; the record says that its words are hearsay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tdm_guard.repertoire.table import Table
from tdm_guard.repertoire.words import KNOWN_FROM

GOOD_SOURCE = '{ url = "https://society.example/declaration", retrieved_at = "2026-01-05T09:00:00Z" }'
NO_ADDRESS = "no address known"
STANDINGS = {
    "source": "read at source",
    "copy": "read in a stored copy",
    "secondary": "known from secondary accounts only",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """
    Title and own date (a year, month or day) of the document, its address, and what of it was kept.

    `known_from` says what was read: the document itself (`source`), a stored `copy` of its page, or accounts of others
    only (`secondary`); `see` where else one can read of it, each a line with an address. `retrieved_at` is UTC,
    `language` a BCP 47 tag.
    """

    title: str | None = None
    date: str | None = None
    url: str | None = None
    language: str | None = None
    known_from: str | None = None
    retrieved_at: datetime | None = None
    sha256: str | None = None
    stored_copy: str | None = None
    see: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Where it stands, or the words that nobody here knows."""
        return self.url or NO_ADDRESS

    @property
    def standing(self) -> str:
        """Whether it was read, for people."""
        words = STANDINGS.get(self.known_from or "")
        if words is None:
            words = "whether it was read is not said" if self.retrieved_at is None else "read"
        return words if self.retrieved_at is None else f"{words} on {self.retrieved_at:%Y-%m-%d}"

    @property
    def unquoted(self) -> str:
        """What stands in place of the words where they are not recorded: in brackets, since nobody said it."""
        places = [part for part in (self.title, self.url) if part] or [*self.see]
        return f"[the words are not recorded here{': see ' if places else ''}{', '.join(places)}]"


UNKNOWN = Provenance()


def read_provenance(at: Table) -> Provenance:
    """What the table `source` says."""
    source = Provenance(
        title=at.name("title", '"Press release of 12 October 2023"', required=False) or None,
        date=at.dated("date"),
        url=at.url("url"),
        language=at.name("language", '"fr"', required=False) or None,
        known_from=at.choice("known_from", KNOWN_FROM) or None,
        retrieved_at=at.moment("retrieved_at"),
        sha256=at.digest("sha256"),
        stored_copy=at.text("stored_copy", '"evidence/sacem-2023.html"'),
        see=at.texts("see", '["A daily, https://daily.example/society-opts-out"]'),
    )
    at.close()
    return source
