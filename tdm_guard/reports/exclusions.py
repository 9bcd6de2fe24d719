"""What was withheld since its site is on a list of `excluded_sites`: by list, apart from what anybody reserves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.log.members import entries, text_of
from tdm_guard.model import Kind
from tdm_guard.reports.spelling import markdown_cell, markdown_quote, markdown_row, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_LISTS = 1_000  # told apart; a run loads a handful, and each version is a list of its own
OTHERS = "(others)"


class LoadedList(NamedTuple):
    """A list that a run had loaded: its id, its date, and the SHA-256 of its file."""

    id: str
    version: str
    sha256: str


@dataclass(slots=True)
class Excluded:
    """
    `decisions` that rest on a list, `stored` of them under `mode = "observe"`; `lists` by list, each with what it said
    last; `loaded` by runs.

    A decision on a site that is on two lists counts under each.
    """

    decisions: int = 0
    stored: int = 0
    lists: Counter[str] = field(default_factory=Counter)
    words: dict[str, str] = field(default_factory=dict)
    loaded: dict[LoadedList, None] = field(default_factory=dict)

    def count_run(self, record: Mapping[str, Any]) -> None:
        """The lists of a run."""
        for entry in entries(record, "excluded_sites")[:MAX_LISTS]:
            if len(self.loaded) < MAX_LISTS:
                self.loaded[LoadedList(*(text_of(entry, name, 200) or "" for name in LoadedList._fields))] = None

    def count_decision(self, record: Mapping[str, Any], times: int = 1, *, stored: bool = False) -> None:
        """A decision, if it rests on a list; as many like it."""
        found = exclusions(record)
        self.decisions += times if found else 0
        self.stored += times if found and stored else 0
        for name, entry in {text_of(entry, "source", 200) or "unknown": entry for entry in found}.items():
            known = name in self.lists or len(self.lists) < MAX_LISTS
            self.lists[name if known else OTHERS] += times
            if known:
                self.words[name] = text_of(entry, "excerpt") or ""

    def markdown(self) -> Iterator[str]:
        """The section of a report; nothing if no run had a list and no decision rests on one."""
        if not (self.loaded or self.decisions):
            return
        yield "\n## Excluded sites\n\n"
        yield (
            f"{number_of(self.decisions, 'decision')} on sites that a court or an authority found to infringe. "
            "This is no reservation of rights, and no licence lifts it.\n"
        )
        if self.stored:
            yield f"Stored although excluded, in observe mode: {number_of(self.stored, 'decision')}.\n"
        yield "\n| list loaded | date | sha256 |\n|---|---|---|\n"
        yield from (markdown_row(*map(markdown_cell, item)) for item in self.loaded)
        if self.lists:
            yield "\n| list | words | decisions |\n|---|---|---:|\n"
        for name, count in self.lists.most_common():
            yield markdown_row(markdown_cell(name), markdown_quote(self.words.get(name, "")), f"{count:,}")

    def to_json(self) -> dict[str, Any]:
        """The same figures."""
        return {
            "decisions": self.decisions,
            "stored": self.stored,
            "lists": dict(self.lists.most_common()),
            "loaded": [item._asdict() for item in self.loaded],
        }


def exclusions(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What lists say in a decision's reasons."""
    return [entry for entry in entries(record, "because") if entry.get("kind") == Kind.EXCLUSION]


def is_excluded_alone(record: Mapping[str, Any]) -> bool:
    """True of a decision that rests on lists and on nothing else: nobody is known to reserve anything."""
    because = entries(record, "because")
    return bool(because) and len(exclusions(record)) == len(because)


def although_excluded(count: int) -> str:
    """The sentence behind one on what was stored against a reservation, which an exclusion is not; empty for none."""
    return f" Stored although excluded: {count:,}." if count else ""
