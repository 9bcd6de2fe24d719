"""What the shared procedures ask of requests as a whole: how a policy is asked for, and what its errors mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

import requests
from requests.adapters import HTTPAdapter
from requests.utils import default_user_agent, select_proxy
from urllib3.exceptions import NewConnectionError, ProtocolError

from tdm_guard._clients.documents import fields_of
from tdm_guard._clients.framework import Framework, StaleCopyError, causes
from tdm_guard._requests.requests_wire import RequestsWire
from tdm_guard.fetch import Get

_CONNECTING = ("send", "get_connection", "get_connection_with_tls_context")  # of a class that connects elsewhere


class Way(NamedTuple):
    """How a URL is reached: an adapter, the keywords of its `send`, whether a proxy is between."""

    adapter: Any
    keywords: Mapping[str, Any]
    proxied: bool

    @classmethod
    def to(cls, url: str, adapter: Any, keywords: Mapping[str, Any]) -> Self:
        """The way to `url`, if the page is sent with these keywords."""
        return cls(adapter, keywords, bool(select_proxy(url, keywords.get("proxies"))))


class Crowded(requests.exceptions.ConnectTimeout):
    """Others read what an origin declares, and did not come to an end in time."""


class Library(Framework):
    """requests over urllib3."""

    user_agent = default_user_agent()
    crowded = Crowded
    reasons = (
        ((requests.exceptions.Timeout, TimeoutError), "timeout"),
        ((requests.exceptions.ProxyError,), "proxy"),
        ((requests.exceptions.SSLError,), "tls"),
        ((requests.exceptions.ChunkedEncodingError, ProtocolError), "protocol error"),
    )

    def document(
        self, inner: Any, get: Get, user_agent: str, pool: float | None, trace: Callable[..., Any], *, again: bool
    ) -> RequestsWire:
        """The wire of a request for one document: the way is the page's, the rest is not."""
        request = requests.PreparedRequest()
        request.prepare(method="GET", url=get.url, headers=dict(fields_of(get, user_agent, again=again)))
        keywords = {**inner.keywords, "stream": True, "timeout": (get.timeout, get.timeout)}
        return RequestsWire(inner.adapter.send, request, keywords, trace)

    def direct(self, inner: Any) -> bool:
        """True if `inner` connects to the hosts themselves."""
        kind = type(inner.adapter)
        own = issubclass(kind, HTTPAdapter) and all(
            getattr(kind, name, None) is getattr(HTTPAdapter, name, None) for name in _CONNECTING
        )
        return own and not inner.proxied

    def worth_another(self, error: Exception, inner: Any) -> bool:
        """True if a cache answered, or a connection was lost."""
        if isinstance(error, StaleCopyError):
            return True
        behind = causes(error)
        lost = any(isinstance(each, ProtocolError) for each in behind)
        return lost and not any(isinstance(each, NewConnectionError) for each in behind)
