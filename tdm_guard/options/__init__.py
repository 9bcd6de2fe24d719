"""
The options: one name everywhere, checked in one place.

Whatever the way in (keyword, Scrapy setting, flag, TOML key), `Options.read` gets a mapping by option name, reports
every mistake at once, each with a good value, and starts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

from tdm_guard._version import __version__
from tdm_guard.errors import ConfigurationError
from tdm_guard.holdings import Holdings, load
from tdm_guard.holdings.exclusions import load_exclusions
from tdm_guard.judging.decide import Terms
from tdm_guard.judging.lift import Rights
from tdm_guard.log.appending import Durability
from tdm_guard.log.sink import NamedSink, Sink, name_of, read_sinks
from tdm_guard.model import Posture
from tdm_guard.operator import Operator, names_in, read_operator
from tdm_guard.options.caching import read_cache
from tdm_guard.options.privacy import day_of, key_file, patterns_of
from tdm_guard.options.sizes import read_size
from tdm_guard.plain import in_json, suggested
from tdm_guard.repertoire.contact import GOOD_CONTACT
from tdm_guard.repertoire.excluded import Exclusions
from tdm_guard.signals import SIGNALS
from tdm_guard.signals.ai_agents import ai_agents_signal as ai_agents
from tdm_guard.signals.ai_agents.policy_tokens import bundled
from tdm_guard.signals.checks import mistakes_in
from tdm_guard.signals.shape import Listener, PolicyTokens, Signal
from tdm_guard.usage import EVERY, TDM, Usage, expand

NOBODY = "*"  # the agent of who gives none: only groups for everyone speak to it
_TOKEN = re.compile(r"[A-Za-z0-9_.!#$%&'*+^`|~-]+")
_COMPATIBLE = re.compile(r"\(compatible;\s*([A-Za-z0-9_.-]+)")
_BROWSER = re.compile(r"(?i)^(?:mozilla|opera|chrome|safari|firefox|edge|applewebkit)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All options with their defaults; contract names. Times in seconds, sizes in bytes."""

    usages: tuple[Usage, ...] = TDM
    agent: str = NOBODY
    operator: Operator | None = None
    posture: Posture = Posture.CAUTIOUS
    mode: str = "enforce"
    signals: tuple[Signal, ...] = field(default=SIGNALS, repr=False)
    log: str = "tdm-guard.jsonl"
    sinks: tuple[Sink | NamedSink, ...] = field(default=(), repr=False)
    durability: Durability = "flush"
    rotate: int | Literal["day"] | None = None
    records: Literal["full", "compact"] = "full"
    redact: tuple[str, ...] = ()
    retain_until: str | None = None
    name_key: str | None = None
    cache: str = "memory:"
    policy_timeout: float = 5.0
    enabled: bool = True
    max_asset_bytes: int = 32 * 2**20
    evidence: str | None = None
    repertoire: tuple[str, ...] = ()
    authorisations: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    excluded_sites: tuple[str, ...] = ()
    repertoire_forms: str = "all"
    policy_tokens: PolicyTokens = field(default_factory=bundled)
    holdings: Holdings = field(default_factory=Holdings, repr=False)
    exclusions: Exclusions = field(default_factory=Exclusions, repr=False)

    @classmethod
    def read(cls, given: Mapping[str, Any], *, user_agent: str | None = None) -> Self:
        """
        Options from a mapping by name; None means "not given". `user_agent` supplies the agent if none is given.

        Raises `ConfigurationError` with one problem per unknown name or bad value.
        """
        problems: list[str] = []
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name not in _READERS:
                problems.append(f"{name}: unknown option{suggested(str(name), sorted(_READERS))}")
            elif value is not None:
                try:
                    values[name] = _READERS[name](value)
                except ConfigurationError as error:
                    problems.extend(error.problems)
        if "agent" not in values and user_agent is not None:
            try:
                values["agent"] = agent_of(user_agent)
            except ConfigurationError as error:
                problems.extend(error.problems)
        if not problems:
            try:
                held = load([name for option in HELD for name in values.get(option, ())])
                if values.get("contacts") and not held.contacts:
                    problems.append(f"contacts: {values['contacts'][0]!r} holds none; for example {GOOD_CONTACT}")
                values["holdings"] = held
            except ConfigurationError as error:
                problems.extend(error.problems)
            try:
                values["exclusions"] = load_exclusions(values.get("excluded_sites", ()))
            except ConfigurationError as error:
                problems.extend(error.problems)
        if problems:
            raise ConfigurationError(*problems)
        options = cls(**values)
        spoken = {usage for _, usages in options.policy_tokens for usage in usages}
        return replace(options, signals=tuple(_widened(signal, spoken) for signal in options.signals))

    @property
    def user_agent(self) -> str | None:
        """
        What clients send that have no User-Agent of their own: `AGENT/VERSION (+contact)`. None if there is no agent.

        So the site sees the name that the record has. RFC 9110 section 10.1.5; VERSION is that of tdm_guard.
        """
        if self.agent == NOBODY:
            return None
        contact = self.operator and self.operator.contact
        return f"{self.agent}/{__version__}" + (f" (+{contact})" if contact else "")

    @property
    def listener(self) -> Listener:
        """For whom documents are read under these options."""
        names = frozenset(signal.name for signal in self.signals)
        lifts = bool(self.holdings.authorisations or self.holdings.reviews)
        return Listener(
            agent=self.agent,
            posture=self.posture,
            signals=names,
            usages=self.usages,
            operator=self.operator,
            policy_tokens=self.policy_tokens,
            thorough=lifts,
        )

    @property
    def terms(self) -> Terms:
        """On whose behalf is decided under these options."""
        held = self.holdings
        rights = None
        if held.authorisations or held.reviews:
            licensing = frozenset(signal.name for signal in self.signals if signal.names_licences)
            rights = Rights(
                authorisations=held.authorisations, reviews=held.reviews, operator=self.operator, licensing=licensing
            )
        operator = self.operator or Operator()
        return Terms(
            usages=self.usages,
            enforced=self.mode == "enforce",
            exempt=operator.exempt,
            claim=operator.research,
            rights=rights,
        )

    def describe(self) -> dict[str, Any]:
        """All options in JSON's own types, for the run record and its digest."""
        values: dict[str, Any] = {name: getattr(self, name) for name in OPTION_NAMES}
        values["signals"] = tuple(signal.name for signal in self.signals)
        values["sinks"] = tuple(map(name_of, self.sinks))
        values["operator"] = None if self.operator is None else asdict(self.operator)
        values["policy_tokens"] = dict(self.policy_tokens)
        held = {"sources": self.holdings.sources, "digests": self.holdings.digests}
        values["holdings"] = {**held, "exclusions": self.exclusions.sources}
        described: dict[str, Any] = in_json(values)
        return described


