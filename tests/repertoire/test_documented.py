"""The page on repertoires names every member, key and bundled entry, and its samples load."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.holdings import bundled, load
from tdm_guard.repertoire import words
from tdm_guard.repertoire.authorisation import STATUSES, Authorisation, Proof, Scope
from tdm_guard.repertoire.declaration import Declaration, Licence, Mandate, Notes, Party, Provenance
from tdm_guard.repertoire.review import OUTCOMES, Review
from tests.support.pages import names

PAGE = (Path(__file__).parents[2] / "docs" / "repertoires.md").read_text("utf-8")
FIRST_CELLS = names(PAGE)
SAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("kind", [Declaration, Authorisation, Review, Scope])
def test_every_member_has_a_row(kind: Any) -> None:
    nested = {"mandate"} if kind is Authorisation else set()  # a member of the grantor in the file
    assert {member.name for member in fields(kind)} - nested <= FIRST_CELLS


@pytest.mark.parametrize("kind", [Party, Mandate, Licence, Provenance, Notes, Proof])
def test_every_member_of_the_tables_inside_is_named(kind: Any) -> None:
    assert {member.name for member in fields(kind)} <= set(re.findall(r"\w+", PAGE))


def test_every_key_and_bundled_entry_has_a_row() -> None:
    assert set(words.MATCH_KEYS) <= FIRST_CELLS
    assert set(bundled()) <= FIRST_CELLS


def test_every_word_of_a_vocabulary_is_named() -> None:
    vocabularies = (
        words.PARTY_TYPES, words.BASES, words.STATUSES, words.FORMS, words.READABILITY, words.RIGHTS,
        words.WORK_TYPES, STATUSES, OUTCOMES,
    )  # fmt: skip
    assert {word for vocabulary in vocabularies for word in vocabulary} <= set(re.findall(r"\w+", PAGE))


def test_samples_load_without_a_warning(tmp_path: Path) -> None:
    tables = [sample for sample in SAMPLES if sample.startswith("[[")]
    assert len(tables) == 3
    path = tmp_path / "sample.toml"
    path.write_text("\n".join(tables), "utf-8")
    held = load([path])
    assert (len(held.declarations), len(held.authorisations), len(held.reviews)) == (1, 1, 1)
    assert held.warnings == ()
