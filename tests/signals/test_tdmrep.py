"""TDMRep beyond its vectors: evidence, faults, bounds, and what must hold whatever is written."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Fetched, Posture, Stance, Statement
from tdm_guard.formats.page.html import Page, Tag
from tdm_guard.formats.site.path_pattern import target
from tdm_guard.formats.site.tdmrep_json import MAX_BYTES, MAX_RULES
from tdm_guard.model import NOTHING, Kind, Reading, Result, Source
from tdm_guard.plain import MAX_EXCERPT
from tdm_guard.signals.shape import DocumentReading, Listener
from tdm_guard.signals.tdmrep.tdmrep_signal import SIGNAL, read_headers, read_hop, read_html, settle
from tdm_guard.usage import TDM

URL = "https://provider.example/.well-known/tdmrep.json"
FILE = Source(url=URL, carrier="file", sha256="ab" * 32, retrieved_at=datetime(2026, 3, 1, tzinfo=UTC))
PAGE_URL = "https://provider.example/d/p.html"
HEADER = Source(url=PAGE_URL, carrier="header")
HTML = Source(url=PAGE_URL, carrier="html")
CAUTIOUS = Listener(agent="*")
LITERAL = Listener(agent="*", posture=Posture.LITERAL)
BOTH = pytest.mark.parametrize("listener", [CAUTIOUS, LITERAL], ids=["cautious", "literal"])
STRICTNESS = {Stance.PERMITTED: 0, None: 1, Stance.UNSTATED: 1, Stance.UNDETERMINED: 2, Stance.RESERVED: 3}


def read(body: Any, listener: Listener = CAUTIOUS, **answer: Any) -> DocumentReading:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert SIGNAL.document is not None
    return SIGNAL.document.read(Fetched(**{"status": 200, "body": raw, "url": URL, **answer}), FILE, listener)


def hear(body: Any, path: str = "/", listener: Listener = CAUTIOUS, **answer: Any) -> Reading:
    reading = read(body, listener, **answer)
    return reading.site.says(target(f"https://provider.example{path}")) if reading.site else NOTHING


def stance(reading: Reading) -> Stance | None:
    return reading.statements[0].stance if reading.statements else None


def headers(*pairs: tuple[str, str], listener: Listener = CAUTIOUS) -> Reading:
    return read_headers(pairs, HEADER, listener)


def html(*tags: tuple[str, dict[str, str], bool], listener: Listener = CAUTIOUS) -> Reading:
    made = tuple(
        Tag(name=name, attributes=attributes, in_head=in_head, line=number, offset=0)
        for number, (name, attributes, in_head) in enumerate(tags, 1)
    )
    return read_html(Page(url=PAGE_URL, base="https://base.example/x/", tags=made), HTML, listener)


def meta(name: str, content: str, *, in_head: bool = True) -> tuple[str, dict[str, str], bool]:
    return "meta", {"name": name, "content": content}, in_head


# ---- evidence -------------------------------------------------------------------------------------------------------


@BOTH
def test_a_rule_is_quoted_with_its_place(listener: Listener) -> None:
    rules = [{"location": "/a", "tdm-reservation": 0}, {"location": "/é*", "tdm-reservation": 1, "tdm-policy": "/p"}]
    (statement,) = hear(rules, "/%C3%A9x", listener).statements
    assert statement == Statement(
        source=URL,
        carrier="file",
        locator="rule 2",
        excerpt='"location": "/é*", "tdm-reservation": 1',
        sha256=FILE.sha256,
        retrieved_at=FILE.retrieved_at,
        signal="tdmrep",
        usages=TDM,
        stance=Stance.RESERVED,
        policy_url="https://provider.example/p",
        rank=1,
    )


def test_a_permission_is_of_its_own_kind() -> None:
    (statement,) = hear([{"location": "/", "tdm-reservation": 0}]).statements
    assert (statement.kind, statement.stance) == (Kind.PERMISSION, Stance.PERMITTED)


@pytest.mark.parametrize(
    ("body", "repair", "words"),
    [
        ([{"location": "/", "tdm-reservation": True}], "C2", '"location": "/", "tdm-reservation": true'),
        ({"location": "/", "tdm-reservation": 1}, "C3", '"location": "/", "tdm-reservation": 1'),
        ({"policies": [{"path": "/", "tdm-reservation": "yes"}]}, "C2,C3", '"path": "/", "tdm-reservation": "yes"'),
        ([{"location": None, "TDM_Reservation": 1}], "C3", '"location": null, "TDM_Reservation": 1'),
        ([{"location": "/", "tdm": {"reservation": "1"}}], "C3", '"location": "/", "tdm:reservation": "1"'),
        (b'{"tdm-reservation": 1,,}', "C4", '"tdm-reservation": 1'),
        ("[{\u2018tdm-reservation\u2019: \u20181\u2019}]".encode(), "C4", "tdm-reservation\u2019: \u20181"),
        (b"[{&quot;location&quot;:&quot;/&quot;,&quot;tdm-reservation&quot;:1}]", "C4", "tdm-reservation&quot;:1"),
        (json.dumps('[{"location":"/","tdm-reservation":1}]').encode(), "C4", 'tdm-reservation\\":1'),
        ([{"location": " .* ", "tdm-reservation": 1}], "C5", '"location": " .* ", "tdm-reservation": 1'),
        ([{"location": "//provider.example", "tdm-reservation": 1}], "C5", '"location": "//provider.example", '),
        ([{"location": "./", "tdm-reservation": 2}], "C2,C5", '"location": "./", "tdm-reservation": 2'),
    ],
)
def test_repairs_are_named_and_quoted(body: Any, repair: str, words: str) -> None:
    (statement,) = hear(body).statements
    assert (statement.stance, statement.repair) == (Stance.RESERVED, repair)
    assert words in str(statement.excerpt)
    for doubt in hear(body, listener=LITERAL).statements:
        assert (doubt.stance, doubt.repair, bool(doubt.doubt)) == (Stance.UNSTATED, None, True)


@pytest.mark.parametrize(
    "location", ["https://other.example/", "http://provider.example/", "https://[::1/", "//provider.example:99999/", 7]
)
def test_a_location_elsewhere_means_nothing_here(location: Any) -> None:
    reading = read([{"location": location, "tdm-reservation": 1}])
    assert reading.site is None or reading.site.says("/") is NOTHING


def test_disagreeing_rules_are_both_reported() -> None:
    rules = [{"location": "/", "tdm-reservation": 0}, {"location": "/private/", "tdm-reservation": 1}]
    reading = hear(rules, "/private/x")
    assert (reading.statements[0].repair, reading.statements[0].locator) == ("C1", "rule 2")
    assert [(fault.locator, fault.excerpt) for fault in reading.faults] == [
        ("rule 1", '"location": "/", "tdm-reservation": 0')
    ]
    assert hear(rules, "/private/x", LITERAL).faults == ()


def test_the_other_policy_is_reported_too() -> None:
    rules = [
        {"location": "/", "tdm-reservation": 1, "tdm-policy": "/one"},
        {"location": "/a", "tdm-reservation": 1, "tdm-policy": "/two"},
    ]
    reading = hear(rules, "/a")
    assert reading.statements[0].policy_url == "https://provider.example/one"
    assert reading.statements[0].repair is None
    assert [fault.locator for fault in reading.faults] == ["rule 2"]


def test_policies_are_relative_to_where_the_file_was_found() -> None:
    moved = "https://policies.example/provider/tdmrep.json"
    (statement,) = hear([{"location": "/", "tdm-reservation": 1, "tdm-policy": "p"}], url=moved).statements
    assert statement.policy_url == "https://policies.example/provider/p"


@BOTH
@pytest.mark.parametrize("path", ["/a/./b", "/x/../a/b", "/a/%2e/b", "/a/b/.", "/a/b/c/.."])
def test_dot_segments_do_not_hide_a_path(path: str, listener: Listener) -> None:
    assert stance(hear([{"location": "/a/b", "tdm-reservation": 1}], path, listener)) is Stance.RESERVED
    assert hear([{"location": "/a/b", "tdm-reservation": 1}], "/a/c?/a/../b", listener) is NOTHING


def test_a_site_survives_pickling() -> None:
    site = read([{"location": "/a*b$", "tdm-reservation": 1}, {"location": "/", "tdm-reservation": 0}]).site
    assert site is not None
    copy = pickle.loads(pickle.dumps(site))
    assert copy.says("/axb") == site.says("/axb")
    assert stance(copy.says("/axb")) is Stance.RESERVED


# ---- faults ---------------------------------------------------------------------------------------------------------


@BOTH
def test_a_broken_rule_falls_alone_and_is_located(listener: Listener) -> None:
    rules = [
        "/",
        {"location": "/", "tdm-reservation": 5},
        {"location": ["/"], "tdm-reservation": 1},
        {"location": "b", "tdm-reservation": 0},
        {"tdm-reservation": 0},
        {"location": "/", "tdm-reservation": 1, "tdm-policy": "mailto:rights@provider.example"},
    ]
    reading = read(rules, listener)
    assert reading.result is Result.READ
    assert [fault.locator for fault in reading.faults] == [f"rule {number}" for number in range(1, 7)]
    assert all(fault.signal == "tdmrep" and fault.source == URL for fault in reading.faults)
    assert "mailto:rights@provider.example" in str(reading.faults[-1].excerpt)
    assert stance(hear(rules, "/b", listener)) is Stance.RESERVED


@BOTH
def test_not_json(listener: Listener) -> None:
    reading = read(b'[\n{"location": "/",\n oops', listener)
    assert (reading.result, reading.site, reading.hold) == (Result.UNREADABLE, None, ())
    assert [fault.locator for fault in reading.faults] == ["line 3"]


def test_an_object_as_root() -> None:
    rule = {"location": "/", "tdm-reservation": 1}
    assert read(rule).result is Result.READ
    literal = read(rule, LITERAL)
    assert literal.result is Result.UNREADABLE
    assert literal.site
    assert [(each.stance, bool(each.doubt)) for each in literal.site.says("/").statements] == [(Stance.UNSTATED, True)]
    assert "array" in literal.faults[0].message


@BOTH
@pytest.mark.parametrize("body", [b"", b" \n", b"<html>no such page"])
def test_nothing_there(body: bytes, listener: Listener) -> None:
    assert read(body, listener) == DocumentReading(result=Result.ABSENT)


@BOTH
def test_an_ill_shaped_zero_releases_nothing(listener: Listener) -> None:
    for body in (
        {"location": "/", "tdm-reservation": 0},
        [[{"location": "/", "tdm-reservation": 0}]],
        [{"path": "/", "tdm-reservation": 0}],
        [{"location": "/", "tdm_reservation": 0}],
        [{"location": "/", "tdm": {"tdm-reservation": 0}}],
        [{"location": "", "tdm-reservation": 0}],
        [{"location": "https://provider.example/", "tdm-reservation": 0}],
        [{"location": "/", "tdm-reservation": False}],
        b'[{"location": "/", "tdm-reservation": 0},]',
    ):
        assert hear(body, listener=listener) is NOTHING


# ---- what became of the file ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [100, 300, 304, 408, 425, 429, 500, 503, 599, 600, 999])
def test_unavailable_holds_when_cautious(status: int) -> None:
    reading = read(b"", status=status)
    assert reading.result is Result.UNREACHABLE
    (held,) = reading.hold
    assert (held.stance, held.kind, held.usages, held.repair) == (
        Stance.UNDETERMINED,
        Kind.RESERVATION,
        TDM,
        "C8",
    )
    assert str(status) in str(held.excerpt)
    literal = read(b"", LITERAL, status=status)
    assert (literal.result, literal.hold) == (Result.UNREACHABLE, ())


@BOTH
@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 410, 451, 499])
def test_absent(status: int, listener: Listener) -> None:
    assert read([{"location": "/", "tdm-reservation": 1}], listener, status=status).result is Result.ABSENT


def test_an_error_outweighs_a_status() -> None:
    reading = read([{"location": "/", "tdm-reservation": 0}], error="too many redirects")
    assert reading.result is Result.UNREACHABLE
    assert reading.hold[0].excerpt == "too many redirects"


def test_a_file_that_was_cut_is_unavailable_but_a_long_page_is_absent() -> None:
    cut = json.dumps([{"location": "/", "tdm-reservation": 0}]).encode()
    assert read(cut, complete=False).result is Result.UNREACHABLE
    assert read(cut, complete=False).hold
    assert read(b"<!doctype html>" + b"x" * 99, complete=False).result is Result.ABSENT


@BOTH
def test_more_rules_than_can_be_weighed_hold(listener: Listener) -> None:
    rules = [{"location": "/", "tdm-reservation": 0}] * MAX_RULES
    assert read(rules, listener).hold == ()
    over = read([*rules, {"location": "/a", "tdm-reservation": 1}], listener)
    assert (over.result, over.site) == (Result.UNREADABLE, None)
    assert [held.stance for held in over.hold] == [Stance.UNDETERMINED]
    assert over.faults


def test_faults_are_bounded_and_counted() -> None:
    faults = read([{"location": "/" + "x" * 999}] * 500).faults
    assert len(faults) == 21
    assert faults[-1].message == "480 more faults"
    assert all(len(fault.excerpt or "") <= MAX_EXCERPT for fault in faults)


def test_the_document_says_where_it_is_and_how_much_of_it_counts() -> None:
    document = SIGNAL.document
    assert document is not None
    assert (document.path, document.max_bytes, document.required) == ("/.well-known/tdmrep.json", MAX_BYTES, True)


# ---- response fields ------------------------------------------------------------------------------------------------


def test_a_field_is_quoted() -> None:
    (statement,) = headers(("TDM-Reservation", "1"), ("tdm-policy", "/p#a")).statements
    assert (statement.locator, statement.excerpt, statement.rank) == ("#tdm-reservation", "TDM-Reservation: 1", 2)
    assert statement.policy_url == "https://provider.example/p#a"


@pytest.mark.parametrize(
    ("field", "value", "repair"),
    [
        ("tdm-reservation", "yes", "C2"),
        ("tdm-reservation", "0, 1; a=b", "C2"),
        ("x-tdm-reservation", "1", "C6"),
        ("tdm_reservation", "true", "C2,C6"),
        ("x-robots-tag", "noindex, tdm-reservation: 1", "C6"),
        ("X-Robots-Tag", 'tdm_reservation="1", tdm-policy: </p>', "C6"),
    ],
)
def test_repaired_fields(field: str, value: str, repair: str) -> None:
    (statement,) = headers((field, value)).statements
    assert (statement.stance, statement.repair) == (Stance.RESERVED, repair)
    assert stance(headers((field, value), listener=LITERAL)) is not Stance.RESERVED


@pytest.mark.parametrize("field", ["x-tdm-reservation", "tdm_reservation"])
@BOTH
def test_a_zero_in_a_field_of_another_name_is_not_heard(field: str, listener: Listener) -> None:
    assert headers((field, "0"), listener=listener).statements == ()


def test_a_repaired_one_beside_a_zero_counts_when_cautious() -> None:
    pairs = (("tdm-reservation", "0"), ("x-tdm-reservation", "1"))
    cautious = headers(*pairs)
    assert stance(cautious) is Stance.RESERVED
    assert [fault.excerpt for fault in cautious.faults] == ["tdm-reservation: 0"]
    assert stance(headers(*pairs, listener=LITERAL)) is Stance.PERMITTED


def test_unusable_values_are_faults() -> None:
    reading = headers(("tdm-reservation", "maybe"), ("tdm-policy", "mailto:x@a.example"))
    assert reading.statements == ()
    assert [(fault.locator, fault.excerpt) for fault in reading.faults] == [
        ("#tdm-reservation", "tdm-reservation: maybe"),
        ("#tdm-policy", "tdm-policy: mailto:x@a.example"),
    ]


def test_silence_is_nothing() -> None:
    assert headers(("x-robots-tag", "noai"), ("content-type", "text/html")) is NOTHING
    assert html(meta("robots", "noindex"), ("link", {"rel": "icon"}, True)) is NOTHING


@BOTH
def test_a_policy_alone_is_kept_and_reserves_nothing(listener: Listener) -> None:
    reading = headers(("tdm-policy", "mailto:x@a.example, https://a.example/p, https://a.example/q"), listener=listener)
    (statement,) = reading.statements
    assert (statement.stance, statement.policy_url) == (Stance.UNSTATED, "https://a.example/p")
    assert settle(reading.statements, listener.posture) == reading.statements


def test_a_hop() -> None:
    pairs = (("x-tdm-reservation", "1"),)
    (statement,) = read_hop(pairs, HEADER, CAUTIOUS).statements
    assert (statement.repair, statement.rank) == ("C6,C9", 2)
    assert read_hop((("tdm-reservation", "1"),), HEADER, LITERAL) is NOTHING
    assert read_hop((("tdm-reservation", "0"),), HEADER, CAUTIOUS) is NOTHING
    assert read_hop((("tdm-policy", "/p"),), HEADER, CAUTIOUS) is NOTHING


# ---- HTML -----------------------------------------------------------------------------------------------------------


def test_a_tag_is_quoted_with_its_line() -> None:
    (statement,) = html(("link", {"rel": "icon"}, True), meta("TDM-Reservation", "1")).statements
    assert (statement.locator, statement.excerpt) == ("line 2", '<meta name="TDM-Reservation" content="1">')
    assert statement.rank == 3


def test_a_policy_in_the_body_counts_only_beside_a_one_there() -> None:
    policy = meta("tdm-policy", "p", in_head=False)
    assert html(policy).statements == ()
    assert html(meta("tdm-reservation", "1"), policy).statements[0].policy_url is None
    beside = html(meta("tdm-reservation", "1", in_head=False), policy).statements[0]
    assert beside.policy_url == "https://base.example/x/p"


def test_a_zero_in_the_body_is_a_fault() -> None:
    reading = html(meta("tdm-reservation", "0", in_head=False))
    assert reading.statements == ()
    assert [fault.locator for fault in reading.faults] == ["line 1"]


def test_a_policy_hint_does_not_make_the_reservation_a_repaired_one() -> None:
    link = ("link", {"rel": "Nofollow TDM-policy", "href": "/h"}, True)
    reading = html(link, meta("tdm-reservation", "1"))
    assert (reading.statements[0].repair, reading.statements[0].policy_url) == (None, "https://base.example/h")
    assert "C6" in reading.faults[0].message
    assert html(link, meta("tdm-reservation", "1"), listener=LITERAL).statements[0].policy_url is None


def test_faults_of_a_page_are_bounded() -> None:
    assert len(html(*[meta("tdm-reservation", "x")] * 99).faults) == 20


# ---- the order between carriers -------------------------------------------------------------------------------------


def heard(where: int, what: Stance, policy: str | None = None, carrier: str = "file") -> Statement:
    return Statement(
        source=URL, carrier=carrier, signal="tdmrep", usages=TDM, stance=what, policy_url=policy, rank=where
    )


ONE, ZERO, UNREAD, ASIDE = Stance.RESERVED, Stance.PERMITTED, Stance.UNDETERMINED, Stance.UNSTATED


def test_a_kept_reservation_says_so_and_leaves_the_policy_of_the_zero() -> None:
    statements = (heard(1, ONE, "https://a/1"), heard(2, ZERO, "https://a/2"))
    (kept,) = settle(statements, Posture.CAUTIOUS)
    assert (kept.stance, kept.rank, kept.repair, kept.policy_url) == (ONE, 1, "C10", "https://a/1")
    (released,) = settle(statements, Posture.LITERAL)
    assert (released.stance, released.policy_url) == (ZERO, None)


@pytest.mark.parametrize("posture", list(Posture))
def test_a_reservation_outweighs_what_could_not_be_read(posture: Posture) -> None:
    (final,) = settle((heard(1, UNREAD), heard(2, ONE)), posture)
    assert final.stance is ONE


def test_a_later_zero_makes_up_for_an_unread_file_only_literally() -> None:
    statements = (heard(0, UNREAD), heard(2, ZERO, carrier="header"))
    assert settle(statements, Posture.CAUTIOUS)[0].stance is UNREAD
    assert settle(statements, Posture.LITERAL)[0].stance is ZERO


@pytest.mark.parametrize("posture", list(Posture))
def test_a_zero_does_not_make_up_for_a_later_carrier_that_could_not_be_read(posture: Posture) -> None:
    unread = heard(0, UNREAD, carrier="html")
    assert settle((heard(2, ZERO, carrier="header"), unread), posture) == (unread,)


@pytest.mark.parametrize("posture", list(Posture))
def test_nothing_but_an_unread_file(posture: Posture) -> None:
    unread = heard(1, UNREAD)
    assert settle((unread, heard(2, ASIDE, "https://a/p")), posture) == (unread,)


carriers = st.tuples(st.sampled_from([ONE, ZERO, ASIDE]), st.sampled_from([None, "https://a/1", "https://a/2"]))


@settings(max_examples=150)
@given(st.lists(carriers, max_size=3), st.booleans())
def test_cautious_is_never_laxer_and_a_further_one_never_helps(
    said: list[tuple[Stance, str | None]], unread: bool
) -> None:
    statements = tuple(heard(rank, *each) for rank, each in enumerate(said, 1))
    statements += (heard(0, UNREAD),) if unread else ()
    outcome = {posture: settle(statements, posture) for posture in Posture}
    strict = {posture: max((weight(s) for s in left), default=1) for posture, left in outcome.items()}
    assert strict[Posture.CAUTIOUS] >= strict[Posture.LITERAL]
    for left in outcome.values():
        assert len(left) <= 1
    for rank in (1, 2, 3):
        more = (*statements, heard(rank, ONE))
        assert settle(more, Posture.CAUTIOUS)[0].stance is ONE
        assert max(weight(s) for s in settle(more, Posture.LITERAL)) >= strict[Posture.LITERAL]


def weight(statement: Statement) -> int:
    return STRICTNESS[None if statement.stance is ASIDE else statement.stance]


# ---- whatever is written --------------------------------------------------------------------------------------------

locations = st.sampled_from(["/", "/a", "/a/", "/a/*", "*", "/*.jpg$", "/.*", "a", "", "https://provider.example/a"])
values = st.sampled_from([0, 1, 2, "0", "1", "yes", True, False, None, 5])
rules = st.lists(
    st.fixed_dictionaries(
        {"location": locations | st.none(), "tdm-reservation": values},
        optional={"tdm_reservation": values, "path": locations, "tdm-policy": st.just("/p")},
    ),
    max_size=5,
)
paths = st.sampled_from(["/", "/a", "/a/b.jpg", "/x/../a/", "/.well-known/x", "/a?b"])


def strictness(body: Any, path: str, listener: Listener) -> int:
    reading = read(body, listener)
    said = [statement.stance for statement in (*reading.hold, *hear(body, path, listener).statements)]
    return max((STRICTNESS[each] for each in said), default=1)


@settings(max_examples=200)
@given(rules, paths, st.booleans())
def test_the_cautious_posture_is_never_laxer(body: list[Any], path: str, alone: bool) -> None:
    document = {"rules": body} if alone else body
    assert strictness(document, path, CAUTIOUS) >= strictness(document, path, LITERAL)


@settings(max_examples=200)
@given(rules, paths, st.data())
def test_a_further_reservation_at_the_same_place_never_helps(body: list[Any], path: str, data: st.DataObject) -> None:
    location = data.draw(st.sampled_from([rule["location"] for rule in body] or ["/"]))
    place = data.draw(st.integers(0, len(body)))
    more = [*body[:place], {"location": location, "tdm-reservation": 1}, *body[place:]]
    for listener in (CAUTIOUS, LITERAL):
        assert strictness(more, path, listener) >= strictness(body, path, listener)


@settings(max_examples=200)
@given(st.binary(), st.text(), st.booleans(), st.sampled_from([CAUTIOUS, LITERAL]))
def test_no_bytes_make_the_file_reader_raise(body: bytes, path: str, complete: bool, listener: Listener) -> None:
    hear(body, "/" + path, listener, complete=complete)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(SIGNAL.headers)), st.text() | st.sampled_from(["1", "0", "tdm-policy: x"]))
    )
)
def test_no_fields_make_the_reader_raise(pairs: list[tuple[str, str]]) -> None:
    cautious, literal = (read_headers(tuple(pairs), HEADER, listener) for listener in (CAUTIOUS, LITERAL))
    assert STRICTNESS[known(cautious)] >= STRICTNESS[known(literal)]
    assert len(cautious.statements) <= 1


def known(reading: Reading) -> Stance | None:
    found = stance(reading)
    return None if found is ASIDE else found


names = st.sampled_from(["tdm-reservation", "tdm:reservation", "TDM-Policy", "robots"]) | st.text(max_size=5)
attributes = st.dictionaries(
    st.sampled_from(["name", "content", "property", "http-equiv", "rel", "href"]), names | st.sampled_from(["0", "1"])
)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(["meta", "link", "base", "script"]), attributes, st.booleans()), max_size=5))
def test_no_tags_make_the_reader_raise(tags: list[tuple[str, dict[str, str], bool]]) -> None:
    cautious, literal = (html(*tags, listener=listener) for listener in (CAUTIOUS, LITERAL))
    assert STRICTNESS[known(cautious)] >= STRICTNESS[known(literal)]
