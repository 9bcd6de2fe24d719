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
    from collections.abc import Iterable

MAX_PURPOSES = 255  # sets of usages told apart; there are 127 of our seven
_ROW = struct.Struct(">16sBBI30s")  # address, for what, kinds, outcome, time
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
# Of a path: what stands in its normal form already, as nearly all do, if it has no dots behind a slash
_NORMAL = re.compile(r"/[A-Za-z0-9._~/?=&,;:@!'()+-]*")


def is_normal(address: str, origin: str) -> bool:
    """True if an address of this origin stands in its normal form; False if it has to be looked at closer."""
    return address.startswith(origin) and _NORMAL.fullmatch(address, len(origin)) is not None and "/." not in address


class Said(NamedTuple):
    """What `Addresses.add` is told beside address and time; `site` is the origin with the slash behind it."""

    purpose: int
    kinds: int
    outcome: int
    origin: str
    site: bytes


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
            self._add(_ROW.pack(key, purpose, kinds, outcome, moment))
            kinds = outcome = 0

    def extend(self, urls: Iterable[bytes], stamps: Iterable[bytes], said: Iterable[Said], *, normal: bool) -> None:
        """Decisions about one address each. `normal`: where they begin with their origin they need no closer look."""
        pack, rows = _ROW.pack, []
        for url, stamp, (purpose, kinds, outcome, origin, site) in zip(urls, stamps, said, strict=True):
            if not (normal and url.startswith(site)):
                text = url.decode()
                if not is_normal(text, origin):
                    url = normal_url(text).encode("utf-8", "backslashreplace")  # noqa: PLW2901
            rows.append(pack(blake2b(url, digest_size=16).digest(), purpose, kinds, outcome, stamp))
        self._piles.extend(rows)

    def counts(self) -> tuple[dict[str, int], Counter[int]]:
        """The number of different addresses of each kind, and of those whose last decision has an outcome."""
        met: Counter[int] = Counter()
        outcomes: Counter[int] = Counter()
        for pile in self._piles:
            rows = list(_ROW.iter_unpack(pile))
            if len({row[0] for row in rows}) == len(rows):  # the usual crawl decides once on each
                met.update([row[2] for row in rows])
                outcomes.update([row[3] for row in rows])
                continue
            last: dict[tuple[bytes, int], tuple[bytes, int]] = {}
            kinds_of: dict[bytes, int] = {}
            for key, purpose, kinds, outcome, moment in rows:
                kinds_of[key] = kinds_of.get(key, 0) | kinds
                about = (key, purpose)
                before = last.get(about)
                if before is None or moment >= before[0]:
                    last[about] = (moment, outcome)
            met.update(kinds_of.values())
            outcomes.update([outcome for _, outcome in last.values()])
        del outcomes[0]
        counted = {
            name: sum(count for kinds, count in met.items() if kinds >> number & 1)
            for number, name in enumerate(self._kinds)
        }
        return counted, outcomes

    def close(self) -> None:
        """Gives the space back."""
        self._piles.close()
