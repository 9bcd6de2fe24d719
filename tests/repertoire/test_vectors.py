"""The shared vectors at the level of matching: which declarations speak, by which keys, and with what doubt."""

from __future__ import annotations

import json
import pickle
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.decision import Match
from tdm_guard.model import Source
from tdm_guard.operator import read_operator
from tdm_guard.repertoire.declaration import read_declaration
from tdm_guard.repertoire.item import read_item
from tdm_guard.repertoire.matching import Repertoire
from tdm_guard.usage import expand

GIVEN = json.loads((Path(__file__).parent.parent / "vectors" / "repertoire.json").read_text(encoding="utf-8"))
SOURCE = Source(url="https://catalogue.example/w/1", carrier="item")


def by_matching_alone(vector: dict[str, Any]) -> bool:
    """True if neither a licence, nor a site's own word, nor a research claim has a part in the verdict."""
    return not (vector["authorisations"] or vector["policies"] or "research" in vector["options"].get("operator", {}))


def repertoire(names: list[str]) -> Repertoire:
    read = [read_declaration(GIVEN["declarations"][name], name) for name in names]
    assert not [problem for _, problems in read for problem in problems if problem.severity == "mistake"]
    return Repertoire(declaration for declaration, _ in read if declaration is not None)


@pytest.mark.parametrize("vector", GIVEN["vectors"], ids=lambda vector: f"repertoire: {vector['id']}")
def test_vector(vector: dict[str, Any]) -> None:
    options, expect = vector["options"], vector["expect"]
    items, faults = read_item(vector["item"], SOURCE)
    heard = pickle.loads(pickle.dumps(repertoire(vector["declarations"]))).says(
        vector["url"],
        items,
        now=datetime.fromisoformat(vector["now"]),
        operator=read_operator(options["operator"]),
        machine_readable_only=options.get("repertoire_forms") == "machine-readable",
    )
    asked = set(expand(options["usages"]))
    speaking = [each for each in heard.statements if not asked.isdisjoint(each.usages)]
    if by_matching_alone(vector):
        sure = [each for each in speaking if each.doubt is None]
        assert expect["verdict"] == ("reserved" if sure else "review" if speaking else "unreserved")
    if "matched" in expect:
        assert sorted(each.match["key"] for each in heard.statements if each.match) == sorted(expect["matched"])
    assert (heard.state is Match.UNMATCHABLE) >= expect.get("unmatchable", False)
    assert bool(faults) >= expect.get("fault", False)


def test_the_vectors_that_matching_alone_decides_are_most() -> None:
    assert sum(map(by_matching_alone, GIVEN["vectors"])) > len(GIVEN["vectors"]) / 2
