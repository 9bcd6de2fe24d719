"""Whole crawls, each in a process of its own, against pretend sites on loopback."""

from __future__ import annotations

import json
import os
import select
import signal
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


Run = Callable[[list[str], Path, dict[str, str]], tuple[int, str]]


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


def run_alone(words: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Runs a crawl in a process of its own from the beginning; the code that it ends with, and its stderr."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.fixture(scope="session")
def crawls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """
    Runs crawls: each forked from one process, which imports once what all of them do.

    Where coverage is measured, or there is no fork, each begins by itself.
    """
    if not hasattr(os, "fork") or any(name.startswith("COVERAGE_PROCESS") for name in os.environ):
        yield run_alone
        return
    errors = tmp_path_factory.mktemp("crawls") / "errors.txt"
    path = os.pathsep.join((str(SUPPORT), *filter(None, (os.environ.get("PYTHONPATH"),))))
    with subprocess.Popen(
        [sys.executable, SUPPORT / "forking.py"],
        env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as forking:
        assert forking.stdin is not None
        assert forking.stdout is not None
        ended, sent = forking.stdout, forking.stdin

        def run(words: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
            job = {"words": words, "folder": str(folder), "environment": environment, "errors": str(errors)}
            sent.write(json.dumps(job) + "\n")
            sent.flush()
            assert select.select([ended], [], [], PATIENCE)[0], f"no end of it: {errors.read_text()[-5000:]}"
            return int(ended.readline()), errors.read_text(errors="replace")

        try:
            yield run
        finally:
            os.killpg(forking.pid, signal.SIGKILL)  # with a crawl that did not end


@pytest.fixture
def crawl(tmp_path: Path, crawls: Run) -> Callable[..., Crawled]:
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
        words = [str(SUPPORT / "probe_crawl.py"), "spec.json", "outcome.json"]
        code, said = crawls(words, tmp_path, kept | {"PYTHONPATH": path})
        (tmp_path / "spec.json").unlink()
        assert code == 0, said[-5000:]
        outcome = json.loads((tmp_path / "outcome.json").read_text())
        (tmp_path / "outcome.json").unlink()
        whole = log.read_text().rpartition("\n")[0] if log.is_file() else ""  # a line may be torn
        lines = whole.splitlines()[before:]
        return Crawled(outcome["seen"], outcome["stats"], [json.loads(line) for line in lines], said, tmp_path, outcome)

    return run
