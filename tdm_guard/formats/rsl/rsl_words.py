"""
Words that forbid, in names and texts that no vocabulary has: `forbids`, `noAI`, `ai-training="disallowed"`.

Whether something forbids is told by its words alone, never what exactly it means: what is found here is a doubt.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache

MAX_TEXT = 500  # characters of a text that is looked at: a rule is short, longer texts are for people

_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_FORBIDS = re.compile(
    r"prohib|forbid|disallow|den(?:y|ie)|refus|(?<!p)reserv|exclud|exclusion|except|restrict|banned|blocked|blocklist"
    r"|denylist|blacklist|optout|optedout|noai|nogenai|nollm|noml|notdm|notrain|nomining|noscrap|nocrawl|notallow"
    r"|notpermi|mustnot|donot|interdi|unlicen|reject|withh[eo]ld|prevent|proscri|veto"
)
_FORBIDDING = frozenset({"no", "not", "non", "never", "none", "nothing", "without", "deny", "ban", "bans", "block"})
_NEAR = ("prohibits", "prohibit", "disallow", "forbids")  # of which a slip of the pen is told, too
_AI = frozenset(
    {"ai", "ml", "llm", "llms", "gpt", "genai", "aitrain", "aiinput", "aiindex", "aiuse", "train", "trains", "training"}
    | {"inference", "model", "models", "embedding", "embeddings", "grounding", "rag"}
)
_INITIALS = frozenset(name[0] for name in _NEAR)
_TOPIC = _AI | {"tdm", "mining", "scraping", "scrape", "crawl", "crawling", "bot", "bots"}
_ANSWERED = _TOPIC | {
    "permission",
    "permissions",
    "allow",
    "allowed",
    "allows",
    "permit",
    "permits",
    "permitted",
    "usage",
}
_NO = frozenset({"no", "n", "false", "0", "off", "never", "none"})
_SAYS_NO = re.compile(
    r"(?i)prohib|forbid|disallow|\bden(?:y|ied)\b|\bopt(?:ed)?[- ]?out|\bno[- ]?(?:ai|genai|train\w*|tdm|ml|llms?)\b"
    r"|\bnot (?:be )?(?:allowed|permitted|used)\b|\breserved\b"
)
_SIGN = re.compile(r"[!~\u00ac\u2212-]\S|\S+[=:](?:n|no|0|false|deny|disallow(?:ed)?|prohibited)\Z", re.IGNORECASE)


def words(text: str) -> frozenset[str]:
    """The words of a name or token, in small letters: those of `noAiTraining` and `no-ai_training` alike."""
    return frozenset(word.lower() for word in _CAMEL.findall(text))


@lru_cache(maxsize=256)
def forbids(name: str) -> bool:
    """True if a name forbids by its words."""
    found = re.sub(r"[^a-z0-9]", "", name[:MAX_TEXT].lower())
    if _FORBIDS.search(found) or not words(name).isdisjoint(_FORBIDDING):
        return True
    # comparing letter by letter takes its time, and few names are worth it
    return found[:1] in _INITIALS and 5 <= len(found) <= 12 and bool(get_close_matches(found, _NEAR, n=1, cutoff=0.8))


def says_no(name: str, value: str) -> bool:
    """True if `value`, said of something that is called `name`, forbids it."""
    value = value.strip()
    if len(value) > MAX_TEXT:
        return False
    about = not words(name).isdisjoint(_ANSWERED)
    if about and (value.lower() in _NO or forbids(value)):
        return True
    return bool(_SAYS_NO.search(value)) and (about or not words(value).isdisjoint(_TOPIC))


def is_no(value: str) -> bool:
    """True if a value negates what it is said of, or is empty."""
    return value.strip().lower() in _NO or not value.strip()


def is_about_ai(text: str) -> bool:
    """True if a word of `text` is of AI or of training."""
    return not words(text).isdisjoint(_AI)


def takes_back(token: str) -> bool:
    """True if a word in a list of what is permitted forbids: `none`, `except`, `!ai-train`, `ai-train=no`."""
    return bool(_SIGN.match(token)) or forbids(token)
