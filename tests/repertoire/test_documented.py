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
from tdm_guard.repertoire.contact import Contact
from tdm_guard.repertoire.declaration import Declaration, Licence, Mandate, Notes, Party, Provenance
from tdm_guard.repertoire.review import OUTCOMES, Review
from tests.support.pages import names

PAGE = (Path(__file__).parents[2] / "docs" / "repertoires.md").read_text("utf-8")
FIRST_CELLS = names(PAGE)
SAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("kind", [Declaration, Authorisation, Review, Scope, Contact])
def test_every_member_has_a_row(kind: Any) -> None:
    nested = {"mandate"} if kind is Authorisation else set()  # a member of the grantor in the file
    assert {member.name for member in fields(kind)} - nested <= FIRST_CELLS


@pytest.mark.parametrize("kind", [Party, Mandate, Licence, Provenance, Notes, Proof])
def test_every_member_of_the_tables_inside_is_named(kind: Any) -> None:
    assert {member.name for member in fields(kind)} <= set(re.findall(r"\w+", PAGE))


def test_every_key_and_bundled_entry_has_a_row() -> None:
    assert set(words.MATCH_KEYS) <= FIRST_CELLS
    assert set(bundled()) <= FIRST_CELLS


def test_the_table_of_bundled_entries_says_what_they_say() -> None:
    rows = {row[1]: row[0] for row in re.finditer(r"^\| `([a-z0-9-]+)` \|.*\|$", PAGE, re.MULTILINE)}
    read_as = {"source": "at source", "copy": "in a stored copy", "secondary": "accounts only"}
    for each in load(["bundled:*"]).declarations:
        cells = [cell.strip() for cell in rows[each.id].strip("|").split("|")]
        assert cells[2] == read_as[each.source.known_from or ""]
        assert cells[3] == (f"[page][{each.id}]" if each.source.url else "none known")
        assert each.source.url is None or f"\n[{each.id}]: {each.source.url}\n" in PAGE
        if each.declared_at:
            assert cells[1].startswith(each.declared_at.isoformat())


def test_every_word_of_a_vocabulary_is_named() -> None:
    vocabularies = (
        words.PARTY_TYPES, words.BASES, words.STATUSES, words.FORMS, words.READABILITY, words.RIGHTS,
        words.WORK_TYPES, words.KNOWN_FROM, STATUSES, OUTCOMES,
    )  # fmt: skip
    assert {word for vocabulary in vocabularies for word in vocabulary} <= set(re.findall(r"\w+", PAGE))


def test_samples_load_without_a_warning(tmp_path: Path) -> None:
    tables = [sample for sample in SAMPLES if sample.startswith("[[")]
    assert len(tables) == 4
    path = tmp_path / "sample.toml"
    path.write_text("\n".join(tables), "utf-8")
    held = load([path])
    assert (len(held.declarations), len(held.authorisations), len(held.reviews)) == (1, 1, 1)
    (contact,) = held.contacts
    said = [warning for warning in held.warnings if not warning.path.endswith(".declarant")]
    assert (contact.declarant, said) == ("Harbour Song Society", [])
