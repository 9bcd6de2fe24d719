"""
Brings tdm_guard/data/policy_tokens.json up to a specification's text: new tokens in, each told.

    python tools/refresh_policy_tokens.py draft.txt --source "draft-…-01" --source-date 2027-01-05

`draft.txt` is the text, downloaded by hand. What stands in its `User-agent` lines, other than `*` and the names of
known agents, comes in without usages, so that it is not heard, and is printed: a person writes its usages down before
release. Nothing is removed: a token that a later text gave up still stands in files.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "tdm_guard" / "data"
LIST = DATA / "policy_tokens.json"
_LINE = re.compile(r"(?im)^[ \t|]*user-agent[ \t]*:[ \t]*([A-Za-z][A-Za-z0-9_-]*)[ \t]*$")


def merged(
    current: dict[str, Any], text: str, agents: set[str], source: str, source_date: str
) -> tuple[dict[str, Any], list[str]]:
    """The new list, and the tokens whose usages a person has to write down."""
    known = {entry["token"].lower() for entry in current["tokens"]} | agents
    found = {token.lower(): token for token in _LINE.findall(text) if token.lower() not in known}
    added = [{"token": token, "usages": [], "source": source} for token in found.values()]
    tokens = sorted([*current["tokens"], *added], key=lambda entry: str(entry["token"]).lower())
    return {**current, "source": source, "source_date": source_date, "tokens": tokens}, sorted(found.values())


def main() -> None:
    parser = argparse.ArgumentParser(description="Brings the list of policy tokens up to date.")
    parser.add_argument("text", type=Path, help="the specification as text")
    parser.add_argument("--source", required=True)
    parser.add_argument("--source-date", required=True)
    options = parser.parse_args()
    agents = json.loads((DATA / "ai_user_agents.json").read_text("utf-8"))["agents"]
    names = {entry["token"].lower() for entry in agents}
    text = options.text.read_text("utf-8", "replace")
    fresh, new = merged(json.loads(LIST.read_text("utf-8")), text, names, options.source, options.source_date)
    LIST.write_text(json.dumps(fresh, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print("\n".join([f"{len(new)} new tokens; write down the usages of each:", *new]))


if __name__ == "__main__":
    main()
