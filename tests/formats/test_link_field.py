"""The Link field: targets, parameters, quoting, and what is passed over."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.http.link_field import MAX_LENGTH, links, requoted


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<https://a.example/x>; rel=license", [("https://a.example/x", {"rel": "license"})]),
        ('<a>;REL="license"; type="t/x"', [("a", {"rel": "license", "type": "t/x"})]),
        ("<a>; rel=x, <b>; rel=y", [("a", {"rel": "x"}), ("b", {"rel": "y"})]),
        ('<a>; title="x, <b>; rel=y"; rel=z', [("a", {"title": "x, <b>; rel=y", "rel": "z"})]),
        (r'<a>; title="\"; rel=y"; rel=z', [("a", {"title": '"; rel=y', "rel": "z"})]),
        ("<a,b>; rel=x", [("a,b", {"rel": "x"})]),
        ("<a> ; rel = x ; rel=y", [("a", {"rel": "x"})]),
        ("<>; rel=x", [("", {"rel": "x"})]),
        ("<a>", [("a", {})]),
        ("<a>; crossorigin", [("a", {"crossorigin": ""})]),
        ('<a>; rel="x', [("a", {"rel": "x"})]),
        ("a; rel=x", []),
        ("<a; rel=x", []),
        ("", []),
    ],
)
def test_links(value: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    assert [(link.target, link.parameters) for link in links(value)] == expected


def test_relations_are_a_list_without_case() -> None:
    (link,) = links('<a>; rel="License  Describedby"')
    assert link.relations == ("license", "describedby")
    assert link.words == '<a>; rel="License  Describedby"'


MISQUOTED = [
    "<a>; rel='license'; type='t/x'",
    "<a>; rel='license describedby'; type=t/x",
    '<a>; rel=\u201clicense\u201d; type="t/x"',
    "<a>; rel=\u2018license\u2019; type=\u00abt/x\u00bb",
    '<a>; rel=\u201clicense"; type=t/x',
    "<a>; rel=\x93license\x94; type=t/x",
    "<a>; rel=&quot;license&quot;; type=t/x",
    '<a>; rel=\\"license\\"; type=\\"t/x\\"',
    "<a>; rel=\"'license'\"; type=t/x",
]


@pytest.mark.parametrize("value", [*MISQUOTED, *(value.encode().decode("latin-1") for value in MISQUOTED)])
def test_links_in_other_quotation_marks(value: str) -> None:
    (link,) = requoted(value)
    assert "license" in link.relations
    assert (link.target, link.parameters["type"]) == ("a", "t/x")
    assert not any(link.relations == ("license",) and link.parameters["type"] == "t/x" for link in links(value))


@pytest.mark.parametrize(
    "value",
    [
        '<a>; rel="license"; type="t/x"',
        "<a'b>; rel=license",
        '<a>; rel=license; title="it\'s \u201csaid\u201d so"',
        '<\u2018a\u2019>; rel="license", <b>; rel="x\\"y"',
        "",
    ],
)
def test_links_in_their_own_quotation_marks_are_not_read_again(value: str) -> None:
    assert list(requoted(value)) == []


@pytest.mark.parametrize("piece", ['<a>"', "<a>; ", '<a>; x="\\', ";  ", '"', "<", "<a>;x"])
def test_time_is_linear(piece: str) -> None:
    assert len(list(links(piece * MAX_LENGTH))) <= MAX_LENGTH
    assert len(list(requoted("'" + piece * MAX_LENGTH))) <= MAX_LENGTH


@settings(max_examples=200)
@given(st.text(alphabet="<>;,=\"\\ arel\n'\u201c", max_size=60))
def test_no_text_makes_it_raise(value: str) -> None:
    for link in links(value):
        assert link.target in value
    assert len(list(requoted(value))) <= len(value)
