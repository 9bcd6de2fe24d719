"""Licence tokens in a crawl: added next to the downloader, taken off before anything can keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tdm_guard.testing import Answer, PretendWeb, Received, Site, one_after_another

TOKEN = "tok-3f9a-word-that-nobody-else-knows"
LEDGER = {"EXTENSIONS": {"probe_parts.Ledger": 0}}
Crawl = Callable[..., Any]


def paid(request: Received) -> Answer:
    shown = request.header("authorization") == f"License {TOKEN}"
    return Answer.html("<p>PAID") if shown else Answer.text("pay first", status=402)


@pytest.fixture
def music(web: Callable[..., PretendWeb], monkeypatch: pytest.MonkeyPatch) -> PretendWeb:
    cut = Answer(headers=(("content-type", "text/html"),), body=b"x" * 9000, close_after=10)
    pretend = web(
        Site(
            "music.example",
            {
                "/song": paid,
                "/moved": Answer.redirect("/song"),
                "/busy": one_after_another(Answer(status=503), Answer.html("<p>PAID")),
                "/cut": one_after_another(cut, Answer.html("<p>PAID")),
                "/kept": Answer.html("<p>SECRET", ("tdm-reservation", "1")),
            },
        ),
    )
    monkeypatch.setenv("TDM_GUARD_LICENCE_TOKENS", f"{pretend.origin('music.example')} {TOKEN}")
    return pretend


def test_neither_cache_nor_job_nor_what_follows_keeps_a_token(crawl: Crawl, music: PretendWeb) -> None:
    urls = [music.origin("music.example") + path for path in ("/song", "/moved", "/busy", "/cut", "/kept")]
    crawled = crawl(
        *urls, HTTPCACHE_ENABLED=True, HTTPCACHE_IGNORE_HTTP_CODES=[503], HTTPCACHE_DIR="cache", JOBDIR="job",
        RETRY_TIMES=2, **LEDGER,
    )  # fmt: skip
    assert [response["status"] for response in crawled.responses] == [200] * 4
    assert [error["type"] for error in crawled.errors] == ["Withheld"]
    assert all("Authorization" not in response["sent"] for response in crawled.responses)
    pages = [got for got in music.requests if got.path in ("/song", "/moved", "/busy", "/cut", "/kept")]
    assert len(pages) >= 7  # the second times of those that failed, too
    assert {got.header("authorization") for got in pages} == {f"License {TOKEN}"}
    documents = [got for got in music.requests if got not in pages]
    assert documents
    assert {got.header("authorization") for got in documents} == {None}
    assert (crawled.folder / "ledger").read_text().splitlines() == [""] * 8  # five, one hop, two repetitions
    assert crawled.holds(TOKEN) == []
    assert TOKEN not in crawled.text
    assert all(record["authenticated"] for record in crawled.decisions if not record["cached"])


def test_credentials_of_the_project_are_left_to_it(crawl: Crawl, music: PretendWeb) -> None:
    url = music.origin("music.example") + "/song"
    crawled = crawl({"url": url, "headers": {"Authorization": "Basic Zm9v"}})
    assert {got.header("authorization") for got in music.requests if got.path == "/song"} == {"Basic Zm9v"}
    assert [error["type"] for error in crawled.errors] == ["Withheld"]  # 402: access is sold
