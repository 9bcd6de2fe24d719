"""
TDM Reservation Protocol: a rightsholder's 1 or 0, in a site-wide file, in response fields, in HTML metadata,
inside a PDF or an EPUB.

strategy: each carrier yields at most one reservation or permission, ranked by its place in the report's order
(sec-processing-priority); `settle` applies that order. Repairs (codes C1 to C10) are read in the cautious posture
only, and only ever add a reservation. The site's file is read in `tdmrep_file`, other files in `tdmrep_asset`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tdm_guard.formats.files.asset import Place
from tdm_guard.formats.page.html import REQUOTED
from tdm_guard.formats.site.tdmrep_value import BLANKS, plain_name
from tdm_guard.model import NOTHING, Headers, Posture, Reading, Source, Stance, Statement
from tdm_guard.signals.shape import Listener, Signal
from tdm_guard.signals.shared.refusing_vocabulary import spelled
from tdm_guard.signals.tdmrep.tdm_policy import read_declared
from tdm_guard.signals.tdmrep.tdmrep_asset import read_asset
from tdm_guard.signals.tdmrep.tdmrep_file import DOCUMENT, RANK
from tdm_guard.signals.tdmrep.tdmrep_rules import NAME, join
from tdm_guard.signals.tdmrep.tdmrep_words import POLICY, RESERVATION, Word, as_reading
from tdm_guard.usage import TDM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tdm_guard.formats.page.html import Page, Tag

HEADER_RANK = 2
HTML_RANK = 3
_RANKS = {"file": RANK, "header": HEADER_RANK}
_TDM = frozenset(TDM)
_ROBOTS_TAG = "x-robots-tag"

_FIELDS: dict[str, tuple[str, str | None]] = {
    "tdm-reservation": (RESERVATION, None),
    "tdm-policy": (POLICY, None),
    "x-tdm-reservation": (RESERVATION, "C6"),
    "x-tdm-policy": (POLICY, "C6"),
    "tdm_reservation": (RESERVATION, "C6"),
    "tdm_policy": (POLICY, "C6"),
}
_JOINED = {"tdmreservation": RESERVATION, "tdmpolicy": POLICY}
_INSIDE_ROBOTS_TAG = re.compile(
    r"""(?i)(?<![\w-])tdm[-_](reservation|policy)\s{0,8}[:=]\s{0,8}["'<]?([^\s,;"'<>]{1,4096})"""
)
_POLICY_LIST = re.compile(r",[ \t]+")  # a URL may hold a comma, but no blank


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """
    The response fields (sec-tdm-header): `tdm-reservation` and `tdm-policy`, of a response of any status.

    Repeated fields count as one list; of several values any 1 counts.
    """
    words: dict[str, list[Word]] = {RESERVATION: [], POLICY: []}
    for field_name, raw in headers:
        name = field_name.lower()
        if name in _FIELDS:
            what, repair = _FIELDS[name]
            parts = raw.split(",") if what is RESERVATION else _POLICY_LIST.split(raw)
            excerpt = f"{field_name}: {raw}"
            words[what] += [Word(part, f"#{name}", excerpt, repair=repair) for part in dict.fromkeys(parts)]
        elif name == _ROBOTS_TAG:
            for what, text in _INSIDE_ROBOTS_TAG.findall(raw):
                word = Word(text, f"#{name}", f"{field_name}: {raw}", repair="C6")
                words[f"tdm-{what.lower()}"].append(word)
    return as_reading(words, source, listener, base=source.url, rank=HEADER_RANK)


def read_html(page: Page, source: Source, listener: Listener) -> Reading:
    """
    The metadata of an HTML or XHTML document (sec-tdm-html-meta).

    A 1 counts wherever it stands; a 0 or a policy in the body may be a visitor's, so it counts only beside a 1 there.
    """
    words: dict[str, list[Word]] = {RESERVATION: [], POLICY: []}
    for tags, misquoted in ((page.tags, None), (page.requoted, REQUOTED)):
        for tag in tags:
            for what, text, repair in _properties(tag):
                shown = " ".join(f'{name}="{value}"' for name, value in tag.attributes.items())
                word = Word(
                    text,
                    f"line {tag.line}",
                    f"<{tag.name} {shown}>",
                    repair=join(repair, misquoted),
                    trusted=tag.in_head,
                )
                words[what].append(word)
    return as_reading(words, source, listener, base=page.base, rank=HTML_RANK)


