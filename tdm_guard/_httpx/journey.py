"""
Journey: one call of a client, from its first request through redirects and authentication to what it hands on.

A transport cannot know whether its client will follow a redirect or answer a challenge; a guarded client can. It puts
a journey into the request's extensions, which httpx copies to the requests that follow, and responses that it may deal
with by itself wait for their record until it hands one on. Without one, under a bare transport, each is recorded.
"""

from __future__ import annotations

from typing import Any, Self

from tdm_guard.case import Case
from tdm_guard.guard import Guard
from tdm_guard.model import Headers

KEY = "tdm_guard"  # in the extensions of requests (the journey) and responses (the decision)
MAX_HOPS = 100  # the newest are kept; clients give up far earlier


class Journey:
    """
    `follows`: the client follows redirects. `answers`: its authentication may answer a response by itself.

    `whole`: it reads the body to its end before it hands the response on.
    """

    __slots__ = ("_first", "_hop", "_pending", "answers", "follows", "hops", "whole")

    def __init__(self, *, follows: bool = False, answers: bool = False, whole: bool = False) -> None:
        self.follows = follows
        self.answers = answers
        self.whole = whole
        self.hops: tuple[tuple[str, Headers], ...] = ()
        self._first: int | None = None
        self._hop: tuple[str, Headers] | None = None
        self._pending: tuple[Case, Any, Any, bool] | None = None

    @classmethod
    def begin(cls, request: Any, *, follows: bool, answers: bool, whole: bool) -> Self:
        """A new journey with this request; one that follows a redirect by hand keeps its earlier addresses."""
        journey = cls(follows=follows, answers=answers, whole=whole)
        extensions = request.extensions
        if KEY in extensions and isinstance(earlier := extensions[KEY], Journey):
            journey.hops = earlier._hops_of(request)
        extensions[KEY] = journey
        return journey

    @classmethod
    def of(cls, request: Any) -> Journey:
        """The journey of a request; outside a guarded client one that only keeps earlier addresses."""
        found = request.extensions.get(KEY)
        if isinstance(found, Journey):
            return found
        journey = request.extensions[KEY] = cls()
        return journey

    def enter(self, request: Any, guard: Guard) -> None:
        """Another request of this journey is about to be judged."""
        self._supersede(guard)
        if self._first is None:
            self._first = id(request)
        else:
            self.hops = self._hops_of(request)
        self._hop = None

    def _hops_of(self, request: Any) -> tuple[tuple[str, Headers], ...]:
        """A redirected request is a new object; an answer to a challenge starts again with the first one."""
        if id(request) == self._first:
            return ()
        return self.hops if self._hop is None else (*self.hops, self._hop)[-MAX_HOPS:]

    def redirected(self, url: str, headers: Headers) -> None:
        """The response to `url` sends elsewhere."""
        self._hop = (url, headers)

    def waits(self, case: Case, response: Any, request: Any) -> bool:
        """True if the client may deal with this response, which has no content, by itself: its record waits."""
        followed = self.follows and self._hop is not None
        if not followed and not self.answers:
            return False
        self._pending = (case, response, request, followed)
        return True

    def _supersede(self, guard: Guard) -> None:
        """The client dealt with a response by itself; what only observing let pass is recorded all the same."""
        pending, self._pending = self._pending, None
        if pending and not guard.judge.terms.enforced and pending[0].decision(guard.clock()).verdict.withholds:
            guard.close(pending[0])

    def arrive(self, guard: Guard) -> None:
        """The client hands on its response: if its record waits, it is written now. Raises `Withheld`, `LogError`."""
        pending, self._pending = self._pending, None
        if pending:
            case, response, request, _ = pending
            response.extensions[KEY] = guard.settle(case, request)

    def fail(self, guard: Guard) -> None:
        """The client raised. A response that waited may have reached hooks, or be carried by the exception."""
        pending, self._pending = self._pending, None
        if pending and not pending[3]:
            guard.close(pending[0])
