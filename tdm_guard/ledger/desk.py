"""
One item of an archive or a table after the other, judged and logged: what every engine does with its part.

strategy: an engine ends its task when a step raises, or drops what it was about, each in its own way. So nothing raises
here for what strangers sent: what cannot be judged is undetermined, and said. No log, no data: that alone raises.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import NamedTuple

from tdm_guard.archives.items import Damage, Item, unusual
from tdm_guard.decision import Decision
from tdm_guard.errors import LogError
from tdm_guard.ledger.ledger import Ledger
from tdm_guard.ledger.library import Library
from tdm_guard.model import Stored, Verdict
from tdm_guard.plain import told

MAX_SAID = 200  # characters of what was wrong; a sentence
_logger = logging.getLogger("tdm_guard")


class Judged(NamedTuple):
    """What an item came to. `decision` is None for what has no address that a site speaks for: `why` says it then."""

    verdict: Verdict
    admitted: bool
    decision: Decision | None = None
    why: str = ""

    @property
    def id(self) -> str | None:
        """Name of the decision over all logs; None if there is none."""
        return None if self.decision is None else self.decision.id

    def summary(self) -> str:
        """One line for people."""
        return f"{self.verdict}: {self.why}" if self.decision is None else self.decision.summary()

    def because(self) -> str:
        """The statements that settled it, as JSON; without any, the faults that did."""
        if self.decision is None:
            return json.dumps([{"fault": self.why}])
        if self.decision.because or self.admitted:
            return json.dumps([statement.to_dict() for statement in self.decision.because], ensure_ascii=False)
        return json.dumps([{"fault": fault.message} for fault in self.decision.faults], ensure_ascii=False)


class Desk:
    """
    Judges items into `ledger` with the policies of `library`. `unread` is that of `evaluate`.

    What responses declare, such as a licence, is looked up there, too.
    """

    def __init__(self, ledger: Ledger, library: Library, *, unread: str = "undetermined") -> None:
        self._ledger = ledger
        self._library = library
        self._unread = unread
        ledger.judge.library = library.document

    def judge(self, item: Item | Damage, *, placed: bool = True) -> Judged:
        """What an item comes to, written to the log; `placed`: its place is one to find it by. Raises `LogError`."""
        if isinstance(item, Damage):
            return self._doubtful(item, placed=placed)
        try:
            now = item.at or datetime.now(UTC)
            decision = self._ledger.evaluate(
                item.url,
                status=item.status,
                headers=item.headers,
                body=item.body,
                body_complete=item.body_complete,
                policies=self._library.policy(item.url, now),
                hops=item.hops,
                item=item.item,
                unread=self._unread,
                now=now,
                stored=item.stored if placed else None,
                notes=unusual(item.notes),
            )
        except (LogError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - see the strategy
            place = item.stored
            damage = Damage(place.file, place.offset, str(error) or type(error).__name__, url=item.url)
            return self._doubtful(damage, placed=placed)
        return Judged(decision.verdict, decision.admitted, decision)

    def _doubtful(self, item: Damage, *, placed: bool) -> Judged:
        """What is there and cannot be judged: a body that nobody could read, if it has an address."""
        what = told(item.what)[:MAX_SAID]
        where = f" ({item.file}, {item.offset})" if placed else ""
        _logger.warning("%s", told(f"Not judged: {item.url or 'what has no address'}{where}: {what}"))
        self._ledger.totals["not_judged"] += 1
        if item.url is not None:
            stored = Stored(item.file, item.offset, type="damage") if placed else None
            try:
                now = datetime.now(UTC)
                policy = self._library.policy(item.url, now)
                decision = self._ledger.evaluate(
                    item.url, body=b"", body_complete=False, policies=policy, stored=stored, now=now
                )
                return Judged(decision.verdict, decision.admitted, decision, what)
            except (LogError, MemoryError):
                raise
            except Exception as error:  # noqa: BLE001 - no address of the web
                what = told(str(error))[:MAX_SAID] or what
        self._ledger.failed()
        return Judged(Verdict.UNDETERMINED, admitted=False, why=what)
