"""Content Signals: the vectors, and what they leave open."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Fetched, Verdict, evaluate
from tdm_guard.formats.site.path_pattern import target
from tdm_guard.formats.site.robots_txt import parse
from tdm_guard.judging.decide import Terms, decide
from tdm_guard.model import Kind, Posture, Reading, Source, Stance, Statement
from tdm_guard.signals.content_signals import SIGNAL, read_headers, read_robots
from tdm_guard.signals.shape import Listener
from tdm_guard.usage import EVERY, TRAINING, Usage

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "content_signals.json").read_text("utf-8"))
PAGE = "https://site.example/page"
SOURCE = Source(url="https://site.example/robots.txt", carrier="robots.txt")
KEYS = {"search": (Usage.SEARCH,), "ai-input": (Usage.AI_INPUT,), "ai-train": TRAINING}
CEILINGS = {"reference": tuple(usage for usage in EVERY if usage is not Usage.SEARCH), "immediate": EVERY}


def listener(agent: str = "ExampleMiner", *, cautious: bool = True) -> Listener:
    return Listener(agent=agent, posture=Posture.CAUTIOUS if cautious else Posture.LITERAL)


def field(*lines: str, cautious: bool = True, name: str = "Content-Signal") -> Reading:
    headers = tuple((name, line) for line in lines)
    return read_headers(headers, Source(url=PAGE, carrier="header"), listener(cautious=cautious))


def rule(body: str | bytes, url: str = PAGE, agent: str = "ExampleMiner", *, cautious: bool = True) -> Reading:
    text = parse(body if isinstance(body, bytes) else body.encode())
    site = read_robots(text, SOURCE, listener(agent, cautious=cautious))
    return site.says(target(url)) if site else Reading()


def line(value: str, *, cautious: bool = True) -> Reading:
    return rule(f"User-agent: *\nContent-Signal: {value}\n", cautious=cautious)


def stances(statements: list[Statement]) -> dict[str, str]:
    usages = decide(tuple(statements), Terms(usages=EVERY)).usages
    return {usage.value: stance.value for usage, stance in usages.items()}


def said(statements: list[Statement]) -> dict[str, str | None]:
    """Statements in the policy's own words."""
    words: dict[str, str | None] = {}
    for key, usages in KEYS.items():
        heard = {statement.stance for statement in statements if statement.usages == usages}
        words[key] = "no" if Stance.RESERVED in heard else "yes" if Stance.PERMITTED in heard else "unset"
    words["use"] = next((w for w, usages in CEILINGS.items() if any(s.usages == usages for s in statements)), None)
    return words


def reserved(reading: Reading) -> set[Usage]:
    return {usage for s in reading.statements if s.stance is Stance.RESERVED for usage in s.usages}


def permitted(reading: Reading) -> set[Usage]:
    return {usage for s in reading.statements if s.stance is Stance.PERMITTED for usage in s.usages}


def hear(given_: dict[str, Any], *, cautious: bool) -> list[Statement]:
    readings = [field(", ".join(f"{key}={word}" for key, word in given_.get("signals", {}).items()), cautious=cautious)]
    readings.append(field(*given_.get("header_lines", ()), cautious=cautious))
    if "robots_txt" in given_:
        readings.append(rule(given_["robots_txt"], given_["url"], given_["product_token"], cautious=cautious))
    return [statement for reading in readings for statement in reading.statements]


# Vectors


@pytest.mark.parametrize("posture", ["expect", "cautious"])
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"content_signals: {vector['id']}")
def test_vector(vector: dict[str, Any], posture: str) -> None:
    expected = vector.get(posture, vector["expect"])
    heard = hear(vector["input"], cautious=posture == "cautious")
    if "usages" in expected:
        assert stances(heard) == {**{usage.value: "unstated" for usage in EVERY}, **expected["usages"]}
    else:
        assert said(heard) == expected


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if "repair" in v], ids=lambda vector: f"content_signals: {vector['id']}"
)
def test_vector_names_its_repair(vector: dict[str, Any]) -> None:
    assert vector["repair"] in {statement.repair for statement in hear(vector["input"], cautious=True)}
    assert not any(statement.repair for statement in hear(vector["input"], cautious=False))


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == 35


# Evidence and faults


