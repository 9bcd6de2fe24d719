"""AIPREF: the vectors, and what they leave open."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.http.fields import read_dictionary
from tdm_guard.formats.site.path_pattern import target
from tdm_guard.formats.site.robots_txt import parse
from tdm_guard.judging.decide import Terms, decide
from tdm_guard.model import Kind, Posture, Reading, Source, Stance, Statement
from tdm_guard.signals import robots
from tdm_guard.signals.aipref.aipref_signal import SIGNAL, read_headers, read_robots
from tdm_guard.signals.shape import Listener
from tdm_guard.usage import EVERY, Usage

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "aipref.json").read_text("utf-8"))
# The digest keeps RFC 9651's last of repeated keys; the contract (section 2: a reservation once heard stands) is
# stricter in the cautious posture, so that these come to a refusal there.
REPEATED = {"aip-018-dup-last-wins", "aip-041-line-override"}
PAGE = "https://site.example/page"
SOURCE = Source(url="https://site.example/robots.txt", carrier="robots.txt")
LABELS = {"train-ai": Usage.GENAI_TRAINING, "ai-use": Usage.AI_INPUT, "search": Usage.SEARCH}
WORDS = {Stance.RESERVED: "disallowed", Stance.PERMITTED: "allowed", Stance.UNSTATED: "unknown"}
ALL_BUT_ARCHIVE = tuple(usage for usage in EVERY if usage is not Usage.ARCHIVE)
TRAINING = (Usage.NONGENAI_TRAINING, Usage.GENAI_TRAINING)


def listener(agent: str = "ExampleMiner", *, cautious: bool = True) -> Listener:
    posture = Posture.CAUTIOUS if cautious else Posture.LITERAL
    return Listener(agent=agent, posture=posture, signals=frozenset({"robots", "aipref"}))


def field(*lines: str, cautious: bool = True) -> Reading:
    headers = tuple(("Content-Usage", line) for line in lines)
    return read_headers(headers, Source(url=PAGE, carrier="header"), listener(cautious=cautious))


def rule(
    body: str | bytes, url: str = PAGE, agent: str = "ExampleMiner", *, cautious: bool = True, source: Source = SOURCE
) -> Reading:
    text = parse(body if isinstance(body, bytes) else body.encode())
    site = read_robots(text, source, listener(agent, cautious=cautious))
    return site.says(target(url)) if site else Reading()


def lines(*content: str, path: str = "/page", cautious: bool = True) -> Reading:
    """What Content-Usage lines of one group for everyone come to."""
    body = "\n".join(["User-agent: *", *(f"Content-Usage: {line}" for line in content)])
    return rule(body, "https://site.example" + path, cautious=cautious)


def stances(*readings: Reading) -> dict[Usage, Stance]:
    statements = tuple(statement for reading in readings for statement in reading.statements)
    return dict(decide(statements, Terms(usages=EVERY)).usages)


def reserved(reading: Reading) -> set[Usage]:
    return {usage for s in reading.statements if s.stance is Stance.RESERVED for usage in s.usages}


def permitted(reading: Reading) -> set[Usage]:
    return {usage for s in reading.statements if s.stance is Stance.PERMITTED for usage in s.usages}


def reserving(reading: Reading) -> list[Statement]:
    return [statement for statement in reading.statements if statement.stance is Stance.RESERVED]


# Vectors


def hear(given_: dict[str, Any], *, cautious: bool) -> list[Reading]:
    readings = [field(statement, cautious=cautious) for statement in given_.get("statements", ())]
    if "statement" in given_:
        readings.append(field(given_["statement"], cautious=cautious))
    if "header_lines" in given_:
        readings.append(field(*given_["header_lines"], cautious=cautious))
    if "robots_txt" in given_:
        readings.append(rule(given_["robots_txt"], given_["url"], given_["product_token"], cautious=cautious))
    return readings


def may_crawl(given_: dict[str, Any], *, cautious: bool) -> bool:
    text = parse(given_["robots_txt"].encode())
    site = robots.read_robots(text, SOURCE, listener(given_["product_token"], cautious=cautious))
    return site is None or not site.says(target(given_["url"])).statements


def for_use(use: dict[str, Any], heard: dict[Usage, Stance]) -> dict[str, Any]:
    """The vocabulary's answer for one use: search conditions met, or training of a classifier."""
    usage = Usage.SEARCH if use.get("is_search") else Usage.NONGENAI_TRAINING
    stance = heard[usage]
    label = next((label for label, named in LABELS.items() if named is usage), None)
    return {"outcome": WORDS[stance], "category": label if stance is not Stance.UNSTATED else None}


