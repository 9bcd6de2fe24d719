"""
The shape of a signal: one standard way of speaking, as an entry of `SIGNALS`.

strategy: a signal names the inputs it reads and gives one pure function for each. What a site-wide document says is
built once per origin into a `Site`, which is asked for each URL; what a response says is read per response. Readers
never touch the network, the clock or a logger, and never raise on what a stranger sent.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tdm_guard.model import Declared, Fault, Fetched, Headers, Kind, Posture, Reading, Result, Source, Statement
from tdm_guard.operator import Operator
from tdm_guard.usage import EVERY, TDM, Usage

if TYPE_CHECKING:
    from tdm_guard.formats.files.asset import Asset, Place
    from tdm_guard.formats.page.html import Page
    from tdm_guard.formats.site.robots_txt import RobotsTxt


PolicyTokens = tuple[tuple[str, tuple[Usage, ...]], ...]


@dataclass(frozen=True, slots=True)
class Listener:
    """
    For whom statements are read: the robots.txt product token, the posture, the signals listened to, the usages asked,
    and who asks.

    `agent` is `*` for nobody in particular: only groups for everyone then speak to us. `policy_tokens` are robots.txt
    tokens that state a preference to everybody, each with its usages. `thorough`: all that is reserved has to be read,
    since what is reserved already may be lifted.
    """

    agent: str
    posture: Posture = Posture.CAUTIOUS
    signals: frozenset[str] = frozenset()
    usages: tuple[Usage, ...] = TDM
    operator: Operator | None = None
    policy_tokens: PolicyTokens = ()
    thorough: bool = False

    @property
    def cautious(self) -> bool:
        """True if repairs that can only add a reservation are applied."""
        return self.posture is Posture.CAUTIOUS


class Site(Protocol):
    """
    What one document says about the URLs of its origin: compact, picklable, built once and asked per URL.

    One that can tell for less that it says nothing of most targets is a `QuietSite` too.
    """

    def says(self, target: str) -> Reading:
        """The statements for a path with its query, in the one spelling of `formats.site.path_pattern.target`."""


class QuietSite:
    """The base of a `Site` that is asked first whether it speaks at all."""

    __slots__ = ()

    def is_silent(self, target: str) -> bool:
        """True only if `says(target)` says nothing."""
        return False


class WideSite:
    """
    A `Site` that knows what it reserves of every URL: the base of those that can tell.

    Documents that could only add the same need not be fetched then.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:  # by a metaclass, each look at what a site is would take long
        missing = [name for name in ("everywhere", "says") if getattr(cls, name) is getattr(WideSite, name)]
        if missing:
            raise TypeError(f"{cls.__name__} lacks {' and '.join(missing)}, by which a site tells what it reserves")

    @property
    @abstractmethod
    def everywhere(self) -> tuple[Usage, ...]:
        """The usages that it reserves whatever the path."""

    @abstractmethod
    def says(self, target: str) -> Reading:
        """As of any `Site`; of every path it reserves at least the usages `everywhere`."""


GONE = frozenset({404, 410})  # RFC 9110 15.5.5, 15.5.11; what other refusals mean each document says itself


class DocumentReading(NamedTuple):
    """
    What a signal made of a document's answer: what became of it, what it says, its faults.

    `hold` are statements (undetermined ones) that stand for every URL while the document cannot be read. `max_age` is
    the lifetime that the document gives itself, of which 30 days count; None if it says none.
    """

    result: Result
    site: Site | None = None
    faults: tuple[Fault, ...] = ()
    hold: tuple[Statement, ...] = ()
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """
    A document to read of an origin: at a well-known path, or at the absolute URL at which something declared it.

    `signal` owns it and `usages` are those it can speak of; `max_bytes` bounds what is read of it. One that is
    `required` and was not read leaves the verdict undetermined, unless `own_hold`: then `read` alone says what stands
    for it. Others are asked for only while they can still change the outcome. `fallback` is a second place, looked at
    when the first has no such document: `second` is the document there. `gone` are statuses that say that there is
    none, whatever comes with them: `read` is not asked. `kind` is what it is about, read or not; `copy_stands`: while
    it cannot be had, an older copy stands for itself, of others only what they reserve.
    """

    path: str
    max_bytes: int
    read: Callable[[Fetched, Source, Listener], DocumentReading]
    signal: str = ""
    carrier: str = "file"
    usages: tuple[Usage, ...] = EVERY
    required: bool = True
    fallback: str | None = None
    kind: Kind = Kind.RESERVATION
    copy_stands: bool = False
    own_hold: bool = False
    gone: frozenset[int] = frozenset()
    second: Document | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self.fallback is not None:
            object.__setattr__(self, "second", replace(self, path=self.fallback, fallback=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """
    One standard: its name in records and options, the exact version read, and its readers.

    `usages` are those it can speak of: for others its inputs need not be read.
    `declared_in_robots` finds the documents that robots.txt declares, `read_declared` reads such a one, whatever
    declared it.
    `names_policies`: what its statements name as `policy_url` is a document of its own, which `read_declared` reads for
    whom to ask, and for what.
    `names_licences`: what its statements come from is a licence, by which an authorisation names them (`licences`).
    `headers` are the response fields (lower case) that `read_headers` looks at; it is called when one is there.
    `html_words` (lower case, letters of ASCII): one of them stands in every tag that `read_html` reacts to.
    `read_hop` reads the same fields of an earlier redirect hop of the same fetch.
    `statuses` are those that speak by themselves: `read_status` is called for them, with the `headers` that are there.
    `of_pictures` is what a statement on a page, in a tag or a header field, says of the pictures that the page shows:
    the statement that stands for them, or None.
    `read_feed` reads an XML body: its site speaks for the feed itself and for the items' URLs on the feed's origin.
    `read_challenge` reads the body of a 401 or 402.
    `asset_places` are the kinds of packet inside a file that `read_asset` looks at; it is called when the file has one,
    or has one that could not be read.
    `settle` is the standard's own precedence among its carriers, under the posture given; between standards
    `decide` rules.
    """

    name: str
    title: str
    spec: str
    usages: tuple[Usage, ...] = EVERY
    document: Document | None = None
    read_robots: Callable[[RobotsTxt, Source, Listener], Site | None] | None = None
    declared_in_robots: Callable[[RobotsTxt, Source, Listener], tuple[Declared, ...]] | None = None
    read_declared: Callable[[Declared, Fetched, Source, Listener], DocumentReading] | None = None
    names_policies: bool = False
    names_licences: bool = False
    headers: frozenset[str] = frozenset()
    html_words: tuple[str, ...] = ()
    read_headers: Callable[[Headers, Source, Listener], Reading] | None = None
    read_hop: Callable[[Headers, Source, Listener], Reading] | None = None
    statuses: frozenset[int] = frozenset()
    read_status: Callable[[int, Headers, Source, Listener], Reading] | None = None
    read_html: Callable[[Page, Source, Listener], Reading] | None = None
    of_pictures: Callable[[Statement, Posture], Statement | None] | None = None
    read_feed: Callable[[bytes, Source, Listener], DocumentReading] | None = None
    read_challenge: Callable[[bytes, Source, Listener], Reading] | None = None
    asset_places: frozenset[Place] = frozenset()
    read_asset: Callable[[Asset, Source, Listener], Reading] | None = None
    settle: Callable[[tuple[Statement, ...], Posture], tuple[Statement, ...]] | None = None
