"""Combination of statements (weights, exemption, several usages) as one table a lawyer could read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import Stance, Statement, Usage, Verdict
from tdm_guard.judging.decide import Terms, decide
from tdm_guard.model import Kind
from tdm_guard.usage import EVERY, TDM, TRAINING

ASKED = (Usage.GENAI_TRAINING, Usage.AI_INPUT)


def says(stance: Stance, *usages: Usage, kind: Kind = Kind.RESERVATION, signal: str = "tdmrep") -> Statement:
    return Statement(source="x", carrier="file", signal=signal, usages=usages or EVERY, stance=stance, kind=kind)


RESERVED = says(Stance.RESERVED)
PERMITTED = says(Stance.PERMITTED, kind=Kind.PERMISSION)
UNREAD = says(Stance.UNDETERMINED)
REFUSED = says(Stance.RESERVED, kind=Kind.ACCESS, signal="robots")
NO_ANSWER = says(Stance.UNDETERMINED, kind=Kind.ACCESS, signal="robots")
ASIDE = says(Stance.UNSTATED)
DOUBTED = replace(ASIDE, doubt="words that are not understood")


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ((), Verdict.UNRESERVED),
        ((ASIDE,), Verdict.UNRESERVED),
        ((PERMITTED,), Verdict.PERMITTED),
        ((PERMITTED, ASIDE), Verdict.PERMITTED),
        ((PERMITTED, DOUBTED), Verdict.UNRESERVED),
        ((PERMITTED, replace(DOUBTED, usages=(Usage.SEARCH,))), Verdict.PERMITTED),
        ((DOUBTED,), Verdict.UNRESERVED),
        ((DOUBTED, RESERVED), Verdict.RESERVED),
        ((PERMITTED, RESERVED), Verdict.RESERVED),
        ((PERMITTED, UNREAD), Verdict.UNDETERMINED),
        ((UNREAD, RESERVED), Verdict.RESERVED),
        ((UNREAD,), Verdict.UNDETERMINED),
        ((REFUSED, UNREAD), Verdict.RESERVED),
        ((NO_ANSWER,), Verdict.UNDETERMINED),
        ((NO_ANSWER, RESERVED), Verdict.UNDETERMINED),
        ((REFUSED, NO_ANSWER), Verdict.RESERVED),
        ((says(Stance.RESERVED, Usage.AI_INPUT),), Verdict.RESERVED),
        ((says(Stance.RESERVED, Usage.SEARCH),), Verdict.UNRESERVED),
        ((says(Stance.PERMITTED, Usage.AI_INPUT),), Verdict.UNRESERVED),
        ((says(Stance.PERMITTED, Usage.AI_INPUT), says(Stance.PERMITTED, Usage.GENAI_TRAINING)), Verdict.PERMITTED),
    ],
)
def test_the_strictest_word_on_any_usage_asked_stands(statements: tuple[Statement, ...], verdict: Verdict) -> None:
    assert decide(statements, Terms(usages=ASKED)).verdict is verdict


@pytest.mark.parametrize(
    ("statements", "usages", "verdict"),
    [
        ((RESERVED,), TDM, Verdict.EXEMPT),
        ((UNREAD,), TDM, Verdict.EXEMPT),
        ((), TDM, Verdict.UNRESERVED),
        ((PERMITTED,), TDM, Verdict.PERMITTED),
        ((RESERVED,), (*TDM, Usage.SEARCH), Verdict.RESERVED),
        ((REFUSED,), TDM, Verdict.RESERVED),
        ((NO_ANSWER,), TDM, Verdict.UNDETERMINED),
    ],
)
def test_research_is_exempt_from_reservations_within_tdm_and_from_nothing_else(
    statements: tuple[Statement, ...], usages: tuple[Usage, ...], verdict: Verdict
) -> None:
    assert decide(statements, Terms(usages=usages, exempt=True)).verdict is verdict


def test_what_withholds_is_named_and_what_has_no_part_in_it_is_not() -> None:
    outcome = decide((PERMITTED, says(Stance.RESERVED, Usage.SEARCH), RESERVED), Terms(usages=TRAINING))
    assert outcome.because == (RESERVED,)
    assert outcome.usages == dict.fromkeys(TRAINING, Stance.RESERVED)


def test_reservations_are_named_before_what_could_not_be_read() -> None:
    assert decide((UNREAD, RESERVED), Terms(usages=TDM)).because == (RESERVED, UNREAD)


def test_permissions_are_named_when_nothing_withholds() -> None:
    assert decide((PERMITTED,), Terms(usages=TDM)).because == (PERMITTED,)
    assert decide((ASIDE,), Terms(usages=TDM)).because == ()


statements = st.lists(
    st.builds(
        lambda stance, usages, kind: says(stance, *usages, kind=kind),
        st.sampled_from([Stance.RESERVED, Stance.PERMITTED, Stance.UNDETERMINED, Stance.UNSTATED]),
        st.lists(st.sampled_from(EVERY), min_size=1, max_size=3, unique=True),
        st.sampled_from([Kind.RESERVATION, Kind.RESERVATION, Kind.ACCESS]),
    ),
    max_size=5,
)
usages = st.lists(st.sampled_from(EVERY), min_size=1, max_size=4, unique=True).map(tuple)


@given(statements, usages, st.booleans())
def test_adding_a_reservation_never_makes_a_decision_laxer(
    said: list[Statement], asked: tuple[Usage, ...], exempt: bool
) -> None:
    terms = Terms(usages=asked, exempt=exempt)
    before = decide(tuple(said), terms).verdict
    after = decide((*said, says(Stance.RESERVED, asked[0])), terms).verdict
    assert after.withholds or not before.withholds
    if not exempt and before is not Verdict.UNDETERMINED:
        assert after is Verdict.RESERVED


@given(statements, usages)
def test_asking_for_more_is_never_laxer(said: list[Statement], asked: tuple[Usage, ...]) -> None:
    less = decide(tuple(said), Terms(usages=asked[:1])).verdict
    more = decide(tuple(said), Terms(usages=asked)).verdict
    assert more.withholds or not less.withholds


@given(statements, usages)
def test_order_has_no_meaning(said: list[Statement], asked: tuple[Usage, ...]) -> None:
    forward = decide(tuple(said), Terms(usages=asked))
    backward = decide(tuple(reversed(said)), Terms(usages=asked))
    assert (forward.verdict, forward.usages) == (backward.verdict, backward.usages)


@given(statements, usages)
def test_every_refusal_can_point_at_words(said: list[Statement], asked: tuple[Usage, ...]) -> None:
    outcome = decide(tuple(said), Terms(usages=asked))
    assert outcome.because or not outcome.verdict.withholds
