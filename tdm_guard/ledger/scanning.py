"""
Judges all that an archive holds, and logs it: items as they are; as undetermined what is damaged and has an address.

What is damaged and has none cannot be judged: it is told, and counted as failed in the end record.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tdm_guard.archives import Damage, Item, read_items
from tdm_guard.archives.items import unusual
from tdm_guard.decision import Decision
from tdm_guard.errors import ConfigurationError, UnsupportedURL
from tdm_guard.ledger.ledger import Ledger
from tdm_guard.ledger.library import Library
from tdm_guard.model import Stored, Verdict

_COUNTED = {verdict: f"verdict/{verdict}" for verdict in Verdict}
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
        counts = self.counts
        for found in read_items(path, archives=self.archives, passed=self.passed, infos=self.infos):
            counts["met"] += 1
            if isinstance(found, Item):
                decision = self._judged(found, ledger, library)
            else:
                counts["damaged"] += 1
                self.told(found)
                decision = self._lost(found, ledger, library)
            if decision is None:
                ledger.failed()
                continue
            outcome = decision.outcome
            if not outcome.admits:
                counts["withheld"] += 1
            else:
                counts["admitted"] += 1
                if not decision.exchange.content:
                    counts["contentless"] += 1
            counts[_COUNTED[outcome.verdict]] += 1
            yield found, decision

    def _judged(self, item: Item, ledger: Ledger, library: Library) -> Decision | None:
        url, status, headers, body, whole, at, hops, stored, _, notes, work, _ = item
        now = self.as_of or at or datetime.now(UTC)
        try:
            return ledger.evaluate(
                url,
                status=status,
                headers=headers,
                body=body,
                body_complete=whole,
                policies=library.policy(url, now),
                hops=hops,
                item=work,
                unread=self.unread,
                now=now,
                stored=stored,
                notes=unusual(notes) if notes else (),
            )
        except (ConfigurationError, UnsupportedURL) as error:  # a row that says of a work what is no item
            damage = Damage(stored.file, stored.offset, str(error)[:200], url)
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
