"""Rights in works: imported by the command line, loaded, and matched."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tdm_guard import Judge, Verdict
from tdm_guard.cli import app
from tdm_guard.holdings import load
from tests.support.rights import CONTENT_LIKE, DATA, DOCUMENT, INSTANCE, ISCC, PREFERENCES
from tests.support.silence import SILENT

OWN = """
[[declarations]]
id = "works"
version = "1"
declarant = {{ name = "Essai" }}
usages = ["tdm"]
mandate = {{ status = "confirmed" }}
form = "registry"
{match}
"""


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rights.xml").write_text(DOCUMENT, encoding="utf-8")
    Path("preferences.json").write_text(json.dumps(PREFERENCES), encoding="utf-8")


def imported(source: str, style: str, output: str, *more: str) -> Result:
    name = "preferences" if output == "preferences.toml" else "works"
    fixed = ("--format", style, "--declaration", name, "--list-version", "2026-11", "-o", output)
    return CliRunner().invoke(app, ["repertoire", "import", source, *fixed, *more])


def verdict(item: dict[str, Any] | None, *files: str, usage: str = "genai-training", **answer: Any) -> Verdict:
    judge = Judge(usages={usage}, agent="ExampleBot", repertoire=[*files])
    moment = datetime(2026, 11, 28, tzinfo=UTC)
    return judge.evaluate("https://site.example/a", policies=SILENT, now=moment, item=item, **answer).verdict


def test_rights_become_declarations_that_keep_what_each_says() -> None:
    result = imported("rights.xml", "rsl-media", "rights.toml")
    assert result.exit_code == 1, result.output
    assert "2 declarations" in result.output
    assert "1 right not loaded: status withdrawn" in result.output
    assert "1 right not loaded: ended" in result.output
    assert "1 right not loaded: for a whole registry" in result.output
    assert "1 right not loaded: reserves nothing" in result.output
    assert "right 7: nothing by which its work is known" in result.output
    first, second = load(["rights.toml"]).declarations
    assert dict(first.match) == {"isrd": ("ISRD-1", "ISRD-2"), "registry_id": ("r.example/W-1", "r.example/W-2")}
    assert (first.declarant.name, first.licence.email, first.licence.url) == (
        "Marie Exemple", "rights@a.example", "https://a.example/licence"
    )  # fmt: skip
    assert [usage.value for usage in first.usages] == ["nongenai-training", "genai-training"]
    assert second.withdrawn_at is not None
    assert second.effective_from is not None
    assert (first.form, first.version) == ("registry", "2026-11")
    assert first.wording is not None
    assert first.wording.startswith("<prohibits")  # the document's words, not ours for it
    assert (first.source.title, first.source.known_from) == ("RSL-MEDIA: work", "source")


def test_preferences_become_declarations_that_quote_them() -> None:
    imported("preferences.json", "tdm-ai", "preferences.toml")
    for each in load(["preferences.toml"]).declarations:
        assert each.wording is not None
        assert each.wording.startswith('"')
        assert ": " in each.wording
        assert (each.source.title or "").startswith("TDM·AI")


def test_what_the_imported_rights_match() -> None:
    imported("rights.xml", "rsl-media", "rights.toml")
    assert verdict({"isrd": "ISRD-1"}, "rights.toml") is Verdict.RESERVED
    assert verdict({"registry_id": "r.example/W-2"}, "rights.toml") is Verdict.RESERVED
    assert verdict({"registry_id": ["x", "r.example/W-2"]}, "rights.toml") is Verdict.RESERVED
    assert verdict({"isrd": "ISRD-1"}, "rights.toml", usage="search") is Verdict.UNRESERVED
    for other in (
        {"isrd": "ISRD-10"},
        {"registry_id": "W-1"},
        {"registry_id": "other.example/W-1"},
        {"isrd": "ISRD-3"},
    ):
        assert verdict(other, "rights.toml") is Verdict.UNRESERVED


def test_codes_of_a_page() -> None:
    imported("rights.xml", "rsl-media", "rights.toml")
    imported("preferences.json", "tdm-ai", "preferences.toml")
    for identifier in (
        {"@type": "PropertyValue", "propertyID": "isrd", "value": "ISRD-1"},
        {"@type": "PropertyValue", "name": "registry_id", "value": "r.example/W-1"},
        {"@type": "PropertyValue", "propertyID": "ISCC", "value": ISCC},
        f"ISCC:{ISCC}",
        "urn:isrd:ISRD-1",
    ):
        words = json.dumps({"@context": "https://schema.org", "@type": "CreativeWork", "identifier": identifier})
        body = f'<html><head><script type="application/ld+json">{words}</script></head><body>x</body></html>'.encode()
        answer = {"status": 200, "headers": [("content-type", "text/html")], "body": body}
        assert verdict(None, "rights.toml", "preferences.toml", **answer) is Verdict.RESERVED, identifier


def test_units_of_an_iscc() -> None:
    result = imported("preferences.json", "tdm-ai", "preferences.toml")
    assert result.exit_code == 1
    assert "not loaded: reserves nothing" in result.output
    assert "right 3: no usable iscc" in result.output
    for files in (("preferences.toml",), ("own.toml", "works.tdmlist")):
        if "own.toml" in files:
            Path("own.toml").write_text(OWN.format(match=""), encoding="utf-8")
            assert imported("preferences.json", "tdm-ai", "works.tdmlist").exit_code == 1
        assert verdict({"iscc": f"ISCC:{ISCC}"}, *files) is Verdict.RESERVED
        assert verdict({"iscc": DATA}, *files) is Verdict.RESERVED
        assert verdict({"iscc": INSTANCE}, *files) is Verdict.RESERVED
        assert verdict({"iscc": CONTENT_LIKE}, *files) is Verdict.REVIEW
        assert verdict({"iscc": "GAAW2PRCRS5LNVZV"}, *files) is Verdict.UNRESERVED


def test_a_unit_that_is_only_alike_is_for_a_person() -> None:
    Path("own.toml").write_text(OWN.format(match=f'match = {{ iscc = ["{CONTENT_LIKE}"] }}'), encoding="utf-8")
    assert verdict({"iscc": CONTENT_LIKE}, "own.toml") is Verdict.REVIEW
    assert verdict({"iscc": ISCC}, "own.toml") is Verdict.REVIEW
    assert verdict({"iscc": INSTANCE}, "own.toml") is Verdict.UNRESERVED


def test_a_list_of_rights() -> None:
    Path("own.toml").write_text(OWN.format(match=""), encoding="utf-8")
    result = imported("rights.xml", "rsl-media", "works.tdmlist")
    assert result.exit_code == 1
    assert "5 not loaded" in result.output  # one is not yet in force
    assert "1 right not loaded: not yet in force" in result.output
    assert verdict({"isrd": "ISRD-1"}, "own.toml", "works.tdmlist") is Verdict.RESERVED
    assert verdict({"isrd": "ISRD-6"}, "own.toml", "works.tdmlist") is Verdict.UNRESERVED


@pytest.mark.parametrize(
    ("source", "style", "output", "more", "words"),
    [
        ("rights.xml", "csv", "x.toml", ("--map", "iswc=a"), "declarations are made of"),
        ("rights.xml", "rsl-media", "x.toml", ("--map", "iswc=a"), "--map: not for rsl-media"),
        ("rights.xml", "rsl-media", "mine.toml", (), "no list of ours"),
        ("rights.xml", "rsl-media", "x.toml", ("--excludes",), "not for declarations"),
        ("rights.xml", "tdm-ai", "x.toml", (), "no JSON"),
        ("preferences.json", "rsl-media", "x.toml", (), "not well-formed"),
        ("none.xml", "rsl-media", "x.toml", (), "is no file"),
    ],
)
def test_wrong_calls(source: str, style: str, output: str, more: tuple[str, ...], words: str) -> None:
    Path("mine.toml").write_text("# mine\n", encoding="utf-8")
    result = imported(source, style, output, *more)
    assert result.exit_code == 2, result.output
    assert words in result.output
    assert not Path("x.toml").exists()
    assert Path("mine.toml").read_text(encoding="utf-8") == "# mine\n"


def test_an_import_writes_over_its_own_file_only() -> None:
    imported("rights.xml", "rsl-media", "rights.toml")
    before = Path("rights.toml").read_bytes()
    imported("rights.xml", "rsl-media", "rights.toml")
    assert Path("rights.toml").read_bytes() == before
    assert sorted(path.name for path in Path().iterdir()) == ["preferences.json", "rights.toml", "rights.xml"]


def test_strange_words_make_a_file_that_loads() -> None:
    odd = DOCUMENT.replace("Marie Exemple", "Mar&#x9;ie &quot;]\\ \u202e Ex&#10;emple").replace("ISRD-1", "&quot;'\\é")
    Path("odd.xml").write_text(odd, encoding="utf-8")
    assert imported("odd.xml", "rsl-media", "odd.toml").exit_code == 1
    assert load(["odd.toml"]).declarations
    assert verdict({"isrd": "\"'\\é"}, "odd.toml") is Verdict.RESERVED
