"""A guarded session of aiohttp that is called as the asynchronous clients of httpx are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Self

import aiohttp

from tdm_guard import decision_of
from tdm_guard.aiohttp import about, guard


class Client:
    """Takes the guard's options; the session is made in the loop that uses it."""

    def __init__(self, *, proxy: str | None, timeout: float, **options: Any) -> None:
        self._guard = guard(**options)
        self._own = {
            "proxy": proxy,
            "timeout": aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=timeout),
        }

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(middlewares=[self._guard], **self._own)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        self._guard.close()

    async def get(self, url: str, *, extensions: dict[str, Any] | None = None) -> Any:
        """The body and the decision of what was handed on."""
        with about((extensions or {}).get("tdm_guard_item")):
            async with self._session.get(url) as response:
                body = await response.read()
        return SimpleNamespace(content=body, decision=decision_of(response))
