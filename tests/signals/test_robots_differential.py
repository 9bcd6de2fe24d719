"""
The compiled rules against Protego, which is handed the same rules under one `User-agent: *`.

What docs/robots.md lists as known differences is about grouping and lines and cannot show here, but for one.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from protego import Protego

from tdm_guard.formats.site.access_rules import AccessRules
from tdm_guard.formats.site.path_pattern import normalise_pattern, target
from tdm_guard.formats.site.robots_txt import Record, parse

HERE = Path(__file__).parents[1]
CORPUS = sorted((HERE / "corpus" / "robots").glob("*.txt"))
VECTORS = [
    vector
    for vector in json.loads((HERE / "vectors" / "robots_rfc9309.json").read_text("utf-8"))
    if "robots_txt" in vector["input"]
]
TEXT = st.text("/ab.?=&*$%2FfEeé ~;-", max_size=10).map(str.strip)
ODD = [
    "",
    "/",
    "/*",
    "*",
    "/$",
    "$",
    "/a/index.html",
    "/*.pdf$",
    "/caf%c3%a9",
    "/a%2Fb",
    "/a%2Ab",
    "/a$b",
    "/%zz",
    "/%3F",
    "/a$",
    "https://x/",
    "http://x/*",
    "a",
    "/**a",
    "/a*$",
    "/%E9",
    "/%C3",
]
VALUES = TEXT | TEXT.map("/".__add__) | st.sampled_from(ODD)
PATHS = TEXT | st.sampled_from(
    [
        "",
        "a/",
        "a/index.html",
        "x.pdf",
        "café",
        "a%2fb",
        "a*b",
        "a$b",
        "a$",
        "%E9",
        "%E8",
        "/a",
        "?",
        "%zz",
        "a%3Fb",
        "https://x/",
        "robots.txt",
    ]
)
SEGMENTS = [
    "",
    "a",
    "index.html",
    "wp-admin/x.php",
    "search?q=1",
    "cart/",
    "%C3%A9t%C3%A9",
    "feed/",
    "a.pdf",
    "private/1",
]


DOT_SEGMENT = re.compile(r"/(?:\.|%2[Ee]){1,2}(?:[/$?]|$)")
"""The other one: Protego compares paths whose dot segments nobody resolved."""
INSIDE_AN_ESCAPE = re.compile(r"\*[0-9A-F]")
"""
The known difference in matching (docs/robots.md): Protego encodes ? & and their like before it compares, and lets a
wildcard end inside such an escape, so that `*3F` covers every query.
"""
VALUES = VALUES.filter(lambda value: INSIDE_AN_ESCAPE.search(value) is None)
RULES = st.lists(st.tuples(st.sampled_from(["allow", "disallow"]), VALUES), max_size=8)


def records(rules: list[tuple[str, str]]) -> list[Record]:
    return [Record(line, name, value, f"{name}: {value}") for line, (name, value) in enumerate(rules, 1)]


def compile_rules(rules: list[tuple[str, str]]) -> AccessRules:
    (group,) = parse("\n".join(["User-agent: *", *(f"{name}: {value}" for name, value in rules)]).encode()).groups
    return AccessRules(group.parts)


def assert_agrees(rules: list[Record], path: str) -> None:
    """The path is put in our one spelling for both, and so are the patterns: see path_pattern."""
    spelled = target("https://site.example/" + path)
    lines = ["User-agent: *", *(f"{rule.name}: {normalise_pattern(rule.value)}" for rule in rules)]
    allowed = Protego.parse("\n".join(lines)).can_fetch("https://site.example" + spelled, "*")
    compiled = compile_rules([(rule.name, rule.value) for rule in rules])
    assert (compiled.refusal(spelled) is None) is allowed
    if not allowed:
        assert compiled.may_refuse(spelled)
    elif not spelled.startswith("/robots.txt"):
        assert not compiled.refuses_all


@given(RULES, PATHS)
@settings(max_examples=200)
@example([("disallow", "/a%3Fb")], "a?b")
@example([("disallow", "/a$")], "a$b")
@example([("disallow", "/"), ("allow", "/a/index.html")], "a/")
@example([("disallow", "/%E9")], "%E8")
@example([("disallow", "/*a")], "b")
@example([("disallow", "/a*b")], "a")
@example([("disallow", "/a"), ("allow", "/a?b"), ("disallow", "/a*bc")], "a?bc")
def test_generated_rules(rules: list[tuple[str, str]], path: str) -> None:
    assert_agrees(records(rules), path)


@given(RULES, PATHS)
@settings(max_examples=200)
def test_raw_values_come_to_the_same(rules: list[tuple[str, str]], path: str) -> None:
    """Protego normalises for itself: our spelling before it changes nothing, but for escapes that are none."""
    rules = [
        (name, value)
        for name, value in rules
        if "%zz" not in normalise_pattern(value)
        and "%25" not in normalise_pattern(value)
        and not DOT_SEGMENT.search(value)
    ]
    url = "https://site.example/" + path
    if "%25" in target(url):
        return
    raw = Protego.parse("\n".join(["User-agent: *", *(f"{name}: {value}" for name, value in rules)]))
    assert (compile_rules(rules).refusal(target(url)) is None) is raw.can_fetch(
        "https://site.example" + target(url), "*"
    )


@pytest.mark.parametrize(
    ("value", "path", "refused"),
    [("/*E", "caf%E9", True), ("/*9/b", "caf%C3%A9/b", True), ("/*3F", "a?b", False), ("/*E", "cafe", False)],
)
def test_a_wildcard_that_ends_inside_an_escape(value: str, path: str, refused: bool) -> None:
    found = compile_rules([("disallow", value)]).refusal(target("https://site.example/" + path))
    assert (found is not None) is refused


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"robots_rfc9309.json: {vector['id']}")
def test_vectors(vector: dict[str, dict[str, str]]) -> None:
    given_ = vector["input"]
    for group in parse(given_["robots_txt"].encode()).groups:
        path = target(given_["url"])
        assert_agrees(list(group.rules), path[1:])


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_corpus(path: Path) -> None:
    robots = parse(path.read_bytes())
    for group in robots.groups[:20]:
        paths = [*SEGMENTS, *(rule.value.replace("*", "x").rstrip("$").lstrip("/") for rule in group.rules[:40])]
        for tried in paths:
            assert_agrees(list(group.rules), tried.partition("#")[0])
