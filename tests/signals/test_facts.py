"""What the core asks a signal, a document and a site, not by the name of a standard: tried with signals of our own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import ConfigurationError, Fetched, Judge, Withheld
from tdm_guard.gather import gather
from tdm_guard.httpx import GuardClient
from tdm_guard.model import NOTHING
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy
from tdm_guard.signals import (
    SIGNALS,
    TDM,
    Declared,
    Document,
    DocumentReading,
    Headers,
    Kind,
    Listener,
    Posture,
    Reading,
    Result,
    Signal,
    Site,
    Source,
    Stance,
    Statement,
    WideSite,
)
from tdm_guard.testing import Answer, PretendWeb
from tdm_guard.testing import Site as WebSite

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SITE = "https://site.example"
NAME = "mine"
FIELD = "x-mine"
ABSENT = {path: Fetched(status=404) for path in ("/robots.txt", "/.well-known/tdmrep.json", "/mine.txt")}
HTML = ("content-type", "text/html")


def said(source: Source, stance: Stance = Stance.RESERVED, **members: Any) -> Statement:
    return Statement.at(source, signal=NAME, usages=TDM, stance=stance, locator=f"#{FIELD}", **members)


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """`no`, `pictures` (those of the page), or the address of a policy that says whom to ask."""
    found: list[Statement] = []
    for name, value in headers:
        if name.lower() == FIELD:
            stance = Stance.UNSTATED if value == "pictures" else Stance.RESERVED
            found.append(said(source, stance, excerpt=value, policy_url=value if "/" in value else None))
    return Reading(tuple(found))


class Everywhere(WideSite):
    """Reserves every path and knows it; or does not, as a subclass of nothing."""

    @property
    def everywhere(self) -> Any:
        return TDM

    def says(self, target: str) -> Reading:
        return Reading((said(Source(url=f"{SITE}/mine.txt", carrier="file")),))


class Plain:
    def says(self, target: str) -> Reading:
        return Reading((said(Source(url=f"{SITE}/mine.txt", carrier="file")),))


class Open:
    def says(self, target: str) -> Reading:
        return Reading((said(Source(url=f"{SITE}/mine.txt", carrier="file"), Stance.PERMITTED, kind=Kind.PERMISSION),))


def document(site: Site | None = None, *, max_age: timedelta | None = None, **members: Any) -> Document:
    def read(fetched: Fetched, source: Source, listener: Listener) -> DocumentReading:
        if fetched.status == 200:
            return DocumentReading(Result.READ, site, max_age=max_age)
        return DocumentReading(Result.ABSENT if fetched.status == 404 else Result.UNREACHABLE)

    return Document(path="/mine.txt", max_bytes=1000, read=read, signal=NAME, **members)


MINE = Signal(name=NAME, title="Mine", spec="1", usages=TDM, headers=frozenset({FIELD}), read_headers=read_headers)


# ---- pictures -----------------------------------------------------------------------------------------------------


def of_pictures(statement: Statement, posture: Posture) -> Statement | None:
    return replace(statement, stance=Stance.RESERVED) if statement.excerpt == "pictures" else None


@pytest.mark.parametrize(("function", "withheld"), [(of_pictures, True), (None, False)])
def test_what_a_page_says_of_its_pictures_is_the_signals_to_say(function: Any, withheld: bool, tmp_path: Path) -> None:
    pages = {
        "/page": Answer(headers=(HTML, (FIELD, "pictures")), body=b"<p><img src='/picture.csv'>"),
        "/picture.csv": Answer(headers=(("content-type", "text/csv"),), body=b"picture"),
        "/other.csv": Answer(headers=(("content-type", "text/csv"),), body=b"other"),
    }
    signals = (*SIGNALS, replace(MINE, of_pictures=function))
    with (
        PretendWeb([WebSite("mine.example", pages)]) as web,
        GuardClient(signals=signals, agent="A", log=tmp_path / "l", proxy=web.proxy, trust_env=False) as client,
    ):
        assert client.get("http://mine.example/page").status_code == 200
        assert client.get("http://mine.example/other.csv").content == b"other"
        if not withheld:
            assert client.get("http://mine.example/picture.csv").content == b"picture"
            return
        with pytest.raises(Withheld) as refused:
            client.get("http://mine.example/picture.csv")
    assert [item.signal for item in refused.value.decision.because] == [NAME]


# ---- the policy behind a reservation ---------------------------------------------------------------------------------


class Policy:
    def __init__(self, source: Source) -> None:
        self.source = source

    def says(self, target: str) -> Reading:
        terms = "1 EUR a work"
        found = said(self.source, policy_url=self.source.url, contact="mailto:ask@site.example", terms=terms)
        return Reading((found,))


def read_declared(declared: Declared, fetched: Fetched, source: Source, listener: Listener) -> DocumentReading:
    return DocumentReading(Result.READ, Policy(source))


@pytest.mark.parametrize("named", [True, False])
def test_the_policy_that_a_statement_names_is_read_if_the_signal_says_so(named: bool) -> None:
    signal = replace(MINE, names_policies=named, read_declared=read_declared)
    decision = Judge(signals=(*SIGNALS, signal), agent="A").evaluate(
        f"{SITE}/a",
        status=200,
        headers=[("content-type", "text/csv"), (FIELD, f"{SITE}/policy")],
        policies=ABSENT | {f"{SITE}/policy": Fetched(status=200, body=b"ask")},
        now=NOW,
    )
    assert decision.verdict == "reserved"
    (item,) = decision.because
    assert item.contact == ("mailto:ask@site.example" if named else None)
    assert (f"{SITE}/policy" in {checked.document for checked in decision.checked}) is named


# ---- documents ------------------------------------------------------------------------------------------------------


def kept(signal: Signal, fetched: Fetched, now: datetime = NOW, before: OriginPolicy | None = None) -> Any:
    judge = Judge(signals=(*SIGNALS, signal), agent="A")
    task = judge.bench.gathering(Origin.parse(SITE), now)
    answers = {SITE + path: answer for path, answer in {**ABSENT, "/mine.txt": fetched}.items()}
    work = gather(task, before)
    wanted = next(work)
    while True:
        try:
            wanted = work.send({item.url: answers.get(item.url, Fetched(status=404)) for item in wanted})
        except StopIteration as done:
            return done.value


@pytest.mark.parametrize(("days", "lasts"), [(20, 20), (90, 30), (None, 1)])
def test_a_document_lasts_as_long_as_it_says(days: int | None, lasts: int) -> None:
    max_age = None if days is None else timedelta(days=days)
    signal = replace(MINE, document=document(Plain(), max_age=max_age))
    (item,) = (each for each in kept(signal, Fetched(status=200, body=b"x")).kept if each.path == "/mine.txt")
    assert item.is_fresh(NOW)
    assert item.is_fresh(NOW + timedelta(days=lasts) - timedelta(hours=1))
    assert not item.is_fresh(NOW + timedelta(days=lasts))
    assert not item.is_fresh(NOW - timedelta(days=31))  # a clock that was set back


@pytest.mark.parametrize("stands", [True, False])
@pytest.mark.parametrize(("site", "stance"), [(Open(), Stance.PERMITTED), (Plain(), Stance.RESERVED)])
def test_an_older_copy_stands_for_itself_or_for_its_reservations(site: Site, stance: Stance, stands: bool) -> None:
    signal = replace(MINE, document=document(site, copy_stands=stands))
    later = NOW + timedelta(days=3)
    before = kept(signal, Fetched(status=200, body=b"x"))
    policy = kept(signal, Fetched.unreachable("timeout"), later, before)
    stances = [item.stance for item in policy.says("/a").statements if item.signal == NAME]
    if stands:
        assert stances == [stance]
    else:  # and it had to be read
        assert stances == [Stance.UNDETERMINED, *([stance] if stance is Stance.RESERVED else [])]


@pytest.mark.parametrize(
    ("members", "verdict"),
    [({}, "undetermined"), ({"own_hold": True}, "unreserved"), ({"required": False}, "unreserved")],
)
def test_a_document_that_had_to_be_read_holds_unless_its_reader_says_what_does(
    members: dict[str, Any], verdict: str
) -> None:
    judge = Judge(signals=(*SIGNALS, replace(MINE, document=document(**members))), agent="A")
    for answer in (Fetched.unreachable("timeout"), Fetched(status=503)):
        assert judge.evaluate(f"{SITE}/a", policies=ABSENT | {"/mine.txt": answer}, now=NOW).verdict == verdict


@pytest.mark.parametrize("kind", [Kind.RESERVATION, Kind.ACCESS])
def test_a_document_that_was_never_asked_for_is_of_its_kind(kind: Kind) -> None:
    judge = Judge(signals=(*SIGNALS, replace(MINE, document=document(kind=kind))), agent="A")
    policies = {path: answer for path, answer in ABSENT.items() if path != "/mine.txt"}
    decision = judge.evaluate(f"{SITE}/a", policies=policies, now=NOW)
    assert decision.verdict == "undetermined"
    assert [(item.signal, item.kind) for item in decision.because] == [(NAME, kind)]


# ---- sites ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("site", "asked"), [(Everywhere(), False), (Plain(), True), (None, True)])
def test_others_are_asked_unless_a_site_says_that_it_reserves_everything(site: Site | None, asked: bool) -> None:
    policy = kept(replace(MINE, document=document(site)), Fetched(status=200, body=b"x"))
    assert ("/trust.txt" in {item.path for item in policy.kept}) is asked
    assert (policy.says("/a") is NOTHING) is (site is None)


# ---- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signal", "problem"),
    [
        (Signal(name=NAME, title="", spec="", of_pictures=of_pictures), "of_pictures is never called without"),
        (replace(MINE, names_policies=True), "names_policies has no effect without read_declared"),
    ],
)
def test_what_would_have_no_effect_is_a_mistake(signal: Signal, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=f"signals: mine: {problem}"):
        Judge(signals=(*SIGNALS, signal))


def test_a_site_that_does_not_tell_what_it_reserves_everywhere_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="Silent lacks everywhere"):

        class Silent(WideSite):
            def says(self, target: str) -> Reading:
                return NOTHING

    with pytest.raises(TypeError, match="Mute lacks everywhere and says"):
        type("Mute", (WideSite,), {})
