"""
tdm_guard for requests: sessions and adapters that hand on nothing that is reserved.

`guard_session` guards a session that you have; `GuardSession` is one built so. Options are those of docs/options.md, as
keywords. What `requests.get` sends without a session is not guarded.
"""

from __future__ import annotations

from typing import Any, TypeVar, Unpack

from tdm_guard.decision import Withheld
from tdm_guard.errors import without_extra
from tdm_guard.options.keywords import GuardOptions

try:
    import requests

    from tdm_guard._requests.adapter import GuardAdapter
    from tdm_guard._requests.guarding import install
except ModuleNotFoundError as error:
    raise without_extra("requests", error) from None

__all__ = ["GuardAdapter", "GuardSession", "Withheld", "guard_session"]

Session = TypeVar("Session", bound=requests.Session)


def guard_session(session: Session, **options: Unpack[GuardOptions]) -> Session:
    """
    Guards a session in place, with what is mounted on it now and later, and returns it. Closing it ends the run.

    The agent is taken from the session's User-Agent if `options` name none.
    Raises `ConfigurationError`, for a session that is guarded already too, and `LogError`.
    """
    install(session, options)
    return session


class GuardSession(requests.Session):
    """
    `requests.Session` under guard: takes the guard's options. Closing it ends the run.

    Its methods raise `Withheld` where content is not handed on; they take `tdm_guard_item`, what is known of the work.
    Raises `ConfigurationError`, `LogError`.
    """

    def __init__(self, **options: Unpack[GuardOptions]) -> None:
        super().__init__()
        install(self, options)

    def get(self, url: Any, params: Any = None, *, tdm_guard_item: object = None, **keywords: Any) -> requests.Response:
        """As `requests.Session.get` does."""
        keywords["allow_redirects"] = keywords.get("allow_redirects", True)
        return self.request("GET", url, params=params, tdm_guard_item=tdm_guard_item, **keywords)  # type: ignore[call-arg]
