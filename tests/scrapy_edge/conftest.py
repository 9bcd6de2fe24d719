"""Whole crawls, each in a process of its own, against pretend sites on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.testing import PretendWeb, Site
from tests.support.patience import PATIENCE

SUPPORT = Path(__file__).parent / "support"
SETTINGS: dict[str, Any] = {
    "ADDONS": {"tdm_guard.scrapy.Addon": 500},
    "USER_AGENT": "ExampleBot/1.0 (+http://bot.example/)",
    "TELNETCONSOLE_ENABLED": False,
    "RETRY_TIMES": 0,
    "TDM_GUARD_POLICY_TIMEOUT": 4,  # who answers needs less on a busy machine too
    "LOG_LEVEL": "DEBUG",
}


@dataclass(frozen=True)
class Crawled:
    """What a crawl left: what its callbacks saw, its stats, its records, its own log."""

    seen: list[dict[str, Any]]
    stats: dict[str, Any]
    records: list[dict[str, Any]]
    text: str
    folder: Path
    outcome: dict[str, Any]

    @property
    def responses(self) -> list[dict[str, Any]]:
        return [item for item in self.seen if item["kind"] == "response"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [item for item in self.seen if item["kind"] == "error"]

    @property
    def decisions(self) -> list[dict[str, Any]]:
        return [record for record in self.records if record["type"] == "decision"]

    def verdicts(self) -> dict[str, str]:
        """Verdicts by path; every path is recorded once."""
        found = {"/" + record["final_url"].split("/", 3)[3]: record["verdict"] for record in self.decisions}
        assert len(found) == len(self.decisions), self.decisions
        return found

    def holds(self, words: str) -> list[str]:
        """The files of the job in which `words` stand."""
        return [
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file()
            and path.name not in ("scrapy.log", "outcome.json")
            and words.encode() in path.read_bytes()
        ]


@pytest.fixture
def web() -> Iterator[Callable[..., PretendWeb]]:
    """Opens a pretend web of sites."""
    with ExitStack() as stack:

        def open_web(*sites: Site) -> PretendWeb:
            return stack.enter_context(PretendWeb(sites))

        yield open_web


@pytest.fixture
def crawl(tmp_path: Path) -> Callable[..., Crawled]:
    """Runs a crawl of the given requests (URLs, or keywords of scrapy.Request)."""

    def run(
        *requests: str | dict[str, Any],
        spider: dict[str, Any] | None = None,
        file_limit: int = 0,
        process: str = "AsyncCrawlerProcess",
        without: tuple[str, ...] = (),
        **settings: Any,
    ) -> Crawled:
        entries = [{"url": entry} if isinstance(entry, str) else entry for entry in requests]
        spec = {
            "requests": entries,
            "settings": {name: value for name, value in (SETTINGS | settings).items() if name not in without},
            "spider": spider or {},
            "file_limit": file_limit,
            "process": process,
        }
        (tmp_path / "spec.json").write_text(json.dumps(spec))
        log = tmp_path / "tdm-guard.jsonl"
        before = len(log.read_text().splitlines()) if log.is_file() else 0
        path = os.pathsep.join((str(SUPPORT), *filter(None, (os.environ.get("PYTHONPATH"),))))
        kept = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
        done = subprocess.run(
            [sys.executable, SUPPORT / "probe_crawl.py", "spec.json", "outcome.json"],
            cwd=tmp_path,
            env=kept | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        (tmp_path / "spec.json").unlink()
        assert done.returncode == 0, done.stderr[-5000:]
        outcome = json.loads((tmp_path / "outcome.json").read_text())
        (tmp_path / "outcome.json").unlink()
        whole = log.read_text().rpartition("\n")[0] if log.is_file() else ""  # a line may be torn
        lines = whole.splitlines()[before:]
        return Crawled(
            outcome["seen"], outcome["stats"], [json.loads(line) for line in lines], done.stderr, tmp_path, outcome
        )

    return run
