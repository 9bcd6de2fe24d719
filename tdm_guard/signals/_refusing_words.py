"""
Words by which people refuse AI without the words of any standard: whether a line is a refusal, and of what.

    name ":" value          AI-Training: disallowed / Disallow-AI: yes / Prohibits: train-ai / Policy: no-training

strategy: a name or a value is brought to lower-case words joined by hyphens (`plain`). In it a verb is looked for that
refuses, and a topic; a topic with a word that says no is a refusal, and so is a verb with a topic. What neither has is
none of ours. Nothing here permits: a signal hears what is found in the cautious posture, under a code, and to the
letter takes it for a doubt that no permission outweighs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tdm_guard.model import Source, Stance, Statement
from tdm_guard.usage import EVERY, TDM, TRAINING, Usage

MAX_WORDS = 512  # characters of a name or value that are looked at; a refusal stands in the first few
MAX_PIECES = 64  # parts of one value
DOUBT = "a refusal in words that no standard has"

AI = (*TRAINING, Usage.AI_INPUT, Usage.AI_INDEX)
_INPUT = (Usage.AI_INPUT,)
# The labels of the standards, and what each could be about where another standard's are expected.
LABELS: Mapping[str, tuple[Usage, ...]] = {
    "train-ai": TRAINING, "ai-train": TRAINING, "train-genai": (Usage.GENAI_TRAINING,),
    "ai-use": _INPUT, "ai-input": _INPUT, "ai-output": (Usage.AI_INPUT, Usage.AI_INDEX), "inference": _INPUT,
    "ai-index": (Usage.AI_INDEX,), "ai": AI, "ai-all": AI, "genai": AI, "tdm": TDM,
}  # fmt: skip
# In a list of preferences, and nowhere else, these are labels too.
_OF_PREFERENCES: Mapping[str, tuple[Usage, ...]] = {"search": (Usage.SEARCH,), "bots": TDM, "all": EVERY}

_camel = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])").sub
_join = re.compile(r"[\s_.+:/'’-]+").sub
_TOPIC_BEGINS = r"ai|ml|tdm|train|llm|gen-?ai|image-?ai|machine|scrap|data-?min"
_VERB = (
    r"do-?n[o']?t|do-not|must-not|may-not|cannot|not|non?|never|without|dis-?allow(?:ed|s|ing)?|prohibit(?:ed|s|ions?)?"
    r"|forbid(?:den|s)?|den(?:y|ied|ies)|block(?:ed|s|ing)?|reject(?:ed|s)?|refus(?:e|ed|es|al)|ban(?:ned|s)?"
    r"|exclud(?:e|ed|es)|opt(?:ed|s)?-?out|reserv(?:e|ed|es|ations?)|restrict(?:ed)?|unauthori[sz]ed"
    r"|stop|prevent|interdit|verboten|untersagt"
)
_find_verb = re.compile(
    rf"(?:^|(?<=-))(?:{_VERB})(?=-|$|{_TOPIC_BEGINS})(?!-(?:restriction|limit|reply|objection))"
).search
_OFF = frozenset({"n", "no", "false", "off", "0", "?0", "none", "never", "nein", "non"})
_says_no = re.compile(
    rf"(?:n|0|\?0|false|off|none|nein|paid|conditional|constrained|(?:licen[cs]e|permission|consent)-required"
    rf"|(?:{_VERB})(?!-(?:restriction|limit|reply|objection))(?:-.*)?)"
).fullmatch
_TOPICS: tuple[tuple[Any, tuple[Usage, ...]], ...] = (
    (re.compile(r"(?:^|-)(?:tdm|mining|data-?mining|text-?mining|scrap(?:e|ing|ers?))(?=-|$)").search, TDM),
    (
        re.compile(
            r"(?:^|-|ai|ml|pre|llm)train(?:ing|s|ed)?(?=-|$|ai|data|model|set)"
            r"|(?:^|-)(?:ai|machine|deep)-?learning|fine-?tun|(?:^|-)(?:ml|aiml)(?=-|$)"
        ).search,
        TRAINING,
    ),
    (
        re.compile(r"(?:^|-)(?:ai-?(?:inputs?|answers?|summar\w*|overviews?)|rag|grounding|inference)(?=-|$)").search,
        _INPUT,
    ),
    (re.compile(r"(?:^|-)ai-?(?:index(?:ing)?|search)(?=-|$)").search, (Usage.AI_INDEX,)),
)
_is_about_ai = re.compile(
    r"(?:^|-)(?:ai|a-i|image-?ai|gen-?ai|llms?|chatgpt|artificial-intelligence|generative|chat-?bots?"
    r"|ai(?:bots?|crawl\w*|agents?|models?|data|content|us(?:e|age)|access|scrap\w*|systems?))(?=-|$)"
).search
# Words that tell how something was made, or who is to be asked, and refuse nothing
_of_origin = re.compile(
    r"disclos|generat(?:ed|ion|ors?)(?=-|$)|declar|provenance|label|written|assisted|author|contact|detect"
).search
_elsewhere = re.compile(r"://|@|^\s*/").search  # an address says where, not what
_split_value = re.compile(r"[,;|{}\[\]]").split
_split_pair = re.compile(r"\s*[=:]\s*").split
_QUOTES = " \t\"'“”„‟«»″‘’`()"
_SILENT_IF_EMPTY = frozenset({"disallow", "dis-allow", "prohibit", "prohibits", "deny", "block"})  # as `Disallow:`
# What CrawlerToll's Prohibits lines name besides; none of it is mining
_OTHER_TRADE = re.compile(r"re(?:distribut|badg|sale|sell|publi)|third-party|display|commercial").match
_UNBOUNDED = "prohibits"


def plain(words: str) -> str:
    """Lower-case words with a hyphen between them; capitals within one part it."""
    words = words[:MAX_WORDS].strip(_QUOTES)
    if not words.islower():
        words = _camel("-", words).lower()
    return _join("-", words).strip("-")


def says_no(value: str) -> bool:
    """True for a value that refuses what its key is about."""
    return _says_no(plain(value)) is not None


@lru_cache(maxsize=1024)  # the same few names stand in many files
def about(words: str) -> tuple[Usage, ...]:
    """The usages that plain words could be about; none if they are not about AI or mining."""
    if words in LABELS:
        return LABELS[words]
    if _of_origin(words):
        return ()
    found = {usage for search, usages in _TOPICS if search(words) for usage in usages}
    if not found and _is_about_ai(words):
        return AI
    return tuple(usage for usage in EVERY if usage in found)


def has_topic(name: str) -> bool:
    """True if a name alone, with or without a verb that refuses, is about AI or mining."""
    words = plain(name)
    verb = _find_verb(words)
    return bool(about(_without(words, verb) if verb else words))


def refused(name: str, value: str = "") -> tuple[Usage, ...]:
    """The usages that `name` with `value` refuses, in the order of the enumeration. The name may be empty."""
    found = set(_weigh(name, value, nested=False))
    return tuple(usage for usage in EVERY if usage in found) if found else ()


def refused_preference(label: str, value: str) -> tuple[Usage, ...]:
    """The same of a list of preferences, in which search, bots and all are labels too."""
    words = plain(label)
    if words in _OF_PREFERENCES:
        return _OF_PREFERENCES[words] if says_no(value) else ()
    return refused(label, value)


def _weigh(name: str, value: str, *, nested: bool) -> tuple[Usage, ...]:
    named = plain(name)
    said = plain(value)
    verb = _find_verb(named)
    if verb:
        if said in _OFF or (verb[0] in _SILENT_IF_EMPTY and not value.strip()):
            return ()
        topic = about(_without(named, verb))
        return topic or _topics_in(value, named)
    topic = about(named)
    if _elsewhere(value):
        return ()
    if topic and _says_no(said):
        narrower = _find_verb(said)
        return (about(_without(said, narrower)) if narrower else ()) or topic
    found: list[Usage] = []
    for piece in _split_value(value[:MAX_WORDS], MAX_PIECES)[:MAX_PIECES]:
        key, *rest = _split_pair(piece, 1)
        if rest and not nested:
            found += _weigh(key, rest[0], nested=True)
            continue
        words = plain(piece)
        if refusing := _find_verb(words):
            found += about(_without(words, refusing)) or topic
    return tuple(found)


def _topics_in(value: str, named: str) -> tuple[Usage, ...]:
    """What a verb in a name refuses, by its value."""
    found: list[Usage] = []
    for piece in _split_value(value[:MAX_WORDS], MAX_PIECES)[:MAX_PIECES]:
        words = plain(piece)
        if _elsewhere(piece) or not words:
            continue
        topic = about(words)
        if named == _UNBOUNDED and not topic:
            topic = _OF_PREFERENCES.get(words) or (() if _OTHER_TRADE(words) else AI)
        found += topic
    return tuple(found)


def _without(words: str, verb: re.Match[str]) -> str:
    rest = _join("-", f"{words[: verb.start()]}-{words[verb.end() :]}")
    return rest.strip("-")


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
