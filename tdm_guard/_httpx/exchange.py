"""
One request through the guard: policy, headers, body, decision, record; then the response, or `Withheld`.

strategy: a generator over the steps of `wire`, the same for every client. Once a response is there, whatever is raised
closes it first. It holds no opinion about standards; those are the case's. Who waits for a connection holds none, as
far as that can be: a refused response is closed before anything more is read on its account, the rest of a small body
is received; what is still on its way waits a short time only.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import sys
from collections.abc import Generator, Mapping
from functools import partial
from typing import Any, NoReturn

from tdm_guard._httpx.asked import Asked, read_request
from tdm_guard._httpx.body import Tally
from tdm_guard._httpx.journey import KEY, Journey
from tdm_guard._httpx.offloop import is_small, takes_long
from tdm_guard._httpx.session import Session
from tdm_guard._httpx.wire import CLOSE, FILL, SEND, Asking, Hear, Load, LoadDeclared, Steps, Wire
from tdm_guard.case import Case
from tdm_guard.errors import UnsupportedURL
from tdm_guard.formats.media_type import SNIFF_BYTES
from tdm_guard.guard import Guard, Work
from tdm_guard.model import Headers
from tdm_guard.origin import Origin

ITEM = "tdm_guard_item"  # in the extensions of a request: what the caller knows of the work
FIRST_LOOK = 128 * 1024  # bytes; most pages are smaller and are looked at once, when they are whole
LOOK_AGAIN = 4  # times as many bytes until the next look, so that all looks cost at most a third more
SET_ASIDE = 2**20  # bytes of a body received so that its connection is free for what the response declares
MAX_DIGITS = 18  # of an announced size
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
    journey = Journey.under_way(guard)
    hops = journey.enter(request)
    policy = guard.known(origin)
    if policy is None:
        policy = yield Load(origin, asked.user_agent or guard.options.agent)
    case = guard.open(asked.url, policy, authenticated=asked.authenticated, item=request.extensions.get(ITEM))
    for url, headers in hops:
        case.hear_hop(url, headers)
    if case.refused:
        yield from _refuse(session, case, asked, wire)
    try:
        response = yield SEND
    except Exception:
        guard.totals["failed"] += 1
        raise
    try:
        journey.answered(request)
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
    case.hear_headers(
        response.status_code, headers, bodiless=request.method == "HEAD", cached=_from_cache(response.extensions)
    )
    if case.refused:
        yield from _refuse(session, case, asked, wire)
    in_memory = response.is_stream_consumed
    ended = unannounced = False
    if not case.content and 200 <= response.status_code < 300:  # whatever was said of it: bytes that are there count
        wire.goal = 1
        ended = yield FILL
        unannounced = not ended
    if not ended and (unannounced or case.wants_body() or (in_memory and case.content)):
        limit = None if in_memory else guard.options.max_asset_bytes
        ended = yield from _hear(session, case, asked, wire, limit, headers)
    if not ended and journey.whole and case.content and not case.refused:
        ended = yield from _read_ahead(case, wire)
    if case.declared:
        if case.refused:
            yield from _refuse(session, case, asked, wire)
        if not (ended or in_memory) and (journey.whole or _announced_size(response) <= SET_ASIDE):
            ended = yield from _set_aside(case, wire)
        yield from _read_declared(session, case, asked, held=not (ended or in_memory))
    tally = None
    if case.content:
        decision = response.extensions[KEY] = guard.settle(case, request)
        tally = None if ended or in_memory else Tally(guard, decision, wire.heard)
    else:
        if response.has_redirect_location:
            journey.redirected(request, response, asked.url, headers)
        if not journey.waits(case, response, request):
            response.extensions[KEY] = guard.settle(case, request)
    if in_memory:
        return
    if ended:
        response.stream = body(wire.heard, coded="content-encoding" in response.headers)
    elif tally or wire.heard:
        response.stream = body(wire.heard, source=wire.source, pieces=wire.pieces, tally=tally)


def _from_cache(marks: Any) -> bool:
    """True for what a caching transport kept: hishel says so in one of three ways, according to its version."""
    caching = marks.get("caching")
    if isinstance(caching, Mapping) and caching.get("from_cache"):
        return True
    return bool(marks.get("hishel_from_cache") or marks.get("from_cache"))


def _hear(
    session: Session, case: Case, asked: Asked, wire: Wire, limit: int | None, headers: Headers
) -> Generator[Asking, Any, bool]:
    """
    Receives the body as far as the case wants it, at most `limit` bytes; True if that was all of it.

    A body whose first bytes show that it need not be heard is left to stream on.
    """
    heard, look, known = wire.heard, FIRST_LOOK, case.type_speaks or not case.content
    if limit is None:
        limit = look = sys.maxsize
        known = True
    while True:
        wire.goal = min(limit + 1, look if known else SNIFF_BYTES)
        if (yield FILL):
            break
        if wire.size > limit:
            case.hear_transfer(wire.size, None)
            yield Work(partial(_hear_prefix, case, heard, limit))
            return False
        if not known:
            known = True
            prefix = b"".join(heard)
            if not case.wants_body(prefix):
                case.hear_body(prefix, complete=False)
                return False
        if wire.size >= look:
            look = LOOK_AGAIN * wire.size
            if (yield Work(partial(_settles, case, heard))):
                case.hear_transfer(wire.size, None)
                yield from _refuse(session, case, asked, wire)
    codings = ",".join([value for name, value in headers if name == "content-encoding"])
    if is_small(wire.size, case.media_type, codings):
        case.hear_body(_transferred(case, wire))
    else:
        yield Hear(partial(_hear_whole, case, wire), partial(takes_long, wire.size, heard, codings))
    return True


def _hear_prefix(case: Case, heard: list[bytes], limit: int) -> None:
    case.hear_body(b"".join(heard)[:limit], complete=False)


def _settles(case: Case, heard: list[bytes]) -> bool:
    return case.settled_by(b"".join(heard))


def _hear_whole(case: Case, wire: Wire) -> None:
    case.hear_body(_transferred(case, wire))


def _read_ahead(case: Case, wire: Wire) -> Generator[Asking, Any, bool]:
    """
    Receives a body that need not be heard, `READ_AHEAD` bytes or a little more; True if that was all of it.

    The client would read it now anyway. So one record says all of a small body, and what fails has none.
    """
    wire.goal = READ_AHEAD + 1
    if wire.size >= wire.goal or not (yield FILL):
        return False
    _transferred(case, wire)
    return True


def _set_aside(case: Case, wire: Wire) -> Generator[Asking, Any, bool]:
    """Receives the rest of a body, up to `SET_ASIDE` bytes; True if that was all and its connection is free."""
    wire.goal = SET_ASIDE
    if wire.size >= SET_ASIDE or not (yield FILL):
        return False
    if case.content:
        yield Work(partial(_transferred, case, wire))
    return True


def _announced_size(response: Any) -> float:
    length = response.headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) <= MAX_DIGITS else math.inf


def _transferred(case: Case, wire: Wire) -> bytes:
    """The body that was received whole; its size and digest are noted. It takes the place of its pieces in `heard`."""
    whole = b"".join(wire.heard)
    wire.heard[:] = [whole]  # not beside them: a large file would be held twice
    case.hear_transfer(len(whole), hashlib.sha256(whole).hexdigest())
    return whole


def _read_declared(session: Session, case: Case, asked: Asked, *, held: bool) -> Generator[Asking, Any, None]:
    """Reads what was declared. If no connection is to be had for it, the case says that it was never asked for."""
    with contextlib.suppress(session.family.module.PoolTimeout):
        yield LoadDeclared(case, asked.user_agent or session.guard.options.agent, held)


def _refuse(session: Session, case: Case, asked: Asked, wire: Wire) -> Generator[Asking, Any, NoReturn]:
    """Nothing that may still come could admit the content: its connection is given back first."""
    if wire.response is not None:
        yield CLOSE
    if case.declared:
        yield from _read_declared(session, case, asked, held=False)
    session.guard.settle(case, wire.request)
    raise RuntimeError(f"the case of {case.url} was refused, but its decision admits it")
