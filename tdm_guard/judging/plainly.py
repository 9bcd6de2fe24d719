"""
The decision where plainly nothing speaks, as is so of most requests and responses, without a case.

strategy: a test that may call too much a case, never too little: no field that anybody listens to, a type in which
nothing can speak, an origin whose documents are silent about the path. What is not plainly silent goes the long way,
through a `Case`, which would come to the same decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tdm_guard.decision import Decision, Exchange, Stage
from tdm_guard.formats.http.media_type import MAX_CONTENT_TYPE
from tdm_guard.formats.site.path_pattern import is_plain
from tdm_guard.judging.bench import CONTENT_FIELDS, Bench
from tdm_guard.judging.response import NO_TYPE, ContentKind, kind_of
from tdm_guard.policies.policy import OriginPolicy
from tdm_guard.signals.shape import Listener, QuietSite

_POLICY, _HEADERS, *_ = Stage  # on Python 3.11 looking a member up on its class is slow
_decision_of, _exchange_of = Decision.of, Exchange.plain
_OK = 200
_PART = 206  # RFC 9110 15.3.7: what it is a part of is told by a field
_EMPTY = (204, 205)


def plainly_silent(
    bench: Bench, policy: OriginPolicy, url: str, now: datetime, status: int | None, headers: Sequence[tuple[str, str]]
) -> Decision | None:
    """
    The decision at `now` (UTC) on a URL, or on a response to it whose body is not at hand; None if a case is needed.

    Who has a status has checked that `headers` are pairs of text.
    """
    if not bench.plain or not is_silent_about(policy, bench.listener, url):
        return None
    if status is None:
        if headers:
            return None
        exchange = _exchange_of(url, policy.name, None, None, content=False)
        return _decision_of(url, now, _POLICY, bench.nothing_said, exchange, policy.checked, ())
    if status.__class__ is not int or status in bench.statuses or status == _PART:
        return None
    content = status == _OK or (200 <= status < 300 and status not in _EMPTY)
    kind = _kind(bench, headers)
    if kind is None or (content and (bench.readers[kind.markup] or (kind.file is not None and bench.asset_signals))):
        return None
    exchange = _exchange_of(url, policy.name, status, kind.media_type, content=content)
    return _decision_of(url, now, _HEADERS, bench.nothing_said, exchange, policy.checked, ())


def is_silent_about(policy: OriginPolicy, listener: Listener, url: str, *, ignores: bool = False) -> bool:
    """
    True if `policy`, read for `listener`, plainly has nothing to say of a URL of its origin.

    `ignores`: documents that nobody ever asked for count as absent.
    """
    if (
        policy.hold
        or (policy.unasked and not ignores)
        or policy.faults
        or (policy.listener is not listener and policy.listener != listener)
        or url.__class__ is not str
        or not url.startswith(policy.root)
        or "#" in url
        or "@" in url
        or url[-1] <= " "
    ):
        return False
    if policy.sites:
        target = url[len(policy.name) :]
        if not is_plain(target) or "/." in target:
            return False
        for site in policy.sites:
            if not isinstance(site, QuietSite) or not site.is_silent(target):
                return False
    return True


def _kind(bench: Bench, headers: Sequence[tuple[str, str]]) -> ContentKind | None:
    """What the one field that is heeded says of the content; None if others are."""
    kind = NO_TYPE
    heeded = bench.heard
    for name, value in headers:
        key = name.lower()
        if key in heeded:
            if key == "content-type":
                if kind is not NO_TYPE or len(value) > MAX_CONTENT_TYPE:
                    return None
                kind = kind_of(value)
            elif key not in CONTENT_FIELDS:
                return None
    return kind
