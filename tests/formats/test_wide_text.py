"""Text in UTF-16 and UTF-32 without its announcement: read as text, or not read; never empty."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tdm_guard import Decision, Fetched, Judge, Verdict
from tdm_guard.formats.http.message_body import document
from tdm_guard.formats.wide_text import narrowed
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, tzinfo=UTC)
JUDGE = Judge(agent="ExampleBot", usages={"ai-training"})
WIDE = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
SAYING = [
    ("/robots.txt", "User-agent: *\r\nDisallow: /\r\n", "User-agent: *\r\nDisallow: /b\r\n"),
    (
        "/robots.txt",
        "# café 日本語\nUser-agent: *\nContent-Signal: ai-train=no\n",
        "# café 日本語\nUser-agent: *\nAllow: /\n",
    ),
    ("/ai.txt", "User-Agent: *\nDisallow: /\n", "User-Agent: *\nDisallow: /b\n"),
    ("/trust.txt", "member=x\r\ndatatrainingallowed=no\r\n", "member=https://b.example/\n"),
    ("/.well-known/tdmrep.json", '[{"location":"/","tdm-reservation":1}]', '[{"location":"/b","tdm-reservation":1}]'),
]


def decision(path: str, body: bytes) -> Decision:
    documents = SILENT | {path: Fetched(status=200, body=body)}
    return JUDGE.evaluate("https://site.example/a", policies=documents, now=NOW)


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize(("path", "reserves", "silent"), SAYING)
def test_documents_are_heard(path: str, reserves: str, silent: str, encoding: str) -> None:
    assert decision(path, reserves.encode(encoding)).verdict is Verdict.RESERVED
    heard = decision(path, silent.encode(encoding))
    assert heard.verdict is Verdict.UNRESERVED
    assert any("utf-" in fault.message for fault in heard.faults)


def test_what_was_added_in_another_encoding_is_heard() -> None:
    ours = "\r\nUser-agent: *\r\nDisallow: /\r\n"
    for mark in (b"", BOM_UTF16_LE):
        assert decision("/robots.txt", b"Sitemap: /s\r\n" + mark + ours.encode("utf-16-le")).verdict is Verdict.RESERVED
        assert (
            decision("/robots.txt", mark + "Sitemap: /s\n".encode("utf-16-le") + ours.encode()).verdict
            is Verdict.RESERVED
        )


def test_what_cannot_be_read_is_not_empty() -> None:
    mixed = "Sitemap: /s\n".encode("utf-16-le") + "Disallow: /é\n".encode()
    assert decision("/robots.txt", mixed).verdict is Verdict.UNDETERMINED


@pytest.mark.parametrize(
    "body",
    [
        b"User-agent: *\nDisallow: /b\0\n",
        b"User-agent: *\0\0\nDisallow: /b\n" + b"\0" * 4096,
        b"\0" * 64 + b"User-agent: *\nDisallow: /b\n",
        b"a\0b\0c\0",
        '<?xml version="1.0" encoding="utf-16"?><rsl/>'.encode("utf-16"),
        b"",
        BOM_UTF16_BE,
    ],
)
def test_other_nuls_are_left_as_they_are(body: bytes) -> None:
    assert narrowed(body) is None
    assert document(Fetched(status=200, body=body), 4096).octets == b""


def test_the_digest_is_that_of_the_octets_received() -> None:
    body = "User-agent: *\nDisallow: /\n".encode("utf-16-le")
    assert document(Fetched(status=200, body=body), 4096).octets == body
    assert document(Fetched(status=404, body=body), 4096).fetched.body == body


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff<"), max_size=200),
    st.sampled_from(WIDE),
)
@example("é" * 99, "utf-16-be")
def test_any_text_beside_records_comes_through(text: str, encoding: str) -> None:
    written = "User-agent: *\nDisallow: /\n" + text
    found = narrowed(written.encode(encoding))
    assert found is not None
    assert not found.whole or found.body.decode() == written or "in parts" in found.encoding


@given(st.binary(max_size=300))
def test_no_bytes_raise(body: bytes) -> None:
    assert b"\0" in body or narrowed(body) is None
    assert narrowed(b"a\0" * 8 + body) is not None or body
