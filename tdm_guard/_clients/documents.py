"""
Policy documents, fetched through what their pages come through.

A request at this level has no defaults: name, codings and timeouts are set here, cookies and credentials are not. The
clock runs from the moment a request has its connection, where that can be known: a full pool is the client's own
business, and its time limit for that holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tdm_guard._clients.framework import StaleCopyError
from tdm_guard._clients.session import Session
from tdm_guard._clients.wire import CLOSE, READ, SEND, Steps, Wire
from tdm_guard.fetch import Answer, Get
from tdm_guard.guard import Guard
from tdm_guard.model import Fetched

CODINGS = "gzip, deflate"  # what can be decoded without further packages
ATTEMPTS = 2  # for one document, if the connection is lost, or a cache answers
MAX_ADDRESSES = 32  # of one host; a resolver may answer with any number


def read_document(wire: Wire, guard: Guard, max_bytes: int) -> Steps:
    """
    Sends, reads at most `max_bytes`, closes; returns what came and the peer's address.

    Raises `StaleCopyError` for what a cache kept, for who knows how long.
    """
    yield SEND
    try:
        if wire.stale:
            raise StaleCopyError
        peer = wire.peer
        status, headers = wire.document_head()
        body, complete = bytearray(), True
        while complete and (chunk := (yield READ)) is not None:
            body += chunk
            complete = len(body) <= max_bytes
        fetched = Fetched(
            status=status, headers=headers, body=bytes(body[:max_bytes]), at=guard.clock(), complete=complete
        )
    except GeneratorExit:
        raise
    except BaseException:
        yield CLOSE
        raise
    yield CLOSE
    return fetched, peer


def fields_of(get: Get, user_agent: str, *, again: bool) -> list[tuple[str, str]]:
    """
    The header fields of the request for one document.

    The one that is sent `again` tells a cache on the way to ask the server (RFC 9111 5.2.1.4).
    """
    past = [("cache-control", "no-cache")] if again else []
    return [("user-agent", user_agent), ("accept-encoding", CODINGS), *get.headers, *past]


def addresses(found: list[Any]) -> tuple[str, ...]:
    """The addresses in an answer of `getaddrinfo`."""
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))[:MAX_ADDRESSES]


def failed(guard: Guard, reason: str, elapsed: float) -> Answer:
    """The answer for a document that could not be had."""
    return Answer(fetched=Fetched.unreachable(reason, at=guard.clock()), elapsed=elapsed)


class Fetcher:
    """
    Performs the effects of one load: for tasks, and for threads.

    `pool`: seconds to wait for a connection; None is without limit. `route` is the session's where none is given.
    """

    def __init__(
        self, session: Session, user_agent: str, pool: float | None, route: Callable[[str], Any] | None = None
    ) -> None:
        self._session = session
        self._user_agent = user_agent
        self._pool = pool
        self._route = route or session.route

    def shares(self, url: str) -> bool:
        """True if what is asked for there may come over one connection with other things (HTTP/2)."""
        return url.startswith("https:") and self._session.framework.multiplexes(self._route(url))
