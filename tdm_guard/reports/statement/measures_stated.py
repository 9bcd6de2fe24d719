"""
The public statement of measures (GPAI Code of Practice, copyright chapter, 1.3(4)): which crawlers there are, what they
collect for, how reservations are identified and complied with, and whom to write to.

strategy: all of it is made from the options, so that it says what a crawl with them does. Its digest is of what it
says, without the date: a new digest is a new statement. It does not say which licences
there are, nor of any signal that an authority recognises it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.http.freshness import CEILING, FLOOR
from tdm_guard.log.record import TOOL
from tdm_guard.model import Posture
from tdm_guard.options import NOBODY, Options
from tdm_guard.plain import without_secrets
from tdm_guard.policies.answers import MAX_STALE, UNREACHABLE_FOR
from tdm_guard.reports.templates.filled import USAGE_WORDS
from tdm_guard.reports.templates.form import Blank, operator
from tdm_guard.secrecy.parameters import SECRETS, redacted_words
from tdm_guard.signals.shared.agents import agent_list

if TYPE_CHECKING:
    from tdm_guard.signals import Signal

MAX_FIELDS = 12  # response fields named of one signal; those in words of their own are hundreds
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWords:
    """
    What the operator says besides, which no option knows: what is not given stays a blank that is named.

    `logged`: a log was given, which the options cannot tell from the one that a crawl keeps by default.
    """

    user_agents: Sequence[str] = ()
    addresses: str | None = None
    retention: str | None = None
    url: str | None = None
    logged: bool = False


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement: its sections by name, in JSON's own types; `day` is when it was made."""

    day: str
    sections: Mapping[str, Mapping[str, Any]]
    url: str | None = None
    digests: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digests", {name: _digest(section) for name, section in self.sections.items()})

    @property
    def sha256(self) -> str:
        """The digest of what it says, without the date."""
        return _digest(self.sections)

    @property
    def blanks(self) -> list[str]:
        """What only the operator can say and did not."""
        return [
            f"{section} {name}"
            for section, fields in self.sections.items()
            for name, value in fields.items()
            if isinstance(value, Blank)
        ]

    def to_dict(self) -> dict[str, Any]:
        """The statement with its date and digest."""
        return {"type": "tdm-guard-about", "v": 1, "date": self.day, "sha256": self.sha256, **self.sections}


def state(options: Options, *, day: str, own: OwnWords) -> Stated:
    """The statement of a crawl with these options. Raises `ConfigurationError` without an agent."""
    if options.agent == NOBODY:
        raise ConfigurationError('agent: the statement names who crawls; for example agent="ExampleBot"')
    sections = {
        "operator": _operator(options),
        "crawlers": _crawlers(options, own),
        "purposes": {"usages": {usage.value: USAGE_WORDS[usage.value] for usage in options.usages}},
        "robots_txt": _robots(options),
        "protocols": _protocols(options),
        "compliance": _compliance(options, own),
        "not_read": _not_read(options),
        "declarations": _declarations(options),
        "retention": _retention(options, own),
        "tool": {"name": TOOL, "posture": options.posture.value},
    }
    return Stated(day, _public(sections), own.url and _public(own.url))


