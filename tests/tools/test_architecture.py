"""The page of the house: its picture and its lists are what the imports are, and what it names is there."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.pages import rows
from tools import architecture
from tools.drawing import arranged, reduced
from tools.layers import LAYERS

ROOT = Path(__file__).parents[2]
TEXT = architecture.PAGE.read_text(encoding="utf-8")
PICTURE = architecture.PICTURE.read_text(encoding="utf-8")
SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_is_what_the_imports_are() -> None:
    """`python -m tools.architecture` draws it."""
    assert architecture.picture() == PICTURE


def test_the_lists_are_what_the_imports_and_docstrings_are() -> None:
    """`python -m tools.architecture` writes them."""
    assert architecture.page(TEXT) == TEXT


def test_every_room_is_in_both_and_has_a_purpose() -> None:
    drawn = {words.text for words in ElementTree.fromstring(PICTURE).iter(f"{SVG}text")}
    assert architecture.rooms().keys() <= drawn
    told = rows(architecture.lists().partition("### Within")[0])
    assert sorted(name for row in told for name in row.names) == sorted(LAYERS)
    assert [row for row in told if len(row.cells) != 2 or not all(row.cells)] == []


def test_the_picture_is_told_to_who_cannot_see_it() -> None:
    root = ElementTree.fromstring(PICTURE)
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert title is not None
    assert desc is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    for room, ends in reduced(architecture.imports()).items():
        assert not ends or f"{room} imports {', '.join(sorted(ends))}" in (desc.text or "")


def test_nothing_is_drawn_over_another_or_over_the_edge() -> None:
    root = ElementTree.fromstring(PICTURE)
    boxes = [
        tuple(float(rect.get(name) or 0) for name in ("x", "y", "width", "height"))
        for rect in root.iter(f"{SVG}rect")
        if rect.get("class") == "box"
    ]
    assert len(boxes) == len(architecture.rooms())
    for number, (x, y, width, height) in enumerate(boxes):
        assert x + 0.1 >= architecture.LEFT
        assert x + width <= architecture.WIDTH - architecture.MARGIN + 0.1
        for left, top, other, high in boxes[:number]:
            assert x + width <= left or left + other <= x or y + height <= top or top + high <= y


def test_every_test_that_is_named_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)
    assert len(named) > 15
    found = {
        (path, node.name)
        for path, _ in named
        for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    assert set(named) - found == set()


def test_arrows_that_others_stand_for_are_left_out() -> None:
    graph = {"a": {"b", "c", "d"}, "b": {"c"}, "c": {"d"}, "d": set[str]()}
    assert reduced(graph) == {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": set()}


@pytest.mark.parametrize("names", ["abcdef", "fedcba"])
def test_every_arrow_points_down_and_nothing_depends_on_the_order_of_reading(names: str) -> None:
    graph = {name: set[str]() for name in names} | {"a": {"b", "f"}, "b": {"c", "d"}, "e": {"f"}}
    layers = {name: {"a": 2, "b": 2, "c": 1, "d": 1, "e": 1, "f": 0}[name] for name in names}
    layout = arranged(graph, layers, dict.fromkeys(names, 60.0), 400.0)
    row = {room: number for number, (_, rooms) in enumerate(layout.rows) for room in rooms}
    assert all(row[start] < row[end] for start, ends in graph.items() for end in ends)
    assert Counter(layout.ways.keys()) == Counter((start, end) for start, ends in graph.items() for end in ends)
    assert {room: layer for layer, rooms in layout.rows for room in rooms} == layers
    assert layout == arranged(
        dict(sorted(graph.items())), dict(sorted(layers.items())), dict.fromkeys("abcdef", 60.0), 400.0
    )