def at_fetch_time(given_: dict[str, Any]) -> Reading:
    """The reading of the copy of robots.txt that an item fetched at that time was judged by."""
    before, after = given_["change"].split(" to ")
    fetched, changed = (datetime.fromisoformat(given_[name]) for name in ("fetched_at", "robots_changed_at"))
    source = Source(url=SOURCE.url, carrier="robots.txt", retrieved_at=fetched)
    return rule(f"User-agent: *\nContent-Usage: {before if fetched < changed else after}\n", source=source)


@pytest.mark.parametrize("posture", ["expect", "cautious"])
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"aipref: {vector['id']}")
def test_vector(vector: dict[str, Any], posture: str) -> None:
    cautious = posture == "cautious"
    given_ = vector["input"]
    expected = vector.get(posture, vector["expect"])
    if cautious and vector["id"] in REPEATED:
        assert expected["preferences"]["train-ai"] == "allowed"
        expected = {"preferences": {**expected["preferences"], "train-ai": "disallowed"}}
    if "change" in given_:
        (statement,) = at_fetch_time(given_).statements
        assert statement.excerpt == f"Content-Usage: {expected['preferences']['applies_to_item']}"
        assert statement.retrieved_at == datetime(2026, 11, 1, tzinfo=UTC)
        return
    heard = stances(*hear(given_, cautious=cautious))
    if "parses" in expected:
        assert (read_dictionary(given_["statement"]).problem is None) is expected["parses"]
    if "crawl_allowed" in expected:
        assert may_crawl(given_, cautious=cautious) is expected["crawl_allowed"]
    if "usages" in expected:
        assert {usage.value: stance.value for usage, stance in heard.items()} == {
            **{usage.value: "unstated" for usage in EVERY},
            **expected["usages"],
        }
    elif "use" in given_:
        assert for_use(given_["use"], heard) == expected["preferences"]
    elif expected["preferences"] is None:
        assert set(heard.values()) == {Stance.UNSTATED}
    else:
        assert {label: WORDS[heard[usage]] for label, usage in LABELS.items()} == expected["preferences"]


@pytest.mark.parametrize("vector", [v for v in VECTORS if "repair" in v], ids=lambda vector: f"aipref: {vector['id']}")
def test_vector_names_its_repair(vector: dict[str, Any]) -> None:
    added = [s for reading in hear(vector["input"], cautious=True) for s in reserving(reading) if s.repair]
    assert vector["repair"] in {statement.repair for statement in added}
    assert not any(s.repair for reading in hear(vector["input"], cautious=False) for s in reading.statements)


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == 75


# Evidence and faults


def test_evidence_of_a_rule() -> None:
    body = "User-agent: *\nContent-Usage: train-ai=n\nContent-Usage: /page ai-use=n, search=y # no grounding\n"
    statements = rule(body).statements
    assert {(s.locator, s.stance, s.usages, s.repair) for s in statements} == {
        ("line 3", Stance.RESERVED, (Usage.AI_INPUT,), None),
        ("line 3", Stance.PERMITTED, (Usage.SEARCH,), None),
        ("line 2", Stance.RESERVED, (Usage.GENAI_TRAINING,), "shorter-path-refusal"),
    }
    assert {s.carrier for s in statements} == {"robots.txt"}
    assert {s.kind for s in statements if s.stance is Stance.PERMITTED} == {Kind.PERMISSION}
    assert "Content-Usage: train-ai=n" in {s.excerpt for s in statements}


def test_evidence_of_a_field() -> None:
    reading = field("train-ai=n", "ai-use=n")
    (statement,) = reading.statements
    assert (statement.locator, statement.excerpt) == ("#content-usage", "train-ai=n, ai-use=n")
    assert (statement.signal, statement.kind, statement.carrier) == ("aipref", Kind.RESERVATION, "header")
    assert set(statement.usages) == {Usage.GENAI_TRAINING, Usage.AI_INPUT}
    assert reading.faults == ()


