"""
tdm_guard for aiohttp: a client middleware that hands on nothing that is reserved.

`guard` makes it; it stands last in the `middlewares` of a session. Options are those of docs/options.md, as keywords.
"""

from __future__ import annotations

from typing import Unpack

from tdm_guard.decision import Withheld
from tdm_guard.errors import without_extra
from tdm_guard.options.keywords import GuardOptions

try:
    from tdm_guard._aiohttp.about import about
    from tdm_guard._aiohttp.middleware import Middleware
except ModuleNotFoundError as error:
    raise without_extra("aiohttp", error) from None

__all__ = ["Middleware", "Withheld", "about", "guard"]


def guard(**options: Unpack[GuardOptions]) -> Middleware:
    """
    A client middleware under which a session raises `Withheld` where content is not handed on.

    It stands last: `ClientSession(middlewares=[…, guard(…)])`. The agent is taken from the User-Agent of the first
    request if `options` name none. Closing it, or leaving its `with` block, ends the run.
    Raises `ConfigurationError`, `LogError`.
    """
    return Middleware(**options)
