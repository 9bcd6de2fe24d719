"""Contacts of the operator's: read from files, never over what a declaration itself names, and marked as theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import ConfigurationError, Decision, evaluate
from tdm_guard.holdings import lint, load, load_contacts
from tdm_guard.options import Options
from tdm_guard.options.config import read_config
from tdm_guard.repertoire.contact import Contact, contacts_of, read_contact
from tdm_guard.repertoire.problem import Severity

CONTACTS = """
[[contacts]]
declarant = "SACEM"
address = "licences@held.example"
note = "ask for the department of licences"
"""
NOW = datetime(2026, 11, 28, tzinfo=UTC)
ITEM = {"type": "musical_work", "society": "Sacem"}
NAMING = """
[[declarations]]
id = "d"
version = "1"
declarant = {{ name = "Sacem" }}
usages = ["tdm"]
declared_at = "2024-01-01"
form = "letter"
licence = {{ {licence} }}
source = {{ title = "Letter" }}
match = {{ society = ["Sacem"] }}
"""


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("held").mkdir()
    Path("held/contacts.toml").write_text(CONTACTS, encoding="utf-8")


def judged(**options: Any) -> Decision:
    given: dict[str, Any] = {"repertoire": ["bundled:sacem-2023"], **options}
    return evaluate("https://a.example/1", status=200, item=ITEM, unread="ignore", now=NOW, **given)


def test_a_contact_is_whom_the_record_asks_and_says_whose_word_that_is() -> None:
    (statement,) = judged(contacts="held/contacts.toml").because
    assert statement.contact == "licences@held.example (from contacts.toml)"  # not where the file is kept, nor the note
    assert (statement.rightsholder, statement.policy_url) == ("Sacem", None)
    (without,) = judged().because
    assert without.contact is None


@pytest.mark.parametrize(
    ("licence", "contact"),
    [
        ('email = "ai@sacem.example"', "ai@sacem.example"),
        ('url = "https://sacem.example/ai"', None),
        ("available = true", "licences@held.example (from contacts.toml)"),
    ],
)
def test_a_contact_never_takes_the_place_of_one_that_the_declaration_names(licence: str, contact: str | None) -> None:
    Path("d.toml").write_text(NAMING.format(licence=licence), encoding="utf-8")
    (statement,) = judged(repertoire="d.toml", contacts="held").because
    assert statement.contact == contact


def test_several_contacts_of_one_declarant_are_all_named() -> None:
    Path("more.toml").write_text(CONTACTS.replace("licences@held.example", "+33 1 00 00 00 00"), encoding="utf-8")
    (statement,) = judged(contacts=["held/contacts.toml", Path("more.toml")]).because
    assert statement.contact == "licences@held.example (from contacts.toml); +33 1 00 00 00 00 (from more.toml)"


def test_contacts_change_no_decision() -> None:
    plain, asked = judged(), judged(contacts="held/contacts.toml")
    assert (plain.verdict, plain.usages, plain.because[0].excerpt) == (
        asked.verdict, asked.usages, asked.because[0].excerpt,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "place", "words"),
    [
        ({}, "declarant", "missing"),
        ({"declarant": "S"}, "address", "missing"),
        ({"declarant": "S", "address": "a\nb"}, "address", "no name in one line"),
        ({"declarant": 1, "address": "a"}, "declarant", "no name"),
        ({"declarant": "S", "address": ["a"]}, "address", "no name"),
        ({"declarant": "S", "address": "a", "note": ""}, "note", "no text"),
        (
            {"declarant": "S", "address": "a", "email": "b"},
            "email",
            "unknown member; known are address",
        ),
        ("S", "", "no table"),
    ],
)
def test_every_mistake_has_its_place(table: Any, place: str, words: str) -> None:
    contact, problems = read_contact(table, "c.toml: contacts[0]")
    assert contact is None
    assert any(
        problem.path == "c.toml: contacts[0]" + (f".{place}" if place else "") and words in problem.message
        for problem in problems
    )


@given(st.text(max_size=30), st.text(max_size=30))
def test_nothing_that_a_table_holds_raises_and_a_contact_is_one_line(declarant: str, address: str) -> None:
    contact, problems = read_contact({"declarant": declarant, "address": address}, "c.toml: contacts[0]")
    assert (contact is None) is any(problem.severity is Severity.MISTAKE for problem in problems)
    if contact is not None:
        assert "\n" not in contact.marked
        assert contacts_of([contact], f"  {declarant.upper()} ") == contacts_of([contact], declarant.upper())


def test_names_are_compared_whole_and_in_any_letters() -> None:
    held = (Contact(declarant="Sacem", address="a"), Contact(declarant="Sacem Luxembourg", address="b"))
    assert [contact.address for contact in contacts_of(held, " SACEM ")] == ["a"]


def test_the_option_takes_a_file_of_contacts_and_says_what_is_wrong_with_another() -> None:
    assert Options.read({"contacts": "held/contacts.toml"}).holdings.contacts[0].address == "licences@held.example"
    Path("none.toml").write_text(NAMING.format(licence="available = false"), encoding="utf-8")
    Path("bad.toml").write_text(CONTACTS.replace("address", "adress"), encoding="utf-8")
    for value, words in (
        ("none.toml", "contacts: 'none.toml' holds none; for example [[contacts]]"),
        ("bad.toml", "bad.toml: contacts[0].adress: unknown member"),
        ("nowhere.toml", "nowhere.toml: cannot be read"),
        (3, "contacts:"),
    ):
        with pytest.raises(ConfigurationError) as error:
            Options.read({"contacts": value})
        assert words in str(error.value)


def test_the_option_is_a_key_of_a_toml_file_and_in_the_run_record() -> None:
    Path("crawl.toml").write_text('contacts = ["held/contacts.toml"]\n', encoding="utf-8")
    options = Options.read(read_config("crawl.toml"))
    assert options.contacts == ("held/contacts.toml",)
    assert options.describe()["contacts"] == ["held/contacts.toml"]


def test_contacts_may_stand_in_any_file_and_be_loaded_alone() -> None:
    Path("all.toml").write_text(NAMING.format(licence="available = false") + CONTACTS, encoding="utf-8")
    (declared,) = load(["all.toml"]).declarations
    assert declared.licence.yours == "licences@held.example (from all.toml)"
    (contact,) = load_contacts(["held"])
    assert contact.whole == "licences@held.example (from contacts.toml: ask for the department of licences)"
    assert load_contacts([]) == ()
    Path("nothing.toml").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="holds none"):
        load_contacts(["nothing.toml"])


def test_a_contact_answers_the_warning_that_there_is_nobody_to_ask() -> None:
    Path("d.toml").write_text(NAMING.format(licence="available = true"), encoding="utf-8")
    (problem,) = lint(["d.toml"])
    assert "nobody to ask" in problem.message
    assert lint(["d.toml", "held"]) == ()
    assert Options.read({"repertoire": "d.toml", "contacts": "held"}).holdings.warnings == ()


def test_lint_tells_a_name_that_is_nobodys_and_a_contact_that_is_not_used() -> None:
    assert lint(["held/contacts.toml"]) == ()  # who declares may stand in a file that is not named
    Path("typo.toml").write_text(CONTACTS.replace("SACEM", "Sacm"), encoding="utf-8")
    Path("d.toml").write_text(NAMING.format(licence='email = "ai@sacem.example"'), encoding="utf-8")
    found = [str(problem) for problem in lint(["d.toml", "typo.toml", "held/contacts.toml"])]
    assert found == [
        "typo.toml: contacts[0].declarant: 'Sacm' declares nothing loaded; for example \"Sacem\"",
        "held/contacts.toml: contacts[0].address: is not used: d itself says whom to ask",
    ]
    assert {problem.severity for problem in lint(["d.toml", "typo.toml"])} == {Severity.WARNING}
