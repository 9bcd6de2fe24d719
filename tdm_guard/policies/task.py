"""
A task: which documents of an origin are to be read, for whom, and what is asked for of each.

Whoever has a network, or a mapping of stored documents, answers with a `Fetched` by URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol, Self

from tdm_guard.formats.http.freshness import CEILING
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin
from tdm_guard.signals import robots
from tdm_guard.signals.shape import Document, Listener, Signal

_new = tuple.__new__  # half the time of a NamedTuple's own, for every document
Answers = Mapping[str, Fetched | None]  # by URL; None stands for "never asked"


class Wanted(NamedTuple):
    """A document to fetch: its URL, how many bytes of it count, and validators of the copy we hold."""

    url: str
    max_bytes: int
    etag: str | None = None
    last_modified: str | None = None

    @classmethod
    def anew(cls, url: str, max_bytes: int) -> Self:
        """One of which no copy is held."""
        return _new(cls, (url, max_bytes, None, None))


class Keeper(Protocol):
    """Who keeps what documents answered, as it was read, by its SHA-256."""

    def holds(self, sha256: str) -> bool:
        """True if there is a copy."""

    def take(self, sha256: str, body: bytes) -> None:
        """Takes what a document answered."""


class Gathering:
    """
    What is read of one origin, for whom, at what time (UTC). `wanted` are its well-known documents.

    `thorough`: what is reserved may be lifted by an authorisation, so that the other documents still count. `keeper`
    takes what was read, if anybody wants it.
    """

    __slots__ = ("_until", "asked", "keeper", "listener", "name", "now", "origin", "signals", "thorough", "wanted")

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
        self.keeper: Keeper | None = None
        self._until = (now, now)
        self.wanted = documents(signals, listener) if wanted is None else wanted

    def until(self, since: datetime) -> datetime:
        """When an answer that says nothing of its age is not fresh any more; one time for all that came at once."""
        if self._until[0] is not since or self._until[1] is since:
            self._until = (since, since + CEILING)
        return self._until[1]

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
