"""`repertoire` and `authorisations` as users call them: answers, exit codes, and messages that name the mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tdm_guard.cli import app
from tdm_guard.lists.index import open_list

DECLARATION = """
[[declarations]]
id = "music-2023"
version = "1"
declarant = { name = "Société d'Essai" }
mandate = { basis = "statutory_assignment", status = "asserted" }
work_types = ["musical_work", "lyrics"]
usages = ["tdm"]
territory = ["FR", "EU"]
declared_at = "2023-10-12"
form = "press_release"
licence = { available = true, email = "ai@society.example" }
source = { url = "https://society.example/declaration", retrieved_at = "2026-01-05T09:00:00Z" }
match = { society = ["SME"], creator_name = ["Marie Exemple"] }
"""
AUTHORISATION = """
[[authorisations]]
id = "lic-1"
grantor = { name = "Société d'Essai" }
licensee = "acme-ai"
scope = { declarations = ["music-2023"] }
usages = ["genai-training"]
territory = ["WORLD"]
valid_from = "2025-01-01"
status = "active"
evidence = { reference = "contract 1" }
"""
WORKS = "iswc,name\nT-000.000.001-0,Jean Peintre\nT-034.524.680-1,\n"


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("music.toml").write_text(DECLARATION, encoding="utf-8")
    Path("licences.toml").write_text(AUTHORISATION, encoding="utf-8")
    Path("works.csv").write_text(WORKS, encoding="utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def imported(
    *more: str, source: str = "works.csv", maps: tuple[str, ...] = ("iswc=iswc", "creator_name=name")
) -> Result:
    columns = [word for each in maps for word in ("--map", each)]
    fixed = ("--format", "csv", "--declaration", "music-2023", "--list-version", "1", "-o", "works.tdmlist")
    return run("repertoire", "import", source, *fixed, *columns, *more)


# -- lint and list


@pytest.mark.parametrize("command", ["repertoire", "authorisations"])
def test_lint_of_files_without_mistakes(command: str) -> None:
    result = run(command, "lint", "music.toml", "licences.toml")
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("valid: 0 mistakes, 0 warnings\n")


@pytest.mark.parametrize("command", ["repertoire", "authorisations"])
def test_lint_names_every_mistake(command: str) -> None:
    Path("bad.toml").write_text(DECLARATION.replace("asserted", "sure").replace('"tdm"', '"mining"'), encoding="utf-8")
    result = run(command, "lint", "bad.toml", "licences.toml")
    assert result.exit_code == 1
    assert "mistake: bad.toml: declarations[0].mandate.status: 'sure' is not one of" in result.stdout
    assert "mistake: bad.toml: declarations[0].usages[0]: 'mining' is no usage" in result.stdout
    assert "for example" in result.stdout
    assert result.stdout.splitlines()[-1] == "invalid: 2 mistakes, 0 warnings"


def test_lint_warns_and_is_valid() -> None:
    result = run("authorisations", "lint", "licences.toml")
    assert result.exit_code == 0
    assert "warning: licences.toml: authorisations[0].scope.declarations[0]" in result.stdout


def test_lint_of_a_file_that_cannot_be_read() -> None:
    result = run("repertoire", "lint", "music.toml", "nowhere.toml")
    assert result.exit_code == 2
    assert "nowhere.toml" in result.stdout


def test_lint_of_a_list() -> None:
    assert imported().exit_code == 0
    assert run("repertoire", "lint", "music.toml", "works.tdmlist").exit_code == 0
    Path("works.tdmlist").write_bytes(b"nothing")
    assert run("repertoire", "lint", "music.toml", "works.tdmlist").exit_code == 1


def test_lint_shows_control_characters_and_does_not_send_them() -> None:
    Path("bad.toml").write_text(DECLARATION.replace("asserted", "\\u001b[31m"), encoding="utf-8")
    result = run("repertoire", "lint", "bad.toml")
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout


def test_the_bundled_set_is_listed() -> None:
    result = run("repertoire", "list")
    assert result.exit_code == 0
    assert "bundled:sacem-2023\n  declarant:    Sacem\n" in result.stdout
    assert "mandate:      asserted" in result.stdout
    assert "day unknown" in result.stdout
    sacem = result.stdout.partition("bundled:sacem-2023\n")[2].partition("bundled:")[0]
    for line in (
        "  words:        “activités de fouilles de données (data-mining) sur les œuvres du répertoire de la Sacem … ",
        "  known:        read at source on 2026-11-21\n",
        "  ask:          no address known\n",
        ", 2023-10-12, fr, no address known\n",
    ):
        assert line in sacem
    assert "not read at source" not in result.stdout
    assert result.stdout.count("known from secondary accounts only") == 3


def test_show_tells_all_of_an_entry_with_its_doubts_and_what_it_lacks() -> None:
    result = run("repertoire", "show", "sacem-2023")
    assert result.exit_code == 0
    for words in (
        "(B. Spitz, Kluwer Copyright Blog, 2024-01-25)",
        "far from obvious",
        "there was no standardised way to opt out",
        "individual members may want to decide for themselves",
        "litigation between authors on one side",
        "  see:          Le Monde du Droit, article 89453, https://lemondedudroit.fr/",
        "  legal basis:  FR:CPI:L122-5-3\n",
        "  certain:\n    * ",
        "  uncertain:\n    * ",
        "  missing:\n    * The address of the announcement",
    ):
        assert words in result.stdout


def test_show_takes_files_and_says_which_words_nobody_recorded() -> None:
    Path("contacts.toml").write_text('[[contacts]]\ndeclarant = "A"\naddress = "a@a.example"\n', encoding="utf-8")
    Path("a.toml").write_text(
        '[[declarations]]\nid = "a"\ndeclarant = { name = "A" }\nusages = ["tdm"]\n', encoding="utf-8"
    )
    shown = run("repertoire", "show", "music.toml", "a.toml", "contacts.toml").stdout
    music, a = shown.split("\na, version not said\n")
    music += "\n"
    assert music.startswith("music-2023, version 1\n")
    assert "  words:        the words are not recorded here: see https://society.example/declaration\n" in music
    assert "  ask:          ai@society.example\n" in music
    assert "  words:        the words are not recorded here\n" in a
    assert "  known:        whether it was read is not said\n" in a
    assert "  ask:          a@a.example (from contacts.toml)\n" in a
    for name in ("bundled:nobody", "nobody"):
        assert run("repertoire", "show", name).exit_code == 2


def test_lint_reads_contacts_too() -> None:
    Path("contacts.toml").write_text('[[contacts]]\ndeclarant = "Societe d\'Essai"\n', encoding="utf-8")
    result = run("repertoire", "lint", "music.toml", "contacts.toml")
    assert result.exit_code == 1
    assert 'mistake: contacts.toml: contacts[0].address: is missing; for example "ai@society.example"' in result.stdout


# -- match


def match(item: object, *more: str, files: tuple[str, ...] = ("music.toml",)) -> Result:
    return run("repertoire", "match", *files, "--item", json.dumps(item), *more)


def test_match_says_by_what_and_whom_to_ask() -> None:
    result = match({"society": "S.M.E.", "type": "lyrics"})
    assert result.exit_code == 1
    assert result.stdout.startswith("matched\nreserved: music-2023\n")
    for words in (
        "society sme (affiliation)",
        "Société d'Essai, press_release, mandate asserted",
        "ai@society.example",
        "in:           https://society.example/declaration",
        "words:        [the words are not recorded here: see https://society.example/declaration]",
    ):
        assert words in result.stdout


def test_match_by_name_is_for_a_person_to_decide() -> None:
    result = match({"creator_name": "EXEMPLE, Marie"})
    assert result.exit_code == 1
    assert "review: music-2023" in result.stdout
    assert "doubt:" in result.stdout


def test_match_of_nothing_and_of_nothing_to_match() -> None:
    assert (match({"society": "Other"}).exit_code, match({"society": "Other"}).stdout) == (0, "not-matched\n")
    result = match({"title": "A song"})
    assert result.exit_code == 0
    assert result.stdout.startswith("unmatchable\n")


def test_match_hears_operator_and_forms() -> None:
    assert "copied in US" in match({"society": "SME"}, "--operator", '{"country": "US"}').stdout
    assert "machine-readable" in match({"society": "SME"}, "--repertoire-forms", "machine-readable").stdout


def test_match_in_json() -> None:
    result = match([{"society": "SME"}, {"title": "x"}], "--json")
    answer = json.loads(result.stdout)
    assert answer["repertoire"] == "matched"
    told = {"key": "society", "value": "sme", "strength": "affiliation", "written": "SME"}
    assert answer["because"][0]["match"] == told


def test_match_tells_what_is_wrong_in_the_item() -> None:
    result = match({"iswc": "T-000.000.001-1", "type": "podcast"})
    assert result.exit_code == 1
    assert "iswc: no usable iswc" in result.stderr
    assert "type: not one of" in result.stderr
    assert "review: iswc T-000.000.001-1: the item that you gave: no usable iswc" in result.stdout
    assert match({"iswc": "T-000.000.002-1", "type": "podcast"}).exit_code == 0
    (said,) = json.loads(match({"isbn": "1"}, "--json").stdout)["because"]
    assert (said["stance"], said["locator"], said["excerpt"], said["match"]) == ("undetermined", "isbn", "1", None)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"ISWC": "T-000.000.001-0"}, "did you mean iswc?"),
        ({"iswc": 7}, "iswc: 7 is neither a text nor a list of texts"),
        ("T-000.000.001-0", "is no item"),
        ({"contains": "T-000.000.001-0"}, "contains: 'T-000.000.001-0' is no item"),
    ],
)
def test_match_refuses_what_is_no_item(item: object, words: str) -> None:
    result = match(item)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_match_by_a_list_names_it() -> None:
    assert imported().exit_code == 0
    result = match({"iswc": "T-034.524.680-1"}, files=("music.toml", "works.tdmlist"))
    assert result.exit_code == 1
    index = open_list("works.tdmlist")
    assert f"list:         works.tdmlist, version 1, sha256 {index.sha256}" in result.stdout


def test_match_by_location() -> None:
    Path("music.toml").write_text(DECLARATION.replace("society = [", 'domain = ["label.example"], society = ['))
    assert match({}, "--url", "https://www.label.example/song").exit_code == 1
    assert match({}, "--url", "https://notlabel.example/song").exit_code == 0


def test_match_names_every_mistake_of_the_call() -> None:
    result = run(
        "repertoire", "match", "music.toml", "--item", "{", "--url", "ftp://x", "--operator", "[]",
        "--repertoire-forms", "some",
    )  # fmt: skip
    assert result.exit_code == 2
    for option in ("--item", "ftp://x", "--repertoire-forms"):
        assert option in result.stderr
    assert run("repertoire", "match", "nowhere.toml", "--item", "{}").exit_code == 2


# -- import


def test_import_says_what_it_made() -> None:
    result = imported()
    assert result.exit_code == 0, result.output
    sha256 = open_list("works.tdmlist").sha256
    assert result.stdout == (
        f"works.tdmlist: 3 entries, version 1, sha256 {sha256}; 2 rows, 2 of them usable, 0 with a problem\n"
    )
    assert result.stderr == ""


def test_import_tells_bad_lines_with_their_numbers() -> None:
    with Path("works.csv").open("a") as file:
        file.write("T-000.000.001-1,\n" * 120)
    result = imported()
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[0].startswith("works.csv: line 4: no usable iswc")
    assert len(lines) == 101
    assert lines[-1] == "works.csv: 20 more lines with a problem"
    assert "3 entries" in result.stdout


def test_import_of_nothing_usable_writes_nothing() -> None:
    Path("works.csv").write_text("iswc,name\nx,\n")
    result = imported()
    assert result.exit_code == 1
    assert "nothing to write" in result.stdout
    assert not Path("works.tdmlist").exists()


def test_import_of_excludes_beside_matches() -> None:
    imported()
    Path("members.csv").write_text("name\nJean Peintre\n")
    result = imported("--append", "--excludes", source="members.csv", maps=("creator_name=name",))
    assert result.exit_code == 0, result.output
    assert len(open_list("works.tdmlist").find([("creator_name", "jean peintre")])) == 2


def test_import_from_xml_with_row() -> None:
    Path("w.xml").write_text("<d><w><x><iswc>T-000.000.001-0</iswc></x></w></d>")
    result = imported("--format", "xml", "--row", "/d/w", source="w.xml", maps=("iswc=/d/w/x/iswc",))
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("more", "maps", "words"),
    [
        ((), ("iswc",), "--map: 'iswc' has no ="),
        ((), ("iswc=work",), "'work' is missing in the header"),
        (("--format", "xlsx"), ("iswc=iswc",), "--format: 'xlsx'"),
        (("--encoding", "nothing"), ("iswc=iswc",), "--encoding"),
        (("-o", "music.toml"), ("iswc=iswc",), "--output"),
        (("--append",), ("iswc=iswc",), "no list"),
    ],
)
def test_import_of_a_wrong_call(more: tuple[str, ...], maps: tuple[str, ...], words: str) -> None:
    result = imported(*more, maps=maps)
    assert result.exit_code == 2
    assert words in result.stderr
    assert Path("music.toml").read_text(encoding="utf-8") == DECLARATION
    assert not Path("works.tdmlist").exists()
