"""The samples of docs/log.md and docs/cli.md do what the pages say."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.decision import Decision, Exchange, Outcome, Stage
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.record import RunInfo
from tdm_guard.model import Posture, Stance, Statement, Verdict
from tdm_guard.options.config import read_config, with_config
from tdm_guard.usage import TDM

DOCS = Path(__file__).parents[2] / "docs"
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def names() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for block in blocks("log.md", "python"):
        exec(compile(block, "docs/log.md", "exec"), found)
    return found


def decided(url: str, verdict: Verdict) -> Decision:
    words = Statement(source=url, carrier="header", excerpt="1", signal="tdmrep", usages=TDM, stance=Stance.RESERVED)
    reserved = verdict is Verdict.RESERVED
    return Decision(
        url=url,
        ts=NOW,
        stage=Stage.HEADERS,
        outcome=Outcome(verdict=verdict, usages={}, because=(words,) if reserved else ()),
        exchange=Exchange(url, "https://a.example"),
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    info = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce")
    with closing(JsonlLog(tmp_path / "tdm.jsonl", run=info, now=NOW)) as log:
        log.decision(decided("https://a.example/1", Verdict.UNRESERVED))
        log.decision(decided("https://a.example/2", Verdict.RESERVED))
        log.end(NOW)
    return log.path


def test_the_chain_of_the_page_is_the_chain_of_the_file(names: dict[str, Any], log: Path) -> None:
    *_, head = (line[-66:-2].decode() for line in log.read_bytes().splitlines())
    assert names["broken"](log, [head]) == []
    whole = log.read_bytes()
    log.write_bytes(whole.replace(b"a.example/1", b"a.example/7"))
    assert names["broken"](log) == [2]
    log.write_bytes(whole[: whole.rindex(b'{"type":"end"')])
    assert (names["broken"](log), names["broken"](log, [head])) == ([], [head])


def test_the_refusals_of_the_page_are_those_of_the_file(names: dict[str, Any], log: Path) -> None:
    assert list(names["refusals"](log)) == [("https://a.example/2", "1")]


def test_every_member_of_a_decision_is_on_the_page() -> None:
    page = (DOCS / "log.md").read_text(encoding="utf-8")
    record = decided("https://a.example/2", Verdict.RESERVED).to_dict()
    assert [name for name in (*record, *record["because"][0]) if f"`{name}`" not in page] == []


def test_the_config_file_of_the_page_is_usable(tmp_path: Path) -> None:
    [text] = blocks("cli.md", "toml")
    path = tmp_path / "options.toml"
    path.write_text(text, encoding="utf-8")
    assert read_config(path)["operator"]["country"] == "FR"
    merged = with_config({"agent": "OtherBot", "mode": None, "config": str(path)}, environ={})
    assert (merged["agent"], merged["posture"], "mode" in merged, "config" in merged) == (
        "OtherBot", "cautious", False, False,
    )  # fmt: skip
