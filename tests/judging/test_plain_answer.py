"""What is told to say nothing by the short way is what the long way comes to, and nothing else takes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Decision, Fetched, Judge
from tdm_guard.judging.arguments import UNREAD
from tdm_guard.judging.plain_answer import PlainAnswers
from tdm_guard.policies.policy import OriginPolicy
from tdm_guard.testing import files

NOW = datetime(2024, 5, 6, tzinfo=UTC)
URL = "https://site.example/a/b"
JUDGES = {
    "cautious": Judge(agent="ExampleBot"),
    "literal": Judge(agent="ExampleBot", posture="literal"),
    "small": Judge(agent="ExampleBot", max_asset_bytes=64),
    "observe": Judge(agent="ExampleBot", mode="observe", usages="tdm"),
    "robots alone": Judge(agent="ExampleBot", signals=("robots",)),
    "declared": Judge(agent="ExampleBot", repertoire=("bundled:sacem-2023", "bundled:sony-music-2024")),
}
_ABSENT = {path: Fetched(status=404, at=NOW) for path in ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt")}
_PAGES = "User-agent: *\nDisallow: /private\nContent-Signal: ai-train=no\n\nUser-agent: GPTBot\nDisallow: /\n"
POLICIES: dict[str, dict[str, Fetched]] = {
    "none": {},
    "absent": dict.fromkeys(_ABSENT, Fetched(status=404, at=NOW)),
    "speaks": {**_ABSENT, "/robots.txt": Fetched(status=200, body=_PAGES.encode(), at=NOW)},
    "down": {**_ABSENT, "/robots.txt": Fetched(status=503, at=NOW)},
    "robots alone": {"/robots.txt": Fetched(status=404, at=NOW)},
    "speaks alone": {"/robots.txt": Fetched(status=200, body=_PAGES.encode(), at=NOW)},
    "others alone": {"/ai.txt": Fetched(status=404, at=NOW), "/.well-known/tdmrep.json": Fetched(status=404, at=NOW)},
    "licensed": {"/robots.txt": Fetched(status=200, body=b"License: https://site.example/l.xml\n", at=NOW)},
}
XMP = files.xmp({"plus:DataMining": f"{files.PLUS}DMI-PROHIBITED-AIMLTRAINING"})
JPEG = files.jpeg(b"words")
SPEAKING = files.jpeg(b"words", XMP)
PAGE = b'<!DOCTYPE html><html><head><meta charset="utf-8"><title>t</title>%s</head><body><p>words</p></body></html>'
BODIES = (
    b"",
    PAGE % b"",
    PAGE % b'<meta name="robots" content="noai">',
    PAGE % b'<meta name="tdm-reservation" content="1">',
    PAGE % b'<meta property="og:title" content="t: words">',
    PAGE % b'<meta name="DC.identifier" content="978-3-16-148410-0">',
    PAGE % b'<script type="application/ld+json">{"@type": "MusicRecording", "isrcCode": "QM-ABC-26-00017"}</script>',
    b"\n" + PAGE % b"",
    b"\xef\xbb\xbf" + PAGE % b"",
    (PAGE % b"").decode().encode("utf-16"),
    b"words and words",
    b"a words that begin as a chunk does",
    b"5\r\nwords\r\n0\r\n\r\n",
    b"1d\r\n<meta name=robots content=noai>\r\n0\r\n\r\n",
    b"\x1f\x8b\x08\x00damaged",
    JPEG,
    SPEAKING,
    SPEAKING[:80],
    b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n",
    b"PK\x03\x04" + bytes(40),
    b"From: <Saved by Browser>\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\n",
    b"<rss><channel><item/></channel></rss>",
    b"<svg xmlns='http://www.w3.org/2000/svg'>" + XMP + b"</svg>",
    b'{"a": 1}',
    b"words " * 20,
)
TYPES = (
    "text/html", "text/html; charset=utf-8", "text/html; charset=utf-7", "TEXT/HTML;charset=x", "text/plain",
    "image/jpeg", "image/png", "application/xhtml+xml; charset=utf-8", "application/pdf", "application/json", "", "x",
    "application/octet-stream", "application/rss+xml", "text/html, text/plain", "multipart/related", "audio/mpeg",
    "text/html; charset=utf-8 X-Robots-Tag: noai", "font/woff2", "text/css", "video/mp4",
)  # fmt: skip
FIELDS = (
    ("Server", "nginx"), ("X-Robots-Tag", "noai"), ("x-robots-tag", "bot: noindex"), ("TDM-Reservation", "1"),
    ("tdm-reservation", "0"), ("Link", '<https://site.example/l.xml>; rel="license"; type="application/rsl+xml"'),
    ("Content-Usage", "train-ai=n"), ("Content-Encoding", "gzip"), ("content-encoding", "identity"),
    ("Transfer-Encoding", "chunked"), ("Content-Length", "7"), ("Content-Length", "0"), ("Content-Length", "x"),
    ("Content-Range", "bytes 0-3/9"), ("Vary", "*"), ("X-Frame-Options", "deny"), ("Content-Length", "999999"),
    ("Content-Signal", "ai-train=no"), ("X-Pad", "é"),
)  # fmt: skip
_SILENT = frozenset({"Server", "Vary", "X-Frame-Options", "X-Pad"})


@contextmanager
def long_way(judge: Judge) -> Iterator[None]:
    plain = judge.plain
    judge.plain = _Never(judge.bench)
    try:
        yield
    finally:
        judge.plain = plain


class _Never(PlainAnswers):
    def find(self, *_: object) -> None:
        return None


def both(judge: Judge, **given_: Any) -> tuple[Decision, bool]:
    """The decision, which both ways come to; and whether the short way was gone."""
    policies = judge.read_policies("https://site.example", given_.pop("policies"), now=NOW)
    short = judge.evaluate(URL, policies=policies, now=NOW, **given_)
    with long_way(judge):
        assert judge.evaluate(URL, policies=policies, now=NOW, **given_) == short
    body = given_["body"]
    return short, judge.plain.find(given_["headers"], body, ()) is not None


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(JUDGES)),
    st.sampled_from(sorted(POLICIES)),
    st.sampled_from([200, 200, 200, 203, 204, 206, 301, 401, 403, 404, None]),
    st.lists(st.sampled_from(TYPES), max_size=2),
    st.lists(st.sampled_from(FIELDS), max_size=3),
    st.sampled_from(BODIES),
    st.sampled_from(["exact", "", "short"]),
    st.booleans(),
)
def test_both_ways_come_to_the_same(
    judge: str, policies: str, status: int | None, types: list[str], fields: list[tuple[str, str]], body: bytes,
    length: str, whole: bool,
) -> None:  # fmt: skip
    headers = [*fields, *(("Content-Type", each) for each in types)]
    if length:
        headers.append(("Content-Length", str(len(body) + (length == "short"))))
    both(JUDGES[judge], policies=POLICIES[policies], status=status, headers=headers, body=body, body_complete=whole)


def _logged(judge: Judge, policy: OriginPolicy, body: bytes, unread: str) -> Decision | None:
    """What a ledger writes without a case, if it does."""
    headers = [("Content-Type", "text/plain")]
    return judge.plain.decision(
        URL, status=200, headers=headers, body=body, content_sha256="x", policies=policy, unread=unread, now=NOW,
        stored=None,
    )  # fmt: skip


@pytest.mark.parametrize("unread", UNREAD)
@pytest.mark.parametrize("policies", sorted(POLICIES))
@pytest.mark.parametrize("judge", sorted(JUDGES))
def test_documents_that_nobody_asked_for_count_for_both_ways_alike(judge: str, policies: str, unread: str) -> None:
    body, who = b"words and words", JUDGES[judge]
    policy = who.read_policies("https://site.example", POLICIES[policies], now=NOW)
    case = who.hear(
        URL, status=200, headers=[("Content-Type", "text/plain")], body=body, body_complete=True, policies=policy,
        hops=(), item=None, unread=unread, now=NOW,
    )  # fmt: skip
    case.hear_transfer(len(body), "x")
    assert _logged(who, policy, body, unread) in (None, case.decision())


@pytest.mark.parametrize(
    ("policies", "unread", "short"),
    [
        ("none", "undetermined", False),
        ("none", "ignore-beside-robots", False),
        ("none", "ignore", True),
        ("robots alone", "undetermined", False),
        ("robots alone", "ignore-beside-robots", True),
        ("others alone", "ignore-beside-robots", False),
        ("others alone", "ignore", True),
        ("licensed", "ignore-beside-robots", False),
        ("down", "ignore", False),
    ],
)
def test_what_is_ignored_costs_no_more(policies: str, unread: str, short: bool) -> None:
    policy = JUDGES["cautious"].read_policies("https://site.example", POLICIES[policies], now=NOW)
    assert (_logged(JUDGES["cautious"], policy, b"words and words", unread) is not None) is short


@pytest.mark.parametrize("judge", ["cautious", "literal", "declared"])
def test_each_body_under_each_type(judge: str) -> None:
    for body in BODIES:
        for kind in TYPES:
            headers = [("Content-Type", kind)]
            both(JUDGES[judge], policies=POLICIES["absent"], status=200, headers=headers, body=body)


@pytest.mark.parametrize(
    ("kind", "body", "stage"),
    [
        ("text/html; charset=utf-8", PAGE % b"", "body"),
        ("text/html", PAGE % b"", "body"),
        ("text/plain", b"words and words", "asset"),
        ("text/plain", b"a words that begin as a chunk does", "asset"),
        ("image/jpeg", JPEG, "asset"),
        ("application/json", b'{"a": 1}', "headers"),
    ],
)
def test_what_is_usual_goes_the_short_way(kind: str, body: bytes, stage: str) -> None:
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Server", "nginx")]
    for judge in ("cautious", "declared"):
        decision, short = both(JUDGES[judge], policies=POLICIES["speaks"], status=200, headers=headers, body=body)
        assert short is (judge == "cautious" or stage != "asset")
        assert decision.stage == stage


@pytest.mark.parametrize("field", [each for each in FIELDS if each[0] not in _SILENT])
def test_what_may_speak_or_frame_a_body_does_not(field: tuple[str, str]) -> None:
    headers = [("Content-Type", "text/plain"), field]
    assert JUDGES["cautious"].plain.find(headers, b"words and words", ()) is None


def test_a_status_that_is_no_number_is_told() -> None:
    with pytest.raises(Exception, match="status"):
        JUDGES["cautious"].evaluate(URL, status=200.0, headers=[], body=b"words", now=NOW)  # type: ignore[arg-type]
