"""Saved pages (MHTML): judged by their root and by the files in them."""

from __future__ import annotations

from base64 import b64encode, encodebytes
from collections.abc import Iterable
from datetime import UTC, datetime
from quopri import encodestring

import pytest

from tdm_guard import Verdict, evaluate
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tests.support.documents import xmp
from tests.support.pictures import app1, jpeg

NOW = datetime(2026, 11, 28, tzinfo=UTC)
URL = "https://a.example/saved.mht"
RESERVES = b'<html><head><meta name="tdm-reservation" content="1"></head><body>caf\xc3\xa9</body></html>'
SILENT = b"<html><head><title>x</title></head><body><p>hello</p></body></html>"
QUOTED = (b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n", encodestring)
BASE64 = (b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n", encodebytes)
PLAIN = (b"Content-Type: text/html\r\n", bytes)
PICTURE = (
    b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\nContent-Location: https://a.example/a.jpg\r\n"
)
HEAD = (
    b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://a.example/\r\nSubject: =?utf-8?Q?x?=\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="----b----"\r\n\r\n'
)


def saved(*parts: tuple[bytes, bytes], head: bytes = HEAD, end: bytes = b"------b------\r\n") -> bytes:
    return (
        head
        + b"\r\n"
        + b"".join(b"------b----\r\n" + fields + b"\r\n" + body + b"\r\n" for fields, body in parts)
        + end
    )


def verdict(body: bytes, media_type: str | None = "multipart/related", **more: object) -> Verdict:
    headers: Iterable[tuple[str, str]] = [("content-type", media_type)] if media_type else []
    options = {"usages": {"tdm"}, "agent": "ExampleBot", "unread": "ignore", "now": NOW, **more}
    return evaluate(URL, headers=headers, body=body, **options).verdict  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [QUOTED, BASE64, PLAIN], ids=["quoted-printable", "base64", "plain"])
@pytest.mark.parametrize(
    "media_type", ["multipart/related", "message/rfc822", None, "application/octet-stream", "text/plain"]
)
def test_the_page_in_it_is_judged(kind: tuple[bytes, object], media_type: str | None) -> None:
    fields, encode = kind
    assert verdict(saved((fields, encode(RESERVES))), media_type) is Verdict.RESERVED  # type: ignore[operator]
    assert verdict(saved((fields, encode(SILENT))), media_type) is Verdict.UNRESERVED  # type: ignore[operator]


def test_a_picture_in_it_may_reserve() -> None:
    page = (PLAIN[0], SILENT)
    loud, quiet = jpeg(app1(xmp())), jpeg()
    assert verdict(saved(page, (PICTURE, encodebytes(loud)))) is Verdict.RESERVED
    assert verdict(saved(page, (PICTURE, encodebytes(quiet)))) is Verdict.UNRESERVED


def test_the_boundary_may_stand_in_the_response() -> None:
    body = saved((PLAIN[0], RESERVES), head=b"")
    assert verdict(body, 'multipart/related; boundary="----b----"') is Verdict.RESERVED
    assert verdict(body, "multipart/related") is Verdict.RESERVED


def test_a_page_among_alternatives_is_judged() -> None:
    inner = (
        b"--c\r\nContent-Type: text/plain\r\n\r\nx\r\n--c\r\nContent-Type: text/html\r\n\r\n" + RESERVES + b"\r\n--c--"
    )
    assert verdict(saved((b"Content-Type: multipart/alternative; boundary=c\r\n", inner))) is Verdict.RESERVED


def test_a_message_that_is_a_page_is_judged() -> None:
    head = b"From: a@a.example\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n"
    assert verdict(head + RESERVES, "message/rfc822") is Verdict.RESERVED
    assert verdict(head + SILENT, "message/rfc822") is Verdict.UNRESERVED


@pytest.mark.parametrize(
    "body",
    [
        saved((PLAIN[0], SILENT), end=b""),
        saved((PLAIN[0] + b"Content-Transfer-Encoding: uuencode\r\n", SILENT)),
        saved((BASE64[0], b"A")),
        HEAD + b"nothing\r\n",
        saved((PLAIN[0], SILENT), *[(PLAIN[0], b"x")] * 1_200),
        saved((b"Content-Type: message/rfc822\r\n", saved((PLAIN[0], SILENT)))),
    ],
    ids=["cut", "unknown encoding", "damaged base64", "no part", "too many", "nested"],
)
def test_what_is_not_read_of_it_is_undetermined(body: bytes) -> None:
    assert verdict(body) is Verdict.UNDETERMINED


def test_a_prefix_can_only_reserve() -> None:
    body = saved((PLAIN[0], RESERVES), (PICTURE, encodebytes(jpeg())))
    assert verdict(body[:-40], body_complete=False) is Verdict.RESERVED
    body = saved((PLAIN[0], SILENT), (PICTURE, encodebytes(jpeg())))
    assert verdict(body[:-40], body_complete=False) is Verdict.UNDETERMINED


def test_a_permission_of_a_frame_is_not_the_pages() -> None:
    allows = b'<html><head><meta name="tdm-reservation" content="0"></head></html>'
    assert verdict(saved((PLAIN[0], SILENT), (PLAIN[0], allows))) is Verdict.UNRESERVED
    assert verdict(saved((PLAIN[0], allows), (PLAIN[0], RESERVES))) is Verdict.RESERVED


@pytest.mark.parametrize(
    ("media_type", "head"),
    [
        ("text/plain", b"From: a@a.example\nSubject: x\n\nhello"),
        ("text/plain", b"MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b"),
        ("", b"From: a\nTo: b\n\nMIME-Version: 1.0"),
        ("text/css", b"a:hover { color: red }"),
    ],
)
def test_letters_and_other_text_are_no_saved_pages(media_type: str, head: bytes) -> None:
    assert format_of(media_type, head) is (Format.TEXT if media_type == "text/plain" else None)


def test_a_saved_page_is_known_by_its_first_lines() -> None:
    assert format_of("", HEAD) is Format.MHTML
    assert format_of("application/octet-stream", HEAD.replace(b"\r\n", b"\n")) is Format.MHTML


LONG = HEAD.replace(b"https://a.example/", b"https://a.example/" + b"a" * 2_000)
LETTER = b"Subject: " + b"s" * 2_000 + b"\r\n" + HEAD.replace(b"From: <Saved by Blink>", b"From: a@a.example")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("media_type", [None, "application/octet-stream", "text/plain", "multipart/related"])
@pytest.mark.parametrize("head", [HEAD, LONG])
def test_a_long_first_line_or_a_mark_hides_no_page(head: bytes, media_type: str | None, mark: bytes) -> None:
    assert verdict(mark + saved((PLAIN[0], RESERVES), head=head), media_type) is Verdict.RESERVED
    assert verdict(mark + saved((PLAIN[0], SILENT), head=head), media_type) is Verdict.UNRESERVED


def test_a_letter_of_no_type_whose_fields_go_on_is_read() -> None:
    assert verdict(saved((PLAIN[0], RESERVES), head=LETTER), None) is Verdict.RESERVED
    assert format_of("text/plain", LETTER) is not Format.MHTML
    assert format_of("", b"note: " + b"s" * 2_000) is None
    assert format_of("", b"Subject: short\n\n" + b"s" * 2_000) is None


@pytest.mark.parametrize("subtype", ["mixed", "alternative", "form-data", "signed", "x-mixed-replace", "unheard-of"])
@pytest.mark.parametrize("before", [b"", b"This is a message in parts.\r\n\r\n", b"\r\n"])
def test_a_page_in_parts_of_any_kind_is_judged(subtype: str, before: bytes) -> None:
    kind = f"multipart/{subtype}; boundary=b"
    text = b"--b\r\n\r\nwords\r\n"
    for first in (b"", text):
        for page, wanted in ((RESERVES, Verdict.RESERVED), (SILENT, Verdict.UNRESERVED)):
            body = before + first + b"--b\r\nContent-Type: text/html\r\n\r\n" + page + b"\r\n--b--\r\n"
            assert verdict(body, kind) is wanted


def test_parts_that_are_not_found_are_not_read() -> None:
    assert verdict(b"words\r\n\r\nmore words", "multipart/mixed; boundary=b") is Verdict.UNDETERMINED
    assert verdict(SILENT, "multipart/mixed") is Verdict.UNDETERMINED


def test_a_stream_of_pictures_needs_no_end() -> None:
    body = b"--b\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg() + b"\r\n"
    assert verdict(body * 2, "multipart/x-mixed-replace; boundary=b") is Verdict.UNRESERVED
    assert verdict(body * 2, "multipart/mixed; boundary=b") is Verdict.UNDETERMINED


def test_ranges_are_those_of_another_body() -> None:
    assert format_of("multipart/byteranges", b"--b\r\n") is None


def in_pieces(body: bytes, size: int = 20, between: bytes = b"\r\n") -> bytes:
    """Base64 of each piece by itself, as tools write that encode as they read."""
    return between.join(b64encode(body[at : at + size]) for at in range(0, len(body), size))


@pytest.mark.parametrize("size", [1, 19, 20, 50])
@pytest.mark.parametrize("between", [b"\r\n", b""])
def test_base64_that_was_joined_is_read_behind_its_padding(size: int, between: bytes) -> None:
    assert verdict(saved((BASE64[0], in_pieces(RESERVES, size, between)))) is Verdict.RESERVED
    assert verdict(saved((BASE64[0], in_pieces(SILENT, size, between)))) is Verdict.UNRESERVED


@pytest.mark.parametrize(
    "coded",
    [b64encode(SILENT) + b"=\r\nA", in_pieces(SILENT)[:-2] + b"=A", b"A", in_pieces(b"a" * 5_000, 1)],
    ids=["junk", "a piece", "one letter", "many pieces"],
)
def test_base64_that_is_not_read_to_its_end_is_undetermined(coded: bytes) -> None:
    assert verdict(saved((BASE64[0], coded))) is Verdict.UNDETERMINED


def test_what_stands_before_damage_in_base64_is_heard() -> None:
    assert verdict(saved((BASE64[0], b64encode(RESERVES) + b"==\r\nA"))) is Verdict.RESERVED
