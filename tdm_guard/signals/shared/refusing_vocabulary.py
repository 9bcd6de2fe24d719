"""
Words that refuse, and words that tell what is refused: the one vocabulary for all carriers, in several languages.

strategy: whatever is looked at is first brought to lower-case words joined by hyphens (`plain`), so that `NoAI`,
`no_ai` and `No AI` are one. A word that refuses may stand alone, with endings, or grown together with its topic
(`disallowai`). A weak one (no, not) is none if what follows takes it back (`no restrictions`, `not reserved`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from tdm_guard.usage import EVERY, TDM, TRAINING, Usage

MAX_WORDS = 512  # characters of a name or value that are looked at; a refusal stands in the first few
MAX_LEADING = 12  # words of a text within which it has begun like a refusal: what comes later is prose

AI = (*TRAINING, Usage.AI_INPUT, Usage.AI_INDEX)
_INPUT = (Usage.AI_INPUT,)
# The labels of the standards, and what each could be about where another standard's are expected.
LABELS: Mapping[str, tuple[Usage, ...]] = {
    "train-ai": TRAINING, "ai-train": TRAINING, "train-genai": (Usage.GENAI_TRAINING,),
    "ai-use": _INPUT, "ai-input": _INPUT, "ai-output": (Usage.AI_INPUT, Usage.AI_INDEX), "inference": _INPUT,
    "ai-index": (Usage.AI_INDEX,), "ai": AI, "ai-all": AI, "genai": AI, "tdm": TDM,
}  # fmt: skip
# Of Content Signals, `use`: below `full` the ceiling restricts, to an index, excerpts and links back, or to reading.
CEILINGS: Mapping[str, tuple[Usage, ...]] = {
    "reference": tuple(usage for usage in EVERY if usage is not Usage.SEARCH),
    "immediate": EVERY,
}

# Spelling

_QUOTES = " \t\"'“”„‟«»″‘’`()"
_camel = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})").sub
_join = re.compile(r"[\W_]+").sub
_APOSTROPHES = dict.fromkeys(map(ord, "’‘`´ʼ"), "'")
_CROSSES = dict.fromkeys(map(ord, "✗✘✖❌🚫⛔"), " no ")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_each_other = re.compile(r"[^\x00-\x7f]+").sub
_SPELLING = {**_APOSTROPHES, **_CROSSES, **_DASHES, **_INVISIBLE}
_may_be_odd = re.compile(f"[{''.join(map(chr, _SPELLING))}]").search


def spelled(text: str) -> str:
    """`text` without what typographers add: compatibility forms, dashes, quotes, accents, invisible characters."""
    if text.isascii():
        return text
    if _may_be_odd(text):
        text = text.translate(_SPELLING)
    return _each_other(_without_accents, unicodedata.normalize("NFKD", text))


def _without_accents(found: re.Match[str]) -> str:
    return "".join([each for each in found[0] if not unicodedata.combining(each)])


def plain(words: str) -> str:
    """Lower-case words with a hyphen between them; capitals within one part it."""
    return _plain(words[:MAX_WORDS])


@lru_cache(maxsize=128)  # each question about a line asks for it again
def _plain(words: str) -> str:
    words = spelled(words.strip(_QUOTES)).strip()
    if not words.islower():
        words = _camel("-", words).lower()
    if "'" in words:
        words = words.replace("n't", "nt")
    return _join("-", words).strip("-")


# What it is about

_TOPIC_BEGINS = r"ai(?!r)|ml|tdm|train|llm|gen-?ai|image-?ai|machine|scrap|data-?min|text-?min|mining"
_TOPICS = (
    (
        re.compile(
            r"(?:^|-|text|data)(?:tdm|mining|mine|data-?mining|text-?mining|scrap(?:e|ing|ers?)|fouille|mineria|data-?sets?"
            r"|embeddings?|text-(?:and|und|et|y|e)-data|(?:extraction|extraccion|estrazione)-d\w+-(?:text|test|don|dat)\w+|44b)(?=-|$|allow|permi)"
            r"|(?:^|-)(?:tdm|textanddata|data-?mining|text-?mining)"
        ).search,
        TDM,
    ),
    (
        re.compile(
            r"(?:^|-|ai|ml|pre|llm|data|model|modell)train(?:ing|ings|s|ed|er|ers|ieren|iert|en)?"
            r"(?=-|$|ai|data|model|set|allow|permi|use|opt|den|no)"
            r"|(?:^|-)(?:ai|machine|deep)-?learning|fine-?tun|(?:^|-)(?:ml|aiml)(?=-|$)"
            r"|(?:^|-)(?:entren|entrain|addestra|treina)\w*|maschinelle\w*-lern|apprentissage-(?:auto|mach|prof)"
            r"|aprendizaje-auto|apprendimento-auto"
        ).search,
        TRAINING,
    ),
    (
        re.compile(
            r"(?:^|-)(?:ai-?(?:inputs?|answers?|summar\w*|overviews?)|rag|grounding|inferenc\w*|retrieval)(?=-|$)"
        ).search,
        _INPUT,
    ),
    (re.compile(r"(?:^|-)ai-?(?:index(?:ing)?|search)(?=-|$)").search, (Usage.AI_INDEX,)),
)
_is_about_ai = re.compile(
    r"(?:^|-)(?:ais?|a-i|ki|ia(?!-archiver)|image-?ai|gen-?ai|llms?|gpts?(?!-?bot)|chatgpt|generative|chat-?bots?|artificial\w*"
    r"|intelligen\w+-artific\w+|kunstliche\w*-intelligenz|(?:foundation|language)-models?|sprachmodell\w*"
    r"|ai(?:bots?|crawl\w*|agents?|models?|data|content|us(?:e|age)|access|scrap\w*|systems?))(?=-|$)"
).search
# Words that tell how something was made, or who is to be asked, and refuse nothing
_of_origin = re.compile(
    r"generat(?:ed|ion|ors?)(?=-|$)|provenance|label|written|assisted|(?:^|-)authors?(?=-|$)|detect"
    r"|(?:was|were)-used|(?:^|-)(?:ai-used|ai-content)$|in-making|made-(?:by|with)"
).search
_of_contact = re.compile(r"disclos|declar|(?:^|-)(?:contact|e-?mail)").search


@lru_cache(maxsize=1024)  # the same few names stand in many files
def about(words: str) -> tuple[Usage, ...]:
    """The usages that plain words could be about; none if they are not about AI or mining."""
    if words in LABELS:
        return LABELS[words]
    if _of_contact(words):
        return ()
    found = {usage for search, usages in _TOPICS if search(words) for usage in usages}
    if not found and _is_about_ai(words) and not _of_origin(words):
        return AI
    return tuple(usage for usage in EVERY if usage in found)


def is_of_origin(words: str) -> bool:
    """True if plain words tell how something was made."""
    return _of_origin(words) is not None


# What refuses

MAX_CLAUSES = 64  # of one value
_split_clauses = re.compile(r"[,;|{}\[\]()!]|[.?:](?=\s|$)").split
_WEAK = (
    r"do-?n(?:o)?t|must-not|may-not|should-not|shall-not|can-?not|not|non?|never|without"
    r"|dnt|nicht|kein(?:e[mnrs]?)?|ohne|pas|aucune?|sans|sin|senza|niet|geen|nao"
)
_STRONG = (
    r"dis-?allow(?:ed|s|ing|ance)?|prohibit(?:ed|s|ing|ions?)?|forbid(?:den|s|ding)?|forbade|den(?:y|ied|ies|ial)"
    r"|block(?:ed|s|ing)?|reject(?:ed|s|ion)?|refus(?:e|es|ed|al|ee?s?)|ban(?:ned|s)?|exclu(?:de[ds]?|sion|e?s?)|except(?:ing)?"
    r"|opt(?:ed|s|ing)?-?out|reserv(?:e|ed|es|ees?|ations?|ado|ada|ados|adas)|restrict(?:ed|ions?)?|unauthori[sz]ed|unlicen[sc]ed"
    r"|stop|prevent|disabl(?:e|ed)|withh[eo]ld|revoked?|object(?:s|ed|ion)|oppos(?:e|ed|ition)|blacklist(?:ed)?"
    r"|interdi(?:t|te|ts|tes|ction)|verbot(?:en)?|verboden|untersagt|gesperrt|abgelehnt|vorbehalt(?:en)?|nutzungsvorbehalt"
    r"|widerspr\w*|prohibid[oa]s?|prohibicion|denegad[oa]s?|rechazad[oa]s?|vietat[oaie]|divieto|proibi(?:t|d)[oaie]s?"
    r"|negat[oaie]|riservat[oaie]|voorbehouden"
)
_TAKEN_BACK = (
    r"reserv|restrict|prohibit|block|limit|condition|exclu|bann|ban(?=-|$)|opt(?:-?out|ed)|refus|forbid|den(?:y|ie)"
    r"|disallow|reply|objection|verbot|einschrank|(?:licen[cs]e|permission|consent)-(?:is-)?(?:required|needed|necessary)"
)
_find_verb = re.compile(
    rf"(?:^|(?<=-))(?:(?P<weak>{_WEAK})|{_STRONG})(?=-|$|{_TOPIC_BEGINS})(?!-(?:restriction|limit|reply|objection))"
).search
_ANSWERS = r"n|0|false|off|none|nein|disabled|paid|conditional|constrained|only|request|require\w*|requis?e?|requerido"
_may_refuse = re.compile(  # a quick look that finds too much
    rf"{_WEAK}|{_STRONG}|(?:^|-)(?:{_ANSWERS}|needed|necessary|erforderlich|richiesto)(?=-|$)"
).search
_takes_back = re.compile(rf"(?:^|-)(?:{_TAKEN_BACK})").search
_is_off = re.compile(
    r"n|no|not|none|never|false|off|0|nein|non|null|nope|disabled|nessuno|ninguno|aucune?|keine?"
).fullmatch
_is_place = re.compile(r"\s*[/*]").match
_CONSENT = r"(?:licen[cs]e|permission|consent|agreement|authori[sz]ation)"
_is_no = re.compile(
    rf"n|0|false|off|none|nein|disabled|paid|conditional|constrained|on-request|(?:(?!no-|non-)\w+-)?{_CONSENT}-(?:is-)?(?:required|only)"
    rf"|requires?-(?:\w+-)?{_CONSENT}|(?:by|with|under)-(?:\w+-)?{_CONSENT}-only|only-(?:by|with|under|upon)-(?:\w+-)?{_CONSENT}"
    r"|(?:licen[cs]ing|payment)-required"
).fullmatch


# What may lead to a refusal, and what may follow a no
_leads = re.compile(
    r"(?:[a-z]|is|are|be|all|any|the|of|for|to|by|and|or|use|uses|usage|using|strictly|expressly|explicitly|hereby|fully"
    r"|totally|completely|generally|automated|this|our|my|content|contents|data|site|website|everything|please|we|you|it"
    r"|rights?|default|texts?|textes?|textos?|testo|testi|daten|donnees|datos|dati|bots?|models?|systems?|crawlers?|may|must|shall|should|can|does|has|have|been|as|on|in|into|it"
    r"|der|die|das|des|den|dem|ist|sind|fur|zu|zum|zur|alle|und|oder|nutzung|verwendung|bitte|inhalte|diese[rs]?|durch|als"
    r"|le|la|les|du|de|un|une|est|sont|pour|par|et|tout|toute|utilisation|ce|cette|contenu|el|los|las|del|es|esta|para|por"
    r"|uso|il|lo|gli|di|per|con|utilizzo|questo|sito)"
).fullmatch
_not_what = re.compile(
    r"(?:allow|permi|authori[sz]|consent|grant|accept|ok$|okay|available|licen[sc]|used?$|us(?:age|ing)$|us(?:age|ed?)-"
    r"|generat|model|crawl|learn|reus|under$|way$|thanks?$|any|for|to|be-|be$|text|data|without|erlaub|gestatt|zulassig"
    r"|zugelassen|genehm|autori[sz]|permes|toegestaan)"
).match
ALL_RIGHTS = "all-rights-reserved"  # stands under everything and is about copying
_find_reserved = re.compile(r"all-rights-(?:are-)?reserved-.*?\binclud\w*-(.*)").match
_MAY_DESCRIBE = frozenset({"disabled", "restricted", "denied", "unauthorised", "unauthorized"})
_let = re.compile(r"(?:allow|permit|consent|authori|grant|licen|want|wish|accept|give|agree)").match
_is_order = re.compile(r"(?:do|must|may|should|shall|can).").match


def refusing(words: str) -> re.Match[str] | None:
    """The first of plain words that refuses, unless it is a weak one that is taken back behind it."""
    found = _find_verb(words)
    if found and found["weak"] and _takes_back(words, found.end()):
        return None
    return found


def may_refuse(words: str) -> bool:
    """False for plain words that refuse nothing, however they are parted into a name and a value."""
    return _may_refuse(words) is not None


def is_weak(verb: re.Match[str]) -> bool:
    """True for a no or not, which needs to say of what."""
    return verb["weak"] is not None


def without(words: str, verb: re.Match[str]) -> str:
    """Plain words without one of them."""
    return f"{words[: verb.start()]}-{words[verb.end() :]}".replace("--", "-").strip("-")


def clauses(value: str) -> list[str]:
    """The parts of a text, of which each says something by itself."""
    return _split_clauses(value[:MAX_WORDS], MAX_CLAUSES)[:MAX_CLAUSES]


def says_no(value: str) -> bool:
    """True for a value that refuses what its key is about."""
    words = next((words for clause in clauses(value) if (words := plain(clause))), "")
    if _is_no(words):
        return True
    verb = refusing(words)
    return verb is not None and not verb.start()


def is_off(value: str) -> bool:
    """True for a value that takes back a name which refuses: `false`, `no`, `none`, `0`."""
    words = plain(value)
    return _is_off(words) is not None if words else bool(value.strip()) and not _is_place(value)


def begins_like_refusal(value: str, *, lone: bool = True) -> bool:  # noqa: PLR0911 - one case after the other
    """
    True if a clause begins like a refusal. `lone`: a mere no counts as well, and what is not allowed.

    Words that only lead to it (`is strictly`, `all AI training`) are passed over.
    """
    words = plain(value)
    verb = None if words.startswith(ALL_RIGHTS) else refusing(words)
    if verb is None:
        return False
    before = words[: verb.start()].strip("-").split("-") if verb.start() else []
    if len(before) > MAX_LEADING or not all(_leads(word) or about(word) for word in before):
        return False
    if not is_weak(verb):
        return lone or not before or verb[0] not in _MAY_DESCRIBE
    rest = words[verb.end() :].strip("-")
    if not rest or _is_order(verb[0]):
        return bool(rest and ("we" not in before or _let(rest))) or (lone and not rest)
    if _not_what(rest):
        return True
    following = [word for word in rest.split("-")[:MAX_LEADING] if not _leads(word)]
    if not following:
        return lone
    if _not_what(following[0]) is not None or about(following[0]):
        return True
    pair = following[:2]  # "machine learning": neither of its words is a topic
    return len(pair) > 1 and bool(about("-".join(pair))) and not about(pair[1])


def named_among_rights(text: str) -> tuple[Usage, ...]:
    """What a notice reserves by name: `All rights reserved, including text and data mining`."""
    found = _find_reserved(plain(text))
    return about(found[1]) if found else ()


def is_article(word: str) -> bool:
    """True for a word that says nothing by itself: articles, what content is called, and their like."""
    return _leads(word) is not None


def length(words: str) -> int:
    """How many of plain words say something; articles and their like do not count."""
    return sum(not _leads(word) for word in words.split("-"))
