"""
Brings tdm_guard/data/ai_user_agents.json up to the list of ai.robots.txt (MIT): new tokens in, changed ones told.

    python tools/refresh_ai_agents.py robots.json --version "v1.51, commit …" --source-date 2026-12-01

`robots.json` is that project's file, downloaded by hand. Functions are ours: a token that is new gets `other`, and is
printed with the function its operator states, so that a person puts it in a class before release. Nothing is removed: a
token that its operator gave up still stands in files.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

LIST = Path(__file__).parents[1] / "tdm_guard" / "data" / "ai_user_agents.json"


def merged(
    current: dict[str, Any], upstream: dict[str, dict[str, Any]], version: str, source_date: str
) -> tuple[dict[str, Any], list[str]]:
    """The new list, and one line for each token that a person has to look at."""
    known = {entry["token"].lower() for entry in current["agents"]}
    added, notes = [], []
    for token, stated in sorted(upstream.items(), key=lambda item: item[0].lower()):
        if token.lower() in known:
            continue
        added.append(
            {
                "token": token,
                "operator": stated.get("operator") or None,
                "function": "other",
                "valid_rfc9309_token": re.fullmatch(r"[A-Za-z_-]+", token) is not None,
                "says_it_respects_robots": {"yes": True, "no": False}.get(
                    str(stated.get("respect", "")).strip().lower()
                ),
            }
        )
        notes.append(f"{token}: {stated.get('function') or 'no function stated'}")
    agents = sorted([*current["agents"], *added], key=lambda entry: entry["token"].lower())
    return {**current, "version": version, "source_date": source_date, "count": len(agents), "agents": agents}, notes


def main() -> int:
    parser = argparse.ArgumentParser(description="Brings the list of AI agents up to date.")
    parser.add_argument("upstream", type=Path, help="robots.json of ai.robots.txt")
    parser.add_argument("--version", required=True)
    parser.add_argument("--source-date", required=True)
    options = parser.parse_args()
    current = json.loads(LIST.read_text("utf-8"))
    upstream = json.loads(options.upstream.read_text("utf-8"))
    fresh, notes = merged(current, upstream, options.version, options.source_date)
    LIST.write_text(json.dumps(fresh, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print("\n".join([f"{len(notes)} new tokens; put each in a function class:", *notes]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
