"""
Decisions that are alike, counted together: the silent pages of one origin differ by address, size and time only.

strategy: `log.spelt` gives the records whose middle is spelt alike the same values, not equal ones. So what a record
says is looked at once for all that share its `because`, and as many are counted when there are too many to keep.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.log.addresses import Said
from tdm_guard.log.latest import addresses_of
from tdm_guard.log.members import is_size, text_of
from tdm_guard.model import Verdict
from tdm_guard.reports.exclusions import exclusions, is_excluded_alone
from tdm_guard.reports.figures import Tally
from tdm_guard.reports.streamed import Streamed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tdm_guard.log.addresses import Addresses
    from tdm_guard.log.kinds import Kind, Like
    from tdm_guard.log.stretch import Stretch
    from tdm_guard.reports.asking import Asking

MAX_LIKES = 512  # kept at a time of either kind, each with a record: as many as the writer of a log remembers
UNKNOWN = "unknown"
K = TypeVar("K")
_WITHHOLDING = {verdict.value for verdict in Verdict if verdict.withholds}
_VERDICTS = {verdict.value for verdict in Verdict}


@dataclass(slots=True, eq=False)  # each is the one of its kind
class Alike:
    """Decisions like `record`; what is `said` of each of their addresses."""

    record: Mapping[str, Any]
    verdict: str
    stored: bool
    said: Said
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
        self._spelt: dict[Like, Alike] = {}
        self._streamed: Streamed[Alike] = Streamed()

    def add(self, record: Mapping[str, Any]) -> None:
        """Counts a decision. What a record may hold does not raise."""
        get = record.get
        key = id(get("because"))
        alike = self._met.get(key)
        if alike is None or not alike.has(get):
            if len(self._met) >= MAX_LIKES:
                self._settle(self._met)
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
                self._streamed.add(ident, alike)
        if stamp:
            self._met_between(stamp, stamp)
        said = alike.said
        self._addresses.add(addresses_of(record), said.purpose, said.kinds, said.outcome, stamp, said.origin)

    def take(self, stretch: Stretch) -> None:
        """Counts decisions as their lines spell them: as `add` does, without making records of them."""
        first, last = min(stretch.times).decode(), max(stretch.times).decode()
        one_day = first[:10] == last[:10]
        of: dict[Kind, Alike] = {}
        counted = Counter(stretch.kinds)
        if len(self._spelt) + len(counted) > MAX_LIKES:  # room now: what is handed on is counted whole
            self._settle(self._spelt)
        for kind, times in counted.items():
            alike = self._spelt.get(kind.like)
            if alike is None:
                alike = self._new(stretch.told(stretch.kinds.index(kind)), kind.like, self._spelt)
            alike.tally.decisions += times
            if one_day:
                alike.days[first[:10]] = alike.days.get(first[:10], 0) + times
            of[kind] = alike
        alikes = list(map(of.__getitem__, stretch.kinds))
        if not one_day:
            for alike, stamp in zip(alikes, stretch.times, strict=True):
                day = stamp[:10].decode()
                alike.days[day] = alike.days.get(day, 0) + 1
        self._sizes(stretch, alikes)
        self._met_between(first, last)
        said = [alike.said for alike in alikes]
        met = [(of[kind].said, times) for kind, times in counted.items()]
        self._addresses.extend(stretch.urls, stretch.times, said, met=met, normal=stretch.normal)

    def _sizes(self, stretch: Stretch, alikes: list[Alike]) -> None:
        """Counts the sizes of what is stored; those that are not known may come later."""
        waiting: list[Alike | None] = [alike if alike.stored else None for alike in alikes]
        if stretch.sizes.count(None) < len(waiting):
            for place, size in enumerate(stretch.sizes):
                alike = waiting[place]
                if alike is not None and size is not None:
                    alike.tally.admitted_bytes += size
                    waiting[place] = None
        self._streamed.extend(stretch.run, stretch.first, waiting)

    def _met_between(self, first: str, last: str) -> None:
        if self.first is None or first < self.first:
            self.first = first
        if self.last is None or last > self.last:
            self.last = last

    def _new(self, record: Mapping[str, Any], key: K, met: dict[K, Alike]) -> Alike:
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
        origin = origin if origin and normal_url(origin) == f"{origin}/" else "\n"
        alike = Alike(
            record=record,
            verdict=verdict,
            stored=stored,
            said=Said.of(
                self._addresses.purpose(usages if isinstance(usages, dict) else ()),
                sum(1 << number for number, is_one in enumerate(kinds) if is_one),
                self._asking.number(record),
                origin,
            ),
        )
        before = met.pop(key, None)
        if before is not None:
            self._hand_on(before)
        met[key] = alike
        return alike

    def body(self, record: Mapping[str, Any]) -> None:
        """Counts the size of a body that came after its decision."""
        alike = self._streamed.pop(text_of(record, "decision") or "")
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

    def _settle(self, met: dict[K, Alike]) -> None:
        for alike in met.values():
            self._hand_on(alike)
        met.clear()

    def _hand_on(self, alike: Alike) -> None:
        """Counts what was not counted yet."""
        tally = alike.tally
        for number, name in enumerate(("admitted", "no_content", "withheld", "against"), 1):
            setattr(tally, name, tally.decisions if alike.said.kinds >> number & 1 else 0)
        self._counts(alike)
        alike.tally, alike.days, alike.kept = Tally(), {}, False
