"""
TDM Reservation Protocol: a rightsholder's 1 or 0, in a site-wide file, in response fields, in HTML metadata.

strategy: each carrier yields at most one reservation or permission, ranked by its place in the report's order
(sec-processing-priority); `settle` applies that order. Repairs (codes C1 to C10) are read in the cautious posture
only, and only ever add a reservation. The file is read in `_tdmrep_file`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.tdmrep_value import BLANKS, Value, plain_name, read_policy, read_text
from tdm_guard.model import NOTHING, Fault, Headers, Kind, Posture, Reading, Source, Stance, Statement
from tdm_guard.signals._signal import Listener, Signal
from tdm_guard.signals._tdm_policy import read_declared
from tdm_guard.signals._tdmrep_file import DOCUMENT, RANK
from tdm_guard.signals._tdmrep_rules import MAX_FAULTS, NAME, join
from tdm_guard.usage import TDM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tdm_guard.formats.html import Page, Tag

HEADER_RANK = 2
HTML_RANK = 3
_RANKS = {"file": RANK, "header": HEADER_RANK}
RESERVATION = "tdm-reservation"
POLICY = "tdm-policy"
_ROBOTS_TAG = "x-robots-tag"

_FIELDS: dict[str, tuple[str, str | None]] = {
    "tdm-reservation": (RESERVATION, None),
    "tdm-policy": (POLICY, None),
    "x-tdm-reservation": (RESERVATION, "C6"),
    "x-tdm-policy": (POLICY, "C6"),
    "tdm_reservation": (RESERVATION, "C6"),
    "tdm_policy": (POLICY, "C6"),
}
_INSIDE_ROBOTS_TAG = re.compile(
    r"""(?i)(?<![\w-])tdm[-_](reservation|policy)\s{0,8}[:=]\s{0,8}["'<]?([^\s,;"'<>]{1,4096})"""
)
_POLICY_LIST = re.compile(r",[ \t]+")  # a URL may hold a comma, but no blank


class _Word(NamedTuple):
    """One property as a carrier has it. `trusted` is False where others than the publisher may write."""

    text: str
    locator: str
    excerpt: str
    repair: str | None = None
    trusted: bool = True


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """
    The response fields (sec-tdm-header): `tdm-reservation` and `tdm-policy`, of a response of any status.

    Repeated fields count as one list; of several values any 1 counts.
    """
    words: dict[str, list[_Word]] = {RESERVATION: [], POLICY: []}
    for field_name, raw in headers:
        name = field_name.lower()
        if name in _FIELDS:
            what, repair = _FIELDS[name]
            parts = raw.split(",") if what is RESERVATION else _POLICY_LIST.split(raw)
            excerpt = f"{field_name}: {raw}"
            words[what] += [_Word(part, f"#{name}", excerpt, repair) for part in dict.fromkeys(parts)]
        elif name == _ROBOTS_TAG and listener.cautious:
            for what, text in _INSIDE_ROBOTS_TAG.findall(raw):
                word = _Word(text, f"#{name}", f"{field_name}: {raw}", "C6")
                words[f"tdm-{what.lower()}"].append(word)
    return _reading(words, source, listener, base=source.url, rank=HEADER_RANK)


def read_html(page: Page, source: Source, listener: Listener) -> Reading:
    """
    The metadata of an HTML or XHTML document (sec-tdm-html-meta).

    A 1 counts wherever it stands; a 0 or a policy in the body may be a visitor's, so it counts only beside a 1 there.
    """
    words: dict[str, list[_Word]] = {RESERVATION: [], POLICY: []}
    for tag in page.tags:
        for what, text, repair in _properties(tag):
            shown = " ".join(f'{name}="{value}"' for name, value in tag.attributes.items())
            words[what].append(_Word(text, f"line {tag.line}", f"<{tag.name} {shown}>", repair, tag.in_head))
    return _reading(words, source, listener, base=page.base, rank=HTML_RANK)


