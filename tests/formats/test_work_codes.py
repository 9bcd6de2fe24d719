"""Codes as metadata writes them: by address, prefix, the name beside them, or their form alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.page.work_codes import MAX_CODE, key_of, recognise, recognise_as
from tests.support.growth import grows_linearly


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("urn:isbn:978-0-00-000001-9", {("isbn", "978-0-00-000001-9")}),
        ("ISBN-13: 9780000000019", {("isbn", "9780000000019")}),
        ("isbn 0000000019", {("isbn", "0000000019")}),
        ("9780000000019", {("isbn", "9780000000019")}),
        ("ISSN:1234-5679", {("issn", "1234-5679")}),
        ("eISSN 1234-5679", {("issn", "1234-5679")}),
        ("https://portal.issn.org/resource/ISSN/1234-5679", {("issn", "1234-5679")}),
        ("doi:10.1000/ab(c)d", {("doi", "10.1000/ab(c)d")}),
        ("info:doi/10.1000/x", {("doi", "10.1000/x")}),
        ("10.1000/182 10.1000/x", {("doi", "10.1000/182"), ("doi", "10.1000/x")}),
        ("T-000.000.001-0 T-000.000.002-1", {("iswc", "T-000.000.001-0"), ("iswc", "T-000.000.002-1")}),
        ("9780000000019\t10.1000/x", {("isbn", "9780000000019"), ("doi", "10.1000/x")}),
        ("https://doi.org/10.1000/a%2Fb?from=1#top", {("doi", "10.1000/a/b")}),
        ("http://dx.doi.org/10.1000/x", {("doi", "10.1000/x")}),
        ("10.1000/x", {("doi", "10.1000/x")}),
        ("10.5240/7791-8534-2C23-9030-8610-5", {("doi", "10.5240/7791-8534-2C23-9030-8610-5")}),
        ("urn:eidr:10.5240:7791-8534-2C23-9030-8610-5", {("eidr", "10.5240:7791-8534-2C23-9030-8610-5")}),
        ("T-000.000.001-0", {("iswc", "T-000.000.001-0")}),
        ("ISWC: T0000000010", {("iswc", "T0000000010")}),
        ("urn:isrc:QM-XX1-23-00001", {("isrc", "QM-XX1-23-00001")}),
        ("ISAN 0000-0000-D07A-0090-Q", {("isan", "0000-0000-D07A-0090-Q")}),
        ("gtin13:4006381333931", {("gtin", "4006381333931")}),
        ("EAN 9780000000019", {("gtin", "9780000000019")}),
        ("https://isni.org/isni/000000000000001X", {("creator_isni", "000000000000001X")}),
        ("http://www.isni.org/0000%200000%200000%20001X", {("creator_isni", "0000 0000 0000 001X")}),
        ("ISNI:0000 0000 0000 001X", {("creator_isni", "0000 0000 0000 001X")}),
        ("0000 0000 0000 001X", {("creator_isni", "0000 0000 0000 001X")}),
        ("IPI: 00000000199", {("creator_ipi", "00000000199")}),
        ("CAE/IPI 199", {("creator_ipi", "199")}),
    ],
)  # fmt: skip
def test_what_says_itself_what_it_is(written: str, codes: set[tuple[str, str]]) -> None:
    assert set(recognise(written)) == codes
    assert set(recognise(f"  {written}\n")) == codes


@pytest.mark.parametrize("joiner", ["+", "_", "\\", "<br>", "//"])
def test_codes_that_are_seldom_joined_so(joiner: str) -> None:
    both = f"T-000.000.001-0{joiner}T-034.524.680-1"
    assert recognise(both) == (("iswc", "T-000.000.001-0"), ("iswc", "T-034.524.680-1"))
    assert dict(recognise(f"isrc:USRC17607839{joiner}iswc:T-034.524.680-1")).keys() == {"isrc", "iswc"}
    if joiner != "//":
        assert recognise(f"isrd:a1{joiner}b2") == (("isrd", f"isrd:a1{joiner}b2"),)
    if joiner not in ("//", "<br>"):
        assert recognise(f"10.1000/a1{joiner}b2") == (("doi", f"10.1000/a1{joiner}b2"),)


@pytest.mark.parametrize(
    "written",
    [
        "", "x", "SKU-12345", "12345678", "4006381333931", "1234-5679", "2021-0315", "QMXX12300001", "doi", "isbn:",
        "isbnetwork 5", "https://example.org/isbn/9780000000019", "https://doi.org/", "https://isni.org/", "T-800",
        "10.1000", "10.1000/with blank", "see 10.1000/x", "10.1000/x 9 s",
        "ISBN" * 200, "https://orcid.org/0000-0002-1825-0097", "97x0000000019",
    ],
)  # fmt: skip
def test_what_could_be_anything_is_none(written: str) -> None:
    assert recognise(written) == ()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ISNI", "creator_isni"),
        ("https://www.wikidata.org/wiki/Property:P1243", "isrc"),
        ("http://purl.org/ontology/bibo/doi", "doi"),
        ("ISBN-13", "isbn"),
        ("isrcCode", "isrc"),
        ("IPI name number", "creator_ipi"),
        ("CAE/IPI", "creator_ipi"),
        ("eIssn", "issn"),
        ("gtin12", "gtin"),
        ("titleEIDR", "eidr"),
        ("sku", None),
        ("name", None),
        ("", None),
        ("///", None),
        ("x" * 10_000, None),
    ],
)
def test_names_of_schemes(name: str, key: str | None) -> None:
    assert key_of(name) == key


@pytest.mark.parametrize(
    ("key", "written", "codes"),
    [
        ("isbn", "9780000000019", [("isbn", "9780000000019")]),
        ("isbn", "9780000000019; 9780000000026", [("isbn", "9780000000019"), ("isbn", "9780000000026")]),
        ("issn", "1234-5679, ", [("issn", "1234-5679")]),
        ("isrc", "QM-XX1-23-00001", [("isrc", "QM-XX1-23-00001")]),
        ("creator_isni", "https://isni.org/isni/000000000000001X", [("creator_isni", "000000000000001X")]),
        ("gtin", "9780000000019", [("gtin", "9780000000019")]),
        ("gtin", "9790000000015", [("gtin", "9790000000015")]),
        ("doi", "doi:10.1000/a,b;c", [("doi", "10.1000/a,b;c")]),
        ("isbn", "no such thing", [("isbn", "no such thing")]),  # it is for the reader of items to say what is wrong
        ("isbn", "   ", []),
        ("isbn", ";,", []),
    ],
)
def test_what_stands_where_a_code_is_to_be(key: str, written: str, codes: list[tuple[str, str]]) -> None:
    assert list(recognise_as(key, written)) == codes


@settings(max_examples=200)
@given(st.text(max_size=60) | st.from_regex(r"(urn:)?(isbn|doi|ipi)[:/ ].{0,20}", fullmatch=True))
def test_no_text_makes_it_raise(written: str) -> None:
    for codes in (recognise(written), recognise_as("isbn", written)):
        assert all(len(code) <= MAX_CODE and code.strip() for _, code in codes)
    key_of(written)


@pytest.mark.parametrize("piece", ["1 ", "9", "isbn ", "-", "https://isni.org/0", "97 8"])
def test_long_texts_take_linear_time(piece: str) -> None:
    def look(length: int) -> None:
        text = piece * length
        recognise(text)
        recognise_as("issn", text)
        key_of(text)

    assert grows_linearly(look, 200_000)
