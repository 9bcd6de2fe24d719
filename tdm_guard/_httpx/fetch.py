"""
Policy documents, fetched through the transports that their pages come through.

A request at this level has no defaults: name, codings and timeouts are set here, cookies and credentials are not. The
clock runs from the moment a request has its connection: a full pool is the client's own business, and its time limit
for that holds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import anyio

from tdm_guard._httpx.caching import StaleCopyError, is_stale_copy
from tdm_guard._httpx.family import pairs
from tdm_guard._httpx.session import Session
from tdm_guard._httpx.wire import CLOSE, READ, SEND, Steps, Wire, drive_async
from tdm_guard.fetch import Answer, Effects, Get, Resolve
from tdm_guard.guard import Guard
from tdm_guard.model import Fetched

CODINGS = "gzip, deflate"  # what can be decoded without further packages
ATTEMPTS = 2  # for one document, if the connection is lost, or a cache answers
MAX_ADDRESSES = 32  # of one host; a resolver may answer with any number


def read_document(guard: Guard, max_bytes: int) -> Steps:
    """
    Sends, reads at most `max_bytes`, closes; returns what came and the peer's address.

    Raises `StaleCopyError` for what a cache kept, for who knows how long.
    """
    response = yield SEND
    try:
        if is_stale_copy(response.extensions):
            raise StaleCopyError
        body, complete = bytearray(), True
        while complete and (chunk := (yield READ)) is not None:
            body += chunk
            complete = len(body) <= max_bytes
        fetched = Fetched(
            status=response.status_code,
            headers=pairs(response.headers),
            body=bytes(body[:max_bytes]),
            at=guard.clock(),
            complete=complete,
        )
        peer = _peer(response)
    except GeneratorExit:
        raise
    except BaseException:
        yield CLOSE
        raise
    yield CLOSE
    return fetched, peer


def _peer(response: Any) -> str | None:
    stream = response.extensions.get("network_stream")
    address = stream.get_extra_info("server_addr") if stream is not None else None
    return str(address[0]) if isinstance(address, tuple) and address else None


def request_for(
    session: Session, get: Get, user_agent: str, pool: float | None, trace: Callable[..., Any], *, again: bool
) -> Any:
    """
    The request for one document. `pool`: seconds to wait for a connection to be free; None is without limit.

    The one that is sent `again` tells a cache on the way to ask the server (RFC 9111 5.2.1.4).
    """
    past = [("cache-control", "no-cache")] if again else []
    limits = {"connect": get.timeout, "read": get.timeout, "write": get.timeout, "pool": pool}
    return session.family.module.Request(
        "GET",
        get.url,
        headers=[("user-agent", user_agent), ("accept-encoding", CODINGS), *get.headers, *past],
        extensions={"timeout": limits, "trace": trace},
    )


def connects_itself(session: Session, url: str) -> bool:
    """True if a request for `url` goes there without a proxy or the like, so that its addresses are ours to look up."""
    return session.family.direct(session.route(url))


def addresses(found: list[Any]) -> tuple[str, ...]:
    """The addresses in an answer of `getaddrinfo`."""
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))[:MAX_ADDRESSES]


class AsyncFetcher:
    """Performs the effects of one load side by side, in any event loop that anyio knows."""

    def __init__(self, session: Session, user_agent: str, pool: float | None) -> None:
        self._session = session
        self._user_agent = user_agent
        self._pool = pool

    async def perform(self, effects: Effects) -> list[Any]:
        """The answers in the order of the effects. Raises only what is wrong on our side of the network."""
        answers: list[Any] = [None] * len(effects)
        problems: list[Exception] = []

        async def answer(place: int) -> None:
            effect = effects[place]
            try:
                answers[place] = await (self._resolve(effect) if isinstance(effect, Resolve) else self._get(effect))
            except Exception as error:  # noqa: BLE001 - raised below, without the group that it would come in
                problems.append(error)

        async with anyio.create_task_group() as group:
            for place in range(len(effects)):
                group.start_soon(answer, place)
        if problems:
            raise problems[0]
        return answers

    async def _get(self, get: Get) -> Answer:
        session, started = self._session, math.nan
        family, guard = session.family, session.guard
        answer: Answer | None = None
        with anyio.CancelScope() as scope:
            if self._pool is not None:  # the pool may keep to it, but not who waits for a stream of HTTP/2
                scope.deadline = anyio.current_time() + self._pool

            def start() -> None:
                nonlocal started
                if math.isnan(started):
                    started = time.monotonic()
                    scope.deadline = anyio.current_time() + get.timeout

            async def trace(_name: str, _info: object) -> None:
                start()

            try:
                inner = session.route(get.url)
                if not family.traced(inner):
                    start()
                for attempt in range(ATTEMPTS):
                    request = request_for(session, get, self._user_agent, self._pool, trace, again=attempt > 0)
                    try:
                        fetched, peer = await drive_async(read_document(guard, get.max_bytes), Wire(inner, request))
                        break
                    except Exception as error:
                        if attempt == ATTEMPTS - 1 or not family.worth_another(error, inner):
                            raise
                start()
                peer = peer if family.direct(inner) else None
                answer = Answer(fetched=fetched, elapsed=time.monotonic() - started, peer=peer)
            except family.module.PoolTimeout:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a stranger or the network did is an answer
                start()
                answer = failed(guard, family.reason(error), time.monotonic() - started)
        if answer is None and math.isnan(started):
            raise family.module.PoolTimeout("no connection was free for a policy document in time")
        return answer or failed(guard, "timeout", get.timeout)

    async def _resolve(self, effect: Resolve) -> tuple[str, ...]:
        if not connects_itself(self._session, effect.url):
            return ()
        with anyio.move_on_after(self._session.guard.options.policy_timeout):
            try:
                return addresses(await anyio.getaddrinfo(effect.host, None))
            except (OSError, UnicodeError):
                return ()
        return ()


def failed(guard: Guard, reason: str, elapsed: float) -> Answer:
    """The answer for a document that could not be had."""
    return Answer(fetched=Fetched.unreachable(reason, at=guard.clock()), elapsed=elapsed)
