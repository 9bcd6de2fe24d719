"""
What the documents of one origin say, for how long, and which documents have to be read for that.

strategy: `gather` is a generator that yields what it wants fetched and takes what came; whoever has a network, or a
mapping of stored documents, drives it. An `OriginPolicy` keeps compact sites, not documents. A document that fails is
remembered for minutes; what an older copy of it reserved stays in force meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tdm_guard.formats import robots_txt
from tdm_guard.formats.freshness import expiry
from tdm_guard.model import NOTHING, Checked, Fault, Fetched, Kind, Reading, Result, Source, Stance, Statement
from tdm_guard.origin import Origin
from tdm_guard.signals import robots
from tdm_guard.signals._signal import Document, DocumentReading, Listener, Signal, Site

UNREACHABLE_FOR = timedelta(minutes=5)  # an origin that failed is asked again after this
MAX_STALE = timedelta(days=30)  # RFC 9309 2.3.1.4: a copy may be kept about this long while the origin fails


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A document to fetch: its URL, how many bytes of it count, and validators of the copy we hold."""

    url: str
    max_bytes: int
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """
    One document of an origin as we keep it.

    `hold` stands for every URL while the document cannot be read; `unasked` only until somebody fetches it.
    """

    path: str
    checked: Checked
    expires_at: datetime
    sites: tuple[Site, ...] = ()
    hold: tuple[Statement, ...] = ()
    unasked: tuple[Statement, ...] = ()
    faults: tuple[Fault, ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stale:
    """An older copy of a document that cannot be had now: its reservations stay in force, its releases do not."""

    site: Site

    def hear(self, target: str) -> Reading:
        """What the older copy reserves for `target`."""
        reading = self.site.hear(target)
        reserved = tuple(s for s in reading.statements if s.stance is Stance.RESERVED)
        return Reading(reserved, reading.faults) if reserved else NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginPolicy:
    """
    All that the documents of one origin say to one listener; compact and picklable.

    `expires_at` (UTC) is when the first of its documents must be asked for again.
    """

    origin: Origin
    name: str
    listener: Listener
    kept: tuple[Kept, ...]
    expires_at: datetime
    checked: tuple[Checked, ...]
    sites: tuple[Site, ...]
    hold: tuple[Statement, ...]
    unasked: tuple[Statement, ...]
    faults: tuple[Fault, ...]

    @classmethod
    def of(cls, origin: Origin, listener: Listener, kept: tuple[Kept, ...]) -> OriginPolicy:
        """The policy that these documents make."""
        return cls(
            origin=origin,
            name=str(origin),
            listener=listener,
            kept=kept,
            expires_at=min(item.expires_at for item in kept),
            checked=tuple(item.checked for item in kept),
            sites=tuple(site for item in kept for site in item.sites),
            hold=tuple(statement for item in kept for statement in item.hold),
            unasked=tuple(statement for item in kept for statement in item.unasked),
            faults=tuple(fault for item in kept for fault in item.faults),
        )

    def hear(self, target: str) -> Reading:
        """What is said of a path with its query, in the spelling of `formats.path_pattern.target`."""
        statements = self.hold
        faults = self.faults
        for site in self.sites:
            reading = site.hear(target)
            if reading is not NOTHING:
                statements += reading.statements
                faults += reading.faults
        return Reading(statements, faults) if statements or faults else NOTHING

    def covers(self, url: str) -> bool:
        """True if `url` is of this origin; the usual spelling is recognised without parsing."""
        name = self.name
        if url.startswith(name) and url[len(name) : len(name) + 1] in ("/", "", "?", "#"):
            return True
        return Origin.parse(url) == self.origin

    def as_cached(self) -> OriginPolicy:
        """The same policy as later cases see it: its documents are marked as cached in their records."""
        kept = tuple(replace(item, checked=replace(item.checked, cached=True)) for item in self.kept)
        return OriginPolicy.of(self.origin, self.listener, kept)


def documents(signals: tuple[Signal, ...], listener: Listener) -> tuple[Document, ...]:
    """The documents at well-known places that can bear on the usages asked, in the order of the signals."""
    relevant = [signal for signal in signals if not set(signal.usages).isdisjoint(listener.usages)]
    found = {signal.document.path: signal.document for signal in relevant if signal.document}
    if any(signal.read_robots for signal in relevant):
        found = {robots.DOCUMENT.path: robots.DOCUMENT, **found}
    return tuple(found.values())


def gather(
    origin: Origin, signals: tuple[Signal, ...], listener: Listener, now: datetime, previous: OriginPolicy | None = None
) -> Generator[tuple[Wanted, ...], Mapping[str, Fetched | None], OriginPolicy]:
    """
    Reads an origin's documents: yields those wanted next, side by side, and takes what each URL answered.

    None stands for "never asked". Documents of `previous` that are still fresh are kept as they are.
    """
    before = {item.path: item for item in previous.kept} if previous else {}
    wanted = documents(signals, listener)
    due = [document for document in wanted if not _fresh(before.get(document.path), now)]
    answers: Mapping[str, Fetched | None] = {}
    if due:
        answers = yield tuple(_want(origin, document, before.get(document.path)) for document in due)
    kept = []
    for document in wanted:
        old = before.get(document.path)
        if document in due:
            fetched = answers.get(f"{origin}{document.path}")
            kept.append(_read(origin, document, fetched, signals, listener, now, old))
        elif old is not None:
            kept.append(old)
    return OriginPolicy.of(origin, listener, tuple(kept) or (_nothing_to_read(origin, now),))


def _nothing_to_read(origin: Origin, now: datetime) -> Kept:
    checked = Checked(document=f"{origin}{robots.DOCUMENT.path}", result=Result.NOT_ATTEMPTED)
    return Kept(path=robots.DOCUMENT.path, checked=checked, expires_at=now + timedelta(hours=24))


def _fresh(kept: Kept | None, now: datetime) -> bool:
    return kept is not None and now < kept.expires_at and not kept.unasked


def _want(origin: Origin, document: Document, old: Kept | None) -> Wanted:
    return Wanted(
        url=f"{origin}{document.path}",
        max_bytes=document.max_bytes,
        etag=old.etag if old else None,
        last_modified=old.last_modified if old else None,
    )


def _read(
    origin: Origin,
    document: Document,
    fetched: Fetched | None,
    signals: tuple[Signal, ...],
    listener: Listener,
    now: datetime,
    old: Kept | None,
) -> Kept:
    url = f"{origin}{document.path}"
    if fetched is None:
        return _never_asked(url, document, signals, listener, now)
    at = fetched.at or now
    if fetched.status == 304 and old is not None and not fetched.error:
        checked = replace(old.checked, retrieved_at=at, cached=False)
        return replace(old, checked=checked, expires_at=expiry(tuple(fetched.headers), at), read_at=at)
    digest = hashlib.sha256(fetched.body).hexdigest() if fetched.body and not fetched.error else None
    source = Source(url=url, carrier=document.carrier, sha256=digest, retrieved_at=at)
    reading = document.read(fetched, source, listener)
    if document is robots.DOCUMENT:
        reading = replace(reading, hold=_for_listener(reading.hold, signals, listener))
    checked = Checked(
        document=url, result=reading.result, status=fetched.status, retrieved_at=at, sha256=digest, cached=False
    )
    if reading.result is Result.UNREACHABLE:
        return _unreachable(document, reading, checked, at, old)
    sites: tuple[Site, ...] = (reading.site,) if reading.site else ()
    if document is robots.DOCUMENT and reading.result is Result.READ:
        sites = _robots_sites(fetched, source, signals, listener)
    return Kept(
        path=document.path,
        checked=checked,
        expires_at=expiry(tuple(fetched.headers), at),
        sites=sites,
        hold=reading.hold,
        faults=reading.faults,
        etag=fetched.header("etag"),
        last_modified=fetched.header("last-modified"),
        read_at=at if reading.result is Result.READ else None,
    )


def _robots_sites(
    fetched: Fetched, source: Source, signals: tuple[Signal, ...], listener: Listener
) -> tuple[Site, ...]:
    text = robots_txt.parse(fetched.body, complete=fetched.complete)
    read = [signal.read_robots(text, source, listener) for signal in signals if signal.read_robots]
    return tuple(site for site in read if site is not None)


def _for_listener(
    hold: tuple[Statement, ...], signals: tuple[Signal, ...], listener: Listener
) -> tuple[Statement, ...]:
    """Who does not listen to `robots` is refused no access, but the other standards in the file stay unread."""
    if robots.SIGNAL.name in listener.signals:
        return hold
    return tuple(
        replace(statement, kind=Kind.RESERVATION, signal=signal.name, usages=signal.usages)
        for statement in hold
        for signal in signals
        if signal.read_robots
    )


def _unreachable(
    document: Document, reading: DocumentReading, checked: Checked, at: datetime, old: Kept | None
) -> Kept:
    """What was read before stays in force: a stale robots.txt stands for itself, other files keep what they reserve."""
    kept = Kept(
        path=document.path, checked=checked, expires_at=at + UNREACHABLE_FOR, hold=reading.hold, faults=reading.faults
    )
    if old is None or old.read_at is None or at - old.read_at > MAX_STALE:
        return kept
    kept = replace(kept, etag=old.etag, last_modified=old.last_modified, read_at=old.read_at)
    if document is robots.DOCUMENT:
        return replace(kept, sites=old.sites, hold=())
    return replace(kept, sites=tuple(site if isinstance(site, Stale) else Stale(site) for site in old.sites))


def _never_asked(url: str, document: Document, signals: tuple[Signal, ...], listener: Listener, now: datetime) -> Kept:
    unasked: tuple[Statement, ...] = ()
    if document.required:
        source = Source(url=url, carrier=document.carrier)
        statement = Statement.at(
            source,
            kind=Kind.ACCESS if document is robots.DOCUMENT else Kind.RESERVATION,
            signal=document.signal,
            usages=document.usages,
            stance=Stance.UNDETERMINED,
            excerpt="never asked for",
        )
        unasked = (statement,)
        if document is robots.DOCUMENT:
            unasked = _for_listener(unasked, signals, listener)
    checked = Checked(document=url, result=Result.NOT_ATTEMPTED)
    return Kept(path=document.path, checked=checked, expires_at=now, unasked=unasked)
