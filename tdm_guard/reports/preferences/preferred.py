"""
For each content that was handed on, all that was said of every usage, with words and dates.

What is published beside a data set names no licence of the operator's, no reviewer and no contact of his own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tdm_guard.log.latest import addresses_of
from tdm_guard.log.members import entries, is_size, text_of
from tdm_guard.matched import ReviewOutcome
from tdm_guard.model import Stance
from tdm_guard.reports.spelling import json_text
from tdm_guard.signals import SIGNALS
from tdm_guard.usage import EVERY, Usage

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

MAX_RUNS = 10_000  # whose usages and signals are kept in mind; of others it is not known what they listened to
MAX_STATEMENTS = 1_000  # of one content; a record has some
# Members of a statement, as in the log, that are told.
SAID = (
    "kind", "signal", "carrier", "stance", "layer", "source", "locator", "excerpt", "sha256", "retrieved_at",
    "rightsholder", "policy_url", "policy_uid", "contact", "terms", "doubt", "repair",
)  # fmt: skip
DOCUMENT = ("document", "result", "retrieved_at", "sha256")
_PLAIN = {usage.value for usage in EVERY}
_REFUSING = {Stance.RESERVED.value, Stance.UNDETERMINED.value}
_ORDER = (Stance.RESERVED, Stance.UNDETERMINED, Stance.PERMITTED, Stance.UNSTATED)


@dataclass(slots=True)
class Runs:
    """What the runs of the logs were told to do, and when."""

    usages: dict[str, frozenset[str]] = field(default_factory=dict)
    unheard: dict[str, tuple[str, ...]] = field(default_factory=dict)
    agents: dict[str, str] = field(default_factory=dict)
    operators: dict[str, None] = field(default_factory=dict)

    def note(self, name: str, record: Mapping[str, Any]) -> None:
        """The record of a run, or what a later part of its log says of it."""
        if len(self.agents) >= MAX_RUNS:
            return
        named, signals = (set(_names(record, member)) for member in ("usages", "signals"))
        self.agents[name] = text_of(record, "agent", 120) or ""
        self.usages[name] = frozenset(named)
        if "chain" in record:  # before records were chained all, they had only what settled the usages asked
            self.unheard[name] = tuple(
                signal.name for signal in SIGNALS if signal.name not in signals or named.isdisjoint(signal.usages)
            )
        operator = record.get("operator")
        if isinstance(operator, dict) and (who := text_of(operator, "name", 200)):
            self.operators[who] = None


def preferences(records: Iterable[Mapping[str, Any]], runs: Runs) -> Generator[dict[str, Any]]:
    """What was said of each content, of decisions in the shape of `Latest.completed`."""
    for record in records:
        addresses = addresses_of(record)
        run = text_of(record, "run", 240) or ""
        unheard = runs.unheard.get(run)
        because, said = (entries(record, member)[:MAX_STATEMENTS] for member in ("because", "said"))
        asked = record.get("usages")
        asked = {name: stance for name, stance in asked.items() if name in _PLAIN} if isinstance(asked, dict) else {}
        more = record.get("said_more")
        size = record.get("bytes")
        yield {
            "url": addresses[0] if addresses else "",
            "asked": text_of(record, "url", 65_536) or "",
            "content_sha256": text_of(record, "content_sha256", 64),
            "bytes": size if is_size(size) else None,
            "complete": record.get("complete") if isinstance(record.get("complete"), bool) else None,
            "media_type": text_of(record, "media_type", 200),
            "ts": text_of(record, "ts", 40) or "",
            "decision": text_of(record, "id", 240) or "",
            "verdict": text_of(record, "verdict", 40) or "",
            "usages": stances(asked, [*because, *said], unheard),
            "collected_for": list(asked),
            "said": [_told(entry, settled=True) for entry in because] + [_told(each, settled=False) for each in said],
            "said_more": more if is_size(more) else 0,
            "documents": [
                {name: text_of(entry, name, 65_536) for name in DOCUMENT} for entry in entries(record, "checked")
            ],
            "not_listened_to": None if unheard is None else list(unheard),
        }


def stances(
    asked: Mapping[str, Any], statements: Iterable[Mapping[str, Any]], unheard: tuple[str, ...] | None
) -> dict[str, str]:
    """
    The stance on every usage: of those asked for as the decision has it, of others what the statements come to.

    Where a signal that could speak of a usage was not listened to, silence is not known: undetermined, not unstated.
    """
    heard = list(statements)
    found: dict[str, str] = {}
    for usage in EVERY:
        if isinstance(stance := asked.get(usage.value), str):
            found[usage.value] = stance
            continue
        said = {_says(entry) for entry in heard if usage.value in _listed(entry)}
        stance = next((each for each in _ORDER if each in said), Stance.UNSTATED)
        if stance is Stance.PERMITTED and any(_questions(entry, usage) for entry in heard):
            stance = Stance.UNSTATED
        if stance is not Stance.RESERVED and _may_be_unheard(usage, unheard):
            stance = Stance.UNDETERMINED
        found[usage.value] = stance.value
    return found


def _says(entry: Mapping[str, Any]) -> Stance:
    """What one statement comes to by itself, as `judging.decide` has it."""
    stance = text_of(entry, "stance", 40)
    if stance in _REFUSING:
        reviewed = entry.get("reviewed")
        if isinstance(reviewed, dict) and reviewed.get("outcome") == ReviewOutcome.RELEASED:
            return Stance.UNSTATED
        return Stance.UNDETERMINED if stance == Stance.UNDETERMINED or entry.get("doubt") else Stance.RESERVED
    return Stance.PERMITTED if stance == Stance.PERMITTED else Stance.UNSTATED


def _questions(entry: Mapping[str, Any], usage: Usage) -> bool:
    return bool(entry.get("doubt")) and entry.get("stance") == Stance.UNSTATED and usage.value in _listed(entry)


def _may_be_unheard(usage: Usage, unheard: tuple[str, ...] | None) -> bool:
    """True if something that can speak of a usage was not listened to, or if that is not known."""
    return unheard is None or any(signal.name in unheard and usage in signal.usages for signal in SIGNALS)


def _told(entry: Mapping[str, Any], *, settled: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"usages": _listed(entry), **{name: text_of(entry, name, 65_536) for name in SAID}}
    if told["contact"] and " (from " in told["contact"]:  # the operator's own, of a file of his
        told["contact"] = None
    reviewed = entry.get("reviewed")
    released = isinstance(reviewed, dict) and reviewed.get("outcome") == ReviewOutcome.RELEASED
    return {**told, "settled": settled, "released": released}


def _listed(entry: Mapping[str, Any]) -> list[str]:
    return [usage for usage in _names(entry, "usages") if usage in _PLAIN]


def _names(table: Mapping[str, Any], member: str) -> list[str]:
    value = table.get(member)
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def json_lines(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One object a line; of a statement only what is known."""
    for item in items:
        said = [{name: value for name, value in each.items() if value is not None} for each in item["said"]]
        yield json_text({**item, "said": said}) + "\n"