def test_evidence_of_a_line() -> None:
    body = "User-agent: *\nContent-Signal: search=yes\nContent-Signal: Search=No, ai-train=yes # ours\n"
    first, second = rule(body).statements
    assert (first.locator, first.stance, first.usages) == ("line 3", Stance.RESERVED, (Usage.SEARCH,))
    assert (second.locator, second.stance, second.usages) == ("line 3", Stance.PERMITTED, TRAINING)
    assert (first.kind, second.kind) == (Kind.RESERVATION, Kind.PERMISSION)
    assert first.excerpt == "Content-Signal: Search=No, ai-train=yes # ours"
    assert (first.signal, first.carrier, first.repair) == ("content-signals", "robots.txt", None)


def test_evidence_of_a_field() -> None:
    (statement,) = field("search=no").statements
    assert (statement.locator, statement.excerpt, statement.carrier) == ("#content-signal", "search=no", "header")


@pytest.mark.parametrize("cautious", [True, False])
@pytest.mark.parametrize("value", ["ai-train", "ai-train=maybe", "ai-train=", "search=1", "use=yes", "ai-train=full"])
def test_a_key_without_a_word_of_its_own_is_a_fault(value: str, *, cautious: bool) -> None:
    for reading, locator in (
        (line(value, cautious=cautious), "line 2"),
        (field(value, cautious=cautious), "#content-signal"),
    ):
        assert all(each.doubt and each.stance is Stance.UNSTATED for each in reading.statements)
        assert bool(reading.statements) is (value in ("ai-train", "ai-train=maybe", "ai-train="))
        (fault,) = reading.faults
        assert (fault.locator, fault.signal) == (locator, "content-signals")
        assert value in (fault.excerpt or "")


@pytest.mark.parametrize("value", ["search=yes", "use=full", "use=reference,foo=bar", "foo", "", ",,"])
def test_what_the_policy_has_and_what_is_unknown_is_no_fault(value: str) -> None:
    assert not line(value).faults
    assert not field(value).faults


def test_faults_and_pairs_are_bounded() -> None:
    reading = field(*["ai-train=maybe"] * 100)
    assert len(reading.faults) == 8
    (fault,) = field("foo=yes," * 256 + "search=yes").faults
    assert fault.message == "more than 256 pairs"


@pytest.mark.parametrize("joint", [", ", "; "])
def test_a_no_behind_the_bound_is_not_lost(joint: str) -> None:
    pairs = joint.join(["foo=yes"] * 300)
    for value in (f"{pairs}{joint}ai-train=no", f"ai-train=yes{joint}{pairs}{joint}ai-train=no"):
        for hear in (field, line):
            assert set(TRAINING) <= reserved(hear(value))
            letter = hear(value, cautious=False)
            assert not permitted(letter)
            assert any(statement.doubt for statement in letter.statements)
    assert not field(joint.join(["foo=yes"] * 255)).statements


# Words


def test_a_restriction_beats_a_permission_wherever_it_stands() -> None:
    for content in ("ai-train=yes, ai-train=no", "ai-train=no, ai-train=yes"):
        assert reserved(line(content)) == reserved(field(content)) == set(TRAINING)
        assert not permitted(line(content))
    assert reserved(field("ai-train=yes", "ai-train=no", "ai-train=yes")) == set(TRAINING)
    body = "User-agent: *\nContent-Signal: ai-train=no\nContent-Signal: /page ai-train=yes, search=yes\n"
    assert (reserved(rule(body)), permitted(rule(body))) == (set(TRAINING), {Usage.SEARCH})


@pytest.mark.parametrize(
    "content", ["use=full, use=reference, use=immediate", "use=immediate, use=full", "use=immediate, use=reference"]
)
def test_the_lowest_ceiling_counts(content: str) -> None:
    assert said(list(line(content).statements))["use"] == "immediate"


def test_a_ceiling_stands_beside_permissions() -> None:
    statements = list(line("search=yes, ai-train=yes, use=reference").statements)
    assert stances(statements)["search"] == "permitted"
    assert stances(statements)["genai-training"] == "reserved"


