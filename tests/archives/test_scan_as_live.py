"""The sample web, crawled to WARC by other tools, is scanned and judged as a live crawl of it, record by record."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import pytest
from typer.testing import CliRunner
from warcio.capture_http import capture_http

from tdm_guard.cli import app
from tdm_guard.httpx import GuardClient
from tdm_guard.model import Result
from tdm_guard.testing import SITES, PretendWeb, sample_web
from tests.support.patience import PATIENCE

AGENT = "ExampleBot"
TARPIT = "tarpit.example"  # answers nothing, so that there is nothing to store


class Crawl(NamedTuple):
    """What a live crawl came to, by the address that it ended at, and all that another crawl must ask for."""

    web: PretendWeb
    decided: Mapping[str, Mapping[str, Any]]
    urls: list[str]
    store: str


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawl]:
    log = tmp_path_factory.mktemp("live") / "live.jsonl"
    store = f"sqlite:///{log.parent}/policies.sqlite"
    pages: dict[str, None] = {}
    with sample_web() as web:
        with GuardClient(
            proxy=web.proxy,
            trust_env=False,
            follow_redirects=True,
            timeout=PATIENCE,
            agent=AGENT,
            mode="observe",
            cache=store,
            log=log,
            headers={"user-agent": f"{AGENT}/1.0"},
        ) as client:
            for site in SITES:
                for path in site.expected if site.name != TARPIT else ():
                    pages[client.get(f"http://{site.name}{path}").extensions["tdm_guard"].url] = None
        decided = _decisions(log)
        checked = (each for record in decided.values() for each in record["checked"])
        asked = {each["document"] for each in checked if each["result"] != Result.NOT_ATTEMPTED}
        yield Crawl(web, decided, [*sorted(asked), *pages], store)


def _decisions(log: Path) -> dict[str, dict[str, Any]]:
    """The decisions of a log on answers, by the address that each ended at; of several on one the first."""
    found: dict[str, dict[str, Any]] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["type"] == "decision" and record.get("stored", {}).get("type", "response") == "response":
            found.setdefault(record["final_url"], record)
    return found


def _gist(record: Mapping[str, Any]) -> tuple[Any, ...]:
    said = [(each["signal"], each["locator"] or "", each["excerpt"] or "") for each in record["because"]]
    return record["verdict"], record["usages"], sorted(said)


def _scanned(folder: Path, archive: Path, policies: object = None) -> dict[str, dict[str, Any]]:
    log = folder / ("stored.jsonl" if policies else "scan.jsonl")
    called = [
        "scan",
        str(archive),
        "--policies",
        str(policies or archive),
        "--agent",
        AGENT,
        "--mode",
        "observe",
        "--log",
        str(log),
    ]
    answer = CliRunner().invoke(app, called)
    assert answer.exit_code == 0, answer.output
    return _decisions(log)


def test_what_warcio_captured_is_judged_as_it_was_live(live: Crawl, tmp_path: Path) -> None:
    archive = tmp_path / "captured.warc.gz"
    proxy = urlsplit(live.web.proxy)
    with capture_http(str(archive)):
        connection = http.client.HTTPConnection(proxy.hostname or "", proxy.port, timeout=PATIENCE)
        for first in live.urls:
            url = first
            for _ in range(10):
                connection.request("GET", url, headers={"user-agent": f"{AGENT}/1.0", "accept-encoding": "gzip"})
                answer = connection.getresponse()
                answer.read()
                if answer.status not in (301, 302, 303, 307, 308):
                    break
                url = urljoin(url, answer.headers["location"])
        connection.close()
    scanned = _scanned(tmp_path, archive)
    assert len(live.decided) > 200
    assert {url: _gist(scanned[url]) for url in live.decided} == {url: _gist(live.decided[url]) for url in live.decided}
    scanned = _scanned(tmp_path, archive, live.store)  # under what the crawl kept, with what responses declared
    assert {url: _gist(scanned[url]) for url in live.decided} == {url: _gist(live.decided[url]) for url in live.decided}


@pytest.mark.skipif(shutil.which("wget") is None, reason="wget is not installed")
def test_what_wget_stored_is_judged_as_it_was_live(live: Crawl, tmp_path: Path) -> None:
    (tmp_path / "urls.txt").write_text("".join(f"{url}\n" for url in live.urls), encoding="utf-8")
    called = [
        "wget",
        "-q",
        "-i",
        "urls.txt",
        "-O",
        "all",
        "--warc-file=stored",
        f"--user-agent={AGENT}/1.0",
        "--tries=1",
    ]
    environment = {**os.environ, "http_proxy": live.web.proxy, "no_proxy": ""}
    subprocess.run(called, cwd=tmp_path, env=environment, check=False, timeout=120)  # 8: some answered 404
    scanned = _scanned(tmp_path, tmp_path / "stored.warc.gz")
    assert {url: _gist(scanned[url]) for url in live.decided} == {url: _gist(live.decided[url]) for url in live.decided}