@pytest.mark.parametrize("cautious", [True, False])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("train-ai=n,", "at character 12"),
        ("train-ai = n", "at character 10"),
        ("train-ai", "train-ai is neither y nor n"),
        ("train-ai=no", "train-ai is neither y nor n"),
        ("ai-use=y;search=n", "search stands as a parameter of ai-use"),
    ],
)
def test_faults_say_what_and_where(value: str, words: str, *, cautious: bool) -> None:
    (fault,) = field(value, cautious=cautious).faults
    assert words in fault.message
    assert (fault.signal, fault.locator, fault.excerpt) == ("aipref", "#content-usage", value)
    (fault,) = lines("search=y", value, cautious=cautious).faults
    assert (fault.locator, fault.excerpt) == ("line 3", f"Content-Usage: {value}")


@pytest.mark.parametrize(
    "value", ["", "train-ai=n", "train-ai=y;until=@1", "foo=1, train-ai=n", "search=y, search=n", "n"]
)
def test_what_the_standard_has_is_no_fault(value: str) -> None:
    assert not field(value).faults
    assert not field(value, cautious=False).faults


@pytest.mark.parametrize(
    ("body", "locator"),
    [
        ("Content-Usage: train-ai=n\nUser-agent: *\nAllow: /\n", "line 1"),
        ("User-agent: *\nContent-Usage: train-ai=n\nUser-agent: ExampleMiner\nAllow: /\n", "line 2"),
        ("User-agent: *\nContent-Usage: train-ai=n\nContent-Usage: /page search=y\n", "line 2"),
        ("User-agent: *\nContent-Usage: train-ai=n\nContent-Usage: /page\n", "line 2"),
    ],
)
def test_the_literal_posture_says_which_refusal_it_passes_over(body: str, locator: str) -> None:
    reading = rule(body, cautious=False)
    assert not reserved(reading)
    assert locator in {fault.locator for fault in reading.faults if "passed over" in fault.message}
    assert reserved(rule(body)) == {Usage.GENAI_TRAINING}


def test_faults_are_bounded() -> None:
    content = [f"/{'*' * number} train-ai=" for number in range(100)]
    assert len(lines(*content).faults) == 8


# What a value says


@pytest.mark.parametrize(
    "value", ["N", "no", "NO", '"n"', '"No"', "?0", "disallow", "denied", "false", '"prohibited"', "none"]
)
def test_other_spellings_of_a_refusal(value: str) -> None:
    for text in (f"train-ai={value}", f"search=y;train-ai={value}"):
        assert reserved(field(text)) == {Usage.GENAI_TRAINING}
        assert not reserved(field(text, cautious=False))


@pytest.mark.parametrize("value", ["Y", "yes", '"y"', "?1", "1", "(n)", "nope", "allow", ":bg==:", "@0", '""'])
def test_other_values_say_nothing(value: str) -> None:
    for cautious in (True, False):
        assert not field(f"train-ai={value}", cautious=cautious).statements


@pytest.mark.parametrize(
    "text",
    [
        "Train-AI=n",
        "train-ai=N,",
        "train-ai = 'no'",
        "train-ai:n",
        '{"train-ai": "n", "search": "y"}',
        "x search=y; train-ai=n,",
        "search=y train-ai=n",
        "train-ai=?0,",
        "train-ai=n; é",
    ],
)
def test_refusals_are_seen_in_what_is_no_dictionary(text: str) -> None:
    (statement,) = field(text).statements
    assert (statement.usages, statement.repair) == ((Usage.GENAI_TRAINING,), "aipref-unparsed")
    (literal,) = field(text, cautious=False).statements
    assert (literal.stance, literal.repair) == (Stance.UNSTATED, None)


@pytest.mark.parametrize(
    "text",
    ["train-ai=y,", "not-train-ai=n,", "train-ai=nothing,", "train-ai=n-o,", "trainee=n,", "train-ai,", "no ai,", ","],
)
def test_nothing_else_is_seen_in_it(text: str) -> None:
    reading = field(text)
    assert not reading.statements
    assert reading.faults


