"""`evaluate`: one URL judged from what is known, stage by stage, without a network."""

from __future__ import annotations

import gzip
import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import ConfigurationError, Decision, Fetched, Judge, Stance, UnsupportedURL, Usage, Verdict, evaluate
from tdm_guard.decision import Stage, Withheld
from tdm_guard.model import Result

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
URL = "https://site.example/page"
ABSENT = {"/robots.txt": Fetched(status=404), "/.well-known/tdmrep.json": Fetched(status=404)}
HTML = [("Content-Type", "text/html; charset=utf-8")]
PLAIN = b"<!doctype html><html><head><title>t</title></head><body><p>words</p></body></html>"
URL_ALONE: dict[str, Any] = {"status": None, "headers": (), "body": None}
META = b"<!doctype html><html><head><meta name='tdm-reservation' content='1'></head><body>words</body></html>"


def judged(**members: Any) -> Decision:
    known: dict[str, Any] = {"status": 200, "headers": HTML, "body": PLAIN, "policies": ABSENT, "now": NOW}
    return evaluate(members.pop("url", URL), **{**known, **members})


def reserves(body: bytes = b'[{"location": "/", "tdm-reservation": 1}]') -> dict[str, Fetched]:
    return ABSENT | {"/.well-known/tdmrep.json": Fetched(status=200, body=body)}


