"""The tool that refreshes the list of policy tokens."""

from __future__ import annotations

import importlib.util
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "refresh_policy_tokens.py"


def test_new_tokens_come_in_without_usages_and_nothing_is_lost() -> None:
    spec = importlib.util.spec_from_file_location("refresh_policy_tokens", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    current = {"version": "1", "tokens": [{"token": "Old-Token", "usages": ["search"], "source": "a"}]}
    agents = ("   User-Agent: Purpose-X", "   Disallow: /", "", "   User-agent: *", "User-agent: GPTBot")
    text = "\n".join((*agents, "  user-agent: old-token", "User-agent: a b", ""))
    fresh, new = tool.merged(current, text, {"gptbot"}, "draft-01", "2027-01-05")
    assert new == ["Purpose-X"]
    assert fresh == {
        "version": "1",
        "source": "draft-01",
        "source_date": "2027-01-05",
        "tokens": [*current["tokens"], {"token": "Purpose-X", "usages": [], "source": "draft-01"}],
    }
