"""Authorisations: what a licence must say to be one, every mistake in it with its place."""

from __future__ import annotations

import json
import pickle
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.repertoire.authorisation import Authorisation, Proof, read_authorisation
from tdm_guard.repertoire.problem import Problem, Severity
from tdm_guard.usage import Usage

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "repertoire.json").read_text("utf-8"))
WHOLE = tomllib.loads(
    """
id = "lic-2025-017"
licensee = "acme-ai"
access = true
usages = ["genai-training"]
purposes = ["music tagging"]
territory = ["WORLD"]
valid_from = "2025-01-01"
valid_to = 2027-12-31
status = "active"
conditions = ["attribution"]
evidence = { reference = "contract 2025-017", sha256 = "%s", signed_at = "2024-12-20", holder = "legal department" }
recorded_by = "legal@acme.example"

[grantor]
name = "Société d'Essai"
type = "collecting_society"
mandate = { basis = "member_mandate", status = "disputed" }

[scope]
declarations = ["musique-2023"]
origins = ["HTTPS://Music.Example:443", "http://[2001:db8::1]:8080"]
policies = ["https://music.example/policy.json", "urn:uuid:1"]
licences = ["https://music.example/license.xml"]
rightsholders = ["BigLabel"]
"""
    % ("AB" * 32)
)


def read(table: Any) -> tuple[Authorisation | None, list[Problem], list[Problem]]:
    """The authorisation, its mistakes and its warnings."""
    authorisation, problems = read_authorisation(table, "lic.toml: authorisations[0]")
    mistakes = [problem for problem in problems if problem.severity is Severity.MISTAKE]
    return authorisation, mistakes, [problem for problem in problems if problem not in mistakes]


def test_every_member_is_read() -> None:
    authorisation, mistakes, warnings = read(WHOLE)
    assert (mistakes, warnings) == ([], [])
    assert authorisation is not None
    assert authorisation.grantor.name == "Société d'Essai"
    assert authorisation.mandate.status == "disputed"
    assert authorisation.scope.origins == ("https://music.example", "http://[2001:db8::1]:8080")
    assert authorisation.scope.policies == ("https://music.example/policy.json", "urn:uuid:1")
    assert authorisation.access
    assert authorisation.usages == (Usage.GENAI_TRAINING,)
    assert (authorisation.valid_from, authorisation.valid_to) == (date(2025, 1, 1), date(2027, 12, 31))
    assert authorisation.evidence == Proof(
        reference="contract 2025-017", sha256="ab" * 32, signed_at=date(2024, 12, 20), holder="legal department"
    )
    assert pickle.loads(pickle.dumps(authorisation)) == authorisation


@pytest.mark.parametrize("table", VECTORS["authorisations"].values(), ids=VECTORS["authorisations"])
def test_authorisations_of_the_vectors_load(table: dict[str, Any]) -> None:
    authorisation, mistakes, warnings = read(table)
    assert mistakes == []
    assert authorisation is not None
    assert bool(warnings) == ("evidence" not in table)
    assert (authorisation.evidence is None) == ("evidence" not in table)


@pytest.mark.parametrize(
    "member", ["id", "grantor", "licensee", "scope", "usages", "territory", "valid_from", "status"]
)
def test_what_must_be_given(member: str) -> None:
    table = {name: value for name, value in WHOLE.items() if name != member}
    authorisation, mistakes, _ = read(table)
    assert authorisation is None
    places = [problem.path.partition("].")[2] for problem in mistakes]
    assert places == {"grantor": ["grantor.name"]}.get(member, [member])


@pytest.mark.parametrize(
    "evidence",
    [{}, {"holder": "legal department"}, {"signed_at": "2024-12-20"}],
)
def test_evidence_by_which_nothing_can_be_looked_up_is_none(evidence: dict[str, str]) -> None:
    authorisation, mistakes, warnings = read({**WHOLE, "evidence": evidence})
    assert mistakes == []
    assert authorisation is not None
    assert authorisation.evidence is None
    assert [problem.path.partition("].")[2] for problem in warnings] == ["evidence"]


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"grantor": "Sacem"}, "grantor", "no table"),
        ({"grantor": {"name": "S", "mandate": {"status": "sure"}}}, "grantor.mandate.status", "not one of"),
        ({"mandate": {"status": "asserted"}}, "mandate", "unknown member"),
        ({"licensee": ""}, "licensee", "no name"),
        ({"licensee": ["acme"]}, "licensee", "no name"),
        ({"access": 1}, "access", "neither true nor false"),
        ({"usages": ["training"]}, "usages[0]", "no usage"),
        ({"territory": []}, "territory", "names nothing"),
        ({"territory": "WORLD"}, "territory", "no list"),
        ({"valid_to": "2024-12-31"}, "valid_to", "before valid_from"),
        ({"valid_from": "soon"}, "valid_from", "no day"),
        ({"status": "signed"}, "status", "not one of pending, active, suspended, revoked"),
        ({"status": None}, "status", "missing"),
        ({"evidence": "contract"}, "evidence", "no table"),
        ({"evidence": {"sha256": "00"}}, "evidence.sha256", "SHA-256"),
        ({"evidence": {"reference": "x", "signed_at": "x"}}, "evidence.signed_at", "no day"),
        ({"licence": "x"}, "licence", "unknown member"),
        ({"scope": {"declarations": ["d"], "sites": ["x"]}, "access": False}, "scope.sites", "unknown member"),
        ({"scope": {}, "access": False}, "scope", "names nothing"),
        ({"scope": {"declarations": [], "origins": []}, "access": False}, "scope", "names nothing"),
        ({"scope": {"declarations": ["d"]}}, "access", "no origins"),
        ({"scope": {"origins": ["music.example"]}}, "scope.origins[0]", "no origin"),
        ({"scope": {"origins": ["https://music.example/"]}}, "scope.origins[0]", "no origin"),
        ({"scope": {"origins": ["https://music.example/a"]}}, "scope.origins[0]", "no origin"),
        ({"scope": {"origins": ["https://user@music.example"]}}, "scope.origins[0]", "no origin"),
        ({"scope": {"origins": ["https://music.example?"]}}, "scope.origins[0]", "no origin"),
        ({"scope": {"origins": ["https://*.music.example"]}}, "scope.origins[0]", "no origin"),
        ({"scope": {"origins": ["https://a.example", 3]}}, "scope.origins[1]", "no text"),
    ],
)
def test_one_mistake_is_reported_once_with_its_place(change: dict[str, Any], place: str, words: str) -> None:
    authorisation, mistakes, _ = read({**WHOLE, **change})
    assert authorisation is None
    assert [problem.path for problem in mistakes] == [f"lic.toml: authorisations[0].{place}"]
    assert words in mistakes[0].message


def test_an_end_on_the_first_day_is_no_mistake() -> None:
    authorisation, mistakes, _ = read({**WHOLE, "valid_to": "2025-01-01"})
    assert mistakes == []
    assert authorisation is not None


def test_without_an_end_it_has_none() -> None:
    authorisation, _, _ = read({name: value for name, value in WHOLE.items() if name != "valid_to"})
    assert authorisation is not None
    assert authorisation.valid_to is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "mandate", "declarations", "origins", "reference"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), VALUES, max_size=12) | VALUES)
def test_no_value_makes_the_reader_raise(value: Any) -> None:
    authorisation, mistakes, _ = read(value)
    assert (authorisation is None) == bool(mistakes)
