"""Policies out of archives: of what was looked at, each capture counts from its time until the next one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tdm_guard import Judge, Verdict
from tdm_guard.archives.captures import WarcPolicies
from tdm_guard.archives.sources import DOCUMENTS
from tdm_guard.ledger.library import Library
from tests.archives.made import PAGE, URL, record

SITE = "https://site.example"
WWW = "https://www.site.example"
HTML = [("content-type", "text/html")]
ABSENT = b"HTTP/1.1 404 Not Found\r\n\r\n"
TEXT = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
OPEN, SHUT = TEXT + b"User-agent: *\nAllow: /\n", TEXT + b"User-agent: *\nDisallow: /\n"
LICENSED = OPEN + b"License: https://site.example/terms.xml\n"
AWAY = b"HTTP/1.1 301 Moved\r\nLocation: https://www.site.example/robots.txt\r\n\r\n"


def terms(word: str) -> bytes:
    text = f'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><{word} type="usage">all</{word}>'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rsl+xml\r\n\r\n"
    return head + f"{text}</license></content></rsl>".encode()


def library(folder: Path, robots: bytes, captures: Iterable[tuple[int, str, bytes]]) -> tuple[Library, WarcPolicies]:
    """All documents as of the first day, and what was captured on others."""
    first = [(1, f"{SITE}{path}", robots if path == "/robots.txt" else ABSENT) for path in DOCUMENTS]
    made = (
        record(block=block, url=url, fields=[("WARC-Date", f"2024-05-{day:02d}T00:00:00Z")])
        for day, url, block in (*first, *captures)
    )
    (folder / "a.warc").write_bytes(b"".join(made))
    source = WarcPolicies([folder / "a.warc"])
    return Library(Judge(agent="ExampleBot"), [source]), source


def verdicts(of: Library, days: Iterable[int]) -> list[Verdict]:
    judge, found = Judge(agent="ExampleBot"), []
    for day in days:
        now = datetime(2024, 5, day, 12, tzinfo=UTC)
        policy = of.policy(URL, now)
        found.append(judge.evaluate(URL, status=200, headers=HTML, body=PAGE, policies=policy, now=now).verdict)
    return found


@pytest.mark.parametrize("days", [(3, 6, 9), (9, 6, 3), (6, 6, 9, 3, 9)])
@pytest.mark.parametrize(
    ("robots", "captures", "at"),
    [
        (OPEN, [(5, f"{SITE}/robots.txt", SHUT), (8, f"{SITE}/robots.txt", OPEN)], Verdict.UNRESERVED),
        (AWAY, [(1, f"{WWW}/robots.txt", OPEN), (5, f"{WWW}/robots.txt", SHUT), (8, f"{WWW}/robots.txt", OPEN)],
         Verdict.UNRESERVED),
        (LICENSED, [(1, f"{SITE}/terms.xml", terms("permits")), (5, f"{SITE}/terms.xml", terms("prohibits")),
                    (8, f"{SITE}/terms.xml", terms("permits"))], Verdict.PERMITTED),
    ],
)  # fmt: skip
def test_what_was_captured_last_counts_wherever_it_stands(
    tmp_path: Path, robots: bytes, captures: list[tuple[int, str, bytes]], at: Verdict, days: tuple[int, ...]
) -> None:
    of, source = library(tmp_path, robots, captures)
    assert verdicts(of, days) == [Verdict.RESERVED if day == 6 else at for day in days]
    source.close()


def test_policies_are_read_once_for_a_time_in_which_nothing_was_captured(tmp_path: Path) -> None:
    of, source = library(tmp_path, OPEN, [(5, f"{SITE}/robots.txt", SHUT), (7, f"{WWW}/robots.txt", SHUT)])
    times = [datetime(2024, 5, day, tzinfo=UTC) for day in (1, 2, 4, 5, 6, 7, 20)]
    assert len({id(of.policy(URL, at)) for at in (*times, *times)}) == 2
    assert of.policy(URL, datetime(2023, 1, 1, tzinfo=UTC)) is of.policy(URL, times[2])
    source.close()
