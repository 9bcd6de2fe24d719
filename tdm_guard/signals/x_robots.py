"""
X-Robots-Tag and meta robots: AI words addressed to everyone or to our agent.

strategy: the rules that address us are united, the stricter wins. Search controls (noindex, noarchive, nosnippet, ...)
are no reservation of mining. Words addressed to others are heard by `ai_agents`, where those are AI agents. What
refuses AI in words that nobody defines is heard in the cautious posture (code `x-robots-unknown-refusal`), and noted in
both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tdm_guard.formats.http.robots_tag import RULES
from tdm_guard.formats.page.html import REQUOTED
from tdm_guard.formats.page.robots_metas import ROBOTS
from tdm_guard.formats.site.tdmrep_value import plain_name
from tdm_guard.model import Fault, Headers, Posture, Reading, Source, Stance, Statement
from tdm_guard.signals.shape import Listener, Signal
from tdm_guard.signals.shared import ai_words
from tdm_guard.signals.shared import refusing_words as unknown
from tdm_guard.signals.shared.ai_words import (
    BEHIND,
    FIELDS,
    IMAGES_ONLY,
    SPELLING,
    SWALLOWED,
    WORDS,
    AiWord,
    in_fields,
    in_page,
    is_image,
    is_ours,
    named_metas,
    weigh,
)
from tdm_guard.signals.shared.own_names import FIELDS as OWN_FIELDS
from tdm_guard.signals.shared.own_names import PAGE_WORDS
from tdm_guard.signals.shared.refusing_vocabulary import spelled
from tdm_guard.signals.shared.refusing_words import has_topic, is_general, refused
from tdm_guard.usage import TDM, TRAINING, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tdm_guard.formats.page.html import Page

NAME = "x-robots"
UNKNOWN = "x-robots-unknown-refusal"
MAX_FAULTS = 8
MAX_UNKNOWN = 8  # refusals in unknown words that are kept of one response

_TOO_MANY = "more meta tags than are looked at"
_TOO_LONG = "more rules on a line than are looked at"
_UNDEFINED_RULE = "not a rule that anybody defines"
_MESSAGES = {
    SWALLOWED: "a name before it is neither a rule nor an agent's",
    REQUOTED: "a tag with wrong quotation marks",
}
_WORDS = frozenset(WORDS)
_DOUBTED = frozenset({SPELLING, SWALLOWED, REQUOTED})
# Spellings that seem to mean a refusal but are defined nowhere (`noaitraining`, `notrain`).
_UNDEFINED = re.compile(r"(?:no|dis)[a-z_-]{0,40}(?:ai|ml|llm|train)[a-z_-]{0,40}")
_TDMREP = frozenset({"tdm-reservation", "tdm-policy", "tdmreservation", "tdmpolicy"})
_split_name = re.compile(r"[=:]").split
_AGENT_LIKE = re.compile(r"bot|crawl|spider|agent|extended|user").search


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """The X-Robots-Tag lines; `headers` may hold the content type, by which noimageai reserves or not."""
    words = list(in_fields(headers))
    for name, value in headers:
        if (field := name.lower()) in OWN_FIELDS:
            words.append(
                AiWord(field.removeprefix("x-"), value.lower(), f"#{field}", excerpt=f"{name}: {value}", repair=UNKNOWN)
            )
    return _read(words, source, listener, image=is_image(headers))


def read_html(page: Page, source: Source, listener: Listener) -> Reading:
    """The meta tags named `robots` or as our agent, in head or body; and those whose own name is about AI."""
    metas = list(named_metas(page, listener.agent.lower()))
    words = list(in_page(metas))
    behind = None
    for attributes, locator, repair in metas:
        if repair == BEHIND:
            behind = locator
        for attribute in ("name", "property", "http-equiv"):
            name = attributes.get(attribute, "").strip().lower()
            if name and not _is_of_tdmrep(name) and (has_topic(name) or is_general(name)):
                content = attributes.get("content", "")
                words.append(
                    AiWord(
                        name,
                        content.lower(),
                        locator,
                        excerpt=f'<meta {attribute}="{name}" content="{content}">',
                        repair=UNKNOWN,
                    )
                )
    reading = _read(words, source, listener, image=False)
    return reading if behind is None else _doubted(reading, source, behind, _TOO_MANY)


def _doubted(reading: Reading, source: Source, locator: str, message: str) -> Reading:
    """What stands when meta tags or rules behind the bounds were not looked at."""
    statement = Statement.at(
        source, signal=NAME, usages=TRAINING, stance=Stance.UNDETERMINED, locator=locator, excerpt=message
    )
    fault = Fault.at(source, message, signal=NAME, locator=locator)
    return Reading((*reading.statements, statement), (*reading.faults, fault))


def _read(words: list[AiWord], source: Source, listener: Listener, *, image: bool | None) -> Reading:
    unread = next((word for word in words if word.repair == BEHIND), None)
    if unread is not None:
        words = [word for word in words if word.repair != BEHIND]
        return _doubted(_read(words, source, listener, image=image), source, unread.locator, _TOO_LONG)
    own = listener.agent.lower()
    ours = [word for word in words if is_ours(word.address, own)]
    reading = weigh(ours, source, signal=NAME, cautious=listener.cautious, image=image)
    others = tuple(_others(words, source, listener, image=image))
    undefined = [word for word in ours if word.repair in _DOUBTED or _is_undefined(word.rule)]
    if not undefined and not others:
        return reading
    faults = tuple(
        Fault.at(
            source,
            _MESSAGES.get(word.repair or "", _UNDEFINED_RULE),
            signal=NAME,
            locator=word.locator,
            excerpt=word.excerpt,
        )
        for word in undefined[:MAX_FAULTS]
    )
    known = {fault.excerpt for fault in faults}
    faults += tuple(
        Fault.at(source, unknown.DOUBT, signal=NAME, locator=each.locator, excerpt=each.excerpt)
        for each in others
        if each.excerpt not in known
    )
    return Reading((*reading.statements, *others), faults[:MAX_FAULTS])


def _is_of_tdmrep(name: str) -> bool:
    return plain_name(spelled(name)) in _TDMREP


def _is_heard_elsewhere(rule: str) -> bool:
    """True for the properties of TDMRep, and for words in blanks, each of which is read alone."""
    return _is_of_tdmrep(_split_name(rule, 1)[0]) or not _WORDS.isdisjoint(rule.split())


def _is_undefined(rule: str) -> bool:
    return rule not in WORDS and _UNDEFINED.fullmatch(rule) is not None


def _is_agent(name: str, rule: str) -> bool:
    """True for a name that is that of an agent, or of nothing that we know."""
    if _AGENT_LIKE(name):
        return name not in OWN_FIELDS or rule in RULES
    return name.startswith("anthropic") or _is_of_tdmrep(name) or not (has_topic(name) or is_general(name))


def _others(words: list[AiWord], source: Source, listener: Listener, *, image: bool | None) -> Iterator[Statement]:
    """What is refused to us in words that nobody defines; to the letter also what takes a repair to hear."""
    said: set[tuple[Usage, ...]] = set()
    own = listener.agent.lower()
    looked_at: set[tuple[str | None, str, str | None]] = set()
    for word in words:
        if (key := (word.address, word.rule, word.repair)) in looked_at:
            continue
        looked_at.add(key)
        to_us = is_ours(word.address, own)
        if word.rule in WORDS and to_us:
            doubted = not listener.cautious and word.repair is not None and (word.rule != IMAGES_ONLY or image)
            usages: tuple[Usage, ...] = TRAINING if doubted else ()
        elif to_us:
            usages = () if _is_heard_elsewhere(word.rule) else refused("", word.rule)
        else:
            name = word.address or ""
            usages = () if _is_agent(name, word.rule) else refused(name, word.rule)
        if not usages or usages in said or len(said) >= MAX_UNKNOWN:
            continue
        said.add(usages)
        yield unknown.statement(
            source,
            usages,
            signal=NAME,
            cautious=listener.cautious,
            locator=word.locator,
            excerpt=word.excerpt,
            repair=UNKNOWN,
        )


def of_pictures(statement: Statement, posture: Posture) -> Statement | None:
    """What is said of the pictures on a page: the words are as clear of them under either posture."""
    return ai_words.of_pictures(statement)


SIGNAL = Signal(
    name=NAME,
    title="X-Robots-Tag and meta robots: noai, noimageai, noml",
    spec="no standard: Google's and MDN's descriptions of the syntax; DeviantArt, 2022-11; Mojeek's noml proposal",
    usages=TDM,
    headers=FIELDS | OWN_FIELDS,
    html_words=(*PAGE_WORDS, ROBOTS, *sorted(FIELDS)),
    read_headers=read_headers,
    read_html=read_html,
    of_pictures=of_pictures,
)
