"""Rows of CSV, JSON and XML: what is read, what is told as broken, and that pieces make no difference."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.rows import csv_rows, json_rows, xml_rows
from tdm_guard.formats.rows.row import DAMAGED, MAX_ROW, Row, RowsError, decoded

TEXT = st.text(alphabet=st.sampled_from('a1é";,\t\n\r {}[]:\\\0\ufffd'), max_size=60) | st.text(max_size=40)


def csv(text: str, *columns: str, delimiter: str = ",") -> list[Row]:
    return list(csv_rows.read_csv([text], columns, delimiter=delimiter))


def in_json(text: str, *paths: str) -> list[Row]:
    read = [json_rows.read_path(path) for path in paths]
    return list(json_rows.read_json([text], read[0][0], [rest for _, rest in read]))


def in_xml(text: str | bytes, row: str, *paths: str, encoding: str | None = None) -> list[Row]:
    raw = text.encode() if isinstance(text, str) else text
    above = xml_rows.read_path(row)
    below = [xml_rows.read_path(path)[len(above) :] for path in paths]
    return list(xml_rows.read_xml([raw], above, below, encoding=encoding))


def texts(rows: list[Row]) -> list[list[str]]:
    return [[text for _, text in row.texts] for row in rows]


def broken(rows: list[Row]) -> list[int]:
    return [row.line for row in rows if row.problem]


def told(problem: str | None) -> str:
    assert problem
    return problem


# -- bytes to text


@pytest.mark.parametrize(
    ("raw", "encoding", "text"),
    [
        ("é".encode(), None, "é"),
        (codecs.BOM_UTF8 + b"a", None, "a"),
        ("é".encode("utf-16"), None, "é"),
        ("é".encode("utf-32"), None, "é"),
        (b"\xe9", "latin-1", "é"),
        (b"a\xffb", None, f"a{DAMAGED}b"),
        (b"a\r\nb\rc\n", None, "a\nb\nc\n"),
        (b"", None, ""),
    ],
)
def test_text_is_decoded_by_bom_or_as_told(raw: bytes, encoding: str | None, text: str) -> None:
    assert "".join(decoded([raw], encoding)) == text
    assert "".join(decoded([raw[at : at + 1] for at in range(len(raw))], encoding)) == text


@pytest.mark.parametrize("encoding", ["zlib", "hex", "rot13", "nonsense", "undefined", "idna", "a\0b"])
def test_what_is_no_encoding_of_text_is_refused(encoding: str) -> None:
    with pytest.raises(RowsError):
        list(decoded([b"ab" * 10], encoding))


# -- CSV


def test_csv_by_column_names() -> None:
    rows = csv("title,iswc, ipi \nA, T-1 ,2\nB,,3\n", "iswc", "ipi")
    assert rows == [Row(2, [(0, "T-1"), (1, "2")]), Row(3, [(1, "3")])]


def test_csv_without_a_line_end_at_the_end() -> None:
    assert csv("a\nx", "a") == [Row(2, [(0, "x")])]


def test_csv_quoted_cells_hold_delimiters_quotes_and_line_ends() -> None:
    rows = csv('a,b\n"x, ""y""\nz",1\nlast,2\n', "a")
    assert rows == [Row(2, [(0, 'x, "y"\nz')]), Row(4, [(0, "last")])]


def test_csv_a_quote_inside_an_unquoted_cell_is_a_character() -> None:
    assert texts(csv('a,b\n12" single,1\nx,2\n', "a")) == [['12" single'], ["x"]]


def test_csv_an_open_quote_swallows_nothing_that_follows() -> None:
    rows = csv('a\n"open\nx\ny\n', "a")
    assert broken(rows) == [2]
    assert texts(rows) == [[], ["x"], ["y"]]


def test_csv_a_quote_closed_far_away_is_not_believed() -> None:
    filler = "".join(f"r{number}\n" for number in range(csv_rows.MAX_SPAN + 1))
    rows = csv(f'a\n"open\n{filler}last"\n', "a")
    assert broken(rows)[0] == 2
    assert ["r0"] in texts(rows)
    assert [f"r{csv_rows.MAX_SPAN}"] in texts(rows)


def test_csv_rows_of_other_widths_are_broken_and_blank_ones_none() -> None:
    rows = csv("a,b\n1\n1,2,3\n\n , \n,\n1,2\n", "b")
    assert broken(rows) == [2, 3]
    assert texts(rows) == [[], [], ["2"]]


def test_csv_a_row_without_the_value_is_a_row() -> None:
    assert csv("a,b\n1,\n", "b") == [Row(2, [])]


def test_csv_a_line_too_long_is_passed_over() -> None:
    rows = csv(f"a\n{'x' * (MAX_ROW + 1)}\ny\n", "a")
    assert broken(rows) == [2]
    assert texts(rows) == [[], ["y"]]


def test_csv_lines_of_tabs_take_quotes_as_they_stand() -> None:
    assert texts(csv('a\tb\n"x\t1\n"y ""z"""\t2\n', "a", delimiter="\t")) == [['"x'], ['y "z"']]


