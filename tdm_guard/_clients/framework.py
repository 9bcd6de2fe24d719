"""What the shared procedures ask of an HTTP library as a whole; each has a subclass."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

from tdm_guard._clients.wire import Wire
from tdm_guard.fetch import Get

MAX_CAUSES = 10  # exceptions behind an exception that are looked at


class StaleCopyError(Exception):
    """A cache on the way answered, and did not ask the site."""

    def __init__(self) -> None:
        super().__init__("answered by a cache, which did not ask the site")


class Framework:
    """
    One HTTP library. What a request goes through (`inner`) is a value of its own: a transport, an adapter, …

    `user_agent` is what the library calls itself where its user says nothing.
    `crowded` is raised where no connection is free in time: the caller's own business, not the site's silence.
    `reasons` are kinds of exceptions with the words for them, `losses` those of a connection that was lost.
    """

    user_agent: str
    crowded: type[Exception]
    reasons: tuple[tuple[tuple[type[Exception], ...], str], ...] = ()
    losses: tuple[type[Exception], ...] = ()

    def document(
        self, inner: Any, get: Get, user_agent: str, pool: float | None, trace: Callable[..., Any], *, again: bool
    ) -> Wire:
        """
        The wire of a request for one document, with nothing of the caller's: `documents.fields_of` are its fields.

        `pool`: seconds to wait for a connection to be free; None is without limit. `trace` is called, where `traced`,
        when the request has its connection. What is sent `again` asks caches on the way to ask the server.
        """
        raise NotImplementedError

    def traced(self, inner: Any) -> bool:
        """True if `inner` reports when a request got its connection."""
        return False

    def direct(self, inner: Any) -> bool:
        """True if `inner` connects to the hosts themselves: then their addresses can be known here."""
        return False

    def multiplexes(self, inner: Any) -> bool:
        """True if several requests may share one of the connections of `inner` at the same time (HTTP/2)."""
        return False

    def worth_another(self, error: Exception, inner: Any) -> bool:
        """
        True if the same request may succeed when it is sent again: a cache answered, or a connection was lost.

        Servers close what is kept open (RFC 9112 9.3.1), and a pool that is full closes what a thread was just given.
        """
        if isinstance(error, StaleCopyError):
            return True
        return self.traced(inner) and isinstance(error, self.losses) and self.reason(error) != "tls"

    def reason(self, error: Exception) -> str:
        """Why a document could not be had, in the words of the record."""
        for cause in causes(error):
            if isinstance(cause, socket.gaierror):
                return "dns"
            if isinstance(cause, ssl.SSLError):
                return "tls"
            if isinstance(cause, ConnectionRefusedError):
                return "connection refused"
        for kinds, words in self.reasons:
            if isinstance(error, kinds):
                return words
        return str(error) if isinstance(error, StaleCopyError) else type(error).__name__


def causes(error: BaseException) -> list[BaseException]:
    """An exception and what is behind it, the nearest first."""
    found: list[BaseException] = []
    pending: list[BaseException] = [error]
    while pending and len(found) < MAX_CAUSES:
        cause = pending.pop(0)
        found.append(cause)
        behind = cause.__cause__ or cause.__context__
        if behind is not None:
            pending.append(behind)
        if isinstance(cause, BaseExceptionGroup):
            pending.extend(cause.exceptions)
    return found
