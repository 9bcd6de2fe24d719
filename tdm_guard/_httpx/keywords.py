"""The keywords of a guarded client: the plain client's own and the guard's options, for type checkers and editors."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from tdm_guard.options.keywords import GuardOptions

T = TypeVar("T")


class ClientKeywords(GuardOptions, Generic[T], total=False):
    """
    `T` is the client's class of transports. A test holds the names to those of the clients' `__init__`.

    Any stands for types that httpx and httpx2 each have of their own, and do not export.
    """

    auth: Any
    params: Any
    headers: Any
    cookies: Any
    verify: ssl.SSLContext | str | bool
    cert: str | tuple[str, str] | tuple[str, str, str] | None
    trust_env: bool
    http1: bool
    http2: bool
    proxy: Any
    mounts: Mapping[str, T | None] | None
    timeout: Any
    follow_redirects: bool
    limits: Any
    max_redirects: int
    event_hooks: Mapping[str, list[Callable[..., Any]]] | None
    base_url: Any
    transport: T | None
    default_encoding: str | Callable[[bytes], str]