# ---- stages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "verdict", "stage"),
    [
        ({}, Verdict.UNRESERVED, Stage.BODY),
        (URL_ALONE, Verdict.UNRESERVED, Stage.POLICY),
        (URL_ALONE | {"policies": reserves()}, Verdict.RESERVED, Stage.POLICY),
        ({"status": None, "body": META}, Verdict.RESERVED, Stage.BODY),
        (URL_ALONE | {"headers": [("tdm-reservation", "1")]}, Verdict.RESERVED, Stage.HEADERS),
        (URL_ALONE | {"body": META}, Verdict.RESERVED, Stage.BODY),
        ({"headers": [*HTML, ("tdm-reservation", "1")]}, Verdict.RESERVED, Stage.BODY),
        ({"headers": [("content-type", "image/png"), ("X-Robots-Tag", "noai")]}, Verdict.RESERVED, Stage.ASSET),
        ({"body": META}, Verdict.RESERVED, Stage.BODY),
        ({"headers": [("content-type", "image/png")], "body": META}, Verdict.UNRESERVED, Stage.ASSET),
        ({"headers": [("content-type", "application/json")], "body": META}, Verdict.UNRESERVED, Stage.HEADERS),
        ({"headers": [], "body": META}, Verdict.RESERVED, Stage.BODY),
        ({"headers": [("content-type", "application/octet-stream")], "body": META}, Verdict.RESERVED, Stage.BODY),
        ({"headers": [], "body": b"\x7fELF" + META}, Verdict.UNRESERVED, Stage.HEADERS),
        ({"headers": [("content-type", "image/png"), *HTML], "body": META}, Verdict.RESERVED, Stage.BODY),
        ({"headers": [*HTML, ("content-encoding", "gzip")], "body": gzip.compress(META)}, Verdict.RESERVED, Stage.BODY),
        ({"headers": [*HTML, ("content-encoding", "gzip")], "body": META}, Verdict.RESERVED, Stage.BODY),
    ],
)
def test_each_carrier_is_heard_at_its_stage(members: dict[str, Any], verdict: Verdict, stage: Stage) -> None:
    decision = judged(**members)
    assert (decision.verdict, decision.stage) == (verdict, stage)


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"headers": [(b"tdm-reservation", b"1")]}, "headers: (b'tdm-reservation', b'1') is no pair of text"),
        ({"headers": iter([(b"tdm-reservation", b"1")])}, "headers: "),
        ({"headers": {"tdm-reservation": "1"}}, "headers: {'tdm-reservation': '1'} is no pair of text"),
        ({"headers": ["tdm-reservation: 1"]}, "headers: "),
        ({"headers": [("tdm-reservation", "1", "x")]}, "headers: "),
        ({"headers": [1]}, "headers: 1 is no pair"),
        ({"hops": [Fetched(status=302, headers=[(b"tdm-reservation", b"1")])]}, "headers: "),  # type: ignore[list-item]
        ({"body": META.decode()}, "body: "),
        ({"status": "200"}, "status: '200' is no number; for example 200"),
        ({"policies": {"robots.txt": Fetched(status=404)}}, "policies: 'robots.txt' is neither a path nor"),
    ],
)
def test_what_would_not_be_heard_is_an_error(members: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        judged(**members)
    assert str(raised.value).startswith(named)


def test_what_was_given_may_come_in_other_shapes() -> None:
    for body in (bytearray(META), memoryview(META)):
        assert judged(body=body).verdict is Verdict.RESERVED
    assert judged(headers=iter([*HTML, ("tdm-reservation", "1")])).verdict is Verdict.RESERVED
    assert judged(headers=()).verdict is Verdict.UNRESERVED
    assert judged(status=None, body=META).status is None


def test_policies_are_found_however_their_urls_are_spelt() -> None:
    spelt = {f"HTTPS://SITE.example:443{path}": answer for path, answer in reserves().items()}
    assert judged(policies=spelt).verdict is Verdict.RESERVED
    assert judged(policies=ABSENT | {"https://site.example": Fetched(status=404)}).verdict is Verdict.UNRESERVED


@pytest.mark.parametrize(
    "members",
    [
        {"body": PLAIN[:40], "body_complete": False},
        {"body": None},
        {"headers": [*HTML, ("content-encoding", "gzip")], "body": gzip.compress(PLAIN)[:-9]},
        {"headers": [*HTML, ("content-encoding", "unheard-of")], "body": b"\1\2\3"},
        {"headers": [], "body": None},
        {"headers": [], "body": b"\n ", "body_complete": False},
        {"headers": [("content-type", "application/octet-stream")], "body": b"", "body_complete": False},
        {"status": 206, "headers": [*HTML, ("content-range", "bytes 0-81/1000")]},
        {"status": 206},
        {"body": b"<p>" + b"x" * 2000, "max_asset_bytes": 1000},
    ],
)
def test_a_document_that_was_not_read_whole_is_no_yes(members: dict[str, Any]) -> None:
    decision = judged(**members)
    assert decision.verdict is Verdict.UNDETERMINED
    assert decision.faults
    assert all(statement.excerpt for statement in decision.because)


NOISE = b"<p>" + bytes(range(256)) * 8
GZIP = [*HTML, ("content-encoding", "gzip")]
AUDIO = [("content-type", "audio/mpeg")]


@pytest.mark.parametrize(
    ("members", "ours"),
    [
        ({"body": NOISE}, "more than 1000 bytes, a limit of ours: the option max_asset_bytes"),
        (
            {"body": NOISE[:1000], "body_complete": False},
            "more than 1000 bytes, a limit of ours",
        ),  # who received it cut
        ({"body": gzip.compress(NOISE * 9), "headers": GZIP}, "more than 1000 bytes when decoded, a limit of ours"),
        ({"body": gzip.compress(NOISE, 0)[:1000], "body_complete": False, "headers": GZIP}, "more than 1000 bytes, a"),
        ({"body": b"ID3\3\0\0\0\0\x20\0" + b"TSRC" * 900, "headers": AUDIO}, "more than 1000 bytes, a limit of ours"),
        ({"body": NOISE[:999], "body_complete": False}, None),
        ({"body": None}, None),
        ({"body": gzip.compress(PLAIN)[:-9], "headers": GZIP}, None),
        ({"body": PLAIN, "headers": [*HTML, ("content-length", "999")]}, None),
        ({"body": b"\1\2\3", "headers": [*HTML, ("content-encoding", "unheard-of")]}, None),
    ],
)
def test_a_limit_of_ours_is_told_with_its_option_and_nothing_else_is(members: dict[str, Any], ours: str | None) -> None:
    decision = judged(max_asset_bytes=1000, **members)
    assert decision.verdict is Verdict.UNDETERMINED
    assert {ours is not None} == {"max_asset_bytes" in (said.excerpt or "") for said in decision.because}
    assert {ours is not None} == {"max_asset_bytes" in fault.message for fault in decision.faults}
    if ours is not None:
        assert all((said.excerpt or "").startswith(ours) for said in decision.because)
        assert ours in decision.summary()


@pytest.mark.parametrize(
    "members",
    [
        {"body": META[:80], "body_complete": False},
        {"body": META + b"x" * 2000, "max_asset_bytes": 1000},
        {"status": 206, "body": META, "headers": [*HTML, ("content-range", "bytes 0-81/1000")]},
    ],
)
def test_a_prefix_that_reserves_is_enough(members: dict[str, Any]) -> None:
    assert judged(**members).verdict is Verdict.RESERVED


def test_a_range_that_is_the_whole_is_whole() -> None:
    headers = [*HTML, ("content-range", f"bytes 0-{len(PLAIN) - 1}/{len(PLAIN)}")]
    assert judged(status=206, headers=headers).verdict is Verdict.UNRESERVED


def test_a_release_in_a_prefix_releases_nothing() -> None:
    body = META.replace(b"'1'", b"'0'")
    assert judged(body=body).verdict is Verdict.PERMITTED
    assert judged(body=body, body_complete=False).verdict is Verdict.UNDETERMINED


@pytest.mark.parametrize("status", [301, 304, 401, 403, 404, 500])
def test_a_response_without_content_is_handed_on_unless_its_headers_reserve(status: int) -> None:
    decision = judged(status=status, body=META)
    assert (decision.verdict, decision.content) == (Verdict.UNRESERVED, False)
    assert judged(status=status, headers=[*HTML, ("tdm-reservation", "1")]).verdict is Verdict.RESERVED


def test_usages_that_nothing_unread_could_speak_of_are_decided() -> None:
    signals = ["robots", "ai-agents", "tdmrep", "x-robots", "ai-txt"]
    decision = judged(usages={"search"}, body=None, signals=signals)
    assert decision.verdict is Verdict.UNRESERVED
    assert [checked.document for checked in decision.checked] == ["https://site.example/robots.txt"]


# ---- postures -------------------------------------------------------------------------------------------------------


def test_a_later_release_supersedes_to_the_letter_only() -> None:
    members: dict[str, Any] = {"policies": reserves(), "headers": [*HTML, ("tdm-reservation", "0")]}
    assert judged(**members, posture="literal").verdict is Verdict.PERMITTED
    decision = judged(**members)
    assert decision.verdict is Verdict.RESERVED
    assert [statement.repair for statement in decision.because] == ["C10"]


def test_an_earlier_hop_is_heard_by_the_cautious_only() -> None:
    hop = Fetched(status=302, headers=[("tdm-reservation", "1")], url="https://old.example/")
    decision = judged(hops=[hop])
    assert (decision.verdict, decision.because[0].repair) == (Verdict.RESERVED, "C9")
    assert decision.hops == ("https://old.example/",)
    assert (decision.url, decision.final_url) == ("https://old.example/", URL)
    assert judged(hops=[hop], posture="literal").verdict is Verdict.UNRESERVED


def test_observing_gives_the_same_verdict_and_withholds_nothing() -> None:
    decision = judged(policies=reserves(), mode="observe")
    assert (decision.verdict, decision.admitted, decision.enforced) == (Verdict.RESERVED, True, False)


CLAIM = {
    "eligible": True,
    "lawful_access": True,
    "attested_by": "dean@uni.example",
    "at": "2026-01-05",
    "reference": "3.2",
}


def test_research_is_exempt_but_robots_txt_binds_it() -> None:
    operator = {"name": "Uni", "research": CLAIM}
    assert judged(policies=reserves(), operator=operator).verdict is Verdict.EXEMPT
    refused = ABSENT | {"/robots.txt": Fetched(status=200, body=b"User-agent: *\nDisallow: /")}
    assert judged(policies=refused, operator=operator).verdict is Verdict.RESERVED


# ---- evidence -------------------------------------------------------------------------------------------------------


def test_a_refusal_says_which_words_where_and_when() -> None:
    robots = Fetched(status=200, body=b"# house rules\nUser-agent: *\nDisallow: /page\n", at=NOW)
    decision = judged(policies=ABSENT | {"/robots.txt": robots})
    (words,) = decision.because
    assert (words.kind, words.signal, words.carrier) == ("access", "robots", "robots.txt")
    assert (words.source, words.locator) == ("https://site.example/robots.txt", "line 3")
    assert "Disallow: /page" in (words.excerpt or "")
    assert words.retrieved_at == NOW
    assert words.sha256 == decision.checked[0].sha256
    assert "line 3" in decision.summary()


def test_what_was_looked_for_is_listed_with_what_became_of_it() -> None:
    released = reserves(b'[{"location": "/", "tdm-reservation": 0}]')
    checked = {item.document: item.result for item in judged(policies=released).checked}
    assert checked == {
        "https://site.example/robots.txt": Result.ABSENT,
        "https://site.example/.well-known/tdmrep.json": Result.READ,
        "https://site.example/ai.txt": Result.NOT_ATTEMPTED,
        "https://site.example/trust.txt": Result.NOT_ATTEMPTED,
    }


def test_the_record_is_plain_json_and_the_decision_travels() -> None:
    decision = judged(policies=reserves(), headers=[*HTML, ("tdm-reservation", "maybe")])
    record = json.loads(json.dumps(decision.to_dict()))
    assert record["usages"] == dict.fromkeys(
        ["analysis", "nongenai-training", "genai-training", "ai-input", "ai-index"], "reserved"
    )
    assert (record["run"], record["seq"], record["id"], record["hash"]) == ("", None, "", "")
    assert pickle.loads(pickle.dumps(decision)) == decision


def test_stances_are_per_usage() -> None:
    decision = judged(headers=[*HTML, ("x-robots-tag", "noai")], usages={"tdm", "search"})
    assert decision.usages[Usage.GENAI_TRAINING] is Stance.RESERVED
    assert decision.usages[Usage.SEARCH] is Stance.UNSTATED


# ---- misuse ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "error", "words"),
    [
        ({"url": "ftp://site.example/"}, UnsupportedURL, "only http and https"),
        ({"usages": {"training"}}, ConfigurationError, "usages"),
        ({"unread": "skip"}, ConfigurationError, "unread"),
        ({"now": datetime(2026, 11, 21)}, ConfigurationError, "time zone"),
        ({"log": "x.jsonl"}, ConfigurationError, "log: has no meaning"),
        ({"usage": {"tdm"}}, ConfigurationError, "unknown option"),
        ({"policies": {"/robots.txt": b"User-agent: *"}}, ConfigurationError, "no Fetched"),
    ],
)
def test_mistakes_of_the_caller_are_errors_that_say_so(members: dict[str, Any], error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        judged(**members)


# ---- properties -----------------------------------------------------------------------------------------------------

names = st.sampled_from(["tdm-reservation", "tdm-policy", "x-robots-tag", "content-type", "content-encoding", "x"])
values = st.one_of(st.text(max_size=20), st.sampled_from(["0", "1", "noai", "text/html", "gzip", "GPTBot: noai"]))
headers = st.lists(st.tuples(names, values), max_size=5)
documents = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"User-agent: *\nDisallow: /", b'[{"location":"/","tdm-reservation":1}]', b"[", b"\xff\xfe<"]),
)
answers = st.builds(
    Fetched,
    status=st.sampled_from([200, 204, 301, 403, 404, 429, 503, 999]),
    body=documents,
    error=st.sampled_from([None, None, "timeout"]),
    complete=st.booleans(),
)


