"""The files that options name: what is read from which, every mistake in all of them, what refers to what."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tomllib
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import holdings
from tdm_guard.errors import ConfigurationError
from tdm_guard.holdings import bundled, files, lint, load
from tdm_guard.lists import index
from tdm_guard.plain import MAX_EXCERPT
from tdm_guard.repertoire import words
from tdm_guard.repertoire.problem import Problem, Severity

DECLARATION = """
[[declarations]]
id = "{id}"
version = "7"
declarant = {{ name = "Society" }}
usages = ["tdm"]
declared_at = "2024-01-01"
form = "xml"
source = {{ url = "https://society.example/" }}
match = {{ society = ["Society"] }}
"""
AUTHORISATION = """
[[authorisations]]
id = "{id}"
grantor = {{ name = "Society" }}
licensee = "acme-ai"
scope = {{ declarations = ["{declaration}"] }}
usages = ["genai-training"]
territory = ["WORLD"]
valid_from = "2025-01-01"
status = "active"
evidence = {{ reference = "contract" }}
"""
REVIEW = """
[[reviews]]
outcome = "released"
declaration = "{declaration}"
key = "creator_name"
value = "Marie Exemple"
by = "legal@acme.example"
at = "2026-03-02T09:00:00Z"
why = "another person"
"""
TEN_MISTAKES = """
[[declarations]]
id = 7
version = "1"
declarant = { name = "Society", type = "club" }
mandate = { status = "sure" }
usages = ["tdm", "mining"]
territory = ["France"]
declared_at = "12.10.2023"
form = "rumour"
licence = { available = true, email = "nobody" }
match = { iswc = ["T-000.000.001-1"] }
author = "x"
"""


def write(folder: Path, name: str, *parts: str) -> str:
    path = folder / name
    path.write_text("".join(parts), "utf-8")
    return str(path)


def declaration(name: str) -> str:
    return DECLARATION.format(id=name)


def mistakes(problems: tuple[Problem, ...]) -> list[str]:
    return [str(problem) for problem in problems if problem.severity is Severity.MISTAKE]


def refused(*names: Any) -> tuple[str, ...]:
    """The problems that `load` raises with."""
    with pytest.raises(ConfigurationError) as raised:
        load(names)
    return raised.value.problems


def test_a_file_may_hold_all_three(tmp_path: Path) -> None:
    parts = (declaration("d"), AUTHORISATION.format(id="l", declaration="d"), REVIEW.format(declaration="d"))
    name = write(tmp_path, "all.toml", *parts)
    held = load([name])
    assert [each.id for each in held.declarations] == ["d"]
    assert [each.id for each in held.authorisations] == ["l"]
    assert [each.declaration for each in held.reviews] == ["d"]
    assert held.lists == ()
    assert held.warnings == ()
    digest = hashlib.sha256(Path(name).read_bytes()).hexdigest()
    assert held.sources == ({"id": "d", "version": "7", "sha256": digest},)


def test_nothing_named_is_nothing_held() -> None:
    assert load([]) == holdings.Holdings()
    assert lint([]) == ()


def test_a_single_name_is_one_name(tmp_path: Path) -> None:
    name = write(tmp_path, "d.toml", declaration("d"))
    assert load(name) == load([name])
    assert load([Path(name)]) == load([name])


def test_a_folder_is_read_in_order_without_hidden_files_and_folders_in_it(tmp_path: Path) -> None:
    write(tmp_path, "b.toml", declaration("b"))
    write(tmp_path, "a.TOML", declaration("a"))
    write(tmp_path, ".hidden.toml", "no toml")
    write(tmp_path, "README.md", "no toml")
    (tmp_path / "inner").mkdir()
    write(tmp_path / "inner", "c.toml", declaration("c"))
    assert [each.id for each in load([str(tmp_path)]).declarations] == ["a", "b"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    name = write(tmp_path, "d.toml", declaration("d"))
    (tmp_path / "link.toml").symlink_to(name)
    held = load([name, str(tmp_path), name, "bundled:sacem-2023", "bundled:*"])
    assert [each.id for each in held.declarations].count("d") == 1
    assert len(held.declarations) == 1 + len(bundled())


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_bytes(b"\xef\xbb\xbf" + declaration("d").encode())
    assert len(load([str(tmp_path)]).declarations) == 1


def test_a_file_with_ten_mistakes_reports_ten(tmp_path: Path) -> None:
    name = write(tmp_path, "ten.toml", TEN_MISTAKES)
    problems = refused(name)
    assert len(problems) == 10
    assert list(problems) == mistakes(lint([name]))
    places = (
        "id declarant.type mandate.status usages[1] territory[0] declared_at form licence.email match.iswc[0] author"
    )
    assert sorted(problem.split(": ")[1] for problem in problems) == sorted(
        f"declarations[0].{place}" for place in places.split()
    )
    assert all("; for example " in problem for problem in problems if ".author: " not in problem)


def test_mistakes_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", "[[declarations]]\nid = ")
    write(tmp_path, "b.toml", TEN_MISTAKES)
    write(tmp_path, "c.toml", declaration("c"), "\n[[declaration]]\n")
    problems = refused(str(tmp_path), str(tmp_path / "missing.toml"), "bundled:nobody")
    assert len(problems) == 14


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"a = ", "line 1, column 5"),
        (b"[[declarations]]\n\nid = 'x' y", "line 3, column 10"),
        (b"[[declarations]]\nid = '", "line 2, column 7"),
        (b"[[declarations]]\nid = '''\n", "line 3, column 1"),
        (b"[[declarations]]\nid = 'a'\nid = 'b'", "line 3, column 9"),
        (b"[[declarations]]\n# \xff", "line 2"),
        (b"\x00", "line 1, column 1"),
        (b"a = 9" + b"9" * 5000, "TOML"),
    ],
)
def test_what_is_no_toml_is_reported_with_its_place(tmp_path: Path, text: bytes, place: str) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(text)
    (problem,) = refused(str(path))
    assert problem.startswith(f"{path}: {place}: ")


def test_nesting_too_deep_to_read_is_reported(tmp_path: Path) -> None:
    (problem,) = refused(write(tmp_path, "x.toml", "a = ", "[" * 100_000))
    assert "nested" in problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[declarations]\nid = 'x'\n", "no list of tables"),
        ("declarations = 'x'\n", "no list of tables"),
        ("declarations = ['x']\n", "no table"),
        ("[[declaration]]\nid = 'x'\n", "unknown member"),
        ("reviews = [1]\n", "no table"),
        ("[authorisations]\n", "no list of tables"),
    ],
)
def test_other_members_are_mistakes(tmp_path: Path, text: str, words: str) -> None:
    (problem,) = refused(write(tmp_path, "x.toml", text))
    assert words in problem


def test_an_empty_file_is_a_warning(tmp_path: Path) -> None:
    name = write(tmp_path, "x.toml", "# nothing yet\n")
    assert load([name]).declarations == ()
    assert [problem.severity for problem in lint([name])] == [Severity.WARNING]


def test_what_cannot_be_read_is_told_from_what_is_wrong(tmp_path: Path) -> None:
    missing, wrong = str(tmp_path / "missing.toml"), write(tmp_path, "wrong.toml", "a = 1")
    assert [problem.unreadable for problem in lint([missing, wrong, "a\0b"])] == [True, False, True]


def test_an_empty_folder_is_a_mistake(tmp_path: Path) -> None:
    (problem,) = refused(str(tmp_path))
    assert "a folder without" in problem


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.toml")
    (problem,) = refused(str(tmp_path))
    assert "no regular file" in problem


@pytest.mark.parametrize("name", [3, None, "", "  ", b"x.toml"])
def test_a_name_that_is_none_is_a_mistake(name: Any) -> None:
    (problem,) = refused(name)
    assert "no file, folder or bundled entry" in problem


def test_a_file_too_large_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = declaration("d")
    name = write(tmp_path, "d.toml", text)
    monkeypatch.setattr(files, "MAX_BYTES", len(text))
    assert len(load([name]).declarations) == 1
    monkeypatch.setattr(files, "MAX_BYTES", len(text) - 1)
    (problem,) = refused(name)
    assert "larger than" in problem


def test_too_many_files_are_one_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        write(tmp_path, f"{number}.toml", declaration(f"d{number}"))
    monkeypatch.setattr(files, "MAX_FILES", 5)
    assert len(load([str(tmp_path)]).declarations) == 5
    monkeypatch.setattr(files, "MAX_FILES", 3)
    (problem,) = refused(str(tmp_path))
    assert "more than 3 files" in problem


def test_an_id_used_twice_names_both_places(tmp_path: Path) -> None:
    first = write(tmp_path, "1.toml", declaration("d"), AUTHORISATION.format(id="l", declaration="d"))
    second = write(tmp_path, "2.toml", declaration("d"), AUTHORISATION.format(id="l", declaration="d"))
    problems = refused(first, second)
    assert len(problems) == 2
    for kind, problem in zip(("declarations", "authorisations"), problems, strict=True):
        assert f"{second}: {kind}[0].id" in problem
        assert f"{first}: {kind}[0]" in problem


def test_an_id_of_a_bundled_entry_is_taken_only_when_it_is_loaded(tmp_path: Path) -> None:
    name = write(tmp_path, "d.toml", declaration("sacem-2023"))
    assert len(load([name]).declarations) == 1
    assert len(refused(name, "bundled:sacem-2023")) == 1


def test_a_licence_for_a_declaration_not_loaded_is_a_mistake_in_a_run_and_a_warning_alone(tmp_path: Path) -> None:
    name = write(tmp_path, "l.toml", AUTHORISATION.format(id="l", declaration="musique-2023"))
    (problem,) = refused(name)
    assert f"{name}: authorisations[0].scope.declarations[0]: 'musique-2023'" in problem
    assert [problem.severity for problem in lint([name])] == [Severity.WARNING]
    other = write(tmp_path, "d.toml", declaration("musique-2023"))
    assert len(load([name, other]).authorisations) == 1
    assert lint([name, other]) == ()


def test_a_near_id_is_offered(tmp_path: Path) -> None:
    name = write(
        tmp_path, "x.toml", declaration("musique-2023"), AUTHORISATION.format(id="l", declaration="musiqe-2023")
    )
    (problem,) = refused(name)
    assert problem.endswith('for example "musique-2023"')


def test_a_licence_for_a_declaration_with_mistakes_is_no_further_mistake(tmp_path: Path) -> None:
    broken = declaration("d").replace('"xml"', '"rumour"')
    problems = refused(write(tmp_path, "x.toml", broken, AUTHORISATION.format(id="l", declaration="d")))
    assert len(problems) == 1


def test_a_review_of_what_is_not_loaded_is_a_warning(tmp_path: Path) -> None:
    name = write(tmp_path, "r.toml", REVIEW.format(declaration="gone"))
    held = load([name])
    assert len(held.reviews) == 1
    assert [problem.path for problem in held.warnings] == [f"{name}: reviews[0].declaration"]


def test_reviews_are_in_the_order_of_their_time(tmp_path: Path) -> None:
    early = REVIEW.format(declaration="d").replace("2026-03-02", "2026-03-01").replace("released", "confirmed")
    late = REVIEW.format(declaration="d")
    for text in (early + late, late + early):
        name = write(tmp_path, "d.toml", declaration("d"), text)
        assert [review.outcome for review in load([name]).reviews] == ["confirmed", "released"]
    both = late.replace("released", "confirmed") + late
    assert [r.outcome for r in load([write(tmp_path, "e.toml", declaration("d"), both)]).reviews][-1] == "confirmed"


def test_every_file_read_is_in_the_digests(tmp_path: Path) -> None:
    names = [
        write(tmp_path, "l.toml", AUTHORISATION.format(id="l", declaration="d")),
        write(tmp_path, "d.toml", declaration("d")),
    ]
    assert load(names).digests == tuple(hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in names)


def test_entries_due_for_a_look_at_the_source_are_named(tmp_path: Path) -> None:
    name = write(tmp_path, "d.toml", declaration("d"), "expires_review_at = 2026-06-30\n")
    assert lint([name], today=date(2026, 6, 30)) == ()
    (problem,) = lint([name], today=date(2026, 7, 1))
    assert problem.severity is Severity.WARNING
    assert problem.path == f"{name}: declarations[0].expires_review_at"


def test_mistakes_stop_and_warnings_do_not(tmp_path: Path) -> None:
    name = write(tmp_path, "d.toml", '[[declarations]]\nid = "d"\ndeclarant = { name = "D" }\nusages = ["tdm"]\n')
    held = load([name])
    assert len(held.declarations) == 1
    assert held.warnings == lint([name])
    assert held.warnings


# Lists


def a_list(path: Path, declaration: str = "d", *, excludes: bool = False) -> str:
    """An empty list, as far as its header and metadata go."""
    meta = {
        "declaration": declaration,
        "version": "2026-01",
        "created": "2026-01-05T09:00:00Z",
        "sha256": "cd" * 32,
        "rows": "0",
        "size": "9",
        "sources": json.dumps([{"sha256": "cd" * 32, "size": 9, "excludes": excludes}]),
    }
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA application_id = {index.APPLICATION}")
        connection.execute("PRAGMA user_version = 1")  # the first format, without a sieve
        for table in (index.ENTRIES, index.KEYS, index.META):
            connection.execute(table)
        connection.execute("INSERT INTO keys VALUES (1, 'iswc')")
        connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    return str(path)


@pytest.mark.parametrize("name", ["works.tdmlist", "works.db", "works.toml"])
def test_a_list_is_known_by_what_it_is(tmp_path: Path, name: str) -> None:
    works, declared = a_list(tmp_path / name), write(tmp_path, "d.toml", declaration("d"))
    held = load([declared, works])
    assert [each.declaration for each in held.lists] == ["d"]
    assert held.sources[1]["version"] == "2026-01"
    assert held.sources[1]["sha256"] == "cd" * 32


def test_lists_in_a_folder_are_found_by_their_name(tmp_path: Path) -> None:
    write(tmp_path, "d.toml", declaration("d"))
    a_list(tmp_path / "a.tdmlist")
    a_list(tmp_path / "b.sqlite")
    assert [each.name for each in load([tmp_path]).lists] == ["a.tdmlist"]


@pytest.mark.parametrize("keyless", ["", "match = {}\n"])
def test_a_declaration_that_a_list_matches_for_is_not_warned_of(tmp_path: Path, keyless: str) -> None:
    without = declaration("d").replace('match = { society = ["Society"] }\n', keyless)
    name = write(tmp_path, "d.toml", without, declaration("e").replace('match = { society = ["Society"] }\n', ""))
    alone = [problem.path for problem in lint([name])]
    assert alone == [f"{name}: declarations[0].match", f"{name}: declarations[1].match"]
    works = a_list(tmp_path / "works.tdmlist")
    for told in (lint([name, works]), lint([works, name]), load([name, works]).warnings):
        assert [problem.path for problem in told] == [f"{name}: declarations[1].match"]


def test_a_list_of_nothing_but_excludes_matches_nothing_and_the_warning_stays(tmp_path: Path) -> None:
    name = write(tmp_path, "d.toml", declaration("d").replace('match = { society = ["Society"] }\n', ""))
    works = a_list(tmp_path / "works.tdmlist", excludes=True)
    assert [problem.path for problem in load([name, works]).warnings] == [f"{name}: declarations[0].match"]


def test_a_list_for_a_declaration_not_loaded_is_a_mistake_in_a_run_and_a_warning_alone(tmp_path: Path) -> None:
    name = a_list(tmp_path / "works.tdmlist", "gone")
    (problem,) = refused(name)
    assert problem.startswith(f"{name}: 'gone' is the id of nothing loaded")
    assert [problem.severity for problem in lint([name])] == [Severity.WARNING]


@pytest.mark.parametrize("raw", [b"", b"a,b\n", b"SQLite format 3\0", b"SQLite format 3\0" + bytes(200)])
def test_a_list_that_is_none_is_a_mistake_with_its_place_once(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "works.tdmlist"
    path.write_bytes(raw)
    (problem,) = refused(path)
    assert problem.count(str(path)) == 1


# The bundled set


def test_the_bundled_set_loads_and_says_what_it_is() -> None:
    held = load(["bundled:*"])
    assert held.warnings == ()  # nobody who loads it can mend it; `lint` says what there is to say
    assert lint(["bundled:*"])
    assert tuple(source["id"] for source in held.sources) == bundled()
    assert {each.id for each in held.declarations} == set(bundled())
    assert [each.id for each in load(["bundled:sacem-2023"]).declarations] == ["sacem-2023"]
    for source in held.sources:
        date.fromisoformat(source["version"])
        assert len(source["sha256"]) == 64


@pytest.mark.parametrize("name", bundled())
def test_a_bundled_entry_claims_no_more_than_is_known(name: str) -> None:
    (declared,) = load([f"bundled:{name}"]).declarations
    assert declared.id == name
    assert declared.mandate.status != "confirmed"
    assert declared.notes.uncertain
    assert declared.match
    assert declared.expires_review_at is not None
    assert declared.source.known_from in words.KNOWN_FROM
    heard_of = declared.source.known_from == "secondary"
    assert bool(declared.notes.certain) is not heard_of
    assert (declared.source.retrieved_at is None) is heard_of  # nobody has seen what is only told of
    if heard_of:
        assert declared.source.see
        assert declared.source.url is None
        assert "read at source" in declared.notes.uncertain[0]


@pytest.mark.parametrize("name", bundled())
def test_a_bundled_entry_has_the_words_the_document_and_what_it_lacks(name: str) -> None:
    (declared,) = load([f"bundled:{name}"]).declarations
    assert declared.version >= "2026-11-28"
    assert declared.notes.missing
    source = declared.source
    assert source.title
    assert source.language
    assert declared.wording or any("words" in line for line in declared.notes.missing)
    assert declared.wording != ", ".join(declared.usages)
    quoted = declared.wording or source.unquoted
    assert len(quoted) <= MAX_EXCERPT  # a record has all of it
    assert len(quoted.split()) < 45  # the few words that reserve, no document
    # notes and members say the same
    told = " ".join((*declared.notes.certain, *declared.notes.uncertain, *declared.notes.missing))
    assert (source.url is None) is any("address" in line for line in declared.notes.missing if "Whom" not in line)
    assert bool(declared.licence.url or declared.licence.email) is ("Whom to ask" not in told)
    assert (declared.declared_at is None) is ("no date is entered" in told or "none is known" in told)
    if declared.declared_at and source.date:
        assert source.date == declared.declared_at.isoformat()
    assert ("none is recorded here, so that the entry reaches" in told) or "none is named" in told
    assert declared.territory == ("WORLD",)


def test_the_entry_of_sacem_quotes_the_announcement_and_tells_the_doubts() -> None:
    (declared,) = load(["bundled:sacem-2023"]).declarations
    assert declared.wording is not None
    assert declared.wording.startswith("activités de fouilles de données (data-mining) sur les œuvres du répertoire")
    assert declared.wording.endswith("devront faire l'objet de son autorisation préalable")
    source = declared.source
    assert (source.date, source.language, source.standing) == ("2023-10-12", "fr", "read at source on 2026-11-21")
    assert source.address == "no address known"
    assert ["lemondedudroit.fr" in source.see[0], "vpk-avocats.com" in source.see[1]] == [True, True]
    assert declared.mandate.source == "B. Spitz, Kluwer Copyright Blog, 2024-01-25"
    doubts = " ".join((declared.mandate.note or "", *declared.notes.uncertain))
    for words_of in ("no standardised way to opt out", "its own right", "far from obvious", "individual members",
                     "litigation between authors"):  # fmt: skip
        assert words_of in doubts


def test_scam_speaks_for_some_of_its_members_only_so_that_a_person_decides() -> None:
    (declared,) = load(["bundled:scam"]).declarations
    assert declared.mandate.status == "disputed"


def test_an_unknown_bundled_entry_is_a_mistake_that_names_the_known() -> None:
    (problem,) = refused("bundled:sacem")
    assert "sacem-2023" in problem


# No file makes a reader raise anything else

TOML = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
    st.lists(
        st.sampled_from(
            [
                "[[declarations]]",
                "[[authorisations]]",
                "[[reviews]]",
                'id = "d"',
                'declarant = { name = "D" }',
                'usages = ["tdm"]',
                "match = { iswc = [1] }",
                'scope = { declarations = ["d"] }',
                "x = 1979-05-27T07:32:00",
                "at = 07:32:00",
                "valid_from = 1979-05-27",
                "key = inf",
                "value = 0x" + "f" * 4000,
                "[a.b]",
            ]
        ),
        max_size=12,
    ).map(lambda lines: "\n".join(lines).encode()),
)


@settings(max_examples=200)
@given(raw=TOML)
def test_no_file_makes_the_reader_raise_anything_else(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(raw)
    if mistakes(lint([path])):
        refused(path)
        return
    try:
        load([path])
    except ConfigurationError as error:  # in a run an unknown id is a mistake too
        assert all("is the id of nothing loaded" in problem for problem in error.problems)  # noqa: PT017


def test_vectors_load_as_one_set(tmp_path: Path) -> None:
    vectors = json.loads((Path(__file__).parent / "vectors" / "repertoire.json").read_text("utf-8"))
    text = "\n".join(
        f"[[{kind}]]\n" + "\n".join(f"{member} = {toml(value)}" for member, value in table.items())
        for kind in ("declarations", "authorisations")
        for table in vectors[kind].values()
    )
    assert tomllib.loads(text)["declarations"] == list(vectors["declarations"].values())
    held = load([write(tmp_path, "vectors.toml", text)])
    assert [each.id for each in held.declarations] == list(vectors["declarations"])
    assert [each.id for each in held.authorisations] == list(vectors["authorisations"])


def toml(value: Any) -> str:
    """A JSON value as TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
