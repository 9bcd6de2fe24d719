"""The list of AI agents by name that is part of the package (data/ai_user_agents.json), with its date."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

MAX_LISTED = 1000  # tokens looked at in one user-agent value: several times the whole list of agents
_split = re.compile(r"[\s,;|()]+").split
is_list = re.compile(r"[\s,;|/*\"'`“”]").search  # for a value that may be more than one token


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentList:
    """
    Tokens in lower case. `training`: those that collect for training, or govern it.

    `policy_only`: those of them that never fetch, so that a refusal to them can be about nothing but training.
    """

    version: str
    source_date: str
    training: frozenset[str]
    policy_only: frozenset[str]


@lru_cache(maxsize=1)
def agent_list() -> AgentList:
    """The list as shipped, read once."""
    data = json.loads(resources.files("tdm_guard").joinpath("data/ai_user_agents.json").read_text("utf-8"))
    training = [entry for entry in data["agents"] if entry["function"] == "training"]
    return AgentList(
        version=data["version"],
        source_date=data["source_date"],
        training=frozenset(entry["token"].lower() for entry in training),
        policy_only=frozenset(entry["token"].lower() for entry in training if entry.get("policy_only_token")),
    )


def training_tokens() -> frozenset[str]:
    """Tokens, in lower case, of the agents whose function is training."""
    return agent_list().training


def listed(value: str) -> list[str]:
    """The tokens of a value that is no plain one: several on a line, with a version, in asterisks or quotes."""
    return [item.partition("/")[0].strip("*\"'`“”") for item in _split(value, MAX_LISTED)[:MAX_LISTED]]
