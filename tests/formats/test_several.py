"""Several codes or names in one value: each is found, what is one stays one, what is wrong is told."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats import identifiers
from tdm_guard.formats.several import MAX_JOINED, MAX_PARTS, codes, names, pieces
from tests.support.growth import grows_linearly

READ: dict[str, Callable[[str], str | None]] = {
    "isrc": identifiers.isrc, "iswc": identifiers.iswc, "isbn": identifiers.isbn, "issn": identifiers.issn,
    "doi": identifiers.doi, "gtin": identifiers.gtin, "creator_isni": identifiers.isni,
    "creator_ipi": identifiers.ipi, "isan": identifiers.isan, "eidr": identifiers.eidr,
}  # fmt: skip
PAIRS = {
    "isrc": ("US-RC1-76-07839", "FR6V80000001"),
    "iswc": ("T-000.000.001-0", "T-034.524.680-1"),
    "isbn": ("978-0-00-000001-9", "9780000000026"),
    "issn": ("1234-5679", "0000-0019"),
    "doi": ("10.5555/12345678", "doi:10.1000/ab(c)d"),
    "gtin": ("4006381333931", "9780000000019"),
    "creator_isni": ("0000 0000 0000 001X", "0000 0001 2103 2683"),
    "creator_ipi": ("00000000199", "00000000298"),
    "isan": ("0000-0000-3A8D-0000-Z-0000-0000-6", "ISAN 0000-0000-D07A-0090-Q"),
    "eidr": ("10.5240/7791-8534-2C23-9030-8610-5", "10.5240/7791-8534-2C23-9030-8610-5"),
}
JOINERS = [
    ", ",
    ",",
    "; ",
    ";",
    " / ",
    "/",
    " | ",
    "|",
    " & ",
    " &amp; ",
    " ",
    "\n",
    "\r\n",
    "\0",
    "\t",
    " and ",
    " - ",
    "//",
    " // ",
    "\\",
    "\\\\",
    "+",
    " + ",
    "<br>",
    "<br />",
    "</p><p>",
    "&lt;br/&gt;",
    "_",
    " \u2022 ",
]


def found(key: str, raw: str) -> tuple[str, ...]:
    return codes(key, raw, READ[key]).codes


@pytest.mark.parametrize(
    ("key", "joiner"),
    # a dash is none of a DOI's joiners: the words between blanks are
    [(key, joiner) for key in READ for joiner in JOINERS if (key, joiner) != ("doi", " - ")],
)
def test_each_of_two_codes_is_found_whatever_joins_them(key: str, joiner: str) -> None:
    first, second = PAIRS[key]
    if key == "doi":
        second = "10.1000/ab(c)d" if joiner in ("/", ",", "//") else second
    wanted = {READ[key](first), READ[key](second)}
    parts = codes(key, first + joiner + second, READ[key])
    assert wanted <= set(parts.codes)
    assert parts.bad == ()


@pytest.mark.parametrize("joiner", [", ", "; ", "/", " ", "\0", " and "])
@pytest.mark.parametrize("key", ["isrc", "iswc", "isbn", "issn", "gtin", "creator_isni"])
def test_a_good_code_beside_a_bad_one_is_kept_and_the_other_is_told(key: str, joiner: str) -> None:
    good = PAIRS[key][1].replace(" ", "")
    parts = codes(key, f"{good}{joiner}nonsense1", READ[key])
    assert parts == ((READ[key](good),), ("nonsense1",))


@pytest.mark.parametrize(
    ("key", "raw", "wanted"),
    [
        ("isbn", "978 0 00 000001 9", ["9780000000019"]),
        ("isbn", "ISBN-13: 978 0 00 000001 9 (pbk.)", ["9780000000019"]),
        ("isbn", "9780000000019 (pbk.), 9780000000026 (hbk.)", ["9780000000019", "9780000000026"]),
        ("isbn", '["9780000000019", "9780000000026"]', ["9780000000019", "9780000000026"]),
        ("isrc", "US RC1 76 07839", ["USRC17607839"]),
        ("issn", "1234-5679 (print), 0000-0019 (online)", ["12345679", "00000019"]),
        ("issn", "1234-5679, ", ["12345679"]),
        ("creator_ipi", "00 000 000 199", ["00000000199"]),
        ("creator_ipi", "199 298", ["00000000199", "00000000298"]),
        ("creator_isni", "https://isni.org/isni/000000000000001X", ["000000000000001X"]),
        ("isrc", "USRC17607839\\nFR6V80000001", ["USRC17607839", "FR6V80000001"]),
        ("isrc", "USRC17607839\\r\\nFR6V80000001", ["USRC17607839", "FR6V80000001"]),
        ("doi", "10.1000/a_b", ["10.1000/a_b"]),
        ("doi", "10.1000/a+1_2<b>", ["10.1000/a+1_2<b>"]),
        ("doi", "10.1000/a;b,c", ["10.1000/a;b,c"]),
        ("doi", "10.1000/a/b&c|d", ["10.1000/a/b&c|d"]),
        ("doi", "https://doi.org/10.1000/a%2Fb", ["10.1000/a/b"]),
        (
            "doi",
            "10.1002/(SICI)1096-8644(199601)99:1<1::AID-AJPA1>3.0.CO;2-1",
            ["10.1002/(sici)1096-8644(199601)99:1<1::aid-ajpa1>3.0.co;2-1"],
        ),
        ("doi", "10.1000/a; 10.2000/b", ["10.1000/a", "10.2000/b"]),
        ("doi", "10.1000/a;10.2000/b", ["10.1000/a;10.2000/b", "10.1000/a", "10.2000/b"]),
        ("doi", "10.1000/a/10.2000/b", ["10.1000/a/10.2000/b", "10.1000/a", "10.2000/b"]),
        ("doi", "https://doi.org/10.1000/a,https://doi.org/10.2000/b", ["10.1000/a", "10.2000/b"]),
    ],
)
def test_what_is_one_stays_one_and_what_is_several_is_each(key: str, raw: str, wanted: list[str]) -> None:
    parts = codes(key, raw, READ[key])
    assert [code for code in parts.codes if code not in wanted] in ([], [READ[key](raw)])
    assert set(wanted) <= set(parts.codes)
    assert parts.bad == ()


def test_nothing_good_is_one_fault_in_the_words_given() -> None:
    assert codes("isrc", "unknown, n/a", identifiers.isrc) == ((), ("unknown, n/a",))


def test_bounds() -> None:
    many = codes("isrc", ",".join(f"FR6V8{n:07}" for n in range(MAX_PARTS + 20)), identifiers.isrc)
    assert len(many.codes) == MAX_PARTS
    assert many.bad
    assert codes("isrc", "FR6V80000001," * MAX_JOINED, identifiers.isrc).codes == ()
    assert names("Ann;" * MAX_JOINED) == ()


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("AC/DC", {"AC", "DC"}),
        ("Jean Autre/Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean Autre; Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean Autre & Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean Autre and Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean Autre\0Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean Autre\nMarie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean Autre, Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean Autre feat. Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Autre, Jean; Exemple, Marie", {"Autre, Jean", "Exemple, Marie"}),
        ("Jean Autre - Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean Autre \u2013 Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean Autre\u2022Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean Autre<br>Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean Autre\\\\Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean Autre+Marie Exemple", {"Jean Autre", "Marie Exemple"}),
        ("Jean-Luc Autre", set()),
        ("Exemple, Marie", set()),
        ("Exemple, Marie, 1970-2020", set()),
        ("Marie Exemple", set()),
        ("/", set()),
        ("", set()),
    ],
)
def test_parts_of_names(raw: str, wanted: set[str]) -> None:
    assert set(names(raw)) == wanted


def test_a_row_of_a_list_is_one_name_unless_it_says_otherwise() -> None:
    assert names("AC/DC", listed=True) == ()
    assert names("Smith & Sons", listed=True) == ()
    assert names("Trio Exemple - Wien", listed=True) == ()
    assert set(names("Ann; Bob", listed=True)) == {"Ann", "Bob"}
    assert set(names("Jean Autre/Marie Exemple", listed=True)) == {"Jean Autre", "Marie Exemple"}


_WRITTEN = st.lists(st.sampled_from([code for pair in PAIRS.values() for code in pair] + ["x", "n/a"]), max_size=8)


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(READ)),
    st.text(max_size=80) | st.builds(lambda j, w: j.join(w), st.sampled_from(JOINERS), _WRITTEN),
)
def test_no_text_makes_it_raise_and_what_is_found_reads_as_itself(key: str, raw: str) -> None:
    parts = codes(key, raw, READ[key])
    assert all(READ[key](code) == code for code in parts.codes)
    whole = READ[key](raw)
    assert whole is None or whole in parts.codes or key == "creator_ipi" or len(pieces(raw)) > 1
    names(raw)


@settings(max_examples=100)
@given(st.permutations([PAIRS["isrc"][0], PAIRS["isrc"][1], "nonsense1"]), st.sampled_from(JOINERS))
def test_order_does_not_matter(words: list[str], joiner: str) -> None:
    assert set(found("isrc", joiner.join(words))) == {"USRC17607839", "FR6V80000001"}


@pytest.mark.parametrize("start", ["https://a.example/", "10.5555/"])
@pytest.mark.parametrize("piece", [",", "/", "%0A", "&", "_/", "/,", "|_"])
def test_rows_of_joiners_take_linear_time(start: str, piece: str) -> None:
    assert grows_linearly(lambda length: pieces(start + piece * (length // len(piece))), 100_000)


@pytest.mark.parametrize("piece", ["10.1000/", ",", "/", " ", "1/", "and ", "https://", "(", "a,", "978 "])
def test_long_texts_take_linear_time(piece: str) -> None:
    assert grows_linearly(lambda length: pieces(piece * (length // len(piece))), 400_000)

    def every_code(length: int) -> None:
        for key, read in READ.items():
            codes(key, piece * (length // len(piece)), partial(read))

    assert grows_linearly(every_code, MAX_JOINED)
