"""
Documents that a response declares, and policies that stand behind a reservation: what is made of them.

A document that was declared must be read; a policy behind a reservation only says whom to ask, and for what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.model import Declared, Source, Stance, Statement
from tdm_guard.policies.policy import Kept
from tdm_guard.signals.shape import Signal
from tdm_guard.usage import EVERY


def policy_behind(statement: Statement, speakers: frozenset[str]) -> Declared | None:
    """The document that a statement names; `speakers` are the signals whose policies are documents of their own."""
    if statement.signal not in speakers:
        return None
    url = normal_url((statement.policy_url or "").partition("#")[0])
    if not url or url == statement.source:
        return None
    return Declared(
        source=statement.source,
        carrier=statement.carrier,
        locator=statement.locator,
        evidence=statement.evidence,
        url=url,
        signal=statement.signal,
        required=False,
    )


def never_asked(item: Declared, signals: tuple[Signal, ...], now: datetime) -> Statement:
    """What stands for a declared document that nobody asked for."""
    usages = next((signal.usages for signal in signals if signal.name == item.signal), EVERY)
    return Statement.at(
        Source(url=item.source, carrier=item.carrier, retrieved_at=now, evidence=item.evidence),
        signal=item.signal,
        usages=usages,
        stance=Stance.UNDETERMINED,
        locator=item.locator,
        excerpt=f"{item.url} was never asked for",
    )


def as_declared(statements: tuple[Statement, ...], kept: Kept, ours: Declared | None) -> tuple[Statement, ...]:
    """
    What a document says, under our own declaration of it: it may have been read for another response's.

    Where ours was heard for refusals only, its permissions do not count; a document that cannot be had is held against
    the words that declare it here.
    """
    if ours is None:
        return statements
    counted = [s for s in statements if not (ours.refusals_only and s.stance is Stance.PERMITTED)]
    return tuple(s if s.source in (kept.path, ours.source) else _on_the_words_of(ours, s) for s in counted)


def _on_the_words_of(ours: Declared, statement: Statement) -> Statement:
    return replace(statement, **ours.words, repair=ours.repair)


def with_terms(statement: Statement, terms: Mapping[str | None, Statement]) -> Statement:
    """A reservation with what was read of the policy behind it."""
    if statement.stance is not Stance.RESERVED or statement.policy_url is None:
        return statement
    found = terms.get(normal_url(statement.policy_url.partition("#")[0]))
    if found is None:
        return statement
    return replace(
        statement,
        rightsholder=statement.rightsholder or found.rightsholder,
        contact=statement.contact or found.contact,
        terms=found.terms,
        policy_uid=found.policy_uid,
    )