def test_repairs_add_up_in_their_order() -> None:
    (statement,) = field("TDM=n").statements
    assert statement.repair == "aipref-unparsed,aipref-legacy"
    (statement,) = rule("Content-Usage: tdm=no\nUser-agent: *\nAllow: /").statements
    assert statement.repair == "aipref-no-group,aipref-value,aipref-legacy"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tdm=n, ai=y", {Usage.ANALYSIS, Usage.AI_INPUT, Usage.AI_INDEX, Usage.SEARCH}),
        ("tdm=n, ai=y, genai=n", set(ALL_BUT_ARCHIVE) - {Usage.NONGENAI_TRAINING}),
        ("tdm=n, inference=y", set(ALL_BUT_ARCHIVE) - {Usage.AI_INPUT}),
        ("tdm=n, ai-output=y", set(ALL_BUT_ARCHIVE)),  # -01 had no such label
        ("ai=n, genai=y", {Usage.NONGENAI_TRAINING}),
        ("ai=n, train-ai=y", set(TRAINING)),  # labels of different revisions
        ("all=y, train-ai=n", set(TRAINING)),  # -02: any model
        ("train-genai=y, train-ai=n", set(TRAINING)),
        ("bots=n, train-ai=y, ai-output=y", {Usage.ANALYSIS, Usage.NONGENAI_TRAINING}),  # -04: generative models
        ("bots=n, ai-use=y", set(ALL_BUT_ARCHIVE)),  # -03 had no such label
        ("ai-output=n", {Usage.AI_INPUT, Usage.AI_INDEX, Usage.SEARCH}),
        ("tdm=y", set()),
        ("tdm=n, search=?1", set(ALL_BUT_ARCHIVE)),  # a botched y keeps nothing out
        ("TDM=n, search=y", set(ALL_BUT_ARCHIVE)),  # nor does one in what is no Dictionary
    ],
)
def test_labels_of_older_revisions(text: str, expected: set[Usage]) -> None:
    assert reserved(field(text)) == expected


def test_labels_of_older_revisions_permit_nothing() -> None:
    assert not permitted(field("tdm=y, ai=y, all=y, bots=y, inference=y"))


# Which rules speak


@pytest.mark.parametrize("cautious", [True, False])
def test_order_has_no_meaning(*, cautious: bool) -> None:
    content = ("train-ai=n", "/page train-ai=y", "/p ai-use=n")
    expected = stances(lines(*content, cautious=cautious))
    assert stances(lines(*content[::-1], cautious=cautious)) == expected


def test_only_the_longest_rule_lifts_a_refusal_under_a_shorter_path() -> None:
    assert reserved(lines("train-ai=n", "/pa train-ai=y", "/page search=y")) == {Usage.GENAI_TRAINING}
    assert reserved(lines("train-ai=n", "/page train-ai=y")) == set()
    assert reserved(lines("train-ai=n", "/page train-ai=yes")) == {Usage.GENAI_TRAINING}
    assert reserved(lines("tdm=n", "/page search=y")) == set(ALL_BUT_ARCHIVE) - {Usage.SEARCH}
    assert reserved(lines("tdm=n", "/page tdm=y")) == set()


def test_a_path_without_a_statement_hides_no_refusal_and_grants_nothing() -> None:
    reading = lines("train-ai=n, search=y", "/page")
    assert [(s.usages, s.repair) for s in reading.statements] == [((Usage.GENAI_TRAINING,), "aipref-empty")]
    assert "a path without a statement" in {fault.message for fault in reading.faults}
    assert lines("train-ai=n", "/page", path="/other").faults == ()
    assert reserved(lines("train-ai=n", "/page", "/page train-ai=y")) == set()


def test_lines_before_any_group_refuse_only() -> None:
    body = "Content-Usage: train-ai=n, search=y\nUser-agent: *\nContent-Usage: /page {}\n"
    assert reserved(rule(body.format("ai-use=n"))) == {Usage.GENAI_TRAINING, Usage.AI_INPUT}
    assert not permitted(rule(body.format("ai-use=n")))
    assert reserved(rule(body.format("train-ai=y"))) == set()
    assert permitted(rule(body.format("train-ai=y"))) == {Usage.GENAI_TRAINING}


