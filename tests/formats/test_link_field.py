"""The Link field: targets, parameters, quoting, and what is passed over."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.link_field import MAX_LENGTH, links


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


@pytest.mark.parametrize("piece", ['<a>"', "<a>; ", '<a>; x="\\', ";  ", '"', "<", "<a>;x"])
def test_time_is_linear(piece: str) -> None:
    assert len(list(links(piece * MAX_LENGTH))) <= MAX_LENGTH


@settings(max_examples=200)
@given(st.text(alphabet='<>;,="\\ arel\n', max_size=60))
def test_no_text_makes_it_raise(value: str) -> None:
    for link in links(value):
        assert link.target in value
