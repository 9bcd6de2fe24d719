"""The name that sites see and the name that the record has: they should be one."""

from __future__ import annotations

import logging
from functools import lru_cache

from tdm_guard.errors import ConfigurationError
from tdm_guard.options import NOBODY, agent_of

MAX_TOLD = 50  # names that are warned of in one run; who uses more has been told
_logger = logging.getLogger("tdm_guard")


class Names:
    """The names under which the requests of one run go out; each that is not the agent's is warned of once."""

    def __init__(self, agent: str) -> None:
        self._agent = agent
        self._told: set[str] = set()

    def heed(self, user_agent: str) -> None:
        """Warns if `user_agent`, the field as it is sent, names another than the agent."""
        apart = named_apart(user_agent[:1000], self._agent)
        if apart and apart not in self._told and len(self._told) < MAX_TOLD:
            self._told.add(apart)
            _logger.warning("%s", apart)


def nameless(user_agent: str) -> str:
    """What to tell whoever goes out under a framework's own name."""
    return (
        f"agent: requests go out as {user_agent[:80]}, the framework's own name, by which no site can speak to you; "
        'give your name, for example the agent "ExampleBot"'
    )


@lru_cache(maxsize=256)
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
