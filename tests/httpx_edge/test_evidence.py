"""The evidence folder at every client: what decisions rest on is there before they are recorded."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, LogError, Options, Withheld
from tdm_guard.aiohttp import guard
from tdm_guard.drive import run
from tdm_guard.fetch import Answer, Get
from tdm_guard.guard import Guard
from tdm_guard.log.evidence import copy_of
from tdm_guard.origin import Origin
from tdm_guard.requests import GuardSession
from tdm_guard.testing import PretendWeb
from tests.support.evidence import JUDGED, META, SECRET, SITE, check_kept, decisions_in


def options(log: Any) -> dict[str, Any]:
    return {"agent": "ExampleBot", "log": str(log), "evidence": str(log.parent / "evidence")}


def test_what_clients_of_httpx_were_told_is_kept(edge: Any, tmp_path: Any) -> None:
    async def scenario() -> None:
        with PretendWeb([SITE]) as web:
            client = edge.client(evidence=str(tmp_path / "evidence"))
            for path in JUDGED:
                with suppress(Withheld):
                    await edge.get(client, web.origin("site.example") + path)
            await edge.close(client)

    edge.run(scenario)
    check_kept(edge.log, tmp_path / "evidence")


def test_what_requests_was_told_is_kept(tmp_path: Any) -> None:
    log = tmp_path / "tdm.jsonl"
    with PretendWeb([SITE]) as web, GuardSession(**options(log)) as session:
        for path in JUDGED:
            with suppress(Withheld):
                session.get(web.origin("site.example") + path)
    check_kept(log, tmp_path / "evidence")


async def test_what_aiohttp_was_told_is_kept(tmp_path: Any) -> None:
    import aiohttp

    log = tmp_path / "tdm.jsonl"
    with PretendWeb([SITE]) as web:
        async with guard(**options(log)) as middleware, aiohttp.ClientSession(middlewares=[middleware]) as session:
            for path in JUDGED:
                with suppress(Withheld):
                    async with session.get(web.origin("site.example") + path) as response:
                        await response.read()
    check_kept(log, tmp_path / "evidence")


def test_a_run_that_cannot_keep_hands_nothing_on(
    sync_edge: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge, real = sync_edge, os.write
    pages = {"/": lambda _: edge.answer(text="words"), "/2": lambda _: edge.answer(text="words")}

    def short(descriptor: int, data: bytes) -> int:
        return real(descriptor, data[:3] if data.startswith(b"\x28\xb5\x2f\xfd") else data)

    with edge.client(edge.site(pages), evidence=str(tmp_path / "evidence")) as client:
        monkeypatch.setattr(os, "write", short)
        for path in ("/", "/2"):
            with pytest.raises(LogError, match="evidence folder"):
                client.get(f"http://site.example{path}")
        monkeypatch.undo()
        with pytest.raises(LogError, match="evidence folder"):
            client.get("http://other.example/")
    assert edge.decisions == []


def full(*_: Any) -> bytes:
    raise OSError(28, "full")


def test_a_piece_that_cannot_be_kept_is_not_recorded(
    sync_edge: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge = sync_edge
    pages = {path: lambda _: edge.answer(html=f"<head>{META}</head>{SECRET}") for path in ("/", "/2")}
    pages["/open"] = lambda _: edge.answer(html="words")
    with edge.client(edge.site(pages), evidence=str(tmp_path / "evidence")) as client:
        client.get("http://site.example/open")
        monkeypatch.setattr("tdm_guard.log.evidence.zstd.compress", full)
        with pytest.raises(LogError, match="full"):
            client.get("http://site.example/")
    assert len(edge.decisions) == 1


def test_a_folder_that_cannot_be_is_found_before_anything_is_sent(sync_edge: Any, tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match="evidence folder"):
        sync_edge.client(evidence=str(tmp_path / "file"))
    assert not sync_edge.log.exists()


def test_a_document_that_was_not_modified_is_asked_for_whole_if_there_is_no_copy(tmp_path: Path) -> None:
    robots, folder, now = b"User-agent: *\nDisallow: /closed\n", tmp_path / "evidence", datetime.now(UTC)
    digest = hashlib.sha256(robots).hexdigest()
    asked: list[bool] = []

    def answer(get: Get) -> Answer:
        if not get.url.endswith("/robots.txt"):
            return Answer(fetched=Fetched(status=404, at=now))
        asked.append("if-none-match" in dict(get.headers))
        whole = Fetched(status=200, headers=[("etag", '"1"')], body=robots, at=now)
        return Answer(fetched=Fetched(status=304, at=now) if asked[-1] else whole)

    options = Options.read({"agent": "ExampleBot", "log": str(tmp_path / "tdm.jsonl"), "evidence": str(folder)})
    guarded = Guard(options, clock=lambda: now)
    for validated in (False, True, False):
        run(guarded.load(Origin.parse("http://site.example/")), lambda gets: [answer(get) for get in gets])
        assert asked.pop() is validated
        assert copy_of(folder, digest).data == robots
        now += timedelta(hours=30)
        if validated:
            (folder / digest[:2] / f"{digest}.zst").unlink()
    guarded.end()


def test_pictures_rest_on_the_page_that_shows_them(sync_edge: Any, tmp_path: Any) -> None:
    edge = sync_edge
    page = '<head><meta name="robots" content="noimageai"></head><img src="/a.png">'
    pages = {"/": lambda _: edge.answer(html=page), "/a.png": lambda _: edge.answer(content=b"\x89PNG\r\n")}
    with edge.client(edge.site(pages), evidence=str(tmp_path / "evidence")) as client:
        client.get("http://site.example/")
        with pytest.raises(Withheld):
            client.get("http://site.example/a.png")
    [said, *_] = decisions_in(edge.log)["/a.png"]["because"]
    assert copy_of(tmp_path / "evidence", said["evidence"]).data.endswith(page.partition("<img")[0].encode())


def test_without_the_option_nothing_is_named(sync_edge: Any) -> None:
    with (
        sync_edge.client(sync_edge.site({"/": lambda _: sync_edge.answer(html=META)})) as client,
        pytest.raises(Withheld),
    ):
        client.get("http://site.example/")
    [record] = sync_edge.decisions
    assert "evidence" not in record["because"][0]
    assert sync_edge.records("run")[0]["evidence"] is None
