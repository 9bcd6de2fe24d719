"""
RSL 1.0: licence documents that robots.txt, response fields, pages, feeds, files and refusals declare or hold.

strategy: every channel yields either a declaration of a document to be read or a document in place; what it says is
worked out in `rsl_document`. All channels count, and the most restrictive one decides (4.9), which needs no precedence
of ours. Repairs: `rsl-relative`, `rsl-other-group` (channels), `rsl-token`, `rsl-token-case` (prohibitions).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urldefrag

from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.http.link_field import MAX_LENGTH, QUOTES, Link, links, requoted
from tdm_guard.formats.http.media_type import essence
from tdm_guard.formats.page.html import REQUOTED
from tdm_guard.formats.rsl.rsl_vocabulary import MEDIA_TYPE
from tdm_guard.model import NOTHING, Evidence, Fault, Headers, Reading, Source, Stance
from tdm_guard.signals.rsl.rsl_asset import PLACES, read_asset
from tdm_guard.signals.rsl.rsl_declared import (
    LICENSE,
    FoundDeclaration,
    declare,
    declared_in_robots,
    evidence,
    read_robots,
    resolved,
    too_many,
)
from tdm_guard.signals.rsl.rsl_document import read_challenge, read_declared, read_feed, read_inline, unlicensed
from tdm_guard.signals.rsl.rsl_site import NAME, NOT_UNDERSTOOD
from tdm_guard.signals.shape import Listener, Signal
from tdm_guard.signals.shared.meta_names import shown
from tdm_guard.signals.shared.repairs import join
from tdm_guard.usage import EVERY

if TYPE_CHECKING:
    from tdm_guard.formats.page.html import Page, Tag

MAX_INLINE = 16  # documents in one page; with more it counts as unlicensed

_CHALLENGE = "www-authenticate"
_LINK = "link"
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 9110 11.2
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?')
_SCHEME = re.compile(r"(?i)(?:^|,)\s*license(?=\s|,|\Z)(?!\s*=)")


# ---- response fields (4.5, 4.10) ------------------------------------------------------------------------------------


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """
    `Link` fields that declare a licence document, and `WWW-Authenticate: License`, by which all is reserved.

    The challenge counts at any status: it says that what is served depends on a licence that we do not show.
    """
    found: list[FoundDeclaration] = []
    challenges: list[Evidence] = []
    unread: list[Evidence] = []
    misquoted: list[FoundDeclaration] = []
    for field, value in headers:
        name = field.lower()
        if name == _LINK and "rsl" in value.lower():
            for link in links(value):
                if _is_licence(link) and _is_about(link, source.url):
                    words = evidence(source, f"#{_LINK}", link.words)
                    partial = "#" in link.parameters.get("anchor", "")
                    found.append(FoundDeclaration(link.target, words, source.url, relative=True, refusals_only=partial))
            misquoted += _misquoted(value, source, {item.target for item in found})
            if MEDIA_TYPE in value[MAX_LENGTH:].lower():
                unread.append(evidence(source, f"#{_LINK}", f"a field of more than {MAX_LENGTH} characters"))
        elif name == _CHALLENGE and _SCHEME.search(_QUOTED.sub('""', value)):
            challenges.append(evidence(source, f"#{_CHALLENGE}", f"{field}: {value}"))
    if listener.cautious:
        found += misquoted
    reading = declare(found, listener)
    if misquoted:
        reading = Reading.joined([reading, _noted(misquoted, source, listener)])
    if unread:
        more = too_many(unread[0])
        reading = Reading((*reading.statements, *more.statements), reading.faults + more.faults, reading.declared)
    if not challenges:
        return reading
    policy = reading.declared[0].url if reading.declared else None
    return Reading((*reading.statements, unlicensed(challenges[0], policy)), reading.faults, reading.declared)


def _misquoted(value: str, source: Source, known: set[str]) -> list[FoundDeclaration]:
    """Licences in links with wrong quotation marks, for what they refuse."""
    links = [link for link in requoted(value) if _is_licence(link) and _is_about(link, source.url)]
    words = evidence(source, f"#{_LINK}", value) if links else None
    return [
        FoundDeclaration(link.target, words, source.url, relative=True, repair=QUOTES, refusals_only=True)
        for link in links
        if words is not None and link.target not in known
    ]


def _noted(misquoted: list[FoundDeclaration], source: Source, listener: Listener) -> Reading:
    """The fault of such links, and to the letter a doubt: they may lead to a refusal."""
    words = misquoted[0].evidence
    message = "a licence in a link with wrong quotation marks"
    place = Fault.at(source, message, signal=NAME, locator=words.locator, excerpt=words.excerpt)
    if listener.cautious:
        return Reading((), (place,))
    doubt = replace(unlicensed(place), stance=Stance.UNSTATED, doubt=NOT_UNDERSTOOD)
    return Reading((doubt,), (place,))


def _is_licence(link: Link) -> bool:
    return LICENSE in link.relations and essence(link.parameters.get("type", "")) == MEDIA_TYPE


def _is_about(link: Link, url: str) -> bool:
    """False for a link whose anchor names another resource than the response, or than a part of it (RFC 8288 3.2)."""
    anchor = link.parameters.get("anchor")
    return anchor is None or resolved(anchor, url) == urldefrag(url).url


def authorization(token: str) -> tuple[str, str]:
    """
    The request field by which a licence token that you hold is shown (6): never logged by us.

    Raises `ConfigurationError` if `token` cannot stand in a field.
    """
    if not _TOKEN68.fullmatch(token):
        raise ConfigurationError("token: holds characters that no licence token has; for example abc.DEF-123")
    return "Authorization", f"License {token}"


# ---- HTML (4.6) -----------------------------------------------------------------------------------------------------


def read_html(page: Page, source: Source, listener: Listener) -> Reading:
    """
    Links with the RSL type, and documents in script elements; without the type a licence link is for people.

    What stands in the body is about the element it stands in (4.6): its refusals count for the page that holds it, its
    grants do not.
    """
    found: list[FoundDeclaration] = []
    inline: list[Tag] = []
    for tag in page.tags:
        if essence(tag.attributes.get("type", "")) != MEDIA_TYPE:
            continue
        if tag.name == "script":
            inline.append(tag)
        elif tag.name == "link" and LICENSE in tag.attributes.get("rel", "").lower().split():
            words = evidence(source, f"line {tag.line}", shown(tag))
            target = tag.attributes.get("href", "").strip()
            found.append(FoundDeclaration(target, words, page.base, refusals_only=not tag.in_head))
    requoted = _requoted(page, source, listener) if page.requoted else NOTHING
    if not found and not inline:
        return requoted
    readings = [declare(found, listener), requoted]
    for tag in inline[:MAX_INLINE]:
        place = Fault.at(
            source,
            "the licence in the page cannot be read",
            signal=NAME,
            locator=f"line {tag.line}",
            excerpt=f"{shown(tag)}{' '.join(tag.text[:500].split())}",
        )
        readings.append(read_inline(tag.text, place, source, listener, refusals_only=not tag.in_head))
    if len(inline) > MAX_INLINE:
        readings.append(too_many(evidence(source, f"line {inline[MAX_INLINE].line}", shown(inline[MAX_INLINE]))))
    return Reading.joined(readings)


def _requoted(page: Page, source: Source, listener: Listener) -> Reading:
    """What tags in wrong quotation marks declare or hold: cautious hears what that refuses, literal notes it."""
    found: list[FoundDeclaration] = []
    readings: list[Reading] = []
    for tag in page.requoted:
        if essence(tag.attributes.get("type", "")) != MEDIA_TYPE:
            continue
        words = evidence(source, f"line {tag.line}", shown(tag))
        link = tag.name == "link" and LICENSE in tag.attributes.get("rel", "").lower().split()
        if not link and tag.name != "script":
            continue
        message = "a licence in a tag with wrong quotation marks"
        place = Fault.at(source, message, signal=NAME, locator=words.locator, excerpt=words.excerpt)
        readings.append(Reading((), (place,)))
        if link and listener.cautious:
            target = tag.attributes.get("href", "").strip()
            found.append(FoundDeclaration(target, words, page.base, repair=REQUOTED, refusals_only=True))
        elif listener.cautious and len(readings) <= MAX_INLINE:
            said = read_inline(tag.text, place, source, listener, refusals_only=True)
            marked = tuple(
                replace(s, repair=join(REQUOTED, s.repair)) for s in said.statements if s.stance is not Stance.PERMITTED
            )
            readings.append(Reading(marked, said.faults))
    return Reading.joined([declare(found, listener), *readings]) if readings else NOTHING


SIGNAL = Signal(
    name=NAME,
    title="Really Simple Licensing",
    spec="RSL 1.0 (RSL-SPEC-1.0), Recommendation of 2025-12-10 with errata to 2026-08-07, https://rslstandard.org/rsl",
    usages=EVERY,
    read_robots=read_robots,
    declared_in_robots=declared_in_robots,
    names_licences=True,
    read_declared=read_declared,
    headers=frozenset({_LINK, _CHALLENGE}),
    html_words=("rsl+xml",),
    read_headers=read_headers,
    read_html=read_html,
    read_feed=read_feed,
    read_challenge=read_challenge,
    asset_places=PLACES,
    read_asset=read_asset,
)
