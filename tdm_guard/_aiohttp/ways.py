"""
The way of a page: its connector, proxy and TLS settings, without anything that is the caller's; documents take it too.

A policy document is asked for through a session of its own over the connector of its page: so it carries no cookies,
credentials, default fields and middlewares of the page's session, and leaves none there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Self

import aiohttp
from aiohttp import ClientRequest, ClientResponse, ClientSession, ClientTimeout, Fingerprint, TCPConnector, TraceConfig
from aiohttp.helpers import get_env_proxy_for_url
from aiohttp.http import SERVER_SOFTWARE
from multidict import CIMultiDict
from yarl import URL

from tdm_guard._clients.documents import fields_of
from tdm_guard._clients.fields import pairs
from tdm_guard._clients.framework import Framework
from tdm_guard._clients.wire import CLOSE, SEND, Asking, Wire
from tdm_guard.fetch import Get
from tdm_guard.model import Headers

MAX_FIELD = 64 * 1024  # bytes of a field of a document's answer; a list of links may be long
_LOST = (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError)


class Proxy(NamedTuple):
    """A proxy and what is said to it; all None where hosts are connected to directly."""

    url: URL | None = None
    auth: Any = None
    fields: Any = None


class Way(NamedTuple):
    """How the host of a URL is reached."""

    connector: aiohttp.BaseConnector
    proxy: Proxy
    ssl: Any
    server_hostname: str | None

    @property
    def direct(self) -> bool:
        """True if hosts are connected to themselves, as the names say: then their addresses can be known here."""
        return self.proxy.url is None and type(self.connector) is TCPConnector


class Ways:
    """The ways to documents that a request opens. A proxy of the environment is asked for by each URL."""

    def __init__(self, request: ClientRequest) -> None:
        self._request = request

    def to(self, url: str) -> Way:
        """The way of a request for `url`."""
        request, there = self._request, URL(url, encoded=True)
        connector = request.session.connector
        if connector is None:
            raise aiohttp.ConnectionTimeoutError("Session is closed")
        same = there.host == request.url.host
        ssl = request.ssl if same or not isinstance(request.ssl, Fingerprint) else True
        proxy = Proxy(request.proxy, request.proxy_auth, _said_to_proxy(request))
        if not same and request.session.trust_env and _from_environment(request.url).url == request.proxy:
            proxy = _from_environment(there)
        return Way(connector, proxy, ssl, request.server_hostname if same else None)


def _said_to_proxy(request: ClientRequest) -> Any:
    """The fields for the proxy alone: aiohttp adds those that a session has for pages, their credentials too."""
    if request.proxy_headers is None:
        return None
    pages = {(name.lower(), value) for name, value in request.session.headers.items()}
    pages = {pair for pair in pages if pair[0] != "proxy-authorization"}
    return CIMultiDict([each for each in request.proxy_headers.items() if (each[0].lower(), each[1]) not in pages])


def _from_environment(url: URL) -> Proxy:
    with contextlib.suppress(LookupError):
        return Proxy(*get_env_proxy_for_url(url))
    return Proxy()


class Aiohttp(Framework):
    """aiohttp as the shared procedures see it; `inner` is a `Way`."""

    user_agent = SERVER_SOFTWARE
    crowded = aiohttp.ConnectionTimeoutError
    losses = _LOST
    reasons = (
        ((aiohttp.ClientConnectorDNSError,), "dns"),
        ((TimeoutError, asyncio.TimeoutError, aiohttp.ServerTimeoutError), "timeout"),
        ((aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError), "proxy"),
        ((aiohttp.ClientResponseError, aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError), "protocol error"),
    )

    def document(
        self, inner: Way, get: Get, user_agent: str, pool: float | None, trace: Callable[..., Any], *, again: bool
    ) -> Wire:
        """The wire of a request for one document."""
        return DocumentWire(get, fields_of(get, user_agent, again=again), inner, trace)

    def traced(self, inner: Any) -> bool:
        """aiohttp's sessions report it, whatever the connector."""
        return True

    def direct(self, inner: Way) -> bool:
        """True if `inner` connects to the hosts themselves."""
        return inner.direct

    def looks_up(self, inner: Way) -> Callable[[str], Awaitable[list[str]]]:
        """As the connector does, with whatever resolver it was given."""

        async def look_up(host: str) -> list[str]:
            found = await inner.connector._resolve_host(host, 0)  # type: ignore[attr-defined]
            return [str(entry["host"]) for entry in found]

        return look_up

    def worth_another(self, error: Exception, inner: Any) -> bool:
        """True if a connection was lost, not if there was none."""
        return not isinstance(error, aiohttp.ClientConnectorError) and super().worth_another(error, inner)


class Peered(ClientResponse):
    """A response that knows who answered, which is forgotten with its connection."""

    peer: str | None = None

    async def start(self, connection: Any) -> Self:
        """As the base does."""
        transport = connection.transport
        address = transport.get_extra_info("peername") if transport is not None else None
        if isinstance(address, tuple) and address:
            self.peer = str(address[0])
        await super().start(connection)
        return self


class DocumentWire(Wire):
    """The wire of a request for a document. Its time is limited by who drives it."""

    __slots__ = ("_fields", "_trace", "_way")

    def __init__(self, get: Get, fields: list[tuple[str, str]], way: Way, trace: Callable[..., Any]) -> None:
        super().__init__(get)
        self._fields = fields
        self._way = way
        self._trace = trace

    async def perform_async(self, step: Asking) -> Any:
        """Performs a step. Whoever closes the session meanwhile has not heard from the site that it is silent."""
        if step is CLOSE:
            with contextlib.suppress(Exception):
                self.response.close()
            return None
        try:
            if step is SEND:
                self.response = await self._send()
                return self.response
            return await self.response.content.readany() or None
        except Exception as error:
            if self._way.connector.closed:
                raise aiohttp.ConnectionTimeoutError("Session is closed") from error
            raise

    async def _send(self) -> ClientResponse:
        way, config = self._way, TraceConfig()

        async def connects(*_: Any) -> None:
            await self._trace("connection", None)

        config.on_connection_create_start.append(connects)
        config.on_connection_reuseconn.append(connects)
        session = ClientSession(
            connector=way.connector,
            connector_owner=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            response_class=Peered,
            trace_configs=[config],
            auto_decompress=False,
            timeout=ClientTimeout(total=None),
            max_line_size=MAX_FIELD,
            max_field_size=MAX_FIELD,
        )
        session._retry_connection = False  # who drives it decides whether to ask again
        proxy = way.proxy
        try:
            return await session.get(
                URL(self.request.url, encoded=True),
                headers=self._fields,
                allow_redirects=False,
                proxy=proxy.url,
                proxy_auth=proxy.auth,
                proxy_headers=proxy.fields,
                ssl=way.ssl,
                server_hostname=way.server_hostname,
            )
        finally:
            session.detach()

    def document_head(self) -> tuple[int, Headers]:
        """The status and all header lines."""
        return self.response.status, pairs(self.response.raw_headers)

    @property
    def peer(self) -> str | None:
        """The IP address that answered, where there is no proxy."""
        found: str | None = self.response.peer
        return found
