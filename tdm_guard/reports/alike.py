"""
Decisions that are alike, counted together: the silent pages of one origin differ by address, size and time only.

strategy: `log.spelt` gives the records whose middle is spelt alike the same values, not equal ones. So what a record
says is looked at once for all that share its `because`, and as many are counted when there are too many to keep.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.log.latest import addresses_of
from tdm_guard.log.members import is_size, text_of
from tdm_guard.model import Verdict
from tdm_guard.reports.exclusions import exclusions, is_excluded_alone
from tdm_guard.reports.figures import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tdm_guard.log.addresses import Addresses
    from tdm_guard.log.spelt import Spelt
    from tdm_guard.reports.asking import Asking

MAX_LIKES = 512  # kept at a time of either kind, each with a record: as many as the writer of a log remembers
MAX_PENDING = 50_000  # bodies streamed at one time
UNKNOWN = "unknown"
_WITHHOLDING = {verdict.value for verdict in Verdict if verdict.withholds}
_VERDICTS = {verdict.value for verdict in Verdict}


@dataclass(slots=True)
class Alike:
    """
    Decisions like `record`, whose members beside its own are `shared`.

    `kinds`, `outcome`, `purpose` and `origin` are those of `Addresses`.
    """

    record: Mapping[str, Any]
    verdict: str
    stored: bool
    kinds: int
    purpose: int
    outcome: int
    origin: str
    shared: Mapping[str, Any] | None = None
    kept: bool = True  # counted on; else what comes is handed on at once
    tally: Tally = field(default_factory=Tally)
    days: dict[str, int] = field(default_factory=dict)

    def has(self, get: Callable[[str], Any]) -> bool:
        """True if a record says the same in the very same values."""
        own = self.record
        return (
            get("checked") is own.get("checked")
            and get("verdict") is own.get("verdict")
            and get("origin") is own.get("origin")
            and get("media_type") is own.get("media_type")
            and get("faults") is own.get("faults")
            and get("usages") is own.get("usages")
            and get("admitted") is own.get("admitted")
            and get("content") is own.get("content")
            and get("repertoire") == own.get("repertoire")
        )


class Likes:
    """Takes decisions one by one and hands them on counted. `first` and `last` are the times of them all."""

    def __init__(self, addresses: Addresses, asking: Asking, counts: Callable[[Alike], None]) -> None:
        self.first: str | None = None
        self.last: str | None = None
        self._addresses = addresses
        self._asking = asking
        self._counts = counts
        self._met: dict[int, Alike] = {}  # by what is `because`
        self._spelt: dict[int, Alike] = {}  # by what is shared
        self._pending: OrderedDict[str, Alike] = OrderedDict()  # decision id: of bodies that may come later

    def add(self, record: Mapping[str, Any]) -> None:
        """Counts a decision. What a record may hold does not raise."""
        get = record.get
        key = id(get("because"))
        alike = self._met.get(key)
        if alike is None or not alike.has(get):
            alike = self._new(record, key, self._met)
        stamp = text_of(record, "ts", 40) or ""
        tally, size = alike.tally, get("bytes")
        tally.decisions += 1
        day = stamp[:10]
        alike.days[day] = alike.days.get(day, 0) + 1
        if alike.stored:
            if is_size(size):
                tally.admitted_bytes += size
            elif size is None and (ident := text_of(record, "id")):
                self._wait(ident, alike)
        if stamp:
            if self.first is None or stamp < self.first:
                self.first = stamp
            if self.last is None or stamp > self.last:
                self.last = stamp
        self._addresses.add(addresses_of(record), alike.purpose, alike.kinds, alike.outcome, stamp, alike.origin)

    def take(self, spelt: Spelt) -> None:
        """Counts a decision as its line spells it: as `add` does, without making a record of it."""
        forms, _, _, ident, stamp, url, final_url, size, _, _, works, _, _ = spelt
        if not url or final_url[:-1] != url:
            self.add(spelt.record())
            return
        shared = forms[works is not None]
        key = id(shared)
        alike = self._spelt.get(key)
        if alike is None or alike.shared is not shared or alike.record.get("repertoire") != works:
            alike = self._new(spelt.record(), key, self._spelt)
            alike.shared = shared
        tally = alike.tally
        tally.decisions += 1
        day = stamp[:10]
        alike.days[day] = alike.days.get(day, 0) + 1
        if alike.stored:
            if size is not None:
                tally.admitted_bytes += int(size)
            else:
                self._wait(ident, alike)
        if self.first is None or self.last is None:
            self.first = self.last = stamp
        elif stamp < self.first:
            self.first = stamp
        elif stamp > self.last:
            self.last = stamp
        self._addresses.add((url,), alike.purpose, alike.kinds, alike.outcome, stamp, alike.origin)

    def _wait(self, ident: str, alike: Alike) -> None:
        """Its body may come later."""
        self._pending[ident] = alike
        if len(self._pending) > MAX_PENDING:
            self._pending.popitem(last=False)

    def _new(self, record: Mapping[str, Any], key: int, met: dict[int, Alike]) -> Alike:
        named = text_of(record, "verdict")
        verdict = named if named in _VERDICTS else UNKNOWN
        admitted, content = record.get("admitted") is True, record.get("content") is True
        stored = admitted and content
        observed = stored and verdict in _WITHHOLDING
        kinds = (
            True, stored, admitted and not content, not admitted, observed and not is_excluded_alone(record),
            stored and verdict == Verdict.EXEMPT, observed and bool(exclusions(record)),
        )  # fmt: skip
        usages, origin = record.get("usages"), text_of(record, "origin") or ""
        alike = Alike(
            record=record,
            verdict=verdict,
            stored=stored,
            kinds=sum(1 << number for number, is_one in enumerate(kinds) if is_one),
            purpose=self._addresses.purpose(usages if isinstance(usages, dict) else ()),
            outcome=self._asking.number(record),
            origin=origin if origin and normal_url(origin) == f"{origin}/" else "\n",
        )
        if len(met) >= MAX_LIKES:
            self._settle(met)
        before = met.pop(key, None)
        if before is not None:
            self._hand_on(before)
        met[key] = alike
        return alike

    def body(self, record: Mapping[str, Any]) -> None:
        """Counts the size of a body that came after its decision."""
        alike = self._pending.pop(text_of(record, "decision") or "", None)
        size = record.get("bytes")
        if alike is None or not is_size(size):
            return
        alike.tally.admitted_bytes += size
        if not alike.kept:
            self._hand_on(alike)

    def close(self) -> None:
        """Hands on what is left."""
        self._settle(self._met)
        self._settle(self._spelt)

    def _settle(self, met: dict[int, Alike]) -> None:
        for alike in met.values():
            self._hand_on(alike)
        met.clear()

    def _hand_on(self, alike: Alike) -> None:
        """Counts what was not counted yet."""
        tally = alike.tally
        for number, name in enumerate(("admitted", "no_content", "withheld", "against"), 1):
            setattr(tally, name, tally.decisions if alike.kinds >> number & 1 else 0)
        self._counts(alike)
        alike.tally, alike.days, alike.kept = Tally(), {}, False
