"""Which format a body has: the first bytes before the media type, and no guess where neither says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files.asset import read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import MAGIC_BYTES, format_of
from tests.support import pictures

MAGIC = {
    b"\xff\xd8\xff\xe0": Format.JPEG,
    b"\x89PNG\r\n\x1a\n": Format.PNG,
    b"RIFF\0\0\0\0WEBPVP8 ": Format.WEBP,
    b"RIFF\0\0\0\0WAVEfmt ": Format.WAV,
    b"RF64\xff\xff\xff\xffWAVEds64": Format.WAV,
    b"RIFF\0\0\0\0AVI LIST": Format.AVI,
    b"GIF87a": Format.GIF,
    b"GIF89a": Format.GIF,
    b"II*\0\x08\0\0\0": Format.TIFF,
    b"MM\0+\0\x08\0\0": Format.TIFF,
    b"\0\0\0\x20ftypisom": Format.BMFF,
    b"\0\0\0\x08wide\0\0\0\0mdat": Format.BMFF,
    b"ID3\x04\0\0\0\0\0\0": Format.MP3,
    b"\xff\xfb\x90\x44": Format.MP3,
    b"fLaC\0\0\0\x22": Format.FLAC,
    b"<svg xmlns='http://www.w3.org/2000/svg'>": Format.SVG,
    b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a > b -->\n<s:svg>": Format.SVG,
    b'<!DOCTYPE svg PUBLIC "a" "b" [<!ENTITY a "b">]><svg>': Format.SVG,
    b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/epub+zip": Format.EPUB,
    b"%PDF-1.7": Format.PDF,
    b"\n\n\x80%PDF-1.7": Format.PDF,
    b"\0\0\0\x30jumb\0\0\0\x28jumd": Format.C2PA,
}


@pytest.mark.parametrize("media_type", ["", "application/octet-stream", "image/gif", "text/plain"])
@pytest.mark.parametrize("start", MAGIC, ids=lambda start: start[:16].decode("latin-1"))
def test_the_first_bytes_win_over_the_type(start: bytes, media_type: str) -> None:
    assert format_of(media_type, start + bytes(64)) is MAGIC[start]


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/jpeg", Format.JPEG),
        ("image/apng", Format.PNG),
        ("image/svg+xml", Format.SVG),
        ("video/quicktime", Format.BMFF),
        ("image/avif", Format.BMFF),
        ("audio/mpeg", Format.MP3),
        ("application/epub+zip", Format.EPUB),
        ("application/pdf", Format.PDF),
        ("image/x-adobe-dng", Format.TIFF),
    ],
)
@pytest.mark.parametrize("body", [b"", b"damaged beyond recognition"])
def test_a_body_without_magic_is_what_its_type_says(media_type: str, kind: Format, body: bytes) -> None:
    assert format_of(media_type, body) is kind


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/html", b"<!doctype html><p>A file begins with %PDF-1.7 or with <svg>"),
        ("text/html", b"<html><svg></svg></html>"),
        ("text/css", b"<p>no <svg> root</p>"),
        ("application/zip", b"PK\x03\x04" + bytes(40)),
        ("application/octet-stream", b"\xff\xfe<\0h\0t\0m\0l\0"),
        ("application/json", b"{}"),
        ("image/x-icon", b"\0\0\1\0"),
        ("", b""),
        ("", b"RIFF\0\0\0\0ACON"),
    ],
)
def test_what_has_no_place_for_a_reservation(media_type: str, body: bytes) -> None:
    assert format_of(media_type, body) is None


def test_a_tag_before_flac_is_told_by_the_type() -> None:
    assert format_of("audio/flac", b"ID3\x04\0\0\0\0\0\0") is Format.FLAC


@pytest.mark.parametrize("text", [b"<!--" + b"-->" * 400, b"<?" + b"?>" * 500, b"<!---->" * 146, b" " * 1024])
def test_it_ends(text: bytes) -> None:
    """To divide the text in all ways takes years."""
    assert format_of("", text[:MAGIC_BYTES]) is None


def test_every_format_has_a_reader() -> None:
    for kind in Format:
        assert read_asset(b"", kind, complete=False).packets == ()


@settings(max_examples=200)
@given(st.binary(max_size=64), st.sampled_from(["", "text/html", "image/jpeg"]))
def test_no_bytes_make_it_raise(data: bytes, media_type: str) -> None:
    format_of(media_type, data)


@pytest.mark.parametrize("name", pictures.seeds())
def test_seeds_are_known(name: str) -> None:
    assert format_of("image/svg+xml" if name == "svgz" else "", pictures.seeds()[name]) is not None
