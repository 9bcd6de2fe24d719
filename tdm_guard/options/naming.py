"""The name that sites see and the name that the record has: they should be one."""

from __future__ import annotations

from tdm_guard.errors import ConfigurationError
from tdm_guard.options import NOBODY, agent_of


def named_apart(user_agent: str, agent: str) -> str | None:
    """
    What to tell whoever sends `user_agent` while what sites say to `agent` is obeyed; None if the one names the other.

    A string that names no crawler, such as a browser's, names nobody else.
    """
    if agent == NOBODY or agent.lower() in user_agent.lower():
        return None
    try:
        sent = agent_of(user_agent)
    except ConfigurationError:
        return None
    return (
        f"agent: requests go out as {sent}, and what sites say to {agent} is obeyed, not what they say to {sent}; "
        f'give one name, for example the User-Agent "{agent}/1.0 (+https://your.example/bot)"'
    )
