"""Declarations: what a table says, every mistake in it with its place, and which copies a declaration reaches."""

from __future__ import annotations

import json
import pickle
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.repertoire.declaration import Declaration, read_declaration
from tdm_guard.repertoire.item import KEYS, normalise
from tdm_guard.repertoire.problem import Problem, Severity
from tdm_guard.repertoire.words import MATCH_KEYS
from tdm_guard.usage import TDM, Usage

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "repertoire.json").read_text("utf-8"))
WHOLE = tomllib.loads(
    """
id = "musique-2023"
version = "1"
on_behalf_of = "members"
mandate = { basis = "statutory_assignment", status = "asserted", note = "commentators doubt it", source = "by-laws" }
rights = ["reproduction"]
work_types = ["musical_work", "lyrics"]
usages = ["tdm"]
wording = "opposition à la fouille"
addressees = "entities developing AI tools"
exceptions = ["search engines"]
territory = ["fr", "EU"]
legal_basis = ["FR:CPI:L122-5-3:III", "EU:2019/790:4(3)"]
declared_at = "2023-10-12"
effective_from = 2023-10-13
withdrawn_at = "2030-01-01"
form = "press_release"
machine_readability = ["discoverable"]
licence = { available = true, url = "https://society.example/ai", email = "ai@society.example" }
match = { society = ["SME"], iswc = ["T-000.000.001-0"], creator_ipi = ["199"], creator_name = ["Marie Exemple"] }
excludes = { creator_ipi = ["00000000297"] }
entered_by = "a@acme.example"
reviewed_by = "b@acme.example"
expires_review_at = 2027-01-01
notes = { certain = ["the date"], uncertain = ["the mandate"], missing = ["the contact"] }

[declarant]
name = "Société d'Essai"
type = "collecting_society"
ids = { isni = "000000000000001X" }
domains = ["essai.example"]

[source]
title = "Communiqué"
date = "2023-10"
known_from = "source"
see = ["A daily, https://daily.example/1"]
url = "https://society.example/d"
retrieved_at = "2026-01-05T10:00:00+01:00"
sha256 = "%s"
stored_copy = "d.html"
language = "fr"
"""
    % ("AB" * 32)
)
SMALL: dict[str, Any] = {"id": "d", "declarant": {"name": "D"}, "usages": ["tdm"]}
DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2040, 1, 1))


def read(table: Any) -> tuple[Declaration | None, list[Problem], list[Problem]]:
    """The declaration, its mistakes and its warnings."""
    declaration, problems = read_declaration(table, "my.toml: declarations[0]")
    mistakes = [problem for problem in problems if problem.severity is Severity.MISTAKE]
    return declaration, mistakes, [problem for problem in problems if problem not in mistakes]


def test_every_member_is_read() -> None:
    declaration, mistakes, warnings = read(WHOLE)
    assert (mistakes, warnings) == ([], [])
    assert declaration is not None
    assert declaration.declarant.ids == {"isni": "000000000000001X"}
    assert declaration.declarant.domains == ("essai.example",)
    assert declaration.mandate.source == "by-laws"
    assert declaration.usages == TDM
    assert declaration.wording == "opposition à la fouille"
    assert declaration.territory == ("FR", "EU")
    assert (declaration.declared_at, declaration.effective_from) == (date(2023, 10, 12), date(2023, 10, 13))
    assert declaration.withdrawn_at == date(2030, 1, 1)
    assert declaration.licence.email == "ai@society.example"
    assert declaration.source.retrieved_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert declaration.source.sha256 == "ab" * 32
    assert declaration.match["iswc"] == ("T-000.000.001-0",)
    assert declaration.excludes == {"creator_ipi": ("00000000297",)}
    assert (declaration.source.title, declaration.source.date) == ("Communiqué", "2023-10")
    assert (declaration.source.known_from, declaration.source.see) == ("source", ("A daily, https://daily.example/1",))
    assert declaration.notes.uncertain == ("the mandate",)
    assert declaration.notes.missing == ("the contact",)
    assert declaration.expires_review_at == date(2027, 1, 1)
    assert pickle.loads(pickle.dumps(declaration)) == declaration


@pytest.mark.parametrize("table", VECTORS["declarations"].values(), ids=VECTORS["declarations"])
def test_declarations_of_the_vectors_load(table: dict[str, Any]) -> None:
    declaration, mistakes, _ = read(table)
    assert mistakes == []
    assert declaration is not None
    assert declaration.id == table["id"]


