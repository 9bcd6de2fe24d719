"""What every carrier of TDMRep has in common: the two properties as words, and the one statement they come to."""

from __future__ import annotations

from typing import NamedTuple

from tdm_guard.formats.site.tdmrep_value import BLANKS, LITERAL, Value, read_policy, read_text
from tdm_guard.model import NOTHING, Fault, Kind, Layer, Reading, Source, Stance, Statement
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.shared.refusing_vocabulary import MAX_WORDS
from tdm_guard.signals.shared.refusing_words import DOUBT
from tdm_guard.signals.tdmrep.tdmrep_rules import MAX_FAULTS, NAME, join, refuses
from tdm_guard.usage import TDM

RESERVATION = "tdm-reservation"
POLICY = "tdm-policy"
MAX_TEXT = 131_072  # characters of the values of one carrier that are neither 0 nor 1, of each the first `MAX_WORDS`
_TOO_MUCH = f"more than {MAX_TEXT:,} characters of values that are neither 0 nor 1: the others were not read"


class Word(NamedTuple):
    """One property as a carrier has it. `trusted` is False where others than the publisher may write."""

    text: str
    locator: str
    excerpt: str
    repair: str | None = None
    trusted: bool = True


def as_reading(
    words: dict[str, list[Word]],
    source: Source,
    listener: Listener,
    *,
    base: str,
    rank: int,
    layer: Layer = Layer.LOCATION,
) -> Reading:
    """
    One carrier's reservation with its policy, or its policy alone, which reserves nothing but supersedes.

    A policy is resolved against `base`; if that is empty, only an absolute one counts. To the letter a 1 under another
    name or in other words is a doubt, beside which nothing is permitted.
    """
    faults: list[Fault] = []
    doubts: list[Word] = []
    looked_at, left = _within_bounds(words[RESERVATION])
    chosen = _choose(looked_at, source, listener, faults, doubts)
    doubted = () if chosen and chosen[1] else tuple(_doubt(word, source, rank, layer) for word in doubts[:1])
    if left is not None:
        faults.insert(0, _fault(source, left, _TOO_MUCH))
        doubted = (*doubted, _doubt(left, source, rank, layer, Stance.UNDETERMINED))
    beside = chosen is not None and not chosen[0].trusted
    policy = _policy([word for word in words[POLICY] if word.trusted or beside], base, source, listener, faults)
    shown = tuple(faults[:MAX_FAULTS])
    if chosen is not None:
        word, repair = chosen[0], chosen[2]
        stance = Stance.RESERVED if chosen[1] else Stance.PERMITTED
    elif policy is not None:
        word, repair, stance = policy[0], policy[0].repair, Stance.UNSTATED
    else:
        return Reading(doubted, shown) if shown else NOTHING
    statement = Statement.at(
        source,
        kind=Kind.PERMISSION if stance is Stance.PERMITTED else Kind.RESERVATION,
        signal=NAME,
        usages=TDM,
        stance=stance,
        layer=layer,
        locator=word.locator,
        excerpt=word.excerpt,
        policy_url=policy[1] if policy else None,
        repair=repair,
        rank=rank,
    )
    return Reading((statement, *doubted), shown)


def _within_bounds(words: list[Word]) -> tuple[list[Word], Word | None]:
    """The words that are looked at: each 0 and 1, others up to `MAX_TEXT`; and the first that is left out."""
    if len(words) * MAX_WORDS <= MAX_TEXT:
        return words, None
    kept: list[Word] = []
    length, left = 0, None
    for word in words:
        if word.text.strip(BLANKS) not in LITERAL:
            length += min(len(word.text), MAX_WORDS)
            if length > MAX_TEXT:
                left = left or word
                continue
        kept.append(word)
    return kept, left


def _doubt(word: Word, source: Source, rank: int, layer: Layer, stance: Stance = Stance.UNSTATED) -> Statement:
    return Statement.at(
        source,
        signal=NAME,
        usages=TDM,
        stance=stance,
        layer=layer,
        locator=word.locator,
        excerpt=word.excerpt,
        doubt=DOUBT if stance is Stance.UNSTATED else None,
        rank=rank,
    )


def _choose(
    words: list[Word], source: Source, listener: Listener, faults: list[Fault], doubts: list[Word]
) -> tuple[Word, bool, str | None] | None:
    """The word that counts: a 1 as the report has it, else a repaired 1, else a 0."""
    one = repaired = zero = None
    for word in words:
        value = read_text(word.text)
        in_words = (value is None or value.repaired) and refuses(word.text)
        value = value or (Value(True, repaired=True) if in_words else None)
        repair = join("C2" if value and value.repaired else None, word.repair)
        if value is None or (repair and not listener.cautious):
            faults.append(_fault(source, word, "tdm-reservation is not 0 or 1 as the report has it"))
            if in_words or (value and value.reserved and word.repair):
                doubts.append(word)
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


def _policy(
    words: list[Word], base: str, source: Source, listener: Listener, faults: list[Fault]
) -> tuple[Word, str] | None:
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


def _fault(source: Source, word: Word, message: str) -> Fault:
    return Fault.at(source, message, signal=NAME, locator=word.locator, excerpt=word.excerpt)
