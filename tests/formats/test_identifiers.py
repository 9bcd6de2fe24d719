"""Identifiers: one spelling each, check characters verified, nothing that is none taken for one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats import identifiers

Scheme = Callable[[str], str | None]

GOOD = [
    ("iswc", "T-034.524.680-1", "T0345246801"),
    ("iswc", "t0345246801", "T0345246801"),
    ("iswc", "ISWC T 034 524 680 1", "T0345246801"),
    ("isrc", "FR-Z03-98-00212", "FRZ039800212"),
    ("isrc", "ISRC: frz039800212", "FRZ039800212"),
    ("isrc", "urn:isrc:FRZ039800212", "FRZ039800212"),
    ("isrc", "ISRC12345678", "ISRC12345678"),  # a code of Iceland
    ("ipi", "00017798450", "00017798450"),
    ("ipi", "17798450", "00017798450"),
    ("ipi", "IPI: 177984 50", "00017798450"),
    ("ipi", "I-000000229-7", "I0000002297"),
    ("ipi", "I-001068130-6", "I0010681306"),
    ("isni", "0000 0001 2103 2683", "0000000121032683"),
    ("isni", "https://isni.org/isni/0000000121032683", "0000000121032683"),
    ("isni", "ISNI 0000 0000 0000 001x", "000000000000001X"),
    ("isbn", "978-0-306-40615-7", "9780306406157"),
    ("isbn", "0-306-40615-2", "9780306406157"),
    ("isbn", "0-8044-2957-x", "9780804429573"),
    ("isbn", "ISBN-13: 978\u20110\u2011306\u201140615\u20117 (pbk.)", "9780306406157"),
    ("isbn", "urn:isbn:0306406152", "9780306406157"),
    ("isbn", "\uff19\uff17\uff18\uff10\uff13\uff10\uff16\uff14\uff10\uff16\uff11\uff15\uff17", "9780306406157"),
    ("issn", "0378-5955", "03785955"),
    ("issn", "eISSN 2434-561X", "2434561X"),
    ("issn", "https://portal.issn.org/resource/ISSN/0378-5955", "03785955"),
    ("isan", "0000-0000-3A8D-0000-Z-0000-0000-6", "000000003A8D0000"),
    ("isan", "ISAN 0000-0000-D07A-0090-Q", "00000000D07A0090"),
    ("isan", "00000000D07A0090", "00000000D07A0090"),
    ("isan", "00000000d07a009000000001", "00000000D07A0090"),
    ("eidr", "10.5240/7791-8534-2C23-9030-8610-5", "10.5240/779185342C23903086105"),
    ("eidr", "https://doi.org/10.5240/7791-8534-2C23-9030-8610-5", "10.5240/779185342C23903086105"),
    ("eidr", "urn:eidr:10.5240:7791-8534-2C23-9030-8610-5", "10.5240/779185342C23903086105"),
    ("gtin", "96385074", "00000096385074"),
    ("gtin", "036000291452", "00036000291452"),
    ("gtin", "9780306406157", "09780306406157"),
    ("gtin", "EAN-13: 4006381333931", "04006381333931"),
    ("doi", "10.1000/ABC.d(1)", "10.1000/abc.d(1)"),
    ("doi", "https://doi.org/10.1000/ABC%2F1", "10.1000/abc/1"),
    ("doi", "doi: 10.1000/x", "10.1000/x"),
    ("doi", "info:doi/10.1000.10/x", "10.1000.10/x"),
    ("doi", "10.1000/Été", "10.1000/Été"),  # only ASCII letters are folded
    ("isrc_registrant", "qm-xx1", "QMXX1"),
    ("isbn_registrant", "978-2-07", "978207"),
    ("doi_prefix", "10.5555/", "10.5555"),
    ("doi_prefix", "doi:10.1000.10", "10.1000.10"),
]
BAD = [
    ("iswc", "T-034.524.680-2"),
    ("iswc", "034.524.680-1"),
    ("iswc", "T-034.524.68-1"),
    ("isrc", "FRZ03980021"),
    ("isrc", "F1Z039800212"),
    ("isrc", "FRZ03980021A"),
    ("ipi", "0"),
    ("ipi", "000177984500"),
    ("ipi", "I-000000229-8"),
    ("ipi", "Marie"),
    ("isni", "0000 0001 2103 2684"),
    ("isni", "000000012103268"),
    ("isbn", "978-0-306-40615-8"),
    ("isbn", "0-306-40615-3"),
    ("isbn", "4006381333931"),  # a GTIN outside of the book ranges
    ("isbn", "978030640615"),
    ("issn", "0378-5954"),
    ("issn", "X378-5955"),
    ("isan", "0000-0000-3A8D-0000-Y-0000-0000-6"),
    ("isan", "0000-0000-3A8D-0000-Z-0000-0000-7"),
    ("isan", "0000-0000-3A8D-0000-Z-0000-0001-6"),
    ("isan", "0000000000000000"),
    ("isan", "00000000D07A009"),
    ("eidr", "10.5240/7791-8534-2C23-9030-8610-6"),
    ("eidr", "10.5240/7791-8534-2C23-9030-8610"),
    ("eidr", "10.5241/7791-8534-2C23-9030-8610-5"),
    ("gtin", "96385075"),
    ("gtin", "0000000000000"),
    ("gtin", "963850741"),
    ("doi", "10.1000"),
    ("doi", "10.1000/"),
    ("doi", "10.99/x"),
    ("doi", "https://publisher.example/10.1000/x"),
    ("doi", "https://doi.org/10.1000/a%20b"),
    ("isrc_registrant", "QMXX12"),
    ("isbn_registrant", "978-2"),  # a language area is no publisher
    ("isbn_registrant", "2-07"),
    ("isbn_registrant", "978-0-306-40615-7"),
    ("doi_prefix", "10.5555/x"),
]
CHECKED = {
    "iswc": (st.from_regex(r"T[0-9]{9}", fullmatch=True), "0123456789"),
    "isni": (st.from_regex(r"[0-9]{15}", fullmatch=True), "0123456789X"),
    "isbn": (st.from_regex(r"97[89][0-9]{9}|[0-9]{9}", fullmatch=True), "0123456789X"),
    "issn": (st.from_regex(r"[0-9]{7}", fullmatch=True), "0123456789X"),
    "ipi": (st.from_regex(r"I[0-9]{9}", fullmatch=True), "0123456789"),
    "gtin": (
        st.from_regex(r"[0-9]{7}|[0-9]{11,13}", fullmatch=True).filter(lambda body: body.strip("0")),
        "0123456789",
    ),
    "isan": (
        st.from_regex(r"[0-9A-F]{16}", fullmatch=True).filter(lambda body: body.strip("0")),
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    ),
    "eidr": (st.from_regex(r"10\.5240/[0-9A-F]{20}", fullmatch=True), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
}


def scheme(name: str) -> Scheme:
    found: Scheme = getattr(identifiers, name)
    return found


@pytest.mark.parametrize(("name", "raw", "spelled"), GOOD)
def test_one_spelling(name: str, raw: str, spelled: str) -> None:
    assert scheme(name)(raw) == spelled
    assert scheme(name)(spelled) == spelled


@pytest.mark.parametrize(("name", "raw"), BAD)
def test_what_is_none(name: str, raw: str) -> None:
    assert scheme(name)(raw) is None


@pytest.mark.parametrize("name", CHECKED)
@given(data=st.data())
@settings(max_examples=60)
def test_exactly_one_check_character_fits(name: str, data: st.DataObject) -> None:
    bodies, alphabet = CHECKED[name]
    body = data.draw(bodies)
    assert len({scheme(name)(body + check) for check in alphabet} - {None}) == 1


@given(st.from_regex(r"[0-9]{9}", fullmatch=True))
def test_exactly_one_pair_of_check_digits_fits_a_name_number(body: str) -> None:
    assert sum(identifiers.ipi_fits(f"{body}{check:02d}") for check in range(100)) == 1


@pytest.mark.parametrize(
    ("number", "fits"), [("00017798450", True), ("00000000199", True), ("00000000298", False), ("I0000002297", True)]
)
def test_check_digits_of_name_numbers_are_told_apart_from_their_spelling(number: str, fits: bool) -> None:
    assert identifiers.ipi(number) == number
    assert identifiers.ipi_fits(number) is fits


@pytest.mark.parametrize("name", sorted({name for name, *_ in GOOD}))
@given(
    raw=st.text(max_size=60)
    | st.text("0123456789TXIABCDEF-./: ()urnisbdoi\u2010\uff11\u0131\u017f", max_size=40)
    | st.sampled_from([raw for _, raw, _ in GOOD])
)
@settings(max_examples=80)
def test_no_text_makes_it_raise_and_a_spelling_stays(name: str, raw: str) -> None:
    spelled = scheme(name)(raw)
    assert spelled is None or scheme(name)(spelled) == spelled
