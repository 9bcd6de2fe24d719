"""Chunk framing: undone where it fits from the first byte to the last, said to be damaged or cut where it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard.formats.http.transfer_coding import Dechunked, dechunk


@pytest.mark.parametrize(
    ("framed", "body"),
    [
        (b"5\r\nwords\r\n0\r\n\r\n", b"words"),
        (b"5;name=value\r\nwords\r\n000\r\nX-Trailer: 1\r\n\r\n", b"words"),
        (b"05 \r\nwords\r\nA\r\n0123456789\r\n0\r\n", b"words0123456789"),
        (b"5\nwords\n0\n\n", b"words"),
        (b"0\r\n\r\n", b""),
    ],
)
def test_whole_framing_is_undone(framed: bytes, body: bytes) -> None:
    assert dechunk(framed) == Dechunked(body, exact=True)


@pytest.mark.parametrize(
    ("framed", "body", "cut"),
    [
        (b"5\r\nwords\r\n", b"words", True),
        (b"5\r\nwords\r\n5\r\nmo", b"wordsmo", True),
        (b"5\r\nwo", b"wo", True),
        (b"5\r\nwords\r\n5", b"words5", True),
        (b"4\r\nwords\r\n0\r\n\r\n", b"4\r\nwords\r\n0\r\n\r\n", False),
        (b"5\r\nwords\r\nmore", b"wordsmore", False),
    ],
)
def test_of_damaged_framing_the_rest_is_kept(framed: bytes, body: bytes, cut: bool) -> None:
    assert dechunk(framed) == Dechunked(body, exact=False, cut=cut)


@pytest.mark.parametrize("body", [b"", b"<html>", b"Disallow: /\r\n", b"add", b"words", b"\r\n5\r\nwords"])
def test_what_begins_with_no_chunk_is_not_framed(body: bytes) -> None:
    assert dechunk(body) is None


def test_what_no_field_calls_chunked_must_have_data_and_crlf() -> None:
    for body in (b"0\r\n\r\n", b"5\nwords\n0\n\n", b"5\r\nwords\r\n", b"5\r\nwords\r\n0\r\n\r\nmore"):
        found = dechunk(body, strict=True)
        assert found is None or not found.exact
    assert dechunk(b"5\r\nwords\r\n0\r\n\r\n", strict=True) == Dechunked(b"words", exact=True)


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_raise(body: bytes, strict: bool) -> None:
    found = dechunk(body, strict=strict)
    assert found is None or len(found.body) <= len(body)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=20))
def test_what_is_framed_comes_back(parts: list[bytes]) -> None:
    framed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    assert dechunk(framed) == Dechunked(b"".join(parts), exact=True)