@pytest.mark.parametrize(
    ("value", "repair"),
    [
        ("ai-train=n", "content-signal-value"),
        ("ai-train=DISALLOW", "content-signal-value"),
        ("ai-train=false", "content-signal-value"),
        ('ai-train="no"', "content-signal-value"),
        ("search=yes; ai-train=no", "content-signal-separator"),
        ("search=yes ai-train=no", "content-signal-separator"),
        ("search=yes; ai-train=n", "content-signal-value"),
        ("ai-train: no", "content-signal-separator"),
        ("ai-train=deny", "content-signal-value"),
        ("ai-train=prohibited", "content-signal-value"),
        ("ai-train=0", "content-signal-value"),
        ("ai-train=not-allowed", "content-signal-value"),
        ("ai-train=none", "content-signal-value"),
        ("train-ai=n", "content-signal-neighbour"),
        ("train-ai=no, ai-input=yes, search=yes", "content-signal-neighbour"),
        ("ai-training=no", "content-signal-unknown-refusal"),
        ("ai-training=n", "content-signal-unknown-refusal"),
        ("no-ai-training", "content-signal-unknown-refusal"),
    ],
)
def test_botched_refusals(value: str, repair: str) -> None:
    for reading in (line(value), field(value)):
        (statement,) = [s for s in reading.statements if s.stance is Stance.RESERVED]
        assert (statement.usages, statement.repair) == (TRAINING, repair)
    literal = line(f"ai-train=yes, {value}", cautious=False)
    assert not reserved(literal)
    assert stances(list(literal.statements))["genai-training"] == "unstated"


def test_a_botched_ceiling() -> None:
    (statement,) = field("foo=1; use=reference").statements
    assert (statement.usages, statement.repair) == (CEILINGS["reference"], "content-signal-separator")


@pytest.mark.parametrize(
    "value",
    [
        "ai-train=y",
        "ai-train=allow",
        "ai-train=true",
        "not-ai-train=n",
        "ai-training=y",
        "training=full",
        "foo=no",
    ],
)
def test_other_words_say_nothing(value: str) -> None:
    assert not line(value).statements


@pytest.mark.parametrize("value", ["use=none", "use=no"])
def test_a_ceiling_that_leaves_nothing(value: str) -> None:
    (statement,) = line(value).statements
    assert (statement.usages, statement.repair) == (EVERY, "content-signal-value")


def test_a_refusal_that_needs_no_repair_is_shown_first() -> None:
    (statement,) = rule("User-agent: *\nContent-Signal: search=n\nContent-Signal: search=no\n").statements
    assert (statement.locator, statement.repair) == ("line 3", None)


@pytest.mark.parametrize("name", ["Content-Signals:", "content-signals :", "Content-Signal", "Content-Signals"])
def test_misnamed_lines(name: str) -> None:
    body = f"User-agent: *\n{name} search=yes, ai-train=no, ai-input=n\n"
    assert {(s.usages, s.repair) for s in rule(body).statements} == {
        (TRAINING, "content-signal-name"),
        ((Usage.AI_INPUT,), "content-signal-name,content-signal-value"),
    }
    literal = rule(body, cautious=False)
    assert {s.stance for s in literal.statements} == {Stance.UNSTATED}
    assert literal.faults[0].locator == "line 2"


def test_a_misnamed_field() -> None:
    (statement,) = field("ai-train=no, search=yes", name="content-signals").statements
    assert (statement.locator, statement.repair) == ("#content-signals", "content-signal-name")
    assert not reserved(field("ai-train=no", name="content-signals", cautious=False))


# Whom lines speak to


def test_lines_before_any_group_restrict_everyone_and_permit_nobody() -> None:
    body = "Content-Signal: search=yes, ai-train=no, use=reference\nUser-agent: ExampleMiner\nAllow: /\n"
    for cautious in (True, False):
        reading = rule(body, cautious=cautious)
        assert said(list(reading.statements)) == {
            "search": "unset",
            "ai-input": "unset",
            "ai-train": "no",
            "use": "reference",
        }


@pytest.mark.parametrize(
    ("path", "url", "heard"),
    [
        ("/page", PAGE, True),
        ("/page", "https://site.example/other", False),
        ("/*.jpg$", "https://site.example/a.jpg", True),
        ("*.jpg", "https://site.example/a.jpg", True),
        ("*.jpg", PAGE, False),
        ("/pagé", "https://site.example/pag%C3%A9", True),
    ],
)
def test_paths_in_front(path: str, url: str, heard: bool) -> None:
    body = f"User-agent: *\nContent-Signal: {path} ai-train=no\n"
    assert bool(rule(body, url).statements) is heard


@pytest.mark.parametrize(
    "body",
    [
        "",
        "User-agent: *\nAllow: /",
        "User-agent: Other\nContent-Signal: ai-train=no\nAllow: /\nUser-agent: *\nAllow: /",
        "User-agent: *\n# Content-Signal: ai-train=no",
        "User-agent: *\nX-Content-Signal: ai-train=no",
        "User-agent: *\nContent-Usage: train-ai=n",
        "User-agent: *\nContent-Signal: /other ai-train=no",
        "User-agent: *\nContent-Signal: use=full",
    ],
)
def test_nothing_is_heard(body: str) -> None:
    for cautious in (True, False):
        assert not rule(body, cautious=cautious).statements


