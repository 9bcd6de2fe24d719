"""Proofs from small logs: everything there is proved, nothing that is not; no edit of a proof passes."""

from __future__ import annotations

import copy
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.redaction import redacted
from tdm_guard.proofs.proof import Known, UnreadableProofError, check, read_proof, read_root
from tdm_guard.proofs.proving import Question
from tests.support.proofs import Made, admitting, run_of, withholding, without_content

ADDRESSES = [f"https://www.site{number}.example/a?b={number}" for number in range(11)]
ABSENT = [f"https://www.site{number}.example/" for number in range(11)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    path = tmp_path_factory.mktemp("log") / "tdm.jsonl"
    decisions = [
        withholding("https://no.example/"),
        *map(admitting, ADDRESSES),
        without_content("https://gone.example/"),
    ]
    run_of(path, decisions, run_id="first")
    journey = admitting("https://a.example/1", final_url="https://b.example/2", hops=("https://c.example/3",))
    run_of(path, [journey], run_id="second", ends=False)
    run_of(path, [withholding("https://no.example/")], run_id="none")
    return Made(path)


def problems(proof: dict[str, Any], roots: list[Known]) -> list[str]:
    return [answer.message for answer in check(proof, roots) if not answer.holds]


@pytest.mark.parametrize("url", ADDRESSES)
def test_what_was_admitted_is_proved(made: Made, url: str) -> None:
    proof = made.proof(Question.url(url), "first")
    assert proof["proofs"][0]["outcome"] == "admitted"
    assert json.loads(proof["proofs"][0]["decision"]["line"])["url"] == url
    assert problems(proof, made.roots()) == []
    site = made.proof(Question.domain(url.split("/")[2]), "first")
    assert site["asked"] == url.split("/")[2].removeprefix("www.")
    assert (site["proofs"][0]["outcome"], problems(site, made.roots())) == ("admitted", [])


@pytest.mark.parametrize(
    "url", [*ABSENT, "https://no.example/", "https://gone.example/", "http://www.site1.example/a?b=1"]
)
def test_what_was_not_admitted_is_proved_to_be_absent(made: Made, url: str) -> None:
    proof = made.proof(Question.url(url))
    assert {each["outcome"] for each in proof["proofs"]} == {"not-admitted"}
    assert problems(proof, made.roots()) == []
    assert problems(proof, made.roots("addresses")) == []


def test_every_address_of_a_journey_counts(made: Made) -> None:
    for url in ("https://a.example/1", "https://b.example/2", "https://c.example/3"):
        proof = made.proof(Question.url(url), "second")
        assert (proof["proofs"][0]["outcome"], problems(proof, made.roots())) == ("admitted", [])


def test_an_empty_tree_proves_that_all_is_absent(made: Made) -> None:
    proof = made.proof(Question.domain("no.example"), "none")
    [each] = proof["proofs"]
    assert (each["size"], each["lower"], each["upper"]) == (0, None, None)
    assert problems(proof, made.roots()) == []
    each["root"] = "00" * 32
    assert problems(proof, [Known(0, "00" * 32)]) == ["run none: an empty tree has no entries, and the root of nothing"]


def test_the_decision_may_go_unchecked_and_that_is_said(made: Made) -> None:
    proof = made.proof(Question.url(ADDRESSES[3]), "first")
    [answer] = check(proof, made.roots("addresses")[:1])
    assert answer.holds
    assert "first-5 of 2026-01-05T09:00:00.123456Z, which is not checked: its root 13:" in answer.message


def test_a_root_is_good_for_its_own_tree_only(made: Made) -> None:
    """Decisions are in no order: between two of them anything can be shown to be missing."""
    proof = made.proof(Question.url(ABSENT[0]), "first")
    each = proof["proofs"][0]
    each |= made.tree.runs[0]["trees"]["decisions"]
    [problem] = problems(proof, made.roots())
    assert problem.endswith("of addresses, which is not among those given")
    assert any(root[:2] == (each["size"], each["root"]) for root in made.roots())


def test_a_root_that_nothing_is_about_is_named(made: Made) -> None:
    proof = made.proof(Question.url(ABSENT[0]), "first")
    said = [answer.message for answer in check(proof, made.roots("addresses"))]
    assert said[1:] == [f"nothing here is about the root {root}" for root in made.roots("addresses")[1:]]


def test_a_proof_for_another_root_names_it(made: Made) -> None:
    proof = made.proof(Question.url(ADDRESSES[0]), "first")
    root = made.runs["first"].trees["addresses"]
    assert problems(proof, made.roots("addresses")[1:]) == [
        f"run first: it is for the root {root['size']}:{root['root']} of addresses, which is not among those given"
    ]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, (dict, list)):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, (*path, key))
    else:
        yield path, value


