"""
Names and values by which people refuse AI without the words of any standard: whether they do, and of what.

    name ":" value          AI-Training: disallowed / Disallow-AI: yes / Prohibits: train-ai / Policy: no-training

strategy: a name that refuses does so unless its value takes it back; a name with a topic refuses by a value that says
no; and a value may say all by itself. What a carrier is about (`of`) is refused where the words name nothing else, in
an ai.txt for example; elsewhere they have to name it. Nothing here permits: a signal hears what is found in the
cautious posture, under a code, and to the letter takes it for a doubt that no permission outweighs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast

from tdm_guard.model import Source, Stance, Statement
from tdm_guard.signals.shared.agents import training_tokens
from tdm_guard.signals.shared.other_matters import is_of_content, is_of_something_else
from tdm_guard.signals.shared.refusing_vocabulary import (
    AI,
    MAX_WORDS,
    about,
    begins_like_refusal,
    clauses,
    is_article,
    is_of_origin,
    is_off,
    is_weak,
    named_among_rights,
    plain,
    refusing,
    says_no,
    without,
)
from tdm_guard.usage import EVERY, TDM, TRAINING, Usage

DOUBT = "a refusal in words that no standard has"
# In a list of preferences, and nowhere else, these are labels too.
_OF_PREFERENCES: Mapping[str, tuple[Usage, ...]] = {"search": (Usage.SEARCH,), "bots": TDM, "all": EVERY}
_NOBODY: tuple[Usage, ...] = ()
_UNNAMED = cast("tuple[Usage, ...]", (None,))  # stands for what a refusal without a topic is of

_PERMITS = (
    r"permi(?:t|ssion|tted)s?|allow(?:ed|s)?|consent|grant(?:ed|s)?|authori[sz]\w*|enabled?|licensed|opt-?in|accept\w*"
)
_permits = re.compile(rf"(?:^|-)(?:{_PERMITS})(?=-|$)|(?:allowed|permitted)$").search
_is_general = re.compile(
    r"(?:^|-)(?:polic(?:y|ies)|politi\w*|usages?|uses?|access|rights?|status|rules?|terms|licen[cs]e|reuse|value|decision"
    r"|stance|preferences?|directives?|signals?|nutzung|rechte|droits|derechos|diritti|erlaubnis)(?=-|$)"
).search
_is_party = re.compile(r"(?:^|-)(?:agents?|\w*bots?|crawlers?|user|ips?|countr\w*|hosts?|domains?)(?=-|$)").search
_describes = re.compile(
    r"(?:^|-)(?:contact|e-?mail|title|version|author|owner|editor|publisher)s?(?=-|$)|disclos"
    r"|(?:generated|written|made|created|powered|built)-(?:by|with)(?=-|$)"
).search
_is_prose = re.compile(r"(?:^|-)(?:descriptions?|titles?|keywords|abstract|tagline|summary|about)$").search
_AI_USE = "ai-use"  # a label of AIPREF; as the name of a line or field it is any use by AI
_is_use = re.compile(  # of which a none refuses
    r"(?:(?:content|data|site)-)?(?:usages?|uses?|reuse|licen[cs]es?|nutzung)"
).fullmatch
_addresses = re.compile(r"(?<!\S)(?:\S*(?:://|@)|/|\S+\.ai\b)\S*").sub  # an address says where, not what
_split_pair = re.compile(r"\s*[=:]\s*").split
_ASKED = frozenset({"required", "needed", "necessary", "erforderlich", "requis", "requise", "requerido", "richiesto"})
_confirms = re.compile(  # a name that refuses, and says not of what
    r"(?i)\W*(?:y|yes|true|on|1|ja|oui|si|all|any|every\w*|alle\w*|tout\w*|tod[oa]s?|tutt\w|total|full)(?![a-z0-9])|\s*[/*]"
).match
_OF_WHAT = frozenset({"except", "excepting"})  # whose value has to say of what
_SILENT_IF_EMPTY = frozenset({"disallow", "dis-allow", "prohibit", "prohibits", "deny", "block"})  # as `Disallow:`
# What CrawlerToll's Prohibits lines name besides; none of it is mining
_OTHER_TRADE = re.compile(r"re(?:distribut|badg|sale|sell|publi)|third-party|display|commercial").match
_UNBOUNDED = "prohibits"


def has_topic(name: str) -> bool:
    """True if a name alone, with or without a verb that refuses, is about AI or mining."""
    words = plain(name)
    verb = refusing(words)
    return bool(about(without(words, verb) if verb else words))


def is_general(name: str) -> bool:
    """True for a name about what may be done in general: `usage`, `rights`, `policy`."""
    return _is_general(plain(name)) is not None


def name_refuses(name: str) -> bool:
    """True for a name that is a refusal by itself: `opt-out`, `no-ai`, `prohibited-uses`, `do-not-train`."""
    return _name_refuses(plain(name))


def grants(name: str) -> bool:
    """True for a name that is a permission, so that a false under it refuses."""
    words = plain(name)
    return _permits(words) is not None and not _name_refuses(words)


def refused(name: str, value: str = "", *, of: tuple[Usage, ...] = ()) -> tuple[Usage, ...]:
    """
    The usages that `name` with `value` refuses, in the order of the enumeration. The name may be empty.

    `of` is what the carrier itself is about, which a refusal without a topic is of.
    """
    found = set(_weigh(name, value, of, nested=False))
    return tuple(usage for usage in EVERY if usage in found) if found else ()


def weighed(name: str, value: str = "") -> tuple[tuple[Usage, ...], bool]:
    """`refused` of nothing but what is named, and whether something is refused that is not named: in one pass."""
    found = set(_weigh(name, value, _UNNAMED, nested=False))
    if not found:
        return (), False
    return tuple(usage for usage in EVERY if usage in found), not found.isdisjoint(_UNNAMED)


def refused_preference(label: str, value: str) -> tuple[Usage, ...]:
    """The same of a list of preferences, in which search, bots and all are labels too."""
    words = plain(label)
    if words in _OF_PREFERENCES:
        return _OF_PREFERENCES[words] if says_no(value) else ()
    found = set(_weigh(label, value, _NOBODY, nested=True))
    return tuple(usage for usage in EVERY if usage in found)


def _weigh(name: str, value: str, of: tuple[Usage, ...], *, nested: bool) -> tuple[Usage, ...]:
    named = plain(name)
    if verb := refusing(named):
        return _by_name(named, verb, value, of)
    if _is_prose(named) and " " in value.strip():
        return ()
    topic = AI if named == _AI_USE and not nested else about(named)
    topic = topic or (TRAINING if name.strip().lower() in training_tokens() else _NOBODY)
    if not topic and _describes(named):
        return ()
    general = of if _is_general(named) or _permits(named) else _NOBODY
    told_of = topic or _permits(named) or _is_use(named)
    lone = bool(told_of) and not is_of_something_else(named)
    told = bool(topic) or _is_general(named) is not None
    found = [*named_among_rights(value)]
    for number, clause in enumerate(clauses(_addresses(" ", value[:MAX_WORDS]))):
        key, *rest = _split_pair(clause.strip(), 1)
        if rest and not nested:
            found += _weigh(key, rest[0], of, nested=True)
        found += _in_clause(clause, topic, general, told=told, first=not number, lone=lone)
    return tuple(found)


def _by_name(named: str, verb: re.Match[str], value: str, of: tuple[Usage, ...]) -> tuple[Usage, ...]:
    """What a name that refuses does so of: what it names, else what its value names."""
    if is_off(value) or (verb[0] in _SILENT_IF_EMPTY and not value.strip()):
        return ()
    found = [*about(without(named, verb))] or [*_topics_in(value, named)]
    if not found and verb[0] not in _OF_WHAT and _confirms(value) and _name_refuses(named) and not _is_party(named):
        return of
    return tuple(found)


def _name_refuses(words: str) -> bool:
    verb = refusing(words)
    if verb is None:
        return False
    rest = without(words, verb)
    if about(rest):
        return True
    if is_weak(verb) and _permits(rest):
        return not verb.start()
    if not all(is_article(word) or is_of_content(word) or _is_general(word) for word in rest.split("-") if word):
        return False
    if is_weak(verb):
        return not verb.start() and verb[0].startswith("do") and bool(rest)
    return _permits(rest) is None and words.split("-", 1)[0] not in ("unless", "un")


def _in_clause(
    clause: str, topic: tuple[Usage, ...], general: tuple[Usage, ...], *, told: bool, first: bool, lone: bool
) -> tuple[Usage, ...]:
    """What a clause refuses under a name about `topic`, or one about permissions in general."""
    words = plain(clause)
    if not words:
        return ()
    verb = refusing(words)
    if verb is None:
        if first and lone and (says_no(clause) or words in _ASKED):
            return topic or general
        return ()
    narrower = about(without(words, verb))
    if not narrower and is_of_origin(words):
        return ()
    if begins_like_refusal(clause, lone=lone):
        return narrower or ((topic or general) if first else _NOBODY)
    return about(words[verb.end() :].strip("-")) if told else ()


def _topics_in(value: str, named: str) -> Iterator[Usage]:
    """What a verb in a name refuses, by its value."""
    for clause in clauses(value):
        words = plain(_addresses(" ", clause))
        if not words:
            continue
        topic = about(words)
        if named == _UNBOUNDED and not topic:
            topic = _OF_PREFERENCES.get(words) or (_NOBODY if _OTHER_TRADE(words) else AI)
        yield from topic


def statement(
    source: Source,
    usages: tuple[Usage, ...],
    *,
    signal: str,
    cautious: bool,
    locator: str,
    excerpt: str,
    repair: str,
    rank: int = 0,
) -> Statement:
    """A refusal that was found here: heard if `cautious`; to the letter a doubt, so that nothing is permitted."""
    return Statement.at(
        source,
        signal=signal,
        usages=usages,
        stance=Stance.RESERVED if cautious else Stance.UNSTATED,
        locator=locator,
        excerpt=excerpt,
        repair=repair if cautious else None,
        doubt=None if cautious else DOUBT,
        rank=rank,
    )