def test_other_fields_are_not_its_own() -> None:
    source = Source(url=PAGE, carrier="header")
    assert (
        read_headers((("content-usage", "train-ai=n"), ("content-type", "text/html")), source, listener()) == Reading()
    )
    assert {"content-signal", "content-signals"} == SIGNAL.headers


def test_sites_are_compact_and_picklable() -> None:
    body = b"User-agent: *\nContent-Signal: search=yes,ai-train=no,use=reference\nAllow: /\n"
    for more in (b"", b"Content-Signal: /a ai-input=no\n"):
        site = read_robots(parse(body + more), SOURCE, listener())
        assert site is not None
        assert pickle.loads(pickle.dumps(site)).says("/a") == site.says("/a")
        assert len(pickle.dumps(site)) < 2048


def test_what_many_lines_repeat_is_kept_once() -> None:
    body = b"User-agent: *\n" + b"Content-Signal: /a ai-train=no, search=maybe\n" * 10_000
    site = read_robots(parse(body), SOURCE, listener())
    assert site is not None
    assert len(pickle.dumps(site)) < 4096
    assert [each.stance for each in site.says("/a").statements] == [Stance.RESERVED, Stance.UNSTATED]


# Properties


PAIRS = st.sampled_from(
    [
        "ai-train=no",
        "ai-train=yes",
        "search=no",
        "search=yes",
        "ai-input=n",
        "use=reference",
        "use=full",
        "use=x",
        "AI-Train=NO",
    ]
)
CONTENT = st.lists(st.one_of(PAIRS, st.text(max_size=6)), max_size=4).flatmap(
    lambda pairs: st.sampled_from([",", ", ", "; ", " "]).map(lambda separator: separator.join(pairs))
)
LINES = st.one_of(
    st.tuples(
        st.sampled_from(["Content-Signal: ", "Content-Signals:", "content-signal "]),
        st.sampled_from(["", "/a "]),
        CONTENT,
    ).map("".join),
    st.sampled_from(["User-agent: *", "User-agent: ExampleMiner", "User-agent: Other", "Allow: /", ""]),
)
FILES = st.lists(LINES, max_size=10).map("\n".join)


@settings(max_examples=100)
@given(st.lists(CONTENT | st.text(max_size=30), max_size=4))
def test_no_field_raises_and_the_cautious_posture_only_adds(content: list[str]) -> None:
    cautious, literal = field(*content), field(*content, cautious=False)
    assert reserved(literal) <= reserved(cautious)
    assert permitted(cautious) <= permitted(literal)


@settings(max_examples=100)
@given(FILES, st.sampled_from(["/", "/a"]))
def test_no_file_is_heard_laxer_by_the_cautious_posture(body: str, path: str) -> None:
    cautious, literal = (rule(body, "https://site.example" + path, cautious=each) for each in (True, False))
    assert reserved(literal) <= reserved(cautious)
    assert permitted(cautious) <= permitted(literal)
    assert all(s.repair is None for s in literal.statements)
    assert all(s.locator for s in (*cautious.statements, *cautious.faults, *literal.faults))


@settings(max_examples=100)
@given(FILES, LINES.filter(lambda line: not line.startswith(("User-agent", "Allow"))), st.booleans())
def test_a_further_line_lifts_nothing(body: str, further: str, cautious: bool) -> None:
    before, after = (rule(text, "https://site.example/a", cautious=cautious) for text in (body, f"{body}\n{further}"))
    assert reserved(before) <= reserved(after)


@settings(max_examples=100)
@given(st.binary(max_size=200) | st.binary(max_size=60).map(b"User-agent: *\nContent-Signal: ".__add__))
def test_no_bytes_raise(body: bytes) -> None:
    for cautious in (True, False):
        rule(body, cautious=cautious)


@pytest.mark.parametrize("value", ["ai-train:no", "ai-train no", "ai-train='no'"])
def test_to_the_letter_a_fault_tells_why_nothing_is_permitted(value: str) -> None:
    decision = evaluate(
        "https://site.example/a",
        status=200,
        headers=[("content-signal", f"search=yes, {value}")],
        body=b"",
        policies={"/robots.txt": Fetched(status=404)},
        now=datetime(2026, 11, 28, tzinfo=UTC),
        posture="literal",
        usages={"ai-training"},
        signals=["content-signals"],
    )
    assert decision.verdict is Verdict.UNRESERVED
    assert [fault.excerpt for fault in decision.faults if "ai-train" in fault.message]
