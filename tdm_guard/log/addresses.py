"""What decisions come to by the addresses they are about: each address once, and what was decided of it last."""

from __future__ import annotations

import re
import struct
from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.log.piles import Piles

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_PURPOSES = 255  # sets of usages told apart; there are 127 of our seven
_ROW = struct.Struct(">16s30sBBI")  # address, time, for what, kinds, outcome
_SAID = struct.Struct(">BBI")
_KEY = 16
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
# Of a path: what stands in its normal form already, as nearly all do, if it has no dots behind a slash
_NORMAL = re.compile(r"/[A-Za-z0-9._~/?=&,;:@!'()+-]*")


def is_normal(address: str, origin: str) -> bool:
    """True if an address of this origin stands in its normal form; False if it has to be looked at closer."""
    return address.startswith(origin) and _NORMAL.fullmatch(address, len(origin)) is not None and "/." not in address


class Said(NamedTuple):
    """
    What `Addresses.add` is told beside address and time.

    `site` is the origin with the slash behind it, `end` what stands in a row behind a time as it is usually spelt.
    """

    purpose: int
    kinds: int
    outcome: int
    origin: str
    site: bytes
    end: bytes

    @classmethod
    def of(cls, purpose: int, kinds: int, outcome: int, origin: str) -> Said:
        """What is said of addresses of an origin in its normal form."""
        site = f"{origin}/".encode("utf-8", "backslashreplace")
        return cls(purpose, kinds, outcome, origin, site, b"\0\0\0" + _SAID.pack(purpose, kinds, outcome))


def _spelled(url: bytes, said: Said) -> bytes:
    text = url.decode()
    return url if is_normal(text, said.origin) else normal_url(text).encode("utf-8", "backslashreplace")


class Addresses:
    """
    Counts addresses: by up to eight kinds of decision on them, and by the outcome of the last decision on each.

    Outcomes are numbers of the caller's; 0 is none. As in `log.latest` a decision takes the place of an earlier one on
    the same address for the same usages, and on the addresses that led to it.
    """

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._kinds = kinds
        self._piles = Piles(_ROW.size)
        self._add = self._piles.add
        self._purposes: dict[str, int] = {}
        self._met: Counter[tuple[int, int]] = Counter()  # rows by kinds and outcome

    def purpose(self, usages: Iterable[str]) -> int:
        """The number of what a decision was made for."""
        asked = " ".join(sorted(usages))
        if asked not in self._purposes and len(self._purposes) >= MAX_PURPOSES:
            return MAX_PURPOSES
        return self._purposes.setdefault(asked, len(self._purposes))

    def add(
        self, addresses: Iterable[str], purpose: int, kinds: int, outcome: int, ts: str, origin: str = "\n"
    ) -> None:
        """
        A decision about the first of these addresses, to which the others led.

        `kinds` has a bit for each kind that it is of; `origin` is one in its normal form, which most of them begin
        with.
        """
        usual = len(ts) == 27 and ts[10] == "T" and ts[26] == "Z" and ts.isascii()  # as the writer of a log spells it
        moment = ts.encode() if usual or _TIME.fullmatch(ts) else b""
        for address in addresses:
            spelled = address if is_normal(address, origin) else normal_url(address)
            key = blake2b(spelled.encode("utf-8", "backslashreplace"), digest_size=16).digest()
            self._met[kinds, outcome] += 1
            self._add(_ROW.pack(key, moment, purpose, kinds, outcome))
            kinds = outcome = 0

    def extend(
        self, urls: Sequence[bytes], stamps: Sequence[bytes], said: Sequence[Said], *,
        met: Iterable[tuple[Said, int]], normal: bool,
    ) -> None:  # fmt: skip
        """
        Decisions about one address each, with times as usually spelt; `met`: how often each is said.

        `normal`: addresses that begin with their origin need no closer look.
        """
        if not (normal and all(map(bytes.startswith, urls, [each.site for each in said]))):
            urls = [_spelled(url, each) for url, each in zip(urls, said, strict=True)]
        begun, rows = blake2b(digest_size=_KEY).copy, []
        for url, stamp, end in zip(urls, stamps, [each.end for each in said], strict=True):
            digest = begun()  # a copy takes less than a new one
            digest.update(url)
            rows.append(digest.digest() + stamp + end)
        self._piles.extend(rows)
        for each, times in met:
            self._met[each.kinds, each.outcome] += times

    def counts(self) -> tuple[dict[str, int], Counter[int]]:
        """The number of different addresses of each kind, and of those whose last decision has an outcome."""
        met: Counter[int] = Counter()
        outcomes: Counter[int] = Counter()
        for (kinds, outcome), times in self._met.items():
            met[kinds] += times
            outcomes[outcome] += times
        for pile in self._piles:
            if len({pile[at : at + _KEY] for at in range(0, len(pile), _ROW.size)}) == len(pile) // _ROW.size:
                continue  # the usual crawl decides once on each
            last: dict[tuple[bytes, int], tuple[bytes, int]] = {}
            kinds_of: dict[bytes, int] = {}
            for key, moment, purpose, kinds, outcome in _ROW.iter_unpack(pile):
                met[kinds] -= 1
                outcomes[outcome] -= 1
                kinds_of[key] = kinds_of.get(key, 0) | kinds
                about = (key, purpose)
                before = last.get(about)
                if before is None or moment >= before[0]:
                    last[about] = (moment, outcome)
            met.update(kinds_of.values())
            outcomes.update([outcome for _, outcome in last.values()])
        del outcomes[0]
        outcomes = +outcomes
        counted = {
            name: sum(count for kinds, count in met.items() if kinds >> number & 1)
            for number, name in enumerate(self._kinds)
        }
        return counted, outcomes

    def close(self) -> None:
        """Gives the space back."""
        self._piles.close()
