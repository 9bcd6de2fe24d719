"""
Journey: one call of a client, from its first request through redirects and authentication to what it hands on.

A transport cannot know whether its client will follow a redirect or answer a challenge; a guarded client can. It keeps
the journey in the context of the call: a request may be sent several times, at once or again, and each time is a
journey of its own. Responses that the client may deal with by itself wait for their record until it hands one on.
Outside a client, under a bare transport, each is recorded.

A request that was redirected carries a `Trail`, which goes on to the request that follows (httpx copies extensions): so
the hops of one that is sent by hand, or under a bare transport, are known too.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, NamedTuple

from tdm_guard._clients.wire import Wire
from tdm_guard.decision import Decision
from tdm_guard.guard import Guard
from tdm_guard.judging.case import Case
from tdm_guard.model import Headers

MAX_HOPS = 100  # the newest are kept; clients give up far earlier
Hops = tuple[tuple[str, Headers], ...]


class Trail(NamedTuple):
    """
    Left by the answer to a request, of which `request` is the id: the `hops` until there and where they lead.

    It is no trail of that request itself, only of the one that `leads_to` was made from its answer.
    """

    request: int
    hops: Hops = ()
    target: str | None = None


class Waiting:
    """A response whose record waits. `followed`: a redirect that the client may follow; `written` or given up."""

    __slots__ = ("case", "followed", "wire", "written")

    def __init__(self, case: Case, wire: Wire, *, followed: bool) -> None:
        self.case = case
        self.wire = wire
        self.followed = followed
        self.written = False


class Journey:
    """
    `follows`: the client follows redirects. `answers`: its authentication may answer a response by itself.

    `whole`: it reads the body to its end before it hands the response on. `hooked`: somebody else sees each response on
    the way, and may read its body. `decision` is the last one to which it came.
    """

    __slots__ = ("_first", "_hops", "_pending", "_trail", "answers", "decision", "follows", "guard", "hooked", "whole")

    def __init__(
        self, guard: Guard, *, follows: bool = False, answers: bool = False, whole: bool = False, hooked: bool = False
    ) -> None:
        self.follows = follows
        self.answers = answers
        self.whole = whole
        self.hooked = hooked
        self.guard = guard
        self.decision: Decision | None = None
        self._first: tuple[Any, Hops] | None = None
        self._hops: Hops = ()
        self._pending: Waiting | None = None
        self._trail: Trail | None = None

    @classmethod
    def under_way(cls, guard: Guard) -> Journey:
        """The journey of the client's call that this is; outside a client of this guard a new one."""
        current = CURRENT.get()
        return current if current is not None and current.guard is guard else cls(guard)

    def leads_to(self, trail: Any) -> bool:
        """True if `trail` is the one that this journey left last: who carries it goes on with it."""
        return trail is not None and trail is self._trail

    def settled(self, wire: Wire, decision: Decision) -> None:
        """The response of `wire` is handed on by this decision."""
        self.decision = decision
        wire.decided(decision)

    def enter(self, wire: Wire) -> Hops:
        """Another request of this journey is about to be judged; returns what redirected to it."""
        if self._pending is not None:
            self._supersede()
        before, self._trail = self._trail, None
        self._hops = ()
        if self._first is not None and self._first[0] is wire.request:  # an answer to a challenge starts there again
            self._hops = self._first[1]
        elif (trail := wire.trail) is not None:
            self._hops = _hops_before(wire, trail, before)
        if self._first is None:
            self._first = (wire.request, self._hops)
        return self._hops

    def answered(self, wire: Wire) -> None:
        """A request was answered: if it is sent again, nothing redirects to it, unless it is for the same journey."""
        if wire.trail is not None:
            wire.trail = Trail(id(wire.request), self._hops, wire.dialled) if wire.copies else Trail(id(wire.request))

    def redirected(self, wire: Wire, url: str, headers: Headers) -> None:
        """The response to a request for `url` sends elsewhere."""
        hops = (*self._hops, (url, headers))[-MAX_HOPS:]
        self._trail = wire.trail = Trail(id(wire.request), hops, wire.target())

    def waits(self, case: Case, wire: Wire) -> bool:
        """True if the client may deal with this response, which has no content, by itself: its record waits."""
        followed = self.follows and self._trail is not None
        if not followed and not self.answers:
            return False
        self._pending = Waiting(case, wire, followed=followed)
        return True

    def _supersede(self) -> None:
        """The client dealt with a response by itself; what only observing let pass is recorded all the same."""
        pending, self._pending = self._pending, None
        guard = self.guard
        if pending is None or pending.written or guard.bench.terms.enforced:
            return
        if pending.case.decision(guard.clock()).verdict.withholds:
            pending.written = True
            guard.close(pending.case)

    def arrive(self) -> None:
        """The client hands on its response: if its record waits, it is written now. Raises `Withheld`, `LogError`."""
        pending, self._pending = self._pending, None
        if pending is not None:
            self.write(pending)

    @property
    def waiting(self) -> Waiting | None:
        """The response that waits, if any: who lets its body be read before it is handed on has to `write` it."""
        return self._pending

    def write(self, waiting: Waiting) -> None:
        """Writes a record that waits, once. Raises `Withheld`, `LogError`."""
        if not waiting.written:
            waiting.written = True
            self.settled(waiting.wire, self.guard.settle(waiting.case, waiting.wire.request))

    def fail(self) -> None:
        """The client raised. A response that waited may have reached hooks, or be carried by the exception."""
        pending, self._pending = self._pending, None
        if pending is not None and not pending.written and (self.hooked or not pending.followed):
            self.guard.close(pending.case)


CURRENT: ContextVar[Journey | None] = ContextVar("tdm_guard_journey", default=None)  # of the client's call that this is


def _hops_before(wire: Wire, trail: Any, before: Trail | None) -> Hops:
    """What redirected to a request that carries a trail; `before` is the one that this journey saw left last."""
    if not isinstance(trail, Trail) or trail.request == id(wire.request):
        return ()
    if before is not None and before.request == trail.request:
        return before.hops  # somebody else may have sent the same request meanwhile, and left a trail of their own
    return trail.hops if trail.target == wire.dialled else ()
