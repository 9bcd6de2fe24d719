"""
Words that begin like a refusal, and what they are about: for lines and members that no standard knows.

    training: disallow      ai-training = no      Permission: deny-training      No AI training      "opt-out": true

strategy: a name and a value are cut into words. A name may be about a use, may refuse by itself, or may be one of
permissions in general; which words in the value refuse depends on that. Words that take a refusal back (`not reserved`,
`no restrictions`) are none. Nothing here ever permits.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from tdm_guard.usage import TDM, TRAINING, Usage

MAX_WORDS = 8  # looked at in a value: what comes later is prose
MAX_NAME_WORDS = 4  # longer names are sentences
_MAX_LENGTH = 200  # characters of a name or value
_STRONG = re.compile(
    r"(?:prohibit|disallow|forbid|forbad|den(?:y|ied|ies|ial)|refus|reject|block|bann|ban$|exclu[ds]|opt-?out|optedout"
    r"|reserv|noai|noml|noimageai|notrain|nomining|notdm|nogenai|dont$|donot|verbot|interdi|untersag)"
)
_WEAK = frozenset(("no", "not", "none", "never", "n", "false", "off", "disabled", "0", "nein", "non", "unauthorised"))
_WEAK |= {"unauthorized", "nay", "nope", "denied", "restricted"}
_TAKES_BACK = re.compile(
    r"(?:reserv|restrict|prohibit|block|limit|condition|exclu|ban|opt|refus|forbid|den[yi]|disallow)"
)
_NOT_WHAT = re.compile(
    r"(?:allow|permit|permission|authori[sz]|consent|grant|accept|ok$|okay|for$|without|available|licen[sc]|used?$|us(?:age|ing)$|be$"
    r"|train|ai$|ml$|llm|genai|generat|min(?:e|ing)|tdm|text|data|model|scrap|crawl|learn|reus|to$|any|under$|way$|thanks?$)"
)
_FILLER = re.compile(
    r"(?:is|are|be|all|any|the|of|for|to|by|and|a|use|uses|usage|using|strictly|expressly|explicitly|hereby|fully|totally"
    r"|completely|generally|automated|this|content|site|everything|please|we|rights?|default)$"
)
_TRAINING = re.compile(r"(?:train|finetun|fine-?tun|aitrain|traini|pretrain|training|learning|ml$|machinelearning)")
_INPUT = re.compile(r"(?:input|inferenc|rag$|ground|retriev|aiinput)")
_INDEX = re.compile(r"(?:aiindex)")
_ANY = re.compile(
    r"(?:ai$|ais$|llms?$|gpt|gen(?:erative|ai)|mining|mine$|tdm|textmining|datamining|textanddata|scrap|dataset|datatrain|aiuse"
    r"|artificial|foundation|embedding)"
)
_PERMITS = re.compile(r"(?:permi(?:t|ssion)|allow|consent|grant|authori[sz]|enabled?$|licensed$|opt-?in|accept)")
_GENERAL = re.compile(
    r"(?:polic(?:y|ies)|polit|usage|uses?$|access|rights?$|status|rule|terms|licen[sc]e$|reuse|value|decision|stance|preference|directive|signal)"
)
_PARTY = re.compile(r"(?:agents?|bots?|crawlers?|user|ips?|countr|hosts?|domains?)$")
_COPYRIGHT = ("all", "rights", "reserved")  # stands under everything and is about copying
_PAIR = re.compile(r"([\w .-]{1,60})[=:](?!//)([^=:]*)")
_CUT = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´"))
_ENDS_AFTER_NO = re.compile(r"(?i)\W*(?:no|n|not|none|never|false|off|non|nein)\W*(?:$|[.,;:!?()\[\]/|])")


def plain(text: str) -> str:
    """`text` in one spelling: compatibility forms, dashes and quotes of typographers undone, nothing invisible."""
    return unicodedata.normalize("NFKC", text[:_MAX_LENGTH].translate(_INVISIBLE)).translate(_DASHES)


@lru_cache(maxsize=512)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a name or value in lower case: cut at blanks, hyphens and capitals."""
    found = _CUT.findall(_CAMEL.sub(" ", plain(text).translate(_APOSTROPHES)))
    return tuple(word.lower() for word in found[:MAX_WORDS])


