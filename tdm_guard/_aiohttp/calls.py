"""
Calls of a session: the requests that belong together, since one redirects to the next or answers a challenge.

A middleware is called for each request by itself. Those of one call share the timer that limits it, `_timer`, which is
private to aiohttp; a test holds us to it.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakValueDictionary, ref

from tdm_guard._aiohttp.answered import Answered
from tdm_guard._clients.journey import Journey, Trail
from tdm_guard.guard import Guard


class Call:
    """One call: its journey, and the trail that its last response left. It lives while it, or a response, waits."""

    __slots__ = ("__weakref__", "_before", "_last", "_waiting", "journey", "timer", "trail")

    def __init__(self, guard: Guard, timer: Any) -> None:
        self.journey = Journey(guard, follows=True)
        self.timer = timer
        self.trail: Trail | None = None
        self._last: Any = lambda: None  # weakly: a request holds its response, which holds this
        self._before: Trail | None = None
        self._waiting: Any = lambda: None

    def before(self, request: Any) -> Trail | None:
        """
        What led to a request; to one that is sent again, by who answers a challenge, what led to it at first.

        The response before it is dealt with.
        """
        if (waiting := self._waiting()) is not None:
            waiting.arrives = waiting.fails = waiting.call = None
        if request is not self._last():
            self._last, self._before = ref(request), self.trail
        return self._before

    def waits(self, response: Answered) -> None:
        """The record of a response waits for what its session does with it."""
        self._waiting = ref(response)
        response.arrives, response.fails, response.call = self.journey.arrive, self.journey.fail, self


class Calls:
    """Those under way."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._calls: WeakValueDictionary[int, Call] = WeakValueDictionary()

    def of(self, request: Any) -> Call:
        """The call that a request belongs to."""
        timer = request._timer
        call = self._calls.get(id(timer))  # a call keeps its timer, so that no other has its place
        if call is None:
            call = self._calls[id(timer)] = Call(self._guard, timer)
        return call
