"""
One request through the guard: policy, headers, body, decision, record; then the response, or `Withheld`.

strategy: a generator over the steps of `wire`, the same for every client. Once a response is there, whatever is raised
closes it first. It holds no opinion about standards; those are the case's.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Generator
from typing import Any, NoReturn

from tdm_guard._httpx.asked import Asked, read_request
from tdm_guard._httpx.body import Tally
from tdm_guard._httpx.journey import KEY, Journey
from tdm_guard._httpx.session import Session
from tdm_guard._httpx.wire import CLOSE, FILL, SEND, Asking, Load, LoadDeclared, Steps, Wire
from tdm_guard.case import Case
from tdm_guard.errors import UnsupportedURL
from tdm_guard.formats.media_type import SNIFF_BYTES
from tdm_guard.guard import Guard
from tdm_guard.origin import Origin

ITEM = "tdm_guard_item"  # in the extensions of a request: what the caller knows of the work
FIRST_LOOK = 128 * 1024  # bytes; most pages are smaller and are looked at once, when they are whole
LOOK_AGAIN = 4  # times as many bytes until the next look, so that all looks cost at most a third more
READ_AHEAD = 64 * 1024  # bytes of content other than pages; most images and feeds are smaller


def exchange(session: Session, wire: Wire, body: type[Any]) -> Steps:
    """The procedure for `wire.request`; returns its response. `body` is the class of streams to hand on."""
    guard, request = session.guard, wire.request
    asked = read_request(request)
    session.check_agent(asked.user_agent)
    origin = Origin.parse(asked.url)
    if guard.tokens and Origin.parse(str(request.url)) == origin:  # not to a host that only bears its name
        guard.tokens.apply(request.headers, origin)
        asked = read_request(request)
    journey = Journey.of(request)
    journey.enter(request, guard)
    policy = guard.known(origin)
    if policy is None:
        policy = yield Load(origin, asked.user_agent or guard.options.agent)
    case = guard.open(asked.url, policy, authenticated=asked.authenticated, item=request.extensions.get(ITEM))
    for url, headers in journey.hops:
        case.hear_hop(url, headers)
    if case.refused:
        yield from _refuse(guard, case, asked, request)
    try:
        response = yield SEND
    except Exception:
        guard.totals["failed"] += 1
        raise
    try:
        yield from _judge(session, case, wire, asked, journey, body)
    except GeneratorExit:
        raise
    except BaseException:
        yield CLOSE
        raise
    return response


def _judge(
    session: Session, case: Case, wire: Wire, asked: Asked, journey: Journey, body: type[Any]
) -> Generator[Asking, Any, None]:
    guard, request, response = session.guard, wire.request, wire.response
    if response.status_code == 101:
        raise UnsupportedURL(f"{asked.url[:200]} answers with another protocol, which cannot be judged")
    headers = session.fields.pairs(response.headers)
    marks = response.extensions
    cached = bool(marks.get("hishel_from_cache") or marks.get("from_cache"))  # as caching transports write it
    case.hear_headers(response.status_code, headers, bodiless=request.method == "HEAD", cached=cached)
    if case.refused:
        yield from _refuse(guard, case, asked, request)
    heard = wire.heard
    ended = False
    in_memory = response.is_stream_consumed
    if case.wants_body() or (in_memory and case.content):
        ended = yield from _hear(guard, case, asked, wire, None if in_memory else guard.options.max_asset_bytes)
    if not ended and journey.whole and case.content and not case.refused:
        ended = yield from _read_ahead(case, wire)
    if case.declared:
        yield LoadDeclared(case, asked.user_agent or guard.options.agent)
    tally = None
    if case.content:
        decision = response.extensions[KEY] = guard.settle(case, request)
        tally = None if ended or in_memory else Tally(guard, decision, heard)
    else:
        if response.has_redirect_location:
            journey.redirected(asked.url, headers)
        if not journey.waits(case, response, request):
            response.extensions[KEY] = guard.settle(case, request)
    if ended and not in_memory:
        response.stream = body(heard)
    elif tally or (heard and not in_memory):
        response.stream = body(heard, source=wire.source, pieces=wire.pieces, tally=tally)


def _hear(guard: Guard, case: Case, asked: Asked, wire: Wire, limit: int | None) -> Generator[Asking, Any, bool]:
    """
    Receives the body as far as the case wants it, at most `limit` bytes; True if that was all of it.

    A body whose first bytes show that it need not be heard is left to stream on.
    """
    heard, look, known = wire.heard, FIRST_LOOK, case.type_speaks
    if limit is None:
        limit = look = sys.maxsize
        known = True
    while True:
        wire.goal = min(limit + 1, look if known else SNIFF_BYTES)
        if (yield FILL):
            break
        if wire.size > limit:
            case.hear_transfer(wire.size, None)
            case.hear_body(b"".join(heard)[:limit], complete=False)
            return False
        if not known:
            known = True
            prefix = b"".join(heard)
            if not case.wants_body(prefix):
                case.hear_body(prefix, complete=False)
                return False
        if wire.size >= look:
            look = LOOK_AGAIN * wire.size
            if case.settled_by(b"".join(heard)):
                case.hear_transfer(wire.size, None)
                yield from _refuse(guard, case, asked, wire.request)
    case.hear_body(_transferred(case, heard))
    return True


def _read_ahead(case: Case, wire: Wire) -> Generator[Asking, Any, bool]:
    """
    Receives a body that need not be heard, `READ_AHEAD` bytes or a little more; True if that was all of it.

    The client would read it now anyway. So one record says all of a small body, and what fails has none.
    """
    wire.goal = READ_AHEAD + 1
    if wire.size >= wire.goal or not (yield FILL):
        return False
    _transferred(case, wire.heard)
    return True


def _transferred(case: Case, heard: list[bytes]) -> bytes:
    """The body that was received whole; its size and digest are noted. It takes the place of its pieces in `heard`."""
    whole = b"".join(heard)
    heard[:] = [whole]  # not beside them: a large file would be held twice
    case.hear_transfer(len(whole), hashlib.sha256(whole).hexdigest())
    return whole


def _refuse(guard: Guard, case: Case, asked: Asked, request: Any) -> Generator[Asking, Any, NoReturn]:
    if case.declared:
        yield LoadDeclared(case, asked.user_agent or guard.options.agent)
    guard.settle(case, request)
    raise RuntimeError(f"the case of {case.url} was refused, but its decision admits it")