def usages_about(words: tuple[str, ...]) -> tuple[Usage, ...]:
    """The usages of mining that words name; none if they are about something else."""
    found: set[Usage] = set()
    for word in words:
        if _TRAINING.match(word) or "training" in word:
            found.update(TRAINING)
        elif _INPUT.match(word):
            found.add(Usage.AI_INPUT)
        elif _INDEX.match(word):
            found.add(Usage.AI_INDEX)
    if not found and any(map(_ANY.match, words)):
        return TDM
    return tuple(usage for usage in TDM if usage in found)


def begins_like_refusal(value: str, *, lone: bool = True) -> bool:  # noqa: PLR0911 - one case after the other
    """
    True if `value` begins like a refusal. `lone`: a mere no counts as well, and what is not allowed.

    Words that only lead to it (`is strictly`, `all AI training`) are passed over.
    """
    words = words_of(value)
    if words[:3] == _COPYRIGHT:
        return False
    for place, word in enumerate(words):
        rest = words[place + 1 :]
        if word in _WEAK:
            if rest and (_TAKES_BACK.match(rest[0]) or (word in ("no", "not", "none", "never") and _taken_back(rest))):
                return False
            if word in ("disabled", "restricted", "denied", "unauthorised", "unauthorized"):
                return lone or place == 0
            if not rest or _NOT_WHAT.match(rest[0]):
                return lone or bool(rest)
            return lone and bool(_ENDS_AFTER_NO.match(plain(value)))
        if word in ("do", "must", "may", "should", "shall", "can") and rest[:1] == ("not",):
            return not _taken_back(rest[1:])
        if word in ("opt", "opted", "opting") and rest[:1] == ("out",):
            return True
        if _STRONG.match(word):
            return True
        if not (_FILLER.match(word) or usages_about((word,))):
            return False
    return False


def _taken_back(words: tuple[str, ...]) -> bool:
    return any(map(_TAKES_BACK.match, words))


def refused_by(name: str, value: str) -> tuple[Usage, ...]:  # noqa: PLR0911 - one case after the other
    """The usages of mining that a line or member of no known standard refuses; none if it does not."""
    words = words_of(name)
    if not words or len(words) > MAX_NAME_WORDS or not value.strip():
        return ()
    if (
        "=" in value and "/" not in value and (usages_about(words) or any(map(_GENERAL.match, words)))
    ):  # the words of another standard: `Content-Signal: ai-train=no`
        pairs = [found for part in re.split(r"[,;]", value) if (found := _PAIR.fullmatch(part.strip()))]
        refused = [usage for found in pairs for usage in refused_by(found[1], found[2])]
        return tuple(usage for usage in TDM if usage in refused)
    named, valued = usages_about(words), usages_about(words_of(value))
    if any(map(_PARTY.match, words)):  # about others by name
        return ()
    if name_refuses(name):
        if says_no(value):
            return ()
        return named or valued or TDM
    if begins_like_refusal(value, lone=bool(named) or any(map(_PERMITS.match, words))):
        if named:
            return named
        if any(map(_PERMITS.match, words)) or any(map(_GENERAL.match, words)):
            return valued or TDM
    return ()


def name_refuses(name: str) -> bool:
    """True for a name that is a refusal by itself: `opt-out`, `no-ai`, `prohibited-uses`, `do-not-train`."""
    words = words_of(name)
    if not words or words[0] in ("unless", "un"):
        return False
    if words[0] in ("no", "non", "not", "never"):
        return (
            bool(words[1:]) and not _taken_back(words[1:]) and bool(usages_about(words[1:]) or _PERMITS.match(words[1]))
        )
    if words[:2] in (("do", "not"), ("opt", "out"), ("opted", "out")):
        return True
    return any(map(_STRONG.match, words)) and not any(map(_PERMITS.match, words))


def says_no(value: str) -> bool:
    """True for a value that takes back a name which refuses: `false`, `no`, `none`, `0`."""
    words = words_of(value)
    if not words:
        return not value.lstrip().startswith(("/", "*"))
    return (words[0] in _WEAK and len(words) == 1) or words[0] == "null"


def grants(name: str) -> bool:
    """True for a name that is a permission, so that a false under it refuses."""
    words = words_of(name)
    return bool(words) and any(map(_PERMITS.match, words)) and not name_refuses(name)
