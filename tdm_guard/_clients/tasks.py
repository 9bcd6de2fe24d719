"""The documents of one load in an event loop: each effect a task of its own."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from typing import Any

import anyio

from tdm_guard._clients.documents import ATTEMPTS, MAX_ADDRESSES, Fetcher, addresses, failed, read_document
from tdm_guard._clients.event_loop import drive_async
from tdm_guard.fetch import TIMEOUT, Answer, Effect, Effects, Get, Resolve
from tdm_guard.origin import Origin


class _Way:
    """
    What documents that come over one connection wait for. The time of all begins with that of the first to have it.

    Who opens the connection may wait in vain; the others would do the same, one after another. `patience` is until when
    they wait for a connection that nobody is opening.
    """

    __slots__ = ("_patience", "begun", "waiting")

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self.begun = False
        self.waiting: list[anyio.CancelScope] = []

    def begin(self, first: anyio.CancelScope, seconds: float) -> None:
        """The first of those who wait has the connection, or opens it, and `seconds` for its answer."""
        self._until(anyio.current_time() + seconds)
        self.begun = True
        self.waiting.remove(first)

    def answered(self) -> None:
        """Who had it was not left alone: those who wait still, do so for the pool."""
        self._until(self._patience)
        self.begun = False

    def _until(self, deadline: float) -> None:
        for each in self.waiting:
            each.deadline = deadline


class AsyncFetcher(Fetcher):
    """Performs the effects of one load side by side, in any event loop that anyio knows."""

    async def perform(self, effects: Effects) -> list[Any]:
        """The answers in the order of the effects. Raises only what is wrong on our side of the network."""
        answers: list[Any] = [None] * len(effects)
        problems: list[Exception] = []
        # The pool may keep to its limit, but not who waits for a stream of HTTP/2.
        patience = math.inf if self._pool is None else anyio.current_time() + self._pool
        ways: defaultdict[Origin | int, _Way] = defaultdict(lambda: _Way(patience))

        async def answer(place: int, effect: Effect, way: _Way, scope: anyio.CancelScope) -> None:
            try:
                if isinstance(effect, Resolve):
                    answers[place] = await self._resolve(effect)
                else:
                    answers[place] = await self._get(effect, way, scope)
            except Exception as error:  # noqa: BLE001 - raised below, without the group that it would come in
                problems.append(error)

        async with anyio.create_task_group() as group:
            for place, effect in enumerate(effects):
                scope = anyio.CancelScope(deadline=patience)
                way = ways[Origin.parse(effect.url) if self.shares(effect.url) else place]
                way.waiting.append(scope)
                group.start_soon(answer, place, effect, way, scope)
        if problems:
            raise problems[0]
        return answers

    async def _get(self, get: Get, way: _Way, scope: anyio.CancelScope) -> Answer:
        session, started = self._session, math.nan
        framework, guard = session.framework, session.guard
        answer: Answer | None = None
        with scope:

            def start() -> None:
                nonlocal started
                if math.isnan(started):
                    started = time.monotonic()
                    way.begin(scope, get.timeout)

            async def trace(_name: str, _info: object) -> None:
                start()

            try:
                inner = self._route(get.url)
                if not framework.traced(inner):
                    start()
                for attempt in range(ATTEMPTS):
                    wire = framework.document(inner, get, self._user_agent, self._pool, trace, again=attempt > 0)
                    try:
                        fetched, peer = await drive_async(read_document(wire, guard, get.max_bytes), wire)
                        break
                    except Exception as error:
                        if attempt == ATTEMPTS - 1 or not framework.worth_another(error, inner):
                            raise
                start()
                peer = peer if framework.direct(inner) else None
                answer = Answer(fetched=fetched, elapsed=time.monotonic() - started, peer=peer)
            except framework.crowded:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a stranger or the network did is an answer
                start()
                answer = failed(guard, framework.reason(error), time.monotonic() - started)
            if answer.fetched.error != TIMEOUT:
                way.answered()
        if answer is None and math.isnan(started) and not way.begun:
            raise framework.crowded("no connection was free for a policy document in time")
        return answer or failed(guard, TIMEOUT, get.timeout)

    async def _resolve(self, effect: Resolve) -> tuple[str, ...]:
        inner = self._route(effect.url)
        if not self._session.framework.direct(inner):
            return ()
        looks_up = self._session.framework.looks_up(inner)
        with anyio.move_on_after(self._session.guard.options.policy_timeout):
            try:
                if looks_up is not None:
                    return tuple(dict.fromkeys(await looks_up(effect.host)))[:MAX_ADDRESSES]
                return addresses(await anyio.getaddrinfo(effect.host, None))
            except (OSError, UnicodeError):
                return ()
        return ()
