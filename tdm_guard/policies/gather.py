"""
Which documents of an origin have to be read, in which order, and how their answers become its policy.

strategy: `gather` is a generator that yields what it wants fetched, side by side, and takes what came; whoever has a
network, or a mapping of stored documents, drives it. First come the documents that must be read, then those that can
still change the outcome for the usages asked, then second places and what robots.txt declares.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from tdm_guard.formats import message_body, robots_txt
from tdm_guard.formats.freshness import FLOOR, expiry
from tdm_guard.formats.invisible import seen_octets
from tdm_guard.model import Checked, Declared, Fault, Fetched, Kind, Result, Source, Stance, Statement
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import MAX_OWN_AGE, SILENT, Kept, OriginPolicy, Said, Seen, Stale
from tdm_guard.signals import robots
from tdm_guard.signals._signal import Document, DocumentReading, Listener, Signal, Site
from tdm_guard.usage import Usage

UNREACHABLE_FOR = timedelta(minutes=5)  # an origin that failed is asked again after this
MAX_STALE = timedelta(days=30)  # RFC 9309 2.3.1.4: a copy may be kept about this long while the origin fails
MAX_DECLARED_BYTES = 2**20  # of one licence document
MAX_ROUNDS = 6  # well-known, optional, second places and declared ones come in four; the bound is for safety

_UNASKED = {  # answers that nobody asked for (RFC 9110 15.3.7, 15.4.5): what is not there may reserve
    206: "only a part of the document (206)",
    304: "not modified (304), though no copy of it is held",
}
Answers = Mapping[str, Fetched | None]
_READ, _ABSENT, _UNREADABLE, _UNREACHABLE, _NOT_ATTEMPTED = Result  # on Python 3.11 a look-up on the class is slow


class Wanted(NamedTuple):
    """A document to fetch: its URL, how many bytes of it count, and validators of the copy we hold."""

    url: str
    max_bytes: int
    etag: str | None = None
    last_modified: str | None = None


class Gathering:
    """
    What is read of one origin, for whom, at what time (UTC). `wanted` are its well-known documents.

    `thorough`: what is reserved may be lifted by an authorisation, so that the other documents still count.
    """

    __slots__ = ("asked", "listener", "name", "now", "origin", "signals", "thorough", "wanted")

    def __init__(
        self,
        origin: Origin,
        signals: tuple[Signal, ...],
        listener: Listener,
        now: datetime,
        wanted: tuple[Document, ...] | None = None,
        *,
        thorough: bool = False,
    ) -> None:
        self.origin = origin
        self.name = str(origin)
        self.signals = signals
        self.listener = listener
        self.now = now
        self.asked = frozenset(listener.usages)
        self.thorough = thorough
        self.wanted = documents(signals, listener) if wanted is None else wanted

    def url(self, document: Document) -> str:
        """The absolute URL of a document."""
        return self.name + document.path if document.path[0] == "/" else document.path


def documents(signals: tuple[Signal, ...], listener: Listener) -> tuple[Document, ...]:
    """The documents at well-known places that can bear on the usages asked, those that must be read first."""
    relevant = [signal for signal in signals if not set(signal.usages).isdisjoint(listener.usages)]
    found = {signal.document.path: signal.document for signal in relevant if signal.document}
    if any(signal.read_robots or signal.declared_in_robots for signal in relevant):
        found = {robots.DOCUMENT.path: robots.DOCUMENT, **found}
    return tuple(sorted(found.values(), key=lambda document: not document.required))


def gather(
    task: Gathering, previous: OriginPolicy | None = None
) -> Generator[tuple[Wanted, ...], Answers, OriginPolicy]:
    """
    Reads an origin's documents: yields those wanted next, side by side, and takes what each URL answered.

    None stands for "never asked". Documents of `previous` that are still fresh are kept as they are.
    """
    before = {item.path: item for item in previous.kept} if previous else {}
    kept: dict[str, Kept] = {}
    for _ in range(MAX_ROUNDS):
        batch = _next_round(task, kept)
        if not batch:
            break
        yield from _read_round(task, batch, kept, before)
    documents = tuple(kept.values()) or (_nothing_to_read(task),)
    lent = previous.lent if previous else ()
    learned = tuple(item for item in previous.learned if item.is_fresh(task.now)) if previous else ()
    return OriginPolicy.of(task.origin, task.listener, documents, lent, learned)


def read_lent(
    task: Gathering, declared: tuple[Declared, ...], lent: tuple[Kept, ...]
) -> Generator[tuple[Wanted, ...], Answers, tuple[Kept, ...]]:
    """Reads documents that a response declares; those of `lent` that are fresh are kept as they are."""
    kept: dict[str, Kept] = {}
    batch = [_declared_document(task, item) for item in declared]
    signals = {item.signal for item in declared}
    before = {item.path: item for item in lent if item.signal in signals}
    yield from _read_round(task, [d for d in batch if d is not None], kept, before)
    return tuple(kept.values())


def _next_round(task: Gathering, kept: Mapping[str, Kept]) -> list[Document]:
    """Required ones; then optional ones that can still change something; then second places and declared ones."""
    if not kept:
        required = [document for document in task.wanted if document.required]
        if required:
            return required
    found = [_declared_document(task, item) for document in kept.values() for item in document.said.declared]
    more = [document for document in found if document is not None and document.path not in kept]
    optional = _optional(task, kept)
    if optional and not any(_gave_no_answer(item.checked) for item in kept.values()):
        open_usages = task.asked if task.thorough else task.asked - _reserved_everywhere(kept)
        more += [document for document in optional if not open_usages.isdisjoint(document.usages)]
    return list({document.path: document for document in more}.values()) if more else more


def _optional(task: Gathering, kept: Mapping[str, Kept]) -> list[Document]:
    """Optional documents that were not looked for yet, and the second places of those that were not found."""
    found = []
    for document in task.wanted:
        if document.required:
            continue
        first = kept.get(document.path)
        if first is None:
            found.append(document)
        elif document.fallback and document.fallback not in kept and first.checked.result in (_ABSENT, _UNREADABLE):
            found.append(replace(document, path=document.fallback, fallback=None))
    return found


def _reserved_everywhere(kept: Mapping[str, Kept]) -> set[Usage]:
    """The usages that are reserved for the whole origin already, so that no further document can add to it."""
    found: set[Usage] = set()
    for item in kept.values():
        for site in item.said.sites:
            found.update(getattr(site, "everywhere", ()))
    return found


def _gave_no_answer(checked: Checked) -> bool:
    return checked.result is _UNREACHABLE and checked.status is None


def _declared_document(task: Gathering, declared: Declared) -> Document | None:
    for signal in task.signals:
        if signal.name == declared.signal and signal.read_declared is not None:
            return Document(
                path=declared.url,
                max_bytes=MAX_DECLARED_BYTES,
                read=partial(signal.read_declared, declared),
                signal=signal.name,
                carrier=signal.name,
                usages=signal.usages,
                required=declared.required,
            )
    return None


def _read_round(
    task: Gathering, batch: list[Document], kept: dict[str, Kept], before: Mapping[str, Kept]
) -> Generator[tuple[Wanted, ...], Answers, None]:
    due: list[tuple[str, Document, Kept | None]] = [
        (task.url(document), document, before.get(document.path) if before else None)
        for document in batch
        if not (before and _fresh(before.get(document.path), task.now))
    ]
    read: dict[str, Kept] = {}
    if due:
        answers = yield tuple([_want(*one) for one in due])
        for url, document, old in due:
            read[document.path] = _read(task, url, document, answers.get(url), old)
    for document in batch:
        kept[document.path] = read.get(document.path) or before[document.path]


def _nothing_to_read(task: Gathering) -> Kept:
    checked = Checked(document=task.name + robots.DOCUMENT.path, result=_NOT_ATTEMPTED)
    return Kept(path=robots.DOCUMENT.path, checked=checked, expires_at=task.now + timedelta(hours=24))


def _fresh(kept: Kept | None, now: datetime) -> bool:
    return kept is not None and kept.is_fresh(now) and not kept.said.unasked


def _want(url: str, document: Document, old: Kept | None) -> Wanted:
    copy = None if old is None else _last_copy(old)
    if copy is None:
        return Wanted(url, document.max_bytes)
    return Wanted(url, document.max_bytes, copy.said.etag, copy.said.last_modified)


def _last_copy(old: Kept | None) -> Kept | None:
    """The copy that was read whole last, of which a 304 speaks (RFC 9110 15.4.5)."""
    if old is None:
        return None
    if old.said.copy is not None:
        return old.said.copy
    return old if old.said.read_at is not None and old.checked.result is _READ else None


def _read(task: Gathering, url: str, document: Document, fetched: Fetched | None, old: Kept | None) -> Kept:
    if fetched is None:
        return _never_asked(task, url, document)
    at = fetched.at or task.now
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    ahead = at is not task.now and at - task.now > FLOOR  # who fetched it may have another clock than we
    since = task.now if ahead else at
    copy = _last_copy(old)
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
    digest = hashlib.sha256(shown).hexdigest() if shown and not fetched.error else None
    source = Source(url, document.carrier, digest, at)
    if plain.problem is None:
        reading = document.read(fetched, source, task.listener)
    else:
        reading, fetched = _read_part(task, document, fetched, source, plain.problem)
    if plain.note is not None:
        reading = reading._replace(faults=(Fault.at(source, plain.note, signal=document.signal), *reading.faults))
    if document is robots.DOCUMENT and reading.hold:
        reading = reading._replace(hold=_for_listener(task, reading.hold))
    result = reading.result
    partial = plain.problem is not None and result is _READ
    checked = Checked(url, _UNREADABLE if partial else result, fetched.status, at, digest)
    if result is _UNREACHABLE:
        return _unreachable(document, reading, checked, since, old, copy)
    sites: tuple[Site, ...] = (reading.site,) if reading.site else ()
    declared: tuple[Declared, ...] = ()
    if document is robots.DOCUMENT and result is _READ:
        sites, declared = _robots_sites(task, fetched, source)
    sites += _seen(task, document, fetched, source, sites) if fetched.body else ()
    if partial:
        before = copy.said.sites if copy is not None else ()
        said = Said(_stale((*sites, *before)), reading.hold, (), reading.faults, declared, read_at=at, copy=copy)
        return Kept(document.path, checked, at + UNREACHABLE_FOR, said, document.signal)
    said = SILENT
    if sites or declared or reading.hold or reading.faults or result is _READ:
        said = Said(
            sites=sites,
            hold=reading.hold,
            faults=reading.faults,
            declared=declared,
            read_at=at if result is _READ else None,
            etag=fetched.header("etag"),
            last_modified=fetched.header("last-modified"),
        )
    return Kept(document.path, checked, _expiry(fetched, reading, since), said, document.signal)


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
    hold = Statement.at(
        source,
        kind=Kind.ACCESS if document is robots.DOCUMENT else Kind.RESERVATION,
        signal=document.signal,
        usages=document.usages,
        stance=Stance.UNDETERMINED,
        excerpt=problem,
    )
    return reading._replace(hold=(hold,)), fetched


def _expiry(fetched: Fetched, reading: DocumentReading, at: datetime) -> datetime:
    if reading.max_age is None:
        return expiry(tuple(fetched.headers), at)
    return at + min(max(reading.max_age, FLOOR), MAX_OWN_AGE)


def _robots_sites(task: Gathering, fetched: Fetched, source: Source) -> tuple[tuple[Site, ...], tuple[Declared, ...]]:
    text = robots_txt.parse(fetched.body, complete=fetched.complete)
    read = [signal.read_robots(text, source, task.listener) for signal in task.signals if signal.read_robots]
    declared = [
        item
        for signal in task.signals
        if signal.declared_in_robots
        for item in signal.declared_in_robots(text, source, task.listener)
    ]
    return tuple(site for site in read if site is not None), tuple(declared)


def _seen(
    task: Gathering, document: Document, fetched: Fetched, source: Source, sites: tuple[Site, ...]
) -> tuple[Site, ...]:
    """What a document reserves beside `sites` as it is seen, without what is invisible in it (cautious)."""
    if not task.listener.cautious or fetched.error or not 200 <= (fetched.status or 0) < 300:
        return ()
    body = seen_octets(fetched.body)
    if body is None:
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
    """What was read before stays in force: a stale robots.txt stands for itself, other files keep what they reserve."""
    said = Said(sites=(reading.site,) if reading.site else (), hold=reading.hold, faults=reading.faults)
    if old is not None and _stands(old, at):
        before = old.said
        said = said._replace(sites=_stale(before.sites), read_at=before.read_at, copy=copy)
        if document is robots.DOCUMENT and not before.hold:  # it was read whole
            said = said._replace(sites=before.sites, hold=(), declared=before.declared)
    return Kept(document.path, checked, at + UNREACHABLE_FOR, said, document.signal)


def _stands(kept: Kept, at: datetime) -> bool:
    """True if what a document said when it was read, which may be long ago, still stands while it cannot be had."""
    return kept.said.read_at is not None and abs(at - kept.said.read_at) <= MAX_STALE


def _stale(sites: tuple[Site, ...]) -> tuple[Site, ...]:
    return tuple([site if isinstance(site, Stale) else Stale(site) for site in sites])


def _never_asked(task: Gathering, url: str, document: Document) -> Kept:
    checked = Checked(url, _NOT_ATTEMPTED)
    if not document.required:
        return Kept(document.path, checked, task.now + UNREACHABLE_FOR, SILENT, document.signal)
    statement = Statement.at(
        Source(url=url, carrier=document.carrier),
        kind=Kind.ACCESS if document is robots.DOCUMENT else Kind.RESERVATION,
        signal=document.signal,
        usages=document.usages,
        stance=Stance.UNDETERMINED,
        excerpt="never asked for",
    )
    unasked: tuple[Statement, ...] = (statement,)
    if document is robots.DOCUMENT:
        unasked = _for_listener(task, unasked)
    if not unasked:
        return Kept(document.path, checked, task.now + UNREACHABLE_FOR, SILENT, document.signal)
    return Kept(document.path, checked, task.now, Said(unasked=unasked), document.signal)
