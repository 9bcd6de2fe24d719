"""The short way of spelling a decision: whatever it holds, the same bytes as the long way, member by member."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.decision import Checked, Decision, Exchange, Match, Outcome, Stage
from tdm_guard.log import wording
from tdm_guard.log.pseudonyms import Pseudonyms
from tdm_guard.log.record import encode, line_of, octets
from tdm_guard.log.redaction import Redaction
from tdm_guard.log.speller import Speller
from tdm_guard.log.wording import Seconds, Wording, spelt
from tdm_guard.matched import DeclaredAs, Lift, LiftOutcome, MatchedBy, Reviewed, ReviewOutcome
from tdm_guard.model import Fault, Kind, Layer, Result, Stance, Statement, Stored, Verdict
from tdm_guard.operator import Research
from tdm_guard.plain import timestamp
from tdm_guard.secrecy import parameters
from tdm_guard.usage import TDM, Usage

SECRET = 'tok"\\\n=é'
HIDING = {
    "usual": Redaction(),
    "patterns": Redaction(("mail", "id[0-9]", "*")),
    "secrets": Redaction(secrets=["abc", SECRET]),
    "names": Redaction(names=Pseudonyms(b"k" * 16)),
    "names and secrets": Redaction(("q",), secrets=["abc"], names=Pseudonyms(b"k" * 16)),
}
PIECES = (
    "a", "abc", SECRET, "token=", "?", "&", "=", "#", ";sid=", "%", "%3D", "%3d", "%26token%3D", "%253Fsid%253Dx", '"',
    "'", "\\", "\\u0026", "\x00", "\x7f", " ", "é", "\u2028", "\ud800", "😀", "https://u:p@a.example/", "//u:p@h", "@",
    "/p?token=x", '<meta name="robots">', "Marie Exemple", "x" * 300, "3d", "+", "[", "key]",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
maybe = st.none() | texts
addresses = st.builds(
    "{}{}{}".format,
    st.sampled_from(["https://site.example", "http://u:p@site.example", "https://[::1]:8443", "http://127.1",
                     "https://bücher.example", "HTTPS://A.EXAMPLE"]),
    st.sampled_from(["/", "", "/a;jsessionid=abc/b", "/é", "/go?to=https%3A%2F%2Fb%3Fsid%3Dx"]),
    texts,
)  # fmt: skip
ZONES = (UTC, timezone(timedelta(hours=2)), ZoneInfo("Europe/Paris"))
moments = st.builds(
    lambda second, micro, zone, fold: datetime(2026, 10, 25, 0, 59, tzinfo=zone, fold=fold)
    + timedelta(seconds=second, microseconds=micro),
    st.integers(0, 9000), st.sampled_from([0, 1, 999_999]), st.sampled_from(ZONES), st.integers(0, 1),
)  # fmt: skip
words = {
    "source": addresses, "carrier": texts | st.just("item"), "locator": maybe | st.just("creator_name"),
    "excerpt": maybe, "sha256": st.sampled_from([None, "a" * 64]), "retrieved_at": st.none() | moments,
    "evidence": st.sampled_from([None, None, "b" * 64]),
}  # fmt: skip
statements = st.builds(
    Statement, **words, signal=st.sampled_from(["robots", "tdmrep"]), usages=st.sampled_from([(), TDM, tuple(Usage)]),
    stance=st.sampled_from(list(Stance)), kind=st.sampled_from(list(Kind)), layer=st.sampled_from(list(Layer)),
    rightsholder=maybe, policy_url=st.none() | addresses, contact=maybe, terms=maybe, doubt=maybe,
    match=st.none() | st.builds(MatchedBy, key=st.sampled_from(["iswc", "creator_name"]), value=texts, written=maybe)
    | st.fixed_dictionaries({"key": st.just("label"), "value": texts}),
    declaration=st.none() | st.builds(DeclaredAs, title=maybe, address=st.none() | addresses),
    authorisations=st.sampled_from([(), (Lift(id="l", outcome=LiftOutcome.LIFTED, usages="tdm", why="a=b"),)]),
    reviewed=st.none() | st.builds(Reviewed, outcome=st.just(ReviewOutcome.RELEASED), by=texts, at=texts, why=texts),
    repair=st.sampled_from([None, "ai-agents"]),
)  # fmt: skip
faults = st.builds(Fault, **words, message=texts, signal=maybe)
documents = st.builds(
    Checked, document=addresses, result=st.sampled_from(list(Result)), status=st.sampled_from([None, 200, 404]),
    retrieved_at=st.none() | moments | st.just(datetime(2026, 1, 1)),
    sha256=st.sampled_from([None, "c" * 64]), cached=st.booleans(),
)  # fmt: skip
alike = st.builds(  # as absent documents are, which differ in their addresses
    lambda one, others: (one, *(one._replace(document=each) for each in others)),
    documents, st.lists(addresses, max_size=2),
)  # fmt: skip
claims = st.none() | st.builds(
    Research, eligible=st.just(True), lawful_access=st.just(True), attested_by=texts, at=texts, reference=texts
)
outcomes = st.builds(
    Outcome, verdict=st.sampled_from(list(Verdict)),
    usages=st.sampled_from([{}, dict.fromkeys(TDM, Stance.RESERVED), dict.fromkeys(Usage, Stance.UNSTATED)]),
    because=st.lists(statements, max_size=2).map(tuple), authorisations=st.lists(texts, max_size=1).map(tuple),
    enforced=st.booleans(), exemption=claims, without_exemption=st.sampled_from([None, Verdict.RESERVED]),
    said=st.lists(statements, max_size=1).map(tuple), said_more=st.integers(0, 1),
)  # fmt: skip
exchanges = st.builds(
    Exchange, final_url=addresses, origin=addresses, status=st.sampled_from([None, 200]), content=st.booleans(),
    authenticated=st.booleans(), media_type=maybe, bytes=st.none() | st.integers(0, 2**40),
    content_sha256=st.sampled_from([None, "d" * 64]), cached=st.booleans(),
    hops=st.lists(addresses, max_size=2).map(tuple), repertoire=st.sampled_from([None, Match.MATCHED]),
)  # fmt: skip
decisions = st.builds(
    Decision, url=addresses, ts=moments, stage=st.sampled_from(list(Stage)), outcome=outcomes, exchange=exchanges,
    checked=st.lists(alike, max_size=2).map(lambda several: tuple(chain(*several))),
    faults=st.lists(faults, max_size=1).map(tuple),
    stored=st.none() | st.builds(Stored, file=texts.filter(bool), offset=st.integers(0, 9), record=maybe, type=texts),
)  # fmt: skip


@given(st.sampled_from(list(HIDING)), st.booleans(), st.lists(decisions, min_size=1, max_size=3))
@settings(max_examples=60)
def test_the_short_way_writes_what_the_long_one_does(hiding: str, split: bool, made: list[Decision]) -> None:
    short = Wording(HIDING[hiding], split=split)
    for decision in (*made, *made):  # learned, and known
        assert short.middle(decision) == short.at_length(decision)


def test_times_that_are_equal_and_not_the_same_are_spelt_each() -> None:
    twice = [datetime(2026, 10, 25, 2, 30, tzinfo=ZONES[2], fold=fold) for fold in (0, 1)]
    assert twice[0] == twice[1]
    checked = tuple(Checked("https://a.example/", Result.ABSENT, 404, at) for at in twice)
    exchange = Exchange("https://a.example/", "https://a.example")
    silent = Outcome(verdict=Verdict.UNRESERVED, usages={})
    made = Decision(exchange.final_url, datetime(2026, 1, 1, tzinfo=UTC), Stage.POLICY, silent, exchange, checked)
    short = Wording(Redaction(), split=False)
    assert short.middle(made) == short.at_length(made)


@given(st.sampled_from(list(HIDING)), st.lists(decisions, min_size=1, max_size=2))
@settings(max_examples=40)
def test_a_line_is_the_record_with_what_is_left_out_of_it(hiding: str, made: list[Decision]) -> None:
    redaction = HIDING[hiding]
    speller, prev = Speller("run", redaction=redaction), "0" * 64
    for seq, decision in enumerate((*made, *made), 1):
        written = speller.decision(decision, seq=seq, prev=prev)
        record = decision.logged(written.entry).to_dict()
        told: dict[str, Any] = {**record, **redaction.members(record)}
        told |= {name: redaction.address(record[name]) for name in ("url", "final_url")}
        told["hops"] = [redaction.address(each) for each in record["hops"]]
        if decision.stored is not None:
            told["stored"] = {**record["stored"], "file": redaction.address(record["stored"]["file"])}
        assert written.line == line_of(told)
        prev = written.entry.hash


@given(st.lists(decisions, min_size=1, max_size=4), st.integers(1, 3))
@settings(max_examples=20)
def test_what_is_forgotten_is_spelt_again(made: list[Decision], kept: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wording, "MAX_KEPT_TEXTS", kept)
        patch.setattr(wording, "MAX_KEPT_TEXT", 900)
        short = Wording(HIDING["usual"], split=False)
        for decision in (*made, *reversed(made), *made):
            assert short.middle(decision) == short.at_length(decision)


@given(texts | st.lists(texts) | st.dictionaries(texts, texts | st.none() | st.lists(texts, max_size=2), max_size=3))
def test_what_a_redaction_leaves_it_does_not_change(value: Any) -> None:
    for name in ("usual", "patterns", "secrets"):
        for member in ("", "source", "excerpt"):
            if HIDING[name].leaves(encode(value)):
                assert HIDING[name].within(value, member) == value


@given(texts | st.text(st.sampled_from("?&;#=%2536fFdDbB'\" tokenſK"), max_size=40))
@settings(max_examples=200)
def test_no_value_is_found_in_a_text_that_may_have_none(text: str) -> None:
    words = [depth for _, depth in parameters._WORDS]
    depths = (parameters._QUERY, parameters._PATH, *parameters._NESTED, *words, *parameters._NESTED_WORDS)
    if not parameters.may_have_values(text):
        assert [depth.before.search(text) for depth in depths] == [None] * len(depths)
        assert parameters.redacted(text, ("*",)) == parameters.redacted_words(text, ("*",)) == text


@pytest.mark.parametrize("text", ["/p?token%3dx", "/p?token%3Dx", "/p%253Ftoken%253dx", "/p?token=x"])
def test_an_escaped_equals_sign_counts_in_either_case(text: str) -> None:
    assert not HIDING["usual"].leaves(encode(text))
    assert HIDING["usual"].address(text).endswith("REDACTED")


def test_statements_that_only_compare_as_equal_are_told_apart() -> None:
    paris = ZoneInfo("Europe/Paris")
    said = [
        Statement(
            source="a", carrier="header", signal="robots", usages=TDM, stance=Stance.RESERVED, evidence=evidence,
            retrieved_at=datetime(2026, 10, 25, 2, 30, tzinfo=paris, fold=fold),
        )
        for evidence, fold in ((None, 0), ("b" * 64, 0), (None, 1))
    ]  # fmt: skip
    said += [replace(each, retrieved_at=None) for each in said[:2]]
    assert said[0] == said[1] == said[2]
    short = Wording(HIDING["usual"], split=False)
    exchange = Exchange("https://a.example/", "https://a.example")
    for each in said:
        outcome = Outcome(verdict=Verdict.RESERVED, usages={}, because=(each,))
        made = Decision("https://a.example/", datetime(2026, 1, 1, tzinfo=UTC), Stage.HEADERS, outcome, exchange)
        assert short.middle(made) == short.at_length(made)


@given(st.lists(moments, max_size=8))
def test_a_moment_is_spelt_as_a_timestamp(made: list[datetime]) -> None:
    seconds = Seconds()
    assert [seconds.spelt(each) for each in made] == [timestamp(each) for each in made]


@pytest.mark.parametrize("value", [None, True, False, 0, -7, 2**70, 1.5, 'a"\ud800', Stage.BODY, [1, "a"], {"a": None}])
def test_a_value_is_spelt_as_in_a_record(value: object) -> None:
    assert octets(spelt(value)) == octets(encode(value))
