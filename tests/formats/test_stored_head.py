"""Heads of HTTP messages as tools store them: nothing raises, and no field is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.http.stored_head import MAX_HEAD, read_head

FIELDS = (("Content-Type", "text/html"), ("X-Robots-Tag", "noai"), ("X-Robots-Tag", "bot: noindex"))
LINES = [f"{name}: {value}".encode() for name, value in FIELDS]


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"HTTP/1.1 200 OK", 200),
        (b"HTTP/1.0 404", 404),
        (b"HTTP/2 200", 200),
        (b"HTTP/2.0 200 ", 200),
        (b"HTTP/3 204", 204),
        (b"ICY 200 OK", 200),
        (b"H2 301 Moved", 301),
        (b"HTTP/1.1 200\tFine", 200),
    ],
)
def test_status_lines_of_all_kinds(end: bytes, line: bytes, status: int) -> None:
    head = read_head(end.join([line, *LINES, b"", b"body"]))
    assert (head.status, head.headers, head.cut, head.notes) == (status, FIELDS, False, ())


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_head_without_a_status_line_has_its_fields(end: bytes) -> None:
    block = end.join([*LINES, b"", b"body"])
    head = read_head(block)
    assert (head.status, head.headers, head.notes) == (None, FIELDS, ("no status line",))
    assert block[head.begin :] == b"body"


@pytest.mark.parametrize("line", [b"HTTP/1.1", b"HTTP/1.1 OK", b"HTTP/1.1 20"])
def test_a_status_line_without_a_status_is_named(line: bytes) -> None:
    head = read_head(b"\r\n".join([line, *LINES, b"", b"body"]))
    assert (head.status, head.headers) == (None, FIELDS)
    assert head.notes == ("a status line without a status",)


@pytest.mark.parametrize("block", [b"<html>\n\nwords", b"\x89PNG\r\n\x1a\n", b"words: of a text"[:5], b"\r\n\r\n"])
def test_what_is_no_head_is_all_body(block: bytes) -> None:
    head = read_head(block)
    assert (head.headers, head.begin, head.notes) == ((), 0, ("no HTTP head",))


def test_the_first_blank_line_ends_a_head_whatever_its_line_ends() -> None:
    for block in (b"HTTP/1.1 200 OK\nA: b\n\n<p>\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n<p>\n\n"):
        head = read_head(block)
        assert head.headers == (("A", "b"),)
        assert block[head.begin :].startswith(b"<p>")


def test_fields_that_were_glued_are_all_heard() -> None:
    head = read_head(b"HTTP/1.1 200 OK\r\nX-Robots-Tag: all\nnoai\nbot: noindex\r\nA: b\nTDM-Reservation: 1\r\n\r\n")
    assert head.headers == (
        ("X-Robots-Tag", "all"),
        ("X-Robots-Tag", "noai"),
        ("X-Robots-Tag", "bot: noindex"),
        ("bot", "noindex"),
        ("A", "b"),
        ("TDM-Reservation", "1"),
    )


@pytest.mark.parametrize("name", ["X-Robots-Tag", "x-orig-x-robots-tag"])
@pytest.mark.parametrize(
    ("glued", "lines"),
    [
        ("all\nmax-image-preview:large\nnoai", ["all", "max-image-preview:large", "noai"]),
        ("a: noindex\nb: noindex\nbot: noai", ["a: noindex", "b: noindex", "bot: noai"]),
        ("a: noindex\nb: noindex,\n\tnoai", ["a: noindex", "b: noindex, noai"]),
    ],
)
def test_rules_that_look_like_fields_hide_none_behind_them(name: str, glued: str, lines: list[str]) -> None:
    head = read_head(f"HTTP/1.1 200 OK\r\n{name}: {glued}\r\nA: b\r\n\r\n".encode())
    assert [value for found, value in head.headers if found == name] == lines
    assert ("A", "b") in head.headers


def test_what_stands_without_a_name_counts_for_the_robots_tag_too() -> None:
    head = read_head(b"HTTP/1.1 200 OK\nX-Robots-Tag: all\nmax-image-preview: large\nnoai\n\n")
    assert {("X-Robots-Tag", "noai"), ("max-image-preview", "noai")} <= set(head.headers)
    head = read_head(b"HTTP/1.1 200 OK\nA: b\nTDM-Reservation: 0\nnoai\n\n")
    assert head.headers == (("A", "b"), ("TDM-Reservation", "0"), ("TDM-Reservation", "noai"))


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_pseudo_fields_are_none(end: bytes) -> None:
    head = read_head(
        end.join([b"HTTP/1.1 200 OK", b":status: 200", b"TDM-Reservation: 0", b":path: /", b"A: b", b"", b""])
    )
    assert head.headers == (("TDM-Reservation", "0"), ("A", "b"))
    assert not head.notes


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_folded_line_is_one(end: bytes) -> None:
    head = read_head(
        end.join([b"HTTP/1.1 200 OK", b"X-Robots-Tag: noai,", b"\tnoimageai", b" x: y", b"A: b", b"", b""])
    )
    assert head.headers == (("X-Robots-Tag", "noai, noimageai x: y"), ("A", "b"))


def test_blanks_before_a_colon_and_behind_a_value_do_not_count() -> None:
    head = read_head(b"HTTP/1.1 200 OK\r\nTDM-Reservation : 1 \t\r\nEmpty:\r\n\r\n")
    assert head.headers == (("TDM-Reservation", "1"), ("Empty", ""))


@pytest.mark.parametrize("prefix", ["x-archive-orig-", "X-Archive-Orig-", "x-orig-"])
def test_fields_have_the_names_they_had(prefix: str) -> None:
    lines = [
        f"{prefix}X-Robots-Tag: noai",
        f"{prefix}Content-Encoding: gzip",
        "A: b",
        f"{prefix}Content-Type: text/html",
    ]
    head = read_head("\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode())
    names = [name for name, _ in head.headers]
    assert ("x-robots-tag", "noai") in head.headers
    assert ("content-type", "text/html") in head.headers
    assert "content-encoding" not in names
    assert len(names) == len(lines) + 2


def test_a_head_that_does_not_end_is_cut() -> None:
    head = read_head(b"HTTP/1.1 200 OK\r\nX-Robots-Tag: noai\r\nTDM-Res")
    assert (head.status, head.cut, head.headers[0]) == (200, True, ("X-Robots-Tag", "noai"))
    long = read_head(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * MAX_HEAD)
    assert (long.cut, long.begin) == (True, MAX_HEAD)


@settings(max_examples=100)
@given(
    st.lists(
        st.sampled_from([b"HTTP/1.1 200 OK", b"\r\n", b"\n", b" ", b":", b"A: b", b"\r", b"X-Robots-Tag: noai"])
        | st.binary(max_size=9),
        max_size=12,
    ).map(b"".join)
)
def test_nothing_raises_and_no_byte_is_lost(block: bytes) -> None:
    head = read_head(block)
    assert 0 <= head.begin <= len(block)
    assert all(isinstance(name, str) and isinstance(value, str) for name, value in head.headers)
    inside = read_head(b"\n\n" + block + b"\r\n\r\nmore", 2, 2 + len(block))
    assert (inside.headers, inside.begin - 2) == (head.headers, head.begin)
