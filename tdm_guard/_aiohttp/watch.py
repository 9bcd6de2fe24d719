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
_WATCHED = "tdm_guard_watches"


def watch(session: ClientSession, kind: type[Any]) -> None:
    """Lets every later request of `session` name a middleware of `kind`, or leave the middlewares alone."""
    own = session.__dict__.get(_ENTRY)
    if hasattr(own, _WATCHED):
        return
    itself = ref(session)  # weakly, so that a session that is forgotten is told of at once
    kinds = type(session)  # whose own way of sending goes on being called

    def guarded(*asked: Any, **keywords: Any) -> Any:
        given = keywords.get("middlewares")
        if given is not None and not any(isinstance(each, kind) for each in given):
            raise ConfigurationError(
                "middlewares: those of a request replace the session's, and the guard with them; "
                "name it last: middlewares=[…, guard], or use a session of its own"
            )
        if own is not None:
            return own(*asked, **keywords)
        return kinds._request(itself(), *asked, **keywords)  # type: ignore[arg-type]

    setattr(guarded, _WATCHED, True)
    session.__dict__[_ENTRY] = guarded