def test_csv_with_another_delimiter() -> None:
    assert texts(csv('a;b\n"x;y";1,5\n', "a", "b", delimiter=";")) == [["x;y", "1,5"]]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no header"),
        ("\n\n", "no header"),
        ("b\n1\n", "'a' is missing"),
        ("a,a\n1,2\n", "twice"),
        ('"a\n', "line 1"),
    ],
)
def test_csv_without_a_usable_header_is_refused(text: str, what: str) -> None:
    with pytest.raises(RowsError, match=what):
        csv(text, "a")


# -- JSON


def test_json_array_in_an_object() -> None:
    text = '{"n": {"works": [1]}, "works": [{"a": "x"},\n {"a": ["y", "z"]}, {"b": 1}], "end": "]"}'
    assert in_json(text, "works[].a") == [Row(1, [(0, "x")]), Row(2, [(0, "y"), (0, "z")]), Row(2, [])]


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ('[{"a": "x"}]', "[].a", [["x"]]),
        ('["x", "y"]', "[]", [["x"], ["y"]]),
        ('{"a": "x"}\n{"a": "y"}\n', "a", [["x"], ["y"]]),
        ('{"a": "x"}{"a": "y"}', "[].a", [["x"], ["y"]]),
        ('{"d": {"w": [{"c": [{"i": "1"}, {"i": 2}]}]}}', "d.w[].c[].i", [["1", "2"]]),
        ('{"w": ["1"], "x": 0, "w": ["2"]}', "w[]", [["1"], ["2"]]),
        ('[{"a.b": "x"}]', '[]."a.b"', [["x"]]),
        ('[{"a": null}, {"a": ""}, {}]', "[].a", [[], [], []]),
        ("[]", "[].a", []),
        ('[["x", ["y"]]]', "[]", [["x", "y"]]),
    ],
)
def test_json_paths(text: str, path: str, found: list[list[str]]) -> None:
    rows = in_json(text, path)
    assert texts(rows) == found
    assert broken(rows) == []


@pytest.mark.parametrize(
    "bad",
    [
        "tru",
        '{"a": "x" "b"}',
        '{"a": "open\n}',
        '{"a": [}',
        "",
        "nan nan",
        '{"a": "\\q, ]"}',
        "[" * 60 + "]" * 60,
    ],
)
def test_json_a_broken_element_is_told_and_the_next_is_read(bad: str) -> None:
    rows = in_json(f'[{{"a": "before"}},\n{bad},\n{{"a": "after"}}]', "[].a")
    assert texts(rows)[0] == ["before"]
    assert texts(rows)[-1] == ["after"]
    assert 2 in broken(rows)


def test_json_a_broken_line_is_told_and_the_next_is_read() -> None:
    rows = in_json('{"a": "x"}\n{"a": [}\n{"a": "y"}\n{"a', "a")
    assert texts(rows) == [["x"], [], ["y"], []]
    assert broken(rows) == [2, 4]


def test_json_a_missing_comma_is_told() -> None:
    rows = in_json('[{"a": "x"} {"a": "y"}]', "[].a")
    assert [text for row in texts(rows) for text in row] == ["x", "y"]
    assert "comma" in told(rows[1].problem)


@pytest.mark.parametrize("value", ["1.5", "true", '{"b": 1}'])
def test_json_what_is_no_text_is_told(value: str) -> None:
    assert "no text" in told(in_json(f'[{{"a": {value}}}]', "[].a")[0].problem)


def test_json_a_step_into_a_text_is_told() -> None:
    assert "'b'" in told(in_json('[{"a": "x"}]', "[].a.b")[0].problem)


def test_json_lists_nested_too_deeply_are_told() -> None:
    value = "[" * 40 + '"x"' + "]" * 40
    assert "deep" in told(in_json(f'[{{"a": {value}}}]', "[].a")[0].problem)


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 100_000])
def test_json_numbers_and_nesting_beyond_the_decoder_are_told(value: str) -> None:
    assert broken(in_json(f'{{"a": {value}}}\n{{"a": "x"}}\n', "a")) == [1]