@pytest.mark.parametrize("written", ["2023", "2023-10", "2023-10-12", date(2023, 10, 12)])
def test_a_document_is_dated_as_far_as_is_known(written: Any) -> None:
    declaration, mistakes, _ = read({**SMALL, "source": {"date": written}})
    assert mistakes == []
    assert declaration is not None
    assert declaration.source.date == str(written)


@pytest.mark.parametrize(
    ("source", "standing"),
    [
        ({}, "whether it was read is not said"),
        ({"retrieved_at": "2026-01-05T09:00:00Z"}, "read on 2026-01-05"),
        ({"known_from": "source", "retrieved_at": "2026-01-05T09:00:00Z"}, "read at source on 2026-01-05"),
        ({"known_from": "copy"}, "read in a stored copy"),
        ({"known_from": "secondary"}, "known from secondary accounts only"),
    ],
)
def test_an_entry_says_what_of_the_document_was_read(source: dict[str, Any], standing: str) -> None:
    declaration, _, _ = read({**SMALL, "source": source})
    assert declaration is not None
    assert declaration.source.standing == standing


def test_what_may_be_left_out() -> None:
    declaration, mistakes, warnings = read(SMALL)
    assert mistakes == []
    assert declaration is not None
    assert (declaration.territory, declaration.form, declaration.mandate.status) == (("WORLD",), "unstated", "unknown")
    assert not declaration.licence.available
    places = {problem.path.rpartition(".")[2] for problem in warnings}
    assert places == {"version", "form", "source", "match", "declared_at"}


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"id": 3}, "id", "no name"),
        ({"id": "a\nb"}, "id", "no name"),
        ({"id": ""}, "id", "no name"),
        ({"id": " d"}, "id", "no name"),
        ({"version": 1}, "version", "no name"),
        ({"declarant": "Sacem"}, "declarant", "no table"),
        ({"declarant": {}}, "declarant.name", "missing"),
        ({"declarant": {"name": "D", "type": "club"}}, "declarant.type", "not one of collecting_society"),
        ({"declarant": {"name": "D", "ids": {"isni": "0000000000000011"}}}, "declarant.ids.isni", "no ISNI"),
        ({"declarant": {"name": "D", "ids": {"viaf": "1"}}}, "declarant.ids.viaf", "unknown member"),
        ({"declarant": {"name": "D", "website": "x"}}, "declarant.website", "unknown member"),
        ({"declarant": {"name": "D", "domains": ["d.example", "com"]}}, "declarant.domains[1]", "no domain"),
        ({"mandate": {"status": "sure"}}, "mandate.status", "not one of confirmed, asserted, disputed, unknown"),
        ({"mandate": {"basis": "hearsay"}}, "mandate.basis", "not one of own_rights"),
        ({"mandate": {"note": " "}}, "mandate.note", "no text"),
        ({"source": {"title": "a\nb"}}, "source.title", "no name"),
        ({"source": {"date": "2023-13"}}, "source.date", "no day, month or year"),
        ({"source": {"date": "2023-02-30"}}, "source.date", "no day, month or year"),
        ({"source": {"date": "October 2023"}}, "source.date", "no day, month or year"),
        ({"source": {"date": 2023}}, "source.date", "no day, month or year"),
        ({"source": {"known_from": "hearsay"}}, "source.known_from", "not one of source, copy, secondary"),
        ({"source": {"see": "https://daily.example/1"}}, "source.see", "no list"),
        ({"notes": {"missing": "all"}}, "notes.missing", "no list"),
        ({"rights": "reproduction"}, "rights", "no list"),
        ({"work_types": ["musical_work", "song"]}, "work_types[1]", "not one of"),
        ({"usages": ["tdm", "training"]}, "usages[1]", "no usage"),
        ({"usages": []}, "usages", "names nothing"),
        ({"usages": "tdm"}, "usages", "no list"),
        ({"usages": [1]}, "usages[0]", "no text"),
        ({"territory": ["FR", "France"]}, "territory[1]", "alpha-2"),
        ({"territory": ["UK"]}, "territory[0]", "alpha-2"),
        ({"territory": ["FRA"]}, "territory[0]", "alpha-2"),
        ({"declared_at": "12.10.2023"}, "declared_at", "no day"),
        ({"declared_at": "2023-02-30"}, "declared_at", "no day"),
        ({"declared_at": datetime(2023, 1, 1, tzinfo=UTC)}, "declared_at", "no day"),
        ({"effective_from": "2023-10-11", "declared_at": "2023-10-12"}, "effective_from", "before the declaration"),
        ({"withdrawn_at": "2023-10-11", "declared_at": "2023-10-12"}, "withdrawn_at", "before the first day"),
        ({"withdrawn_at": "2023-10-11", "effective_from": "2023-10-12"}, "withdrawn_at", "before the first day"),
        ({"form": "rumour"}, "form", "not one of press_release"),
        ({"machine_readability": [1]}, "machine_readability[0]", "no text"),
        ({"licence": {"available": "yes"}}, "licence.available", "neither true nor false"),
        ({"licence": {"url": "society.example"}}, "licence.url", "no http(s) URL"),
        ({"licence": {"url": "https://a b.example"}}, "licence.url", "no http(s) URL"),
        ({"licence": {"email": "ai at society"}}, "licence.email", "no mail address"),
        ({"source": {"url": "ftp://x.example/"}}, "source.url", "no http(s) URL"),
        ({"source": {"sha256": "abc"}}, "source.sha256", "SHA-256"),
        ({"source": {"retrieved_at": datetime(2026, 1, 1)}}, "source.retrieved_at", "offset"),
        ({"source": {"retrieved_at": "2026-01-05T09:00:00"}}, "source.retrieved_at", "offset"),
        ({"source": {"retrieved_at": "2026-13-05"}}, "source.retrieved_at", "no time"),
        ({"match": ["Sacem"]}, "match", "no table"),
        ({"match": {"society": "Sacem"}}, "match.society", "no list"),
        ({"match": {"iswc": ["T-000.000.001-1"]}}, "match.iswc[0]", "no usable iswc"),
        ({"match": {"isbn": ["9780000000019", "12"]}}, "match.isbn[1]", "no usable isbn"),
        ({"match": {"isbn": [9780000000019]}}, "match.isbn[0]", "no text"),
        ({"match": {"writer": ["x"]}}, "match.writer", "unknown member"),
        ({"excludes": {"creator_ipi": ["xyz"]}}, "excludes.creator_ipi[0]", "no usable creator_ipi"),
        ({"notes": "none"}, "notes", "no table"),
        ({"expires_review_at": True}, "expires_review_at", "no day"),
        ({"Usages": ["tdm"]}, "Usages", "unknown member"),
    ],
)
def test_one_mistake_is_reported_once_with_its_place(change: dict[str, Any], place: str, words: str) -> None:
    declaration, mistakes, _ = read({**SMALL, **change})
    assert declaration is None
    assert [problem.path for problem in mistakes] == [f"my.toml: declarations[0].{place}"]
    assert words in mistakes[0].message