def test_both_readings_of_a_group() -> None:
    body = "User-agent: *\nContent-Usage: train-ai=n\n\nUser-agent: ExampleMiner\nContent-Usage: /page {}\nAllow: /\n"
    (added,) = [statement for statement in rule(body.format("search=n")).statements if statement.repair]
    assert (added.repair, added.usages, added.locator) == ("aipref-grouping", (Usage.GENAI_TRAINING,), "line 2")
    assert reserved(rule(body.format("train-ai=y"))) == set()  # ours is the longer path of the one group
    assert reserved(rule(body.format("search=n"), cautious=False)) == {Usage.SEARCH}
    assert reserved(rule(body.format("search=n"), agent="Other", cautious=False)) == {Usage.GENAI_TRAINING}


@pytest.mark.parametrize(
    ("line", "hit", "miss"),
    [
        ("Content-Usage train-ai=n", PAGE, None),
        ("Content-Usage /page train-ai=n", PAGE, "https://site.example/"),
        ("Content-Usage: *.jpg train-ai=n", "https://site.example/a.jpg", PAGE),
    ],
)
def test_refusals_of_lines_that_are_no_rule(line: str, hit: str, miss: str | None) -> None:
    body = f"User-agent: *\n{line}\nContent-Usage: search=y\n"
    assert [s.repair for s in reserving(rule(body, hit))] == ["aipref-unparsed"]
    assert permitted(rule(body, hit)) == {Usage.SEARCH}
    assert permitted(rule(body, hit, cautious=False)) == {Usage.SEARCH}
    assert not reserved(rule(body, hit, cautious=False))
    assert rule(body, hit, cautious=False).faults
    if miss:
        assert not reserved(rule(body, miss))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "User-agent: *\nAllow: /",
        "User-agent: Other\nContent-Usage: train-ai=n\nAllow: /\nUser-agent: *\nAllow: /",
        "User-agent: Other\nContent-Usage: train-ai=n",
        "User-agent: *\n# Content-Usage: train-ai=n",
        "User-agent: *\nX-Content-Usage: train-ai=n",
        "User-agent: *\nContent-Signal: ai-train=no",
        "User-agent: *\nContent-Usage: /other train-ai=n",
        "User-agent: *\nContent-Usage: /page$x train-ai=n",
        "User-agent: *\nContent-Usage:",
    ],
)
def test_nothing_is_heard(body: str) -> None:
    for cautious in (True, False):
        assert not rule(body, cautious=cautious).statements


def test_who_does_not_listen_to_robots_may_crawl_every_path() -> None:
    body = parse(b"User-agent: *\nDisallow: /\nContent-Usage: train-ai=n\n")
    for signals, heard in ((frozenset({"robots", "aipref"}), 0), (frozenset({"aipref"}), 1)):
        site = read_robots(body, SOURCE, Listener(agent="ExampleMiner", signals=signals))
        assert site is not None
        assert len(site.says("/page").statements) == heard


def test_other_fields_are_not_its_own() -> None:
    source = Source(url=PAGE, carrier="header")
    assert (
        read_headers((("content-signal", "ai-train=no"), ("content-type", "text/html")), source, listener())
        == Reading()
    )
    assert SIGNAL.headers == {"content-usage"}


def test_sites_are_compact_and_picklable() -> None:
    body = b"User-agent: *\nDisallow: /x\nContent-Usage: train-ai=n\nContent-Usage: /ok train-ai=y\n"
    site = read_robots(parse(body), SOURCE, listener())
    assert site is not None
    again = pickle.loads(pickle.dumps(site))
    for path in ("/", "/ok", "/x"):
        assert again.says(path) == site.says(path)
    assert len(pickle.dumps(site)) < 2048


def test_what_many_lines_repeat_is_kept_once() -> None:
    body = b"User-agent: *\n" + b"Content-Usage: /a train-ai=n\n" * 15_000
    site = read_robots(parse(body), SOURCE, listener())
    assert site is not None
    assert len(pickle.dumps(site)) < 2048
    assert len(site.says("/a").statements) == 1


# Properties