@given(headers, documents, answers, answers, st.sampled_from(["cautious", "literal"]))
def test_nothing_that_strangers_send_raises(
    pairs: list[tuple[str, str]], body: bytes, robots: Fetched, tdmrep: Fetched, posture: str
) -> None:
    policies = {"/robots.txt": robots, "/.well-known/tdmrep.json": tdmrep}
    decision = judged(headers=pairs, body=body, policies=policies, posture=posture)
    assert json.dumps(decision.to_dict())
    assert decision.because or not decision.verdict.withholds


@given(headers, answers, answers)
def test_the_cautious_posture_is_never_laxer(pairs: list[tuple[str, str]], robots: Fetched, tdmrep: Fetched) -> None:
    policies = {"/robots.txt": robots, "/.well-known/tdmrep.json": tdmrep}
    literal = judged(headers=pairs, policies=policies, posture="literal")
    cautious = judged(headers=pairs, policies=policies, posture="cautious")
    assert literal.admitted or not cautious.admitted


@given(headers, st.sampled_from([("tdm-reservation", "1"), ("x-robots-tag", "noai")]))
def test_one_more_reservation_never_makes_it_laxer(pairs: list[tuple[str, str]], more: tuple[str, str]) -> None:
    assert judged(headers=[*pairs, more]).verdict is Verdict.RESERVED


