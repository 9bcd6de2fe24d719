"""What is kept of a group's lines: enough to show the one that refuses, its number and its very words."""

from __future__ import annotations

import pickle

import pytest

from tdm_guard.formats.site.access_rules import AccessRules, Refusal
from tdm_guard.formats.site.robots_txt import parse

BEFORE = {
    "nothing": [],
    "rules": ["Disallow: /other", "Allow: /other/one"],
    "hundreds of rules": [f"Disallow: /other/{n}" for n in range(400)],
    "comments": ["# Disallow: /x, so we say, is what stands below, and it is meant as it stands there"] * 20,
    "paths in other letters": [f"Disallow: /ά/{n}" for n in range(400)],
}


def compiled(lines: list[str]) -> AccessRules:
    group = parse("\n".join(lines).encode()).group_for("*")
    assert group is not None
    rules: AccessRules = pickle.loads(pickle.dumps(AccessRules(group.parts)))
    return rules


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize(
    "words",
    [
        "Disallow: /x",
        "Disallow: /x*",
        "Disallow:/x",
        "disallow: /x",
        "DISALLOW : /x # why",
        "Dissallow /x",
        "Disallow: /x/Disallow: /",
        "Disallow:  /x",
    ],
)
def test_a_refusal_shows_its_line(words: str, before: list[str]) -> None:
    rules = compiled(["Sitemap: https://s.example/s.xml", "User-agent: * # all", *before, words])
    assert rules.refusal("/x/Disallow:%20/") == Refusal(len(before) + 3, words)


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_lines_of_several_groups_keep_their_numbers(before: list[str]) -> None:
    lines = ["User-agent: *", *before, "Disallow: /x", "User-agent: Other", "Disallow: /z", "User-agent: *"]
    rules = compiled([*lines, *before, "Disallow: /y"])
    assert rules.refusal("/x") == Refusal(len(before) + 2, "Disallow: /x")
    assert rules.refusal("/y") == Refusal(len(lines) + len(before) + 1, "Disallow: /y")
    assert rules.refusal("/z") is None


@pytest.mark.parametrize("value", ["/", "/*"])
def test_all_is_refused(value: str) -> None:
    assert compiled(["User-agent: *", f"Disallow: {value}", "Disallow: /a"]).refuses_all
    assert not compiled(["User-agent: *", f"Disallow: {value}", "Allow: /a"]).refuses_all
    assert not compiled(["User-agent: *", f"Disallow: {value}", "Disallow: a"]).refuses_all


@pytest.mark.parametrize("value", ["", "/a", "/*a", "/*?", "/*/", "/$", "/a*", "/*a$"])
def test_something_is_not_refused(value: str) -> None:
    assert not compiled(["User-agent: *", f"Disallow: {value}"]).refuses_all


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("/a/b*", "/x/a/b"),
        ("/long/head*.pdf$", "/x/long/head.pdf"),
        ("/*?sort", "/a/b"),
        ("/de*/long/tail", "/de/a"),
        ("*?sort", "/a"),
        ("/a$", "/a/b"),
    ],
)
def test_what_no_line_can_match_is_known_at_once(value: str, target: str) -> None:
    assert not compiled(["User-agent: *", f"Disallow: {value}"]).may_refuse(target)


@pytest.mark.parametrize("count", [3, 400])
def test_a_beginning_of_others_refuses_as_they_do(count: int) -> None:
    longer = [f"Disallow: /a/{n}/" for n in range(count)]
    rules = compiled(["User-agent: *", *longer, "Disallow: /a", "Disallow: /b$", "Disallow: /*.png", "Disallow: /c%41"])
    assert rules.refusal("/a") == Refusal(count + 2, "Disallow: /a")
    assert rules.refusal("/a/1/x") == Refusal(3, longer[1])
    assert [rules.may_refuse(path) for path in ("/b", "/x.png", "/cA", "/b/", "/c", "/")] == [True] * 3 + [False] * 3