def _public(value: Any) -> Any:
    """What is said, without user, password and secret values of the addresses in it: everybody may read it."""
    if isinstance(value, Mapping):
        return {name: _public(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_public(each) for each in value]
    if isinstance(value, str) and not isinstance(value, Blank):
        return redacted_words(without_secrets(value), SECRETS)
    return value


def _operator(options: Options) -> dict[str, Any]:
    who = options.operator
    return {
        "name": (who and who.name) or operator("name"),
        "country": who and who.country,
        "classes": list(who.classes) if who else [],
        "undertakings": list(who.undertakings) if who else [],
        "contact": (who and who.contact) or operator("a point of contact by electronic means (operator.contact)"),
        "complaints": (who and who.complaints_url)
        or operator("where rightsholders and their societies lodge complaints (operator.complaints_url)"),
    }


def _crawlers(options: Options, own: OwnWords) -> dict[str, Any]:
    return {
        "names": [options.agent],
        "user_agents": list(own.user_agents) or [options.user_agent],
        "addresses": own.addresses or operator("addresses that crawlers come from, or how to verify them"),
    }


def _robots(options: Options) -> dict[str, Any]:
    agents = agent_list()
    cautious = options.posture is Posture.CAUTIOUS
    names = {signal.name for signal in options.signals}
    found: dict[str, Any] = {
        "standard": "RFC 9309",
        "own_group": f"all groups that name {options.agent}, in any case; they replace those for *",
        "without_own_group": "the groups for *",
        "policy_tokens": {token: [usage.value for usage in usages] for token, usages in options.policy_tokens},
    }
    if "ai-agents" in names:
        effect = "both trainings are reserved" if cautious else "reported, without effect"
        found["refusals_to_other_ai_agents"] = {
            "effect": f"{effect}, unless a group names {options.agent}",
            "agents": sorted(agents.training),
            "list": f"{agents.version}, {agents.source_date}",
        }
    found["answers"] = {
        "2xx": "read, up to 512 KiB",
        "4xx": "no rules" + (", but 402 and 429 count as not read" if cautious else ""),
        "5xx, no answer": "not read: nothing of the site is requested",
    }
    found["kept_for"] = f"as long as HTTP says, {_time(FLOOR.total_seconds())} to {_time(CEILING.total_seconds())}"
    found["asked_again_after_a_failure"] = _time(UNREACHABLE_FOR.total_seconds())
    found["older_copy_stands_for"] = f"{_time(MAX_STALE.total_seconds())} of failure, in what it reserves"
    return found


def _protocols(options: Options) -> dict[str, Any]:
    heard = [signal for signal in options.signals if not set(signal.usages).isdisjoint(options.usages)]
    unheard = [signal for signal in options.signals if signal not in heard]
    return {
        "posture": {
            Posture.CAUTIOUS: "cautious: faulty forms are repaired where that can only add a reservation",
            Posture.LITERAL: "literal: each text to the letter",
        }[options.posture],
        "signals": [
            {
                "name": signal.name,
                "title": signal.title,
                "version": signal.spec,
                "posture": options.posture.value,
                "read_in": list(_places(signal)),
            }
            for signal in heard
        ],
        "without_a_word_on_these_purposes": [signal.name for signal in unheard],
    }


def _places(signal: Signal) -> Iterator[str]:
    """Where a signal is looked for."""
    if signal.read_robots or signal.declared_in_robots or signal.name == "robots":
        yield "robots.txt"
    if signal.document is not None:
        yield from filter(None, (signal.document.path, signal.document.fallback))
    if signal.read_declared:
        yield "documents that a site declares"
    if signal.headers:
        named = sorted(signal.headers)
        more = f", and {len(named) - MAX_FIELDS} more by their words" if len(named) > MAX_FIELDS else ""
        yield f"response fields {', '.join(named[:MAX_FIELDS])}{more}"
    if signal.statuses:
        yield f"answers {', '.join(map(str, sorted(signal.statuses)))}"
    if signal.read_html:
        yield "HTML"
    if signal.read_feed:
        yield "feeds"
    if signal.asset_places:
        yield f"files: {', '.join(sorted(place.value for place in signal.asset_places))}"
    if signal.name == "repertoire":
        yield "declarations that the operator holds"


def _compliance(options: Options, own: OwnWords) -> dict[str, Any]:
    observing = options.mode == "observe"
    found: dict[str, Any] = {
        "mode": options.mode,
        "effect": "verdicts are recorded and nothing is withheld"
        if observing
        else "what is reserved for one of the purposes is not handed on, before anything is stored",
        "record": "one record for each decision, with the words that it rests on, in a chained log"
        if own.logged
        else operator("is a log kept, and where?"),
        "licences": "a licence lifts what it names, and nothing else",
    }
    if options.operator is not None and options.operator.exempt:
        found["claim"] = "Art. 3 of Directive (EU) 2019/790 is claimed: reservations of mining are recorded and lifted"
    return found


def _not_read(options: Options) -> dict[str, Any]:
    effect = "recorded" if options.mode == "observe" else "withheld"
    return {
        "robots_txt": f"undetermined, {effect}; the page is not requested",
        "documents_that_must_be_read": f"undetermined, {effect}",
        "other_documents": "recorded; by itself it withholds nothing",
        "words_not_understood": "never a permission",
        "files_larger_than_bytes": options.max_asset_bytes,
        "larger_files": f"undetermined, {effect}, where they must be read whole",
        "seconds_for_a_document": options.policy_timeout,
    }


def _declarations(options: Options) -> dict[str, Any]:
    held = options.holdings
    found: dict[str, Any] = {
        "repertoires": [dict(each) for each in held.sources],
        "forms": options.repertoire_forms,
    }
    lists = getattr(getattr(options, "exclusions", None), "lists", ())
    found["excluded_sites"] = [
        {name: str(getattr(each, name)) for name in ("id", "issuer", "authority", "date", "url", "sha256")
         if getattr(each, name, None)}
        for each in lists
    ]  # fmt: skip
    return found


def _retention(options: Options, own: OwnWords) -> dict[str, Any]:
    until = getattr(options, "retain_until", None)
    return {
        "records": own.retention
        or (f"personal members until {until}" if until else operator("how long records are kept"))
    }  # fmt: skip


def _time(seconds: float) -> str:
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds > unit and seconds % unit == 0:
            return f"{seconds / unit:.0f} {name}s"
    return f"{seconds:g} seconds"


def _digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
