"""Authorisations for some works: what the files may say, what is opened when, and that one work frees no other."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tdm_guard import ConfigurationError, Judge
from tdm_guard.cli import app
from tdm_guard.holdings import Holdings, lint, load
from tdm_guard.log.recall import items_of
from tdm_guard.options import Options
from tdm_guard.repertoire.authorisation import Works, read_authorisation
from tdm_guard.repertoire.matching import MAX_STATEMENTS
from tdm_guard.repertoire.problem import Severity
from tests.repertoire.test_conformance import toml
from tests.repertoire.test_works_vectors import make_list

A, B, UNKNOWN = "T-000.000.001-0", "T-000.000.002-1", "T-034.524.680-1"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DECLARED = {
    "id": "society", "version": "1", "declarant": {"name": "Société"}, "usages": ["tdm"], "form": "xml",
    "declared_at": "2024-01-01", "source": {"url": "https://society.example/"},
    "match": {"society": ["SdE"], "iswc": [A, B], "creator_name": ["Marie Exemple"]},
}  # fmt: skip
GRANTED = {
    "id": "lic", "grantor": {"name": "Société"}, "licensee": "acme-ai", "usages": ["tdm"], "territory": ["WORLD"],
    "valid_from": "2025-01-01", "status": "active", "evidence": {"reference": "contract 7"},
}  # fmt: skip


def granted(works: Any, **scope: Any) -> dict[str, Any]:
    return {**GRANTED, "scope": {"declarations": ["society"], **scope, "works": works}}


def write(folder: Path, name: str, **tables: dict[str, Any]) -> str:
    path = folder / f"{name}.toml"
    folder.mkdir(exist_ok=True)
    text = "".join(
        f"[[{kind}]]\n" + "".join(f"{member} = {toml(value)}\n" for member, value in members.items())
        for kind, members in tables.items()
    )
    path.write_text(text, encoding="utf-8")
    return str(path)


def judge(*names: str, **options: Any) -> Judge:
    return Judge(repertoire=names, operator={"name": "acme-ai"}, **options)


def verdict(judge: Judge, item: Any) -> str:
    return judged(judge, item).verdict


def judged(judge: Judge, item: Any) -> Any:
    return judge.evaluate("https://catalogue.example/1", policies={}, unread="ignore", item=item, now=NOW)


# ---- What a scope may say -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("works", "read"),
    [
        (["a.tdmlist", "b.tdmlist"], Works(lists=("a.tdmlist", "b.tdmlist"))),
        ({"iswc": [A]}, Works(match={"iswc": (A,)})),
        (["a.tdmlist", {"iswc": [A]}, {"iswc": [B]}], Works(lists=("a.tdmlist",), match={"iswc": (A, B)})),
    ],
)
def test_works_are_lists_or_match_keys_or_both(works: Any, read: Works) -> None:
    authorisation, problems = read_authorisation(granted(works), "x")
    assert authorisation is not None
    assert authorisation.scope.works == read
    assert not problems


@pytest.mark.parametrize(
    ("scope", "place", "said"),
    [
        ({"works": "a.tdmlist"}, "works", "neither a list of files nor"),
        ({"works": 7}, "works", "neither a list of files nor"),
        ({"works": []}, "works", "names no work"),
        ({"works": {}}, "works", "names no work"),
        ({"works": [7]}, "works[0]", "neither a file nor"),
        ({"works": [" "]}, "works[0]", "neither a file nor"),
        ({"works": {"ISWC": [A]}}, "works.ISWC", "unknown member"),
        ({"works": [{"iswc": [A]}, {"iswc": ["T-000.000.001-1"]}]}, "works[1].iswc[0]", "no usable iswc"),
        ({"works": {"iswc": A}}, "works.iswc", "is no list"),
        ({"works": ["a.tdmlist"], "declarations": []}, "works", "narrows nothing"),
        ({"works": ["a.tdmlist"], "origins": ["https://a.example"]}, "origins", "not narrowed by works"),
        ({"works": ["a.tdmlist"], "policies": ["https://a.example/p"]}, "policies", "not narrowed by works"),
        ({"works": ["a.tdmlist"], "licences": ["https://a.example/l"]}, "licences", "not narrowed by works"),
    ],
)
def test_a_mistake_in_works_is_one_problem_with_its_place(scope: dict[str, Any], place: str, said: str) -> None:
    authorisation, problems = read_authorisation({**GRANTED, "scope": {"declarations": ["society"], **scope}}, "x")
    assert authorisation is None
    [problem] = problems
    assert (problem.path, said in problem.message) == (f"x.scope.{place}", True)


# ---- The lists ----------------------------------------------------------------------------------------------------


@pytest.fixture
def declared(tmp_path: Path) -> str:
    return write(tmp_path / "declared", "society", declarations=DECLARED)


def test_a_list_is_found_beside_the_file_that_names_it(
    tmp_path: Path, declared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    licences = write(tmp_path / "licences", "lic", authorisations=granted(["lists/a.tdmlist"]))
    (tmp_path / "licences" / "lists").mkdir()
    make_list(tmp_path / "licences" / "lists" / "a.tdmlist", "society", [{"iswc": A}])
    monkeypatch.chdir(tmp_path / "licences")
    for name in (licences, "lic.toml"):
        assert verdict(judge(declared, name), {"iswc": A}) == "authorised"
        assert verdict(judge(declared, name), {"iswc": B}) == "reserved"
    again = pickle.loads(pickle.dumps(judge(declared, licences)))
    assert (verdict(again, {"iswc": A}), verdict(again, {"iswc": B})) == ("authorised", "reserved")


@pytest.mark.parametrize(
    ("raw", "said"), [(None, "cannot be read"), (b"", "is no list"), (b"SQLite format 3\0" + bytes(200), "")]
)
def test_a_list_that_cannot_be_used_is_named_with_file_and_member(
    tmp_path: Path, declared: str, raw: bytes | None, said: str
) -> None:
    licences = write(tmp_path / "licences", "lic", authorisations=granted(["a.tdmlist"]))
    if raw is not None:
        (tmp_path / "licences" / "a.tdmlist").write_bytes(raw)
    with pytest.raises(ConfigurationError) as raised:
        load([declared, licences])
    [problem] = raised.value.problems
    assert problem.startswith(f"{licences}: authorisations[0].scope.works[0]: ")
    assert (str(tmp_path / "licences" / "a.tdmlist") in problem, said in problem) == (True, True)
    linted = CliRunner().invoke(app, ["authorisations", "lint", licences])
    assert linted.exit_code == (2 if raw is None else 1)
    assert "authorisations[0].scope.works[0]" in linted.stdout


def test_a_good_list_has_nothing_to_lint(tmp_path: Path, declared: str) -> None:
    licences = write(tmp_path / "licences", "lic", authorisations=granted(["a.tdmlist"]))
    for declaration in ("society", "lic"):
        (tmp_path / "licences" / "a.tdmlist").unlink(missing_ok=True)
        make_list(tmp_path / "licences" / "a.tdmlist", declaration, [{"iswc": A}])
        assert lint([declared, licences]) == ()
    (tmp_path / "licences" / "a.tdmlist").unlink()
    make_list(tmp_path / "licences" / "a.tdmlist", "another", [{"iswc": A}])
    [problem] = lint([declared, licences])
    assert (problem.severity, "'another'" in problem.message) == (Severity.WARNING, True)


def test_a_licensed_list_in_a_folder_adds_to_no_declaration_unless_it_is_named(tmp_path: Path, declared: str) -> None:
    """What it leaves out of the licence is not left out of what is declared."""
    folder = tmp_path / "licences"
    write(folder, "lic", authorisations=granted(["a.tdmlist"]))
    make_list(folder / "a.tdmlist", "society", [{"iswc": UNKNOWN}])
    make_list(folder / "a.tdmlist", "society", [{"iswc": A}], excludes=True)
    held = load([declared, str(folder)])
    assert (held.lists, [source.id for source in held.sources]) == ((), ["society"])
    of_folder = judge(declared, str(folder))
    assert (verdict(of_folder, {"iswc": A}), verdict(of_folder, {"iswc": UNKNOWN})) == ("reserved", "unreserved")
    for names in (
        (declared, str(folder), str(folder / "a.tdmlist")),
        (declared, str(folder / "a.tdmlist"), str(folder)),
    ):
        named = judge(*names)
        assert (verdict(named, {"iswc": A}), verdict(named, {"iswc": UNKNOWN})) == ("unreserved", "authorised")


def test_another_list_is_another_configuration(tmp_path: Path, declared: str) -> None:
    licences = write(tmp_path / "licences", "lic", authorisations=granted(["a.tdmlist"]))
    told = set()
    for work in (A, B):
        (tmp_path / "licences" / "a.tdmlist").unlink(missing_ok=True)
        make_list(tmp_path / "licences" / "a.tdmlist", "society", [{"iswc": work}])
        told.add(json.dumps(Options.read({"repertoire": [declared, licences]}).describe(), sort_keys=True))
    assert len(told) == 2
    assert load([declared]).licensed == Holdings().licensed


# ---- What is lifted, and what the record says ---------------------------------------------------------------------


@pytest.fixture
def licensed(tmp_path: Path, declared: str) -> Judge:
    licences = write(tmp_path / "licences", "lic", authorisations=granted(["a.tdmlist"]))
    make_list(tmp_path / "licences" / "a.tdmlist", "society", [{"iswc": A}])
    return judge(declared, licences)


def test_the_record_says_where_the_work_is_listed_or_that_it_is_not(licensed: Judge) -> None:
    [said] = judged(licensed, {"iswc": A}).to_dict()["because"]
    assert said["match"]["work"] == "iswc T0000000010"
    [mark] = said["authorisations"]
    assert mark["outcome"] == "lifted"
    assert "; iswc T0000000010 in a.tdmlist, version 1, sha256 " in mark["why"]
    [said] = judged(licensed, {"iswc": B}).to_dict()["because"]
    assert "work" not in said["match"]
    assert [(mark["outcome"], mark["why"]) for mark in said["authorisations"]] == [
        ("not-lifted", "the work is not among those that it names")
    ]


def page(*works: dict[str, Any]) -> bytes:
    scripts = "".join(
        '<script type="application/ld+json">'
        + json.dumps({"@context": "https://schema.org", "@type": "MusicComposition", **work})
        + "</script>"
        for work in works
    )
    return f"<!doctype html><title>x</title>{scripts}".encode()


@pytest.mark.parametrize("posture", ["cautious", "literal"])
def test_works_on_a_page_are_each_judged_by_themselves(licensed: Judge, posture: str) -> None:
    person = {"@type": "Person", "name": "Marie Exemple"}
    options = licensed.options

    def of(*works: dict[str, Any], head: bytes = b"", item: Any = None) -> str:
        return Judge(repertoire=options.repertoire, operator={"name": "acme-ai"}, posture=posture).evaluate(
            "https://catalogue.example/1", status=200, headers=[("content-type", "text/html")],
            body=head + page(*works), policies={}, unread="ignore", item=item, now=NOW,
        ).verdict  # fmt: skip

    meta = '<meta name="DC.identifier" scheme="ISWC" content="{}">'
    assert of({"iswcCode": A, "composer": person}) == "authorised"
    assert of({"iswcCode": A}, {"iswcCode": B}) == "reserved"
    assert of({"iswcCode": A}, {"name": "Another", "composer": person}) == "review"
    assert of({"iswcCode": [A, B]}) == "reserved"
    assert of(head=meta.format(A).encode()) == "authorised"
    assert of(head=(meta.format(A) + meta.format(B)).encode()) == "reserved"
    assert of({"iswcCode": B}, item={"iswc": A}) == "reserved"
    assert of({"iswcCode": A}, item={"iswc": A, "society": "SdE"}) == "authorised"


def test_of_many_works_no_licensed_one_stands_for_the_others(licensed: Judge) -> None:
    """Beyond the bound one statement stands for all that are left."""
    society = {"society": "SdE"}
    many = [{**society, "iswc": A}, *({**society, "title": str(number)} for number in range(3 * MAX_STATEMENTS))]
    assert verdict(licensed, many) == "reserved"
    assert verdict(licensed, many[::-1]) == "reserved"
    assert verdict(licensed, [many[0]] * 40) == "authorised"


def test_what_is_licensed_by_more_codes_than_are_told_is_licensed(tmp_path: Path) -> None:
    codes = [f"FRZ03{number:07d}" for number in range(3 * MAX_STATEMENTS)]
    declared = write(tmp_path, "d", declarations={**DECLARED, "match": {"isrc": codes}})
    for count, expected in ((len(codes), "authorised"), (len(codes) - 1, "reserved")):
        licences = write(tmp_path, "l", authorisations=granted({"isrc": codes[:count]}))
        assert verdict(judge(declared, licences), [{"isrc": code} for code in codes]) == expected


def test_a_review_of_a_name_holds_for_the_address_it_names_alone(tmp_path: Path, declared: str) -> None:
    licences = write(tmp_path, "l", authorisations=granted({"creator_name": ["Marie Exemple"]}))
    released = {
        "outcome": "released", "authorisation": "lic", "by": "legal", "at": "2026-02-01T00:00:00Z", "why": "it is hers",
    }  # fmt: skip
    item = {"iswc": A, "creator_name": "Marie Exemple"}
    whole = write(tmp_path, "r1", reviews=released)
    here = write(tmp_path, "r2", reviews={**released, "url": "https://catalogue.example/1"})
    there = write(tmp_path, "r3", reviews={**released, "url": "https://catalogue.example/2"})
    refused = write(tmp_path, "r4", reviews={**released, "outcome": "confirmed"})
    outcomes = [
        verdict(judge(declared, licences, *more), item) for more in ((), (whole,), (here,), (there,), (refused,))
    ]
    assert outcomes == ["review", "review", "authorised", "review", "reserved"]


def test_a_record_gives_back_each_licensed_work_with_what_it_was_matched_by(licensed: Judge) -> None:
    items = [{"iswc": A, "society": "SdE"}, {"iswc": B, "society": "SdE"}]
    decision = judged(licensed, items)
    back = items_of(decision.to_dict())
    assert {"iswc": ["T0000000010"], "society": ["sde"]} in back
    assert judged(licensed, back).verdict == decision.verdict == "reserved"
    alone = judged(licensed, {"iswc": A, "society": "SdE"})
    assert judged(licensed, items_of(alone.to_dict())).verdict == alone.verdict == "authorised"


@pytest.mark.parametrize("work", [7, "", ", ", "domain a.example", "iswc", " x", "iswc " + "9" * 5000])
def test_what_a_record_may_say_of_works_does_no_harm(licensed: Judge, work: Any) -> None:
    record = judged(licensed, {"iswc": A}).to_dict()
    record["because"][0]["match"]["work"] = work
    assert verdict(licensed, items_of(record)) in ("authorised", "reserved")


# ---- Properties ---------------------------------------------------------------------------------------------------

CODES = {
    "iswc": [A, B, UNKNOWN],
    "society": ["SdE", "other"],
    "creator_name": ["Marie Exemple", "Paul"],
    "isrc": ["QMXX12300001"],
}
ITEMS = st.lists(
    st.fixed_dictionaries(
        {}, optional={key: st.lists(st.sampled_from(values), max_size=2) for key, values in CODES.items()}
    ),
    max_size=3,
)
ORDER = ("unreserved", "authorised", "review", "reserved")


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> tuple[Judge, Judge, Judge]:
    folder = tmp_path_factory.mktemp("property")
    declared = write(folder, "d", declarations=DECLARED)
    every = write(folder, "every", authorisations={**GRANTED, "scope": {"declarations": ["society"]}})
    some = write(folder, "some", authorisations=granted({"iswc": [A]}))
    return judge(declared), judge(declared, some), judge(declared, every)


@settings(max_examples=80, deadline=None)
@given(items=ITEMS, more=ITEMS)
def test_a_licence_for_some_works_lifts_no_more_than_one_for_all_and_another_work_frees_nothing(
    judges: tuple[Judge, Judge, Judge], items: list[dict[str, Any]], more: list[dict[str, Any]]
) -> None:
    none, some, every = (ORDER.index(verdict(each, items)) for each in judges)
    assert (none == 0) == (some == 0) == (every == 0)
    assert every <= some <= none
    assert ORDER.index(verdict(judges[1], [*items, *more])) >= some
    if some == ORDER.index("authorised"):  # each work that anything matched is the licensed one
        matched = [item for item in items if verdict(judges[0], item) != "unreserved"]
        assert all(A in item.get("iswc", ()) and B not in item["iswc"] for item in matched)
