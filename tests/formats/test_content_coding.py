"""Content codings undone within bounds; damage is said, never raised, never taken for the whole."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard.formats.http.content_coding import MAX_CODINGS, MAX_MEMBERS, decode

TEXT = b"<p>" + b"words and more words " * 500
CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("coding", CODERS)
def test_whole_bodies_come_back(coding: str) -> None:
    assert decode(CODERS[coding](TEXT), coding.upper(), 10**6) == (TEXT, True, None)


@pytest.mark.parametrize("coding", CODERS)
def test_the_output_is_bounded(coding: str) -> None:
    decoded = decode(CODERS[coding](bytes(10**6)), coding, 1000)
    assert (len(decoded.body), decoded.complete) == (1000, False)
    assert "1000" in (decoded.problem or "")


@pytest.mark.parametrize("coding", CODERS)
def test_cut_bodies_are_no_whole_ones(coding: str) -> None:
    coded = CODERS[coding](TEXT)
    for size in (1, len(coded) // 2, len(coded) - 1):
        decoded = decode(coded[:size], coding, 10**6)
        assert not decoded.complete
        assert TEXT.startswith(decoded.body)


@pytest.mark.parametrize("coding", [*CODERS, "unheard-of"])
def test_damaged_bodies_are_no_whole_ones(coding: str) -> None:
    decoded = decode(b"\x01\x02\x03 no such data", coding, 10**6)
    assert not decoded.complete
    assert decoded.problem


def test_bare_deflate_is_read() -> None:
    assert decode(zlib.compress(TEXT)[2:-4], "deflate", 10**6).body == TEXT


def test_all_members_and_frames_are_read() -> None:
    for coding in ("gzip", "zstd"):
        coded = CODERS[coding](TEXT) + CODERS[coding](b"<meta>")
        assert decode(coded, coding, 10**6) == (TEXT + b"<meta>", True, None)


def test_a_damaged_later_member_leaves_the_earlier_ones_readable_but_not_whole() -> None:
    decoded = decode(gzip.compress(TEXT) + b"\x1f\x8b\x00\x00", "gzip", 10**6)
    assert (decoded.body, decoded.complete) == (TEXT, False)


def test_trailing_bytes_after_a_member_are_nothing() -> None:
    assert decode(gzip.compress(TEXT) + b"\0\0", "gzip", 10**6) == (TEXT, True, None)


def test_swarms_of_members_are_cut() -> None:
    assert not decode(gzip.compress(b"a") * (MAX_MEMBERS + 1), "gzip", 10**6).complete


def test_codings_are_undone_in_the_reverse_of_their_order() -> None:
    assert decode(brotli.compress(gzip.compress(TEXT)), "gzip, br", 10**6).body == TEXT
    assert decode(gzip.compress(TEXT), ", identity ,gzip,", 10**6).body == TEXT
    assert not decode(TEXT, ",".join(["gzip"] * (MAX_CODINGS + 1)), 10**6).complete


def test_plain_bodies_stay() -> None:
    assert decode(TEXT, "", 10**6) == (TEXT, True, None)
    assert decode(TEXT, "", 10) == (TEXT[:10], False, None)
    assert decode(b"", "gzip", 10) == (b"", True, None)


def test_markup_under_a_wrong_coding_is_read_as_it_is() -> None:
    assert decode(b" \n<html>", "gzip", 10**6) == (b" \n<html>", True, None)


@given(st.binary(max_size=200), st.sampled_from([*CODERS, "gzip, br", "x", ",,"]), st.integers(0, 100))
def test_no_bytes_raise_or_break_the_bound(body: bytes, codings: str, limit: int) -> None:
    assert len(decode(body, codings, limit).body) <= limit


@pytest.mark.parametrize(
    "codings", ["deflate, gzip", "gzip, gzip", "deflate, br, gzip", "br, gzip", "zstd, gzip", "x, gzip"]
)
def test_nothing_under_two_codings_is_an_empty_body(codings: str) -> None:
    assert decode(gzip.compress(b""), codings, 10**6) == (b"", True, None)


@pytest.mark.parametrize("codings", ["deflate, gzip", "gzip, gzip", "deflate, br, gzip"])
def test_nothing_that_was_cut_is_no_empty_body(codings: str) -> None:
    coded = gzip.compress(b"")
    for size in (1, len(coded) // 2, len(coded) - 1):
        decoded = decode(coded[:size], codings, 10**6)
        assert not decoded.complete
        assert decoded.problem
