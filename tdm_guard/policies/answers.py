"""
How an answer becomes a document that is kept: read, absent, not modified, read in part, or nothing for now.

What was read before stays in force while a document cannot be had, for a while; what was read in part is not absent.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tdm_guard.decision import Checked
from tdm_guard.formats.http import message_body
from tdm_guard.formats.http.field_lines import parted
from tdm_guard.formats.http.freshness import FLOOR, expiry
from tdm_guard.formats.invisible import seen_octets
from tdm_guard.formats.site import robots_txt
from tdm_guard.model import Declared, Fault, Fetched, Kind, Result, Source, Stance, Statement
from tdm_guard.policies.policy import MAX_OWN_AGE, SILENT, Kept, Said, Seen, Stale
from tdm_guard.policies.task import Gathering
from tdm_guard.signals import robots
from tdm_guard.signals.shape import Document, DocumentReading, Site

UNREACHABLE_FOR = timedelta(minutes=5)  # an origin that failed is asked again after this
MAX_STALE = timedelta(days=30)  # RFC 9309 2.3.1.4: a copy may be kept about this long while the origin fails

_UNASKED = {  # answers that nobody asked for (RFC 9110 15.3.7, 15.4.5): what is not there may reserve
    206: "only a part of the document (206)",
    304: "not modified (304), though no copy of it is held",
}
_kept_of, _checked_of = Kept.of, Checked.of  # each document passes here
_READ, _ABSENT, _UNREADABLE, _UNREACHABLE, _NOT_ATTEMPTED = Result  # on Python 3.11 a look-up on the class is slow


def last_copy(old: Kept | None) -> Kept | None:
    """The copy that was read whole last, of which a 304 speaks (RFC 9110 15.4.5)."""
    if old is None:
        return None
    if old.said.copy is not None:
        return old.said.copy
    return old if old.said.read_at is not None and old.checked.result is _READ else None


def read_answer(task: Gathering, url: str, document: Document, fetched: Fetched | None, old: Kept | None) -> Kept:
    """What `url` answered, as it is kept of this document; `old` is what was kept of it before."""
    if fetched is None:
        return _never_asked(task, url, document)
    at, since = (task.now, task.now) if fetched.at is None else _times(task, fetched)
    if fetched.status in document.gone and fetched.error is None:  # most documents
        digest = _digest(task, fetched.body) if fetched.body else None
        lasts = expiry(tuple(parted(tuple(fetched.headers))), since) if fetched.headers else task.until(since)
        return _kept_of(document, _checked_of(url, _ABSENT, fetched.status, at, digest), lasts, SILENT)
    copy = last_copy(old)
    if copy is not None and fetched.status == 304 and not fetched.error and (copy.said.etag or copy.said.last_modified):
        return copy._replace(
            checked=copy.checked._replace(retrieved_at=at, cached=False),
            expires_at=expiry(tuple(fetched.headers), since),
            said=copy.said._replace(read_at=at),
        )
    copy = copy if copy is not None and _stands(copy, since) else None
    if fetched.status in _UNASKED and not fetched.error:
        fetched = replace(fetched, error=_UNASKED[fetched.status])
    received = fetched.body
    plain = message_body.document(fetched, document.max_bytes)
    fetched = plain.fetched
    shown = plain.octets or fetched.body or received
    digest = _digest(task, shown) if shown and not fetched.error else None
    source = Source(url, document.carrier, sha256=digest, retrieved_at=at)
    if plain.problem is None:
        reading = document.read(fetched, source, task.listener)
    else:
        reading, fetched = _read_part(task, document, fetched, source, plain.problem)
    if plain.note is not None:
        reading = reading._replace(faults=(Fault.at(source, plain.note, signal=document.signal), *reading.faults))
    result = reading.result
    if reading.hold or result is _UNREACHABLE:
        reading = _holding(task, document, fetched, source, reading)
    partial = plain.problem is not None and result is _READ
    checked = _checked_of(url, _UNREADABLE if partial else result, fetched.status, at, digest)
    if result is _UNREACHABLE:
        return _unreachable(document, reading, checked, since, old, copy)
    sites: tuple[Site, ...] = (reading.site,) if reading.site else ()
    declared: tuple[Declared, ...] = ()
    if document is robots.DOCUMENT and result is _READ:
        sites, declared = _robots_sites(task, fetched, source)
    sites += _seen(task, document, fetched, source, sites) if fetched.body else ()
    if partial:
        before = copy.said.sites if copy is not None else ()
        said = Said(
            sites=_stale((*sites, *before)),
            hold=reading.hold,
            faults=reading.faults,
            declared=declared,
            read_at=at,
            copy=copy,
        )
        return _kept_of(document, checked, at + UNREACHABLE_FOR, said)
    said = SILENT
    own_age = reading.max_age is not None
    if sites or declared or reading.hold or reading.faults or result is _READ or own_age:
        said = Said(
            sites=sites,
            hold=reading.hold,
            faults=reading.faults,
            declared=declared,
            read_at=at if result is _READ else None,
            etag=fetched.header("etag") if fetched.headers else None,
            last_modified=fetched.header("last-modified") if fetched.headers else None,
            own_age=own_age,
        )
    return _kept_of(document, checked, _expiry(task, fetched, reading, since), said)


def _times(task: Gathering, fetched: Fetched) -> tuple[datetime, datetime]:
    """When it came, and since when it lasts: who fetched it may have another clock than we."""
    at = fetched.at
    if at is None or at is task.now:
        return task.now, task.now
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return at, task.now if at - task.now > FLOOR else at


def _digest(task: Gathering, body: bytes) -> str:
    digest = hashlib.sha256(body).hexdigest()
    if task.keeper is not None:
        task.keeper.take(digest, body)
    return digest


def _read_part(
    task: Gathering, document: Document, fetched: Fetched, source: Source, problem: str
) -> tuple[DocumentReading, Fetched]:
    """
    What is left of a document that is there but not whole, or cannot be decoded: it is neither empty nor absent.

    What the part reserves counts; for the rest, which nobody read, the document stays undetermined in both postures.
    """
    reading = document.read(fetched, source, task.listener) if fetched.body else None
    if reading is None or reading.result is not _READ:
        fetched = replace(fetched, error=problem)
        reading = document.read(fetched, source, task.listener)
    fault = Fault.at(source, f"the document was not read whole: {problem}", signal=document.signal)
    reading = reading._replace(faults=(fault, *reading.faults))
    if reading.hold or not (document.required or document.path[0] == "/"):  # others only inform the record
        return reading, fetched
    return reading._replace(hold=(_undetermined(document, source, problem),)), fetched


def _holding(
    task: Gathering, document: Document, fetched: Fetched, source: Source, reading: DocumentReading
) -> DocumentReading:
    """The reading of a document that was not read whole, with what stands for it where it had to be."""
    if document is robots.DOCUMENT:
        return reading._replace(hold=_for_listener(task, reading.hold))
    if reading.hold or not document.required or document.own_hold:
        return reading
    return reading._replace(hold=(_undetermined(document, source, fetched.error or f"status {fetched.status}"),))


def _undetermined(document: Document, source: Source, words: str) -> Statement:
    """What stands for a document that had to be read and was not."""
    return Statement.at(
        source,
        kind=document.kind,
        signal=document.signal,
        usages=document.usages,
        stance=Stance.UNDETERMINED,
        excerpt=words,
    )


def _expiry(task: Gathering, fetched: Fetched, reading: DocumentReading, at: datetime) -> datetime:
    if reading.max_age is None:
        return expiry(tuple(fetched.headers), at) if fetched.headers else task.until(at)
    return at + min(max(reading.max_age, FLOOR), MAX_OWN_AGE)


def _robots_sites(task: Gathering, fetched: Fetched, source: Source) -> tuple[tuple[Site, ...], tuple[Declared, ...]]:
    text = robots_txt.parse(fetched.body, complete=fetched.complete)
    sites: list[Site] = []
    declared: list[Declared] = []
    for signal in task.signals:
        if signal.read_robots and (site := signal.read_robots(text, source, task.listener)) is not None:
            sites.append(site)
        if signal.declared_in_robots:
            declared += signal.declared_in_robots(text, source, task.listener)
    return tuple(sites), tuple(declared)


def _seen(
    task: Gathering, document: Document, fetched: Fetched, source: Source, sites: tuple[Site, ...]
) -> tuple[Site, ...]:
    """What a document reserves beside `sites` as it is seen, without what is invisible in it (cautious)."""
    if not task.listener.cautious or fetched.error or not 200 <= (fetched.status or 0) < 300:
        return ()
    body = seen_octets(fetched.body)
    if body is None or (document is robots.DOCUMENT and robots_txt.differ_in_tags(fetched.body, body)):
        return ()
    fetched = replace(fetched, body=body)
    if document is robots.DOCUMENT:
        others = _robots_sites(task, fetched, source)[0]
    else:
        site = document.read(fetched, source, task.listener).site
        others = () if site is None else (site,)
    return (Seen(sites, others),) if others else ()


def _for_listener(task: Gathering, hold: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Who does not listen to `robots` is refused no access, but the other standards in the file stay unread."""
    if robots.SIGNAL.name in task.listener.signals:
        return hold
    return tuple(
        replace(statement, kind=Kind.RESERVATION, signal=signal.name, usages=signal.usages)
        for statement in hold
        for signal in task.signals
        if signal.read_robots
    )