HELD = ("repertoire", "authorisations", "contacts")  # options that name files, each of which may hold all of it
OPTION_NAMES = tuple(name for name in Options.__dataclass_fields__ if name not in ("holdings", "exclusions"))


def agent_of(user_agent: str) -> str:
    """
    The robots.txt product token of a User-Agent field: the one in `(compatible; Token/…)`, else the first.

    Raises `ConfigurationError` for a browser's string, which names nobody.
    """
    compatible = _COMPATIBLE.search(user_agent)
    found = compatible.group(1) if compatible else (user_agent.split() or [""])[0].partition("/")[0]
    if not found or not _TOKEN.fullmatch(found) or _BROWSER.match(found):
        raise ConfigurationError(
            f"agent: the User-Agent {user_agent[:120]!r} names no crawler; give your product token, "
            'for example agent="ExampleBot"'
        )
    return found


def _usages(value: Any) -> tuple[Usage, ...]:
    return expand(names_in("usages", value, '{"tdm"}'))


def _agent(value: Any) -> str:
    if isinstance(value, str) and _TOKEN.fullmatch(value):
        return value
    raise ConfigurationError(f'agent: {value!r} is no product token; for example "ExampleBot"')


def _choice(option: str, *choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if isinstance(value, str) and value in choices:
            return str(value)
        raise ConfigurationError(f"{option}: {value!r} is not one of {', '.join(choices)}")

    return read


def _posture(value: Any) -> Posture:
    return Posture(_choice("posture", *Posture)(value))


def _signals(value: Any) -> tuple[Signal, ...]:
    known = {signal.name: signal for signal in SIGNALS}
    if isinstance(value, str) and value.strip() == "all":
        return SIGNALS
    if isinstance(value, (tuple, list)) and value and all(isinstance(item, Signal) for item in value):
        wrong = mistakes_in(value)
        if wrong:
            raise ConfigurationError(*(f"signals: {problem}" for problem in wrong))
        return tuple(value)
    names = names_in("signals", value, '["robots", "tdmrep"]')
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        what = f"{unknown[0]!r} is no signal" if unknown else "none given"
        hint = suggested(unknown[0] if unknown else "", known, lead="all, or some of")
        raise ConfigurationError(f"signals: {what}{hint}")
    return tuple(signal for signal in SIGNALS if signal.name in names)


def _widened(signal: Signal, spoken: set[Usage]) -> Signal:
    """The signal that policy tokens belong to can speak of their usages too."""
    if signal.name != ai_agents.NAME or spoken.issubset(signal.usages):
        return signal
    return replace(signal, usages=tuple(usage for usage in EVERY if usage in spoken.union(signal.usages)))


def _policy_tokens(value: Any) -> PolicyTokens:
    good = '{"AI-Training": ["ai-training"]}'
    if isinstance(value, str) and value.strip() == "bundled":
        return bundled()
    if isinstance(value, (tuple, list)) and all(isinstance(item, (tuple, list)) and len(item) == 2 for item in value):
        value = dict(value)
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"policy_tokens: {value!r:.80} is no table of tokens and usages; for example {good}")
    found: dict[str, tuple[str, tuple[Usage, ...]]] = {}
    for token, usages in value.items():
        if not isinstance(token, str) or not _TOKEN.fullmatch(token) or token == NOBODY:
            raise ConfigurationError(f"policy_tokens: {token!r:.80} is no product token; for example {good}")
        try:
            found[token.lower()] = (token, expand(names_in("policy_tokens", usages, good)))
        except ConfigurationError as error:
            raise ConfigurationError(f"policy_tokens: {token}: {error.problems[0]}") from None
    return tuple(found.values())


