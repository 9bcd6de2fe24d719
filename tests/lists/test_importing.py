"""Lists from files of rightsholders: what is imported, what is told, and that a failure leaves nothing behind."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.errors import ConfigurationError
from tdm_guard.lists.importing import SHOWN, Imported, import_list
from tdm_guard.lists.index import ListIndex, open_list
from tdm_guard.lists.plan import Plan
from tdm_guard.repertoire.item import KEYS, normalise, spellings
from tests.support.memory import peak

NOW = datetime(2026, 11, 21, 13, tzinfo=timezone(timedelta(hours=1)))
GOOD = {
    "iswc": "T-000.000.001-0",
    "isrc": "QM-XX1-23-00001",
    "isbn": "978-0-00-000001-9",
    "creator_isni": "0000 0000 0000 001X",
    "creator_name": "Exemple, Marie",
    "society": "S.A.C.E.M.",
    "domain": "Label.Example",
    "url_prefix": "https://photos.example/p/",
    "isrc_registrant": "QMXX1",
    "doi_prefix": "10.5555",
}


def run(folder: Path, content: str | bytes, *columns: tuple[str, str], style: str = "csv", **more: Any) -> Imported:
    source = folder / f"source.{style}"
    source.write_bytes(content.encode() if isinstance(content, str) else content)
    plan = {"declaration": "d", "version": "1", "output": folder / "out.tdmlist", **more}
    return import_list(Plan(source=source, style=style, columns=columns, **plan), now=NOW)


def found(folder: Path, *pairs: tuple[str, str]) -> list[tuple[str, str, bool]]:
    index = open_list(folder / "out.tdmlist")
    return list(index.find(pairs))


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


FORMS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "csv": ("iswc,ipi\nT-000.000.001-0,00000000199\n", "iswc", "ipi", {}),
    "csv with semicolons": ("iswc;ipi\nT-000.000.001-0;00000000199\n", "iswc", "ipi", {"delimiter": ";"}),
    "tsv": ("iswc\tipi\nT-000.000.001-0\t00000000199\n", "iswc", "ipi", {}),
    "json array": ('[{"iswc": "T-000.000.001-0", "ipi": 199}]', "[].iswc", "[].ipi", {}),
    "json lines": ('{"iswc": "T-000.000.001-0", "ipi": [199]}\n', "iswc", "ipi", {}),
    "json object": ('{"w": [{"iswc": "T-000.000.001-0", "c": [{"ipi": "199"}]}]}', "w[].iswc", "w[].c[].ipi", {}),
    "xml": (
        "<w><i n='T-000.000.001-0'><c><ipi>199</ipi></c></i></w>",
        "/w/i/@n",
        "/w/i/c/ipi",
        {},
    ),
    "xml with row": (
        "<d><w><i><iswc>T-000.000.001-0</iswc><ipi>199</ipi></i></w></d>",
        "/d/w/i/iswc",
        "/d/w/i/ipi",
        {"row": "/d/w"},
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_list(tmp_path: Path, form: str) -> None:
    content, iswc, ipi, more = FORMS[form]
    style = form.partition(" ")[0]
    imported = run(tmp_path, content, ("iswc", iswc), ("creator_ipi", ipi), style=style, **more)
    assert (imported.rows, imported.usable, imported.bad, imported.entries) == (1, 1, 0, 2)
    assert imported.written
    assert found(tmp_path, ("iswc", "T0000000010"), ("creator_ipi", "00000000199")) == [
        ("iswc", "T0000000010", False),
        ("creator_ipi", "00000000199", False),
    ]
    assert left(tmp_path) == ["out.tdmlist", f"source.{style}"]


def test_values_are_spelled_as_items_are(tmp_path: Path) -> None:
    header = ",".join(GOOD)
    row = ",".join(f'"{value}"' for value in GOOD.values())
    run(tmp_path, f"{header}\n{row}\n", *((key, key) for key in GOOD))
    pairs = [(key, normalise(key, raw)) for key, raw in GOOD.items()]
    assert [(key, value) for key, value, _ in found(tmp_path, *pairs)] == pairs  # type: ignore[arg-type]


def test_bad_lines_are_told_and_the_good_ones_imported(tmp_path: Path) -> None:
    content = (
        "iswc,name\n"
        "T-000.000.001-0,Marie Exemple\n"
        "T-000.000.001-1,Jean Peintre\n"  # wrong check digit
        "\n"
        ",\n"
        ",...\n"
        "T-034.524.680-1\n"  # a cell too few
        f",{'x' * 1001}\n"
        ",\ufffd\n"
        '"open,Ana Foto\n'
        ",Paul Auteur\n"
    )
    imported = run(tmp_path, content, ("iswc", "iswc"), ("creator_name", "name"))
    told = dict(imported.shown)
    assert sorted(told) == [3, 6, 7, 8, 9, 10]
    assert (imported.rows, imported.usable, imported.bad, imported.entries) == (8, 3, 6, 4)
    for line, words in (
        (3, "check digit"),
        (6, "no usable creator_name"),
        (7, "1 cells"),
        (8, "longer"),
        (9, "encoding"),
    ):
        assert words in told[line]
    assert len(found(tmp_path, ("creator_name", "auteur paul"), ("creator_name", "jean peintre"))) == 2


def test_bytes_of_another_encoding_break_their_line_only(tmp_path: Path) -> None:
    raw = "name\nZoé Autre\nAna Foto\n".encode("latin-1")
    imported = run(tmp_path, raw, ("creator_name", "name"))
    assert [line for line, _ in imported.shown] == [2]
    assert found(tmp_path, ("creator_name", "ana foto"))
    assert run(tmp_path, raw, ("creator_name", "name"), encoding="latin-1").bad == 0
    assert found(tmp_path, ("creator_name", "autre zoe"))


def test_half_a_character_cannot_be_stored(tmp_path: Path) -> None:
    imported = run(tmp_path, '[{"d": "10.5555/\\ud800"}, {"d": "10.5555/x"}]', ("doi", "[].d"), style="json")
    assert imported.bad == 1
    assert imported.entries == 1


def test_ipi_numbers_with_wrong_check_digits_are_taken_and_told(tmp_path: Path) -> None:
    imported = run(tmp_path, "ipi\n00000000298\n", ("creator_ipi", "ipi"))
    assert imported.bad == 1
    assert "taken as written" in imported.shown[0][1]
    assert found(tmp_path, ("creator_ipi", "00000000298"))


def test_the_first_bad_lines_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    content = "iswc\n" + "nothing\n" * (SHOWN + 50) + "T-000.000.001-0\n"
    imported = run(tmp_path, content, ("iswc", "iswc"))
    assert imported.bad == SHOWN + 50
    assert [line for line, _ in imported.shown] == list(range(2, SHOWN + 2))


def test_an_entry_is_counted_once(tmp_path: Path) -> None:
    imported = run(tmp_path, "iswc\nT-000.000.001-0\nT0000000010\n", ("iswc", "iswc"))
    assert (imported.rows, imported.usable, imported.entries) == (2, 2, 1)


def test_two_columns_of_one_key(tmp_path: Path) -> None:
    imported = run(tmp_path, "a,b\nMarie Exemple,Jean Peintre\n", ("creator_name", "a"), ("creator_name", "b"))
    assert imported.entries == 2
    assert open_list(tmp_path / "out.tdmlist").sources[0]["map"] == [["creator_name", "a"], ["creator_name", "b"]]


def test_nothing_usable_makes_no_list(tmp_path: Path) -> None:
    imported = run(tmp_path, "iswc\nnothing\n", ("iswc", "iswc"))
    assert not imported.written
    assert (imported.bad, imported.entries, imported.sha256) == (1, 0, None)
    assert left(tmp_path) == ["source.csv"]


def test_the_rows_may_be_watched(tmp_path: Path) -> None:
    source = tmp_path / "s.csv"
    source.write_text("iswc\nT-000.000.001-0\n")
    plan = Plan(
        source=source, style="csv", columns=(("iswc", "iswc"),), declaration="d", version="1", output=tmp_path / "o"
    )
    seen: list[Any] = []

    def watched(rows: Any) -> Iterator[Any]:
        for row in rows:
            seen.append(row)
            yield row

    import_list(plan, now=NOW, watched=watched)
    assert [line for each in seen for line in each.lines] == [2]


def test_a_source_may_have_any_name(tmp_path: Path) -> None:
    source = tmp_path / os.fsdecode(b"caf\xe9.csv")
    source.write_text("iswc\nT-000.000.001-0\n")
    plan = Plan(
        source=source, style="csv", columns=(("iswc", "iswc"),), declaration="d", version="1", output=tmp_path / "o"
    )
    assert import_list(plan, now=NOW).written
    assert open_list(tmp_path / "o").sources[0]["name"] == source.name


# -- adding to a list


def test_append_keeps_what_is_there_and_says_where_all_is_from(tmp_path: Path) -> None:
    first = run(tmp_path, "iswc\nT-000.000.001-0\n", ("iswc", "iswc"))
    second = run(
        tmp_path, "n,i\nAna Foto,T-034.524.680-1\n", ("creator_name", "n"), ("iswc", "i"), append=True, version="2"
    )
    assert second.entries == 3
    index = open_list(tmp_path / "out.tdmlist")
    assert index.version == "2"
    assert [each["version"] for each in index.sources] == ["1", "2"]
    digests = [str(each["sha256"]) for each in index.sources]
    assert digests[0] == first.sha256
    assert (
        index.sha256 == second.sha256 == hashlib.sha256("".join(f"{each}\n" for each in digests).encode()).hexdigest()
    )
    assert len(index.find([("iswc", "T0000000010"), ("iswc", "T0345246801"), ("creator_name", "ana foto")])) == 3


def test_without_append_a_list_is_replaced(tmp_path: Path) -> None:
    run(tmp_path, "iswc\nT-000.000.001-0\n", ("iswc", "iswc"))
    run(tmp_path, "iswc\nT-034.524.680-1\n", ("iswc", "iswc"), declaration="other", excludes=True)
    assert found(tmp_path, ("iswc", "T0000000010"), ("iswc", "T0345246801")) == [("iswc", "T0345246801", True)]


def test_append_with_nothing_usable_leaves_the_list_as_it_is(tmp_path: Path) -> None:
    run(tmp_path, "iswc\nT-000.000.001-0\n", ("iswc", "iswc"))
    before = (tmp_path / "out.tdmlist").read_bytes()
    assert not run(tmp_path, "iswc\nnothing\n", ("iswc", "iswc"), append=True).written
    assert (tmp_path / "out.tdmlist").read_bytes() == before


# -- wrong calls, and files that cannot be read


@pytest.mark.parametrize(
    ("columns", "more", "words"),
    [
        ((("iwsc", "iswc"),), {}, "'iwsc' is no match key"),
        ((), {}, "--map"),
        ((("iswc", ""),), {}, "from where"),
        ((("iswc", "work"),), {}, "'work' is missing in the header; its columns are 'iswc', 'b'"),
        ((("iswc", "iswc"),), {"declaration": " "}, "--declaration"),
        ((("iswc", "iswc"),), {"version": "1\n2"}, "--list-version"),
        ((("iswc", "iswc"),), {"encoding": "zlib"}, "--encoding"),
        ((("iswc", "iswc"),), {"delimiter": ";;"}, "--delimiter"),
        ((("iswc", "iswc"),), {"row": "/a/b"}, "--row"),
        ((("iswc", "iswc"),), {"style": "xlsx"}, "--format"),
        ((("iswc", "[].a"), ("isrc", "b[].c")), {"style": "json"}, "several arrays"),
        ((("iswc", "[0].a"),), {"style": "json"}, "no path at character 1"),
        ((("iswc", "iswc"),), {"style": "xml"}, "no path at character 1"),
        ((("iswc", "/iswc"),), {"style": "xml"}, "--row"),
        ((("iswc", "/a/b/c"),), {"style": "xml", "row": "/a/x"}, "not below the row"),
        ((("iswc", "/a/b/c"),), {"style": "xml", "row": "/a/b/@c"}, "--row"),
        ((("iswc", "iswc"),), {"append": True}, "no list"),
        ((("iswc", "iswc"),), {"output": Path("/nowhere/at/all")}, "--output"),
        ((("iswc", "iswc"),), {"output": Path("a\0b")}, "--output"),
        ((("iswc", "iswc"),), {"source": Path("a\0b")}, "no file"),
        ((("iswc", "iswc"),), {"source": Path("/nowhere/at/all")}, "no file"),
    ],
)
def test_a_wrong_call_names_the_mistake(
    tmp_path: Path, columns: tuple[tuple[str, str], ...], more: dict[str, Any], words: str
) -> None:
    source = tmp_path / "source"
    source.write_text("iswc,b\nT-000.000.001-0,1\n")
    plan = {
        "source": source,
        "style": "csv",
        "declaration": "d",
        "version": "1",
        "output": tmp_path / "out.tdmlist",
        **more,
    }
    with pytest.raises(ConfigurationError) as caught:
        import_list(Plan(columns=columns, **plan), now=NOW)
    assert words in str(caught.value)
    assert left(tmp_path) == ["source"]


def test_every_mistake_of_a_call_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        run(tmp_path, "", ("a", ""), style="csv", declaration="", version="", encoding="x", delimiter="", row="r")
    assert len(caught.value.problems) == 7
    assert all("for example" in problem for problem in caught.value.problems)


def test_append_to_a_list_of_another_declaration_is_refused(tmp_path: Path) -> None:
    run(tmp_path, "iswc\nT-000.000.001-0\n", ("iswc", "iswc"))
    with pytest.raises(ConfigurationError, match="of 'd'"):
        run(tmp_path, "iswc\nT-034.524.680-1\n", ("iswc", "iswc"), append=True, declaration="e")


@pytest.mark.parametrize("append", [True, False])
def test_a_file_that_is_no_list_is_not_written_over(tmp_path: Path, *, append: bool) -> None:
    (tmp_path / "out.tdmlist").write_text("precious")
    with pytest.raises(ConfigurationError):
        run(tmp_path, "iswc\nT-000.000.001-0\n", ("iswc", "iswc"), append=append)
    assert (tmp_path / "out.tdmlist").read_text() == "precious"


@pytest.mark.parametrize(
    ("style", "content", "place"),
    [
        ("csv", "", "iswc"),
        ("csv", "iswc\n", "iswc"),
        ("json", '[{"iswc": "T-000.000.001-0"}', "[].iswc"),
        ("json", "[]", "[].iswc"),
        ("xml", "<w><i><iswc>T-000.000.001-0</iswc></i>", "/w/i/iswc"),
        ("xml", "<!DOCTYPE w><w><i><iswc>T-000.000.001-0</iswc></i></w>", "/w/i/iswc"),
        ("xml", "<w><o/></w>", "/w/i/iswc"),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_leaves_everything_as_it_was(
    tmp_path: Path, style: str, content: str, place: str
) -> None:
    run(tmp_path, "iswc\nT-034.524.680-1\n", ("iswc", "iswc"))
    before = (tmp_path / "out.tdmlist").read_bytes()
    with pytest.raises(ConfigurationError, match="nothing was imported"):
        run(tmp_path, content, ("iswc", place), style=style)
    assert (tmp_path / "out.tdmlist").read_bytes() == before
    assert left(tmp_path) == sorted({"out.tdmlist", "source.csv", f"source.{style}"})


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def most(rows: int) -> int:
        content = "name,more\n" + "".join(f"name number{number},{'x' * 100}\n" for number in range(rows))
        source = tmp_path / "source.csv"
        source.write_text(content)
        plan = Plan(
            source=source,
            style="csv",
            columns=(("creator_name", "name"),),
            declaration="d",
            version="1",
            output=tmp_path / "out.tdmlist",
        )
        del content
        return peak(lambda: import_list(plan, now=NOW))[1]

    assert most(30_000) < most(15_000) * 1.3


# -- properties


@settings(max_examples=100)
@given(
    raw=st.binary(max_size=200) | st.text(max_size=80).map(str.encode),
    style=st.sampled_from(["csv", "tsv", "json", "xml"]),
    start=st.booleans(),
    encoding=st.sampled_from([None, "utf-16", "latin-1", "utf-7"]),
)
def test_no_bytes_raise_anything_but_a_configuration_error(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, style: str, encoding: str | None, *, start: bool
) -> None:
    starts = {"csv": b"a,b\n", "tsv": b"a\tb\n", "json": b'[{"a": "', "xml": b"<a><b><a>"}
    place = {"csv": "a", "tsv": "a", "json": "[].a", "xml": "/a/b/a"}[style]
    folder = tmp_path_factory.mktemp("any")
    content = (starts[style] if start else b"") + raw
    try:
        imported = run(folder, content, ("creator_name", place), style=style, encoding=encoding)
    except ConfigurationError:
        assert left(folder) == [f"source.{style}"]
    else:
        assert imported.bad <= imported.rows
        assert imported.written == (folder / "out.tdmlist").exists()


@settings(max_examples=60)
@given(
    values=st.lists(
        st.sampled_from(sorted(KEYS)).flatmap(
            lambda key: st.tuples(st.just(key), st.text(max_size=20) | st.just(GOOD.get(key, "0000-0019")))
        ),
        min_size=1,
        max_size=12,
    ),
    excludes=st.booleans(),
)
def test_what_is_imported_is_found(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[str, str]], *, excludes: bool
) -> None:
    folder = tmp_path_factory.mktemp("found")
    keys = sorted({key for key, _ in values})
    content = "".join(json.dumps({key: value}) + "\n" for key, value in values)
    imported = run(folder, content, *((key, key) for key in keys), style="json", excludes=excludes)
    usable = {
        (key, spelled)
        for key, value in values
        if "\ufffd" not in value
        for spelled in spellings(key, value.strip(), listed=True).codes
    }
    assert imported.rows == len(values)
    assert imported.entries == len(usable)
    if usable:
        index: ListIndex = open_list(folder / "out.tdmlist")
        assert set(index.find(sorted(usable))) == {(*pair, excludes) for pair in usable}
