"""trust.txt: the one variable on training, in both postures."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Fetched
from tdm_guard.formats.site.trust_txt import MAX_BYTES, parse
from tdm_guard.model import Kind, Posture, Result, Source, Stance
from tdm_guard.signals.shape import DocumentReading, Listener, WideSite
from tdm_guard.signals.trust_txt import DOCUMENT, REPAIR, SIGNAL, read_document
from tdm_guard.usage import TRAINING

SOURCE = Source(
    url="https://site.example/trust.txt",
    carrier="file",
    sha256="ab" * 32,
    retrieved_at=datetime(2026, 3, 1, tzinfo=UTC),
)
BOTH = pytest.mark.parametrize("posture", Posture)
STRICTNESS = {Stance.PERMITTED: 0, None: 1, Stance.RESERVED: 2}
NO, YES = Stance.RESERVED, Stance.PERMITTED


def read(body: str | bytes, posture: Posture = Posture.CAUTIOUS, **answer: Any) -> DocumentReading:
    raw = body.encode() if isinstance(body, str) else body
    fetched = Fetched(**{"status": 200, "body": raw, **answer})
    return read_document(fetched, SOURCE, Listener(agent="ExampleMiner", posture=posture))


def stance(reading: DocumentReading) -> Stance | None:
    """What is reserved or permitted; a mere doubt is neither."""
    said = reading.site.says("/").statements if reading.site else ()
    return next((each.stance for each in said if each.stance is not Stance.UNSTATED), None)


@BOTH
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("datatrainingallowed=no\n", NO),
        ("datatrainingallowed=yes", YES),
        ("\ufeffDataTrainingAllowed = NO # never\r\n", NO),
        ("# trust.txt\rmember=https://a.example/\rdatatrainingallowed=no\r", NO),
        ("member=https://a.example/\n", None),
        ("#datatrainingallowed=no\nmember=https://a.example/", None),
        ("datatrainingallowed=no\ndatatrainingallowed=no\n", NO),
        ("datatrainingallowed=maybe\n", None),
        ("datatrainingallowed=\n", None),
        ("datatrainingallowed=yes, with licence\n", None),
        ("datatrainingallowed=nothing\n", None),
        ("datatrainingallowed:yes\nmember=x\n", None),
        ("datatrainingallowed=yes\ndatatrainingallowed=perhaps\n", None),
        ("contact=datatrainingallowed=no\n", None),
        ("datatrainingallowed=no\ndatatrainingallowed=soon\n", NO),
    ],
)
def test_what_both_postures_hear(body: str, expected: Stance | None, posture: Posture) -> None:
    reading = read(body, posture)
    assert reading.result is Result.READ
    assert stance(reading) is expected
    if reading.site:
        assert reading.site.says("/").statements[0].repair is None


@pytest.mark.parametrize(
    ("body", "locator"),
    [
        ("datatrainingallowed=yes\ndatatrainingallowed=no\n", "line 2"),
        ("datatrainingallowed=no\ndatatrainingallowed=yes\n", "line 1"),
        ("datatrainingallowed: no\n", "line 1"),
        ('datatrainingallowed="no"\n', "line 1"),
        ("\n\ndatatrainingallowed=no.\n", "line 3"),
        ("datatrainingallowed=no, never\n", "line 1"),
    ],
)
def test_any_no_counts_in_the_cautious_posture(body: str, locator: str) -> None:
    reading = read(body)
    assert reading.site is not None
    (statement,) = reading.site.says("/x?y").statements
    assert (statement.stance, statement.repair, statement.locator) == (NO, REPAIR, locator)
    assert stance(read(body, Posture.LITERAL)) is None
    assert [fault.locator for fault in reading.faults] == [
        fault.locator for fault in read(body, Posture.LITERAL).faults
    ]
    assert reading.faults


@BOTH
def test_evidence(posture: Posture) -> None:
    site = read("# x\n datatrainingallowed=no # all of it\n", posture).site
    assert site is not None
    (statement,) = site.says("/").statements
    assert (statement.locator, statement.excerpt) == ("line 2", "datatrainingallowed=no # all of it")
    assert (statement.signal, statement.kind, statement.usages) == ("trust-txt", Kind.RESERVATION, TRAINING)
    assert (statement.source, statement.sha256) == (SOURCE.url, SOURCE.sha256)
    assert isinstance(site, WideSite)
    assert site.everywhere == TRAINING
    assert pickle.loads(pickle.dumps(site)).says("/") == site.says("/a")


def test_a_permission_is_of_its_own_kind_and_reserves_nothing() -> None:
    site = read("datatrainingallowed=yes\n").site
    assert site is not None
    assert site.says("/").statements[0].kind is Kind.PERMISSION
    assert isinstance(site, WideSite)
    assert site.everywhere == ()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("datatrainingallowed=yes\ndatatrainingallowed=yes\n", "a second datatrainingallowed; one is foreseen"),
        ("datatrainingallowed=1\n", "datatrainingallowed is neither yes nor no"),
    ],
)
@BOTH
def test_faults_have_their_place(body: str, message: str, posture: Posture) -> None:
    (fault,) = read(body, posture).faults
    assert (fault.message, fault.signal) == (message, "trust-txt")
    assert fault.locator == f"line {body.count(chr(10))}"
    assert fault.excerpt == body.splitlines()[-1]


@BOTH
@pytest.mark.parametrize(
    ("body", "answer", "result", "faults"),
    [
        (b"", {}, Result.ABSENT, 0),
        (b"<!DOCTYPE html>\ndatatrainingallowed=no", {}, Result.ABSENT, 0),
        (b"datatrainingallowed=no", {"status": 404}, Result.ABSENT, 0),
        (b"datatrainingallowed=no", {"status": 502}, Result.UNREACHABLE, 1),
        (b"", {"status": None, "error": "timeout"}, Result.UNREACHABLE, 1),
        (b"Not found", {}, Result.UNREADABLE, 1),
        (b"# remark\n", {}, Result.UNREADABLE, 1),
    ],
)
def test_answers_without_a_file_hold_nothing_back(
    body: bytes, answer: dict[str, Any], result: Result, faults: int, posture: Posture
) -> None:
    reading = read(body, posture, **answer)
    assert (reading.result, reading.site, reading.hold, len(reading.faults)) == (result, None, (), faults)


def test_places() -> None:
    assert (DOCUMENT.path, DOCUMENT.fallback, DOCUMENT.required) == ("/trust.txt", "/.well-known/trust.txt", False)
    assert SIGNAL.usages == DOCUMENT.usages == TRAINING


@BOTH
def test_of_a_file_that_was_cut_only_a_refusal_is_heard(posture: Posture) -> None:
    filler = "member=https://a.example/\n" * (MAX_BYTES // 20)
    assert stance(read("datatrainingallowed=yes\n" + filler, posture)) is None
    assert stance(read("datatrainingallowed=no\n" + filler, posture)) is NO
    assert "longer than was read" in read(filler, posture).faults[0].message
    assert stance(read("member=x\ndatatrainingallowed=no", posture, complete=False)) is None


@BOTH
def test_a_refusal_behind_many_other_lines_is_heard(posture: Posture) -> None:
    many = "datatrainingallowed=yes\ndatatrainingallowed=perhaps\n" * 5_000
    reading = read(many + "datatrainingallowed=no\n", posture)
    assert stance(reading) is (NO if posture is Posture.CAUTIOUS else None)
    assert stance(read("datatrainingallowed=yes\n" * 10_000, posture)) is YES
    assert len(reading.faults) < 100


def test_lines_are_counted() -> None:
    file = parse(b"\n#\ndatatrainingallowed=x\n\ndatatrainingallowed=y # z\n")
    assert [(line.line, line.value) for line in file.training] == [(3, "x"), (5, "y")]


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: f"datatrainingallowed={text}".encode()))
@settings(max_examples=200)
def test_no_bytes_make_it_raise_and_cautious_is_never_laxer(body: bytes) -> None:
    heard = {posture: stance(read(body, posture)) for posture in Posture}
    assert STRICTNESS[heard[Posture.CAUTIOUS]] >= STRICTNESS[heard[Posture.LITERAL]]


@given(st.lists(st.sampled_from(["yes", "no", "YES", "no!", "x", ""]), max_size=5))
@settings(max_examples=100)
def test_one_more_no_never_makes_it_laxer(values: list[str]) -> None:
    body = "member=x\n" + "".join(f"datatrainingallowed={value}\n" for value in values)
    for posture in Posture:
        before, after = stance(read(body, posture)), stance(read(body + "datatrainingallowed=no\n", posture))
        if posture is Posture.CAUTIOUS:
            assert after is NO
        else:
            assert STRICTNESS[after] >= STRICTNESS[before]
