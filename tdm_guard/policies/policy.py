"""
What the documents of one origin say to one listener, in a form that is kept: compact sites, not documents.

A document that fails is remembered for minutes; what an older copy of it reserved stays in force meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple, Self

from tdm_guard.decision import Checked
from tdm_guard.formats.http.freshness import CEILING
from tdm_guard.formats.invisible import CODE
from tdm_guard.formats.site.path_pattern import as_browsers_read, normalise_path, target
from tdm_guard.model import NOTHING, Declared, Fault, Reading, Result, Stance, Statement
from tdm_guard.origin import Origin
from tdm_guard.signals import robots
from tdm_guard.signals.shape import Document, Listener, Site
from tdm_guard.signals.shared.repairs import join

MAX_OWN_AGE = timedelta(days=30)  # RSL 1.0: the default lifetime of a licence document; longer ones are asked for again
MAX_LENT = 64  # licence documents kept for the responses that declare them; the oldest go first
REPAIR = "path-backslash"
_expiry = attrgetter("expires_at")
_new = tuple.__new__  # half the time of a NamedTuple's own, for every document


class Said(NamedTuple):
    """
    What a document said, or what stands for it while it cannot be read.

    `hold` stands for every URL while the document cannot be read, `unasked` only until somebody fetches it. `declared`
    are the documents that it declares in its turn. `read_at` is when it was read; `etag` and `last_modified` are of
    that copy. `copy` is the last one that was read whole, where this stands in its place. `own_age`: the document said
    how long it lasts.
    """

    sites: tuple[Site, ...] = ()
    hold: tuple[Statement, ...] = ()
    unasked: tuple[Statement, ...] = ()
    faults: tuple[Fault, ...] = ()
    declared: tuple[Declared, ...] = ()
    read_at: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    copy: Kept | None = None
    own_age: bool = False


SILENT = Said()  # shared by all documents that are not there: most origins have more of those than of others


class Kept(NamedTuple):
    """One document of an origin: `path` on it, or the absolute URL where it was declared; `signal` is whose it is."""

    path: str
    checked: Checked
    expires_at: datetime
    said: Said = SILENT
    signal: str = ""

    @classmethod
    def of(cls, document: Document, checked: Checked, expires_at: datetime, said: Said) -> Self:
        """What is kept of one of the documents that are looked for."""
        return _new(cls, (document.path, checked, expires_at, said, document.signal))

    @property
    def fresh_from(self) -> datetime:
        """Before this it was not read, whatever the clock says: nothing is fresh for longer than its limit."""
        try:
            return self.expires_at - (MAX_OWN_AGE if self.said.own_age else CEILING)
        except OverflowError:  # the first days of the calendar
            return self.expires_at

    def is_fresh(self, now: datetime) -> bool:
        """True if it need not be asked for again at `now`; a clock that was set back makes nothing fresh for years."""
        return self.fresh_from <= now < self.expires_at

    def as_cached(self) -> Kept:
        """The same, marked as cached in records."""
        return self._replace(checked=self.checked._replace(cached=True))


@dataclass(frozen=True, slots=True)
class Stale:
    """An older copy of a document that cannot be had now: its reservations stay in force, its releases do not."""

    site: Site

    def says(self, target: str) -> Reading:
        """What the older copy reserves for `target`."""
        reading = self.site.says(target)
        reserved = tuple(s for s in reading.statements if s.stance is Stance.RESERVED)
        return Reading(reserved, reading.faults) if reserved else NOTHING


@dataclass(frozen=True, slots=True)
class Seen:
    """The sites of a document read again without what is invisible in it: only what they reserve beside `sites`."""

    sites: tuple[Site, ...]
    others: tuple[Site, ...]

    def says(self, target: str) -> Reading:
        """What is reserved of `target` only so."""
        heard = tuple(s for site in self.sites for s in site.says(target).statements)
        return beside(heard, tuple(s for site in self.others for s in site.says(target).statements))


def _is_known_robots(item: Kept) -> bool:
    return item.path == robots.DOCUMENT.path and item.checked.result is not Result.NOT_ATTEMPTED


def beside(heard: tuple[Statement, ...], more: tuple[Statement, ...]) -> Reading:
    """Those of `more`, which were heard without what is invisible, that reserve what none of `heard` does."""
    known = {(s.signal, s.kind, usage) for s in heard if s.stance is Stance.RESERVED for usage in s.usages}
    added = tuple(
        replace(s, repair=join(s.repair, CODE))
        for s in more
        if s.stance is Stance.RESERVED and not known.issuperset((s.signal, s.kind, usage) for usage in s.usages)
    )
    return Reading(added) if added else NOTHING


def say_sites(sites: tuple[Site, ...], target: str, *, cautious: bool) -> list[Reading]:
    """What each of `sites` says of a path with its query, and what it reserves of the path as browsers read it."""
    found = [site.says(target) for site in sites]
    if "%" in target and cautious:
        heard = tuple(statement for reading in found for statement in reading.statements)
        found.append(Reading(_heard_as_browsers(sites, target, heard)))
    return found


def _heard_as_browsers(sites: tuple[Site, ...], target: str, heard: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """What is reserved of a path with backslashes, tabs or line ends as browsers, and some servers, read it."""
    other = as_browsers_read(target)
    if other is None:
        return ()
    return tuple(
        replace(statement, repair=join(statement.repair, REPAIR))
        for site in sites
        for statement in site.says(other).statements
        if statement.stance is Stance.RESERVED and statement not in heard
    )


@dataclass(slots=True, kw_only=True)  # not frozen, which takes four times as long to make; nobody changes one
class OriginPolicy:
    """
    All that the documents of one origin say to one listener; compact and picklable.

    `root` is how the usual addresses of the origin begin. `expires_at` (UTC) is when the first of its documents must
    be asked for again; at a time before `fresh_from` one of them would be fresh for too long.
    """

    origin: Origin
    name: str
    root: str
    listener: Listener
    kept: tuple[Kept, ...]
    expires_at: datetime
    fresh_from: datetime
    checked: tuple[Checked, ...]
    sites: tuple[Site, ...]
    hold: tuple[Statement, ...]
    unasked: tuple[Statement, ...]
    faults: tuple[Fault, ...]
    lent: tuple[Kept, ...] = ()
    learned: tuple[Kept, ...] = ()

    @classmethod
    def of(
        cls,
        origin: Origin,
        listener: Listener,
        kept: tuple[Kept, ...],
        lent: tuple[Kept, ...] = (),
        learned: tuple[Kept, ...] = (),
    ) -> OriginPolicy:
        """
        The policy that these documents make.

        `lent` ones speak only for responses that declare them; `learned` ones are feeds that were crawled, which speak
        for their items.
        """
        sites: tuple[Site, ...] = ()
        hold: tuple[Statement, ...] = ()
        unasked: tuple[Statement, ...] = ()
        faults: tuple[Fault, ...] = ()
        longer = False
        for item in (*kept, *learned) if learned else kept:
            said = item.said
            if said is not SILENT:
                longer = longer or said.own_age
                sites += said.sites
                hold += said.hold
                unasked += said.unasked
                faults += said.faults
        name = str(origin)
        return cls(
            origin=origin,
            name=name,
            root=name + "/",
            listener=listener,
            kept=kept,
            expires_at=min([item.expires_at for item in kept]),
            fresh_from=max([item.fresh_from for item in kept]) if longer else max(kept, key=_expiry).fresh_from,
            checked=tuple([item.checked for item in kept]),
            sites=sites,
            hold=hold,
            unasked=unasked,
            faults=faults,
            lent=lent[-MAX_LENT:],
            learned=learned,
        )

    def learning(self, more: tuple[Kept, ...]) -> OriginPolicy:
        """The same policy with feeds that were crawled."""
        paths = {item.path for item in more}
        learned = (*(item for item in self.learned if item.path not in paths), *more)[-MAX_LENT:]
        return OriginPolicy.of(self.origin, self.listener, self.kept, self.lent, learned)

    def beside_robots(self) -> OriginPolicy:
        """
        The same policy, and where its robots.txt is known, without documents that nobody asked for taken for doubts.

        Those stay that the site says are there.
        """
        if not self.unasked or not any(map(_is_known_robots, self.kept)):
            return self
        declared = tuple([said for item in self.kept if item.path[:1] != "/" for said in item.said.unasked])
        return replace(self, unasked=declared)

    def is_fresh(self, now: datetime) -> bool:
        """True if none of its documents must be asked for at `now`."""
        return self.fresh_from <= now < self.expires_at

    def target(self, url: str) -> str:
        """Path and query of a URL of this origin, as `formats.site.path_pattern.target` spells them."""
        if not url.startswith(self.root) or "#" in url:
            return target(url)
        return normalise_path(url[len(self.name) :])

    def lending(self, more: tuple[Kept, ...]) -> OriginPolicy:
        """The same policy with documents that responses declared."""
        read = {(item.path, item.signal) for item in more}
        rest = (item for item in self.lent if (item.path, item.signal) not in read)
        return replace(self, lent=(*rest, *more)[-MAX_LENT:])

    def beside(self, other: OriginPolicy, now: datetime) -> OriginPolicy:
        """The same policy with what `other`, of the same origin, has of other responses, as far as it is fresh."""
        policy = self.lending(tuple(item for item in other.lent if item.is_fresh(now)))
        learned = tuple(item for item in other.learned if item.is_fresh(now))
        return policy.learning(learned) if learned else policy

    def says(self, target: str) -> Reading:
        """What is said of a path with its query, in the spelling of `formats.site.path_pattern.target`."""
        statements = self.hold
        faults = self.faults
        for site in self.sites:
            reading = site.says(target)
            if reading is not NOTHING:
                statements += reading.statements
                faults += reading.faults
        if "%" in target and self.listener.cautious:
            statements += _heard_as_browsers(self.sites, target, statements)
        return Reading(statements, faults) if statements or faults else NOTHING

    def covers(self, url: str) -> bool:
        """True if `url` is of this origin; the usual spelling is recognised without parsing."""
        return url.startswith(self.root) or Origin.parse(url) == self.origin

    def lent_for(self, declared: tuple[Declared, ...], now: datetime) -> tuple[Kept, ...]:
        """The documents, still fresh at `now`, that these declarations name."""
        named = {(item.url, item.signal) for item in declared}
        return tuple(item for item in self.lent if (item.path, item.signal) in named and item.is_fresh(now))

    def as_cached(self) -> OriginPolicy:
        """The same policy as later cases see it: its documents are marked as cached in their records."""
        kept = tuple(item.as_cached() for item in self.kept)
        lent = tuple(item.as_cached() for item in self.lent)
        return OriginPolicy.of(self.origin, self.listener, kept, lent, self.learned)