VALUES = st.sampled_from(
    [
        "train-ai=n", "train-ai=y", "ai-use=n", "search=y", "search=no", "tdm=n", "tdm=y", "all=n", "bots=n",
        "train-ai=n, search=y", "TRAIN-AI=n", "train-ai=n;search=n", "train-ai=n,", "", "foo", "genai=?0",
        "train-genai=y", "ai-output=y",
    ]
)  # fmt: skip
AGENTS = ["User-agent: *", "User-agent: ExampleMiner", "User-agent: Other"]
LINES = st.one_of(
    st.tuples(st.sampled_from(["", "/ ", "/a ", "/a/b ", "/*b$ ", "/a", "*b "]), VALUES).map(
        lambda parts: "Content-Usage: " + "".join(parts)
    ),
    st.sampled_from([*AGENTS, "Allow: /", "Disallow: /a/b", ""]),
    VALUES.map("content-usage ".__add__),
)
FILES = st.lists(LINES, max_size=10).map("\n".join)
PATHS = st.sampled_from(["/", "/a", "/a/b", "/b"])


@settings(max_examples=100)
@given(st.lists(st.text(max_size=30) | VALUES, max_size=4))
def test_no_field_raises_and_the_cautious_posture_only_adds(content: list[str]) -> None:
    cautious, literal = field(*content), field(*content, cautious=False)
    assert reserved(literal) <= reserved(cautious)
    assert permitted(cautious) <= permitted(literal)


@settings(max_examples=100)
@given(FILES, PATHS)
def test_no_file_is_heard_laxer_by_the_cautious_posture(body: str, path: str) -> None:
    cautious, literal = (rule(body, "https://site.example" + path, cautious=each) for each in (True, False))
    assert reserved(literal) <= reserved(cautious)
    assert permitted(cautious) <= permitted(literal)
    assert not reserved(cautious) & permitted(cautious)
    assert all(s.repair is None for s in literal.statements)
    assert all(s.locator for s in (*cautious.statements, *cautious.faults, *literal.faults))


@settings(max_examples=100)
@given(FILES, PATHS, st.sampled_from(["", "/ ", "/a ", "/*b$ "]))
def test_a_further_refusal_lifts_nothing(body: str, path: str, prefix: str) -> None:
    url = "https://site.example" + path
    before = rule(body, url)
    after = rule(f"{body}\nContent-Usage: {prefix}train-ai=n", url)
    assert reserved(before) <= reserved(after)


@settings(max_examples=100)
@given(st.binary(max_size=200) | st.binary(max_size=60).map(b"User-agent: *\nContent-Usage: ".__add__))
def test_no_bytes_raise(body: bytes) -> None:
    for cautious in (True, False):
        rule(body, cautious=cautious)


# Refusals in other words


@pytest.mark.parametrize(
    ("text", "usages", "repair"),
    [
        ("ai-train=no", TRAINING, "aipref-neighbour"),
        ("ai-input=n", (Usage.AI_INPUT,), "aipref-neighbour"),
        ("ai-train=no, ai-input=yes, search=yes", TRAINING, "aipref-neighbour"),
        ("use=reference", tuple(usage for usage in EVERY if usage is not Usage.SEARCH), "aipref-neighbour"),
        ("ai-training=n", TRAINING, "aipref-unknown-refusal"),
        ("ai-training=0", TRAINING, "aipref-unknown-refusal"),
        ("llm-training=deny", TRAINING, "aipref-unknown-refusal"),
        ("no-ai-training", TRAINING, "aipref-unknown-refusal"),
        ("search=y;ai-train=no", TRAINING, "aipref-parameter,aipref-neighbour"),
        ("ai-train=no,", TRAINING, "aipref-unparsed,aipref-neighbour"),
    ],
)
def test_refusals_in_other_words_reserve_and_to_the_letter_permit_nothing(
    text: str, usages: tuple[Usage, ...], repair: str
) -> None:
    for value in (text, f"train-ai=y, {text}"):
        (statement,) = reserving(field(value))
        assert (statement.usages, statement.repair) == (usages, repair)
        literal = field(value, cautious=False)
        assert literal.faults
        assert not reserved(literal)
        heard = stances(literal)
        assert {heard[usage] for usage in usages} == {Stance.UNSTATED}


@pytest.mark.parametrize(
    "text", ["ai-train=yes", "foo=n", "foo=0", "ai-training=y", "not-train-ai=n", "use=full", "cache=no", "x;y=no"]
)
def test_other_words_that_refuse_nothing_are_passed_over(text: str) -> None:
    for cautious in (True, False):
        assert stances(field(f"train-ai=y, {text}", cautious=cautious))[Usage.GENAI_TRAINING] is Stance.PERMITTED


