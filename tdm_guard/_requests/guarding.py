"""
Guarding a session: its adapters, those that are mounted later, and what it has from elsewhere.

strategy: four methods of the session are replaced, on itself. `get_adapter` hands out nothing unguarded, whoever put it
there; `mount` guards at once; `send` is the journey of a call; `close` ends the run. What a session answers by itself
(from a cache, or since somebody stands in for `get_adapter`) is judged as it stands before it is handed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from tdm_guard._clients.ending import Ending
from tdm_guard._clients.journey import CURRENT, Journey
from tdm_guard._clients.opening import open_guard
from tdm_guard._clients.sending import send
from tdm_guard._clients.session import Session
from tdm_guard._requests.adapter import LIBRARY, GuardAdapter
from tdm_guard._requests.library import Way
from tdm_guard._requests.mark import marked
from tdm_guard._requests.requests_wire import StoredWire
from tdm_guard.decision import Decision
from tdm_guard.errors import ConfigurationError, LogError
from tdm_guard.repertoire.callers_item import ITEM, check_request_keys
from tdm_guard.responses import KEY

_KNOWN: ContextVar[object] = ContextVar("tdm_guard_item", default=None)  # of the request that is being prepared


def install(session: Any, options: Mapping[str, Any]) -> None:
    """
    Guards a session in place.

    Raises `ConfigurationError` for options, for what is no session of requests, and for one that is guarded already.
    """
    if not isinstance(session, requests.Session):
        raise ConfigurationError(
            f"session: {type(session).__module__}.{type(session).__qualname__} is no session of requests; "
            "for example requests.Session()"
        )
    if any(isinstance(adapter, GuardAdapter) for adapter in session.adapters.values()):
        raise ConfigurationError("session: it is guarded already")
    named = session.headers.get("User-Agent") or ""
    named = named if isinstance(named, str) else named.decode("latin-1")
    own = named not in ("", LIBRARY.user_agent)
    guard, agent_given = open_guard(options, user_agent=named if own else None)
    if not own and guard.options.user_agent:
        session.headers["User-Agent"] = guard.options.user_agent
    _Guarding(session, guard, agent_given=agent_given)


class _Guarding:
    """What is done for a guarded session; it holds the methods that were there before."""

    def __init__(self, session: Any, guard: Any, *, agent_given: bool) -> None:
        self._guarded = session
        self._guard = guard
        self._get_adapter, self._mount, self._close = session.get_adapter, session.mount, session.close
        self._send, self._request, self._prepare_request = session.send, session.request, session.prepare_request
        self._session = Session(guard, LIBRARY, route=lambda url: self._way(url, url, {}), agent_given=agent_given)
        self._ending = Ending(self._session, session)
        for prefix, adapter in list(session.adapters.items()):
            session.adapters[prefix] = self._wrapped(adapter)
        for name in ("get_adapter", "mount", "close", "send", "request", "prepare_request"):
            setattr(session, name, getattr(self, name))

    def _wrapped(self, adapter: Any) -> GuardAdapter:
        if not isinstance(adapter, GuardAdapter):
            return GuardAdapter.within(self._session, adapter, self._way)
        if adapter.session is not self._session:
            raise ConfigurationError("adapter: it is guarded already, by another run; mount the adapter behind it")
        return adapter

    def _way(self, url: str, page: str, keywords: Mapping[str, Any]) -> Way:
        """How a document is reached on account of a page: as a page there would be, with what the call says itself."""
        adapter = self._get_adapter(url=url)
        adapter = adapter.inner if isinstance(adapter, GuardAdapter) else adapter
        proxies = keywords.get("proxies") or {}
        if urlsplit(url).netloc != urlsplit(page).netloc:
            usual = self._proxies(page)
            own = {name: proxy for name, proxy in proxies.items() if usual.get(name) != proxy}
            proxies = {**self._proxies(url), **own}
        return Way.to(url, adapter, {**keywords, "proxies": proxies})

    def _proxies(self, url: str) -> dict[str, Any]:
        found: dict[str, Any] = self._guarded.merge_environment_settings(url, {}, None, None, None)["proxies"]
        return found

    def get_adapter(self, url: str) -> GuardAdapter:
        """The guarded adapter for a URL, whoever put it there."""
        return self._wrapped(self._get_adapter(url=url))

    def mount(self, prefix: str, adapter: Any) -> None:
        """Mounts an adapter under guard."""
        self._mount(prefix, self._wrapped(adapter))

    def close(self) -> None:
        """Closes the adapters and ends the run."""
        try:
            self._close()
        finally:
            self._ending.end()

    def request(self, method: Any, url: Any, *arguments: Any, **keywords: Any) -> Any:
        """The request of the session; `tdm_guard_item` is what the caller knows of the work."""
        check_request_keys(keywords)
        outer = _KNOWN.get()
        _KNOWN.set(keywords.pop(ITEM, None))
        try:
            return self._request(method, url, *arguments, **keywords)
        finally:
            _KNOWN.set(outer)

    def prepare_request(self, request: Any) -> Any:
        """A request as it will be sent, with what is known of the work."""
        known = _KNOWN.get()
        _KNOWN.set(None)  # what sends something meanwhile (to sign in, say) sends nothing of that work
        prepared = self._prepare_request(request)
        if known is not None:
            marked(prepared).item = known
        return prepared

    def send(self, request: Any, **keywords: Any) -> Any:
        """One call of the session is a journey; what it sends on the way comes here too."""
        if not isinstance(request, requests.PreparedRequest):
            return self._send(request, **keywords)  # which raises for it
        check_request_keys(keywords)
        known = keywords.pop(ITEM, None)
        mark = marked(request)
        if known is not None:
            mark.item = known
        outer = CURRENT.get()
        if outer is not None and outer.guard is self._guard and outer.leads_to(mark.trail):
            return self._send(request, **keywords)
        journey = Journey(
            self._guard,
            follows=bool(keywords.get("allow_redirects", True)),
            answers=_answers(request),
            whole=not keywords.get("stream", self._guarded.stream),
            hooked=bool(request.hooks.get("response")),
        )
        CURRENT.set(journey)
        try:
            response = self._send(request, **keywords)
        except BaseException:
            journey.fail()
            raise
        finally:
            CURRENT.set(outer)
        try:
            journey.arrive()
            if not _is_of(response, journey):
                response = self._judged(request, response, keywords)
        except BaseException:
            response.close()
            raise
        return response

    def _judged(self, request: Any, response: Any, keywords: Mapping[str, Any]) -> Any:
        """A response that came by no adapter of ours, judged as it stands."""
        if not self._session.open:
            raise LogError("the run of this session has ended, since it was closed: guard a new session")
        sent = {name: keywords[name] for name in ("verify", "cert", "proxies") if name in keywords}
        asked = response.request if isinstance(response.request, requests.PreparedRequest) else request
        wire = StoredWire(asked, response)
        return send(self._session, wire, lambda patience: patience, lambda url: self._way(url, str(asked.url), sent))


def _answers(request: Any) -> bool:
    """True if what signs the request in may answer a challenge by itself: it then has a hook for responses."""
    hooks = request.hooks.get("response") or ()
    return any(isinstance(getattr(hook, "__self__", None), AuthBase) for hook in hooks)


def _is_of(response: Any, journey: Journey) -> bool:
    """True if the response has the decision to which this journey came."""
    decision = getattr(response, KEY, None)
    return isinstance(decision, Decision) and decision is journey.decision
