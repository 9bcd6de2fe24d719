"""What fields say of a body, glued lines, encodings of pages, and what a policy document may look like."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import Fetched
from tdm_guard.formats.charset import encoding_of
from tdm_guard.formats.http.field_lines import lines_of, parted
from tdm_guard.formats.http.message_body import (
    Framing,
    document,
    framing,
    may_be_longer,
    stands_as_document,
    unsaid_coding,
)


def test_fields_are_read_whatever_their_case_and_number() -> None:
    fields = [("Content-Encoding", "GZIP, identity"), ("content-length", "12"), ("content-encoding", "br"), ("x", "y")]
    assert framing(fields) == Framing(["gzip", "br"], chunked=False, lengths=[12])
    assert framing([*fields, ("Transfer-Encoding", "gzip, chunked")]) == Framing(
        ["gzip", "br", "gzip"], chunked=True, lengths=[]
    )


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("a", ["a"]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\0c", ["a", "b", "c"]),
        ("a,\r\n b", ["a, b"]),
        ("\n", [""]),
        ("", [""]),
    ],
)
def test_lines_are_parted_and_folds_are_not(value: str, lines: list[str]) -> None:
    assert lines_of(value) == lines


def test_fields_without_glue_stay_the_same_object() -> None:
    fields = (("a", "b"), ("c", "d"))
    assert parted(fields) is fields
    assert parted([("a", "1\n2"), ("b", "3")]) == (("a", "1"), ("a", "2"), ("b", "3"))


@pytest.mark.parametrize(
    "body",
    [b"User-agent: *\n", b"# a comment\n\n", b"a=b\n", b"\xef\xbb\xbfallow: /", b'[{"a": 1}]', b" {}", b"<rsl/>", b"",
     "\ufeffUser-agent: *".encode("utf-16-le"), "User-agent: é\n".encode("latin-1")],
)  # fmt: skip
def test_policy_documents_are_lines_json_or_markup(body: bytes) -> None:
    assert stands_as_document(body)


@pytest.mark.parametrize(
    "body",
    [b"\x1f\x8b\x08", b"words", b'{"a": ', b"VXNlci1hZ2VudDogKgo=", b"VXNlci1hZ2VudDogKg==", b"a: \x00", b"<\x00"],
)
def test_coded_data_is_none(body: bytes) -> None:
    assert not stands_as_document(body)


def test_a_page_that_names_many_encodings_is_a_doubt_and_one_that_repeats_one_is_none() -> None:
    scripts = b"".join(b'<script charset="utf-8" src="/%d.js"></script>' % number for number in range(40))
    assert encoding_of(None, scripts).doubt is None
    many = b"".join(b'<p charset="x%d">' % number for number in range(20))
    assert encoding_of(None, many + b'<meta charset="utf-7">').doubt is not None
    assert encoding_of(None, scripts + b'<meta charset="utf-7">').doubt is not None


@given(st.binary(max_size=200), st.sampled_from([None, "utf-16", "utf-32", "utf-8", "x", "idna", "cp037", "é"]))
def test_no_bytes_raise(body: bytes, label: str | None) -> None:
    assert encoding_of(label, body)
    assert unsaid_coding(body) in (None, "gzip", "zstd", "compress", "deflate", "br")
    for fields in ([], [("content-encoding", "gzip\nx")], [("transfer-encoding", "chunked"), ("content-length", "5")]):
        plain = document(Fetched(status=200, headers=fields, body=body), 1000)
        assert document(plain.fetched, 1000).problem is None or plain.problem is not None


def test_no_document_becomes_longer_than_was_foreseen() -> None:
    text = b"# a line\n" * 500
    for size in (0, 1, len(text) - 1, len(text), len(text) + 1):
        assert may_be_longer(Fetched(status=200, body=text), size) is (size < len(text))
        for field in ("Content-Encoding", "transfer-encoding"):
            coded = Fetched(status=200, headers=((field, "gzip"),), body=gzip.compress(text))
            assert may_be_longer(coded, size) is (size <= len(text))
    damaged = Fetched(status=200, headers=(("content-encoding", "gzip"),), body=gzip.compress(text)[:-4])
    assert may_be_longer(damaged, 100)
    refused = Fetched(status=404, headers=(("content-encoding", "gzip"),), body=gzip.compress(text))
    assert not may_be_longer(refused, 100)  # its body is not read


@given(
    st.binary(max_size=200),
    st.lists(st.sampled_from(["gzip", "br", "none", "deflate", "zstd", "chunked"]), max_size=3),
    st.integers(0, 300),
    st.booleans(),
)
def test_what_is_foreseen_as_short_is_short(body: bytes, names: list[str], most: int, coded: bool) -> None:
    headers = (("content-encoding", ", ".join(names)),) if names else ()
    fetched = Fetched(status=200, headers=headers, body=gzip.compress(body * 9) if coded else body)
    if not may_be_longer(fetched, most):
        assert len(document(fetched, 10_000).fetched.body) <= most


CHUNKED = [("transfer-encoding", "chunked")]


@pytest.mark.parametrize(
    "body",
    [b"3\nwater\nO 0 0 0\n", b"a\nb\nc\n", b"10\nten lines follow\nx\ny\n", b"1\n\n# Title\n", b"7\nplain words\n",
     b"1\nUser-agent: *\nDisallow: /x\n", b"1\n<html><body>one</body></html>"],
)  # fmt: skip
def test_a_text_whose_first_line_is_a_number_is_no_chunk(body: bytes) -> None:
    plain = document(Fetched(status=200, headers=CHUNKED, body=body), 10_000)
    assert (plain.fetched.body, plain.problem) == (body, None)


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nwords",
        b"1f40\r\nUser-agent: *\n",
        b"1f40\n<html><head>",
        b"5\r\nwords\r\n9\r\nand",
        b"3\r\nwords\r\n0\r\n\r\n",
    ],
)
def test_damaged_and_cut_chunks_stay_so(body: bytes) -> None:
    assert document(Fetched(status=200, headers=CHUNKED, body=body), 10_000).problem == "damaged or cut chunks"
