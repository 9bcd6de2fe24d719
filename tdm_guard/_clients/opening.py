"""From keywords to a guard."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.guard import Guard
from tdm_guard.options import Options
from tdm_guard.options.config import with_config


def open_guard(
    given: Mapping[str, Any], *, user_agent: str | None, begin: Callable[[Options], Guard] | None = None
) -> tuple[Guard, bool]:
    """
    The guard for these options and those of a configuration file, its log begun; whether they name the agent.

    `user_agent` is that of the caller's own, None without: a library's name is none. `begin` begins the run.

    Raises `ConfigurationError` before anything is written or sent, `LogError` if the log cannot be written.
    """
    named = with_config(given, environ=os.environ)
    options = Options.read(named, user_agent=user_agent)
    if not options.enabled:
        raise ConfigurationError("enabled: only Scrapy knows False; use a plain client where no guard is wanted")
    return (begin or Guard)(options), "agent" in named
