"""The name that a site sees: the caller's own, or the agent that its rules are read for."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from tdm_guard._version import __version__
from tdm_guard.errors import ConfigurationError

FIELD = "User-Agent"


def name_request(fields: MutableMapping[str, Any], *, agent: str, agent_given: bool, library: str) -> None:
    """
    Puts `AGENT/VERSION` where a request has no User-Agent but the one of the `library`, which names nobody.

    Raises `ConfigurationError` where nobody named an agent either.
    """
    present = fields.get(FIELD)
    if present is not None and (present if isinstance(present, str) else bytes(present).decode("latin-1")) != library:
        return
    if not agent_given:
        raise ConfigurationError(
            f"agent: nobody is named, since {library} is the library; give your product token, for example "
            'agent="ExampleBot", or a User-Agent of your own'
        )
    fields[FIELD] = f"{agent}/{__version__}"