def _text(option: str, good: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if isinstance(value, (str, Path)) and str(value).strip():
            return str(value)
        raise ConfigurationError(f"{option}: {value!r} is not usable; for example {good}")

    return read


def _files(option: str, good: str) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        if isinstance(value, Path):
            return (str(value),)
        if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)):
            value = [str(name) if isinstance(name, Path) else name for name in value]
        return tuple(names_in(option, value, good))

    return read


def _seconds(value: Any, *, option: str = "policy_timeout", else_: str = "is no", good: str = "5") -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if isinstance(value, bool) or not 0 < seconds <= 3600:
        raise ConfigurationError(f"{option}: {value!r} {else_} number of seconds up to 3600; for example {good}")
    return seconds


def _durability(value: Any) -> Durability:
    if value in ("flush", "fsync"):
        return value  # type: ignore[no-any-return]
    return _seconds(value, option="durability", else_="is neither flush nor fsync, and no", good='"fsync" or 5')


def _rotate(value: Any) -> int | Literal["day"]:
    if value == "day":
        return "day"
    try:
        return read_size("rotate", value)
    except ConfigurationError:
        raise ConfigurationError(f'rotate: {value!r} is no size and not "day"; for example "100MiB" or "day"') from None


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    found = words.get(str(value).strip().lower())
    if found is None:
        raise ConfigurationError(f"enabled: {value!r} is neither true nor false; for example True")
    return found


_READERS: dict[str, Callable[[Any], Any]] = {
    "usages": _usages,
    "agent": _agent,
    "operator": read_operator,
    "posture": _posture,
    "mode": _choice("mode", "enforce", "observe"),
    "signals": _signals,
    "log": _text("log", '"tdm-guard.jsonl"'),
    "sinks": read_sinks,
    "durability": _durability,
    "rotate": _rotate,
    "records": _choice("records", "full", "compact"),
    "redact": patterns_of,
    "retain_until": day_of,
    "name_key": key_file,
    "cache": read_cache,
    "policy_timeout": _seconds,
    "enabled": _flag,
    "repertoire": _files("repertoire", '["bundled:sacem-2023", "declarations.toml"]'),
    "authorisations": _files("authorisations", '["licences.toml"]'),
    "contacts": _files("contacts", '["contacts.toml"]'),
    "excluded_sites": _files("excluded_sites", '["court-lists.toml"]'),
    "repertoire_forms": _choice("repertoire_forms", "all", "machine-readable"),
    "policy_tokens": _policy_tokens,
    "max_asset_bytes": lambda value: read_size("max_asset_bytes", value),
    "evidence": _text("evidence", '"evidence"'),
}