@given(st.integers(0, len(META)))
def test_a_judge_hears_the_same_from_pieces_and_the_whole(cut: int) -> None:
    """What a prefix settles, the whole settles too; what the whole reserves, no prefix admits."""
    judge = Judge()
    known: dict[str, Any] = {"status": 200, "headers": HTML, "policies": ABSENT, "now": NOW}
    part = judge.evaluate(URL, body=META[:cut], body_complete=False, **known)
    assert part.verdict in (Verdict.RESERVED, Verdict.UNDETERMINED)


def test_a_site_that_names_our_agent_has_spoken_to_us() -> None:
    """Refusals addressed to other agents are silent then, in robots.txt and in responses alike."""
    body = PLAIN.replace(b"<title>", b"<meta name=GPTBot content=noml><title>")
    members: dict[str, Any] = {
        "headers": [*HTML, ("x-robots-tag", "GPTBot: noai")],
        "body": body,
        "agent": "ExampleBot",
    }
    assert judged(**members).verdict is Verdict.RESERVED
    robots = Fetched(
        status=200, body=b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: ExampleBot\nDisallow: /private\n"
    )
    assert judged(**members, policies=ABSENT | {"/robots.txt": robots}).verdict is Verdict.UNRESERVED


# ---- policies behind reservations -----------------------------------------------------------------------------------

