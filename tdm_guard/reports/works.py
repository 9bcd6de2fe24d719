"""Decisions on works that somebody declared, as lines for people: whose they are, what became of each reservation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tdm_guard.decision import Match
from tdm_guard.log.members import entries, text_of
from tdm_guard.matched import LiftOutcome
from tdm_guard.model import Layer
from tdm_guard.reports.quoted import Declaring
from tdm_guard.reports.worklist import open_usages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tdm_guard.log.reader import LogLine


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedWork:
    """An item that declarations were matched to, a line for each of these, and what each of them says."""

    url: str
    verdict: str
    declarations: tuple[str, ...]
    said: tuple[Declaring, ...] = ()


def declared_works(lines: Iterable[LogLine]) -> Iterator[MatchedWork]:
    """Decisions in which a declaration was matched, in the order of the log. What a record may hold does not raise."""
    for line in lines:
        record = line.record
        if record is not None and line.type == "decision" and record.get("repertoire") == Match.MATCHED:
            because = [entry for entry in entries(record, "because") if entry.get("layer") == Layer.REPERTOIRE]
            yield MatchedWork(
                url=text_of(record, "url") or "",
                verdict=text_of(record, "verdict", 40) or "unknown",
                declarations=tuple(f"{_said(entry)}: {_outcome(record, entry)}" for entry in because),
                said=tuple(map(Declaring.of, because)),
            )


def _said(entry: Mapping[str, Any]) -> str:
    match = entry.get("match")
    by = match if isinstance(match, dict) else {}
    value = text_of(by, "written", 240) or text_of(by, "value", 240)
    named = " ".join(part for part in (text_of(by, "key", 240), value) if part)
    about = ", ".join(part for part in (text_of(entry, "source", 240), named) if part)
    return f"{text_of(entry, 'rightsholder', 240) or 'somebody'} ({about})"


def _outcome(record: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """What a person said of it comes before the doubt that it answers, and a licence before both."""
    marks = entries(entry, "authorisations")
    lifted = [text_of(mark, "id", 240) or "" for mark in marks if mark.get("outcome") == LiftOutcome.LIFTED]
    if lifted:
        rest = ", ".join(open_usages(record, entry))
        return (f"reserved for {rest}, otherwise " if rest else "") + f"lifted by {', '.join(lifted)}"
    reviewed = entry.get("reviewed")
    if isinstance(reviewed, dict):
        outcome, by, why = (text_of(reviewed, name, 240) or "" for name in ("outcome", "by", "why"))
        return f"{outcome} by {by}, {why}"
    doubts = [text_of(mark, "why") or "" for mark in marks if mark.get("outcome") == LiftOutcome.REVIEW]
    doubt = "; ".join(part for part in (text_of(entry, "doubt"), *doubts) if part)
    return f"in review, {doubt}" if doubt else "reserved"
