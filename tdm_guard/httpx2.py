"""
tdm_guard for httpx2: clients and transports that hand on nothing that is reserved.

`guard_client` guards a client that you have; `AsyncGuardClient` and `GuardClient` are clients built so. Options are
those of docs/options.md, as keywords.
"""

from __future__ import annotations

from typing import TypeVar, Unpack

from tdm_guard.decision import Withheld
from tdm_guard.errors import without_extra
from tdm_guard.options.keywords import GuardOptions

try:
    import httpx2

    from tdm_guard._httpx.body import AsyncBody, SyncBody
    from tdm_guard._httpx.client import divide, install
    from tdm_guard._httpx.family import Family
    from tdm_guard._httpx.keywords import ClientKeywords
    from tdm_guard._httpx.transport import AsyncTransport, SyncTransport
except ModuleNotFoundError as error:
    raise without_extra("httpx2", error) from None

__all__ = ["AsyncGuardClient", "AsyncGuardTransport", "GuardClient", "GuardTransport", "Withheld", "guard_client"]

Client = TypeVar("Client", httpx2.Client, httpx2.AsyncClient)


class _SyncBody(SyncBody, httpx2.SyncByteStream):
    pass


class _AsyncBody(AsyncBody, httpx2.AsyncByteStream):
    pass


class GuardTransport(SyncTransport, httpx2.BaseTransport):
    """
    Guards what goes through `transport`, an `HTTPTransport()` if none is given. Closing it ends the run.

    It cannot know whether its client follows redirects: each one gets a record of its own here. A client may have other
    ways out (proxies, mounts); `guard_client` guards them all.

    Raises `ConfigurationError`, `LogError`.
    """


class AsyncGuardTransport(AsyncTransport, httpx2.AsyncBaseTransport):
    """The same for asynchronous clients, on asyncio and trio: an `AsyncHTTPTransport()` if none is given."""


_FAMILY = Family(
    httpx2,
    sync_body=_SyncBody,
    async_body=_AsyncBody,
    sync_transport=GuardTransport,
    async_transport=AsyncGuardTransport,
)
GuardTransport.family = AsyncGuardTransport.family = _FAMILY


def guard_client(client: Client, **options: Unpack[GuardOptions]) -> Client:
    """
    Guards a client in place, with its proxies and mounts, and returns it. Closing it ends the run.

    The agent is taken from the client's User-Agent if `options` name none.
    Raises `ConfigurationError`, for a client that is guarded already too, and `LogError`.
    """
    install(_FAMILY, client, options)
    return client


class GuardClient(httpx2.Client):
    """
    `httpx2.Client` under guard: takes its keywords and the guard's options. Closing it ends the run.

    Its methods raise `Withheld` where content is not handed on. Raises `ConfigurationError`, `LogError`.
    """

    def __init__(self, **keywords: Unpack[ClientKeywords[httpx2.BaseTransport]]) -> None:
        own, options = divide(httpx2.Client, keywords)
        super().__init__(**own)
        install(_FAMILY, self, options)


class AsyncGuardClient(httpx2.AsyncClient):
    """`httpx2.AsyncClient` under guard, like `GuardClient`."""

    def __init__(self, **keywords: Unpack[ClientKeywords[httpx2.AsyncBaseTransport]]) -> None:
        own, options = divide(httpx2.AsyncClient, keywords)
        super().__init__(**own)
        install(_FAMILY, self, options)
