"""
What waits for a person: the doubts in the log's decisions, each a question that a review answers.

A match by a name, a mandate that is disputed, a licence without proof: no rule decides these. A person does, in a
record that later runs honour.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeAlias

from tdm_guard.log.latest import addresses_of
from tdm_guard.log.members import entries, text_of
from tdm_guard.matched import OF_ONE_URL, LiftOutcome, ReviewOutcome
from tdm_guard.model import Layer, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from tdm_guard.repertoire.review import Review

ITEM = "item"  # the carrier of what the caller handed in
MAX_TEXT = 4096  # characters of a value, of words, of a reason

Subject: TypeAlias = "tuple[str | None, ...]"  # of an answer: declaration, key, value; or an authorisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    One doubt about one item: does this match count (`declaration`, `key`, `value`), or does this `authorisation`?
    `item` is the place in the caller's own item that nothing could be matched by: it is put right there, by no review.

    `written` is a name as the declaration has it, `value` its spelling in reviews. `number` counts the questions of
    these logs; `decision` is the id of the record. `of_one_url`: what releases it must name its `url`.
    """

    number: int
    decision: str
    ts: str
    url: str
    why: str
    declaration: str | None = None
    key: str | None = None
    value: str | None = None
    written: str | None = None
    strength: str | None = None
    authorisation: str | None = None
    item: str | None = None
    words: str | None = None
    rightsholder: str | None = None
    contact: str | None = None
    policy_url: str | None = None
    form: str | None = None
    mandate: str | None = None
    of_one_url: bool = False

    @property
    def answerable(self) -> bool:
        """True if the record says enough for a review to name what it is about."""
        return self.authorisation is not None or None not in (self.declaration, self.key, self.value)

    @property
    def subject(self) -> Subject:
        """What an answer is about, wherever the question comes up."""
        if self.authorisation is not None:
            return (self.authorisation,)
        return (self.declaration, self.key, self.value)

    @property
    def ident(self) -> str:
        """A name that it has in all logs, whatever its number there: of what it asks and of which address."""
        asked = [self.url, *self.subject, *(() if self.answerable else (self.decision,))]
        return f"q-{blake2b(json.dumps(asked).encode(), digest_size=8).hexdigest()}"

    def answered_for_all(self, outcome: ReviewOutcome) -> bool:
        """True if a review without `url` answers it: that a licence is in order says nothing of a work by a name."""
        return outcome != ReviewOutcome.RELEASED or not self.of_one_url

    def same(self, other: Question) -> bool:
        """True if an answer to one, given for all its items, answers the other."""
        return self.subject == other.subject

    def table(self) -> dict[str, str]:
        """What a review of it says that it is about."""
        if self.authorisation is not None:
            return {"authorisation": self.authorisation}
        return {name: getattr(self, name) or "" for name in ("declaration", "key", "value")}


class Answers:
    """What people answered already, as it holds on a day (UTC)."""

    __slots__ = ("_given",)

    def __init__(self, reviews: Iterable[Review], today: date) -> None:
        self._given: dict[Subject, set[tuple[str | None, ReviewOutcome]]] = {}
        for review in reviews:
            if review.until is None or today <= review.until:
                licence = review.authorisation
                subject = (review.declaration, review.key, review.value) if licence is None else (licence,)
                self._given.setdefault(subject, set()).add((review.url, review.outcome))

    def have(self, question: Question) -> bool:
        """True if one of them answers the question: for its address, or for all where that is enough."""
        given = self._given.get(question.subject, ()) if question.answerable else ()
        return any(url == question.url or (url is None and question.answered_for_all(said)) for url, said in given)


def is_waiting(record: Mapping[str, Any]) -> bool:
    """True if a decision waits for a person."""
    return record.get("verdict") == Verdict.REVIEW


def questions(records: Iterable[Mapping[str, Any]]) -> Iterator[Question]:
    """The questions of decisions in review, numbered from 1. What a record may hold does not raise."""
    number = 0
    for record in records:
        about: dict[str, Any] = {
            "decision": text_of(record, "id", 200) or "",
            "ts": text_of(record, "ts", 40) or "",
            "url": next(iter(addresses_of(record)), ""),
        }
        doubts = [doubt for entry in entries(record, "because") for doubt in _doubts(entry)]
        for doubt in doubts or [{"why": "the record does not say why"}]:
            number += 1
            yield Question(number=number, **about, **doubt)


def _doubts(entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    reviewed = _table(entry, "reviewed").get("outcome")
    if reviewed == ReviewOutcome.RELEASED:
        return
    said = {
        "words": text_of(entry, "excerpt", MAX_TEXT),
        **{name: text_of(entry, name, MAX_TEXT) for name in ("rightsholder", "contact", "policy_url")},
    }
    if entry.get("carrier") == ITEM:
        said |= {"item": text_of(entry, "locator", MAX_TEXT) or ITEM}
    elif entry.get("layer") == Layer.REPERTOIRE:
        match, declaration = _table(entry, "match"), _table(entry, "declaration")
        said |= {name: text_of(match, name, MAX_TEXT) for name in ("key", "value", "written", "strength")}
        said |= {"declaration": text_of(entry, "source", MAX_TEXT)}
        said |= {"form": text_of(declaration, "form", 40), "mandate": text_of(declaration, "mandate_status", 40)}
    if reviewed is None and (why := text_of(entry, "doubt", MAX_TEXT)):
        yield {**said, "why": why}
    for mark in entries(entry, "authorisations"):
        if mark.get("outcome") == LiftOutcome.REVIEW and (name := text_of(mark, "id", 200)):
            of_one_url = OF_ONE_URL in str(mark.get("why"))
            yield {
                **said,
                "why": text_of(mark, "why", MAX_TEXT) or "",
                "authorisation": name,
                "of_one_url": of_one_url,
            }


def _table(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = entry.get(name)
    return value if isinstance(value, dict) else {}