def _unreachable(
    document: Document, reading: DocumentReading, checked: Checked, at: datetime, old: Kept | None, copy: Kept | None
) -> Kept:
    """What was read before stays in force: some stand for themselves, other documents keep what they reserve."""
    said = Said(sites=(reading.site,) if reading.site else (), hold=reading.hold, faults=reading.faults)
    if old is not None and _stands(old, at):
        before = old.said
        said = said._replace(sites=_stale(before.sites), read_at=before.read_at, copy=copy)
        if document.copy_stands and not before.hold:  # it was read whole
            said = said._replace(sites=before.sites, hold=(), declared=before.declared)
    return _kept_of(document, checked, at + UNREACHABLE_FOR, said)


def _stands(kept: Kept, at: datetime) -> bool:
    """True if what a document said when it was read, which may be long ago, still stands while it cannot be had."""
    return kept.said.read_at is not None and abs(at - kept.said.read_at) <= MAX_STALE


def _stale(sites: tuple[Site, ...]) -> tuple[Site, ...]:
    return tuple([site if isinstance(site, Stale) else Stale(site) for site in sites])


def _never_asked(task: Gathering, url: str, document: Document) -> Kept:
    checked = Checked(url, _NOT_ATTEMPTED)
    if not document.required:
        return _kept_of(document, checked, task.now + UNREACHABLE_FOR, SILENT)
    source = Source(url=url, carrier=document.carrier)
    unasked: tuple[Statement, ...] = (_undetermined(document, source, "never asked for"),)
    if document is robots.DOCUMENT:
        unasked = _for_listener(task, unasked)
    if not unasked:
        return _kept_of(document, checked, task.now + UNREACHABLE_FOR, SILENT)
    return _kept_of(document, checked, task.now, Said(unasked=unasked))
