"""
The words noai, noml and noimageai in X-Robots-Tag fields and meta tags, whoever they address.

strategy: two readers yield each word with its address; a signal picks the words it listens to and has them weighed
here. noai (DeviantArt, 2022-11) and noml (Mojeek's proposal) are about everything, noimageai about images alone, so
that on another resource it is noted and reserves nothing. `no-ai` and its like are read as the word they spell.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.http.robots_tag import TagRule, is_usual, items
from tdm_guard.formats.page.html import REQUOTED
from tdm_guard.model import NOTHING, Headers, Reading, Source, Stance, Statement
from tdm_guard.signals.shared.own_names import PAGE_WORDS
from tdm_guard.usage import TRAINING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tdm_guard.formats.page.html import Page

FIELD = "x-robots-tag"
WORDS = ("noai", "noml", "noimageai")
IMAGES_ONLY = "noimageai"
FIELDS = frozenset({FIELD, "robots-tag", "x-robots"})  # the second is that of draft-illyes-repext
MAX_LINES = 1_000  # different tags looked at in one page; articles with one for each subject have some dozens
MAX_TEXT = 131_072  # characters of them together
MAX_SEARCHED = 2**22  # characters of all meta tags that are searched for such words; a picture may take a mebibyte

BLANKS = "x-robots-blanks"
PROPERTY = "x-robots-property"
HTTP_EQUIV = "x-robots-http-equiv"
UNTYPED = "x-robots-untyped"
SPELLING = "x-robots-spelling"
SWALLOWED = "x-robots-unknown-name"
MISNAMED = "x-robots-field"
BEHIND = "behind the bound"  # no repair: marks the first tag, or what of a line, was not looked at

_any_word = re.compile("|".join(WORDS)).search
_RANKS = {"header": 2, "html": 3}
_is_prose = re.compile(r"(?:og:|twitter:|dc(?:terms)?\.)?(?:description|keywords|title|abstract)").fullmatch
_SYLLABLES = ("ai", "ml", "tdm", "llm", "min", "scraping", "machine", "ki")  # one is in each of `PAGE_WORDS`
_LOOKED_AT = ("name", "property", "http-equiv", "content")


class AiWord(NamedTuple):
    """One of `WORDS`, or another rule, as it stands; `address` is None for everyone, else lower case."""

    address: str | None
    rule: str
    locator: str
    excerpt: str
    repair: str | None = None


def in_fields(headers: Headers) -> Iterator[AiWord]:
    """The rules of the X-Robots-Tag lines, each line read alone."""
    lines = [(field, value) for name, value in headers if (field := name.lower()) in FIELDS]
    for number, (field, line) in enumerate(lines, 1):
        locator = f"#{field}" if len(lines) == 1 else f"#{field}[{number}]"
        repair = None if field == FIELD else MISNAMED
        for item in items(line):
            yield _word(item, None, locator, repair)


def in_page(metas: Iterable[tuple[dict[str, str], str, str | None]]) -> Iterator[AiWord]:
    """The rules of these meta tags (`named_metas`), wherever in the document they stand."""
    for attributes, locator, misquoted in metas:
        for address, repair in _addresses(attributes):
            for item in items(attributes.get("content", "")):
                yield _word(item, address, locator, repair or misquoted)


def named_metas(page: Page, own: str | None = None) -> Iterator[tuple[dict[str, str], str, str | None]]:
    """
    The meta tags with one of `PAGE_WORDS` in them, and those to all robots or to `own` with unusual rules: each once.

    Attributes, locator, repair.
    Behind `MAX_LINES` of them, `MAX_TEXT` or `MAX_SEARCHED` comes one without attributes, with `BEHIND` for its repair.
    """
    seen: set[str] = set()
    length = searched = 0
    for tags, repair in ((page.tags, None), (page.requoted, REQUOTED)):
        for tag in tags:
            if tag.name != "meta" or _is_prose(tag.attributes.get("name", "").strip().lower()):
                continue
            lower = '" "'.join([tag.attributes.get(name, "").strip() for name in _LOOKED_AT]).lower()
            searched += len(lower)
            if searched > MAX_SEARCHED or (
                lower not in seen and (_has_word(f'"{lower}"') or _rules_unusually(tag.attributes, own))
            ):
                if len(seen) >= MAX_LINES or (seen and length + len(lower) > MAX_TEXT) or searched > MAX_SEARCHED:
                    yield {}, f"line {tag.line}", BEHIND
                    return
                seen.add(lower)
                length += len(lower)
                yield tag.attributes, f"line {tag.line}", repair


def _rules_unusually(attributes: dict[str, str], own: str | None) -> bool:
    """True of a tag to us that says more than search engines document: it may be a refusal in any words."""
    to_us = any(address is None or (own and is_ours(address, own)) for address, _ in _addresses(attributes))
    return to_us and not is_usual(attributes.get("content", ""))


def is_ours(address: str | None, own: str) -> bool:
    """True for everyone, and for our name; what stands behind it may be a version (`examplebot/1.0`), not a name."""
    if address is None or address == own:
        return True
    behind = address[len(own) : len(own) + 1]
    return address.startswith(own) and not behind.isalnum() and behind not in "-_"


def _has_word(text: str) -> bool:
    """True if one of `PAGE_WORDS` stands in it; a pattern of them all would take five times as long."""
    for syllable in _SYLLABLES:
        if syllable in text:
            return any(map(text.__contains__, PAGE_WORDS))
    return False


def _addresses(attributes: dict[str, str]) -> Iterator[tuple[str | None, str | None]]:
    """Whom a meta tag addresses: everyone for `robots`; and the two wrong attributes that are found deployed."""
    name = attributes.get("name", "").strip().lower()
    if name:
        yield (None, MISNAMED) if name in FIELDS else (None if name == "robots" else name, None)
    if attributes.get("property", "").strip().lower() == "robots":
        yield None, PROPERTY
    if attributes.get("http-equiv", "").strip().lower() == FIELD:
        yield None, HTTP_EQUIV


def _word(item: TagRule, address: str | None, locator: str, repair: str | None = None) -> AiWord:
    agent = item.agent.lower() if item.agent else address
    rule = item.rule
    if rule not in WORDS and (plain := rule.replace("-", "").replace("_", "")) in WORDS:
        rule, repair = plain, repair or SPELLING
    code = SWALLOWED if item.swallowed else BLANKS if item.loose else None
    if item.unread:
        return AiWord(None, "", locator, item.words, BEHIND)
    return AiWord(agent, rule, locator, item.words, repair or code)


def is_image(headers: Headers) -> bool | None:
    """True if the content type is one of images, None if it says nothing."""
    types = [value.partition(";")[0].strip().lower() for name, value in headers if name.lower() == "content-type"]
    if any(kind.startswith("image/") for kind in types):
        return True
    return None if not any(types) or "application/octet-stream" in types else False


def weigh(words: Iterable[AiWord], source: Source, *, signal: str, cautious: bool, image: bool | None) -> Reading:
    """
    One statement for each of `WORDS` among `words`; of several with the same word the one that reserves, unrepaired.

    A word that takes a repair is not heard unless `cautious`.
    """
    said: dict[str, Statement] = {}
    for word in words:
        if word.rule in WORDS and (cautious or word.repair is None):
            statement = _statement(word, source, signal=signal, cautious=cautious, image=image)
            known = said.get(word.rule)
            if known is None or (known.repair and not statement.repair):
                said[word.rule] = statement
    return Reading(tuple(said.values())) if said else NOTHING


def _statement(word: AiWord, source: Source, *, signal: str, cautious: bool, image: bool | None) -> Statement:
    stance, repair = Stance.RESERVED, word.repair
    if word.rule == IMAGES_ONLY and not image:
        if image is None and cautious:
            repair = repair or UNTYPED  # it may be an image for all that is said
        else:
            stance = Stance.UNSTATED
    return Statement.at(
        source,
        signal=signal,
        usages=TRAINING,
        stance=stance,
        locator=word.locator,
        excerpt=word.excerpt,
        repair=repair,
        rank=_RANKS.get(source.carrier, 0),
    )


def of_pictures(statement: Statement) -> Statement | None:
    """
    What such words on a page say of the pictures that it shows.

    `noimageai` reserves nothing of the page and all of its pictures; `noai` and `noml` reserve both.
    """
    words = (statement.excerpt or "").lower()
    if not _any_word(words):
        return None
    if statement.stance is Stance.RESERVED:
        return statement
    return replace(statement, stance=Stance.RESERVED) if IMAGES_ONLY in words else None
