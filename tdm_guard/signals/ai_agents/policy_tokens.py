"""
Policy tokens of robots.txt: groups keyed by a purpose, which state a preference to everybody and never fetch
(draft-kelley-aipref-training-preference-signal-00, 2026-10-30, of which the abstract was read).

strategy: an ordinary group whose user-agent line is a token of the option `policy_tokens`. Paths match as in RFC 9309:
the longest decides, Allow on equal length. A Disallow reserves the usages of the token, in both postures; an Allow
permits them if its group is written as RFC 9309 has it and holds nothing else that could refuse. They speak to
everybody, so a group for our own agent does not silence them, which their rank says. Tokens that nobody listed but that
say AI training by their words (`AI-Training`) are heard in the cautious posture, for what they refuse.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.site.path_pattern import TooMuchWork
from tdm_guard.formats.site.path_records import PathTable
from tdm_guard.formats.site.robots_txt import names
from tdm_guard.model import NOTHING, Fault, Kind, Reading, Source, Stance, Statement
from tdm_guard.plain import bounded
from tdm_guard.signals.ai_agents.ai_training_lines import FOR_US
from tdm_guard.signals.shape import Listener, PolicyTokens, Site
from tdm_guard.signals.shared.agents import listed, training_tokens
from tdm_guard.signals.shared.refusing_words import DOUBT
from tdm_guard.signals.shared.too_much import too_much
from tdm_guard.usage import TRAINING, Usage, expand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tdm_guard.formats.site.robots_txt import Group, RobotsTxt

REPAIR = "policy-token"  # a token that only says by its words what it is for
MAX_TOKEN = 80  # characters of a token whose words are looked at

_HARMLESS = frozenset({"sitemap", "crawl-delay", "host", "clean-param", "request-rate", "visit-time"})
_is_allow = re.compile(r"(?i)allow[ \t]*:[ \t]*/").match
_words = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+").findall
_TRAINING = frozenset({"train", "training", "pretraining", "trainer"})
_OF_AI = frozenset({"ai", "genai", "generative", "ml", "llm", "llms", "gpai"})
_OF_DATA = frozenset({"data", "dataset", "datasets", "model", "models"})
_AROUND = frozenset({"no", "all", "any", "for", "the", "bot", "bots", "crawler", "crawlers", "agent", "agents", "use"})
_AROUND |= {"foundation", "large", "language", "base"}
_PURPOSES = frozenset(
    frozenset(words.split()) for words in ("gen ai", "genai", "generative ai", "llm", "llms", "machine learning")
)
has_mark = re.compile("train|gen|llm|learn").search  # one stands in every such token
_JOINED = frozenset(what + how for what in ("ai", "genai", "ml", "llm", "model") for how in ("train", "training"))
_TURNED = frozenset({"trainai", "trainingai", "traindata", "trainingdata"})


class _Rule(NamedTuple):
    """A line of such a group; `counts` says that an Allow is written so that it permits."""

    line: int
    words: str
    refuses: bool
    counts: bool


class _Heard(NamedTuple):
    """A token as it stands in the file, what it is about, and the code under which it is heard at all."""

    written: str
    usages: tuple[Usage, ...]
    repair: str | None


class _Preference:
    """What the groups of one token say by path."""

    __slots__ = ("_cautious", "_heard", "_rules", "_source")

    def __init__(self, heard: _Heard, rules: PathTable[_Rule], source: Source, *, cautious: bool) -> None:
        self._heard = heard
        self._rules = rules
        self._source = source
        self._cautious = cautious

    def says(self, target: str) -> Reading:
        try:
            matching = self._rules.matching(target)
        except TooMuchWork as bound:
            return too_much(self._source, "ai-agents", self._heard.usages, bound, rank=FOR_US)
        if not matching:
            return NOTHING
        _, rule = max(matching, key=lambda item: (item[0], not item[1].refuses))
        heard = self._heard
        if not rule.refuses and (heard.repair or not rule.counts):
            return NOTHING
        silent = heard.repair is not None and not self._cautious
        stance = Stance.UNSTATED if silent else Stance.RESERVED if rule.refuses else Stance.PERMITTED
        statement = Statement.at(
            self._source,
            kind=Kind.RESERVATION if rule.refuses else Kind.PERMISSION,
            signal="ai-agents",
            usages=heard.usages,
            stance=stance,
            locator=f"line {rule.line}",
            excerpt=f"User-agent: {heard.written} … {rule.words}",
            repair=None if silent else heard.repair,
            doubt=DOUBT if silent else None,
            rank=FOR_US,
        )
        return Reading((statement,), (self._fault(statement),) if silent else ())

    def _fault(self, statement: Statement) -> Fault:
        return Fault.at(self._source, DOUBT, signal="ai-agents", locator=statement.locator, excerpt=statement.excerpt)


@lru_cache(maxsize=1)
def bundled() -> PolicyTokens:
    """The tokens of the package's own list (data/policy_tokens.json, with its date), each with its usages."""
    data = json.loads(resources.files("tdm_guard").joinpath("data/policy_tokens.json").read_text("utf-8"))
    return tuple((entry["token"], expand(entry["usages"])) for entry in data["tokens"] if entry["usages"])


def says_training(token: str) -> bool:
    """True of a token whose words say AI training, and that is no known agent's name."""
    if len(token) > MAX_TOKEN or token.lower() in training_tokens():
        return False
    words = frozenset([word.lower() for word in _words(token)])
    if words & (_JOINED | _TURNED) or words - _AROUND in _PURPOSES:
        return True
    if not words & _TRAINING:
        return False
    return bool(words & _OF_AI) or (bool(words & _OF_DATA) and words <= _TRAINING | _OF_DATA | _AROUND)


def read_tokens(robots: RobotsTxt, source: Source, listener: Listener) -> Iterator[Site]:
    """What each policy token's groups say."""
    chosen = [(token, usages) for token, usages in listener.policy_tokens if robots.mentions(token.lower())]
    known = {token.lower() for token, _ in listener.policy_tokens} | {listener.agent.lower()}
    found: dict[str, tuple[_Heard, list[Group]]] = {}
    for group in robots.groups:
        for part in group.parts:
            for token, usages in chosen:
                if names(part.value, token):
                    _note(found, token, _Heard(part.value, usages, None), group)
            if not has_mark(part.value.lower()):
                continue
            for token in dict.fromkeys([part.value.strip("* \t"), *listed(part.value)]):
                if token.lower() not in known and says_training(token):
                    _note(found, token, _Heard(token, TRAINING, REPAIR), group)
    for heard, groups in found.values():
        rules = PathTable(_rules(groups), utf8=robots.utf8)
        if rules:
            yield _Preference(heard, rules, source, cautious=listener.cautious)


def _note(found: dict[str, tuple[_Heard, list[Group]]], token: str, heard: _Heard, group: Group) -> None:
    _, groups = found.setdefault(token.lower(), (heard, []))
    if not groups or groups[-1] is not group:
        groups.append(group)


def _rules(groups: list[Group]) -> Iterator[tuple[str, _Rule]]:
    for group in groups:
        plain = all(record.name in _HARMLESS for record in group.others)
        for record in group.rules:
            if record.value:
                counts = plain and bool(_is_allow(record.words))
                yield record.value, _Rule(record.line, bounded(record.words) or "", record.name == "disallow", counts)
