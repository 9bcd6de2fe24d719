"""ISCCs: the one spelling, and the units by which codes are compared (examples of ISO 24138's reference code)."""

from __future__ import annotations

from base64 import b32encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.iscc import iscc, units

WHOLE = "KACYPXW445FTYNJ3CYSXHAFJMA2HUWULUNRFE3BLHRSCXYH2M5AEGQY"
SUM, DATA, INSTANCE = "KUAG2PRCRS5LNVZVJKAFAVOJXLZZM", "GAAW2PRCRS5LNVZV", "IAAUVACQKXE3V44W"
CONTENT = "EAARMJLTQCUWAND2"


def made(kind: int, body: bytes, *, sub: int = 0, length: int = 1) -> str:
    return b32encode(bytes((kind << 4 | sub, length)) + body).decode().rstrip("=")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (f"ISCC:{WHOLE}", WHOLE),
        (f" iscc:{WHOLE.lower()} ", WHOLE),
        (f"urn:iscc:{WHOLE}", WHOLE),
        (f"{DATA}-{INSTANCE}", DATA + INSTANCE),
        (f"ISCC:{CONTENT}", CONTENT),
        ("ISCC:MEACB7X7777574L6", "MEACB7X7777574L6"),
        ("", None),
        ("ISCC:", None),
        (WHOLE[:-1], None),
        (WHOLE + "AA", None),
        (WHOLE.replace("K", "1", 1), None),
        ("ISCC:EXAMPLE5QH7FTV7N5YVD5UMF4TUKFFGDGCOI4UDFKE4FNPW6C3L7J2Y", None),
        ("W-1", None),
    ],
)
def test_spelling(raw: str, code: str | None) -> None:
    assert iscc(raw) == code


def test_units() -> None:
    assert units(SUM) == ((SUM, DATA, INSTANCE), ())
    assert units(DATA + INSTANCE).exact[1:] == (DATA, INSTANCE)
    exact, similar = units(WHOLE)
    assert exact == (WHOLE, "GAAVVC5DMJJGYKZ4", "IAAWIK7A7JTUAQ2D")
    assert similar == ("AAAYPXW445FTYNJ3", CONTENT)
    assert units(CONTENT) == ((), (CONTENT,))


def test_long_units_are_compared_by_what_a_composite_has_of_them() -> None:
    body = bytes(range(32))
    long = made(4, body, length=7)
    assert units(long).exact == (long, made(4, body[:8]))
    wide = made(5, body, sub=7, length=0)
    assert units(wide).exact[1:] == (made(3, body[:8]), made(4, body[16:24]))


@settings(max_examples=300)
@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: b32encode(raw).decode().rstrip("=")))
def test_no_text_makes_it_raise_and_a_spelling_is_its_own(raw: str) -> None:
    code = iscc(raw)
    if code is not None:
        assert iscc(code) == code
        found = units(code)
        assert found.exact or found.similar or len(code) < 16
        assert all(iscc(unit) == unit for unit in found.exact + found.similar)