POLICY = b"""{"@context": ["http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld"], "@type": "Offer",
"profile": "http://www.w3.org/ns/tdmrep", "uid": "https://site.example/policies/1",
"assigner": {"vcard:fn": "The Gazette", "vcard:hasEmail": "mailto:rights@site.example"},
"permission": [{"action": "tdm:mine", "duty": [{"action": "obtainConsent"}]}]}"""
NAMED = b'[{"location": "/", "tdm-reservation": 1, "tdm-policy": "/policies/1.json#mining"}]'
POLICY_URL = "https://site.example/policies/1.json"


def test_the_policy_behind_a_reservation_says_whom_to_ask_and_lifts_nothing() -> None:
    decision = judged(policies=reserves(NAMED) | {"/policies/1.json": Fetched(status=200, body=POLICY)})
    (words,) = decision.because
    assert decision.verdict is Verdict.RESERVED
    assert (words.rightsholder, words.contact) == ("The Gazette", "rights@site.example")
    assert words.policy_url == POLICY_URL + "#mining"
    assert "obtainConsent" in (words.terms or "")
    assert [item.result for item in decision.checked if item.document == POLICY_URL] == [Result.READ]


@pytest.mark.parametrize(
    "answer", [Fetched(status=404), Fetched(status=200, body=b"<html>terms"), Fetched.unreachable("dns"), None]
)
def test_a_policy_that_cannot_be_read_leaves_the_reservation_standing(answer: Fetched | None) -> None:
    decision = judged(policies=reserves(NAMED) | ({"/policies/1.json": answer} if answer else {}))
    assert decision.verdict is Verdict.RESERVED
    assert [statement.stance for statement in decision.because] == [Stance.RESERVED]
    assert decision.because[0].contact is None


def test_nobody_asks_for_the_policy_of_what_is_not_reserved() -> None:
    judge = Judge()
    policy = judge.read_policies("https://site.example", reserves(NAMED.replace(b": 1", b": 0")), now=NOW)
    decision = judge.evaluate(URL, status=200, headers=HTML, body=PLAIN, policies=policy, now=NOW)
    assert decision.verdict is Verdict.PERMITTED
    assert POLICY_URL not in {item.document for item in decision.checked}


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        (
            [("content-type", "application/octet-stream"), ("content-range", "bytes 900-1900/9000")],
            Verdict.UNDETERMINED,
        ),
        ([("content-type", "application/octet-stream")], Verdict.UNDETERMINED),
        ([("content-type", "multipart/byteranges; boundary=x")], Verdict.UNDETERMINED),
        ([("content-type", "image/jpeg"), ("content-range", "bytes 900-1900/9000")], Verdict.UNDETERMINED),
        ([("content-type", "application/octet-stream"), ("content-range", "bytes 0-1999/9000")], Verdict.UNRESERVED),
        ([("content-type", "audio/midi"), ("content-range", "bytes 900-1900/9000")], Verdict.UNRESERVED),
    ],
)
def test_bytes_from_the_middle_of_a_body_do_not_show_its_kind(headers: list[tuple[str, str]], verdict: Verdict) -> None:
    decision = evaluate(URL, status=206, headers=headers, body=b"<x>" * 700, unread="ignore", now=NOW)
    assert decision.verdict is verdict