@pytest.mark.parametrize("lines", [True, False])
def test_json_a_row_too_long_is_passed_over(*, lines: bool) -> None:
    long = json.dumps({"a": "x" * (MAX_ROW + 1)})
    short = json.dumps({"a": "y"})
    rows = in_json(f"{long}\n{short}" if lines else f"[{long},\n{short}]", "[].a")
    assert broken(rows) == [1]
    assert texts(rows) == [[], ["y"]]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "w[].a"),
        ("[]", "w[].a"),
        ('{"x": []}', "w[].a"),
        ('{"w": {}}', "w[].a"),
        ('{"w": [{}', "w[].a"),
        ('{"w": [{}]', "w[].a"),
        ('{"w": [{}]} {"w": [{}]}', "w[].a"),
        ('{"w" [{}]}', "w[].a"),
        ("{1: [{}]}", "w[].a"),
        ('[{"a": "x"}', "[].a"),
        ('[{"a": "x"}}', "[].a"),
        ('[{"a": "open},\\n {"a": "y"}]', "[].a"),
        ('[{"a": "x" ' + "[" * 2000, "[].a"),
        ("[{], 1]", "[].a"),
        ('{"x": "open, "w": [{"a": "x"}]}', "w[].a"),
        ('[{"a": "x"}] [{"a": "y"}]', "[].a"),
    ],
)
def test_json_a_document_that_cannot_be_read_to_its_end_is_refused(text: str, path: str) -> None:
    with pytest.raises(RowsError):
        in_json(text, path)


@pytest.mark.parametrize("path", ["", ".a", "a.", "a..b", "a[", "a]b", "a[0]", "a[]b", 'a."', '""'])
def test_json_paths_that_are_none(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        json_rows.read_path(path)


# -- XML

WORKS = """<?xml version="1.0"?>
<o:works xmlns:o="urn:o" xmlns:p="urn:p">
  <o:work id="1" p:kind="song"><iswc> T-1 </iswc><o:iswc>T-2</o:iswc></o:work>
  <p:work id="2"><iswc>a<b>b</b><!-- c -->c</iswc><names><name>A &amp; B</name><name/></names></p:work>
  <other><work><iswc>elsewhere</iswc></work></other>
</o:works>"""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/works/work/iswc", [["T-1", "T-2"], ["abc"]]),
        ("/works/work/{urn:o}iswc", [["T-2"], []]),
        ("/works/work/names/name", [[], ["A & B"]]),
        ("/works/work/@id", [["1"], ["2"]]),
        ("/works/work/@kind", [["song"], []]),
        ("/works/work/@{urn:o}kind", [[], []]),
        ("/works/work/iswc/b", [[], ["b"]]),
        ("/works/work/nothing", [[], []]),
    ],
)
def test_xml_paths(path: str, found: list[list[str]]) -> None:
    assert texts(in_xml(WORKS, "/works/work", path)) == found


def test_xml_row_in_one_namespace_only() -> None:
    assert texts(in_xml(WORKS, "/{urn:o}works/{urn:p}work", "/{urn:o}works/{urn:p}work/@id")) == [["2"]]


def test_xml_lines_and_several_paths() -> None:
    rows = in_xml(WORKS, "/works/work", "/works/work/@id", "/works/work/iswc")
    assert rows == [Row(3, [(0, "1"), (1, "T-1"), (1, "T-2")]), Row(4, [(0, "2"), (1, "abc")])]


def test_xml_the_row_itself_may_hold_the_text() -> None:
    assert texts(in_xml("<l><i>1</i><j>2</j><i>3</i></l>", "/l/i", "/l/i")) == [["1"], ["3"]]


def test_xml_a_row_within_a_row_is_part_of_it() -> None:
    assert texts(in_xml("<l><w><i>1</i><w><i>2</i></w></w></l>", "/l/w", "/l/w/i")) == [["1"]]


def test_xml_a_row_too_long_is_broken_and_the_next_is_read() -> None:
    long = "x" * (MAX_ROW + 1)
    rows = in_xml(f"<l><w><i>{long}</i></w><w><i>2</i></w></l>", "/l/w", "/l/w/i")
    assert texts(rows) == [[], ["2"]]
    assert rows[0].problem is not None
    assert rows[1].problem is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<l><w><i>1</i></w>",
        "<l><w></l>",
        "<l/><l/>",
        "<!DOCTYPE l><l><w><i>1</i></w></l>",
        '<!DOCTYPE l [<!ENTITY a "b">]><l><w><i>&a;</i></w></l>',
        '<!DOCTYPE l SYSTEM "file:///etc/passwd"><l/>',
        "<l>&nbsp;</l>",
        '<?xml version="1.0" encoding="x-nothing"?><l/>',
        "<l>" * 200,
    ],
)
def test_xml_that_cannot_be_read_to_its_end_is_refused(text: str) -> None:
    with pytest.raises(RowsError):
        in_xml(text, "/l/w", "/l/w/i")


