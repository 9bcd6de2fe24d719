"""
Sites that a court or an authority found to infringe, in dated lists that the operator loads (`docs/exclusions.md`).

Leaving them out is no reservation of rights: nobody can lift it, and there is nobody to ask. A domain stands for itself
and for what is below it, by whole labels; an IP address for itself, however it is spelt.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from tdm_guard.errors import UnsupportedURL
from tdm_guard.model import Kind, Source, Stance, Statement
from tdm_guard.origin import Origin, addresses_meant, ip_text
from tdm_guard.repertoire.loaded import Loaded
from tdm_guard.repertoire.places import domain
from tdm_guard.repertoire.problem import Problem, shown
from tdm_guard.repertoire.table import Table
from tdm_guard.usage import EVERY

NAME = "excluded-sites"  # where a record names a signal: no standard says this
CARRIER = "list"
GOOD_LIST = '[[excluded_sites]] with id, issuer, date, source = { url = "…" } and domains = ["site.example"]'
MAX_HOST = 253  # characters (RFC 1035 2.3.4): a longer host has no address, and is looked up by its end
MAX_TOLD = 20  # mistakes of one list that are told: a list that is something else has one in every line
MAX_KEPT = 1024  # answers kept: the hosts a crawl works on at one time
_GOOD_DOMAINS = '["site.example"]'
_DEVIATING = frozenset("ßς\u200c\u200d")  # what IDNA 2008 keeps (RFC 5894 7.2) and older software maps to other letters
_WWW = "www."


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedList:
    """
    A list: who issued it, when, on whose finding, where it is published.

    `sha256` is of the file that was loaded, `published_sha256` of the document at `url` as it was `retrieved_at`.
    """

    id: str
    issuer: str
    date: date
    url: str
    authority: str | None = None
    title: str | None = None
    retrieved_at: datetime | None = None
    published_sha256: str | None = None
    sha256: str = ""

    @property
    def words(self) -> str:
        """Whose finding it is, for people."""
        found = f"found by {self.authority}" if self.authority else None
        return "; ".join(filter(None, (f"{self.issuer}, {self.date}", found, self.title, self.url)))

    def says(self, entry: str) -> Statement:
        """What it says of a site that is on it as `entry`."""
        return Statement.at(
            Source(url=self.id, carrier=CARRIER, sha256=self.sha256 or None, retrieved_at=self.retrieved_at),
            kind=Kind.EXCLUSION,
            signal=NAME,
            usages=EVERY,
            stance=Stance.RESERVED,
            locator=entry,
            excerpt=self.words,
        )


class Exclusions:
    """
    The lists loaded, in one table of the names on them; looking a host up takes as many steps as it has labels.

    `warnings` is what is legal in their files and perhaps not meant.
    """

    def __init__(
        self, lists: Iterable[tuple[ExcludedList, Iterable[str]]] = (), warnings: tuple[Problem, ...] = ()
    ) -> None:
        self.lists: tuple[ExcludedList, ...] = ()
        self.warnings = warnings
        self._entries: dict[str, tuple[ExcludedList, ...]] = {}
        for each, names in lists:
            self.lists += (each,)
            alone = (each,)  # one for all its names
            for name in names:
                before = self._entries.setdefault(name, alone)
                if before is not alone and each not in before:
                    self._entries[name] = (*before, each)
        self._addresses = any(map(_is_address, self._entries))

    def __bool__(self) -> bool:
        return bool(self._entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Exclusions) and (self.lists, self._entries) == (other.lists, other._entries)

    def __hash__(self) -> int:
        return hash(self.lists)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def sources(self) -> tuple[Loaded, ...]:
        """What the run record says of them."""
        return tuple(Loaded(id=each.id, version=str(each.date), sha256=each.sha256) for each in self.lists)

    def find(self, host: str) -> dict[ExcludedList, str]:
        """The lists that a host is on, each with the entry that is nearest to it; `host` as an `Origin` has it."""
        found: dict[ExcludedList, str] = {}
        entries = self._entries
        if _is_address(host):
            for address in addresses_meant(host) if self._addresses else ():
                for each in entries.get(address, ()):
                    found.setdefault(each, address)
            return found
        name = host if len(host) <= MAX_HOST else host[-MAX_HOST:].partition(".")[2]
        while name:
            for each in entries.get(name, ()):
                found.setdefault(each, name)
            name = name.partition(".")[2]
        return found

    def says(self, host: str) -> tuple[Statement, ...]:
        """What the lists say of a host."""
        found = self.find(host)
        return tuple([each.says(entry) for each, entry in found.items()]) if found else ()

    def says_of(self, url: str) -> tuple[Statement, ...]:
        """The same of an address; nothing of what is none."""
        try:
            return self.says(Origin.parse(url).host)
        except UnsupportedURL:
            return ()


def read_excluded(
    table: Mapping[str, Any], where: str
) -> tuple[tuple[ExcludedList, tuple[str, ...]] | None, tuple[Problem, ...]]:
    """The list in a table found at `where` (`<file>: …`) and its names, None if it has mistakes; and every problem."""
    at = Table(table, where, good=GOOD_LIST)
    day = at.day("date", required=True)
    source = at.table("source", '{ url = "https://court.example/list" }')
    read = ExcludedList(
        id=at.name("id", '"court-of-x-2026-03"'),
        issuer=at.name("issuer", '"Ministry of Culture"'),
        date=day or date.min,
        authority=at.name("authority", '"Regional Court of X, 12 O 34/26"', required=False) or None,
        title=at.name("title", '"Sites blocked by order of 3 March 2026"', required=False) or None,
        url=source.url("url", required=True) or "",
        retrieved_at=source.moment("retrieved_at"),
        published_sha256=source.digest("sha256"),
    )
    source.close()
    names = _names(at)
    at.close()
    return (None if at.mistakes() else (read, names)), tuple(at.problems)


def _names(at: Table) -> tuple[str, ...]:
    """The names in `domains`: a list, or one text with one on each line, in which `#` begins a comment."""
    given = at.given("domains")
    if given is None:
        if not at.broken:
            at.mistake("domains", "is missing", _GOOD_DOMAINS)
        return ()
    if not isinstance(given, (str, list)):
        at.mistake("domains", f"{shown(given)} is neither a list nor text with one on each line", _GOOD_DOMAINS)
        return ()
    found: dict[str, None] = {}
    wrong = 0
    for place, raw in _lines(given) if isinstance(given, str) else enumerate(given):
        names = _spellings(raw) if isinstance(raw, str) else ()
        if names:
            found.update(dict.fromkeys(names))
            continue
        wrong += 1
        if wrong <= MAX_TOLD:
            member = f"domains line {place}" if isinstance(given, str) else f"domains[{place}]"
            at.mistake(member, f"{shown(raw)} {_why(raw)}", _good(raw))
    if wrong > MAX_TOLD:
        at.mistake("domains", f"{wrong - MAX_TOLD} more are no domains", _GOOD_DOMAINS)
    if not found and not wrong:
        at.mistake("domains", "names nothing", _GOOD_DOMAINS)
    bare = [name for name in found if name.startswith(_WWW) and name.removeprefix(_WWW) not in found]
    if bare:
        at.warning(
            "domains", f"{shown(bare[0])} does not stand for what is above it", f'"{bare[0].removeprefix(_WWW)}"'
        )
    return tuple(found)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.partition("#")[0].strip()
        if entry:
            yield number, entry


def _spellings(raw: str) -> tuple[str, ...]:
    """How hosts are written that an entry stands for; none for what is neither a domain nor an address."""
    name = domain(raw)
    if name is None:
        address = _address(raw.strip())
        return (address,) if address else ()
    if raw.isascii() or _DEVIATING.isdisjoint(raw):
        return (name,)
    labels = raw.strip().strip(".").lower().split(".")
    newer = ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in labels
    )
    return (name, newer)


def _address(text: str) -> str | None:
    try:
        return ip_text(ipaddress.ip_address(text.removeprefix("[").removesuffix("]")))
    except ValueError:
        return None


@lru_cache(maxsize=MAX_KEPT)
def _is_address(host: str) -> bool:
    """True for a host that is no name: no name ends in a label that begins with a digit (RFC 3696 2)."""
    return ":" in host or host.rpartition(".")[2][:1].isdigit()


def _why(raw: object) -> str:
    if isinstance(raw, str) and domain(f"a.{raw.strip()}"):
        return "is a name under which others have theirs"
    return "is no domain and no IP address"


def _good(raw: object) -> str:
    """The entry that was meant, if that can be told: that of an address or of a pattern."""
    if isinstance(raw, str):
        bare = raw.strip().rpartition("://")[2].removeprefix("*").lstrip(".").partition("/")[0]
        host, _, port = bare.rpartition(":")
        bare = host if host and port.isdigit() else bare
        if bare != raw.strip() and _spellings(bare):
            return f'"{bare}"'
    return '"site.example"'
