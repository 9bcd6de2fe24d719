"""
Judges all that an archive holds, and logs it: items as they are; as undetermined what is damaged and has an address.

What is damaged and has none cannot be judged: it is told, and counted as failed in the end record.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tdm_guard.archives import Damage, Item, read_items
from tdm_guard.archives.items import unusual
from tdm_guard.decision import Decision
from tdm_guard.errors import ConfigurationError, UnsupportedURL
from tdm_guard.ledger.ledger import Ledger
from tdm_guard.ledger.library import Library
from tdm_guard.model import Stored

DAMAGED = "damaged"  # what a decision says it is of, where its record could not be read


@dataclass(slots=True, kw_only=True)
class Scan:
    """
    How archives are judged: as of the time of capture (`as_of` None), or of one for all.

    `archives` are those in which the originals of revisits may lie. `told` is called with damage.
    """

    as_of: datetime | None = None
    unread: str = "undetermined"
    archives: tuple[str, ...] = ()
    told: Callable[[Damage], object] = lambda damage: None
    counts: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    infos: dict[str, deque[tuple[int, int]]] = field(default_factory=dict)

    def decisions(self, path: str, ledger: Ledger, library: Library) -> Iterator[tuple[Item | Damage, Decision]]:
        """
        Each thing in an archive with the decision on it, which is in the log by then.

        `ledger` is that of the run; where its task is done, nothing is written. Raises `Unreadable`, `LogError`.
        """
        ledger.judge.library = library.document
        for found in self._counted(read_items(path, archives=self.archives, passed=self.passed, infos=self.infos)):
            decision = self._judged(found, ledger, library) if isinstance(found, Item) else None
            if isinstance(found, Damage):
                self.counts["damaged"] += 1
                self.told(found)
                decision = self._lost(found, ledger, library)
            if decision is None:
                ledger.failed()
                continue
            self.counts["admitted" if decision.admitted else "withheld"] += 1
            self.counts["contentless"] += decision.admitted and not decision.content
            self.counts[f"verdict/{decision.verdict}"] += 1
            yield found, decision

    def _counted(self, found: Iterable[Item | Damage]) -> Iterator[Item | Damage]:
        for each in found:
            self.counts["met"] += 1
            yield each

    def _judged(self, item: Item, ledger: Ledger, library: Library) -> Decision | None:
        now = self.as_of or item.at or datetime.now(UTC)
        given: dict[str, Any] = {"headers": item.headers, "body": item.body, "item": item.item}
        try:
            return ledger.evaluate(
                item.url,
                status=item.status,
                body_complete=item.body_complete,
                policies=library.policy(item.url, now),
                hops=item.hops,
                unread=self.unread,
                now=now,
                stored=item.stored,
                notes=unusual(item.notes) if item.notes else (),
                **given,
            )
        except (ConfigurationError, UnsupportedURL) as error:  # a row that says of a work what is no item
            stored = item.stored
            damage = Damage(stored.file, stored.offset, str(error)[:200], item.url)
            self.counts["damaged"] += 1
            self.told(damage)
            return self._lost(damage, ledger, library)

    def _lost(self, damage: Damage, ledger: Ledger, library: Library) -> Decision | None:
        """The decision on what could not be read; None where it has no address."""
        if damage.url is None:
            return None
        now = self.as_of or datetime.now(UTC)
        try:
            return ledger.evaluate(
                damage.url,
                body=b"",
                body_complete=False,
                policies=library.policy(damage.url, now),
                unread=self.unread,
                now=now,
                stored=Stored(damage.file, damage.offset, type=DAMAGED),
            )
        except UnsupportedURL:
            return None
