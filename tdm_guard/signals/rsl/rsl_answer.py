"""
What the entries of a licence document that match one URL come to, usage by usage (RSL 1.0 3.1, 3.5, 3.6).

    prohibited     any matching entry, any of its licences, prohibits it
    unlicensed     the document has a fault after which it gives no valid licence (4.3)
    not-licensed   no licence takes the usage, or our operator, in
    licensed       one does; what it asks in return, or a token, may still be wanting
    unstated       licences without a list do not speak of it
    out-of-scope   it would be permitted, but words that are not understood may refuse it

strategy: the most specific entry decides what is granted, and where it has no list of its own the next broader one is
asked, so that silence never reopens a list. Entries are walked once, from the broadest to the most specific.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from tdm_guard.model import Stance
from tdm_guard.signals.rsl.rsl_terms import NAMED, Ban, ContentTerms, Offer, Words
from tdm_guard.usage import Usage

Level = tuple[ContentTerms, ...]  # entries with one and the same pattern: their licences are alternatives
Rank = tuple[Level, ...]  # levels whose patterns are equally long: the strictest counts
Licensing = Literal["prohibited", "unlicensed", "not-licensed", "licensed", "unstated", "out-of-scope"]


class RslAnswer(NamedTuple):
    """What a document says of one usage, and the words it rests on."""

    outcome: Licensing
    stance: Stance
    words: Words
    repair: str | None = None
    payments: tuple[str, ...] = ()
    token: bool = False
    reporting: bool = False


class _Way(NamedTuple):
    """One way to be licensed: what is still wanting, whether a list names the usage."""

    unmet: Words | None
    listed: bool
    words: Words
    payments: tuple[str, ...]
    reporting: bool

    @property
    def rank(self) -> tuple[bool, bool]:
        return self.unmet is not None, not self.listed


class _State(NamedTuple):
    """What broader entries leave: the best way, or none; whether their lists take our operator in."""

    way: _Way | None = None
    asked: bool = False
    user: bool = True
    geo: bool = True


def doubted(answered: RslAnswer, words: Words) -> RslAnswer:
    """What a grant comes to beside `words` that may refuse the usage: it is no refusal, and no longer a grant."""
    return answered._replace(outcome="out-of-scope", stance=Stance.UNSTATED, words=words)


def doubt(ranks: tuple[Rank, ...], usage: Usage) -> Words | None:
    """The first words of the matching entries that may refuse `usage` and are not understood."""
    entries = (entry for rank in ranks for level in rank for entry in level)
    return next((each.words for entry in entries for each in entry.doubts if usage in each.usages), None)


def answer(ranks: tuple[Rank, ...], usage: Usage, fatal: Words | None) -> RslAnswer:
    """
    What the matching entries, most specific rank first, say of `usage`.

    `fatal` is the fault, if there is one, after which the document grants nothing.
    """
    entries = [entry for rank in ranks for level in rank for entry in level]
    token = next((entry.token for entry in entries if entry.token), None)
    if ban := _ban(entries, usage):
        outcome: Licensing = "not-licensed" if ban.personal else "prohibited"
        return RslAnswer(outcome, Stance.RESERVED, ban.words, ban.repair, token=token is not None)
    if fatal:
        return RslAnswer("unlicensed", Stance.RESERVED, fatal, token=token is not None)
    state = _State()
    for rank in reversed(ranks):
        state = _strictest([_step(level, usage, state) for level in rank])
    way = state.way
    if way is None:
        return RslAnswer("not-licensed", Stance.RESERVED, _misfit(ranks, usage), token=token is not None)
    wanting = token or way.unmet
    silent = not way.listed and usage not in NAMED
    granted = Stance.UNSTATED if silent else Stance.PERMITTED
    return RslAnswer(
        "unstated" if silent and not wanting else "licensed",
        Stance.RESERVED if wanting else granted,
        wanting or way.words,
        None,
        way.payments or ("free",),
        token is not None,
        way.reporting,
    )


def _ban(entries: Iterable[ContentTerms], usage: Usage) -> Ban | None:
    """The first ban as the text has it, else the first that a repair reads."""
    found = [ban for entry in entries for ban in entry.bans if usage in ban.usages]
    return min(found, key=lambda ban: ban.repair is not None, default=None)


def _step(level: Level, usage: Usage, broader: _State) -> _State:
    """What is left once the offers of `level` are laid over what broader entries left."""
    offers = _offers(level)
    ways = [way for offer in offers if (way := _taken(offer, usage, broader))]
    best = min(ways, key=lambda way: way.rank) if ways else None
    if best:
        payments = dict.fromkeys(payment for way in ways for payment in way.payments or ("free",))
        best = best._replace(payments=tuple(payments))
    return _State(
        best,
        asked=True,
        user=_admits([offer.user for offer in offers], broader.user),
        geo=_admits([offer.geo for offer in offers], broader.geo),
    )


def _offers(level: Level) -> list[Offer]:
    """The offers of a level. A licence that only prohibits is none, unless there is nothing else at all."""
    offers = [offer for entry in level for offer in entry.offers]
    if all(entry.offers for entry in level) and all(offer.silent for offer in offers):
        return offers
    return [offer for offer in offers if not offer.silent]


def _taken(offer: Offer, usage: Usage, broader: _State) -> _Way | None:
    """How the offer licenses `usage`; without a list of its own only what broader entries leave."""
    user = broader.user if offer.user is None else offer.user
    geo = broader.geo if offer.geo is None else offer.geo
    if not (user and geo):
        return None
    if offer.usages is not None:
        if usage not in offer.usages:
            return None
        return _Way(offer.unmet, True, offer.words, offer.payments, offer.reporting)
    if not broader.asked:
        return _Way(offer.unmet, False, offer.words, offer.payments, offer.reporting)
    way = broader.way
    if way is None:
        return None
    # Silence neither reopens a broader list nor waives what a broader entry asks for.
    return _Way(
        offer.unmet or way.unmet, way.listed, way.words, offer.payments + way.payments, offer.reporting or way.reporting
    )


def _admits(fits: list[bool | None], broader: bool) -> bool:
    """The nearest list of a type decides for the entries within that have none."""
    if all(fit is None for fit in fits):
        return broader
    return any(fit is not False for fit in fits)


def _strictest(states: list[_State]) -> _State:
    if len(states) == 1:
        return states[0]
    ways = [state.way for state in states]
    way = None if None in ways else max((way for way in ways if way), key=lambda way: way.rank)
    user, geo = all(state.user for state in states), all(state.geo for state in states)
    return _State(way, True, user, geo)


def _misfit(ranks: tuple[Rank, ...], usage: Usage) -> Words:
    """The words that leave the usage or our operator out: the nearest list, else the most specific entry itself."""
    for rank in ranks:
        for level in rank:
            for offer in _offers(level):
                if offer.user is False and offer.user_words:
                    return offer.user_words
                if offer.geo is False and offer.geo_words:
                    return offer.geo_words
                if offer.usages is not None and usage not in offer.usages and offer.usage_words:
                    return offer.usage_words
    return ranks[0][0][0].words
