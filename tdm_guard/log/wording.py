"""
What a decision rests on as JSON text, redacted: statements, faults, documents, and the members around them.

strategy: text is spelt first, and redacted only where something in it can be: redaction changes nothing that has none
of the marks it goes by, which JSON does not escape. Whatever has one goes the long way, which takes members apart. What
is said of many pages of a site is spelt once and kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.log.personal import PERSONAL
from tdm_guard.log.record import encode
from tdm_guard.plain import in_json, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tdm_guard.decision import Checked, Decision, Outcome
    from tdm_guard.log.redaction import Redaction
    from tdm_guard.model import Fault, Statement

MAX_KEPT_TEXTS = 512  # spellings kept of a kind: the origins a crawl works on at one time, and their kinds of answers
MAX_KEPT_TEXT = 4096  # characters; longer ones are spelt anew, so that 512 of them stay within 2 MiB


class Middle(NamedTuple):
    """The members from `origin` to `media_type`: those of the chained line, and those of the one aside."""

    chained: str
    aside: str


class Seconds:
    """Spells moments as `timestamp` does; those within one second differ in their fraction only."""

    __slots__ = ("_second", "_text")

    def __init__(self) -> None:
        self._second = datetime.min.replace(tzinfo=UTC)
        self._text = ""

    def spelt(self, moment: datetime) -> str:
        since = moment - self._second
        if since.days or since.seconds:
            text = timestamp(moment)
            self._second = (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).replace(microsecond=0)
            self._text = text[:-7]
            return text
        return f"{self._text}{since.microseconds:06}Z"


class Wording:
    """Spells middles. With `split` what may be personal stands apart."""

    __slots__ = ("_documents", "_frames", "_redaction", "_said", "_seconds", "_split")

    def __init__(self, redaction: Redaction, *, split: bool) -> None:
        self._redaction = redaction
        self._split = split
        self._seconds = Seconds()
        self._frames: dict[tuple[object, ...], tuple[str, str]] = {}
        self._said: dict[tuple[object, ...], str] = {}
        # What has an `id` here is held beside the text, so that its identity cannot pass to another one.
        self._documents: dict[int, tuple[str, tuple[Checked, ...]]] = {}

    def middle(self, decision: Decision) -> Middle:
        """The members from `origin` to `media_type` of a decision."""
        outcome, exchange = decision.outcome, decision.exchange
        because, said, faults = outcome.because, outcome.said, decision.faults
        if outcome.exemption is not None or (self._redaction.key_id is not None and (because or said or faults)):
            return self.at_length(decision)
        reasons = f'"because":{self._all(because) if because else "[]"}'
        if said:
            more = f',"said_more":{spelt(outcome.said_more)}' if outcome.said_more else ""
            reasons += f',"said":{self._all(said)}{more}'
        looked = f'"faults":{self._all(faults) if faults else "[]"},"checked":{self._looked_for(decision)}'
        start, behind = self._around(outcome, decision)
        before = f'"origin":{encode_basestring(exchange.origin)},{start}'
        if self._split:
            return Middle(before + behind, f"{reasons},{looked}")
        return Middle(f"{before}{reasons},{looked},{behind}", "")

    def at_length(self, decision: Decision) -> Middle:
        """The same, member by member."""
        members = self._redaction.members(_members(decision))
        if not self._split:
            return Middle(encode(members)[1:-1], "")
        kept = {name: value for name, value in members.items() if name not in PERSONAL}
        aside = {name: value for name, value in members.items() if name in PERSONAL}
        return Middle(encode(kept)[1:-1], encode(aside)[1:-1])

    def _all(self, said: tuple[Statement, ...] | tuple[Fault, ...]) -> str:
        return f"[{','.join([self._one(each) for each in said])}]"

    def _one(self, said: Statement | Fault) -> str:
        """A statement or a fault. Equal ones of many pages are spelt once: each was made for its page."""
        at, key = said.retrieved_at, (said, said.evidence)  # which does not count where they are compared
        if at is not None and at.tzinfo is not UTC:
            return self._told(said)  # times in other zones may be equal and not the same
        try:
            kept = self._said.get(key)
        except TypeError:  # what works were matched by is no value to look up
            return self._told(said)
        if kept is None:
            kept = self._told(said)
            if len(kept) <= MAX_KEPT_TEXT:
                if len(self._said) >= MAX_KEPT_TEXTS:
                    self._said.clear()
                self._said[key] = kept
        return kept

    def _looked_for(self, decision: Decision) -> str:
        """The documents of a decision: where nothing was said, they are kept with all that is around them."""
        checked = decision.checked
        kept = self._documents.get(id(checked))
        if kept is not None:
            return kept[0]
        text = self._documents_of(checked)
        if not self._redaction.leaves(text):
            text = f"[{','.join([self._redacted(each) for each in checked])}]"
        if (decision.outcome.because or decision.outcome.said) and len(text) <= MAX_KEPT_TEXT:
            if len(self._documents) >= MAX_KEPT_TEXTS:
                self._documents.clear()
            self._documents[id(checked)] = (text, checked)
        return text

    def _documents_of(self, checked: tuple[Checked, ...]) -> str:
        """Those that came to the same at the same time, as most that are absent, differ in their addresses only."""
        texts = []
        known: tuple[object, ...] = ()
        rest = ""
        for each in checked:
            came_to = each[1:]
            if came_to != known:
                result, status, at, sha256, cached = came_to
                plain = at is None or at.tzinfo is UTC  # times in other zones may be equal and not the same
                known = came_to if plain else ()
                time = "null" if at is None else f'"{self._seconds.spelt(at) if plain else timestamp(at)}"'
                rest = (
                    f'"result":{encode_basestring(result)},"status":{spelt(status)},"retrieved_at":{time},'
                    f'"sha256":{"null" if sha256 is None else encode_basestring(sha256)},'
                    f'"cached":{"true" if cached else "false"}}}'
                )
            texts.append(f'{{"document":{encode_basestring(each[0])},{rest}')
        return f"[{','.join(texts)}]"

    def _around(self, outcome: Outcome, decision: Decision) -> tuple[str, str]:
        """What stands before and behind reasons and documents: the answers of many sites have it in common."""
        _, _, status, content, authenticated, media_type, *_ = decision.exchange
        verdict, admits, enforced, lifted = outcome.verdict, outcome.admits, outcome.enforced, outcome.authorisations
        answer = spelt(status)
        usages = tuple(outcome.usages.items())
        key = (verdict, admits, enforced, decision.stage, usages, lifted, answer, content, authenticated, media_type)
        kept = self._frames.get(key)
        if kept is None:
            before = (
                f'"verdict":{spelt(verdict)},"admitted":{spelt(admits)},"enforced":{spelt(enforced)},'
                f'"stage":{spelt(decision.stage)},"usages":{encode(outcome.usages)},'
            )
            behind = (
                f'"authorisations":{encode(lifted)},"status":{answer},"content":{spelt(content)},'
                f'"authenticated":{spelt(authenticated)},"media_type":{spelt(media_type)}'
            )
            kept = before, behind
            if len(before) + len(behind) <= MAX_KEPT_TEXT:
                if len(self._frames) >= MAX_KEPT_TEXTS:
                    self._frames.clear()
                self._frames[key] = kept
        return kept

    def _told(self, item: Statement | Fault) -> str:
        one = self._member
        members = ",".join(
            [f'"{name}":null' if value is None else f'"{name}":{one(value)}' for name, value in item.recorded()]
        )
        text = f"{{{members}}}"
        return text if self._redaction.leaves(text) else self._redacted(item)

    def _member(self, value: Any) -> str:
        if isinstance(value, str):
            return encode_basestring(value)
        if value.__class__ is tuple:
            return f"[{','.join([self._member(each) for each in value])}]"
        if value.__class__ is datetime and value.tzinfo is UTC:
            return f'"{self._seconds.spelt(value)}"'
        return encode(in_json(value))

    def _redacted(self, item: Statement | Fault | Checked) -> str:
        """The long way."""
        return encode(self._redaction.within(item.to_dict()))


def spelt(value: object) -> str:
    """A value as `encode` has it."""
    kind = value.__class__
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return f"{value}"
    if isinstance(value, str):
        return encode_basestring(value)
    return "null" if value is None else encode(value)


def _members(decision: Decision) -> Mapping[str, Any]:
    exchange, outcome = decision.exchange, decision.outcome
    return {
        "origin": exchange.origin,
        "verdict": outcome.verdict,
        "admitted": outcome.admits,
        "enforced": outcome.enforced,
        "stage": decision.stage,
        "usages": outcome.usages,
        "because": [item.to_dict() for item in outcome.because],
        **outcome.besides(),
        **outcome.exempted(),
        "faults": [item.to_dict() for item in decision.faults],
        "checked": [item.to_dict() for item in decision.checked],
        "authorisations": outcome.authorisations,
        "status": exchange.status,
        "content": exchange.content,
        "authenticated": exchange.authenticated,
        "media_type": exchange.media_type,
    }
