"""
A decision read back from its record, as far as the record is understood: what is not ours is left out and named.

`Decision.to_dict` gives the record of what is returned, but for what was left out.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tdm_guard.decision import Checked, Decision, Exchange, LogEntry, Match, Outcome, Stage
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.members import entries, is_size, text_of
from tdm_guard.matched import DeclaredAs, Lift, LiftOutcome, MatchedBy, Reviewed, ReviewOutcome
from tdm_guard.model import MAX_STORED, Evidence, Fault, Kind, Layer, Result, Stance, Statement, Stored, Verdict
from tdm_guard.operator import Research, read_operator
from tdm_guard.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ENTRIES = 1_000  # statements, faults or documents of one record; a decision rests on a few
MAX_MEMBERS = 20  # of a small table in a statement
MAX_HOPS = 100  # of one journey; the guard keeps as many
MAX_TEXT = 65_536  # characters of an address, the longest of texts
_WHOLE = ("exemption", "stored")  # members that are one table, which is understood or is not
_Words = TypeVar("_Words", bound=StrEnum)


class Recorded(NamedTuple):
    """A decision as its record has it, and the members of the record that could not be understood, in part or whole."""

    decision: Decision
    left_out: tuple[str, ...]


def read_decision(record: Mapping[str, Any]) -> Recorded | None:
    """The decision in a record; None where there is none: no verdict of ours, no address or no time."""
    verdict, url = _word(record, "verdict", Verdict), text_of(record, "url", MAX_TEXT)
    ts = moment_of(text_of(record, "ts", 40))
    if verdict is None or not url or ts is None:
        return None
    table = record.get("usages")
    usages = _usages(table) if isinstance(table, dict) else {}
    because = [_statement(entry) for entry in entries(record, "because")[:MAX_ENTRIES]]
    said = [_statement(entry) for entry in entries(record, "said")[:MAX_ENTRIES]]
    faults = [_fault(entry) for entry in entries(record, "faults")[:MAX_ENTRIES]]
    checked = [_checked(entry) for entry in entries(record, "checked")[:MAX_ENTRIES]]
    exemption = _exemption(record.get("exemption"))
    outcome = Outcome(
        verdict=verdict,
        usages=usages,
        because=tuple(filter(None, because)),
        authorisations=_texts(record, "authorisations", MAX_ENTRIES),
        enforced=record.get("enforced") is not False,
        exemption=exemption,
        said=tuple(filter(None, said)),
        said_more=_number(record, "said_more") or 0,
    )
    decision = Decision(
        url=url,
        ts=ts,
        stage=_word(record, "stage", Stage) or Stage.POLICY,
        outcome=outcome,
        exchange=_exchange(record, url),
        checked=tuple(filter(None, checked)),
        faults=tuple(filter(None, faults)),
        stored=_stored(record.get("stored")),
        entry=_entry(record),
    )
    counts = {
        "usages": len(usages),
        "because": len(outcome.because),
        "said": len(outcome.said),
        "faults": len(decision.faults),
        "checked": len(decision.checked),
        "exemption": int(exemption is not None),
        "stored": int(decision.stored is not None),
    }
    left_out = [name for name, count in counts.items() if count != _size(record.get(name), whole=name in _WHOLE)]
    if decision.admitted != record.get("admitted"):
        left_out.append("admitted")
    return Recorded(decision, tuple(left_out))


def moment_of(stamp: str | None) -> datetime | None:
    """A time of a record in UTC; None for what is none."""
    try:
        moment = datetime.fromisoformat(stamp) if stamp else None
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (OverflowError, ValueError):
        return None


def _size(value: object, *, whole: bool) -> int:
    """How many there should be."""
    if value is None:
        return 0
    return 1 if whole or not isinstance(value, (dict, list)) else len(value)


def _word(table: Mapping[str, Any], name: str, words: type[_Words]) -> _Words | None:
    value = table.get(name)
    return words(value) if isinstance(value, str) and value in set(words) else None


def _texts(table: Mapping[str, Any], name: str, limit: int) -> tuple[str, ...]:
    value = table.get(name)
    return tuple(str(text) for text in value[:limit] if isinstance(text, str)) if isinstance(value, list) else ()


def _usages(table: Mapping[str, Any]) -> dict[Usage, Stance]:
    found = {usage: _word(table, usage, Stance) for usage in Usage if usage in table}
    return {usage: stance for usage, stance in found.items() if stance is not None}


def _evidence(entry: Mapping[str, Any], kind: type[Evidence]) -> dict[str, Any]:
    """The members that all evidence has, and those of its `kind` that may be text."""
    texts = [item.name for item in fields(kind) if item.type == "str | None"]
    read = {name: text_of(entry, name, MAX_TEXT) for name in texts}
    needed = {name: text_of(entry, name, MAX_TEXT) or "" for name in ("source", "carrier")}
    return {**read, **needed, "retrieved_at": moment_of(text_of(entry, "retrieved_at", 40))}


def _statement(entry: Mapping[str, Any]) -> Statement | None:
    kind, stance, layer = _word(entry, "kind", Kind), _word(entry, "stance", Stance), _word(entry, "layer", Layer)
    names = _texts(entry, "usages", len(Usage))
    signal = text_of(entry, "signal", 40)
    if kind is None or stance is None or layer is None or not signal or not set(names) <= set(Usage):
        return None
    lifts = [_lift(each) for each in entries(entry, "authorisations")[:MAX_ENTRIES]]
    match, declared = _table(entry.get("match")), _table(entry.get("declaration"))
    return Statement(
        **_evidence(entry, Statement),
        kind=kind,
        signal=signal,
        usages=tuple(map(Usage, names)),
        stance=stance,
        layer=layer,
        match=MatchedBy.of(match) if match else None,
        declaration=DeclaredAs.of(declared) if declared else None,
        authorisations=tuple(filter(None, lifts)),
        reviewed=_reviewed(entry.get("reviewed")),
    )


def _lift(table: Mapping[str, Any]) -> Lift | None:
    texts, outcome = _table(table), _word(table, "outcome", LiftOutcome)
    if outcome is None:
        return None
    return Lift(outcome=outcome, **{name: texts.get(name, "") for name in ("id", "usages", "why")})


def _reviewed(table: object) -> Reviewed | None:
    texts = _table(table)
    outcome = _word(texts, "outcome", ReviewOutcome)
    if outcome is None:
        return None
    return Reviewed(outcome=outcome, **{name: texts.get(name, "") for name in ("by", "at", "why")})


def _table(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {name: text for name in list(value)[:MAX_MEMBERS] if (text := text_of(value, name, MAX_TEXT)) is not None}


def _fault(entry: Mapping[str, Any]) -> Fault | None:
    message = text_of(entry, "message", MAX_TEXT)
    return Fault(**_evidence(entry, Fault), message=message) if message else None


def _checked(entry: Mapping[str, Any]) -> Checked | None:
    document, result = text_of(entry, "document", MAX_TEXT), _word(entry, "result", Result)
    if document is None or result is None:
        return None
    status, sha256 = _number(entry, "status"), text_of(entry, "sha256", 64)
    at = moment_of(text_of(entry, "retrieved_at", 40))
    cached = entry.get("cached") is True
    return Checked(document=document, result=result, status=status, retrieved_at=at, sha256=sha256, cached=cached)


def _number(table: Mapping[str, Any], name: str) -> int | None:
    value = table.get(name)
    return value if is_size(value) else None


def _exemption(value: object) -> Research | None:
    try:
        return read_operator({"research": value}).research if isinstance(value, dict) else None
    except ValueError:  # a ConfigurationError: it was whole when it was written
        return None


def _stored(value: object) -> Stored | None:
    if not isinstance(value, dict) or not isinstance(value.get("file"), str):
        return None
    kind = text_of(value, "type", MAX_STORED)
    try:
        return Stored(
            file=value["file"], offset=value.get("offset", -1), record=text_of(value, "record", MAX_STORED),
            type="response" if kind is None else kind,
        )  # fmt: skip
    except ConfigurationError:  # no place
        return None


def _exchange(record: Mapping[str, Any], url: str) -> Exchange:
    return Exchange(
        final_url=text_of(record, "final_url", MAX_TEXT) or url,
        origin=text_of(record, "origin", MAX_TEXT) or "",
        status=_number(record, "status"),
        content=record.get("content") is True,
        authenticated=record.get("authenticated") is True,
        media_type=text_of(record, "media_type", MAX_TEXT),
        bytes=_number(record, "bytes"),
        content_sha256=text_of(record, "content_sha256", 64),
        cached=record.get("cached") is True,
        hops=_texts(record, "hops", MAX_HOPS),
        repertoire=_word(record, "repertoire", Match),
    )


def _entry(record: Mapping[str, Any]) -> LogEntry:
    texts = {name: text_of(record, name, 200) or "" for name in ("run", "id", "prev", "hash")}
    return LogEntry(seq=_number(record, "seq") or 0, **texts)
