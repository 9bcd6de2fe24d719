"""The tool that refreshes the list of AI agents."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "refresh_ai_agents.py"


def test_new_tokens_come_in_unclassed_and_nothing_is_lost() -> None:
    spec = importlib.util.spec_from_file_location("refresh_ai_agents", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    current = json.loads(tool.LIST.read_text("utf-8"))
    upstream = {"gptbot": {}, "New2Bot": {"operator": "N", "respect": "Yes", "function": "AI training"}}
    fresh, notes = tool.merged(current, upstream, "v", "2026-12-01")
    assert notes == ["New2Bot: AI training"]
    assert (fresh["version"], fresh["source_date"], fresh["count"]) == ("v", "2026-12-01", current["count"] + 1)
    (new,) = [entry for entry in fresh["agents"] if entry["token"] == "New2Bot"]
    assert (new["function"], new["valid_rfc9309_token"], new["says_it_respects_robots"]) == ("other", False, True)
    assert [entry for entry in fresh["agents"] if entry["token"] != "New2Bot"] == sorted(
        current["agents"], key=lambda entry: entry["token"].lower()
    )