def _properties(tag: Tag) -> Iterable[tuple[str, str, str | None]]:
    """Property, value and repair of what one tag says of this protocol."""
    attributes = tag.attributes
    if tag.name == "link":
        if POLICY in attributes.get("rel", "").lower().split():
            yield POLICY, attributes.get("href", ""), "C6"
        return
    if tag.name != "meta":
        return
    for attribute in ("name", "property", "http-equiv"):
        name = attributes.get(attribute, "").strip(BLANKS).lower()
        plain = plain_name(name)
        if plain in (RESERVATION, POLICY):
            as_reported = attribute == "name" and name == plain
            yield plain, attributes.get("content", ""), None if as_reported else "C6"


def _reading(words: dict[str, list[_Word]], source: Source, listener: Listener, *, base: str, rank: int) -> Reading:
    """One carrier's reservation with its policy, or its policy alone, which reserves nothing but supersedes."""
    faults: list[Fault] = []
    chosen = _choose(words[RESERVATION], source, listener, faults)
    beside = chosen is not None and not chosen[0].trusted
    policy = _policy([word for word in words[POLICY] if word.trusted or beside], base, source, listener, faults)
    shown = tuple(faults[:MAX_FAULTS])
    if chosen is not None:
        word, repair = chosen[0], chosen[2]
        stance = Stance.RESERVED if chosen[1] else Stance.PERMITTED
    elif policy is not None:
        word, repair, stance = policy[0], policy[0].repair, Stance.UNSTATED
    else:
        return Reading((), shown) if shown else NOTHING
    statement = Statement.at(
        source,
        kind=Kind.PERMISSION if stance is Stance.PERMITTED else Kind.RESERVATION,
        signal=NAME,
        usages=TDM,
        stance=stance,
        locator=word.locator,
        excerpt=word.excerpt,
        policy_url=policy[1] if policy else None,
        repair=repair,
        rank=rank,
    )
    return Reading((statement,), shown)


def _choose(
    words: list[_Word], source: Source, listener: Listener, faults: list[Fault]
) -> tuple[_Word, bool, str | None] | None:
    """The word that counts: a 1 as the report has it, else a repaired 1, else a 0."""
    one = repaired = zero = None
    for word in words:
        value = read_text(word.text) or _with_parameters(word)
        repair = join("C2" if value and value.repaired else None, word.repair)
        if value is None or (repair and not listener.cautious):
            faults.append(_fault(source, word, "tdm-reservation is not 0 or 1 as the report has it"))
        elif value.reserved and repair is None:
            one = one or word
        elif value.reserved:
            repaired = repaired or (word, repair)
        elif repair is None and word.trusted:
            zero = zero or word
        else:
            faults.append(_fault(source, word, "a 0 at this place is not heard"))
    if zero and (one or repaired):
        faults.append(_fault(source, zero, "0 and 1 stand side by side; the 1 counts"))
    if one:
        return one, True, None
    if repaired:
        return repaired[0], True, repaired[1]
    return (zero, False, None) if zero else None


def _with_parameters(word: _Word) -> Value | None:
    """A field value with parameters, which the report does not know (C2); only a 1 is read from it."""
    token, parameters, _ = word.text.partition(";")
    if parameters and word.locator.startswith("#") and token.strip(BLANKS) == "1":
        return Value(True, repaired=True)
    return None


def _policy(
    words: list[_Word], base: str, source: Source, listener: Listener, faults: list[Fault]
) -> tuple[_Word, str] | None:
    """The first policy URL that can be fetched, those written as the report has it before hints (C6)."""
    for word in sorted(words, key=lambda word: word.repair is not None):
        if word.repair and not listener.cautious:
            continue
        if url := read_policy(word.text, base):
            if word.repair:
                faults.append(_fault(source, word, f"no tdm-policy as the report has it; read as one ({word.repair})"))
            return word, url
        faults.append(_fault(source, word, "tdm-policy is no http(s) URL"))
    return None


def _fault(source: Source, word: _Word, message: str) -> Fault:
    return Fault.at(source, message, signal=NAME, locator=word.locator, excerpt=word.excerpt)


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
    settle=settle,
    read_declared=read_declared,
)