@pytest.mark.parametrize("value", [None, 3, "x", [], [{}], True])
def test_what_is_no_table_is_one_mistake(value: Any) -> None:
    declaration, mistakes, warnings = read(value)
    assert declaration is None
    assert [problem.path for problem in mistakes] == ["my.toml: declarations[0]"]
    assert warnings == []


def test_a_problem_reads_as_one_line_with_a_good_value() -> None:
    _, mistakes, _ = read({**SMALL, "mandate": {"status": "sure"}})
    assert str(mistakes[0]) == (
        "my.toml: declarations[0].mandate.status: 'sure' is not one of confirmed, asserted, disputed, unknown; "
        'for example "confirmed"'
    )


@pytest.mark.parametrize("key", ["title", "type", "url"])
def test_keys_that_tell_no_work_apart_are_a_warning_and_match_nothing(key: str) -> None:
    declaration, mistakes, warnings = read({**WHOLE, "match": {"society": ["SME"], key: ["x"]}})
    assert mistakes == []
    assert declaration is not None
    assert set(declaration.match) == {"society"}
    assert [problem.path.rpartition("].")[2] for problem in warnings] == [f"match.{key}"]


@pytest.mark.parametrize("member", ["rights", "machine_readability"])
def test_an_unusual_word_that_decides_nothing_is_a_warning(member: str) -> None:
    declaration, mistakes, warnings = read({**WHOLE, member: ["nice"]})
    assert mistakes == []
    assert getattr(declaration, member) == ("nice",)
    assert [problem.path.partition("].")[2] for problem in warnings] == [f"{member}[0]"]


def test_an_ipi_with_wrong_check_digits_is_a_warning_and_is_kept() -> None:
    declaration, mistakes, warnings = read({**WHOLE, "excludes": {"creator_ipi": ["297", "298"]}})
    assert mistakes == []
    assert declaration is not None
    assert declaration.excludes == {"creator_ipi": ("297", "298")}
    assert [problem.path.partition("].")[2] for problem in warnings] == ["excludes.creator_ipi[1]"]


