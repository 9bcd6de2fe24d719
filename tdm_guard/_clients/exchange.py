"""
One request through the guard: policy, headers, body, decision, record; then the response, or `Withheld`.

strategy: a generator over the steps of `wire`, the same for every client, whichever its library. Once a response is
there, whatever is raised closes it first. It holds no opinion about standards; those are the case's. Who waits for a
connection holds none, as far as that can be: a refused response is closed before anything more is read on its account,
the rest of a small body is received; what is still on its way waits a short time only.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from functools import partial
from typing import Any, NoReturn

from tdm_guard._clients.asked import Asked
from tdm_guard._clients.journey import Journey
from tdm_guard._clients.receive import receive, set_aside
from tdm_guard._clients.session import Session
from tdm_guard._clients.tally import Tally
from tdm_guard._clients.wire import CLOSE, SEND, Asking, Load, LoadDeclared, Steps, Wire
from tdm_guard.drive import LongWork
from tdm_guard.errors import UnsupportedURL
from tdm_guard.judging.case import Case
from tdm_guard.judging.fields import may_last
from tdm_guard.origin import Origin
from tdm_guard.repertoire.callers_item import check_item


def exchange(session: Session, wire: Wire) -> Steps:
    """The procedure for `wire.request`; returns its response."""
    guard = session.guard
    item = wire.item
    if item is not None:  # a mistake in it is told before anything is sent, the documents of the site included
        check_item(item, wire.item_name)
    asked = wire.asked()
    if asked.user_agent != session.agreed:
        asked = session.agree(wire, asked)
    origin = Origin.parse(asked.url)
    if guard.tokens and Origin.parse(wire.dialled) == origin:  # not to a host that only bears its name
        guard.tokens.apply(wire.fields, origin)
        asked = wire.asked()
    journey = Journey.under_way(guard)
    hops = journey.enter(wire)
    policy = guard.known(origin)
    if policy is None:
        policy = yield Load(origin, asked.user_agent)
    case = guard.open(asked.url, policy, authenticated=asked.authenticated, item=item)
    if guard.bench.excluded is not None:
        case.hear_exclusion(wire.dialled)  # whatever the Host field says
    for url, headers in hops:
        if may_last(headers):
            yield LongWork(partial(case.hear_hop, url, headers))
        else:
            case.hear_hop(url, headers)
    if case.refused:
        yield from _refuse(session, case, asked, wire)
    try:
        response = yield SEND
    except Exception:
        guard.failed()
        raise
    try:
        journey.answered(wire)
        yield from _judge(session, case, wire, asked, journey)
    except GeneratorExit:
        raise
    except BaseException:
        yield CLOSE
        raise
    return response


def _judge(session: Session, case: Case, wire: Wire, asked: Asked, journey: Journey) -> Generator[Asking, Any, None]:
    head = wire.head(session.picker)
    status, headers, cached, in_memory = head
    if status == 101:
        raise UnsupportedURL(f"{asked.url[:200]} answers with another protocol, which cannot be judged")
    if may_last(headers):
        yield LongWork(partial(case.hear_headers, status, headers, bodiless=asked.bodiless, cached=cached))
    else:
        case.hear_headers(status, headers, bodiless=asked.bodiless, cached=cached)
    if case.refused:
        yield from _refuse(session, case, asked, wire)
    ended = yield from receive(case, wire, head, most=session.guard.options.max_asset_bytes, whole=journey.whole)
    if case.declared:
        if case.refused:
            yield from _refuse(session, case, asked, wire)
        ended = ended or (yield from set_aside(case, wire, whole=journey.whole))
        yield from _read_declared(session, case, asked, held=not ended)
    tally = None
    if case.content:
        decision = session.guard.settle(case, wire.request)
        journey.settled(wire, decision)
        tally = None if ended else Tally(session.guard, decision, wire.heard, session.tallies)
    else:
        if wire.redirects:
            journey.redirected(wire, asked.url, headers)
        if not journey.waits(case, wire):
            journey.settled(wire, session.guard.settle(case, wire.request))
    if not in_memory and (ended or tally or wire.heard):
        wire.hand_on(ended=ended, tally=tally)


def _read_declared(session: Session, case: Case, asked: Asked, *, held: bool) -> Generator[Asking, Any, None]:
    """Reads what was declared. If no connection is to be had for it, the case says that it was never asked for."""
    with contextlib.suppress(session.framework.crowded):
        yield LoadDeclared(case, asked.user_agent, held)


def _refuse(session: Session, case: Case, asked: Asked, wire: Wire) -> Generator[Asking, Any, NoReturn]:
    """Nothing that may still come could admit the content: its connection is given back first."""
    if wire.response is not None:
        yield CLOSE
    if case.declared:
        yield from _read_declared(session, case, asked, held=False)
    session.guard.settle(case, wire.request)
    raise RuntimeError(f"the case of {case.url} was refused, but its decision admits it")