@pytest.mark.parametrize(
    ("part", "verdict"), [("bytes 900-1810/9000", Verdict.UNDETERMINED), ("bytes 0-910/9000", Verdict.UNRESERVED)]
)
def test_a_picture_inside_a_file_does_not_speak_for_the_file(part: str, verdict: Verdict) -> None:
    inner = b"\xff\xd8\xff\xda\x00\x02" + b"z" * 905
    headers = [("content-type", "image/jpeg"), ("content-range", part)]
    decision = evaluate(URL, status=206, headers=headers, body=inner, unread="ignore", now=NOW)
    assert decision.verdict is verdict


# ---- what a record does not say -----------------------------------------------------------------------------------


@pytest.mark.parametrize("hop", ["", "https://hopper:hidden@hop.example/a#hidden"])
def test_credentials_in_a_url_are_in_no_record(hop: str) -> None:
    url = "https://user:hidden@site.example/page@2?x=a@b#hidden"
    hops = [Fetched(status=302, headers=(), url=hop)] if hop else []
    headers = [*HTML, ("tdm-reservation", "1")]
    decision = evaluate(url, status=200, headers=headers, body=PLAIN, hops=hops, policies=ABSENT, now=NOW)
    assert decision.final_url == "https://site.example/page@2?x=a@b"
    assert decision.hops == (("https://hop.example/a",) if hop else ())
    assert decision.authenticated
    assert decision.verdict is Verdict.RESERVED
    assert "hidden" not in json.dumps(decision.to_dict())
    assert "hidden" not in str(Withheld(decision))


@pytest.mark.parametrize("url", ["https://site.example/@user", "https://site.example/?mail=a@b", URL + "#a@b"])
def test_not_every_at_sign_is_that_of_credentials(url: str) -> None:
    decision = evaluate(url, status=200, headers=HTML, body=PLAIN, policies=ABSENT, now=NOW)
    assert decision.final_url == url.partition("#")[0]
    assert not decision.authenticated


# ---- bounds -------------------------------------------------------------------------------------------------------


def test_header_lines_beyond_the_bound_are_no_yes() -> None:
    crowd = [("x-robots-tag", f"max-snippet: {number}") for number in range(1000)]
    assert judged(headers=[*HTML, *crowd]).verdict is Verdict.UNRESERVED
    decision = judged(headers=[*HTML, *crowd, ("tdm-reservation", "1")])
    assert decision.verdict is Verdict.UNDETERMINED
    assert "1001 lines" in decision.faults[0].message


@pytest.mark.parametrize("junk", ["x-junk", "content-signal"])
def test_header_lines_of_a_hop_count_only_if_they_can_speak_there(junk: str) -> None:
    hop = Fetched(status=302, headers=[*[(junk, "noarchive")] * 1000, ("tdm-reservation", "1")], url=URL)
    assert judged(hops=[hop]).verdict is Verdict.RESERVED


def test_header_lines_of_a_hop_beyond_the_bound_are_no_yes() -> None:
    lines = [("TDM-Reservation", "0")] * 1000
    within = Fetched(status=302, headers=lines, url=URL)
    beyond = Fetched(status=302, headers=[*lines, ("tdm-reservation", "1")], url=URL)
    assert judged(hops=[within]).verdict is Verdict.UNRESERVED
    decision = judged(hops=[beyond])
    assert decision.verdict is Verdict.UNDETERMINED
    assert "1001 lines" in decision.faults[-1].message
    assert judged(hops=[beyond], posture="literal").verdict is Verdict.UNRESERVED


def test_a_part_of_a_document_is_not_the_document() -> None:
    partial = Fetched(status=206, body=b"User-agent: *\nAllow: /\n")
    assert judged(policies=ABSENT | {"/robots.txt": partial}).verdict is Verdict.UNDETERMINED
    tdmrep = "/.well-known/tdmrep.json"
    (checked,) = [item for item in judged(policies=ABSENT | {tdmrep: partial}).checked if tdmrep in item.document]
    assert (checked.result, checked.status) == ("unreachable", 206)