def test_an_offer_without_a_contact_is_a_warning() -> None:
    _, mistakes, warnings = read({**WHOLE, "licence": {"available": True}})
    assert mistakes == []
    assert ["nobody to ask" in problem.message for problem in warnings] == [True]


def test_every_key_that_items_are_matched_by_may_be_declared() -> None:
    assert set(MATCH_KEYS) == set(KEYS)


@pytest.mark.parametrize(("key", "good"), MATCH_KEYS.items())
def test_good_values_shown_are_good(key: str, good: str) -> None:
    assert normalise(key, good) is not None
    declaration, mistakes, _ = read({**SMALL, "match": {key: [good]}})
    assert mistakes == []
    assert declaration is not None
    assert declaration.match == {key: (good,)}


def test_umbrella_usages_are_opened() -> None:
    declaration, _, _ = read({**SMALL, "usages": ["ai-training", "search"]})
    assert declaration is not None
    assert declaration.usages == (Usage.NONGENAI_TRAINING, Usage.GENAI_TRAINING, Usage.SEARCH)


@pytest.mark.parametrize(
    ("dates", "day", "reached"),
    [
        ({}, "1990-01-01", True),
        ({"declared_at": "2023-10-12"}, "2023-10-11", False),
        ({"declared_at": "2023-10-12"}, "2023-10-12", True),
        ({"declared_at": "2023-10-12", "effective_from": "2024-01-01"}, "2023-12-31", False),
        ({"declared_at": "2023-10-12", "effective_from": "2024-01-01"}, "2024-01-01", True),
        ({"effective_from": "2024-01-01", "withdrawn_at": "2024-01-01"}, "2024-01-01", True),
        ({"effective_from": "2024-01-01", "withdrawn_at": "2025-06-30"}, "2025-06-30", True),
        ({"effective_from": "2024-01-01", "withdrawn_at": "2025-06-30"}, "2025-07-01", False),
    ],
)
def test_first_and_last_day_in_force_are_inside(dates: dict[str, str], day: str, reached: bool) -> None:
    declaration, _, _ = read({**SMALL, **dates})
    assert declaration is not None
    assert declaration.in_force(date.fromisoformat(day)) is reached


@pytest.mark.parametrize(
    ("form", "machine"),
    [
        ("xml", True),
        ("registry", True),
        ("api", True),
        ("embedded", True),
        ("press_release", False),
        ("web_statement", False),
        ("terms", False),
        ("letter", False),
    ],
)
def test_forms_made_for_machines(form: str, machine: bool) -> None:
    declaration, _, _ = read({**SMALL, "form": form})
    assert declaration is not None
    assert declaration.machine_readable is machine


def test_an_unknown_form_is_none_made_for_machines() -> None:
    declaration, _, _ = read(SMALL)
    assert declaration is not None
    assert not declaration.machine_readable


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.binary(max_size=4)
    | st.dates()
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
    | st.times()
    | st.sampled_from(["tdm", "FR", "2023-10-12", "https://a.example", "asserted", "T-000.000.001-0", "\x00"])
    | st.just("\ud800")
)
MEMBERS = st.sampled_from(
    [*Declaration.__dataclass_fields__, *MATCH_KEYS, "name", "type", "status", "url", "email", "x"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(MEMBERS | st.text(max_size=3), inner, max_size=6),
    max_leaves=20,
)


@settings(max_examples=200)
@given(st.dictionaries(MEMBERS, VALUES, max_size=12) | VALUES)
def test_no_value_makes_the_reader_raise(value: Any) -> None:
    declaration, mistakes, _ = read(value)
    assert (declaration is None) == bool(mistakes)
    for problem in mistakes:
        assert len(str(problem)) < 2_000


@settings(max_examples=100)
@given(st.sampled_from(sorted(WHOLE)), VALUES)
def test_one_member_changed_never_hides_the_others(member: str, value: Any) -> None:
    _, mistakes, _ = read({**WHOLE, member: value, "extra": 1})
    assert any(problem.path.endswith("].extra") for problem in mistakes)


def test_a_deep_value_is_shown_in_short() -> None:
    value: Any = "x"
    for _ in range(50_000):
        value = [value]
    _, mistakes, _ = read({**SMALL, "form": value})
    assert len(mistakes) == 1
    assert len(str(mistakes[0])) < 400


def test_an_integer_too_long_for_decimal_digits_is_shown_in_short() -> None:
    form = tomllib.loads(f"form = 0x{'f' * 5000}")["form"]
    _, mistakes, _ = read({**SMALL, "form": form})
    assert len(mistakes) == 1
    assert len(str(mistakes[0])) < 400
