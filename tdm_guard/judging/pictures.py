"""
What pages said of the pictures they show, remembered until a picture is asked for.

strategy: `noai` and its like on a page speak of what the page shows, and a picture is a response of its own, often of
another origin. Two generations of addresses, each within half of the bytes: when the younger is full, the older is let
go. So the memory ends where a run ends, where it is full, and after a day; a picture that is asked for before the page
was read, or whose page was not read to the end, is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.errors import UnsupportedURL
from tdm_guard.formats.site.path_pattern import target
from tdm_guard.model import NOTHING, Reading, Statement
from tdm_guard.origin import Origin

if TYPE_CHECKING:
    from tdm_guard.judging.bench import Bench

DEFAULT_MAX_BYTES = 16 * 2**20  # some 100,000 pictures
SHOWN_FOR = timedelta(hours=24)  # as long as what a feed said of its items
MAX_STATEMENTS = 16  # of one page; three words, two addressees, field and tag

_PER_PICTURE = 130  # bytes: the digest, its place in the table, which may be half full
_PER_STATEMENT = 1_000  # bytes, its page's address apart
_CARRIERS = frozenset({"header", "html"})


def of_pictures(statements: Iterable[Statement], bench: Bench) -> tuple[Statement, ...]:
    """What was said on a page, in its tags or header fields, of the pictures that it shows."""
    speakers, posture = bench.of_pictures, bench.listener.posture
    found = [
        said
        for statement in statements
        if statement.signal in speakers and statement.carrier in _CARRIERS
        if (said := speakers[statement.signal](statement, posture)) is not None
    ]
    return tuple(found[:MAX_STATEMENTS])


class _Said(NamedTuple):
    """One page's words, shared by its pictures."""

    reading: Reading
    until: datetime


class _Generation:
    """Pictures by the digest of their address, and about how many bytes they take."""

    __slots__ = ("_next", "said", "weight")

    def __init__(self) -> None:
        self.said: dict[bytes, _Said] = {}
        self.weight = 0
        self._next: dict[str, _Generation] = {}

    def successor(self) -> _Generation:
        """The one generation that comes after this, whichever thread asks first (`setdefault` is atomic)."""
        return self._next.setdefault("next", _Generation())


class Shown:
    """
    The pictures that pages with such words show, within about `max_bytes` (bytes).

    It can be shared by threads.
    """

    def __init__(self, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._generations = (_Generation(), _Generation())

    def __len__(self) -> int:
        return sum(len(generation.said) for generation in self._generations)

    def remember(self, urls: Iterable[str], statements: tuple[Statement, ...], now: datetime) -> None:
        """Keeps what a page, read at `now`, said of the pictures at `urls` (`of_pictures`)."""
        if not statements:
            return
        said = _Said(Reading(statements), now + SHOWN_FOR)
        weight = sum(_PER_STATEMENT + len(statement.source) for statement in statements)
        for url in urls:
            key = _key(url)
            if key is not None:
                self._keep(key, said, weight)
                weight = 0

    def says(self, url: str, now: datetime) -> Reading:
        """What the page that was read last said of the picture at `url`; nothing if that is more than a day ago."""
        young, old = self._generations
        if not young.said and not old.said:
            return NOTHING
        key = _key(url)
        if key is None:
            return NOTHING
        said = young.said.get(key)
        if said is None:
            said = old.said.get(key)
            if said is not None:
                self._keep(key, said, 0)  # what is asked for is kept longer
        # a clock that was set back keeps nothing for years
        return said.reading if said is not None and now < said.until <= now + 2 * SHOWN_FOR else NOTHING

    def _keep(self, key: bytes, said: _Said, weight: int) -> None:
        young, _ = self._generations
        if young.weight >= self.max_bytes // 2:
            # One assignment, the same for all threads that come here: nobody sees half of it, none undoes another's.
            self._generations = (young.successor(), young)
            young = young.successor()
        young.weight += weight + (0 if key in young.said else _PER_PICTURE)
        young.said[key] = said


def _key(url: str) -> bytes | None:
    """One digest for the spellings of an address; http and https are one, as browsers ask for both securely."""
    try:
        scheme, host, port = Origin.parse(url)
    except UnsupportedURL:
        return None
    place = "" if port == (443 if scheme == "https" else 80) else str(port)
    return blake2b(f"{host}:{place}{target(url)}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
