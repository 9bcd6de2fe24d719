"""The guarded adapter: what a session sends goes through the exchange, and from there through the adapter within."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Self, Unpack

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from tdm_guard._clients.ending import Ending
from tdm_guard._clients.journey import CURRENT, Journey
from tdm_guard._clients.opening import open_guard
from tdm_guard._clients.sending import send
from tdm_guard._clients.session import Session
from tdm_guard._requests.library import Library, Way
from tdm_guard._requests.mark import marked
from tdm_guard._requests.requests_wire import RequestsWire
from tdm_guard.errors import ConfigurationError, LogError
from tdm_guard.options.keywords import GuardOptions

LIBRARY = Library()
Ways = Callable[[str, str, Mapping[str, Any]], Way]  # how a URL is reached, where a page is sent with these keywords
_OWN = frozenset({"inner", "session", "_ending", "_ways"})


class GuardAdapter(BaseAdapter):
    """
    Guards what goes through `inner`, an `HTTPAdapter()` if none is given. Closing it ends the run.

    To mount it for `http://` and for `https://` is enough where nothing is mounted later. `guard_session` guards a
    session whole. Raises `ConfigurationError`, `LogError`.
    """

    def __init__(self, inner: BaseAdapter | None = None, **options: Unpack[GuardOptions]) -> None:
        if isinstance(inner, GuardAdapter):
            raise ConfigurationError("inner: it is guarded already; give the adapter behind it")
        adapter = HTTPAdapter() if inner is None else inner
        guard, agent_given = open_guard(options, user_agent=None)

        def ways(url: str, page: str, keywords: Mapping[str, Any]) -> Way:
            return Way.to(url, adapter, keywords)

        session = Session(guard, LIBRARY, route=lambda url: ways(url, url, {}), agent_given=agent_given)
        self._prepare(adapter, session, ways)
        self._ending: Ending | None = Ending(session, self)

    @classmethod
    def within(cls, session: Session, inner: Any, ways: Ways) -> Self:
        """One of several adapters of a session, which ends the run itself."""
        adapter = cls.__new__(cls)
        adapter._prepare(inner, session, ways)
        return adapter

    def _prepare(self, inner: Any, session: Session, ways: Ways) -> None:
        super().__init__()
        self.inner: Any = inner
        self.session = session
        self._ways = ways
        self._ending = None

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
        **more: Any,
    ) -> requests.Response:
        """Sends a request under guard. Raises `Withheld`, `LogError`, and what the adapter within raises."""
        session = self.session
        if not session.open:
            raise LogError("the run of this session has ended, since it was closed: guard a new session")
        keywords = {"verify": verify, "cert": cert, "proxies": proxies, **more}
        marked(request)
        wire = RequestsWire(self.inner.send, request, {"stream": stream, "timeout": timeout, **keywords})
        outer = CURRENT.get()
        if outer is None or outer.guard is not session.guard:
            CURRENT.set(Journey(session.guard, whole=not stream))  # no session of ours, which would have begun one
        try:
            response: requests.Response = send(
                session, wire, lambda patience: patience, lambda url: self._ways(url, str(request.url), keywords)
            )
        finally:
            CURRENT.set(outer)
        response.connection = self  # type: ignore[assignment]  # what answers challenges sends through it
        return response

    def close(self) -> None:
        """Closes the adapter within; one that is no part of a guarded session ends its run."""
        try:
            self.inner.close()
        finally:
            if self._ending is not None:
                self._ending.end()

    def __getattr__(self, name: str) -> Any:
        if name in _OWN or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.inner, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OWN:
            super().__setattr__(name, value)
        else:
            setattr(self.inner, name, value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a guarded session is not pickled, nor are its adapters: guard one where it is used")
