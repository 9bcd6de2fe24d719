"""Which bodies are judged beside an event loop: the long ones, and small ones that may hold much more."""

from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime

import brotli
import pytest

from tdm_guard import Judge
from tdm_guard.formats.files.container import Format
from tdm_guard.judging.case import Case
from tdm_guard.judging.response import CODED_BYTES, MANY_METAS, OFF_LOOP_BYTES
from tests.support import documents, pictures
from tests.support.floods import BOMBS, LARGE

NOW = datetime(2026, 11, 28, tzinfo=UTC)
TEXT_OF_PNG = pictures.png(pictures.chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(9))))
PAGE = b"<html><body>" + b"<p>Bread and cheese." * 60
SITE = "https://site.example"


def may_last(body: bytes, media_type: str, coding: str | None = None) -> bool:
    judge = Judge(agent="ExampleBot")
    case = Case(judge.bench, SITE + "/a", judge.read_policies(SITE, {}, now=NOW), NOW)
    fields = [("content-type", media_type), *([("content-encoding", coding)] if coding else [])]
    case.hear_headers(200, fields)
    return case.may_last(body)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (PAGE, "text/html"),
        (b"", "text/html"),
        (b"<html>" + b"<meta name=a content=b>" * MANY_METAS, "text/html"),
        (pictures.png(), "image/png"),
        (pictures.jpeg(), "image/jpeg"),
        (pictures.svg(), "image/svg+xml"),
        (pictures.gif(), "image/gif"),
        (b'{"a": 1}', "application/json"),
        (b"<rss/>", "application/rss+xml"),
        (bytes(OFF_LOOP_BYTES), "application/octet-stream"),
    ],
)
def test_what_is_small_and_holds_no_more_is_judged_at_once(body: bytes, media_type: str) -> None:
    assert not may_last(body, media_type)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (bytes(OFF_LOOP_BYTES + 1), "text/html"),
        (b"<html>" + b"<meta name=a content=b>" * (MANY_METAS + 1), "text/html"),
        (b"<html>" + b"<mEtA name=a content=b>" * (MANY_METAS + 1), "text/html"),
        (TEXT_OF_PNG, "image/png"),
        (TEXT_OF_PNG, "text/html"),  # whatever it is called
        (gzip.compress(pictures.svg()), "image/svg+xml"),
        (documents.epub(), "application/epub+zip"),
        (documents.pdf(), "application/pdf"),
    ],
)
def test_what_is_long_or_may_hold_much_more_is_judged_aside(body: bytes, media_type: str) -> None:
    assert may_last(body, media_type)


def test_coded_bodies_by_what_they_come_to() -> None:
    assert not may_last(gzip.compress(PAGE), "text/html", "GZIP ")
    assert not may_last(brotli.compress(PAGE), "text/html", "br")
    assert may_last(brotli.compress(bytes(2**20)), "text/html", "br")  # ten bytes of it make megabytes
    assert may_last(gzip.compress(gzip.compress(bytes(2**20))), "text/html", "gzip, gzip")
    assert may_last(b"\1" * (CODED_BYTES + 1), "text/html", "gzip")
    assert not may_last(b"", "text/html", "br")
    assert may_last(gzip.compress(documents.pdf()), "application/pdf", "gzip")


@pytest.mark.parametrize("name", BOMBS)
def test_small_bombs_go_aside(name: str) -> None:
    kind, make = BOMBS[name]
    assert may_last(make(2**20), "image/svg+xml" if kind is Format.SVG else "application/octet-stream")


def test_what_is_full_of_one_small_thing_goes_aside_by_its_size() -> None:
    assert all(may_last(make(2 * OFF_LOOP_BYTES), "application/octet-stream") for _, make in LARGE.values())