def test_xml_a_tag_without_end_does_not_fill_memory() -> None:
    def endless() -> Iterator[bytes]:
        yield b"<l><w a='"
        for _ in range(64):
            yield b"x" * 2**17
        raise AssertionError("read on")

    with pytest.raises(RowsError, match="longer"):
        list(xml_rows.read_xml(endless(), ("l", "w"), [()]))


def test_xml_in_another_encoding() -> None:
    raw = '<?xml version="1.0" encoding="utf-8"?><l><w>é</w></l>'.encode("latin-1")
    assert texts(in_xml(raw, "/l/w", "/l/w", encoding="iso-8859-1")) == [["é"]]
    with pytest.raises(RowsError):
        in_xml(raw, "/l/w", "/l/w")


@pytest.mark.parametrize("path", ["", "/", "a", "a/b", "/a//b", "/a/", "/a/@b/c", "/{x/a", "/a b", "/@", "/a[1]/ "])
def test_xml_paths_that_are_none(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        xml_rows.read_path(path)


# -- properties

Reader = Callable[[list[str]], Iterator[Row]]
READERS: dict[str, Reader] = {
    "csv": lambda pieces: csv_rows.read_csv(pieces, ["a"]),
    "tsv": lambda pieces: csv_rows.read_csv(pieces, ["a"], delimiter="\t"),
    "json array": lambda pieces: json_rows.read_json(pieces, (), [("a",), ()]),
    "json object": lambda pieces: json_rows.read_json(pieces, ("a",), [("a",), ()]),
}
STARTS = {"csv": "a,b\n", "tsv": "a\tb\n", "json array": "[", "json object": '{"a": ['}


def answers(read: Callable[[], Iterator[Row]]) -> tuple[list[Row], bool]:
    """The rows, and whether there is an end to them."""
    rows: list[Row] = []
    try:
        rows.extend(read())
    except RowsError:
        return rows, False
    return rows, True


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150)
@given(text=TEXT, started=st.booleans(), size=st.integers(1, 7))
def test_pieces_make_no_difference_and_nothing_else_is_raised(
    name: str, text: str, size: int, *, started: bool
) -> None:
    text = (STARTS[name] if started else "") + text
    whole = answers(lambda: READERS[name]([text]))
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert answers(lambda: READERS[name](pieces)) == whole


@settings(max_examples=150)
@given(text=TEXT, size=st.integers(1, 7), tail=st.binary(max_size=10))
def test_xml_pieces_make_no_difference_and_nothing_else_is_raised(text: str, size: int, tail: bytes) -> None:
    raw = b"<a><b c='d'>" + text.encode("utf-8", "replace") + b"</b><b>x</b></a>" + tail
    whole = answers(lambda: xml_rows.read_xml([raw], ("a", "b"), [(), ("@c",)]))
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    assert answers(lambda: xml_rows.read_xml(pieces, ("a", "b"), [(), ("@c",)]))[1] == whole[1]
    if whole[1]:
        assert answers(lambda: xml_rows.read_xml(pieces, ("a", "b"), [(), ("@c",)])) == whole


VALUES = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=100)
@given(cells=st.lists(st.tuples(VALUES, VALUES), max_size=8))
def test_csv_that_is_written_is_read(cells: list[tuple[str, str]]) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    text = "a,b\n" + "".join(f"{quoted(a)},{quoted(b)}\n" for a, b in cells)
    wanted = [[cell.strip() for cell in row if cell.strip()] for row in cells]
    assert texts(csv(text, "a", "b")) == [row for row in wanted if row]


@settings(max_examples=100)
@given(values=st.lists(VALUES, max_size=8), indent=st.sampled_from([None, 1]))
def test_json_that_is_written_is_read(values: list[str], indent: int | None) -> None:
    text = json.dumps({"x": [{"w": 1}], "w": [{"n": {"a": value}} for value in values]}, indent=indent)
    assert texts(in_json(text, "w[].n.a")) == [[value.strip()] if value.strip() else [] for value in values]
