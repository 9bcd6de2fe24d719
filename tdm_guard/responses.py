"""
The decision behind a response, whatever framework it is of; none of them is imported for it.

strategy: httpx responses carry their `Decision` in their extensions, those of requests as an attribute; of aiohttp's,
which have no such place, it is kept beside them for as long as they live. Scrapy's meta is copied, queued and written
to disk, so that only a small mark may stand there: the `Decision` is kept beside the request for as long as that lives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from tdm_guard.decision import Decision
from tdm_guard.errors import ConfigurationError

KEY = "tdm_guard"  # in the extensions of httpx, an attribute of requests: the Decision; in Scrapy's meta: a small mark
_KEPT: WeakKeyDictionary[object, Decision] = WeakKeyDictionary()


class HttpxResponse(Protocol):
    """A response of httpx or httpx2."""

    @property
    def status_code(self) -> int: ...
    @property
    def extensions(self) -> Mapping[str, Any]: ...


class AiohttpResponse(Protocol):
    """A response of aiohttp."""

    @property
    def status(self) -> int: ...
    @property
    def request_info(self) -> Any: ...


class ScrapyResponse(Protocol):
    """A response of Scrapy."""

    @property
    def status(self) -> int: ...
    @property
    def flags(self) -> list[str]: ...
    @property
    def request(self) -> Any: ...


class RequestsResponse(Protocol):
    """A response of requests."""

    @property
    def status_code(self) -> int: ...
    @property
    def raw(self) -> Any: ...
    @property
    def apparent_encoding(self) -> str | None: ...


def decision_of(response: HttpxResponse | ScrapyResponse | RequestsResponse | AiohttpResponse) -> Decision | None:
    """
    The `Decision` on which a response of httpx, httpx2, requests, aiohttp or Scrapy was handed on; None without one.

    Not judged is what came through no guard, was made by hand or was unpickled, and what a client answered or followed
    by itself (`response.history`). In Scrapy it is that of the response's request, so that a response that was replaced
    (`response.replace`) still has it. Raises `ConfigurationError` for what is no such response.
    """
    for base in type(response).__mro__:
        read = _READERS.get((base.__module__.partition(".")[0], base.__name__))
        if read is not None:
            found = read(response)
            return found if isinstance(found, Decision) else None
    raise ConfigurationError(f"response: {response!r:.80} is no response of httpx, httpx2, requests, aiohttp or Scrapy")


def remember(request: object, decision: Decision) -> None:
    """`decision` was made on the response to `request`, which is handed on; of aiohttp, on a response itself."""
    _KEPT[request] = decision


def forget(request: object) -> None:
    """`request` is sent again, or failed: no earlier decision is about what comes of it."""
    _KEPT.pop(request, None)


def _of_httpx(response: Any) -> object:
    return response.extensions.get(KEY)


def _of_requests(response: Any) -> object:
    return vars(response).get(KEY)


def _of_aiohttp(response: Any) -> object:
    return _KEPT.get(response)


def _of_scrapy(response: Any) -> object:
    return None if response.request is None else _KEPT.get(response.request)


_READERS = {
    ("httpx", "Response"): _of_httpx,
    ("httpx2", "Response"): _of_httpx,
    ("requests", "Response"): _of_requests,
    ("aiohttp", "ClientResponse"): _of_aiohttp,
    ("scrapy", "Response"): _of_scrapy,
}
