"""An origin's documents: what is fetched, for how long it stands, and what becomes of it when the origin fails."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import Fetched, Judge, OriginPolicy, PolicyMismatch, Posture, Verdict, needed_documents, read_policies
from tdm_guard.formats.http.freshness import CEILING, FLOOR, expiry, http_date
from tdm_guard.gather import gather
from tdm_guard.model import Result
from tdm_guard.origin import Origin
from tdm_guard.policies.answers import UNREACHABLE_FOR
from tdm_guard.policies.task import Wanted
from tests.support.rounds import driven

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = "https://provider.example"
ROBOTS, TDMREP = f"{SITE}/robots.txt", f"{SITE}/.well-known/tdmrep.json"
ABSENT = Fetched(status=404)
RESERVES = Fetched(status=200, body=b'[{"location": "/", "tdm-reservation": 1}]')
RELEASES = Fetched(status=200, body=b'[{"location": "/", "tdm-reservation": 0}]')
REFUSES = Fetched(status=200, body=b"User-agent: *\nDisallow: /\n")
ALLOWS = Fetched(status=200, body=b"User-agent: *\nDisallow: /private\n")
VECTORS = Path(__file__).parents[1] / "vectors"


def read(
    judge: Judge, answers: Mapping[str, Fetched | None], now: datetime = NOW, before: OriginPolicy | None = None
) -> OriginPolicy:
    return driven(gather(judge.bench.gathering(Origin.parse(SITE), now), before), answers)


def verdict(judge: Judge, policy: OriginPolicy, path: str = "/x", now: datetime = NOW) -> Verdict:
    return judge.evaluate(SITE + path, policies=policy, now=now).verdict


def test_what_must_be_read_of_an_origin_comes_first() -> None:
    optional = (f"{SITE}/ai.txt", f"{SITE}/trust.txt")
    assert needed_documents("https://provider.example:443/a") == (ROBOTS, TDMREP, *optional)


def test_a_document_that_cannot_speak_of_the_usages_asked_is_not_needed() -> None:
    assert needed_documents(SITE, usages={"search"}) == (ROBOTS,)
    assert needed_documents(SITE, signals=["tdmrep"]) == (TDMREP,)
    assert needed_documents(SITE, signals=["x-robots"]) == ()


def test_nothing_to_read_is_a_policy_too() -> None:
    policy = read_policies(SITE, {}, now=NOW, signals=["x-robots"])
    assert [checked.result for checked in policy.checked] == [Result.NOT_ATTEMPTED]
    assert Judge(signals=["x-robots"]).evaluate(SITE, policies=policy, now=NOW).verdict is Verdict.UNRESERVED


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({ROBOTS: ABSENT, TDMREP: ABSENT}, Verdict.UNRESERVED),
        ({ROBOTS: ABSENT, TDMREP: RESERVES}, Verdict.RESERVED),
        ({ROBOTS: ABSENT, TDMREP: RELEASES}, Verdict.PERMITTED),
        ({ROBOTS: REFUSES, TDMREP: RELEASES}, Verdict.RESERVED),
        ({ROBOTS: ABSENT}, Verdict.UNDETERMINED),
        ({TDMREP: ABSENT}, Verdict.UNDETERMINED),
        ({ROBOTS: Fetched(status=503), TDMREP: ABSENT}, Verdict.UNDETERMINED),
        ({ROBOTS: Fetched.unreachable("timeout"), TDMREP: RESERVES}, Verdict.UNDETERMINED),
        ({ROBOTS: ABSENT, TDMREP: Fetched(status=503)}, Verdict.UNDETERMINED),
    ],
)
def test_what_the_documents_come_to(answers: dict[str, Fetched | None], expected: Verdict) -> None:
    judge = Judge()
    assert verdict(judge, read(judge, answers)) is expected


def test_never_asked_may_be_ignored_but_is_said() -> None:
    decision = Judge().evaluate(SITE, policies={"/robots.txt": ABSENT}, unread="ignore", now=NOW)
    assert decision.verdict is Verdict.UNRESERVED
    assert {checked.result for checked in decision.checked[1:]} == {Result.NOT_ATTEMPTED}
    assert decision.checked[0].result is Result.ABSENT


def test_absolute_urls_and_paths_name_the_same_documents() -> None:
    by_path = read_policies(SITE, {"/robots.txt": ALLOWS, "/.well-known/tdmrep.json": ABSENT}, now=NOW)
    by_url = read_policies(SITE, {ROBOTS: ALLOWS, TDMREP: ABSENT}, now=NOW)
    assert by_path.checked == by_url.checked


def test_who_does_not_listen_to_robots_is_refused_no_access_by_it() -> None:
    judge = Judge(signals=["tdmrep", "x-robots"])
    assert verdict(judge, read(judge, {TDMREP: ABSENT})) is Verdict.UNRESERVED
    judge = Judge(signals=["ai-agents"])
    policy = read(judge, {ROBOTS: Fetched(status=503)})
    decision = judge.evaluate(SITE, policies=policy, now=NOW)
    assert decision.verdict is Verdict.UNDETERMINED
    assert {(s.kind, s.signal) for s in decision.because} == {("reservation", "ai-agents")}


def test_a_policy_is_refused_by_who_it_was_not_read_for() -> None:
    policy = read_policies(SITE, {}, now=NOW)
    for other in (
        Judge(agent="ExampleBot"),
        Judge(posture="literal"),
        Judge(usages={"search"}),
        Judge(signals=["robots"]),
    ):
        with pytest.raises(PolicyMismatch, match="read for"):
            other.evaluate(SITE, policies=policy, now=NOW)
    with pytest.raises(PolicyMismatch, match="says nothing of"):
        Judge().evaluate("https://other.example/", policies=policy, now=NOW)
    with pytest.raises(PolicyMismatch):
        Judge().evaluate(SITE + ".evil.example/", policies=policy, now=NOW)


def test_a_policy_travels() -> None:
    judge = Judge(agent="ExampleBot")
    policy = read(judge, {ROBOTS: ALLOWS, TDMREP: RESERVES})
    copy = pickle.loads(pickle.dumps(policy))
    assert copy.listener == policy.listener
    other = pickle.loads(pickle.dumps(judge))
    assert other.evaluate(SITE + "/x", policies=copy, now=NOW) == judge.evaluate(SITE + "/x", policies=policy, now=NOW)


# ---- freshness ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "lifetime"),
    [
        ([], CEILING),
        ([("Cache-Control", "max-age=3600")], timedelta(hours=1)),
        ([("cache-control", 'public, max-age="7200"')], timedelta(hours=2)),
        ([("cache-control", "max-age=10")], FLOOR),
        ([("cache-control", "max-age=9999999999")], CEILING),
        ([("cache-control", "no-store, max-age=3600")], FLOOR),
        ([("cache-control", "no-cache")], FLOOR),
        ([("cache-control", "s-maxage=9, private")], CEILING),
        ([("cache-control", "max-age=3600"), ("age", "1800")], timedelta(minutes=30)),
        ([("cache-control", "max-age=3600"), ("age", "-5")], timedelta(hours=1)),
        ([("expires", "Sat, 21 Nov 2026 13:00:00 GMT")], timedelta(hours=1)),
        ([("expires", "0")], FLOOR),
        ([("expires", "Sat, 21 Nov 2020 13:00:00 GMT")], FLOOR),
    ],
)
def test_lifetime_follows_http_within_bounds(headers: list[tuple[str, str]], lifetime: timedelta) -> None:
    assert expiry(tuple(headers), NOW) == NOW + lifetime


@given(st.lists(st.tuples(st.sampled_from(["cache-control", "expires", "age", "x"]), st.text(max_size=40)), max_size=4))
def test_no_header_leads_out_of_bounds(headers: list[tuple[str, str]]) -> None:
    assert NOW + FLOOR <= expiry(tuple(headers), NOW) <= NOW + CEILING


@given(st.text(max_size=40))
def test_no_text_breaks_the_date_reader(text: str) -> None:
    moment = http_date(text)
    assert moment is None or moment.tzinfo is UTC


def test_only_what_expired_is_asked_for_again_with_validators() -> None:
    judge = Judge(signals=["robots", "tdmrep"])
    short = Fetched(status=200, headers=[("cache-control", "max-age=600"), ("etag", '"a"')], body=ALLOWS.body)
    policy = read(judge, {ROBOTS: short, TDMREP: ABSENT})
    assert policy.expires_at == NOW + timedelta(minutes=10)
    later = NOW + timedelta(minutes=11)
    reading = gather(judge.bench.gathering(policy.origin, later), policy)
    assert next(reading) == (Wanted(url=ROBOTS, max_bytes=512 * 1024, etag='"a"'),)
    renewed = read(judge, {ROBOTS: Fetched(status=304, at=later)}, later, policy)
    assert verdict(judge, renewed, "/private") is Verdict.RESERVED
    assert renewed.checked[0].result is Result.READ
    assert renewed.checked[0].retrieved_at == later


# ---- an origin that fails -------------------------------------------------------------------------------------------


def after(
    judge: Judge, first: dict[str, Fetched | None], age: timedelta, then: dict[str, Fetched | None]
) -> OriginPolicy:
    return read(judge, then, NOW + age, read(judge, first))


FAILS: dict[str, Fetched | None] = {ROBOTS: Fetched(status=503), TDMREP: Fetched.unreachable("timeout")}


@pytest.mark.parametrize("posture", Posture)
@pytest.mark.parametrize("error", [Fetched(status=503), Fetched.unreachable("timeout")])
def test_a_known_reservation_stays_in_force(posture: Posture, error: Fetched) -> None:  # fetch-019
    judge = Judge(posture=posture)
    age = timedelta(seconds=90_000)
    policy = after(judge, {ROBOTS: ABSENT, TDMREP: RESERVES}, age, {ROBOTS: ABSENT, TDMREP: error})
    assert verdict(judge, policy, now=NOW + age) is Verdict.RESERVED
    again = read(judge, {ROBOTS: ABSENT, TDMREP: error}, NOW + age * 2, policy)
    assert verdict(judge, again, now=NOW + age * 2) is Verdict.RESERVED


@pytest.mark.parametrize(("posture", "expected"), [("literal", Verdict.UNRESERVED), ("cautious", Verdict.UNDETERMINED)])
def test_an_outdated_release_releases_nothing(posture: str, expected: Verdict) -> None:  # fetch-020
    judge = Judge(posture=posture)
    age = timedelta(seconds=90_000)
    policy = after(judge, {ROBOTS: ABSENT, TDMREP: RELEASES}, age, {ROBOTS: ABSENT, TDMREP: Fetched(status=503)})
    assert verdict(judge, policy, now=NOW + age) is expected


def test_a_robots_txt_that_was_read_stands_while_the_origin_fails() -> None:  # rob-114, rob-115, rob-116
    judge = Judge(signals=["robots"])
    policy = read(judge, {ROBOTS: ALLOWS})
    for age, asked_again in ((timedelta(seconds=82_800), False), (timedelta(seconds=90_000), True)):
        reading = gather(judge.bench.gathering(policy.origin, NOW + age), policy)
        assert isinstance(next(reading, None), tuple) is asked_again
    stale = read(judge, {ROBOTS: Fetched(status=503)}, NOW + timedelta(days=2), policy)
    assert verdict(judge, stale) is Verdict.UNRESERVED
    assert verdict(judge, stale, "/private") is Verdict.RESERVED
    assert stale.checked[0].result is Result.UNREACHABLE
    gone = read(judge, {ROBOTS: Fetched(status=503)}, NOW + timedelta(days=31), stale)  # rob-117
    assert verdict(judge, gone) is Verdict.UNDETERMINED


def test_an_absent_robots_txt_is_no_copy_to_fall_back_on() -> None:
    judge = Judge(signals=["robots"])
    policy = after(judge, {ROBOTS: ABSENT}, timedelta(days=2), {ROBOTS: Fetched(status=503)})
    assert verdict(judge, policy) is Verdict.UNDETERMINED


def test_a_failure_is_remembered_for_minutes_only() -> None:
    assert read(Judge(), FAILS).expires_at == NOW + UNREACHABLE_FOR


def test_an_origin_that_recovers_is_heard_anew() -> None:
    judge = Judge()
    age = timedelta(minutes=6)
    policy = after(judge, FAILS, age, {ROBOTS: ALLOWS, TDMREP: RELEASES})
    assert verdict(judge, policy) is Verdict.PERMITTED


def tagged(fetched: Fetched, *fields: tuple[str, str]) -> Fetched:
    """The document with a lifetime of five minutes and an ETag, or with `fields` in its place."""
    return replace(fetched, headers=(("cache-control", "no-cache"), *(fields or (("etag", '"1"'),))))


UNMODIFIED = Fetched(status=304)
CUT = Fetched(status=200, headers=[("content-length", "900")], body=b"# cut\n")
OUTAGES = [Fetched(status=503), Fetched.unreachable("timeout"), CUT]
STEP = timedelta(minutes=6)


def validators(judge: Judge, policy: OriginPolicy, now: datetime) -> dict[str, tuple[str | None, str | None]]:
    wanted = next(gather(judge.bench.gathering(policy.origin, now), policy))
    return {want.url: (want.etag, want.last_modified) for want in wanted}


@pytest.mark.parametrize("posture", Posture)
@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("failures", [1, 3])
@pytest.mark.parametrize(
    ("url", "document", "expected"),
    [
        (TDMREP, RELEASES, Verdict.PERMITTED),
        (TDMREP, RESERVES, Verdict.RESERVED),
        (ROBOTS, ALLOWS, Verdict.UNRESERVED),
        (ROBOTS, REFUSES, Verdict.RESERVED),
    ],
)
def test_a_304_after_an_outage_brings_the_last_good_copy_back(
    posture: Posture, outage: Fetched, failures: int, url: str, document: Fetched, expected: Verdict
) -> None:
    judge = Judge(posture=posture, signals=["robots", "tdmrep"])
    others: dict[str, Fetched | None] = {ROBOTS: ABSENT, TDMREP: ABSENT}
    first = policy = read(judge, others | {url: tagged(document)})
    assert verdict(judge, policy) is expected
    now = NOW
    for _ in range(failures):
        now += STEP
        policy = read(judge, others | {url: outage}, now, policy)
        assert policy.checked != first.checked
    now += STEP
    assert validators(judge, policy, now)[url] == ('"1"', None)
    renewed = read(judge, others | {url: replace(UNMODIFIED, at=now)}, now, policy)
    assert verdict(judge, renewed, now=now) is expected
    (before,), (after,) = ([c for c in p.checked if c.document == url] for p in (first, renewed))
    assert after == before._replace(retrieved_at=now, cached=False)
    assert (renewed.sites, renewed.hold, renewed.faults) == (first.sites, first.hold, first.faults)


@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("validator", [("etag", '"1"'), ("last-modified", "Sat, 21 Nov 2026 11:00:00 GMT"), ("x", "y")])
def test_a_304_that_speaks_of_no_copy_is_none(outage: Fetched, validator: tuple[str, str]) -> None:
    judge = Judge(signals=["robots", "tdmrep"])
    others: dict[str, Fetched | None] = {ROBOTS: ABSENT}
    policy = read(judge, others | {TDMREP: replace(outage, headers=(*outage.headers, validator))})
    assert validators(judge, policy, NOW + STEP)[TDMREP] == (None, None)
    renewed = read(judge, others | {TDMREP: UNMODIFIED}, NOW + STEP, policy)
    assert verdict(judge, renewed) is Verdict.UNDETERMINED
    assert renewed.checked[1].status == 304
    never = read(judge, others | {TDMREP: UNMODIFIED})
    assert verdict(judge, never) is Verdict.UNDETERMINED


def test_a_304_to_a_request_without_a_condition_is_none() -> None:
    judge = Judge(signals=["robots", "tdmrep"])
    first = read(judge, {ROBOTS: tagged(ALLOWS, ("x", "y")), TDMREP: tagged(RELEASES, ("x", "y"))})
    assert validators(judge, first, NOW + STEP) == {ROBOTS: (None, None), TDMREP: (None, None)}
    renewed = read(judge, {ROBOTS: UNMODIFIED, TDMREP: UNMODIFIED}, NOW + STEP, first)
    assert [checked.result for checked in renewed.checked] == [Result.UNREACHABLE] * 2
    assert verdict(judge, renewed, now=NOW + STEP) is Verdict.UNDETERMINED
    assert verdict(judge, renewed, "/private", NOW + STEP) is Verdict.RESERVED  # the copy of robots.txt stands


def test_a_copy_that_is_too_old_to_stand_is_asked_for_without_a_condition() -> None:
    judge = Judge(signals=["robots", "tdmrep"])
    policy = read(judge, {ROBOTS: ABSENT, TDMREP: tagged(RESERVES)})
    for age in (timedelta(days=20), timedelta(days=31)):
        policy = read(judge, {ROBOTS: ABSENT, TDMREP: Fetched(status=503)}, NOW + age, policy)
    assert validators(judge, policy, NOW + timedelta(days=32))[TDMREP] == (None, None)
    assert verdict(judge, policy) is Verdict.UNDETERMINED


AI_TXT_URL = f"{SITE}/ai.txt"


def test_what_a_damaged_copy_and_the_one_before_reserve_stays_in_force_through_an_outage() -> None:
    judge = Judge(signals=["ai-txt"])
    refuses = Fetched(status=200, body=b"User-Agent: *\nDisallow: /old/\n")
    damaged = Fetched(status=200, headers=[("content-length", "900")], body=b"User-Agent: *\nDisallow: /new/\n")
    policy = read(judge, {AI_TXT_URL: tagged(refuses)})
    now = NOW
    for answer in (damaged, damaged, damaged, Fetched(status=503), Fetched(status=503)):
        now += STEP
        policy = read(judge, {AI_TXT_URL: answer}, now, policy)
        assert verdict(judge, policy, "/old/a", now) is Verdict.RESERVED
        assert verdict(judge, policy, "/new/a", now) is Verdict.RESERVED
        assert len(policy.sites) == 2
    now += STEP
    policy = read(judge, {AI_TXT_URL: UNMODIFIED}, now, policy)
    assert verdict(judge, policy, "/old/a", now) is Verdict.RESERVED
    assert verdict(judge, policy, "/new/a", now) is Verdict.UNRESERVED


def test_a_damaged_robots_txt_stands_for_no_whole_one_while_the_origin_fails() -> None:
    judge = Judge(signals=["robots"])
    policy = read(judge, {ROBOTS: CUT})
    policy = read(judge, {ROBOTS: Fetched(status=503)}, NOW + STEP, policy)
    assert verdict(judge, policy, now=NOW + STEP) is Verdict.UNDETERMINED


def test_every_caching_vector_of_robots_txt_is_held_here() -> None:
    here = {"rob-114-cache-25h", "rob-115-cache-23h", "rob-116-cache-unreachable", "rob-117-unreachable-31d"}
    vectors: list[dict[str, Any]] = json.loads((VECTORS / "robots_rfc9309.json").read_text(encoding="utf-8"))
    about_age = {v["id"] for v in vectors if {"cached_age_s", "unreachable_days"} & set(v["input"].get("fetch", {}))}
    assert about_age == here


# ---- what need not be fetched ---------------------------------------------------------------------------------------


def asked_for(judge: Judge, answers: Mapping[str, Fetched | None]) -> list[list[str]]:
    """The paths that were wanted, round by round."""
    reading = gather(judge.bench.gathering(Origin.parse(SITE), NOW))
    rounds: list[list[str]] = []
    try:
        wanted = next(reading)
        while True:
            rounds.append([want.url.removeprefix(SITE) for want in wanted])
            wanted = reading.send({want.url: answers.get(want.url, ABSENT) for want in wanted})
    except StopIteration:
        return rounds


FIRST = ["/robots.txt", "/.well-known/tdmrep.json"]
THEN = ["/ai.txt", "/trust.txt"]
ELSE = ["/.well-known/ai.txt", "/.well-known/trust.txt"]
HALF_OPEN = Fetched(status=200, body=REFUSES.body + b"Allow: /open\n")
AI_TXT = Fetched(status=200, body=b"User-agent: *\nDisallow: /x\n")


@pytest.mark.parametrize(
    ("options", "answers", "rounds"),
    [
        ({}, {}, [FIRST, THEN, ELSE]),
        ({"usages": {"ai-input"}}, {}, [FIRST]),
        ({"usages": {"search"}}, {}, [["/robots.txt"]]),
        ({}, {ROBOTS: REFUSES}, [FIRST]),
        ({}, {ROBOTS: HALF_OPEN}, [FIRST, THEN, ELSE]),
        ({}, {TDMREP: RESERVES}, [FIRST]),
        ({"posture": "literal"}, {TDMREP: RESERVES}, [FIRST, THEN, ELSE]),
        ({}, {TDMREP: RELEASES, f"{SITE}/ai.txt": AI_TXT}, [FIRST, THEN, ELSE[1:]]),
        ({}, {ROBOTS: Fetched.unreachable("timeout")}, [FIRST]),
        ({}, {ROBOTS: Fetched(status=503)}, [FIRST, THEN, ELSE]),
    ],
)  # fmt: skip
def test_only_what_can_change_the_outcome_is_asked_for(
    options: dict[str, Any], answers: dict[str, Fetched | None], rounds: list[list[str]]
) -> None:
    assert asked_for(Judge(**options), answers) == rounds


@given(st.integers(-(10**8), 10**8))
def test_no_document_is_fresh_beyond_its_limit_whatever_the_clock_says(seconds: int) -> None:
    policy = read(Judge(agent="ExampleBot"), {ROBOTS: ALLOWS, TDMREP: ABSENT})
    now = NOW + timedelta(seconds=seconds)
    fresh = policy.is_fresh(now)
    assert fresh is (policy.fresh_from <= now < policy.expires_at)
    assert not fresh or policy.expires_at - now <= CEILING
    for kept in policy.kept:
        assert not kept.is_fresh(now) or kept.expires_at - now <= CEILING


def test_a_licence_that_was_lent_is_not_fresh_for_years() -> None:
    licence = "https://provider.example/license.xml"
    xml = b'<rsl xmlns="https://rslstandard.org/rsl" max-age="30"><content url="/"><license/></content></rsl>'
    judge = Judge(agent="ExampleBot")
    policy = judge.read_policies(SITE, {"/robots.txt": ABSENT, licence: Fetched(status=200, body=xml)}, now=NOW)
    (lent,) = {item.path: item for item in policy.lent}.values()
    assert lent.is_fresh(NOW)
    assert not lent.is_fresh(NOW - timedelta(days=31))
    assert lent.expires_at - NOW <= timedelta(days=30)


def test_an_old_copy_from_the_future_is_not_kept_while_the_origin_fails() -> None:
    judge = Judge(agent="ExampleBot")
    before = read(judge, {ROBOTS: ALLOWS, TDMREP: ABSENT}, now=NOW + timedelta(days=900))
    failing = Fetched.unreachable("timeout")
    policy = read(judge, {ROBOTS: failing, TDMREP: failing}, before=before)
    assert [item.said.read_at for item in policy.kept] == [None] * len(policy.kept)
