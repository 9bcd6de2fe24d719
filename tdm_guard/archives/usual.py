"""
Answers as nearly all are stored, in one step from record to item: whole, of a usual address, alone in their member.

strategy: what is unusual in any way is None here, and goes the way of all records. A test holds the two to the same.
"""

from __future__ import annotations

from tdm_guard.archives.captured import moment, unjudgeable
from tdm_guard.archives.framing import Record
from tdm_guard.archives.items import Item
from tdm_guard.archives.redirects import REDIRECTS
from tdm_guard.formats.http.stored_head import read_head
from tdm_guard.model import Stored

MAX_ROOTS = 4096  # origins that are known to be ones, some 100 bytes each; then they are parsed anew
_LONGEST = 2048  # characters of an address: longer ones are unusual
_ASIDE = frozenset({"warc-segment-number", "warc-truncated"})  # fields of what is not all there


class Usual:
    """Those of one file, which is called `name`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._roots: set[str] = set()

    def item(self, record: Record) -> Item | None:
        """The item that a record is, if it is a usual answer."""
        fields, data, start, stop, place, raw, _, whole, damage = record
        if not whole or damage is not None or place[1] or fields.get("warc-type") != "response":
            return None
        url = fields.get("warc-target-uri", "")
        if not self._is_judged(url) or not _ASIDE.isdisjoint(fields):
            return None
        status, headers, begin, cut, notes = read_head(data, start, stop)
        if cut or notes or begin >= stop or status is None or status in REDIRECTS:
            return None
        stored = Stored(self._name, place[0], fields.get("warc-record-id", "")[:1024] or None)
        at = moment(fields.get("warc-date", ""))
        return Item.usual(url, status, headers, data[begin:stop], at=at, stored=stored, raw=raw)

    def _is_judged(self, url: str) -> bool:
        """True for a web address as it is usually spelt; False says nothing."""
        end = url.find("/", 8)
        if end < 0 or len(url) > _LONGEST or url[-1] <= " ":
            return False
        root = url[:end]
        if root in self._roots:
            return True
        if not root.startswith(("http://", "https://")) or unjudgeable(url) is not None:
            return False
        if len(self._roots) >= MAX_ROOTS:
            self._roots.clear()
        self._roots.add(root)
        return True
