"""How much of a body is received before its decision, and where it is heard: the steps of an `exchange` for it."""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Generator
from functools import partial
from typing import Any

from tdm_guard._clients.wire import CLOSE, FILL, Asking, Head, Hear, Wire
from tdm_guard.drive import LongWork
from tdm_guard.formats.http.media_type import SNIFF_BYTES
from tdm_guard.judging.case import Case
from tdm_guard.judging.response import NOT_MODIFIED, OFF_LOOP_BYTES

FIRST_LOOK = 128 * 1024  # bytes; most pages are smaller and are looked at once, when they are whole
LOOK_AGAIN = 4  # times as many bytes until the next look, so that all looks cost at most a third more
SET_ASIDE = 2**20  # bytes of a body received so that its connection is free for what the response declares
MAX_DIGITS = 18  # of an announced size
AT_ONCE = OFF_LOOP_BYTES  # bytes of a body of no type that speaks: it is looked at, and its digest taken, on the loop
READ_AHEAD = 64 * 1024  # bytes of content other than pages; most images and feeds are smaller


def receive(case: Case, wire: Wire, head: Head, *, most: int, whole: bool) -> Generator[Asking, Any, bool]:
    """
    Receives the body as far as its decision or the client needs it; True if nothing is left of it on the network.

    `most` bytes of it are heard; `whole` says that the client reads it to its end anyway. What reserves ends it early.
    """
    in_memory = head.in_memory
    if head.status == NOT_MODIFIED and not in_memory:
        yield from _without_body(wire)
        return True
    unannounced = False
    if not case.content and 200 <= head.status < 300:  # whatever was said of it: bytes that are there count
        wire.goal = 1
        if (yield FILL):
            case.hear_body(b"")
            return True
        unannounced = True
    ended = False
    if unannounced or case.wants_body() or (in_memory and case.content):
        ended = yield from _hear(case, wire, None if in_memory else most, whole=whole)
    if not ended and whole and case.content and not case.refused:
        ended = yield from _read_ahead(case, wire)
    return ended or in_memory


def _without_body(wire: Wire) -> Generator[Asking, Any, None]:
    """
    What comes with a 304 all the same, as it may over HTTP/2, is nobody's (RFC 9110 15.4.5): it is not handed on.

    More than `READ_AHEAD` bytes of it are not waited for; who reads such a response finds it closed.
    """
    wire.goal = READ_AHEAD + 1
    if not (yield FILL):
        yield CLOSE
    wire.heard.clear()


def _hear(case: Case, wire: Wire, limit: int | None, *, whole: bool) -> Generator[Asking, Any, bool]:
    """
    Receives the body as far as the case wants it, at most `limit` bytes; True if that was all of it.

    A body whose first bytes show that it need not be heard is left to stream on. If the client reads the `whole`
    anyway, a small one is looked at once, when it is there.
    """
    heard, look, known = wire.heard, FIRST_LOOK, case.type_speaks or not case.content
    if limit is None:
        limit = look = sys.maxsize
        known = True
    first = AT_ONCE if whole else SNIFF_BYTES
    while True:
        wire.goal = min(limit + 1, look if known else first)
        if (yield FILL):
            break
        if wire.size > limit:
            case.hear_transfer(wire.size, None)
            yield LongWork(partial(_hear_prefix, case, heard, limit))
            return False
        if not known:
            known = True
            prefix = b"".join(heard)
            if not case.wants_body(prefix):
                case.hear_body(prefix, complete=False)
                return False
        if wire.size >= look:
            look = LOOK_AGAIN * wire.size
            if (yield LongWork(partial(_settles, case, heard))):
                case.hear_transfer(wire.size, None)
                return False
    yield Hear(partial(_hear_whole, case, wire), partial(_may_last, case, wire))
    return True


def _hear_prefix(case: Case, heard: list[bytes], limit: int) -> None:
    case.hear_body(b"".join(heard)[:limit], complete=False)


def _settles(case: Case, heard: list[bytes]) -> bool:
    return case.hear_beginning(b"".join(heard))


def _may_last(case: Case, wire: Wire) -> bool:
    return wire.size > OFF_LOOP_BYTES or case.may_last(b"".join(wire.heard))


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


def set_aside(case: Case, wire: Wire, *, whole: bool) -> Generator[Asking, Any, bool]:
    """
    Receives the rest of a body, up to `SET_ASIDE` bytes; True if that was all and its connection is free.

    `whole`: the client would read it anyway. Otherwise one of unknown size is left alone: it may be a stream of events.
    """
    if wire.size >= SET_ASIDE or not (whole or _announced_size(wire.announced) <= SET_ASIDE):
        return False
    wire.goal = SET_ASIDE
    if not (yield FILL):
        return False
    if case.content:
        yield LongWork(partial(_transferred, case, wire))
    return True


def _announced_size(length: str) -> float:
    return int(length) if length.isdecimal() and len(length) <= MAX_DIGITS else math.inf


def _transferred(case: Case, wire: Wire) -> bytes:
    """The body that was received whole; its size and digest are noted. It takes the place of its pieces in `heard`."""
    whole = b"".join(wire.heard)
    wire.heard[:] = [whole]  # not beside them: a large file would be held twice
    case.hear_transfer(len(whole), hashlib.sha256(whole).hexdigest())
    return whole
