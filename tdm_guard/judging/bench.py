"""
What one set of options comes to, prepared once: who can speak where, for whom is read, on what terms is decided.

A case, and what reads its fields and its body, use a bench; whoever opens cases makes one. It holds values, reads no
options and no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tdm_guard.decision import Match
from tdm_guard.formats.http.media_type import Markup
from tdm_guard.formats.page import page_items
from tdm_guard.formats.page.html import Scanner
from tdm_guard.judging.decide import Terms, decide
from tdm_guard.origin import Origin
from tdm_guard.policies.task import Gathering, documents
from tdm_guard.repertoire.excluded import Exclusions
from tdm_guard.repertoire.item import Item
from tdm_guard.repertoire.matching import HeardWorks, Repertoire
from tdm_guard.signals import repertoire
from tdm_guard.signals.shape import Listener, Signal

CONTENT_FIELDS = frozenset({"content-type", "content-encoding", "content-range"})  # what a body is told by


class Bench:
    """
    Signals by what they read, the listener and the terms, and what follows from them; nobody changes one.

    `signals` are those that can speak of a usage asked for. `readers`: who can speak in a body of each kind; `fields`:
    the response fields that a signal reads; `heard`: all that a case looks at; `nothing_said`: the outcome of silence;
    `plain`: nothing counts but what sites and responses say, no declaration over a repertoire, no list of sites.
    `keeps`: the pieces of a response that something rests on are collected, without the values of such parameters.
    """

    def __init__(
        self,
        signals: tuple[Signal, ...],
        listener: Listener,
        terms: Terms,
        *,
        max_asset_bytes: int,
        declared: Repertoire | None = None,
        excluded: Exclusions | None = None,
        machine_readable_only: bool = False,
        keeps: tuple[str, ...] = (),
    ) -> None:
        self.listener = listener
        self.terms = terms
        self.max_asset_bytes = max_asset_bytes
        self.keeps = keeps
        asked = set(listener.usages)
        self.signals = tuple(signal for signal in signals if not asked.isdisjoint(signal.usages))
        self.header_signals = tuple(signal for signal in self.signals if signal.read_headers)
        cautious = listener.cautious  # to the letter nothing counts of what an earlier hop says
        self.hop_signals = tuple(signal for signal in self.header_signals if signal.read_hop and cautious)
        self.hop_fields = frozenset().union(*(signal.headers for signal in self.hop_signals)) - {"content-type"}
        self.status_signals = tuple(signal for signal in self.signals if signal.read_status)
        self.statuses = frozenset().union(*(signal.statuses for signal in self.status_signals))
        self.page_signals = tuple(signal for signal in self.signals if signal.read_html)
        self.feed_signals = tuple(signal for signal in self.signals if signal.read_feed)
        self.asset_signals = tuple(signal for signal in self.signals if signal.read_asset)
        self.repertoire = declared if repertoire.SIGNAL in self.signals else None
        self.excluded = excluded
        self._machine_readable_only = machine_readable_only
        if self.repertoire is not None:  # what a page says of the works on it
            self.page_signals += (repertoire.SIGNAL,)
        self.of_pictures = {signal.name: signal.of_pictures for signal in self.signals if signal.of_pictures}
        self.policy_speakers = frozenset(signal.name for signal in self.signals if signal.names_policies)
        self.readers = {
            Markup.HTML: self.page_signals,
            Markup.FEED: self.feed_signals,
            Markup.OTHER: (),
            # of one whose kind is not known yet, any
            Markup.UNKNOWN: tuple(dict.fromkeys(self.page_signals + self.feed_signals + self.asset_signals)),
        }
        self.hears_challenges = any(signal.read_challenge for signal in self.signals)
        self.settling_signals = tuple(signal for signal in self.signals if signal.settle)
        self.fields = frozenset().union(*(signal.headers for signal in self.header_signals)) - {"content-type"}
        self.heard = self.fields | CONTENT_FIELDS
        words = [word for signal in self.page_signals for word in signal.html_words]
        words += [f'"{listener.agent.lower()}'] if words else []  # whatever is said to us is read
        self.scanner = Scanner([*words, *page_items.WORDS] if self.repertoire else words)
        self.nothing_said = decide((), terms)
        self.plain = self.repertoire is None and excluded is None
        self.documents = documents(self.signals, listener)

    def gathering(self, origin: Origin, now: datetime) -> Gathering:
        """What is to be read of an origin at `now`."""
        thorough = self.listener.thorough
        return Gathering(origin, self.signals, self.listener, now, self.documents, thorough=thorough)

    def bars(self, origin: Origin) -> bool:
        """True for an origin on a list of sites to leave out: nothing of it is asked for, not even what it says."""
        return self.excluded is not None and self.terms.enforced and bool(self.excluded.find(origin.host))

    def says_of_works(self, url: str | None, items: Sequence[Item], now: datetime, *, at: str) -> HeardWorks:
        """What the declarations loaded say of the works `items`, found `at` an address, and of what stands at `url`."""
        if self.repertoire is None:
            return HeardWorks((), Match.UNMATCHABLE)
        return self.repertoire.says(
            url,
            items,
            now=now,
            operator=self.listener.operator,
            machine_readable_only=self._machine_readable_only,
            at=at,
        )