def _properties(tag: Tag) -> Iterable[tuple[str, str, str | None]]:
    """Property, value and repair of what one tag says of this protocol."""
    attributes = tag.attributes
    if tag.name == "link":
        if POLICY in attributes.get("rel", "").lower().split():
            yield POLICY, attributes.get("href", ""), "C6"
        return
    if tag.name != "meta":
        return
    for attribute in ("name", "property", "http-equiv", "itemprop"):
        if attribute not in attributes:
            continue
        name = attributes[attribute].strip(BLANKS).lower()
        plain = plain_name(spelled(name))
        plain = _JOINED.get(plain, plain)
        if plain in (RESERVATION, POLICY):
            as_reported = attribute == "name" and name == plain and "content" in attributes
            text = attributes.get("content", attributes.get("value", ""))
            yield plain, text, None if as_reported else "C6"


def read_hop(headers: Headers, source: Source, listener: Listener) -> Reading:
    """The fields of a redirect that was followed: a 1 counts, in the cautious posture (C9); nothing else does."""
    if not listener.cautious:
        return NOTHING
    reading = read_headers(headers, source, listener)
    reserved = [statement for statement in reading.statements if statement.stance is Stance.RESERVED]
    marked = tuple(replace(statement, repair=join(statement.repair, "C9")) for statement in reserved)
    return Reading(marked, reading.faults) if marked or reading.faults else NOTHING


def settle(statements: tuple[Statement, ...], posture: Posture) -> tuple[Statement, ...]:
    """
    The report's order between its carriers (sec-processing-priority): at most one reservation or permission is left.

    Literal: the later carrier supersedes, each property on its own; silence resets nothing. Cautious: a 1 once heard
    stands (C10), and what could not be read is not made up for by a later 0 (C8).
    """
    if len(statements) == 1 and statements[0].stance is Stance.RESERVED:
        return statements
    apart = tuple(s for s in statements if _stands_apart(s))
    if apart:
        return settle(tuple(s for s in statements if s not in apart), posture) + apart
    # of one carrier's words the 1 comes last
    heard = sorted(statements, key=lambda statement: (_rank(statement), statement.stance is Stance.RESERVED))
    unread = tuple(s for s in heard if s.stance is Stance.UNDETERMINED)
    final = next((s for s in reversed(heard) if s.stance in (Stance.RESERVED, Stance.PERMITTED)), None)
    if final is not None and final.stance is Stance.PERMITTED:
        cautious = posture is Posture.CAUTIOUS
        kept = next((s for s in reversed(heard) if s.stance is Stance.RESERVED), None) if cautious else None
        if kept is not None:
            heard = [s for s in heard if s.stance is not Stance.PERMITTED]
            final = replace(kept, repair=join(kept.repair, "C10"))
        elif unread := tuple(s for s in unread if cautious or _rank(s) > _rank(final)):
            return unread
    if final is None:
        return unread or tuple(s for s in heard[-1:] if s.stance is Stance.UNSTATED)
    policy = next((s.policy_url for s in reversed(heard) if s.policy_url), None)
    if final.stance is Stance.PERMITTED:
        policy = None  # sec-tdm-policy: beside 0 it is not to be processed
    return (final if final.policy_url == policy else replace(final, policy_url=policy),)


def _stands_apart(statement: Statement) -> bool:
    """True for a refusal that was not understood, one of some usages (C11), and what a damaged file says besides."""
    partly = statement.stance is Stance.RESERVED and not _TDM.issubset(statement.usages)
    return partly or statement.doubt is not None or _TDM.isdisjoint(statement.usages)


def _rank(statement: Statement) -> int:
    """The carrier's place in the report's order; one that could not be read has no rank of its own."""
    return statement.rank or _RANKS.get(statement.carrier, HTML_RANK)


SIGNAL = Signal(
    name=NAME,
    title="TDM Reservation Protocol",
    spec="W3C Community Group Final Report, 10 May 2024, https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/",
    usages=TDM,
    document=DOCUMENT,
    headers=frozenset({*_FIELDS, _ROBOTS_TAG}),
    html_words=("tdm",),
    read_headers=read_headers,
    read_hop=read_hop,
    read_html=read_html,
    asset_places=frozenset({Place.XMP, Place.OPF}),
    read_asset=read_asset,
    settle=settle,
    read_declared=read_declared,
    names_policies=True,
)
