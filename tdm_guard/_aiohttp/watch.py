"""
Sessions that a guard has served: a request of theirs that would go past every guard is refused.

`middlewares=` of a single request takes the place of the session's, and with them of the guard. `_request` is private
to aiohttp; a test holds us to it.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from aiohttp import ClientSession

from tdm_guard.errors import ConfigurationError

_ENTRY = "_request"


def watch(session: ClientSession, kind: type[Any]) -> None:
    """Lets every later request of `session` name a middleware of `kind`, or leave the middlewares alone."""
    if _ENTRY in session.__dict__:
        return
    itself = ref(session)  # weakly, so that a session that is forgotten is told of at once

    def guarded(method: str, url: Any, **keywords: Any) -> Any:
        given = keywords.get("middlewares")
        if given is not None and not any(isinstance(each, kind) for each in given):
            raise ConfigurationError(
                "middlewares: those of a request replace the session's, and the guard with them; "
                "name it last: middlewares=[…, guard], or use a session of its own"
            )
        return ClientSession._request(itself(), method, url, **keywords)  # type: ignore[arg-type]

    session.__dict__[_ENTRY] = guarded