def test_a_label_with_a_number_is_no_refusal_and_no_permission() -> None:
    for lines_ in (
        ("train-ai=0",),
        ("train-ai=0", "train-ai=y"),
        ("train-ai=y", "train-ai=0"),
        ("train-ai=0, train-ai=y",),
    ):
        heard = stances(field(*lines_))
        assert heard[Usage.GENAI_TRAINING] is Stance.UNSTATED
    assert stances(lines("train-ai=0", "train-ai=y"))[Usage.GENAI_TRAINING] is Stance.UNSTATED


def test_an_older_label_is_a_doubt_to_the_letter() -> None:
    reading = field("train-ai=y, tdm=n", cautious=False)
    assert [fault.message for fault in reading.faults] == ["tdm is a label of an older revision"]
    assert stances(reading)[Usage.GENAI_TRAINING] is Stance.UNSTATED


# Contradictions


@pytest.mark.parametrize(
    "content",
    [
        ("train-ai=n", "train-ai=y"),
        ("train-ai=n, train-ai=y",),
        ("train-ai=n;exp=1", "search=y, train-ai=y"),
        ("tdm=n", "tdm=y"),
        ("train-ai=no", "train-ai=y"),
    ],
)
def test_a_refusal_stands_whatever_the_order(content: tuple[str, ...]) -> None:
    turned = tuple(", ".join(reversed(line.split(", "))) for line in reversed(content))
    for order in (content, turned):
        assert Usage.GENAI_TRAINING in reserved(field(*order))
    if content[0].startswith("train-ai=n,") or len(content) == 2:
        assert any("aipref-repeated-key" in (s.repair or "") for s in reserving(field(*content)))
    assert not reserved(field(*content, cautious=False))


def test_to_the_letter_the_last_of_repeated_keys_counts_and_the_fault_says_so() -> None:
    reading = field("train-ai=n", "train-ai=y", cautious=False)
    assert permitted(reading) == {Usage.GENAI_TRAINING}
    assert "stands again behind it" in reading.faults[0].message


MEMBERS = st.lists(
    st.sampled_from(
        [
            "train-ai=n",
            "train-ai=y",
            "train-ai",
            "train-ai=0",
            "search=y",
            "search=n",
            "ai-use=no",
            "tdm=n",
            "tdm=y",
            "ai=y",
            "ai-train=no",
            "search=y;train-ai=n",
            "ai-training=n",
            "train-ai = n",
            "",
            'x="',
            "TRAIN",
        ]
    ),
    min_size=1,
    max_size=3,
).map(", ".join)


@settings(max_examples=300)
@given(st.lists(MEMBERS, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_no_order_of_lines_changes_what_the_cautious_posture_hears(content: list[str], random: Any) -> None:
    shuffled = list(content)
    random.shuffle(shuffled)
    assert stances(field(*content)) == stances(field(*shuffled))
    in_robots = [line for line in content if line]
    again = [line for line in shuffled if line]
    assert stances(lines(*in_robots)) == stances(lines(*again))


@pytest.mark.parametrize("further", ["", "x,", 'search="'])
@pytest.mark.parametrize("over", ["train-ai", "train-ai=y"])
def test_a_broken_line_beside_it_hides_no_key_that_stands_twice(over: str, further: str) -> None:
    assert stances(field(f"train-ai=n, {over}", further))[Usage.GENAI_TRAINING] is Stance.RESERVED


@settings(max_examples=300)
@given(st.lists(MEMBERS, min_size=1, max_size=3), st.lists(MEMBERS, max_size=2))
def test_a_further_line_lifts_nothing_in_the_cautious_posture(content: list[str], more: list[str]) -> None:
    def strict(heard: dict[Usage, Stance]) -> set[Usage]:
        return {usage for usage, stance in heard.items() if stance is Stance.RESERVED}

    legacy = any(word in line for line in content for word in ("tdm", "ai=y"))
    if not legacy and not any("ai=y" in line for line in more):
        assert strict(stances(field(*content))) <= strict(stances(field(*content, *more)))
