"""What is HTML: by type, or by its first bytes where the type says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard.formats.http.media_type import Markup, charset, content_kind, essence, markup_of, sniff


@pytest.mark.parametrize(
    "media_type", ["text/html", "application/xhtml+xml", "text/htm", "text/x-html", "application/html"]
)
def test_html_types(media_type: str) -> None:
    assert markup_of(media_type) is Markup.HTML


@pytest.mark.parametrize("media_type", ["application/json", "image/png", "image/svg+xml", "text/plain", "text/css"])
def test_other_types_are_not_looked_into(media_type: str) -> None:
    assert markup_of(media_type) is Markup.OTHER


@pytest.mark.parametrize(
    "media_type",
    ["", "application/octet-stream", "unknown/unknown", "*/*", "text/xml", "text/*", "application/force-download",
     "application/x-httpd-php", "httpd/unix-directory"],
)  # fmt: skip
def test_generic_types_say_nothing(media_type: str) -> None:
    assert markup_of(media_type) is Markup.UNKNOWN


def test_parameters_and_case_do_not_count() -> None:
    assert essence(" Text/HTML ; charset=x") == "text/html"
    assert charset('text/html; Charset="UTF-8"') == "UTF-8"
    assert charset("text/html;charset=latin1; x=y") == "latin1"
    assert charset("text/html") is None


@pytest.mark.parametrize(
    ("content_type", "media_type", "markup"),
    [
        ("text/html, text/html; charset=utf-8", "text/html", Markup.HTML),
        ("text/plain, text/html", "text/html", Markup.HTML),
        ('text/html; title="a, b/c"', "text/html", Markup.HTML),
        ("text/html charset=utf-8", "text/html", Markup.HTML),
        ("Text/HTML,", "text/html", Markup.HTML),
        ("'text/html'; charset=utf-8", "text/html", Markup.HTML),
        ("image/png, */*", "*/*", Markup.UNKNOWN),
        ("image/png, application/rss+xml", "application/rss+xml", Markup.FEED),
        ("image/png, image/jpeg", "image/png", Markup.OTHER),
        ("application/json; charset=utf-8, x", "application/json", Markup.OTHER),
        ("application/vnd.wap.xhtml+xml", "application/vnd.wap.xhtml+xml", Markup.HTML),
    ],
)
def test_of_several_types_the_one_counts_that_is_read(content_type: str, media_type: str, markup: Markup) -> None:
    assert content_kind(content_type) == (media_type, markup)


@pytest.mark.parametrize("content_type", ["", ";", ",", "html", "text", "text/", "/html", '"text/html"', "; charset=x"])
def test_what_names_no_type_says_nothing(content_type: str) -> None:
    assert content_kind(content_type)[1] is Markup.UNKNOWN


@pytest.mark.parametrize(
    "prefix",
    [b"<!DOCTYPE html>", b" \n<html>", b"\xef\xbb\xbf<HTML ", b"<!-- x --><head>", b"<meta name=x>", b"<script>",
     b"<?xml version='1.0'?>\n<html xmlns=''>", "\ufeff<html>".encode("utf-16-le"), "\ufeff<html>".encode("utf-16-be")],
)  # fmt: skip
def test_markup_is_recognised(prefix: bytes) -> None:
    assert sniff(prefix) is Markup.HTML


@pytest.mark.parametrize(
    "prefix", [b"", b"\x89PNG\r\n", b"{}", b"<rssx>", b"<htmlx>", b"<svg>", b"plain <html>", b"%PDF-1.7"]
)
def test_other_content_is_not(prefix: bytes) -> None:
    assert sniff(prefix) is Markup.OTHER


def test_xml_is_html_only_by_its_root() -> None:
    assert sniff(b"<?xml version='1.0'?><h:html>", "application/xml") is Markup.HTML
    assert sniff(b"<title>", "application/xml") is Markup.FEED


def test_feeds_are_known_by_type_or_root() -> None:
    assert markup_of("application/rss+xml") is markup_of("application/atom+xml") is Markup.FEED
    assert sniff(b"<?xml version='1.0'?>\n<rss version='2.0'>") is sniff(b"<feed xmlns='x'>") is Markup.FEED


@given(st.binary(max_size=300))
def test_no_bytes_raise(prefix: bytes) -> None:
    assert sniff(prefix) in Markup