def put(proof: dict[str, Any], path: tuple[Any, ...], change: Callable[[Any], Any]) -> dict[str, Any]:
    changed = copy.deepcopy(proof)
    holder: Any = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = change(holder[path[-1]])
    return changed


def other(value: Any, at: int) -> Any:
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        at %= max(1, len(value))
        return value[:at] + ("0" if value[at : at + 1] != "0" else "1") + value[at + 1 :]
    return "x"


QUESTIONS = [
    Question.url(ADDRESSES[5]),
    Question.url(ABSENT[5]),
    Question.domain("site4.example"),
    Question.domain("x.example"),
]


@given(st.sampled_from(QUESTIONS), st.integers(0, 10_000), st.integers(0, 2000))
@settings(max_examples=100, deadline=None)
def test_no_changed_value_passes(made: Made, question: Question, which: int, at: int) -> None:
    proof = made.proof(question, "first")
    label = proof["proofs"][0]["outcome"] == "not-admitted" and ("proofs", 0, "run")  # only its root tells the run
    words = ("rests_on", "redact", "type", "v")
    found = [(path, value) for path, value in leaves(proof) if path[0] not in words and path != label]
    path, value = found[which % len(found)]
    assert problems(put(proof, path, lambda _: other(value, at)), made.roots()), path


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_changed_shape_passes(made: Made, question: Question) -> None:
    proof = made.proof(question, "first")
    roots = made.roots()
    assert problems(proof, roots) == []
    holders = [("proofs",), *[path[:-1] for path, _ in leaves(proof) if "path" in path and path[-1] == 0]]
    for path in holders:
        for change in (
            lambda found: found[1:],
            lambda found: [*found, found[0]],
            lambda found: found[:-1],
            lambda found: {},
            lambda found: None,
            lambda found: found * 65,
        ):
            assert problems(put(proof, path, change), roots), path
    for path in holders[1:]:
        if len(put(proof, path, list)) > 1:
            assert problems(put(proof, path, lambda found: found[::-1]), roots)
    for name in ("entry", "lower", "upper", "decision", "tree", "outcome", "size", "root", "run"):
        for change in (lambda found: None, lambda found: [], lambda found: {}, lambda found: True, lambda found: 7):
            assert name not in proof["proofs"][0] or problems(put(proof, ("proofs", 0, name), change), roots), name


def test_neighbours_cannot_be_exchanged_or_left_out(made: Made) -> None:
    proof = made.proof(Question.url(ABSENT[5]), "first")
    each = proof["proofs"][0]
    roots = made.roots()
    index = each["lower"]["index"]
    tree = made.tree.tree(made.tree.runs[0], "addresses")
    assert 0 < index < tree.size - 2
    entries = [
        {"digest": tree.entry(at)[:32].hex(), "index": at, "path": [node.hex() for node in tree.path(at)]}
        for at in range(tree.size)
    ]
    for lower in [None, *entries]:
        for upper in [None, *entries]:
            fits = lower == each["lower"] and upper == each["upper"]
            assert (problems({**proof, "proofs": [{**each, "lower": lower, "upper": upper}]}, roots) == []) is fits


def test_nothing_that_is_there_can_be_shown_absent(made: Made) -> None:
    tree = made.tree.tree(made.tree.runs[0], "addresses")
    proof = made.proof(Question.url(ABSENT[5]), "first")
    admitted = made.proof(Question.url(ADDRESSES[5]), "first")
    head = {name: proof["proofs"][0][name] for name in ("run", "tree", "size", "root", "outcome")}
    entries = [
        {"digest": tree.entry(at)[:32].hex(), "index": at, "path": [node.hex() for node in tree.path(at)]}
        for at in range(tree.size)
    ]
    for lower in [None, *entries]:
        for upper in [None, *entries]:
            false = {**admitted, "proofs": [{**head, "lower": lower, "upper": upper}]}
            assert problems(false, made.roots())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no proof"),
        (b'{"type": "x"}', "no proof"),
        (b'{"type": "tdm-guard-proof", "v": 2}', "version 2"),
        (b'{"type": "tdm-guard-proof", "v": true}', "version true"),
        (b'{"type": "tdm-guard-proof", "v": 1, "x": NaN}', "no JSON"),
    ],
)
def test_what_is_no_proof_cannot_be_read(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableProofError, match=says):
        read_proof(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(QUESTIONS), st.integers(0, 10_000), st.integers(1, 5), JSON)
@settings(max_examples=100, deadline=None)
def test_nothing_that_strangers_send_raises(made: Made, question: Question, which: int, depth: int, value: Any) -> None:
    proof = made.proof(question)
    paths = [path[:depth] for path, _ in leaves(proof) if path[0] not in ("rests_on", "redact", "type", "v")]
    path = paths[which % len(paths)]
    answers = list(check(put(proof, path, lambda found: value), made.roots()))
    assert all(isinstance(answer.message, str) for answer in answers)


