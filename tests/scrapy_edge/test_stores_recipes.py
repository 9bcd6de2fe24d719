"""docs/stores.md: its recipes run, over real processes, and each document is asked for once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.testing import Answer, PretendWeb, Site, sample_web
from tests.support.patience import PATIENCE
from tests.support.stores import redis_server

PAGE = (Path(__file__).parents[2] / "docs" / "stores.md").read_text(encoding="utf-8")
SAMPLES = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, re.DOTALL))
DOCUMENTS = ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")
PAGES = {
    "/robots.txt": Answer.text("User-agent: *\nDisallow: /closed"),
    "/closed": Answer.text("SECRET"),
    **{f"/{number}": Answer.html("<p>words</p>") for number in range(6)},
}
SITES = ("one.example", "two.example", "three.example")
URLS = [f"http://{site}/{page}" for site in SITES for page in (*range(6), "closed")]


def begin(folder: Path, environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=folder,
        env=environment
        | {
            "PYTHONPATH": os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), environment.get("PYTHONPATH"))))
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, out[-3000:]
    return out


def decisions(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for log in folder.glob("tdm-*.jsonl") for line in log.read_text().splitlines()]
    assert [line["type"] for line in lines].count("end") == [line["type"] for line in lines].count("run")
    return [line for line in lines if line["type"] == "decision"]


def holds(web: PretendWeb, folder: Path) -> None:
    """Each document was asked for once, each page judged once, and nothing closed was asked for."""
    assert {web.asked(site, path) for site in SITES for path in DOCUMENTS} == {1}
    assert {web.asked(site, "/closed") for site in SITES} == {0}
    found = {record["url"]: record["verdict"] for record in decisions(folder)}
    assert found == {url: "reserved" if url.endswith("/closed") else "unreserved" for url in URLS}
    assert len(decisions(folder)) == len(URLS)


def test_scrapy_processes_with_parts_of_the_seeds(tmp_path: Path) -> None:
    (tmp_path / "crawl.py").write_text(SAMPLES["crawl.py"])
    (tmp_path / "seeds.txt").write_text("\n".join(URLS))
    with PretendWeb([Site(name, PAGES) for name in SITES]) as web:
        words = ["-m", "scrapy", "runspider", "crawl.py", "-a", "parts=2"]
        crawls = [begin(tmp_path, web.environment(), *words, "-a", f"part={part}") for part in range(2)]
        for crawl in crawls:
            end(crawl)
        holds(web, tmp_path)
    merged = begin(
        tmp_path,
        dict(os.environ),
        "-m",
        "tdm_guard",
        "merge",
        *map(str, tmp_path.glob("tdm-*.jsonl")),
        "-o",
        "all.jsonl",
    )
    end(merged)


@pytest.mark.skipif(find_spec("scrapy_redis") is None, reason="scrapy-redis: in the group dev")
def test_scrapy_processes_with_one_queue(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server, PretendWeb([Site(name, PAGES) for name in SITES]) as web:
        sample = SAMPLES["shared.py"].replace("redis://localhost:6379/0", server.address)
        assert sample.count(server.address) == 2
        (tmp_path / "shared.py").write_text(sample)
        for url in URLS:
            server.ask("LPUSH", "pages:start_urls", json.dumps({"url": url}))
        crawls = [begin(tmp_path, web.environment(), "-m", "scrapy", "runspider", "shared.py") for _ in range(2)]
        for crawl in crawls:
            end(crawl)
        holds(web, tmp_path)


def test_a_client_per_worker(tmp_path: Path) -> None:
    urls = ["http://lightbox.example/press/logo.jpg"] * 8 + ["http://lightbox.example/photos/gannet.jpg"] * 4
    (tmp_path / "download.py").write_text(SAMPLES["download.py"])
    (tmp_path / "urls.txt").write_text("\n".join([*urls, "http://gazette.example/", "mailto:nobody"]))
    with sample_web() as web:
        out = end(begin(tmp_path, web.environment(), "download.py"))
        for site in ("lightbox.example", "gazette.example"):
            assert web.asked(site, "/robots.txt") == web.asked(site, "/.well-known/tdmrep.json") == 1
    assert out.count("stored http://lightbox.example/press/logo.jpg") == len(list((tmp_path / "files").iterdir())) == 8
    assert out.count("reserved: http://lightbox.example/photos/gannet.jpg (xmp, ") == 4
    assert len(decisions(tmp_path)) == 13
