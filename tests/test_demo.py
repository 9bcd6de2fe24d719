"""The demonstration, whole: what it judges, what it leaves, and what must not be on the disk."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tdm_guard import demo
from tdm_guard.errors import ConfigurationError
from tdm_guard.testing import SITES, marker

if TYPE_CHECKING:
    from pathlib import Path

PAGES = {f"http://{site.name}{path}": verdict for site in SITES for path, verdict in site.expected.items()}
# Its redirects lead to pages that are crawled anyway, so that Scrapy drops the second request for them.
UNSEEN = {url for url in PAGES if url.startswith("http://moved.example/")}


class Ran:
    def __init__(self, output: Path) -> None:
        self.output = output
        answers, progress = io.StringIO(), io.StringIO()
        self.summary = demo.run(output, answers=answers, progress=progress)
        self.answers, self.progress = answers.getvalue(), progress.getvalue()
        lines = (output / "tdm-guard.jsonl").read_text(encoding="utf-8").splitlines()
        self.records: list[dict[str, Any]] = [json.loads(line) for line in lines]
        self.decisions = [record for record in self.records if record["type"] == "decision"]
        self.stored = b"\n".join(path.read_bytes() for path in output.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Ran(tmp_path_factory.mktemp("demo") / "deep" / "output")


@pytest.mark.slow
def test_every_page_has_the_verdict_its_site_names(ran: Ran) -> None:
    verdicts: dict[str, set[str]] = {}
    for record in ran.decisions:
        verdicts.setdefault(record["url"], set()).add(record["verdict"])
    wrong = {
        url: (sorted(verdicts.get(url, ())), expected.value)
        for url, expected in PAGES.items()
        if url not in UNSEEN and verdicts.get(url) != {expected.value}
    }
    assert wrong == {}


@pytest.mark.slow
def test_nothing_of_a_withheld_page_is_on_the_disk(ran: Ran) -> None:
    leaked = [
        f"{site.name}{path}"
        for site in SITES
        for path, verdict in site.expected.items()
        if verdict.withholds and marker(site.name, path) in ran.stored
    ]
    assert leaked == []


@pytest.mark.slow
def test_admitted_pages_and_files_are_kept(ran: Ran) -> None:
    missing = [
        f"{site.name}{path}"
        for site in SITES
        for path, verdict in site.expected.items()
        if not verdict.withholds and marker(site.name, path) not in ran.stored
    ]
    assert missing == []
    items = [json.loads(line) for line in (ran.output / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(item["title"] and item["text"] for item in items if "kiosk" not in item["url"])
    assert any(item["files"] for item in items)
    assert len(list((ran.output / "files" / "full").iterdir())) >= 8


@pytest.mark.slow
def test_the_run_is_told_whole(ran: Ran) -> None:
    assert ran.records[0]["type"] == "run"
    assert ran.records[-1]["type"] == "end"
    assert sum(ran.records[-1]["totals"].values()) == len(ran.decisions) == ran.summary.total.decisions
    assert ran.answers.startswith(f"{len(ran.decisions)} decisions: ")
    assert re.search(r"\n  http://\S+\n      reserved \([a-z-]+\): \S.*\n      http://\S+ \S", ran.answers)
    assert str(ran.output / "report.md") in ran.answers
    assert (ran.output / "report.md").read_text(encoding="utf-8").startswith("# Compliance report")
    assert "decisions after" in ran.progress  # the tar pit alone takes longer than two seconds


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")
    with pytest.raises(ConfigurationError, match="taken' cannot be used"):
        demo.run(taken)


def test_a_crawl_that_fails_says_where_to_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(demo.SETTINGS, "TDM_GUARD_POLICY_TIMEOUT", "soon")
    with pytest.raises(demo.DemoError, match=r"the crawl ended with 1: .*scrapy\.log"):
        demo.run(tmp_path)


def test_the_example_project_is_ordinary_and_guarded_by_one_line() -> None:
    settings = (demo.example_project() / "collection" / "settings.py").read_text(encoding="utf-8")
    lines = [line for line in settings.splitlines() if "tdm" in line.lower()]
    assert lines == ['ADDONS = {"tdm_guard.scrapy.Addon": 500}']