def test_a_name_below_a_registrable_domain_is_none(made: Made) -> None:
    """Else the absence of `www.site1.example` would be proved, though its site is there."""
    proof = made.proof(Question.domain("site1.example"), "first")
    assert problems({**proof, "asked": "www.site1.example", "canonical": "www.site1.example"}, made.roots()) == [
        "www.site1.example is not registrable by the public suffix list here, but site1.example: ask for that"
    ]


@pytest.mark.parametrize("name", ["co.uk", "CO.UK.", "com", "gov.uk", "xn--p1ai", "рф", "x.kawasaki.jp"])
def test_nothing_is_proved_by_a_name_under_which_others_have_theirs(made: Made, name: str) -> None:
    """Else the absence of `co.uk` would seem to clear every site below it."""
    with pytest.raises(ConfigurationError, match="is a name under which others have theirs"):
        Question.domain(name)
    asked = Question(kind="domain", asked="co.uk")
    assert problems(made.proof(asked, "first"), made.roots()) == [
        "co.uk is a name under which others have theirs, and of them this proof says nothing"
    ]


@pytest.mark.parametrize("name", ["github.io", "localhost", "127.0.0.1", "[::1]", "www.gov.uk", "a.co.uk"])
def test_what_is_one_owners_is_asked_for(made: Made, name: str) -> None:
    assert not problems(made.proof(Question.domain(name), "first"), made.roots())


def test_a_question_is_about_an_address_or_a_domain() -> None:
    assert Question.url("HTTPS://user:pw@A.example/%7eb#c").asked == "HTTPS://A.example/%7eb"
    assert Question.url("https://bücher.example/é").asked == "https://xn--bcher-kva.example/%C3%A9"
    assert Question.domain("WWW.Bücher.example.").asked == "xn--bcher-kva.example"
    assert Question.domain("127.0.0.1").asked == "127.0.0.1"
    for bad in ("", "nothing", "ftp://a.example/", "https:///"):
        with pytest.raises(ConfigurationError, match="--url"):
            Question.url(bad)
    for bad in ("", "https://a.example/", "a b"):
        with pytest.raises(ConfigurationError, match="--domain"):
            Question.domain(bad)


def test_a_root_is_written_as_seal_prints_it() -> None:
    digest = "ab" * 32
    assert read_root(f"12:{digest.upper()}") == Known(12, digest)
    assert read_root(f"addresses 12:{digest}") == read_root(f"addresses:12:{digest}") == Known(12, digest, "addresses")
    for bad in (digest, f"-1:{digest}", f"1:{digest}0", f"heads 1:{digest}", f"99999999999999999:{digest}"):
        with pytest.raises(ConfigurationError, match="--root"):
            read_root(bad)


@pytest.mark.parametrize(
    ("url", "then"),
    [
        ("https://a.example/?token=1&b=2", "https://a.example/?token=REDACTED&b=2"),
        ("https://a.example/?%54oken=1#f?token=2", "https://a.example/?%54oken=REDACTED#f?token=REDACTED"),
        ("https://a.example/?token&x-amz-date=", "https://a.example/?token&x-amz-date=REDACTED"),
        ("https://a.example/token=1", "https://a.example/token=1"),
    ],
)
def test_values_of_parameters_are_redacted_by_name(url: str, then: str) -> None:
    assert redacted(url, ["TOKEN", "X-Amz-*"]) == then
    assert redacted(then, ["TOKEN", "X-Amz-*"]) == then
    assert redacted(url, []) == url


@pytest.mark.parametrize(
    "value", [b"[],", b"{},", b'"",', b'"\\"",', b'"a\\\\","b",', b"1,", b'{"a":[]},'], ids=lambda it: it.decode()
)
def test_a_proof_of_very_many_values_takes_no_memory(value: bytes) -> None:
    data = b'{"type":"tdm-guard-proof","v":1,"proofs":[' + value * (12 * 2**20 // len(value)) + b"0]}"
    tracemalloc.start()
    with pytest.raises(UnreadableProofError, match="more than 500000 values"):
        read_proof(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120 * 2**20


def test_a_long_text_is_one_value() -> None:
    text = json.dumps({"type": "tdm-guard-proof", "v": 1, "asked": '[{,\\"' * 400_000})
    assert read_proof(text.encode())["asked"].startswith('[{,\\"[')


@pytest.mark.parametrize("member", ["type", "v", "asked", "proofs"])
def test_a_member_that_stands_twice_makes_it_no_proof(member: str) -> None:
    one = json.dumps({"type": "tdm-guard-proof", "v": 1, "asked": "https://a.example/", "proofs": []})
    two = one.replace(f'"{member}"', f'"{member}": 0, "{member}"')
    assert read_proof(one.encode())
    with pytest.raises(UnreadableProofError, match="a member stands there twice"):
        read_proof(two.encode())
