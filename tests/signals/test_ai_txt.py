"""ai.txt: the vectors in both postures, the shared file name, evidence, bounds, and what must always hold."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Fetched
from tdm_guard.formats.site.path_pattern import target
from tdm_guard.gather import gather
from tdm_guard.model import NOTHING, Kind, Posture, Reading, Result, Source, Stance
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy
from tdm_guard.policies.task import Gathering
from tdm_guard.signals.ai_txt.ai_txt_file import MAX_BYTES
from tdm_guard.signals.ai_txt.ai_txt_signal import DOCUMENT, NO_GROUP, SIGNAL, TRAINING_DENY, read_document
from tdm_guard.signals.shape import DocumentReading, Listener, WideSite
from tdm_guard.usage import TDM, TRAINING, Usage

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "ai_txt.json").read_text("utf-8"))
FILES = [vector for vector in VECTORS if "ai_txt" in vector["input"]]
SITE = "https://site.example"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = Source(url=f"{SITE}/ai.txt", carrier="file", sha256="ab" * 32, retrieved_at=NOW)
STANCES = {True: Stance.PERMITTED, False: Stance.RESERVED, None: None}
STRICTNESS = {Stance.PERMITTED: 0, None: 1, Stance.RESERVED: 2}
BOTH = pytest.mark.parametrize("posture", Posture)


def listen(posture: Posture = Posture.CAUTIOUS, agent: str = "ExampleMiner") -> Listener:
    return Listener(agent=agent, posture=posture)


def read(body: str | bytes, posture: Posture = Posture.CAUTIOUS, **answer: Any) -> DocumentReading:
    raw = body.encode() if isinstance(body, str) else body
    return read_document(Fetched(**{"status": 200, "body": raw, **answer}), SOURCE, listen(posture))


def hear(body: str | bytes, path: str = "/a", posture: Posture = Posture.CAUTIOUS) -> Reading:
    site = read(body, posture).site
    return site.says(target(SITE + path)) if site else NOTHING


def stance(reading: Reading) -> Stance | None:
    """What is reserved or permitted; a mere doubt is neither."""
    return next((each.stance for each in reading.statements if each.stance is not Stance.UNSTATED), None)


# ---- vectors --------------------------------------------------------------------------------------------------------


def test_every_vector_is_run() -> None:
    assert len(VECTORS) == 22
    assert {vector["id"] for vector in VECTORS if vector not in FILES} == {"ai-021-location", "ai-022-mapping"}


@BOTH
@pytest.mark.parametrize("vector", FILES, ids=lambda vector: f"ai_txt: {vector['id']}")
def test_vector(vector: dict[str, Any], posture: Posture) -> None:
    inp = vector["input"]
    fetched = Fetched(status=inp.get("status", 200), body=(inp["ai_txt"] or "").encode())
    reading = read_document(fetched, SOURCE, listen(posture, inp["product_token"]))
    heard = reading.site.says(target(inp["url"])) if reading.site else NOTHING
    expected = STANCES[vector["expect"]["training_allowed"]]
    if vector["id"] == "ai-018-spec-version-dialect" and posture is Posture.CAUTIOUS:
        expected = Stance.RESERVED  # as its note has it
    assert stance(heard) is expected
    assert reading.hold == ()
    if inp.get("status") == 503:
        assert (reading.result, len(reading.faults)) == (Result.UNREACHABLE, 1)


def test_vector_location() -> None:
    (vector,) = (vector for vector in VECTORS if vector["id"] == "ai-021-location")
    assert [DOCUMENT.path, DOCUMENT.fallback] == vector["expect"]["try"]
    assert not DOCUMENT.required


def test_vector_mapping() -> None:
    (vector,) = (vector for vector in VECTORS if vector["id"] == "ai-022-mapping")
    (statement,) = hear("User-Agent: *\nDisallow: /\n").statements
    reserved = {usage for usage, said in vector["expect"]["usages"].items() if said == "reserved"}
    assert {usage.value for usage in statement.usages} == reserved
    assert statement.usages == TRAINING == SIGNAL.usages == DOCUMENT.usages


# ---- rules ----------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ("Disallow: *.jpg", "/a.JPG?x=/b.txt", Stance.RESERVED),
        ("Disallow: *.jpg", "/a%2EJp%67", Stance.RESERVED),
        ("Disallow: *.JPG", "/a.jpg", Stance.RESERVED),
        ("Disallow: /*.jpg$", "/b/a.jpg?w=1", Stance.RESERVED),
        ("Disallow: *.tar.gz", "/a.b.tar.gz", Stance.RESERVED),
        ("Disallow: *.tar.gz", "/a.gz", None),
        ("Disallow: *.jpg", "/jpg", None),
        ("Disallow: *.jpg", "/ajpg", None),
        ("Disallow: *.jpg", "/a.jpg/b", None),
        ("Disallow: *.jpg", "/a.jpeg", None),
        ("Disallow: *.jpg", "/a?b=c.jpg", None),
        ("Disallow: /b/*.jpg", "/b/c.jpg?w=1", Stance.RESERVED),
        ("Disallow: /b/*.jpg", "/c.jpg", None),
        ("Disallow: /a?x", "/a?x=1", Stance.RESERVED),
        ("Disallow: /é", "/%c3%a9t%C3%A9", Stance.RESERVED),
        ("Disallow: *", "/a?b", Stance.RESERVED),
        ("Disallow:", "/a", None),
        ("Disallow: /\nAllow: *.jpg", "/a.jpg", Stance.PERMITTED),
        ("Disallow: /\nAllow: *.jpg", "/a.png", Stance.RESERVED),
        ("Disallow: /gallery/\nAllow: *.jpg", "/gallery/a.jpg", Stance.RESERVED),
        ("Disallow: /g/\nAllow: *.jpg", "/g/a.jpg", Stance.PERMITTED),
        ("Disallow: *.gz\nAllow: *.tar.gz", "/a.tar.gz", Stance.PERMITTED),
        ("Disallow: *.tar.gz\nAllow: *.gz", "/a.tar.gz", Stance.RESERVED),
        ("Disallow: *.jpg\nAllow: /*.jpg", "/a.jpg", Stance.PERMITTED),
        ("Dissallow: /", "/a", Stance.RESERVED),
        ("Disallow /", "/a", Stance.RESERVED),
        ("Allow /", "/a", None),
        ("Allow: /", "/a", Stance.PERMITTED),
    ],
)
def test_rules(rules: str, path: str, expected: Stance | None, posture: Posture) -> None:
    assert stance(hear(f"User-agent: *\n{rules}\n", path, posture)) is expected


@BOTH
def test_a_rule_is_quoted_with_its_line(posture: Posture) -> None:
    (statement,) = hear("# Spawning AI\n\nUser-Agent: *\nDisallow: *.jpg # pictures\n", "/a.jpg", posture).statements
    assert (statement.locator, statement.excerpt) == ("line 4", "Disallow: *.jpg # pictures")
    assert (statement.kind, statement.signal, statement.carrier) == (Kind.RESERVATION, "ai-txt", "file")
    assert (statement.source, statement.sha256, statement.retrieved_at) == (SOURCE.url, SOURCE.sha256, NOW)
    assert statement.repair is None


def test_a_permission_is_of_its_own_kind() -> None:
    (statement,) = hear("User-Agent: *\nAllow: *\n").statements
    assert (statement.kind, statement.stance) == (Kind.PERMISSION, Stance.PERMITTED)


@pytest.mark.parametrize(
    ("value", "path"),
    [(".jpg", "/a.jpg"), ("images/", "/images/"), ("https://site.example/a", "/a"), ("https://a.example/", None)],
)
def test_what_a_rule_cannot_be_about_is_a_fault(value: str, path: str | None) -> None:
    reading = read(f"User-Agent: *\nDisallow: {value}\n")
    (fault,) = reading.faults
    assert reading.result is Result.READ
    assert (reading.site is None) is (path is None)
    if reading.site is not None and path is not None:
        (statement,) = reading.site.says(path).statements
        assert (statement.stance, statement.repair) == (Stance.RESERVED, "ai-txt-unknown-refusal")
        assert not reading.site.says("/other").statements
    assert (fault.locator, fault.excerpt, fault.signal) == ("line 2", f"Disallow: {value}", "ai-txt")


@BOTH
@pytest.mark.parametrize(
    ("body", "usages"),
    [
        ("User-Agent: *\nDisallow: /\n", TRAINING),
        ("User-Agent: *\nDisallow: *\nDisallow: *.jpg\n", TRAINING),
        ("User-Agent: *\nDisallow: /\nAllow: *.txt\n", ()),
        ("User-Agent: *\nDisallow: /a\n", ()),
        ("User-Agent: *\nAllow: /\n", ()),
    ],
)
def test_what_is_reserved_everywhere(body: str, usages: tuple[Usage, ...], posture: Posture) -> None:
    site = read(body, posture).site
    assert isinstance(site, WideSite)
    assert site.everywhere == usages


# ---- other files of that name ---------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    "body",
    [
        "# About us\nWe are a shop for tea.\n",
        "Training your dog: read our book\n",
        "Training: this site may be used\n",
        "Updated: 2026-01-14\nAI-Contact: a@b.example\n\n## We Do Not Offer\n- tea\n",
        "# only a remark\n",
        '{"training": "deny"}',
        "Allow: /\n",
    ],
)
def test_prose_says_nothing_and_leaves_the_second_place_to_be_asked(body: str, posture: Posture) -> None:
    reading = read(body, posture)
    assert (reading.result, reading.site) == (Result.UNREADABLE, None)
    assert [fault.message for fault in reading.faults] == ["no rules as Spawning's ai.txt has them"]
    assert reading.faults[0].excerpt == body.split("\n", 1)[0]


@BOTH
@pytest.mark.parametrize("body", ["", " \n", "<!doctype html><pre>Disallow: /</pre>", "\n <p>", b"\xef\xbb\xbf<html>"])
def test_pages_and_nothing_are_absent(body: str | bytes, posture: Posture) -> None:
    assert read(body, posture) == DocumentReading(result=Result.ABSENT)


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"status": 404}, Result.ABSENT),
        ({"status": 403}, Result.ABSENT),
        ({"status": 429}, Result.UNREACHABLE),
        ({"status": 500}, Result.UNREACHABLE),
        ({"status": 301}, Result.UNREACHABLE),
        ({"status": None}, Result.UNREACHABLE),
        ({"status": 200, "error": "timeout"}, Result.UNREACHABLE),
    ],
)
@BOTH
def test_answers_without_a_file(answer: dict[str, Any], result: Result, posture: Posture) -> None:
    reading = read("User-Agent: *\nDisallow: /\n", posture, **answer)
    assert (reading.result, reading.site, reading.hold) == (result, None, ())
    assert bool(reading.faults) is (result is Result.UNREACHABLE)


OTHER = "Spec-Version: 1.0\nTraining: {}\nTraining-Deny: /paid/*\nTraining-Allow: /paid/free/*\n"


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        ("Training: deny\n", "/a", Stance.RESERVED),
        (" TRAINING : Deny # no\n", "/a", Stance.RESERVED),
        ("Training: allow\n", "/a", None),
        ("Training: conditional\n", "/a", None),
        (OTHER.format("deny"), "/paid/free/a", Stance.RESERVED),
        (OTHER.format("conditional"), "/paid/a", Stance.RESERVED),
        (OTHER.format("conditional"), "/paid/free/a", None),
        (OTHER.format("conditional"), "/a", None),
        ("Agent: GPTBot\n  Training: deny\n", "/a", None),
        ("Agent: *\n  Training: deny\n", "/a", Stance.RESERVED),
        ("Agent: ExampleMiner\n  Training: deny\n", "/a", Stance.RESERVED),
        ("Training: deny\nAgent: exampleminer\n\tTraining: allow\n", "/a", None),
        ("Training: deny\nAgent: ExampleMiner\n  Rate-Limit: 1/minute\n", "/a", Stance.RESERVED),
        ("Agent: GPTBot\n  Training: allow\nTraining: deny\n", "/a", Stance.RESERVED),
        ("User-agent: *\nAllow: /\nTraining: deny\n", "/a", Stance.RESERVED),
        ("User-agent: *\nAllow: *.txt\n\nTraining: deny\n", "/a.txt", Stance.RESERVED),
    ],
)
def test_refusals_of_the_other_proposal_are_heard_in_the_cautious_posture(
    body: str, path: str, expected: Stance | None
) -> None:
    heard = hear(body, path)
    assert stance(heard) is expected
    if expected:
        assert heard.statements[0].repair == TRAINING_DENY
        assert heard.statements[0].excerpt in body
    literal = hear(body, path, Posture.LITERAL)
    assert stance(literal) is not Stance.RESERVED


def test_the_other_proposal_is_noted_in_the_literal_posture() -> None:
    reading = read("Site-Name: X\nTraining: deny\n", Posture.LITERAL)
    (fault,) = reading.faults
    assert (reading.result, fault.locator, fault.excerpt) == (Result.UNREADABLE, "line 2", "Training: deny")


def test_refusals_before_any_group_count_for_everyone_in_the_cautious_posture() -> None:
    body = "Disallow: *.jpg\nAllow: /\n\nUser-agent: GPTBot\nDisallow: /\n"
    (statement,) = hear(body, "/a.jpg").statements
    assert (statement.stance, statement.repair, statement.locator) == (Stance.RESERVED, NO_GROUP, "line 1")
    assert hear(body, "/a.png") is NOTHING
    (doubt,) = hear(body, "/a.jpg", Posture.LITERAL).statements
    assert (doubt.stance, doubt.repair, doubt.locator) == (Stance.UNSTATED, None, "line 1")
    assert doubt.doubt
    assert hear(body, "/a.png", Posture.LITERAL) is NOTHING
    assert [fault.locator for fault in read(body, Posture.LITERAL).faults] == ["line 1"]


# ---- in the engine --------------------------------------------------------------------------------------------------


def gathered(answers: dict[str, Fetched], posture: Posture = Posture.CAUTIOUS) -> tuple[OriginPolicy, list[str]]:
    listener = Listener(agent="ExampleMiner", posture=posture, signals=frozenset({"ai-txt"}), usages=TDM)
    reading = gather(Gathering(Origin.parse(SITE), (SIGNAL,), listener, NOW))
    asked: list[str] = []
    try:
        wanted = next(reading)
        while True:
            asked += [item.url.removeprefix(SITE) for item in wanted]
            wanted = reading.send({item.url: answers.get(item.url, Fetched(status=404)) for item in wanted})
    except StopIteration as finished:
        return finished.value, asked


REFUSAL = Fetched(status=200, body=b"User-Agent: *\nDisallow: /\n")


@pytest.mark.parametrize(
    ("first", "second", "asked", "expected"),
    [
        (REFUSAL, None, ["/ai.txt"], Stance.RESERVED),
        (Fetched(status=404), REFUSAL, ["/ai.txt", "/.well-known/ai.txt"], Stance.RESERVED),
        (Fetched(status=200, body=b"<html>"), REFUSAL, ["/ai.txt", "/.well-known/ai.txt"], Stance.RESERVED),
        (Fetched(status=200, body=b"# prose"), REFUSAL, ["/ai.txt", "/.well-known/ai.txt"], Stance.RESERVED),
        (Fetched(status=404), None, ["/ai.txt", "/.well-known/ai.txt"], None),
        (Fetched(status=503), REFUSAL, ["/ai.txt"], None),
    ],
)
def test_the_second_place_is_asked_when_the_first_has_no_file(
    first: Fetched, second: Fetched | None, asked: list[str], expected: Stance | None
) -> None:
    answers = {f"{SITE}/ai.txt": first}
    if second:
        answers[f"{SITE}/.well-known/ai.txt"] = second
    policy, urls = gathered(answers)
    assert urls == asked
    assert stance(policy.says("/a")) is expected
    assert policy.hold == ()


# ---- bounds and properties ------------------------------------------------------------------------------------------


def test_of_a_file_that_was_cut_only_refusals_are_heard() -> None:
    body = "User-Agent: *\nAllow: *.txt\nDisallow: *.jpg\nDisallow: *.p"
    reading = read(body, complete=False)
    assert reading.site is not None
    assert [stance(reading.site.says(path)) for path in ("/a.txt", "/a.jpg", "/a.p")] == [None, Stance.RESERVED, None]
    assert [fault.message for fault in reading.faults] == [f"longer than was read ({len(body)} bytes)"]


def test_no_more_than_the_bound_is_read() -> None:
    body = b"User-Agent: *\nAllow: /\n".ljust(MAX_BYTES + 1, b"#")
    reading = read(body)
    assert reading.site is None
    assert "longer than was read" in reading.faults[0].message


def test_faults_are_bounded() -> None:
    assert len(read("User-Agent: *\n" + "Disallow: x\n" * 5000).faults) == 8


def test_a_site_is_small_and_picklable() -> None:
    endings = "txt pdf doc docx odt rtf html bmp gif ico jpeg jpg png svg tif tiff webp aac flac mp3 wav mp4 avi py js"
    rules = "".join(f"Disallow: *.{ending}\n" for ending in endings.split())
    site = read(f"User-Agent: *\n{rules}Disallow: /\nDisallow: *\n").site
    again = pickle.loads(pickle.dumps(site))
    assert again.says("/a.jpg") == hear("User-Agent: *\n\n\n\n\n\n\n\n\n\n\n\nDisallow: *.jpg\n", "/a.jpg")
    assert len(pickle.dumps(site)) < 3072


@given(st.binary(max_size=300), st.text(max_size=60), st.sampled_from(Posture), st.booleans())
@settings(max_examples=200)
def test_no_bytes_make_it_raise(body: bytes, path: str, posture: Posture, complete: bool) -> None:
    reading = read(body, posture, complete=complete)
    if reading.site:
        reading.site.says(target(f"{SITE}/{path}"))


LINES = st.lists(
    st.sampled_from(
        [
            "User-agent: *",
            "User-agent: ExampleMiner",
            "User-agent: GPTBot",
            "Disallow: /",
            "Disallow: *.jpg",
            "Disallow: /a/",
            "Disallow:",
            "Disallow /a",
            "Allow: /",
            "Allow: *.jpg",
            "Allow: /a/",
            "Training: deny",
            "Training: allow",
            "  Training: deny",
            "Training-Deny: /a/*",
            "Training-Allow: /a/",
            "Agent: *",
            "Agent: ExampleMiner",
            "prose",
            "",
        ]
    ),
    max_size=10,
)


@given(LINES, st.sampled_from(["/", "/a/b.jpg", "/a/c", "/d.jpg?e"]))
@settings(max_examples=200)
def test_cautious_is_never_laxer_than_literal(lines: list[str], path: str) -> None:
    body = "\n".join(lines)
    heard = {posture: stance(hear(body, path, posture)) for posture in Posture}
    assert STRICTNESS[heard[Posture.CAUTIOUS]] >= STRICTNESS[heard[Posture.LITERAL]]


@given(LINES, st.sampled_from(["/", "/a/b.jpg", "/a/c", "/d.jpg?e"]), st.sampled_from(Posture))
@settings(max_examples=100)
def test_what_is_reserved_everywhere_is_reserved_at_each_path(lines: list[str], path: str, posture: Posture) -> None:
    body = "\n".join(lines)
    site = read(body, posture).site
    if isinstance(site, WideSite) and site.everywhere:
        assert stance(site.says(target(SITE + path))) is Stance.RESERVED
