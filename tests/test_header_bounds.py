"""Header fields of any number and length: what is looked at is bounded, and what is not is a doubt."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tdm_guard import Fetched, Verdict, evaluate
from tdm_guard.judging.fields import MAX_FIELD_TEXT, MAX_FIELDS, MAX_WORDS_TEXT

ABSENT = {"/robots.txt": Fetched(status=404), "/.well-known/tdmrep.json": Fetched(status=404)}
HTML = ("content-type", "text/html")


def verdict(*headers: tuple[str, str]) -> Verdict:
    return evaluate(
        "https://site.example/",
        status=200,
        headers=[HTML, *headers],
        body=b"<p>words</p>",
        policies=ABSENT,
        now=datetime(2026, 11, 21, 12, tzinfo=UTC),
    ).verdict


@pytest.mark.parametrize(
    "lines",
    [
        [("x-robots-tag", "a b, " * 1_000)] * 50,
        [("content-usage", "a, " * 20_000)] * 3,
        [("link", "<a>; rel=x, " * 1_000)] * 20,
        [("x-robots-tag", "a")] * (MAX_FIELDS + 1),
        [("content-signal", "a" * (MAX_WORDS_TEXT + 1))],
        [("link", "<a>; rel=x")] * (MAX_FIELDS + 1),
    ],
)
def test_fields_behind_the_bound_are_a_doubt(lines: list[tuple[str, str]]) -> None:
    assert verdict(*lines) is Verdict.UNDETERMINED
    assert verdict(("tdm-reservation", "1"), *lines) is Verdict.RESERVED


def test_what_no_signal_reads_does_not_count() -> None:
    assert verdict(*[("set-cookie", "a" * MAX_FIELD_TEXT)] * 3) is Verdict.UNRESERVED
    assert verdict(*[("x-robots-tag", "noindex")] * MAX_FIELDS) is Verdict.UNRESERVED
    assert verdict(*[("link", "<a>; rel=preload")] * (MAX_FIELDS - 1)) is Verdict.UNRESERVED
    assert verdict(("x-robots-tag", "noindex"), ("link", "<a>; rel=preload, " * 3_000)) is Verdict.UNRESERVED
